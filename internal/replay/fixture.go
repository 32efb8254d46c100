// Package replay runs a recorded execution against a workflow as it is now. The events of an execution go into Record, which makes
// a Fixture: its input, what each task was given and what it answered, and the states that it went through. Fixture.Replay runs a
// definition with these answers and says where it would go another way: another state, another call, another input, another end.
// The command replay and flowtest.Replay call it.
package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// Fixture is a recorded execution, as JSON in a file.
type Fixture struct {
	StateMachine string          `json:"stateMachine"`
	Execution    string          `json:"execution"` // ARN
	Start        time.Time       `json:"start"`
	Input        json.RawMessage `json:"input"`
	Status       string          `json:"status"` // RUNNING of one that had not ended
	Output       json.RawMessage `json:"output,omitempty"`
	Error        string          `json:"error,omitempty"`
	Cause        string          `json:"cause,omitempty"`
	Tasks        []*Task         `json:"tasks"`
	Path         []Step          `json:"path"`
}

// Task is one attempt at a task.
type Task struct {
	State  string          `json:"state"`
	In     string          `json:"in,omitempty"` // the branch or iteration: "Pack all[2]"
	Input  json.RawMessage `json:"input"`        // what the state sent
	Output json.RawMessage `json:"output,omitempty"`
	Error  string          `json:"error,omitempty"`
	Cause  string          `json:"cause,omitempty"`
	// Seconds is the time until the answer.
	Seconds float64 `json:"seconds,omitempty"`
	Open    bool    `json:"open,omitempty"` // it had no answer when the execution ended
}

// Step is the entering of a state.
type Step struct {
	In    string `json:"in,omitempty"`
	State string `json:"state"`
}

// ended says whether the recording goes to the execution's own end.
func (f *Fixture) ended() bool {
	return f.Status == "SUCCEEDED" || f.Status == "FAILED" || f.Status == "TIMED_OUT"
}

// Record makes a fixture of the events of an execution, all of them, in order. Of one that was redriven it holds the time before.
func Record(stateMachine, execution string, events []*history.Event) (*Fixture, error) {
	f := &Fixture{StateMachine: stateMachine, Execution: execution, Status: "RUNNING", Tasks: []*Task{}, Path: []Step{}}
	r := recorder{Fixture: f, tracer: newTracer(), tasks: map[int64]*attempt{}}
	for i, e := range events {
		if e.ID != int64(i+1) {
			return nil, fmt.Errorf("event %d of %s is missing: only a log of level ALL has them all", i+1, execution)
		}
		if e.Type == history.ExecutionRedriven {
			break
		}
		if err := r.add(e); err != nil {
			return nil, err
		}
	}
	if len(events) == 0 || !json.Valid(f.Input) {
		return nil, fmt.Errorf("the record of %s has no inputs and outputs: its log leaves execution data out", execution)
	}
	for _, a := range r.tasks {
		a.Open = true
	}
	return f, nil
}

type recorder struct {
	*Fixture
	*tracer
	tasks map[int64]*attempt // by the last event of each
}

type attempt struct {
	*Task
	at time.Time
}

func (r *recorder) add(e *history.Event) error {
	if e.Details == nil {
		e.Details = &history.Details{}
	}
	d, kind := e.Details, string(e.Type)
	if step, entered := r.trace(e); entered {
		r.Path = append(r.Path, step)
	}
	switch {
	case e.Type == history.MapRunStarted:
		return errors.New("a distributed map: what its child executions did is in recordings of their own; replay those")
	case e.Type == history.ExecutionStarted:
		r.Start, r.Input = e.Time, raw(d.Input)
	case strings.HasPrefix(kind, "Execution"):
		r.Status = statuses[e.Type]
		r.Output, r.Error, r.Cause = raw(d.Output), d.Error.String(), d.Cause.String()
	case strings.HasSuffix(kind, "Scheduled"):
		r.schedule(e)
	default:
		r.progress(e)
	}
	return nil
}

var statuses = map[history.Type]string{
	history.ExecutionSucceeded: "SUCCEEDED", history.ExecutionFailed: "FAILED",
	history.ExecutionTimedOut: "TIMED_OUT", history.ExecutionAborted: "ABORTED",
}

func (r *recorder) schedule(e *history.Event) {
	input := e.Details.Parameters
	if !input.Present() {
		input = e.Details.Input
	}
	at := r.at[e.ID]
	a := &attempt{&Task{State: at.state, In: at.label, Input: raw(input)}, e.Time}
	r.Tasks = append(r.Tasks, a.Task)
	r.tasks[e.ID] = a
}

// progress follows a task to its end.
func (r *recorder) progress(e *history.Event) {
	a := r.tasks[e.PreviousID]
	if a == nil {
		return
	}
	kind := string(e.Type)
	d := e.Details
	delete(r.tasks, e.PreviousID)
	switch {
	case strings.HasSuffix(kind, "Succeeded"):
		a.Output = raw(history.JSON(withoutHeaders(d.Output.Value())))
	case strings.HasSuffix(kind, "Failed"), strings.HasSuffix(kind, "TimedOut"):
		a.Error, a.Cause = d.Error.String(), d.Cause.String()
		if a.Error == "" {
			a.Error = "States.Timeout" // AWS: TaskTimedOut names it; older records leave it out
		}
	default: // started, submitted
		r.tasks[e.ID] = a
		return
	}
	a.Seconds = e.Time.Sub(a.at).Seconds()
}

// withoutHeaders is a service's answer less its HTTP headers, which are many and which no definition reads.
func withoutHeaders(answer value.Value) value.Value {
	metadata, ok := answer.Get("SdkHttpMetadata")
	if !ok {
		return answer
	}
	isHeaders := func(m value.Member) bool { return m.Name == "AllHttpHeaders" || m.Name == "HttpHeaders" }
	members := slices.Clone(answer.Members())
	for i, m := range members {
		if m.Name == "SdkHttpMetadata" {
			members[i].Value = value.OfObject(slices.DeleteFunc(slices.Clone(metadata.Members()), isHeaders))
		}
	}
	return value.OfObject(members)
}

// compact is JSON in one line.
func compact(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}

// raw is a payload as JSON; null where there is none.
func raw(t history.Text) json.RawMessage {
	if !t.Present() {
		return nil
	}
	return json.RawMessage(t.String())
}

// tracer tells in which branch or iteration events happen.
type tracer struct {
	at       map[int64]*thread // by event
	branches map[int64]int     // started so far, by the event that starts a Parallel
	types    map[int64]history.Type
}

// thread is the execution itself, a branch or an iteration.
type thread struct {
	label  string // "" of the execution
	parent *thread
	state  string // that it is in
	kind   string // the state's type
}

func newTracer() *tracer {
	return &tracer{at: map[int64]*thread{0: {}}, branches: map[int64]int{}, types: map[int64]history.Type{}}
}

// trace takes an event, and gives the step where it enters a state.
func (t *tracer) trace(e *history.Event) (Step, bool) {
	in := t.at[e.PreviousID]
	if in == nil {
		in = t.at[0]
	}
	kind := string(e.Type)
	entered := strings.HasSuffix(kind, "StateEntered")
	switch {
	case e.Type == history.MapIterationStarted:
		in = in.upTo("Map").fork(int(e.Details.Index))
	case entered && t.types[e.PreviousID] == history.ParallelStateStarted:
		in = in.fork(t.branches[e.PreviousID])
		t.branches[e.PreviousID]++
	case strings.HasPrefix(kind, "MapState") && !entered:
		in = in.upTo("Map")
	case strings.HasPrefix(kind, "ParallelState") && !entered:
		in = in.upTo("Parallel")
	}
	if entered {
		in.state, in.kind = e.Details.Name, strings.TrimSuffix(kind, "StateEntered")
	}
	t.at[e.ID], t.types[e.ID] = in, e.Type
	return Step{In: in.label, State: in.state}, entered
}

// upTo is the thread from t outwards that is in a state of a type.
func (t *thread) upTo(kind string) *thread {
	for at := t; at != nil; at = at.parent {
		if at.kind == kind {
			return at
		}
	}
	return t
}

func (t *thread) fork(index int) *thread {
	label := fmt.Sprintf("%s[%d]", t.state, index)
	if t.label != "" {
		label = t.label + " > " + label
	}
	return &thread{label: label, parent: t}
}

// threads are the steps of each branch and iteration, and their names in the order of their first steps.
func threads(path []Step) (map[string][]string, []string) {
	by := map[string][]string{}
	var order []string
	for _, s := range path {
		if by[s.In] == nil {
			order = append(order, s.In)
		}
		by[s.In] = append(by[s.In], s.State)
	}
	slices.Sort(order)
	return by, order
}
