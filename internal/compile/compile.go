// Package compile turns workflow functions into state machines: Go source in, an asl.Definition with the place in the source of
// each state out. Packages project and cli call Compile; what it refuses is a diag.List.
//
// The function is executed symbolically. A place in the program is a set of flows: the edges of the machine that lead there, each
// with the JSONata expression that every Go variable has on it. Statements without steps only change these expressions. A step
// makes a state; what is computed on the way to it is assigned on the edge, in the Assign of the state, choice rule or catcher
// that the edge leaves. So a machine has a state for each step, a Choice for each decision between steps, and hardly another.
//
// An error is an edge too: a step has two ways out, and `if err != nil` only says which flows go on. errors.As divides the failure
// edge by the error's name. An error that is returned as it came needs no catcher at all.
//
// What the deployment knows and the source does not stands in the definition as a placeholder: ${fn:…}, ${workflow:…},
// ${activity:…} and ${env:…}. Resolve fills them.
package compile

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/value"
)

// Workflow says what to compile: a function of a package that go list finds.
type Workflow struct {
	Name      string // the state machine's
	Package   string // import path
	Func      string
	Express   bool
	Timeout   time.Duration // of the execution; 0: none
	Functions []Handler     // the handlers that it may call
}

// Handler is a registered Lambda handler.
type Handler struct {
	Package, Func string
	Timeout       time.Duration // of one invocation; 0: the default of package flow
}

// Program is a compiled workflow.
type Program struct {
	Name       string
	Definition *asl.Definition
	// Places has the line of the source that made a state, by the state's JSON Pointer ("/States/Charge").
	Places map[string]diag.Place
	// Uses is what the definition's placeholders name, in the order of their first use.
	Uses []Use
	// Operations has the SDK's method behind each service integration, by its Resource.
	Operations map[string]string
	// Resources has what each state made by flow.Task calls, by the state's name; flow.Env in it is the name of its placeholder.
	Resources map[string]string
	// Errors are the Go errors that the workflow matches: the handlers' mains report them under these names.
	Errors []ErrorMatch
}

// ErrorMatch is an error type or variable of a handler and its name in Step Functions.
type ErrorMatch struct {
	Package, Ident string
	Name           string
	Type           bool     // a type, matched with errors.As; else a variable, matched with errors.Is
	Pointer        bool     // of a Type: *T is matched, and not T
	Service        bool     // of an AWS service, which reports it itself
	Variable       Variable // where it is one
	From           []string // packages of handlers whose programs have it, and so may report it
}

// defaultTimeout is package flow's DefaultFunctionTimeout, for handlers whose registration is not known.
const defaultTimeout = 30 * time.Second

// unit is one workflow that is being compiled.
type unit struct {
	prog       *program
	workflow   Workflow
	diags      diag.List
	said       map[string]bool
	frames     map[int]*frame
	nextFrame  int
	loops      []*loop
	names      *names
	places     map[*asl.State]position
	conditions map[*asl.Rule]expr
	parts      map[string]int // what can get a name, by its text
	caught     map[*asl.State][]*catchHost
	synthetic  map[*types.Var]bool
	made       int // synthetic variables so far
	matched    map[string]ErrorMatch
	ownErrors  map[string][]madeError // errors of the workflow's own, by name
	operations map[string]string
	resources  map[string]string
	uses       []Use
	loosened   map[*types.Var]loosened
	again      bool                   // a loop was found to weaken a variable: what was compiled before relies on too much
	dropped    map[*ast.CallExpr]bool // calls that are a statement, or whose result goes back to what they change
	alone      map[*ast.CallExpr]bool // calls that are a statement, or the whole right side of one
	// expressChild says that what is compiled belongs to a child execution of type EXPRESS.
	expressChild bool
}

// Compile compiles workflows, all of one module, found from dir. Findings of all of them come back together, as a diag.List.
func Compile(dir string, workflows []Workflow) ([]*Program, error) {
	return CompileOverlay(dir, workflows, nil)
}

// CompileOverlay is Compile with the contents of some files, by absolute path, given in place of those on disk.
func CompileOverlay(dir string, workflows []Workflow, overlay map[string][]byte) ([]*Program, error) {
	if len(workflows) == 0 {
		return nil, nil
	}
	src, err := Load(dir, workflows, overlay)
	if err != nil {
		return nil, err
	}
	var out []*Program
	var found diag.List
	for _, w := range workflows {
		p, diags := src.prog.compile(w)
		out = append(out, p)
		found = append(found, diags...)
	}
	return out, found.Err()
}

// Source is the source of workflows, read and type-checked: what Compile spends its time on. Its methods may be called from any
// goroutine.
type Source struct {
	mu   *sync.Mutex // the session's
	prog *program
}

// Load reads the source of workflows, with the contents of some files, by absolute path, given in place of those on disk.
func Load(dir string, workflows []Workflow, overlay map[string][]byte) (*Source, error) {
	return (&Session{dir: dir, overlay: overlay}).Load(workflows)
}

// Compile compiles one workflow of a package that was loaded. others are the workflows that it may run.
func (s *Source) Compile(w Workflow, others ...Workflow) (*Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prog.workflows = append([]Workflow{w}, others...)
	p, diags := s.prog.compile(w)
	return p, diags.Err()
}

// loosened is what a variable lacks in a loop that it may have before: the loop makes less of it than it begins with, joins errors in it,
// or puts errors into it that are no failures.
type loosened struct{ weak, joined, unfailed bool }

func (l loosened) and(m loosened) loosened {
	return loosened{l.weak || m.weak, l.joined || m.joined, l.unfailed || m.unfailed}
}

// compile compiles a workflow, and again where a loop has shown what its variables may lack.
func (prog *program) compile(w Workflow) (*Program, diag.List) {
	found := map[*types.Var]loosened{}
	for {
		u := prog.unit(w)
		u.loosened = found
		p, diags := u.compile()
		if !u.again {
			return p, diags
		}
	}
}

func (prog *program) unit(w Workflow) *unit {
	return &unit{
		prog: prog, workflow: w, said: map[string]bool{}, frames: map[int]*frame{}, names: newNames(),
		places: map[*asl.State]position{}, conditions: map[*asl.Rule]expr{}, parts: map[string]int{}, caught: map[*asl.State][]*catchHost{},
		synthetic: map[*types.Var]bool{}, matched: map[string]ErrorMatch{}, ownErrors: map[string][]madeError{}, operations: map[string]string{}, resources: map[string]string{}, alone: map[*ast.CallExpr]bool{}, dropped: map[*ast.CallExpr]bool{},
	}
}

func (u *unit) compile() (*Program, diag.List) {
	prog, w := u.prog, u.workflow
	p := prog.byPath[w.Package]
	if p == nil {
		return nil, diag.List{{Message: "package " + w.Package + " of workflow " + w.Name + " is not in this module"}}
	}
	decl := p.declNamed(w.Func)
	if decl == nil {
		hint := "make it a function of the package: func " + strings.ToUpper(w.Func[:1]) + w.Func[1:] + "(c flow.Context, in In) (Out, error)"
		return nil, diag.List{{Message: "workflow " + w.Name + " is the function " + w.Package + "." + w.Func + ", whose source is not found", Hint: hint}}
	}
	m := &machine{unit: u, asl: &asl.Machine{QueryLanguage: asl.JSONata, Comment: docText(decl.Doc)}}
	if w.Timeout > 0 {
		m.asl.TimeoutSeconds = value.OfInt(int64(seconds(w.Timeout)))
	}
	u.top(m, p, decl)
	u.refuseNamesakes()
	if len(u.diags) > 0 {
		slices.SortStableFunc(u.diags, func(a, b *diag.Diagnostic) int {
			return cmp.Or(strings.Compare(a.Place.File, b.Place.File), a.Place.Line-b.Place.Line, a.Place.Column-b.Place.Column)
		})
		return nil, u.diags
	}
	return u.program(m), nil
}

// top compiles the workflow's own function.
func (u *unit) top(m *machine, p *pkg, decl *ast.FuncDecl) {
	outside := &frame{unit: u, pkg: p, node: decl}
	fn, _ := p.info.Defs[decl.Name].(*types.Func)
	params := fn.Signature().Params()
	if params.Len() != 2 || fn.Signature().Results().Len() != 2 || !takesContext(fn.Signature()) {
		u.refuseAt(p, decl, "a workflow has the form func(flow.Context, In) (Out, error)", "")
		return
	}
	outside.refusePrivate(decl, params.At(1).Type())
	outside.refusePrivate(decl, fn.Signature().Results().At(0).Type())
	in := fromOutside(stateInput, params.At(1).Type())
	m.branch(&frame{unit: u, pkg: p}, &closure{decl: fn, node: decl.Name, frame: outside}, []sym{in}, &flow{m: m, host: entryHost{m}, env: env{}}, nil)
}

// refusePrivate refuses a type that crosses as JSON and has a struct of which JSON has nothing.
func (f *frame) refusePrivate(at ast.Node, t types.Type) {
	if private := privateIn(f.subst(t), map[types.Type]bool{}); private != nil {
		f.refuse(at, "no field of "+typeName(private)+" is exported: nothing of it crosses as JSON", "export the fields that are needed")
	}
}

// fromOutside is a value as it came: null, perhaps. Of structs, slices, maps and pointers that shows where they are read.
func fromOutside(e expr, t types.Type) sym {
	s := sym{e: e, t: t, raw: true}
	switch kindOf(t) {
	case boolKind, intKind, floatKind, stringKind, timeKind:
		s.maybe = true
	}
	return s
}

func (u *unit) program(m *machine) *Program {
	def := asl.FromValue(asl.ToValue(m.asl))
	out := &Program{Name: u.workflow.Name, Definition: def, Places: map[string]diag.Place{}, Uses: u.uses, Operations: u.operations, Resources: u.resources}
	byName := map[string]position{}
	for s, at := range u.places {
		byName[s.Name] = at
	}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) { out.Places[s.Pointer] = diag.Place(byName[s.Name]) })
	for _, key := range slices.Sorted(mapKeys(u.matched)) {
		out.Errors = append(out.Errors, u.matched[key])
	}
	return out
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// position is a place in the source, relative to the module.
type position diag.Place

func (f *frame) position(n ast.Node) position { return f.prog.position(f.pkg, n.Pos()) }

func (prog *program) position(p *pkg, pos token.Pos) position {
	return prog.place(p.fset.Position(pos))
}

func (prog *program) place(at token.Position) position {
	return position{File: under(prog.root, at.Filename), Line: at.Line, Column: at.Column}
}

// refuse records that the program has no form as a state machine: the place, the reason and a way out.
func (f *frame) refuse(at ast.Node, message, hint string) { f.refuseAt(f.pkg, at, message, hint) }

func (u *unit) refuseAt(p *pkg, at ast.Node, message, hint string) {
	d := &diag.Diagnostic{Code: "GO", Severity: diag.Error, Place: diag.Place(u.prog.position(p, at.Pos())), Message: message, Hint: hint}
	if text := d.Error(); !u.said[text] {
		u.said[text] = true
		u.diags = append(u.diags, d)
	}
}

// newFrame starts a call of a function.
func (f *frame) newFrame(node ast.Node, scope *frame, p *pkg, caller *frame) *frame {
	f.nextFrame++
	inner := &frame{unit: f.unit, id: f.nextFrame, node: node, scope: scope, caller: caller, pkg: p}
	inner.live = p.liveness(node)
	f.frames[inner.id] = inner
	return inner
}

// source is an expression as the file has it, on one line.
func (f *frame) source(n ast.Node) string {
	from, to := f.pkg.fset.Position(n.Pos()), f.pkg.fset.Position(n.End())
	text := f.prog.content(from.Filename)
	if to.Offset > len(text) {
		return "?"
	}
	return strings.Join(strings.Fields(text[from.Offset:to.Offset]), " ")
}

// content is the text of a file, as it was read where the compiler reads its package.
func (prog *program) content(file string) string {
	text, ok := prog.texts[file]
	if !ok {
		given, ok := prog.overlay[file]
		if !ok {
			given, _ = os.ReadFile(file) // a file that is gone says nothing
		}
		text = string(given)
		prog.texts[file] = text
	}
	return text
}

func paramsOf(p *pkg, node ast.Node) []*types.Var { return declared(p, node, false) }

func resultsOf(p *pkg, node ast.Node) []*types.Var { return declared(p, node, true) }

// declared is the parameters of a function, its receiver first, or its results; nil for one without a name.
func declared(p *pkg, node ast.Node, results bool) []*types.Var {
	sig := signature(p, node)
	if sig == nil {
		return nil
	}
	var out []*types.Var
	tuple := sig.Params()
	if results {
		tuple = sig.Results()
	} else if sig.Recv() != nil {
		out = append(out, sig.Recv())
	}
	for i := range tuple.Len() {
		out = append(out, tuple.At(i))
	}
	return out
}

func signature(p *pkg, node ast.Node) *types.Signature {
	switch n := node.(type) {
	case *ast.FuncDecl:
		if fn, ok := p.info.Defs[n.Name].(*types.Func); ok {
			return fn.Signature()
		}
	case *ast.FuncLit:
		sig, _ := p.info.TypeOf(n).(*types.Signature)
		return sig
	}
	return nil
}

// handler is the Lambda function behind an expression: a registered function of a package.
func (f *frame) handler(e ast.Expr) (Ref, Handler, bool) {
	x := &eval{frame: f, env: env{}}
	fn := x.expr(e).fn
	if fn == nil || fn.decl == nil || fn.decl.Signature().Recv() != nil || fn.decl.Pkg() == nil {
		f.refuse(e, "a handler must be a function of a package", "move it to lambdas/NAME and register it with flow.Function")
		return Ref{}, Handler{}, false
	}
	ref := Ref{Package: fn.decl.Pkg().Path(), Func: fn.decl.Name()}
	for _, h := range f.workflow.Functions {
		if h.Package == ref.Package && h.Func == ref.Func {
			if h.Timeout == 0 {
				h.Timeout = defaultTimeout
			}
			f.use(Function, ref.String(), ref.Package)
			return ref, h, true
		}
	}
	f.refuse(e, qualified(fn.decl)+" is not registered with workflow "+f.workflow.Name, "add flow.Function("+qualified(fn.decl)+") to it")
	return Ref{}, Handler{}, false
}

// workflowName is the state machine of a workflow function.
func (f *frame) workflowName(e ast.Expr) (string, bool) {
	x := &eval{frame: f, env: env{}}
	fn := x.expr(e).fn
	if fn != nil && fn.decl != nil && fn.decl.Pkg() != nil {
		for _, w := range f.prog.workflows {
			if w.Package == fn.decl.Pkg().Path() && w.Func == fn.decl.Name() {
				f.use(StateMachine, w.Name, "")
				return w.Name, true
			}
		}
	}
	f.refuse(e, "this function is not one of the project's workflows", "register it with flow.Standard or flow.Express")
	return "", false
}
