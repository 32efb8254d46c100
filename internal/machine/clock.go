package machine

import (
	"cmp"
	"container/heap"
	"context"
	"sync"
	"time"
)

// A Clock tells the time and waits for it. Executions that share a virtual clock share its jumps.
type Clock interface {
	Now() time.Time
	// Wait returns true when the clock reaches at, false when wake has a token or ctx ends before. A zero at never comes.
	// Whoever calls Wait was counted by Hold before, and is again when it returns; in between it is not.
	Wait(ctx context.Context, at time.Time, wake <-chan struct{}) bool
	// Hold adds n to what is in progress. A virtual clock moves only when nothing is.
	Hold(n int)
}

// RealClock is the machine's own time.
func RealClock() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }
func (realClock) Hold(int)       {}

func (realClock) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) bool {
	var fired <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		fired = timer.C
	}
	select {
	case <-fired:
		return true
	case <-wake:
	case <-ctx.Done():
	}
	return false
}

// VirtualClock is a clock that stands still while anything is in progress and then jumps to the next time that somebody
// waits for. It is safe for use by many executions at once.
type VirtualClock struct {
	mu      sync.Mutex
	now     time.Time
	held    int
	waiting schedule[*sleeper]
	last    int // number of the newest sleeper
}

type sleeper struct {
	at     time.Time // zero: never
	rank   rank
	number int // of two that wake at the same time, the first to sleep wakes first
	index  int // in the heap; -1: no longer in it
	fired  chan struct{}
	do     func() // of AfterFunc, instead of fired
	ctx    context.Context
}

// A rank is what comes first of all that happens at one moment.
type rank uint8

const (
	starts  rank = iota // of executions
	answers             // to tasks
	times               // that somebody waits for
)

func (s *sleeper) before(o *sleeper) bool {
	return cmp.Or(cmp.Compare(s.rank, o.rank), s.at.Compare(o.at), cmp.Compare(s.number, o.number)) < 0
}
func (s *sleeper) moved(to int) { s.index = to }

// NewVirtualClock is a virtual clock that shows start.
func NewVirtualClock(start time.Time) *VirtualClock {
	return &VirtualClock{now: start}
}

// Now is the time that the clock shows.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Hold adds n to what is in progress.
func (c *VirtualClock) Hold(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += n
	c.jump()
}

// Wait waits as Clock says.
func (c *VirtualClock) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) bool {
	return c.waitAs(ctx, 0, at, wake)
}

// ticket is the number of one who is going to wait.
func (c *VirtualClock) ticket() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.last
}

// waitAs is Wait with a ticket; 0 is to take a new one.
func (c *VirtualClock) waitAs(ctx context.Context, ticket int, at time.Time, wake <-chan struct{}) bool {
	s := &sleeper{at: at, rank: times, number: ticket, fired: make(chan struct{}, 1), ctx: ctx}
	c.mu.Lock()
	c.held--
	c.add(s)
	c.jump()
	c.mu.Unlock()
	select {
	case <-s.fired:
		return true
	case <-wake:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.fires() { // at the same moment, and counted again already
		return true
	}
	if s.index >= 0 {
		heap.Remove(&c.waiting, s.index)
	}
	c.held++
	return false
}

// AfterFunc calls do, on a goroutine of its own, when the clock reaches at, unless ctx ends before. What is to be done at the same
// time is done in the order of the calls of AfterFunc, one after the other. It is called while something is in progress.
func (c *VirtualClock) AfterFunc(ctx context.Context, at time.Time, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(&sleeper{at: at, rank: times, do: do, ctx: ctx})
}

// inTurn calls do before the clock moves, as AfterFunc does.
func (c *VirtualClock) inTurn(ctx context.Context, r rank, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(&sleeper{at: c.now, rank: r, do: do, ctx: ctx})
}

// add numbers a sleeper. One that never wakes by itself is not kept.
func (c *VirtualClock) add(s *sleeper) {
	if s.number == 0 {
		c.last++
		s.number = c.last
	}
	s.index = -1
	if !s.at.IsZero() {
		heap.Push(&c.waiting, s)
	}
}

// fires says whether a sleeper was woken, or is about to be.
func (s *sleeper) fires() bool { return !s.at.IsZero() && s.index < 0 }

// jump moves the time to the next sleeper and wakes it, if nothing is in progress. The sleeper is in progress from here on.
func (c *VirtualClock) jump() {
	if c.held > 0 {
		return
	}
	next := c.next()
	if next == nil {
		return
	}
	if next.at.After(c.now) {
		c.now = next.at
	}
	c.held++
	if next.do == nil {
		next.fired <- struct{}{}
		return
	}
	go func() {
		defer c.Hold(-1)
		next.do()
	}()
}

// next takes the sleeper that wakes first.
func (c *VirtualClock) next() *sleeper {
	for len(c.waiting) > 0 {
		s := heap.Pop(&c.waiting).(*sleeper)
		if s.do == nil || s.ctx.Err() == nil {
			return s
		}
	}
	return nil
}
