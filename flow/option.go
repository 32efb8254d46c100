package flow

import (
	"time"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Option changes how one step runs: Retry, Timeout, Heartbeat, Name, MaxConcurrency and so on. A step refuses, when compiled, the
// options that its kind of state does not have.
type Option interface{ apply(*native.Settings) }

type option func(*native.Settings)

func (o option) apply(s *native.Settings) { o(s) }

// Retry runs a failed step again. Several Retry options are tried in their order; the first that matches the error decides.
// AWS: Retry, at most 99,999,999 attempts, whole seconds.
type Retry struct {
	// On are the errors that are retried: values of a handler's error types (payments.Busy{}), sentinel variables
	// (payments.ErrBusy) or names (flow.ErrTimeout). Empty: every error.
	On []error
	// MaxAttempts is how many times the step runs again; 0 means 3.
	MaxAttempts int
	// Interval is the wait before the first retry; 0 means one second.
	Interval time.Duration
	// Backoff multiplies the wait after each retry; 0 means 2. It is at least 1.
	Backoff float64
	// MaxDelay bounds the wait; 0 means that nothing does.
	MaxDelay time.Duration
	// FullJitter makes each wait a random time between nothing and the wait that the rule gives.
	FullJitter bool
}

func (r Retry) apply(s *native.Settings) {
	s.Retries = append(s.Retries, native.Retry{
		On: r.On, MaxAttempts: or(r.MaxAttempts, 3), Interval: or(r.Interval, time.Second), Backoff: or(r.Backoff, 2),
		MaxDelay: r.MaxDelay, FullJitter: r.FullJitter,
	})
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// NoRetry turns off the retries that Call and Await have by default: Lambda's transient errors, with full jitter.
func NoRetry() Option { return option(func(s *native.Settings) { s.NoRetry = true }) }

// Timeout fails the step with ErrTimeout when one attempt takes longer than d, in whole seconds. AWS: TimeoutSeconds.
func Timeout(d time.Duration) Option {
	return option(func(s *native.Settings) { s.Timeout = d })
}

// Heartbeat fails a step that waits for a token or an activity with ErrHeartbeatTimeout when no heartbeat came for d, in whole
// seconds. AWS: HeartbeatSeconds.
func Heartbeat(d time.Duration) Option {
	return option(func(s *native.Settings) { s.Heartbeat = d })
}

// Name is the name of the step's state, where the handler's name is not the best one. AWS: at most 80 characters, one of its kind
// in the machine; a name that is taken gets a number.
func Name(name string) Option { return option(func(s *native.Settings) { s.Name = name }) }

// TolerateFailures lets a Distributed map go on while at most n of its iterations have failed. AWS: ToleratedFailureCount.
func TolerateFailures(n int) Option {
	return option(func(s *native.Settings) { s.Tolerates, s.ToleratedCount = true, n })
}

// TolerateShare lets a Distributed map go on while at most percent of its items have failed. Where TolerateFailures is given too,
// the first of the two that is passed ends the map. AWS: ToleratedFailurePercentage.
func TolerateShare(percent float64) Option {
	return option(func(s *native.Settings) { s.ToleratesShare, s.ToleratedPercentage = true, percent })
}

// MaxConcurrency bounds how many iterations of a Map run at once; 0 means as many as AWS allows (40 inline).
func MaxConcurrency(n int) Option { return option(func(s *native.Settings) { s.MaxConcurrency = n }) }

// MaxItems bounds how many items MapS3 and MapToS3 read; 0 means all. AWS: ReaderConfig, MaxItems.
func MaxItems(n int) Option { return option(func(s *native.Settings) { s.MaxItems = n }) }

// ExpressChildren runs the iterations of a Distributed map as Express executions: cheaper, at most five minutes each.
// AWS: ProcessorConfig, ExecutionType.
func ExpressChildren() Option { return option(func(*native.Settings) {}) }
