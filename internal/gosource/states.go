package gosource

import (
	"fmt"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
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
	f.function(name, text, f.machine.StartAt, takes, "")
	for queue := f.calls[""]; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		if _, written := f.calls[state]; written {
			continue
		}
		f.calls[state], f.now = []string{}, state
		s := f.machine.State(state)
		f.function(f.separate[state], f.separate[state]+" goes on with "+state+".", state, f.about[s].in, state)
		queue = append(queue, f.calls[state]...)
	}
	for state := range f.calls {
		if state != "" && f.recursive(state, state, map[string]bool{}) {
			f.refuse(f.machine.State(state), "Next", "a loop that is entered in several places")
			break
		}
	}
	return true
}

func (f *function) recursive(from, to string, seen map[string]bool) bool {
	for _, n := range f.calls[from] {
		if n == to || !seen[n] && !f.mark(seen, n) && f.recursive(n, to, seen) {
			return true
		}
	}
	return false
}

func (f *function) mark(seen map[string]bool, n string) bool {
	seen[n] = true
	return false
}

// function writes a function that begins with a state.
func (f *function) function(name, comment, start string, takes *shape, self string) {
	own := f.separate[start]
	if own != "" && self == "" {
		delete(f.separate, start) // the function itself is that of its first state
		defer func() { f.separate[start] = own }()
	}
	if self != "" {
		delete(f.separate, self)
		defer func() { f.separate[self] = own }()
	}
	at := len(f.functions)
	f.functions = append(f.functions, "")
	d := doc{"in", takes}
	f.originVar = ""
	if f.now == "" && f.machine == &f.def.Machine {
		f.originVar = "input"
	}
	body := f.to(start, d, &around{})
	if mentions(body.text, "input") && f.originVar != "" {
		body.text = "input := in\n" + body.text
	}
	var b strings.Builder
	for _, line := range strings.Split(comment, "\n") {
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
			f.refuse(s, "Next", "a loop that is entered in several places")
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
		text, d = f.variable(d, s.Name)
		dest, pointer := f.walk(&term{op: place, from: "in", path: a.put}, &places{in: d.expr, shapes: map[string]*shape{"in": a.in}})
		v := given.expr
		if pointer {
			v = f.pointer(v, a.put[len(a.put)-1].name)
		}
		text = f.flush() + text + dest + " = " + v + "\n"
	default:
		d = given
	}
	if a.output != nil {
		p := &places{in: d.expr, shapes: map[string]*shape{"in": a.in}}
		if a.put == nil && !a.dropped {
			p.shapes["in"] = given.shape
		}
		if a.output.op == place {
			d = doc{f.value(s, a.output, p), a.output.shape}
		} else {
			d = doc{f.value(s, a.output, p), a.output.shape}
		}
	}
	if s.End || s.Type == asl.Succeed {
		return code{text + f.flush() + "return " + d.expr + ", nil\n", true}
	}
	if !d.isVariable() {
		before, in := f.variable(d, s.Name)
		rest := f.to(s.Next, in, x)
		if f.plain(s.Next, x) || !mentions(rest.text, in.expr) {
			// The next state takes the value as it is.
		}
		if !mentions(rest.text, in.expr) {
			return code{text + f.flush() + rest.text, rest.ends}
		}
		return code{text + f.flush() + before + rest.text, rest.ends}
	}
	rest := f.to(s.Next, d, x)
	return code{text + rest.text, rest.ends}
}

func (f *function) plain(string, *around) bool { return false }

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
		given = doc{f.valueAs(s, a.selected, p, map[bool]*shape{true: nil, false: a.selected.shape}[loose]), a.selected.shape}
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

func (f *function) duration(s *asl.State, t *term, p *places) string {
	f.src.uses["time"] = true
	return "time.Duration(" + f.value(s, t, p) + ")*time.Second"
}

func (f *function) seconds(v value.Value) string {
	f.src.uses["time"] = true
	n := int64(v.Float())
	for _, unit := range []struct {
		n    int64
		name string
	}{{3600, "time.Hour"}, {60, "time.Minute"}, {1, "time.Second"}} {
		if n%unit.n == 0 && n >= unit.n && (n > unit.n || unit.n == 1 || n == unit.n) {
			if n == unit.n {
				return unit.name
			}
			return strconv.FormatInt(n/unit.n, 10) + "*" + unit.name
		}
	}
	return "0"
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
	v := f.unique(first(in.root().hint, "result"), false)
	return "var " + v + " " + f.goType(in) + "\n", doc{v, in}
}

// caughtWays are the ways that a state's errors take.
func (f *function) caughtWays(s *asl.State, d doc, x *around) (ways []way, all bool) {
	for i, c := range s.Catch {
		cond := "err != nil"
		if !slices.Contains(c.ErrorEquals, "States.ALL") {
			tests := make([]string, len(c.ErrorEquals))
			for i, name := range c.ErrorEquals {
				tests[i] = "errors.Is(err, " + errorName(name) + ")"
			}
			cond = strings.Join(tests, " || ")
			f.src.uses["errors"] = true
		}
		text, after := f.keepError(s, c, d, f.about[s].caught[i])
		rest := f.to(c.Next, after, x)
		if !mentions(rest.text, after.expr) && after.expr != d.expr {
			text = ""
		}
		ways = append(ways, way{cond, code{text + rest.text, rest.ends}})
		if cond == "err != nil" {
			return ways, true
		}
	}
	return ways, false
}

// keepError is the document behind a Catch.
func (f *function) keepError(s *asl.State, c *asl.Catcher, d doc, to *shape) (text string, after doc) {
	v := c.ResultPath
	if v.Kind() == value.Null {
		return "", d
	}
	steps, _ := parsePath(strings.TrimPrefix(v.Str(), "$"))
	if len(steps) == 0 {
		name := f.unique("failure", false)
		return name + " := " + f.errorValue(s, to) + "\n", doc{name, to}
	}
	a := f.about[s]
	t := &term{op: place, from: "in", path: steps}
	dest, pointer := f.walk(t, &places{in: d.expr, shapes: map[string]*shape{"in": a.in}})
	v2 := f.errorValue(s, at(a.in, steps))
	if pointer {
		v2 = f.pointer(v2, steps[len(steps)-1].name)
	}
	return f.flush() + dest + " = " + v2 + "\n", d
}

// errorValue is the output of an error as a value of a type.
func (f *function) errorValue(s *asl.State, to *shape) string {
	typ := f.goType(to)
	if typ == "any" || typ == "flow.ErrorOutput" {
		return "flow.OutputOf(err)"
	}
	for _, fd := range to.root().fields {
		if (fd.name == "Error" || fd.name == "Cause") && f.points(fd) {
			f.refuse(s, "Catch", "it is asked whether the error has a %s", fd.name)
		}
	}
	return typ + "{Error: flow.OutputOf(err).Error, Cause: flow.OutputOf(err).Cause}"
}

func errorName(name string) string {
	switch name {
	case "States.TaskFailed":
		return "flow.ErrTaskFailed"
	case "States.Timeout":
		return "flow.ErrTimeout"
	case "States.HeartbeatTimeout":
		return "flow.ErrHeartbeatTimeout"
	}
	return "flow.ErrorName(" + strconv.Quote(name) + ")"
}

// step writes a call with its error ways, and what follows. given is what it gives, in terms of the variable v; declared says that v
// is declared before.
func (f *function) step(s *asl.State, d doc, call func(used bool) string, v string, given func() doc, x *around) code {
	a := f.about[s]
	before := ""
	if len(s.Catch) > 0 || a.put != nil {
		before, d = f.variable(d, s.Name)
	}
	join, inner := "", x
	if len(s.Catch) > 0 && !s.End {
		join = f.meet(next(s), x)
	}
	var met doc
	if join != "" {
		declared := ""
		inner, declared, met = f.meeting(join, d, x)
		before += declared
	}
	pre := f.flush()
	result := given()
	post := f.flush()
	normal := f.after(s, d, result, inner)
	normal.text = post + normal.text
	ways, all := f.caughtWays(s, d, inner)
	if !all {
		ways = append(ways, way{"err != nil", code{"return " + f.zero() + ", err\n", true}})
	}
	used := v != "" && mentions(normal.text, v)
	if v != "" && len(s.Catch) == 0 && normal.text == "return "+v+", nil\n" && f.gives == f.goType(result.shape) {
		return code{before + pre + "return " + call(true) + "\n", true}
	}
	out := called(call(used), v, used, ways, normal)
	out.text = before + pre + out.text
	if join == "" || out.ends {
		return out
	}
	rest := f.to(join, met, x)
	return code{out.text + rest.text, rest.ends}
}

// called is a call, the ways of its errors, and the way without one.
func called(call, v string, used bool, ways []way, normal code) code {
	plain := !slices.ContainsFunc(ways, func(w way) bool { return !w.ends })
	switch {
	case v == "":
		call = "err := " + call
	case used:
		out := decide(ways, normal)
		return code{v + ", err := " + call + "\n" + out.text, out.ends}
	default:
		call = "_, err := " + call
	}
	if !plain {
		out := decide(ways, normal)
		if !strings.HasPrefix(out.text, "if ") || !onlyIf(out.text) {
			out.text = strings.TrimSpace(out.text) + "\n"
			return code{"{\n" + strings.Replace(call, "_, err :=", "_, err :=", 1) + "\n" + out.text + "}\n", out.ends}
		}
		return code{"if " + call + "; " + strings.TrimPrefix(out.text, "if "), out.ends}
	}
	first := true
	text := ""
	for _, w := range ways {
		if first {
			text += "if " + call + "; " + w.cond + " {\n" + w.text + "}"
		} else {
			text += " else if " + w.cond + " {\n" + w.text + "}"
		}
		first = false
	}
	return code{text + "\n" + normal.text, normal.ends}
}

func (f *function) task(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	if len(s.Catch) > 0 && !d.isVariable() {
		before, in := f.variable(d, s.Name)
		out := f.task(s, in, x)
		return code{before + out.text, out.ends}
	}
	p := f.places(s, d)
	awaits := strings.HasSuffix(s.Resource, ".waitForTaskToken")
	p.token = awaits
	argument := f.taken(s, p, true).expr
	fn := "flow.Task"
	if awaits {
		fn = "flow.TaskAwait"
		typ := f.goType(a.in)
		if a.argument != nil {
			typ = "map[string]any"
		}
		argument = "func(token flow.Token) " + typ + " {\nreturn " + argument + "\n}"
		if a.input != nil {
			f.refuse(s, "InputPath", "the state waits for a token")
		}
	}
	args := append([]string{"c", f.filled(s.Resource), argument}, f.taskOptions(s, p, awaits)...)
	v := f.resultName(s)
	given := func() doc { return f.selected(s, p, v) }
	call := func(used bool) string {
		if !used {
			return fn + "[any]" + lines(args)
		}
		return fn + "[" + f.goType(a.result) + "]" + lines(args)
	}
	return f.step(s, d, call, v, given, x)
}

// selected is what a state's result, in the variable v, gives.
func (f *function) selected(s *asl.State, p *places, v string) doc {
	a := f.about[s]
	if a.selected == nil {
		return doc{v, a.result}
	}
	p.result, p.shapes["result"], p.token = v, a.result, false
	return doc{f.valueAs(s, a.selected, p, f.wanted(s)), a.selected.shape}
}

// wanted is the shape that a state's result is written as; nil where nobody reads it.
func (f *function) wanted(s *asl.State) *shape {
	a := f.about[s]
	if s.End && f.gives == "any" && a.put == nil && a.output == nil || a.dropped {
		return nil
	}
	return a.selected.shape
}

func (f *function) resultName(s *asl.State) string {
	if a := f.about[s]; a.put != nil {
		return f.unique(a.put[len(a.put)-1].name, false)
	}
	return f.unique(s.Name, false)
}

// lines are the arguments of a call, on several lines where they are long.
func lines(args []string) string {
	one := "(" + strings.Join(args, ", ") + ")"
	last := args[len(args)-1]
	if len(one) <= 130 && !strings.Contains(one, "\n") || strings.HasSuffix(last, "\n}") && strings.Count(one, "\n}") == 1 && len(one) < 1000 {
		return one
	}
	n := min(3, len(args))
	if options := strings.Join(args[n:], ", "); strings.HasSuffix(args[n-1], "\n}") && len(options) <= 110 && !strings.Contains(options, "\n") {
		return "(" + strings.Join(args, ", ") + ")"
	}
	return "(" + strings.Join(args[:n], ", ") + ",\n" + strings.Join(args[n:], ",\n") + ",\n)"
}

// taskOptions keep a Task's name, retries and timeout as they are.
func (f *function) taskOptions(s *asl.State, p *places, awaits bool) []string {
	out := []string{"flow.Name(" + strconv.Quote(s.Name) + ")"}
	switch t := f.about[s].extra["TimeoutSeconds"]; {
	case t != nil:
		out = append(out, "flow.Timeout("+f.duration(s, t, p)+")")
	case s.TimeoutSeconds.Defined():
		out = append(out, "flow.Timeout("+f.seconds(s.TimeoutSeconds)+")")
	case awaits && !s.HeartbeatSeconds.Defined():
		f.src.uses["time"] = true
		out = append(out, "flow.Timeout(365*24*time.Hour)")
	}
	if s.HeartbeatSeconds.Defined() {
		out = append(out, "flow.Heartbeat("+f.seconds(s.HeartbeatSeconds)+")")
	}
	return append(out, f.retries(s)...)
}

func (f *function) retries(s *asl.State) (out []string) {
	for _, r := range s.Retry {
		if text := f.retry(s, r); text != "" {
			f.retriers = append(f.retriers, text)
			out = append(out, text)
		}
	}
	return out
}

func (f *function) retry(s *asl.State, r *asl.Retrier) string {
	var fields []string
	if !slices.Contains(r.ErrorEquals, "States.ALL") {
		names := make([]string, len(r.ErrorEquals))
		for i, name := range r.ErrorEquals {
			names[i] = errorName(name)
		}
		fields = append(fields, "On: []error{"+strings.Join(names, ", ")+"}")
	}
	if r.MaxAttempts.Defined() && r.MaxAttempts.Float() == 0 {
		if r == s.Retry[len(s.Retry)-1] {
			return ""
		}
		f.refuse(s, "Retry", "a retrier of no attempts before others")
	}
	for _, field := range []struct {
		name string
		v    value.Value
		time bool
	}{{"MaxAttempts", r.MaxAttempts, false}, {"Interval", r.IntervalSeconds, true}, {"Backoff", r.BackoffRate, false}, {"MaxDelay", r.MaxDelaySeconds, true}} {
		switch {
		case !field.v.Defined():
		case field.v.Kind() != value.Number || field.v.Float() == 0:
			f.refuse(s, "Retry", "the %s %s has no form in Go", field.name, field.v)
		case field.time:
			fields = append(fields, field.name+": "+f.seconds(field.v))
		default:
			fields = append(fields, field.name+": "+field.v.NumberText())
		}
	}
	if r.JitterStrategy == "FULL" {
		fields = append(fields, "FullJitter: true")
	}
	return "flow.Retry{" + strings.Join(fields, ", ") + "}"
}

func (f *function) parallel(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	before, d := f.variable(d, s.Name)
	p := f.places(s, d)
	taken := f.taken(s, p, false)
	item := f.goType(a.result.item(false))
	unused := a.dropped || a.put == nil && !s.End && !f.needs[s.Next]
	var vars, branches []string
	for _, branch := range s.Branches {
		name := f.helper(s.Name + " " + branch.StartAt)
		f.writer.machine(branch, name, "", f.origins[branch], item)
		if unused {
			branches = append(branches, fmt.Sprintf("func(c flow.Context) error {\n_, err := %s(c, %s)\nreturn err\n},\n", name, taken.expr))
			continue
		}
		v := f.unique(branch.StartAt+" result", false)
		vars = append(vars, v)
		branches = append(branches, fmt.Sprintf("func(c flow.Context) (err error) {\n%s, err = %s(c, %s)\nreturn err\n},\n", v, name, taken.expr))
	}
	given := func() doc {
		made := "[]" + item + "{" + strings.Join(vars, ", ") + "}"
		if a.selected == nil {
			return doc{made, a.result}
		}
		list := f.unique(s.Name+" results", false)
		f.before += list + " := " + made + "\n"
		return f.selected(s, p, list)
	}
	text := before + f.flush()
	if !unused {
		text += "var " + strings.Join(vars, ", ") + " " + item + "\n"
	}
	call := func(bool) string { return "flow.Parallel(c,\n" + strings.Join(branches, "") + ")" }
	out := f.step(s, d, call, "", given, x)
	return code{text + out.text, out.ends}
}

// fan writes a Map.
func (f *function) fan(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	if (len(s.Catch) > 0 || a.argument != nil) && !d.isVariable() {
		before, in := f.variable(d, s.Name)
		out := f.fan(s, in, x)
		return code{before + out.text, out.ends}
	}
	p := f.places(s, d)
	items := f.value(s, a.items, p)
	item := f.goType(a.result.item(false))
	name := f.helper(s.Name + " item")
	takes := f.origins[s.Processor]
	f.writer.machine(s.Processor, name, "", takes, item)
	body := name
	if a.argument != nil {
		p.item, p.shapes["item"] = "item", a.items.shape.item(true)
		arg := f.value(s, a.argument, p)
		body = "func(c flow.Context, item " + f.goType(a.items.shape.item(true)) + ") (" + item + ", error) {\n" + f.flush() + "return " + name + "(c, " + arg + ")\n}"
	}
	fn := "flow.Map"
	args := []string{"c", items, body, "flow.Name(" + strconv.Quote(s.Name) + ")"}
	if s.Distributed() {
		fn = "flow.Distributed"
		if s.Processor.ProcessorConfig.ExecutionType == "EXPRESS" {
			args = append(args, "flow.ExpressChildren()")
		}
	}
	if n := s.MaxConcurrency; n.Kind() == value.Number && n.Float() > 0 {
		args = append(args, "flow.MaxConcurrency("+n.NumberText()+")")
	}
	v := f.resultName(s)
	given := func() doc { return f.selected(s, p, v) }
	args = append(args, f.retries(s)...)
	return f.step(s, d, func(bool) string { return fn + lines(args) }, v, given, x)
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
