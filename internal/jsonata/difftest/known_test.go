package difftest

import (
	"encoding/json"
	"strings"
	"testing"
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
}

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
