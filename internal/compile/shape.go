package compile

import (
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/stride-aws/stride/internal/integration"
)

// jsonField is a field of a struct as encoding/json writes it.
type jsonField struct {
	v        *types.Var
	name     string       // in JSON
	path     []*types.Var // from the struct, through embedded structs, to v itself
	tagged   bool         // named by its tag
	omit     bool         // omitempty or omitzero
	zero     bool         // omitzero
	asText   bool         // ',string'
	ofNobody bool         // of an embedded pointer to a struct: JSON has the field where the pointer is not nil
}

// why says why a workflow cannot read the field.
func (f jsonField) why() (message, hint string) {
	switch k := kindOf(f.v.Type()); {
	case isBuilder(structOf(f.v.Type())):
		return "is an empty object in JSON", "keep the Builder in a variable, and its text in the field"
	case f.ofNobody:
		return flattened, "embed the struct itself, or give the pointer a name in JSON"
	case f.asText && k != intKind && k != boolKind:
		return "is a text in JSON, by its ',string'", "leave ',string' out, or work with the field in a handler"
	}
	return "", ""
}

const flattened = "comes by an embedded pointer, which JSON flattens: nil is not told from a struct whose fields are left out"

// whyNot says why a workflow cannot give the field a value.
func (f jsonField) whyNot(to sym) (message, hint string) {
	if f.zero && ownZero(f.v.Type()) && !same(to.e, goZero(f.v.Type())) {
		return "is left out of JSON where its method IsZero says so, by its ',omitzero'", "leave ',omitzero' out, or make the value in a handler"
	}
	return f.why()
}

// embeds says whether v, a field of t, is a struct, or a pointer to one, whose fields JSON has in t's place; pointer, whether any of
// them are of an embedded pointer.
func embeds(t types.Type, v *types.Var) (yes, pointer bool) {
	for _, f := range fieldsOf(t) {
		if slices.ContainsFunc(f.path[:len(f.path)-1], func(p *types.Var) bool { return p.Origin() == v.Origin() }) {
			yes, pointer = true, pointer || f.ofNobody
		}
	}
	return yes, pointer
}

// fieldsOf lists the JSON fields of a struct, those of embedded structs in their place, by encoding/json's rules of depth. A struct
// that JSON has nothing of is a workflow's own, and has its fields by their names in Go.
func fieldsOf(t types.Type) []jsonField {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	if isPrivate(s) {
		return privateFields(s)
	}
	all := appendFields(nil, s, nil, false)
	if isSDK(t) {
		all = slices.DeleteFunc(all, func(f jsonField) bool { return f.name == "ResultMetadata" })
		obj := types.Unalias(t).(*types.Named).Obj()
		if member, ok := unionMember(t); ok {
			all[0].name = member
			return all[:1]
		}
		for i := range all {
			all[i].omit = true
			all[i].name = integration.FieldName(obj.Pkg().Path(), obj.Name(), all[i].name)
		}
	}
	var out []jsonField
	for _, f := range all {
		if dominant(all, f) {
			out = append(out, f)
		}
	}
	return out
}

// isPrivate says whether no field of a struct is exported, and none embedded.
func isPrivate(s *types.Struct) bool {
	for v := range s.Fields() {
		if v.Exported() || v.Embedded() {
			return false
		}
	}
	return true
}

// privateIn is a struct in t that JSON has nothing of; nil where there is none.
func privateIn(t types.Type, seen map[types.Type]bool) types.Type {
	if t == nil || seen[t] {
		return nil
	}
	seen[t] = true
	switch kindOf(t) {
	case sliceKind, mapKind, pointerKind:
		return privateIn(elemOf(t), seen)
	case structKind:
		fields := fieldsOf(t)
		if isPrivate(t.Underlying().(*types.Struct)) && len(fields) > 0 {
			return t
		}
		for _, f := range fields {
			if found := privateIn(f.v.Type(), seen); found != nil {
				return found
			}
		}
	}
	return nil
}

func privateFields(s *types.Struct) []jsonField {
	var out []jsonField
	for v := range s.Fields() {
		if v.Name() != "_" {
			out = append(out, jsonField{v: v, name: v.Name(), path: []*types.Var{v}})
		}
	}
	return out
}

func appendFields(out []jsonField, s *types.Struct, path []*types.Var, ofNobody bool) []jsonField {
	for i := range s.NumFields() {
		v := s.Field(i)
		tag := reflect.StructTag(s.Tag(i)).Get("json")
		name, opts, _ := strings.Cut(tag, ",")
		if !isTagName(name) {
			name = ""
		}
		if tag == "-" {
			continue
		}
		here := append(path[:len(path):len(path)], v)
		if inner, ok := structOf(v.Type()).Underlying().(*types.Struct); ok && v.Embedded() && name == "" {
			if !slices.Contains(path, v) {
				out = appendFields(out, inner, here, ofNobody || kindOf(v.Type()) == pointerKind)
			}
			continue
		}
		if !v.Exported() {
			continue
		}
		f := jsonField{v: v, name: name, path: here, tagged: name != "", ofNobody: ofNobody}
		if name == "" {
			f.name = v.Name()
		}
		for opt := range strings.SplitSeq(opts, ",") {
			f.omit = f.omit || opt == "omitempty" && canBeEmpty(v.Type()) || opt == "omitzero"
			f.zero = f.zero || opt == "omitzero"
			f.asText = f.asText || opt == "string" && isBasic(structOf(v.Type()))
		}
		out = append(out, f)
	}
	return out
}

// isTagName says whether encoding/json takes a tag's name. Go: encoding/json, isValidTag.
func isTagName(name string) bool {
	return !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}

// canBeEmpty is false for what omitempty never omits: structs, and arrays with items.
func canBeEmpty(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Struct:
		return false
	case *types.Array:
		return t.Len() == 0
	}
	return true
}

// ownZero says whether t's zero values are for a method of its own to tell, as omitzero has it.
func ownZero(t types.Type) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "IsZero")
	_, isFunc := obj.(*types.Func)
	return isFunc && !isNamed(t, "time", "Time")
}

func isBasic(t types.Type) bool {
	_, ok := t.Underlying().(*types.Basic)
	return ok
}

// dominant says whether f wins among the fields of its name: the least depth does, and there one that its tag names; of two such none.
func dominant(all []jsonField, f jsonField) bool {
	for _, other := range all {
		if other.name != f.name || other.v == f.v && len(other.path) == len(f.path) {
			continue
		}
		if len(other.path) < len(f.path) || len(other.path) == len(f.path) && (other.tagged || !f.tagged) {
			return false
		}
	}
	return true
}

// sameMembers says whether JSON has two structs, whose fields are the same in Go, by the same names.
func sameMembers(a, b types.Type) bool {
	return slices.EqualFunc(fieldsOf(a), fieldsOf(b), func(f, g jsonField) bool {
		return f.name == g.name && f.v.Name() == g.v.Name() && f.omit == g.omit && f.zero == g.zero && f.asText == g.asText
	})
}

// hidden is the fields of the embedded struct v that the JSON of t, around it, does not have: others have their names.
func hidden(t types.Type, v *types.Var) []jsonField {
	all := fieldsOf(t)
	return slices.DeleteFunc(fieldsOf(structOf(v.Type())), func(f jsonField) bool {
		return slices.ContainsFunc(all, func(g jsonField) bool { return f.v.Origin() == g.v.Origin() })
	})
}

func fieldOf(t types.Type, v *types.Var) (jsonField, bool) {
	for _, f := range fieldsOf(t) {
		if f.v.Origin() == v.Origin() {
			return f, true
		}
	}
	return jsonField{}, false
}

// kind is what a Go type is in JSON.
type kind uint8

const (
	opaque kind = iota // passed on, never looked into
	boolKind
	intKind
	floatKind
	stringKind
	bytesKind
	timeKind
	structKind
	sliceKind
	mapKind
	pointerKind
	errorKind
	funcKind
)

func kindOf(t types.Type) kind {
	if t == nil {
		return opaque
	}
	if isNamed(t, "time", "Time") {
		return timeKind
	}
	if isError(t) {
		return errorKind
	}
	if _, ok := textZero(t); ok || isBuilder(t) {
		return stringKind
	}
	if marshals(t) || isNamed(t, "encoding/json", "Number") {
		return opaque
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicKind(u)
	case *types.Struct:
		return structKind
	case *types.Slice:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Byte {
			return bytesKind
		}
		return sliceKind
	case *types.Array:
		return sliceKind
	case *types.Map:
		return mapKind
	case *types.Pointer:
		return pointerKind
	case *types.Signature:
		return funcKind
	}
	return opaque
}

func isFloat32(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Float32 && !marshals(t)
}

func basicKind(b *types.Basic) kind {
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		return boolKind
	case info&types.IsInteger != 0:
		return intKind
	case isFloat32(b): // JSON has more digits than Go's value
		return opaque
	case info&types.IsFloat != 0:
		return floatKind
	case info&types.IsString != 0:
		return stringKind
	}
	return opaque
}

// textZeros has the types of other modules whose JSON is the text that their method String makes, with that of the zero value.
var textZeros = map[string]string{
	"github.com/google/uuid.UUID":   "00000000-0000-0000-0000-000000000000",
	"github.com/gofrs/uuid.UUID":    "00000000-0000-0000-0000-000000000000",
	"github.com/gofrs/uuid/v5.UUID": "00000000-0000-0000-0000-000000000000",
}

func textZero(t types.Type) (zero string, ok bool) {
	n, isNamed := types.Unalias(t).(*types.Named)
	if !isNamed || n.Obj().Pkg() == nil {
		return "", false
	}
	zero, ok = textZeros[n.Obj().Pkg().Path()+"."+n.Obj().Name()]
	return zero, ok
}

func isNamed(t types.Type, pkg, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == pkg
}

var errorType = types.Universe.Lookup("error").Type()

func isError(t types.Type) bool { return types.Identical(types.Unalias(t), errorType) }

// marshals says whether t writes its own JSON, so that its fields say nothing about it.
func marshals(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	for _, name := range []string{"MarshalJSON", "MarshalText", "UnmarshalJSON", "UnmarshalText"} {
		if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(n), false, n.Obj().Pkg(), name); obj != nil {
			if _, isFunc := obj.(*types.Func); isFunc {
				return true
			}
		}
	}
	return false
}

// structOf is the struct that t is or points to.
func structOf(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func elemOf(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	case *types.Map:
		return u.Elem()
	case *types.Pointer:
		return u.Elem()
	}
	return nil
}
