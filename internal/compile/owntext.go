package compile

import (
	"go/ast"
	"go/types"
	"strings"
)

// ownText is the text that a value's own method makes of it for a verb; own is false where the verb asks no method.
func (x *eval) ownText(at ast.Expr, verb byte, s sym) (text sym, own bool) {
	if s.t == nil || kindOf(s.t) == errorKind || !strings.ContainsRune("svqxX", rune(verb)) {
		return s, false
	}
	fn := textMethod(s.t)
	if fn == nil {
		return s, false
	}
	if form, ok := library[fullName(fn)]; ok {
		return sym{e: form(x, nil, []sym{s}).use(), t: types.Typ[types.String]}, true
	}
	p := x.prog.packageOf(fn.Pkg())
	if fn.Name() == "Format" || kindOf(s.t) == pointerKind || p == nil || p.decl(fn) == nil || onlyCaught(s.e) && isErrorType(s.t) {
		hint := "convert the value to a string or number, or write the text in a handler"
		if isErrorType(s.t) {
			hint = "use the error that it was found in"
		}
		return x.bad(at, "the text of a "+typeName(s.t)+" is what its method "+fn.Name()+" makes, which a state machine cannot call", hint), true
	}
	values := x.apply(at, &closure{decl: fn, node: at, frame: x.frame}, []sym{s})
	if len(values) != 1 {
		return sym{e: emptyStr, t: types.Typ[types.Invalid]}, true
	}
	return values[0], true
}

// textMethod is the method by which package fmt writes a value of type t, nil where there is none. That of a pointer is not t's.
func textMethod(t types.Type) *types.Func {
	methods := types.NewMethodSet(t)
	for _, name := range []string{"Format", "Error", "String"} {
		if m := methods.Lookup(nil, name); m != nil {
			if fn, ok := m.Obj().(*types.Func); ok {
				return fn
			}
		}
	}
	return nil
}
