package jsonata

import "github.com/stride-aws/stride/internal/value"

// order is the terms of an order-by clause.
type order struct {
	terms []orderTerm
	pos   int
}

type orderTerm struct {
	node       node
	descending bool
}

// sortStep is an order-by clause in a path, with the predicates behind it.
type sortStep struct {
	order      *order
	predicates []predicate
}

func (s *sortStep) apply(r *run, f *frame, items []value.Value, c *collector) error {
	keys := s.order.keys(len(items), func(i int, n node) (value.Value, error) { return n.eval(r, f, clean(items[i])) })
	indices, err := mergeSort(r, len(items), keys.swap)
	if err != nil {
		return err
	}
	sorted := make([]value.Value, len(items))
	for i, at := range indices {
		sorted[i] = items[at]
	}
	if len(s.predicates) > 0 {
		return s.filter(r, f, sorted, c)
	}
	c.addSequence(sorted)
	return nil
}

// filter applies the predicates. An array that an index picks takes the place of the sequence.
func (s *sortStep) filter(r *run, f *frame, sorted []value.Value, c *collector) error {
	items, whole, err := r.filter(s.predicates, f, value.OfArray(sorted))
	switch {
	case err != nil:
		return err
	case !whole.Defined():
		c.addSequence(items)
	case whole.Len() == 0:
		c.ended = whole
	case c.last:
		c.add(whole)
	default:
		c.addSequence(whole.Items())
	}
	r.giveBack(items)
	return nil
}

// tuples are the tuples of s in order.
func (o *order) tuples(r *run, f *frame, s *stream) ([]tuple, error) {
	keys := o.keys(len(s.tuples), func(i int, n node) (value.Value, error) { return s.test(r, f, n, s.tuples[i]) })
	indices, err := mergeSort(r, len(s.tuples), keys.swap)
	if err != nil {
		return nil, err
	}
	sorted := make([]tuple, len(s.tuples))
	for i, at := range indices {
		sorted[i] = s.tuples[at]
	}
	return sorted, nil
}

// sortKeys are the values of the terms for each item, evaluated when they are first compared.
type sortKeys struct {
	order  *order
	eval   func(i int, n node) (value.Value, error)
	values []value.Value // of item i and term t at i*len(terms)+t
	known  []bool
}

func (o *order) keys(n int, eval func(i int, n node) (value.Value, error)) *sortKeys {
	n *= len(o.terms)
	return &sortKeys{o, eval, make([]value.Value, n), make([]bool, n)}
}

func (k *sortKeys) get(item, term int) (value.Value, error) {
	at := item*len(k.order.terms) + term
	if !k.known[at] {
		v, err := k.eval(item, k.order.terms[term].node)
		if err != nil {
			return v, err
		}
		k.values[at], k.known[at] = v, true
	}
	return k.values[at], nil
}

// swap reports whether item b, which stands behind item a, belongs before it.
func (k *sortKeys) swap(a, b int) (bool, error) {
	for i := range k.order.terms {
		x, err := k.get(a, i)
		if err != nil {
			return false, err
		}
		y, err := k.get(b, i)
		if err != nil {
			return false, err
		}
		c, err := k.compare(x, y, k.order.terms[i].descending)
		if c != 0 || err != nil {
			return c > 0, err
		}
	}
	return false, nil
}

// compare orders two keys; nothing comes last, whatever the direction.
func (k *sortKeys) compare(x, y value.Value, descending bool) (int, error) {
	switch {
	case !x.Defined() && !y.Defined():
		return 0, nil
	case !x.Defined():
		return 1, nil
	case !y.Defined():
		return -1, nil
	}
	for _, v := range [...]value.Value{x, y} {
		if v.Kind() != value.String && v.Kind() != value.Number {
			return 0, newError("T2008", details{position: k.order.pos, value: v})
		}
	}
	if x.Kind() != y.Kind() {
		return 0, newError("T2007", details{position: k.order.pos, value: x, value2: y})
	}
	c := compareScalars(x, y)
	if descending {
		c = -c
	}
	return c, nil
}

// compareScalars orders two numbers or two strings.
func compareScalars(x, y value.Value) int {
	if x.Kind() == value.String {
		return compareStrings(x.Str(), y.Str())
	}
	switch a, b := x.Float(), y.Float(); {
	case a == b:
		return 0
	case a < b:
		return -1
	}
	return 1
}

// mergeSort is the order of n items by the reference's merge sort, which shows where swap is inconsistent: item b, right of
// item a, goes before it where swap says so.
func mergeSort(r *run, n int, swap func(a, b int) (bool, error)) ([]int, error) {
	if err := r.take(3 * n * itemSize); err != nil {
		return nil, err
	}
	indices, spare := make([]int, n), make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices, mergeSortInto(r, indices, spare, swap)
}

func mergeSortInto(r *run, items, spare []int, swap func(a, b int) (bool, error)) error {
	if len(items) <= 1 {
		return nil
	}
	middle := len(items) / 2
	left, right := spare[:middle], spare[middle:]
	copy(spare, items)
	if err := mergeSortInto(r, left, items[:middle], swap); err != nil {
		return err
	}
	if err := mergeSortInto(r, right, items[middle:], swap); err != nil {
		return err
	}
	if err := r.step(len(items)); err != nil {
		return err
	}
	for i := range items {
		takeRight := len(left) == 0
		if len(left) > 0 && len(right) > 0 {
			var err error
			if takeRight, err = swap(left[0], right[0]); err != nil {
				return err
			}
		}
		if takeRight {
			items[i], right = right[0], right[1:]
		} else {
			items[i], left = left[0], left[1:]
		}
	}
	return nil
}
