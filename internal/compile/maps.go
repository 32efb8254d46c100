package compile

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

// A Go map is an object in JSON: its keys are texts, numbers in decimal as encoding/json writes them.

// mapKey is a key as the object has it.
func (x *eval) mapKey(at ast.Node, k sym) (expr, bool) {
	switch kindOf(k.t) {
	case stringKind:
		return k.use(), true
	case intKind:
		if l, ok := k.e.(lit); ok {
			return str(l.v.String()), true
		}
		return call{"$string", []expr{k.use()}}, true
	}
	if k.t != types.Typ[types.Invalid] { // else refused already
		x.refuse(at, "the keys of a map must be strings or whole numbers in JSON", "use map[string]...")
	}
	return emptyStr, false
}

func constText(e expr) (string, bool) {
	l, ok := e.(lit)
	return l.v.Str(), ok && l.v.Kind() == value.String
}

// lookup is m[k].
func (x *eval) lookup(at ast.Node, m, k sym, t types.Type) sym {
	key, ok := x.mapKey(at, k)
	if !ok {
		return sym{e: null, t: types.Typ[types.Invalid]}
	}
	s := sym{t: t, raw: m.raw, maybe: true}
	if isNull(m.e) {
		return zeroSym(t)
	}
	name, isConst := constText(key)
	if !isConst {
		s.e = call{"$lookup", []expr{m.e, key}}
		return s
	}
	if o, ok := m.e.(object); ok {
		if i := o.index(name); i >= 0 {
			return o.fields[i].v
		}
		return zeroSym(t)
	}
	s.e = member{m.e, name}
	return s
}

func (o object) index(name string) int {
	return slices.IndexFunc(o.fields, func(f field) bool { return f.name == name })
}

// commaOK is v, ok := m[k].
func (x *eval) commaOK(e *ast.IndexExpr) []sym {
	s, m := x.expr(e), x.expr(e.X)
	ok := sym{t: types.Typ[types.Bool]}
	key, _ := x.mapKey(e.Index, x.expr(e.Index))
	name, isConst := constText(key)
	o, isObject := m.e.(object)
	switch {
	case isObject && isConst:
		ok.e = boolLit(o.index(name) >= 0)
	case isNull(m.e):
		ok.e = no
	default:
		ok.e = call{"$exists", []expr{s.e}}
	}
	return []sym{s, ok}
}

// assignIndex is m[k] = s, of a map or a slice.
func (x *eval) assignIndex(l *ast.IndexExpr, s sym) {
	m := x.expr(l.X)
	switch kindOf(m.t) {
	case mapKind:
	case sliceKind:
		x.assignItem(l, m, s)
		return
	default:
		if m.t != types.Typ[types.Invalid] { // else refused already
			x.refuse(l, "an item of a "+typeName(m.t)+" cannot be assigned: it is a text in JSON", "change it in a handler")
		}
		return
	}
	x.refuseAliased(l, l.X)
	if isNull(m.e) {
		x.refuse(l, x.source(l.X)+" is nil here, and Go panics on an assignment to a nil map", "make it first: "+x.source(l.X)+" = "+typeName(m.t)+"{}")
		return
	}
	key, ok := x.mapKey(l.Index, x.expr(l.Index))
	if !ok {
		return
	}
	v := x.as(s, elemOf(m.t)).settledNow()
	x.assign(l.X, sym{e: withEntry(m, key, v), t: m.t, full: true, raw: m.raw || v.holey()})
}

// withEntry is the map m with another value, or one more, at a key.
func withEntry(m sym, key expr, v sym) expr {
	change := expr(keyed{key, v.e})
	o, isObject := m.e.(object)
	if name, ok := constText(key); ok {
		if isObject {
			return o.with(field{name: name, v: v})
		}
		return withMembers(m.entries(), field{name: name, v: v})
	}
	if isObject && len(o.fields) == 0 {
		return change
	}
	return merged(m.entries(), change)
}

// entries is a map that gets another entry: one that omitempty has left out of the struct around it was empty, and not nil.
func (s sym) entries() expr {
	if s.maybe {
		return s.orElse(object{})
	}
	return s.use()
}

// merged is an object with others laid over it.
func merged(e expr, change expr) expr {
	parts := []expr{e}
	if c, ok := e.(call); ok && c.fn == "$merge" {
		parts = slices.Clone(c.args[0].(array).items)
	}
	return call{"$merge", []expr{array{append(parts, change)}}}
}

// withMembers is an object with other members: those that were laid over it before are of the same object.
func withMembers(e expr, f field) expr {
	c, ok := e.(call)
	if !ok || c.fn != "$merge" {
		return merged(e, object{[]field{f}})
	}
	parts := slices.Clone(c.args[0].(array).items)
	last, ok := parts[len(parts)-1].(object)
	if !ok {
		return merged(e, object{[]field{f}})
	}
	parts[len(parts)-1] = last.with(f)
	return call{"$merge", []expr{array{parts}}}
}

func (o object) with(f field) object {
	out := object{slices.Clone(o.fields)}
	if i := out.index(f.name); i >= 0 {
		out.fields[i] = f
	} else {
		out.fields = append(out.fields, f)
	}
	return out
}

// mapLit is a literal of a map. Keys that are computed overwrite earlier ones, as they do in Go.
func (x *eval) mapLit(e *ast.CompositeLit, t types.Type) sym {
	m := sym{e: object{}, t: t, full: true}
	for _, elt := range e.Elts {
		kv := elt.(*ast.KeyValueExpr)
		key, ok := x.mapKey(kv.Key, x.expr(kv.Key))
		if !ok {
			return m
		}
		v := x.as(x.expr(kv.Value), elemOf(t)).settledNow()
		m.e, m.raw = withEntry(m, key, v), m.raw || v.holey()
	}
	return m
}

// refuseTangled refuses an assignment whose left side reads what it assigns: Go reads all of it before, and what follows does not.
func (x *eval) refuseTangled(lhs []ast.Expr) {
	if len(lhs) < 2 {
		return
	}
	for _, e := range lhs {
		for _, other := range lhs {
			if v := x.rootVar(e); other != e && v != nil && x.tangled(e, v, other) {
				x.refuse(other, "this reads "+x.source(e)+", which the same statement assigns", "assign them in two statements")
			}
		}
	}
}

// tangled says whether the place other is found by what place e, of variable v, holds.
func (x *eval) tangled(e ast.Expr, v *types.Var, other ast.Expr) bool {
	l := &liveness{info: x.pkg.info}
	for p := range steps(other) {
		if i, ok := p.(*ast.IndexExpr); ok && l.reads(i.Index)[v] {
			return true
		}
		if of := base(p); x.rootVar(of) == v && x.source(of) == x.source(e) {
			return true
		}
	}
	return false
}

// overlaid is what an object's last members were laid over, and these members, where their names are known.
func overlaid(e expr) (below expr, last object, ok bool) {
	c, ok := e.(call)
	if !ok || c.fn != "$merge" {
		return nil, last, false
	}
	parts := c.args[0].(array).items
	if last, ok = parts[len(parts)-1].(object); !ok {
		return nil, last, false
	}
	if len(parts) == 2 {
		return parts[0], last, true
	}
	return call{"$merge", []expr{array{parts[:len(parts)-1]}}}, last, true
}
