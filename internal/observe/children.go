package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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

	adoptions int // how often a source came up that is to be read before more is told
}

type parent struct {
	arn   string
	event int64     // by which it says that it started the child
	at    time.Time // of that event, if known
	story *Story    // nil where it was foreseen
	step  *Step
}

// mapRun is a map run that was seen to start.
type mapRun struct {
	entry Entry
	arn   string
	event int64 // by which it started
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

// foresee links children to parents before any of these events is told: a child's first event may be older than the one by
// which its parent says that it started it.
func (c *children) foresee(ready []Event) {
	runs := map[string]*parent{} // by MACHINE/LABEL
	for i := range ready {
		e := &ready[i]
		if arn := startedBy(e.Event); arn != "" && c.parents[arn] == nil {
			c.parents[arn] = &parent{arn: e.Execution, event: e.ID, at: e.Time}
		}
		if e.Type == history.MapRunStarted && e.Details != nil {
			runs[labelOf(e.Details.MapRunARN)] = &parent{arn: e.Execution, event: e.ID, at: e.Time}
		}
	}
	for i := range ready {
		machine, label := machineName(ready[i].Execution)
		if label == "" || c.parents[ready[i].Execution] != nil {
			continue
		}
		p := runs[machine+"/"+label]
		if run := c.byLabel[machine+"/"+label]; p == nil && run != nil {
			p = &parent{arn: run.entry.Story.ARN, event: run.event}
		}
		if p != nil {
			c.parents[ready[i].Execution] = p
		}
	}
}

// labelOf is MACHINE/LABEL of a map run's ARN, arn:aws:states:REGION:ACCOUNT:mapRun:MACHINE/LABEL:ID.
func labelOf(mapRun string) string {
	parts := strings.Split(mapRun, ":")
	if len(parts) < 8 {
		return ""
	}
	return parts[6]
}

// tie orders events of the same time and different executions: those of a child stand between the event by which its parent says
// that it started it, and the parent's next.
func (c *children) tie(a, b *Event) int {
	if a.Execution == b.Execution {
		return cmp.Compare(a.ID, b.ID)
	}
	if len(c.parents) == 0 || c.parents[a.Execution] == nil && c.parents[b.Execution] == nil {
		return byExecution(a, b)
	}
	rootA, pathA := c.path(a)
	rootB, pathB := c.path(b)
	return cmp.Or(strings.Compare(rootA, rootB), slices.Compare(pathA, pathB))
}

// notBefore is when the parent of an execution says that it started it: the child has begun by then, a millisecond before at times, and is
// told after.
func (c *children) notBefore(execution string) time.Time {
	if p := c.parents[execution]; p != nil && !p.at.IsZero() {
		return p.at
	}
	return time.Unix(0, 0)
}

// path is the execution above all others of an event, and the ids of the events that led from there to it.
func (c *children) path(e *Event) (root string, ids []int64) {
	root, ids = e.Execution, []int64{e.ID}
	for p := c.parents[root]; p != nil && p.arn != "" && len(ids) < deepest; p = c.parents[root] {
		root, ids = p.arn, append(ids, p.event)
	}
	slices.Reverse(ids)
	return root, ids
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
	case history.MapRunSucceeded, history.MapRunFailed, history.MapRunAborted:
		if entry.Scene.Step != nil && entry.Scene.Step.Run != nil {
			entry.Run = entry.Scene.Step.Run
			return r.tellRun(entry, false)
		}
	case history.TaskSubmitted, history.TaskSucceeded:
		if arn := startedBy(e); arn != "" && entry.Scene.Step != nil {
			entry.Scene.Step.Child = arn
			return c.adopt(ctx, r, arn, parent{entry.Story.ARN, e.ID, e.Time, entry.Story, entry.Scene.Step})
		}
	}
	return nil
}

func (c *children) begin(entry Entry) {
	arn := entry.Scene.Event.Details.MapRunARN
	if labelOf(arn) == "" || entry.Scene.Step == nil {
		return
	}
	run := c.runs[arn]
	if run == nil {
		run = &mapRun{arn: arn}
		c.runs[arn] = run
	}
	run.entry, run.event, run.over = entry, entry.Scene.Event.ID, false
	run.entry.Scene.Event = nil
	c.byLabel[labelOf(arn)] = run
	c.next = time.Time{}
	c.adoptions++
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
	express := strings.Contains(arn, ":express:")
	if express {
		r.widen(m.LogGroup)
	}
	if !express && (!m.whole || r.byName[m.Name] != m) && r.histories.adopt(arn, p.scheduled()) || r.groupsUnread() {
		c.adoptions++
	}
	return nil
}

// scheduled is when the child started, or a little before.
func (p *parent) scheduled() time.Time {
	if n := len(p.step.Attempts); n > 0 {
		return p.step.Attempts[n-1].Scheduled
	}
	return p.step.Entered
}

// place puts a story that begins under its parent.
func (c *children) place(r *reader, s *Story) {
	p := c.parents[s.ARN]
	machine, label := machineName(s.ARN)
	run := c.byLabel[machine+"/"+label]
	switch {
	case label != "" && run != nil:
		s.Parent, s.ParentStep = run.entry.Story, run.entry.Scene.Step
		if p == nil || p.story == nil { // not adopted, which counts
			run.shown++
			s.muted = run.shown > shownChildren && r.Execution != s.ARN
		}
	case p == nil:
	case p.story != nil:
		s.Parent, s.ParentStep = p.story, p.step
	case p.arn != "" && p.arn != s.ARN:
		s.Parent = r.storyOf(p.arn)
	}
}

// Looks at map runs. AWS: DescribeMapRun is throttled like GetExecutionHistory.
const runLooks = 2 * time.Second

// look tells how far map runs are, and adopts their children.
func (c *children) look(ctx context.Context, r *reader) error {
	now := r.Now()
	if now.Before(c.next) {
		return nil
	}
	c.next = now.Add(runLooks)
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
		entry.Scene.Step.Run = &now
		if err := r.tellRun(entry, true); err != nil {
			return err
		}
	}
	if run.shown < shownChildren {
		return c.adoptOf(ctx, r, run)
	}
	return nil
}

// tellRun tells how far a map run is: when following, as it runs; afterwards, with its end.
func (r *reader) tellRun(entry Entry, runs bool) error {
	if runs != r.Follow || entry.Story.muted {
		return nil
	}
	return r.emit(entry)
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
		c.parents[arn] = &parent{arn: run.entry.Story.ARN, event: run.event, story: run.entry.Story, step: run.entry.Scene.Step}
		r.histories.adopt(arn, aws.ToTime(e.StartDate))
	}
	return nil
}
