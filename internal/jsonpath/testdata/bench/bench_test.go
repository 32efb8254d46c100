// Package bench measures jsonpath beside github.com/ohler55/ojg/jp on the same documents. It is a module of its own, so that what
// only a comparison needs stays out of the program's go.mod: cd internal/jsonpath/testdata/bench && go test -bench .
package bench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ohler55/ojg/jp"
	"github.com/ohler55/ojg/oj"

	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// queries gives each path in our dialect and in ojg's, where they differ.
var queries = []struct{ name, ours, theirs string }{
	{"chain", `$.a.b.c`, `$.a.b.c`},
	{"index", `$.items[3].sku`, `$.items[3].sku`},
	{"wildcard", `$.items[*].sku`, `$.items[*].sku`},
	{"slice", `$.items[10:20].sku`, `$.items[10:20].sku`},
	{"scan", `$..w`, `$..w`},
	{"filter-number", `$.items[?(@.qty > 3)].sku`, `$.items[?(@.qty > 3)].sku`},
	{"filter-string", `$.items[?(@.sku == 'A-7')]`, `$.items[?(@.sku == 'A-7')]`},
	{"filter-and", `$.items[?(@.sku == 'A-7' && @.dim.w == 1)]`, `$.items[?(@.sku == 'A-7' && @.dim.w == 1)]`},
	{"filter-exists", `$.items[?(@.fragile)].sku`, `$.items[?(@.fragile exists true)].sku`},
	{"filter-nested", `$.items[?(@.dim.w >= 2)].tags[0]`, `$.items[?(@.dim.w >= 2)].tags[0]`},
}

func document(items int) string {
	var texts []string
	for i := range items {
		fragile := ""
		if i%4 == 0 {
			fragile = `"fragile":true,`
		}
		texts = append(texts, fmt.Sprintf(`{"sku":"A-%d",%s"qty":%d,"price":%d.5,"tags":["x","y"],"dim":{"w":%d}}`, i, fragile, i%7, i, i%3))
	}
	return `{"a":{"b":{"c":42}},"items":[` + strings.Join(texts, ",") + `]}`
}

func BenchmarkQueries(b *testing.B) {
	text := document(100)
	ours, err := value.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := oj.ParseString(text)
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range queries {
		path, err := jsonpath.Compile(q.ours)
		if err != nil {
			b.Fatal(err)
		}
		expr, err := jp.ParseString(q.theirs)
		if err != nil {
			b.Fatal(err)
		}
		scope := jsonpath.Scope{Input: ours}
		agree(b, q.name, path, scope, expr.Get(theirs))
		b.Run(q.name+"/stride", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := path.Eval(scope); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(q.name+"/ojg", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if path.Definite() {
					expr.First(theirs)
				} else {
					expr.Get(theirs)
				}
			}
		})
	}
}

// agree makes sure that both find as many values.
func agree(b *testing.B, name string, path *jsonpath.Path, scope jsonpath.Scope, theirs []any) {
	v, err := path.Eval(scope)
	n := 1
	if !path.Definite() {
		n = v.Len()
	}
	if err != nil || n != len(theirs) || n == 0 {
		b.Fatalf("%s: %d values here (%v), %d there", name, n, err, len(theirs))
	}
}
