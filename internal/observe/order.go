package observe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Sorter puts the events of many executions in order, each execution's by event id, although they arrive shuffled over log
// streams, late, and more than once. It holds an event back until those before it came, or until they are given up: log levels
// leave events out.
type Sorter struct {
	// Patience is how long a gap is waited for; 0: not at all.
	Patience time.Duration

	waiting map[string]*queue
	held    int // events that wait
	gaps    bool
	over    finished
}

// mostHeld is how many events wait for others at most. When there are more, gaps are no longer waited for.
const mostHeld = 50_000

type queue struct {
	next    int64     // the id that may go out now
	pending []Event   // by id
	since   time.Time // when the gap in front of pending was first seen
}

// Event is an event and whose it is.
type Event struct {
	Execution string // its ARN
	Redrives  int64
	*history.Event

	machine *machineReader
}

// Add takes an event that arrived at the time now.
func (s *Sorter) Add(e Event, now time.Time) {
	if s.waiting == nil {
		s.waiting = map[string]*queue{}
	}
	q := s.waiting[e.Execution]
	if q == nil {
		next := s.over.next(e.Execution)
		if e.ID < next {
			return
		}
		q = &queue{next: next, since: now}
		s.waiting[e.Execution] = q
	}
	if q.add(e) {
		s.held++
	}
}

func (q *queue) add(e Event) bool {
	n := len(q.pending)
	if e.ID < q.next {
		return false
	}
	if n == 0 || q.pending[n-1].ID < e.ID {
		q.pending = append(q.pending, e)
		return true
	}
	at, twice := slices.BinarySearchFunc(q.pending, e.ID, func(p Event, id int64) int { return cmp.Compare(p.ID, id) })
	if !twice {
		q.pending = slices.Insert(q.pending, at, e)
	}
	return !twice
}

// Ready are the events that may be told now: each execution's by id, all together in the order of their times. What happened from
// upTo on, the time before which everything was read, waits; a zero upTo is no bound.
func (s *Sorter) Ready(now, upTo time.Time) []Event {
	ready := s.ready(nil, now, upTo)
	sortByTime(ready, byExecution, nil)
	return ready
}

// byExecution is an order of events of the same time.
func byExecution(a, b *Event) int { return strings.Compare(a.Execution, b.Execution) }

// ready appends the events that may be told, each execution's together.
func (s *Sorter) ready(ready []Event, now, upTo time.Time) []Event {
	bounds := bounds{now: now, upTo: upTo, patience: s.Patience}
	if s.held > mostHeld {
		bounds.patience = 0
	}
	s.gaps = false
	for arn, q := range s.waiting {
		n := q.take(bounds)
		ready = append(ready, q.pending[:n]...)
		s.held -= n
		ended := n > 0 && Terminal(q.pending[n-1].Type)
		if n > 0 {
			q.pending = slices.Clone(q.pending[n:])
		}
		if ended && len(q.pending) == 0 {
			s.over.add(arn, q.next)
			delete(s.waiting, arn)
		}
		s.gaps = s.gaps || len(q.pending) > 0 && q.pending[0].ID != q.next
	}
	return ready
}

// bounds say what may be told.
type bounds struct {
	now, upTo time.Time
	patience  time.Duration
}

// take counts the pending events that may go out.
func (q *queue) take(b bounds) int {
	n := 0
	for n < len(q.pending) {
		e := &q.pending[n]
		if !b.upTo.IsZero() && !e.Time.Before(b.upTo) {
			break
		}
		// Everything up to upTo was read: what happened before an event that is well behind that does not come any more.
		givenUp := b.now.Sub(q.since) >= b.patience || !b.upTo.IsZero() && b.upTo.Sub(e.Time) > late
		if e.ID != q.next && !givenUp {
			break
		}
		q.next, q.since = e.ID+1, b.now
		n++
	}
	if len(q.pending) == 0 {
		q.since = b.now
	}
	return n
}

// sortByTime interleaves executions, of which each stands in its order. Where an execution's times go back, the order of its ids
// wins. tie orders events of different executions and the same time; no execution begins before its notBefore.
func sortByTime(events []Event, tie func(a, b *Event) int, notBefore func(execution string) time.Time) {
	type timed struct {
		at   int64 // of the latest event of its execution so far
		from int32 // its place in events
	}
	list, sorted := make([]timed, len(events)), true
	for i := range events { // an execution's events stand together
		at := events[i].Time.UnixNano()
		if i > 0 && events[i-1].Execution == events[i].Execution {
			at = max(at, list[i-1].at)
		} else if notBefore != nil {
			at = max(at, notBefore(events[i].Execution).UnixNano())
		}
		list[i] = timed{at, int32(i)}
		sorted = sorted && (i == 0 || list[i-1].at < at)
	}
	if sorted {
		return
	}
	slices.SortFunc(list, func(a, b timed) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Or(tie(&events[a.from], &events[b.from]), cmp.Compare(a.from, b.from))
	})
	before := slices.Clone(events)
	for i, t := range list {
		events[i] = before[t.from]
	}
}

// Terminal says that an execution ends with an event of this type.
func Terminal(t history.Type) bool {
	switch t {
	case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
		return true
	}
	return false
}

// finished remembers executions that were told to their end, so that lines which come once more do not begin them anew, and a
// redrive goes on where they ended. The oldest are forgotten.
type finished struct{ young, old map[string]int64 }

const mostFinished = 50_000

func (f *finished) add(arn string, next int64) {
	if len(f.young) >= mostFinished || f.young == nil {
		f.young, f.old = map[string]int64{}, f.young
	}
	f.young[strings.Clone(arn)] = next
}

func (f *finished) next(arn string) int64 {
	if n, ok := f.young[arn]; ok {
		return n
	}
	if n, ok := f.old[arn]; ok {
		return n
	}
	return 1
}
