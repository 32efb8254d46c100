package compile

import (
	"fmt"
	"path"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// Kind is what a placeholder stands for.
type Kind string

// The kinds of placeholder, as they stand in the definition: ${fn:inventory.Reserve}.
const (
	Function     Kind = "fn"       // a Lambda function: the ARN of a published version
	StateMachine Kind = "workflow" // another workflow: its ARN, or that of its alias
	Activity     Kind = "activity" // an activity's ARN
	Env          Kind = "env"      // a value of the environment
)

// Use is one thing that a definition names by a placeholder.
type Use struct {
	Kind    Kind
	Name    string // as in the placeholder: "inventory.Reserve", "order-fulfilment", "TOPIC"
	Package string // of a Function: its import path
}

// Ref names a handler.
type Ref struct{ Package, Func string }

// String is the name in a placeholder: the last part of the import path and the function.
func (r Ref) String() string { return path.Base(r.Package) + "." + r.Func }

// Placeholder is the text that stands for something that the deployment knows.
func Placeholder(k Kind, name string) string { return "${" + string(k) + ":" + name + "}" }

func (u *unit) use(k Kind, name, pkg string) {
	for _, have := range u.uses {
		if have.Kind == k && have.Name == name {
			return
		}
	}
	u.uses = append(u.uses, Use{k, name, pkg})
}

// Resolve is a definition with its placeholders filled: value gives the text for each, or an error, which Resolve returns.
// Inside a JSONata expression the text is written as the rest of a string literal; a text that would end it is refused.
func Resolve(def *asl.Definition, lookup func(k Kind, name string) (string, error)) (*asl.Definition, error) {
	r := resolver{lookup: lookup}
	tree := r.value(asl.ToValue(&def.Machine))
	if r.err != nil {
		return nil, r.err
	}
	return asl.FromValue(tree), nil
}

type resolver struct {
	lookup func(Kind, string) (string, error)
	err    error
}

func (r *resolver) value(v value.Value) value.Value {
	switch v.Kind() {
	case value.String:
		return r.str(v)
	case value.Array:
		items := make([]value.Value, v.Len())
		for i := range items {
			items[i] = r.value(v.At(i))
		}
		return value.OfArray(items)
	case value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Name: m.Name, Value: r.value(m.Value)}
		}
		return value.OfObject(members)
	}
	return v
}

func (r *resolver) str(v value.Value) value.Value {
	s := v.Str()
	if !strings.Contains(s, "${") {
		return v
	}
	inExpression := strings.HasPrefix(s, "{%")
	var out strings.Builder
	for {
		start := strings.Index(s, "${")
		end := strings.IndexByte(s[max(start, 0):], '}') + start
		if start < 0 || end < start {
			out.WriteString(s)
			text := out.String()
			if !inExpression && strings.HasPrefix(text, "{%") && r.err == nil {
				r.err = fmt.Errorf("%s: Step Functions would read %q as JSONata", v.Str(), text)
			}
			return value.OfString(text)
		}
		out.WriteString(s[:start])
		out.WriteString(r.fill(s[start:end+1], inExpression))
		s = s[end+1:]
	}
}

func (r *resolver) fill(placeholder string, inExpression bool) string {
	kind, name, ok := strings.Cut(placeholder[2:len(placeholder)-1], ":")
	switch Kind(kind) {
	case Function, StateMachine, Activity, Env:
	default:
		ok = false
	}
	if !ok {
		return placeholder
	}
	text, err := r.lookup(Kind(kind), name)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", placeholder, err)
	}
	if inExpression {
		quoted := value.OfString(text).String()
		return quoted[1 : len(quoted)-1]
	}
	return text
}
