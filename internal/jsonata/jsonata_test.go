package jsonata_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// TestDialect holds what AWS adds to the language and takes from it.
func TestDialect(t *testing.T) {
	for _, test := range []struct{ expr, want string }{
		{`$range(0, 9, 3)`, `[0,3,6,9]`},
		{`$range(0, 10, 3)`, `[0,3,6,9]`},
		{`$range(1, 9, 9)`, `1`}, // recorded: a sequence
		{`$range(5, 1, -2)`, `[5,3,1]`},
		{`$range(1, 0, 1)`, ``},
		{`$partition([0,1,2], 2)`, `[[0,1],[2]]`},
		{`$partition([0], 1)`, `[[0]]`}, // recorded: no sequence
		{`$partition([], 3)`, `[]`},
		{`$hash("input data", "SHA-1")`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{`$hash("", "MD5")`, `"d41d8cd98f00b204e9800998ecf8427e"`},
		{`$random(7) = $random(7)`, `true`},
		{`$random() < 1`, `true`},
		{`$length($uuid())`, `36`},
		{`$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)`, `true`},
		{`$parse("-0")`, `0`}, // recorded
		{`$parse("[1, 2, \"HelloWorld\"]")`, `[1,2,"HelloWorld"]`},
		{`$parse("{\"a\": 1.0}").a`, `1`},
		{`$states.input.order.id`, `17`},
		{`$x + 1`, `42`},
		{`$merge([$states.input.order, {"id": $x}])`, `{"id":41}`},
	} {
		if got := eval(t, test.expr, jsonata.Input{Lookup: lookup(t)}); got.String() != test.want {
			t.Errorf("%s = %s, want %s", test.expr, got, test.want)
		}
	}
}

func lookup(t *testing.T) func(string) (value.Value, bool) {
	vars := map[string]value.Value{"states": mustParse(t, `{"input":{"order":{"id":17}}}`), "x": value.OfFloat(41)}
	return func(name string) (value.Value, bool) { v, ok := vars[name]; return v, ok }
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		expr, want string
		position   int
		token      string
	}{
		{`$randomSeeded(1)`, `T1006: Attempted to invoke a non-function`, 14, "randomSeeded"}, // recorded
		{`$eval("1")`, `T1006: Attempted to invoke a non-function`, 6, "eval"},
		{`sum(1)`, `T1005: Attempted to invoke a non-function. Did you mean $sum?`, 4, "sum"},
		{`"é" + 1`, `T2001: The left side of the "+" operator must evaluate to a number`, 5, "+"},
		{`"😀" + 1`, `T2001: The left side of the "+" operator must evaluate to a number`, 6, "+"},
		{`$sum(1,2)`, `T0410: Argument 2 of function "sum" does not match function signature`, 5, "sum"},
		{`$sum(["a"])`, `T0412: Argument 1 of function "sum" must be an array of "numbers"`, 5, "sum"},
		{`1 ??  2`, `S0211: The symbol "?" cannot be used as a unary operator`, 4, "?"},
		{`[1`, `S0203: Expected "]" before end of expression`, 2, "(end)"},
		{`1 +`, `S0207: Unexpected end of expression`, 3, ""},
		{`$f(`, `S0203: Expected ")" before end of expression`, 3, "(end)"},
		{`a.1`, `S0213: The literal value 1 cannot be used as a step within a path expression`, 3, ""},
		{`/[/`, `S0302: No terminating / in regular expression`, 3, ""},
		{`/(?/`, `S0302: No terminating / in regular expression`, 4, ""},
		{`$error("out of stock")`, `D3137: out of stock`, 7, "error"},
		{`$assert(false)`, `D3141: $assert() statement failed`, 8, "assert"},
		{`{"a": 1, "a": 2}`, `D1009: Multiple key definitions evaluate to same key: "a"`, 1, ""},
		{`%`, `S0217: The object representing the 'parent' cannot be derived from this expression`, 1, "%"},
		{`$hash("x", "SHA-3")`, `D3137: the algorithm of $hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512, not "SHA-3"`, 6, "hash"},
	} {
		expr, err := jsonata.Compile(test.expr)
		if err == nil {
			_, err = expr.Eval(jsonata.Input{})
		}
		var got *jsonata.Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v, want %s", test.expr, err, test.want)
			continue
		}
		if got.Error() != test.want || got.Position != test.position || got.Token != test.token {
			t.Errorf("%s: %q at %d, token %q, want %q at %d, token %q", test.expr, got, got.Position, got.Token, test.want, test.position, test.token)
		}
	}
}

// TestResults holds what leaves Eval: JSON without tags, nothing, or a function.
func TestResults(t *testing.T) {
	for _, test := range []struct {
		expr, want string
		kind       value.Kind
	}{
		{`nothing`, ``, value.Undefined},
		{`[1..3][$ > 1]`, `[2,3]`, value.Array},
		{`[1..3][$ > 2]`, `3`, value.Number},
		{`[1..3][$ > 2][]`, `[3]`, value.Array},
		{`{"a": [1..3][$ > 1]}`, `{"a":[2,3]}`, value.Object},
		{`$match("ab", /(x)?b/)`, `{"match":"b","index":1,"groups":[null]}`, value.Object},
		{`[1/0]`, `[null]`, value.Array},
		{`function($x){ $x }`, ``, value.Func},
		{`{"f": $sum}`, ``, value.Func}, // JSON has no text for it, so the whole is as unsupported as a function
		{`$fn := function($x){$x}`, ``, value.Func},
	} {
		got := eval(t, test.expr, jsonata.Input{})
		if got.Kind() != test.kind || got.String() != test.want || got.Tag() != 0 {
			t.Errorf("%s is the %v %s with tag %d, want the %v %s", test.expr, got.Kind(), got, got.Tag(), test.kind, test.want)
		}
	}
}

func TestVariables(t *testing.T) {
	expr, err := jsonata.Compile(`($a := $b; $sum($map($c.x, function($i){ $i * $a * $b })) + $now() & $states.input & $$ & $)`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "c", "states"}, expr.Variables()); diff != "" {
		t.Error(diff)
	}
}

func TestContextReads(t *testing.T) {
	for _, test := range []struct{ expr, want string }{
		{`$states.input.a[b = 1].{"c": d, "e": $}`, ``},
		{`$states.input ~> |a|{"b": c}|`, ``},
		{`$sort($x, function($l, $r) { $l.a > $r.a })^(b){c: d}`, ``},
		{`$x@$y#$i.(a)`, ``},
		{`a + $x.b`, `a`},
		{`$`, `$`},
		{`{"x": $$.a}`, `$$`},
		{`[*, **, and]`, `* ** and`},
		{`$map($x, function($v){ $v.a + b })`, `b`},
		{`$uppercase(name)`, `name`},
	} {
		expr, err := jsonata.Compile(test.expr)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range expr.ContextReads() {
			got = append(got, r.Text)
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s reads %q of its context, want %q", test.expr, text, test.want)
		}
	}
}

func TestString(t *testing.T) {
	for _, test := range []struct{ expr, want string }{
		{` a . b [ 0 ] [] `, `a.b[][0]`},
		{"`a b`.'c' & \"d\\n\"", "`a b`.\"c\" & \"d\\n\""},
		{`λ ( $x ) < n : n > { $x+1 }`, `function($x)<n:n>{ $x + 1 }`},
		{`a^(>b,c){d:e}#$i`, `a^(>b, c){d: e}#$i`},
		{`|a|{b:c},"d"|`, `|a|{b: c}, "d"|`},
		{`x ? y : z /* gone */`, `x ? y : z`},
		{`[1..3, "\uD83D\uDE00", "\uD83D"]`, `[1..3, "😀", "\ud83d"]`},
		{`$f(?, 1) ~> $g`, `$f(?, 1) ~> $g`},
		{`-(1e21) * - a . %`, `-(1e+21) * -a.%`},
	} {
		expr, err := jsonata.Compile(test.expr)
		if err != nil {
			t.Errorf("%s: %v", test.expr, err)
			continue
		}
		if got := expr.String(); got != test.want {
			t.Errorf("%s prints as %s, want %s", test.expr, got, test.want)
		}
	}
}

func TestClock(t *testing.T) {
	in := jsonata.Input{Now: time.Date(2024, 5, 6, 7, 8, 9, 10e6, time.UTC), Random: func() float64 { return 0.5 }}
	got := eval(t, `[$now(), $millis(), $now("[Y]"), $random(), $uuid(), $shuffle([1,2,3])]`, in)
	want := `["2024-05-06T07:08:09.010Z",1714979289010,"2024",0.5,"80808080-8080-4080-8080-808080808080",1,3,2]`
	if got.String() != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestConcurrent evaluates one expression in many goroutines; the race detector looks on.
func TestConcurrent(t *testing.T) {
	expr, err := jsonata.Compile(`($f := function($x){ $x * $k }; $sum($map([1..10], $f)) & $join(["a", "b"].($ & $k)))`)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for k := range 8 {
		wait.Go(func() {
			for range 200 {
				v, err := expr.Eval(jsonata.Input{Lookup: func(string) (value.Value, bool) { return value.OfFloat(float64(k)), true }})
				if err == nil {
					t.Errorf("functions are not to be shadowed: %s", v)
				}
			}
		})
		wait.Go(func() {
			for range 200 {
				v, err := expr.Eval(jsonata.Input{Lookup: func(name string) (value.Value, bool) { return value.OfFloat(float64(k)), name == "k" }})
				want := value.OfFloat(float64(55 * k)).NumberText()
				if err != nil || !strings.HasPrefix(v.Str(), want) {
					t.Errorf("%s, %v, want %s…", v, err, want)
				}
			}
		})
	}
	wait.Wait()
}

// TestVariablesShadow: a variable of the world hides a function of its name, as the reference's bindings do.
func TestVariablesShadow(t *testing.T) {
	in := jsonata.Input{Lookup: func(name string) (value.Value, bool) { return value.OfString("mine"), name == "sum" }}
	if got := eval(t, `$sum`, in); got.Str() != "mine" {
		t.Errorf("$sum is %s", got)
	}
}
