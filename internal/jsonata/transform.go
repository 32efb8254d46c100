package jsonata

import "github.com/stride-aws/stride/internal/value"

// transformNode makes the function |pattern|update,delete|, which changes a copy of its argument.
type transformNode struct {
	clone                         node // the variable $clone, which an expression may bind anew
	pattern, update, delete       node
	pos, updatePlace, deletePlace int
}

func (c *compiler) transform(t *tree) node {
	c.hold()
	n := &transformNode{clone: c.variable("clone"), pattern: c.node(t.lhs), update: c.node(t.rhs), pos: t.pos, updatePlace: t.rhs.pos}
	if t.third != nil {
		n.delete, n.deletePlace = c.node(t.third), t.third.pos
	}
	return n
}

var transformSignature = mustSignature("<(oa):o>")

func (n *transformNode) eval(r *run, f *frame, _ value.Value) (value.Value, error) {
	fn := &function{builtin: &builtin{signature: transformSignature, arity: 1,
		impl: func(r *run, args []value.Value) (value.Value, error) { return n.transform(r, f, args[0]) }}}
	return fn.value(), r.take(functionSize)
}

func (n *transformNode) transform(r *run, f *frame, v value.Value) (value.Value, error) {
	if !v.Defined() {
		return nothing, nil
	}
	copied, err := n.copy(r, f, v)
	if err != nil {
		return nothing, err
	}
	matches, err := n.pattern.eval(r, f, copied)
	if err != nil {
		return nothing, err
	}
	if matches.Defined() {
		for _, match := range itemsOf(matches) {
			if err := n.change(r, f, match); err != nil {
				return nothing, err
			}
		}
	}
	return r.freeze(copied, 0)
}

// copy is a copy of v whose objects may be changed.
func (n *transformNode) copy(r *run, f *frame, v value.Value) (value.Value, error) {
	clone, err := n.clone.eval(r, f, nothing)
	if err != nil {
		return nothing, err
	}
	fn := functionOf(clone)
	if fn == nil {
		return nothing, newError("T2013", details{position: n.pos})
	}
	if fn.builtin != cloneBuiltin {
		if v, err = r.apply(fn, v); err != nil {
			return nothing, err
		}
	}
	return r.clone(v, tagDraft, 0)
}

func (n *transformNode) change(r *run, f *frame, match value.Value) error {
	update, err := n.update.eval(r, f, match)
	if err != nil {
		return err
	}
	if update.Defined() {
		if update.Kind() != value.Object {
			return newError("T2011", details{position: n.updatePlace, value: update})
		}
		if err := r.merge(match, update); err != nil {
			return err
		}
	}
	if n.delete == nil {
		return nil
	}
	names, err := n.delete.eval(r, f, match)
	if err != nil || !names.Defined() {
		return err
	}
	for _, name := range itemsOf(names) {
		if name.Kind() != value.String {
			return newError("T2012", details{position: n.deletePlace, value: names})
		}
	}
	remove(match, itemsOf(names))
	return nil
}

// merge puts the members of update into the copied object match. What the pattern found elsewhere stays as it is: nothing that
// others see may change.
func (r *run) merge(match, update value.Value) error {
	switch {
	case update.Len() > 0 && match.Kind() < value.Array: // a TypeError of JavaScript's in the reference
		return failWith("T2011", match)
	case match.Kind() != value.Object || match.Tag()&tagDraft == 0:
		return nil
	}
	members := append(make([]value.Member, 0, match.Len()+update.Len()), match.Members()...)
	index := memberIndex(members)
	for _, m := range update.Members() {
		if i, ok := index.find(members, m.Name); ok {
			members[i].Value = m.Value
		} else {
			members = append(members, m)
		}
	}
	match.Replace(members)
	return r.take(cap(members) * memberSize)
}

// nameIndex finds members of large objects.
type nameIndex map[string]int

func memberIndex(members []value.Member) nameIndex {
	if len(members) < 16 {
		return nil
	}
	index := make(nameIndex, len(members))
	for i, m := range members {
		index[m.Name] = i
	}
	return index
}

func (x nameIndex) find(members []value.Member, name string) (int, bool) {
	if x != nil {
		i, ok := x[name]
		return i, ok
	}
	for i := range members {
		if members[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

func remove(match value.Value, names []value.Value) {
	if match.Kind() != value.Object || match.Tag()&tagDraft == 0 {
		return
	}
	kept := make([]value.Member, 0, match.Len())
	for _, m := range match.Members() {
		gone := false
		for _, name := range names {
			gone = gone || name.Str() == m.Name
		}
		if !gone {
			kept = append(kept, m)
		}
	}
	match.Replace(kept)
}

// clone is a deep copy of v as its JSON would be read again; its objects have the tag.
func (r *run) clone(v value.Value, tag uint8, depth int) (value.Value, error) {
	if depth > maxNesting {
		return nothing, errNesting
	}
	switch v.Kind() {
	case value.Undefined:
		return value.NullValue, nil
	case value.Func:
		return value.OfString(""), nil
	case value.Number:
		if err := finite(v); err != nil {
			return nothing, err
		}
		return roundedNumber(v), nil
	case value.Array:
		return r.rebuildArray(v, 0, func(item value.Value) (value.Value, error) { return r.clone(item, tag, depth+1) })
	case value.Object:
		return r.rebuildObject(v, tag, func(m value.Value) (value.Value, error) { return r.clone(m, tag, depth+1) })
	}
	return v, nil
}

// freeze is a copy of what transforms may change in v, which nothing changes any more.
func (r *run) freeze(v value.Value, depth int) (value.Value, error) {
	if depth > maxNesting {
		return nothing, errNesting
	}
	again := func(v value.Value) (value.Value, error) { return r.freeze(v, depth+1) }
	switch {
	case v.Tag()&(tagDraft|tagOdd) == 0:
		return v, nil
	case v.Kind() == value.Array:
		return r.rebuildArray(v, v.Tag()&^tagOdd, again)
	case v.Kind() == value.Object:
		return r.rebuildObject(v, 0, again)
	}
	return v, nil
}

func (r *run) rebuildArray(v value.Value, tag uint8, f func(value.Value) (value.Value, error)) (value.Value, error) {
	if err := r.walk(v.Len() * 4); err != nil {
		return nothing, err
	}
	items := make([]value.Value, v.Len())
	for i, item := range v.Items() {
		var err error
		if items[i], err = f(item); err != nil {
			return nothing, err
		}
	}
	return arrayOf(items, tag), nil
}

func (r *run) rebuildObject(v value.Value, tag uint8, f func(value.Value) (value.Value, error)) (value.Value, error) {
	if err := r.walk(v.Len() * 8); err != nil {
		return nothing, err
	}
	members := make([]value.Member, 0, v.Len())
	for _, m := range v.Members() {
		x, err := f(m.Value)
		if err != nil {
			return nothing, err
		}
		members = append(members, value.Member{Name: m.Name, Value: x})
	}
	o := objectOf(members)
	return o.WithTag(o.Tag() | tag), nil
}
