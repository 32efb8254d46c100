package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
)

type tailOptions struct {
	workflows []string
	execution string
	follow    bool
	since     time.Time
	until     time.Time
	state     string
	errorName string
	text      string
	noLambda  bool
}

func tailCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "tail", Category: groupOperate, Usage: "tell what executions do, as ordered stories",
		ArgsUsage: "[WORKFLOW…]",
		Description: "Without a workflow, all of the project's. Events come from the machine's log group, or from the history of\n" +
			"Standard executions where that log does not hold all. The log lines of Lambda functions stand with the step that called them.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on as events come"},
			&cli.StringFlag{Name: "since", Value: "10m", Usage: "from `TIME` on: 90s, 2h, 3d ago, or 2026-01-02T15:04:05Z"},
			&cli.StringFlag{Name: "until", Usage: "up to `TIME`"},
			&cli.StringFlag{Name: "execution", Usage: "only this one, by `ARN`"},
			&cli.StringFlag{Name: "state", Usage: "only events of the state `NAME`"},
			&cli.StringFlag{Name: "error", Usage: "only failures with the error `NAME`"},
			&cli.StringFlag{Name: "filter", Usage: "only what contains `TEXT`"},
			&cli.BoolFlag{Name: "no-lambda", Usage: "leave out the log lines of Lambda functions"},
		},
		Action: func(c *cli.Context) error {
			o := tailOptions{
				workflows: c.Args().Slice(), execution: c.String("execution"), follow: c.Bool("follow"),
				state: c.String("state"), errorName: c.String("error"), text: c.String("filter"), noLambda: c.Bool("no-lambda"),
			}
			var err error
			if o.since, err = moment(c.String("since"), time.Now()); err != nil {
				return usagef("--since %v", err)
			}
			if o.until, err = moment(c.String("until"), time.Now()); err != nil {
				return usagef("--until %v", err)
			}
			return a.runTail(c.Context, o)
		},
	}
}

func (a *app) runTail(ctx context.Context, o tailOptions) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	machines, err := a.tailed(ctx, s, o)
	if err != nil {
		return err
	}
	t := a.tail(s, machines...)
	t.Execution, t.Follow, t.Since, t.Until, t.Lambda = o.execution, o.follow, o.since, o.until, !o.noLambda
	out := a.teller(o.execution == "")
	out.filter = o.matches
	told := 0
	t.Emit = func(e observe.Entry) error { told++; return out.tell(e) }
	if err := t.Run(ctx); err != nil {
		return s.explain(err)
	}
	if told == 0 {
		a.talk("nothing happened since %s; --since 1d looks further back\n", o.since.Local().Format(time.DateTime))
	}
	return nil
}

// tailed are the machines that the options name.
func (a *app) tailed(ctx context.Context, s *session, o tailOptions) ([]observe.Machine, error) {
	names := o.workflows
	if o.execution != "" {
		arn, err := machineOf(o.execution)
		if err != nil {
			return nil, err
		}
		names = []string{arn}
	}
	if len(names) == 0 {
		names = a.workflowNames()
	}
	if len(names) == 0 {
		return nil, usagef("tail needs a workflow's name: this project has none")
	}
	var machines []observe.Machine
	for _, name := range names {
		m, err := a.machine(ctx, s, name)
		if err != nil {
			return nil, err
		}
		machines = append(machines, m)
	}
	return machines, nil
}

func (o tailOptions) matches(e observe.Entry) bool {
	step := e.Scene.Step
	if o.state != "" && (step == nil || step.Name != o.state) {
		return false
	}
	text := e.Scene.Event.Line()
	if e.Log != nil {
		text = e.Log.Text
	}
	if o.errorName != "" && (e.Log != nil || e.Scene.Event.Details.Error.String() != o.errorName) {
		return false
	}
	return strings.Contains(text, o.text)
}

// moment reads a time: "" is none, 90s, 2h or 3d is so long before now, else RFC 3339 or a local date and time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var days float64
	if n, err := fmt.Sscanf(text, "%gd", &days); n == 1 && err == nil && strings.HasSuffix(text, "d") {
		return now.Add(-time.Duration(days * 24 * float64(time.Hour))), nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("takes a time such as 90s, 2h, 3d or 2026-01-02T15:04:05Z, not %q", text)
}
