package jsonata_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

var seeds = []string{
	`a.b[c = 1]^(>d).{"e": $sum(f)}`, `$map([1..3], function($x, $i) { $x & $i })`, `a@$x.b#$i[%.c > $i]{d: $x}`,
	`|a|{"b": $}, ["c"]|`, `$f := λ($x)<n-:n>{ $x ? $f(?, 1) : /a+(b)?/i }`, `[1, [2]][] ~> $reverse()`, `**.%.*`, "`q`.'\\u00e9'",
}

func addSeeds(f *testing.F, add func(string)) {
	for _, s := range seeds {
		add(s)
	}
	for _, c := range suiteCases(f, judges.Dir(f, "suites", "jsonata")) {
		if len(c.ExprFile) == 0 {
			add(mustParse(f, string(c.Expr)).Str())
		}
	}
}

// FuzzCompile: no text makes the compiler panic, and what it prints compiles to what prints the same.
func FuzzCompile(f *testing.F) {
	addSeeds(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, src string) {
		expr, err := jsonata.Compile(src)
		var mistake *jsonata.Error
		if err != nil && (!errors.As(err, &mistake) || mistake.Code == "" || mistake.Message == "") {
			t.Fatalf("%q: %v is no Error with a code and a message", src, err)
		}
		if err != nil {
			return
		}
		printed := expr.String()
		again, err := jsonata.Compile(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", src, printed, err)
		}
		if again.String() != printed {
			t.Fatalf("%q prints as %q, then as %q", src, printed, again)
		}
	})
}

// FuzzEval: no expression panics or passes its limits by much, and its result is JSON.
func FuzzEval(f *testing.F) {
	datasets := judges.Files(f, "suites", "jsonata", "datasets", "dataset5.json")
	doc := readText(f, filepath.Clean(datasets[0]))
	addSeeds(f, func(s string) { f.Add(s, doc) })
	f.Fuzz(func(t *testing.T, src, input string) {
		expr, err := jsonata.Compile(src)
		if err != nil {
			return
		}
		data, err := value.Parse(input)
		if err != nil {
			return
		}
		before := data.String()
		limits := jsonata.Limits{Time: 100 * time.Millisecond, Depth: 2000, Size: 4 << 20}
		hangs := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("%q over %q hangs", src, input)) })
		v, err := expr.Eval(jsonata.Input{Data: data, Limits: limits})
		hangs.Stop()
		if data.String() != before {
			t.Fatalf("%q changed its input", src)
		}
		var mistake *jsonata.Error
		if err != nil && (!errors.As(err, &mistake) || mistake.Code == "") {
			t.Fatalf("%q: %v is no Error with a code", src, err)
		}
		if err != nil || !v.Defined() || v.Kind() == value.Func {
			return
		}
		if _, err := value.Parse(v.String()); err != nil {
			t.Fatalf("%q gives %s, which is no JSON: %v", src, v, err)
		}
	})
}
