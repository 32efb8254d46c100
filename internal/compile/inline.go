package compile

import (
	"go/ast"
	"go/token"
	"go/types"
)

// enter makes the frame of a call of fn.
func (f *frame) enter(fn *closure, at ast.Node) (*frame, bool) {
	if fn == nil {
		f.refuse(at, "which function this is, is not known when it is compiled", "name the function here")
		return nil, false
	}
	if fn.lit != nil {
		inner := f.newFrame(fn.lit, fn.frame, fn.frame.pkg, f)
		inner.types = fn.frame.types
		return inner, true
	}
	p := f.prog.packageOf(fn.decl.Pkg())
	if p == nil || p.decl(fn.decl) == nil || p.decl(fn.decl).Body == nil {
		f.refuse(at, qualified(fn.decl)+" is not known to the workflow language", wayOut(fn.decl))
		return nil, false
	}
	decl := p.decl(fn.decl)
	for g := f; g != nil; g = g.caller {
		if g.node == ast.Node(decl) {
			f.refuse(at, fn.decl.Name()+" calls itself: a state machine has no stack", "use a loop, or a workflow of its own with flow.Run")
			return nil, false
		}
	}
	inner := f.newFrame(decl, nil, p, f)
	inner.types = f.typeArgs(fn)
	return inner, true
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

// bind sets the parameters, a Context left out, on a flow.
func (f *frame) bind(args []sym, fl *flow) { f.bindEnv(args, fl.env) }

func (f *frame) bindEnv(args []sym, e env) {
	i := 0
	for _, p := range paramsOf(f.pkg, f.node) {
		if p != nil && isNamed(p.Type(), flowPath, "Context") {
			continue
		}
		if p != nil && i < len(args) {
			x := &eval{frame: f, env: e}
			e[key{p, f.id}] = x.as(args[i], f.subst(p.Type()))
		}
		i++
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
	return f.execClosure(e, &closure{decl: fn, node: ast.Unparen(e.Fun), frame: f}, e.Args, fs)
}

// execValue compiles a call of a function literal, or of a variable that holds one.
func (f *frame) execValue(e *ast.CallExpr, fs []*flow) []outcome {
	x := &eval{frame: f, env: fs[0].env, host: fs[0].host}
	return f.execClosure(e, x.expr(e.Fun).fn, e.Args, fs)
}

func (f *frame) execClosure(at *ast.CallExpr, fn *closure, args []ast.Expr, fs []*flow) []outcome {
	inner, ok := f.enter(fn, at)
	if !ok {
		return nil
	}
	var outs []outcome
	inner.ret = func(fl *flow, _ ast.Node, values []sym) { outs = append(outs, outcome{fl, values}) }
	for _, fl := range fs {
		x := &eval{frame: f, env: fl.env, host: fl.host}
		inner.bind(x.arguments(args), fl)
	}
	inner.run(fs)
	return outs
}

// arguments is the values of arguments, Contexts left out.
func (x *eval) arguments(list []ast.Expr) []sym {
	var out []sym
	for _, a := range list {
		if !isNamed(x.pkg.info.TypeOf(a), flowPath, "Context") {
			out = append(out, x.expr(a))
		}
	}
	return out
}

// inline is the results of a pure function of the module.
func (x *eval) inline(e *ast.CallExpr, p *pkg, fn *types.Func) []sym {
	args := x.arguments(e.Args)
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
		if s, isMethod := x.pkg.info.Selections[sel]; isMethod && s.Kind() == types.MethodVal {
			args = append([]sym{x.expr(sel.X)}, args...)
		}
	}
	return x.apply(e, &closure{decl: fn, node: ast.Unparen(e.Fun), frame: x.frame}, args)
}

// callValue calls a function literal, or a variable that holds one.
func (x *eval) callValue(e *ast.CallExpr) []sym {
	return x.apply(e, x.expr(e.Fun).fn, x.arguments(e.Args))
}

// apply evaluates a pure function's body with the given arguments.
func (x *eval) apply(at ast.Node, fn *closure, args []sym) []sym {
	inner, ok := x.enter(fn, at)
	if !ok {
		return nil
	}
	e := env{}
	if fn.lit != nil {
		for _, k := range x.captured(fn) {
			x.refuse(at, "this function assigns "+k.v.Name()+", a variable around it, and has no steps", "return the value")
		}
		e = x.env.clone()
	}
	inner.bindEnv(args, e)
	y := &eval{frame: inner, env: e, host: x.host}
	values, returned := y.body(bodyOf(inner.node).List)
	if !returned {
		for _, v := range resultsOf(inner.pkg, inner.node) {
			values = append(values, y.variable(at, v))
		}
	}
	return values
}

// body evaluates statements that have no steps, up to the values that they return.
func (x *eval) body(stmts []ast.Stmt) ([]sym, bool) {
	for i, s := range stmts {
		rest := stmts[i+1:]
		switch s := s.(type) {
		case *ast.ReturnStmt:
			return x.returned(x.results(s)), true
		case *ast.BranchStmt:
			if x.fall != nil && s.Tok == token.CONTINUE && s.Label == nil {
				return x.fall, true
			}
			x.refuse(s, s.Tok.String()+" cannot end a loop without steps", "return from the loop, or compute it in a handler")
			return nil, false
		case *ast.BlockStmt:
			if x.leaves(s) {
				return x.body(append(append([]ast.Stmt(nil), s.List...), rest...))
			}
		case *ast.IfStmt:
			if x.leaves(s) {
				return x.ifReturns(s, rest)
			}
		case *ast.SwitchStmt:
			if x.leaves(s) {
				return x.switchReturns(s, rest)
			}
		case *ast.RangeStmt:
			if returns(s) {
				return x.rangeReturns(s, rest)
			}
		}
		x.run(s)
	}
	return x.fall, x.fall != nil
}

// leaves says whether a statement may leave the statements around it: by returning or, in a loop, by starting its next round.
func (x *eval) leaves(s ast.Stmt) bool { return returns(s) || x.fall != nil && continues(s) }

// returned is results as a body gives them: in a loop after the news that there are any.
func (x *eval) returned(values []sym) []sym {
	if x.fall == nil {
		return values
	}
	return append([]sym{{e: yes, t: types.Typ[types.Bool]}}, values...)
}

func returns(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ReturnStmt:
			found = true
		case *ast.FuncLit:
			return false
		}
		return !found
	})
	return found
}

// ifReturns is an if of which a branch returns: the rest belongs to the other.
func (x *eval) ifReturns(s *ast.IfStmt, rest []ast.Stmt) ([]sym, bool) {
	if s.Init != nil {
		x.run(s.Init)
	}
	var otherwise []ast.Stmt
	if s.Else != nil {
		otherwise = []ast.Stmt{s.Else}
	}
	return x.either(x.truth(s.Cond), append(append([]ast.Stmt(nil), s.Body.List...), rest...), append(otherwise, rest...))
}

// either is test ? what then returns : what els returns.
func (x *eval) either(test expr, then, els []ast.Stmt) ([]sym, bool) {
	if v, known := boolOf(test); known {
		if v {
			return x.body(then)
		}
		return x.body(els)
	}
	a, b := x.fork(), x.fork()
	va, okA := a.body(then)
	vb, okB := b.body(els)
	if !okA || !okB || len(va) != len(vb) {
		return nil, false
	}
	out := make([]sym, len(va))
	for i := range va {
		out[i] = merge(test, va[i], vb[i])
	}
	return out, true
}

func (x *eval) switchReturns(s *ast.SwitchStmt, rest []ast.Stmt) ([]sym, bool) {
	if s.Init != nil {
		x.run(s.Init)
	}
	return x.cases(s, s.Body.List, rest)
}

func (x *eval) cases(s *ast.SwitchStmt, clauses []ast.Stmt, rest []ast.Stmt) ([]sym, bool) {
	for i, c := range clauses {
		clause := c.(*ast.CaseClause)
		if clause.List == nil {
			continue
		}
		test := x.caseTest(s, clause)
		a, b := x.fork(), x.fork()
		if v, known := boolOf(test); known && !v {
			continue
		}
		va, okA := a.body(append(append([]ast.Stmt(nil), clause.Body...), rest...))
		if v, known := boolOf(test); known && v {
			return va, okA
		}
		vb, okB := b.cases(s, append(append([]ast.Stmt(nil), clauses[:0]...), remaining(clauses, i)...), rest)
		if !okA || !okB || len(va) != len(vb) {
			return nil, false
		}
		for j := range va {
			va[j] = merge(test, va[j], vb[j])
		}
		return va, true
	}
	for _, c := range clauses {
		if clause := c.(*ast.CaseClause); clause.List == nil {
			return x.body(append(append([]ast.Stmt(nil), clause.Body...), rest...))
		}
	}
	return x.body(rest)
}

// remaining is the clauses that still count once clause i did not match: those after it, and the default wherever it stands.
func remaining(clauses []ast.Stmt, i int) []ast.Stmt {
	out := append([]ast.Stmt(nil), clauses[i+1:]...)
	for _, c := range clauses[:i] {
		if c.(*ast.CaseClause).List == nil {
			out = append(out, c)
		}
	}
	return out
}

func (x *eval) caseTest(s *ast.SwitchStmt, c *ast.CaseClause) expr {
	fl := &flow{env: x.env, host: x.host}
	for i, e := range c.List {
		if s.Tag == nil && x.testsErrors(e) {
			x.refuse(c.List[i], "errors cannot be told apart in a function without steps", "use if with errors.As in the workflow")
		}
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
