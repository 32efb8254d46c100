package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
)

func waitCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "wait", Category: groupOperate, Usage: "wait for executions to end", ArgsUsage: "EXECUTION-ARN...|WORKFLOW...",
		Description: "Of a workflow, those that run now. Says how each ended; exit code 3 unless all SUCCEEDED.",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "timeout", DefaultText: "never", Usage: "give up after `DURATION`"},
			&cli.StringFlag{Name: "name", Usage: "of a workflow, only those whose name begins with `TEXT`"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() == 0 {
				return usagef("wait needs %s", c.Command.ArgsUsage)
			}
			sel := selection{args: c.Args().Slice(), name: c.String("name"), status: []types.ExecutionStatus{types.ExecutionStatusRunning}}
			return a.runWait(c.Context, sel, c.Duration("timeout"))
		},
	}
}

func (a *app) runWait(ctx context.Context, sel selection, timeout time.Duration) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	var running []string
	err = a.each(ctx, s, sel, func(e types.ExecutionListItem) error {
		running = append(running, aws.ToString(e.ExecutionArn))
		return nil
	})
	if err != nil {
		return err
	}
	if len(running) == 0 {
		a.talk("nothing runs\n")
		return nil
	}
	w := &waiter{a: a, s: s}
	if timeout > 0 {
		w.until = time.Now().Add(timeout)
	}
	return w.wait(ctx, running)
}

// waiter waits for executions.
type waiter struct {
	a      *app
	s      *session
	until  time.Time // zero: no end
	failed int
}

// slowestLook is the longest time between two looks at the same execution, where nothing happens.
const slowestLook = 15 * time.Second

func (w *waiter) wait(ctx context.Context, running []string) error {
	w.a.talk("%s\n", w.a.faint("waiting for "+executions(len(running))))
	for every := lookEvery / 4; ; every = min(every*3/2, slowestLook) {
		var still []string
		for _, arn := range running {
			ended, err := w.look(ctx, arn)
			if err != nil {
				return err
			}
			if !ended {
				still = append(still, arn)
			}
		}
		if len(still) < len(running) {
			every = lookEvery / 4
		}
		if running = still; len(running) == 0 {
			break
		}
		if !w.until.IsZero() && time.Now().After(w.until) {
			return withHint(fmt.Errorf("%s still run, such as %s", executions(len(running)), running[0]), "stride inspect "+running[0]+" "+w.a.where())
		}
		if err := wait(ctx, every); err != nil {
			return err
		}
	}
	if w.failed > 0 {
		return quiet(exitUnsuccess)
	}
	return nil
}

// look says how an execution ended, if it has.
func (w *waiter) look(ctx context.Context, arn string) (bool, error) {
	if err := w.a.pace.wait(ctx); err != nil {
		return false, err
	}
	d, err := w.s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	switch {
	case notFound(err):
		return false, withHint(fmt.Errorf("no execution %s in environment %s", arn, w.a.Env), "stride ls "+w.a.where())
	case err != nil:
		return false, w.s.explain(err)
	case d.Status == types.ExecutionStatusRunning || d.Status == types.ExecutionStatusPendingRedrive:
		return false, nil
	case d.Status != types.ExecutionStatusSucceeded:
		w.failed++
	}
	one := executionJSON{arn, d.Status, aws.ToTime(d.StartDate).UTC(), present(aws.ToTime(d.StopDate)), aws.ToInt32(d.RedriveCount)}
	if w.a.Format == "json" {
		return true, w.a.printLine(one)
	}
	w.a.print("%-10s %s %8s  %s\n", one.Status, one.StartDate.Local().Format(time.DateTime),
		observe.Span(aws.ToTime(d.StopDate).Sub(one.StartDate)), observe.Clean(arn))
	return true, nil
}
