package jsonpath

import (
	"slices"
	"sync"

	"github.com/stride-aws/stride/internal/value"
)

// maxVisits bounds the values that one evaluation looks at: a hostile "$..*..*..*" ends in an error. No payload of AWS's (262,144
// bytes) brings a path that people write near it.
const maxVisits = 2_000_000

// walker is one evaluation of an indefinite route. It stops at the first failure that nothing forgives; what it found until then
// is kept, as the wildcard goes on after the failure of one item.
type walker struct {
	route  *route
	root   value.Value
	text   string // of the whole path, for errors
	trail  []place
	out    []value.Value
	visits int
	fail   failure
	depth  int // of the trail, where fail arose
}

// walkers keep the memory that walks need, so that one costs its result alone.
var walkers = sync.Pool{New: func() any { return new(walker) }}

// mostKept is the number of results up to which a walker's memory is kept.
const mostKept = 4096

// collect follows an indefinite route and gives the array of what it finds.
func (r *route) collect(doc value.Value, text string) (value.Value, error) {
	w := walkers.Get().(*walker)
	*w = walker{route: r, root: doc, text: text, trail: w.trail[:0], out: w.out[:0]}
	defer w.release()
	if !w.step(0, 0, doc) {
		before := w.trail[:w.depth]
		after := append(before[:w.depth:w.depth], w.trail[w.depth:min(w.depth+1, len(w.trail))]...)
		return value.Value{}, r.report(w.fail, before, after, text)
	}
	return value.OfArray(slices.Clone(w.out)), nil
}

// release gives the walker's memory back, without what it saw.
func (w *walker) release() {
	if cap(w.out) > mostKept {
		return
	}
	clear(w.out)
	clear(w.trail[:cap(w.trail)])
	*w = walker{trail: w.trail[:0], out: w.out[:0]}
	walkers.Put(w)
}

// failed notes a failure of step at whose way began at depth; where the step has a place of its own, that is trail[depth].
func (w *walker) failed(p problem, at, depth int, model value.Value) bool {
	w.fail = failure{problem: p, at: at, model: model}
	w.depth = depth
	return false
}

func (w *walker) crashed(err error) bool {
	w.fail = failure{problem: crash, err: err}
	return false
}

// push puts a place at depth, over whatever an earlier branch of the walk left there.
func (w *walker) push(depth int, p place) { w.trail = append(w.trail[:depth], p) }

// found hands model, which step at-1 led to, to step at, or out where there is none.
func (w *walker) found(at, depth int, model value.Value) bool {
	return w.take(at, model) || w.step(at, depth, model)
}

// take follows the rest of the route at once where all of it is definite and can be followed. If not, the caller goes step by
// step, which finds the reason.
func (w *walker) take(at int, model value.Value) bool {
	if at < w.route.tail {
		return false
	}
	v, _, problem := w.route.find(at, model)
	if problem == none {
		w.out = append(w.out, v)
	}
	return problem == none
}

func (w *walker) step(at, depth int, model value.Value) bool {
	if w.visits++; w.visits > maxVisits {
		return w.crashed(&CrashError{w.text, "the path visits too many values"})
	}
	s := &w.route.steps[at]
	switch s.kind {
	case property:
		return w.property(at, depth, model)
	case properties:
		return w.properties(at, depth, model)
	case restart:
		w.push(depth, place{kind: restart})
		return w.found(at+1, depth+1, model)
	case wildcard:
		return w.wildcard(at, depth, model)
	case filter:
		return w.filter(at, depth, model)
	case scan:
		return w.scan(at+1, depth, model)
	}
	if model.Kind() != value.Array {
		return w.failed(notIndexable(model), at, depth, model)
	}
	return w.numbers(at, depth, model)
}

func (w *walker) property(at, depth int, model value.Value) bool {
	if model.Kind() != value.Object {
		return w.failed(notObject, at, depth, model)
	}
	return w.member(at, depth, model, w.route.steps[at].name)
}

func (w *walker) member(at, depth int, model value.Value, name string) bool {
	v, ok := model.Get(name)
	if ok && w.take(at+1, v) {
		return true
	}
	w.push(depth, place{text: name, kind: property})
	switch {
	case ok:
		return w.step(at+1, depth+1, v)
	case at == len(w.route.steps)-1:
		return w.failed(noResult, at, depth, model)
	case w.route.steps[at].strict:
		return w.failed(missingProperty, at, depth, model)
	}
	return true
}

func (w *walker) properties(at, depth int, model value.Value) bool {
	s := &w.route.steps[at]
	if p := w.route.unpickable(at, model); p != none {
		w.push(depth, s.place(model))
		return w.failed(p, at, depth, model)
	}
	w.out = append(w.out, pick(model, s.names))
	return true
}

// item goes on with item n of the array model.
func (w *walker) item(at, depth int, model value.Value, n int) bool {
	inside := n >= 0 && n < model.Len()
	if inside && w.take(at+1, model.At(n)) {
		return true
	}
	w.push(depth, place{index: n, kind: index})
	if !inside {
		return w.failed(outOfBounds, at, depth, model)
	}
	return w.step(at+1, depth+1, model.At(n))
}

// expect makes room for n results where each value that step at leads to gives one at most.
func (w *walker) expect(at, n int) {
	if at+1 >= w.route.tail && n > 0 {
		w.out = slices.Grow(w.out, n)
	}
}

func (w *walker) items(at, depth int, model value.Value, from, to int) bool {
	w.expect(at, to-from)
	for n := from; n < to; n++ {
		if !w.item(at, depth, model, n) {
			return false
		}
	}
	return true
}

// numbers is the steps that pick items of the array model by number. A slice's bounds may be negative, but not the lower one of a
// slice that has both.
func (w *walker) numbers(at, depth int, model value.Value) bool {
	s := &w.route.steps[at]
	n, size := s.numbers[0], model.Len()
	switch s.kind {
	case index:
		return w.item(at, depth, model, n)
	case fromEnd:
		return w.item(at, depth, model, size+n)
	case indices:
		for _, n := range s.numbers {
			if !w.item(at, depth, model, n) {
				return false
			}
		}
		return true
	case sliceFrom:
		return w.items(at, depth, model, fromStart(n, size), size)
	case sliceTo:
		if n < 0 {
			n += size
		}
		return w.items(at, depth, model, 0, min(size, n))
	}
	return size == 0 || w.items(at, depth, model, n, min(size, s.numbers[1]))
}

func fromStart(n, size int) int {
	if n < 0 {
		n += size
	}
	return max(0, n)
}

// wildcard forgives items that lack what follows, but not members of objects that do.
func (w *walker) wildcard(at, depth int, model value.Value) bool {
	w.expect(at, model.Len())
	for _, m := range model.Members() {
		if !w.member(at, depth, model, m.Name) {
			return false
		}
	}
	for n := range model.Items() {
		if w.item(at, depth, model, n) {
			continue
		}
		if !w.fail.problem.missing() {
			return false
		}
		w.fail = failure{}
	}
	return true
}

func (w *walker) filter(at, depth int, model value.Value) bool {
	switch model.Kind() {
	case value.Object:
		ok := w.accepts(at, model)
		return w.fail.problem == none && (!ok || w.found(at+1, depth, model))
	case value.Array:
		w.expect(at, min(model.Len(), 16))
		for n, item := range model.Items() {
			if w.accepts(at, item) && !w.item(at, depth, model, n) || w.fail.problem != none {
				return false
			}
		}
		return true
	}
	return w.failed(primitive, at, depth, model)
}

// accepts asks the filter of step at; where that fails, w.fail says so.
func (w *walker) accepts(at int, item value.Value) bool {
	ok, err := w.route.steps[at].test.accepts(w, item)
	if err != nil {
		return w.crashed(err)
	}
	return ok
}

// scan offers model and everything inside it to step at.
func (w *walker) scan(at, depth int, model value.Value) bool {
	if w.visits++; w.visits > maxVisits {
		return w.crashed(&CrashError{w.text, "the path visits too many values"})
	}
	switch model.Kind() {
	case value.Object:
		return w.scanObject(at, depth, model)
	case value.Array:
		return w.scanArray(at, depth, model)
	}
	return true
}

func (w *walker) scanObject(at, depth int, model value.Value) bool {
	if !w.offer(at, model, func() bool { return w.step(at, depth, model) }) {
		return false
	}
	for _, m := range model.Members() {
		w.push(depth, place{text: m.Name, kind: property})
		if !w.scan(at, depth+1, m.Value) {
			return false
		}
	}
	return true
}

// scanArray has a quirk of Jayway's: where more steps follow, an array that step at could take hands all its items to the step
// behind it, whatever step at says.
func (w *walker) scanArray(at, depth int, model value.Value) bool {
	ok := w.offer(at, model, func() bool {
		if at == len(w.route.steps)-1 {
			return w.step(at, depth, model)
		}
		for n, item := range model.Items() {
			w.push(depth, place{index: n, kind: index})
			if !w.step(at+1, depth+1, item) {
				return false
			}
		}
		return true
	})
	if !ok {
		return false
	}
	for n, item := range model.Items() {
		w.push(depth, place{index: n, kind: index})
		if !w.scan(at, depth+1, item) {
			return false
		}
	}
	return true
}

// offer goes on where step at could take model.
func (w *walker) offer(at int, model value.Value, then func() bool) bool {
	s := &w.route.steps[at]
	switch s.kind {
	case property:
		_, ok := model.Get(s.name)
		return !ok || then()
	case properties:
		return !hasAll(model, s.names) || then()
	case index, fromEnd, indices, sliceFrom, sliceTo, slice:
		return model.Kind() != value.Array || then()
	case wildcard:
		return then()
	case filter:
		ok := w.accepts(at, model)
		return w.fail.problem == none && (!ok || then())
	}
	return true
}

func hasAll(model value.Value, names []string) bool {
	if model.Kind() != value.Object {
		return false
	}
	for _, name := range names {
		if _, ok := model.Get(name); !ok {
			return false
		}
	}
	return true
}
