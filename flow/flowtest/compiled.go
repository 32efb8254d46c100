package flowtest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/machine"
)

// compiled is a workflow as a state machine, ready to run.
type compiled struct {
	program *machine.Program
	// unresolved is the definition with its placeholders, for replays.
	unresolved *asl.Definition
	// concurrent says that the machine does several things at the same time.
	concurrent bool
	sdk        map[string]string // resource -> the SDK's method
	resources  map[string]string // state -> what flow.Task calls there
	nested     map[string]string // a machine's ARN in the definition -> the workflow's function
	handlers   map[string]string // the function's ARN in the definition -> the handler
	called     called
	names      []compile.ErrorMatch
	pointers   map[string]string // a state's name -> its JSON Pointer
	env        map[string]string // what flow.Env gave
	err        error
}

// cache holds what this test binary has compiled: compiling asks the Go command for types, a run takes microseconds.
var cache sync.Map // of the workflow's name and function -> func() *compiled

func (x *Test) compiledOnce() *compiled {
	w := x.workflow
	key := w.Name() + " " + w.Func().Package + "." + w.Func().Name + w.File()
	once, ok := cache.Load(key)
	if !ok {
		once, _ = cache.LoadOrStore(key, sync.OnceValue(func() *compiled { return compileWorkflow(w, x.nested) }))
	}
	c := once.(func() *compiled)()
	for name, value := range c.env {
		if os.Getenv(name) != value { // by t.Setenv: natively flow.Env reads it anew
			return c.resolve(w, x.nested)
		}
	}
	return c
}

// sources holds the packages of workflows that this test binary has read.
var sources sync.Map // import path -> func() (*compile.Source, error)

func sourceOf(w compile.Workflow) (*compile.Source, error) {
	once, _ := sources.LoadOrStore(w.Package, sync.OnceValues(func() (*compile.Source, error) {
		return compile.Load(".", []compile.Workflow{w}, nil)
	}))
	return once.(func() (*compile.Source, error))()
}

const (
	functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"
	statesARN   = "arn:aws:states:us-east-1:000000000000:"
)

func compileWorkflow(w flow.Workflow, nested []flow.Workflow) *compiled {
	c := &compiled{sdk: map[string]string{}, resources: map[string]string{}}
	if c.unresolved, c.err = c.definition(w, nested); c.err != nil {
		return c
	}
	return c.resolve(w, nested)
}

// resolve is c with its placeholders filled, ready to run.
func (c *compiled) resolve(w flow.Workflow, nested []flow.Workflow) *compiled {
	out := *c
	out.called = called{states: map[string]bool{}, activities: map[string]bool{}, awaited: map[string]bool{}}
	out.handlers, out.nested, out.pointers, out.env = map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	def, err := compile.Resolve(c.unresolved, out.resolver(w, nested))
	if err != nil {
		out.err = err
		return &out
	}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) {
		out.concurrent = out.concurrent || s.Type == asl.Map || s.Type == asl.Parallel
		out.pointers[s.Name] = s.Pointer
		out.called.add(s, out.handlers)
	})
	out.program, out.err = machine.Compile(def)
	return &out
}

// definition is the workflow's, with placeholders.
func (c *compiled) definition(w flow.Workflow, nested []flow.Workflow) (*asl.Definition, error) {
	if w.File() != "" {
		root, err := moduleRoot()
		if err != nil {
			return nil, err
		}
		return compile.File(root, w)
	}
	in := compile.Registered([]flow.Workflow{w})[0]
	source, err := sourceOf(in)
	if err != nil {
		return nil, err
	}
	p, err := source.Compile(in, compile.Registered(nested)...)
	if err != nil {
		return nil, err
	}
	c.names = p.Errors
	maps.Copy(c.sdk, p.Operations)
	for state, resource := range p.Resources {
		c.resources[state] = os.Expand(resource, func(name string) string { return os.Getenv(strings.TrimPrefix(name, "env:")) })
	}
	return p.Definition, nil
}

// moduleRoot is the folder of go.mod around the package that is tested.
func moduleRoot() (string, error) {
	dir, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no go.mod around the tested package")
		}
	}
}

// resolver fills placeholders with ARNs, and notes what they stand for.
func (c *compiled) resolver(w flow.Workflow, nested []flow.Workflow) func(compile.Kind, string) (string, error) {
	handlers := map[string]string{}
	for _, f := range w.Functions() {
		handlers[compile.Ref{Package: f.Func.Package, Func: f.Func.Name}.String()] = f.Func.Package + "." + f.Func.Name
	}
	return func(k compile.Kind, name string) (string, error) {
		switch k {
		case compile.Env:
			c.env[name] = os.Getenv(name)
			return c.env[name], nil
		case compile.Function:
			if handlers[name] == "" {
				return "", errors.New("workflow " + w.Name() + " registers no such handler")
			}
			arn := functionARN + strings.ReplaceAll(name, ".", "-")
			c.handlers[arn] = handlers[name]
			return arn, nil
		}
		arn := statesARN + string(k) + ":" + name
		for _, w := range nested {
			if k == compile.StateMachine && w.Name() == name {
				c.nested[arn] = w.Func().Package + "." + w.Func().Name
			}
		}
		return arn, nil
	}
}
