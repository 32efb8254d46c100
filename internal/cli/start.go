package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/value"
)

type startOptions struct {
	workflow, input, name string
	async                 bool
}

func startCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "start", Category: groupOperate, Usage: "start an execution in the environment and tell what it does",
		ArgsUsage: "WORKFLOW",
		Description: "Prints the execution's ARN at once, then its story; ends with exit code 3 unless it SUCCEEDED. Ctrl-C stops the telling,\n" +
			"not the execution.",
		Flags: []cli.Flag{
			inputFlag(),
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the execution (default: a new one)"},
			&cli.BoolFlag{Name: "async", Usage: "do not wait: print the ARN and end"},
		},
		Action: func(c *cli.Context) error {
			input, err := a.workflowInput(c)
			if err != nil {
				return err
			}
			return a.runStart(c.Context, startOptions{c.Args().First(), input, c.String("name"), c.Bool("async")})
		},
	}
}

func inputFlag() cli.Flag {
	return &cli.StringFlag{Name: "input", Aliases: []string{"i"}, Value: "{}", Usage: "`INPUT`: a file, - for stdin, or the JSON itself"}
}

// readInput is the JSON text that a flag names.
func (a *app) readInput(from string) (string, error) {
	text, where := from, "the input"
	switch {
	case from == "-":
		all, err := io.ReadAll(a.in)
		if err != nil {
			return "", fmt.Errorf("reading the input from stdin: %w", err)
		}
		text, where = string(all), "stdin"
	case !strings.ContainsAny(from, "{[\"") && looksLikeFile(from):
		all, err := os.ReadFile(from)
		if err != nil {
			return "", usagef("input %s: %v", from, cause(err))
		}
		text, where = string(all), from
	}
	if _, err := value.Parse(text); err != nil {
		return "", usagef("%s is not JSON: %v", where, err)
	}
	return text, nil
}

// workflowInput is the --input of a command whose one argument is a workflow.
func (a *app) workflowInput(c *cli.Context) (string, error) {
	if err := wantArgs(c, 1, 1); err != nil {
		return "", err
	}
	input, err := a.readInput(c.String("input"))
	if err != nil {
		return "", err
	}
	return input, a.checkInput(c.Args().First(), input)
}

// checkInput refuses an input that is not of the type that the workflow's function takes, before anything is started.
func (a *app) checkInput(workflow, input string) error {
	for _, w := range a.Workflows {
		if w.Name() != workflow {
			continue
		}
		if err := w.CheckInput([]byte(input)); err != nil {
			return usagef("workflow %s: %v", workflow, err)
		}
	}
	return nil
}

// looksLikeFile tells a path from a JSON scalar.
func looksLikeFile(s string) bool {
	_, err := value.Parse(s)
	return err != nil
}

func (a *app) runStart(ctx context.Context, o startOptions) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	m, err := a.machine(ctx, s, o.workflow)
	if err != nil {
		return err
	}
	begun := time.Now()
	in := &sfn.StartExecutionInput{StateMachineArn: aws.String(a.entry(ctx, s, m)), Input: &o.input}
	if o.name != "" {
		in.Name = &o.name
	}
	out, err := s.states().StartExecution(ctx, in)
	if err != nil {
		return s.explain(fmt.Errorf("starting %s: %w", m.Name, err))
	}
	arn := aws.ToString(out.ExecutionArn)
	if o.async {
		a.started(arn)
		return nil
	}
	a.talk("%s %s\n", a.faint("execution:"), arn)
	return a.follow(ctx, s, m, arn, begun, nil)
}

// entry is what an execution is started through: the alias that deploys move, where there is one.
func (a *app) entry(ctx context.Context, s *session, m observe.Machine) string {
	alias := m.ARN + ":current"
	if _, err := s.states().DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &alias}); err != nil {
		return m.ARN
	}
	return alias
}

func (a *app) started(arn string) {
	if a.Format == "json" {
		_ = a.printJSON(map[string]string{"executionArn": arn})
		return
	}
	a.print("%s\n", arn)
	a.hint("stride inspect " + arn + " " + a.where())
}

// follow tells one execution to its end; also, if not nil, is shown each thing after it was told.
func (a *app) follow(ctx context.Context, s *session, m observe.Machine, arn string, since time.Time, also func(observe.Entry) error) error {
	t := a.tail(s, m)
	t.Execution, t.Follow, t.Since, t.Notice = arn, true, since.Add(-clockSkew), nil
	t.Interval = lookEvery / 4
	out := a.teller(false)
	status := observe.Running
	t.Emit = func(e observe.Entry) error {
		if e.Story.ARN == arn {
			status = e.Story.Status
		}
		if err := out.tell(e); err != nil || also == nil {
			return err
		}
		return also(e)
	}
	if err := t.Run(ctx); err != nil {
		return s.explain(err)
	}
	if ctx.Err() != nil {
		a.hint("stride inspect " + arn + " " + a.where())
		return ctx.Err()
	}
	if status != observe.Succeeded {
		a.hint("stride inspect " + arn + " " + a.where())
	}
	return succeeded(status)
}

// clockSkew is how far this machine's clock may be ahead of the service's.
const clockSkew = time.Minute
