package task

import (
	"context"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// StatusEvents sends the status changes of executions to EventBridge, in their order, where an endpoint answers for it. Without
// one nobody listens, and nothing is kept.
type StatusEvents struct {
	caller *Caller

	mu      sync.Mutex
	queue   []statusEvent
	sending bool
}

type statusEvent struct {
	account, region, executionARN string
	detail                        value.Value
}

// NewStatusEvents sends through a Caller.
func NewStatusEvents(c *Caller) *StatusEvents { return &StatusEvents{caller: c} }

// mostQueued bounds what waits for a slow EventBridge; what is more is dropped, as nobody waits for it either.
const mostQueued = 100_000

// Changed queues an event: what local.Options.StatusChanged wants.
func (s *StatusEvents) Changed(account, region, executionARN string, detail value.Value) {
	if endpointOf("EventBridge") == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) < mostQueued {
		s.queue = append(s.queue, statusEvent{account, region, executionARN, detail})
	}
	if !s.sending {
		s.sending = true
		go s.send()
	}
}

// send sends what is queued, one event a call, and ends when there is nothing more.
func (s *StatusEvents) send() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.sending = false
			s.mu.Unlock()
			return
		}
		e := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		s.put(e)
	}
}

// eventWait is how long an EventBridge may take for one event.
const eventWait = 5 * time.Second

// put sends one event. What EventBridge says is of no consequence for the execution, as on AWS.
func (s *StatusEvents) put(e statusEvent) {
	ctx, cancel := context.WithTimeout(context.Background(), eventWait)
	defer cancel()
	entry := object("Source", value.OfString("aws.states"), "DetailType", value.OfString("Step Functions Execution Status Change"),
		"Resources", one(value.OfString(e.executionARN)), "Detail", value.OfString(e.detail.String()))
	s.caller.Call(ctx, e.account, e.region, "eventbridge", "putEvents", object("Entries", one(entry)))
}
