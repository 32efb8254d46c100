package gosource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

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
	if used {
		out := decide(ways, normal)
		return code{v + ", err := " + call + "\n" + out.text, out.ends}
	}
	if v != "" {
		call = "_, err := " + call
	} else {
		call = "err := " + call
	}
	if slices.ContainsFunc(ways, func(w way) bool { return !w.ends }) {
		out := decide(ways, normal)
		if onlyIf(out.text) {
			return code{"if " + call + "; " + strings.TrimPrefix(out.text, "if "), out.ends}
		}
		return code{"{\n" + call + "\n" + out.text + "}\n", out.ends}
	}
	tests := make([]string, len(ways))
	for i, w := range ways {
		tests[i] = "if " + w.cond + " {\n" + w.text + "}"
	}
	tests[0] = "if " + call + "; " + strings.TrimPrefix(tests[0], "if ")
	return code{strings.Join(tests, " else ") + "\n" + normal.text, normal.ends}
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
	if (s.End || s.Type == asl.Succeed) && f.gives == "any" && a.put == nil && a.output == nil || a.dropped {
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
