package gosource

import (
	"cmp"
	"fmt"
	"go/scanner"
	"go/token"
	"maps"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// function writes the states of one machine.
type function struct {
	*writer
	machine   *asl.Machine
	gives     string            // the type of the result
	separate  map[string]string // states that are functions of their own, by the functions' names
	shared    map[string]bool   // states that have to be
	written   map[string]int
	needs     map[string]bool     // the states that the document matters to
	calls     map[string][]string // from one separate state to others
	now       string              // the separate state that is written
	originVar string
	before    string // statements that the one being written needs
}

// write writes the machine. false: a state turned out to be reached in several ways, and it has to be written again.
func (f *function) write(name, comment string, takes *shape) (done bool) {
	names := maps.Clone(f.names)
	defer func() {
		switch a := recover().(type) {
		case nil:
		case again:
			f.writer.names = names
			f.separate[a.state] = f.helper(a.state)
			done = false
		default:
			panic(a)
		}
	}()
	f.written, f.calls, f.now, f.originVar = map[string]int{}, map[string][]string{}, "", ""
	f.needs = f.needing()
	text := name + " begins with " + f.machine.StartAt + "."
	if comment != "" {
		text = name + ": " + strings.TrimSpace(comment)
	}
	f.function(name, text, f.machine.StartAt, takes)
	f.rest()
	return true
}

// rest writes the functions that those written so far call.
func (f *function) rest() {
	for queue := f.calls[""]; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		if _, written := f.calls[state]; written {
			continue
		}
		f.calls[state], f.now = []string{}, state
		s := f.machine.State(state)
		f.function(f.separate[state], f.separate[state]+" goes on with "+state+".", state, f.about[s].in)
		queue = append(queue, f.calls[state]...)
	}
	for _, s := range f.machine.States {
		if f.recursive(s.Name, s.Name, map[string]bool{}) {
			f.refuse(s, "Next", severalEntries)
			return
		}
	}
}

// severalEntries is a loop without a form in Go: irreducible.
const severalEntries = "a loop that is entered in several places"

// recursive says whether a separate state calls another, by any number of calls.
func (f *function) recursive(from, to string, seen map[string]bool) bool {
	for _, n := range f.calls[from] {
		if n == to {
			return true
		}
		if !seen[n] {
			seen[n] = true
			if f.recursive(n, to, seen) {
				return true
			}
		}
	}
	return false
}

// function writes a function that begins with a state.
func (f *function) function(name, comment, start string, takes *shape) {
	if own := f.separate[start]; own != "" { // within, it is no other function
		delete(f.separate, start)
		defer func() { f.separate[start] = own }()
	}
	at := len(f.functions)
	f.functions = append(f.functions, "")
	f.originVar = ""
	if f.now == "" && f.machine == &f.def.Machine {
		f.originVar = "input"
	}
	body := f.to(start, doc{"in", takes}, &around{})
	if f.originVar != "" && mentions(body.text, f.originVar) {
		body.text = f.originVar + " := in\n" + body.text
	}
	var b strings.Builder
	for line := range strings.Lines(comment) {
		b.WriteString("// " + strings.TrimSpace(line) + "\n")
	}
	fmt.Fprintf(&b, "func %s(c flow.Context, in %s) (%s, error) {\n%s}\n", name, f.goType(takes), f.gives, body.text)
	f.functions[at] = b.String()
}

// state writes a state and what follows.
func (f *function) state(name string, d doc, x *around) code {
	s := f.machine.State(name)
	if f.written[name]++; f.written[name] > 1 && !f.trivial(name) {
		if f.shared[name] {
			f.refuse(s, "Next", severalEntries)
			return code{"", true}
		}
		f.shared[name] = true
		panic(again{name})
	}
	comment := ""
	if s.Comment != "" {
		comment = "// " + strings.Join(strings.Fields(s.Comment), " ") + "\n"
	}
	out := f.stateOf(s, d, x)
	out.text = comment + out.text
	return out
}

func (f *function) stateOf(s *asl.State, d doc, x *around) code {
	switch s.Type {
	case asl.Choice:
		return f.choice(s, d, x)
	case asl.Task:
		return f.task(s, d, x)
	case asl.Pass:
		return f.pass(s, d, x)
	case asl.Wait:
		return f.wait(s, d, x)
	case asl.Fail:
		return code{"return " + f.zero() + ", " + f.fail(s, d) + "\n", true}
	case asl.Parallel:
		return f.parallel(s, d, x)
	case asl.Map:
		return f.fan(s, d, x)
	}
	return f.pass(s, d, x)
}

// zero is the result beside an error.
func (f *function) zero() string {
	switch g := f.gives; {
	case g == "any", strings.HasPrefix(g, "[]"), strings.HasPrefix(g, "map["):
		return "nil"
	case g == "string":
		return `""`
	case g == "int", g == "float64":
		return "0"
	case g == "bool":
		return "false"
	default:
		return g + "{}"
	}
}

// places are what terms of a state read from.
func (f *function) places(s *asl.State, d doc) *places {
	a := f.about[s]
	p := &places{in: d.expr, origin: f.originVar, shapes: map[string]*shape{"in": a.in, "input": a.in, "origin": f.origins[&f.def.Machine]}}
	if a.input != nil {
		if a.input.op == place {
			p.in = f.value(s, a.input, p)
		} else {
			p.in = f.loose(s, a.input, p)
		}
		p.shapes = maps.Clone(p.shapes)
		p.shapes["in"] = a.input.shape
	}
	return p
}

// taken is what a state works on: what it makes of its input, or that itself.
func (f *function) taken(s *asl.State, p *places, loose bool) doc {
	a := f.about[s]
	switch {
	case a.argument == nil:
		return doc{p.in, p.shapes["in"]}
	case loose:
		return doc{f.loose(s, a.argument, p), a.argument.shape}
	}
	return doc{f.value(s, a.argument, p), a.argument.shape}
}

// after is what a state hands on: what it gives, put into the document, and what OutputPath takes of that.
func (f *function) after(s *asl.State, d, given doc, x *around) code {
	a := f.about[s]
	text := ""
	switch {
	case a.dropped:
	case a.put != nil:
		text, d = f.putInto(s, d, given)
	default:
		d = given
	}
	if a.output != nil {
		p := &places{in: d.expr, shapes: map[string]*shape{"in": d.shape}}
		d = doc{f.value(s, a.output, p), a.output.shape}
	}
	if s.End || s.Type == asl.Succeed {
		return code{text + f.flush() + "return " + d.expr + ", nil\n", true}
	}
	text += f.flush()
	before, d := f.variable(d, s.Name)
	rest := f.to(s.Next, d, x)
	if mentions(rest.text, d.expr) {
		text += before
	}
	return code{text + rest.text, rest.ends}
}

// putInto puts what a state gives into the document, by ResultPath.
func (f *function) putInto(s *asl.State, d, given doc) (text string, in doc) {
	a := f.about[s]
	text, d = f.variable(d, s.Name)
	dest, pointer := f.walk(&term{op: place, from: "in", path: a.put}, &places{in: d.expr, shapes: map[string]*shape{"in": a.in}})
	v := given.expr
	if pointer {
		v = f.pointer(v, a.put[len(a.put)-1].name)
	}
	return f.flush() + text + dest + " = " + v + "\n", d
}

// flush takes the statements that come first.
func (f *function) flush() string {
	out := f.before
	f.before = ""
	return out
}

func (f *function) pass(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	p := f.places(s, d)
	loose := (s.End || s.Type == asl.Succeed) && f.gives == "any" && a.put == nil && a.output == nil
	given := f.taken(s, p, loose)
	if a.selected != nil {
		p.result, p.shapes["result"] = d.expr, a.in
		given = doc{f.valueAs(s, a.selected, p, f.wanted(s)), a.selected.shape}
	}
	if a.dropped || s.Type == asl.Succeed && a.argument == nil && a.selected == nil {
		given = doc{p.in, p.shapes["in"]}
	}
	pre := f.flush()
	out := f.after(s, d, given, x)
	return code{pre + out.text, out.ends}
}

func (f *function) wait(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	text := ""
	p := f.places(s, d)
	switch {
	case s.Seconds.Kind() == value.Number:
		text = "flow.Sleep(c, " + f.seconds(s.Seconds) + ")\n"
	case a.extra["Seconds"] != nil:
		text = "flow.Sleep(c, " + f.duration(s, a.extra["Seconds"], p) + ")\n"
	case a.extra["Timestamp"] != nil:
		text = "flow.SleepUntil(c, " + f.value(s, a.extra["Timestamp"], p) + ")\n"
	default:
		f.refuse(s, "Timestamp", "a constant time has no form in Go yet")
	}
	out := f.after(s, d, doc{p.in, p.shapes["in"]}, x)
	return code{text + out.text, out.ends}
}

func (f *function) fail(s *asl.State, d doc) string {
	texts := make([]string, 2)
	p := f.places(s, d)
	for i, field := range []struct {
		name string
		v    value.Value
	}{{"Error", s.Error}, {"Cause", s.Cause}} {
		switch t := f.about[s].extra[field.name]; {
		case t != nil:
			texts[i] = f.value(s, t, p)
		case field.v.Defined():
			texts[i] = f.filled(field.v.Str())
		default:
			texts[i] = `""`
		}
	}
	return "flow.Fail(" + strings.Join(texts, ", ") + ")"
}

func (f *function) choice(s *asl.State, d doc, x *around) code {
	before, d := f.variable(d, s.Name)
	p := f.places(s, d)
	if a := f.about[s]; a.output != nil {
		d = doc{f.value(s, a.output, &places{in: p.in, shapes: map[string]*shape{"in": p.shapes["in"]}}), a.out}
	} else if a.input != nil {
		d = doc{p.in, a.out}
	}
	kept, d := f.variable(d, s.Name)
	before += kept
	join := f.meet(next(s), x)
	inner, declared, met := f.meeting(join, d, x)
	before += declared
	var ways []way
	for _, r := range merged(s) {
		ways = append(ways, way{f.condition(s, r, p, false), f.to(r.Next, d, inner)})
	}
	otherwise := code{"return " + f.zero() + ", flow.Fail(\"States.NoChoiceMatched\", " + strconv.Quote("no choice of "+s.Name+" matched") + ")\n", true}
	if s.Default != "" {
		otherwise = f.to(s.Default, d, inner)
	}
	out := decide(ways, otherwise)
	out.text = before + out.text
	if join == "" || out.ends {
		return out
	}
	rest := f.to(join, met, x)
	return code{out.text + rest.text, rest.ends}
}

// merged are the rules of a Choice: neighbours that lead to one state as one rule, and none that leads where the Default does.
func merged(s *asl.State) []*asl.Rule {
	var rules []*asl.Rule
	for _, r := range s.Choices {
		if n := len(rules); n > 0 && rules[n-1].Next == r.Next {
			rules[n-1] = &asl.Rule{Next: r.Next, Or: []*asl.Rule{rules[n-1], r}}
			continue
		}
		rules = append(rules, r)
	}
	for len(rules) > 0 && rules[len(rules)-1].Next == s.Default {
		rules = rules[:len(rules)-1]
	}
	return rules
}

// meeting is what is around the ways to a state at which they meet, and the variable that has the document there.
func (f *function) meeting(join string, d doc, x *around) (inner *around, declared string, met doc) {
	if join == "" {
		return x, "", d
	}
	declared, met = f.variableFor(join, d)
	return x.with(join, &target{doc: met.expr}), declared, met
}

// variableFor is a variable for the document of a state: that of d where the types are the same.
func (f *function) variableFor(state string, d doc) (declared string, met doc) {
	in := f.about[f.machine.State(state)].in
	if in.root() == d.shape.root() {
		return "", d
	}
	if !f.needs[state] {
		return "", d
	}
	v := f.unique(cmp.Or(in.root().hint, "result"), false)
	return "var " + v + " " + f.goType(in) + "\n", doc{v, in}
}

// mentions says whether Go text has a variable in it.
func mentions(text, name string) bool {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), func(token.Position, string) {}, 0)
	for before := token.ILLEGAL; ; {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return false
		case tok == token.IDENT && lit == name && before != token.PERIOD:
			return true
		}
		before = tok
	}
}
