package compile

import (
	"go/ast"
	"go/types"
	"slices"
)

// enter makes the frame of a call of fn.
func (f *frame) enter(fn *closure, at ast.Node) (*frame, bool) {
	if fn == nil {
		f.refuse(at, "which function this is, is not known when it is compiled", "name the function here")
		return nil, false
	}
	if fn.lit != nil {
		if f.within(fn.lit, at) {
			name := "this function"
			if call, ok := at.(*ast.CallExpr); ok {
				name = f.source(call.Fun)
			}
			f.refuseRecursion(at, name)
			return nil, false
		}
		inner := f.newFrame(fn.lit, fn.frame, fn.frame.pkg, f)
		inner.site, inner.types = at, fn.frame.types
		return inner, true
	}
	p := f.prog.packageOf(fn.decl.Pkg())
	if p == nil || p.decl(fn.decl) == nil || p.decl(fn.decl).Body == nil {
		f.refuse(at, qualified(fn.decl)+" is not known to the workflow language", wayOut(fn.decl))
		return nil, false
	}
	decl := p.decl(fn.decl)
	if f.within(decl, at) {
		f.refuseRecursion(at, fn.decl.Name())
		return nil, false
	}
	inner := f.newFrame(decl, nil, p, f)
	inner.site = at
	inner.types = f.typeArgs(fn)
	return inner, true
}

// within says whether a call stands inside another call of the same function from the same place.
func (f *frame) within(fn, at ast.Node) bool {
	for g := f; g != nil; g = g.caller {
		if g.node == fn && g.site == at {
			return true
		}
	}
	return false
}

func (f *frame) refuseRecursion(at ast.Node, name string) {
	f.refuse(at, name+" calls itself: a state machine has no stack", "use a loop, or a workflow of its own with flow.Run")
}

// typeArgs is what the type parameters of a generic function are in this call.
func (f *frame) typeArgs(fn *closure) map[*types.TypeParam]types.Type {
	var id *ast.Ident
	switch n := fn.node.(type) {
	case *ast.Ident:
		id = n
	case *ast.SelectorExpr:
		id = n.Sel
	}
	inst, ok := fn.frame.pkg.info.Instances[id]
	if !ok {
		return nil
	}
	params := fn.decl.Origin().Signature().TypeParams()
	out := map[*types.TypeParam]types.Type{}
	for i := range params.Len() {
		out[params.At(i)] = f.subst(inst.TypeArgs.At(i))
	}
	return out
}

// bind sets the parameters, a Context left out, and the named results on a flow.
func (f *frame) bind(args []sym, fl *flow) { f.bindEnv(args, fl.env) }

func (f *frame) bindEnv(args []sym, e env) {
	i := 0
	for _, p := range paramsOf(f.pkg, f.node) {
		if p != nil && isNamed(p.Type(), flowPath, "Context") {
			continue
		}
		if p != nil && i < len(args) {
			x := &eval{frame: f, env: e}
			f.kept(args[i].fn)
			e[key{p, f.id}] = x.as(args[i], f.subst(p.Type()))
		}
		i++
	}
	for _, v := range resultsOf(f.pkg, f.node) {
		if v.Name() != "" && v.Name() != "_" {
			e[key{v, f.id}] = zeroSym(f.subst(v.Type()))
		}
	}
}

// run compiles the function's body; what falls off its end returns nothing.
func (f *frame) run(fs []*flow) {
	body := bodyOf(f.node)
	for _, fl := range f.list(body.List, fs) {
		var named []sym
		x := &eval{frame: f, env: fl.env, host: fl.host}
		for _, v := range resultsOf(f.pkg, f.node) {
			named = append(named, x.variable(f.node, v))
		}
		f.exit(fl, f.node, named)
	}
	f.runDeferred()
}

// execDecl compiles a call of a function with steps into its caller.
func (f *frame) execDecl(e *ast.CallExpr, fn *types.Func, fs []*flow) []outcome {
	return f.execClosure(e, &closure{decl: fn, node: ast.Unparen(e.Fun), frame: f}, fs)
}

// execValue compiles a call of a function literal, or of a variable that holds one.
func (f *frame) execValue(e *ast.CallExpr, fs []*flow) []outcome {
	x := &eval{frame: f, env: fs[0].env, host: fs[0].host}
	return f.execClosure(e, x.expr(e.Fun).fn, fs)
}

func (f *frame) execClosure(at *ast.CallExpr, fn *closure, fs []*flow) []outcome {
	inner, ok := f.enter(fn, at)
	if !ok {
		return nil
	}
	var outs []outcome
	f.standsAlone(at)
	inner.ret = func(fl *flow, _ ast.Node, values []sym) {
		x, y := &eval{frame: f, env: fl.env, host: fl.host}, &eval{frame: inner, env: fl.env}
		x.giveBack(inner.loans, y.lentValues())
		outs = append(outs, outcome{fl, values})
	}
	for _, fl := range fs {
		x := &eval{frame: f, env: fl.env, host: fl.host}
		inner.loans = x.lend(at, fn.decl)
		var args []sym
		if fn.recv.v != nil {
			args = append(args, fl.env[fn.recv])
		}
		inner.bind(append(args, x.arguments(at, f.callee(at))...), fl)
	}
	for _, l := range inner.loans {
		inner.live.pinned[l.param] = true
	}
	inner.run(fs)
	return outs
}

// arguments is the values of a call's arguments, Contexts left out; the receiver comes first. fn is nil for a function value.
func (x *eval) arguments(e *ast.CallExpr, fn *types.Func) []sym {
	var eff *effect
	list := e.Args
	if fn != nil {
		eff, list = x.effectOf(fn), x.argumentsOf(e, fn)
		if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && x.pkg.info.Selections[sel] != nil {
			x.refusePromoted(x.pkg.info.Selections[sel])
		}
	}
	var out []sym
	for i, a := range list {
		switch t := x.pkg.info.TypeOf(a).(type) {
		case *types.Tuple: // f(g())
			call := ast.Unparen(a).(*ast.CallExpr)
			x.standsAlone(call)
			out = append(out, x.call(call)...)
		default:
			if !isNamed(t, flowPath, "Context") {
				out = append(out, x.keep(x.argument(a, eff, i), "arg"))
			}
		}
	}
	return x.packed(e, out)
}

// packed has the last arguments of a variadic call as the one slice that the function gets.
func (x *eval) packed(e *ast.CallExpr, args []sym) []sym {
	sig, ok := x.typeOf(e.Fun).Underlying().(*types.Signature)
	if !ok || !sig.Variadic() || e.Ellipsis.IsValid() {
		return args
	}
	last := sig.Params().At(sig.Params().Len() - 1)
	more := 0
	for _, a := range e.Args {
		if t, ok := x.pkg.info.TypeOf(a).(*types.Tuple); ok {
			more += t.Len()
		} else {
			more++
		}
	}
	more -= sig.Params().Len() - 1
	t := x.subst(last.Type())
	if more <= 0 {
		return append(args, zeroSym(t))
	}
	fixed := max(len(args)-more, 0)
	return append(args[:fixed:fixed], x.sliceOf(t, args[fixed:]))
}

// inline is the results of a pure function of the module.
func (x *eval) inline(e *ast.CallExpr, fn *types.Func) []sym {
	loans := x.lend(e, fn)
	values := x.apply(e, &closure{decl: fn, node: ast.Unparen(e.Fun), frame: x.frame}, x.arguments(e, fn), loans...)
	own := len(values) - len(loans)
	if own < 0 {
		return values
	}
	x.giveBack(loans, values[own:])
	return values[:own]
}

// callValue calls a function literal, or a variable that holds one.
func (x *eval) callValue(e *ast.CallExpr) []sym {
	return x.apply(e, x.expr(e.Fun).fn, x.arguments(e, nil))
}

// apply evaluates a pure function's body with the given arguments. Behind its results stands what has become of the loans.
func (x *eval) apply(at ast.Node, fn *closure, args []sym, loans ...loan) []sym {
	inner, ok := x.enter(fn, at)
	if !ok {
		return nil
	}
	inner.loans = loans
	if fn.recv.v != nil {
		args = append([]sym{x.env[fn.recv]}, args...)
	}
	e := env{}
	if slices.ContainsFunc(args, func(a sym) bool { return a.fn != nil }) { // what a literal reads is around it
		e = x.env.clone()
	}
	if fn.lit != nil {
		for _, k := range x.captured(fn) {
			x.refuse(at, "this function assigns "+k.v.Name()+", a variable around it, and has no steps", "return the value")
		}
		e = x.env.clone()
	}
	inner.bindEnv(args, e)
	y := &eval{frame: inner, env: e, host: x.host}
	values, _ := y.body(bodyOf(inner.node).List, func(y *eval) ([]sym, bool) { return y.named(at), true })
	return append(values, y.lentValues()...)
}

// named is the results of a function that are in variables of their own.
func (x *eval) named(at ast.Node) []sym {
	var out []sym
	for _, v := range resultsOf(x.pkg, x.node) {
		out = append(out, x.variable(at, v))
	}
	return out
}

func (x *eval) caseTest(s *ast.SwitchStmt, c *ast.CaseClause) expr {
	fl := &flow{env: x.env, host: x.host}
	if s.Tag == nil && slices.ContainsFunc(c.List, x.testsErrors) {
		fl.host = noHost{}
	}
	return x.caseSplits(fl, s, c)[0].cond
}

func (x *eval) truth(e ast.Expr) expr {
	if x.testsErrors(e) {
		parts := x.splits(&flow{env: x.env, host: noHost{}}, e)
		return parts[0].cond
	}
	return x.expr(e).use()
}

// noHost stands for the edge of an expression: errors are not caught inside one.
type noHost struct{ entryHost }
