package jsonata_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// hostile expressions would take forever, or all memory, or all stack. Each ends with the code, by the default limits.
var hostile = []struct{ expr, code string }{
	{`($f := function($n){ 1 + $f($n + 1) }; $f(0))`, "U1001"},
	{`($f := function(){ $f() }; $f())`, "U1001"},
	{`($f := function($n){ [$map([1], $f)] }; $f(0))`, "U1001"},
	{`($f := function($n){ ($g := function(){ $f($n+1) }; 1 + $g()) }; $f(0))`, "U1001"},
	{`[1..1000000000]`, "D2014"},
	{`[1..9999999]`, "U1001"},
	{`$range(1, 1000000000, 1)`, "D2014"},
	{`$reduce([1..100], function($a, $b){ $a & $a }, "xxxxxxxxxxxxxxx")`, "U1001"},
	{`$reduce([1..100], function($a, $b){ $append($a, $a) }, [1,2,3])`, "U1001"},
	{`$reduce([1..100], function($a, $b){ {"a": $a, "b": $a} }, {})`, "U1001"},
	{`$string($reduce([1..100], function($a, $b){ {"a": $a, "b": $a} }, {}))`, "U1001"},
	{`($t := function(){ $reduce([1..50], function($a, $b){ [[$a, $a]] }, 1) }; $t() = $t())`, "U1001"},
	{`($f := function($a, $n){ $n = 0 ? $a : $f([[$a]], $n-1) }; $f(1, 100000))`, "U1001"},
	{`($f := function($a, $n){ $n = 0 ? $a : $f({"a":$a}, $n-1) }; $f(1, 100000).**)`, "U1001"},
	{`{"a":{"b":1}} ~> |a|{"self": $}|`, "U1001"},
	{`$pad("x", 2000000000, "abc")`, "U1001"},
	{`$map([1..1000000], function($i){ function(){ $i } })`, "U1001"},
	{`$zip([1..1000000], [1..1000000])`, "U1001"},
	{`$partition([1..1000000], 1)`, "U1001"},
	{`$split($pad("", 10000000, "ab"), "a")`, "U1001"},
	{`$replace($pad("", 3000000, "a"), /a/, "bbbbbbbbbbbbbbbbbbbbbbbbbbbb")`, "U1001"},
	{`$match($pad("", 100000, "a") & "!", /^((a+)+)\2+b$/)`, "U1001"},
	{`$map([1..1000], function($i){ $contains($pad("", 100000, "a") & "!", /^((a+)+)\2+b$/) })`, "U1001"},
	{`$fromMillis(0, $pad("", 5000000, "[Y]"))`, "U1001"},
	{`$parse($pad("", 200000, "["))`, "D3137"},
	{`($s := $pad("", 1000000, "a"); $map([1..100000], function(){ $hash($s, "SHA-512") }))`, "U1001"},
	{`($s := [1..100000]; $map([1..100000], function($i){ $i in $s }))`, "U1001"},
}

func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short; hostile expressions run until their limits")
	}
	for _, test := range hostile {
		expr, err := jsonata.Compile(test.expr)
		if err != nil {
			t.Errorf("%s: %v", test.expr, err)
			continue
		}
		began := time.Now()
		v, err := expr.Eval(jsonata.Input{})
		var mistake *jsonata.Error
		if !errors.As(err, &mistake) || mistake.Code != test.code {
			t.Errorf("%s: %v, %v, want %s", test.expr, v.Kind(), err, test.code)
		}
		t.Logf("%v: %s", time.Since(began).Round(time.Millisecond), test.expr)
	}
}

// TestDeep compiles and evaluates what nests deep without being hostile.
func TestDeep(t *testing.T) {
	got := eval(t, `($f := function($n){ $n <= 0 ? 0 : 1 + $f($n-1) }; $f(10000))`, jsonata.Input{})
	if got.Float() != 10000 {
		t.Errorf("a recursion of 10,000 gives %s", got)
	}
	got = eval(t, `($f := function($n, $sum){ $n <= 0 ? $sum : $f($n-1, $sum+1) }; $f(200000, 0))`, jsonata.Input{})
	if got.Float() != 200000 {
		t.Errorf("200,000 tail calls give %s", got)
	}
	got = eval(t, `$reduce([1..20000], function($a, $i){ $append($a, $i) }, [])`, jsonata.Input{})
	if got.Len() != 20000 {
		t.Errorf("appending 20,000 times gives %d items", got.Len())
	}
}

func eval(t *testing.T, src string, in jsonata.Input) value.Value {
	t.Helper()
	expr, err := jsonata.Compile(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	v, err := expr.Eval(in)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return v
}
