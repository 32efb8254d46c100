package compile

import (
	"go/ast"
	"go/token"
	"go/types"
)

// What append returns may share memory with what it was given: two slices made of one are told apart in JSON, and not always in Go.

// appending is a call of append to what a path of fields finds, or to a part of it.
type appending struct {
	call   *ast.CallExpr
	path   string
	root   *types.Var
	part   bool       // to x[a:b], behind which x goes on
	itself bool       // its result is assigned to the path
	to     ast.Expr   // the path
	around []ast.Node // the source around it, from the outside
}

// appendings are the calls of append in a function, in the order of the source.
func (f *frame) appendings(fn ast.Node) []appending {
	var out []appending
	var stack []ast.Node
	ast.Inspect(fn, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if call, ok := n.(*ast.CallExpr); ok {
			if a, ok := f.appending(call); ok {
				a.around = append([]ast.Node(nil), stack...)
				a.itself = f.assignedTo(a, stack[len(stack)-2])
				out = append(out, a)
			}
		}
		return true
	})
	return out
}

func (f *frame) appending(call *ast.CallExpr) (appending, bool) {
	if !f.isBuiltin(call, "append") || len(call.Args) < 2 {
		return appending{}, false
	}
	to := appendedTo(call)
	a := appending{call: call, to: to, root: f.rootVar(to), path: f.source(to)}
	if s, ok := ast.Unparen(call.Args[0]).(*ast.SliceExpr); ok {
		a.part = s.High != nil && !s.Slice3
	}
	return a, a.root != nil
}

// assignedTo says whether a statement assigns what a gives to its own path.
func (f *frame) assignedTo(a appending, parent ast.Node) bool {
	s, ok := parent.(*ast.AssignStmt)
	if !ok || len(s.Lhs) != len(s.Rhs) {
		return false
	}
	for i, r := range s.Rhs {
		if ast.Unparen(r) == ast.Expr(a.call) {
			return s.Tok == token.ASSIGN && f.source(s.Lhs[i]) == a.path
		}
	}
	return false
}

// refuseFork refuses to append to a slice, for another variable, where the slice is appended to later as well.
func (x *eval) refuseFork(e *ast.CallExpr) {
	a, ok := x.appending(e)
	if !ok {
		return
	}
	all := x.appendings(x.node)
	for _, own := range all {
		if own.call == e {
			a = own
		}
	}
	switch {
	case a.around == nil: // of another function, by way of a package variable
	case a.part && a.itself:
		x.refuseAliased(e, a.to)
	case a.part:
		x.refuse(e, "this writes over what "+a.path+" has there, in Go and not in JSON", "append to a copy: append(slices.Clip(...), ...)")
	case x.refuseCut(e, a):
	case !a.itself:
		for _, later := range all {
			if later.root == a.root && later.path == a.path && a.before(later) {
				x.refuse(e, "this may share memory with what is appended to "+a.path+" in line "+x.lineOf(later.call)+", in Go and not in JSON", "append to a copy: append(slices.Clip("+a.path+"), ...)")
				return
			}
		}
	}
}

// refuseCut refuses to append to what was cut to its beginning, where something else has what stood behind.
func (x *eval) refuseCut(e *ast.CallExpr, a appending) bool {
	found := false
	cut := func(l, r ast.Expr) {
		part, ok := ast.Unparen(r).(*ast.SliceExpr)
		if !ok || part.High == nil || part.Slice3 || x.rootVar(l) != a.root || x.source(l) != a.path {
			return
		}
		found = true
		if of := x.source(part.X); of != a.path {
			x.refuse(e, "this writes over what "+of+" has there, in Go and not in JSON", "append to a copy: append(slices.Clip("+a.path+"), ...)")
		} else {
			x.refuseAliased(e, a.to)
		}
	}
	ast.Inspect(x.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) {
					cut(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i := range n.Values {
				if len(n.Names) == len(n.Values) {
					cut(n.Names[i], n.Values[i])
				}
			}
		}
		return true
	})
	return found
}

// before says whether b may run after a.
func (a appending) before(b appending) bool {
	i := 0
	for i < len(a.around)-1 && i < len(b.around)-1 && a.around[i+1] == b.around[i+1] {
		i++
	}
	for _, n := range a.around[:i+1] {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if a.root.Pos() < n.Pos() || n.End() < a.root.Pos() { // round by round
				return true
			}
		}
	}
	if a.call.Pos() >= b.call.Pos() || returned(a.around) {
		return false
	}
	switch n := a.around[i].(type) {
	case *ast.IfStmt:
		return a.around[i+1] != ast.Node(n.Body) || b.around[i+1] != n.Else
	case *ast.BlockStmt: // of a switch, perhaps
		_, isCase := a.around[i+1].(*ast.CaseClause)
		return !isCase
	}
	return true
}

// returned says whether a return leaves the function with what stands there.
func returned(around []ast.Node) bool {
	for i := len(around) - 1; i > 0; i-- {
		switch around[i].(type) {
		case *ast.ReturnStmt:
			return true
		case *ast.FuncLit:
			return false
		}
	}
	return false
}
