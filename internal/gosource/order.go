package gosource

import (
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
)

// target is a state that the text around leads to: by going on, or by the jump.
type target struct {
	jump string // "", "continue", "break"
	loop *loop  // of the jump
	doc  string // the variable that has to hold the document there
}

// loop is a for statement.
type loop struct {
	label  string
	broken bool
	named  bool // a jump from an inner loop names it
}

// around are the targets, by the names of their states, and the innermost loop.
type around struct {
	targets map[string]*target
	loop    *loop
}

func (x *around) with(name string, t *target) *around {
	targets := maps.Clone(x.targets)
	if targets == nil {
		targets = map[string]*target{}
	}
	targets[name] = t
	return &around{targets, x.loop}
}

// doc is the document that states hand on: a Go expression of the shape.
type doc struct {
	expr  string
	shape *shape
}

func (d doc) isVariable() bool { return !strings.ContainsAny(d.expr, ".[({&* \"") }

// code is text, and whether it never gets past its end.
type code struct {
	text string
	ends bool
}

// again starts the writing of a machine again, with a state as a function of its own.
type again struct{ state string }

// next lists where a state leads, the way without an error first.
func next(s *asl.State) []string {
	var list []string
	for _, r := range s.Choices {
		list = append(list, r.Next)
	}
	for _, name := range []string{s.Default, s.Next} {
		if name != "" {
			list = append(list, name)
		}
	}
	for _, c := range s.Catch {
		list = append(list, c.Next)
	}
	return list
}

// collect finds the states from name on, up to what is around.
func (f *function) collect(name string, x *around, found map[string]bool) {
	if x.targets[name] != nil || f.separate[name] != "" || found[name] {
		return
	}
	found[name] = true
	for _, n := range next(f.machine.State(name)) {
		f.collect(n, x, found)
	}
}

func (f *function) reachable(name string, x *around) map[string]bool {
	found := map[string]bool{}
	f.collect(name, x, found)
	return found
}

// trivial says whether a state is a return statement, which may stand in several places.
func (f *function) trivial(name string) bool {
	s := f.machine.State(name)
	return s.Type == asl.Succeed || s.Type == asl.Fail
}

// meet is the state at which the ways from several states meet again; "" where they do not, or in more than one place.
func (f *function) meet(from []string, x *around) string {
	from = slices.Compact(slices.Sorted(slices.Values(from)))
	count := map[string]int{}
	for _, name := range from {
		for n := range f.reachable(name, x) {
			if !f.trivial(n) {
				count[n]++
			}
		}
	}
	entries := map[string]bool{}
	for n, times := range count {
		if times < 2 {
			continue
		}
		entered := slices.Contains(from, n)
		for p, timesP := range count {
			entered = entered || timesP < 2 && slices.Contains(next(f.machine.State(p)), n)
		}
		if entered {
			entries[n] = true
		}
	}
	if len(entries) != 1 {
		return ""
	}
	return slices.Collect(maps.Keys(entries))[0]
}

// cycle is the states of the loop that begins with name; nil where there is none.
func (f *function) cycle(name string, x *around) map[string]bool {
	in := map[string]bool{}
	for n := range f.reachable(name, x) {
		for _, m := range next(f.machine.State(n)) {
			if m == name || f.reachable(m, x)[name] && x.targets[m] == nil {
				in[n] = true
			}
		}
	}
	return in
}

// to goes to a state.
func (f *function) to(name string, d doc, x *around) code {
	if t := x.targets[name]; t != nil {
		set := ""
		if t.doc != d.expr && f.needs[name] {
			set = t.doc + " = " + d.expr + "\n"
		}
		switch {
		case t.jump == "":
			return code{set, false}
		case t.jump == "break":
			t.loop.broken = true
		}
		if t.loop != x.loop {
			t.loop.named = true
			return code{set + t.jump + " " + t.loop.label + "\n", true}
		}
		return code{set + t.jump + "\n", true}
	}
	if fn := f.separate[name]; fn != "" {
		f.calls[f.now] = append(f.calls[f.now], name)
		return code{"return " + fn + "(c, " + d.expr + ")\n", true}
	}
	if in := f.cycle(name, x); len(in) > 0 {
		return f.around(name, d, in, x)
	}
	return f.state(name, d, x)
}

// around writes the loop that begins with a state.
func (f *function) around(name string, d doc, in map[string]bool, x *around) code {
	before, d := f.variable(d, name)
	l := &loop{label: f.unique(name+" loop", false)}
	inner := &around{map[string]*target{}, l}
	for n, t := range x.targets {
		if t.jump != "" {
			inner.targets[n] = t
		}
	}
	out := f.wayOut(in, x)
	declared, met := "", d
	if out != "" {
		declared, met = f.variableFor(out, d)
		inner.targets[out] = &target{"break", l, met.expr}
	}
	inner.targets[name] = &target{"continue", l, d.expr}
	body := f.state(name, d, inner)
	text := before
	if l.broken {
		text += declared
	}
	if l.named {
		text += l.label + ":\n"
	}
	text += "for {\n" + strings.TrimSuffix(body.text, "continue\n") + "}\n"
	if !l.broken {
		return code{text, true}
	}
	after := f.to(out, met, x)
	return code{text + after.text, after.ends}
}

// wayOut is the state behind a loop: of those that the loop leads to the one from which the others are not far, "" for none.
func (f *function) wayOut(in map[string]bool, x *around) string {
	best, most := "", 0
	for _, s := range f.machine.States {
		if !in[s.Name] {
			continue
		}
		for _, n := range next(s) {
			t := x.targets[n]
			if in[n] || f.separate[n] != "" || t == nil && f.trivial(n) || t != nil && t.jump != "" {
				continue
			}
			size := len(f.reachable(n, x))
			if t != nil {
				size = len(f.machine.States) + 1
			}
			if size > most {
				best, most = n, size
			}
		}
	}
	return best
}

// variable makes sure that a document is in a variable.
func (f *function) variable(d doc, name string) (before string, in doc) {
	if d.isVariable() {
		return "", d
	}
	v := f.unique(d.shape.root().hint+" ", false)
	return v + " := " + d.expr + "\n", doc{v, d.shape}
}

// way is one of several that a decision leads to.
type way struct {
	cond string
	code
}

// decide is a chain of ifs, and what is done where none holds.
func decide(ways []way, otherwise code) code {
	out := otherwise
	for _, w := range slices.Backward(ways) {
		switch {
		case w.text == "" && out.text == "":
			out.ends = out.ends && w.ends
			continue
		case w.text == "":
			out = code{"if " + opposite(w.cond) + " {\n" + out.text + "}\n", false}
		case w.ends:
			out = code{"if " + w.cond + " {\n" + w.text + "}\n" + out.text, out.ends}
		case out.text == "":
			out = code{"if " + w.cond + " {\n" + w.text + "}\n", false}
		case onlyIf(out.text):
			out = code{"if " + w.cond + " {\n" + w.text + "} else " + out.text, w.ends && out.ends}
		default:
			out = code{"if " + w.cond + " {\n" + w.text + "} else {\n" + out.text + "}\n", w.ends && out.ends}
		}
	}
	return out
}

func opposite(cond string) string {
	if strings.Contains(cond, "&&") || strings.Contains(cond, "||") {
		return "!(" + cond + ")"
	}
	return negated(cond)
}

// onlyIf says whether text is one if statement.
func onlyIf(text string) bool {
	if !strings.HasPrefix(text, "if ") || strings.HasPrefix(text, "if _, err") {
		return false
	}
	depth := 0
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if depth == 0 && i > 0 {
			return false
		}
		depth += strings.Count(line, "{") - strings.Count(line, "}")
	}
	return depth == 0
}
