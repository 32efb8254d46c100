package difftest

import (
	"encoding/json"

	"github.com/stride-aws/stride/internal/value"
)

// shrink makes the expression and then the input of a request smaller for as long as differs holds.
func shrink(q request, t *tree, differs func(request) bool) request {
	holds := func(t *tree) bool {
		smaller := q
		smaller.Expr = t.String()
		return smaller.Expr != "" && differs(smaller)
	}
	for again := true; again; {
		again = false
		for _, smaller := range simpler(t) {
			if holds(smaller) {
				t, again = smaller, true
				break
			}
		}
	}
	q.Expr = t.String()
	return shrinkInput(q, differs)
}

// simpler are the trees with one part taken out, or put in the place of what is around it; the boldest come first.
func simpler(t *tree) []*tree {
	var out []*tree
	out = append(out, expressions(t)...)
	for _, plain := range []string{"1", `"a"`, "[]", "$"} {
		if t.expr && len(plain) < len(t.String()) {
			out = append(out, expr(plain))
		}
	}
	for i, piece := range t.pieces {
		sub, ok := piece.(*tree)
		if !ok {
			continue
		}
		if sub.optional {
			out = append(out, t.with(i, ""))
		}
		for _, smaller := range simpler(sub) {
			out = append(out, t.with(i, smaller))
		}
	}
	return out
}

// expressions are those inside t, but not t.
func expressions(t *tree) []*tree {
	if !t.expr {
		return nil
	}
	var out []*tree
	var walk func(t *tree)
	walk = func(t *tree) {
		for _, piece := range t.pieces {
			if sub, ok := piece.(*tree); ok {
				if sub.expr {
					out = append(out, sub)
				}
				walk(sub)
			}
		}
	}
	walk(t)
	return out
}

func (t *tree) with(i int, piece any) *tree {
	changed := *t
	changed.pieces = append([]any(nil), t.pieces...)
	changed.pieces[i] = piece
	return &changed
}

func shrinkInput(q request, differs func(request) bool) request {
	if q.Input == nil {
		return q
	}
	v, err := value.Parse(string(q.Input))
	if err != nil {
		return q
	}
	for again := true; again; {
		again = false
		for _, smaller := range simplerValues(v) {
			try := q
			try.Input = json.RawMessage(smaller.AppendJSON(nil))
			if len(try.Input) < len(q.Input) && differs(try) {
				q, v, again = try, smaller, true
				break
			}
		}
	}
	return q
}

func simplerValues(v value.Value) []value.Value {
	var out []value.Value
	switch v.Kind() {
	case value.Array:
		out = append(out, v.Items()...)
		for i, item := range v.Items() {
			out = append(out, value.OfArray(without(v.Items(), i)))
			for _, smaller := range simplerValues(item) {
				items := append([]value.Value(nil), v.Items()...)
				items[i] = smaller
				out = append(out, value.OfArray(items))
			}
		}
	case value.Object:
		for i, m := range v.Members() {
			out = append(out, m.Value, value.OfObject(without(v.Members(), i)))
			for _, smaller := range simplerValues(m.Value) {
				out = append(out, v.With(m.Name, smaller))
			}
		}
	case value.String, value.Number:
		out = append(out, value.OfFloat(1))
	}
	return out
}

func without[T any](list []T, i int) []T {
	return append(append([]T(nil), list[:i]...), list[i+1:]...)
}
