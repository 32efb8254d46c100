package compile

import (
	"maps"
	"slices"
	"strconv"
)

// What a variable has is an expression, and each later value repeats it: after ten ifs that each add to a sum, the sum would stand there a
// thousand times. So a long one is a part of its own, held once however many expressions have it. Where a state writes one of them, a part
// that it reads more than once gets a name: ($sum := …; …).

// named is an expression that can get a name.
type named struct {
	id  int    // the same for all that have the same text; what it reads has a smaller one
	as  string // what the source calls it
	of  expr
	ids ids // all that it reads, itself included
	// done is what Go has computed once it has come to this, itself included.
	done  ids
	free  map[string]bool // the variables that it reads
	names *names
}

func (*named) isExpr() {}

// part is e as a part of its own: the value of what the source calls as, at a place where Go has computed all of done.
func (u *unit) part(e expr, as string, done ids) *named {
	text := jsonataText(e)
	id, ok := u.parts[text]
	if !ok {
		id = len(u.parts)
		u.parts[text] = id
	}
	if fieldName(as) != as {
		as = "r"
	}
	n := &named{id: id, as: as, of: e, ids: idsIn(e), done: certain(e), free: free(e), names: u.names}
	n.done = n.done.or(n.ids.and(done)).or(idsOf(id))
	n.ids = n.ids.or(idsOf(id))
	return n
}

// idsIn is all that e reads and that can get a name.
func idsIn(e expr) ids {
	if n, ok := e.(*named); ok {
		return n.ids
	}
	var out ids
	for _, c := range children(e) {
		out = out.or(idsIn(c))
	}
	return out
}

// certain is what is computed whenever e is.
func certain(e expr) ids {
	var out ids
	switch e := e.(type) {
	case nil, lambda:
	case *named:
		return e.done
	case cond:
		return certain(e.test).or(certain(e.then).and(certain(e.els)))
	case binary:
		if e.op == "and" || e.op == "or" {
			return certain(e.l)
		}
		return certain(e.l).or(certain(e.r))
	default:
		for _, c := range children(e) {
			out = out.or(certain(c))
		}
	}
	return out
}

// free is the variables that e reads and does not define.
func free(e expr) map[string]bool {
	out := map[string]bool{}
	var visit func(e expr, bound map[string]bool)
	visit = func(e expr, bound map[string]bool) {
		switch e := e.(type) {
		case nil:
		case ref:
			out[e.name] = out[e.name] || !bound[e.name]
		case *named:
			for name := range e.free {
				out[name] = out[name] || !bound[name]
			}
		case lambda:
			visit(e.body, with(bound, true, e.params...))
		case block:
			visit(e.bound, bound)
			visit(e.body, with(bound, true, e.name))
		default:
			for _, c := range children(e) {
				visit(c, bound)
			}
		}
	}
	visit(e, nil)
	maps.DeleteFunc(out, func(_ string, is bool) bool { return !is })
	return out
}

// keep is s as a variable has it: what is long can get a name.
func (x *eval) keep(s sym, as string) sym {
	if !nameable(s) || len(jsonataText(s.e)) <= long {
		return s
	}
	done := x.computed()
	if e, ok := x.keepMembers(s.e, as, done); ok {
		s.e = e
		return s
	}
	return x.whole(s, as, done)
}

// nameable says whether s may get a name: of an error only one that depends on a condition, since where it comes from is looked at.
func nameable(s sym) bool {
	if s.fn != nil || s.e == nil || s.t == nil || ofErrors(s.t) {
		return false
	}
	_, isCond := s.e.(cond)
	return isCond || kindOf(s.t) != errorKind
}

// whole is s as one part.
func (x *eval) whole(s sym, as string, done ids) sym {
	e, raw := s.use(), s.holey()
	if _, is := e.(*named); !is {
		e = x.part(e, as, done)
	}
	s.e, s.raw, s.maybe = e, raw, false
	return s
}

// keepMembers is keep of an object or an array, the members of which are known.
func (x *eval) keepMembers(e expr, as string, done ids) (expr, bool) {
	part := func(e expr) expr {
		if e == nil || len(jsonataText(e)) <= long {
			return e
		}
		if inner, ok := x.keepMembers(e, as, done); ok {
			return inner
		}
		return x.part(e, as, done)
	}
	switch e := e.(type) {
	case *named:
		return e, true
	case object:
		out := object{slices.Clone(e.fields)}
		for i, f := range out.fields {
			if nameable(f.v) && len(jsonataText(f.v.e)) > long {
				if inner, ok := x.keepMembers(f.v.e, f.name, done); ok {
					out.fields[i].v.e = inner
				} else {
					out.fields[i].v = x.whole(f.v, f.name, done)
				}
			}
		}
		return out, true
	case array:
		out := array{slices.Clone(e.items)}
		for i, it := range out.items {
			switch it := it.(type) {
			case each:
			case slot:
				out.items[i] = slot{part(it.of), it.other}
			default:
				out.items[i] = part(it)
			}
		}
		return out, true
	case call:
		if e.fn == "$merge" {
			return call{e.fn, []expr{array{mapped(e.args[0].(array).items, part)}}}, true
		}
	}
	return nil, false
}

func mapped[T any](list []expr, f func(expr) T) []T {
	out := make([]T, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

// computed is what Go has computed where x is.
func (x *eval) computed() ids {
	var out ids
	for _, s := range x.env {
		out = out.or(certain(s.e))
	}
	return out
}

// settledAt is a value that two ways agree on, behind them: what was computed before the ways parted is, wherever it is read on them.
func (x *eval) settledAt(s sym, as string, done ids) sym {
	if !nameable(s) || done.none() {
		return s
	}
	if o, ok := s.e.(object); ok {
		out := object{slices.Clone(o.fields)}
		for i, f := range out.fields {
			out.fields[i].v = x.settledAt(f.v, f.name, done)
		}
		s.e = out
		return s
	}
	if !idsIn(s.e).and(done).in(certain(s.e)) {
		return x.whole(s, as, done)
	}
	return s
}

// opened is e, and not as something that can get a name.
func opened(e expr) expr {
	for n, ok := e.(*named); ok; n, ok = e.(*named) {
		e = n.of
	}
	return e
}

// writeNames is e with names for what it reads more than once, and the rest where it is read. Names are given where what has them
// is computed for certain, so that nothing fails that Go would not have come to.
func writeNames(e expr) expr {
	w := &naming{taken: usedNames(e)}
	walk(e, func(e expr) {
		if n, ok := e.(*named); ok {
			maps.Copy(w.taken, n.names.taken)
		}
	})
	return w.segment(e, map[int]string{}, computeOnce)
}

type naming struct{ taken map[string]bool }

// segment is e, all of which is computed under the same condition. given is the names that stand around it.
func (w *naming) segment(e expr, given map[int]string, tidied func(expr) expr) expr {
	names := toName(e, given)
	if len(names) == 0 {
		return tidied(w.expand(e, given))
	}
	given = maps.Clone(given)
	var blocks []block
	for _, n := range names {
		bound := computeOnce(w.expand(n.of, given))
		if r, ok := bound.(ref); ok {
			given[n.id] = r.name
			continue
		}
		given[n.id] = numbered(n.as, w.taken)
		w.taken[given[n.id]] = true
		blocks = append(blocks, block{name: given[n.id], bound: bound})
	}
	out := computeOnce(w.expand(e, given))
	for _, b := range slices.Backward(blocks) {
		b.body = out
		out = b
	}
	return out
}

// toName is what e reads more than once and computes for certain: what others read comes before them.
func toName(e expr, given map[int]string) []*named {
	r := readings{of: map[int]*named{}, times: map[int]int{}, given: given, defined: map[string]bool{}}
	r.count(e, 1)
	var out []*named
	for id := range certain(e).all {
		if n := r.of[id]; n != nil && r.times[id] > 1 && !reads(refs(n.free), r.defined) {
			out = append(out, n)
		}
	}
	return out
}

func refs(names map[string]bool) expr {
	var out array
	for n := range names {
		out.items = append(out.items, ref{n})
	}
	return out
}

// readings is how often an expression reads what can get a name and has none, and which variables it defines itself.
type readings struct {
	of      map[int]*named
	times   map[int]int
	given   map[int]string
	defined map[string]bool
}

// count counts what e reads, in what it reads too. What a function reads counts twice: it is called for each item.
func (r readings) count(e expr, times int) {
	switch e := e.(type) {
	case *named:
		if r.given[e.id] != "" {
			return
		}
		r.times[e.id] += times
		if r.of[e.id] == nil {
			r.of[e.id] = e
			r.count(e.of, 1)
		}
		return
	case lambda:
		for _, p := range e.params {
			r.defined[p] = true
		}
		times = 2
	case block:
		r.defined[e.name] = true
	}
	for _, c := range children(e) {
		r.count(c, times)
	}
}

// expand is e with the names that are given, and what has none in its place.
func (w *naming) expand(e expr, given map[int]string) expr {
	part := func(e expr) expr { return w.expand(e, given) }
	within := func(e expr) expr { return w.segment(e, given, func(e expr) expr { return e }) }
	switch e := e.(type) {
	case nil:
		return nil
	case *named:
		if name := given[e.id]; name != "" {
			return ref{name}
		}
		return part(e.of)
	case each:
		of := part(e.of)
		if _, was := e.of.(*named); was && bracketed(of) {
			return of
		}
		return each{of}
	case block:
		bound := part(e.bound)
		if r, ok := bound.(ref); ok && bound != e.bound {
			return part(renamed(e.body, e.name, r))
		}
		return block{e.name, bound, part(e.body)}
	}
	return mapParts(e, part, within)
}

// renamed is e with to in place of the variable name.
func renamed(e expr, name string, to ref) expr {
	part := func(e expr) expr { return renamed(e, name, to) }
	switch e := e.(type) {
	case nil:
		return nil
	case ref:
		if e.name == name {
			return to
		}
	case lambda:
		if slices.Contains(e.params, name) {
			return e
		}
	case block:
		if e.name == name {
			return block{name, part(e.bound), e.body}
		}
	}
	return mapChildren(e, part)
}

// short stands for n in a text.
func (n *named) short() string { return "$#" + strconv.Itoa(n.id) }
