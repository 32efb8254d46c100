package jsonata

import (
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

var arrayFunctions = []definition{
	{"map", "<af>", 2, mapItems},
	{"filter", "<af>", 2, filterItems},
	{"single", "<af?>", 2, single},
	{"reduce", "<afj?:j>", 3, reduce},
	{"zip", "<a+>", 0, zip},
	{"append", "<xx:a>", 2, appendItems},
	{"reverse", "<a:a>", 1, reverse},
	{"sort", "<af?:a>", 2, sortItems},
	{"shuffle", "<a:a>", 1, shuffle},
	{"distinct", "<x:x>", 1, distinct},
}

func count(_ *run, args []value.Value) (value.Value, error) {
	return value.OfFloat(float64(args[0].Len())), nil
}

// each calls f with each item's result of fn, and stops where f returns false.
func (r *run) each(v, fn value.Value, f func(i int, item, result value.Value) (bool, error)) error {
	callee := functionOf(fn)
	for i, item := range v.Items() {
		result, err := r.apply(callee, clean(item), value.OfFloat(float64(i)), v)
		if err != nil {
			return err
		}
		if more, err := f(i, item, result); !more || err != nil {
			return err
		}
	}
	return nil
}

func mapItems(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	out := r.list()
	err := r.each(args[0], args[1], func(_ int, _, result value.Value) (bool, error) {
		if result.Defined() {
			out = append(out, result)
		}
		return true, nil
	})
	return r.lent(out, err)
}

// lent makes a sequence of a lent list.
func (r *run) lent(list []value.Value, err error) (value.Value, error) {
	if err != nil {
		return nothing, err
	}
	v, err := r.array(list, tagSequence)
	r.giveBack(list)
	return v, err
}

func filterItems(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	out := r.list()
	err := r.each(args[0], args[1], func(_ int, item, result value.Value) (bool, error) {
		yes, err := r.truth(result)
		if yes {
			out = append(out, item)
		}
		return true, err
	})
	return r.lent(out, err)
}

func single(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	var found value.Value
	n := 0
	accept := func(_ int, item, result value.Value) (bool, error) {
		yes, err := r.truth(result)
		if !yes || err != nil {
			return true, err
		}
		if n++; n > 1 {
			return false, fail("D3138")
		}
		found = item
		return true, nil
	}
	var err error
	if fn := argument(args, 1); fn.Defined() {
		err = r.each(args[0], fn, accept)
	} else {
		for i, item := range args[0].Items() {
			if _, err = accept(i, item, value.True); err != nil {
				break
			}
		}
	}
	if err == nil && n == 0 {
		err = fail("D3139")
	}
	return clean(found), err
}

func reduce(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	fn := functionOf(args[1])
	if fn.params() < 2 {
		return nothing, fail("D3050")
	}
	array, result := args[0], argument(args, 2)
	items := array.Items()
	i := 0
	if !result.Defined() && len(items) > 0 {
		result, i = clean(items[0]), 1
	}
	for ; i < len(items); i++ {
		var err error
		if result, err = r.apply(fn, result, clean(items[i]), value.OfFloat(float64(i)), array); err != nil {
			return nothing, err
		}
	}
	return result, nil
}

func zip(r *run, args []value.Value) (value.Value, error) {
	shortest := -1
	for _, arg := range args {
		if n := arg.Len(); shortest < 0 || n < shortest {
			shortest = n
		}
	}
	rows := make([]value.Value, max(0, shortest))
	if err := r.take(len(rows) * (arraySize + (1+len(args))*itemSize)); err != nil {
		return nothing, err
	}
	for i := range rows {
		row := make([]value.Value, len(args))
		for j, arg := range args {
			row[j] = arg.At(i)
		}
		rows[i] = arrayOf(row, 0)
	}
	return arrayOf(rows, 0), r.step(len(rows) * len(args))
}

func appendItems(r *run, args []value.Value) (value.Value, error) {
	a, b := args[0], args[1]
	switch {
	case !a.Defined():
		return b, nil
	case !b.Defined():
		return a, nil
	}
	return r.join(a, b)
}

// join appends to the items of a those of b. Where a is the array that the last join made, it grows in place, as slices do.
func (r *run) join(a, b value.Value) (value.Value, error) {
	left, right := itemsOf(a), itemsOf(b)
	n := len(left) + len(right)
	if err := r.step(len(right) + 1); err != nil {
		return nothing, err
	}
	if len(left) > 0 && len(left) == len(r.joined) && &left[0] == &r.joined[0] && cap(r.joined) >= n {
		r.joined = append(r.joined, right...)
		return arrayTagged(r.joined, a.Tag()&tagOdd|oddity(right)), r.take(arraySize)
	}
	room := n
	if n > 16 {
		room += n / 2
	}
	if err := r.take(arraySize + room*itemSize); err != nil {
		return nothing, err
	}
	if err := r.step(len(left)); err != nil {
		return nothing, err
	}
	r.joined = append(append(make([]value.Value, 0, room), left...), right...)
	return arrayOf(r.joined, 0), nil
}

func arrayTagged(items []value.Value, tag uint8) value.Value {
	return value.OfArray(items).WithTag(tag)
}

func reverse(r *run, args []value.Value) (value.Value, error) {
	if args[0].Len() <= 1 {
		return args[0], nil
	}
	v, err := r.array(args[0].Items(), 0)
	if err != nil {
		return v, err
	}
	items := slices.Clone(v.Items())
	slices.Reverse(items)
	return value.OfArray(items).WithTag(v.Tag()), r.step(len(items))
}

func sortItems(r *run, args []value.Value) (value.Value, error) {
	array := args[0]
	if array.Len() <= 1 {
		return array, nil
	}
	items := array.Items()
	fn := argument(args, 1)
	if fn.Defined() {
		return r.sortBy(items, functionOf(fn))
	}
	if ok, err := sortable(items); err != nil || !ok {
		if err == nil {
			err = fail("D3070")
		}
		return nothing, err
	}
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, compareScalars)
	if err := r.step(8 * len(items)); err != nil {
		return nothing, err
	}
	return value.OfArray(sorted), r.take(arraySize + len(items)*itemSize)
}

// sortable reports whether items are all numbers or all strings.
func sortable(items []value.Value) (bool, error) {
	numbers, err := allNumbers(items)
	if numbers || err != nil {
		return numbers, err
	}
	return !slices.ContainsFunc(items, func(v value.Value) bool { return v.Kind() != value.String }), nil
}

// sortBy sorts by a function that is true where its first argument belongs behind its second.
func (r *run) sortBy(items []value.Value, fn *function) (value.Value, error) {
	indices, err := mergeSort(r, len(items), func(a, b int) (bool, error) {
		v, err := r.applyAll(fn, clean(items[a]), clean(items[b]))
		return scriptTruth(v), err
	})
	if err != nil {
		return nothing, err
	}
	sorted := make([]value.Value, len(items))
	for i, at := range indices {
		sorted[i] = items[at]
	}
	return arrayOf(sorted, 0), nil
}

func shuffle(r *run, args []value.Value) (value.Value, error) {
	if args[0].Len() <= 1 {
		return args[0], nil
	}
	items := args[0].Items()
	if err := r.take(arraySize + len(items)*itemSize); err != nil {
		return nothing, err
	}
	out := make([]value.Value, len(items))
	for i, item := range items {
		j := int(r.random() * float64(i+1))
		out[i] = out[j]
		out[j] = item
	}
	return arrayOf(out, 0), r.step(len(items))
}

func distinct(r *run, args []value.Value) (value.Value, error) {
	array := args[0]
	if array.Kind() != value.Array || array.Len() <= 1 {
		return array, nil
	}
	d := distinctItems{run: r, scalars: map[scalar]bool{}}
	for _, item := range array.Items() {
		if err := d.add(item); err != nil {
			return nothing, err
		}
	}
	return r.array(d.out, array.Tag()&tagSequence)
}

// scalar is a key that tells numbers and strings apart.
type scalar struct {
	kind   value.Kind
	number float64
	text   string
}

type distinctItems struct {
	run     *run
	out     []value.Value
	scalars map[scalar]bool
	others  []value.Value // arrays, objects and functions
}

func (d *distinctItems) add(v value.Value) error {
	if v.Kind() < value.Array {
		key := scalar{v.Kind(), v.Float(), v.Str()}
		if v.Kind() == value.Bool && v.Bool() {
			key.number = 1
		}
		if !d.scalars[key] {
			d.scalars[key] = true
			d.out = append(d.out, v)
		}
		return d.run.walk(4)
	}
	for _, other := range d.others {
		if same, err := d.run.equal(v, other, 0); same || err != nil {
			return err
		}
	}
	d.others, d.out = append(d.others, v), append(d.out, v)
	return d.run.step(len(d.others))
}
