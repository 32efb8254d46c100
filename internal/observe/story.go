// Package observe reads what executions do, in whatever environment, and tells it in order. History events and log lines go in, from
// GetExecutionHistory and CloudWatch Logs; stories come out: which steps an execution took, what is inside of them, how each
// ended. The commands tail, start and inspect print them.
package observe

import (
	"maps"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Status is how something stands, in AWS's words.
type Status string

const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
	Caught    Status = "CAUGHT" // a step failed, and a Catch took the error
)

// Story is one execution as far as it is told. Its thread holds the steps of the top level.
type Story struct {
	ARN           string
	Express       bool
	Status        Status
	Start, Stop   time.Time
	Input, Output history.Text
	Error, Cause  history.Text
	Redrives      int64
	Parent        *Story // the execution that started this one; nil where none is known
	ParentStep    *Step  // in which it did; nil where that was not told yet
	Thread

	place   map[int64]place // where each event stands
	newest  int64           // the id of the latest event
	touched time.Time
	muted   bool // one of very many: only failures are told
}

// Thread is steps one after the other: those of the execution itself, of a branch or of an iteration.
type Thread struct {
	Parent *Step // nil for the execution itself
	Index  int64 // of the branch or the iteration, from 0
	Status Status
	Steps  []*Step
}

// Step is one stay in a state.
type Step struct {
	In            *Thread
	Name, Type    string
	Entered, Left time.Time // Left is zero while it lasts, and where it never left
	Input, Output history.Text
	Status        Status
	Error, Cause  history.Text // of the last failure
	Attempts      []*Attempt   // of a task
	Threads       []*Thread    // branches, or iterations in the order of their start
	Length        int64        // of a Map's items
	MapRunARN     string
	Run           *MapRun // how far the map run is, where somebody asked
	Child         string  // the ARN of the execution that a task started
	Restarts      int     // how often a Map or Parallel began anew
}

// Attempt is one try at a task.
type Attempt struct {
	Resource                  string // "lambda:invoke", or an ARN
	Parameters, Output        history.Text
	Error, Cause              history.Text
	Scheduled, Started, Ended time.Time
	Submitted                 bool // handed over: a callback or a job is waited for
	Timeout                   time.Duration
	RequestID                 string      // of the Lambda invocation, where the service says it
	Invocation                *Invocation // the Lambda invocation with its log lines; nil where they were not read
	target                    string      // see Target; "" until somebody asks
	logged                    bool        // its log lines were told, or asked for
}

type place struct {
	thread *Thread
	forks  *Step // a Parallel that starts with this event: what follows it begins a branch
}

// NewStory is the story of an execution of which nothing is known yet.
func NewStory(arn string) *Story {
	s := &Story{ARN: arn, Status: Running, Express: strings.Contains(arn, ":express:"), place: map[int64]place{}}
	s.Thread.Status = Running
	return s
}

// Scene is an event and what it happened to; Step and Attempt may be nil.
type Scene struct {
	Event   *history.Event
	Thread  *Thread
	Step    *Step
	Attempt *Attempt
}

// Add takes the next event. Events come in the order of their ids; where some are missing (a log level that leaves them out, a
// story that begins in the middle) the rest still finds its place.
func (s *Story) Add(e *history.Event) Scene {
	if e.Details == nil {
		e.Details = &history.Details{}
	}
	before, known := s.place[e.PreviousID]
	if !known {
		before.thread = &s.Thread
	}
	scene := s.add(e, before)
	here := place{thread: scene.Thread}
	if e.Type == history.ParallelStateStarted {
		here.forks = scene.Step
	}
	s.place[e.ID], s.newest = here, e.ID
	return scene
}

// remembered is how many events back the places of events are known at least, when a story forgets.
const remembered = 4096

// forget drops what was told and is over: payloads, steps before the current one, places of events long ago.
func (s *Story) forget() {
	s.Thread.forget()
	if len(s.place) > 2*remembered {
		maps.DeleteFunc(s.place, func(id int64, _ place) bool { return id < s.newest-remembered })
	}
}

func (t *Thread) forget() {
	if n := len(t.Steps); n > 2 {
		t.Steps = append(t.Steps[:0], t.Steps[n-2:]...)
	}
	for _, step := range t.Steps {
		if step.Left.IsZero() {
			continue
		}
		step.Input, step.Output, step.Threads = history.Text{}, history.Text{}, nil
		for _, a := range step.Attempts {
			a.Target() // is asked for when its log lines come
			a.Parameters, a.Output = history.Text{}, history.Text{}
		}
	}
}

func (s *Story) add(e *history.Event, before place) Scene {
	kind := string(e.Type)
	switch {
	case strings.HasPrefix(kind, "Execution"):
		s.execution(e)
		return Scene{Event: e, Thread: &s.Thread}
	case strings.HasSuffix(kind, "StateEntered"):
		return s.enter(e, before)
	case strings.HasSuffix(kind, "StateExited"):
		return s.leave(e, before)
	case strings.HasPrefix(kind, "MapIteration"):
		return s.iteration(e, before)
	case strings.HasPrefix(kind, "MapState"), strings.HasPrefix(kind, "MapRun"):
		return s.fan(e, before.thread.upTo("Map"))
	case strings.HasPrefix(kind, "ParallelState"):
		return s.fan(e, before.thread.upTo("Parallel"))
	case kind == string(history.EvaluationFailed), kind == string(history.TaskStateAborted), kind == string(history.WaitStateAborted):
		return s.trouble(e, before)
	}
	return s.task(e, before)
}

func (s *Story) execution(e *history.Event) {
	d := e.Details
	switch e.Type {
	case history.ExecutionStarted:
		s.Start, s.Input = e.Time, d.Input
		return
	case history.ExecutionRedriven:
		s.Status, s.Stop, s.Redrives = Running, time.Time{}, d.RedriveCount
		return
	case history.ExecutionSucceeded:
		s.Status = Succeeded
	case history.ExecutionTimedOut:
		s.Status = TimedOut
	case history.ExecutionAborted:
		s.Status = Aborted
	default:
		s.Status = Failed
	}
	s.Stop, s.Output, s.Error, s.Cause = e.Time, d.Output, d.Error, d.Cause
	s.Thread.Status = s.Status
	s.Thread.end(s.Status, d)
}

// end gives every open step of t and below the status that its execution ended with.
func (t *Thread) end(status Status, d *history.Details) {
	step := t.open()
	if step == nil {
		return
	}
	for _, inner := range step.Threads {
		if inner.Status == Running {
			inner.end(status, d)
			inner.Status = status
		}
	}
	if step.Status == Running {
		step.Status = status
		if step.Type == "Fail" {
			step.Error, step.Cause = d.Error, d.Cause
		}
	}
}

// Ended is whether the story is over.
func (s *Story) Ended() bool { return s.Status != Running }

func (s *Story) enter(e *history.Event, before place) Scene {
	thread := before.thread
	if before.forks != nil {
		thread = before.forks.begin(int64(len(before.forks.Threads)))
	}
	if last := thread.open(); last != nil { // the step before was left by way of a Catch
		last.Left = e.Time
		last.Status = Caught
	}
	step := &Step{In: thread, Name: e.Details.Name, Type: strings.TrimSuffix(string(e.Type), "StateEntered"),
		Entered: e.Time, Input: e.Details.Input, Status: Running}
	thread.Steps = append(thread.Steps, step)
	return Scene{Event: e, Thread: thread, Step: step}
}

func (s *Story) leave(e *history.Event, before place) Scene {
	step := before.thread.find(func(step *Step) bool { return step.Name == e.Details.Name })
	if step == nil {
		return Scene{Event: e, Thread: before.thread}
	}
	step.Left, step.Output = e.Time, e.Details.Output
	if step.Status == Failed { // left by way of a Catch
		step.Status = Caught
	} else {
		step.Status = Succeeded
	}
	for _, inner := range step.Threads {
		if inner.Status == Running {
			inner.Status = Succeeded
		}
	}
	return Scene{Event: e, Thread: step.In, Step: step}
}

// fan takes what happens to a Map or a Parallel as a whole.
func (s *Story) fan(e *history.Event, step *Step) Scene {
	if step == nil {
		return Scene{Event: e, Thread: &s.Thread}
	}
	switch kind := string(e.Type); {
	case e.Type == history.MapStateStarted, e.Type == history.ParallelStateStarted:
		if len(step.Threads) > 0 {
			step.Threads = nil
			step.Restarts++
		}
		step.Length, step.Status = e.Details.Length, Running
	case e.Type == history.MapRunStarted, e.Type == history.MapRunRedriven:
		step.MapRunARN = e.Details.MapRunARN
	case strings.HasSuffix(kind, "Failed"):
		step.Status = Failed
		step.blame(e.Details)
		step.abandon()
	case strings.HasSuffix(kind, "Aborted"):
		step.Status = Aborted
	}
	return Scene{Event: e, Thread: step.In, Step: step}
}

// blame gives a failed Map or Parallel the error of its own event, else that of the step inside which failed.
func (s *Step) blame(d *history.Details) {
	s.Error, s.Cause = d.Error, d.Cause
	if d.Error.Present() {
		return
	}
	for _, thread := range s.Threads {
		if n := len(thread.Steps); n > 0 && thread.Steps[n-1].Error.Present() {
			s.Error, s.Cause = thread.Steps[n-1].Error, thread.Steps[n-1].Cause
			return
		}
	}
}

// abandon ends what still runs inside of a Map or Parallel that failed.
func (s *Step) abandon() {
	for _, thread := range s.Threads {
		if thread.Status != Running {
			continue
		}
		thread.end(Aborted, &history.Details{})
		if n := len(thread.Steps); n > 0 && (thread.Steps[n-1].Status == Failed || thread.Steps[n-1].Status == Aborted) {
			thread.Status = thread.Steps[n-1].Status
		}
	}
}

func (s *Story) iteration(e *history.Event, before place) Scene {
	named := func(step *Step) bool { return step.Type == "Map" && step.Name == e.Details.Name }
	step := before.thread.find(named)
	if step == nil {
		return Scene{Event: e, Thread: before.thread}
	}
	if e.Type == history.MapIterationStarted {
		return Scene{Event: e, Thread: step.begin(e.Details.Index), Step: step}
	}
	for _, thread := range step.Threads {
		if thread.Index == e.Details.Index && thread.Status == Running {
			thread.Status = Status(strings.ToUpper(strings.TrimPrefix(string(e.Type), "MapIteration")))
			return Scene{Event: e, Thread: thread, Step: step}
		}
	}
	return Scene{Event: e, Thread: before.thread, Step: step}
}

func (s *Step) begin(index int64) *Thread {
	thread := &Thread{Parent: s, Index: index, Status: Running}
	s.Threads = append(s.Threads, thread)
	return thread
}

func (s *Story) trouble(e *history.Event, before place) Scene {
	step := before.thread.open()
	scene := Scene{Event: e, Thread: before.thread, Step: step}
	switch {
	case step == nil:
	case e.Type == history.EvaluationFailed:
		step.Status, step.Error, step.Cause = Failed, e.Details.Error, e.Details.Cause
	case step.Status != Failed:
		step.Status = Aborted
	default: // AWS: where a branch fails, the aborts of the others point at its failure
		if other := step.In.besides(); other != nil {
			other.Status = Aborted
			scene.Thread, scene.Step = other.In, other
		}
	}
	return scene
}

// besides is a step that runs in another branch or iteration than t.
func (t *Thread) besides() *Step {
	if t.Parent == nil {
		return nil
	}
	for _, other := range t.Parent.Threads {
		if step := other.open(); step != nil && step.Status == Running {
			return step
		}
	}
	return nil
}

// task takes the events of Task states' work: Task…, LambdaFunction…, Activity….
func (s *Story) task(e *history.Event, before place) Scene {
	scene := Scene{Event: e, Thread: before.thread, Step: before.thread.open()}
	step := scene.Step
	if step == nil {
		return scene
	}
	d := e.Details
	kind := string(e.Type)
	if strings.HasSuffix(kind, "Scheduled") {
		step.Status = Running
		step.Attempts = append(step.Attempts, newAttempt(e))
	}
	if len(step.Attempts) == 0 {
		step.Attempts = append(step.Attempts, &Attempt{Scheduled: e.Time})
	}
	a := step.Attempts[len(step.Attempts)-1]
	scene.Attempt = a
	switch {
	case strings.HasSuffix(kind, "Started"):
		a.Started = e.Time
	case strings.HasSuffix(kind, "Submitted"):
		a.Submitted = true
		a.RequestID = requestID(d.Output)
	case strings.HasSuffix(kind, "Succeeded"):
		a.Ended, a.Output, a.RequestID = e.Time, d.Output, requestID(d.Output)
	case strings.HasSuffix(kind, "Failed"), strings.HasSuffix(kind, "TimedOut"):
		a.Ended, a.Error, a.Cause = e.Time, d.Error, d.Cause
		step.Status, step.Error, step.Cause = Failed, d.Error, d.Cause
	}
	return scene
}

func newAttempt(e *history.Event) *Attempt {
	d := e.Details
	a := &Attempt{Scheduled: e.Time, Resource: d.Resource, Parameters: d.Parameters, Timeout: time.Duration(d.TimeoutSeconds) * time.Second}
	if d.ResourceType != "" {
		a.Resource = d.ResourceType + ":" + d.Resource
	}
	if !a.Parameters.Present() {
		a.Parameters = d.Input
	}
	return a
}

// requestID is the service's request id in a task's result.
func requestID(output history.Text) string {
	metadata, _ := output.Value().Get("SdkResponseMetadata")
	id, _ := metadata.Get("RequestId")
	return id.Str()
}

// open is the step that the thread is in, nil between two and after the last.
func (t *Thread) open() *Step {
	if n := len(t.Steps); n > 0 && t.Steps[n-1].Left.IsZero() {
		return t.Steps[n-1]
	}
	return nil
}

// find looks for an open step from t outwards.
func (t *Thread) find(is func(*Step) bool) *Step {
	for t != nil {
		if step := t.open(); step != nil && is(step) {
			return step
		}
		if t.Parent == nil {
			return nil
		}
		t = t.Parent.In
	}
	return nil
}

func (t *Thread) upTo(stateType string) *Step {
	return t.find(func(step *Step) bool { return step.Type == stateType })
}

// Depth is how many executions started one another down to this one.
func (s *Story) Depth() int {
	depth := 0
	for s.Parent != nil && depth < deepest {
		depth++
		if s.ParentStep != nil {
			depth += s.ParentStep.In.Depth()
		}
		s = s.Parent
	}
	return depth
}

// deepest bounds what an execution that is its own ancestor, by what its history says, could do.
const deepest = 32

// Depth counts the Maps and Parallels around t.
func (t *Thread) Depth() int {
	depth := 0
	for t.Parent != nil {
		t = t.Parent.In
		depth++
	}
	return depth
}
