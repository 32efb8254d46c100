package native

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// execution is a set of routines of which one runs at a time, and a clock.
type execution struct {
	halt    error // why it must end at once; nil: it goes on
	world   World
	now     time.Time
	ready   []*routine
	replies []*routine // of tasks that answered at once: they go on when nobody is ready, before the clock moves or a timer fires
	timers  timers
	seq     int
	current *routine
	yield   chan struct{} // the running routine gives the turn back
	live    []*routine
	crash   *crash
}

// routine is the goroutine of an execution, a branch or an iteration.
type routine struct {
	parent  *routine
	wake    chan struct{}
	done    bool
	aborted bool
}

type crash struct {
	value any
	stack []byte
}

type timer struct {
	at   time.Time
	seq  int
	fire func()
}

type timers []timer

func (t timers) Len() int      { return len(t) }
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t timers) Less(i, j int) bool {
	if t[i].at.Equal(t[j].at) {
		return t[i].seq < t[j].seq
	}
	return t[i].at.Before(t[j].at)
}
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// after runs fire when d has passed.
func (e *execution) after(d time.Duration, fire func()) {
	e.seq++
	heap.Push(&e.timers, timer{e.now.Add(d), e.seq, fire})
}

// spawn makes a routine that runs body when its turn comes.
func (e *execution) spawn(parent *routine, body func()) *routine {
	r := &routine{parent: parent, wake: make(chan struct{})}
	go func() {
		<-r.wake
		defer func() {
			if v := recover(); v != nil {
				e.crash = &crash{v, debug.Stack()}
			}
			r.done = true
			e.yield <- struct{}{}
		}()
		if !r.dead() {
			body()
		}
	}()
	e.live = append(e.live, r)
	e.ready = append(e.ready, r)
	return r
}

// park gives the turn back until the routine is ready again. A routine whose parent gave it up ends here.
func (e *execution) park() {
	me := e.current
	if !me.dead() { // a deferred function of a routine that ends must not wait again
		e.yield <- struct{}{}
		<-me.wake
	}
	if me.dead() {
		runtime.Goexit()
	}
}

// bury ends the routines that nobody waits for any more.
func (e *execution) bury() {
	kept := e.live[:0]
	for _, r := range e.live {
		if !r.done && r.dead() {
			e.resume(r)
		}
		if !r.done {
			kept = append(kept, r)
		}
	}
	e.live = kept
}

func (r *routine) dead() bool {
	for ; r != nil; r = r.parent {
		if r.aborted {
			return true
		}
	}
	return false
}

// loop gives turns until root is done.
func (e *execution) loop(ctx context.Context, root *routine) error {
	defer e.bury()
	for !root.done {
		if err := ctx.Err(); err != nil {
			root.aborted = true
			return err
		}
		switch {
		case e.halt != nil:
			root.aborted = true
			return e.halt
		case len(e.ready) > 0:
			next := e.ready[0]
			e.ready = e.ready[1:]
			e.resume(next)
		case len(e.replies) > 0:
			e.ready, e.replies = append(e.ready, e.replies[0]), e.replies[1:]
		case e.over():
			root.aborted = true
			return ErrStopped
		case len(e.timers) > 0:
			t := heap.Pop(&e.timers).(timer)
			e.now = t.at
			t.fire()
		default:
			root.aborted = true
			return errors.New("the execution waits for an answer that nobody gives, and has no timeout")
		}
	}
	return nil
}

// over says whether nothing more happens up to World.Until.
func (e *execution) over() bool {
	until := e.world.Until
	return !until.IsZero() && (len(e.timers) == 0 || e.timers[0].at.After(until))
}

func (e *execution) resume(r *routine) {
	if r.done {
		return
	}
	e.current = r
	r.wake <- struct{}{}
	<-e.yield
	if c := e.crash; c != nil {
		e.crash = nil
		r.done = true
		panic(fmt.Sprintf("%v\n\n%s", c.value, c.stack))
	}
}
