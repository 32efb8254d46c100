package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
)

// ErrorName is an error by its name in Step Functions.
type ErrorName string

// Errors that the runtime itself reports.
const (
	ErrAll        ErrorName = "States.ALL"
	ErrTimeout    ErrorName = "States.Timeout"
	ErrHeartbeat  ErrorName = "States.HeartbeatTimeout"
	ErrTaskFailed ErrorName = "States.TaskFailed"
	ErrTolerance  ErrorName = "States.ExceedToleratedFailureThreshold"
)

func (n ErrorName) Error() string { return string(n) }

// Failure is an error as Step Functions has it. Err is the handler's own error, where there is one.
type Failure struct {
	Name, Cause string
	Err         error
	ofLambda    bool // Lambda reports a handler's error as JSON
	heartbeat   bool // a missing heartbeat: AWS reports States.Timeout, which States.HeartbeatTimeout then matches too
}

func (f *Failure) Error() string {
	if f.Cause == "" {
		return f.Name
	}
	return f.Cause
}

func (f *Failure) Unwrap() error { return f.Err }

// Is says whether target names f, by Step Functions' rules: States.ALL is every error, States.TaskFailed every one but timeouts.
// A Failure without a Go error behind it names those of its own name.
func (f *Failure) Is(target error) bool {
	if other, ok := target.(*Failure); ok {
		return other.Name == f.Name && other.Err == nil
	}
	name, ok := target.(ErrorName)
	return ok && (matchesName(f.Name, name) || f.heartbeat && name == ErrHeartbeat)
}

func matchesName(have string, want ErrorName) bool {
	timeout := have == string(ErrTimeout) || have == string(ErrHeartbeat)
	switch want {
	case ErrorName(have), ErrAll:
		return true
	case ErrTimeout:
		return timeout
	case ErrTaskFailed:
		return !timeout
	}
	return false
}

// NameOf is the name that Lambda reports for a handler's error: that of its type, less its package.
func NameOf(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return f.Name
	}
	if n, ok := err.(ErrorName); ok {
		return string(n)
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// EndName is the name of the error that a workflow ends with: fmt.Errorf around another error leaves it its name, and errors.Join
// the first one's.
func EndName(err error) string { return NameOf(Named(err)) }

// Named is the error in err that err has its name from.
func Named(err error) error {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			if fmt.Sprintf("%T", err) != "*errors.joinError" {
				return err
			}
			err = e.Unwrap()[0]
		case interface{ Unwrap() error }:
			if fmt.Sprintf("%T", err) != "*fmt.wrapError" || e.Unwrap() == nil {
				return err
			}
			err = e.Unwrap()
		default:
			return err
		}
	}
}

// single is a branch's error as those outside know it: a failure and, where it is several, one with the name of the first.
func single(err error) error {
	if err == nil {
		return nil
	}
	named := Named(err)
	f, ok := named.(*Failure)
	if !ok {
		return &Failure{Name: NameOf(named), Cause: err.Error(), Err: named}
	}
	for e := err; e != nil && e != named; e = errors.Unwrap(e) {
		if _, several := e.(interface{ Unwrap() []error }); several {
			return &Failure{Name: f.Name, Cause: err.Error(), Err: f.Err}
		}
	}
	return err
}

// Retry is one rule of a step's Retry, its defaults filled in.
type Retry struct {
	On          []error
	MaxAttempts int
	Interval    time.Duration
	Backoff     float64
	MaxDelay    time.Duration
	FullJitter  bool
}

func (r Retry) matches(err error) bool {
	if len(r.On) == 0 {
		return true
	}
	for _, want := range r.On {
		if errors.Is(err, want) || hasType(err, reflect.TypeOf(want)) {
			return true
		}
	}
	return false
}

// hasType says whether an error in err's chain has the type t. Errors without a type of their own (errors.New) are compared by
// value, which matches has done.
func hasType(err error, t reflect.Type) bool {
	if t == reflect.TypeOf(errors.New("")) || t == reflect.TypeOf(ErrTimeout) {
		return false
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if reflect.TypeOf(err) == t {
			return true
		}
	}
	return false
}

// delay is the wait before retry number n, from 0.
func (r Retry) delay(n int, random func() float64) time.Duration {
	d := time.Duration(float64(r.Interval) * math.Pow(r.Backoff, float64(n)))
	if r.MaxDelay > 0 {
		d = min(d, r.MaxDelay)
	}
	if r.FullJitter {
		d = time.Duration(float64(d) * random())
	}
	return d
}

// transient is what Lambda reports when it, and not the function, could not do its work. The compiler retries it by the same rule.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
var transient = Retry{
	On: []error{
		ErrorName("Lambda.ServiceException"), ErrorName("Lambda.AWSLambdaException"), ErrorName("Lambda.SdkClientException"),
		ErrorName("Lambda.TooManyRequestsException"), ErrorName("Lambda.ClientExecutionTimeoutException"),
	},
	MaxAttempts: 3, Interval: time.Second, Backoff: 2, FullJitter: true,
}

// rules are the step's rules in the order of the compiled form: those that name errors, the default of Lambda tasks, those for
// every error.
func (s Settings) rules(k Kind) []Retry {
	var named, all []Retry
	for _, r := range s.Retries {
		if len(r.On) == 0 {
			all = append(all, r)
		} else {
			named = append(named, r)
		}
	}
	if k == Lambda && !s.NoRetry {
		named = append(named, transient)
	}
	return append(named, all...)
}

// Do performs a task with the step's retries and timeouts.
func (r *Run) Do(t Task, s Settings) ([]byte, error) {
	s.Retries = s.rules(t.Kind)
	var out []byte
	err := r.retry(s, func(attempt int) error {
		a := t
		a.Attempt, a.State = attempt, s.Name
		var err error
		out, err = r.attempt(&a, s)
		return err
	})
	return out, err
}

func (r *Run) retry(s Settings, once func(attempt int) error) error {
	used := make([]int, len(s.Retries))
	for attempt := 0; ; attempt++ {
		err := once(attempt)
		if err == nil {
			return nil
		}
		i := s.retrier(err)
		if i < 0 || used[i] >= s.Retries[i].MaxAttempts {
			return err
		}
		r.Sleep(s.Retries[i].delay(used[i], r.exec.world.Random))
		used[i]++
	}
}

func (s Settings) retrier(err error) int {
	for i := range s.Retries {
		if s.Retries[i].matches(err) {
			return i
		}
	}
	return -1
}

func (r *Run) attempt(t *Task, s Settings) ([]byte, error) {
	reply := r.exec.world.Perform(r.ctx, t)
	limit, heartbeat := r.limit(t, s)
	if limit > 0 && (reply.Never || reply.After > limit) {
		reply = Reply{After: limit, Err: &Failure{Name: string(ErrTimeout), heartbeat: heartbeat}}
	}
	if halt := (*Halt)(nil); errors.As(reply.Err, &halt) {
		r.exec.halt = halt
		r.exec.park()
	}
	if reply.Never {
		r.exec.park() // for ever: the loop ends the execution
	}
	r.wait(reply.After)
	if reply.Err != nil {
		return nil, t.Failure(reply.Err)
	}
	return reply.Output, nil
}

// wait lets a task's time pass.
func (r *Run) wait(d time.Duration) {
	if d > 0 {
		r.Sleep(d)
		return
	}
	r.exec.replies = append(r.exec.replies, r.exec.current)
	r.exec.park()
}

// limit is when an attempt is given up, and whether for want of a heartbeat.
func (r *Run) limit(t *Task, s Settings) (d time.Duration, heartbeat bool) {
	timeout := s.Timeout
	if timeout == 0 && r.exec.world.Limit != nil {
		timeout = r.exec.world.Limit(t)
	}
	if (t.Token != "" || t.Kind == Activity || t.Kind == Resource) && s.Heartbeat > 0 && (timeout == 0 || s.Heartbeat < timeout) {
		return s.Heartbeat, true
	}
	return timeout, false
}

// Failure is the error of a task as the workflow sees it.
func (t *Task) Failure(err error) *Failure {
	if f, ok := err.(*Failure); ok {
		return f
	}
	if halt := (*Halt)(nil); errors.As(err, &halt) {
		return &Failure{Name: "States.Runtime", Cause: halt.Error()}
	}
	if t.Kind == SDK && ofService(err) {
		return t.serviceFailure(err)
	}
	return &Failure{Name: NameOf(err), Cause: err.Error(), Err: err, ofLambda: t.Kind == Lambda}
}

// Output is an error as a Catch gets it.
func Output(err error) (name, cause string) {
	if f, ok := Named(err).(*Failure); ok && f.ofLambda {
		text, _ := json.Marshal(map[string]string{"errorMessage": f.Cause, "errorType": f.Name}) // texts always marshal
		return f.Name, string(text)
	}
	return EndName(err), CauseOf(err)
}

// Each runs n branches or iterations, at most s.MaxConcurrency at a time, and returns the error of the first that fails; the
// others end where they are.
func (r *Run) Each(n int, s Settings, body func(branch *Run, i int) error) error {
	return r.retry(s, func(int) error { return r.eachOnce(n, s.MaxConcurrency, body) })
}

// EachTolerant is Each for a distributed map: iterations may fail, up to what s tolerates, and ok says which did not.
func (r *Run) EachTolerant(n int, s Settings, body func(child *Run, i int) error) (ok []bool, err error) {
	err = r.retry(s, func(int) error {
		failures := 0
		ok = make([]bool, n)
		return r.eachOnce(n, s.MaxConcurrency, func(child *Run, i int) error {
			if err := child.Finish(body(child, i)); err == nil {
				ok[i] = true
				return nil
			}
			if failures++; !s.tolerates(failures, n) {
				return &Failure{Name: string(ErrTolerance), Cause: "The specified tolerated failure threshold was exceeded"}
			}
			return nil
		})
	})
	return ok, err
}

func (s Settings) tolerates(failures, of int) bool {
	if !s.Tolerates && !s.ToleratesShare {
		return false
	}
	share := float64(failures) / float64(of) * 100
	return !(s.Tolerates && failures > s.ToleratedCount || s.ToleratesShare && share > s.ToleratedPercentage)
}

func (r *Run) eachOnce(n, limit int, body func(*Run, int) error) error {
	if n == 0 {
		return nil
	}
	e, me := r.exec, r.exec.current
	g := &group{}
	if limit <= 0 || limit > n {
		limit = n
	}
	started, ended := 0, 0
	var start func()
	start = func() {
		i := started
		started++
		g.members = append(g.members, e.spawn(me, func() {
			branch := &Run{ctx: r.ctx, exec: e}
			err := single(branch.Finish(body(branch, i)))
			ended++
			switch {
			case err != nil && !g.failed:
				g.failed, g.err = true, err
				g.abort()
				e.ready = append(e.ready, me)
			case g.failed:
			case ended == n:
				e.ready = append(e.ready, me)
			case started < n:
				start()
			}
		}))
	}
	for range limit {
		start()
	}
	e.park()
	return g.err
}

type group struct {
	members []*routine
	failed  bool
	err     error
}

// abort ends the members that still run, at once: what has not started yet never does.
func (g *group) abort() {
	for _, m := range g.members {
		m.aborted = !m.done
	}
}
