package machine

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// A timer wakes a task, a strand or, with neither, the execution's timeout.
type timer struct {
	at     time.Time
	seq    int64
	ticket int // on the clock that the execution shares with others
	index  int // in the heap; -1: no longer in it
	task   *pending
	strand *strand
}

func (t *timer) before(o *timer) bool {
	return cmp.Or(t.at.Compare(o.at), cmp.Compare(t.seq, o.seq)) < 0
}
func (t *timer) moved(to int) { t.index = to }

// A schedule is a heap of what comes, the first in front; each is told its place in it, and -1 when it leaves.
type schedule[T scheduled[T]] []T

type scheduled[T any] interface {
	before(T) bool
	moved(to int)
}

func (s schedule[T]) Len() int           { return len(s) }
func (s schedule[T]) Less(i, j int) bool { return s[i].before(s[j]) }
func (s schedule[T]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].moved(i)
	s[j].moved(j)
}
func (s *schedule[T]) Push(x any) {
	x.(T).moved(len(*s))
	*s = append(*s, x.(T))
}
func (s *schedule[T]) Pop() any {
	n := len(*s) - 1
	last := (*s)[n]
	clear((*s)[n:])
	*s = (*s)[:n]
	last.moved(-1)
	return last
}

// due removes the timer with the number, which is the first unless a journal is replayed; nil where it is gone.
func (r *Run) due(seq int64) *timer {
	i := slices.IndexFunc(r.timers, func(t *timer) bool { return t.seq == seq })
	if i < 0 {
		return nil
	}
	return heap.Remove(&r.timers, i).(*timer)
}

// after sets a timer.
func (r *Run) after(d time.Duration, task *pending, s *strand) *timer {
	r.timerSeq++
	t := &r.first.timer
	if r.timerSeq > 1 {
		t = new(timer)
	}
	*t = timer{at: r.now.Add(d), seq: r.timerSeq, task: task, strand: s}
	if r.turns != nil {
		t.ticket = r.turns.ticket()
	}
	heap.Push(&r.timers, t)
	return t
}

// cancel takes a timer back; nil and fired timers are fine.
func (r *Run) cancel(t *timer) {
	if t != nil && t.index >= 0 && t.index < len(r.timers) && r.timers[t.index] == t {
		heap.Remove(&r.timers, t.index)
	}
}
