package machine

import (
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// inlineConcurrency is how many iterations of an inline Map run at once. AWS: "Using Map state in Inline mode".
const inlineConcurrency = 40

// A fork is a Parallel or an inline Map at work: its branches or iterations, and what they gave so far.
type fork struct {
	owner    *strand
	children []*strand
	results  []value.Value
	left     int   // children that have not finished
	next     int   // the first child that has not started
	last     int64 // the last event of a child that finished
	selected []value.Value
	settled  bool     // its outcome waits for the owner's turn
	why      *failure // the outcome; nil: all children finished
}

// startParallel starts all branches.
func (s *strand) startParallel() error {
	r := s.run
	input, err := s.payload(&activation{run: r, strand: s, input: s.effective})
	if err != nil {
		return err
	}
	if handled, err := s.inspected(); handled {
		return err
	}
	s.prev = r.emit(s.prev, history.ParallelStateStarted, nil)
	n := len(s.state.branches)
	f := &fork{owner: s, children: make([]*strand, n), results: make([]value.Value, n), left: n, next: n, last: s.prev}
	s.fork = f
	strands := make([]struct {
		strand
		vars scope
	}, n)
	for i, b := range s.state.branches {
		c := &strands[i].strand
		*c = strand{run: r, parent: f, index: i, next: b.start, input: input, prev: s.prev}
		c.vars = &strands[i].vars
		c.vars.outer = s.vars
		f.children[i] = c
	}
	r.queue = append(r.queue, f.children...)
	if n == 0 {
		f.complete()
	}
	return nil
}

// startIterations starts as many iterations of an inline Map as may run at once.
func (s *strand) startIterations(items []value.Value, limit int) error {
	n := len(items)
	f := &fork{owner: s, children: make([]*strand, n), results: make([]value.Value, n), left: n, last: s.prev, selected: items}
	s.fork = f
	if limit <= 0 || limit > inlineConcurrency {
		limit = inlineConcurrency
	}
	for range min(limit, n) {
		if err := f.iterate(s.prev); err != nil {
			return err
		}
	}
	if n == 0 {
		f.complete()
	}
	return nil
}

// iterate starts the next iteration, which follows the event previous.
func (f *fork) iterate(previous int64) error {
	s := f.owner
	item := &mapItem{index: f.next, input: f.selected[f.next], value: f.selected[f.next]}
	input, err := s.state.fan.itemInput(s, item)
	if err != nil {
		return err
	}
	c := &strand{run: s.run, parent: f, index: f.next, item: item, next: s.state.fan.processor.start, input: input}
	c.vars = &scope{outer: s.vars}
	c.prev = f.iterationEvent(history.MapIterationStarted, f.next, previous)
	f.children[f.next] = c
	f.next++
	s.run.queue = append(s.run.queue, c)
	return nil
}

func (f *fork) iterationEvent(t history.Type, index int, previous int64) int64 {
	var d *history.Details
	if f.owner.run.recording {
		d = &history.Details{Name: f.owner.state.name, Index: int64(index)}
	}
	return f.owner.run.emit(previous, t, d)
}

func (f *fork) isMap() bool { return f.owner.state.kind == asl.Map }

// finishedBranch takes a child's output.
func (f *fork) finishedBranch(c *strand, output value.Value) {
	f.results[c.index] = output
	f.left--
	f.last = c.prev
	if f.isMap() {
		f.last = f.iterationEvent(history.MapIterationSucceeded, c.index, c.prev)
		if f.next < len(f.children) {
			if err := f.iterate(c.prev); err != nil {
				f.owner.prev = c.prev
				f.abort(c)
				f.settle(f.owner.fault(err))
				return
			}
		}
	}
	if f.left == 0 {
		f.settle(nil)
	}
}

// settle keeps the outcome for the owner's turn, which comes after those of all that are ready now: branches elsewhere that go on
// at the same moment start their calls before they can be cut off, as the native run of a workflow has it.
func (f *fork) settle(why *failure) {
	f.settled, f.why = true, why
	f.owner.run.queue = append(f.owner.run.queue, f.owner)
}

// deliver lets the owner go on with the outcome.
func (f *fork) deliver() {
	if !f.settled {
		return
	}
	f.settled = false
	if f.why != nil {
		f.owner.fail(f.why)
	} else {
		f.complete()
	}
}

// complete ends the owner's state: all children have finished.
func (f *fork) complete() {
	s := f.owner
	s.prev = f.last
	event := history.ParallelStateSucceeded
	if f.isMap() {
		event = history.MapStateSucceeded
	}
	succeeded := s.run.emit(s.prev, event, nil)
	if err := s.complete(value.OfArray(f.results)); err != nil {
		s.prev = succeeded // a failure follows the event that the way out passes by
		s.fail(s.fault(err))
	}
}

// failedBranch takes a child's failure, which fails the owner's state: the other children are cut off.
func (f *fork) failedBranch(c *strand, why *failure) {
	s := f.owner
	if c.state.kind == asl.Task {
		s.run.emit(c.prev, history.TaskStateAborted, nil)
	}
	f.abort(c)
	if f.isMap() {
		f.iterationEvent(history.MapIterationFailed, c.index, c.prev)
	}
	s.prev = c.prev
	f.settle(why)
}

// abort cuts off all children but the one that failed. AWS reports each that was at work, after the failing one's last event.
func (f *fork) abort(failed *strand) {
	failed.halted = true
	for _, c := range f.children {
		if c == nil || c == failed || c.finished {
			continue
		}
		if c.state != nil {
			if f.isMap() {
				f.iterationEvent(history.MapIterationAborted, c.index, failed.prev)
			}
			if event, ok := abortEvents[c.state.kind]; ok {
				f.owner.run.emit(failed.prev, event, nil)
			}
		}
		c.interrupt()
	}
}

// abortEvents are the types of state that can be cut off at work.
var abortEvents = map[asl.Type]history.Type{
	asl.Task: history.TaskStateAborted, asl.Wait: history.WaitStateAborted,
	asl.Parallel: history.ParallelStateAborted, asl.Map: history.MapStateAborted,
}
