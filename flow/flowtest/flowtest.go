// Package flowtest tests workflows: each run executes the workflow's function natively and the state machine that it compiles to,
// on clocks that jump over every wait, and fails the test where the two differ in output, error or the calls they made. A
// workflow of three days takes a millisecond. No ports, no network; tests may run in parallel.
//
//	func TestRejected(t *testing.T) {
//		x := flowtest.New(t, workflows.Fulfilment)
//		flowtest.Answer(x, approvals.Ask, func(r approvals.Request) (approvals.Decision, error) {
//			return approvals.Decision{Approved: false, By: "ada"}, nil
//		})
//		r := flowtest.Run[workflows.Receipt](x, order)
//		r.WantError("Rejected")
//		r.WantCalls(inventory.Release, 1)
//	}
//
// Handlers that no mock stands for are called themselves.
package flowtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
	"github.com/stride-aws/stride/internal/value"
)

// Test is a workflow under test and what stands for the world around it. A Test may be run more than once; each run begins anew.
type Test struct {
	t        testing.TB
	workflow flow.Workflow
	nested   []flow.Workflow
	start    time.Time
	mocks    map[string]*mock
	objects  map[string]string // of S3, by bucket/key
	values   map[string]error  // error variables, by the names that the workflow matches them under
}

// mock stands for a handler.
type mock struct {
	call   func(context.Context, []byte) ([]byte, error) // nil: the handler itself
	answer func([]byte) ([]byte, error)                  // of a step that waits for a token; nil: the handler's result
	fail   []failing                                     // what the first calls fail with
	after  time.Duration
	never  bool
}

type failing struct {
	times int
	err   error
}

// New is a test of the workflow w. nested are workflows that it runs by flow.Run or flow.Start.
func New(t testing.TB, w flow.Workflow, nested ...flow.Workflow) *Test {
	return &Test{t: t, workflow: w, nested: nested, mocks: map[string]*mock{}, start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Start sets the time at which executions begin; 2026-01-02T03:04:05Z otherwise.
func (x *Test) Start(at time.Time) *Test {
	x.start = at
	return x
}

// ErrorVariable names an error variable that the workflow matches with errors.Is, as the state machine does: by the variable's own
// name. The Lambda functions that stride builds know these names; a test has to be told.
func (x *Test) ErrorVariable(name string, err error) *Test {
	if x.values == nil {
		x.values = map[string]error{}
	}
	x.values[name] = err
	return x
}

// of is the mock of a handler, which the workflow must have registered: a mock of anything else tests nothing.
func (x *Test) of(handler any) *mock {
	x.t.Helper()
	name := funcName(handler)
	known := false
	for _, w := range append([]flow.Workflow{x.workflow}, x.nested...) {
		for _, f := range w.Functions() {
			known = known || f.Func.Package+"."+f.Func.Name == name
		}
	}
	if !known {
		x.t.Fatalf("flowtest: workflow %s does not register %s", x.workflow.Name(), name)
	}
	return x.named(name)
}

func (x *Test) named(name string) *mock {
	if x.mocks[name] == nil {
		x.mocks[name] = &mock{}
	}
	return x.mocks[name]
}

func funcName(fn any) string {
	return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
}

// Mock makes fn stand for handler. It is called once in the native run and once in the compiled one for each call, so a fn that
// counts must not decide by its count; Fail is for that.
func Mock[I, O any](x *Test, handler func(context.Context, I) (O, error), fn func(I) (O, error)) {
	x.t.Helper()
	x.of(handler).call = func(_ context.Context, input []byte) ([]byte, error) { return typed(fn)(input) }
}

// Answer makes fn answer the task token that a step with handler waits for. The handler itself is called as well.
func Answer[I, O any](x *Test, handler func(context.Context, I) (O, error), fn func(I) (O, error)) {
	x.t.Helper()
	x.of(handler).answer = typed(fn)
}

// typed is fn on JSON.
func typed[I, O any](fn func(I) (O, error)) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		var in I
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, fmt.Errorf("the input is not a %T: %w", in, err)
		}
		out, err := fn(in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// Fail makes the first calls of handler, as many as times, fail with err; more Fails go on from there.
func (x *Test) Fail(handler any, times int, err error) *Test {
	x.t.Helper()
	m := x.of(handler)
	m.fail = append(m.fail, failing{times, err})
	return x
}

// Slow makes calls of handler, or answers to its token, take d.
func (x *Test) Slow(handler any, d time.Duration) *Test {
	x.t.Helper()
	x.of(handler).after = d
	return x
}

// LeaveOpen makes the calls of handler, or the answers to its token, never come: the step runs into its timeout.
func (x *Test) LeaveOpen(handler any) *Test {
	x.t.Helper()
	x.of(handler).never = true
	return x
}

// Call is one call that a run made.
type Call struct {
	Handler string // "example.com/shop/payments.Charge"
	Input   []byte // JSON
	Err     error
}

// script is the world of one run: it performs tasks as the mocks say and notes the calls.
type script struct {
	x       *Test
	mu      sync.Mutex
	counts  map[string]int
	calls   []Call
	actions map[string]func(context.Context, []byte) ([]byte, error) // the handlers, for the compiled run
	inputs  map[string]reflect.Type                                  // of the handlers
}

func (x *Test) script() *script {
	s := &script{x: x, counts: map[string]int{}, actions: map[string]func(context.Context, []byte) ([]byte, error){}, inputs: map[string]reflect.Type{}}
	for _, w := range append([]flow.Workflow{x.workflow}, x.nested...) {
		for _, f := range w.Functions() {
			name := f.Func.Package + "." + f.Func.Name
			s.actions[name] = jsonHandler(f.Handler)
			if t := reflect.TypeOf(f.Handler); t.Kind() == reflect.Func && t.NumIn() == 2 {
				s.inputs[name] = t.In(1)
			}
		}
	}
	for _, w := range x.nested {
		s.actions[w.Func().Package+"."+w.Func().Name] = s.nested(w)
	}
	return s
}

// nested runs a workflow that the tested one runs, as Go: a test of its own compares its two forms.
func (s *script) nested(w flow.Workflow) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, in []byte) ([]byte, error) {
		out, err := native.Execute(ctx, native.World{Start: s.x.start, Perform: s.perform, ExecutionID: s.x.executionARN()},
			func(run *native.Run) ([]byte, error) { return w.Native()(run, in) })
		return out, native.NestedFailure(err)
	}
}

// MockActivity lets fn stand for the workers of an activity.
func MockActivity[I, O any](x *Test, name string, fn func(I) (O, error)) {
	x.named(name).call = func(_ context.Context, in []byte) ([]byte, error) { return typed(fn)(in) }
}

// perform is native.World's Perform.
func (s *script) perform(ctx context.Context, t *native.Task) native.Reply {
	if t.Kind == native.Storage {
		return s.x.storage(t)
	}
	m := s.x.mockOf(t)
	s.mu.Lock()
	n := s.counts[t.Name]
	s.counts[t.Name]++
	s.mu.Unlock()
	reply := native.Reply{After: m.after, Never: m.never}
	reply.Output, reply.Err = s.outcome(ctx, m, t, n)
	s.mu.Lock()
	s.calls = append(s.calls, Call{Handler: t.Name, Input: s.decoded(t), Err: reply.Err})
	s.mu.Unlock()
	return reply
}

// tokenText stands for the task token in the inputs that are reported: the two runs have different ones.
const tokenText = "TOKEN"

// decoded is a task's input as its handler sees it: what the handler's type has no field for, and the difference between a field
// that is missing and one that is zero, do not count.
func (s *script) decoded(t *native.Task) []byte {
	out := t.Input
	if in, ok := s.inputs[t.Name]; ok {
		out = throughType(out, in)
	}
	if t.Token != "" {
		out = bytes.ReplaceAll(out, []byte(t.Token), []byte(tokenText))
	}
	return out
}

// throughType is JSON as t has it; text that is not a t stays.
func throughType(text []byte, t reflect.Type) []byte {
	v := reflect.New(t)
	if json.Unmarshal(text, v.Interface()) != nil {
		return text
	}
	out, err := json.Marshal(v.Interface())
	if err != nil {
		return text
	}
	return out
}

func (s *script) outcome(ctx context.Context, m *mock, t *native.Task, n int) ([]byte, error) {
	for _, f := range m.fail {
		if n < f.times {
			return nil, f.err
		}
		n -= f.times
	}
	call := m.call
	if call == nil {
		if call = s.actions[t.Name]; call == nil {
			call = t.Handle
		}
	}
	if call == nil {
		return nil, fmt.Errorf("flowtest: nothing stands for %s: a test needs a mock of it", t.Name)
	}
	out, err := call(ctx, t.Input)
	if err != nil || t.Token == "" || m.answer == nil {
		return out, err
	}
	return m.answer(t.Input)
}

// jsonHandler calls a handler of the form func(context.Context, In) (Out, error) with JSON.
func jsonHandler(handler any) func(context.Context, []byte) ([]byte, error) {
	fn := reflect.ValueOf(handler)
	if fn.Kind() != reflect.Func || fn.Type().NumIn() != 2 || fn.Type().NumOut() != 2 {
		return nil
	}
	return func(ctx context.Context, input []byte) ([]byte, error) {
		in := reflect.New(fn.Type().In(1))
		if err := json.Unmarshal(input, in.Interface()); err != nil {
			return nil, err
		}
		results := fn.Call([]reflect.Value{reflect.ValueOf(ctx), in.Elem()})
		if err, _ := results[1].Interface().(error); err != nil {
			return nil, err
		}
		return json.Marshal(results[0].Interface())
	}
}

// Result is what a run gave: of the native run and the compiled one the same, or the test has failed.
type Result[O any] struct {
	t           testing.TB
	Output      O
	Err         error         // of the native run; errors.As and errors.Is work on it
	ErrorName   string        // as Step Functions names it; "" of a run that succeeded
	Calls       []Call        // in order
	Path        []string      // the states that were entered, in order
	Elapsed     time.Duration // by the execution's clock
	Transitions int           // that Standard bills
	events      []string
}

// Run runs the workflow on in, natively and compiled.
func Run[O any](x *Test, in any) *Result[O] {
	x.t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		x.t.Fatalf("flowtest: input: %v", err)
	}
	r := &Result[O]{t: x.t}
	nativeRun := x.runNative(input)
	compiled := x.runCompiled(input)
	if nativeRun != nil {
		x.compare(nativeRun, compiled, reflect.TypeFor[O]())
	}
	r.fill(nativeRun, compiled)
	return r
}

// outcome is how one of the two runs went.
type outcome struct {
	output    []byte
	err       error
	errorName string
	cause     string
	calls     []Call
	path      []string
	elapsed   time.Duration
	moves     int
	events    []string
	entries   map[int64]bool // ids of the events that entered a state
}

func (x *Test) runNative(input []byte) *outcome {
	body := x.workflow.Native()
	if body == nil {
		return nil // a workflow from a file is only compiled
	}
	s := x.script()
	o := &outcome{}
	o.output, o.err = native.Execute(context.Background(), native.World{Start: x.start, Perform: s.perform, ExecutionID: x.executionARN()},
		func(run *native.Run) ([]byte, error) { return body(run, input) })
	o.calls = s.calls
	var f *native.Failure
	if errors.As(o.err, &f) {
		o.errorName, o.cause = f.Name, f.Cause
		if f.Err != nil {
			o.errorName = x.errorName(compileOnce(x.workflow, x.nested).names, f.Err)
		}
	} else if o.err != nil {
		o.errorName, o.cause = native.NameOf(o.err), o.err.Error()
	}
	return o
}

func (x *Test) executionARN() string {
	return "arn:aws:states:us-east-1:000000000000:execution:" + x.workflow.Name() + ":flowtest"
}

// compare fails the test where the runs differ. Outputs are compared as values of the type output.
func (x *Test) compare(a, b *outcome, output reflect.Type) {
	x.t.Helper()
	const differ = "flowtest: workflow %s behaves otherwise as Go than as a state machine: %s\n    as Go:            %s\n    as state machine: %s"
	if a.errorName != b.errorName {
		x.t.Fatalf(differ, x.workflow.Name(), "error", told(a), told(b))
	}
	if a.errorName != "" && a.cause != b.cause {
		x.t.Fatalf(differ, x.workflow.Name(), "cause", told(a), told(b))
	}
	if a.errorName == "" && !sameJSON(throughType(a.output, output), throughType(b.output, output)) {
		x.t.Fatalf(differ, x.workflow.Name(), "output", told(a), told(b))
	}
	unordered := compileOnce(x.workflow, x.nested).distributed
	if diff := cmp.Diff(inputs(a.calls, unordered), inputs(b.calls, unordered)); diff != "" {
		x.t.Fatalf("flowtest: workflow %s makes other calls as Go (-) than as a state machine (+):\n%s", x.workflow.Name(), diff)
	}
}

func told(o *outcome) string {
	if o.errorName != "" {
		return o.errorName + ": " + o.cause
	}
	return string(o.output)
}

func sameJSON(a, b []byte) bool {
	x, errX := value.Parse(string(a))
	y, errY := value.Parse(string(b))
	return errX == nil && errY == nil && value.Equal(x, y)
}

// inputs are the inputs of the calls by handler, each handler's in order: branches may interleave in more than one way. The
// executions of a distributed map have no order.
func inputs(calls []Call, unordered bool) map[string][]string {
	by := map[string][]string{}
	for _, c := range calls {
		text := string(c.Input)
		if v, err := value.Parse(text); err == nil {
			text = sorted(v).String()
		}
		by[c.Handler] = append(by[c.Handler], text)
		if unordered {
			slices.Sort(by[c.Handler])
		}
	}
	return by
}

func (r *Result[O]) fill(a, b *outcome) {
	r.t.Helper()
	from := b
	if a != nil {
		from = a
	}
	r.Err, r.ErrorName, r.Calls = from.err, from.errorName, from.calls
	r.Path, r.Elapsed, r.Transitions, r.events = b.path, b.elapsed, b.moves, b.events
	if r.ErrorName != "" {
		return
	}
	if err := json.Unmarshal(from.output, &r.Output); err != nil {
		r.t.Fatalf("flowtest: the output %s is not a %T: %v", from.output, r.Output, err)
	}
}

// WantOutput fails the test unless the run succeeded with want.
func (r *Result[O]) WantOutput(want O) *Result[O] {
	r.t.Helper()
	if r.ErrorName != "" {
		r.t.Errorf("the execution failed: %s: %v", r.ErrorName, r.Err)
	} else if diff := cmp.Diff(want, r.Output); diff != "" {
		r.t.Errorf("output (-want +got):\n%s", diff)
	}
	return r
}

// WantError fails the test unless the run failed with the error name.
func (r *Result[O]) WantError(name string) *Result[O] {
	r.t.Helper()
	if r.ErrorName != name {
		r.t.Errorf("the execution ended with error %q (%v), want %q", r.ErrorName, r.Err, name)
	}
	return r
}

// WantPath fails the test unless the run entered exactly these states, in order.
func (r *Result[O]) WantPath(states ...string) *Result[O] {
	r.t.Helper()
	if diff := cmp.Diff(states, r.Path); diff != "" {
		r.t.Errorf("path (-want +got):\n%s", diff)
	}
	return r
}

// WantCalls fails the test unless the run called handler n times.
func (r *Result[O]) WantCalls(handler any, n int) *Result[O] {
	r.t.Helper()
	if got := len(r.CallsOf(handler)); got != n {
		r.t.Errorf("%s was called %d times, want %d", shortName(funcName(handler)), got, n)
	}
	return r
}

// CallsOf are the run's calls of handler.
func (r *Result[O]) CallsOf(handler any) []Call {
	var list []Call
	for _, c := range r.Calls {
		if c.Handler == funcName(handler) {
			list = append(list, c)
		}
	}
	return list
}

// Inputs are the inputs of a run's calls of handler, in order.
func Inputs[I, O, R any](r *Result[R], handler func(context.Context, I) (O, error)) []I {
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

// shortName is "payments.Charge" of "example.com/shop/payments.Charge".
func shortName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
