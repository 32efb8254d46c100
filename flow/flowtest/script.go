package flowtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
)

// Call is one call that a run made.
type Call struct {
	Handler   string // "example.com/shop/payments.Charge", an operation, a workflow's function, an activity, "state NAME"
	Input     []byte // JSON
	Err       error
	Duplicate bool // delivered a second time, by a fault
}

// name is the handler without the folders of its import path.
func (c Call) name() string {
	if strings.Contains(c.Handler, " ") { // a request or a state
		return c.Handler
	}
	return path.Base(c.Handler)
}

func (c Call) String() string {
	text := c.name() + " " + string(c.Input)
	if c.Err != nil {
		text += ": " + c.Err.Error()
	}
	return text
}

// world is what the workflows of a test register: nothing of it changes from run to run.
type world struct {
	actions map[string]func(context.Context, []byte) ([]byte, error) // the handlers, for the compiled run
	inputs  map[string]reflect.Type                                  // of the handlers, and of the workflows that are run
	limits  map[string]time.Duration                                 // of one invocation
	memory  map[string]int                                           // MB
	silent  map[string]bool                                          // handlers that give nothing back but an error
}

func (x *Test) register() *world {
	if x.world != nil {
		return x.world
	}
	w := &world{
		actions: map[string]func(context.Context, []byte) ([]byte, error){}, inputs: map[string]reflect.Type{},
		limits: map[string]time.Duration{}, memory: map[string]int{}, silent: map[string]bool{},
	}
	for _, flow := range append([]flow.Workflow{x.workflow}, x.nested...) {
		for _, f := range flow.Functions() {
			w.add(f)
		}
	}
	for _, flow := range x.nested {
		w.inputs[flow.Func().Package+"."+flow.Func().Name] = flow.Input()
	}
	x.world = w
	return w
}

func (w *world) add(f flow.FunctionSpec) {
	name := f.Func.Package + "." + f.Func.Name
	w.actions[name] = jsonHandler(f.Handler)
	w.limits[name], w.memory[name] = f.Timeout, f.Memory
	if t := reflect.TypeOf(f.Handler); t.Kind() == reflect.Func {
		if n := t.NumIn(); n > 0 && t.In(n-1) != reflect.TypeFor[context.Context]() {
			w.inputs[name] = t.In(n - 1)
		}
		w.silent[name] = t.NumOut() == 1
	}
}

// script is the world of one run: it performs tasks as the mocks say and notes the calls.
type script struct {
	*world
	x      *Test
	mu     sync.Mutex
	counts map[string]int
	calls  []Call
	tape   *tape
}

func (x *Test) script(t *tape) *script {
	return &script{world: x.register(), x: x, counts: map[string]int{}, tape: t}
}

// perform is native.World's Perform.
func (s *script) perform(ctx context.Context, t *native.Task) native.Reply {
	if t.Kind == native.Storage {
		return s.x.storage(t)
	}
	m := s.x.mockOf(t)
	n := s.count(t.Name)
	reply := s.outcome(ctx, m, t, n)
	twice := false
	if f := s.x.faults; f != nil {
		input := s.decoded(t.Name, bytes.ReplaceAll(t.Input, []byte(t.Token), nil))
		twice = f.befall(t, input, s.count(t.Name+" "+string(input)), &reply)
	}
	s.note(t, reply.Err, false)
	if twice {
		s.note(t, s.outcome(ctx, m, t, n).Err, true)
	}
	return s.bounded(t, reply)
}

// count is how often name was counted before.
func (s *script) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[name]++
	return s.counts[name] - 1
}

func (s *script) note(t *native.Task, err error, duplicate bool) {
	input := t.Input
	if t.Token != "" {
		input = bytes.ReplaceAll(input, []byte(t.Token), []byte(tokenText))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{Handler: t.Name, Input: input, Err: err, Duplicate: duplicate})
}

// bounded ends an invocation at the timeout of its function. AWS: Lambda, function timeout; a step that waits for a token has
// nothing to do with the function's own time.
func (s *script) bounded(t *native.Task, reply native.Reply) native.Reply {
	limit := s.limits[t.Name]
	if t.Kind != native.Lambda || t.Token != "" || limit == 0 || !reply.Never && reply.After <= limit {
		return reply
	}
	return native.Reply{After: limit, Err: &native.Failure{
		Name: "Sandbox.Timedout", Cause: fmt.Sprintf("RequestId: flowtest Error: Task timed out after %.2f seconds", limit.Seconds()),
	}}
}

// callMargin and the limits below are the compiler's, for steps that say nothing.
const (
	callMargin = 10 * time.Second
	sdkLimit   = time.Minute
)

// limit is native.World's Limit.
func (s *script) limit(t *native.Task) time.Duration {
	switch {
	case t.Kind == native.SDK:
		return sdkLimit
	case t.Kind == native.Lambda && t.Token == "":
		return (s.limits[t.Name] + time.Second - 1).Truncate(time.Second) + callMargin
	}
	return 0
}

// nestedRun runs a workflow that the tested one runs, as Go: a test of its own compares its two forms. It takes its own time.
func (s *script) nestedRun(w flow.Workflow, reply *native.Reply) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, in []byte) ([]byte, error) {
		world := native.World{Start: s.x.start, Clients: s.x.workflow.Clients(), Perform: s.perform, Limit: s.limit, ExecutionID: s.x.executionARN()}
		world.Ended = func(at time.Time) { reply.After += at.Sub(s.x.start) }
		out, err := native.Execute(ctx, world, func(run *native.Run) ([]byte, error) { return w.Native()(run, in) })
		return out, native.NestedFailure(err)
	}
}

// tokenText stands for the task token in the inputs that are reported: the two runs have different ones.
const tokenText = "TOKEN"

// decoded is the input of a call as the handler sees it: what the handler's type has no field for, and the difference between a
// field that is missing and one that is zero, do not count.
func (w *world) decoded(handler string, input []byte) []byte {
	if t, ok := w.inputs[handler]; ok {
		return throughType(input, t)
	}
	return input
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

// outcome is what the world does with call number n of a task.
func (s *script) outcome(ctx context.Context, m *mock, t *native.Task, n int) native.Reply {
	reply := native.Reply{After: m.after, Never: m.never}
	for _, f := range m.fail {
		if n < f.times {
			reply.Err = f.err
			return reply
		}
		n -= f.times
	}
	call := s.callOf(m, t, &reply)
	if call == nil {
		reply.Err = t.Unset()
		return reply
	}
	reply.Output, reply.Err = call(ctx, t.Input)
	if t.Left {
		arn, err := json.Marshal("arn:aws:states:::execution:" + t.Name)
		return native.Reply{After: m.after, Output: arn, Err: err}
	}
	if reply.Err != nil || t.Token == "" {
		return reply
	}
	switch {
	case m.answer != nil:
		reply.Output, reply.Err = m.answer(t.Input)
	case s.silent[t.Name] && !m.never:
		reply.Err = fmt.Errorf("flowtest: nobody answers the task token of %s: a test needs AnswerExec, or LeaveOpen", t.Name)
	}
	return reply
}

// callOf is what a task calls: the mock, else a workflow of the test, else the Go function behind the step, or the handler.
func (s *script) callOf(m *mock, t *native.Task, reply *native.Reply) func(context.Context, []byte) ([]byte, error) {
	if m.call != nil {
		return m.call
	}
	for _, w := range s.x.nested {
		if w.Native() != nil && w.Func().Package+"."+w.Func().Name == t.Name {
			return s.nestedRun(w, reply)
		}
	}
	if t.Kind == native.SDK {
		return s.tape.through(t)
	}
	if t.Handle != nil {
		return t.Handle
	}
	return s.actions[t.Name]
}

// jsonHandler calls a handler of any form that package lambda takes with JSON; nil for what is none.
func jsonHandler(handler any) func(context.Context, []byte) ([]byte, error) {
	fn := reflect.ValueOf(handler)
	if fn.Kind() != reflect.Func || fn.Type().NumIn() > 2 || fn.Type().NumOut() > 2 {
		return nil
	}
	return func(ctx context.Context, input []byte) ([]byte, error) {
		args, err := arguments(fn.Type(), ctx, input)
		if err != nil {
			return nil, err
		}
		var out any
		for _, r := range fn.Call(args) {
			if r.Type() != reflect.TypeFor[error]() {
				out = r.Interface()
			} else if err, _ := r.Interface().(error); err != nil {
				return nil, err
			}
		}
		return json.Marshal(out)
	}
}

// arguments are what a handler of type t is called with.
func arguments(t reflect.Type, ctx context.Context, input []byte) ([]reflect.Value, error) {
	args := make([]reflect.Value, t.NumIn())
	for i := range args {
		in := t.In(i)
		if in == reflect.TypeFor[context.Context]() {
			args[i] = reflect.ValueOf(ctx)
			continue
		}
		v := reflect.New(in)
		if err := json.Unmarshal(input, v.Interface()); err != nil {
			return nil, err
		}
		args[i] = v.Elem()
	}
	return args, nil
}
