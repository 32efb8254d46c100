package jsonata_test

import (
	"testing"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// BenchmarkState is what a state machine evaluates at each transition. The bench beside npm jsonata is package difftest's.
func BenchmarkState(b *testing.B) {
	states := mustParse(b, `{"input":{"a":{"b":17},"items":[{"price":2,"name":"x"},{"price":3,"name":"y"}]},"context":{}}`)
	lookup := func(name string) (value.Value, bool) {
		switch name {
		case "states":
			return states, true
		case "x":
			return value.OfFloat(41), true
		}
		return value.Value{}, false
	}
	for _, c := range []struct{ name, expr string }{
		{"path", `$states.input.a.b`},
		{"add", `$x + 1`},
		{"compare", `$states.input.a.b > $x and $x = 41`},
		{"object", `{"order": $states.input.a, "n": $x, "text": "constant"}`},
		{"array", `[$x, $x + 1]`},
		{"concat", `"n=" & $x`},
		{"sum", `$sum($states.input.items.price)`},
		{"map", `$map($states.input.items, function($i) { $i.price * 2 })`},
		{"filter", `$states.input.items[price > 2].name`},
	} {
		b.Run(c.name, func(b *testing.B) {
			expr, err := jsonata.Compile(c.expr)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := expr.Eval(jsonata.Input{Lookup: lookup}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := jsonata.Compile(`$states.input.items[price > 2].{"name": $uppercase(name), "total": price * 1.2}`); err != nil {
			b.Fatal(err)
		}
	}
}
