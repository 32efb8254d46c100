package jsonpath

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

func benchDocument(b *testing.B) value.Value {
	var items []string
	for i := range 100 {
		items = append(items, fmt.Sprintf(`{"sku":"A-%d","qty":%d,"price":%d.5,"tags":["x","y"],"dim":{"w":%d}}`, i, i%7, i, i%3))
	}
	doc, err := value.Parse(`{"a":{"b":{"c":42}},"items":[` + strings.Join(items, ",") + `]}`)
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

func BenchmarkPath(b *testing.B) {
	doc := benchDocument(b)
	for _, path := range []string{`$.a.b.c`, `$.items[3].sku`, `$.items[*].sku`, `$.items[?(@.qty > 3)].sku`, `$.items[?(@.sku == 'A-7' && @.dim.w == 1)]`, `$..w`, `$.items[1:5]`} {
		b.Run(path, func(b *testing.B) {
			p, err := Compile(path)
			if err != nil {
				b.Fatal(err)
			}
			scope := Scope{Input: doc}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(scope); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIntrinsic(b *testing.B) {
	scope := Scope{Input: benchDocument(b)}
	for _, call := range []string{`States.Format('order {} of {}', $.a.b.c, $.items[0].sku)`, `States.MathAdd($.a.b.c, -1)`, `States.ArrayLength($.items)`} {
		b.Run(call, func(b *testing.B) {
			in, err := CompileIntrinsic(call)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := in.Eval(scope); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
