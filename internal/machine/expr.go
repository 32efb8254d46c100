package machine

import (
	"strings"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// An activation is what expressions can see: one state of one strand at one step of its processing. It lives as long as an
// evaluation or two; nothing keeps it.
type activation struct {
	run    *Run
	strand *strand
	// input is '$' in JSONPath and $states.input in JSONata.
	input       value.Value
	result      value.Value // $states.result
	errorOutput value.Value // $states.errorOutput
	item        *mapItem    // the item that ItemSelector looks at; nil: the one that the strand runs for
}

// expression is a compiled path, intrinsic call or JSONata expression.
type expression interface {
	eval(a *activation) (value.Value, error)
}

// pathExpr is a JSONPath or, in a payload template, an intrinsic call.
type pathExpr struct {
	expr    jsonpath.Expr
	text    string
	context bool // it looks at $$
	token   bool // it asks for the task token
}

func compilePath(text string) (*pathExpr, error) {
	e, err := jsonpath.CompileExpr(text)
	if err != nil {
		return nil, err
	}
	return &pathExpr{expr: e, text: text, context: strings.Contains(text, "$$"), token: asksForToken(text)}, nil
}

func (p *pathExpr) eval(a *activation) (value.Value, error) {
	s := &a.run.scope
	s.Input = a.input
	if p.context {
		s.Context = a.context(p.token)
	}
	old := a.run.current
	a.run.current = a
	v, err := p.expr.Eval(*s)
	a.run.current = old
	return v, err
}

// jsonataExpr is what stands between {% and %}.
type jsonataExpr struct {
	expr    *jsonata.Expr
	text    string // without the markers and the white space inside of them
	field   string // "Output/result"
	context bool   // it may look at $states.context
	token   bool   // it asks for the task token
}

func asksForToken(text string) bool { return strings.Contains(text, "Task") }

// jsonataText is the expression in a string "{% … %}", and whether the string is one.
func jsonataText(s string) (string, bool) {
	inner, ok := strings.CutPrefix(s, "{%")
	if !ok {
		return "", false
	}
	inner, ok = strings.CutSuffix(inner, "%}")
	return strings.TrimSpace(inner), ok
}

func compileJSONata(text, field string) (*jsonataExpr, error) {
	e, err := jsonata.Compile(text)
	if err != nil {
		return nil, err
	}
	return &jsonataExpr{expr: e, text: text, field: field,
		context: readsContext(text), token: asksForToken(text)}, nil
}

// readsContext says whether an expression may read $states.context: building it costs, and few read it.
func readsContext(text string) bool {
	for {
		_, rest, ok := strings.Cut(text, "$states")
		if !ok {
			return false
		}
		if !strings.HasPrefix(rest, ".input") && !strings.HasPrefix(rest, ".result") && !strings.HasPrefix(rest, ".errorOutput") {
			return true
		}
		text = rest
	}
}

func (j *jsonataExpr) eval(a *activation) (value.Value, error) {
	r := a.run
	oldActivation, oldExpr := r.current, r.currentExpr
	r.current, r.currentExpr = a, j
	in := r.jsonataInput
	in.Now = r.now // $now is the execution's clock, so that a virtual one and a replay are obeyed
	v, err := j.expr.Eval(in)
	r.current, r.currentExpr = oldActivation, oldExpr
	if err != nil {
		return v, &queryError{field: j.field, text: j.text, jsonata: err}
	}
	return v, nil
}

// lookup is the value of a variable, for whatever expression is being evaluated.
func (r *Run) lookup(name string) (value.Value, bool) {
	a := r.current
	if name == "states" && r.currentExpr != nil {
		return a.states(r.currentExpr), true
	}
	return a.strand.vars.get(name)
}

// states is $states, as far as the expression j may look into it.
func (a *activation) states(j *jsonataExpr) value.Value {
	members := make([]value.Member, 1, 4)
	members[0] = member("input", a.input)
	if j.context {
		members = append(members, member("context", a.context(j.token)))
	}
	if a.result.Defined() {
		members = append(members, member("result", a.result))
	}
	if a.errorOutput.Defined() {
		members = append(members, member("errorOutput", a.errorOutput))
	}
	return value.OfObject(members)
}

// scope is a set of variables: those of a machine's run, and those that it can read of the run around it. A scope's values
// change only by assign.
type scope struct {
	outer *scope
	vars  []value.Member
}

func (s *scope) get(name string) (value.Value, bool) {
	for ; s != nil; s = s.outer {
		for i := range s.vars {
			if s.vars[i].Name == name {
				return s.vars[i].Value, true
			}
		}
	}
	return value.Value{}, false
}

func (s *scope) assign(assigned []value.Member) {
next:
	for _, m := range assigned {
		for i := range s.vars {
			if s.vars[i].Name == m.Name {
				s.vars[i].Value = m.Value
				continue next
			}
		}
		s.vars = append(s.vars, m)
	}
}
