package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// histories are the executions whose events come from GetExecutionHistory: those of Standard machines whose log does not tell all,
// and child executions.
type histories struct {
	open   map[string]*followed
	over   finished
	listed map[string]time.Time // by machine: the start of the newest execution that was listed
	queue  []*followed          // those to be read in this look, by their start
}

// followed is one execution whose history is read as it grows.
type followed struct {
	HistoryReader
	start time.Time // or earlier
	due   time.Time
	every time.Duration // between reads, longer while nothing happens
}

// AWS: GetExecutionHistory is throttled to a bucket of 400 calls that fills by 20 a second; others want some, too.
const (
	readsALook   = 10
	slowestReads = 10 * time.Second
)

// add follows an execution that started at a time; false where that is so already, or it was told to its end.
func (h *histories) add(arn string, start time.Time) bool {
	if h.open == nil {
		h.open, h.listed = map[string]*followed{}, map[string]time.Time{}
	}
	if h.open[arn] != nil || h.over.next(arn) != 1 {
		return false
	}
	h.open[arn] = &followed{HistoryReader: HistoryReader{ARN: arn}, start: start}
	return true
}

// adopt is add for an execution that comes up while a look is under way: it is read in this look.
func (h *histories) adopt(arn string, start time.Time) bool {
	if !h.add(arn, start) {
		return false
	}
	at, _ := slices.BinarySearchFunc(h.queue, start, func(f *followed, start time.Time) int { return f.start.Compare(start) })
	h.queue = slices.Insert(h.queue, at, h.open[arn])
	return true
}

// begin finds executions and decides which are read in this look.
func (h *histories) begin(ctx context.Context, r *reader) error {
	for _, m := range r.machines {
		if !m.byLists {
			continue
		}
		if err := h.list(ctx, r, m); err != nil {
			return fmt.Errorf("listing executions of %s: %w", m.Name, err)
		}
	}
	now := r.Now()
	h.queue = h.queue[:0]
	for _, f := range h.open {
		if !f.due.After(now) {
			h.queue = append(h.queue, f)
		}
	}
	if r.Follow && len(h.queue) > readsALook {
		slices.SortFunc(h.queue, func(a, b *followed) int { return a.due.Compare(b.due) })
		h.queue = h.queue[:max(readsALook, h.fresh())]
	}
	slices.SortFunc(h.queue, func(a, b *followed) int { return a.start.Compare(b.start) })
	return nil
}

// unread is whether there are executions that were never read.
func (h *histories) unread() bool {
	for _, f := range h.open {
		if f.due.IsZero() {
			return true
		}
	}
	return false
}

// fresh counts those at the queue's front that were never read: what is there already is told at once.
func (h *histories) fresh() int {
	n := 0
	for n < len(h.queue) && h.queue[n].due.IsZero() {
		n++
	}
	return n
}

// next is the execution to be read next, nil where all were.
func (h *histories) next() *followed {
	if len(h.queue) == 0 {
		return nil
	}
	return h.queue[0]
}

// read reads what is new of f, the first of the queue.
func (h *histories) read(ctx context.Context, r *reader, f *followed) error {
	h.queue = h.queue[1:]
	f.States = r.States
	m, err := r.machineOf(ctx, f.ARN)
	if err != nil {
		return err
	}
	err = r.persist(ctx, func() error {
		events, err := f.Next(ctx)
		for _, e := range events {
			m.sorter.Add(Event{f.ARN, 0, e, m}, r.patient())
		}
		f.rest(r, len(events) > 0)
		if n := len(events); n > 0 && Terminal(events[n-1].Type) {
			delete(h.open, f.ARN)
			h.over.add(f.ARN, 2)
		}
		return err
	})
	var gone *types.ExecutionDoesNotExist
	if errors.As(err, &gone) && f.ARN != r.Execution { // it was listed, and is older than 90 days now
		delete(h.open, f.ARN)
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", f.ARN, err)
	}
	return nil
}

// rest says when f is read again.
func (f *followed) rest(r *reader, news bool) {
	if f.every = f.every * 3 / 2; news || f.every == 0 {
		f.every = r.Interval
	}
	f.every = min(f.every, slowestReads)
	if f.ARN == r.Execution {
		f.every = r.Interval
	}
	f.due = r.Now().Add(f.every)
}

// list adds the executions that run, and those that started since the last look; in the first, those that started since the
// beginning of the tail or, within lookBack, ended since.
func (h *histories) list(ctx context.Context, r *reader, m *machineReader) error {
	if h.open == nil {
		h.open, h.listed = map[string]*followed{}, map[string]time.Time{}
	}
	since, before := h.listed[m.ARN]
	if !before {
		since = r.Since
		running := &sfn.ListExecutionsInput{StateMachineArn: &m.ARN, StatusFilter: types.ExecutionStatusRunning, MaxResults: pageSize}
		if err := h.pages(ctx, r, running, func(types.ExecutionListItem) (bool, bool) { return true, true }); err != nil {
			return err
		}
		h.listed[m.ARN] = r.Since
	}
	all := &sfn.ListExecutionsInput{StateMachineArn: &m.ARN, MaxResults: pageSize}
	if before {
		all.MaxResults = 100
	}
	earlier := 0
	return h.pages(ctx, r, all, func(e types.ExecutionListItem) (add, more bool) {
		start := aws.ToTime(e.StartDate)
		h.listed[m.ARN] = later(h.listed[m.ARN], start)
		if !start.Before(since.Add(-time.Second)) {
			return true, true
		}
		earlier++
		add = !before && !aws.ToTime(e.StopDate).Before(since)
		return add, !before && earlier < mostEarlier && start.After(since.Add(-lookBack))
	})
}

// How far back a first look searches for executions that started before its time and ended within it. AWS: ListExecutions orders by
// the start alone, and cannot be asked for those that stopped since.
const (
	lookBack    = 24 * time.Hour
	mostEarlier = 5 * pageSize
)

// pages adds the executions of a list, newest first, that are wanted, as long as want asks for more.
func (h *histories) pages(ctx context.Context, r *reader, in *sfn.ListExecutionsInput, want func(types.ExecutionListItem) (add, more bool)) error {
	for {
		var out *sfn.ListExecutionsOutput
		err := r.persist(ctx, func() (err error) { out, err = r.States.ListExecutions(ctx, in); return err })
		if err != nil {
			return err
		}
		for _, e := range out.Executions {
			add, more := want(e)
			if add && (r.Until.IsZero() || !aws.ToTime(e.StartDate).After(r.Until)) {
				h.add(aws.ToString(e.ExecutionArn), aws.ToTime(e.StartDate))
			}
			if !more {
				return nil
			}
		}
		if out.NextToken == nil {
			return nil
		}
		in.NextToken = out.NextToken
	}
}

// machineOf is the reader of the machine that an execution is of.
func (r *reader) machineOf(ctx context.Context, execution string) (*machineReader, error) {
	arn := MachineOf(execution)
	if m := r.machines[arn]; m != nil {
		return m, nil
	}
	var m Machine
	err := r.persist(ctx, func() (err error) { m, err = Describe(ctx, r.States, arn); return err })
	if err != nil {
		return nil, err
	}
	return r.machine(m, r.Since), nil
}
