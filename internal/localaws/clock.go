package localaws

import (
	"context"
	"sync"
	"time"
)

// fastClock runs like any clock while something is in progress, and jumps to the next time that somebody waits for when nothing is.
type fastClock struct {
	mu      sync.Mutex
	ahead   time.Duration // of the machine's own time
	held    int
	waiting map[*sleeper]bool
}

type sleeper struct {
	at    time.Time
	fired chan struct{}
}

func newFastClock() *fastClock { return &fastClock{waiting: map[*sleeper]bool{}} }

// Now implements machine.Clock.
func (c *fastClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *fastClock) now() time.Time { return time.Now().Add(c.ahead) }

// Hold implements machine.Clock.
func (c *fastClock) Hold(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += n
	c.jump()
}

// Wait implements machine.Clock.
func (c *fastClock) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) bool {
	s := &sleeper{at: at, fired: make(chan struct{}, 1)}
	c.mu.Lock()
	c.held--
	c.waiting[s] = true
	c.jump()
	left := at.Sub(c.now())
	c.mu.Unlock()
	var due <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(left)
		defer timer.Stop()
		due = timer.C
	}
	fired := false
	select {
	case <-s.fired:
		return true // counted again by jump
	case <-due:
		fired = true
	case <-wake:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.waiting[s] { // jumped to at the same moment
		return true
	}
	delete(c.waiting, s)
	c.held++
	return fired
}

// jump moves the time to the next sleeper and wakes it, if nothing is in progress.
func (c *fastClock) jump() {
	if c.held > 0 {
		return
	}
	var next *sleeper
	for s := range c.waiting {
		if !s.at.IsZero() && (next == nil || s.at.Before(next.at)) {
			next = s
		}
	}
	if next == nil {
		return
	}
	if d := next.at.Sub(c.now()); d > 0 {
		c.ahead += d
	}
	delete(c.waiting, next)
	c.held++
	next.fired <- struct{}{}
}
