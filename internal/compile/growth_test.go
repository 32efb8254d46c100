package compile_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// shapes are lines that are repeated: $i is the number of the repetition, $j the next one. before stands in front of all of them, after
// behind. A name that ends in Helper makes a helper of them, which the workflow calls.
var shapes = []struct{ name, before, line, after string }{
	{"Ifs", "n := 0", "if in.N > $i { n += $i }", "return n, nil"},
	{"IfElse", "n := 1", "if in.N > $i { n = n*3%1000 + 1 } else { n = 2 - n }", "return n, nil"},
	{"Sums", "n := in.N", "n = n + n", "return n, nil"},
	{"Quotients", "n := in.N + 1000", "n = n/2 + n%3 + n", "return n % 1000, nil"},
	{"Calls", "n := in.N", "n = spread(n)", "return n, nil"},
	{"Trimmed", "s := in.S", `s = strings.TrimSuffix(strings.TrimPrefix(s, "a"), "b") + "b"`, "return len(in.Items) + utf8.RuneCountInString(s), nil"},
	{"Switches", "n := in.N", "switch in.N { case $i: n++; case $j: n = n*2; default: n = n - 1 }", "return n, nil"},
	{"Risky", "n := in.N", "switch in.N { case $i: n = n / 2; case $j: n = n % 7; case 900: n = 1 }", "return n, nil"},
	{"Defaults", "n := in.N", "switch { case n > $i: n = n / 2; case in.N > 100: n = n * 3 % 17; default: n = 0 }", "return n, nil"},
	{"Returns", "n := in.N", "if n > 1000-$i { return n / 2, nil }; n = n + n%5 + 1", "return n, nil"},
	{"ReturnsHelper", "n := in.N", "if n > 300-$i { return n / 2 }; n = n + n%5 + 1", "return n"},
	{"MaybeReturnsHelper", "n := in.N", "if in.N > $i { if n > 50-$i { return n }; n += 2 }", "return n"},
	{"MaybeReturns", "n := in.N", "if in.N > $i { if n > 50-$i { return n, nil }; n += 2 }", "return n, nil"},
	{"Fields", "o := Sums{A: in.N}", "o.A = o.B + in.N; o.B = o.A%10 + o.C; o.C = o.A - o.B", "return o.A + o.B + o.C, nil"},
	{"FieldIfs", "o := Sums{A: in.N}", "if o.A > o.B { o.A, o.B = o.B, o.A%10 } else { o.C += o.A }", "return o.A + o.B + o.C, nil"},
	{"FieldsOfInput", "o := in.Sums", "o.A = o.B + 1; if o.A > $i { o.B = o.A%10 + o.C }; o.C = o.A - o.B", "return o.A + o.B + o.C, nil"},
	{"Pointers", "o := &Sums{A: in.N}", "if o.A > $i { o.B += o.A }; o.A = o.B%10 + o.A", "return o.A + o.B, nil"},
	{"Coupled", "a, b := in.N, 1", "if a > b { a = (a + b) % 100 } else { b = (b + a) % 90 }", "return a + b, nil"},
	{"Swapped", "a, b := in.N, 1", "a, b = b, (a+b)%1000", "return a + b, nil"},
	{"Truths", "ok, n := in.OK, 0", "ok = ok && in.N > $i || !ok && in.N < $j; if ok { n++ }", "return n, nil"},
	{"Texts", "s := in.S", `if in.N > $i { s += "x" } else { s = s + "-" + in.S }`, "return utf8.RuneCountInString(s), nil"},
	{"Appends", "items := in.Items", "if len(items) > $i { items = append(items, $i, len(items)) }", "return len(items), nil"},
	{"Maps", "m := map[string]int{}", `if in.N > $i { m["k"] = m["k"] + $i; m["l"] += m["k"] }`, `return m["k"] + m["l"], nil`},
	{"Keys", "m := map[string]int{}", `if in.N > $i { m[in.S] = m[in.S] + len(m) }`, `return m[in.S], nil`},
	{"Least", "n := in.N", "n = min(n+$i, max(n, 3), 100-n)", "return n, nil"},
	{"Locals", "total := 0", "v$i := in.N + total%7; if v$i > $i { total += v$i }", "return total, nil"},
	{"Closures", "f, n := func(x int) int { return x%7 + x }, in.N", "n = f(n)", "return n, nil"},
	{"Loops", "n := 1", "for _, it := range in.Items { n += it + n%3 }", "return n, nil"},
	{"LoopPairs", "n, m := 1, 2", "for _, it := range in.Items { n += it; m += n % 5 }", "return n + m, nil"},
	{"LoopIfs", "n := 1; for _, it := range in.Items {", "if it > $i { n += it } else { n-- }", "}; return n, nil"},
	{"Continues", "n := 1; for i, it := range in.Items {", "if it > $i { if i == $i { continue }; n += $i }", "}; return n, nil"},
	{"Breaks", "n := 1; for i, it := range in.Items {", "if it > $i { if i == 3 { break }; n += $i } else if it == n { continue }", "}; return n, nil"},
	{"LoopReturnsHelper", "n := 1; for i, it := range in.Items {", "if it > $i { if i == $i { return n }; n += $i }", "}; return n"},
	{"LoopSwitches", "n := 1; for i, it := range in.Items {", "switch it { case $i: if i > 2 { continue }; n++; case $j: n += i; default: if n > 99 { break }; n += 2 }", "}; return n, nil"},
	{"Errors", "var err error", `if err == nil && in.N == $i { err = flow.Fail("E", "at $i") }`, "return in.N, err"},
	{"ErrorHelpers", "n := in.N", `if err := check(n, $i); err == nil { n++ }`, "return n, nil"},
	{"Times", "t := in.At", "if in.N > $i { t = t.Add(time.Hour) }", "return int(t.Sub(in.At) / time.Hour), nil"},
	{"Steps", "n := in.N", "if n > $i { n += $i }; if in.OK { n, err := flow.Call(c, lang.Double, n); if err != nil { return n, err }; in.N += n % 10 }", "return n + in.N, nil"},
}

const growthHead = `package generated

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/compile/testdata/lang"
)

type In struct {
	N     int
	OK    bool
	S     string
	Items []int
	At    time.Time
	Sums
}

type Sums struct{ A, B, C int }

var _ = strings.Trim
var _ = utf8.RuneCountInString
var at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
var inputs = []In{{At: at}, {N: 1, S: "abab", Items: []int{1}, At: at}, {N: 7, OK: true, S: "b", Items: []int{5, 1, 9, 2, 40}, At: at, Sums: Sums{1, 2, 3}}, {N: 41, S: "ab", Items: []int{3, 3}, At: at}}

func spread(n int) int { return n%%7 + n%%5 + n }

func check(n, i int) error {
	if n > i*10 { return fmt.Errorf("%%d is more than %%d", n, i) }
	return nil
}

var Cases = []lang.Case{
%s}
`

const growthTest = `package run

import (
	"fmt"
	"testing"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/flow"

	generated %q
)

func TestCases(t *testing.T) {
	for _, c := range generated.Cases {
		t.Run(c.Workflow.Name(), c.Run)
	}
}

func TestSizes(t *testing.T) {
	var all []flow.Workflow
	for _, c := range generated.Cases {
		all = append(all, c.Workflow)
	}
	programs, err := compile.Compile(".", compile.Registered(all))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		fmt.Println("size", p.Name, len(asl.Marshal(&p.Definition.Machine)))
	}
}
`

var repetitions = []int{5, 10, 20, 40}

// TestGrowth compiles statements that are repeated, runs them natively and compiled, and holds the size of the machine to what the
// repetitions say.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test binary of its own")
	}
	out, err := testWritten(t, repeatedShapes(), growthTest, "-v")
	if err != nil {
		t.Fatalf("%s", out)
	}
	sizes := map[string]int{}
	for line := range strings.Lines(out) {
		var name string
		var n int
		if _, err := fmt.Sscanf(line, "size %s %d", &name, &n); err == nil {
			sizes[name] = n
		}
	}
	for _, s := range shapes {
		var of []int
		for _, n := range repetitions {
			of = append(of, sizes[fmt.Sprint(s.name, n)])
		}
		if half, all := of[len(of)-2], of[len(of)-1]; half == 0 || all > 3*half {
			t.Errorf("%s: %v bytes for %v repetitions", s.name, of, repetitions)
		}
	}
}

// repeatedShapes is a package with each shape as often as repetitions says.
func repeatedShapes() string {
	var cases, functions strings.Builder
	for _, s := range shapes {
		for _, n := range repetitions {
			name := fmt.Sprint(s.name, n)
			fmt.Fprintf(&cases, "\tlang.Of(%q, %s, inputs...),\n", name, name)
			head := "func " + name + "(c flow.Context, in In) (int, error) {"
			if strings.HasSuffix(s.name, "Helper") {
				fmt.Fprintf(&functions, "%s return of%s(in), nil }\n", head, name)
				head = "func of" + name + "(in In) int {"
			}
			lines := []string{head, s.before}
			for i := range n {
				lines = append(lines, strings.NewReplacer("$i", strconv.Itoa(i), "$j", strconv.Itoa(i+1)).Replace(s.line))
			}
			functions.WriteString(strings.Join(append(lines, s.after, "}\n\n"), "\n\t"))
		}
	}
	return fmt.Sprintf(growthHead, cases.String()) + functions.String()
}
