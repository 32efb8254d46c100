package jsonata

import (
	"sort"
	"strconv"

	"github.com/stride-aws/stride/internal/value"
)

// group is an object constructor, or the grouping of a path's results.
type group struct {
	pairs    []groupPair
	constant bool // all keys are different string literals
	pos      int
}

type groupPair struct {
	name  string // of a constant key
	key   node
	value node
}

// objectNode is an object constructor: a grouping of its input.
type objectNode struct{ group *group }

func (n *objectNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	return r.groupBy(n.group, f, in)
}

// groupedNode is an operand with a grouping.
type groupedNode struct {
	node
	group *group
	over  *tuplePath
}

func (n *groupedNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.node.eval(r, f, in)
	if err != nil {
		return v, err
	}
	if s, ok := streamOf(v); ok {
		if n.over != nil {
			return r.groupStream(n.group, f, s.under(n.over))
		}
		v = arrayOf(streamItems(v), tagSequence)
	}
	inner, err := r.enter(n.over, f)
	if err != nil {
		return nothing, err
	}
	v, err = r.groupBy(n.group, inner, v)
	r.leave(n.over, inner)
	return v, err
}

func (r *run) groupBy(g *group, f *frame, in value.Value) (value.Value, error) {
	if g.constant {
		return r.construct(g, f, in)
	}
	items := itemsOf(in)
	if len(items) == 0 {
		items = []value.Value{{}}
	}
	var found groups
	var item value.Value
	add := func(e *entry) { e.add(item) }
	for i := range items {
		item = clean(items[i])
		if err := r.groupItem(g, f, item, &found, add); err != nil {
			return nothing, err
		}
	}
	return r.build(g, &found, func(e *entry, n node) (value.Value, error) {
		data, err := e.data(r)
		if err != nil {
			return nothing, err
		}
		return n.eval(r, f, data)
	})
}

// construct builds an object whose keys are known.
func (r *run) construct(g *group, f *frame, in value.Value) (value.Value, error) {
	if in.Kind() == value.Array {
		var e entry
		for _, item := range in.Items() {
			e.add(item)
		}
		var err error
		if in, err = e.data(r); err != nil {
			return nothing, err
		}
	}
	if err := r.take(arraySize + len(g.pairs)*memberSize); err != nil {
		return nothing, err
	}
	members := make([]value.Member, 0, len(g.pairs))
	for i := range g.pairs {
		v, err := g.pairs[i].value.eval(r, f, in)
		if err != nil {
			return nothing, err
		}
		if v.Defined() {
			members = append(members, value.Member{Name: g.pairs[i].name, Value: v})
		}
	}
	return objectOf(members), nil
}

// entry is one key of a grouping, with the items that have it.
type entry struct {
	key    string
	pair   int
	only   value.Value
	items  []value.Value // where there are several
	tuples []int         // of a stream
}

func (e *entry) add(item value.Value) {
	switch {
	case !item.Defined():
	case e.items != nil:
		e.items = joinTo(e.items, item)
	case !e.only.Defined():
		e.only = item
	default:
		e.items = joinTo(joinTo(nil, e.only), item)
	}
}

// joinTo appends the items of an array, or v.
func joinTo(dst []value.Value, v value.Value) []value.Value {
	if v.Kind() == value.Array {
		return append(dst, v.Items()...)
	}
	return append(dst, v)
}

// data is what the value of the key is evaluated with: the item, or an array of them.
func (e *entry) data(r *run) (value.Value, error) {
	if e.items == nil {
		return clean(e.only), nil
	}
	return arrayOf(e.items, 0), r.take(arraySize + cap(e.items)*itemSize)
}

// groups are the entries of a grouping, in the order in which their keys came up.
type groups struct {
	entries []*entry
	byKey   map[string]*entry
}

// fewGroups are looked through faster than hashed.
const fewGroups = 8

func (g *groups) get(key string) *entry {
	if g.byKey != nil {
		return g.byKey[key]
	}
	for _, e := range g.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

func (g *groups) put(e *entry) {
	g.entries = append(g.entries, e)
	if g.byKey == nil && len(g.entries) > fewGroups {
		g.byKey = make(map[string]*entry, 2*len(g.entries))
		for _, e := range g.entries {
			g.byKey[e.key] = e
		}
	}
	if g.byKey != nil {
		g.byKey[e.key] = e
	}
}

// groupItem evaluates the keys for one item, and calls add with the entry of each.
func (r *run) groupItem(g *group, f *frame, item value.Value, found *groups, add func(*entry)) error {
	if err := r.step(len(g.pairs)); err != nil {
		return err
	}
	for i := range g.pairs {
		key, err := g.pairs[i].key.eval(r, f, item)
		if err != nil {
			return err
		}
		switch key.Kind() {
		case value.Undefined:
			continue
		case value.String:
		default:
			return newError("T1003", details{position: g.pos, value: key})
		}
		e := found.get(key.Str())
		if e == nil {
			e = &entry{key: key.Str(), pair: i}
			found.put(e)
		} else if e.pair != i {
			return newError("D1009", details{position: g.pos, value: key})
		}
		add(e)
	}
	return nil
}

// build makes the object: eval evaluates the value of an entry.
func (r *run) build(g *group, found *groups, eval func(*entry, node) (value.Value, error)) (value.Value, error) {
	if err := r.take(arraySize + len(found.entries)*(memberSize+frameSize)); err != nil {
		return nothing, err
	}
	members := make([]value.Member, 0, len(found.entries))
	for _, e := range found.entries {
		v, err := eval(e, g.pairs[e.pair].value)
		if err != nil {
			return nothing, err
		}
		if v.Defined() {
			members = append(members, value.Member{Name: e.key, Value: v})
		}
	}
	return objectOf(members), nil
}

// groupStream groups tuples: the values see the bindings of all tuples of their key, joined.
func (r *run) groupStream(g *group, f *frame, s *stream) (value.Value, error) {
	if s.sorted {
		return r.groupObjects(g, f, s)
	}
	var found groups
	if len(s.tuples) == 0 && len(g.pairs) > 0 { // the reference stumbles over a tuple that is not there
		return nothing, newError("T1003", details{position: g.pos})
	}
	for i, t := range s.tuples {
		inner, err := s.frame(r, f, t)
		if err != nil {
			return nothing, err
		}
		add := func(e *entry) { e.tuples = append(e.tuples, i) }
		if err := r.groupItem(g, inner, t.item, &found, add); err != nil {
			return nothing, err
		}
		r.drop(s.path.info, inner)
	}
	return r.build(g, &found, func(e *entry, n node) (value.Value, error) {
		tuples := make([]tuple, len(e.tuples))
		for i, at := range e.tuples {
			tuples[i] = s.tuples[at]
		}
		if len(tuples) == 1 { // the reference takes the item out of a tuple that it does not join: another key will not see it
			s.tuples[e.tuples[0]].item = nothing
		}
		t, err := s.join(r, tuples)
		if err != nil {
			return nothing, err
		}
		return s.eval(r, f, n, t)
	})
}

// groupObjects groups the tuples of a sorted stream, which are objects.
func (r *run) groupObjects(g *group, f *frame, s *stream) (value.Value, error) {
	inner, err := s.frame(r, f, tuple{})
	if err != nil {
		return nothing, err
	}
	v, err := r.groupBy(g, inner, arrayOf(streamItems(s.value()), 0))
	r.drop(s.path.info, inner)
	return v, err
}

// join makes one tuple of several, each item and each variable an array.
func (s *stream) join(r *run, tuples []tuple) (tuple, error) {
	if len(tuples) == 1 {
		return tuples[0], nil
	}
	joined := tuple{vars: make([]value.Value, len(tuples[0].vars))}
	var err error
	if joined.item, err = joinValues(r, tuples, func(t tuple) value.Value { return t.item }); err != nil {
		return joined, err
	}
	for i := range joined.vars {
		v, err := joinValues(r, tuples, func(t tuple) value.Value { return t.vars[i] })
		if err != nil {
			return joined, err
		}
		if v.Defined() {
			joined.vars[i] = v
		}
	}
	return joined, nil
}

func joinValues(r *run, tuples []tuple, of func(tuple) value.Value) (value.Value, error) {
	var e entry
	for _, t := range tuples {
		if v := of(t); v.Defined() {
			e.add(v)
		}
	}
	return e.data(r)
}

// isIndex reports whether name is an array index as JavaScript writes it.
func isIndex(name string) bool {
	if name == "" || name[0] < '0' || name[0] > '9' || len(name) > 10 || name[0] == '0' && len(name) > 1 {
		return false
	}
	n, err := strconv.ParseUint(name, 10, 64)
	return err == nil && n < 1<<32-1
}

// indicesFirst are members as JavaScript lists them: names that are array indices first, by number.
func indicesFirst(members []value.Member) []value.Member {
	sorted := append([]value.Member(nil), members...)
	rank := func(name string) uint64 {
		if !isIndex(name) {
			return 1 << 32
		}
		n, _ := strconv.ParseUint(name, 10, 64)
		return n
	}
	sort.SliceStable(sorted, func(i, j int) bool { return rank(sorted[i].Name) < rank(sorted[j].Name) })
	return sorted
}
