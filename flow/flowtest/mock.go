package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"time"

	"github.com/stride-aws/stride/flow"
)

// mock stands for a handler, an operation, another workflow, an activity, a resource or a state's task.
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

// Mock makes fn stand for handler. It is called once in the native run and once in the compiled one for each call, so a fn that
// counts must not decide by its count; Fail is for that.
func Mock[I, O any](x *Test, handler func(context.Context, I) (O, error), fn func(I) (O, error)) {
	x.t.Helper()
	x.of(handler).stands(typed(fn))
}

// Answer makes fn answer the task token that a step with handler waits for. The handler itself is called as well.
func Answer[I, O any](x *Test, handler func(context.Context, I) (O, error), fn func(I) (O, error)) {
	x.t.Helper()
	x.of(handler).answer = typed(fn)
}

// MockExec is Mock for a handler that gives nothing back but an error.
func MockExec[I any](x *Test, handler func(context.Context, I) error, fn func(I) error) {
	x.t.Helper()
	x.of(handler).stands(typed(func(in I) (*struct{}, error) { return nil, fn(in) }))
}

// AnswerExec is Answer for a step by flow.ExecAwait.
func AnswerExec[I, O any](x *Test, handler func(context.Context, I) error, fn func(I) (O, error)) {
	x.t.Helper()
	x.of(handler).answer = typed(fn)
}

// MockRun lets fn stand for another workflow that the tested one runs or starts.
func MockRun[I, O any](x *Test, workflow func(flow.Context, I) (O, error), fn func(I) (O, error)) {
	x.named(funcName(workflow)).stands(typed(fn))
}

// MockActivity lets fn stand for the workers of an activity.
func MockActivity[I, O any](x *Test, name string, fn func(I) (O, error)) {
	x.named(name).stands(typed(fn))
}

// MockResource lets fn stand for a resource that flow.Task or flow.TaskAwait calls. fn gets all parameters.
func MockResource[I, O any](x *Test, resource string, fn func(I) (O, error)) {
	x.named(resource).stands(typed(fn))
}

// MockTask lets fn stand for the Task state called state of a workflow from a file, whatever its Resource. fn gets what the state
// sends: of lambda:invoke the Payload, of states:startExecution the Input, of anything else the effective Arguments or Parameters;
// what it returns is the task's result, of lambda:invoke its Payload.
func MockTask[I, O any](x *Test, state string, fn func(I) (O, error)) {
	x.t.Helper()
	if x.workflow.File() == "" {
		x.t.Fatalf("flowtest: workflow %s is a Go function, whose states are its steps: mock the handler of %s", x.workflow.Name(), state)
	}
	x.named(stateKey(state)).stands(typed(fn))
}

// stateKey is the name of a state's own mock.
func stateKey(state string) string { return "state " + state }

func (m *mock) stands(fn func([]byte) ([]byte, error)) {
	m.call = func(_ context.Context, input []byte) ([]byte, error) { return fn(input) }
}

// Fail makes the first calls of what, as many as times, fail with err; more Fails go on from there. what is a handler, a method
// expression given to flow.Do, the function of another workflow, or the name of an activity.
func (x *Test) Fail(what any, times int, err error) *Test {
	x.t.Helper()
	m := x.of(what)
	m.fail = append(m.fail, failing{times, err})
	return x
}

// Slow makes calls of what, or answers to its token, take d. A call of a handler ends at the function's own timeout, with
// Sandbox.Timedout as Lambda has it.
func (x *Test) Slow(what any, d time.Duration) *Test {
	x.t.Helper()
	x.of(what).after = d
	return x
}

// LeaveOpen makes the calls of what, or the answers to its token, never come: the step runs into its timeout.
func (x *Test) LeaveOpen(what any) *Test {
	x.t.Helper()
	x.of(what).never = true
	return x
}

// of is the mock of what. A handler must be registered by a workflow of the test: a mock of anything else tests nothing.
func (x *Test) of(what any) *mock {
	x.t.Helper()
	name := x.nameOf(what)
	if isHandler(what) && !x.registered(name) {
		x.t.Fatalf("flowtest: workflow %s does not register %s", x.workflow.Name(), name)
	}
	return x.named(name)
}

// isHandler tells a handler from an operation of an SDK client and from a workflow's function, whose first parameters are others.
func isHandler(fn any) bool {
	t := reflect.TypeOf(fn)
	return t.Kind() == reflect.Func && t.NumIn() > 0 && t.In(0) == reflect.TypeFor[context.Context]()
}

func (x *Test) registered(name string) bool {
	for _, w := range append([]flow.Workflow{x.workflow}, x.nested...) {
		for _, f := range w.Functions() {
			if f.Func.Package+"."+f.Func.Name == name {
				return true
			}
		}
	}
	return false
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
