package gosource

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// kind is what is known of a value.
type kind int

const (
	unknown kind = iota // handed on, never looked into
	text
	number
	boolean
	moment // a time.Time
	list
	record
)

// shape is what a definition says of the values in one place: places that a value goes through unchanged share one. It becomes a Go
// type.
type shape struct {
	up       *shape // the shape that this one was joined with
	kind     kind
	read     bool   // something depends on the kind, and not on being handed on alone
	mixed    bool   // values of several kinds come here
	whole    bool   // a number that counts something
	printed  bool   // by a format: a text, where nothing says otherwise
	caught   bool   // the output of an error
	parsed   *shape // what the JSON in a text says
	hint     string // what a type might be called
	many     string // what the list of such values is called
	fields   []*field
	elem     *shape
	typ      string // of Go, once decided
	deciding bool
}

// field is a member of a record.
type field struct {
	name     string
	shape    *shape
	optional bool // asked for whether it is there
	absent   bool // some values are made without it
	ident    string
}

func (s *shape) root() *shape {
	for s.up != nil {
		s = s.up
	}
	return s
}

// is notes the kind of a place's values.
func (s *shape) is(k kind, read bool) *shape {
	s = s.root()
	if s.kind != unknown && s.kind != k {
		s.mixed = true
	} else {
		s.kind = k
	}
	s.read = s.read || read
	return s
}

// field is a member of a record that is read, or put there.
func (s *shape) field(name string, read bool) *field {
	s = s.is(record, read)
	i := slices.IndexFunc(s.fields, func(f *field) bool { return f.name == name })
	if i < 0 {
		i = len(s.fields)
		s.fields = append(s.fields, &field{name: name, shape: &shape{hint: name}})
	}
	return s.fields[i]
}

// item is what a list holds.
func (s *shape) item(read bool) *shape {
	s = s.is(list, read)
	if s.elem == nil {
		s.elem = &shape{hint: singular(s.hint), many: s.hint}
	}
	return s.elem
}

func singular(name string) string {
	switch {
	case name == "":
		return "item"
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss"):
		return strings.TrimSuffix(name, "s")
	}
	return name + " item"
}

// join makes two places one.
func join(a, b *shape) {
	a, b = a.root(), b.root()
	if a == b {
		return
	}
	b.up = a
	a.read, a.mixed, a.whole = a.read || b.read, a.mixed || b.mixed, a.whole || b.whole
	a.printed, a.caught = a.printed || b.printed, a.caught || b.caught
	if a.hint = cmp.Or(a.hint, b.hint); b.hint == "input" {
		a.hint = b.hint
	}
	a.many = cmp.Or(a.many, b.many)
	if b.kind != unknown {
		a.is(b.kind, b.read)
	}
	for _, f := range b.fields {
		i := slices.IndexFunc(a.fields, func(g *field) bool { return g.name == f.name })
		if i < 0 {
			a.fields = append(a.fields, f)
			continue
		}
		a.fields[i].optional = a.fields[i].optional || f.optional
		join(a.fields[i].shape, f.shape)
		a = a.root()
	}
	switch {
	case a.parsed == nil:
		a.parsed = b.parsed
	case b.parsed != nil:
		join(a.parsed, b.parsed)
		a = a.root()
	}
	switch {
	case a.elem == nil:
		a.elem = b.elem
	case b.elem != nil:
		join(a.elem, b.elem)
	}
}

// within says whether a shape holds another, or is it.
func (s *shape) within(other *shape, seen map[*shape]bool) bool {
	s = s.root()
	if s == other.root() {
		return true
	}
	if seen[s] {
		return false
	}
	seen[s] = true
	if s.elem != nil && s.elem.within(other, seen) {
		return true
	}
	return slices.ContainsFunc(s.fields, func(f *field) bool { return f.shape.within(other, seen) })
}

// caughtShape is that of the output of an error.
func caughtShape() *shape {
	s := &shape{hint: "failure", caught: true}
	s.field("Error", false).shape.is(text, false)
	s.field("Cause", false).shape.is(text, false)
	return s
}

// goType is the type of a shape's values; named structs are declared when they are first asked for.
func (w *writer) goType(s *shape) string {
	s = s.root()
	switch {
	case s.typ != "":
		return s.typ
	case s.deciding:
		w.refuse(nil, "", "%s would hold itself", quoted(s.hint))
		return "any"
	case s.mixed && s.read:
		w.refuseMixed(s)
		s.typ = "any"
		return s.typ
	}
	s.deciding = true
	s.typ = w.decided(s)
	s.deciding = false
	return s.typ
}

// refuseMixed names the places that read values of several kinds.
func (w *writer) refuseMixed(s *shape) {
	found := false
	for _, r := range w.readings {
		if r.shape.root() == s {
			w.refuse(r.state, r.field, "%s is of another type elsewhere", quoted(s.hint))
			found = true
		}
	}
	if !found {
		w.refuse(nil, "", "%s is a value of several types", quoted(s.hint))
	}
}

func quoted(hint string) string {
	if hint == "" {
		return "a value"
	}
	return strconv.Quote(hint)
}

func (w *writer) decided(s *shape) string {
	switch {
	case s.mixed:
		return "any"
	case s.kind == text, s.kind == unknown && s.printed:
		return "string"
	case s.kind == number && (s.whole || s.printed):
		return "int"
	case s.kind == number:
		return "float64"
	case s.kind == boolean:
		return "bool"
	case s.kind == moment:
		w.src.uses["time"] = true
		return "time.Time"
	case s.kind == list:
		return "[]" + w.goType(s.item(false))
	case s.kind != record:
		return "any"
	case s.caught && len(s.fields) == 2:
		return "flow.ErrorOutput"
	case len(s.fields) == 0:
		return "map[string]any"
	}
	return w.declare(s)
}

// declare writes the struct of a record.
func (w *writer) declare(s *shape) string {
	name := w.unique(w.prefix()+" "+cmp.Or(s.hint, "value"), true)
	var b strings.Builder
	b.WriteString("// " + name + " is " + s.meaning() + ", as far as something reads it.\ntype " + name + " struct {\n")
	at := len(w.types)
	w.types = append(w.types, "")
	taken := map[string]bool{}
	for _, f := range s.fields {
		f.ident = fieldName(f.name, taken)
		tag := f.name
		if f.optional || f.absent {
			tag += ",omitempty"
		}
		if f.absent && f.shape.root().kind == list { // omitempty would leave out an empty one
			w.refuse(nil, "", "%q is a list, and some values are made without it", f.name)
		}
		b.WriteString(f.ident + " " + w.fieldType(f) + " `json:" + strconv.Quote(tag) + "`\n")
		if strings.ContainsAny(f.name, "`\",") {
			w.refuse(nil, "", "a field is called %q", f.name)
		}
	}
	members := b.String()[strings.Index(b.String(), "{"):]
	if same := w.declared[s.hint+members]; same != "" {
		delete(w.names, name)
		w.types = slices.Delete(w.types, at, at+1)
		return same
	}
	w.declared[s.hint+members] = name
	w.types[at] = b.String() + "}\n"
	return name
}

// meaning says what a type's values are.
func (s *shape) meaning() string {
	state, isResult := strings.CutSuffix(s.hint, " result")
	switch {
	case s.hint == "input":
		return "what an execution begins with"
	case isResult:
		return "what state " + state + " gives"
	case s.many != "":
		return "one of " + s.many
	case s.hint == "":
		return "a value"
	}
	return "what " + s.hint + " holds"
}

// fieldType is the type of a field, a pointer where it may not be there.
func (w *writer) fieldType(f *field) string {
	t := w.goType(f.shape)
	if w.points(f) {
		return "*" + t
	}
	return t
}

// points says whether a field is a pointer.
func (w *writer) points(f *field) bool {
	t := w.goType(f.shape)
	switch {
	case t == "any", strings.HasPrefix(t, "[]"), strings.HasPrefix(t, "map["):
		return false
	case f.optional:
		return true
	}
	return f.absent // a plain field would leave out what is zero
}

// fieldName is an exported identifier that no other field of the struct has.
func fieldName(name string, taken map[string]bool) string {
	ident := goName(name, true)
	for i := 2; taken[ident]; i++ {
		ident = goName(name, true) + strconv.Itoa(i)
	}
	taken[ident] = true
	return ident
}
