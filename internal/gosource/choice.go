package gosource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// comparison is a rule of a Choice that compares.
type comparison struct {
	left, right *term
	is          string // "==" and so on; "present", "matches"
	present     bool   // of "present": what it wants
}

var comparisons = map[string]struct {
	kind kind
	is   string
}{
	"StringEquals": {text, "=="}, "StringLessThan": {text, "<"}, "StringGreaterThan": {text, ">"}, "StringLessThanEquals": {text, "<="}, "StringGreaterThanEquals": {text, ">="},
	"NumericEquals": {number, "=="}, "NumericLessThan": {number, "<"}, "NumericGreaterThan": {number, ">"}, "NumericLessThanEquals": {number, "<="}, "NumericGreaterThanEquals": {number, ">="},
	"BooleanEquals": {boolean, "=="}, "StringMatches": {text, "matches"},
	"IsPresent": {unknown, "present"}, "IsNull": {unknown, "null"},
}

// rule reads what a rule of a Choice asks for.
func (w *writer) rule(c *scope, r *asl.Rule) {
	for _, inner := range slices.Concat(r.And, r.Or) {
		w.rule(c, inner)
	}
	if r.Not != nil {
		w.rule(c, r.Not)
	}
	if r.Operator == "" || w.def.Language(c.s) == asl.JSONata {
		return
	}
	c.field = r.Operator
	operator, isPath := strings.CutSuffix(r.Operator, "Path")
	known, ok := comparisons[operator]
	switch {
	case strings.HasPrefix(operator, "Is") && !ok:
		c.refuse("the type of a value is settled in Go")
		return
	case !ok:
		c.refuse("comparing times has no form in Go yet")
		return
	}
	out := &comparison{left: c.path(r.Variable.Str()), is: known.is}
	w.compared[r] = out
	if known.kind != unknown {
		out.left.shape.is(known.kind, true)
	}
	if known.is == "present" || known.is == "null" {
		out.present = r.Operand.Bool() == (known.is == "present")
		w.mayLack(c, out.left)
		return
	}
	if isPath {
		out.right = c.path(r.Operand.Str())
		join(out.left.shape, out.right.shape)
		return
	}
	out.right = c.constant(r.Operand)
	join(out.left.shape, out.right.shape)
}

// mayLack notes that the last field of a path need not be there.
func (w *writer) mayLack(c *scope, t *term) {
	if t.op != place || len(t.path) == 0 {
		c.refuse("whether %s is there", c.s.Name)
		return
	}
	last := t.path[len(t.path)-1]
	if last.rest {
		c.refuse("whether the rest of a list is there")
	} else if last.index < 0 {
		at(c.in, t.path[:len(t.path)-1]).field(last.name, true).optional = true
	}
}

// condition is a rule as a Go expression. inner says that it stands inside of another.
func (f *function) condition(s *asl.State, r *asl.Rule, in *places, inner bool) string {
	several := func(rules []*asl.Rule, op string) string {
		var parts []string
		for _, rule := range rules {
			if part := f.condition(s, rule, in, true); !slices.Contains(parts, part) { // IsPresent and IsNull may be one question in Go
				parts = append(parts, part)
			}
		}
		out := strings.Join(parts, op)
		if inner && len(parts) > 1 {
			return "(" + out + ")"
		}
		return out
	}
	switch {
	case len(r.And) > 0:
		return several(r.And, " && ")
	case len(r.Or) > 0:
		return several(r.Or, " || ")
	case r.Not != nil:
		return negated(f.condition(s, r.Not, in, true))
	}
	return f.comparison(s, f.compared[r], in)
}

// negated is the opposite of a condition.
func negated(cond string) string {
	for _, pair := range [][2]string{{" == ", " != "}, {" != ", " == "}} {
		if strings.Count(cond, pair[0]) == 1 && !strings.ContainsAny(cond, "&|(") {
			return strings.Replace(cond, pair[0], pair[1], 1)
		}
	}
	if rest, ok := strings.CutPrefix(cond, "!"); ok && !strings.ContainsAny(cond, "&| ") {
		return rest
	}
	if strings.HasPrefix(cond, "(") || !strings.Contains(cond, " ") {
		return "!" + cond
	}
	return "!(" + cond + ")"
}

func (f *function) comparison(s *asl.State, c *comparison, in *places) string {
	switch c.is {
	case "present", "null":
		return f.present(s, c, in)
	case "matches":
		return f.matches(s, f.value(s, c.left, in), c.right.lit.Str())
	}
	left := f.value(s, c.left, in)
	if c.right.op == constant && c.right.lit.Kind() == value.Bool {
		if c.right.lit.Bool() {
			return left
		}
		return "!" + left
	}
	return left + " " + c.is + " " + f.value(s, c.right, in)
}

// present asks whether a value is there.
func (f *function) present(s *asl.State, c *comparison, in *places) string {
	path := c.left.path
	if last := path[len(path)-1]; last.index >= 0 {
		list := &term{op: place, from: "in", path: path[:len(path)-1], shape: &shape{}}
		op := map[bool]string{true: " > ", false: " <= "}[c.present]
		return "len(" + f.reach(list, in) + ")" + op + strconv.Itoa(last.index)
	}
	op := map[bool]string{true: " != ", false: " == "}[c.present]
	return f.reach(c.left, in) + op + "nil"
}

// matches is StringMatches, with its asterisks at the ends.
func (f *function) matches(s *asl.State, left, pattern string) string {
	middle := strings.TrimPrefix(strings.TrimSuffix(pattern, "*"), "*")
	fn := "strings.Contains"
	switch {
	case strings.ContainsAny(middle, `*\`):
		f.refuse(s, "StringMatches", "the pattern %q", pattern)
	case middle == pattern:
		return left + " == " + strconv.Quote(pattern)
	case !strings.HasPrefix(pattern, "*"):
		fn = "strings.HasPrefix"
	case !strings.HasSuffix(pattern, "*"):
		fn = "strings.HasSuffix"
	}
	f.src.uses["strings"] = true
	return fmt.Sprintf("%s(%s, %q)", fn, left, middle)
}
