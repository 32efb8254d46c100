package compile

import (
	"go/ast"
	"go/types"
	"slices"
)

// several has the functions of the standard library with more than one result.
var several map[string]func(*eval, *ast.CallExpr, []sym) []sym

func init() { // not a plain initialiser: the forms refer to eval, and eval to these
	several = map[string]func(*eval, *ast.CallExpr, []sym) []sym{
		"strings.Cut":        cut,
		"strings.CutPrefix":  func(x *eval, e *ast.CallExpr, a []sym) []sym { return []sym{trimPrefix(x, e, a), hasPrefix(x, e, a)} },
		"strings.CutSuffix":  func(x *eval, e *ast.CallExpr, a []sym) []sym { return []sym{trimSuffix(x, e, a), hasSuffix(x, e, a)} },
		"strconv.Atoi":       func(_ *eval, _ *ast.CallExpr, a []sym) []sym { return parsedInt("Atoi", a[0]) },
		"strconv.ParseInt":   parseInt,
		"strconv.ParseBool":  parseBool,
		"strconv.ParseFloat": parseFloat,
		"time.Parse":         parseTime,
	}
	for name, form := range map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"strings.TrimSuffix":  trimSuffix,
		"strings.Count":       countText,
		"slices.Index":        indexOf,
		"slices.ContainsFunc": containsFunc,
		"slices.IndexFunc":    indexFunc,
		"slices.Max":          extremeItem("$max", -1),
		"slices.Min":          extremeItem("$min", 0),
		"slices.Sorted":       sorted,
		"slices.Collect":      collect,
		"slices.Values":       func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].items(), raw: a[0].raw, full: true} },
		"maps.Keys":           mapKeysOf,
		"maps.Values":         mapValuesOf,
	} {
		library[name] = form
	}
	for name := range textZeros {
		library["("+name+").String"] = func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use()} }
	}
}

func trimSuffix(x *eval, e *ast.CallExpr, a []sym) sym {
	s := a[0].use()
	rest := call{"$substring", []expr{s, num(0), binary{"-", call{"$length", []expr{s}}, runeCount(a[1])}}}
	return sym{e: cond{hasSuffix(x, e, a).e, rest, s}}
}

func countText(x *eval, e *ast.CallExpr, a []sym) sym {
	if sep, ok := constString(a[1]); !ok || sep == "" {
		return x.bad(e, "strings.Count needs a constant text to count that is not empty", "count in a handler")
	}
	return sym{e: binary{"-", call{"$count", []expr{call{"$split", []expr{a[0].use(), a[1].use()}}}}, num(1)}}
}

// cut is what is before and behind a separator, and whether it is there.
func cut(_ *eval, _ *ast.CallExpr, a []sym) []sym {
	args := []expr{a[0].use(), a[1].use()}
	found := call{"$contains", args}
	return []sym{{e: call{"$substringBefore", args}}, {e: cond{found, call{"$substringAfter", args}, emptyStr}}, {e: found}}
}

// parsedInt is the number in a text, and the error where there is none. Numbers of more than 15 digits, which JSON does not hold exactly,
// are out of range already.
func parsedInt(fn string, of sym) []sym {
	s := of.use()
	exact := call{"$contains", []expr{s, text{`/^[+-]?0*[0-9]{1,15}$/`}}}
	why := cond{call{"$contains", []expr{s, text{`/^[+-]?[0-9]+$/`}}}, str("value out of range"), str("invalid syntax")}
	// $number takes no + and makes a negative zero.
	number := binary{"+", call{"$number", []expr{call{"$replace", []expr{s, text{`/^\+/`}, emptyStr}}}}, num(0)}
	return []sym{{e: cond{exact, number, num(0)}}, numError(fn, of, exact, why)}
}

// numError is a *strconv.NumError, unless ok.
func numError(fn string, of sym, ok, why expr) sym {
	message := concat(concat(concat(str("strconv."+fn+": parsing "), quoted(of.use())), str(": ")), why)
	failed := failure(sym{e: str("NumError"), t: types.Typ[types.String]}, sym{e: message, t: types.Typ[types.String]})
	return sym{e: cond{ok, null, failed.e}, t: errorType}
}

func parseInt(x *eval, e *ast.CallExpr, a []sym) []sym {
	base, okBase := a[1].e.(lit)
	bits, okBits := a[2].e.(lit)
	if !okBase || !okBits || base.v.Float() != 10 || bits.v.Float() != 64 && bits.v.Float() != 0 {
		bad := x.bad(e, "strconv.ParseInt has a form in JSONata for base 10 and 64 bits only", "parse in a handler")
		return []sym{bad, {e: null, t: errorType}}
	}
	return parsedInt("ParseInt", a[0])
}

const (
	digits  = `[0-9](_?[0-9])*`
	decimal = `(` + digits + `\.?(` + digits + `)?|\.` + digits + `)`
)

// parseFloat reads decimal numbers below 1e299 and of an exponent of two digits; JSON has no infinity for larger ones.
func parseFloat(x *eval, e *ast.CallExpr, a []sym) []sym {
	if bits, ok := a[1].e.(lit); !ok || bits.v.Float() != 64 {
		bad := x.bad(e, "strconv.ParseFloat has a form in JSONata for 64 bits only", "use 64")
		return []sym{bad, {e: null, t: errorType}}
	}
	s := a[0].use()
	is := func(pattern string) expr { return callOf("$contains", s, text{"/^[+-]?(" + pattern + ")$/i"}) }
	held := binary{"and", is(decimal + `(e[+-]?[0-9](_?[0-9])?)?`), binary{"<=", callOf("$length", s), num(200)}}
	why := cond{is(decimal + "(e[+-]?" + digits + ")?|inf(inity)?|nan|0x[0-9a-f_.]+p[+-]?[0-9_]+"), str("value out of range"), str("invalid syntax")}
	// $number takes no +, no _, and no point without digits at both sides.
	plain := callOf("$replace", callOf("$replace", s, text{`/^[+-]|_/`}, emptyStr), text{`/\.(e|$)/i`}, str("$1"))
	sign := cond{callOf("$contains", s, text{`/^-/`}), str("-0"), str("0")}
	return []sym{{e: cond{held, callOf("$number", binary{"&", sign, plain}), num(0)}}, numError("ParseFloat", a[0], held, why)}
}

func parseBool(_ *eval, _ *ast.CallExpr, a []sym) []sym {
	oneOf := func(list ...string) expr {
		items := make([]expr, len(list))
		for i, s := range list {
			items[i] = str(s)
		}
		return binary{"in", a[0].use(), array{items}}
	}
	isTrue := oneOf("1", "t", "T", "true", "TRUE", "True")
	known := binary{"or", isTrue, oneOf("0", "f", "F", "false", "FALSE", "False")}
	return []sym{{e: isTrue}, numError("ParseBool", a[0], known, str("invalid syntax"))}
}

// comparable refuses items that JSON cannot tell apart as Go does.
func (x *eval) comparable(at ast.Node, t types.Type) bool {
	switch kindOf(t) {
	case stringKind, intKind, floatKind, boolKind:
		return true
	}
	x.refuse(at, "values of type "+typeName(t)+" cannot be compared in JSON", "compare their fields in a loop")
	return false
}

// overItems is the items of a slice reduced, from start, by what step makes of the accumulator, an item and its index.
func (x *eval) overItems(of sym, start expr, step func(acc, item, i expr) expr) expr {
	acc, item, i := x.names.parameter("acc"), x.names.parameter("item"), x.names.parameter("i")
	next := step(ref{acc}, ref{item}, ref{i})
	params := []string{acc, item}
	if reads(next, map[string]bool{i: true}) {
		params = append(params, i)
	}
	return call{"$reduce", []expr{of.items(), lambda{params, next}, start}}
}

func itemOf(s sym, e expr) sym { return sym{e: e, t: elemOf(s.t), raw: s.raw, maybe: s.raw} }

func indexOf(x *eval, e *ast.CallExpr, a []sym) sym {
	if !x.comparable(e, a[1].t) {
		return sym{e: num(0)}
	}
	return sym{e: x.overItems(a[0], num(-1), func(acc, item, i expr) expr {
		same := equalExpr(itemOf(a[0], item), a[1])
		return cond{binary{"and", binary{"<", acc, num(0)}, same}, i, acc}
	})}
}

// test is what a function that is given to the standard library says of an item.
func (x *eval) test(e *ast.CallExpr, fn, item sym) expr {
	values := x.apply(e, fn.fn, []sym{item})
	if len(values) != 1 {
		return no
	}
	return values[0].use()
}

func containsFunc(x *eval, e *ast.CallExpr, a []sym) sym {
	return sym{e: x.overItems(a[0], no, func(acc, item, _ expr) expr { return cond{acc, yes, x.test(e, a[1], itemOf(a[0], item))} })}
}

func indexFunc(x *eval, e *ast.CallExpr, a []sym) sym {
	return sym{e: x.overItems(a[0], num(-1), func(acc, item, i expr) expr {
		return cond{binary{">=", acc, num(0)}, acc, cond{x.test(e, a[1], itemOf(a[0], item)), i, acc}}
	})}
}

// extremeItem is the largest or smallest item; texts are sorted for it. Of no items Go panics, and nobody gets here.
func extremeItem(fn string, at int64) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, e *ast.CallExpr, a []sym) sym {
		if kindOf(elemOf(a[0].t)) == stringKind {
			return sym{e: index{call{"$sort", []expr{a[0].items()}}, num(at)}}
		}
		return sym{e: call{fn, []expr{a[0].items()}}}
	}
}

// sorted is what a sequence gives, in its order.
func sorted(x *eval, e *ast.CallExpr, a []sym) sym {
	if k := kindOf(elemOf(x.typeOf(e))); k != stringKind && k != intKind && k != floatKind {
		return x.bad(e, "values of type "+typeName(elemOf(x.typeOf(e)))+" have no order in JSON", "sort in a handler")
	}
	return orNil(call{"$sort", []expr{a[0].e}}, a[0].raw)
}

// orNil is a slice that is nil where nothing was put into it.
func orNil(items expr, raw bool) sym {
	if a, ok := items.(array); ok && len(a.items) > 0 {
		return sym{e: a, raw: raw, full: true, some: true}
	} else if ok {
		return sym{e: null}
	}
	if e, ok := items.(each); ok { // [[e]] is another array
		items = e.of
	}
	return sym{e: block{"v", each{items}, cond{binary{">", call{"$count", []expr{ref{"v"}}}, num(0)}, ref{"v"}, null}}, raw: raw}
}

// collect is what a sequence gives. That of a map's keys has another order each time in Go.
func collect(x *eval, e *ast.CallExpr, a []sym) sym {
	from, _ := ast.Unparen(e.Args[0]).(*ast.CallExpr)
	if from == nil || x.callee(from) == nil || fullName(x.callee(from)) != "slices.Values" {
		return x.bad(e, "the order of what slices.Collect gathers here is not known", "use slices.Sorted, or slices.Clone for a slice")
	}
	return orNil(a[0].e, a[0].raw)
}

func mapKeysOf(x *eval, e *ast.CallExpr, a []sym) sym {
	keys := call{"$keys", []expr{a[0].use()}}
	if m, ok := a[0].t.Underlying().(*types.Map); ok && kindOf(m.Key()) == intKind {
		k := x.names.parameter("key")
		return sym{e: each{call{"$map", []expr{keys, lambda{[]string{k}, call{"$number", []expr{ref{k}}}}}}}, full: true}
	}
	return sym{e: each{keys}, full: true}
}

func mapValuesOf(x *eval, e *ast.CallExpr, a []sym) sym {
	if holdsArrays(elemOf(a[0].t)) {
		return x.bad(e, "maps.Values of slices has no form in JSONata, which would join them", "go over the sorted keys")
	}
	v := x.names.parameter("value")
	m := a[0].use()
	value := itemOf(a[0], ref{v}).use()
	values := each{call{"$each", []expr{m, lambda{[]string{v}, value}}}}
	return sym{e: cond{m, values, array{}}, raw: a[0].raw, full: true}
}

// deleteEntry is delete(m, k).
func (x *eval) deleteEntry(e *ast.CallExpr) {
	m := x.expr(e.Args[0])
	key, ok := x.mapKey(e.Args[1], x.expr(e.Args[1]))
	x.refuseAliased(e, e.Args[0])
	if !ok || isNull(m.e) {
		return
	}
	name, isConst := constText(key)
	if o, isObject := m.e.(object); isObject && isConst {
		m.e = object{slices.DeleteFunc(slices.Clone(o.fields), func(f field) bool { return f.name == name })}
		x.assign(e.Args[0], m)
		return
	}
	v, k := x.names.parameter("v"), x.names.parameter("k")
	others := call{"$sift", []expr{m.use(), lambda{[]string{v, k}, binary{"!=", ref{k}, key}}}}
	rest := expr(call{"$merge", []expr{array{[]expr{others}}}}) // {} where nothing is left
	m.e, m.maybe = cond{m.use(), rest, m.use()}, false          // an empty map and nil stay what they are
	x.assign(e.Args[0], m)
}

// clearMap is clear(m).
func (x *eval) clearMap(e *ast.CallExpr) {
	m := x.expr(e.Args[0])
	if kindOf(m.t) != mapKind {
		x.refuse(e, "clear of a slice has no form in JSONata", "make a new slice")
		return
	}
	x.refuseAliased(e, e.Args[0])
	isNil := x.isNil(m)
	x.assign(e.Args[0], merge(isNil, sym{e: null, t: m.t}, sym{e: object{}, t: m.t, full: true}))
}
