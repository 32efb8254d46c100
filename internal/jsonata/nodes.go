package jsonata

import (
	"math"

	"github.com/stride-aws/stride/internal/value"
)

// node is a part of an expression, ready to evaluate with an input, in a frame.
type node interface {
	eval(r *run, f *frame, in value.Value) (value.Value, error)
}

var nothing value.Value

type literalNode struct{ v value.Value }

func (n literalNode) eval(*run, *frame, value.Value) (value.Value, error) { return n.v, nil }

// contextNode is $.
type contextNode struct{}

func (contextNode) eval(_ *run, _ *frame, in value.Value) (value.Value, error) {
	if in.Tag()&tagOuter != 0 && in.Kind() == value.Array {
		return in.At(0), nil
	}
	return finish(in, false), nil
}

// rootNode is $$.
type rootNode struct{}

func (rootNode) eval(r *run, _ *frame, _ value.Value) (value.Value, error) { return r.in.Data, nil }

type localNode struct {
	hops, slot int
	next       node // where the variable is not bound
}

func (n *localNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	at := f
	for range n.hops {
		at = at.parent
	}
	v := at.slots[n.slot]
	if v.Kind() != value.Undefined {
		return finish(v, false), nil
	}
	if v.Tag() == tagBound {
		return nothing, nil
	}
	return n.next.eval(r, f, in)
}

type globalNode struct{ index int }

func (n globalNode) eval(r *run, _ *frame, _ value.Value) (value.Value, error) {
	return finish(r.global(n.index), false), nil
}

type bindNode struct {
	value node
	slot  int
}

func (n *bindNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.value.eval(r, f, in)
	if err == nil {
		f.slots[n.slot] = bound(v)
	}
	return v, err
}

type blockNode struct {
	list []node
	raw  bool // ends in a tail call, whose result is left as it is
}

func (n *blockNode) eval(r *run, f *frame, in value.Value) (v value.Value, err error) {
	for _, part := range n.list {
		if v, err = part.eval(r, f, in); err != nil {
			return v, err
		}
	}
	if n.raw {
		return v, nil
	}
	return finish(v, false), nil
}

// scopedBlockNode is a block whose variables are slots of the frame around it.
type scopedBlockNode struct {
	blockNode
	from, to int
}

func (n *scopedBlockNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	clear(f.slots[n.from:n.to])
	return n.blockNode.eval(r, f, in)
}

type framedBlockNode struct {
	blockNode
	info *frameInfo
}

func (n *framedBlockNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	inner, err := r.frame(n.info, f)
	if err != nil {
		return nothing, err
	}
	v, err := n.blockNode.eval(r, inner, in)
	r.drop(n.info, inner)
	return v, err
}

type conditionNode struct{ test, then, otherwise node }

func (n *conditionNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.test.eval(r, f, in)
	if err != nil {
		return v, err
	}
	yes, err := r.truth(v)
	if err != nil {
		return nothing, err
	}
	if yes {
		return n.then.eval(r, f, in)
	}
	return n.otherwise.eval(r, f, in)
}

// keepNode is an operand followed by [].
type keepNode struct{ node }

func (n *keepNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.node.eval(r, f, in)
	return finish(v, true), err
}

// filteredNode is an operand with predicates.
type filteredNode struct {
	node
	predicates []predicate
	over       *tuplePath
	keep, raw  bool
}

func (n *filteredNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.node.eval(r, f, in)
	if err != nil {
		return v, err
	}
	if isTail(v) {
		return r.filterTail(n.predicates, f, v)
	}
	if s, ok := streamOf(v); ok {
		if n.over != nil {
			return r.filterStream(n.predicates, f, s.under(n.over))
		}
		v = arrayOf(streamItems(v), tagSequence)
	}
	inner, err := r.enter(n.over, f)
	if err != nil {
		return nothing, err
	}
	items, whole, err := r.filter(n.predicates, inner, v)
	r.leave(n.over, inner)
	if err != nil {
		return nothing, err
	}
	if whole.Defined() {
		v = whole
	} else {
		v, err = r.array(items, tagSequence)
		r.giveBack(items)
	}
	if n.raw || err != nil {
		return v, err
	}
	return finish(v, n.keep), nil
}

func isTail(v value.Value) bool { return v.Kind() == value.Undefined && v.Tag() == tagTail }

// filterTail applies predicates to a tail call that is still to be made, as the reference does: they see a function.
func (r *run) filterTail(predicates []predicate, f *frame, v value.Value) (value.Value, error) {
	call := r.tail
	for i := range predicates {
		p := &predicates[i]
		times := hits(value.OfFloat(p.index), 0, 1)
		if p.test != nil {
			chosen, err := p.test.eval(r, f, call.fn.value())
			if err != nil {
				return nothing, err
			}
			if times, err = r.selects(chosen, 0, 1); err != nil {
				return nothing, err
			}
		}
		if times == 0 {
			r.args = r.args[:call.base]
			return nothing, nil
		}
	}
	r.tail = call
	return v, nil
}

type arrayNode struct {
	items []arrayItem
	tag   uint8
}

// arrayItem is an item of an array constructor, or the range from node to to.
type arrayItem struct {
	node, to node
	whole    bool // an array constructor, whose result is one item
	pos      int
}

func (n *arrayNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	items := make([]value.Value, 0, len(n.items))
	for i := range n.items {
		var err error
		if items, err = n.items[i].add(r, f, in, items); err != nil {
			return nothing, err
		}
	}
	if err := r.take(cap(items) * itemSize); err != nil {
		return nothing, err
	}
	return arrayOf(items, n.tag), nil
}

func (n *arrayItem) add(r *run, f *frame, in value.Value, items []value.Value) ([]value.Value, error) {
	if n.to != nil {
		return n.addRange(r, f, in, items)
	}
	v, err := n.node.eval(r, f, in)
	switch {
	case err != nil || !v.Defined():
		return items, err
	case n.whole || v.Kind() != value.Array:
		return append(items, v), nil
	}
	return append(items, v.Items()...), nil
}

func (n *arrayItem) addRange(r *run, f *frame, in value.Value, items []value.Value) ([]value.Value, error) {
	first, count, err := n.bounds(r, f, in)
	if err != nil || count == 0 {
		return items, err
	}
	return r.appendRange(items, first, count)
}

// bounds are the first number of the range and how many there are.
func (n *arrayItem) bounds(r *run, f *frame, in value.Value) (first float64, count int, err error) {
	from, err := n.node.eval(r, f, in)
	if err != nil {
		return 0, 0, err
	}
	to, err := n.to.eval(r, f, in)
	if err != nil {
		return 0, 0, err
	}
	first, count, err = rangeBounds(from, to)
	return first, count, at(err, n.pos, "..")
}

// maxRange is how many numbers a range may have. The reference's message says 1e6, its code 1e7.
const maxRange = 1e7

func rangeBounds(from, to value.Value) (first float64, count int, err error) {
	switch {
	case from.Defined() && !isInteger(from):
		return 0, 0, failWith("T2003", from)
	case to.Defined() && !isInteger(to):
		return 0, 0, failWith("T2004", to)
	case !from.Defined() || !to.Defined() || from.Float() > to.Float():
		return 0, 0, nil
	}
	size := to.Float() - from.Float() + 1
	if size > maxRange {
		return 0, 0, failWith("D2014", value.OfFloat(size))
	}
	return from.Float(), int(size), nil
}

func isInteger(v value.Value) bool {
	f := v.Float()
	return v.Kind() == value.Number && f == math.Trunc(f) && !math.IsInf(f, 0)
}

func (r *run) appendRange(items []value.Value, first float64, count int) ([]value.Value, error) {
	if err := r.take(count * itemSize); err != nil {
		return nil, err
	}
	if cap(items)-len(items) < count {
		items = append(make([]value.Value, 0, len(items)+count), items...)
	}
	for i := range count {
		items = append(items, value.OfFloat(first+float64(i)))
	}
	return items, r.step(count)
}

type wildcardNode struct{ raw bool }

func (n *wildcardNode) eval(r *run, _ *frame, in value.Value) (value.Value, error) {
	if in.Tag()&tagOuter != 0 && in.Kind() == value.Array {
		in = in.At(0)
	}
	out := r.list()
	defer func() { r.giveBack(out) }()
	var err error
	arrays := false
	for _, m := range r.ordered(in) {
		arrays = arrays || m.Value.Kind() == value.Array
		if out, err = r.leaves(out, m.Value, 0); err != nil {
			return nothing, err
		}
	}
	for _, item := range in.Items() {
		arrays = arrays || item.Kind() == value.Array
		if out, err = r.leaves(out, item, 0); err != nil {
			return nothing, err
		}
	}
	if arrays { // the reference joins arrays to a plain one
		return r.array(out, 0)
	}
	return r.unfinished(out, n.raw)
}

// unfinished is the sequence of items, finished unless raw is set.
func (r *run) unfinished(items []value.Value, raw bool) (value.Value, error) {
	if raw {
		return r.array(items, tagSequence)
	}
	return r.sequence(items, false)
}

// leaves appends v, or what is in it where it is an array, however deep.
func (r *run) leaves(dst []value.Value, v value.Value, depth int) ([]value.Value, error) {
	if v.Kind() != value.Array {
		return append(dst, v), r.walk(1)
	}
	if depth > maxNesting {
		return dst, errNesting
	}
	err := r.walk(1)
	for _, item := range v.Items() {
		if err != nil {
			break
		}
		dst, err = r.leaves(dst, item, depth+1)
	}
	return dst, err
}

type descendantsNode struct{ raw bool }

func (n *descendantsNode) eval(r *run, _ *frame, in value.Value) (value.Value, error) {
	if !in.Defined() {
		return nothing, nil
	}
	out, err := r.descend(r.list(), in, 0)
	defer func() { r.giveBack(out) }()
	if err != nil {
		return nothing, err
	}
	if len(out) == 1 {
		return clean(out[0]), nil
	}
	return r.unfinished(out, n.raw)
}

func (r *run) descend(dst []value.Value, v value.Value, depth int) ([]value.Value, error) {
	if depth > maxNesting {
		return dst, errNesting
	}
	err := r.walk(1)
	if v.Kind() != value.Array {
		dst = append(dst, v)
	}
	for _, item := range v.Items() {
		if err != nil {
			return dst, err
		}
		dst, err = r.descend(dst, item, depth+1)
	}
	for _, m := range r.ordered(v) {
		if err != nil {
			return dst, err
		}
		dst, err = r.descend(dst, m.Value, depth+1)
	}
	return dst, err
}
