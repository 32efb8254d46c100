package gosource

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

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
