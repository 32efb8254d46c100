package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
)

// A function that writes through a pointer or a map that it was given is called with the value, and gives the changed value back:
// that is the same, as long as nothing else holds it meanwhile.

// loan is an argument that a function writes through.
type loan struct {
	place   ast.Expr // what changes, in the caller
	address bool     // the argument is the place's address; else the place holds a pointer or a map
	param   *types.Var
	arg     ast.Expr
	refs    []types.Type // of what is written through behind the place
}

// effect is what a declared function does with its parameters.
type effect struct {
	*frame
	fn     *types.Func
	params []*types.Var
	refs   [][]types.Type  // by parameter: the types of the pointers, maps and slices that are written through
	kept   map[string]bool // what keeps has found
	busy   *bool
}

// effectOf is worked out once for each function. One that calls itself is refused elsewhere.
func (f *frame) effectOf(fn *types.Func) *effect {
	p := f.prog.packageOf(fn.Pkg())
	decl := p.decl(fn)
	if e := f.prog.effects[decl]; e != nil {
		return e
	}
	e := &effect{frame: &frame{unit: f.unit, pkg: p, node: decl}, fn: fn, params: paramsOf(p, decl), kept: map[string]bool{}, busy: new(bool)}
	e.refs = make([][]types.Type, len(e.params))
	f.prog.effects[decl] = e
	if decl.Body == nil {
		return e
	}
	e.assignments(decl.Body, func(l ast.Expr, refs []types.Type) {
		if i := slices.Index(e.params, e.rootVar(l)); i >= 0 {
			e.refs[i] = append(append(e.refs[i], e.crossed(l)...), refs...)
		}
	})
	return e
}

// in is the effect of a function where call calls it: with its type parameters known.
func (e *effect) in(f *frame, call *ast.CallExpr) *effect {
	types := f.typeArgs(&closure{decl: e.fn, node: calledName(call), frame: f})
	if types == nil {
		return e
	}
	out, inner := *e, *e.frame
	inner.types, out.frame, out.kept = types, &inner, map[string]bool{}
	return &out
}

// calledName is the name of the function in a call, its type arguments left out.
func calledName(call *ast.CallExpr) ast.Expr {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.IndexExpr:
		return fun.X
	case *ast.IndexListExpr:
		return fun.X
	default:
		return fun
	}
}

// crossed is the types of the pointers, maps and slices that a path goes through.
func (f *frame) crossed(e ast.Expr) []types.Type {
	var out []types.Type
	for p := range steps(e) {
		var t types.Type
		switch p := p.(type) {
		case *ast.SelectorExpr:
			if t = f.pkg.info.TypeOf(p.X); t == nil || kindOf(t) != pointerKind {
				continue
			}
		case *ast.IndexExpr:
			if t = f.pkg.info.TypeOf(p.X); isArrayType(t) {
				continue
			}
		case *ast.StarExpr:
			t = f.pkg.info.TypeOf(p.X)
		}
		out = append(out, t)
	}
	return out
}

// keeps says whether the function hands on a value of type ref that is, or is behind, parameter i, so that something holds it after
// the call, or gives the parameter another value.
func (e *effect) keeps(i int, ref types.Type) bool {
	i = min(i, len(e.params)-1)
	name := strconv.Itoa(i) + types.TypeString(ref, nil)
	if known, ok := e.kept[name]; ok {
		return known
	}
	if *e.busy || i < 0 || e.fn.Signature().Variadic() && i == len(e.params)-1 {
		return true
	}
	*e.busy = true
	defer func() { *e.busy = false }()
	h := &holder{frame: e.frame, v: e.params[i], fn: e.node, ref: ref, keep: true}
	kept := h.other() != nil
	e.assignments(bodyOf(e.node), func(l ast.Expr, refs []types.Type) {
		id := identOf(l)
		kept = kept || len(refs) == 0 && id != nil && e.pkg.info.ObjectOf(id) == e.params[i]
	})
	e.kept[name] = kept
	return kept
}

// givesFresh says whether nothing else holds what the function's results hold.
func (e *effect) givesFresh(ref types.Type) bool {
	if *e.busy {
		return false
	}
	*e.busy = true
	defer func() { *e.busy = false }()
	fresh := true
	ast.Inspect(bodyOf(e.node), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				fresh = fresh && e.own(r, ref)
			}
			if len(n.Results) == 0 {
				for _, v := range resultsOf(e.pkg, e.node) {
					fresh = fresh && e.ownVar(v, ref)
				}
			}
		}
		return true
	})
	return fresh
}

func (e *effect) own(r ast.Expr, ref types.Type) bool {
	h := &holder{frame: e.frame, fn: e.node, ref: ref}
	if p, ok := ast.Unparen(r).(*ast.UnaryExpr); ok && p.Op == token.AND { // leaves says of which variables a pointer may be returned
		if v := e.rootVar(p.X); v != nil {
			return e.owner(v) != nil && e.ownVar(v, ref)
		}
	}
	if v := e.rootVar(r); v != nil && h.holds(e.pkg.info.TypeOf(r)) {
		return e.ownVar(v, ref)
	}
	return h.fresh(r)
}

func (e *effect) ownVar(v *types.Var, ref types.Type) bool {
	h := &holder{frame: e.frame, v: v, fn: e.node, ref: ref}
	if !h.holds(v.Type()) {
		return true
	}
	return e.owner(v) != nil && !slices.Contains(e.params, v) && h.other() == nil
}

// argumentsOf is the arguments of a call in the order of the parameters, the receiver first.
func (f *frame) argumentsOf(e *ast.CallExpr, fn *types.Func) []ast.Expr {
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && fn.Signature().Recv() != nil {
		return append([]ast.Expr{sel.X}, e.Args...)
	}
	return e.Args
}

// lent is the arguments that a call writes through.
func (f *frame) lent(e *ast.CallExpr) []loan {
	fn := f.callee(e)
	if fn == nil {
		return nil
	}
	p := f.prog.packageOf(fn.Pkg())
	if p == nil || p.decl(fn) == nil {
		return nil
	}
	eff := f.effectOf(fn)
	var out []loan
	for i, a := range f.argumentsOf(e, fn) {
		if i >= len(eff.refs) || len(eff.refs[i]) == 0 || eff.packs(e, i) {
			continue
		}
		l := loan{place: a, param: eff.params[i], arg: a, refs: eff.refs[i]}
		if of, ok := addressed(a); ok {
			l.place, l.address = of, true
		}
		if i == 0 && fn.Signature().Recv() != nil && kindOf(eff.params[0].Type()) == pointerKind && kindOf(f.pkg.info.TypeOf(a)) != pointerKind {
			l.address = true
		}
		if l.address { // the pointer is made here
			own := types.TypeString(l.param.Type(), nil)
			l.refs = slices.DeleteFunc(slices.Clone(l.refs), func(t types.Type) bool { return types.TypeString(t, nil) == own })
		}
		out = append(out, l)
	}
	return out
}

// packs says whether argument i of a call is put into a slice that only the function has.
func (e *effect) packs(call *ast.CallExpr, i int) bool {
	return e.fn.Signature().Variadic() && !call.Ellipsis.IsValid() && i >= len(e.params)-1
}

// addressed is x of &x.
func addressed(e ast.Expr) (ast.Expr, bool) {
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	if !ok {
		return nil, false
	}
	_, isLit := ast.Unparen(u.X).(*ast.CompositeLit)
	return u.X, !isLit
}

// lend is the loans of a call; those that somebody else would notice are refused.
func (x *eval) lend(e *ast.CallExpr, fn *types.Func) []loan {
	loans := x.lent(e)
	if len(loans) > 0 && !x.alone[e] {
		x.refuse(e, fn.Name()+" changes what it is given, and stands inside an expression", "make the call a statement of its own, and assign its result to a variable")
		return loans
	}
	for _, l := range loans {
		x.refuseLoan(e, fn, l)
	}
	if x.callee(e) == nil {
		return loans
	}
	eff := x.effectOf(fn)
	for i, a := range x.argumentsOf(e, fn) {
		if eff.packs(e, i) && slices.ContainsFunc(eff.refs[len(eff.params)-1], func(t types.Type) bool { return kindOf(t) != sliceKind }) {
			x.refuse(a, fn.Name()+" changes what this argument points to, one of any number", "give it a slice: f(list...)")
		}
	}
	return loans
}

func (x *eval) refuseLoan(e *ast.CallExpr, fn *types.Func, l loan) {
	eff, v := x.effectOf(fn), x.rootVar(l.place)
	switch {
	case v == nil:
		if h := (&holder{frame: x.frame, fn: x.node, ref: x.typeOf(l.place)}); !h.fresh(l.place) {
			x.refuse(l.arg, fn.Name()+" changes what it is given here, and nothing says whose that is", "keep it in a variable")
		}
	case slices.ContainsFunc(slices.Concat(l.refs, []types.Type{l.param.Type()}), func(t types.Type) bool { return eff.in(x.frame, e).keeps(slices.Index(eff.params, l.param), t) }):
		x.refuse(l.arg, fn.Name()+" changes what "+l.param.Name()+" points to and hands it on: JSON has no shared values", "take and return a value, not a pointer")
	case x.givenTwice(e, fn, l, v):
		x.refuse(e, fn.Name()+" changes "+v.Name()+", and is given it twice: JSON has no shared values", "give it once")
	default:
		for _, ref := range l.refs {
			x.refuseHeld(l.arg, l.place, x.subst(ref))
		}
	}
}

// givenTwice says whether another argument may share memory with v.
func (x *eval) givenTwice(e *ast.CallExpr, fn *types.Func, l loan, v *types.Var) bool {
	return slices.ContainsFunc(x.argumentsOf(e, fn), func(a ast.Expr) bool {
		return a != l.arg && (&liveness{info: x.pkg.info}).reads(a)[v] && mayHold(x.pkg.info.TypeOf(a))
	})
}

// mayHold says whether a value of type t can share memory.
func mayHold(t types.Type) bool {
	_, isBasic := t.Underlying().(*types.Basic)
	return !isBasic
}

// lentValues is what has become of the loans, once the function has ended.
func (x *eval) lentValues() []sym {
	var out []sym
	for _, l := range x.loans {
		out = append(out, x.env[key{l.param, x.id}])
	}
	return out
}

// giveBack assigns what has become of the loans.
func (x *eval) giveBack(loans []loan, values []sym) {
	for i, l := range loans {
		if i >= len(values) || x.rootVar(l.place) == nil {
			continue
		}
		s := values[i]
		if l.address {
			s = sym{e: s.e, t: x.typeOf(l.place), raw: s.raw, maybe: s.maybe}
		}
		x.assign(l.place, s)
	}
}

// argument is an argument of a declared function. A pointer that the function does not keep may point to what is assigned elsewhere.
func (x *eval) argument(e ast.Expr, eff *effect, i int) sym {
	if of, ok := addressed(e); ok && kindOf(x.typeOf(e)) == pointerKind && eff != nil && (i < len(eff.refs) && len(eff.refs[i]) > 0 || !eff.keeps(i, x.typeOf(e))) {
		return pointing(x.expr(of), x.typeOf(e))
	}
	return x.expr(e)
}

// standsAlone notes a call that is all of a statement, or all of what one assigns or returns: it is made once, before all else.
func (u *unit) standsAlone(values ...ast.Expr) {
	if len(values) != 1 {
		return
	}
	if call, ok := ast.Unparen(values[0]).(*ast.CallExpr); ok {
		u.alone[call] = true
	}
}
