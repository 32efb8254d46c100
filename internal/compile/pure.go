package compile

import (
	"go/ast"
	"go/token"
	"go/types"
)

// isPure says whether a statement has no steps and does not leave its place: then it is expressions only.
func (f *frame) isPure(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.LabeledStmt, *ast.TypeSwitchStmt:
		return false
	}
	pure, loops := true, 0
	var visit func(n ast.Node)
	visit = func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				pure = pure && !f.callHasSteps(n)
			case *ast.ReturnStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.TypeSwitchStmt, *ast.ForStmt:
				pure = false
			case *ast.BranchStmt:
				pure = pure && loops > 0 && n.Label == nil && n.Tok == token.CONTINUE
			case *ast.IfStmt:
				pure = pure && !f.testsErrors(n.Cond)
			case *ast.RangeStmt:
				k := kindOf(f.typeOf(n.X))
				pure = pure && (k == sliceKind || k == intKind)
				loops++
				visit(n.Body)
				loops--
				return false
			}
			return pure
		})
	}
	visit(s)
	return pure
}

// hasStepsIn says whether a step is called in n, function literals left out.
func (f *frame) hasStepsIn(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			found = found || f.callHasSteps(n)
		}
		return !found
	})
	return found
}

// callHasSteps says whether a call needs states: it is given a Context, and is more than a question about the execution.
func (f *frame) callHasSteps(e *ast.CallExpr) bool {
	if f.pkg.info.Types[e.Fun].IsType() {
		return false
	}
	if fn := f.callee(e); fn != nil {
		return f.hasSteps(fn)
	}
	sig, ok := f.pkg.info.TypeOf(e.Fun).Underlying().(*types.Signature)
	if !ok {
		return false
	}
	if lit, isLit := ast.Unparen(e.Fun).(*ast.FuncLit); isLit {
		return f.hasStepsIn(lit.Body) || takesContext(sig)
	}
	return takesContext(sig)
}

func (f *frame) hasSteps(fn *types.Func) bool {
	if fn.Pkg() != nil && fn.Pkg().Path() == flowPath {
		_, pure := library[fullName(fn)]
		return !pure && takesContext(fn.Signature())
	}
	return takesContext(fn.Signature())
}

func takesContext(sig *types.Signature) bool {
	for i := range sig.Params().Len() {
		if isNamed(sig.Params().At(i).Type(), flowPath, "Context") {
			return true
		}
	}
	return false
}

// pure runs a statement without steps on a flow: its variables become expressions.
func (f *frame) pure(s ast.Stmt, fl *flow) {
	x := &eval{frame: f, env: fl.env, host: fl.host}
	x.run(s)
}

func (x *eval) run(s ast.Stmt) {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
	case *ast.AssignStmt:
		x.assignStmt(s)
	case *ast.IncDecStmt:
		op := map[token.Token]token.Token{token.INC: token.ADD, token.DEC: token.SUB}[s.Tok]
		t := x.typeOf(s.X)
		x.assign(s.X, x.arithmetic(s, op, x.expr(s.X), sym{e: num(1), t: t}, t))
	case *ast.DeclStmt:
		x.declare(s)
	case *ast.BlockStmt:
		for _, inner := range s.List {
			x.run(inner)
		}
	case *ast.ExprStmt:
		if call, ok := ast.Unparen(s.X).(*ast.CallExpr); ok {
			x.call(call)
		}
	case *ast.IfStmt:
		x.ifStmt(s)
	case *ast.SwitchStmt:
		x.switchStmt(s, s.Body.List)
	case *ast.RangeStmt:
		x.rangeStmt(s)
	case *ast.ForStmt:
		x.refuse(s, "a loop without steps needs a range", "write for range, or compute it in a handler")
	default:
		x.refuseStmt(s)
	}
}

var assignOps = map[token.Token]token.Token{
	token.ADD_ASSIGN: token.ADD, token.SUB_ASSIGN: token.SUB, token.MUL_ASSIGN: token.MUL, token.QUO_ASSIGN: token.QUO,
	token.REM_ASSIGN: token.REM,
}

func (x *eval) assignStmt(s *ast.AssignStmt) {
	if op, ok := assignOps[s.Tok]; ok {
		t := x.typeOf(s.Lhs[0])
		x.assign(s.Lhs[0], x.arithmetic(s, op, x.expr(s.Lhs[0]), x.expr(s.Rhs[0]), t))
		return
	}
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		x.refuse(s, "the operator "+s.Tok.String()+" has no form in JSONata", "compute it in a handler")
		return
	}
	var values []sym
	if len(s.Lhs) == 2 && len(s.Rhs) == 1 {
		if lookup, ok := ast.Unparen(s.Rhs[0]).(*ast.IndexExpr); ok {
			values = x.commaOK(lookup)
		}
	}
	if call, ok := ast.Unparen(s.Rhs[0]).(*ast.CallExpr); ok && len(s.Rhs) == 1 && len(s.Lhs) > 1 {
		values = x.call(call)
	} else if values == nil {
		values = x.exprs(s.Rhs)
	}
	x.assignEach(s.Lhs, values)
}

func (x *eval) declare(s *ast.DeclStmt) {
	gen := s.Decl.(*ast.GenDecl)
	for _, spec := range gen.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		var values []sym
		if len(vs.Values) == 1 && len(vs.Names) > 1 {
			values = x.call(ast.Unparen(vs.Values[0]).(*ast.CallExpr))
		} else {
			values = x.exprs(vs.Values)
		}
		for i, n := range vs.Names {
			v, _ := x.pkg.info.Defs[n].(*types.Var)
			switch {
			case v == nil:
			case i < len(values):
				x.assign(n, values[i])
			default:
				x.env[key{v, x.id}] = zeroSym(x.subst(v.Type()))
			}
		}
	}
}

func (x *eval) ifStmt(s *ast.IfStmt) {
	if s.Init != nil {
		x.run(s.Init)
	}
	test := x.truth(s.Cond)
	x.branches(test, func(y *eval) { y.run(s.Body) }, func(y *eval) {
		if s.Else != nil {
			y.run(s.Else)
		}
	})
}

// branches runs both ways of a condition and keeps what they agree on, and the condition where they do not.
func (x *eval) branches(test expr, then, els func(*eval)) {
	if v, known := boolOf(test); known {
		if v {
			then(x)
		} else {
			els(x)
		}
		return
	}
	a, b := x.fork(), x.fork()
	then(a)
	els(b)
	for k := range x.env {
		va, vb := a.env[k], b.env[k]
		if !va.fn.same(vb.fn) || !same(va.e, vb.e) {
			x.env[k] = merge(test, va, vb)
			if x.apart[k] {
				x.env[k] = mergeFields(test, va, vb)
			}
		}
	}
}

func (x *eval) switchStmt(s *ast.SwitchStmt, clauses []ast.Stmt) {
	if s.Init != nil && len(clauses) == len(s.Body.List) {
		x.run(s.Init)
	}
	for i, c := range clauses {
		clause := c.(*ast.CaseClause)
		if clause.List == nil {
			continue
		}
		x.branches(x.caseTest(s, clause), func(y *eval) { y.runAll(clause.Body) }, func(y *eval) {
			y.otherCases(s, remaining(clauses, i))
		})
		return
	}
	for _, c := range clauses {
		x.runAll(c.(*ast.CaseClause).Body)
	}
}

func (x *eval) otherCases(s *ast.SwitchStmt, clauses []ast.Stmt) {
	if len(clauses) > 0 {
		inner := *s
		inner.Init = nil
		x.switchStmt(&inner, clauses)
	}
}

func (x *eval) runAll(stmts []ast.Stmt) {
	for _, s := range stmts {
		x.run(s)
	}
}
