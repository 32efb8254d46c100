package machine

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

type taskSpec struct {
	resource            *Resource
	timeout, heartbeat  *valueField
	credentials         *template
	hasToken, submitted bool // .waitForTaskToken or activity; .sync or .waitForTaskToken
}

func compileTask(s *asl.State, inJSONata bool) (*taskSpec, error) {
	t := &taskSpec{resource: ParseResource(s.Resource)}
	t.hasToken = t.resource.Pattern == "waitForTaskToken" || t.resource.Kind == Activity
	t.submitted = t.resource.Pattern != ""
	var err error
	if t.timeout, err = compileValueField("TimeoutSeconds", s.TimeoutSeconds, s.TimeoutSecondsPath, inJSONata); err != nil {
		return nil, err
	}
	if t.heartbeat, err = compileValueField("HeartbeatSeconds", s.HeartbeatSeconds, s.HeartbeatSecondsPath, inJSONata); err != nil {
		return nil, err
	}
	t.credentials, err = compileTemplate(s.Credentials, inJSONata, "Credentials")
	return t, err
}

// A pending is a task without an answer. It is the task's Replier and its context.
type pending struct {
	Task
	run       *Run
	strand    *strand // whose state waits; nil for one that a fan waits for
	owner     answered
	index     int // of a map run's child
	child     *Child
	started   bool
	timeout   *timer
	heartbeat *timer

	mu     sync.Mutex
	parked bool
	over   bool
	done   chan struct{} // made when somebody asks for it
}

// answered is who a task's answer is for.
type answered interface {
	taskStarted(p *pending, worker string)
	taskSubmitted(p *pending, output history.Text)
	taskSucceeded(p *pending, output history.Text)
	taskFailed(p *pending, f Failure)
	taskTimedOut(p *pending, heartbeat bool)
}

func (p *pending) Started(worker string) { p.push(Input{Kind: TaskStarted, Worker: worker}) }
func (p *pending) Submitted(output history.Text) {
	p.push(Input{Kind: TaskSubmitted, Output: output})
}
func (p *pending) Succeeded(output history.Text) {
	p.end(Input{Kind: TaskSucceeded, Output: output})
}
func (p *pending) Failed(f Failure) { p.end(Input{Kind: TaskFailed, Failure: f}) }
func (p *pending) TimedOut()        { p.end(Input{Kind: TaskTimedOut}) }
func (p *pending) Heartbeat()       { p.push(Input{Kind: TaskHeartbeat}) }

// end gives the last answer: beside other executions on a virtual clock, in the order of the answers, so that a run repeats itself.
// What a child execution gives is there at once, as an iteration's result is.
func (p *pending) end(in Input) {
	clock := p.run.turns
	if clock == nil || p.child != nil {
		p.push(in)
		return
	}
	clock.inTurn(p, answers, func() { p.push(in) })
	p.Park()
}

func (p *pending) push(in Input) {
	p.mu.Lock()
	over := p.over
	p.mu.Unlock()
	if !over {
		in.Seq = p.Seq
		p.run.push(in)
	}
}

// Park lets a virtual clock go on without the task's answer.
func (p *pending) Park() {
	p.mu.Lock()
	release := !p.parked && !p.over
	p.parked = true
	p.mu.Unlock()
	if release {
		p.run.env.Clock.Hold(-1)
	}
}

// drop says that nobody waits for the task any longer: its context ends, late answers are lost.
func (p *pending) drop() {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return
	}
	p.over = true
	release := !p.parked
	if p.done != nil {
		close(p.done)
	}
	p.mu.Unlock()
	if release {
		p.run.env.Clock.Hold(-1)
	}
	p.run.cancel(p.timeout)
	p.run.cancel(p.heartbeat)
	delete(p.run.pending, p.Seq)
}

// Deadline, Done, Err and Value make a pending the context of its own task.
func (p *pending) Deadline() (time.Time, bool) { return time.Time{}, false }

func (p *pending) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = make(chan struct{})
		if p.over {
			close(p.done)
		}
	}
	return p.done
}

func (p *pending) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return context.Canceled
	}
	return nil
}

func (p *pending) Value(any) any { return nil }

// track registers a new task under the next number.
func (r *Run) track(p *pending) *pending {
	r.seq++
	p.run, p.Seq = r, r.seq
	if r.pending == nil {
		r.pending = make(map[int64]*pending)
	}
	r.pending[p.Seq] = p
	r.env.Clock.Hold(1)
	return p
}

// react gives one answer to whom it is for. A final answer ends the task first.
func (p *pending) react(in Input) {
	switch in.Kind {
	case TaskStarted:
		if !p.started {
			p.started = true
			p.owner.taskStarted(p, in.Worker)
		}
	case TaskSubmitted:
		p.begin()
		p.Task.Submitted, p.SubmitOutput = true, in.Output
		p.owner.taskSubmitted(p, in.Output)
	case TaskHeartbeat:
		p.beat()
	case TaskSucceeded:
		p.begin()
		p.drop()
		p.owner.taskSucceeded(p, in.Output)
	case TaskFailed:
		if in.Failure.Stage == Running || in.Failure.Stage == Submitting {
			p.begin()
		}
		p.drop()
		p.owner.taskFailed(p, in.Failure)
	case TaskTimedOut:
		p.begin()
		p.drop()
		p.owner.taskTimedOut(p, false)
	}
}

// begin makes up for a Started that nobody sent. An activity is begun only by its worker.
func (p *pending) begin() {
	if p.started {
		return
	}
	p.started = true
	p.owner.taskStarted(p, "")
}

func (p *pending) beat() {
	if p.heartbeat != nil {
		p.run.cancel(p.heartbeat)
		p.heartbeat = p.run.after(p.Task.Heartbeat, p, nil)
	}
}

// expired ends the task for its timeout or its heartbeat.
func (p *pending) expired(t *timer) {
	heartbeat := t == p.heartbeat
	if p.Resource != nil && p.Resource.Kind != Activity {
		p.begin()
	}
	p.drop()
	p.owner.taskTimedOut(p, heartbeat)
}

// startTask evaluates what the Task sends and starts it.
func (s *strand) startTask() error {
	st, r := s.state, s.run
	p := &pending{Task: Task{Execution: r.exec, State: st.name, Attempt: s.attempt, Resource: st.task.resource}, strand: s, owner: s}
	if err := s.prepare(p); err != nil {
		return err
	}
	s.task = r.track(p)
	s.scheduled(p)
	if r.done { // that was one event too many
		return nil
	}
	if p.Task.Timeout > 0 {
		p.timeout = r.after(p.Task.Timeout, p, nil)
	}
	if p.Task.Heartbeat > 0 && p.Token != "" { // others have nobody who could send one
		p.heartbeat = r.after(p.Task.Heartbeat, p, nil)
	}
	r.launch(p)
	return nil
}

func (s *strand) prepare(p *pending) (err error) {
	st := s.state
	a := &activation{run: s.run, strand: s, input: s.effective}
	if p.Input, err = s.payload(a); err != nil {
		return err
	}
	if st.task.credentials != nil {
		c, err := st.task.credentials.eval(a)
		if err != nil {
			return err
		}
		role, _ := c.Get("RoleArn")
		p.RoleARN = role.Str()
	}
	limit, err := st.task.timeout.integer(a)
	if err != nil {
		return err
	}
	p.Task.Timeout = time.Duration(limit) * time.Second
	beat, err := st.task.heartbeat.integer(a)
	if err != nil {
		return err
	}
	p.Task.Heartbeat = time.Duration(beat) * time.Second
	if token := s.givenToken(); token != "" {
		s.token = token
	} else if st.task.hasToken {
		s.taskToken()
	}
	p.Token = s.token
	return nil
}

// payload is what a Task sends, and what the branches of a Parallel get: Parameters, Arguments or else the input. AWS: "Error
// names", States.DataLimitExceeded also where the input of a state is too large after Parameters.
func (s *strand) payload(a *activation) (value.Value, error) {
	v, err := a.input, error(nil)
	switch st := s.state; {
	case st.parameters != nil:
		v, err = st.parameters.eval(a)
	case st.arguments != nil:
		v, err = st.arguments.eval(a)
	}
	if err == nil && v.Size() > MaxPayload {
		return v, outputTooLarge(s.state.name)
	}
	if d := s.data(); d != nil && err == nil {
		if s.state.jsonata {
			d.AfterArguments = v
		} else {
			d.AfterParameters = v
		}
	}
	return v, err
}

// launch hands the task to the Env, unless a journal may have what becomes of it.
func (r *Run) launch(p *pending) {
	switch {
	case r.replaying:
	case p.child != nil && r.env.StartChild != nil:
		r.env.StartChild(p, p.child, p)
	case p.child != nil:
		r.runChild(p, p.child)
	case r.inspector != nil && r.inspector.test.Mock != nil:
		r.inspector.test.Mock.answer(p)
	case r.env.StartTask != nil:
		r.env.StartTask(p, &p.Task, p)
	default:
		p.Failed(Failure{Error: errRuntime, Cause: history.Verbatim("no service answers " + p.Resource.ARN + " here")})
	}
}

// scheduled emits the event of a task that is about to start.
func (s *strand) scheduled(p *pending) {
	r := s.run
	event := history.TaskScheduled
	switch p.Resource.Kind {
	case Function:
		event = history.LambdaFunctionScheduled
	case Activity:
		event = history.ActivityScheduled
	}
	var d *history.Details
	if r.recording {
		d = &history.Details{TimeoutSeconds: int64(p.Task.Timeout / time.Second), HeartbeatSeconds: int64(p.Task.Heartbeat / time.Second),
			CredentialsARN: p.RoleARN}
		if p.Resource.Kind == Service {
			d.ResourceType, d.Resource, d.Region = p.Resource.Service, p.Resource.operation(), regionOf(r.exec.ARN)
			d.Parameters = r.text(p.Input)
		} else {
			d.Resource, d.Input = p.Resource.ARN, r.text(p.Input)
		}
	}
	s.prev = r.emit(s.prev, event, d)
}

// regionOf is the region in an ARN.
func regionOf(arn string) string {
	part := strings.SplitN(arn, ":", 5)
	if len(part) < 5 {
		return ""
	}
	return part[3]
}

// taskEvents are the types of a task's events, by the kind of its Resource: for a service, a function, an activity.
type taskEvents struct{ service, function, activity history.Type }

var (
	startedEvents   = taskEvents{history.TaskStarted, history.LambdaFunctionStarted, history.ActivityStarted}
	succeededEvents = taskEvents{history.TaskSucceeded, history.LambdaFunctionSucceeded, history.ActivitySucceeded}
	timedOutEvents  = taskEvents{history.TaskTimedOut, history.LambdaFunctionTimedOut, history.ActivityTimedOut}
	failedEvents    = [...]taskEvents{
		Running:    {history.TaskFailed, history.LambdaFunctionFailed, history.ActivityFailed},
		Scheduling: {history.TaskFailed, history.LambdaFunctionScheduleFailed, history.ActivityScheduleFailed},
		Starting:   {history.TaskStartFailed, history.LambdaFunctionStartFailed, history.ActivityFailed},
		Submitting: {history.TaskSubmitFailed, history.LambdaFunctionFailed, history.ActivityFailed},
	}
)

// report emits an event of the task; details has what is its own.
func (s *strand) report(p *pending, events taskEvents, details history.Details) {
	event := events.service
	switch p.Resource.Kind {
	case Function:
		event = events.function
	case Activity:
		event = events.activity
	default:
		details.ResourceType, details.Resource = p.Resource.Service, p.Resource.operation()
	}
	var d *history.Details
	if s.run.recording && event != history.LambdaFunctionStarted {
		d = &details
	}
	s.prev = s.run.emit(s.prev, event, d)
}

func (s *strand) taskStarted(p *pending, worker string) {
	s.report(p, startedEvents, history.Details{WorkerName: worker})
}

func (s *strand) taskSubmitted(p *pending, output history.Text) {
	var d *history.Details
	if s.run.recording {
		d = &history.Details{ResourceType: p.Resource.Service, Resource: p.Resource.operation(), Output: output}
	}
	s.prev = s.run.emit(s.prev, history.TaskSubmitted, d)
}

func (s *strand) taskSucceeded(p *pending, output history.Text) {
	s.task = nil
	if d := s.data(); d != nil && !s.state.jsonata {
		d.Result = output.Value()
	}
	if output.Size() > MaxPayload {
		f := tooLarge(p.Resource.display())
		s.failTask(p, f, Running)
		return
	}
	s.report(p, succeededEvents, history.Details{Output: output})
	result := output.Value()
	var err error
	if !result.Defined() {
		err = runtimeErrorf("The state/task '%s' returned a result that is not JSON.", p.Resource.display())
	} else {
		err = s.complete(result)
	}
	if err != nil {
		s.fail(s.fault(err))
	}
	s.advance()
}

// display is how AWS's texts name a resource.
func (r *Resource) display() string {
	if r.Kind == Service {
		return r.Service
	}
	return r.ARN
}

func (s *strand) taskFailed(p *pending, f Failure) {
	s.failTask(p, &failure{name: f.Error, cause: f.Cause, task: true, terminal: f.Error == errRuntime}, f.Stage)
}

func (s *strand) failTask(p *pending, f *failure, stage Stage) {
	s.task = nil
	s.report(p, failedEvents[stage], history.Details{Error: f.errorText(), Cause: f.cause})
	s.fail(f)
	s.advance()
}

func (s *strand) taskTimedOut(p *pending, heartbeat bool) {
	s.task = nil
	f := &failure{name: errTimeout, task: true, heartbeat: heartbeat}
	s.report(p, timedOutEvents, history.Details{Error: f.errorText()})
	s.fail(f)
	s.advance()
}
