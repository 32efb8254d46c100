package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
)

type tailOptions struct {
	workflows []string
	execution string // an ARN, or the beginning of a name
	follow    bool
	since     time.Time
	until     time.Time
	status    []types.ExecutionStatus
	state     string
	errorName string
	text      string
	noLambda  bool
}

func tailCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "tail", Category: groupOperate, Usage: "tell what executions do, as ordered stories",
		ArgsUsage: "[WORKFLOW...]",
		Description: "Without a workflow, all of the project's. Events come from the machine's log group, or from the history of\n" +
			"Standard executions where that log does not hold all; child executions and map runs stand below the step that started them, the\n" +
			"log lines of a Lambda function with the step that called it. Following, lines come by live tail where the endpoint has it.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on as events come"},
			&cli.StringFlag{Name: "since", Value: "10m", Usage: "from `TIME` on: 90s, 2h, 3d ago, or 2026-01-02T15:04:05Z"},
			&cli.StringFlag{Name: "until", Usage: "up to `TIME`"},
			&cli.StringFlag{Name: "execution", Usage: "only this one, by `ARN`, or those whose names begin so"},
			&cli.StringSliceFlag{Name: "status", Usage: "only executions that end with `STATUS` (several: one after the other), told when they do; RUNNING: those that have not"},
			&cli.StringFlag{Name: "state", Usage: "only events of the state `NAME`"},
			&cli.StringFlag{Name: "error", Usage: "only failures with the error `NAME`"},
			&cli.StringFlag{Name: "filter", Usage: "only what contains `TEXT`"},
			&cli.BoolFlag{Name: "no-lambda", Usage: "leave out the log lines of Lambda functions"},
		},
		Action: func(c *cli.Context) error {
			o, err := readTail(c, time.Now())
			if err != nil {
				return err
			}
			return a.runTail(c.Context, o)
		},
	}
}

func readTail(c *cli.Context, now time.Time) (tailOptions, error) {
	o := tailOptions{
		workflows: c.Args().Slice(), execution: c.String("execution"), follow: c.Bool("follow"),
		state: c.String("state"), errorName: c.String("error"), text: c.String("filter"), noLambda: c.Bool("no-lambda"),
	}
	var err error
	if o.since, err = moment(c.String("since"), now); err != nil {
		return o, usagef("--since %v", err)
	}
	if o.until, err = moment(c.String("until"), now); err != nil {
		return o, usagef("--until %v", err)
	}
	o.status, err = readStatuses(c)
	return o, err
}

// one is whether the options name a single execution, by ARN.
func (o tailOptions) one() bool { return strings.HasPrefix(o.execution, "arn:") }

func (a *app) runTail(ctx context.Context, o tailOptions) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	machines, err := a.tailed(ctx, s, o)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.out, 64<<10)
	told := a.teller(!o.one())
	told.out, told.filter = out, o.matches
	t := a.tail(s, machines...)
	t.Follow, t.Since, t.Until, t.Lambda, t.Lean = o.follow, o.since, o.until, !o.noLambda, true
	if o.one() {
		t.Execution = o.execution
	}
	t.Emit, t.Idle = told.tell, out.Flush
	var held *statusFilter
	if len(o.status) > 0 {
		held = newStatusFilter(o.status, told)
		t.Emit = held.tell
	}
	err = t.Run(ctx)
	if held != nil {
		err = errors.Join(err, held.flush())
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return s.explain(err)
	}
	if told.told == 0 && !o.follow {
		a.talk("nothing of this happened since %s; --since 1d looks further back\n", o.since.Local().Format(time.DateTime))
	}
	return nil
}

// tailed are the machines that the options name.
func (a *app) tailed(ctx context.Context, s *session, o tailOptions) ([]observe.Machine, error) {
	names := o.workflows
	if o.one() {
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

func (o tailOptions) matches(e *observe.Entry) bool {
	step := e.Scene.Step
	switch {
	case o.execution != "" && !o.one() && !named(e.Story, o.execution):
		return false
	case o.state != "" && (step == nil || step.Name != o.state):
		return false
	case o.errorName != "" && (e.Scene.Event == nil || e.Log != nil || e.Scene.Event.Details.Error.String() != o.errorName):
		return false
	case o.text == "":
		return true
	}
	switch {
	case e.Log != nil:
		return strings.Contains(e.Log.Text, o.text)
	case e.Run != nil:
		return false
	}
	return e.Scene.Event.Contains(o.text)
}

// named is whether the name of an execution, or of one above it, begins so.
func named(s *observe.Story, name string) bool {
	for ; s != nil; s = s.Parent {
		if strings.HasPrefix(observe.NameOf(s.ARN), name) {
			return true
		}
	}
	return false
}

// statusFilter holds back what is told of an execution until its end says whether it is wanted.
type statusFilter struct {
	status []types.ExecutionStatus
	out    *teller
	held   map[*observe.Story][]byte
	order  []*observe.Story // those held, by their start
	size   int
}

// mostHeld bounds the bytes that are held back; beyond, the executions that began first are given up.
const mostHeld = 64 << 20

func newStatusFilter(status []types.ExecutionStatus, out *teller) *statusFilter {
	return &statusFilter{status: status, out: out, held: map[*observe.Story][]byte{}}
}

func (f *statusFilter) tell(e observe.Entry) error {
	story := e.Story
	for story.Parent != nil {
		story = story.Parent
	}
	if f.out.filter == nil || f.out.filter(&e) {
		if _, known := f.held[story]; !known {
			f.order = append(f.order, story)
		}
		before := len(f.held[story])
		text, err := f.out.render(f.held[story], &e)
		if err != nil {
			return err
		}
		f.held[story] = text
		f.size += len(text) - before
	}
	if story.Ended() && e.Story == story {
		return f.release(story)
	}
	for f.size > mostHeld && len(f.order) > 1 {
		f.drop(f.order[0])
	}
	return nil
}

func (f *statusFilter) release(story *observe.Story) error {
	text := f.held[story]
	f.drop(story)
	if len(text) == 0 || !slices.Contains(f.status, types.ExecutionStatus(story.Status)) {
		return nil
	}
	f.out.told++
	_, err := f.out.out.Write(text)
	return err
}

func (f *statusFilter) drop(story *observe.Story) {
	f.size -= len(f.held[story])
	delete(f.held, story)
	f.order = slices.DeleteFunc(f.order, func(s *observe.Story) bool { return s == story })
}

// flush tells those that have not ended.
func (f *statusFilter) flush() error {
	for len(f.order) > 0 {
		if err := f.release(f.order[0]); err != nil {
			return err
		}
	}
	return nil
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
