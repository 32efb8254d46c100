package velocity

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// Object is a variable that is more than data, like $input. A value is nil for what is not there, a string, a bool, a float64, a
// value.Value, an []any or an Object.
type Object interface {
	Get(name string) any
	Set(name string, v any) error
	Call(method string, args []any) (any, error)
}

// maxOutput bounds what a template makes, in bytes: API Gateway's payload. AWS: API Gateway quotas, payload size.
const maxOutput = 10 << 20

// Run makes the text of the template with the variables, to which it adds those that it sets.
func (t *Template) Run(variables map[string]any) (string, error) {
	left := maxNodes
	r := &run{variables: variables, left: &left}
	r.all(t.nodes)
	return r.out.String(), r.err
}

// maxNodes is how many parts of a template one run goes through, each time a loop comes to them: what is beyond is a loop gone wrong.
const maxNodes = 200_000

type run struct {
	variables map[string]any
	left      *int
	out       strings.Builder
	err       error
}

func (r *run) fail(format string, args ...any) any {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	return nil
}

// count is whether the run may go on.
func (r *run) count() bool {
	if *r.left--; *r.left < 0 {
		r.fail("the template runs for too long")
	}
	return r.err == nil
}

func (r *run) all(nodes []node) {
	for _, n := range nodes {
		if r.count() {
			n.run(r)
		}
	}
}

func (r *run) write(text string) {
	if r.out.Len()+len(text) > maxOutput {
		r.fail("the template makes more than %d bytes", maxOutput)
		return
	}
	r.out.WriteString(text)
}

type node interface{ run(r *run) }

type literal string

func (n literal) run(r *run) { r.write(string(n)) }

type assignment struct {
	target *reference
	value  expression
}

func (n *assignment) run(r *run) {
	v := n.value.value(r)
	last := len(n.target.steps) - 1
	if last < 0 {
		r.variables[n.target.name] = v
		return
	}
	holder := &reference{name: n.target.name, steps: n.target.steps[:last], source: n.target.source}
	o, ok := holder.value(r).(Object)
	if !ok {
		r.fail("%s cannot be set", n.target.source)
		return
	}
	if err := o.Set(n.target.steps[last].name, v); err != nil {
		r.fail("setting %s: %w", n.target.source, err)
	}
}

type branch struct {
	condition expression
	body      []node
}

type choice struct {
	branches  []branch
	otherwise []node
}

func (n *choice) run(r *run) {
	for _, b := range n.branches {
		if truth(b.condition.value(r)) {
			r.all(b.body)
			return
		}
	}
	r.all(n.otherwise)
}

type repetition struct {
	item  string
	items expression
	body  []node
}

func (n *repetition) run(r *run) {
	items := list(n.items.value(r))
	before := r.variables["foreach"]
	for i, item := range items {
		if !r.count() {
			return
		}
		r.variables[n.item] = item
		r.variables["foreach"] = value.OfObject([]value.Member{{Name: "hasNext", Value: value.OfBool(i+1 < len(items))},
			{Name: "index", Value: value.OfInt(int64(i))}, {Name: "count", Value: value.OfInt(int64(i + 1))}})
		r.all(n.body)
	}
	r.variables["foreach"] = before
}

func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case value.Value:
		var out []any
		for _, item := range v.Items() {
			out = append(out, item)
		}
		for _, m := range v.Members() {
			out = append(out, m.Value)
		}
		return out
	}
	return nil
}

type expression interface{ value(r *run) any }

type constant struct{ v any }

func (e constant) value(*run) any { return e.v }

type sequence struct{ items []expression }

func (e *sequence) value(r *run) any {
	out := []any{}
	for _, item := range e.items {
		out = append(out, item.value(r))
	}
	return out
}

type interpolation struct{ nodes []node }

func (e *interpolation) value(r *run) any {
	inner := &run{variables: r.variables, left: r.left}
	inner.all(e.nodes)
	if inner.err != nil {
		return r.fail("%w", inner.err)
	}
	return inner.out.String()
}

type negation struct{ of expression }

func (e *negation) value(r *run) any { return !truth(e.of.value(r)) }

type operation struct {
	op          string
	left, right expression
}

func (e *operation) value(r *run) any {
	left := e.left.value(r)
	switch e.op {
	case "||":
		return truth(left) || truth(e.right.value(r))
	case "&&":
		return truth(left) && truth(e.right.value(r))
	}
	right := e.right.value(r)
	switch e.op {
	case "==":
		return equal(left, right)
	case "!=":
		return !equal(left, right)
	}
	a, aOK := number(left)
	b, bOK := number(right)
	if !aOK || !bOK {
		return false
	}
	switch e.op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// truth is Velocity's: what is there is true, but for false itself.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case value.Value:
		return v.Defined() && v.Kind() != value.Null && (v.Kind() != value.Bool || v.Bool())
	}
	return true
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case value.Value:
		if v.Kind() == value.Number {
			return v.Float(), true
		}
	}
	return 0, false
}

func equal(a, b any) bool {
	if x, ok := number(a); ok {
		y, also := number(b)
		return also && x == y
	}
	if isNothing(a) || isNothing(b) {
		return isNothing(a) && isNothing(b)
	}
	return Text(a) == Text(b)
}

func isNothing(v any) bool {
	j, ok := v.(value.Value)
	return v == nil || ok && (!j.Defined() || j.Kind() == value.Null)
}

type step struct {
	name   string
	index  expression
	isCall bool
	args   []expression
}

// reference is a node and an expression.
type reference struct {
	name   string
	steps  []step
	quiet  bool
	source string // which is what is printed where nothing is there
}

func (e *reference) run(r *run) {
	switch v := e.value(r); {
	case !isNothing(v):
		r.write(Text(v))
	case !e.quiet:
		r.write(e.source)
	}
}

func (e *reference) value(r *run) any {
	v := r.variables[e.name]
	for _, s := range e.steps {
		if r.err != nil || isNothing(v) {
			return nil
		}
		v = s.of(r, v, e.source)
	}
	return v
}

func (s *step) of(r *run, v any, source string) any {
	if s.index != nil {
		return at(v, s.index.value(r))
	}
	if !s.isCall {
		return get(v, s.name)
	}
	var args []any
	for _, a := range s.args {
		args = append(args, a.value(r))
	}
	if r.err != nil {
		return nil
	}
	out, err := call(v, s.name, args)
	if err != nil {
		return r.fail("%s: %w", source, err)
	}
	return out
}

func get(v any, name string) any {
	switch v := v.(type) {
	case Object:
		return v.Get(name)
	case value.Value:
		if member, ok := v.Get(name); ok {
			return member
		}
	}
	return nil
}

func at(v, index any) any {
	if i, ok := number(index); ok {
		if items := list(v); i >= 0 && int(i) < len(items) {
			return items[int(i)]
		}
		return nil
	}
	return get(v, Text(index))
}

// call is a method of Java that templates call, on what is no Object.
func call(v any, method string, args []any) (any, error) {
	if o, ok := v.(Object); ok {
		return o.Call(method, args)
	}
	switch f := methods[method]; {
	case f.call == nil:
		return nil, fmt.Errorf("the method %s is not one of the local API Gateway's", method)
	case len(args) != f.args:
		return nil, fmt.Errorf("the method %s takes %d arguments", method, f.args)
	default:
		return f.call(v, args)
	}
}

var methods = map[string]struct {
	args int
	call func(v any, args []any) (any, error)
}{
	"toString":   {0, func(v any, _ []any) (any, error) { return Text(v), nil }},
	"equals":     {1, func(v any, args []any) (any, error) { return equal(v, args[0]), nil }},
	"contains":   {1, func(v any, args []any) (any, error) { return strings.Contains(Text(v), Text(args[0])), nil }},
	"startsWith": {1, func(v any, args []any) (any, error) { return strings.HasPrefix(Text(v), Text(args[0])), nil }},
	"replaceAll": {2, replaceAll},
	"get":        {1, func(v any, args []any) (any, error) { return at(v, args[0]), nil }},
	"keySet":     {0, keys},
	"size":       {0, func(v any, _ []any) (any, error) { return float64(len(list(v))), nil }},
	"length":     {0, func(v any, _ []any) (any, error) { return float64(len(Text(v))), nil }},
	"isEmpty":    {0, func(v any, _ []any) (any, error) { return Text(v) == "" || Text(v) == "[]" || Text(v) == "{}", nil }},
}

func replaceAll(v any, args []any) (any, error) {
	re, err := regexp.Compile(Text(args[0]))
	if err != nil {
		return nil, err
	}
	return re.ReplaceAllString(Text(v), Text(args[1])), nil
}

func keys(v any, _ []any) (any, error) {
	j, _ := v.(value.Value)
	out := []any{}
	for _, m := range j.Members() {
		out = append(out, m.Name)
	}
	return out, nil
}

// Text is a value as Java prints it: {a=1, b=[x]}.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, Text(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case value.Value:
		return jsonpath.JavaText(v)
	}
	return fmt.Sprint(v)
}
