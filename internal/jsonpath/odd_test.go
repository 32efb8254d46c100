package jsonpath

import (
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// TestOddities holds what a comparison of 300,000 random paths with Jayway 2.0.0 itself brought to light beyond the suite.
func TestOddities(t *testing.T) {
	for _, test := range []struct{ path, doc, want string }{
		{`$[?(/1/ =~ /1/)]`, `[1]`, `[1]`},
		{`$[?(@ != /[0-9]+/)]`, `["a",null]`, `[null]`},
		{`$[?(@.a == @.a)]`, `[{"a":[]},{"a":{}},{"a":1},{"b":1}]`, `[{"a":[]},{"a":{}},{"a":1}]`},
		{`$[?(3 < @.x)]`, `[{"x":"4"},{"x":4}]`, `[{"x":"4"}]`},
		{`$[?(@.a || @.b && @.c)]`, `[{"a":1},{"b":1},{"b":1,"c":1},{"a":1,"c":1}]`, `[{"a":1},{"b":1,"c":1},{"a":1,"c":1}]`},
		{`$[x1]`, `[1,2]`, `2`},
		{`$[1:2a3]`, `[1,2,3]`, `[2]`},
		{`$[0]$`, `[1]`, `1`},
		{`$[?(@ > '😀')]`, `["\uff21","a"]`, `["Ａ"]`}, // in UTF-16 the emoji stands first
		{`$[?(@ >= 9007199254740993)]`, `[9007199254740992,9007199254740993]`, `[9007199254740993]`},
		{`.`, `{}`, ``},
	} {
		doc, err := value.Parse(test.doc)
		if err != nil {
			t.Fatal(err)
		}
		got, err := evalText(test.path, doc)
		if got.String() != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s on %s: %s, %v; want %s", test.path, test.doc, got, err, test.want)
		}
	}
}

func TestHostilePathEnds(t *testing.T) {
	doc := `1`
	for range 900 {
		doc = `[` + doc + `,0]`
	}
	v, err := value.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evalText(`$..*..*..*..*`, v); err == nil {
		t.Error("a path that visits 900^4 values has a result")
	}
}
