package machine

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// An operator compares a Choice rule's variable with its operand. Values of other types than the operator's do not match.
type operator struct {
	test func(v, operand value.Value) bool
}

// orders are what the comparing operators end in, and which outcomes of a comparison they accept.
var orders = map[string][3]bool{ // less, equal, greater
	"Equals": {false, true, false}, "LessThan": {true, false, false}, "GreaterThan": {false, false, true},
	"LessThanEquals": {true, true, false}, "GreaterThanEquals": {false, true, true},
}

// comparers compare two values of one type; ok is false where one of them is of another type.
var comparers = map[string]func(a, b value.Value) (order int, ok bool){
	"String": func(a, b value.Value) (int, bool) {
		return strings.Compare(a.Str(), b.Str()), a.Kind() == value.String && b.Kind() == value.String
	},
	"Numeric": func(a, b value.Value) (int, bool) {
		return cmp.Compare(a.Float(), b.Float()), a.Kind() == value.Number && b.Kind() == value.Number
	},
	"Boolean": func(a, b value.Value) (int, bool) {
		order := 0
		if a.Bool() != b.Bool() {
			order = 1
		}
		return order, a.Kind() == value.Bool && b.Kind() == value.Bool
	},
	"Timestamp": func(a, b value.Value) (int, bool) {
		x, ok := parseTimestamp(a)
		y, ok2 := parseTimestamp(b)
		return x.Compare(y), ok && ok2
	},
}

// kindTests are the operators that ask for a type; their operand is the answer that matches.
var kindTests = map[string]func(v value.Value) bool{
	"IsNull":    func(v value.Value) bool { return v.Kind() == value.Null },
	"IsBoolean": func(v value.Value) bool { return v.Kind() == value.Bool },
	"IsNumeric": func(v value.Value) bool { return v.Kind() == value.Number },
	"IsString":  func(v value.Value) bool { return v.Kind() == value.String },
	"IsPresent": func(value.Value) bool { return true },
	"IsTimestamp": func(v value.Value) bool {
		_, ok := parseTimestamp(v)
		return ok
	},
}

// operatorFor is the operator called name, without "Path". A literal operand's work is done once, here.
func operatorFor(name string, literal value.Value, atPath bool) (*operator, error) {
	if test := kindTests[name]; test != nil {
		return &operator{func(v, operand value.Value) bool { return test(v) == operand.Bool() }}, nil
	}
	if name == "StringMatches" {
		if !atPath {
			matches := compilePattern(literal.Str())
			return &operator{func(v, _ value.Value) bool { return v.Kind() == value.String && matches(v.Str()) }}, nil
		}
		return &operator{func(v, operand value.Value) bool {
			return v.Kind() == value.String && operand.Kind() == value.String && compilePattern(operand.Str())(v.Str())
		}}, nil
	}
	for kind, compare := range comparers {
		accepted, ok := orders[strings.TrimPrefix(name, kind)]
		if !ok || !strings.HasPrefix(name, kind) {
			continue
		}
		return &operator{func(v, operand value.Value) bool {
			order, ok := compare(v, operand)
			return ok && accepted[order+1]
		}}, nil
	}
	return nil, fmt.Errorf("%q is no comparison operator", name)
}

// compilePattern is the test of StringMatches: '*' stands for any characters, a backslash makes the next one literal.
func compilePattern(pattern string) func(string) bool {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	parts = append(parts, part.String())
	return func(s string) bool { return matchParts(parts, s) }
}

// matchParts says whether s is the parts in their order, with anything between them.
func matchParts(parts []string, s string) bool {
	if len(parts) == 1 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, ok := strings.Cut(s, part)
		if !ok {
			return false
		}
		s = rest
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
