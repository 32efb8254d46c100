package compile

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Go's maps and pointers share memory, JSON's values do not. What follows finds where that would show, so that it is refused.

// refuseShared refuses a pointer to a variable that is assigned to: the pointer would see it.
func (x *eval) refuseShared(e ast.Expr) {
	v := x.rootVar(e)
	if v == nil {
		return
	}
	if o := x.owner(v); o != nil && x.reassigned(o.node, v) {
		x.refuse(e, "this points to "+v.Name()+", which is assigned to elsewhere: JSON has no shared values", "copy it into a variable of its own, and point to that")
	}
}

// rootVar is the variable that a path of fields and items begins with; nil for another expression.
func (f *frame) rootVar(e ast.Expr) *types.Var {
	for {
		switch p := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = p.X
		case *ast.IndexExpr:
			e = p.X
		case *ast.StarExpr:
			e = p.X
		case *ast.Ident:
			v, _ := f.pkg.info.ObjectOf(p).(*types.Var)
			return v
		default:
			return nil
		}
	}
}

// reassigned says whether a function assigns to v, its declaration left out.
func (f *frame) reassigned(fn ast.Node, v *types.Var) bool {
	found := false
	to := func(l ast.Expr) { found = found || f.rootVar(l) == v && f.pkg.info.Defs[identOf(l)] == nil }
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				to(l)
			}
		case *ast.IncDecStmt:
			to(n.X)
		}
		return !found
	})
	return found
}

func identOf(e ast.Expr) *ast.Ident {
	id, _ := ast.Unparen(e).(*ast.Ident)
	return id
}

// refuseAliased refuses an assignment to an item of a map that another variable may hold too.
func (x *eval) refuseAliased(at ast.Node, m ast.Expr) {
	v := x.rootVar(m)
	if v == nil {
		return
	}
	o := x.owner(v)
	if o == nil {
		return
	}
	a := &aliases{frame: x.frame, v: v, fn: o.node}
	if o.scopedParameter(v) || a.found() {
		x.refuse(at, "the map in "+v.Name()+" may be held by another variable, which would see the change in Go and does not in JSON",
			"make a map here, or copy it with maps.Clone")
	}
}

// scopedParameter says whether v is a parameter of a function other than the workflow's own: its map is the caller's.
func (f *frame) scopedParameter(v *types.Var) bool {
	for _, p := range paramsOf(f.pkg, f.node) {
		if p == v {
			return f.caller != nil && f.caller.live != nil || !isDecl(f.node)
		}
	}
	return false
}

func isDecl(n ast.Node) bool { _, ok := n.(*ast.FuncDecl); return ok }

// aliases looks for places where a function copies the map in a variable.
type aliases struct {
	*frame
	v     *types.Var
	fn    ast.Node
	stack []ast.Node
}

func (a *aliases) found() bool {
	found := false
	ast.Inspect(a.fn, func(n ast.Node) bool {
		if n == nil {
			a.stack = a.stack[:len(a.stack)-1]
			return true
		}
		a.stack = append(a.stack, n)
		if id, ok := n.(*ast.Ident); ok && a.pkg.info.ObjectOf(id) == a.v {
			found = found || a.copied(len(a.stack)-1)
		}
		return true
	})
	return found
}

// copied says whether the mention at stack[i] hands the map on, or takes one from elsewhere.
func (a *aliases) copied(i int) bool {
	e := a.stack[i].(ast.Expr)
	for i--; i >= 0; i-- {
		switch p := a.stack[i].(type) {
		case *ast.ParenExpr, *ast.KeyValueExpr, *ast.CompositeLit, *ast.UnaryExpr:
		case *ast.SelectorExpr:
			if !holdsMap(a.pkg.info.TypeOf(p)) {
				return false
			}
		case *ast.IndexExpr:
			if p.X != e || !holdsMap(a.pkg.info.TypeOf(p)) {
				return false
			}
		case *ast.CallExpr:
			return !a.takesCopy(p)
		case *ast.AssignStmt:
			return a.assigned(p, e)
		case *ast.ValueSpec:
			return len(p.Values) > 0 && !a.allFresh(p.Values)
		case *ast.RangeStmt:
			return p.X == e && p.Value != nil && holdsMap(a.pkg.info.TypeOf(p.Value))
		default: // a return, a condition, a field's declaration
			return false
		}
		if next, ok := a.stack[i].(ast.Expr); ok {
			e = next
		}
	}
	return false
}

// assigned judges an assignment in which e stands: as what is copied, or as what a new map is put into.
func (a *aliases) assigned(s *ast.AssignStmt, e ast.Expr) bool {
	for _, r := range s.Rhs {
		if r == e {
			return true
		}
	}
	if _, isItem := ast.Unparen(e).(*ast.IndexExpr); isItem {
		return false
	}
	return !a.allFresh(s.Rhs)
}

// allFresh says whether nothing else can hold the maps that values make.
func (a *aliases) allFresh(values []ast.Expr) bool {
	for _, v := range values {
		call, isCall := ast.Unparen(v).(*ast.CallExpr)
		switch {
		case !holdsMap(a.pkg.info.TypeOf(v)) && !isCall:
		case isCall && a.makes(call):
		case isLiteral(v):
		case a.pkg.info.Types[v].IsNil():
		default:
			return false
		}
	}
	return true
}

func isLiteral(e ast.Expr) bool {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	_, ok := ast.Unparen(e).(*ast.CompositeLit)
	return ok
}

// makes says whether a call gives what nobody else has: a step's result is decoded anew.
func (a *aliases) makes(e *ast.CallExpr) bool {
	if id := identOf(e.Fun); id != nil && (id.Name == "make" || id.Name == "new") {
		return true
	}
	fn := a.callee(e)
	return fn != nil && fn.Pkg() != nil && (fn.Pkg().Path() == flowPath || fullName(fn) == "maps.Clone")
}

// takesCopy says whether a call takes its arguments by value: as JSON, or only to look at them.
func (a *aliases) takesCopy(e *ast.CallExpr) bool {
	if id := identOf(e.Fun); id != nil && id.Name == "len" {
		return true
	}
	return a.makes(e)
}

// holdsMap says whether a value of type t has a map in it.
func holdsMap(t types.Type) bool { return holds(t, map[types.Type]bool{}) }

func holds(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Slice:
		return holds(u.Elem(), seen)
	case *types.Array:
		return holds(u.Elem(), seen)
	case *types.Pointer:
		return holds(u.Elem(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			if holds(u.Field(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}
