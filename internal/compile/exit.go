package compile

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// exits is what happens where a function returns: on a flow, with results.
type exits func(fl *flow, at ast.Node, values []sym)

// undo is a compensation: flows that failed after it was registered come in, run it, and go on to the one before.
type undo struct {
	call    *ast.CallExpr
	fn      *closure
	frame   *frame
	parent  *undo
	m       *machine
	pending []*flow
	err     key // the error that the compensations must not lose
}

// deferred is a deferred call of one frame.
type deferred struct {
	call   *ast.CallExpr
	frame  *frame
	parent *deferred
}

func (f *frame) returnStmt(s *ast.ReturnStmt, fs []*flow) {
	if len(s.Results) == 1 {
		if call, ok := ast.Unparen(s.Results[0]).(*ast.CallExpr); ok && f.callHasSteps(call) {
			for _, o := range f.exec(call, fs) {
				f.at = s
				f.exit(o.flow, s, o.values)
			}
			return
		}
	}
	if step := f.stepAmong(s); step >= 0 {
		f.returnBeside(s, step, fs)
		return
	}
	if f.hasStepsIn(s) {
		f.refuse(s, "a step stands inside an expression", "assign its result to a variable first")
		return
	}
	for _, fl := range fs {
		f.exit(fl, s, f.results(s, fl))
	}
}

// stepAmong is which of several results is a step, -1 where none or more than one is, and where the step assigns what the others
// read: Go does not say which comes first.
func (f *frame) stepAmong(s *ast.ReturnStmt) int {
	found := -1
	for i, e := range s.Results {
		if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && f.callHasSteps(call) && found < 0 {
			found = i
		} else if f.hasStepsIn(e) {
			return -1
		}
	}
	for i, e := range s.Results {
		for v := range (&liveness{info: f.pkg.info}).reads(e) {
			if i != found && found >= 0 && f.writes(s.Results[found])[v] {
				return -1
			}
		}
	}
	return found
}

// returnBeside returns what the step gives, and pure results beside it.
func (f *frame) returnBeside(s *ast.ReturnStmt, step int, fs []*flow) {
	wanted := resultsOf(f.pkg, f.node)
	for _, o := range f.exec(ast.Unparen(s.Results[step]).(*ast.CallExpr), fs) {
		f.at = s
		x := &eval{frame: f, env: o.env, host: o.host}
		values := make([]sym, len(s.Results))
		for i, e := range s.Results {
			if i == step {
				values[i] = o.values[0]
				continue
			}
			values[i] = x.as(x.expr(e), x.subst(wanted[i].Type()))
		}
		f.exit(o.flow, s, values)
	}
}

// results are the values of a return statement.
func (f *frame) results(s *ast.ReturnStmt, fl *flow) []sym {
	x := &eval{frame: f, env: fl.env, host: fl.host}
	return x.results(s)
}

// returnedExprs is the values of a return. Beside an error, nobody looks at the others.
func (x *eval) returnedExprs(list []ast.Expr) []sym {
	last := len(list) - 1
	out := make([]sym, len(list))
	out[last] = x.expr(list[last])
	if last > 0 && kindOf(out[last].t) == errorKind && out[last].full {
		lost := false
		x.lenient = &lost
		defer func() { x.lenient = nil }()
	}
	for i, e := range list[:last] {
		out[i] = x.expr(e)
		out[i].lost = out[i].lost || x.lenient != nil && *x.lenient
	}
	return out
}

func (x *eval) results(s *ast.ReturnStmt) []sym {
	wanted := resultsOf(x.pkg, x.node)
	if len(s.Results) == 0 {
		out := make([]sym, len(wanted))
		for i, v := range wanted {
			out[i] = x.variable(s, v)
		}
		return out
	}
	x.standsAlone(s.Results...)
	var values []sym
	if call, ok := ast.Unparen(s.Results[0]).(*ast.CallExpr); ok && len(s.Results) == 1 && len(wanted) > 1 {
		values = x.call(call)
	} else {
		y := *x
		y.sent = s
		values = y.returnedExprs(s.Results)
	}
	for i := range values {
		if i < len(wanted) {
			values[i] = x.as(values[i], x.subst(wanted[i].Type()))
		}
	}
	return values
}

// exit leaves the function: deferred calls first.
func (f *frame) exit(fl *flow, at ast.Node, values []sym) {
	if fl.defers == nil || fl.defers.frame != f {
		f.ret(fl, at, values)
		return
	}
	for i, v := range values {
		fl.env[f.resultKey(i, v.t)] = v
	}
	f.leaving = append(f.leaving, leaving{fl, at})
}

type leaving struct {
	*flow
	at ast.Node
}

// resultKey is the variable that has result i while deferred calls run.
func (f *frame) resultKey(i int, t types.Type) key {
	if named := resultsOf(f.pkg, f.node); i < len(named) && named[i].Name() != "" && named[i].Name() != "_" {
		f.synthetic[named[i]] = true
		return key{named[i], f.id}
	}
	for len(f.resultKeys) <= i {
		f.resultKeys = append(f.resultKeys, f.temporary("result", t))
	}
	return f.resultKeys[i]
}

// runDeferred runs the deferred calls of the flows that leave, the last registered first; flows at the same one, with the same
// compensations, share its states.
func (f *frame) runDeferred() {
	for len(f.leaving) > 0 {
		first := f.leaving[0]
		for _, l := range f.leaving {
			if l.defers.depth() > first.defers.depth() {
				first = l
			}
		}
		last, undo, at := first.defers, first.undo, f.leaving[0].at
		var here []*flow
		f.leaving = slices.DeleteFunc(f.leaving, func(l leaving) bool {
			together := l.defers == last && l.undo == undo
			if together {
				here = append(here, l.flow)
			}
			return together
		})
		f.at = nil
		outcomes := f.exec(last.call, here)
		if f.at == nil { // nothing of it is a step
			f.at = last.call
		}
		for _, outs := range f.byError(flowsOf(outcomes)) {
			fl := outs[0]
			if len(outs) > 1 {
				fl = f.join(outs, nil)
			}
			fl.defers = last.parent
			f.left(fl, at)
		}
	}
}

// byError divides flows that leave into those that return no error for certain, those that return one, and others: what is known
// need not be asked again.
func (f *frame) byError(fs []*flow) [][]*flow {
	results := resultsOf(f.pkg, f.node)
	last := len(results) - 1
	if last < 0 || !isError(results[last].Type()) {
		return groups(fs)
	}
	var fine, failed, unsure []*flow
	k := f.resultKey(last, results[last].Type())
	for _, fl := range fs {
		switch isNil, known := boolOf((&eval{frame: f, env: fl.env, host: fl.host}).isNil(fl.env[k])); {
		case !known:
			unsure = append(unsure, fl)
		case isNil:
			fine = append(fine, fl)
		default:
			failed = append(failed, fl)
		}
	}
	return groups(fine, failed, unsure)
}

// groups leaves out those that are empty.
func groups(all ...[]*flow) [][]*flow {
	return slices.DeleteFunc(all, func(fs []*flow) bool { return len(fs) == 0 })
}

func (d *deferred) depth() int {
	n := 0
	for ; d != nil; d = d.parent {
		n++
	}
	return n
}

func (f *frame) left(fl *flow, at ast.Node) {
	if fl.defers != nil && fl.defers.frame == f {
		f.leaving = append(f.leaving, leaving{fl, at})
		return
	}
	var values []sym
	for i, v := range resultsOf(f.pkg, f.node) {
		values = append(values, fl.env[f.resultKey(i, v.Type())])
	}
	f.ret(fl, at, values)
}

func (f *frame) deferStmt(s *ast.DeferStmt, fs []*flow) []*flow {
	if f.inLoop() {
		f.refuse(s, "a defer in a loop has no form in a state machine", "use a function with steps for the loop's body")
		return fs
	}
	if now := f.asksTime(s.Call); now != nil {
		f.refuse(now, "Go evaluates the arguments of a deferred call now, a state machine when it is made", "keep the time in a variable first")
	}
	for v := range f.writesAfter(fs[0].env, s) {
		if (&liveness{info: f.pkg.info}).readsArguments(s.Call)[v] {
			f.refuse(s, "Go evaluates the arguments of a deferred call now, and "+v.Name()+" changes later", "defer a function literal, or use a variable of its own")
		}
	}
	for _, fl := range fs {
		if fl.defers != fs[0].defers {
			f.refuse(s, unsureDefer, deferAlways)
		}
	}
	for _, fl := range fs {
		fl.defers = &deferred{call: s.Call, frame: f, parent: fl.defers}
	}
	for _, fl := range fs[1:] {
		fl.defers = fs[0].defers
	}
	return fs
}

const (
	unsureDefer = "whether an earlier call is deferred depends on the way here"
	deferAlways = "defer it on every way: defer a function literal that asks whether it has anything to do"
)

// asksTime is where the arguments of a call, function literals left out, ask what time it is.
func (f *frame) asksTime(e *ast.CallExpr) (found ast.Node) {
	for _, a := range e.Args {
		ast.Inspect(a, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if _, isLit := n.(*ast.FuncLit); isLit {
				return false
			}
			if ok && found == nil && isFlowCall(f.pkg.info, call, "Now") {
				found = call
			}
			return found == nil
		})
	}
	return found
}

// writesAfter is what the function assigns behind a statement.
func (f *frame) writesAfter(e env, s ast.Stmt) vars {
	out := vars{}
	for _, stmt := range bodyOf(f.node).List {
		if stmt.End() > s.End() {
			out = out.with(f.writesIn(e, stmt))
		}
	}
	for v := range out {
		if v.Pos() > s.Pos() {
			delete(out, v)
		}
	}
	return out
}

// end ends the machine on a flow: with an output where err is nil, else by failing.
func (m *machine) end(f *frame, fl *flow, at ast.Node, output func(*flow) value.Value, err sym) {
	x := &eval{frame: f, env: fl.env, host: fl.host}
	isNil := x.isNil(err)
	if v, known := boolOf(isNil); known {
		if v {
			m.succeed(f, fl, at, output(fl))
		} else {
			m.fail(f, fl, at, err)
		}
		return
	}
	k := f.holder(fl, "failure", err)
	defer f.releaseTemporary(k)
	failed, fine := f.branchOn([]*flow{fl}, condition{"err != nil", at, func(fl *flow) []split {
		return []split{{fl, negate(x.isNil(fl.env[k]))}}
	}})
	for _, fl := range fine {
		m.succeed(f, fl, at, output(fl))
	}
	for _, fl := range failed {
		m.fail(f, fl, at, f.known(fl.env[k], true))
	}
}

// holder is a variable that has a value on a flow: one of the source's that is live, else a temporary one.
func (f *frame) holder(fl *flow, name string, s sym) key {
	for _, k := range f.liveKeys([]*flow{fl}) {
		if have := fl.env[k]; k.v.Pkg() != nil && have.t != nil && types.Identical(have.t, s.t) && same(have.e, s.e) && have.maybe == s.maybe && !isLit(s.e) {
			return k
		}
	}
	k := f.temporary(name, s.t)
	fl.env[k] = s
	return k
}

// releaseTemporary ends the life of a variable that holder has made.
func (f *frame) releaseTemporary(k key) {
	if k.v != nil && k.v.Pkg() == nil {
		f.release(k)
	}
}

func (m *machine) succeed(f *frame, fl *flow, at ast.Node, out value.Value) {
	if fl.host.finish(out) {
		return
	}
	if fl.host.entry() {
		s := m.newState(asl.Succeed, "Done", f.position(at))
		s.Output = out
		fl.host.next(s.Name)
		return
	}
	if m.done == nil {
		m.done = m.newState(asl.Succeed, "Done", f.position(at))
	}
	if m.silent {
		m.done.Output = out
	} else {
		fl.host.output(out)
	}
	fl.host.next(m.done.Name)
}

// fail ends the machine with an error, compensations first. An error that just goes on needs no state: nothing catches it.
func (m *machine) fail(f *frame, fl *flow, at ast.Node, err sym) {
	if fl.undo != nil {
		if fl.undo.err.v == nil {
			fl.undo.err = m.errorKey(f)
		}
		fl.env[m.errorKey(f)] = err
		fl.undo.pending = append(fl.undo.pending, fl)
		return
	}
	if _, fresh := fl.host.(*catchHost); fresh && err.e == expr(stateError) {
		return
	}
	state, in := m.failState(f, fl, err)
	for _, s := range m.asl.States {
		if s.Type == asl.Fail && value.Equal(s.Error, state.Error) && value.Equal(s.Cause, state.Cause) {
			in.host.next(s.Name)
			return
		}
	}
	name := "Fail"
	if text := state.Error.Str(); text != "" && !strings.HasPrefix(text, "{%") {
		name = text
	}
	s := m.newState(asl.Fail, name, f.position(at))
	s.Error, s.Cause = state.Error, state.Cause
	if s.Error.Kind() == value.String && s.Error.Str() == "" {
		s.Error = value.Value{} // an error without a name
	}
	in.host.next(s.Name)
}

// failState is the fields of a Fail state, and the flow that leads to it. An error that the source makes is written into the
// state; one that was caught comes in a variable. A caught error may have no cause: timeouts have none.
func (m *machine) failState(f *frame, fl *flow, err sym) (asl.State, *flow) {
	if o, ok := err.e.(object); ok {
		before := fl.env.clone()
		for k, s := range before { // the error itself stands in the state
			if same(s.e, err.e) {
				delete(fl.env, k)
			}
		}
		in := f.join([]*flow{fl}, nil)
		name, staleName := in.seen(before, o.member("Error"))
		cause, staleCause := in.seen(before, o.member("Cause"))
		if !staleName && !staleCause && !onEdge(name) && !onEdge(cause) || in.host.entry() {
			return asl.State{Error: template(name), Cause: template(cause)}, in
		}
		fl.env = before
	}
	k := m.errorKey(f)
	fl.env[k] = err
	was := f.only
	f.only = vars{k.v: true} // nothing else is read any more
	in := f.join([]*flow{fl}, nil)
	f.only = was
	e := in.env[k].e
	cause := member{e, "Cause"}
	return asl.State{Error: jsonata(member{e, "Error"}), Cause: jsonata(cond{call{"$exists", []expr{cause}}, cause, emptyStr})}, in
}

// seen is an expression of the flow before a state as the state itself can read it: by the variables that were assigned. It is stale
// where it still reads what a variable had before.
func (fl *flow) seen(before env, e expr) (now expr, stale bool) {
	known, old, assigned := map[string]expr{}, map[string]expr{}, map[string]bool{}
	for k, s := range fl.env {
		was, ok := before[k]
		if !ok || was.e == nil || same(was.e, s.e) {
			continue
		}
		if r, isRef := s.e.(ref); isRef {
			assigned[r.name] = true
		}
		if !isLit(was.e) {
			text := jsonataText(was.e)
			known[text], old[text] = s.e, null
		}
	}
	return rewrite(e, known), reads(rewrite(e, old), assigned)
}

// errorKey is the variable of the error that the machine fails with.
func (m *machine) errorKey(f *frame) key {
	if m.err.v == nil {
		m.err = key{m.newVar("failure", errorType), 0}
		m.frames[0] = f
	}
	return m.err
}

// compensate makes the states of the compensations, the last registered first.
func (m *machine) compensate() {
	for i := len(m.undone) - 1; i >= 0; i-- {
		u := m.undone[i]
		if len(u.pending) == 0 || u.fn == nil {
			continue
		}
		f := u.frame
		f.at, f.only = nil, u.reads(u.pending[0].env)
		joined := f.join(u.pending, nil)
		joined.undo = nil
		for _, o := range f.execClosure(&ast.CallExpr{Fun: u.call.Args[1]}, u.fn, []*flow{joined}) {
			o.undo = u.parent
			f.at, f.only = nil, u.parent.reads(o.env)
			m.fail(f, o.flow, u.call, o.env[m.err])
		}
		f.only = nil
	}
	m.rethrow()
}

// reads is the variables that the compensations from u on read.
func (u *undo) reads(e env) vars {
	out := vars{}
	for ; u != nil; u = u.parent {
		l := &liveness{info: u.frame.pkg.info}
		out = out.with(l.reads(u.call)).with(u.frame.readsIn(e, u.fn))
	}
	return out
}

// rethrow keeps an error that only goes on from being caught by a catcher for all errors.
func (m *machine) rethrow() {
	for _, s := range m.asl.States {
		hosts := m.caught[s]
		broad := slices.ContainsFunc(hosts, func(h *catchHost) bool { return h.names == nil && h.c != nil })
		for _, h := range hosts {
			if !broad || h.names == nil || h.c != nil {
				continue
			}
			f := m.top
			f.at, f.only = nil, vars{}
			m.forceFail(f, &flow{m: m, host: h, env: env{}})
			f.only = nil
		}
	}
}

func (m *machine) forceFail(f *frame, fl *flow) {
	k := m.errorKey(f)
	name := m.names.variable(k, m)
	fl.host.assign(name, template(stateError))
	fl.host = &label{hosts: []host{fl.host}}
	m.fail(f, fl, f.node, sym{e: ref{name}, t: errorType, full: true})
}

// branch compiles a function as the whole of a machine. What the function assigns around it is the machine's output, where
// written is not nil; else its first result is. A function that has neither gives an empty object: a state's own output would be
// its input or result, which nobody reads, and a Parallel would multiply it.
func (m *machine) branch(f *frame, fn *closure, args []sym, fl *flow, written []piece) {
	inner, ok := f.enter(fn, fn.node)
	if !ok {
		return
	}
	m.top = inner
	m.silent = m.silent || len(written) == 0 && len(resultsOf(inner.pkg, inner.node)) == 1
	inner.boundary = true
	for _, k := range written {
		inner.live.pinned[k.v] = true
	}
	inner.ret = func(fl *flow, at ast.Node, values []sym) {
		var result key
		if x := (&eval{frame: inner}); len(values) == 2 && !isLit(x.isNil(values[1])) { // a Choice between success and failure stands before it
			result = inner.holder(fl, "output", values[0])
			defer inner.releaseTemporary(result)
		}
		out := func(fl *flow) value.Value {
			switch {
			case m.silent:
				return template(object{})
			case result.v != nil:
				return template(fl.env[result].use())
			case len(values) == 2:
				return template(values[0].use())
			case len(written) == 1:
				return template(written[0].get(&eval{frame: inner, env: fl.env}).use())
			}
			return template(outputs(&eval{frame: inner, env: fl.env}, written))
		}
		m.end(inner, fl, at, out, values[len(values)-1])
	}
	if fn.recv.v != nil {
		args = append([]sym{fl.env[fn.recv]}, args...)
	}
	own := vars{}
	if fn.lit != nil {
		own = (&liveness{info: fn.frame.pkg.info}).reads(fn.lit)
	}
	around := f.readsIn(fl.env, fn)
	for k := range fl.env { // what is read by way of other functions, of which the source of fn knows nothing
		if around[k.v] && !own[k.v] && !m.synthetic[k.v] {
			m.synthetic[k.v] = true
			defer f.release(k)
		}
	}
	inner.bind(args, fl)
	inner.run([]*flow{fl})
	m.compensate()
}

func outputs(x *eval, written []piece) expr {
	var o object
	for _, p := range written {
		o.fields = append(o.fields, field{name: p.as, v: p.get(x).settledNow()})
	}
	return o
}
