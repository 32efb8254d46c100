package jsonpath

import (
	"errors"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

func TestReferenceSet(t *testing.T) {
	for _, test := range []struct{ path, doc, want string }{
		{`$`, `{"a":1}`, `9`},
		{`$.b`, `{"a":1}`, `{"a":1,"b":9}`},
		{`$.a`, `{"a":1,"b":2}`, `{"a":9,"b":2}`},
		{`$.a.b.c`, `{}`, `{"a":{"b":{"c":9}}}`},
		{`$['x y'].z`, `{"x y":{"w":0}}`, `{"x y":{"w":0,"z":9}}`},
		{`$.a[1]`, `{"a":[1,2,3]}`, `{"a":[1,9,3]}`},
		{`$.a[0].b`, `{"a":[{}]}`, `{"a":[{"b":9}]}`},
		{`$[0]`, `[1]`, `[9]`},
		{`$.a[1]`, `{"a":[1]}`, ``},
		{`$.a[0]`, `{}`, ``},
		{`$.a`, `[1]`, ``},
		{`$.a`, `"text"`, ``},
		{`$.a.b`, `{"a":1}`, ``},
		{`$.a.b`, `{"a":null}`, ``},
	} {
		r, err := CompileReference(test.path)
		if err != nil {
			t.Fatalf("%s: %v", test.path, err)
		}
		doc, err := value.Parse(test.doc)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Set(doc, value.OfInt(9))
		if misplaced := (*PlaceError)(nil); test.want == "" && errors.As(err, &misplaced) {
			continue
		}
		if err != nil || got.String() != test.want || doc.String() != test.doc {
			t.Errorf("%s set in %s: %s, %v; want %q", test.path, test.doc, got, err, test.want)
		}
	}
}

func TestCompileReference(t *testing.T) {
	for _, path := range []string{`$`, `$.a.b`, `$['a b'][0].c`, `$$.Map.Item.Value`, `$stock.count`, `$.abc.['def ghi']`} {
		if _, err := CompileReference(path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{``, `a`, `@.a`, `$.*`, `$..a`, `$[*]`, `$[1:]`, `$[0,1]`, `$['a','b']`, `$.a[?(@.b)]`, `$[(@.length-1)]`, `$[-1]`, `$.`} {
		if r, err := CompileReference(path); err == nil {
			t.Errorf("%s compiles as %s", path, r.route)
		}
	}
}

func TestScopes(t *testing.T) {
	parse := func(text string) value.Value {
		v, err := value.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	scope := Scope{Input: parse(`{"a":1}`), Context: parse(`{"Execution":{"Id":"x"}}`), Lookup: func(name string) (value.Value, bool) {
		return parse(`{"a":[5,6]}`), name == "über_1"
	}}
	for path, want := range map[string]string{
		`$`: `{"a":1}`, `$$`: `{"Execution":{"Id":"x"}}`, `$$.Execution.Id`: `"x"`, `$über_1`: `{"a":[5,6]}`, `$über_1.a[1]`: `6`, `$über_1['a'][*]`: `[5,6]`,
		`$other`: ``, `$$.State`: ``,
	} {
		p, err := Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Eval(scope)
		if v.String() != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v; want %s", path, v, err, want)
		}
	}
}
