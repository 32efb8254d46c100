package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/graph"
	"github.com/stride-aws/stride/internal/observe"
)

func graphCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "graph", Category: groupAuthor, Usage: "draw a state machine, or what an execution did in it",
		ArgsUsage: "WORKFLOW|FILE|EXECUTION-ARN",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Value: "terminal", Usage: "draw as `FORMAT`: terminal, svg or mermaid"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for an Express execution's log lines from `TIME` on"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			since, err := moment(c.String("since"), time.Now())
			if err != nil {
				return usagef("--since %v", err)
			}
			return a.runGraph(c.Context, c.Args().First(), c.String("format"), since)
		},
	}
}

func (a *app) runGraph(ctx context.Context, what, format string, since time.Time) error {
	d, over, err := a.drawn(ctx, what, since)
	if err != nil {
		return err
	}
	switch format {
	case "terminal":
		a.print("%s", graph.Terminal(d, over))
	case "svg":
		a.print("%s", graph.New(d).SVG(what, over))
	case "mermaid":
		for line := range strings.Lines(graph.New(d).Mermaid(over)) {
			a.print("%s\n", observe.Clean(strings.TrimSuffix(line, "\n")))
		}
	default:
		return usagef("--format takes terminal, svg or mermaid, not %q", format)
	}
	return nil
}

// drawn is the definition that what names, and what an execution did in it.
func (a *app) drawn(ctx context.Context, what string, since time.Time) (*asl.Definition, graph.Overlay, error) {
	if strings.HasPrefix(what, "arn:") {
		return a.drawnExecution(ctx, what, since)
	}
	if strings.HasSuffix(what, ".json") || strings.ContainsAny(what, `/\`) {
		text, err := os.ReadFile(what)
		if err != nil {
			return nil, nil, usagef("%s: %v", what, cause(err))
		}
		d, err := asl.Parse(string(text), what)
		return d, nil, err
	}
	c, err := a.compiled(ctx, what)
	return c.Definition, nil, err
}

func (a *app) drawnExecution(ctx context.Context, arn string, since time.Time) (*asl.Definition, graph.Overlay, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	found, err := a.inspect(ctx, s, inspectOptions{execution: arn, since: since})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	text, err := a.definitionOf(ctx, s, found)
	if err != nil {
		return nil, nil, s.explain(err)
	}
	d, err := asl.Parse(text, found.machine.Name)
	if err != nil {
		return nil, nil, fmt.Errorf("the definition of %s: %w", found.machine.ARN, err)
	}
	over := graph.Overlay{}
	overlay(over, &d.Machine, &found.story.Thread)
	return d, over, nil
}

// definitionOf is the definition that an execution ran: of Express, which keeps none, today's.
func (a *app) definitionOf(ctx context.Context, s *session, found *inspection) (string, error) {
	if found.machine.Express {
		out, err := s.states().DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &found.machine.ARN})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.Definition), nil
	}
	out, err := s.states().DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &found.story.ARN})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Definition), nil
}

// overlay marks the states of m that the steps of t stayed in.
func overlay(over graph.Overlay, m *asl.Machine, t *observe.Thread) {
	for i, step := range t.Steps {
		s := m.State(step.Name)
		if s == nil {
			continue
		}
		mark := over[s.Pointer]
		mark.Count++
		if i+1 < len(t.Steps) {
			wentOn(&mark, step.Status, m.State(t.Steps[i+1].Name))
		}
		mark.Status = string(step.Status)
		if step.Error.Present() {
			mark.Failed++
		}
		over[s.Pointer] = mark
		for _, inner := range step.Threads {
			if machine := innerMachine(s, inner); machine != nil {
				overlay(over, machine, inner)
			}
		}
	}
}

// wentOn notes the state that came after one that ended so.
func wentOn(mark *graph.Mark, status observe.Status, next *asl.State) {
	ways := &mark.Next
	if status == observe.Caught {
		ways = &mark.Caught
	}
	if next == nil {
		return
	}
	if *ways == nil {
		*ways = map[string]bool{}
	}
	(*ways)[next.Pointer] = true
}

// innerMachine is what a branch or an iteration runs: of a Parallel, the branch that has the thread's first state.
func innerMachine(s *asl.State, t *observe.Thread) *asl.Machine {
	if s.Processor != nil {
		return s.Processor
	}
	for _, b := range s.Branches {
		if len(t.Steps) > 0 && b.State(t.Steps[0].Name) != nil {
			return b
		}
	}
	return nil
}
