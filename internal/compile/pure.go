package compile

import (
	"go/ast"
	"go/token"
	"go/types"
)

// isPure says whether a statement has no steps and does not leave its place: then it is expressions only.
func (f *frame) isPure(s ast.Stmt) bool {
	if !f.contained(s) {
		return false
	}
	pure := true
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			pure = pure && !f.callHasSteps(n)
		case *ast.DeferStmt, *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.TypeSwitchStmt:
			pure = false
		case *ast.ForStmt:
			_, ok := f.counted(n)
			pure = pure && ok
		case *ast.IfStmt:
			pure = pure && !f.testsErrors(n.Cond)
		case *ast.RangeStmt:
			_, ok := f.iteration(n)
			pure = pure && ok
		}
		return pure
	})
	return pure
}

// contained says whether a statement goes on with the next one.
func (f *frame) contained(s ast.Stmt) bool {
	if labelled, ok := s.(*ast.LabeledStmt); ok {
		switch labelled.Stmt.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt:
		default: // the target of a goto
			return false
		}
	}
	return len(waysOut(s)) == 0
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
	case *ast.ExprStmt:
		if call, ok := ast.Unparen(s.X).(*ast.CallExpr); ok {
			x.standsAlone(call)
			x.dropped[call] = true
			x.call(call)
		}
	case *ast.BlockStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.RangeStmt, *ast.ForStmt, *ast.LabeledStmt:
		x.compound(s, "", done)
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
	if call, ok := x.goesBack(s); ok {
		x.dropped[call] = true
	}
	x.assignEach(s.Lhs, x.values(s.Rhs, len(s.Lhs)))
}

// values is what stands right of n variables: as many expressions, or one that has several results.
func (x *eval) values(list []ast.Expr, n int) []sym {
	x.standsAlone(list...)
	if len(list) == 1 && n > 1 {
		switch e := ast.Unparen(list[0]).(type) {
		case *ast.CallExpr:
			return x.call(e)
		case *ast.IndexExpr:
			return x.commaOK(e)
		case *ast.TypeAssertExpr:
			v, is := x.assertion(e)
			return []sym{v, is}
		}
	}
	return x.exprs(list)
}

func (x *eval) declare(s *ast.DeclStmt) {
	gen := s.Decl.(*ast.GenDecl)
	for _, spec := range gen.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		values := x.values(vs.Values, len(vs.Names))
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
