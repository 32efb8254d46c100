package compile

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// maxSeconds is the longest a Standard execution can run: one year. It bounds what has no better bound.
const maxSeconds = 31536000

// exec compiles a call that has steps and says how it can end.
func (f *frame) exec(e *ast.CallExpr, fs []*flow) []outcome {
	if len(fs) == 0 {
		return nil
	}
	fn := f.callee(e)
	if fn == nil {
		return f.execValue(e, fs)
	}
	if fn.Pkg() == nil || fn.Pkg().Path() != flowPath {
		return f.execDecl(e, fn, fs)
	}
	if !f.ownContext(e.Args[0]) {
		f.refuse(e.Args[0], "the Context is that of another branch", "name the Context of the function around this step")
	}
	steps := map[string]func(*ast.CallExpr, []*flow) []outcome{
		"Call": f.callStep, "Await": f.awaitStep, "Run": f.runStep, "Sleep": f.sleepStep, "SleepUntil": f.sleepStep,
		"Parallel": f.parallelStep, "Map": f.mapStep, "OnFailure": f.onFailure, "Start": f.startStep, "Activity": f.activityStep, "Task": f.resourceStep, "TaskAwait": f.resourceStep,
		"Exec": f.callStep, "ExecAwait": f.awaitStep, "Do": f.doStep, "Sync": f.syncStep, "DoAwait": f.doAwaitStep, "HTTP": f.httpStep,
		"Distributed": f.mapStep, "MapS3": f.mapStep, "MapToS3": f.mapStep,
	}
	step, ok := steps[fn.Name()]
	if !ok {
		f.refuse(e, "flow."+fn.Name()+" is not part of the workflow language", "")
		return f.skip(e, fs)
	}
	return step(e, fs)
}

// skip goes on behind a step that was refused, so that what follows is looked at too.
func (f *frame) skip(e *ast.CallExpr, fs []*flow) []outcome {
	var values []sym
	if tuple, ok := f.pkg.info.TypeOf(e).(*types.Tuple); ok {
		for i := range tuple.Len() {
			values = append(values, zeroSym(f.subst(tuple.At(i).Type())))
		}
	} else {
		values = []sym{zeroSym(f.typeOf(e))}
	}
	outs := make([]outcome, len(fs))
	for i, fl := range fs {
		outs[i] = outcome{fl, values}
	}
	return outs
}

// ownContext says whether a Context is the parameter of the innermost function around the step that has one.
func (f *frame) ownContext(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := f.pkg.info.ObjectOf(id).(*types.Var)
	if !ok {
		return false
	}
	for s := f; s != nil; s = s.scope {
		if s.contextVar() != nil {
			return s.contextVar() == v
		}
	}
	return false
}

// contextVar is the parameter of type flow.Context.
func (f *frame) contextVar() *types.Var {
	for _, p := range paramsOf(f.pkg, f.node) {
		if p != nil && isNamed(p.Type(), flowPath, "Context") {
			return p
		}
	}
	return nil
}

// task makes a Task state on flows that meet, and gives its two ways out.
func (f *frame) task(e *ast.CallExpr, fs []*flow, t stepOf) []outcome {
	f.atCall(e)
	f.refusePrivate(e, t.output)
	joined := f.join(fs, nil)
	x := &eval{frame: f, env: joined.env, host: joined.host}
	opts := f.options(x, t.opts, "Timeout", "Name", "NoRetry", t.extra)
	s := joined.m.newState(asl.Task, f.stepName(opts, t.name), f.position(e))
	f.describe(s, f.at)
	joined.enter(s)
	x.host = joined.host
	s.Resource = t.resource
	s.Arguments = template(t.arguments(x))
	f.limits(s, e, t, opts)
	s.Retry = f.retries(x, opts, t.defaults)
	if m, ok := t.result.e.(member); ok {
		s.Output = template(m) // and not the integration's whole answer: it counts against the limit of the next state's input
	}
	return f.ends(joined, s, t.result, t.output)
}

// stepOf is what the kinds of Task differ in.
type stepOf struct {
	name      string
	resource  string
	arguments func(*eval) expr
	opts      []ast.Expr
	extra     string // an option that only this kind has
	timeout   int    // seconds, where no option says; 0: an option must
	defaults  bool   // Lambda's transient errors are retried
	result    sym
	output    types.Type // of the Go call; nil where it has only an error
}

// ends are the ways out of a state: with its result, and with an error.
func (f *frame) ends(in *flow, s *asl.State, result sym, output types.Type) []outcome {
	done := in.fork(stateHost{s})
	h := &catchHost{s: s}
	f.caught[s] = append(f.caught[s], h)
	failed := in.fork(h)
	err := sym{e: stateError, t: errorType, full: true, failed: true}
	none := sym{e: null, t: errorType}
	if output == nil {
		return []outcome{{done, []sym{none}}, {failed, []sym{err}}}
	}
	return []outcome{{done, []sym{result, none}}, {failed, []sym{zeroSym(output), err}}}
}

func (f *frame) atCall(e *ast.CallExpr) {
	if f.at == nil {
		f.at = e
	}
}

func (f *frame) stepName(opts stepOptions, otherwise string) string {
	if opts.name != "" {
		return opts.name
	}
	return otherwise
}

// limits sets TimeoutSeconds, always, and HeartbeatSeconds.
func (f *frame) limits(s *asl.State, e *ast.CallExpr, t stepOf, opts stepOptions) {
	s.TimeoutSeconds, s.HeartbeatSeconds = opts.timeout, opts.heartbeat
	if s.TimeoutSeconds.Defined() {
		return
	}
	switch {
	case t.timeout > 0:
		s.TimeoutSeconds = value.OfInt(int64(t.timeout))
	case s.HeartbeatSeconds.Defined():
		s.TimeoutSeconds = value.OfInt(maxSeconds)
	default:
		f.refuse(e, "nothing bounds how long this step waits", "add flow.Timeout or flow.Heartbeat")
	}
}

func (f *frame) callStep(e *ast.CallExpr, fs []*flow) []outcome {
	ref, spec, ok := f.handler(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	out := f.resultType(e) // nil of Exec
	return f.task(e, fs, stepOf{
		name: ref.Func, resource: "arn:aws:states:::lambda:invoke", opts: e.Args[3:],
		timeout: seconds(spec.Timeout) + callMargin, defaults: true,
		arguments: func(x *eval) expr { return invoke(ref, x.input(e.Args[2])) },
		result:    sym{e: member{stateResult, "Payload"}, t: out}, output: out,
	})
}

// callMargin is how many seconds longer than the function itself Call waits: for its start and for the answer to come back.
const callMargin = 10

func invoke(fn Ref, payload sym) expr {
	if payload.e == expr(stateInput) { // where it is null, a handler reads it as Go's zero value, too
		payload.maybe = false
	}
	return object{[]field{
		{name: "FunctionName", v: sym{e: deployed{Placeholder(Function, fn.String())}}},
		{name: "Payload", v: sym{e: payload.use(), t: payload.t}},
	}}
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// resultType is what a step gives besides its error, nil where that is nothing.
func (f *frame) resultType(e *ast.CallExpr) types.Type {
	if tuple, ok := f.pkg.info.TypeOf(e).(*types.Tuple); ok {
		return f.subst(tuple.At(0).Type())
	}
	return nil
}

func (f *frame) awaitStep(e *ast.CallExpr, fs []*flow) []outcome {
	ref, _, ok := f.handler(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	f.standardOnly(e, "waits for a task token")
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: ref.Func, resource: "arn:aws:states:::lambda:invoke.waitForTaskToken", opts: e.Args[3:], extra: "Heartbeat", defaults: true,
		arguments: func(x *eval) expr { return invoke(ref, x.withToken(e.Args[2])) },
		result:    sym{e: stateResult, t: out, raw: true}, output: out,
	})
}

func (f *frame) standardOnly(at ast.Node, what string) {
	switch {
	case f.workflow.Express:
		f.refuse(at, "an Express workflow cannot hold a step that "+what, "make the workflow flow.Standard")
	case f.expressChild:
		f.refuse(at, "an Express child cannot hold a step that "+what, "leave flow.ExpressChildren out")
	}
}

func (f *frame) runStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.standardOnly(e, "waits for another workflow")
	name, ok := f.workflowName(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: f.source(e.Args[1]), resource: "arn:aws:states:::states:startExecution.sync:2", opts: e.Args[3:], timeout: maxSeconds,
		arguments: func(x *eval) expr { return startArguments(name, x.input(e.Args[2])) },
		result:    sym{e: member{stateResult, "Output"}, t: out, raw: true}, output: out,
	})
}

func (f *frame) startStep(e *ast.CallExpr, fs []*flow) []outcome {
	name, ok := f.workflowName(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: "Start " + f.source(e.Args[1]), resource: "arn:aws:states:::states:startExecution", opts: e.Args[3:], timeout: 60,
		arguments: func(x *eval) expr { return startArguments(name, x.input(e.Args[2])) },
		result:    sym{e: member{stateResult, "ExecutionArn"}, t: out}, output: out,
	})
}

func startArguments(name string, in sym) expr {
	return object{[]field{
		{name: "StateMachineArn", v: sym{e: deployed{Placeholder(StateMachine, name)}}},
		{name: "Input", v: sym{e: in.use(), t: in.t}},
	}}
}

func (f *frame) activityStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.standardOnly(e, "waits for an activity")
	x := &eval{frame: f, env: env{}}
	name, ok := constString(x.expr(e.Args[1]))
	if !ok {
		f.refuse(e.Args[1], "an activity's name must be constant", "")
		return f.skip(e, fs)
	}
	f.use(Activity, name, "")
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: name, resource: Placeholder(Activity, name), opts: e.Args[3:], extra: "Heartbeat",
		arguments: func(x *eval) expr { return x.input(e.Args[2]).use() },
		result:    sym{e: stateResult, t: out, raw: true}, output: out,
	})
}

// resourceStep is a Task of any resource.
func (f *frame) resourceStep(e *ast.CallExpr, fs []*flow) []outcome {
	x := &eval{frame: f, env: env{}}
	s := x.expr(e.Args[1])
	resource, ok := constString(s)
	if known, isDeployed := s.e.(deployed); isDeployed {
		resource, ok = known.text, true
	}
	if !ok {
		f.refuse(e.Args[1], "the resource of a Task must be constant", "")
		return f.skip(e, fs)
	}
	out := f.resultType(e)
	t := stepOf{
		name: resource[strings.LastIndexByte(resource, ':')+1:], resource: resource, opts: e.Args[3:], timeout: maxSeconds,
		arguments: func(x *eval) expr { return x.expr(e.Args[2]).use() },
		result:    sym{e: stateResult, t: out, raw: true}, output: out, extra: "Heartbeat",
	}
	awaits := f.callee(e).Name() == "TaskAwait"
	if awaits != strings.HasSuffix(resource, ".waitForTaskToken") {
		f.refuse(e.Args[1], "flow.TaskAwait is for resources that end in .waitForTaskToken, and flow.Task for others", "")
	}
	if awaits {
		f.standardOnly(e, "waits for a task token")
		t.timeout = 0
		t.arguments = func(x *eval) expr { return x.withToken(e.Args[2]).use() }
	}
	outs := f.task(e, fs, t)
	if h, ok := outs[0].host.(stateHost); ok {
		f.resources[h.s.Name] = resource
	}
	return outs
}

// sleepStep is a Wait state.
func (f *frame) sleepStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.atCall(e)
	joined := f.join(fs, nil)
	x := &eval{frame: f, env: joined.env, host: joined.host}
	v := x.expr(e.Args[1])
	s := joined.m.newState(asl.Wait, waitName(v), f.position(e))
	f.describe(s, f.at)
	joined.enter(s)
	if f.callee(e).Name() == "SleepUntil" {
		s.Timestamp = template(v.use())
	} else {
		s.Seconds = f.wholeSeconds(e.Args[1], v)
	}
	return []outcome{{joined.fork(stateHost{s}), nil}}
}

func waitName(v sym) string {
	if l, ok := v.e.(lit); ok && kindOf(v.t) == intKind {
		return "Wait " + short(time.Duration(l.v.Float()))
	}
	return "Wait"
}

// wholeSeconds is a duration as Step Functions wants it, rounded up as flow.Sleep does.
func (f *frame) wholeSeconds(at ast.Node, d sym) value.Value {
	l, ok := d.e.(lit)
	if !ok {
		return jsonata(call{"$max", []expr{array{[]expr{call{"$ceil", []expr{scaled(d.use(), 1e9)}}, num(0)}}}})
	}
	if l.v.Float() < 0 {
		f.refuse(at, "the time is negative", "")
	}
	return value.OfInt(int64(seconds(time.Duration(l.v.Float()))))
}

// short is a duration without the zero parts: 24h, not 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if len(s) > len(zero) && s[len(s)-len(zero):] == zero {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (f *frame) onFailure(e *ast.CallExpr, fs []*flow) []outcome {
	var outs []outcome
	node := &undo{call: e, frame: f}
	for _, fl := range fs {
		x := &eval{frame: f, env: fl.env, host: fl.host}
		if node.fn == nil {
			node.fn, node.parent, node.m = x.expr(e.Args[1]).fn, fl.undo, fl.m
			if f.inLoop() {
				f.refuse(e, "a compensation cannot be registered in a loop", "register it before, or use flow.Map with flow.OnFailure inside")
			}
			fl.m.undone = append(fl.m.undone, node)
		}
		if fl.undo != node.parent {
			f.refuse(e, "whether an earlier compensation is registered depends on the way here", "register it on every way")
		}
		fl.undo = node
		outs = append(outs, outcome{fl, nil})
	}
	return outs
}

func (f *frame) inLoop() bool {
	return slices.ContainsFunc(f.loops, func(l *loop) bool { return !l.isSwitch })
}

// captured is the variables around a literal that it assigns, in the order of their declaration.
func (f *frame) captured(fn *closure) []key {
	var out []key
	for v := range fn.frame.writes(fn.lit) {
		if fn.lit.Pos() <= v.Pos() && v.Pos() < fn.lit.End() {
			continue
		}
		if k, ok := fn.frame.key(v); ok {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, byDeclaration)
	return out
}

func (f *frame) subMachine(parent *machine) *machine {
	return &machine{unit: f.unit, asl: &asl.Machine{}, parent: parent}
}

// blockName is the name of a state that holds states: the comment on its line or above it, where that is short.
func (f *frame) blockName(otherwise string) string {
	if line := f.pkg.lineComment(f.at); line != "" {
		return line
	}
	return otherwise
}
