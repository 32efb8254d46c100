package compile

import (
	"go/ast"
	"go/types"
	"iter"
	"strings"
)

// Assigning an item of a slice makes another slice in JSON: the one before, with another value at an index. Who else holds the slice
// would see the change in Go, which alias.go refuses.

// assignItem is xs[i] = v of a slice or an array.
func (x *eval) assignItem(l *ast.IndexExpr, of, v sym) {
	if !isArrayType(of.t) {
		x.refuseAliased(l, l.X)
	}
	if v.joined {
		x.refuse(l, severalErrors, "join them at the end")
	}
	v = x.as(v, elemOf(of.t)).settledNow()
	at := x.expr(l.Index).use()
	x.assign(l.X, sym{
		e: x.withItem(of, at, v), t: of.t, full: true, some: true, raw: of.raw || v.holey(), packed: of.packed && v.full,
	})
}

// outOfRange fails as Go panics.
var outOfRange = call{"$error", []expr{str("index out of range")}}

// withItem is a slice with another value at an index.
func (x *eval) withItem(of sym, at expr, v sym) expr {
	n, isConst := at.(lit)
	switch a, isLit := of.e.(array); {
	case isNull(of.e), isConst && n.v.Float() < 0:
		return outOfRange
	case isLit && isConst:
		i := int(n.v.Float())
		if i >= len(a.items) {
			return outOfRange
		}
		items := append([]expr(nil), a.items...)
		items[i] = v.item()
		return array{items}
	}
	items, wrap := x.bound("items", of.items())
	at, wrapAt := x.bound("at", at)
	return wrap(wrapAt(cond{inRange(at, items), x.replaced(of.t, items, at, v), outOfRange}))
}

// bound is a name for what is read several times, and what puts the name around an expression; simple expressions need none.
func (x *eval) bound(name string, e expr) (named expr, wrap func(expr) expr) {
	if simple(e) || isArrayLit(e) {
		return e, func(e expr) expr { return e }
	}
	name = x.names.parameter(name)
	return ref{name}, func(body expr) expr { return block{name, e, body} }
}

func inRange(at, items expr) expr {
	below := binary{"<", at, call{"$count", []expr{items}}}
	if isLit(at) {
		return below
	}
	return binary{"and", binary{">=", at, num(0)}, below}
}

// replaced is items with v in the place of the item at an index that is in range. $map would join items that are slices.
func (x *eval) replaced(t types.Type, items, at expr, v sym) expr {
	if holdsArrays(elemOf(t)) {
		acc, item, i := x.names.parameter("acc"), x.names.parameter("item"), x.names.parameter("i")
		old := itemOf(sym{t: t}, ref{item}).item()
		one := cond{binary{"=", ref{i}, at}, array{[]expr{v.item()}}, array{[]expr{old}}}
		return call{"$reduce", []expr{items, lambda{[]string{acc, item, i}, call{"$append", []expr{ref{acc}, one}}}, array{}}}
	}
	item, i := x.names.parameter("item"), x.names.parameter("i")
	return each{call{"$map", []expr{items, lambda{[]string{item, i}, cond{binary{"=", ref{i}, at}, v.use(), ref{item}}}}}}
}

// writtenOut is how many zero values a slice of a known length has at most where they are written out.
const writtenOut = 16

// makeSlice is make of a slice. Its capacity matters to nobody: what is appended to has one holder.
func (x *eval) makeSlice(e *ast.CallExpr, t types.Type) sym {
	n := x.expr(e.Args[1])
	count, isConst := n.e.(lit)
	if len(e.Args) > 2 && !(isConst && count.v.Float() == 0) && x.source(e.Args[1]) != x.source(e.Args[2]) {
		return x.bad(e, "whether this capacity is enough is not known", "leave it out")
	}
	zero := goZero(elemOf(t))
	if isConst && count.v.Float() <= writtenOut {
		items := make([]expr, int(count.v.Float()))
		for i := range items {
			items[i] = zero
		}
		return sym{e: array{items}, t: t, full: true, some: len(items) > 0}
	}
	if isArrayType(elemOf(t)) {
		return x.bad(e, "make of a slice of arrays has no form in JSONata, which would join them", "start with length 0 and append")
	}
	size, wrap := x.bound("n", n.use())
	items := expr(each{call{"$map", []expr{numbers{num(0), before(sym{e: size, t: n.t})}, lambda{[]string{x.names.parameter("i")}, zero}}}})
	if c, isCount := n.e.(call); !isConst && !(isCount && c.fn == "$count") {
		items = cond{binary{">=", size, num(0)}, items, call{"$error", []expr{str("makeslice: len out of range")}}}
	}
	return sym{e: wrap(items), t: t, full: true}
}

// refuseLiveItems refuses a loop over the items of a slice that its body changes: Go reads each when its round begins, and the
// state machine all before the first. The item of the round itself is read by then.
func (f *frame) refuseLiveItems(s *ast.RangeStmt, it iteration) {
	if _, isSlice := f.typeOf(it.of).Underlying().(*types.Slice); !isSlice || identName(it.item, "") == "" {
		return
	}
	over, isPath := f.pathText(it.of, false)
	if h := (&holder{frame: f, fn: f.node, ref: f.typeOf(it.of)}); !isPath && h.fresh(it.of) {
		return
	}
	var items []ast.Expr
	given, reads := false, (&liveness{info: f.pkg.info}).reads(it.of)
	f.assignments(s.Body, func(l ast.Expr, refs []types.Type) {
		switch changed := len(refs) > 0 || f.changesItem(l); {
		case isPath && !f.overlap(l, it.of), !isPath && !reads[f.rootVar(l)]:
		case changed:
			items = append(items, l)
		case !f.appended(s.Body, l):
			given = true
		}
	})
	for _, l := range items {
		i, ok := firstItem(l)
		if ok {
			of, _ := f.pathText(i.X, false)
			ok = isPath && !given && it.size == nil && of == over && f.isKey(s, i.Index)
		}
		if !ok {
			name := f.source(it.of)
			f.refuse(l, "this may change an item of "+name+" that a later round of the loop reads", "go over slices.Clone("+name+"), or over its indices alone")
		}
	}
}

// pathText is a path of fields and items as text, where it is one. Indices are left out of it if they are all to be alike.
func (f *frame) pathText(e ast.Expr, alike bool) (text string, ok bool) {
	switch p := ast.Unparen(e).(type) {
	case *ast.Ident:
		return p.Name, true
	case *ast.StarExpr:
		return f.pathText(p.X, alike)
	case *ast.SelectorExpr:
		text, ok = f.pathText(p.X, alike)
		return text + "." + p.Sel.Name, ok
	case *ast.IndexExpr:
		text, ok = f.pathText(p.X, alike)
		if alike {
			return text + "[]", ok
		}
		return text + "[" + f.source(p.Index) + "]", ok
	}
	return "", false
}

// overlap says whether one of two paths may be, or lead through, the other.
func (f *frame) overlap(a, b ast.Expr) bool {
	p, okA := f.pathText(a, true)
	q, okB := f.pathText(b, true)
	if !okA || !okB || f.rootVar(a) != f.rootVar(b) {
		return okA != okB
	}
	return strings.HasPrefix(p+".", q+".") || strings.HasPrefix(p+".", q+"[") || strings.HasPrefix(q+".", p+".") || strings.HasPrefix(q+".", p+"[")
}

// firstItem is the first item of a slice in a path of fields and items.
func firstItem(e ast.Expr) (first *ast.IndexExpr, ok bool) {
	for p := range steps(e) {
		if i, isIndex := p.(*ast.IndexExpr); isIndex {
			first, ok = i, true
		}
	}
	return first, ok
}

// steps is a path and the paths that it goes through, without the variable at its beginning.
func steps(e ast.Expr) iter.Seq[ast.Expr] {
	return func(yield func(ast.Expr) bool) {
		for of := base(e); of != nil; e, of = of, base(of) {
			if !yield(ast.Unparen(e)) {
				return
			}
		}
	}
}

// base is what a path of fields and items takes its last part of; nil where it has no parts.
func base(e ast.Expr) ast.Expr {
	switch p := ast.Unparen(e).(type) {
	case *ast.IndexExpr:
		return p.X
	case *ast.SelectorExpr:
		return p.X
	case *ast.StarExpr:
		return p.X
	}
	return nil
}

// changesItem says whether a path leads through an item of a slice.
func (f *frame) changesItem(e ast.Expr) bool {
	for p := range steps(e) {
		if i, isIndex := p.(*ast.IndexExpr); isIndex && !isArrayType(f.typeOf(i.X)) && kindOf(f.typeOf(i.X)) != mapKind {
			return true
		}
	}
	return false
}

// isKey says whether an expression is the index that a loop gives to its rounds, and that no round changes.
func (f *frame) isKey(s *ast.RangeStmt, e ast.Expr) bool {
	id, key := identOf(e), identOf(s.Key)
	if id == nil || key == nil {
		return false
	}
	v, _ := f.pkg.info.Defs[key].(*types.Var)
	return v != nil && f.pkg.info.ObjectOf(id) == v && !f.writes(s.Body)[v]
}

// appended says whether all that assigns to a place in a piece of source appends to it.
func (f *frame) appended(n ast.Node, l ast.Expr) bool {
	only := false
	ast.Inspect(n, func(n ast.Node) bool {
		s, ok := n.(*ast.AssignStmt)
		if ok && len(s.Lhs) == 1 && s.Lhs[0] == l {
			call, isCall := ast.Unparen(s.Rhs[0]).(*ast.CallExpr)
			only = isCall && f.isBuiltin(call, "append") && f.source(call.Args[0]) == f.source(l)
		}
		return true
	})
	return only
}

func isArrayType(t types.Type) bool {
	_, is := t.Underlying().(*types.Array)
	return is
}

// keepsLength says whether e is the length of a slice of which a piece of source changes items only.
func (f *frame) keepsLength(n ast.Node, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || !f.isBuiltin(call, "len") {
		return false
	}
	text, keeps := f.pathText(call.Args[0], false)
	f.assignments(n, func(l ast.Expr, refs []types.Type) {
		if !f.overlap(l, call.Args[0]) {
			return
		}
		i, ok := firstItem(l)
		if !ok || !f.changesItem(l) {
			keeps = false
			return
		}
		of, _ := f.pathText(i.X, false)
		keeps = keeps && of == text
	})
	return keeps
}
