package langgen

import (
	"fmt"
	"slices"
	"strings"
)

// preamble is what generated workflows share: constants and variables of the package, types around other types, generic and
// other helpers without steps.
const preamble = `
const limit = 3

var (
	words  = []string{"a", "one", "c"}
	prices = map[string]int{"a": 1, "one": 20}
)

// Base is embedded in Deep.
type Base struct {
	ID  string ` + "`json:\"id\"`" + `
	Tag string ` + "`json:\"tag,omitempty\"`" + `
}

// Deep is a struct of structs.
type Deep struct {
	Base
	Inner lang.Part         ` + "`json:\"inner\"`" + `
	List  []Base            ` + "`json:\"list,omitempty\"`" + `
	Opt   *lang.Part        ` + "`json:\"opt,omitempty\"`" + `
	Attrs map[string]string ` + "`json:\"attrs\"`" + `
	Two   [2]int            ` + "`json:\"two\"`" + `
}

func (d Deep) Text() string { return d.ID + "/" + d.Tag }

func (d Deep) Tagged(tag string) Deep {
	d.Tag = tag
	return d
}

// Qty is a number of its own type, Size one of a few.
type (
	Qty   int
	Size  int
	Label string
	Names []Label
)

const (
	Small Size = iota + 1
	Large
)

func (q Qty) Twice() Qty        { return q * 2 }
func (q Qty) Over(n int) bool   { return int(q) > n }
func (l Label) Long() bool      { return utf8.RuneCountInString(string(l)) > 3 }
func (n Names) Joined() string {
	all := ""
	for i, l := range n {
		if i > 0 {
			all += "+"
		}
		all += string(l)
	}
	return all
}

func (q Qty) Size() Size {
	if q < 5 {
		return Small
	}
	return Large
}

// Pair is generic.
type Pair[A, B any] struct {
	First  A ` + "`json:\"first\"`" + `
	Second B ` + "`json:\"second,omitempty\"`" + `
}

func pair[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{First: a, Second: b} }

func (p Pair[A, B]) Swapped() Pair[B, A] { return Pair[B, A]{First: p.Second, Second: p.First} }

func repeated(c flow.Context, n int, do func(flow.Context, int) error) error {
	for i := range n {
		if err := do(c, i); err != nil {
			return err
		}
	}
	return nil
}

func nameAndCount(p lang.Part) (string, int) { return p.ID, p.Count }

func counted(name string, n int) string { return fmt.Sprintf("%s*%d", name, n) }

func gathered(first string, more ...string) string {
	for i, s := range more {
		first += strconv.Itoa(i) + s
	}
	return first
}

func (d Deep) marked(mark string) string { return mark + d.Tag }

func mapped[T, U any](list []T, f func(T) U) []U {
	var out []U
	for _, item := range list {
		out = append(out, f(item))
	}
	return out
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func first[T any](list []T, otherwise T) T {
	for _, item := range list {
		return item
	}
	return otherwise
}

func at[T any](list []T, i int) T {
	var none T
	if i < 0 || i >= len(list) {
		return none
	}
	return list[i]
}

func either[T any](test bool, a, b T) T {
	if test {
		return a
	}
	return b
}

func withID(list []lang.Part, id string) (lang.Part, bool) {
	for _, p := range list {
		if p.ID == id {
			return p, true
		}
	}
	return lang.Part{}, false
}

func indexOf(list []string, s string) int {
	for i, item := range list {
		if item == s {
			return i
		}
	}
	return -1
}

func again[T any](c flow.Context, times int, step func(flow.Context, int) (T, error)) (out T, err error) {
	for i := range times {
		out, err = step(c, i)
		if err == nil {
			return out, nil
		}
		flow.Sleep(c, time.Second)
	}
	return out, fmt.Errorf("%d times: %w", times, err)
}

func sizeOf(p lang.Part) string {
	switch n := p.Count; {
	case n < 1:
		return "none"
	case n < limit, n == 7:
		return "few"
	}
	return "many"
}

func total(list []lang.Part) (sum int, ids string) {
	for _, p := range list {
		if p.Count < 0 {
			continue
		}
		sum += p.Count
		ids += p.ID
	}
	return
}
`

const (
	tMap  typ = "map[string]string"
	tTime typ = "time.Time"
	tDeep typ = "Deep"
)

// setup is what the test of a workflow does before it runs.
func (g *generator) setup() string {
	var b strings.Builder
	if g.one(3) {
		fmt.Fprintf(&b, "\t\tft.Fail(lang.%s, %d, %s)\n", pick(g, "Double", "Log", "Echo", "Risky"), 1+g.IntN(3),
			pick(g, `lang.Broken{Why: "first"}`, `&lang.Busy{}`, `errors.New("early")`))
	}
	if g.one(5) {
		fmt.Fprintf(&b, "\t\tft.Slow(lang.%s, %d*time.Second)\n", pick(g, "Double", "Log", "Echo"), 1+g.IntN(20))
	}
	switch {
	case g.awaits && g.one(3):
		fmt.Fprintf(&b, "\t\tft.LeaveOpen(lang.%s)\n", pick(g, "Ask", "Remind"))
	case g.awaits && g.one(3):
		b.WriteString("\t\tflowtest.Answer(ft, lang.Ask, func(r lang.Request) (lang.Part, error) { return lang.Part{ID: \"answer \" + r.Thing.Name, Count: r.Thing.N}, nil })\n")
	case g.awaits && g.one(3):
		b.WriteString("\t\tflowtest.Answer(ft, lang.Ask, func(r lang.Request) (lang.Part, error) { return lang.Part{}, lang.Broken{Why: \"no\"} })\n")
	case g.awaits && g.one(2):
		fmt.Fprintf(&b, "\t\tflowtest.AnswerExec(ft, lang.Remind, func(r lang.Request) (lang.Part, error) { return lang.Part{ID: r.Thing.Note, Count: 2}, %s })\n",
			pick(g, "nil", `lang.Broken{Why: "gone"}`))
	}
	return b.String()
}

// await waits for an answer, and perhaps tells the ways of failing apart.
func (g *generator) await() {
	g.awaits = true
	v, err := g.declared(tPart), g.name("err")
	limit := pick(g, "flow.Timeout(time.Hour)", "flow.Heartbeat(10*time.Minute)", "flow.Timeout(2*time.Hour), flow.Heartbeat(time.Minute)")
	call := pick(g, "flow.Await(c, lang.Ask", "flow.ExecAwait[lang.Part](c, lang.Remind")
	g.line("%s, %s := %s, func(t flow.Token) lang.Request {", v.name, err, call)
	g.line("\treturn lang.Request{Thing: %s, Token: t}", g.expr(tThing, 1))
	g.line("}, %s)", limit)
	switch g.IntN(4) {
	case 0:
		g.line("if errors.Is(%s, flow.ErrTimeout) {", err)
		g.nested(1)
		g.line("} else if %s != nil {", err)
		g.failWith(err)
		g.line("}")
	case 1:
		g.line("if errors.Is(%s, flow.ErrHeartbeatTimeout) {", err)
		g.failWith(`flow.Fail("Late", "nobody answered")`)
		g.line("}")
	case 2:
		g.line("if %s != nil {", err)
		g.failWith(fmt.Sprintf(`fmt.Errorf("asking %%s: %%w", %s, %s)`, g.expr(tString, 1), err))
		g.line("}")
	case 3:
		g.line("if %s != nil {", err)
		g.failWith(err)
		g.line("}")
	}
	g.vars = append(g.vars, v)
}

func (g *generator) failWith(err string) {
	g.indent++
	g.returnError(err)
	g.indent--
}

// ownErrors ends with an error of a Go type, or with one around another.
func (g *generator) ownErrors() {
	g.line("if (%s) {", g.expr(tBool, 2))
	g.failWith(fmt.Sprintf(pick(g, "lang.Broken{Why: %s}", `flow.Fail("Own", %s)`, `fmt.Errorf("own: %%w", lang.Broken{Why: %s})`), g.expr(tString, 1)))
	g.line("}")
}

// wrapped says more about a step's error.
func (g *generator) wrapped() {
	expr, t := g.step()
	v, err := g.declared(t), g.name("err")
	g.line("%s, %s := %s", v.name, err, expr)
	g.line("if %s != nil {", err)
	if g.one(2) {
		g.nested(1)
	}
	g.failWith(fmt.Sprintf(`fmt.Errorf("step %%d: %%w", %s, %s)`, g.expr(tInt, 1), err))
	g.line("}")
	g.vars = append(g.vars, v)
}

// deferred registers what runs at the end, whatever happens.
func (g *generator) deferred() {
	text := g.late(g.leaf(tString))
	if g.namedResults && g.one(2) {
		g.line("defer func() {")
		g.line("\tif err != nil {")
		g.line("\t\t_, _ = flow.Call(c, lang.Log, \"failed \"+%s)", text)
		if g.one(2) {
			g.line("\t\tout, err = %s, nil", g.late(g.leaf(typ(g.result))))
		}
		g.line("\t}")
		g.line("}()")
		return
	}
	g.line("defer func() { _, _ = flow.Call(c, lang.Log, \"at last \"+%s) }()", text)
}

// closures declares a function in a variable, without steps or with them; what it reads is what is there when it is called.
func (g *generator) closures() {
	f := &variable{name: g.name("f"), used: true}
	if g.one(2) {
		result := pick(g, tInt, tString, tBool)
		g.line("%s := func(n int, s string) %s {", f.name, result)
		g.pureBody(result, &variable{name: "n", t: tInt, used: true}, &variable{name: "s", t: tString, used: true})
		g.line("}")
		v := g.declared(result)
		if g.one(2) {
			g.assign()
		}
		g.line("%s := %s(%s, %s)", v.name, f.name, g.expr(tInt, 1), g.expr(tString, 1))
		g.vars = append(g.vars, v)
		return
	}
	result := pick(g, tInt, tString, tPart)
	var writes []*variable
	if w := g.assignable(""); w != nil && g.one(2) {
		writes = append(writes, w)
	}
	g.line("%s := func(c flow.Context, n int) (%s, error) {", f.name, result)
	g.inner(string(result), []*variable{{name: "n", t: tInt, used: true, outer: true}}, writes)
	g.line("}")
	for range 1 + g.IntN(2) {
		g.declareCall(fmt.Sprintf("%s(c, %s)", f.name, g.expr(tInt, 1)), result)
	}
}

// pureBody is the body of a function without steps that only reads what is around it.
func (g *generator) pureBody(result typ, params ...*variable) {
	mark := len(g.vars)
	g.vars = append(g.vars, params...)
	g.indent++
	if g.one(2) {
		g.line("if (%s) {", g.expr(tBool, 2))
		g.line("\treturn %s", g.expr(result, 1))
		g.line("}")
	}
	g.line("return %s", g.expr(result, 2))
	g.indent--
	g.vars = g.vars[:mark]
}

// mapEntries reads and writes the entries of maps.
func (g *generator) mapEntries() {
	if g.one(2) {
		v, ok := &variable{name: g.name("v"), t: tString}, &variable{name: g.name("ok"), t: tBool}
		g.line("%s, %s := %s[%q]", v.name, ok.name, g.leaf(tMap), pick(g, "k", "l", "none"))
		g.vars = append(g.vars, v, ok)
		return
	}
	v := &variable{name: g.name("m"), t: tMap, written: true, used: true}
	g.line("%s := map[string]string{%q: %s}", v.name, pick(g, "k", "x"), g.expr(tString, 1))
	g.line("%s[%q] = %s", v.name, pick(g, "k", "y"), g.expr(tString, 1))
	g.vars = append(g.vars, v)
}

// pointed reads through a pointer where it is not nil.
func (g *generator) pointed() {
	r := g.leaf(tRef)
	if r == "nil" || r[0] == '&' {
		r = "in.Ref"
	}
	v := g.declared(tPart)
	g.line("var %s lang.Part", v.name)
	g.line("if %s != nil {", r)
	g.line("\t%s = *%s", v.name, r)
	g.line("\t%s.Count += %s.Count", v.name, r)
	g.line("}")
	g.vars = append(g.vars, v)
}

// found uses a helper that returns from its loop.
func (g *generator) found() {
	if g.one(2) {
		v, ok := &variable{name: g.name("v"), t: tPart}, &variable{name: g.name("ok"), t: tBool}
		g.line("%s, %s := withID(%s, %s)", v.name, ok.name, g.leaf(tParts), g.expr(tString, 1))
		g.vars = append(g.vars, v, ok)
		return
	}
	sum, ids := &variable{name: g.name("v"), t: tInt}, &variable{name: g.name("v"), t: tString}
	g.line("%s, %s := total(%s)", sum.name, ids.name, g.expr(tParts, 1))
	g.vars = append(g.vars, sum, ids)
}

// labelled is a loop in a loop, left and continued from the inside.
func (g *generator) labelled() {
	label := g.name("L")
	mark := len(g.vars)
	i, j := &variable{name: g.name("i"), t: tInt, used: true, counter: true}, &variable{name: g.name("i"), t: tInt, used: true, counter: true}
	g.line("%s:", label)
	if g.one(2) {
		g.line("for %s := range %d {", i.name, 1+g.IntN(3))
	} else {
		g.line("for %s := 0; %s < %d; %s++ {", i.name, i.name, 1+g.IntN(3), i.name)
	}
	g.vars = append(g.vars, i)
	g.indent++
	g.line("for %s := range %d {", j.name, 1+g.IntN(3))
	g.vars = append(g.vars, j)
	g.line("\t_ = %s", j.name)
	loops := g.loops
	g.loops = 1
	g.nested(1 + g.IntN(2))
	g.loops = loops
	g.line("\tif (%s) {", g.expr(tBool, 2))
	g.line("\t\t%s %s", pick(g, "break", "continue"), label)
	g.line("\t}")
	g.line("\t_, _ = flow.Call(c, lang.Log, %s)", g.expr(tString, 1))
	g.line("}")
	g.line("_ = %s", i.name)
	if g.one(2) {
		g.line("_, _ = flow.Call(c, lang.Double, %s)", i.name)
	}
	g.indent--
	g.line("}")
	g.vars = g.vars[:mark]
}

// whileLoop is a loop with a condition alone.
func (g *generator) whileLoop() {
	mark := len(g.vars)
	i := &variable{name: g.name("i"), t: tInt, used: true, counter: true}
	g.line("%s := %d", i.name, g.IntN(2))
	g.line("for %s < %d && %s {", i.name, 1+g.IntN(4), either(g.one(2), "true", "!in.OK"))
	g.vars = append(g.vars, i)
	g.line("\t%s++", i.name)
	g.loops++
	g.nested(1 + g.IntN(2))
	g.loops--
	g.line("}")
	g.vars = g.vars[:mark]
}

func either(test bool, a, b string) string {
	if test {
		return a
	}
	return b
}

// switchInit is a switch with a statement of its own, over numbers.
func (g *generator) switchInit() {
	n := &variable{name: g.name("n"), t: tInt, used: true, counter: true}
	mark := len(g.vars)
	g.line("switch %s := (%s); %s {", n.name, g.expr(tInt, 2), n.name)
	g.vars = append(g.vars, n)
	g.line("case 0, %d:", 1+g.IntN(2))
	g.nested(1)
	if g.one(2) {
		g.line("\tif (%s) {", g.expr(tBool, 1))
		g.line("\t\tbreak")
		g.line("\t}")
		g.nested(1)
	}
	g.line("case 3:")
	g.nested(1)
	if g.one(2) {
		g.line("default:")
		g.nested(1)
	}
	g.line("}")
	g.vars = g.vars[:mark]
}

// distributed is a map of executions; some may fail, and perhaps be tolerated.
func (g *generator) distributed() {
	of := pick(g, tParts, tStrings, tInts)
	result := pick(g, tInt, tString, tPart)
	it := &variable{name: g.name("it"), t: of[2:], used: true, outer: true}
	v, err := g.declared("[]"+result), g.name("err")
	g.line("%s, %s := flow.Distributed(c, %s, func(c flow.Context, %s %s) (%s, error) {", v.name, err, g.shortSlice(of), it.name, it.t, result)
	if g.one(3) {
		g.line("\tflow.Sleep(c, %d*time.Second)", 1+g.IntN(9))
	}
	g.inner(string(result), []*variable{it}, nil)
	g.line("}%s)", pick(g, "", ", flow.MaxConcurrency(2)")+either(g.one(2), ", flow.TolerateShare(100)", pick(g, "", ", flow.TolerateFailures(1)")))
	g.line("if %s != nil {", err)
	g.failWith(err)
	g.line("}")
	g.vars = append(g.vars, v)
}

// times waits, and computes with times.
func (g *generator) times() {
	v := g.declared(tBool)
	start := g.name("start")
	g.line("%s := flow.Now(c)", start)
	if g.one(2) {
		g.line("flow.SleepUntil(c, %s.Add(%d*time.Minute))", start, g.IntN(90))
	} else {
		g.sleep()
	}
	g.line("%s := flow.Now(c).Sub(%s) >= time.Duration(%d)*time.Second", v.name, start, g.IntN(100))
	g.vars = append(g.vars, v)
}

// sharedExpr is an expression of type t by a helper of the preamble, "" where there is none.
func (g *generator) sharedExpr(t typ, depth int) string {
	switch t {
	case tInt:
		return g.oneOf(
			func() string { return "limit" },
			func() string { return `prices["one"]` },
			func() string { return `prices["none"]` },
			func() string { return fmt.Sprintf("indexOf(%s, %s)", g.expr(tStrings, depth), g.expr(tString, depth)) },
			func() string { return fmt.Sprintf("utf8.RuneCountInString(%s)", g.expr(tString, depth)) },
			func() string { return fmt.Sprintf("%s.Two[%d]", g.expr(tDeep, 0), g.IntN(2)) },
			func() string { return fmt.Sprintf("at(%s, %s)", g.expr(tInts, depth), g.expr(tInt, depth)) },
		)
	case tString:
		return g.oneOf(
			func() string { return fmt.Sprintf("sizeOf(%s)", g.expr(tPart, depth)) },
			func() string { return fmt.Sprintf("%s.Text()", g.expr(tDeep, depth)) },
			func() string { return fmt.Sprintf("%s.Tag", g.expr(tDeep, 0)) },
			func() string { return fmt.Sprintf("%s[%q]", g.leaf(tMap), pick(g, "k", "none")) },
			func() string {
				return fmt.Sprintf("either(%s, %s, %s)", g.expr(tBool, depth), g.expr(tString, depth), g.expr(tString, depth))
			},
			func() string { return fmt.Sprintf("at(%s, %d)", g.expr(tStrings, depth), g.IntN(3)) },
			func() string { return "words[1]" },
		)
	case tPart:
		return g.oneOf(
			func() string { return fmt.Sprintf("first(%s, %s)", g.expr(tParts, depth), g.expr(tPart, depth)) },
			func() string { return fmt.Sprintf("%s.Inner", g.expr(tDeep, depth)) },
			func() string { return fmt.Sprintf("at(%s, %s)", g.expr(tParts, depth), g.expr(tInt, depth)) },
			func() string {
				return fmt.Sprintf("either(%s, %s, %s)", g.expr(tBool, depth), g.expr(tPart, depth), g.leaf(tPart))
			},
		)
	case tStrings:
		return g.oneOf(
			func() string { return "words" },
			func() string { return fmt.Sprintf("strings.Split(%s, %q)", g.expr(tString, depth), pick(g, " ", "o")) },
		)
	case tBool:
		return fmt.Sprintf("%s.%s(%s)", g.expr(tTime, depth), pick(g, "Before", "After", "Equal"), g.expr(tTime, depth))
	case tTime:
		return fmt.Sprintf("in.When.Add(time.Duration(%s%%1000)*time.%s)", g.expr(tInt, depth), pick(g, "Minute", "Second", "Hour"))
	case tMap:
		return fmt.Sprintf("map[string]string{%q: %s}", pick(g, "k", "l"), g.expr(tString, depth))
	case tDeep:
		if g.one(3) {
			return fmt.Sprintf("%s.Tagged(%s)", g.leaf(tDeep), g.expr(tString, depth))
		}
		return fmt.Sprintf("Deep{Base: Base{ID: %s, Tag: %s}, Inner: %s, List: []Base{{Tag: %s}}, Opt: %s, Attrs: %s, Two: [2]int{%s, 4}}", g.expr(tString, depth), g.expr(tString, depth),
			g.expr(tPart, depth), g.expr(tString, depth), g.leaf(tRef), g.leaf(tMap), g.expr(tInt, depth))
	}
	return ""
}

// oneOf is one of some texts; only that one is made, as making it counts what it mentions as used.
func (g *generator) oneOf(of ...func() string) string { return of[g.IntN(len(of))]() }

// cut is a part of a slice that is in a variable.
func (g *generator) cut(t typ) string {
	x := g.leaf(t)
	if !slices.ContainsFunc(g.vars, func(v *variable) bool { return v.name == x }) && !strings.HasPrefix(x, "in.") {
		return x
	}
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("%s[min(%d, len(%s)):]", x, 1+g.IntN(2), x)
	case 1:
		return fmt.Sprintf("%s[:min(%d, len(%s))]", x, g.IntN(3), x)
	}
	return fmt.Sprintf("slices.Clone(%s)", x)
}
