package compile

import (
	"go/types"
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

// sym is what the compiler knows about a Go value at a place in the program: the expression that has it, and how far the
// expression can be relied on.
type sym struct {
	e     expr
	t     types.Type
	maybe bool // e may be undefined or null where Go has the zero value
	raw   bool // the value came from outside as it is: its own fields may be missing
	full  bool // a slice or map that is not nil, an error that is one
	none  bool // an error that is nil, whatever e says
	// joined says that an error is several: errors.Is would find each of them, and a state machine has one name.
	joined bool
	// failed says that an error, where it is one, is a state's failure or flow.Fail's: what States.TaskFailed and States.ALL match.
	failed bool
	// packed says that a slice has no nil among its errors, some that it has items.
	packed, some bool
	boxed        bool     // held by an interface: omitempty never leaves it out
	mixed        bool     // of one type on one way here, and of another on another
	lost         bool     // a failed Parallel was to set it: Go may have another value
	fn           *closure // a function
}

// goZero is the JSON of t's zero value.
func goZero(t types.Type) expr {
	switch kindOf(t) {
	case boolKind:
		return no
	case intKind, floatKind:
		return num(0)
	case stringKind:
		zero, _ := textZero(t)
		return str(zero)
	case timeKind:
		return str("0001-01-01T00:00:00Z")
	case structKind:
		return zeroStruct(t)
	case sliceKind:
		if a, ok := t.Underlying().(*types.Array); ok {
			return zeroArray(a)
		}
	case opaque:
		if isNamed(t, "encoding/json", "Number") || isFloat32(t) {
			return num(0)
		}
	}
	return null
}

func zeroStruct(t types.Type) object {
	var o object
	_, isUnion := unionMember(t)
	for _, f := range fieldsOf(t) {
		if !f.ofNobody {
			o.fields = append(o.fields, f.member(zeroSym(f.v.Type()), isUnion))
		}
	}
	return o
}

func zeroArray(a *types.Array) expr {
	items := make([]expr, a.Len())
	for i := range items {
		items[i] = goZero(a.Elem())
	}
	return array{items}
}

func zeroSym(t types.Type) sym { return sym{e: goZero(t), t: t, packed: ofErrors(t)} }

// ofErrors says whether t is a slice of errors.
func ofErrors(t types.Type) bool { return kindOf(t) == sliceKind && isError(elemOf(t)) }

// use is the expression that has s's value, Go's zero value where JSON has none.
func (s sym) use() expr {
	if !s.maybe {
		return s.e
	}
	switch kindOf(s.t) {
	case boolKind:
		return loose{s.e, yes}
	case intKind, floatKind, stringKind:
		return s.orElse(goZero(s.t))
	case timeKind:
		return s.orElse(goZero(s.t))
	case structKind:
		return s.orElse(object{})
	case sliceKind, bytesKind, mapKind, pointerKind, errorKind:
		return cond{call{"$exists", []expr{s.e}}, s.e, null}
	}
	return cond{call{"$exists", []expr{s.e}}, s.e, null}
}

// holey says whether parts of s may be missing where Go has zero values.
func (s sym) holey() bool {
	switch kindOf(s.t) {
	case structKind, sliceKind, mapKind, pointerKind:
	default:
		return false
	}
	if s.raw || s.maybe {
		return true
	}
	if o, ok := s.e.(object); ok {
		return slices.ContainsFunc(o.fields, func(f field) bool { return f.v.holey() })
	}
	return false
}

// weaker says whether s promises less than was, as whose successor in a loop it comes.
func (s sym) weaker(was sym) bool {
	return s.holey() && !was.raw || was.full && !s.full || was.none && !s.none || was.packed && !s.packed || was.some && !s.some
}

// weakened is s with no promises.
func (s sym) weakened() sym {
	s.raw, s.full, s.none, s.packed, s.some = true, false, false, false, false
	return s
}

// settledNow is s as a value that is never missing; what it holds may still lack parts.
func (s sym) settledNow() sym {
	s.e, s.raw, s.maybe = s.use(), s.raw || s.maybe, false
	return s
}

// orElse relies on JSONata's truth: undefined, null, "", 0 and {} are false.
func (s sym) orElse(zero expr) expr {
	if c, ok := s.e.(call); ok && c.fn == "$lookup" && !simple(c.args[1]) {
		return block{"v", s.e, cond{ref{"v"}, ref{"v"}, zero}}
	}
	return cond{s.e, s.e, zero}
}

// items is a slice as an array that is never null.
func (s sym) items() expr {
	if isNull(s.e) {
		return array{}
	}
	if s.full || s.some {
		return s.e
	}
	if c, ok := s.e.(cond); ok && c.els != nil && (isNull(c.then) || isNull(c.els)) {
		return cond{c.test, sym{e: c.then, t: s.t}.items(), sym{e: c.els, t: s.t}.items()}
	}
	if b, ok := s.e.(block); ok { // of orNil
		if same(orNil(b.bound, false).e, b) {
			return b.bound
		}
	}
	if isArrayLit(s.e) {
		return s.e
	}
	if !simple(s.e) {
		return block{"v", s.e, cond{isArray(ref{"v"}), ref{"v"}, array{}}}
	}
	return cond{isArray(s.e), s.e, array{}}
}

// nested is a slice as an item of an array that is written out: JSONata would join the two.
func (s sym) nested() expr {
	if bracketed(s.e) { // its own brackets keep it together
		return s.e
	}
	if s.full {
		return each{s.e}
	}
	return slot{of: s.use()}
}

// item is s as an item of an array that is written out.
func (s sym) item() expr {
	switch {
	case kindOf(s.t) == sliceKind:
		return s.nested()
	case holdsArrays(s.t) && !isLit(s.e) && !isObject(s.e):
		return slot{of: s.use(), other: true}
	}
	return s.use()
}

// holdsArrays says whether a value of type t may be an array in JSON.
func holdsArrays(t types.Type) bool {
	switch kindOf(t) {
	case sliceKind:
		return true
	case pointerKind:
		return holdsArrays(elemOf(t))
	case opaque:
		_, isBasic := t.Underlying().(*types.Basic)
		return (!isBasic || marshals(t)) && !isSDK(t)
	}
	return false
}

// bracketed says whether e stands in brackets: JSONata keeps it as it is where it is an item of such an array.
func bracketed(e expr) bool {
	switch e.(type) {
	case array, each, numbers:
		return true
	}
	return false
}

func isArray(e expr) expr { return binary{"=", call{"$type", []expr{e}}, str("array")} }

// settled is s once the workflow variable name has its value.
func (s sym) settled(name string) sym {
	s.e, s.raw, s.maybe, s.failed = ref{name}, s.holey(), false, s.fails()
	return s
}

// fails says whether an error is a failure as States.TaskFailed means it, if it is one at all.
func (s sym) fails() bool { return s.failed || isNull(s.e) }

// merge is test ? a : b.
func merge(test expr, a, b sym) sym {
	if v, known := boolOf(test); known {
		if v {
			return a
		}
		return b
	}
	out := sym{t: a.t, raw: a.holey() || b.holey(), full: a.full && b.full, joined: a.joined || b.joined, packed: a.packed && b.packed, some: a.some && b.some}
	out.lost = a.lost || b.lost
	out.failed = a.fails() && b.fails()
	out.mixed = a.mixed || b.mixed || !sameType(a.t, b.t)
	if a.fn.same(b.fn) {
		out.fn = a.fn
	}
	ea, eb := a.use(), b.use()
	va, knownA := boolOf(ea)
	vb, knownB := boolOf(eb)
	switch {
	case same(ea, eb):
		out.e = ea
	case knownA && knownB && va:
		out.e = test
	case knownA && knownB:
		out.e = negate(test)
	case knownB && !vb:
		out.e = binary{"and", test, ea}
		if risky(ea) {
			out.e = cond{test, ea, eb}
		}
	case knownA && va && !risky(eb):
		out.e = binary{"or", test, eb}
	default:
		out.e = mergeObjects(test, a, b, cond{test, ea, eb})
		if e, ok := mergeMembers(test, a, b); ok {
			out.e = e
		}
	}
	return out
}

func sameType(a, b types.Type) bool { return a == b || a != nil && b != nil && types.Identical(a, b) }

// mergeObjects merges two literals of one struct that differ in one field, so that what is equal stays outside the condition.
func mergeObjects(test expr, a, b sym, otherwise expr) expr {
	if o, differ, ok := mergedFields(test, a, b); ok && differ <= 1 {
		return o
	}
	return otherwise
}

// mergeFields merges two literals of one struct field by field.
func mergeFields(test expr, a, b sym) sym {
	out := merge(test, a, b)
	if o, _, ok := mergedFields(test, a, b); ok {
		out.e = o
	}
	return out
}

func mergedFields(test expr, a, b sym) (out object, differ int, ok bool) {
	x, okX := a.e.(object)
	y, okY := b.e.(object)
	if !okX || !okY || len(x.fields) != len(y.fields) {
		return out, 0, false
	}
	out.fields = slices.Clone(x.fields)
	for i, f := range x.fields {
		if y.fields[i].name != f.name {
			return out, 0, false
		}
		if !same(f.v.use(), y.fields[i].v.use()) {
			differ++
			out.fields[i].v = merge(test, f.v, y.fields[i].v)
		}
	}
	return out, differ, true
}

// risky is an expression that can fail, so that && and || must not evaluate it for nothing.
func risky(e expr) bool {
	found := false
	walk(e, func(e expr) {
		switch e := e.(type) {
		case call:
			found = found || !harmless[e.fn]
		case binary:
			found = found || e.op == "/" || e.op == "%"
		}
	})
	return found
}

// harmless is the functions that fail for no argument of the type that Go's checker allowed.
var harmless = map[string]bool{
	"$not": true, "$exists": true, "$type": true, "$count": true, "$contains": true, "$length": true, "$uppercase": true,
	"$lowercase": true, "$substring": true, "$string": true, "$keys": true, "$lookup": true,
}

// guards says whether e tests for null: what stands behind it relies on that.
func guards(e expr) bool {
	found := false
	walk(e, func(e expr) {
		if b, ok := e.(binary); ok && (isNull(b.l) || isNull(b.r)) {
			found = true
		}
	})
	return found
}

// negate is Go's !.
func negate(e expr) expr {
	if v, known := boolOf(e); known {
		return boolLit(!v)
	}
	switch e := e.(type) {
	case binary:
		if op, ok := map[string]string{"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[e.op]; ok {
			return binary{op, e.l, e.r}
		}
		if e.op == "and" || e.op == "or" {
			return binary{map[string]string{"and": "or", "or": "and"}[e.op], negate(e.l), negate(e.r)}
		}
	case cond:
		if e.els != nil {
			return tidy(cond{e.test, negate(e.then), negate(e.els)})
		}
	case call:
		if e.fn == "$not" {
			return e.args[0]
		}
	}
	return call{"$not", []expr{e}}
}

// tidy writes a condition between two truths as a truth.
func tidy(c cond) expr {
	v, knownThen := boolOf(c.then)
	w, knownElse := boolOf(c.els)
	switch {
	case knownThen && knownElse && v && !w && boolean(c.test):
		return c.test
	case knownThen && knownElse && !v && w && boolean(c.test):
		return negate(c.test)
	}
	return c
}

// boolean says whether e is a boolean for certain, and not just something true or false in a condition.
func boolean(e expr) bool {
	switch e := e.(type) {
	case lit:
		return e.v.Kind() == value.Bool
	case loose:
		return true
	case cond:
		return e.els != nil && boolean(e.then) && boolean(e.els)
	case binary:
		return precedence[e.op] <= 40
	case call:
		return e.fn == "$not" || e.fn == "$exists" || e.fn == "$contains"
	}
	return false
}

// and and or are Go's && and ||.
func and(a, b expr) expr {
	if v, known := boolOf(a); known {
		if v {
			return b
		}
		return no
	}
	if v, known := boolOf(b); known && v {
		return a
	}
	if risky(b) || guards(a) {
		return cond{a, b, no}
	}
	return binary{"and", a, b}
}

func or(a, b expr) expr {
	if v, known := boolOf(a); known {
		if v {
			return yes
		}
		return b
	}
	if v, known := boolOf(b); known && !v {
		return a
	}
	if risky(b) || guards(a) {
		return cond{a, yes, b}
	}
	return binary{"or", a, b}
}
