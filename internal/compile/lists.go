package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
)

func init() {
	maps.Copy(library, map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"slices.Equal":      equalSlices,
		"slices.Concat":     concatSlices,
		"slices.Insert":     changed(insertItems),
		"slices.Delete":     changed(deleteItems),
		"slices.DeleteFunc": changed(deleteItemsBy),
		"slices.Compact":    changed(compactItems),
		"maps.Copy":         copyEntries,
		"maps.DeleteFunc":   deleteEntriesBy,
		"math.Mod":          modulo,
		"slices.Repeat":     repeatItems,
		"maps.Equal":        equalMaps,
		"maps.All":          func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use(), raw: a[0].raw} },
		"maps.Collect":      collectEntries,
	})
}

// changers are the functions that change the slice or map that they are given, and whether they return it too.
var changers = map[string]struct{ returns bool }{
	"slices.Insert": {true}, "slices.Delete": {true}, "slices.DeleteFunc": {true}, "slices.Compact": {true}, "maps.Copy": {}, "maps.DeleteFunc": {},
}

// returnsIt says whether a call changes the slice that it is given, and returns it.
func (f *frame) returnsIt(e *ast.CallExpr) bool {
	fn := f.callee(e)
	return fn != nil && changers[fullName(fn)].returns
}

// goesBack says whether a statement is xs = change(xs, ...).
func (f *frame) goesBack(s *ast.AssignStmt) (*ast.CallExpr, bool) {
	call, ok := ast.Unparen(s.Rhs[0]).(*ast.CallExpr)
	return call, ok && len(s.Lhs) == 1 && s.Tok == token.ASSIGN && f.returnsIt(call) && f.source(s.Lhs[0]) == f.source(call.Args[0])
}

// changed is a function that changes a slice where it is, of which nothing is left but what it returns.
func changed(form func(*eval, *ast.CallExpr, []sym) sym) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, e *ast.CallExpr, a []sym) sym {
		name, of := "slices."+x.callee(e).Name(), e.Args[0]
		own := (&holder{frame: x.frame, fn: x.node, ref: x.typeOf(of)}).fresh(of)
		switch {
		case !own && !x.dropped[e]:
			return x.bad(e, name+" changes the slice that it is given", "assign its result to the same variable, or give it a copy: "+name+"(slices.Clone(xs), ...)")
		case !own:
			x.refuseAliased(of, of)
		}
		return form(x, e, a)
	}
}

// less is a slice without some of its items.
func (s sym) less(e expr) sym {
	return sym{e: e, t: s.t, raw: s.raw, full: s.full, packed: s.packed}
}

// keptItems is what a slice keeps of its items, by a test of an item and its index; nil stays nil.
func (x *eval) keptItems(of sym, test func(item sym, i expr) expr) expr {
	item, at := x.names.parameter("item"), x.names.parameter("i")
	part := x.those(of, of.items(), item, at, test(itemOf(of, ref{item}), ref{at}))
	if of.full {
		return part
	}
	return cond{isArray(of.e), part, null}
}

func deleteItems(x *eval, _ *ast.CallExpr, a []sym) sym {
	low, wrapLow := x.bound("low", a[1].use())
	high, wrapHigh := x.bound("high", a[2].use())
	size := x.length(nil, a[0]).use()
	valid := and(and(lessOrEqual(num(0), low), lessOrEqual(low, high)), lessOrEqual(high, size))
	left := x.keptItems(a[0], func(_ sym, i expr) expr { return binary{"or", binary{"<", i, low}, binary{">=", i, high}} })
	return a[0].less(wrapLow(wrapHigh(choice(valid, left, outOfRange))))
}

func lessOrEqual(a, b expr) expr {
	l, okA := a.(lit)
	m, okB := b.(lit)
	if okA && okB {
		return boolLit(l.v.Float() <= m.v.Float())
	}
	if c, isCall := b.(call); okA && isCall && c.fn == "$count" && l.v.Float() <= 0 {
		return yes
	}
	return binary{"<=", a, b}
}

func deleteItemsBy(x *eval, e *ast.CallExpr, a []sym) sym {
	return a[0].less(x.keptItems(a[0], func(item sym, _ expr) expr { return negate(x.test(e, a[1], item)) }))
}

func compactItems(x *eval, e *ast.CallExpr, a []sym) sym {
	if !x.comparable(e, elemOf(a[0].t)) {
		return a[0]
	}
	items, wrap := x.bound("items", a[0].items())
	of := a[0]
	of.e, of.full = items, true
	left := x.keptItems(of, func(item sym, i expr) expr {
		before := index{items, binary{"-", i, num(1)}}
		return binary{"or", binary{"=", i, num(0)}, negate(equalExpr(item, itemOf(a[0], before)))}
	})
	if !a[0].full {
		left = cond{binary{">", callOf("$count", items), num(0)}, left, a[0].use()}
	}
	return a[0].less(wrap(left))
}

func insertItems(x *eval, e *ast.CallExpr, a []sym) sym {
	if e.Ellipsis.IsValid() || len(a) == 2 {
		return x.bad(e, "slices.Insert needs the items one by one", "use slices.Concat")
	}
	out := sym{t: a[0].t, full: true, some: true, raw: a[0].raw, packed: a[0].packed}
	added := make([]expr, len(a)-2)
	for i, s := range a[2:] {
		if s.joined {
			return x.bad(e, severalErrors, "join them at the end")
		}
		s = x.as(s, elemOf(a[0].t))
		added[i], out.raw, out.packed = s.item(), out.raw || s.holey(), out.packed && s.full
	}
	items, wrap := x.bound("items", a[0].items())
	at, wrapAt := x.bound("at", a[1].use())
	item, i := x.names.parameter("item"), x.names.parameter("i")
	where := func(op string) expr { return x.those(a[0], items, item, i, binary{op, ref{i}, at}) }
	more := callOf("$append", where("<"), callOf("$append", array{added}, where(">=")))
	valid := and(lessOrEqual(num(0), at), lessOrEqual(at, callOf("$count", items)))
	out.e = wrap(wrapAt(choice(valid, more, outOfRange)))
	return out
}

func equalSlices(x *eval, e *ast.CallExpr, a []sym) sym {
	if !x.comparable(e, elemOf(a[0].t)) {
		return sym{e: no}
	}
	items := func(s sym) expr {
		if !s.raw {
			return s.items()
		}
		item := x.names.parameter("item")
		return each{callOf("$map", s.items(), lambda{[]string{item}, itemOf(s, ref{item}).use()})}
	}
	return sym{e: binary{"=", items(a[0]), items(a[1])}}
}

func concatSlices(x *eval, e *ast.CallExpr, a []sym) sym {
	if e.Ellipsis.IsValid() {
		return x.bad(e, "slices.Concat needs the slices one by one", "append them in a loop")
	}
	t := x.typeOf(e)
	out := zeroSym(t)
	for _, s := range a {
		out = x.appendAll(out, s, t)
	}
	return out
}

// repeatItems is slices.Repeat, which never gives nil.
func repeatItems(x *eval, _ *ast.CallExpr, a []sym) sym {
	n, wrap := x.bound("n", a[1].use())
	items, wrapItems := x.bound("items", a[0].items())
	acc, i := x.names.parameter("acc"), x.names.parameter("i")
	all := callOf("$reduce", numbers{num(1), n}, lambda{[]string{acc, i}, callOf("$append", ref{acc}, items)}, array{})
	negative := callOf("$error", str("slices.Repeat: the count is negative"))
	return sym{e: wrap(wrapItems(choice(lessOrEqual(num(0), n), all, negative))), raw: a[0].raw, full: true, packed: a[0].packed}
}

// copyItems is copy(to, from).
func (x *eval) copyItems(e *ast.CallExpr) sym {
	a := x.exprs(e.Args)
	if kindOf(a[0].t) != sliceKind || kindOf(a[1].t) != sliceKind {
		return x.bad(e, asBytes, "work with bytes in a handler")
	}
	if _, isPath := x.pathText(e.Args[0], false); !isPath || x.rootVar(e.Args[0]) == nil {
		return x.bad(e, "copy needs a whole slice that is in a variable", "assign the items in a loop, or put a slice together with slices.Concat")
	}
	if !x.alone[e] {
		return x.bad(e, "copy changes what it is given, and stands inside an expression", "make the call a statement of its own, and assign its result to a variable")
	}
	x.refuseAliased(e.Args[0], e.Args[0])
	to, wrapTo := x.bound("to", a[0].items())
	from, wrapFrom := x.bound("from", a[1].items())
	item, i := x.names.parameter("item"), x.names.parameter("i")
	head := x.those(a[1], from, item, i, binary{"<", ref{i}, callOf("$count", to)})
	rest := x.those(a[0], to, item, i, binary{">=", ref{i}, callOf("$count", from)})
	out := expr(callOf("$append", head, rest))
	if !a[0].full {
		out = cond{binary{">", callOf("$count", to), num(0)}, out, a[0].use()}
	}
	s := a[0].less(wrapTo(wrapFrom(out)))
	s.raw, s.packed = s.raw || a[1].raw, s.packed && a[1].packed
	x.assign(e.Args[0], s)
	count := func(s sym) expr { return x.length(nil, s).use() }
	return sym{e: callOf("$min", array{[]expr{count(a[0]), count(a[1])}}), t: types.Typ[types.Int]}
}

func equalMaps(x *eval, e *ast.CallExpr, a []sym) sym {
	if !x.comparable(e, elemOf(a[0].t)) {
		return sym{e: no}
	}
	return sym{e: binary{"=", x.wholeEntries(a[0]), x.wholeEntries(a[1])}}
}

// wholeEntries is a map as an object, nil as one without entries, and null among its values as Go's zero value.
func (x *eval) wholeEntries(s sym) expr {
	if isNull(s.e) {
		return object{}
	}
	m, wrap := x.bound("m", s.use())
	if !s.raw {
		return wrap(cond{m, m, object{}})
	}
	v, k := x.names.parameter("v"), x.names.parameter("k")
	entries := callOf("$each", m, lambda{[]string{v, k}, keyed{ref{k}, itemOf(s, ref{v}).use()}})
	return wrap(cond{m, callOf("$merge", array{[]expr{entries}}), object{}})
}

// collectEntries is maps.Collect(maps.All(m)), which never gives nil.
func collectEntries(x *eval, e *ast.CallExpr, a []sym) sym {
	from, _ := ast.Unparen(e.Args[0]).(*ast.CallExpr)
	if from == nil || x.callee(from) == nil || fullName(x.callee(from)) != "maps.All" {
		return x.bad(e, "maps.Collect gathers the entries of maps.All only", "make a map, and assign its entries in a loop")
	}
	m, wrap := x.bound("m", a[0].use())
	return sym{e: wrap(cond{m, m, object{}}), raw: a[0].raw, full: true}
}

// copyEntries is maps.Copy(m, from).
func copyEntries(x *eval, e *ast.CallExpr, a []sym) sym {
	if kindOf(elemOf(a[0].t)) != kindOf(elemOf(a[1].t)) || isNull(a[0].e) || x.rootVar(e.Args[0]) == nil {
		return x.bad(e, "maps.Copy needs a map that is in a variable and not nil", "make it first")
	}
	x.refuseAliased(e.Args[0], e.Args[0])
	from, wrap := x.bound("from", a[1].use())
	s := a[0]
	s.e, s.raw, s.maybe = wrap(cond{from, merged(a[0].entries(), from), a[0].use()}), a[0].raw || a[1].raw, false
	x.assign(e.Args[0], s)
	return sym{e: null}
}

// deleteEntriesBy is maps.DeleteFunc(m, fn).
func deleteEntriesBy(x *eval, e *ast.CallExpr, a []sym) sym {
	m, ok := a[0].t.Underlying().(*types.Map)
	if !ok || kindOf(m.Key()) != stringKind || x.rootVar(e.Args[0]) == nil {
		return x.bad(e, "maps.DeleteFunc needs a map in a variable whose keys are strings", "go over slices.Sorted(maps.Keys(m))")
	}
	x.refuseAliased(e.Args[0], e.Args[0])
	v, k := x.names.parameter("v"), x.names.parameter("k")
	values := x.apply(e, a[1].fn, []sym{{e: ref{k}, t: m.Key()}, itemOf(a[0], ref{v})})
	if len(values) != 1 {
		return sym{e: null}
	}
	others := callOf("$sift", a[0].use(), lambda{[]string{v, k}, negate(values[0].use())})
	s := a[0]
	s.e, s.maybe = cond{a[0].use(), callOf("$merge", array{[]expr{others}}), a[0].use()}, false
	x.assign(e.Args[0], s)
	return sym{e: null}
}

// modulo is math.Mod. What it gives for 0, which is no number, JSON does not have.
func modulo(x *eval, _ *ast.CallExpr, a []sym) sym {
	y, wrap := x.bound("y", a[1].use())
	out := expr(binary{"%", a[0].use(), y})
	if l, ok := y.(lit); !ok || l.v.Float() == 0 {
		out = cond{binary{"!=", y, num(0)}, out, callOf("$error", str("math.Mod of 0 is no number"))}
	}
	return sym{e: wrap(out)}
}
