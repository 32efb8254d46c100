package jsonata

import "github.com/stride-aws/stride/internal/value"

// tuplePath is a path whose steps bind variables: @ and #, and the steps that parent operators mean. Its steps map tuples, items
// with their bindings.
type tuplePath struct {
	plain     []stepper // the steps before the first that binds
	steps     []tupleStep
	absolute  bool
	consFirst node
	scope     *scope
	info      *frameInfo
	group     *group
	keep      bool
	wrap      bool // an array constructor's result stays in an array of one

	bindsFirst bool // the first step binds
	skipsFirst bool // it is an array constructor with @: the reference goes on from the input
	stream     bool // the tuples themselves are the result: the path around it goes on with them
}

// tupleStep is a step from the first on that binds; the slots of what it binds are -1 where there is nothing to bind.
type tupleStep struct {
	node                   node
	order                  *order // of a sort step, which has no node
	stages                 []predicate
	focus, index, ancestor int
}

// tuple is an item with the variables bound on the way to it, in the slots of the path's frames.
type tuple struct {
	item value.Value
	vars []value.Value
}

// stream is a list of tuples. The path around a path takes over its bindings by their names.
type stream struct {
	path   *tuplePath
	tuples []tuple
	sorted bool // the reference loses the mark of a stream when it sorts; what follows sees the tuples as objects
}

const streamTag = tagOdd

// streamOf is the stream that v carries.
func streamOf(v value.Value) (*stream, bool) {
	if v.Kind() != value.Func {
		return nil, false
	}
	s, ok := v.Func().(*stream)
	return s, ok
}

func (s *stream) value() value.Value { return value.OfFunc(s).WithTag(streamTag) }

func (n *tuplePath) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	items, head, err := n.start(r, f, in)
	if err != nil {
		return nothing, err
	}
	s := &stream{path: n}
	if len(items) == 0 && !n.bindsFirst { // the reference stops before it knows that there are bindings
		return n.empty(r, f, s, head)
	}
	for _, item := range items {
		s.tuples = append(s.tuples, tuple{clean(item), make([]value.Value, n.info.size)})
	}
	for i := range n.steps {
		if s, err = n.steps[i].apply(r, f, s, i == 0); err != nil {
			return nothing, err
		}
	}
	return n.result(r, f, s)
}

// empty is the result of a path that came to nothing before a step that binds; head is the empty array constructor where that was
// the reason.
func (n *tuplePath) empty(r *run, f *frame, s *stream, head value.Value) (value.Value, error) {
	if n.group == nil && n.wrap && head.Defined() {
		return r.array([]value.Value{head}, tagSequence|tagKeep)
	}
	if n.group == nil {
		return head, nil
	}
	inner, err := s.frame(r, f, tuple{})
	if err != nil {
		return nothing, err
	}
	return r.groupBy(n.group, inner, head)
}

// under is s with the variables that over has a place for.
func (s *stream) under(over *tuplePath) *stream {
	out := &stream{path: over, tuples: make([]tuple, len(s.tuples)), sorted: s.sorted}
	for i, t := range s.tuples {
		vars := make([]value.Value, over.info.size)
		s.path.scope.merge(vars, over.scope, t.vars)
		out.tuples[i] = tuple{t.item, vars}
	}
	return out
}

// enter makes a frame of over in which nothing is bound; where over is nil, it is f.
func (r *run) enter(over *tuplePath, f *frame) (*frame, error) {
	if over == nil {
		return f, nil
	}
	return r.frame(over.info, f)
}

func (r *run) leave(over *tuplePath, f *frame) {
	if over != nil {
		r.drop(over.info, f)
	}
}

// start follows the steps that bind nothing. Where the first is an empty array constructor, that is head, and there are no items.
func (n *tuplePath) start(r *run, f *frame, in value.Value) (items []value.Value, head value.Value, err error) {
	items = []value.Value{in}
	if in.Kind() == value.Array && !n.absolute {
		items = in.Items()
	}
	if n.consFirst != nil {
		head, err = n.consFirst.eval(r, f, arrayInput(in))
		switch {
		case err != nil || isEmpty(head) && !n.bindsFirst:
			return nil, head, err
		case !n.skipsFirst:
			items = scriptItems(head)
		}
	}
	if len(n.plain) == 0 {
		return items, nothing, nil
	}
	plain := pathNode{steps: n.plain, keep: true, partial: true}
	v, err := plain.follow(r, f, append(r.list(), items...))
	return v.Items(), nothing, err
}

func (n *tuplePath) result(r *run, f *frame, s *stream) (value.Value, error) {
	switch {
	case n.group != nil:
		return r.groupStream(n.group, f, s)
	case n.stream:
		return s.value(), nil
	}
	items := r.list()
	for _, t := range s.tuples {
		items = append(items, t.item)
	}
	v, err := r.sequence(items, n.keep)
	r.giveBack(items)
	return v, err
}

// frame is a frame in which the bindings of t are visible.
func (s *stream) frame(r *run, f *frame, t tuple) (*frame, error) {
	inner, err := r.frame(s.path.info, f)
	if err == nil {
		copy(inner.slots, t.vars)
	}
	return inner, err
}

// eval evaluates n with the item and the bindings of t.
func (s *stream) eval(r *run, f *frame, n node, t tuple) (value.Value, error) {
	inner, err := s.frame(r, f, t)
	if err != nil {
		return nothing, err
	}
	v, err := n.eval(r, inner, t.item)
	r.drop(s.path.info, inner)
	return v, err
}

func (n *tupleStep) apply(r *run, f *frame, s *stream, first bool) (*stream, error) {
	if err := r.step(len(s.tuples)); err != nil {
		return nil, err
	}
	var out *stream
	var err error
	if n.order != nil {
		out, err = n.sort(r, f, s, first)
	} else {
		out, err = n.expand(r, f, s)
	}
	if err != nil {
		return nil, err
	}
	return r.stages(n.stages, f, out)
}

func (n *tupleStep) expand(r *run, f *frame, s *stream) (*stream, error) {
	out := &stream{path: s.path}
	for _, t := range s.tuples {
		v, err := s.eval(r, f, n.node, t)
		if err != nil {
			return nil, err
		}
		if !v.Defined() {
			continue
		}
		if err := n.extend(r, out, t, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// extend appends to out a tuple for each item that the step made of t.
func (n *tupleStep) extend(r *run, out *stream, t tuple, v value.Value) error {
	if inner, ok := streamOf(v); ok && !inner.sorted {
		for _, u := range inner.tuples {
			merged := tuple{u.item, append([]value.Value(nil), t.vars...)}
			inner.path.scope.merge(merged.vars, out.path.scope, u.vars)
			out.tuples = append(out.tuples, merged)
		}
		return r.take(len(inner.tuples) * (frameSize + len(t.vars)*itemSize))
	}
	items := streamItems(v)
	if err := r.take(len(items) * (frameSize + len(t.vars)*itemSize)); err != nil {
		return err
	}
	for i, item := range items {
		out.tuples = append(out.tuples, n.bind(t, clean(item), i))
	}
	return r.step(len(items))
}

// streamItems are the items of v; those of a sorted stream are objects.
func streamItems(v value.Value) []value.Value {
	if s, ok := streamOf(v); ok {
		items := make([]value.Value, len(s.tuples))
		for i, t := range s.tuples {
			items[i] = s.object(t)
		}
		return items
	}
	return itemsOf(v)
}

// bind makes the tuple of an item, which the step made as number i of t.
func (n *tupleStep) bind(t tuple, item value.Value, i int) tuple {
	out := tuple{item, append([]value.Value(nil), t.vars...)}
	if n.focus >= 0 {
		out.vars[n.focus], out.item = bound(item), t.item
	}
	if n.index >= 0 {
		out.vars[n.index] = value.OfFloat(float64(i))
	}
	if n.ancestor >= 0 {
		out.vars[n.ancestor] = bound(t.item)
	}
	return out
}

// merge copies the variables that from holds into to, whose names outer has.
func (s *scope) merge(to []value.Value, outer *scope, from []value.Value) {
	for name, slot := range s.names {
		if from[slot] == (value.Value{}) {
			continue
		}
		if at, ok := outer.names[name]; ok {
			to[at] = from[slot]
		}
	}
}

func (n *tupleStep) sort(r *run, f *frame, s *stream, first bool) (*stream, error) {
	sorted, err := n.order.tuples(r, f, s)
	if err != nil {
		return nil, err
	}
	out := &stream{path: s.path, tuples: sorted, sorted: len(sorted) > 1 || s.sorted}
	if first {
		out.sorted = false
		for i := range out.tuples {
			if n.index >= 0 {
				out.tuples[i].vars[n.index] = value.OfFloat(float64(i))
			}
		}
	}
	return out, nil
}

// stages applies the predicates and index bindings of a step.
func (r *run) stages(stages []predicate, f *frame, s *stream) (*stream, error) {
	for i := range stages {
		p := &stages[i]
		if p.binds {
			for j, t := range s.tuples {
				vars := append([]value.Value(nil), t.vars...)
				vars[p.slot] = value.OfFloat(float64(j))
				s.tuples[j].vars = vars
			}
			continue
		}
		tuples, err := r.filterTuples(p, f, s)
		if err != nil {
			return nil, err
		}
		s = &stream{path: s.path, tuples: tuples, sorted: s.sorted}
	}
	return s, nil
}

func (r *run) filterTuples(p *predicate, f *frame, s *stream) ([]tuple, error) {
	var out []tuple
	for i, t := range s.tuples {
		times := 0
		if p.test == nil {
			times = hits(value.OfFloat(p.index), i, len(s.tuples))
		} else {
			v, err := s.test(r, f, p.test, t)
			if err != nil {
				return nil, err
			}
			if times, err = r.selects(v, i, len(s.tuples)); err != nil {
				return nil, err
			}
		}
		for ; times > 0; times-- {
			out = append(out, t)
		}
	}
	return out, r.step(len(s.tuples))
}

func (s *stream) test(r *run, f *frame, test node, t tuple) (value.Value, error) {
	if !s.sorted {
		return s.eval(r, f, test, t)
	}
	return s.eval(r, f, test, tuple{item: s.object(t)})
}

// object is t as the reference represents tuples: the item under "@", beside the variables.
func (s *stream) object(t tuple) value.Value {
	members := []value.Member{{Name: "@", Value: t.item}}
	for name, slot := range s.path.scope.names {
		if v := t.vars[slot]; v.Defined() {
			members = append(members, value.Member{Name: name, Value: v})
		}
	}
	return objectOf(members)
}

// filterStream applies the predicates of an operand whose result is a stream.
func (r *run) filterStream(predicates []predicate, f *frame, s *stream) (value.Value, error) {
	out, err := r.stages(predicates, f, s)
	if err != nil {
		return nothing, err
	}
	return out.value(), nil
}
