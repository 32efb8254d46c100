package compile

import (
	"go/ast"
	"go/types"
	"slices"
)

// sorters are the functions that change the order of a slice where it is. Those that may swap equal items are not stable.
var sorters = map[string]struct{ stable, by, less bool }{
	"slices.SortStableFunc": {stable: true, by: true}, "slices.SortFunc": {by: true},
	"sort.SliceStable": {stable: true, by: true, less: true}, "sort.Slice": {by: true, less: true},
	"slices.Sort": {}, "sort.Strings": {}, "sort.Ints": {}, "sort.Float64s": {},
	"slices.Reverse": {stable: true},
}

func init() {
	for name := range sorters {
		library[name] = sortInPlace
	}
	for name, form := range map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"cmp.Compare": compared, "strings.Compare": compared, "cmp.Or": firstOf,
		"cmp.Less":                func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: binary{"<", a[0].use(), a[1].use()}} },
		"(time.Time).Compare":     func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: ordering(millis(a[0]), millis(a[1]))} },
		"slices.SortedFunc":       sortedFunc,
		"slices.SortedStableFunc": sortedFunc,
		"slices.MaxFunc":          extremeBy(positive),
		"slices.MinFunc":          extremeBy(func(e expr) expr { return positive(negative(e)) }),
	} {
		library[name] = form
	}
}

// ordering is -1, 0 or 1, as a is less than b, equal or more.
func ordering(a, b expr) expr {
	return cond{binary{"<", a, b}, num(-1), cond{binary{">", a, b}, num(1), num(0)}}
}

// compares is what ordering compares.
func compares(e expr) (a, b expr, ok bool) {
	c, isCond := e.(cond)
	if !isCond {
		return nil, nil, false
	}
	less, okLess := c.test.(binary)
	if !okLess || less.op != "<" || !same(e, ordering(less.l, less.r)) {
		return nil, nil, false
	}
	return less.l, less.r, true
}

func compared(x *eval, e *ast.CallExpr, a []sym) sym {
	switch kindOf(a[0].t) {
	case stringKind, intKind, floatKind:
		return sym{e: ordering(a[0].use(), a[1].use())}
	}
	return x.bad(e, "values of type "+typeName(a[0].t)+" have no order in JSON", "compare strings or numbers")
}

// firstOf is cmp.Or: the first argument that is not zero.
func firstOf(x *eval, e *ast.CallExpr, a []sym) sym {
	if k := kindOf(a[0].t); k != intKind && k != stringKind || e.Ellipsis.IsValid() {
		return x.bad(e, "cmp.Or has a form in JSONata for strings and whole numbers only", "use if")
	}
	out := a[len(a)-1].use()
	for _, s := range slices.Backward(a[:len(a)-1]) {
		out = cond{binary{"!=", s.use(), goZero(s.t)}, s.use(), out}
	}
	return sym{e: out}
}

// orElse splits what cmp.Or and an if around another comparison make.
func orElse(e expr) (first, rest expr, ok bool) {
	c, isCond := e.(cond)
	if !isCond || c.els == nil {
		return nil, nil, false
	}
	test, isBinary := c.test.(binary)
	if !isBinary || test.op != "!=" || !same(test.l, c.then) || !same(test.r, num(0)) {
		return nil, nil, false
	}
	return c.then, c.els, true
}

// positive is the condition that a comparison's result is more than zero.
func positive(e expr) expr {
	if l, ok := e.(lit); ok {
		return boolLit(l.v.Float() > 0)
	}
	if a, b, ok := compares(e); ok {
		return binary{">", a, b}
	}
	if first, rest, ok := orElse(e); ok {
		return or(positive(first), and(isZero(first), positive(rest)))
	}
	switch e := e.(type) {
	case binary:
		if e.op == "-" && same(e.l, num(0)) {
			return positive(negative(e.r))
		}
		if e.op == "-" {
			return binary{">", e.l, e.r}
		}
	case cond:
		if e.els != nil {
			return chosen(e.test, positive(e.then), positive(e.els))
		}
	}
	return binary{">", e, num(0)}
}

// chosen is test ? a : b of two truths.
func chosen(test, a, b expr) expr {
	x, knownA := boolOf(a)
	y, knownB := boolOf(b)
	switch {
	case knownA && knownB:
		return tidy(cond{test, a, b})
	case knownA && x:
		return or(test, b)
	case knownA:
		return and(negate(test), b)
	case knownB && !y:
		return and(test, a)
	}
	return cond{test, a, b}
}

// negative is a comparison the other way round.
func negative(e expr) expr {
	if l, ok := e.(lit); ok {
		return float(-l.v.Float())
	}
	if a, b, ok := compares(e); ok {
		return ordering(b, a)
	}
	if first, rest, ok := orElse(e); ok {
		return cond{binary{"!=", negative(first), num(0)}, negative(first), negative(rest)}
	}
	switch e := e.(type) {
	case binary:
		if e.op == "-" && same(e.l, num(0)) {
			return e.r
		}
		if e.op == "-" {
			return binary{"-", e.r, e.l}
		}
	case cond:
		if e.els != nil {
			return cond{e.test, negative(e.then), negative(e.els)}
		}
	}
	return binary{"-", num(0), e}
}

// isZero is the condition that a comparison finds its items equal.
func isZero(e expr) expr {
	if a, b, ok := compares(e); ok {
		return binary{"=", a, b}
	}
	if first, rest, ok := orElse(e); ok {
		return and(isZero(first), isZero(rest))
	}
	if b, ok := e.(binary); ok && b.op == "-" {
		if same(b.l, num(0)) {
			return isZero(b.r)
		}
		return binary{"=", b.l, b.r}
	}
	return binary{"=", e, num(0)}
}

// spot is an index of the slice that a function of sort compares the items of, as that function has it.
type spot struct {
	item string
	of   expr
}

func (spot) isExpr() {}

// comparison is how two items compare: that the first comes after the second, and whether only equal items are neither.
type comparison struct {
	a, b  string
	after expr
	total bool
}

// comparison is what the function fn says of two items.
func (x *eval) comparison(e *ast.CallExpr, of, fn sym, less bool) (comparison, bool) {
	c := comparison{a: x.names.parameter("a"), b: x.names.parameter("b")}
	a, b := itemOf(of, ref{c.a}), itemOf(of, ref{c.b})
	if less { // of positions: b is before a
		a, b = sym{e: spot{c.b, of.e}, t: types.Typ[types.Int]}, sym{e: spot{c.a, of.e}, t: types.Typ[types.Int]}
	}
	values := x.comparedBy(e, fn, a, b)
	if len(values) != 1 {
		return c, false
	}
	result := values[0].use()
	if less {
		c.after = result
		left := false
		walk(result, func(e expr) {
			_, is := e.(spot)
			left = left || is
		})
		if left {
			x.refuse(e, "the order depends on where the items are", "compare the items alone")
			return c, false
		}
		return c, true
	}
	c.after = positive(result)
	c.total = tellsApart(isZero(result), c.a, c.b)
	return c, true
}

// comparedBy calls a function of the module or of the standard library.
func (x *eval) comparedBy(e *ast.CallExpr, fn sym, args ...sym) []sym {
	if fn.fn != nil && fn.fn.decl != nil {
		if form, ok := library[fullName(fn.fn.decl)]; ok {
			return []sym{form(x, e, args)}
		}
	}
	return x.apply(e, fn.fn, args)
}

// tellsApart says whether a condition for two items to be equal compares the items themselves.
func tellsApart(e expr, a, b string) bool {
	c, ok := e.(binary)
	if !ok {
		return false
	}
	if c.op == "and" {
		return tellsApart(c.l, a, b) || tellsApart(c.r, a, b)
	}
	over := func(e expr) string {
		if c, ok := e.(cond); ok && c.els != nil && same(c.test, c.then) { // an item that may be missing
			e = c.test
		}
		r, _ := e.(ref)
		return r.name
	}
	l, r := over(c.l), over(c.r)
	return c.op == "=" && (l == a && r == b || l == b && r == a)
}

// sortInPlace changes the order of a slice: the variable gets another one, where nothing else holds it.
func sortInPlace(x *eval, e *ast.CallExpr, a []sym) sym {
	name := fullName(x.callee(e))
	how := sorters[name]
	if kindOf(a[0].t) != sliceKind || x.rootVar(e.Args[0]) == nil {
		return x.bad(e, name+" needs a slice that is in a variable", "keep it in a variable first")
	}
	if !x.ordered(e, a[0], how.by || name == "slices.Reverse") {
		return sym{e: null}
	}
	args := []expr{nil}
	if how.by {
		c, ok := x.comparison(e, a[0], a[1], how.less)
		if !ok {
			return sym{e: null}
		}
		if !how.stable && !c.total {
			return x.bad(e, "in which order "+name+" leaves items that compare equal is not known", "use "+stableTwin(name)+", which keeps their order")
		}
		args = append(args, lambda{[]string{c.a, c.b}, c.after})
	}
	fn := "$sort"
	if name == "slices.Reverse" {
		fn = "$reverse"
	}
	x.refuseAliased(e.Args[0], e.Args[0])
	x.assign(e.Args[0], reordered(a[0], fn, args))
	return sym{e: null}
}

func stableTwin(name string) string {
	if name == "sort.Slice" {
		return "sort.SliceStable"
	}
	return "slices.SortStableFunc"
}

// ordered refuses items that cannot be sorted.
func (x *eval) ordered(e *ast.CallExpr, s sym, by bool) bool {
	k := kindOf(elemOf(s.t))
	if holdsArrays(elemOf(s.t)) || !by && k != stringKind && k != intKind && k != floatKind {
		x.refuse(e, "values of type "+typeName(elemOf(s.t))+" have no order in JSONata", "sort in a handler")
		return false
	}
	return true
}

// reordered is a slice in another order; nil stays nil.
func reordered(s sym, fn string, args []expr) sym {
	out := func(items expr) expr {
		args[0] = items
		return each{call{fn, slices.Clone(args)}}
	}
	switch {
	case isNull(s.e):
	case s.full:
		s.e = out(s.e)
	case simple(s.e):
		s.e = cond{isArray(s.e), out(s.e), null}
	default:
		s.e = block{"v", s.e, cond{isArray(ref{"v"}), out(ref{"v"}), null}}
	}
	s.maybe = false
	return s
}

// sortedFunc is what a sequence gives, in the order of a comparison.
func sortedFunc(x *eval, e *ast.CallExpr, a []sym) sym {
	s := a[0]
	s.t = x.typeOf(e)
	if !x.ordered(e, s, true) {
		return sym{e: null}
	}
	c, ok := x.comparison(e, s, a[1], false)
	if !ok {
		return sym{e: null}
	}
	from, _ := ast.Unparen(e.Args[0]).(*ast.CallExpr)
	kept := from != nil && x.callee(from) != nil && fullName(x.callee(from)) == "slices.Values" && fullName(x.callee(e)) == "slices.SortedStableFunc"
	if !kept && !c.total {
		return x.bad(e, "in which order items stand that compare equal is not known here", "compare a last key that is different for each")
	}
	return orNil(call{"$sort", []expr{s.e, lambda{[]string{c.a, c.b}, c.after}}}, s.raw)
}

// extremeBy is the first of the items before which a comparison puts no other. Of no items Go panics, and nobody gets here.
func extremeBy(better func(expr) expr) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, e *ast.CallExpr, a []sym) sym {
		if holdsArrays(elemOf(a[0].t)) {
			return x.bad(e, "slices of slices have no form here", "use a loop")
		}
		best, item := x.names.parameter("best"), x.names.parameter("item")
		values := x.comparedBy(e, a[1], itemOf(a[0], ref{item}), itemOf(a[0], ref{best}))
		if len(values) != 1 {
			return sym{e: null}
		}
		next := cond{better(values[0].use()), ref{item}, ref{best}}
		out := itemOf(a[0], call{"$reduce", []expr{a[0].items(), lambda{[]string{best, item}, next}}})
		out.t = x.typeOf(e)
		return out
	}
}

// sorts says whether a call changes its first argument: the order of its items, or which there are.
func (f *frame) sorts(e *ast.CallExpr) bool {
	fn := f.callee(e)
	return fn != nil && len(e.Args) > 0 && changesFirst(fn)
}

// changesFirst says whether a function of the standard library changes the slice or map that it is given first.
func changesFirst(fn *types.Func) bool {
	_, sorts := sorters[fullName(fn)]
	_, changes := changers[fullName(fn)]
	return sorts || changes
}
