package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
)

// selection says which executions a command is about: those named by ARN, or those of workflows that pass the filters.
type selection struct {
	args      []string // execution ARNs, or workflow names
	status    string
	errorName string
	since     time.Time
	limit     int
}

func selectionFlags(limit int) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "failed", Usage: "only those that FAILED"},
		&cli.StringFlag{Name: "status", Usage: "only `STATUS`: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE"},
		&cli.StringFlag{Name: "error", Usage: "only those that failed with the error `NAME`"},
		&cli.StringFlag{Name: "since", Usage: "only those started from `TIME` on: 90s, 2h, 3d ago"},
		&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: limit, Usage: "at most `N`; 0: all"},
	}
}

func readSelection(c *cli.Context) (selection, error) {
	since, err := moment(c.String("since"), time.Now())
	if err != nil {
		return selection{}, usagef("--since %v", err)
	}
	s := selection{args: c.Args().Slice(), status: strings.ToUpper(c.String("status")), errorName: c.String("error"), since: since, limit: c.Int("limit")}
	if c.Bool("failed") {
		s.status = string(types.ExecutionStatusFailed)
	}
	if known := types.ExecutionStatus("").Values(); s.status != "" && !contains(known, s.status) {
		return s, usagef("--status takes one of %v, not %s", known, s.status)
	}
	return s, nil
}

func contains(known []types.ExecutionStatus, status string) bool {
	for _, k := range known {
		if string(k) == status {
			return true
		}
	}
	return false
}

// each calls f for every execution that is selected, newest first within a workflow.
func (a *app) each(ctx context.Context, s *session, sel selection, f func(types.ExecutionListItem) error) error {
	names := sel.args
	if len(names) == 0 {
		names = a.workflowNames()
	}
	if len(names) == 0 {
		return usagef("name a workflow or an execution: this project has no workflows")
	}
	for _, name := range names {
		if strings.Contains(name, ":execution:") {
			if err := f(types.ExecutionListItem{ExecutionArn: aws.String(name), Name: aws.String(observe.NameOf(name))}); err != nil {
				return err
			}
			continue
		}
		if err := a.eachOf(ctx, s, name, sel, f); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) eachOf(ctx context.Context, s *session, workflow string, sel selection, f func(types.ExecutionListItem) error) error {
	m, err := a.machine(ctx, s, workflow)
	if err != nil {
		return err
	}
	if m.Express {
		return withHint(fmt.Errorf("%s is EXPRESS: AWS keeps no list of its executions, only its log", m.Name), "stride tail "+workflow+" --env "+a.Env)
	}
	in := &sfn.ListExecutionsInput{StateMachineArn: &m.ARN, StatusFilter: types.ExecutionStatus(sel.status), MaxResults: 1000}
	if sel.limit > 0 {
		in.MaxResults = int32(min(sel.limit, 1000))
	}
	pages := sfn.NewListExecutionsPaginator(s.states(), in)
	for n := 0; pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.explain(fmt.Errorf("listing executions of %s: %w", m.Name, err))
		}
		for _, e := range page.Executions {
			if e.StartDate.Before(sel.since) || sel.limit > 0 && n >= sel.limit {
				return nil
			}
			fits, err := a.hasError(ctx, s, e, sel.errorName)
			if err != nil {
				return err
			}
			if !fits {
				continue
			}
			n++
			if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasError looks up the error, which lists do not show.
func (a *app) hasError(ctx context.Context, s *session, e types.ExecutionListItem, name string) (bool, error) {
	if name == "" {
		return true, nil
	}
	if e.Status == types.ExecutionStatusRunning || e.Status == types.ExecutionStatusSucceeded {
		return false, nil
	}
	d, err := s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
	if err != nil {
		return false, s.explain(err)
	}
	return aws.ToString(d.Error) == name, nil
}

func lsCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "ls", Category: groupOperate, Usage: "list executions, newest first", ArgsUsage: "[WORKFLOW…]",
		Flags: selectionFlags(20),
		Action: func(c *cli.Context) error {
			sel, err := readSelection(c)
			if err != nil {
				return err
			}
			return a.runLs(c.Context, sel)
		},
	}
}

// executionJSON is a line of `stride ls -o json`.
type executionJSON struct {
	ExecutionARN string                `json:"executionArn"`
	Status       types.ExecutionStatus `json:"status"`
	StartDate    time.Time             `json:"startDate"`
	StopDate     *time.Time            `json:"stopDate,omitempty"`
	RedriveCount int32                 `json:"redriveCount,omitempty"`
}

func (a *app) runLs(ctx context.Context, sel selection) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	list := []executionJSON{}
	err = a.each(ctx, s, sel, func(e types.ExecutionListItem) error {
		one := executionJSON{aws.ToString(e.ExecutionArn), e.Status, aws.ToTime(e.StartDate).UTC(), present(aws.ToTime(e.StopDate)), aws.ToInt32(e.RedriveCount)}
		if a.Format == "json" {
			list = append(list, one)
			return nil
		}
		took := ""
		if one.StopDate != nil {
			took = observe.Span(one.StopDate.Sub(one.StartDate))
		}
		a.print("%-10s %s %8s  %s\n", one.Status, one.StartDate.Local().Format(time.DateTime), took, observe.Clean(one.ExecutionARN))
		return nil
	})
	if err == nil && a.Format == "json" {
		return a.printJSON(list)
	}
	return err
}

func stopCommand(a *app) *cli.Command {
	flags := append(selectionFlags(0), dryRunFlag(),
		&cli.StringFlag{Name: "with-error", Usage: "the error `NAME` that the executions end with"},
		&cli.StringFlag{Name: "cause", Usage: "`TEXT` that says why"})
	return &cli.Command{
		Name: "stop", Category: groupOperate, Usage: "stop running executions", ArgsUsage: "EXECUTION-ARN…|WORKFLOW…", Flags: flags,
		Action: func(c *cli.Context) error {
			sel, err := readSelection(c)
			if err != nil {
				return err
			}
			if sel.status == "" {
				sel.status = string(types.ExecutionStatusRunning)
			}
			return a.bulk(c, sel, "stop", "stopped", func(ctx context.Context, s *session, arn string) error {
				in := &sfn.StopExecutionInput{ExecutionArn: &arn, Error: optional(c.String("with-error")), Cause: optional(c.String("cause"))}
				_, err := s.states().StopExecution(ctx, in)
				return err
			})
		},
	}
}

func redriveCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "redrive", Category: groupOperate, Usage: "run failed executions on from the state that failed", ArgsUsage: "EXECUTION-ARN…|WORKFLOW…",
		Flags: append(selectionFlags(0), dryRunFlag()),
		Action: func(c *cli.Context) error {
			sel, err := readSelection(c)
			if err != nil {
				return err
			}
			if sel.status == "" {
				sel.status = string(types.ExecutionStatusFailed)
			}
			return a.bulk(c, sel, "redrive", "redriven", func(ctx context.Context, s *session, arn string) error {
				_, err := s.states().RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn})
				return err
			})
		},
	}
}

func dryRunFlag() cli.Flag {
	return &cli.BoolFlag{Name: "dry-run", Usage: "only say which executions it would be"}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// bulk does one thing to each selected execution, slowly enough for the service, and sums up. What failed fails the command.
func (a *app) bulk(c *cli.Context, sel selection, verb, done string, act func(context.Context, *session, string) error) error {
	if len(sel.args) == 0 {
		return usagef("%s needs %s", verb, c.Command.ArgsUsage)
	}
	s, err := a.connect(c.Context)
	if err != nil {
		return err
	}
	var arns []string
	if err := a.each(c.Context, s, sel, func(e types.ExecutionListItem) error {
		arns = append(arns, aws.ToString(e.ExecutionArn))
		return nil
	}); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		for _, arn := range arns {
			a.print("%s\n", arn)
		}
		a.talk("%s would be %s\n", executions(len(arns)), done)
		return nil
	}
	if len(arns) > 1 {
		if yes, err := a.confirm(fmt.Sprintf("%s %s?", verb, executions(len(arns)))); err != nil || !yes {
			return err
		}
	}
	return a.act(c.Context, s, arns, done, act)
}

func executions(n int) string {
	if n == 1 {
		return "1 execution"
	}
	return fmt.Sprintf("%d executions", n)
}

func (a *app) act(ctx context.Context, s *session, arns []string, done string, act func(context.Context, *session, string) error) error {
	failed := 0
	for _, arn := range arns {
		if err := act(ctx, s, arn); err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed++
			a.printError(fmt.Errorf("%s: %w", arn, s.explain(err)))
			continue
		}
		a.print("%s %s\n", done, arn)
	}
	if failed > 0 {
		return fmt.Errorf("%s of %d could not be %s", executions(failed), len(arns), done)
	}
	return nil
}
