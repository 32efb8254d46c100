package cli

import (
	"context"
	"fmt"
	"slices"
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
	status    []types.ExecutionStatus
	errorName string
	name      string // the beginning of the execution's
	since     time.Time
	until     time.Time
	limit     int
}

func selectionFlags(limit int) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "failed", Usage: "only those that FAILED or TIMED_OUT"},
		&cli.StringSliceFlag{Name: "status", Usage: "only `STATUS`: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; several: one after the other"},
		&cli.StringFlag{Name: "error", Usage: "only those that failed with the error `NAME`"},
		&cli.StringFlag{Name: "name", Usage: "only those whose name begins with `TEXT`"},
		&cli.StringFlag{Name: "since", Usage: "only those started from `TIME` on: 90s, 2h, 3d ago, or 2026-01-02T15:04:05Z"},
		&cli.StringFlag{Name: "until", Usage: "only those started before `TIME`"},
		&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: limit, Usage: "at most `N` of each workflow; 0: all"},
	}
}

var failedStatuses = []types.ExecutionStatus{types.ExecutionStatusFailed, types.ExecutionStatusTimedOut}

func readSelection(c *cli.Context) (selection, error) {
	s := selection{args: c.Args().Slice(), errorName: c.String("error"), name: c.String("name"), limit: c.Int("limit")}
	var err error
	if s.since, err = moment(c.String("since"), time.Now()); err != nil {
		return s, usagef("--since %v", err)
	}
	if s.until, err = moment(c.String("until"), time.Now()); err != nil {
		return s, usagef("--until %v", err)
	}
	if s.limit < 0 {
		return s, usagef("--limit takes 0, for all, or more")
	}
	if c.Bool("failed") {
		s.status = failedStatuses
	}
	statuses, err := readStatuses(c)
	s.status = append(s.status, statuses...)
	return s, err
}

// readStatuses are the values of --status, in any case.
func readStatuses(c *cli.Context) ([]types.ExecutionStatus, error) {
	var statuses []types.ExecutionStatus
	for _, text := range c.StringSlice("status") {
		status := types.ExecutionStatus(strings.ToUpper(text))
		if known := status.Values(); !slices.Contains(known, status) {
			return nil, usagef("--status takes one of %v, not %s", known, text)
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
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
		return withHint(fmt.Errorf("%s is EXPRESS: AWS keeps no list of its executions, only its log", m.Name), "stride tail "+workflow+" "+a.where())
	}
	n := 0
	err = a.newest(ctx, s, m.ARN, sel, func(e types.ExecutionListItem) (bool, error) {
		if e.StartDate.Before(sel.since) || sel.limit > 0 && n >= sel.limit {
			return false, nil
		}
		if !sel.until.IsZero() && !e.StartDate.Before(sel.until) || !strings.HasPrefix(aws.ToString(e.Name), sel.name) {
			return true, nil
		}
		fits, err := a.hasError(ctx, s, e, sel.errorName)
		if err != nil || !fits {
			return true, err
		}
		n++
		return true, f(e)
	})
	if err != nil {
		return s.explain(fmt.Errorf("listing executions of %s: %w", m.Name, err))
	}
	return nil
}

// newest calls f for the executions of a machine that have one of the selection's states, newest first, until it is false. AWS lists those
// of one status, or all.
func (a *app) newest(ctx context.Context, s *session, machine string, sel selection, f func(types.ExecutionListItem) (bool, error)) error {
	statuses := sel.status
	if len(statuses) == 0 {
		statuses = []types.ExecutionStatus{""}
	}
	lists := make([]*executionList, len(statuses))
	for i, status := range statuses {
		in := &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: status, MaxResults: 1000}
		if sel.limit > 0 && sel.errorName == "" && sel.name == "" {
			in.MaxResults = int32(min(sel.limit, 1000))
		}
		lists[i] = &executionList{pages: sfn.NewListExecutionsPaginator(s.states(), in)}
	}
	for {
		var first *executionList
		for _, l := range lists {
			if err := l.fill(ctx); err != nil {
				return err
			}
			if len(l.page) > 0 && (first == nil || l.page[0].StartDate.After(*first.page[0].StartDate)) {
				first = l
			}
		}
		if first == nil {
			return nil
		}
		e := first.page[0]
		first.page = first.page[1:]
		if more, err := f(e); err != nil || !more {
			return err
		}
	}
}

// executionList is a list of executions, page by page.
type executionList struct {
	pages *sfn.ListExecutionsPaginator
	page  []types.ExecutionListItem
}

func (l *executionList) fill(ctx context.Context) error {
	for len(l.page) == 0 && l.pages.HasMorePages() {
		out, err := l.pages.NextPage(ctx)
		if err != nil {
			return err
		}
		l.page = out.Executions
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
	if err := a.pace.wait(ctx); err != nil {
		return false, err
	}
	d, err := s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
	if err != nil {
		return false, err
	}
	if d.Error == nil && d.Status == types.ExecutionStatusTimedOut {
		return name == "States.Timeout", nil
	}
	return aws.ToString(d.Error) == name, nil
}

func lsCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "ls", Category: groupOperate, Usage: "list executions, newest first", ArgsUsage: "[WORKFLOW...]",
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
	flags := append(bulkFlags(),
		&cli.StringFlag{Name: "with-error", Usage: "the error `NAME` that the executions end with"},
		&cli.StringFlag{Name: "cause", Usage: "`TEXT` that says why"})
	return &cli.Command{
		Name: "stop", Category: groupOperate, Usage: "stop running executions", ArgsUsage: "EXECUTION-ARN...|WORKFLOW...", Flags: flags,
		Action: func(c *cli.Context) error {
			sel, err := readSelection(c)
			if err != nil {
				return err
			}
			if len(sel.status) == 0 {
				sel.status = []types.ExecutionStatus{types.ExecutionStatusRunning}
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
		Name: "redrive", Category: groupOperate, Usage: "run failed executions on from the state that failed", ArgsUsage: "EXECUTION-ARN...|WORKFLOW...",
		Flags: bulkFlags(),
		Action: func(c *cli.Context) error {
			sel, err := readSelection(c)
			if err != nil {
				return err
			}
			if len(sel.status) == 0 {
				sel.status = failedStatuses
			}
			return a.bulk(c, sel, "redrive", "redriven", func(ctx context.Context, s *session, arn string) error {
				_, err := s.states().RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn})
				return err
			})
		},
	}
}

func bulkFlags() []cli.Flag {
	return append(selectionFlags(0),
		&cli.BoolFlag{Name: "dry-run", Usage: "only say which executions it would be"},
		&cli.Float64Flag{Name: "rate", Value: defaultRate, Usage: "at most `N` a second"})
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
