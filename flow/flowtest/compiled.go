package flowtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// compiled is a workflow as a state machine, ready to run.
type compiled struct {
	program *machine.Program
	// distributed says that the machine has a distributed map.
	distributed bool
	sdk         map[string]string // resource -> the SDK's method
	nested      map[string]string // a machine's ARN in the definition -> the workflow's function
	handlers    map[string]string // the function's ARN in the definition -> the handler
	names       []compile.ErrorMatch
	err         error
}

// cache holds what this test binary has compiled: compiling asks the Go command for types, a run takes microseconds.
var cache sync.Map // of the workflow's name and function -> func() *compiled

func compileOnce(w flow.Workflow, nested []flow.Workflow) *compiled {
	key := w.Name() + " " + w.Func().Package + "." + w.Func().Name + w.File()
	once, _ := cache.LoadOrStore(key, sync.OnceValue(func() *compiled { return compileWorkflow(w, nested) }))
	return once.(func() *compiled)()
}

// sources holds the packages of workflows that this test binary has read.
var sources sync.Map // import path -> func() (*compile.Source, error)

func sourceOf(w compile.Workflow) (*compile.Source, error) {
	once, _ := sources.LoadOrStore(w.Package, sync.OnceValues(func() (*compile.Source, error) {
		return compile.Load(".", []compile.Workflow{w}, nil)
	}))
	return once.(func() (*compile.Source, error))()
}

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"

func compileWorkflow(w flow.Workflow, nested []flow.Workflow) *compiled {
	in := compile.Workflow{
		Name: w.Name(), Package: w.Func().Package, Func: w.Func().Name, Express: w.Type() == flow.TypeExpress, Timeout: w.Timeout(),
	}
	c := &compiled{handlers: map[string]string{}, sdk: map[string]string{}, nested: map[string]string{}}
	for _, f := range w.Functions() {
		in.Functions = append(in.Functions, compile.Handler{Package: f.Func.Package, Func: f.Func.Name, Timeout: f.Timeout})
	}
	source, err := sourceOf(in)
	if err != nil {
		c.err = err
		return c
	}
	p, err := source.Compile(in, compile.Registered(nested)...)
	if err != nil {
		c.err = err
		return c
	}
	c.names = p.Errors
	packages := map[string]string{}
	for _, use := range p.Uses {
		packages[use.Name] = use.Package
	}
	maps.Copy(c.sdk, p.Operations)
	def, err := compile.Resolve(p.Definition, func(k compile.Kind, name string) (string, error) {
		switch k {
		case compile.Env:
			return os.Getenv(name), nil
		case compile.Function:
		default:
			arn := "arn:aws:states:us-east-1:000000000000:" + string(k) + ":" + name
			for _, w := range nested {
				if k == compile.StateMachine && w.Name() == name {
					c.nested[arn] = w.Func().Package + "." + w.Func().Name
				}
			}
			return arn, nil
		}
		arn := functionARN + strings.ReplaceAll(name, ".", "-")
		_, fn, _ := strings.Cut(name, ".")
		c.handlers[arn] = packages[name] + "." + fn
		return arn, nil
	})
	if err != nil {
		c.err = err
		return c
	}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) { c.distributed = c.distributed || s.Distributed() })
	c.program, c.err = machine.Compile(def)
	return c
}

func (x *Test) runCompiled(input []byte) *outcome {
	x.t.Helper()
	c := compileOnce(x.workflow, x.nested)
	if c.err != nil {
		x.t.Fatalf("flowtest: compiling %s:\n%v", x.workflow.Name(), c.err)
	}
	in, err := value.Parse(string(input))
	if err != nil {
		x.t.Fatalf("flowtest: input: %v", err)
	}
	b := &bridge{compiled: c, script: x.script(), clock: machine.NewVirtualClock(x.start)}
	o := &outcome{entries: map[int64]bool{}}
	env := &machine.Env{
		Clock: b.clock, StartTask: b.start, Random: func() float64 { return 1 }, NewID: sequence(),
		Emit: func(e *history.Event) { o.note(e) },
	}
	exec := &machine.Execution{
		ARN: x.executionARN(), Name: "flowtest", StartTime: x.start, Input: in, Express: x.workflow.Type() == flow.TypeExpress,
		MachineARN:  "arn:aws:states:us-east-1:000000000000:stateMachine:" + x.workflow.Name(),
		MachineName: x.workflow.Name(), RoleARN: "arn:aws:iam::000000000000:role/flowtest",
	}
	result := c.program.Run(context.Background(), exec, env)
	o.elapsed = result.Time.Sub(x.start)
	o.calls = b.script.calls
	for i := range o.calls {
		o.calls[i].Input = []byte(madeID.ReplaceAllString(string(o.calls[i].Input), sameID))
	}
	if result.Status != machine.Succeeded {
		o.errorName, o.cause = result.Error.String(), message(result.Cause)
		if o.errorName == "" {
			o.errorName = string(result.Status)
		}
		o.err = &native.Failure{Name: o.errorName, Cause: o.cause}
		return o
	}
	o.output = []byte(madeID.ReplaceAllString(result.Output.String(), sameID))
	return o
}

// madeID is an id of sequence; the two runs are compared with all of them the same, as the native one has its map runs'.
var (
	madeID = lazyregexp.New(`00000000-0000-4000-8000-\d{12}`)
	sameID = "00000000-0000-4000-8000-000000000000"
)

// sequence makes ids that repeat from run to run.
func sequence() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
}

// note takes an event of the compiled run. AWS bills a transition for each state entered and each retry.
func (o *outcome) note(e *history.Event) {
	o.events = append(o.events, e.Line())
	kind := string(e.Type)
	entered := strings.HasSuffix(kind, "StateEntered")
	if entered {
		o.path = append(o.path, e.Details.Name)
	}
	if entered || strings.HasSuffix(kind, "Scheduled") && !o.entries[e.PreviousID] {
		o.moves++
	}
	if entered {
		o.entries[e.ID] = true
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
		at := b.clock.Now().Add(reply.After)
		b.clock.Hold(1)
		go func() {
			defer b.clock.Hold(-1)
			if b.clock.Wait(ctx, at, nil) {
				b.answer(r, task, reply, wrap)
			}
		}()
	default:
		b.answer(r, task, reply, wrap)
	}
}

// task is the machine's task as the native runtime has it; wrap makes the integration's result of what the task gives.
func (b *bridge) task(t *machine.Task) (task *native.Task, wrap func(value.Value) value.Value, err error) {
	task = &native.Task{Kind: native.Lambda, State: t.State, Attempt: t.Attempt, Input: []byte(t.Input.String())}
	wrap = func(v value.Value) value.Value { return v }
	if t.Resource.Pattern == "waitForTaskToken" {
		task.Token = t.Token
	}
	resource, _, _ := strings.Cut(t.Resource.ARN, ".")
	switch {
	case t.Resource.Kind == machine.Function:
		task.Name = b.handlers[t.Resource.ARN]
	case t.Resource.Kind == machine.Activity:
		task.Kind, task.Name = native.Activity, t.Resource.ARN[strings.LastIndexByte(t.Resource.ARN, ':')+1:]
	case t.Resource.Service == "lambda" && t.Resource.Action == "invoke":
		task.Name, task.Input = b.handlers[member(t.Input, "FunctionName").Str()], []byte(member(t.Input, "Payload").String())
		if task.Token == "" {
			wrap = invocation
		}
	case t.Resource.Service == "states":
		task.Kind, task.Input = native.Nested, []byte(member(t.Input, "Input").String())
		task.Name = b.nested[member(t.Input, "StateMachineArn").Str()]
		wrap = execution
		if t.Resource.Pattern == "" {
			wrap = started
		}
	case t.Resource.Service == "http":
		task.Kind, task.Name = native.HTTP, member(t.Input, "Method").Str()+" "+member(t.Input, "ApiEndpoint").Str()
	case t.Resource.Service == "s3" && b.sdk[resource] == "": // a distributed map reads and writes
		task.Kind, task.Name = native.Storage, "s3:"+t.Resource.Action
	case b.sdk[resource] != "":
		task.Kind, task.Name = native.SDK, b.sdk[resource]
	default:
		return nil, nil, fmt.Errorf("nothing in this test answers %s", t.Resource.ARN)
	}
	if task.Name == "" {
		return nil, nil, fmt.Errorf("state %s calls what is not registered with the test", t.State)
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
	if errors.As(err, &f) && f.Err == nil {
		return machine.Failure{Error: f.Name, Cause: history.Verbatim(f.Cause)}
	}
	name, cause := b.failure(err)
	if t.Kind != native.Lambda {
		return machine.Failure{Error: name, Cause: history.Verbatim(err.Error())}
	}
	return machine.Failure{Error: name, Cause: history.JSON(cause)}
}

// failure is a handler's error as its Lambda function reports it: under the name that the workflow matches, else under its type's.
func (b *bridge) failure(err error) (string, value.Value) {
	name := b.script.x.errorName(b.names, err)
	return name, value.OfObject([]value.Member{
		{Name: "errorMessage", Value: value.OfString(err.Error())}, {Name: "errorType", Value: value.OfString(name)},
	})
}

// errorName is the name of a handler's error in Step Functions: that of the first error in its chain that the workflow matches.
func (x *Test) errorName(names []compile.ErrorMatch, err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, m := range names {
			if matches(m, e) || !m.Type && x.values[m.Ident] == e {
				return m.Name
			}
		}
	}
	return native.NameOf(err)
}

// sorted is v with the members of its objects in the order of their names.
func sorted(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = sorted(item)
		}
		return value.OfArray(items)
	case value.Object:
		members := slices.Clone(v.Members())
		for i := range members {
			members[i].Value = sorted(members[i].Value)
		}
		slices.SortFunc(members, func(a, b value.Member) int { return cmp.Compare(a.Name, b.Name) })
		return value.OfObject(members)
	}
	return v
}

// matches says whether err is of the type that m names. Variables have no name at run time: ErrorVariable gives them one.
func matches(m compile.ErrorMatch, err error) bool {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return m.Type && t.PkgPath() == m.Package && t.Name() == m.Ident
}
