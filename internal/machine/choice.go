package machine

import (
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// rule is a compiled choice rule.
type rule struct {
	next      *state
	output    *template
	assign    *template
	condition condition
}

// condition is a test on a Choice state's input.
type condition interface {
	holds(a *activation) (bool, error)
}

func (c *compiler) rule(r *asl.Rule, i int, m *machine, inJSONata bool) (*rule, error) {
	out := &rule{next: c.target(m, r.Next)}
	if out.next == nil {
		return nil, fmt.Errorf("%s: Next names %q, which is not a state", r.Pointer, r.Next)
	}
	var err error
	field := fmt.Sprintf("Choices[%d]/", i)
	if out.assign, err = compileTemplate(r.Assign, inJSONata, field+"Assign"); err != nil {
		return nil, err
	}
	if !inJSONata {
		out.condition, err = compileCondition(r)
		return out, err
	}
	if out.output, err = compileTemplate(r.Output, true, field+"Output"); err != nil {
		return nil, err
	}
	out.condition, err = compileJSONataCondition(r, field+"Condition")
	return out, err
}

// literalCondition is Condition: true or false.
type literalCondition bool

func (c literalCondition) holds(*activation) (bool, error) { return bool(c), nil }

func compileJSONataCondition(r *asl.Rule, field string) (condition, error) {
	if r.Condition.Kind() == value.Bool {
		return literalCondition(r.Condition.Bool()), nil
	}
	text, ok := jsonataText(r.Condition.Str())
	if !ok {
		return nil, fmt.Errorf("%s: Condition must be a JSONata expression", r.Pointer)
	}
	e, err := compileJSONata(text, field)
	return (*jsonataCondition)(e), err
}

type jsonataCondition jsonataExpr

func (c *jsonataCondition) holds(a *activation) (bool, error) {
	j := (*jsonataExpr)(c)
	v, err := j.eval(a)
	if err == nil {
		err = j.check(v)
	}
	if err != nil {
		return false, err
	}
	if v.Kind() != value.Bool {
		return false, unexpectedType(j, "boolean", v)
	}
	return v.Bool(), nil
}

type notCondition struct{ inner condition }

func (c notCondition) holds(a *activation) (bool, error) {
	ok, err := c.inner.holds(a)
	return !ok, err
}

// manyCondition is And and Or: the first inner condition that is stop decides.
type manyCondition struct {
	inner []condition
	stop  bool
}

func (c manyCondition) holds(a *activation) (bool, error) {
	for _, inner := range c.inner {
		if ok, err := inner.holds(a); err != nil || ok == c.stop {
			return ok, err
		}
	}
	return !c.stop, nil
}

func compileCondition(r *asl.Rule) (condition, error) {
	switch {
	case r.Not != nil:
		inner, err := compileCondition(r.Not)
		return notCondition{inner}, err
	case r.And != nil:
		return compileMany(r.And, false)
	case r.Or != nil:
		return compileMany(r.Or, true)
	}
	return compileComparison(r)
}

func compileMany(rules []*asl.Rule, stop bool) (condition, error) {
	c := manyCondition{stop: stop}
	for _, r := range rules {
		inner, err := compileCondition(r)
		if err != nil {
			return nil, err
		}
		c.inner = append(c.inner, inner)
	}
	return c, nil
}

// comparison is one Variable against one operand.
type comparison struct {
	variable *pathExpr
	operator *operator
	operand  value.Value
	path     *pathExpr // of the …Path operators
	presence bool      // IsPresent: the path may lead nowhere
}

func compileComparison(r *asl.Rule) (condition, error) {
	c := &comparison{operand: r.Operand, presence: r.Operator == "IsPresent"}
	var err error
	if c.variable, err = compilePath(r.Variable.Str()); err != nil {
		return nil, fmt.Errorf("%s/Variable: %w", r.Pointer, err)
	}
	name := r.Operator
	if base, ok := strings.CutSuffix(name, "Path"); ok {
		name = base
		if c.path, err = compilePath(r.Operand.Str()); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", r.Pointer, r.Operator, err)
		}
	}
	if c.operator, err = operatorFor(name, c.operand, c.path != nil); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Pointer, err)
	}
	return c, nil
}

func (c *comparison) holds(a *activation) (bool, error) {
	v, err := c.variable.eval(a)
	if c.presence {
		return c.present(err)
	}
	if err != nil {
		return false, choicePathError(c.variable)
	}
	operand := c.operand
	if c.path != nil {
		if operand, err = c.path.eval(a); err != nil {
			return false, choicePathError(c.path)
		}
	}
	return c.operator.test(v, operand), nil
}

func (c *comparison) present(err error) (bool, error) {
	switch err.(type) {
	case nil:
		return c.operand.Bool(), nil
	case *jsonpath.NotFoundError, *jsonpath.TypeError:
		return !c.operand.Bool(), nil
	}
	return false, err
}

func choicePathError(p *pathExpr) error {
	return runtimeErrorf("Invalid path '%s': The choice state's condition path references an invalid value.", p.text)
}

// choose takes the first rule that holds, else Default.
func (s *strand) choose() error {
	a := &activation{run: s.run, strand: s, input: s.effective}
	for i, c := range s.state.choices {
		ok, err := c.condition.holds(a)
		if err != nil {
			return err
		}
		if ok {
			s.visit("Choices", i)
			return s.leave(s.effective, value.Value{}, c)
		}
	}
	st := s.state
	if st.fallback == nil {
		return runtimeError("Failed to transition out of the state. The state does not point to a next state.")
	}
	s.visit("Default", 0)
	return s.leave(s.effective, value.Value{}, &rule{next: st.fallback, output: st.output, assign: st.assign})
}

// visit tells the Env where the strand goes.
func (s *strand) visit(field string, index int) {
	if s.run.env.Visit != nil {
		s.run.env.Visit(Visit{s.state.name, field, index})
	}
}
