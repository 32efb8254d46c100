package compile

import "slices"

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
		return slices.ContainsFunc(fieldsOf(structOf(a.t)), func(f jsonField) bool { return f.name == name && f.omit })
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
