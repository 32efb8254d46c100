package machine

import (
	"context"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// A Test is one state to be run alone. AWS: TestState.
type Test struct {
	Definition *asl.Definition // a machine that has the state at its top level
	State      string
	Execution  *Execution     // what the context object shows; its Input is the state's input
	Variables  []value.Member // workflow variables
	Context    value.Value    // the context object, in place of the one made up; Undefined: none given
	Mock       *Mock          // nil: tasks go to the Env
	Retries    int            // how often the state was retried before
	// FailedIterations is how many of a mocked Map's iterations failed.
	FailedIterations int
	// Secrets says that Request and Response show what the task's connection added.
	Secrets bool
	// ReaderData is what a Map's ItemReader has read; Undefined: not given.
	ReaderData value.Value
}

// A Mock stands in for a state's work: the answer of a Task, the results of a Parallel's branches or a Map's iterations.
type Mock struct {
	Result  history.Text
	Failure *Failure // nil: Result
}

// TestStatus says how a tested state ended.
type TestStatus string

// The ends of a tested state, in AWS's words.
const (
	TestSucceeded TestStatus = "SUCCEEDED"
	TestFailed    TestStatus = "FAILED"
	TestRetriable TestStatus = "RETRIABLE"
	TestCaught    TestStatus = "CAUGHT_ERROR"
)

// TestResult is what a tested state did. Texts are JSON as TestState prints it: with a space after colons and commas.
type TestResult struct {
	Status       TestStatus
	Output       history.Text
	NextState    string
	Error, Cause history.Text
	// Data is AWS's inspectionData, without the parts that the state does not have.
	Data Inspection
}

// Inspection is what a state's data was at each step of its processing. AWS: InspectionData. Undefined values are absent.
type Inspection struct {
	Input, AfterInputPath, AfterParameters, AfterArguments value.Value
	Result, AfterResultSelector, AfterResultPath           value.Value
	AfterItemsPath, AfterItemsPointer                      value.Value
	AfterItemSelector, AfterItemBatcher                    value.Value
	// Request and Response are what an HTTP Task sent and got, as InspectionData has them.
	Request, Response value.Value
	Variables         []value.Member
	// MaxConcurrency and the tolerated failures are a Map's; nil where absent.
	MaxConcurrency, ToleratedFailureCount *int
	ToleratedFailurePercentage            *float64
	// CatchIndex and RetryIndex name the Catch or Retry that took the error; nil for none. RetryDelay is how long the Retry
	// waits, 0 where it is used up.
	CatchIndex, RetryIndex *int
	RetryDelay             time.Duration
}

// A Tracer is a Replier that wants to know what an HTTP Task sends and gets.
type Tracer interface {
	// Secrets says whether it may know what the task's connection adds.
	Secrets() bool
	// Traced tells it, before the task is answered.
	Traced(request, response value.Value)
}

// Secrets implements Tracer.
func (p *pending) Secrets() bool { return p.run.inspector != nil && p.run.inspector.test.Secrets }

// Traced implements Tracer.
func (p *pending) Traced(request, response value.Value) {
	if in := p.run.inspector; in != nil {
		in.result.Data.Request, in.result.Data.Response = request, response
	}
}

// testStateName is what TestState calls every state.
const testStateName = "StateName"

// An inspector watches a run of a single state.
type inspector struct {
	test   *Test
	result TestResult
}

// Do runs the state. The error is for a definition that does not compile.
func (t *Test) Do(ctx context.Context, env *Env) (*TestResult, error) {
	c := &compiler{def: t.Definition, alone: true}
	m, err := c.machine(&t.Definition.Machine)
	if err != nil {
		return nil, err
	}
	st := m.states[t.State]
	if st == nil {
		return nil, &namedError{"", "there is no state " + t.State}
	}
	st.name = testStateName
	p := &Program{def: t.Definition, root: &machine{start: st}}
	r := p.Start(t.Execution, env)
	r.recording, r.env.Emit, r.env.Journal = false, nil, nil
	in := &inspector{test: t}
	in.result.Data.Input, in.result.Data.Variables = t.Execution.Input, t.Variables
	r.inspector = in
	if res := r.Wait(ctx); res.Status == RunningStatus {
		return nil, context.Cause(ctx)
	}
	return &in.result, nil
}

// answer gives a task the mocked answer.
func (m *Mock) answer(r Replier) {
	if m.Failure != nil {
		r.Failed(*m.Failure)
		return
	}
	r.Succeeded(m.Result)
}

// givenToken is the task token of the context object that a test gives.
func (s *strand) givenToken() string {
	if s.run.inspector == nil {
		return ""
	}
	task, _ := s.run.inspector.test.Context.Get("Task")
	token, _ := task.Get("Token")
	return token.Str()
}

// data is where the strand's steps are noted; nil outside of tests.
func (s *strand) data() *Inspection {
	if s.run.inspector == nil {
		return nil
	}
	return &s.run.inspector.result.Data
}

// inspected is the work of a mocked Parallel or Map, and whether it is mocked.
func (s *strand) inspected() (handled bool, err error) {
	in := s.run.inspector
	if in == nil || in.test.Mock == nil {
		return false, nil
	}
	mock := in.test.Mock
	if mock.Failure != nil {
		return true, &failure{name: mock.Failure.Error, cause: mock.Failure.Cause}
	}
	if in.tolerates() {
		return true, s.complete(mock.Result.Value())
	}
	return true, toleranceExceeded()
}

// tolerates says whether a Map's mocked failures stay below its thresholds.
func (in *inspector) tolerates() bool {
	failed, d := in.test.FailedIterations, &in.result.Data
	if d.ToleratedFailureCount != nil && failed > *d.ToleratedFailureCount {
		return false
	}
	n := in.test.Mock.Result.Value().Len()
	return d.ToleratedFailurePercentage == nil || n == 0 || float64(failed)/float64(n)*100 <= *d.ToleratedFailurePercentage
}

// left ends a test whose state was left.
func (in *inspector) left(s *strand, output value.Value, assigned []value.Member, next *state) {
	in.result.Data.Variables = merged(in.result.Data.Variables, assigned)
	if in.result.Status == "" {
		in.result.Status = TestSucceeded
	}
	in.result.Output = history.Verbatim(Spaced(output))
	if next != nil {
		in.result.NextState = next.name
	}
	s.run.result = Result{Status: Succeeded, Output: output, Time: s.run.now}
	s.run.finish()
}

// merged are the variables after an assignment: those that there were keep their places.
func merged(vars, assigned []value.Member) []value.Member {
	after := value.OfObject(vars)
	for _, m := range assigned {
		after = after.With(m.Name, m.Value)
	}
	return after.Members()
}

// failed ends a test whose state failed: retried, caught or not.
func (in *inspector) failed(s *strand, f *failure) {
	in.result.Status, in.result.Error, in.result.Cause = TestFailed, f.errorText(), f.cause
	if f.terminal || !in.retried(s, f) && !in.caught(s, f) {
		s.run.result = Result{Status: Failed, Error: f.errorText(), Cause: f.cause, Time: s.run.now}
		s.run.finish()
	}
}

func (in *inspector) retried(s *strand, f *failure) bool {
	for i, t := range s.state.retriers {
		if !f.matches(t.errors) {
			continue
		}
		in.result.Data.RetryIndex = &i
		if in.test.Retries >= t.attempts {
			return false
		}
		in.result.Status = TestRetriable
		in.result.Data.RetryDelay = t.delay(in.test.Retries, func() float64 { return 1 })
		s.run.result = Result{Status: Failed, Time: s.run.now}
		s.run.finish()
		return true
	}
	return false
}

func (in *inspector) caught(s *strand, f *failure) bool {
	for i, c := range s.state.catchers {
		if !f.matches(c.errors) {
			continue
		}
		in.result.Data.CatchIndex = &i
		in.result.Status = TestCaught
		if err := s.caught(c, f); err != nil {
			second := s.fault(err)
			in.result.Status, in.result.Error, in.result.Cause = TestFailed, second.errorText(), second.cause
			return false
		}
		return true
	}
	return false
}

// Spaced is v's JSON with a space after colons and commas (recorded: state_map_context_object).
func Spaced(v value.Value) string {
	var b strings.Builder
	writeSpaced(&b, v)
	return b.String()
}

func writeSpaced(b *strings.Builder, v value.Value) {
	switch v.Kind() {
	case value.Array:
		b.WriteByte('[')
		for i, item := range v.Items() {
			if i > 0 {
				b.WriteString(", ")
			}
			writeSpaced(b, item)
		}
		b.WriteByte(']')
	case value.Object:
		b.WriteByte('{')
		for i, m := range v.Members() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(value.OfString(m.Name).String())
			b.WriteString(": ")
			writeSpaced(b, m.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.String())
	}
}
