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

// timers is a heap, the earliest first.
type timers []*timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return cmp.Or(t[i].at.Compare(t[j].at), cmp.Compare(t[i].seq, t[j].seq)) < 0
}
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}
func (t *timers) Push(x any) {
	x.(*timer).index = len(*t)
	*t = append(*t, x.(*timer))
}
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	(*t)[len(*t)-1] = nil
	*t = (*t)[:len(*t)-1]
	last.index = -1
	return last
}

// take removes the timer with the number, which is the first unless a journal is replayed; nil where it is gone.
func (t *timers) take(seq int64) *timer {
	i := slices.IndexFunc(*t, func(x *timer) bool { return x.seq == seq })
	if i < 0 {
		return nil
	}
	return heap.Remove(t, i).(*timer)
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
