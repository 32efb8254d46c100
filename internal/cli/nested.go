package cli

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/value"
)

// hereRun is an execution in this process.
type hereRun struct {
	*here
	family *family
	run    *machine.Execution
	story  *observe.Story
	shown  *observe.Machine
	steps  map[string]*observe.Step // the latest of each state; belongs to the loop of the run
	// child says that another run waits for this one to begin, and for its end: the clock stands still in between.
	child bool
}

// family is an execution and those that came of it. They share a clock.
type family struct {
	ctx   context.Context
	clock machine.Clock
	count atomic.Int64
	alive sync.WaitGroup
	mu    sync.Mutex // of emit
	emit  func(observe.Entry)
}

// run runs the workflow once, and to their ends the executions that it starts; emit gets what is seen of them.
func (h *here) run(ctx context.Context, input string, realTime bool, emit func(observe.Entry)) (observe.Status, error) {
	in, err := value.Parse(input)
	if err != nil {
		return "", usagef("the input is not JSON: %v", err)
	}
	ctx, h.stop = context.WithCancelCause(ctx)
	defer h.stop(nil)
	f := &family{ctx: ctx, clock: machine.NewVirtualClock(time.Now()), emit: emit}
	if realTime {
		f.clock = machine.RealClock()
	}
	x := f.execution(h, "run", in, input)
	result := x.start().Wait(ctx)
	f.alive.Wait()
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	return observe.Status(result.Status), nil
}

func (f *family) execution(h *here, name string, in value.Value, text string) *hereRun {
	arn := hereStatesARN + "execution:" + h.name + ":" + name
	return &hereRun{
		here: h, family: f, story: observe.NewStory(arn), shown: &observe.Machine{Name: h.name, Express: h.express},
		steps: map[string]*observe.Step{},
		run: &machine.Execution{
			ARN: arn, Name: name, StartTime: f.clock.Now(), MachineARN: hereStatesARN + "stateMachine:" + h.name, MachineName: h.name,
			RoleARN: "arn:aws:iam::" + task.DefaultAccount + ":role/run", Input: in, InputText: text, Express: h.express,
		},
	}
}

func (x *hereRun) start() *machine.Run {
	return x.program.Start(x.run, &machine.Env{Clock: x.family.clock, StartTask: x.startTask, Emit: x.tell})
}

// tell takes the events of the run.
func (x *hereRun) tell(e *history.Event) {
	x.family.mu.Lock()
	defer x.family.mu.Unlock()
	scene := x.story.Add(e)
	if scene.Step != nil {
		x.steps[scene.Step.Name] = scene.Step
	}
	x.family.emit(observe.Entry{Machine: x.shown, Story: x.story, Scene: scene})
	switch {
	case !x.child:
	case e.Type == history.ExecutionStarted:
		x.family.clock.Hold(-1)
	case observe.Terminal(e.Type):
		x.family.clock.Hold(1) // until the parent has its answer
	}
}

// startNested runs another workflow, as states:startExecution does. A run that is waited for ends with the task.
func (x *hereRun) startNested(ctx context.Context, t *machine.Task, r machine.Replier) {
	f := x.family
	r.Started("")
	arn, _ := t.Input.Get("StateMachineArn")
	h := x.machines[arn.Str()]
	if h == nil {
		r.Failed(machine.Failure{
			Error: "StepFunctions.StateMachineDoesNotExistException", Cause: history.Verbatim("State Machine Does Not Exist: '" + arn.Str() + "'"),
		})
		return
	}
	in, _ := t.Input.Get("Input")
	child := f.execution(h, fmt.Sprintf("run-%d", f.count.Add(1)), in, in.String())
	child.story.Parent, child.story.ParentStep = x.story, x.steps[t.State]
	answer := history.JSON(value.OfObject([]value.Member{
		{Name: "ExecutionArn", Value: value.OfString(child.run.ARN)},
		{Name: "StartDate", Value: value.OfString(child.run.StartTime.UTC().Format("2006-01-02T15:04:05.000Z"))},
	}))
	if t.Resource.Pattern == "" {
		ctx, r = f.ctx, &answered{r, answer}
	} else {
		r.Submitted(answer)
	}
	child.child = true
	f.clock.Hold(1)
	run := child.start()
	stop := context.AfterFunc(ctx, func() { run.Stop(history.Text{}, history.Text{}) })
	f.alive.Go(func() {
		defer stop()
		result := run.Wait(f.ctx)
		if result.Status == machine.RunningStatus {
			return
		}
		child.report(result, t.Resource.Pattern == "sync:2", r)
		f.clock.Hold(-1)
	})
	r.Park()
}

// answered is a Replier whose task had its answer when the execution was started.
type answered struct {
	machine.Replier
	answer history.Text
}

// Park answers.
func (a *answered) Park() { a.Replier.Succeeded(a.answer) }

// Succeeded and Failed tell nobody.
func (a *answered) Succeeded(history.Text) {}
func (a *answered) Failed(machine.Failure) {}

// report answers the task that waits for the run. AWS: .sync gives input and output as texts, .sync:2 as JSON.
func (x *hereRun) report(result machine.Result, asJSON bool, r machine.Replier) {
	asJSON = asJSON && result.Status == machine.Succeeded
	var members []value.Member
	put := func(name string, v value.Value) { members = append(members, value.Member{Name: name, Value: v}) }
	data := func(name string, v value.Value) {
		if !asJSON {
			v = value.OfString(v.String())
		}
		put(name, v)
	}
	text := func(name string, t history.Text) {
		if t.Present() {
			put(name, value.OfString(t.String()))
		}
	}
	text("Cause", result.Cause)
	text("Error", result.Error)
	put("ExecutionArn", value.OfString(x.run.ARN))
	data("Input", x.run.Input)
	put("Name", value.OfString(x.run.Name))
	if result.Status == machine.Succeeded {
		data("Output", result.Output)
	}
	put("StateMachineArn", value.OfString(x.run.MachineARN))
	put("Status", value.OfString(string(result.Status)))
	described := history.JSON(value.OfObject(members))
	if result.Status != machine.Succeeded {
		r.Failed(machine.Failure{Error: "States.TaskFailed", Cause: described})
		return
	}
	r.Succeeded(described)
}

// work answers for an activity's worker.
func (h *here) work(t *machine.Task, r machine.Replier) {
	answer := h.answers[t.State]
	if answer == "" {
		r.Failed(machine.Failure{Error: "States.Runtime", Stage: machine.Scheduling, Cause: history.Verbatim(
			"a run without a server has no worker for " + t.Resource.ARN + "; give its answer with --answer '" + t.State + "=JSON'")})
		return
	}
	r.Started("run")
	r.Succeeded(history.Verbatim(answer))
}
