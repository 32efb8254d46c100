package compile

import (
	"go/ast"
	"go/types"
)

// compositeText is a slice, a map or a struct as the verbs %v and %+v write it: [a b], map[k:v] by its sorted keys, {a b}. ok is false
// where anything in it has no exact text: a float, a pointer, a value with a method of its own for that.
func (x *eval) compositeText(at ast.Node, s sym, named bool) (out expr, ok bool) {
	if textMethod(s.t) != nil || isBuilder(s.t) {
		return nil, false
	}
	switch kindOf(s.t) {
	case stringKind, intKind, boolKind:
		return asText(s), true
	case sliceKind:
		return x.sliceText(at, s, named)
	case mapKind:
		return x.mapText(at, s, named)
	case structKind:
		return x.structText(at, s, named)
	}
	return nil, false
}

func (x *eval) sliceText(at ast.Node, s sym, named bool) (expr, bool) {
	item := x.names.parameter("item")
	of := itemOf(s, ref{item})
	text, ok := x.compositeText(at, of, named)
	if !ok {
		return nil, false
	}
	items := s.items()
	if !same(text, ref{item}) {
		items = each{callOf("$map", items, lambda{[]string{item}, text})}
	}
	return between("[", callOf("$join", items, str(" ")), "]"), true
}

func (x *eval) mapText(at ast.Node, s sym, named bool) (expr, bool) {
	keyType := s.t.Underlying().(*types.Map).Key()
	if k := kindOf(keyType); textMethod(keyType) != nil || k != stringKind && k != intKind {
		return nil, false
	}
	m, wrap := x.bound("m", s.use())
	key := x.names.parameter("key")
	value := itemOf(s, callOf("$lookup", m, ref{key}))
	value.maybe = true
	keys, name := expr(callOf("$keys", m)), expr(ref{key})
	if kindOf(keyType) == intKind {
		number := x.names.parameter("key")
		keys = callOf("$map", keys, lambda{[]string{number}, callOf("$number", ref{number})})
		name = callOf("$string", name)
		value.e = callOf("$lookup", m, name)
	}
	text, ok := x.compositeText(at, value, named)
	if !ok {
		return nil, false
	}
	entry := concat(concat(name, str(":")), text)
	entries := each{callOf("$map", callOf("$sort", keys), lambda{[]string{key}, entry})}
	return wrap(between("map[", callOf("$join", entries, str(" ")), "]")), true
}

func (x *eval) structText(at ast.Node, s sym, named bool) (expr, bool) {
	wrap := func(e expr) expr { return e }
	if _, isObject := s.e.(object); !isObject {
		s.e, wrap = x.bound("v", s.use())
		s.maybe = false
	}
	out, first := expr(str("{")), true
	for v := range s.t.Underlying().(*types.Struct).Fields() {
		value := x.fieldOf(at, s, v)
		text, ok := expr(nil), value.t != types.Typ[types.Invalid]
		if ok {
			text, ok = x.compositeText(at, value, named)
		}
		if !ok {
			return nil, false
		}
		if !first {
			out = concat(out, str(" "))
		}
		if named {
			out = concat(out, str(v.Name()+":"))
		}
		out, first = concat(out, text), false
	}
	return wrap(concat(out, str("}"))), true
}

func between(open string, e expr, end string) expr { return concat(concat(str(open), e), str(end)) }
