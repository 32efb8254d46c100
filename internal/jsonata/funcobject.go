package jsonata

import (
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

var objectFunctions = []definition{
	{"keys", "<x-:a<s>>", 1, keys},
	{"lookup", "<x-s:x>", 2, lookup},
	{"exists", "<x:b>", 1, exists},
	{"spread", "<x-:a<o>>", 1, spread},
	{"merge", "<a<o>:o>", 1, merge},
	{"sift", "<o-f?:o>", 2, sift},
	{"each", "<o-f:a>", 2, eachMember},
	{"error", "<s?:x>", 1, raise},
	{"assert", "<bs?:x>", 2, assert},
	{"type", "<x:s>", 1, typeName},
}

func keys(r *run, args []value.Value) (value.Value, error) {
	c := keyCollector{run: r, seen: map[string]bool{}}
	if err := c.add(args[0], 0); err != nil {
		return nothing, err
	}
	names := r.list()
	for _, m := range r.ordered(value.OfObject(c.members)) {
		names = append(names, value.OfString(m.Name))
	}
	return r.lent(names, nil)
}

// keyCollector gathers the names of the members of all objects in an array.
type keyCollector struct {
	run     *run
	seen    map[string]bool
	members []value.Member
}

func (c *keyCollector) add(v value.Value, depth int) error {
	if depth > maxNesting {
		return errNesting
	}
	if depth == 0 && v.Kind() == value.Object {
		c.members = v.Members()
		return c.run.step(v.Len())
	}
	if err := c.run.step(v.Len() + 1); err != nil {
		return err
	}
	for _, m := range c.run.ordered(v) {
		if !c.seen[m.Name] {
			c.seen[m.Name] = true
			c.members = append(c.members, m)
		}
	}
	for _, item := range v.Items() {
		if err := c.add(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func lookup(r *run, args []value.Value) (value.Value, error) {
	v, key := args[0], scriptString(args[1], 0)
	switch v.Kind() {
	case value.Object:
		m, _ := v.Get(key)
		return m, nil
	case value.Array:
		list, err := r.gather(r.list(), v, key, 0)
		return r.lent(list, err)
	}
	return nothing, nil
}

func exists(_ *run, args []value.Value) (value.Value, error) {
	return value.OfBool(args[0].Defined()), nil
}

func spread(r *run, args []value.Value) (value.Value, error) {
	v := args[0]
	switch v.Kind() {
	case value.Object:
		list, err := r.spread(r.list(), v, 0)
		return r.lent(list, err)
	case value.Array:
		list, err := r.spread(r.list(), v, 0)
		if err != nil {
			return nothing, err
		}
		tag := uint8(0) // the reference joins arrays to a plain one
		if !slices.ContainsFunc(v.Items(), value.Value.Defined) {
			tag = tagSequence
		}
		out, err := r.array(list, tag)
		r.giveBack(list)
		return out, err
	}
	return v, nil
}

// spread appends an object of one member for each member in v.
func (r *run) spread(dst []value.Value, v value.Value, depth int) ([]value.Value, error) {
	if depth > maxNesting {
		return dst, errNesting
	}
	if err := r.take(v.Len() * (arraySize + memberSize)); err != nil {
		return dst, err
	}
	switch v.Kind() {
	case value.Undefined:
		return dst, nil
	case value.Object:
		for _, m := range r.ordered(v) {
			dst = append(dst, objectOf([]value.Member{m}))
		}
		return dst, nil
	case value.Array:
		var err error
		for _, item := range v.Items() {
			if dst, err = r.spread(dst, item, depth+1); err != nil {
				break
			}
		}
		return dst, err
	}
	return append(dst, v), nil
}

func merge(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	index := nameIndex{}
	var members []value.Member
	for _, object := range args[0].Items() {
		if err := r.take(object.Len() * memberSize); err != nil {
			return nothing, err
		}
		if err := r.step(object.Len() + 1); err != nil {
			return nothing, err
		}
		for _, m := range object.Members() {
			if i, ok := index[m.Name]; ok {
				members[i].Value = m.Value
			} else {
				index[m.Name] = len(members)
				members = append(members, m)
			}
		}
	}
	return objectOf(members), nil
}

// members calls f with each member's result of fn.
func (r *run) members(v, fn value.Value, f func(m value.Member, result value.Value) error) error {
	callee := functionOf(fn)
	for _, m := range r.ordered(v) {
		result, err := r.apply(callee, m.Value, value.OfString(m.Name), v)
		if err != nil {
			return err
		}
		if err := f(m, result); err != nil {
			return err
		}
	}
	return nil
}

func sift(r *run, args []value.Value) (value.Value, error) {
	var kept []value.Member
	if args[0].Len() > 0 && !argument(args, 1).Defined() {
		return nothing, fail("T1006")
	}
	err := r.members(args[0], argument(args, 1), func(m value.Member, result value.Value) error {
		yes, err := r.truth(result)
		if yes {
			kept = append(kept, m)
		}
		return err
	})
	if err != nil || len(kept) == 0 {
		return nothing, err
	}
	return objectOf(kept), r.take(arraySize + len(kept)*memberSize)
}

func eachMember(r *run, args []value.Value) (value.Value, error) {
	out := r.list()
	err := r.members(args[0], args[1], func(_ value.Member, result value.Value) error {
		if result.Defined() {
			out = append(out, result)
		}
		return nil
	})
	return r.lent(out, err)
}

func raise(_ *run, args []value.Value) (value.Value, error) {
	text := argument(args, 0).Str()
	if text == "" {
		text = "$error() function evaluated"
	}
	return nothing, newError("D3137", details{text: text})
}

func assert(_ *run, args []value.Value) (value.Value, error) {
	if args[0].Bool() {
		return nothing, nil
	}
	text := argument(args, 1).Str()
	if text == "" {
		text = "$assert() statement failed"
	}
	return nothing, newError("D3141", details{text: text})
}

func typeName(_ *run, args []value.Value) (value.Value, error) {
	v := args[0]
	if !v.Defined() {
		return nothing, nil
	}
	if v.Kind() == value.Number {
		switch ok, err := isNumber(v); {
		case err != nil:
			return nothing, err
		case !ok: // NaN
			return value.OfString("object"), nil
		}
	}
	return value.OfString(v.Kind().String()), nil
}

func clone(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	v := args[0]
	if v.Tag()&tagOuter != 0 {
		v = v.At(0)
	}
	return r.clone(v, 0, 0)
}
