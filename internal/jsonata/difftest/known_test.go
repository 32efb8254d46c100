package difftest

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// known is a difference that stays, with its reason and a case that shows it. A case that is no difference any more fails the test.
type known struct {
	why     string
	expr    string
	input   string
	matches func(q request, theirs, ours outcome) bool
}

var differences = []known{
	{
		why:     "AWS has no $eval",
		expr:    `$eval("1")`,
		matches: func(q request, _, _ outcome) bool { return strings.Contains(q.Expr, "$eval") },
	},
	{
		why:     "the reference dies of an error of JavaScript's own",
		expr:    `[1] ~> |$|{"a": 1}|`,
		matches: func(_ request, theirs, ours outcome) bool { return theirs.code == "JS" && ours.code != "PANIC" },
	},
	{
		why:     "the reference does not end",
		expr:    `$formatNumber(0, "0e0")`,
		matches: func(_ request, theirs, ours outcome) bool { return theirs.code == codeHangs && ours.code != "PANIC" },
	},
	{
		why:  "the reference hands arguments to a built-in function that was partially applied as they are",
		expr: `"a" ~> $power(?, 2)`,
		matches: func(q request, _, ours outcome) bool {
			return ours.code != "PANIC" && (strings.Contains(q.Expr, "?,") || strings.Contains(q.Expr, "?)"))
		},
	},
	{
		why:  "the reference evaluates the items of arrays and objects at the same time, and the error that is thrown first wins",
		expr: `[$match("a", /\b/), $assert(1, "no")]`,
		matches: func(q request, theirs, ours outcome) bool {
			return theirs.code != "" && ours.code != "" && ours.code != "PANIC" && strings.ContainsAny(q.Expr, "[{")
		},
	},
	{
		why:  "the reference takes the JavaScript text of a function for a string",
		expr: `$replace("a", "a", function($x){1})`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(theirs.String(), "async function") || functionAsText.MatchString(q.Expr) && ours.code == ""
		},
	},
	{
		why:  "the reference matches the JavaScript text of a function that $map hands to a regular expression",
		expr: `($v_ := $uppercase; $y := 1; $map($v_, /\./))`,
		matches: func(q request, theirs, ours outcome) bool {
			return functionMapped.MatchString(q.Expr) && theirs.code == "" && ours.code == ""
		},
	},
	{
		why:   "an object constructor over an empty array of the expression's own puts undefined into it, which its neighbours see",
		expr:  `items.[].[$, {"a":1}, 1]`,
		input: `{"items":1}`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(q.Expr, "[].") && strings.Contains(q.Expr, "{") && strings.Contains(theirs.String(), "[null") && ours.code == ""
		},
	},
	{
		why:   "the reference writes a transform's members into arrays, which are objects to it",
		expr:  `[[1,2],[3]] ~> |$|{$v: 1, 1 & 1: 1}|`,
		input: `[]`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(q.Expr, "~> |") && strings.Contains(theirs.String(), "null,") && ours.code == ""
		},
	},
	{
		why:   "the reference does not sort a string, which a path that begins with a picked item may have instead of an array",
		expr:  `[a, []][$]^(>[]).b`,
		input: `{"a":"Hello"}`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(q.Expr, "]^(") && theirs.code == "" && (ours.code == "T2008" || ours.code == "T2007")
		},
	},
	{
		why:  "the reference does not make a call in tail position that a predicate behind it drops",
		expr: `function(){($single(1, 1))[1]}()`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(q.Expr, ")[") && functionValue.MatchString(q.Expr) && theirs.code == "" && ours.code != "" && ours.code != "PANIC"
		},
	},
	{
		why:   "an object constructor over an empty array puts undefined into that array",
		expr:  `{"a": $, $lookup({}, "a"): 1}`,
		input: `[]`,
		matches: func(q request, theirs, ours outcome) bool {
			return strings.Contains(q.Expr, "{") && strings.Contains(q.Expr+string(q.Input), "[]") && ours.code != "PANIC" &&
				(theirs.code != "" || strings.Contains(theirs.String(), "[null]"))
		},
	},
	{
		why:  "the reference shows the inside of functions, which are objects to it",
		expr: `$sum.*`,
		matches: func(q request, theirs, ours outcome) bool {
			return inside.MatchString(q.Expr) && (strings.Contains(theirs.String(), wordFunction) || functionValue.MatchString(q.Expr)) && ours.code != "PANIC"
		},
	},
	{
		why:   "an object that a transform puts into itself has no end",
		expr:  `($w := $ ~> |a|{"b": $}|; 1)`,
		input: `{"a": {}}`,
		matches: func(q request, _, ours outcome) bool {
			return ours.code == "U1001" && strings.Contains(q.Expr, "~> |")
		},
	},
	{
		why:  "V8's Math.pow is off by a few units in the last place",
		expr: `$power(1.9, 7.7)`,
		matches: func(q request, theirs, ours outcome) bool {
			return (strings.Contains(q.Expr, "$power") || strings.Contains(q.Expr, "$parseInteger")) && ours.code == theirs.code &&
				(strings.Contains(q.Expr, "%") || strings.Contains(q.Expr, "$format") || near(theirs.value, ours.value))
		},
	},
}

// functionAsText finds a regular expression that is called with a function.
var functionAsText = regexp.MustCompile(`/[im]*\(.*(\$[a-z]+|/|function|λ)`)

// functionMapped finds a regular expression that $map may call with a function.
var functionMapped = regexp.MustCompile(`\$map\(.*(\$[a-z]+|function|λ).*, /`)

// inside finds what goes over the members of an object.
var inside = regexp.MustCompile(`\*|\$(spread|each|sift|keys|merge)`)

// functionValue finds a function that is not called.
var functionValue = regexp.MustCompile(`function|λ|\$[a-z0-9]+[^a-zA-Z0-9(]`)

// explained is the reason of a known difference, "" where there is none.
func explained(q request, theirs, ours outcome) string {
	for _, d := range differences {
		if d.matches(q, theirs, ours) {
			return d.why
		}
	}
	return ""
}

// TestKnown wants each known difference to be one still.
func TestKnown(t *testing.T) {
	caseCount(t)
	ref := startReference(t)
	for _, d := range differences {
		q := request{Expr: d.expr}
		if d.input != "" {
			q.Input = json.RawMessage(d.input)
		}
		want, got := compare(t, ref, q)
		if same(want, got) || !d.matches(q, want, got) {
			t.Errorf("%s: %s is no such difference: reference %s, ours %s", d.why, d.expr, clip(want), clip(got))
		}
	}
}

// near tells whether two values differ in the last digits of numbers only.
func near(a, b value.Value) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case value.String:
		x, err := strconv.ParseFloat(a.Str(), 64)
		y, err2 := strconv.ParseFloat(b.Str(), 64)
		return a.Str() == b.Str() || err == nil && err2 == nil && near(value.OfFloat(x), value.OfFloat(y))
	case value.Number:
		return math.Abs(a.Float()-b.Float()) <= 1e-13*math.Abs(a.Float())
	case value.Array:
		for i := range a.Items() {
			if !near(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case value.Object:
		for _, m := range a.Members() {
			if x, ok := b.Get(m.Name); !ok || !near(m.Value, x) {
				return false
			}
		}
		return true
	}
	return value.Equal(a, b)
}
