package compile

import (
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// What a loop makes may be read at many places of one expression. There it is computed once: ($r := …; …).

// computeOnce is e with what it computes more than once in a block around the places that read it: where it is computed for certain, so
// that nothing fails that Go would not have come to.
func computeOnce(e expr) expr {
	if loopsIn(e) < 2 && len(jsonataText(e)) < 2*long {
		return e
	}
	for {
		again, any := repeated(e)
		if !any {
			return e
		}
		if again == nil {
			return inner(e)
		}
		name := unusedName(e)
		e = block{name, again, rewriteAll(e, again, ref{name})}
	}
}

// long is how many bytes of an expression are worth a name.
const long = 120

// sum is what an expression is known by: two of the same text have the same.
type sum struct {
	hash  uint64
	loops int  // what goes over items
	long  bool // the text is
}

var seed = maphash.MakeSeed()

func sumOf(e expr) sum {
	if e == nil {
		return sum{}
	}
	if _, isNamed := e.(*named); isNamed {
		return sumWith(e, nil)
	}
	return sumWith(e, mapped(children(e), sumOf))
}

// sumWith is the sum of e, from those of its children.
func sumWith(e expr, parts []sum) sum {
	out := sum{}
	if c, ok := e.(call); ok && (c.fn == "$reduce" || c.fn == "$map" || c.fn == "$filter" || c.fn == "$sort") {
		out.loops++
	}
	for _, p := range parts {
		out.loops, out.long = out.loops+p.loops, out.long || p.long
	}
	if !out.long {
		text := jsonataText(e)
		out.hash, out.long = maphash.String(seed, text), len(text) > long
		return out
	}
	var h maphash.Hash
	h.SetSeed(seed)
	maphash.WriteComparable(&h, reflect.TypeOf(e).Name()+ownText(e))
	for _, p := range parts {
		maphash.WriteComparable(&h, p.hash)
	}
	out.hash = h.Sum64()
	return out
}

// ownText is what e says besides its children.
func ownText(e expr) string {
	switch e := e.(type) {
	case member:
		return e.name
	case binary:
		return e.op
	case call:
		return e.fn
	case lambda:
		return strings.Join(e.params, " ")
	case block:
		return e.name
	case object:
		var names strings.Builder
		for _, f := range e.fields {
			fmt.Fprintf(&names, "%q%t%t%t", f.name, f.omit, f.zero, f.asText)
		}
		return names.String()
	case slot:
		return strconv.FormatBool(e.other)
	}
	return ""
}

// heavy is what is worth a name: what goes over items or is long. What $map and $filter give has none by itself: a variable would not
// tell one item that is an array from the items.
func heavy(e expr, s sum) bool {
	switch e := e.(type) {
	case call:
		return e.fn != "$map" && e.fn != "$filter" && (s.loops > 0 || s.long)
	case cond, block, binary:
		return s.loops > 0 || s.long
	case member, index, each:
		return s.loops > 0
	}
	return false
}

// loopsIn counts what goes over items.
func loopsIn(e expr) int {
	n := 0
	walk(e, func(e expr) {
		if c, ok := e.(call); ok && (c.fn == "$reduce" || c.fn == "$map" || c.fn == "$filter" || c.fn == "$sort") {
			n++
		}
	})
	return n
}

// repeated is the largest part of e that is computed more than once, and once for certain; nil where there is none. any says whether a
// part of e stands there more than once at all.
func repeated(e expr) (best expr, any bool) {
	o := occurrences{}
	certain := o.visit(e, nil, 0).certain
	var bestText string
	for hash, c := range o {
		any = any || c.all > 1
		if c.count <= 1 || !certain[hash] || o.path(c.e, certain) {
			continue
		}
		text := jsonataText(c.e)
		if len(text) > len(bestText) || len(text) == len(bestText) && text < bestText {
			best, bestText = c.e, text
		}
	}
	return best, any
}

// occurrence is a part of an expression, and how often it stands there.
type occurrence struct {
	e     expr
	count int // where it reads nothing that lambdas and blocks around it give
	all   int // anywhere
}

// occurrences is the heavy parts of an expression, by the hashes of their sums.
type occurrences map[uint64]*occurrence

// path says whether e only reads a part of what gets a name itself.
func (o occurrences) path(e expr, certain map[uint64]bool) bool {
	var of expr
	switch e := e.(type) {
	case member:
		of = e.of
	case index:
		of = e.of
	default:
		return false
	}
	hash := sumOf(of).hash
	return o[hash] != nil && o[hash].count > 1 && certain[hash] || o.path(of, certain)
}

// visited is what a visit finds out about an expression.
type visited struct {
	sum
	certain map[uint64]bool // its heavy parts that are computed whenever it is
	binder  int             // the outermost of the lambdas and blocks around it that it reads a name of; unbound for none
}

// unbound is the binder of what reads no name that a lambda or block around it gives.
const unbound = math.MaxInt

// visit counts e and its parts. bound is the names that lambdas and blocks give on the way to e, and which of these, from 0, does.
func (o occurrences) visit(e expr, bound map[string]int, depth int) visited {
	out := visited{binder: unbound}
	if _, isNamed := e.(*named); isNamed || e == nil || simple(e) {
		out.sum = sumOf(e)
		if len(bound) > 0 {
			for name := range free(e) {
				if binder, ok := bound[name]; ok {
					out.binder = min(out.binder, binder)
				}
			}
		}
		return out
	}
	out.certain = map[uint64]bool{}
	var parts []sum
	note := func(v visited, s sum) map[uint64]bool {
		parts, out.binder = append(parts, s), min(out.binder, v.binder)
		return v.certain
	}
	part := func(e expr) map[uint64]bool {
		v := o.visit(e, bound, depth)
		return note(v, v.sum)
	}
	within := func(e expr, names ...string) map[uint64]bool {
		v := o.visit(e, with(bound, depth, names...), depth+1)
		if v.binder >= depth {
			v.binder = unbound
		}
		return note(v, v.sum)
	}
	switch e := e.(type) {
	case cond:
		maps.Copy(out.certain, part(e.test))
		then, els := part(e.then), part(e.els)
		for hash := range then {
			if els[hash] {
				out.certain[hash] = true
			}
		}
	case binary:
		maps.Copy(out.certain, part(e.l))
		if r := part(e.r); e.op != "and" && e.op != "or" {
			maps.Copy(out.certain, r)
		}
	case lambda:
		within(e.body, e.params...)
	case block:
		maps.Copy(out.certain, part(e.bound))
		maps.Copy(out.certain, within(e.body, e.name))
	default:
		for _, c := range children(e) {
			if spread(e, c) {
				v := o.visit(c.(each).of, bound, depth)
				maps.Copy(out.certain, note(v, sumWith(c, []sum{v.sum})))
				continue
			}
			maps.Copy(out.certain, part(c))
		}
	}
	out.sum = sumWith(e, parts)
	if heavy(e, out.sum) {
		if o[out.hash] == nil {
			o[out.hash] = &occurrence{e: e}
		}
		o[out.hash].all++
		if out.binder == unbound {
			o[out.hash].count++
			out.certain[out.hash] = true
		}
	}
	return out
}

// with is bound, and v of names.
func with[V any](bound map[string]V, v V, names ...string) map[string]V {
	out := maps.Clone(bound)
	if out == nil {
		out = map[string]V{}
	}
	for _, n := range names {
		out[n] = v
	}
	return out
}

// spread says whether an item of an array that is written out is an array that JSONata keeps only because it is written out, too.
func spread(e, item expr) bool {
	_, isEach := item.(each)
	switch e.(type) {
	case array, each, slot:
		return isEach
	}
	return false
}

// inner shares inside the parts of e that are computed under a condition, or for each item.
func inner(e expr) expr { return mapParts(e, inner, computeOnce) }

// mapParts is e with always of each part that is computed when e is, and perhaps of those that are under a condition, or for each item.
func mapParts(e expr, always, perhaps func(expr) expr) expr {
	switch e := e.(type) {
	case cond:
		out := cond{test: always(e.test), then: perhaps(e.then)}
		if e.els != nil {
			out.els = perhaps(e.els)
		}
		return out
	case binary:
		if e.op == "and" || e.op == "or" {
			return binary{e.op, always(e.l), perhaps(e.r)}
		}
	case lambda:
		return lambda{e.params, perhaps(e.body)}
	}
	return mapChildren(e, always)
}

// rewriteAll is e with to in place of each part that is what.
func rewriteAll(e, what, to expr) expr {
	out, _ := rewriting{sumOf(what).hash, to}.visit(e)
	return out
}

// rewriting puts to in place of what has a hash.
type rewriting struct {
	hash uint64
	to   expr
}

// visit is what becomes of e, and the sum that e had.
func (r rewriting) visit(e expr) (expr, sum) {
	if _, isNamed := e.(*named); isNamed || e == nil {
		return e, sumOf(e)
	}
	var parts []sum
	out := mapChildren(e, func(c expr) expr {
		of := c
		if spread(e, c) {
			of = c.(each).of
		}
		to, s := r.visit(of)
		if spread(e, c) {
			to, s = each{to}, sumWith(c, []sum{s})
		}
		parts = append(parts, s)
		return to
	})
	if c, ok := e.(cond); ok && c.els == nil {
		parts = append(parts, sum{})
	}
	s := sumWith(e, parts)
	if s.hash == r.hash && heavy(e, s) {
		return r.to, s
	}
	return out, s
}

func unusedName(e expr) string { return numbered("r", usedNames(e)) }

// usedNames is the variables that e reads or defines.
func usedNames(e expr) map[string]bool {
	used := map[string]bool{}
	walk(e, func(e expr) {
		switch e := e.(type) {
		case ref:
			used[e.name] = true
		case block:
			used[e.name] = true
		case lambda:
			for _, p := range e.params {
				used[p] = true
			}
		}
	})
	return used
}

// sharedMembers says whether two members of an object compute the same.
func sharedMembers(o object) bool {
	var parts ids
	for _, f := range o.fields {
		in := idsIn(f.v.e)
		if !in.and(parts).none() {
			return true
		}
		parts = parts.or(in)
	}
	seen := map[uint64]bool{}
	if loopsIn(o) < 2 && len(jsonataText(o)) < 2*long {
		return false
	}
	for _, f := range o.fields {
		one := occurrences{}
		one.visit(f.v.e, nil, 0)
		for hash, c := range one {
			if c.count > 0 && seen[hash] {
				return true
			}
		}
		for hash, c := range one {
			seen[hash] = seen[hash] || c.count > 0
		}
	}
	return false
}

func jsonata(e expr) value.Value { return value.OfString("{% " + jsonataText(writeNames(e)) + " %}") }
