package flowtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/errnames"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// outcome is how one of the two runs went.
type outcome struct {
	output    []byte
	err       error
	errorName string
	cause     string
	running   bool // stopped before its end
	calls     []Call
	elapsed   time.Duration
	events    []*history.Event // of the compiled run
}

// runNative runs the workflow's function; nil where it has none, being a file. What services answer goes on t.
func (x *Test) runNative(input []byte, d time.Duration, t *tape) *outcome {
	x.t.Helper()
	body := x.workflow.Native()
	if body == nil {
		return nil
	}
	s := x.script(t)
	o := &outcome{}
	world := native.World{Start: x.start, Clients: x.workflow.Clients(), Perform: s.perform, Limit: s.limit, ExecutionID: x.executionARN()}
	world.Ended = func(at time.Time) { o.elapsed = at.Sub(x.start) }
	if d > 0 {
		world.Until = x.start.Add(d)
	}
	for _, m := range x.begin() {
		world.Moments = append(world.Moments, native.Moment{After: m.after - before, Do: m.do})
	}
	o.output, o.err = native.Execute(context.Background(), world, func(run *native.Run) ([]byte, error) { return body(run, input) })
	o.calls = s.calls
	if errors.Is(o.err, native.ErrStopped) {
		o.running, o.err = true, nil
		return o
	}
	if halt := (*native.Halt)(nil); errors.As(o.err, &halt) {
		x.t.Fatalf("flowtest: %v", halt)
	}
	var f *native.Failure
	if errors.As(native.Named(o.err), &f) {
		o.errorName, o.cause = f.Name, native.CauseOf(o.err)
		if service := (*native.ServiceError)(nil); f.Err != nil && !errors.As(f.Err, &service) {
			o.errorName = x.errorName(x.compiledOnce().names, f.Err)
		}
	} else if o.err != nil {
		o.errorName, o.cause = native.EndName(o.err), o.err.Error()
	}
	return o
}

// begin does what a test does before anything else, and gives what it does later.
func (x *Test) begin() []moment {
	var later []moment
	for _, m := range x.moments {
		if m.after > 0 {
			later = append(later, m)
		} else {
			m.do()
		}
	}
	return later
}

// before is what puts a moment of the test in front of all that an execution does at the same time, and twice of it behind.
const before = time.Nanosecond

// runCompiled runs the state machine for d of its clock; 0 is to its end. Services answer what t has.
func (x *Test) runCompiled(input []byte, d time.Duration, t *tape) *outcome {
	x.t.Helper()
	c := x.compiledOnce()
	in, err := value.Parse(string(input))
	if err != nil {
		x.t.Fatalf("flowtest: input: %v", err)
	}
	b := &bridge{compiled: c, script: x.script(t), clock: machine.NewVirtualClock(x.start)}
	o := &outcome{}
	later := x.begin()
	run := c.program.Start(x.execution(in), &machine.Env{
		Clock: b.clock, StartTask: b.start, Random: func() float64 { return 1 }, NewID: sequence(), Visit: x.visitor(c), Emit: b.emit(o),
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, m := range later {
		b.at(ctx, x.start.Add(m.after-before), func() { m.do() })
	}
	if d > 0 {
		b.at(ctx, x.start.Add(d+before), func() {
			o.running = true
			run.Stop(history.Text{}, history.Text{})
		})
	}
	o.take(run.Wait(ctx), x.start)
	o.calls = b.script.calls
	for i := range o.calls {
		o.calls[i].Input = sameIDs(o.calls[i].Input)
	}
	return o
}

// sameIDs makes all ids of sequence the same: the native run has its own for map runs.
func sameIDs(text []byte) []byte {
	if !bytes.Contains(text, []byte(idPrefix)) {
		return text
	}
	return []byte(madeID.ReplaceAllString(string(text), idPrefix+"000000000000"))
}

const idPrefix = "00000000-0000-4000-8000-"

var madeID = lazyregexp.New(idPrefix + `\d{12}`)

func (x *Test) execution(in value.Value) *machine.Execution {
	return &machine.Execution{
		ARN: x.executionARN(), Name: "flowtest", StartTime: x.start, Input: in, Express: x.workflow.Type() == flow.TypeExpress,
		MachineARN: statesARN + "stateMachine:" + x.workflow.Name(), MachineName: x.workflow.Name(),
		RoleARN: "arn:aws:iam::000000000000:role/flowtest",
	}
}

func (o *outcome) take(result machine.Result, start time.Time) {
	o.elapsed = result.Time.Sub(start)
	switch {
	case o.running:
		o.elapsed -= before
		o.events = o.events[:len(o.events)-1] // that it was stopped
	case result.Status == machine.Succeeded:
		o.output = sameIDs([]byte(result.Output.String()))
	default:
		o.errorName, o.cause = result.Error.String(), message(result.Cause)
		if o.errorName == "" {
			o.errorName = string(result.Status)
		}
		o.err = &native.Failure{Name: o.errorName, Cause: o.cause}
	}
}

// sequence makes ids that repeat from run to run.
func sequence() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf(idPrefix+"%012d", n)
	}
}

// message is a cause for comparing: of a Lambda's error payload its message.
func message(cause history.Text) string {
	if m, ok := cause.Value().Get("errorMessage"); ok {
		return m.Str()
	}
	return cause.String()
}

// bridge performs the machine's tasks as the script says.
type bridge struct {
	*compiled
	script *script
	clock  *machine.VirtualClock
	ended  atomic.Bool
}

// emit takes the events of the run.
func (b *bridge) emit(o *outcome) func(*history.Event) {
	return func(e *history.Event) {
		o.events = append(o.events, e)
		switch e.Type {
		case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
			b.ended.Store(true)
		}
	}
}

// at does something when the clock shows t, unless the execution has ended by then.
func (b *bridge) at(ctx context.Context, t time.Time, do func()) {
	b.clock.AfterFunc(ctx, t, func() {
		if !b.ended.Load() {
			do()
		}
	})
}

func (b *bridge) start(ctx context.Context, t *machine.Task, r machine.Replier) {
	task, wrap, err := b.task(t)
	if err != nil {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())})
		return
	}
	reply := b.script.perform(ctx, task)
	r.Started("")
	if task.Token != "" {
		r.Submitted(history.JSON(invocation(value.NullValue)))
	}
	switch {
	case reply.Never:
		r.Park()
	case reply.After > 0:
		r.Park()
		b.at(ctx, b.clock.Now().Add(reply.After), func() { b.answer(r, task, reply, wrap) })
	default:
		b.answer(r, task, reply, wrap)
	}
}

// task is the machine's task as the native runtime has it; wrap makes the integration's result of what the task gives.
func (b *bridge) task(t *machine.Task) (task *native.Task, wrap func(value.Value) value.Value, err error) {
	task = &native.Task{Kind: native.Lambda, State: t.State, Attempt: t.Attempt}
	input := t.Input
	wrap = func(v value.Value) value.Value { return v }
	if t.Resource.Pattern == "waitForTaskToken" {
		task.Token = t.Token
	}
	resource, _, _ := strings.Cut(t.Resource.ARN, ".")
	switch {
	case b.resources[t.State] != "":
		task.Kind, task.Name = native.Resource, b.resources[t.State]
	case t.Resource.Kind == machine.Function:
		task.Name = b.handlers[t.Resource.ARN]
	case t.Resource.Kind == machine.Activity:
		task.Kind, task.Name = native.Activity, activityName(t.Resource)
	case t.Resource.Service == "lambda" && t.Resource.Action == "invoke":
		task.Name, input = b.handlers[member(t.Input, "FunctionName").Str()], member(t.Input, "Payload")
		if task.Token == "" {
			wrap = invocation
		}
	case t.Resource.Service == "states":
		task.Kind, input = native.Nested, member(t.Input, "Input")
		task.Name = b.nested[member(t.Input, "StateMachineArn").Str()]
		wrap = execution
		if t.Resource.Pattern == "" {
			wrap, task.Left = started, true
		}
	case t.Resource.Service == "http":
		task.Kind, task.Name = native.HTTP, member(t.Input, "Method").Str()+" "+member(t.Input, "ApiEndpoint").Str()
	case t.Resource.Service == "s3" && b.sdk[resource] == "" && b.script.x.mocks[stateKey(t.State)] == nil: // a distributed map reads and writes
		task.Kind, task.Name = native.Storage, "s3:"+t.Resource.Action
	case b.sdk[resource] != "":
		task.Kind, task.Name = native.SDK, b.sdk[resource]
	default:
		task.Kind, task.Name = native.SDK, ""
	}
	if b.script.x.mocks[stateKey(t.State)] != nil {
		task.Name = stateKey(t.State)
	}
	task.Input = input.AppendJSON(make([]byte, 0, input.Size()))
	if task.Name == "" {
		return nil, nil, fmt.Errorf("nothing in this test answers state %s, which calls %s", t.State, t.Resource.ARN)
	}
	return task, wrap, nil
}

func member(v value.Value, name string) value.Value {
	m, ok := v.Get(name)
	if !ok {
		return value.OfObject(nil)
	}
	return m
}

// execution is the result of states:startExecution.sync:2, as far as definitions read it, and started that of startExecution.
func execution(output value.Value) value.Value {
	return value.OfObject([]value.Member{{Name: "Output", Value: output}, {Name: "Status", Value: value.OfString("SUCCEEDED")}})
}

func started(output value.Value) value.Value {
	return value.OfObject([]value.Member{{Name: "ExecutionArn", Value: output}})
}

func (b *bridge) answer(r machine.Replier, t *native.Task, reply native.Reply, wrap func(value.Value) value.Value) {
	if reply.Err != nil {
		r.Failed(b.failed(t, reply.Err))
		return
	}
	v, err := value.Parse(string(reply.Output))
	if err != nil {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(t.Name + " returned no JSON: " + err.Error())})
		return
	}
	r.Succeeded(history.JSON(wrap(v)))
}

// invocation is the result of lambda:invoke, as far as definitions read it.
func invocation(payload value.Value) value.Value {
	return value.OfObject([]value.Member{
		{Name: "ExecutedVersion", Value: value.OfString("1")}, {Name: "Payload", Value: payload}, {Name: "StatusCode", Value: value.OfInt(200)},
	})
}

// failed is an error as the task's kind reports it: only Lambda has a payload for it.
func (b *bridge) failed(t *native.Task, err error) machine.Failure {
	var f *native.Failure
	if !errors.As(err, &f) {
		f = t.Failure(err)
	}
	if service := (*native.ServiceError)(nil); f.Err == nil || errors.As(f.Err, &service) {
		return machine.Failure{Error: f.Name, Cause: history.Verbatim(f.Cause)}
	}
	name := b.script.x.errorName(b.names, err)
	if t.Kind != native.Lambda {
		return machine.Failure{Error: name, Cause: history.Verbatim(err.Error())}
	}
	return machine.Failure{Error: name, Cause: history.JSON(value.OfObject([]value.Member{
		{Name: "errorMessage", Value: value.OfString(err.Error())}, {Name: "errorType", Value: value.OfString(name)},
	}))}
}

// errorName is the name of a handler's error in Step Functions.
func (x *Test) errorName(matched []compile.ErrorMatch, err error) string {
	f := &errnames.Finder{Matched: matched, Known: x.values, Doubt: x.doubted}
	if name := f.Names().Of(err); name != "" {
		return name
	}
	return native.NameOf(err)
}

func (x *Test) doubted(variable string, why error) {
	_, name, _ := strings.Cut(variable, ".")
	x.doubt.Store(fmt.Errorf("%w; a test can name it: x.ErrorVariable(%q, %s)", why, name, variable))
}
