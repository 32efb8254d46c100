package compile

import (
	"maps"

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
		again, ok := repeated(e)
		if !ok {
			break
		}
		name := unusedName(e)
		e = block{name, again, rewriteAll(e, again, ref{name})}
	}
	return inner(e)
}

// long is how many bytes of an expression are worth a name.
const long = 120

// heavy is what is worth a name: what goes over items or is long. What $map and $filter give has none by itself: a variable would not
// tell one item that is an array from the items.
func heavy(e expr) bool {
	switch e := e.(type) {
	case call:
		return e.fn != "$map" && e.fn != "$filter" && (loopsIn(e) > 0 || len(jsonataText(e)) > long)
	case cond, block, binary:
		return loopsIn(e) > 0 || len(jsonataText(e)) > long
	case member, index, each:
		return loopsIn(e) > 0
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

// repeated is the largest part of e that is computed more than once, and once for certain.
func repeated(e expr) (expr, bool) {
	o := occurrences{}
	certain := o.visit(e, nil)
	var best *occurrence
	for text, c := range o {
		if c.count > 1 && certain[text] && !o.path(c.e, certain) && (best == nil || longer(c, best)) {
			best = c
		}
	}
	if best == nil {
		return nil, false
	}
	return best.e, true
}

// occurrence is a part of an expression, and how often it stands there.
type occurrence struct {
	e     expr
	text  string
	count int
}

func longer(a, b *occurrence) bool {
	return len(a.text) > len(b.text) || len(a.text) == len(b.text) && a.text < b.text
}

// occurrences is the heavy parts of an expression, by their text.
type occurrences map[string]*occurrence

// path says whether e only reads a part of what gets a name itself.
func (o occurrences) path(e expr, certain map[string]bool) bool {
	var of expr
	switch e := e.(type) {
	case member:
		of = e.of
	case index:
		of = e.of
	default:
		return false
	}
	text := jsonataText(of)
	return o[text] != nil && o[text].count > 1 && certain[text] || o.path(of, certain)
}

// visit counts e and its parts, and says which of them are computed whenever e is. bound is the names that lambdas and blocks give
// on the way to e.
func (o occurrences) visit(e expr, bound map[string]bool) (certain map[string]bool) {
	certain = map[string]bool{}
	if e == nil || simple(e) {
		return certain
	}
	if heavy(e) && !reads(e, bound) {
		certain[o.add(e)] = true
	}
	switch e := e.(type) {
	case cond:
		maps.Copy(certain, o.visit(e.test, bound))
		then, els := o.visit(e.then, bound), o.visit(e.els, bound)
		for text := range then {
			if els[text] {
				certain[text] = true
			}
		}
	case binary:
		maps.Copy(certain, o.visit(e.l, bound))
		if r := o.visit(e.r, bound); e.op != "and" && e.op != "or" {
			maps.Copy(certain, r)
		}
	case lambda:
		o.visit(e.body, with(bound, e.params...))
	case block:
		maps.Copy(certain, o.visit(e.bound, bound))
		maps.Copy(certain, o.visit(e.body, with(bound, e.name)))
	default:
		for _, c := range children(e) {
			if spread(e, c) {
				c = c.(each).of
			}
			maps.Copy(certain, o.visit(c, bound))
		}
	}
	return certain
}

func (o occurrences) add(e expr) (text string) {
	text = jsonataText(e)
	if o[text] == nil {
		o[text] = &occurrence{e: e, text: text}
	}
	o[text].count++
	return text
}

func with(bound map[string]bool, names ...string) map[string]bool {
	out := maps.Clone(bound)
	if out == nil {
		out = map[string]bool{}
	}
	for _, n := range names {
		out[n] = true
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
func inner(e expr) expr {
	switch e := e.(type) {
	case cond:
		out := cond{inner(e.test), computeOnce(e.then), nil}
		if e.els != nil {
			out.els = computeOnce(e.els)
		}
		return out
	case binary:
		if e.op == "and" || e.op == "or" {
			return binary{e.op, inner(e.l), computeOnce(e.r)}
		}
	case lambda:
		return lambda{e.params, computeOnce(e.body)}
	}
	return mapChildren(e, inner)
}

// rewriteAll is e with to in place of each part that is what.
func rewriteAll(e, what, to expr) expr {
	text := jsonataText(what)
	var replace func(expr) expr
	replace = func(e expr) expr {
		if heavy(e) && jsonataText(e) == text {
			return to
		}
		return mapChildren(e, func(c expr) expr {
			if spread(e, c) {
				return each{replace(c.(each).of)}
			}
			return replace(c)
		})
	}
	return replace(e)
}

func unusedName(e expr) string {
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
	return numbered("r", used)
}

// sharedMembers says whether two members of an object compute the same.
func sharedMembers(o object) bool {
	seen := map[string]bool{}
	if loopsIn(o) < 2 && len(jsonataText(o)) < 2*long {
		return false
	}
	for _, f := range o.fields {
		one := occurrences{}
		one.visit(f.v.e, nil)
		for text := range one {
			if seen[text] {
				return true
			}
		}
		for text := range one {
			seen[text] = true
		}
	}
	return false
}

func jsonata(e expr) value.Value { return value.OfString("{% " + jsonataText(computeOnce(e)) + " %}") }
