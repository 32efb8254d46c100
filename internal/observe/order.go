package observe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Sorter puts the events of many executions in order, each execution's by event id, although they arrive shuffled over log
// streams. It holds an event back until those before it came, or until patience is over: log levels leave events out.
type Sorter struct {
	// Patience is how long a gap is waited for; 0: not at all.
	Patience time.Duration
	waiting  map[string]*queue
}

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
}

// Add takes an event that arrived at the time now.
func (s *Sorter) Add(e Event, now time.Time) {
	if s.waiting == nil {
		s.waiting = map[string]*queue{}
	}
	q := s.waiting[e.Execution]
	if q == nil {
		q = &queue{next: 1, since: now}
		s.waiting[e.Execution] = q
	}
	at, twice := slices.BinarySearchFunc(q.pending, e.ID, func(p Event, id int64) int { return int(p.ID - id) })
	if !twice && e.ID >= q.next {
		q.pending = slices.Insert(q.pending, at, e)
	}
}

// Ready are the events that may be told now: each execution's by id, all together in the order of their times.
func (s *Sorter) Ready(now time.Time) []Event {
	var ready []Event
	for arn, q := range s.waiting {
		n := q.take(now, s.Patience)
		ready = append(ready, q.pending[:n]...)
		ended := n > 0 && Terminal(q.pending[n-1].Type)
		if q.pending = q.pending[n:]; ended && len(q.pending) == 0 {
			delete(s.waiting, arn)
		}
	}
	sortByTime(ready)
	return ready
}

// sortByTime interleaves executions, of which each stands in its order. Where an execution's times go back, the order of its ids
// wins.
func sortByTime(events []Event) {
	type timed struct {
		Event
		at time.Time // of the latest event of its execution so far
	}
	latest := map[string]time.Time{}
	list := make([]timed, len(events))
	for i, e := range events {
		at := e.Time
		if before := latest[e.Execution]; before.After(at) {
			at = before
		}
		latest[e.Execution] = at
		list[i] = timed{e, at}
	}
	slices.SortStableFunc(list, func(a, b timed) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.Execution, b.Execution))
	})
	for i := range list {
		events[i] = list[i].Event
	}
}

// take counts the pending events that may go out.
func (q *queue) take(now time.Time, patience time.Duration) int {
	n := 0
	for n < len(q.pending) {
		if q.pending[n].ID != q.next && now.Sub(q.since) < patience {
			break
		}
		q.next = q.pending[n].ID + 1
		q.since = now
		n++
	}
	if n > 0 || len(q.pending) == 0 {
		q.since = now
	}
	return n
}

// Terminal says that an execution ends with an event of this type.
func Terminal(t history.Type) bool {
	switch t {
	case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
		return true
	}
	return false
}
