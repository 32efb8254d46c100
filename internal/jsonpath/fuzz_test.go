package jsonpath

import (
	"errors"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

const fuzzDocument = `{"a":{"b":[1,2,{"c":3,"d":null}]},"x":[{"n":"1","m":1.5,"t":true},{"n":"null","m":null,"t":false},{"n":"it's","m":-3,"t":"true"},{"q":{"r":[]}}],
"s":"x","k'":1,"":[[[0]]],"é😀":"\ud83d\ude00","big":12345678901234567890}`

// FuzzPath: nothing panics; a path that compiles has one of the errors it documents, and one value or an array; what a path without
// filter prints as compiles to a path that prints the same and gives the same.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		`$`, `$.a.b[0]`, `$.x[?(@.m > 1 && @.n == '1' || !@.t)].n`, `$..*`, `$..['n','m']`, `$.x[(@.length-1)]`, `$.x[1:]`, `$.x[:-1]`, `$.x[0,2]`, `$$.a`, `$v.x`, `a.b`, `@.a`,
		`$['k'']`, `$.x[?(@.n =~ /.*/i)]`, `$.x[?(@.m < $.x[0].m)]`, `$..[?(@.r)]`, `$.é😀`, `$[?]`, `$.x[?(@.m == 1e400)]`, `$..b[2]..d$`, `$.[`,
	} {
		f.Add(path)
	}
	doc, err := value.Parse(fuzzDocument)
	if err != nil {
		f.Fatal(err)
	}
	scope := Scope{Input: doc, Context: doc, Lookup: func(string) (value.Value, bool) { return doc, true }}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Compile(text)
		if err != nil {
			if !errors.As(err, new(*SyntaxError)) {
				t.Fatalf("%T", err)
			}
			return
		}
		v, err := p.Eval(scope)
		if err == nil && (!v.Defined() || !p.Definite() && v.Kind() != value.Array) {
			t.Errorf("%s gives %s", text, v)
		}
		if err != nil && !errors.As(err, new(*NotFoundError)) && !errors.As(err, new(*TypeError)) && !errors.As(err, new(*CrashError)) {
			t.Errorf("%s fails with %T", text, err)
		}
		again, err2 := compileRoute(p.route.String())
		if err2 != nil || !printable(p.route) {
			return
		}
		v2, _ := (&Path{route: again}).Eval(scope)
		if again.String() != p.route.String() || again.definite != p.route.definite || err == nil && !value.Equal(v, v2) {
			t.Errorf("%s prints as %s, which prints as %s and gives %s, not %s", text, p.route, again, v2, v)
		}
	})
}

// printable is true of routes whose text says all: [?] hides the filter, and 'a', 'b' may be names with a comma in them.
func printable(r *route) bool {
	for i := range r.steps {
		if r.steps[i].kind == filter || r.steps[i].kind == properties {
			return false
		}
	}
	return true
}

// FuzzIntrinsic: nothing panics; a failure has the documented type; compiling what a call prints gives the same value.
func FuzzIntrinsic(f *testing.F) {
	for _, call := range []string{
		`States.Format('{} \{\} \'', $.name)`, `States.Array(1, null, $.list[?(@ > 2)], States.UUID())`, `States.MathRandom(1, 9, 3)`, `States.ArrayRange(1, 9, -2)`,
		`States.StringSplit($.csv, '.+')`, `States.Hash($v, 'MD5')`, `States.Base64Decode('QQ==')`, `States.JsonMerge($.obj, $.deep, false)`, `States.ArrayPartition($.list, 1e300)`,
	} {
		f.Add(call)
	}
	scope := intrinsicScope(f)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := CompileIntrinsic(text)
		if err != nil {
			return
		}
		v, err := in.Eval(scope)
		if err != nil {
			if !errors.As(err, new(*IntrinsicError)) {
				t.Errorf("%s fails with %T", text, err)
			}
			return
		}
		again, err := CompileIntrinsic(in.String())
		if err != nil {
			t.Fatal(err)
		}
		if v2, err := again.Eval(scope); err != nil || !value.Equal(v, v2) || again.String() != text {
			t.Errorf("%s gives %s, then %s (%v)", text, v, v2, err)
		}
	})
}
