package gosource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// places are the Go expressions of what terms read from.
type places struct {
	in, result, item, origin string
	shapes                   map[string]*shape // of them, where they are not that of the state's document
	token                    bool
}

func (p *places) of(from string) string {
	return map[string]string{"in": p.in, "input": p.in, "result": p.result, "item": p.item, "origin": p.origin}[from]
}

// walk is a place as an expression; pointer says that it is one.
func (f *function) walk(t *term, p *places) (expr string, pointer bool) {
	expr = p.of(t.from)
	s := p.shapes[t.from].root()
	for _, step := range t.path {
		if step.rest {
			expr, pointer = expr+"["+strconv.Itoa(step.index)+":]", false
			continue
		}
		if step.index >= 0 {
			expr, s, pointer = expr+"["+strconv.Itoa(step.index)+"]", s.item(true).root(), false
			continue
		}
		fd := s.field(step.name, true)
		if f.goType(s); fd.ident == "" { // the type names its fields
			fd.ident = goName(fd.name, true)
		}
		expr, s, pointer = expr+"."+fd.ident, fd.shape.root(), f.points(fd)
	}
	return expr, pointer
}

// reach is a place as it stands, a pointer or not.
func (f *function) reach(t *term, p *places) string {
	expr, _ := f.walk(t, p)
	return expr
}

// value is a term as an expression of its shape's type.
func (f *function) value(s *asl.State, t *term, p *places) string {
	return f.valueAs(s, t, p, t.shape)
}

// loose is a term as any.
func (f *function) loose(s *asl.State, t *term, p *places) string { return f.valueAs(s, t, p, nil) }

// valueAs is a term as an expression of a shape's type; nil is any.
func (f *function) valueAs(s *asl.State, t *term, p *places, want *shape) string {
	typ := "any"
	if want != nil {
		typ = f.goType(want)
	}
	switch t.op {
	case place:
		if t.from == "origin" && p.origin == "" {
			f.refuse(s, "$$.Execution.Input", "it is not at hand here")
		}
		expr, pointer := f.walk(t, p)
		if pointer && typ != "any" {
			return "*" + expr
		}
		return expr
	case ofContext:
		return f.contextValue(s, t, p)
	case intrinsic:
		return f.call(s, t, p)
	case array:
		items := make([]string, len(t.args))
		for i, a := range t.args {
			var item *shape
			if typ != "any" && typ != "[]any" {
				item = want.item(false)
			}
			items[i] = f.valueAs(s, a, p, item)
		}
		if typ == "any" {
			typ = "[]any"
		}
		return typ + "{" + strings.Join(items, ", ") + "}"
	case object:
		if typ == "any" || typ == "map[string]any" {
			return f.mapOf(s, t, p)
		}
		return f.structOf(s, t, p, want, typ)
	}
	return f.constant(s, t.lit, typ)
}

func (f *function) contextValue(s *asl.State, t *term, p *places) string {
	if t.from == "$$.Task.Token" && !p.token {
		f.refuse(s, "$$.Task.Token", "the state waits for no token")
	}
	return contexts[t.from]
}

func (f *function) mapOf(s *asl.State, t *term, p *places) string {
	if len(t.args) == 0 {
		return "map[string]any{}"
	}
	var b strings.Builder
	for i, a := range t.args {
		b.WriteString(strconv.Quote(t.names[i]) + ": " + f.loose(s, a, p) + ",\n")
	}
	if len(t.args) == 1 && !strings.Contains(strings.TrimSuffix(b.String(), ",\n"), "\n") {
		return "map[string]any{" + strings.TrimSuffix(b.String(), ",\n") + "}"
	}
	return "map[string]any{\n" + b.String() + "}"
}

func (f *function) structOf(s *asl.State, t *term, p *places, want *shape, typ string) string {
	members := make([]string, len(t.args))
	for i, a := range t.args {
		fd := want.field(t.names[i], false)
		v := f.valueAs(s, a, p, fd.shape)
		if f.points(fd) {
			v = f.pointer(v, fd.name)
		}
		members[i] = fd.ident + ": " + v
	}
	if one := strings.Join(members, ", "); len(one) < 90 && !strings.Contains(one, "\n") {
		return typ + "{" + one + "}"
	}
	return typ + "{\n" + strings.Join(members, ",\n") + ",\n}"
}

// pointer points to a value, which is put into a variable first where it is in none.
func (f *function) pointer(v, name string) string {
	if strings.HasPrefix(v, "*") {
		return v[1:]
	}
	if !(doc{expr: v}).isVariable() || strings.ContainsAny(v[:1], `0123456789"`) || v == "true" || v == "false" {
		in := f.unique(name, false)
		f.before += in + " := " + v + "\n"
		v = in
	}
	return "&" + v
}

// constant is a scalar of JSON.
func (f *function) constant(s *asl.State, v value.Value, typ string) string {
	switch v.Kind() {
	case value.Null:
		if typ != "any" && !strings.HasPrefix(typ, "[]") && !strings.HasPrefix(typ, "map[") {
			f.refuse(s, "null", "a %s is never null", typ)
		}
		return "nil"
	case value.String:
		return f.filled(v.Str())
	}
	return v.String()
}

// filled is a text whose placeholders something fills in.
func (f *function) filled(s string) string {
	var parts []string
	for s != "" {
		start := strings.Index(s, "${")
		end := strings.IndexByte(s[max(start, 0):], '}') + max(start, 0)
		if start < 0 || end < start {
			break
		}
		if start > 0 {
			parts = append(parts, strconv.Quote(s[:start]))
		}
		name := EnvName(s[start+2 : end])
		if !slices.Contains(f.src.Env, name) {
			f.src.Env = append(f.src.Env, name)
		}
		parts = append(parts, "flow.Env("+strconv.Quote(name)+")")
		s = s[end+1:]
	}
	if s != "" || len(parts) == 0 {
		parts = append(parts, strconv.Quote(s))
	}
	return strings.Join(parts, "+")
}

// EnvName is what flow.Env calls what fills the placeholder ${name}.
func EnvName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

// call is an intrinsic function.
func (f *function) call(s *asl.State, t *term, p *places) string {
	args := make([]string, len(t.args))
	for i, a := range t.args {
		args[i] = f.value(s, a, p)
	}
	switch t.fn {
	case "States.Format":
		return f.format(s, t, args)
	case "States.Array":
		return f.goType(t.shape) + "{" + strings.Join(args, ", ") + "}"
	case "States.JsonToString":
		return "flow.JSON(" + args[0] + ")"
	case "States.StringToJson":
		return "flow.Parsed[" + f.goType(t.shape) + "](" + args[0] + ")"
	case "States.ArrayLength":
		return "len(" + args[0] + ")"
	case "States.ArrayGetItem":
		return args[0] + "[" + args[1] + "]"
	}
	return args[0] + " + " + args[1]
}

// format is States.Format as a concatenation of texts, or with fmt.Sprintf.
func (f *function) format(s *asl.State, t *term, args []string) string {
	parts := strings.Split(t.args[0].lit.Str(), "{}")
	var list []string
	verbs := ""
	for i, part := range parts {
		if part != "" {
			list = append(list, f.filled(part))
		}
		verbs += strings.ReplaceAll(part, "%", "%%")
		if i == len(parts)-1 {
			break
		}
		switch typ := f.goType(t.args[i+1].shape); typ {
		case "string":
			verbs += "%s"
		case "int", "bool":
			verbs += "%v"
			list = append(list, "")
		default:
			f.refuse(s, "States.Format", "the text of a %s is not known", typ)
		}
		list = append(list, args[i+1])
	}
	for _, item := range list {
		if item == "" && !strings.Contains(verbs, "${") {
			f.src.uses["fmt"] = true
			return "fmt.Sprintf(" + strings.Join(append([]string{strconv.Quote(verbs)}, args[1:]...), ", ") + ")"
		}
	}
	if len(list) == 0 {
		return `""`
	}
	return strings.Join(list, "+")
}
