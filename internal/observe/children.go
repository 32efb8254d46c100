package observe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/stride-aws/stride/internal/history"
)

// MapRun is how far the run of a Distributed Map is.
type MapRun struct {
	ARN, Status                            string
	Items                                  int64 // in all; the rest are of these
	Pending, Running, Succeeded, Failed    int64
	Aborted, TimedOut, ResultsWritten      int64
	Executions, FailedExecutions, Redrives int64
}

// DescribeMapRun is how far a map run is.
func DescribeMapRun(ctx context.Context, states States, arn string) (MapRun, error) {
	out, err := states.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &arn})
	if err != nil {
		return MapRun{}, fmt.Errorf("describing map run %s: %w", arn, err)
	}
	run := MapRun{ARN: arn, Status: string(out.Status), Redrives: int64(aws.ToInt32(out.RedriveCount))}
	if c := out.ItemCounts; c != nil {
		run.Items, run.Pending, run.Running, run.Succeeded = c.Total, c.Pending, c.Running, c.Succeeded
		run.Failed, run.Aborted, run.TimedOut, run.ResultsWritten = c.Failed, c.Aborted, c.TimedOut, c.ResultsWritten
	}
	if c := out.ExecutionCounts; c != nil {
		run.Executions, run.FailedExecutions = c.Total, c.Failed+c.TimedOut
	}
	return run, nil
}

// String is "40 of 100 items succeeded, 2 failed, 8 running".
func (m *MapRun) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s succeeded", m.Succeeded, items(m.Items))
	for _, c := range []struct {
		n    int64
		what string
	}{{m.Failed, "failed"}, {m.TimedOut, "timed out"}, {m.Aborted, "aborted"}, {m.Running, "running"}, {m.Pending, "pending"}} {
		if c.n > 0 {
			fmt.Fprintf(&b, ", %d %s", c.n, c.what)
		}
	}
	return b.String()
}

// children are the executions that told executions started: by a task, or as children of a map run. They are told among the lines of
// their parents.
type children struct {
	parents map[string]*parent // by the child's ARN
	runs    map[string]*mapRun // by the map run's ARN
	byLabel map[string]*mapRun // the latest run of a Map, by MACHINE/LABEL
	next    time.Time          // when map runs are looked at again
}

type parent struct {
	story *Story
	step  *Step // nil where it was foreseen
}

// mapRun is a map run that was seen to start.
type mapRun struct {
	entry Entry
	arn   string
	last  MapRun
	shown int // children that are told in full
	over  bool
}

// shownChildren is how many children of a map run are told in full; of more, only failures.
const shownChildren = 10

func newChildren() children {
	return children{parents: map[string]*parent{}, runs: map[string]*mapRun{}, byLabel: map[string]*mapRun{}}
}

func (c *children) adopted(execution string) bool {
	if c.parents[execution] != nil {
		return true
	}
	machine, label := machineName(execution)
	return label != "" && c.byLabel[machine+"/"+label] != nil
}

// foresee links children to parents before any of these events is told: a child's first event is older than the one by which its
// parent says that it started it.
func (c *children) foresee(ready []Event) {
	for i := range ready {
		if arn := startedBy(ready[i].Event); arn != "" && c.parents[arn] == nil {
			c.parents[arn] = &parent{}
		}
	}
}

// mostParents bounds how many links are remembered.
const mostParents = 50_000

// ended forgets a child whose end was told; its parent may say once more that it started it.
func (c *children) ended(execution string) {
	if len(c.parents) > mostParents {
		clear(c.parents)
	}
	if p := c.parents[execution]; p != nil {
		c.parents[execution] = &parent{}
	}
}

// unread is whether there are map runs that were not looked at.
func (c *children) unread() bool {
	for _, run := range c.runs {
		if run.last.ARN == "" {
			return true
		}
	}
	return false
}

// startedBy is the ARN of the execution that a task has started, by what it answers; "" for other events.
func startedBy(e *history.Event) string {
	if e.Type != history.TaskSubmitted && e.Type != history.TaskSucceeded || e.Details == nil {
		return ""
	}
	if d := e.Details; d.ResourceType != "states" && d.ResourceType != "aws-sdk:sfn" || !strings.HasPrefix(d.Resource, "start") {
		return ""
	}
	arn := text(e.Details.Output.Value(), "ExecutionArn")
	if MachineOf(arn) == "" {
		return ""
	}
	return arn
}

// see takes up what a told event starts.
func (c *children) see(ctx context.Context, r *reader, entry Entry) error {
	e := entry.Scene.Event
	switch e.Type {
	case history.MapRunStarted, history.MapRunRedriven:
		c.begin(entry)
	case history.TaskSubmitted, history.TaskSucceeded:
		if arn := startedBy(e); arn != "" && entry.Scene.Step != nil {
			entry.Scene.Step.Child = arn
			return c.adopt(ctx, r, arn, parent{entry.Story, entry.Scene.Step})
		}
	}
	return nil
}

func (c *children) begin(entry Entry) {
	arn := entry.Scene.Event.Details.MapRunARN
	parts := strings.Split(arn, ":") // arn:aws:states:REGION:ACCOUNT:mapRun:MACHINE/LABEL:ID
	if len(parts) < 8 || entry.Scene.Step == nil {
		return
	}
	run := c.runs[arn]
	if run == nil {
		run = &mapRun{arn: arn}
		c.runs[arn] = run
	}
	run.entry, run.over = entry, false
	run.entry.Scene.Event = nil
	c.byLabel[parts[6]] = run
	c.next = time.Time{}
}

// adopt makes an execution a child, and follows it where its events do not come anyway.
func (c *children) adopt(ctx context.Context, r *reader, arn string, p parent) error {
	known := c.parents[arn] != nil && c.parents[arn].story != nil
	c.parents[arn] = &p
	if ctx.Err() != nil { // the tail ends
		return nil
	}
	if child := r.stories[arn]; child != nil {
		child.Parent, child.ParentStep = p.story, p.step
	}
	if known {
		return nil
	}
	m, err := r.machineOf(ctx, arn)
	var api smithy.APIError
	if errors.As(err, &api) && troubleOf(err) == none { // another account's, or deleted
		r.notice("the child execution " + Clean(arn) + " cannot be told: " + Clean(api.ErrorMessage()))
		return nil
	}
	if err != nil {
		return err
	}
	if express := strings.Contains(arn, ":express:"); !express && (!m.whole || r.byName[m.Name] != m) {
		r.histories.add(arn)
	}
	return nil
}

// place puts a story that begins under its parent.
func (c *children) place(r *reader, s *Story) {
	if p := c.parents[s.ARN]; p != nil {
		s.Parent, s.ParentStep = p.story, p.step
		return
	}
	machine, label := machineName(s.ARN)
	run := c.byLabel[machine+"/"+label]
	if label == "" || run == nil {
		return
	}
	s.Parent, s.ParentStep = run.entry.Story, run.entry.Scene.Step
	run.shown++
	s.muted = run.shown > shownChildren && r.Execution != s.ARN
}

// Looks at map runs. AWS: DescribeMapRun is throttled like GetExecutionHistory.
const runLooks = 2 * time.Second

// look tells how far map runs are, and adopts their children.
func (c *children) look(ctx context.Context, r *reader) error {
	if now := r.Now(); now.Before(c.next) {
		return nil
	} else {
		c.next = now.Add(runLooks)
	}
	for arn, run := range c.runs {
		if err := c.lookAt(ctx, r, run); err != nil {
			return err
		}
		if run.over {
			delete(c.runs, arn)
		}
	}
	return nil
}

func (c *children) lookAt(ctx context.Context, r *reader, run *mapRun) error {
	var now MapRun
	err := r.persist(ctx, func() (err error) { now, err = DescribeMapRun(ctx, r.States, run.arn); return err })
	var api smithy.APIError
	if errors.As(err, &api) { // not to be had here: its children are told by the logs, or not at all
		run.over = true
		return nil
	}
	if err != nil {
		return err
	}
	run.over = now.Status != string(types.MapRunStatusRunning)
	if now != run.last {
		run.last = now
		entry := run.entry
		entry.Run, entry.Time = &now, r.Now()
		if run.over && !r.Follow {
			entry.Time = entry.Story.touched
		}
		entry.Scene.Step.Run = &now
		if err := r.emit(entry); err != nil {
			return err
		}
	}
	if run.shown < shownChildren {
		return c.adoptOf(ctx, r, run)
	}
	return nil
}

// adoptOf follows the first children of a map run; where there are many, the first that failed.
func (c *children) adoptOf(ctx context.Context, r *reader, run *mapRun) error {
	m, err := r.machineOf(ctx, run.entry.Story.ARN)
	if err != nil || m.whole && r.byName[m.Name] == m { // its log tells of them
		return err
	}
	in := &sfn.ListExecutionsInput{MapRunArn: &run.arn, MaxResults: shownChildren}
	if run.last.Executions > shownChildren {
		in.StatusFilter = types.ExecutionStatusFailed
	}
	var out *sfn.ListExecutionsOutput
	err = r.persist(ctx, func() (err error) { out, err = r.States.ListExecutions(ctx, in); return err })
	var api smithy.APIError
	if errors.As(err, &api) { // AWS: children that are Express are not listed
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range out.Executions {
		arn := aws.ToString(e.ExecutionArn)
		if c.parents[arn] != nil || run.shown >= shownChildren {
			continue
		}
		run.shown++
		c.parents[arn] = &parent{run.entry.Story, run.entry.Scene.Step}
		if f := r.histories.add(arn); f != nil {
			f.start = aws.ToTime(e.StartDate)
		}
	}
	return nil
}
