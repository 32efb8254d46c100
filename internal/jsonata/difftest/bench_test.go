package difftest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// usual are the expressions of the benchmark, over an order with items.
var usual = []struct{ name, expr string }{
	{"path", `customer.address.city`},
	{"paths", `items.product.name`},
	{"filter", `items[price > 50 and stock = true].product.name`},
	{"index", `items[0].product.sku & items[-1].product.sku`},
	{"arithmetic", `$sum(items.(price * quantity)) * 1.2`},
	{"map", `$map(items, function($i) { $i.price * $i.quantity })`},
	{"filter-function", `$filter(items, function($i) { $i.quantity > 3 and $i.stock })`},
	{"reduce", `$reduce(items.price, function($sum, $p) { $sum + $p }, 0)`},
	{"sort", `items^(>price, product.name).product.sku`},
	{"sort-function", `$sort(items.price, function($l, $r) { $l > $r })`},
	{"group", `items{category: $sum(price)}`},
	{"object", `items.{"sku": product.sku, "total": price * quantity, "big": price > 50}`},
	{"strings", `items.($uppercase(product.name) & "-" & $substring(product.sku, 2, 3))`},
	{"join", `$join(items.product.name, ", ")`},
	{"regex", `items[$contains(product.name, /o[a-z]+e/)].product.sku`},
	{"replace", `items.$replace(product.name, /[aeiou]/, "*")`},
	{"condition", `items.(price > 75 ? "high" : price > 25 ? "middle" : "low")`},
	{"closure", `($rate := 1.2; $gross := function($p) { $p * $rate }; items.$gross(price))`},
	{"format", `items.$formatNumber(price, "#,##0.00")`},
	{"date", `$fromMillis($toMillis(placed) + 86400000, "[D01].[M01].[Y0001]")`},
	{"states", `{"id": id, "total": $sum(items.price), "city": customer.address.city, "count": $count(items)}`},
}

// order is an order of about that many bytes of JSON.
func order(bytes int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	doc := map[string]any{"id": "o-17", "placed": "2017-10-30T16:25:32.935Z",
		"customer": map[string]any{"name": "Zoë", "address": map[string]any{"city": "Bern", "zip": "3000"}}}
	words := []string{"blue", "orange", "stone", "table", "lamp", "chair", "glass", "wooden"}
	var items []any
	for size := 0; size < bytes-160; {
		item := map[string]any{
			"product":  map[string]any{"sku": fmt.Sprintf("sku%04d", len(items)), "name": words[r.IntN(8)] + " " + words[r.IntN(8)]},
			"category": words[r.IntN(4)], "price": float64(r.IntN(10000)) / 100, "quantity": 1 + r.IntN(9), "stock": r.IntN(2) == 0}
		text, _ := json.Marshal(item)
		size += len(text)
		items = append(items, item)
	}
	doc["items"] = items
	text, _ := json.Marshal(doc)
	return text
}

// BenchmarkUsual runs each expression on both sides, compiled once.
func BenchmarkUsual(b *testing.B) {
	ref := startReference(b)
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KB", 1 << 10}, {"100KB", 100 << 10}} {
		text := order(size.bytes)
		for _, c := range usual {
			b.Run(c.name+"/"+size.name+"/stride", func(b *testing.B) { benchOurs(b, c.expr, text) })
			b.Run(c.name+"/"+size.name+"/npm-jsonata", func(b *testing.B) { benchTheirs(b, ref, c.expr, text) })
		}
	}
}

func benchOurs(b *testing.B, text string, input []byte) {
	e, err := jsonata.Compile(text)
	if err != nil {
		b.Fatal(err)
	}
	data, err := value.Parse(string(input))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(jsonata.Input{Data: data}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchTheirs(b *testing.B, ref *reference, text string, input []byte) {
	q := request{Expr: text, Input: input, Bench: b.N}
	ref.ask(b, []request{q}, 10*answerTime, func(_ int, r reply) {
		if r.Code != nil || r.hangs {
			b.Fatalf("the reference: %+v", r)
		}
		b.ReportMetric(r.Nanos/float64(b.N), "ns/op")
	})
}

// TestUsual holds the benchmark's expressions to the reference's answers.
func TestUsual(t *testing.T) {
	caseCount(t)
	ref := startReference(t)
	for _, bytes := range []int{1 << 10, 100 << 10} {
		input := order(bytes)
		for _, c := range usual {
			if want, got := compare(t, ref, request{Expr: c.expr, Input: input}); !same(want, got) || want.code != "" {
				t.Errorf("%s: %s, want %s", c.name, clip(got), clip(want))
			}
		}
	}
}
