package jsonata

import (
	"math"

	"github.com/stride-aws/stride/internal/value"
)

// nameNode is a name as an operand.
type nameNode struct{ name string }

func (n nameNode) eval(r *run, _ *frame, in value.Value) (value.Value, error) {
	return r.get(in, n.name)
}

// get is what a name finds in v: a member, or the members of the objects in an array.
func (r *run) get(v value.Value, name string) (value.Value, error) {
	switch v.Kind() {
	case value.Object:
		m, _ := v.Get(name)
		return finish(m, false), nil
	case value.Array:
		return r.getAll(v, name)
	}
	return nothing, nil
}

func (r *run) getAll(v value.Value, name string) (value.Value, error) {
	out, err := r.gather(r.list(), v, name, 0)
	if err != nil {
		return nothing, err
	}
	result, err := r.sequence(out, false)
	r.giveBack(out)
	return result, err
}

func (r *run) gather(dst []value.Value, v value.Value, name string, depth int) ([]value.Value, error) {
	if depth > maxNesting {
		return dst, errNesting
	}
	if err := r.step(v.Len()); err != nil {
		return dst, err
	}
	for _, item := range v.Items() {
		switch item.Kind() {
		case value.Object:
			if m, _ := item.Get(name); m.Kind() == value.Array {
				dst = append(dst, m.Items()...)
			} else if m.Defined() {
				dst = append(dst, m)
			}
		case value.Array:
			var err error
			if dst, err = r.gather(dst, item, name, depth+1); err != nil {
				return dst, err
			}
		}
	}
	return dst, nil
}

// pathNode is a path without bindings: each step maps the results of the one before.
type pathNode struct {
	steps     []stepper
	absolute  bool // begins with a variable: an array as input is not mapped over
	consFirst node // an array constructor as the first step, which sees the whole input
	keep      bool // a result of one item stays an array
	wrap      bool // and so does an array constructor's
	partial   bool // other steps follow
	group     *group
}

// stepper is one step: it adds to c what it makes of each item.
type stepper interface {
	apply(r *run, f *frame, items []value.Value, c *collector) error
}

func (n *pathNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	items := r.list()
	switch {
	case n.consFirst != nil:
		v, err := n.consFirst.eval(r, f, arrayInput(in))
		if err != nil {
			return nothing, err
		}
		if isEmpty(v) {
			return n.result(r, f, nil, v)
		}
		items = append(items, scriptItems(v)...)
	case in.Kind() == value.Array && !n.absolute:
		items = append(items, in.Items()...)
	default:
		items = append(items, in)
	}
	return n.follow(r, f, items)
}

// isEmpty reports whether JavaScript finds the length of v to be 0.
func isEmpty(v value.Value) bool {
	return v.Kind() == value.Array && v.Len() == 0 || v.Kind() == value.String && v.Str() == ""
}

// scriptItems are the items of v as JavaScript sees them, which counts to v.length: a string has its units, a number none.
func scriptItems(v value.Value) []value.Value {
	if v.Kind() != value.String {
		return v.Items()
	}
	var items []value.Value
	for _, unit := range splitUnits(v.Str()) {
		items = append(items, value.OfString(unit))
	}
	return items
}

// arrayInput is in as the array that a path maps over.
func arrayInput(in value.Value) value.Value {
	if in.Kind() == value.Array {
		return in
	}
	return arrayOf([]value.Value{in}, tagSequence)
}

func (n *pathNode) follow(r *run, f *frame, items []value.Value) (value.Value, error) {
	var whole value.Value
	for i, s := range n.steps {
		if len(items) == 0 {
			break
		}
		c := r.collector(i == len(n.steps)-1 && !n.partial)
		if err := r.step(len(items)); err != nil {
			return nothing, err
		}
		if err := s.apply(r, f, items, c); err != nil {
			return nothing, err
		}
		if c.ended.Defined() {
			return n.result(r, f, nil, c.ended)
		}
		whole = c.whole()
		r.giveBack(items)
		items = c.items
		r.collectors = append(r.collectors, c)
	}
	v, err := n.result(r, f, items, whole)
	r.giveBack(items)
	return v, err
}

func (n *pathNode) result(r *run, f *frame, items []value.Value, whole value.Value) (v value.Value, err error) {
	v = whole
	switch {
	case !whole.Defined() && n.group != nil:
		v, err = r.array(items, tagSequence)
	case !whole.Defined():
		return r.sequence(items, n.keep)
	case n.wrap && whole.Tag()&tagCons != 0:
		v, err = r.array([]value.Value{whole}, tagSequence|tagKeep)
	}
	if n.group == nil || err != nil {
		return v, err
	}
	return r.groupBy(n.group, f, v)
}

// memberPath is a path of one name, the most frequent of all.
type memberPath struct{ names []string }

func (n *memberPath) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	if in.Kind() == value.Object {
		v, _ := in.Get(n.names[0])
		if v.Kind() != value.Array || v.Tag()&tagSequence == 0 {
			return v, nil
		}
		return r.sequence(v.Items(), false)
	}
	if in.Kind() != value.Array {
		return nothing, nil
	}
	return r.mapNames(in, n.names)
}

// mapNames follows names from each item of v.
func (r *run) mapNames(v value.Value, names []string) (value.Value, error) {
	if err := r.step(v.Len()); err != nil {
		return nothing, err
	}
	c := r.collector(true)
	for _, item := range v.Items() {
		if err := r.names(item, names, c); err != nil {
			return nothing, err
		}
	}
	result := c.whole()
	var err error
	if !result.Defined() {
		result, err = r.sequence(c.items, false)
	}
	r.giveBack(c.items)
	r.collectors = append(r.collectors, c)
	return result, err
}

// headPath is a variable followed by names, as $states.input.order, or names alone: while it meets no arrays it only looks up
// members.
type headPath struct {
	head  node // nil: the input
	names []string
}

func (n *headPath) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v := in
	if n.head != nil {
		var err error
		if v, err = n.head.eval(r, f, in); err != nil {
			return v, err
		}
	} else if in.Kind() == value.Array {
		v = in.WithTag(in.Tag() &^ tagCons)
	}
	for i, name := range n.names {
		if v.Kind() == value.Array {
			if v.Tag()&tagCons != 0 {
				v = value.OfArray([]value.Value{v})
			}
			return r.mapNames(v, n.names[i:])
		}
		if v.Kind() != value.Object {
			return nothing, nil
		}
		v, _ = v.Get(name)
	}
	if v.Tag()&tagSequence != 0 && v.Kind() == value.Array {
		return r.sequence(v.Items(), false)
	}
	return v, nil
}

// namesStep is one name after the other.
type namesStep []string

func (s namesStep) apply(r *run, _ *frame, items []value.Value, c *collector) error {
	for _, item := range items {
		if err := r.names(item, s, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) names(v value.Value, names []string, c *collector) error {
	for v.Kind() == value.Object {
		if v, _ = v.Get(names[0]); v.Kind() == value.Array {
			return r.spreadNames(finish(v, false), names[1:], c)
		}
		if names = names[1:]; len(names) == 0 {
			c.add(v)
			return nil
		}
	}
	if v.Kind() != value.Array {
		return nil
	}
	v, err := r.get(v, names[0])
	if err != nil {
		return err
	}
	return r.spreadNames(v, names[1:], c)
}

// spreadNames follows the names from each item of v, which a name found.
func (r *run) spreadNames(v value.Value, names []string, c *collector) error {
	if len(names) == 0 {
		c.add(v)
		return nil
	}
	if v.Kind() != value.Array || v.Tag()&tagCons != 0 {
		return r.names(v, names, c)
	}
	if err := r.step(v.Len()); err != nil {
		return err
	}
	for _, item := range v.Items() {
		if err := r.names(item, names, c); err != nil {
			return err
		}
	}
	return nil
}

// step is any step: an operand, then predicates.
type step struct {
	node       node
	predicates []predicate
}

func (s *step) apply(r *run, f *frame, items []value.Value, c *collector) error {
	for _, item := range items {
		v, err := s.node.eval(r, f, item)
		if err != nil {
			return err
		}
		if len(s.predicates) == 0 {
			c.add(v)
		} else if err := r.filterInto(s.predicates, f, v, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) filterInto(predicates []predicate, f *frame, v value.Value, c *collector) error {
	items, whole, err := r.filter(predicates, f, v)
	if err != nil {
		return err
	}
	if whole.Defined() {
		c.add(whole)
		return nil
	}
	c.addSequence(items)
	r.giveBack(items)
	return nil
}

// predicate is what stands in [] behind an operand or a step: an index, or a test of each item. In a path with bindings it may
// be an index binding, which fills a slot.
type predicate struct {
	test  node
	index float64
	slot  int
	binds bool
}

// filter applies predicates to v. The items it returns are lent; whole is the array that an index picked.
func (r *run) filter(predicates []predicate, f *frame, v value.Value) (items []value.Value, whole value.Value, err error) {
	lent := v.Kind() != value.Array
	if items = v.Items(); lent {
		items = append(r.list(), v)
	}
	for i := range predicates {
		p := &predicates[i]
		out := r.list()
		if p.test == nil {
			out, whole = pick(out, items, p.index)
		} else if out, err = r.filterBy(out, p.test, f, items); err != nil {
			return nil, nothing, err
		}
		if lent {
			r.giveBack(items)
		}
		items, lent = out, true
		if whole.Defined() && i < len(predicates)-1 {
			items, whole = append(items, whole.Items()...), nothing
		}
	}
	return items, whole, nil
}

// pick appends the item at index, which may count from the end; an array is returned as it is.
func pick(dst, items []value.Value, index float64) ([]value.Value, value.Value) {
	i := math.Floor(index)
	if i < 0 {
		i += float64(len(items))
	}
	if i < 0 || i >= float64(len(items)) || !items[int(i)].Defined() {
		return dst, nothing
	}
	item := items[int(i)]
	if item.Kind() == value.Array {
		return dst, item
	}
	return append(dst, item), nothing
}

func (r *run) filterBy(dst []value.Value, test node, f *frame, items []value.Value) ([]value.Value, error) {
	if err := r.step(len(items)); err != nil {
		return dst, err
	}
	for i, item := range items {
		v, err := test.eval(r, f, clean(item))
		if err != nil {
			return dst, err
		}
		times, err := r.selects(v, i, len(items))
		if err != nil {
			return dst, err
		}
		for ; times > 0; times-- {
			if !item.Defined() {
				item = hole()
			}
			dst = append(dst, item)
		}
	}
	return dst, nil
}

// selects is how many times a predicate's value v selects item i of n: numbers are indices, all else is true or false.
func (r *run) selects(v value.Value, i, n int) (int, error) {
	switch v.Kind() {
	case value.Number:
		if err := finite(v); err != nil {
			return 0, err
		}
		return hits(v, i, n), nil
	case value.Array:
		if ok, err := allNumbers(v.Items()); ok || err != nil {
			times := 0
			for _, index := range v.Items() {
				times += hits(index, i, n)
			}
			return times, err
		}
	}
	yes, err := r.truth(v)
	if yes {
		return 1, err
	}
	return 0, err
}

func hits(index value.Value, i, n int) int {
	at := math.Floor(index.Float())
	if at < 0 {
		at += float64(n)
	}
	if at == float64(i) {
		return 1
	}
	return 0
}

// finite fails for the infinities, as every use of one as a number does; NaN is no number to the reference.
func finite(v value.Value) error {
	if math.IsInf(v.Float(), 0) {
		return failWith("D1001", v)
	}
	return nil
}

func isNumber(v value.Value) (bool, error) {
	if v.Kind() != value.Number {
		return false, nil
	}
	return !math.IsNaN(v.Float()), finite(v)
}

func allNumbers(items []value.Value) (bool, error) {
	all := true
	for _, item := range items {
		ok, err := isNumber(item)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
}
