package compile

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// refine notes what a condition that holds, or does not, says about variables with errors: whether there is one.
func (f *frame) refine(e env, cond ast.Expr, holds bool) {
	switch c := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		if c.Op == token.NOT {
			f.refine(e, c.X, !holds)
		}
	case *ast.BinaryExpr:
		switch {
		case c.Op == token.LAND && holds, c.Op == token.LOR && !holds:
			f.refine(e, c.X, holds)
			f.refine(e, c.Y, holds)
		case c.Op == token.EQL || c.Op == token.NEQ:
			f.refineNil(e, c, holds == (c.Op == token.EQL))
		}
		f.refineLen(e, c, holds)
	case *ast.CallExpr:
		if holds && f.testsErrors(c) {
			f.noteError(e, c.Args[0], true)
		}
	}
}

// refineNil notes that one side of a comparison is, or is not, the nil that the other is.
func (f *frame) refineNil(e env, c *ast.BinaryExpr, isNil bool) {
	switch {
	case f.pkg.info.Types[c.Y].IsNil():
		f.noteError(e, c.X, !isNil)
	case f.pkg.info.Types[c.X].IsNil():
		f.noteError(e, c.Y, !isNil)
	}
}

// refineLen notes that a slice of errors is not empty, where c says so: len(errs) > 0, len(errs) != 0, and not len(errs) == 0.
func (f *frame) refineLen(e env, c *ast.BinaryExpr, holds bool) {
	call, ok := ast.Unparen(c.X).(*ast.CallExpr)
	than := f.pkg.info.Types[c.Y].Value
	if !ok || !f.pkg.info.Types[call.Fun].IsBuiltin() || than == nil || len(call.Args) != 1 {
		return
	}
	switch n := constant.Sign(than); {
	case holds && c.Op == token.GTR && n >= 0, holds && c.Op == token.GEQ && n > 0, holds && c.Op == token.NEQ && n == 0:
	case !holds && c.Op == token.EQL && n == 0, !holds && c.Op == token.LSS && n > 0, !holds && c.Op == token.LEQ && n >= 0:
	default:
		return
	}
	if k, s, ok := f.local(e, call.Args[0]); ok && ofErrors(s.t) {
		s.some = true
		e[k] = s
	}
}

// noteError notes that a variable has an error, or has none.
func (f *frame) noteError(e env, at ast.Expr, has bool) {
	if k, s, ok := f.local(e, at); ok && kindOf(s.t) == errorKind {
		e[k] = f.known(s, has)
	}
}

// local is the local variable that an expression is.
func (f *frame) local(e env, at ast.Expr) (key, sym, bool) {
	id := identOf(at)
	if id == nil {
		return key{}, sym{}, false
	}
	v, _ := f.pkg.info.ObjectOf(id).(*types.Var)
	if v == nil {
		return key{}, sym{}, false
	}
	k, ok := f.key(v)
	s, has := e[k]
	return k, s, ok && has
}

// known is s where it is known to be an error, or to be none.
func (f *frame) known(s sym, has bool) sym {
	s.full, s.none = has, !has
	if !has && !simple(s.e) {
		s.e = null
	}
	if c, ok := opened(s.e).(cond); ok && has && c.els != nil {
		x := &eval{frame: f}
		if none, _ := boolOf(x.isNil(sym{e: c.els, t: s.t})); none {
			return f.known(sym{e: c.then, t: s.t, joined: s.joined}, true)
		}
		if none, _ := boolOf(x.isNil(sym{e: c.then, t: s.t})); none {
			return f.known(sym{e: c.els, t: s.t, joined: s.joined}, true)
		}
	}
	return s
}

// refineAll is refine on flows.
func (f *frame) refineAll(fs []*flow, cond ast.Expr, holds bool) {
	for _, fl := range fs {
		f.refine(fl.env, cond, holds)
	}
}

// entered says whether a loop is known to run its first round.
func (f *frame) entered(fs []*flow, p loopParts) bool {
	for _, fl := range fs {
		test := expr(no)
		switch {
		case p.when != nil:
			test = p.when(fl)
		case p.test != nil && plain(p.test):
			test = (&eval{frame: f, env: fl.env, host: fl.host}).expr(p.test).use()
		}
		if v, known := boolOf(test); !known || !v {
			return false
		}
	}
	return true
}

// plain says whether an expression has variables, constants and operators only.
func plain(e ast.Expr) bool {
	found := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Ident, *ast.BasicLit, *ast.BinaryExpr, *ast.ParenExpr:
		default:
			found = false
		}
		return found
	})
	return found
}

// leftBehind notes on the flows that leave a loop by its condition, after a round at least, which errors each round ends with.
func (f *frame) leftBehind(outside, rounds []*flow) {
	for _, fl := range outside {
		for k, s := range fl.env {
			always := kindOf(s.t) == errorKind
			for _, r := range rounds {
				always = always && r.env[k].full
			}
			if always {
				fl.env[k] = f.known(s, true)
			}
		}
	}
}

// less is a < b, decided now where both are known.
func less(a, b expr) expr {
	x, okX := a.(lit)
	y, okY := b.(lit)
	if okX && okY {
		return boolLit(ordered("<", x.v, y.v))
	}
	return binary{"<", a, b}
}
