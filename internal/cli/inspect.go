package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

type inspectOptions struct {
	execution string
	data      bool
	state     string // show only the stays in this state, whole
	since     time.Time
}

func inspectCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "inspect", Category: groupOperate, Usage: "show one execution as a tree, what failed first",
		ArgsUsage: "EXECUTION-ARN",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "data", Usage: "show the input and output of every step"},
			&cli.StringFlag{Name: "state", Usage: "show only the state `NAME`: each stay, with its data, attempts and log lines"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for an Express execution's log lines from `TIME` on"},
			&cli.BoolFlag{Name: "fixture", Usage: "write what it did to a file, and a Go test that replays it"},
			&cli.StringFlag{Name: "out", Usage: "with --fixture: write to `DIR` (default: the folder of the workflow's package)"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			since, err := moment(c.String("since"), time.Now())
			if err != nil {
				return usagef("--since %v", err)
			}
			if c.Bool("fixture") {
				return a.runFixture(c.Context, c.Args().First(), since, c.String("out"))
			}
			return a.runInspect(c.Context, inspectOptions{c.Args().First(), c.Bool("data"), c.String("state"), since})
		},
	}
}

// inspection is what is known of one execution.
type inspection struct {
	machine  observe.Machine
	story    *observe.Story
	events   []*history.Event
	children map[string]*observe.Story // executions that it started, and those that they started, by ARN
	failures []stepFailure             // from the execution that was asked for down to the real cause
}

// take files one thing that was seen.
func (i *inspection) take(e observe.Entry) {
	if e.Story.ARN != i.story.ARN {
		i.children[e.Story.ARN] = e.Story
		return
	}
	i.story = e.Story
	if e.Log == nil && e.Run == nil {
		i.events = append(i.events, e.Scene.Event)
	}
}

func (a *app) runInspect(ctx context.Context, o inspectOptions) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	found, err := a.inspect(ctx, s, o)
	if err != nil {
		return s.explain(err)
	}
	found.explain(ctx, a)
	if a.Format == "json" {
		return a.printJSON(found.json())
	}
	v := &inspector{a: a, inspection: found, data: o.data}
	if o.state != "" {
		return v.printState(o.state)
	}
	v.print()
	return nil
}

// inspect reads all there is of an execution.
func (a *app) inspect(ctx context.Context, s *session, o inspectOptions) (*inspection, error) {
	arn, err := machineOf(o.execution)
	if err != nil {
		return nil, err
	}
	m, err := a.machine(ctx, s, arn)
	if err != nil {
		return nil, err
	}
	found := &inspection{machine: m, story: observe.NewStory(o.execution), children: map[string]*observe.Story{}}
	t := a.tail(s, m)
	t.Execution, t.Since, t.Notice = o.execution, o.since, nil
	if !m.Express {
		d, err := s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &o.execution})
		if notFound(err) {
			return nil, withHint(fmt.Errorf("no execution %s in environment %s", o.execution, a.Env), "stride ls "+a.where())
		}
		if err != nil {
			return nil, err
		}
		t.Since = aws.ToTime(d.StartDate).Add(-time.Second)
	}
	t.Emit = func(e observe.Entry) error {
		found.take(e)
		return nil
	}
	if err := t.Run(ctx); err != nil {
		return nil, err
	}
	if len(found.events) == 0 {
		return nil, fmt.Errorf("the log of %s has no events of %s since %s; --since looks further back", m.Name, o.execution, o.since.Local().Format(time.DateTime))
	}
	return found, nil
}
