package gosource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// term is a value that a state makes or hands on: a constant, a place in what it has, or a structure of terms.
type term struct {
	op    op
	lit   value.Value
	names []string // of an object's members, with args
	args  []*term
	from  string // of a place: "in", "result", "item", or "$$.Execution.Id" and so on
	path  []step
	fn    string
	shape *shape
}

type op int

const (
	constant op = iota
	object
	array
	place
	intrinsic
	ofContext
)

// step is a name, an index, or the rest of a list from an index on, of a path.
type step struct {
	name  string
	index int // -1: a name
	rest  bool
}

// parsePath reads a path that is names and indices alone: "$.order.items[0]['x']".
func parsePath(path string) (steps []step, ok bool) {
	for rest := path; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
			end := strings.Index(rest[2:], rest[1:2]+"]")
			if end < 0 {
				return nil, false
			}
			steps, rest = append(steps, step{name: rest[2 : 2+end], index: -1}), rest[end+4:]
		case rest[0] == '[':
			inner, after, found := strings.Cut(rest[1:], "]")
			inner, isRest := strings.CutSuffix(inner, ":")
			n, err := strconv.Atoi(inner)
			if !found || err != nil || n < 0 || isRest && after != "" {
				return nil, false
			}
			steps, rest = append(steps, step{index: n, rest: isRest}), after
		case rest[0] == '.':
			n := strings.IndexAny(rest[1:], ".[")
			if n < 0 {
				n = len(rest) - 1
			}
			name := rest[1 : 1+n]
			if name == "" || strings.ContainsAny(name, "*?@()$ ,:'\"") {
				return nil, false
			}
			steps, rest = append(steps, step{name: name, index: -1}), rest[1+n:]
		default:
			return nil, false
		}
	}
	return steps, true
}

// at is the shape of a place in a shape. A path that is tested for being there makes its last field optional.
func at(s *shape, path []step) *shape {
	for _, p := range path {
		switch {
		case p.rest:
			s.item(true)
		case p.index >= 0:
			s = s.item(true)
		default:
			s = s.field(p.name, true).shape
		}
	}
	return s
}

// scope is what terms of a state can read.
type scope struct {
	w      *writer
	s      *asl.State
	field  string // of the state, for what is refused
	in     *shape
	result *shape
	item   *shape // of a Map's ItemSelector
	origin *shape // the input of the execution
}

func (c *scope) refuse(format string, args ...any) *term {
	c.w.refuse(c.s, c.field, format, args...)
	return &term{op: constant, lit: value.NullValue, shape: &shape{}}
}

// path is the term of a path.
func (c *scope) path(path string) *term {
	if strings.HasPrefix(path, "$$") {
		return c.context(path)
	}
	if !strings.HasPrefix(path, "$") {
		return c.refuse("%s is no path", path)
	}
	from, s := "in", c.in
	if c.result != nil {
		from, s = "result", c.result
	}
	steps, ok := parsePath(path[1:])
	if !ok {
		return c.refuse("the path %s", path)
	}
	t := &term{op: place, from: from, path: steps, shape: at(s, steps)}
	c.w.readings = append(c.w.readings, reading{t.shape, c.s, c.field})
	return t
}

// contexts are the values of the context object that Go has.
var contexts = map[string]string{
	"$$.Execution.Id": "flow.ExecutionID(c)", "$$.Execution.Name": "flow.ExecutionName(c)", "$$.Task.Token": "token",
}

func (c *scope) context(path string) *term {
	if path == "$$.State.Name" {
		return c.constant(value.OfString(c.s.Name))
	}
	if _, known := contexts[path]; known {
		s := &shape{}
		s.is(text, true)
		return &term{op: ofContext, from: path, shape: s}
	}
	if rest, ok := strings.CutPrefix(path, "$$.Map.Item.Value"); ok && c.item != nil {
		if steps, ok := parsePath(rest); ok {
			return &term{op: place, from: "item", path: steps, shape: at(c.item, steps)}
		}
	}
	if rest, ok := strings.CutPrefix(path, "$$.Execution.Input"); ok && c.origin != nil {
		if steps, ok := parsePath(rest); ok {
			return &term{op: place, from: "origin", path: steps, shape: at(c.origin, steps)}
		}
	}
	return c.refuse("%s of the context object", path)
}

// template is the term of a payload template of JSONPath, or of plain JSON.
func (c *scope) template(v value.Value, dynamic bool) *term {
	switch v.Kind() {
	case value.Array:
		t := &term{op: array, shape: &shape{}}
		t.shape.is(list, false)
		for _, item := range v.Items() {
			a := c.template(item, dynamic)
			join(t.shape.item(false), a.shape)
			t.args = append(t.args, a)
		}
		return t
	case value.Object:
		t := &term{op: object, shape: &shape{}}
		t.shape.is(record, false)
		for _, m := range v.Members() {
			name, a := m.Name, (*term)(nil)
			if short, isPath := strings.CutSuffix(name, ".$"); dynamic && isPath {
				name, a = short, c.expression(m.Value.Str())
			} else {
				a = c.template(m.Value, dynamic)
			}
			join(t.shape.field(name, false).shape, a.shape)
			t.names, t.args = append(t.names, name), append(t.args, a)
		}
		c.w.literals = append(c.w.literals, t)
		return t
	}
	return c.constant(v)
}

func (c *scope) constant(v value.Value) *term {
	t := &term{op: constant, lit: v, shape: &shape{}}
	switch v.Kind() {
	case value.String:
		t.shape.is(text, false)
	case value.Number:
		t.shape.is(number, false)
	case value.Bool:
		t.shape.is(boolean, false)
	}
	return t
}

// expression is what stands in a field whose name ends in ".$".
func (c *scope) expression(text string) *term {
	if strings.HasPrefix(text, "$") {
		return c.path(text)
	}
	return c.call(text)
}

// call is an intrinsic function.
func (c *scope) call(source string) *term {
	name, rest, ok := strings.Cut(source, "(")
	args, whole := arguments(strings.TrimSuffix(strings.TrimSpace(rest), ")"))
	if !ok || !whole || !strings.HasSuffix(strings.TrimSpace(rest), ")") {
		return c.refuse("%s", source)
	}
	t := &term{op: intrinsic, fn: strings.TrimSpace(name), shape: &shape{}}
	for _, a := range args {
		t.args = append(t.args, c.argument(a))
	}
	if !t.typed() {
		return c.refuse("the function %s", t.fn)
	}
	return t
}

// arguments are the texts between the commas of a call.
func arguments(s string) (list []string, ok bool) {
	depth, quote, from := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'':
			quote = !quote
		case quote:
		case s[i] == '(' || s[i] == '[':
			depth++
		case s[i] == ')' || s[i] == ']':
			depth--
		case s[i] == ',' && depth == 0:
			list, from = append(list, strings.TrimSpace(s[from:i])), i+1
		}
	}
	if last := strings.TrimSpace(s[min(from, len(s)):]); last != "" {
		list = append(list, last)
	}
	return list, depth == 0 && !quote
}

func (c *scope) argument(s string) *term {
	if strings.HasPrefix(s, "'") {
		return c.constant(value.OfString(unescaped.Replace(strings.TrimSuffix(s[1:], "'"))))
	}
	if v, err := value.Parse(s); err == nil {
		return c.constant(v)
	}
	return c.expression(s)
}

var unescaped = strings.NewReplacer(`\'`, `'`, `\\`, `\`, `\{`, `{`, `\}`, `}`)

// typed says what a function makes and takes, and whether Go has it.
func (t *term) typed() bool {
	count := map[string]int{"States.ArrayLength": 1, "States.ArrayGetItem": 2, "States.MathAdd": 2}
	if n, fixed := count[t.fn]; fixed && len(t.args) != n {
		return false
	}
	switch t.fn {
	case "States.Format":
		t.shape.is(text, true)
		for _, a := range t.args[min(1, len(t.args)):] {
			a.shape.root().printed = true
			a.shape.root().read = true
		}
		return len(t.args) > 0 && t.args[0].op == constant && strings.Count(t.args[0].lit.Str(), "{}") == len(t.args)-1
	case "States.Array":
		t.shape.is(list, false)
		for _, a := range t.args {
			join(t.shape.item(false), a.shape)
		}
	case "States.ArrayLength":
		t.shape.is(number, true).whole = true
		t.args[0].shape.item(true)
	case "States.JsonToString":
		t.shape.is(text, true)
		return len(t.args) == 1
	case "States.StringToJson":
		if len(t.args) != 1 {
			return false
		}
		t.args[0].shape.is(text, true)
		t.shape.hint = "parsed"
		t.args[0].shape.root().parsed = t.shape
	case "States.ArrayGetItem":
		t.args[1].shape.is(number, true).whole = true
		join(t.shape, t.args[0].shape.item(true))
	case "States.MathAdd":
		for _, a := range append(slices.Clone(t.args), t) {
			a.shape.is(number, true).whole = true
		}
	default:
		return false
	}
	return true
}
