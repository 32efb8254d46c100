package machine

import (
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
	waiting map[*sleeper]bool
	last    int // number of the newest sleeper
}

type sleeper struct {
	at     time.Time
	number int // of two that wake at the same time, the first to sleep wakes first
	fired  chan struct{}
	do     func() // of AfterFunc, instead of fired
	ctx    context.Context
}

// NewVirtualClock is a virtual clock that shows start.
func NewVirtualClock(start time.Time) *VirtualClock {
	return &VirtualClock{now: start, waiting: map[*sleeper]bool{}}
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
	s := &sleeper{at: at, fired: make(chan struct{}, 1), ctx: ctx}
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
	if !c.waiting[s] { // fired at the same moment, and counted again already
		return true
	}
	delete(c.waiting, s)
	c.held++
	return false
}

// AfterFunc calls do, on a goroutine of its own, when the clock reaches at, unless ctx ends before. What is to be done at the same
// time is done in the order of the calls of AfterFunc, one after the other. It is called while something is in progress.
func (c *VirtualClock) AfterFunc(ctx context.Context, at time.Time, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(&sleeper{at: at, do: do, ctx: ctx})
}

func (c *VirtualClock) add(s *sleeper) {
	c.last++
	s.number = c.last
	c.waiting[s] = true
}

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
	delete(c.waiting, next)
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

// next is the sleeper that wakes first.
func (c *VirtualClock) next() *sleeper {
	var next *sleeper
	for s := range c.waiting {
		switch {
		case s.do != nil && s.ctx.Err() != nil:
			delete(c.waiting, s)
		case s.at.IsZero():
		case next == nil || s.at.Before(next.at) || s.at.Equal(next.at) && s.number < next.number:
			next = s
		}
	}
	return next
}
