package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Type is a state machine's type. It cannot change once the machine is deployed.
type Type string

const (
	// TypeStandard runs up to a year, each step exactly once, billed by the transition.
	TypeStandard Type = "STANDARD"
	// TypeExpress runs up to five minutes, at least once, billed by time and memory.
	TypeExpress Type = "EXPRESS"
)

// Workflow is a state machine to be: its name, the Go function or ASL file that defines it, and the handlers that it calls.
// Standard, Express and FromFile make one; the command line, the compiler and the bundler read it.
type Workflow struct {
	name      string
	typ       Type
	fn        GoFunc
	file      string
	timeout   time.Duration
	functions []FunctionSpec
	execute   func(*native.Run, []byte) ([]byte, error)
	check     func([]byte) error // that an input is of the function's type
	input     reflect.Type
	clients   map[reflect.Type]any
}

// GoFunc says where a Go function is: enough to find its source with go list.
type GoFunc struct {
	Package string // import path: "example.com/shop/workflows"
	Name    string // "Fulfil"; for a function literal or a method what the linker calls it ("init.func1", "(*T).M")
	File    string // as the compiler recorded it: absolute, unless built with -trimpath
	Line    int
}

// Standard is a workflow of type STANDARD called name, AWS: 1 to 80 letters, digits, '-' and '_'.
func Standard[I, O any](name string, fn func(Context, I) (O, error), parts ...Part) Workflow {
	return newWorkflow(name, TypeStandard, fn, parts)
}

// Express is a workflow of type EXPRESS. It cannot wait for a token, an activity or a nested execution, and its steps may run
// more than once.
func Express[I, O any](name string, fn func(Context, I) (O, error), parts ...Part) Workflow {
	return newWorkflow(name, TypeExpress, fn, parts)
}

func newWorkflow[I, O any](name string, typ Type, fn func(Context, I) (O, error), parts []Part) Workflow {
	w := Workflow{name: name, typ: typ, fn: goFunc(fn), execute: executor(fn), check: checkInput[I], input: reflect.TypeFor[I]()}
	return w.with(parts)
}

// FromFile is a workflow written in the Amazon States Language: the file's path is relative to the project. Its Tasks name the
// registered handlers as ${fn:package.Name}, where package is the last part of the import path, or in words of their own that Bind
// binds to handlers.
func FromFile(name, file string, typ Type, parts ...Part) Workflow {
	return Workflow{name: name, typ: typ, file: file}.with(parts)
}

func (w Workflow) with(parts []Part) Workflow {
	for _, p := range parts {
		p.add(&w)
	}
	return w
}

func checkInput[I any](input []byte) error {
	var in I
	if err := json.Unmarshal(input, &in); err != nil {
		return fmt.Errorf("the input is not a %T: %w", in, err)
	}
	return nil
}

func executor[I, O any](fn func(Context, I) (O, error)) func(*native.Run, []byte) ([]byte, error) {
	return func(run *native.Run, input []byte) ([]byte, error) {
		var in I
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, fmt.Errorf("the input is not a %T: %w", in, err)
		}
		out, err := fn(Context{run}, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// Name is the state machine's name.
func (w Workflow) Name() string { return w.name }

// Type is the state machine's type.
func (w Workflow) Type() Type { return w.typ }

// Func is the Go function; its Package is "" for a workflow from a file.
func (w Workflow) Func() GoFunc { return w.fn }

// File is the ASL file of a workflow that FromFile made, else "".
func (w Workflow) File() string { return w.file }

// Timeout bounds a whole execution; 0 means that nothing but AWS's own limits does.
func (w Workflow) Timeout() time.Duration { return w.timeout }

// Functions are the registered handlers, in the order of their registration.
func (w Workflow) Functions() []FunctionSpec { return w.functions }

// Execute runs the workflow's Go function natively, on a clock of its own that jumps over every wait: steps call the handlers of
// this process, and Do the clients of WithClients. Input and output are JSON. An error is what the function returned: a *Failure or an error of a handler.
// A workflow from a file has no Go function, and Execute says so.
func (w Workflow) Execute(ctx context.Context, input []byte) ([]byte, error) {
	if w.execute == nil {
		return nil, fmt.Errorf("workflow %s is the file %s: it has no Go function to run", w.name, w.file)
	}
	return native.Execute(ctx, native.World{Clients: w.clients}, func(run *native.Run) ([]byte, error) { return w.execute(run, input) })
}

// WithClients is the workflow with clients of AWS services that its steps by Do call when it runs natively, in Execute and in
// tests: sns.NewFromConfig(cfg). Where they call, and as whom, is what they were made with. A state machine knows nothing of them.
func (w Workflow) WithClients(clients ...any) Workflow {
	w.clients = maps.Clone(w.clients)
	if w.clients == nil {
		w.clients = map[reflect.Type]any{}
	}
	for _, c := range clients {
		w.clients[reflect.TypeOf(c)] = c
	}
	return w
}

// Clients are those of WithClients, by their type; package flowtest uses them.
func (w Workflow) Clients() map[reflect.Type]any { return w.clients }

// CheckInput says why input, JSON, is not what the workflow's function takes. A workflow from a file takes anything.
func (w Workflow) CheckInput(input []byte) error {
	if w.check == nil {
		return nil
	}
	return w.check(input)
}

// Input is the type of the function's input, nil of a workflow that FromFile made.
func (w Workflow) Input() reflect.Type { return w.input }

// Native is what Execute runs, for a world of the caller's own; package flowtest uses it.
func (w Workflow) Native() func(*native.Run, []byte) ([]byte, error) { return w.execute }

// Part is what a workflow is made of besides its function: Function and WorkflowTimeout.
type Part interface{ add(*Workflow) }

type part func(*Workflow)

func (p part) add(w *Workflow) { p(w) }

// WorkflowTimeout ends an execution that takes longer than d, whole seconds, with States.Timeout. AWS: TimeoutSeconds.
func WorkflowTimeout(d time.Duration) Part { return part(func(w *Workflow) { w.timeout = d }) }

// FunctionSpec is a handler and the configuration of the Lambda function that it becomes.
type FunctionSpec struct {
	Handler     any           // the function value
	Func        GoFunc        // where it is
	Memory      int           // MB; 128 to 10,240
	Timeout     time.Duration // of one invocation; at most 15 minutes
	Concurrency int           // reserved concurrent executions; 0: none reserved
	Storage     int           // MB of /tmp; 512 to 10,240
	Env         map[string]string
	Policies    []Policy
	Bound       []string // what the Tasks of a workflow from a file call it
}

// Policy is a permission that a handler needs on AWS: actions ("dynamodb:GetItem") on resources (ARNs).
type Policy struct{ Actions, Resources []string }

// The configuration of a function that says nothing about it.
const (
	DefaultMemory          = 128              // MB
	DefaultFunctionTimeout = 30 * time.Second // AWS's own default, 3 s, is less than many a cold call needs
	DefaultStorage         = 512              // MB
)

// Function registers a handler that the workflow calls. The handler is a function of a package, in any form that
// github.com/aws/aws-lambda-go/lambda.Start takes. Call calls those of the form func(context.Context, In) (Out, error), Exec those
// of the form func(context.Context, In) error; the forms without a Context or an input are for workflows from a file.
// Workflows that register the same handler share one Lambda function.
func Function(handler any, opts ...FunctionOption) Part {
	f := FunctionSpec{
		Handler: handler, Func: goFunc(handler),
		Memory: DefaultMemory, Timeout: DefaultFunctionTimeout, Storage: DefaultStorage,
	}
	for _, o := range opts {
		o(&f)
	}
	return part(func(w *Workflow) { w.functions = append(w.functions, f) })
}

// Bind registers a handler, and makes it what the Tasks of a workflow from a file call by the name function: an ARN, the name of the
// function in one, or the NAME of a substitution ${NAME}. The file stays as it is.
func Bind(function string, handler any, opts ...FunctionOption) Part {
	bound := func(f *FunctionSpec) { f.Bound = append(f.Bound, function) }
	return Function(handler, append([]FunctionOption{bound}, opts...)...)
}

// FunctionOption is one setting of a Lambda function.
type FunctionOption func(*FunctionSpec)

// Memory is the function's memory in MB, 128 to 10,240; the processor grows with it.
func Memory(mb int) FunctionOption { return func(f *FunctionSpec) { f.Memory = mb } }

// FunctionTimeout bounds one invocation; whole seconds, at most 15 minutes.
func FunctionTimeout(d time.Duration) FunctionOption {
	return func(f *FunctionSpec) { f.Timeout = d }
}

// ReservedConcurrency keeps n concurrent executions of the account for this function, and gives it no more.
func ReservedConcurrency(n int) FunctionOption { return func(f *FunctionSpec) { f.Concurrency = n } }

// Storage is the size of /tmp in MB, 512 to 10,240.
func Storage(mb int) FunctionOption { return func(f *FunctionSpec) { f.Storage = mb } }

// Var sets an environment variable of the function.
func Var(name, value string) FunctionOption {
	return func(f *FunctionSpec) {
		if f.Env == nil {
			f.Env = map[string]string{}
		}
		f.Env[name] = value
	}
}

// Allow gives the function's role actions on resources.
func Allow(actions []string, resources ...string) FunctionOption {
	return func(f *FunctionSpec) { f.Policies = append(f.Policies, Policy{actions, resources}) }
}

// goFunc finds the source of a function value; it is zero for what is not a function, which the project's checks report.
func goFunc(fn any) GoFunc {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return GoFunc{}
	}
	f := runtime.FuncForPC(v.Pointer())
	file, line := f.FileLine(v.Pointer())
	pkg, name := splitName(f.Name())
	return GoFunc{Package: pkg, Name: name, File: file, Line: line}
}

// splitName divides "example.com/a.b/pkg.Func" after the package's path. The linker writes a dot in the path's last part as %2e.
func splitName(symbol string) (pkg, name string) {
	slash := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[slash:], '.')
	if dot < 0 {
		return "", symbol
	}
	return strings.ReplaceAll(symbol[:slash+dot], "%2e", "."), strings.TrimSuffix(symbol[slash+dot+1:], "[...]")
}
