package compile

import (
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

// What a loop makes may be read at many places of one expression. There it is computed once: ($r := …; …).

// computeOnce is e with what it computes more than once in a block around the places that read it: where it is computed for certain, so
// that nothing fails that Go would not have come to.
func computeOnce(e expr) expr {
	if !slices.ContainsFunc(parts(e), heavy) {
		return e
	}
	for {
		again, ok := repeated(e)
		if !ok {
			break
		}
		name := unusedName(e)
		e = block{name, computeOnce(again), rewriteAll(e, again, ref{name})}
	}
	return inner(e)
}

// heavy is what is worth a name: what goes over items, or computes with what does. What $map and $filter give has none by itself:
// a variable would not tell one item that is an array from the items.
func heavy(e expr) bool {
	found := false
	switch e := e.(type) {
	case call:
		if e.fn == "$map" || e.fn == "$filter" {
			return false
		}
	case cond, binary, block, member, index, each:
	default:
		return false
	}
	walk(e, func(e expr) {
		c, ok := e.(call)
		found = found || ok && (c.fn == "$reduce" || c.fn == "$map" || c.fn == "$filter" || c.fn == "$sort")
	})
	return found
}

// parts is e and all that is in it.
func parts(e expr) []expr {
	var out []expr
	walk(e, func(e expr) { out = append(out, e) })
	return out
}

// repeated is the largest part of e that is computed more than once, and once for certain.
func repeated(e expr) (expr, bool) {
	o := occurrences{seen: map[string]*occurrence{}}
	o.visit(e, nil, true)
	var best *occurrence
	for _, c := range o.order {
		if c.repeated() && !o.path(c.e) && (best == nil || len(c.text) > len(best.text)) {
			best = c
		}
	}
	if best == nil {
		return nil, false
	}
	return best.e, true
}

type occurrence struct {
	e       expr
	text    string
	count   int
	certain bool
}

func (c *occurrence) repeated() bool { return c != nil && c.count > 1 && c.certain }

// path says whether e only reads a part of what gets a name itself.
func (o *occurrences) path(e expr) bool {
	switch e := e.(type) {
	case member:
		return o.seen[jsonataText(e.of)].repeated() || o.path(e.of)
	case index:
		return o.seen[jsonataText(e.of)].repeated() || o.path(e.of)
	}
	return false
}

type occurrences struct {
	seen  map[string]*occurrence
	order []*occurrence
}

// visit counts e and its parts. bound is the names that lambdas and blocks give on the way to e.
func (o *occurrences) visit(e expr, bound map[string]bool, certain bool) {
	if e == nil || simple(e) {
		return
	}
	if heavy(e) && !reads(e, bound) {
		o.add(e, certain)
	}
	switch e := e.(type) {
	case cond:
		o.visit(e.test, bound, certain)
		o.visit(e.then, bound, false)
		o.visit(e.els, bound, false)
	case binary:
		o.visit(e.l, bound, certain)
		o.visit(e.r, bound, certain && e.op != "and" && e.op != "or")
	case lambda:
		o.visit(e.body, with(bound, e.params...), false)
	case block:
		o.visit(e.bound, bound, certain)
		o.visit(e.body, with(bound, e.name), certain)
	default:
		for _, c := range children(e) {
			if spread(e, c) {
				o.visit(c.(each).of, bound, certain)
			} else {
				o.visit(c, bound, certain)
			}
		}
	}
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

func (o *occurrences) add(e expr, certain bool) {
	text := jsonataText(e)
	c := o.seen[text]
	if c == nil {
		c = &occurrence{e: e, text: text}
		o.seen[text] = c
		o.order = append(o.order, c)
	}
	c.count++
	c.certain = c.certain || certain
}

func with(bound map[string]bool, names ...string) map[string]bool {
	out := map[string]bool{}
	for n := range bound {
		out[n] = true
	}
	for _, n := range names {
		out[n] = true
	}
	return out
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
	for _, f := range o.fields {
		one := occurrences{seen: map[string]*occurrence{}}
		one.visit(f.v.e, nil, true)
		for _, c := range one.order {
			if seen[c.text] {
				return true
			}
		}
		for _, c := range one.order {
			seen[c.text] = true
		}
	}
	return false
}

func jsonata(e expr) value.Value { return value.OfString("{% " + jsonataText(computeOnce(e)) + " %}") }
