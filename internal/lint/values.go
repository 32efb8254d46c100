package lint

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// kindNames are the kinds as AWS calls them.
var kindNames = map[value.Kind]string{
	value.Null: "null", value.Bool: "Boolean", value.Number: "Number", value.String: "String", value.Array: "Array", value.Object: "Object",
}

// kind wants x to be of a kind.
func (v *validator) kind(pointer string, x value.Value, want value.Kind) bool {
	if x.Kind() != want {
		v.schema(pointer, "Expected value of type %s", kindNames[want])
	}
	return x.Kind() == want
}

func anything(*validator, string, value.Value) {}

func text(v *validator, pointer string, x value.Value) { v.kind(pointer, x, value.String) }

func boolean(v *validator, pointer string, x value.Value) { v.kind(pointer, x, value.Bool) }

// message is a text that JSONata may compute.
func message(v *validator, pointer string, x value.Value) {
	if v.kind(pointer, x, value.String) {
		v.maybeExpression(pointer, x)
	}
}

// computed says whether x is an expression, which then stands for any value, and checks it.
func (v *validator) computed(pointer string, x value.Value) bool {
	return v.language == asl.JSONata && x.Kind() == value.String && v.maybeExpression(pointer, x)
}

func integer(least, most float64) check {
	return func(v *validator, pointer string, x value.Value) {
		switch {
		case v.computed(pointer, x):
		case x.Kind() != value.Number || x.Float() != math.Trunc(x.Float()):
			v.schema(pointer, "Expected value of type Integer")
		default:
			v.bounds(pointer, x.Float(), least, most)
		}
	}
}

func number(least, most float64) check {
	return func(v *validator, pointer string, x value.Value) {
		if !v.computed(pointer, x) && v.kind(pointer, x, value.Number) {
			v.bounds(pointer, x.Float(), least, most)
		}
	}
}

func (v *validator) bounds(pointer string, f, least, most float64) {
	switch {
	case f < least:
		v.schema(pointer, "Minimum value is %s", value.OfFloat(least))
	case f > most:
		v.schema(pointer, "Maximum value is %s", value.OfFloat(most))
	}
}

func enum(names ...string) check {
	return func(v *validator, pointer string, x value.Value) {
		if !slices.Contains(names, x.Str()) {
			v.schema(pointer, "Value should be one of the following: [%s]", strings.Join(names, ", "))
		}
	}
}

// namedEnum is an enum of which AWS gives the field's name.
func namedEnum(field string, names ...string) check {
	return func(v *validator, pointer string, x value.Value) {
		if !slices.Contains(names, x.Str()) {
			v.schema(pointer, "The field '%s' should have one of these values: [%s]", field, strings.Join(names, ", "))
		}
	}
}

func list(each check, filled bool) check {
	return func(v *validator, pointer string, x value.Value) {
		if !v.kind(pointer, x, value.Array) {
			return
		}
		if filled && x.Len() == 0 {
			v.schema(pointer, "Value cannot be empty")
		}
		for i, one := range x.Items() {
			each(v, item(pointer, i), one)
		}
	}
}

// timestamp is RFC 3339 with a capital T and, without offset, a capital Z. States language, "Timestamps".
func timestamp(v *validator, pointer string, x value.Value) {
	if v.computed(pointer, x) || !v.kind(pointer, x, value.String) {
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, x.Str()); err != nil {
		v.schema(pointer, "String does not match RFC3339 timestamp")
	}
}

var labelText = lazyregexp.New("^[^\\s*?<>{}\\[\\]:;,\\\\|^~$#%&`\"\\x00-\\x1f\\x7f-\\x9f]*$")

func label(v *validator, pointer string, x value.Value) {
	if !v.kind(pointer, x, value.String) {
		return
	}
	switch n := utf8.RuneCountInString(x.Str()); {
	case n > maxLabel:
		v.error(InvalidLabelName, pointer, "The label name '%s' exceeds the %d-character limit allowed by the service", x.Str(), maxLabel)
	case n == 0 || !labelText.MatchString(x.Str()):
		v.error(InvalidLabelName, pointer, "Invalid label name '%s': the label name contains invalid characters", x.Str())
	}
	if v.labels[x.Str()] {
		v.error(DuplicateLabelName, pointer, "Duplicate Label name: %s", x.Str())
	}
	v.labels[x.Str()] = true
}

// rule is a choice rule of a Choices list.
func rule(v *validator, pointer string, x value.Value) {
	switch {
	case !v.kind(pointer, x, value.Object):
	case v.language == asl.JSONata:
		v.conditionRule(pointer, x)
	default:
		v.comparison(pointer, x, true)
	}
}

// conditionRule is a rule in JSONata. Of a rule as JSONPath has it AWS names the first field only.
func (v *validator) conditionRule(pointer string, x value.Value) {
	if has(x, "Variable") {
		v.schema(pointer, "The QueryLanguage is set to 'JSONata', but field 'Variable' is only supported for the 'JSONPath' QueryLanguage")
		return
	}
	v.shape(&topConditionShape, pointer, x)
}

// condition is a JSONata expression, or a boolean.
func condition(v *validator, pointer string, x value.Value) {
	if x.Kind() != value.Bool && !v.computed(pointer, x) {
		v.schema(pointer, "The value for the field 'Condition' must be a boolean or a valid JSONata expression")
	}
}

// comparison is a JSONPath rule: one comparison, And, Or or Not; on top with a Next, inside without.
func (v *validator) comparison(pointer string, x value.Value, top bool) {
	if top && !has(x, "Next") {
		v.schema(pointer, "These fields are required: [Next]")
	}
	var operators []string
	for _, m := range x.Members() {
		at := child(pointer, m.Name)
		switch f := topRuleShape.field(m.Name); {
		case f != nil && (top || m.Name == "Comment"):
			if !v.placeholder(m.Value) {
				f.check(v, at, m.Value)
			}
		case m.Name == "Variable":
			comparedPath(v, at, m.Value)
		case m.Name == "And" || m.Name == "Or" || m.Name == "Not" || asl.IsOperator(m.Name):
			operators = append(operators, m.Name)
			v.operand(at, m.Name, m.Value)
		case m.Name == "Condition":
			v.schema(pointer, "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage")
		default:
			v.schema(pointer, "Field '%s' is not supported", m.Name)
		}
	}
	v.oneOperator(pointer, x, operators)
}

// oneOperator: a rule has one of And, Or, Not and Variable, and with Variable one comparison.
func (v *validator) oneOperator(pointer string, x value.Value, operators []string) {
	selectors := v.present(x, []string{"And", "Or", "Not", "Variable"})
	compared := len(operators) == 1 && asl.IsOperator(operators[0])
	switch {
	case len(selectors) != 1:
		v.schema(pointer, "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]")
	case selectors[0] == "Variable" && len(operators) == 0:
		v.schema(pointer, "This object should have only one of the following fields: [%s]", strings.Join(comparisons, ", "))
	case selectors[0] == "Variable" && !compared || len(operators) > 1:
		v.schema(pointer, "There should only be one of the following fields: [%s]", strings.Join(comparisons, ", "))
	}
}

// comparisons are the operators in AWS's order.
var comparisons = func() []string {
	var all []string
	for _, kind := range []string{"String", "Numeric", "Boolean", "Timestamp"} {
		for _, test := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			if asl.IsOperator(kind + test) {
				all = append(all, kind+test, kind+test+"Path")
			}
		}
		if kind == "String" {
			all = append(all, "StringMatches")
		}
	}
	return append(all, "IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp")
}()

func (v *validator) operand(pointer, operator string, x value.Value) {
	nested := func(v *validator, pointer string, x value.Value) {
		if v.kind(pointer, x, value.Object) {
			v.comparison(pointer, x, false)
		}
	}
	switch {
	case v.placeholder(x):
	case operator == "Not":
		nested(v, pointer, x)
	case operator == "And" || operator == "Or":
		list(nested, true)(v, pointer, x)
	case strings.HasSuffix(operator, "Path"):
		comparedPath(v, pointer, x)
	case strings.HasPrefix(operator, "Is") || strings.HasPrefix(operator, "Boolean"):
		boolean(v, pointer, x)
	case strings.HasPrefix(operator, "Numeric"):
		number(-math.MaxFloat64, math.MaxFloat64)(v, pointer, x)
	case strings.HasPrefix(operator, "Timestamp"):
		timestamp(v, pointer, x)
	default:
		text(v, pointer, x)
	}
}
