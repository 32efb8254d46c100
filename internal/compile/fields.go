package compile

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// member is the field with a value of Go's.
func (f jsonField) member(v sym, union bool) field {
	return field{name: f.name, v: v, omit: f.omit, zero: f.zero, asText: f.asText, union: union}
}

// isZero says whether f is known to be left out.
func (f field) isZero() bool {
	if !f.zero || f.v.boxed {
		return f.omit && f.v.isZero()
	}
	switch kindOf(f.v.t) {
	case sliceKind, mapKind, bytesKind, timeKind, structKind:
		return same(f.v.e, goZero(f.v.t))
	}
	return f.v.isZero()
}

// perhaps says whether only the value will tell if f is left out. Structs that omitzero leaves out are written where they are not
// known to be zero: who reads them sees the same.
func (f field) perhaps() bool {
	switch {
	case !f.omit || f.isZero():
		return false
	case f.zero && (kindOf(f.v.t) == sliceKind || kindOf(f.v.t) == mapKind):
		return !f.v.full
	case f.zero && kindOf(f.v.t) == structKind:
		return false
	case f.zero && kindOf(f.v.t) == timeKind:
		return !isLit(f.v.e)
	}
	return !f.v.nonZero()
}

// written is f's value in JSON; undefined, which leaves it out, where it may be the zero value.
func (f field) written() expr {
	switch {
	case !f.perhaps():
		return f.json(f.v.e)
	case simple(f.v.e):
		return cond{test: f.present(f.v), then: f.json(f.v.e)}
	}
	v := sym{e: ref{"v"}, t: f.v.t, full: f.v.full}
	return block{"v", f.v.use(), cond{test: f.present(v), then: f.json(v.e)}}
}

// json is e as ',string' has it.
func (f field) json(e expr) expr {
	if l, ok := e.(lit); ok && f.asText {
		return str(l.v.String())
	}
	if f.asText {
		return call{"$string", []expr{e}}
	}
	return e
}

// present is the condition under which s is written.
func (f field) present(s sym) expr {
	if f.zero {
		switch kindOf(s.t) {
		case sliceKind, mapKind:
			return binary{"!=", s.use(), null}
		case timeKind:
			return binary{"!=", s.use(), goZero(s.t)}
		}
	}
	return s.present()
}

// isZero says whether s is known to be the zero value, as omitempty understands it.
func (s sym) isZero() bool {
	if s.boxed {
		return false
	}
	if s.full && kindOf(s.t) == pointerKind { // to false, to 0
		return isNull(s.e)
	}
	switch e := s.e.(type) {
	case lit:
		return e.v.Kind() == value.Null || e.v.Kind() == value.Bool && !e.v.Bool() ||
			e.v.Kind() == value.Number && e.v.Float() == 0 || e.v.Kind() == value.String && e.v.Str() == ""
	case array:
		return len(e.items) == 0
	}
	return false
}

// nonZero says whether s is known not to be the zero value.
func (s sym) nonZero() bool {
	if s.boxed || s.full && kindOf(s.t) == pointerKind {
		return true
	}
	switch e := s.e.(type) {
	case lit:
		return !s.isZero()
	case array:
		return len(e.items) > 0
	case object: // of a map: structs are never empty to omitempty
		return slices.ContainsFunc(e.fields, func(f field) bool { return !f.omit })
	case keyed:
		return true
	case deployed: // more than a placeholder
		return !strings.HasPrefix(e.text, "${") || strings.Index(e.text, "}") < len(e.text)-1
	case binary:
		return e.op == "&" && (sym{e: e.l}.nonZero() || sym{e: e.r}.nonZero())
	}
	return false
}

// present is the condition under which omitempty writes s.
func (s sym) present() expr {
	switch kindOf(s.t) {
	case sliceKind:
		return binary{">", call{"$count", []expr{s.items()}}, num(0)}
	case mapKind: // JSONata: an object without members is false, and null is too
		return s.e
	case pointerKind, errorKind, opaque:
		return binary{"!=", s.use(), null}
	}
	return s.e
}

// mergeMembers is test ? a : b of two that differ in one of the members that were laid over one object. A member that the object may
// not have is not made up: that is so of structs, and of no entry of a map.
func mergeMembers(test expr, a, b sym) (expr, bool) {
	if kindOf(a.t) == mapKind {
		return nil, false
	}
	belowA, x, okA := overlaid(a.e)
	belowB, y, okB := overlaid(b.e)
	switch {
	case okA && !okB && same(belowA, b.e):
		belowB = b.e
	case okB && !okA && same(belowB, a.e):
		belowA = a.e
	case !okA || !okB || !same(belowA, belowB):
		return nil, false
	}
	optional := func(name string) bool {
		return slices.ContainsFunc(fieldsOf(structOf(a.t)), func(f jsonField) bool { return f.name == name && (f.omit || f.asText || f.ofNobody) })
	}
	out, differ := object{slices.Clone(x.fields)}, 0
	for _, f := range y.fields {
		if x.index(f.name) < 0 {
			if optional(f.name) {
				return nil, false
			}
			out.fields = append(out.fields, field{name: f.name, v: sym{e: member{belowA, f.name}, t: f.v.t, maybe: true}})
		}
	}
	for i, f := range out.fields {
		other := sym{e: member{belowB, f.name}, t: f.v.t, maybe: true}
		if at := y.index(f.name); at >= 0 {
			other = y.fields[at].v
		} else if optional(f.name) {
			return nil, false
		}
		if !same(f.v.e, other.e) {
			differ++
		}
		out.fields[i].v = merge(test, f.v, other)
	}
	return merged(belowA, out), differ == 1
}
