// Package langgen writes random workflow functions inside the flow language: a seed goes in, Go source comes out. The tests of
// package compile run each natively and compiled, and any difference is a mistake of the compiler's.
//
//	make fuzz-language PROGRAMS=10000 SEED=40000000
//
// runs that many programs, each of a seed of its own from SEED on; a failure prints the program and the first seed of its thousand.
// What was found is kept as a named case of package lang, and mended; then the campaign goes on with seeds that were not used. A
// construct that the language learns is taught to the generator with it: a method beside those of statement, or of expr.
package langgen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// File is the source of a package with n random workflows, and of the Cases that run them. pkg is the import path of package
// lang, whose handlers and types they use.
func File(pkg string, seed uint64, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, header, pkg, pkg)
	b.WriteString(preamble + writers)
	b.WriteString("\n// Cases are the workflows.\nvar Cases = []lang.Case{\n")
	var functions strings.Builder
	for i := range n {
		text, setup := Function(seed+uint64(i), fmt.Sprint(i))
		functions.WriteString("\n" + text)
		fmt.Fprintf(&b, "\tlang.Generated(\"w%d\", W%d, func(ft *flowtest.Test) {\n%s\t}),\n", i, i, setup)
	}
	return b.String() + "}\n" + functions.String()
}

const header = `package generated

import (
	"errors"
	"fmt"
	"maps"
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"%s"
	"%s/parts"
)

var _, _, _, _, _, _, _ = fmt.Sprint, errors.Is, strconv.Itoa, strings.ToUpper, time.Second, slices.Contains[[]int], utf8.RuneCountInString
var _, _, _ = maps.Clone[map[string]int], cmp.Compare[int], sort.Ints
`

// Function is the source of one workflow, W and id, of its helpers, and of what its test sets up.
func Function(seed uint64, id string) (text, setup string) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x57d1de)), id: id, taken: map[string]bool{}}
	text = g.workflow()
	return text, g.setup()
}

// typ is a Go type, as the source writes it.
type typ string

const (
	tInt     typ = "int"
	tFloat   typ = "float64"
	tString  typ = "string"
	tBool    typ = "bool"
	tPart    typ = "lang.Part"
	tThing   typ = "lang.Thing"
	tParts   typ = "[]lang.Part"
	tStrings typ = "[]string"
	tInts    typ = "[]int"
	tRef     typ = "*lang.Part"
)

type variable struct {
	name    string
	t       typ
	outer   bool // belongs to a function around this one: read only
	used    bool
	counter bool // of a loop: never assigned
	written bool // a map whose entries are assigned, or a slice that is sorted: only copies of it are handed on
	late    bool // read when the workflow ends: no Parallel assigns it, which may have failed then
}

// generator writes one workflow.
type generator struct {
	*rand.Rand
	id      string
	out     strings.Builder
	indent  int
	names   int
	vars    []*variable
	result  string // what a return statement needs besides the error: a type, or "" for an error alone
	loops   int
	depth   int
	pure    bool // no steps here
	gives   typ  // what a function without steps returns, "" in others
	helpers []string
	fuel    int
	taken   map[string]bool
	direct  bool // directly in the workflow's own block: compensations and defers may be registered

	namedResults bool // out and err
	examined     bool // what a failure is called will be asked
	awaits       bool
}

func (g *generator) line(format string, args ...any) {
	g.out.WriteString(strings.Repeat("\t", g.indent) + fmt.Sprintf(format, args...) + "\n")
}

func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) workflow() string {
	results := []typ{tInt, tString, tPart, tThing, tInts, tParts, tStrings, tFloat, tBool, tDeep, tMap, tTime, tRef}
	out := pick(g, results...)
	g.fuel = 2 + g.IntN(9)
	g.namedResults = g.one(4)
	g.result, g.direct = string(out), true
	g.vars = []*variable{{name: "in", t: tThing, used: true}}
	g.indent = 1
	g.block(1 + g.IntN(5))
	g.line("return %s, nil", g.expr(out, 3))
	body := g.out.String()
	signature := fmt.Sprintf("(%s, error)", out)
	if g.namedResults {
		signature = fmt.Sprintf("(out %s, err error)", out)
	}
	return strings.Join(g.helpers, "\n") + fmt.Sprintf("\nfunc W%s(c flow.Context, in lang.Thing) %s {\n%s}\n", g.id, signature, body)
}

// block writes n statements in a scope of their own, without braces.
func (g *generator) block(n int) {
	mark := len(g.vars)
	for range n {
		g.statement()
	}
	for _, v := range g.vars[mark:] {
		if !v.used {
			g.line("_ = %s", v.name)
		}
	}
	g.vars = g.vars[:mark]
}

// nested writes a block inside braces that the caller wrote.
func (g *generator) nested(n int) {
	direct := g.direct
	g.direct = false
	g.indent++
	g.depth++
	g.block(n)
	g.depth--
	g.indent--
	g.direct = direct
}

func (g *generator) statement() {
	g.fuel--
	if g.fuel < 0 {
		g.declare()
		return
	}
	if g.pure {
		choices := []func(){g.declare, g.assign, g.assign, g.assign, g.ifPure, g.rangePure, g.switchPure, g.parse, g.cuts, g.named, g.rows, g.entries, g.elsewhere, g.itemWrites, g.grids, g.built, g.changes}
		if g.depth < 3 {
			choices = append(choices, g.labelledPure)
		}
		if g.loops > 0 {
			choices = append(choices, g.leave)
		}
		if g.gives != "" {
			choices = append(choices, g.returnPure)
		}
		pick(g, choices...)()
		return
	}
	choices := []func(){
		g.declare, g.declare, g.assign, g.assign, g.call, g.call, g.call, g.risky, g.ifSteps, g.ifSteps, g.switchSteps, g.rangePure, g.ifPure,
		g.sleep, g.earlyReturn, g.helperCall, g.await, g.ownErrors, g.wrapped, g.exec, g.unnamed, g.mapEntries, g.pointed, g.found, g.switchInit, g.times,
		g.parse, g.cuts, g.deletions, g.labelledPure, g.child, g.named, g.rows, g.entries, g.elsewhere,
	}
	choices = append(choices, g.tallied, g.mapWrites, g.pointerWrites, g.parallelFields, g.sorts, g.itemWrites, g.grids, g.built, g.changes)
	if g.depth < 3 {
		choices = append(choices, g.loop, g.loop, g.mapSteps, g.distributed, g.parallel, g.labelled, g.whileLoop, g.closures, g.retried, g.collected, g.retriedByHelper, g.iterated)
	}
	if g.loops > 0 {
		choices = append(choices, g.leave)
	}
	if g.direct {
		choices = append(choices, g.onFailure, g.deferred)
	}
	choices[g.IntN(len(choices))]()
}

// declared is a new variable of type t; it is known after the statement that declares it.
func (g *generator) declared(t typ) *variable {
	if g.one(6) { // names that JSONata has functions of
		prefix := pick(g, "count", "sum", "exists", "keys", "length", "now")
		if !g.taken[prefix] {
			g.taken[prefix] = true
			return &variable{name: prefix, t: t}
		}
	}
	return &variable{name: g.name("v"), t: t}
}

func (g *generator) declare() {
	t := pick(g, tInt, tInt, tString, tString, tBool, tFloat, tPart, tParts, tStrings, tInts, tThing, tRef, tDeep, tTime, tMap)
	v := g.declared(t)
	if g.one(5) {
		g.line("var %s %s", v.name, t)
	} else if t == tInt || t == tString || t == tBool || t == tFloat {
		g.line("%s := %s(%s)", v.name, t, g.expr(t, 3))
	} else {
		g.line("var %s %s = %s", v.name, t, g.expr(t, 3))
	}
	g.vars = append(g.vars, v)
}

// assignable is a variable that may be assigned here, nil where there is none.
func (g *generator) assignable(t typ) *variable {
	var of []*variable
	for _, v := range g.vars {
		if !v.outer && !v.counter && !v.written && (t == "" || v.t == t) && v.name != "in" {
			of = append(of, v)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return of[g.IntN(len(of))]
}

func (g *generator) assign() {
	v := g.assignable("")
	if v == nil {
		g.declare()
		return
	}
	switch {
	case v.t == tInt && g.one(3):
		g.line("%s%s", v.name, pick(g, "++", "--"))
	case v.t == tInt && g.one(2):
		g.line("%s %s= %s", v.name, pick(g, "+", "-"), g.expr(tInt, 2))
	case v.t == tString && g.one(2):
		text := g.expr(tString, 2)
		if slices.Contains(words(text), v.name) { // in a loop that would double it to the limit of a state's data
			g.line("_ = %s", text)
			text = `"more"`
		}
		g.line("%s += %s", v.name, text)
	case v.t == tPart && g.one(2):
		g.line("%s.Count = %s", v.name, g.expr(tInt, 2))
	case v.t == tThing && g.one(2):
		f := pick(g, "N", "Name", "OK", "Note", "Part.ID", "Parts", "Tags", "F")
		types := map[string]typ{"N": tInt, "Name": tString, "OK": tBool, "Note": tString, "Part.ID": tString, "Parts": tParts, "Tags": tStrings, "F": tFloat}
		g.line("%s.%s = %s", v.name, f, g.expr(types[f], 2))
	case v.t == tParts || v.t == tStrings || v.t == tInts:
		g.line("%s = append(slices.Clip(%s), %s)", v.name, v.name, g.expr(v.t[2:], 2))
	default:
		g.line("%s = %s", v.name, g.expr(v.t, 2))
	}
}

// returnError leaves the function with err.
func (g *generator) returnError(err string) {
	if g.result == "" {
		g.line("return %s", err)
		return
	}
	g.line("return %s, %s", g.zero(typ(g.result)), err)
}

func (g *generator) zero(t typ) string {
	switch t {
	case tInt, tFloat:
		return "0"
	case tString:
		return `""`
	case tBool:
		return "false"
	case tPart, tThing, tDeep, tTime:
		return string(t) + "{}"
	}
	return "nil"
}

// step is a call of a handler: the expression and its result's type.
func (g *generator) step() (string, typ) {
	opts := ""
	if g.one(4) {
		opts = pick(g, `, flow.Timeout(time.Minute)`, `, flow.NoRetry()`, `, flow.Retry{MaxAttempts: 2}`)
	}
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("flow.Call(c, lang.Double, (%s)%%1000%s)", g.expr(tInt, 2), opts), tInt
	case 1:
		return fmt.Sprintf("flow.Call(c, lang.Log, %s%s)", g.expr(tString, 2), opts), tString
	case 2:
		return fmt.Sprintf("flow.Call(c, lang.Make, abs(%s)%%4%s)", g.expr(tInt, 1), opts), tParts
	}
	return fmt.Sprintf("flow.Call(c, lang.Echo, %s%s)", g.expr(tThing, 2), opts), tThing
}

func (g *generator) call() {
	expr, t := g.step()
	if v := g.assignable(t); v != nil && g.one(2) {
		err := g.name("err")
		g.line("var %s error", err)
		g.line("%s, %s = %s", v.name, err, expr)
		g.line("if %s != nil {", err)
		g.indent++
		g.returnError(err)
		g.indent--
		g.line("}")
		return
	}
	g.declareCall(expr, t)
}

func (g *generator) declareCall(expr string, t typ) {
	v, err := g.declared(t), g.name("err")
	g.line("%s, %s := %s", v.name, err, expr)
	g.line("if %s != nil {", err)
	g.indent++
	g.returnError(err)
	g.indent--
	g.line("}")
	g.vars = append(g.vars, v)
}

// risky calls the handler that fails, and does something about it.
func (g *generator) risky() {
	name := pick(g, `"broken"`, `"busy"`, `"odd"`, `"plain"`, `"wrapped"`, `"pointed"`, `"namesake"`, "in.Name", `"fine"`, "")
	if name == "" {
		name = g.expr(tString, 1)
	}
	thing := fmt.Sprintf("lang.Thing{Name: %s, N: %s, Note: %s}", name, g.expr(tInt, 1), g.expr(tString, 1))
	opts := ""
	if g.one(3) {
		opts = pick(g, ", flow.Retry{On: []error{lang.Broken{}}, MaxAttempts: 1}", ", flow.Retry{MaxAttempts: 2, Interval: 5 * time.Second, Backoff: 1.5}")
	}
	v, err := g.declared(tPart), g.name("err")
	g.line("%s, %s := flow.Call(c, lang.Risky, %s%s)", v.name, err, thing, opts)
	switch g.IntN(7) {
	case 0:
		g.line("_ = %s", err)
	case 1:
		g.line("if %s != nil {", err)
		g.nested(1 + g.IntN(2))
		g.indent++
		g.returnError(err)
		g.indent--
		g.line("}")
	case 2:
		g.line("if %s != nil {", err)
		g.indent++
		g.line("%s = %s", v.name, g.expr(tPart, 1))
		g.indent--
		g.line("}")
	case 3:
		g.asError(err, true)
	case 4:
		g.asError(err, false)
	case 5:
		text := g.declared(tString)
		g.line("%s := \"\"", text.name)
		g.line("if %s != nil {", err)
		g.line("\t%s = %s.Error()", text.name, err)
		g.line("}")
		g.vars = append(g.vars, text)
	case 6:
		g.line("if errors.Is(%s, flow.ErrTimeout) || %s == nil && %s.Count > 2 {", err, err, v.name)
		g.nested(1)
		g.line("}")
	}
	g.vars = append(g.vars, v)
}

func (g *generator) asError(err string, rest bool) {
	broken := g.name("broken")
	g.line("var %s lang.Broken", broken)
	g.line("if errors.As(%s, &%s) {", err, broken)
	g.nested(1 + g.IntN(2))
	if g.one(2) {
		g.indent++
		g.returnError(pick(g, err, `flow.Fail("Mine", "my own")`))
		g.indent--
	}
	if rest {
		g.line("} else if %s != nil {", err)
		g.indent++
		g.returnError(err)
		g.indent--
	}
	g.line("}")
}

func (g *generator) ifSteps() {
	g.line("if (%s) {", g.expr(tBool, 3))
	g.nested(1 + g.IntN(3))
	switch g.IntN(3) {
	case 0:
		g.line("} else {")
		g.nested(1 + g.IntN(2))
	case 1:
		g.line("} else if (%s) {", g.expr(tBool, 2))
		g.nested(1)
	}
	g.line("}")
}

func (g *generator) ifPure() {
	pure := g.pure
	g.pure = true
	g.line("if (%s) {", g.expr(tBool, 3))
	g.nested(1 + g.IntN(2))
	if g.one(2) {
		g.line("} else {")
		g.nested(1)
	}
	g.line("}")
	g.pure = pure
}

func (g *generator) switchSteps() {
	if g.one(2) {
		g.line("switch (%s) {", g.expr(tString, 2))
		g.line("case %q, %q:", "one", "a")
		g.nested(1)
		g.line("case %q:", "many")
		g.nested(1 + g.IntN(2))
	} else {
		g.line("switch {")
		g.line("case (%s):", g.expr(tBool, 2))
		g.nested(1)
		g.line("case (%s):", g.expr(tBool, 2))
		g.nested(1 + g.IntN(2))
	}
	if g.one(2) {
		g.line("default:")
		g.nested(1)
	}
	g.line("}")
}

// loop is a loop with steps in it, of at most a few rounds.
func (g *generator) loop() {
	mark := len(g.vars)
	switch g.IntN(3) {
	case 0:
		i := &variable{name: g.name("i"), t: tInt, used: true, counter: true}
		g.line("for %s := 0; %s < %d; %s++ {", i.name, i.name, g.IntN(4), i.name)
		g.vars = append(g.vars, i)
	case 1:
		of := pick(g, tParts, tStrings, tInts)
		i := &variable{name: g.name("i"), t: tInt, counter: true}
		it := &variable{name: g.name("it"), t: of[2:]}
		if g.one(2) {
			g.line("for _, %s := range %s {", it.name, g.shortSlice(of))
		} else {
			g.line("for %s, %s := range %s {", i.name, it.name, g.shortSlice(of))
			g.line("\t_ = %s", i.name)
			g.vars = append(g.vars, i)
		}
		g.line("\t_ = %s", it.name)
		it.used, i.used = true, true
		g.vars = append(g.vars, it)
	case 2:
		i := &variable{name: g.name("i"), t: tInt, used: true, counter: true}
		g.line("for %s := range %d {", i.name, g.IntN(3))
		g.line("\t_ = %s", i.name)
		g.vars = append(g.vars, i)
	}
	g.loops++
	g.nested(1 + g.IntN(3))
	g.loops--
	g.line("}")
	g.vars = g.vars[:mark]
}

func (g *generator) shortSlice(t typ) string {
	var of []string
	owners := map[string]*variable{}
	for _, v := range g.vars {
		if v.t == t && v.outer && !v.written {
			of, owners[v.name] = append(of, v.name), v
		}
	}
	switch t {
	case tParts:
		of = append(of, "in.Parts")
	case tStrings:
		of = append(of, "in.Tags")
	}
	if len(of) == 0 || g.one(3) {
		return g.sliceLit(t, 1)
	}
	name := of[g.IntN(len(of))]
	if v := owners[name]; v != nil {
		v.used = true
	}
	return name
}

func (g *generator) leave() {
	g.line("if (%s) {", g.expr(tBool, 2))
	g.line("\t%s", pick(g, "break", "continue"))
	g.line("}")
}

func (g *generator) earlyReturn() {
	g.line("if (%s) {", g.expr(tBool, 2))
	g.indent++
	switch {
	case g.one(3):
		g.returnError(fmt.Sprintf(`flow.Fail("Stop", %s)`, g.expr(tString, 2)))
	case g.result == "":
		g.line("return nil")
	default:
		g.line("return %s, nil", g.expr(typ(g.result), 2))
	}
	g.indent--
	g.line("}")
}

func (g *generator) sleep() {
	if g.one(3) {
		g.line("flow.Sleep(c, time.Duration(abs(%s)%%60)*time.Second)", g.expr(tInt, 1))
		return
	}
	g.line("flow.Sleep(c, %d*time.Second)", 1+g.IntN(100))
}

// inner writes the body of a function literal with steps; the variables around it can only be read.
func (g *generator) inner(result string, args []*variable, writes []*variable) {
	outer, loops, direct, was, named := g.vars, g.loops, g.direct, g.result, g.namedResults
	g.namedResults = false
	var vars []*variable
	for _, v := range outer {
		w := *v
		w.outer = !slices.Contains(writes, v)
		vars = append(vars, &w)
	}
	g.vars, g.loops, g.direct, g.result = append(vars, args...), 0, false, result
	g.indent++
	g.depth += 2
	g.block(1 + g.IntN(3))
	if result == "" {
		g.line("return nil")
	} else {
		g.line("return %s, nil", g.expr(typ(result), 2))
	}
	g.depth -= 2
	g.indent--
	for i, v := range outer {
		v.used = v.used || vars[i].used
	}
	g.vars, g.loops, g.direct, g.result, g.namedResults = outer, loops, direct, was, named
}

func (g *generator) mapSteps() {
	of := pick(g, tParts, tStrings, tInts)
	result := pick(g, tInt, tString, tPart)
	it := &variable{name: g.name("it"), t: of[2:], used: true, outer: true}
	v, err := g.declared("[]"+result), g.name("err")
	g.line("%s, %s := flow.Map(c, %s, func(c flow.Context, %s %s) (%s, error) {", v.name, err, g.shortSlice(of), it.name, it.t, result)
	g.inner(string(result), []*variable{it}, nil)
	g.line("}%s)", pick(g, "", ", flow.MaxConcurrency(1)", ", flow.MaxConcurrency(3)"))
	g.line("if %s != nil {", err)
	g.indent++
	g.returnError(err)
	g.indent--
	g.line("}")
	g.vars = append(g.vars, v)
}

func (g *generator) parallel() {
	a, b := g.assignable(""), g.assignable("")
	err := g.name("err")
	g.line("%s := flow.Parallel(c,", err)
	g.indent++
	for i, w := range []*variable{a, b} {
		var writes []*variable
		if w != nil && !w.late && (i == 0 || a != b) {
			writes = append(writes, w)
		}
		g.line("func(c flow.Context) error {")
		others := g.vars
		g.vars = slices.DeleteFunc(slices.Clone(others), func(v *variable) bool { return (v == a || v == b) && !slices.Contains(writes, v) })
		g.inner("", nil, writes)
		g.vars = others
		g.line("},")
	}
	g.indent--
	g.line(")")
	g.line("if %s != nil {", err)
	g.indent++
	g.returnError(err)
	g.indent--
	g.line("}")
}

func (g *generator) onFailure() {
	text := g.late(g.expr(tString, 2))
	g.line("flow.OnFailure(c, func(c flow.Context) error {")
	g.line("\t_, err := flow.Call(c, lang.Log, \"undo \"+%s)", text)
	g.line("\treturn err")
	g.line("})")
}

// words are the names in an expression, and whatever looks like one.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// late is the text of what a compensation or a deferred function reads.
func (g *generator) late(text string) string {
	read := words(text)
	for _, v := range g.vars {
		v.late = v.late || slices.Contains(read, v.name)
	}
	return text
}

// helperCall calls a helper of the generator's own: with steps or without.
func (g *generator) helperCall() {
	h := &generator{Rand: g.Rand, id: fmt.Sprintf("%s_%d", g.id, len(g.helpers)), fuel: 4, names: g.names + 100, indent: 1, depth: 3, taken: map[string]bool{}, examined: g.examined}
	result := pick(g, tInt, tString, tPart, tBool)
	a, b := &variable{name: "a", t: tInt, used: true}, &variable{name: "b", t: tString, used: true}
	h.vars = []*variable{a, b, {name: "in", t: tThing, used: true}}
	h.result = string(result)
	if h.pure = g.one(2); h.pure {
		h.gives, h.depth = result, 2
	}
	name := fmt.Sprintf("helper%s_%d", g.id, len(g.helpers))
	h.block(1 + g.IntN(3))
	defer func() {
		g.helpers = append(g.helpers, h.helpers...)
		g.awaits = g.awaits || h.awaits
	}()
	if h.pure {
		h.line("if (%s) {", h.expr(tBool, 2))
		h.line("\treturn %s", h.expr(result, 2))
		h.line("}")
		h.line("return %s", h.expr(result, 2))
		g.helpers = append(g.helpers, fmt.Sprintf("func %s(a int, b string, in lang.Thing) %s {\n%s}\n", name, result, h.out.String()))
		v := g.declared(result)
		g.line("%s := %s(%s, %s, in)", v.name, name, g.expr(tInt, 2), g.expr(tString, 2))
		g.vars = append(g.vars, v)
		g.names = h.names
		return
	}
	h.line("return %s, nil", h.expr(result, 2))
	g.helpers = append(g.helpers, fmt.Sprintf("func %s(c flow.Context, a int, b string, in lang.Thing) (%s, error) {\n%s}\n", name, result, h.out.String()))
	g.declareCall(fmt.Sprintf("%s(c, %s, %s, in)", name, g.expr(tInt, 2), g.expr(tString, 2)), result)
	g.names = max(g.names, h.names)
}

// rangePure is a loop without steps.
func (g *generator) rangePure() {
	of := pick(g, tParts, tStrings, tInts)
	it := &variable{name: g.name("it"), t: of[2:], used: true}
	pure, mark := g.pure, len(g.vars)
	g.pure = true
	g.line("for _, %s := range %s {", it.name, g.shortSlice(of))
	g.line("\t_ = %s", it.name)
	g.vars = append(g.vars, it)
	if g.one(3) {
		g.line("\tif (%s) {", g.expr(tBool, 2))
		g.line("\t\tcontinue")
		g.line("\t}")
	}
	depth, loops := g.depth, g.loops
	g.depth, g.loops = 3, 1
	g.nested(1 + g.IntN(2))
	g.depth, g.loops = depth, loops
	g.line("}")
	g.vars, g.pure = g.vars[:mark], pure
}
