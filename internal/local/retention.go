package local

import (
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/machine"
)

// What is kept of executions that are over. AWS keeps them for 90 days; here there is also a limit to how many, so that a server
// which runs for long stays of bounded size: an execution of five states takes some 2 KB and what its payloads take, once each.
// With a store the keeper does the same there.
const (
	keptFor     = 90 * 24 * time.Hour
	keptAtMost  = 1_000_000 // Options.Keep where it says nothing
	sweepAtOnce = 4         // how many a finishing execution may evict
)

// retained are the executions of a service that are over, the longest over first.
type retained struct {
	mu   sync.Mutex
	over []ended
	head int // of over: what is before it was evicted
}

type ended struct {
	e  *execution
	at time.Time // a redriven execution ends again, later
}

// retire notes that e is over, and evicts what has been over for too long or is too much.
func (s *Service) retire(e *execution) {
	e.mu.Lock()
	at := e.stopped
	e.mu.Unlock()
	r := &s.retained
	r.mu.Lock()
	r.over = append(r.over, ended{e, at})
	var out []ended
	for len(out) < sweepAtOnce && r.head < len(r.over) && (len(r.over)-r.head > s.cloud.Keep || at.Sub(r.over[r.head].at) > keptFor) {
		out = append(out, r.over[r.head])
		r.over[r.head] = ended{}
		r.head++
	}
	if r.head > len(r.over)/2+1024 {
		r.over, r.head = append([]ended(nil), r.over[r.head:]...), 0
	}
	r.mu.Unlock()
	for _, old := range out {
		s.evict(old)
	}
}

// evict forgets an execution, unless it was redriven since.
func (s *Service) evict(old ended) {
	old.e.mu.Lock()
	stale := old.e.status != machine.RunningStatus && old.e.stopped.Equal(old.at)
	old.e.evicted = old.e.evicted || stale
	old.e.mu.Unlock()
	if stale {
		s.executions.CompareAndDelete(old.e.run.ARN, old.e)
		for _, run := range old.e.mapRuns {
			s.mapRuns.CompareAndDelete(run.arn, run)
		}
		old.e.home.dropped(old.e)
	}
}
