package compile

import (
	"go/ast"
	"go/types"
	"slices"
)

// A struct is an object with the fields that encoding/json gives it.

// fieldOf reads a field of a struct, through a pointer and embedded structs too.
func (x *eval) fieldOf(at ast.Node, s sym, v *types.Var) sym {
	t := s.t
	if t == types.Typ[types.Invalid] { // refused already
		return s
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if isErrorType(t) && onlyCaught(s.e) {
		return x.bad(at, "an error's fields stay in the handler: Step Functions keeps its name and its text", "put what the workflow needs into the handler's result")
	}
	if kindOf(t) != structKind {
		return x.bad(at, "the fields of "+typeName(t)+" are not known in JSON: the type writes its own", "decide in a handler")
	}
	f, ok := fieldOf(t, v)
	if name, isUnion := unionMember(t); isUnion && ok {
		return sym{e: unionValue(asserted(s.e), name), t: x.subst(f.v.Type()), maybe: true, raw: s.raw}
	}
	if is, pointer := embeds(t, v); !ok && pointer {
		message, hint := jsonField{v: v, ofNobody: true}.why()
		return x.bad(at, "the field "+v.Name()+" "+message, hint)
	} else if !ok && is {
		return x.embedded(s, t, v)
	}
	if !ok {
		return x.noField(at, t, v)
	}
	if message, hint := f.why(); message != "" {
		return x.bad(at, "the field "+v.Name()+" "+message, hint)
	}
	return s.field(f, x.subst(f.v.Type()))
}

// noField refuses a field that JSON does not have, once: what it needs is done where it is declared.
func (x *eval) noField(at ast.Node, t types.Type, v *types.Var) sym {
	message, hint := "the field "+v.Name()+" is not in the JSON of "+typeName(t)+", by its tag", "give it a name in JSON"
	if !v.Exported() {
		message = "the field " + v.Name() + " of " + typeName(t) + " is not exported, so that JSON has other fields and not it"
		hint = "export it, or keep it in a struct of which no field is exported"
	}
	if x.said[message] {
		return sym{e: null, t: types.Typ[types.Invalid]}
	}
	x.said[message] = true
	return x.bad(at, message, hint)
}

// embedded is an embedded struct, whose fields are those of the struct around it in JSON.
func (x *eval) embedded(s sym, t types.Type, v *types.Var) sym {
	var o object
	for _, f := range fieldsOf(t) {
		if slices.ContainsFunc(f.path[:len(f.path)-1], func(p *types.Var) bool { return p.Origin() == v.Origin() }) {
			o.fields = append(o.fields, f.member(s.field(f, x.subst(f.v.Type())), false))
		}
	}
	return sym{e: o, t: x.subst(v.Type())}
}

// refusePromoted refuses a method of an embedded struct that lacks fields in JSON.
func (x *eval) refusePromoted(sel *types.Selection) {
	t := structOf(sel.Recv())
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		v := structOf(t).Underlying().(*types.Struct).Field(i)
		if _, pointer := embeds(structOf(sel.Recv()), v); pointer {
			x.refuse(x.here(), "the method "+sel.Obj().Name()+" "+flattened, "embed the struct itself, or give the pointer a name in JSON")
		}
		for _, f := range hidden(structOf(sel.Recv()), v) {
			x.refuse(x.here(), v.Name()+"."+f.v.Name()+", which the method "+sel.Obj().Name()+" may read, is not in the JSON of "+typeName(sel.Recv())+": another field has its name", "give the fields different names in JSON")
		}
		t = v.Type()
	}
}

func (s sym) field(f jsonField, t types.Type) sym {
	if o, ok := s.e.(object); ok {
		for _, have := range o.fields {
			if have.name == f.name {
				return have.v
			}
		}
		return zeroSym(t)
	}
	if isNull(s.e) { // of a nil pointer: Go would panic, and nobody gets here
		return zeroSym(t)
	}
	if below, laid, ok := overlaid(s.e); ok {
		if i := laid.index(f.name); i >= 0 {
			return laid.fields[i].v
		}
		s.e = below
		return s.field(f, t)
	}
	out := sym{e: member{s.e, f.name}, t: t, raw: s.raw, maybe: s.raw || s.maybe || f.omit}
	switch {
	case f.asText && kindOf(t) == boolKind:
		return sym{e: loose{out.e, str("true")}, t: t}
	case f.asText:
		out.e = call{"$number", []expr{out.e}}
	}
	return out
}

func (x *eval) structLit(e *ast.CompositeLit, t types.Type) sym {
	s := sym{e: zeroStruct(t), t: t}
	st := t.Underlying().(*types.Struct)
	for i, elt := range e.Elts {
		v, val := st.Field(min(i, st.NumFields()-1)), elt
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			v, _ = x.pkg.info.ObjectOf(kv.Key.(*ast.Ident)).(*types.Var)
			val = kv.Value
		}
		value := x.expr
		if isBlob(t, v) {
			value = x.blob
		}
		s = x.setField(elt, s, v, x.as(value(val), x.subst(v.Type())))
	}
	return s
}

// setField is s with another value of a field.
func (x *eval) setField(at ast.Node, s sym, v *types.Var, to sym) sym {
	if s.t == types.Typ[types.Invalid] { // refused already
		return s
	}
	t := structOf(s.t)
	pointer := kindOf(s.t) == pointerKind
	f, ok := fieldOf(t, v)
	if message, hint := x.whyNotSet(t, v, to); message != "" {
		return x.bad(at, "the field "+v.Name()+" "+message, hint)
	}
	if o, isObject := s.e.(object); isObject {
		if out, ok := o.set(t, v, to); ok {
			return sym{e: out, t: s.t, full: pointer}
		}
	}
	if !ok {
		return x.noField(at, t, v)
	}
	change := field{name: f.name, v: to.settledNow(), asText: f.asText}
	return sym{e: withMembers(s.use(), change), t: s.t, raw: s.holey() || to.holey(), full: pointer}
}

func (x *eval) whyNotSet(t types.Type, v *types.Var, to sym) (message, hint string) {
	if f, ok := fieldOf(t, v); ok {
		return f.whyNot(to)
	}
	is, pointer := embeds(t, v)
	if pointer && !isNull(to.e) {
		return jsonField{v: v, ofNobody: true}.why()
	}
	for _, f := range hidden(t, v) {
		if o, ok := to.e.(object); is && !(ok && (o.index(f.name) < 0 || isZeroLit(o.member(f.name)))) {
			return "has a field " + f.v.Name() + " that is not in the JSON of " + typeName(t) + ", where another has its name", "give the fields different names in JSON"
		}
	}
	return "", ""
}

// set replaces the member of a field, or the members of an embedded struct.
func (o object) set(t types.Type, v *types.Var, to sym) (object, bool) {
	out := object{append([]field(nil), o.fields...)}
	found := false
	for _, f := range fieldsOf(t) {
		for _, step := range f.path {
			if step.Origin() != v.Origin() {
				continue
			}
			part := to
			if f.v.Origin() != v.Origin() {
				part = to.field(f, f.v.Type())
			}
			for i := range out.fields {
				if out.fields[i].name == f.name {
					out.fields[i].v, found = part.settledNow(), true
				}
			}
		}
	}
	return out, found
}
