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
//		r.WantError("Rejected").WantCalls(inventory.Release, 1)
//	}
//
// Handlers that no mock stands for are called themselves.
package flowtest

import (
	"encoding/json"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow"
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
	moments  []moment
	faults   *faults
	counter  *counter
	doubt    atomic.Value // of error: why the name of an error is not certain
	world    *world       // what the workflows register, the same for every run; nil before the first
}

// moment is something that a test does in the middle of a run.
type moment struct {
	after time.Duration
	do    func()
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

// At calls do when the execution's clock has advanced by after: in each of the two runs once. What do changes, mocks see; At(0, …)
// sets it back for the second run.
func (x *Test) At(after time.Duration, do func()) *Test {
	x.moments = append(x.moments, moment{after, do})
	return x
}

// ErrorVariable names an error variable that the workflow matches with errors.Is. The Lambda functions that stride builds know all of
// them, and a test those that errors.New or fmt.Errorf make from a text of their own: it has to be told of others, and says so.
func (x *Test) ErrorVariable(name string, err error) *Test {
	if x.values == nil {
		x.values = map[string]error{}
	}
	x.values[name] = err
	return x
}

// Run runs the workflow on in, natively and compiled, to its end.
func Run[O any](x *Test, in any) *Result[O] {
	x.t.Helper()
	return run[O](x, in, 0)
}

// RunFor runs the workflow on in until the execution's clock has advanced by d. An execution that has not ended by then has a
// result that is Running, and says in Waiting where it stands.
func RunFor[O any](x *Test, in any, d time.Duration) *Result[O] {
	x.t.Helper()
	if d <= 0 {
		x.t.Fatalf("flowtest: RunFor runs for some time, not %s; Run runs to the end", d)
	}
	return run[O](x, in, d)
}

// run runs for d of the execution's clock; 0 is to the end.
func run[O any](x *Test, in any, d time.Duration) *Result[O] {
	x.t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		x.t.Fatalf("flowtest: input: %v", err)
	}
	if t := x.workflow.Input(); t != nil {
		if err := json.Unmarshal(input, reflect.New(t).Interface()); err != nil {
			x.t.Fatalf("flowtest: the input %s of %s is not a %s: %v", input, x.workflow.Name(), t, err)
		}
	}
	c := x.compiledOnce()
	if c.err != nil {
		x.t.Fatalf("flowtest: compiling %s:\n%v", x.workflow.Name(), c.err)
	}
	x.meant(c)
	answers := &tape{}
	native := x.runNative(input, d, answers)
	answers.rewound = true
	compiled := x.runCompiled(input, d, answers)
	if doubt := x.doubt.Load(); doubt != nil {
		x.t.Fatalf("flowtest: %v", doubt)
	}
	r := &Result[O]{t: x.t, test: x, compiled: compiled}
	if native != nil {
		x.compare(native, compiled, reflect.TypeFor[O]())
	}
	r.fill(native, compiled)
	return r
}

func (x *Test) executionARN() string {
	return "arn:aws:states:us-east-1:000000000000:execution:" + x.workflow.Name() + ":flowtest"
}
