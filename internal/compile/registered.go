package compile

import lang "github.com/stride-aws/stride/flow"

// Registered is the workflows to compile of those that a project registers: all but the ones that are ASL files already.
func Registered(all []lang.Workflow) []Workflow {
	var out []Workflow
	for _, w := range all {
		if w.File() != "" {
			continue
		}
		c := Workflow{
			Name: w.Name(), Package: w.Func().Package, Func: w.Func().Name, Express: w.Type() == lang.TypeExpress, Timeout: w.Timeout(),
		}
		for _, fn := range w.Functions() {
			c.Functions = append(c.Functions, Handler{fn.Func.Package, fn.Func.Name, fn.Timeout})
		}
		out = append(out, c)
	}
	return out
}
