package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
)

// Go's maps and pointers share memory, JSON's values do not. What follows finds where that would show, so that it is refused: what
// is written through a map or a pointer must be held by one variable alone.

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

// leaves says whether a pointer, which stands in a step's input or a return, sees no later change: the one is JSON at once, and with
// the other the function's own variables end, unless a literal changes them.
func (x *eval) leaves(pointer *ast.UnaryExpr) bool {
	if x.sent == nil || pointer.Pos() < x.sent.Pos() || x.sent.End() < pointer.End() {
		return false
	}
	ret, isReturn := x.sent.(*ast.ReturnStmt)
	v := x.rootVar(pointer.X)
	if !isReturn || v == nil {
		return true
	}
	return x.owner(v) == x.frame && !x.changedByLiterals(v) && x.pointersTo(ret, v) == 1
}

// changedByLiterals says whether a function literal of this function changes v, as it may when the function is over.
func (f *frame) changedByLiterals(v *types.Var) bool {
	found := false
	ast.Inspect(bodyOf(f.node), func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			f.assignments(lit, func(place ast.Expr, _ []types.Type) { found = found || f.rootVar(place) == v })
		}
		return true
	})
	return found
}

// pointersTo is how often n points to v, or a part of it.
func (f *frame) pointersTo(n ast.Node, v *types.Var) int {
	count := 0
	ast.Inspect(n, func(n ast.Node) bool {
		if p, ok := n.(*ast.UnaryExpr); ok && p.Op == token.AND && f.rootVar(p.X) == v {
			count++
		}
		return true
	})
	return count
}

// rootVar is the variable that a path of fields and items begins with; nil for another expression.
func (f *frame) rootVar(e ast.Expr) *types.Var {
	for of := e; of != nil; of = base(e) {
		e = of
	}
	id := identOf(e)
	if id == nil {
		return nil
	}
	v, _ := f.pkg.info.ObjectOf(id).(*types.Var)
	return v
}

// reassigned says whether a function assigns to v, its declaration left out.
func (f *frame) reassigned(fn ast.Node, v *types.Var) bool {
	found := false
	f.assignments(fn, func(l ast.Expr, _ []types.Type) {
		found = found || f.rootVar(l) == v && f.pkg.info.Defs[identOf(l)] == nil
	})
	return found
}

func identOf(e ast.Expr) *ast.Ident {
	id, _ := ast.Unparen(e).(*ast.Ident)
	return id
}

// assignments visits what a piece of source assigns: variables, parts of them, and what calls write through their arguments. Then
// refs is the types of the pointers, maps and slices behind the place that are written through.
func (f *frame) assignments(n ast.Node, visit func(place ast.Expr, refs []types.Type)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				visit(l, nil)
			}
		case *ast.IncDecStmt:
			visit(n.X, nil)
		case *ast.RangeStmt:
			for _, l := range []ast.Expr{n.Key, n.Value} {
				if l != nil {
					visit(l, nil)
				}
			}
		case *ast.CallExpr:
			sorted := f.sorts(n) && f.rootVar(n.Args[0]) != nil // else it is what nobody else has
			if sorted || f.isBuiltin(n, "delete", "clear", "copy") {
				visit(n.Args[0], []types.Type{f.typeOf(n.Args[0])})
			}
			if b := f.builder(n); b != nil {
				var refs []types.Type
				if t := f.typeOf(b); kindOf(t) == pointerKind {
					refs = append(refs, t)
				}
				visit(b, refs)
			}
			for _, l := range f.lent(n) {
				visit(l.place, l.refs)
			}
		}
		return true
	})
}

// holder is a variable whose map or pointer is written through, and the function that it belongs to.
type holder struct {
	*frame
	v    *types.Var
	fn   ast.Node
	ref  types.Type   // of what is written through
	path []*types.Var // the fields from v to it
	last token.Pos    // where it is written last; no place where that is not known
	keep bool         // a parameter: what is returned is kept, too
}

// refuseAliased refuses to write through a map or a pointer, found by path, that another variable may hold too.
func (x *eval) refuseAliased(at ast.Node, path ast.Expr) { x.refuseHeld(at, path, x.typeOf(path)) }

// refuseHeld refuses to write through a value of type ref that is, or is behind, what path finds.
func (x *eval) refuseHeld(at ast.Node, path ast.Expr, ref types.Type) {
	v := x.rootVar(path)
	if v == nil {
		x.refuse(at, "what a pointer points to cannot be assigned here: JSON has no shared values", "keep the pointer in a variable, and assign through that")
		return
	}
	o := x.owner(v)
	if o == nil {
		return
	}
	what := "map"
	switch kindOf(ref) {
	case pointerKind:
		what = "pointer"
	case sliceKind:
		what = "slice"
	}
	if o.borrows(v) {
		x.refuse(at, "the "+what+" in "+v.Name()+" is held by the caller too, who would see the change in Go and does not in JSON",
			"change a variable of your own, and return it")
		return
	}
	h := &holder{frame: x.frame, v: v, fn: o.node, ref: ref, path: x.fieldPath(path)}
	if other := h.other(); other != nil {
		x.refuse(at, "the "+what+" in "+v.Name()+" may be held by another variable, which would see the change in Go and does not in JSON: line "+x.lineOf(other)+" hands it on",
			aliasHints[what])
	}
}

func (f *frame) lineOf(n ast.Node) string { return strconv.Itoa(f.position(n).Line) }

var aliasHints = map[string]string{
	"map":     "make a map here, or copy it with maps.Clone",
	"pointer": "use a variable of the struct's type, or point to a copy",
	"slice":   "copy it with slices.Clone first",
}

// borrows says whether v is a parameter whose map or pointer belongs to somebody else. That of a workflow is its own, and what a
// declared function writes through goes back to its caller.
func (f *frame) borrows(v *types.Var) bool {
	if !slices.Contains(paramsOf(f.pkg, f.node), v) {
		return false
	}
	_, declared := f.node.(*ast.FuncDecl)
	own := f.caller == nil || f.caller.live == nil
	return !declared || !own && !slices.ContainsFunc(f.loans, func(l loan) bool { return l.param == v })
}

// other is a place where something else than the variable comes to hold what it holds; nil where there is none.
func (h *holder) other() ast.Node {
	h.noteWrites()
	var found ast.Node
	var stack []ast.Node
	ast.Inspect(h.fn, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && found == nil && h.pkg.info.ObjectOf(id) == h.v {
			m := &mention{holder: h, stack: stack}
			if !apart(h.path, h.fieldPath(m.whole())) && m.shares() && !m.harmless() {
				found = id
			}
		}
		return true
	})
	return found
}

// fieldPath is the fields from a variable to a part of it, as far as that is without items and pointers.
func (f *frame) fieldPath(e ast.Expr) []*types.Var {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		if i, isIndex := ast.Unparen(e).(*ast.IndexExpr); isIndex {
			return f.fieldPath(i.X)
		}
		return nil
	}
	s := f.pkg.info.Selections[sel]
	if s == nil || s.Kind() != types.FieldVal {
		return nil
	}
	path := f.fieldPath(sel.X)
	if _, isPart := ast.Unparen(sel.X).(*ast.IndexExpr); isPart || len(path) > 0 && kindOf(path[len(path)-1].Type()) == pointerKind {
		return path
	}
	t := structOf(s.Recv())
	for i, n := range s.Index() { // through embedded structs
		v := t.Underlying().(*types.Struct).Field(n)
		path = append(path, v)
		if kindOf(v.Type()) == pointerKind && i < len(s.Index())-1 {
			return path
		}
		t = v.Type()
	}
	return path
}

// apart says whether two paths from one variable lead to different parts of it.
func apart(a, b []*types.Var) bool {
	for i := range min(len(a), len(b)) {
		if a[i].Origin() != b[i].Origin() {
			return true
		}
	}
	return false
}

// noteWrites finds the last write, where all are in the function's own statements: what a literal does, it may do at any time.
func (h *holder) noteWrites() {
	h.assignments(h.fn, func(l ast.Expr, _ []types.Type) {
		if h.rootVar(l) == h.v && h.pkg.info.Defs[identOf(l)] == nil {
			h.last = max(h.last, l.End())
		}
	})
}

// holds says whether a value of type t holds what is written through.
func (h *holder) holds(t types.Type) bool {
	return t != nil && holds(h.subst(t), types.TypeString(h.ref, nil), map[types.Type]bool{})
}

func holds(t types.Type, ref string, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if types.TypeString(t, nil) == ref {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Interface: // or a type parameter that is not known
		return !isError(t)
	case *types.Signature: // an iterator reads what it goes over when it is asked
		return isIterator(u)
	case *types.Map:
		return holds(u.Elem(), ref, seen)
	case *types.Slice:
		return holds(u.Elem(), ref, seen)
	case *types.Array:
		return holds(u.Elem(), ref, seen)
	case *types.Pointer:
		return holds(u.Elem(), ref, seen)
	case *types.Tuple:
		for v := range u.Variables() {
			if holds(v.Type(), ref, seen) {
				return true
			}
		}
	case *types.Struct:
		for f := range u.Fields() {
			if holds(f.Type(), ref, seen) {
				return true
			}
		}
	}
	return false
}

func isIterator(s *types.Signature) bool {
	if s.Params().Len() != 1 || s.Results().Len() != 0 {
		return false
	}
	_, yields := s.Params().At(0).Type().Underlying().(*types.Signature)
	return yields
}

// mention is a place where the variable is named, with the source around it.
type mention struct {
	*holder
	stack []ast.Node
	at    int // in stack: what is looked at
}

// whole is the variable with the fields that are named behind it.
func (m *mention) whole() ast.Expr {
	i := len(m.stack) - 1
	for ; i > 0; i-- {
		if sel, ok := m.stack[i-1].(*ast.SelectorExpr); !ok || sel.X != m.stack[i] {
			break
		}
	}
	e, _ := m.stack[i].(ast.Expr)
	return e
}

func (m *mention) parent() ast.Node { return m.stack[m.at-1] }

// harmless says whether what is handed on here is written no more: its place is behind the last write, and no loop leads back.
func (m *mention) harmless() bool {
	if _, assigns := m.parent().(*ast.AssignStmt); assigns && !m.handsOn() || m.stack[len(m.stack)-1].Pos() < m.last {
		return false
	}
	if m.keep || m.parent() == nil {
		return false
	}
	for _, n := range m.stack {
		switch n := n.(type) {
		case *ast.FuncLit:
			if n != m.fn {
				return false
			}
		case *ast.DeferStmt, *ast.ValueSpec:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			if m.v.Pos() < n.Pos() || n.End() < m.v.Pos() || declaresIn(n, m.v) {
				return false
			}
		}
	}
	return !m.deferred()
}

// declaresIn says whether v is a variable of the loop's own head.
func declaresIn(loop ast.Node, v *types.Var) bool {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return v.Pos() < l.Body.Pos()
	case *ast.RangeStmt:
		return v.Pos() < l.Body.Pos()
	}
	return false
}

// deferred says whether a function that runs later than its place writes the variable.
func (m *mention) deferred() bool {
	found := false
	ast.Inspect(m.fn, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && n != m.fn {
			found = found || m.writes(lit)[m.v]
		}
		return !found
	})
	return found
}

// defers says whether the function has something to do after it returns.
func (m *mention) defers() bool {
	found := false
	ast.Inspect(m.fn, func(n ast.Node) bool {
		_, is := n.(*ast.DeferStmt)
		call, isCall := n.(*ast.CallExpr)
		found = found || is || isCall && isFlowCall(m.pkg.info, call, "OnFailure")
		return !found
	})
	return found
}

// handsOn says whether the variable stands on the right of an assignment.
func (m *mention) handsOn() bool {
	s, ok := m.parent().(*ast.AssignStmt)
	return ok && slices.ContainsFunc(s.Rhs, func(r ast.Expr) bool { return ast.Node(r) == m.stack[m.at] })
}

// shares says whether the mention hands on what the variable holds, or gives it what something else holds. It leaves m.at at what
// is handed on.
func (m *mention) shares() bool {
	m.at = len(m.stack) - 1
	for ; m.at > 0; m.at-- {
		e, isExpr := m.stack[m.at].(ast.Expr)
		_, isAddress := m.parent().(*ast.UnaryExpr)
		_, isPair := m.stack[m.at].(*ast.KeyValueExpr)
		if isExpr && !isPair && !isAddress && !m.calls(e) && !m.holds(m.pkg.info.TypeOf(e)) {
			return false
		}
		if shares, decided := m.decide(e); decided {
			return shares
		}
	}
	return false
}

// calls says whether e is what its parent calls a method of.
func (m *mention) calls(e ast.Expr) bool {
	sel, ok := m.parent().(*ast.SelectorExpr)
	if ok {
		s := m.pkg.info.Selections[sel]
		return s != nil && s.Kind() == types.MethodVal
	}
	call, ok := m.parent().(*ast.CallExpr)
	return ok && call.Fun == e
}

// decide looks at the parent of e, which is or has what the variable holds.
func (m *mention) decide(e ast.Expr) (shares, decided bool) {
	switch p := m.parent().(type) {
	case *ast.ParenExpr, *ast.KeyValueExpr, *ast.CompositeLit, *ast.StarExpr, *ast.SliceExpr, *ast.SelectorExpr:
		return false, false
	case *ast.UnaryExpr:
		return false, p.Op != token.AND
	case *ast.IndexExpr:
		return false, p.X != e
	case *ast.CallExpr:
		if m.pkg.info.Types[p.Fun].IsType() {
			return false, false
		}
		return m.keeps(p, e)
	case *ast.AssignStmt:
		if slices.Contains(p.Rhs, e) {
			return !m.appendsToItself(p, e), true
		}
		if call, ok := ast.Unparen(p.Rhs[0]).(*ast.CallExpr); ok && m.appendsToItself(p, call) {
			return !m.allFresh(m.added(call)), true
		}
		return !m.appendsToItself(p, p.Rhs[0]) && !m.allFresh(p.Rhs), true
	case *ast.ValueSpec:
		return len(p.Values) > 0 && (slices.Contains(p.Values, e) || !m.allFresh(p.Values)), true
	case *ast.RangeStmt:
		return p.X != e || p.Value != nil && m.holds(m.pkg.info.TypeOf(p.Value)), true
	case *ast.ReturnStmt:
		return m.returned(), true
	}
	return false, true // a condition, a field's declaration
}

// appendsToItself is v = append(v, ...), v = append(v[:i], ...), or v = v[a:b].
func (m *mention) appendsToItself(s *ast.AssignStmt, e ast.Expr) bool {
	var of ast.Expr
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if len(e.Args) > 0 && (m.isBuiltin(e, "append") || m.returnsIt(e)) {
			of = appendedTo(e)
		}
	case *ast.SliceExpr:
		of = ast.Unparen(e.X)
	}
	if of == nil || len(s.Lhs) != 1 {
		return false
	}
	return m.rootVar(s.Lhs[0]) == m.v && m.rootVar(of) == m.v && m.source(s.Lhs[0]) == m.source(of)
}

// appendedTo is the slice that a call of append is given, or that it is given a part of.
func appendedTo(call *ast.CallExpr) ast.Expr {
	to := ast.Unparen(call.Args[0])
	if part, ok := to.(*ast.SliceExpr); ok {
		return ast.Unparen(part.X)
	}
	return to
}

// returned says whether a return hands it on: out of a literal, or out of the function that it was lent to.
func (m *mention) returned() bool {
	for i := m.at - 1; i >= 0; i-- {
		lit, ok := m.stack[i].(*ast.FuncLit)
		if !ok {
			continue
		}
		if lit == m.fn {
			break
		}
		call, isArg := m.stack[i-1].(*ast.CallExpr)
		return !isArg || !isFlowCall(m.pkg.info, call, "Await")
	}
	named := slices.Contains(resultsOf(m.pkg, m.fn), m.v)
	return m.keep || m.defers() && m.deferred() && !named
}

func (f *frame) isBuiltin(e *ast.CallExpr, names ...string) bool {
	id := identOf(e.Fun)
	return id != nil && f.pkg.info.Types[e.Fun].IsBuiltin() && slices.Contains(names, id.Name)
}

// keeps says whether a call keeps its argument, or its receiver, e. Where that depends on what becomes of the result, it is undecided.
func (h *holder) keeps(call *ast.CallExpr, e ast.Expr) (keeps, decided bool) {
	if h.makes(call) || h.isBuiltin(call, "len", "cap", "delete", "clear") {
		return false, true
	}
	if h.isBuiltin(call, "copy") {
		return h.holdsItems(call.Args[0]), true
	}
	if h.isBuiltin(call, "append") {
		copied := call.Ellipsis.IsValid() && e == call.Args[len(call.Args)-1] && e != call.Args[0]
		return false, copied && !h.holdsItems(e)
	}
	fn := h.callee(call)
	if fn == nil {
		return call.Fun != e, true
	}
	if fullName(fn) == "maps.Copy" {
		return h.holdsItems(call.Args[0]), true
	}
	if p := h.prog.packageOf(fn.Pkg()); p != nil && p.decl(fn) != nil {
		args := h.argumentsOf(call, fn)
		for i, a := range args {
			if a == e || ast.Node(a) == ast.Node(call.Fun) {
				return h.effectOf(fn).in(h.frame, call).keeps(i, h.ref), true
			}
			if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && i == 0 && e == ast.Expr(sel) {
				return h.effectOf(fn).in(h.frame, call).keeps(0, h.ref), true
			}
		}
		return true, true
	}
	return false, !h.holds(h.pkg.info.TypeOf(call))
}

// allFresh says whether nothing else can hold what values hold.
func (h *holder) allFresh(values []ast.Expr) bool {
	return !slices.ContainsFunc(values, func(e ast.Expr) bool { return !h.fresh(e) })
}

func (h *holder) fresh(e ast.Expr) bool {
	e = ast.Unparen(e)
	if h.pkg.info.Types[e].IsNil() || !h.holds(h.pkg.info.TypeOf(e)) {
		return true
	}
	switch e := e.(type) {
	case *ast.UnaryExpr:
		_, isLit := ast.Unparen(e.X).(*ast.CompositeLit)
		return isLit && h.fresh(e.X)
	case *ast.CompositeLit:
		return h.allFresh(e.Elts)
	case *ast.KeyValueExpr:
		return h.fresh(e.Value)
	case *ast.CallExpr:
		return h.freshCall(e)
	}
	return false
}

// added is what append puts into a slice, where that can hold what is written through.
func (h *holder) added(e *ast.CallExpr) []ast.Expr {
	if e.Ellipsis.IsValid() && !h.holdsItems(e.Args[1]) {
		return nil
	}
	return e.Args[1:]
}

// holdsItems says whether the items of a slice, or the entries of a map, hold what is written through.
func (h *holder) holdsItems(e ast.Expr) bool { return h.holds(elemOf(h.pkg.info.TypeOf(e))) }

func (h *holder) freshCall(e *ast.CallExpr) bool {
	if h.makes(e) {
		return true
	}
	if h.pkg.info.Types[e.Fun].IsType() {
		return h.allFresh(e.Args)
	}
	if h.isBuiltin(e, "append") {
		return h.fresh(e.Args[0]) && h.allFresh(h.added(e))
	}
	if h.returnsIt(e) {
		return h.allFresh(e.Args)
	}
	fn := h.callee(e)
	if fn == nil {
		return false
	}
	p := h.prog.packageOf(fn.Pkg())
	return p != nil && p.decl(fn) != nil && h.effectOf(fn).in(h.frame, e).givesFresh(h.ref)
}

// makes says whether a call gives what nobody else has: a step's result is decoded anew.
func (h *holder) makes(e *ast.CallExpr) bool {
	if h.isBuiltin(e, "make", "new") {
		return true
	}
	fn := h.callee(e)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	if fn.Pkg().Path() == flowPath {
		return fn.Name() != "Map" && fn.Name() != "Distributed"
	}
	switch fullName(fn) {
	case "maps.Clone", "slices.Clone", "slices.Concat", "slices.Repeat", "slices.Collect", "maps.Collect", "slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc":
		return !h.holdsItems(e)
	}
	return fn.Pkg().Path() == "strings"
}
