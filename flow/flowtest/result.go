package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/cost"
	"github.com/stride-aws/stride/internal/history"
)

// Result is what a run gave: of the native run and the compiled one the same, or the test has failed.
type Result[O any] struct {
	Output      O
	Err         error         // of the native run; errors.As and errors.Is work on it
	ErrorName   string        // as Step Functions names it; "" of a run that succeeded
	Calls       []Call        // in order
	Path        []string      // the states that were entered, in order
	Elapsed     time.Duration // by the execution's clock
	Transitions int           // that Standard bills: states entered, and retries
	Running     bool          // it had not ended when RunFor's time was over
	Waiting     []string      // the states that it was in then

	t        testing.TB
	test     *Test
	compiled *outcome
}

func (r *Result[O]) fill(a, b *outcome) {
	r.t.Helper()
	from := b
	if a != nil {
		from = a
	}
	r.Err, r.ErrorName, r.Calls, r.Running, r.Elapsed = from.err, from.errorName, from.calls, from.running, b.elapsed
	usage := cost.Of(b.events, nil)
	r.Transitions = usage.Transitions
	r.walk(b.events)
	if r.ErrorName != "" || r.Running {
		return
	}
	if err := json.Unmarshal(from.output, &r.Output); err != nil {
		r.t.Fatalf("flowtest: the output %s is not a %T: %v", from.output, r.Output, err)
	}
}

// walk reads the path, and of an execution that runs the states that it is in: those that were entered and that nothing follows.
func (r *Result[O]) walk(events []*history.Event) {
	var open map[int64]string // the last event of what happens in a state -> the state
	if r.Running {
		open = map[int64]string{}
	}
	for _, e := range events {
		kind := string(e.Type)
		entered, exited := strings.HasSuffix(kind, "StateEntered"), strings.HasSuffix(kind, "StateExited")
		if entered {
			r.Path = append(r.Path, e.Details.Name)
		}
		if !r.Running {
			continue
		}
		name := open[e.PreviousID]
		if e.Type != history.MapIterationStarted { // iterations follow one event, all of them
			delete(open, e.PreviousID)
		}
		switch {
		case entered:
			open[e.ID] = e.Details.Name
		case !exited && name != "":
			open[e.ID] = name
		}
	}
	if !r.Running {
		return
	}
	for _, e := range events { // in the order of the last events
		if name := open[e.ID]; name != "" && e.Type != history.MapStateStarted && e.Type != history.ParallelStateStarted {
			r.Waiting = append(r.Waiting, name)
		}
	}
}

// said is how messages name the run.
func (r *Result[O]) said() string { return r.test.faults.said() }

// WantOutput fails the test unless the run succeeded with want.
func (r *Result[O]) WantOutput(want O) *Result[O] {
	r.t.Helper()
	switch {
	case r.Running:
		r.t.Errorf("the execution still runs%s, in %s", r.said(), strings.Join(r.Waiting, ", "))
	case r.ErrorName != "":
		r.t.Errorf("the execution failed%s: %s: %v", r.said(), r.ErrorName, r.Err)
	default:
		if diff := cmp.Diff(want, r.Output); diff != "" {
			r.t.Errorf("output%s (-want +got):\n%s", r.said(), diff)
		}
	}
	return r
}

// WantError fails the test unless the run failed with the error name; with "", unless it succeeded.
func (r *Result[O]) WantError(name string) *Result[O] {
	r.t.Helper()
	want := "error " + name
	if name == "" {
		want = "success"
	}
	switch {
	case r.Running:
		r.t.Errorf("the execution still runs%s, in %s; want %s", r.said(), strings.Join(r.Waiting, ", "), want)
	case r.ErrorName == name:
	case r.ErrorName == "":
		r.t.Errorf("the execution succeeded%s; want %s", r.said(), want)
	default:
		r.t.Errorf("the execution failed%s: %s: %v; want %s", r.said(), r.ErrorName, r.Err, want)
	}
	return r
}

// WantWaiting fails the test unless the run stands in exactly these states.
func (r *Result[O]) WantWaiting(states ...string) *Result[O] {
	r.t.Helper()
	if !r.Running && len(states) > 0 {
		r.t.Errorf("the execution has ended%s, want it waiting in %s", r.said(), strings.Join(states, ", "))
		return r
	}
	if diff := cmp.Diff(states, r.Waiting); diff != "" {
		r.t.Errorf("waiting in%s (-want +got):\n%s", r.said(), diff)
	}
	return r
}

// WantPath fails the test unless the run entered exactly these states, in order.
func (r *Result[O]) WantPath(states ...string) *Result[O] {
	r.t.Helper()
	if diff := cmp.Diff(states, r.Path); diff != "" {
		r.t.Errorf("path%s (-want +got):\n%s", r.said(), diff)
	}
	return r
}

// WantCalls fails the test unless the run called what n times. what is anything that Fail takes.
func (r *Result[O]) WantCalls(what any, n int) *Result[O] {
	r.t.Helper()
	if got := len(r.CallsOf(what)); got != n {
		r.t.Errorf("%s was called %d times%s, want %d", path.Base(r.test.nameOf(what)), got, r.said(), n)
	}
	return r
}

// WantElapsed fails the test unless the execution took d by its own clock.
func (r *Result[O]) WantElapsed(d time.Duration) *Result[O] {
	r.t.Helper()
	if r.Elapsed != d {
		r.t.Errorf("the execution took %s%s, want %s", r.Elapsed, r.said(), d)
	}
	return r
}

// WantTransitions fails the test unless the execution made n transitions.
func (r *Result[O]) WantTransitions(n int) *Result[O] {
	r.t.Helper()
	if r.Transitions != n {
		r.t.Errorf("the execution made %d transitions%s, want %d", r.Transitions, r.said(), n)
	}
	return r
}

// CallsOf are the run's calls of what.
func (r *Result[O]) CallsOf(what any) []Call {
	r.t.Helper()
	name := r.test.nameOf(what)
	r.test.known(r.test.compiledOnce(), name)
	var list []Call
	for _, c := range r.Calls {
		if c.Handler == name {
			list = append(list, c)
		}
	}
	return list
}

// Inputs are the inputs of a run's calls of handler, in order.
func Inputs[I, O, R any](r *Result[R], handler func(context.Context, I) (O, error)) []I {
	r.t.Helper()
	return inputs[I](r, handler)
}

// ExecInputs is Inputs of a handler that gives nothing back but an error.
func ExecInputs[I, R any](r *Result[R], handler func(context.Context, I) error) []I {
	r.t.Helper()
	return inputs[I](r, handler)
}

func inputs[I, R any](r *Result[R], handler any) []I {
	r.t.Helper()
	var list []I
	for _, c := range r.CallsOf(handler) {
		var in I
		if err := json.Unmarshal(c.Input, &in); err != nil {
			r.t.Fatalf("input of %s: %v", c.Handler, err)
		}
		list = append(list, in)
	}
	return list
}

// WantInputs fails the test unless the run called handler with exactly these inputs, in order.
func WantInputs[I, O, R any](r *Result[R], handler func(context.Context, I) (O, error), want ...I) {
	r.t.Helper()
	wantInputs(r, handler, want)
}

// WantExecInputs is WantInputs of a handler that gives nothing back but an error.
func WantExecInputs[I, R any](r *Result[R], handler func(context.Context, I) error, want ...I) {
	r.t.Helper()
	wantInputs(r, handler, want)
}

func wantInputs[I, R any](r *Result[R], handler any, want []I) {
	r.t.Helper()
	if diff := cmp.Diff(want, inputs[I](r, handler)); diff != "" {
		r.t.Errorf("inputs of %s%s (-want +got):\n%s", path.Base(funcName(handler)), r.said(), diff)
	}
}

// Cost is the price of one execution in US dollars, without free tiers: as Standard, as Express, and of its Lambda invocations,
// which take the time that Slow gives them.
type Cost struct{ Standard, Express, Lambda float64 }

// Cost is the price of the run.
func (r *Result[O]) Cost() Cost {
	memory := map[string]int{}
	for arn, handler := range r.test.compiledOnce().handlers {
		memory[strings.TrimPrefix(arn, functionARN)] = r.test.register().memory[handler]
	}
	u := cost.Of(r.compiled.events, func(function string) int { return memory[function] })
	return Cost{Standard: u.Standard(1), Express: u.Express(1), Lambda: u.Functions(1)}
}

// History is what the state machine did, an event a line, each with the time since the start.
func (r *Result[O]) History() string {
	var b strings.Builder
	for _, e := range r.compiled.events {
		fmt.Fprintf(&b, "%-10s %s\n", e.Time.Sub(r.test.start), e.Line())
	}
	return b.String()
}
