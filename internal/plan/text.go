package plan

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Paint colours the signs of a text plan; nil paints nothing. It gets the operation and the sign.
type Paint func(Op, string) string

// maxShown bounds a value in the text plan; JSON has it whole.
const maxShown = 100

// WriteText prints p for a terminal: what changes, one resource a paragraph, and a line that counts.
func (p *Plan) WriteText(w io.Writer, paint Paint) {
	if paint == nil {
		paint = func(_ Op, sign string) string { return sign }
	}
	for _, problem := range p.Problems {
		fmt.Fprintf(w, "! %s %s\n", problem.Resource, problem.Message)
	}
	along := p.Along()
	for i := range p.Actions {
		a := &p.Actions[i]
		if along[a.ID] {
			continue
		}
		fmt.Fprintf(w, "%s %s%s%s\n", paint(a.Op, sign(a.Op)), a.ID, summary(a), p.with(a, along))
		for _, c := range a.shown() {
			fmt.Fprintf(w, "    %s %s\n", paint(c.Op, sign(c.Op)), c)
		}
		for _, note := range p.notes(a) {
			fmt.Fprintf(w, "      %s\n", note)
		}
	}
	fmt.Fprintln(w, p.Summary())
}

// Along are the new roles and log groups that come with one new function or machine: its line names them.
func (p *Plan) Along() map[string]bool {
	out := map[string]bool{}
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Op == Create && (a.Kind == KindFunction || a.Kind == KindMachine) {
			for _, need := range a.Needs {
				out[need] = true
			}
		}
	}
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Op != Create || a.Kind != KindRole && a.Kind != KindLogGroup {
			delete(out, a.ID)
		}
	}
	return out
}

// with is ", with role and log group".
func (p *Plan) with(a *Action, along map[string]bool) string {
	var kinds []string
	for _, need := range a.Needs {
		if along[need] && a.Kind != KindAlias {
			kinds = append(kinds, need[:strings.LastIndexByte(need, ' ')])
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return ", with " + strings.Join(kinds, " and ")
}

// notes are what a machine's change means: for executions that run, and for the bill.
func (p *Plan) notes(a *Action) []string {
	if a.Kind != KindMachine {
		return nil
	}
	var notes []string
	if running := p.Running[a.Name]; running.Total() > 0 {
		notes = append(notes, running.String())
	}
	if c, ok := p.costOf(a.Name); ok {
		notes = append(notes, c.String())
	}
	return notes
}

// String is "14 running executions stay on version 7", or "12 running executions stay on version 7, 2 on version 6".
func (r Running) String() string {
	var parts []string
	for _, version := range slices.SortedFunc(maps.Keys(r), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(b, a)) }) {
		text := fmt.Sprintf("%d", r[version])
		if len(parts) == 0 && r[version] == 1 {
			text += " running execution stays"
		} else if len(parts) == 0 {
			text += " running executions stay"
		}
		if version == "" {
			parts = append(parts, text+" on the definition that they began with")
		} else {
			parts = append(parts, text+" on version "+version)
		}
	}
	return strings.Join(parts, ", ")
}

func sign(op Op) string {
	switch op {
	case Create:
		return "+"
	case Delete:
		return "-"
	}
	return "~"
}

// summary is what stands behind an action's name: the only change of a new resource.
func summary(a *Action) string {
	if a.Op != Create || len(a.Changes) != 1 {
		return ""
	}
	return "  " + a.Changes[0].After
}

// shown are the changes that take a line of their own.
func (a *Action) shown() []Change {
	if a.Op == Create && len(a.Changes) == 1 {
		return nil
	}
	return a.Changes
}

// Words is the change without its place and reason: "Retry of Charge 3 -> 5".
func (c Change) Words() string {
	switch {
	case c.Text != "":
		return c.Text
	case c.Op == Create:
		return c.Path + " " + short(c.After)
	case c.Op == Delete:
		return c.Path + " " + short(c.Before)
	}
	return c.Path + " " + short(c.Before) + " -> " + short(c.After)
}

// String is the change in one line: "Retry of Charge 3 -> 5  (workflows/fulfilment.go:31)".
func (c Change) String() string {
	text := c.Words()
	for _, note := range []string{c.Source, c.Reason} {
		if note != "" {
			text += "  (" + note + ")"
		}
	}
	return strings.TrimRight(text, " ")
}

func short(s string) string {
	if s == "" {
		return `""`
	}
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown-1]) + "…"
	}
	return s
}

// Summary counts: "order-fulfilment in dev: 2 to create, 1 to change, 9 unchanged".
func (p *Plan) Summary() string {
	if p.Empty() && len(p.Problems) > 0 {
		return fmt.Sprintf("blocked: %s in %s (%d problems)", p.Env, p.Place.Region, len(p.Problems))
	}
	if p.Empty() {
		return fmt.Sprintf("unchanged: %s in %s (%d resources)", p.Env, p.Place.Region, p.Unchanged)
	}
	var parts []string
	for _, op := range []struct {
		op   Op
		verb string
	}{{Create, "create"}, {Update, "change"}, {Delete, "delete"}} {
		if n := p.Count(op.op); n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, op.verb))
		}
	}
	if p.Unchanged > 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", p.Unchanged))
	}
	return fmt.Sprintf("%s in %s: %s", p.Env, p.Place.Region, strings.Join(parts, ", "))
}

// Count is how many actions do op.
func (p *Plan) Count(op Op) int {
	n := 0
	for i := range p.Actions {
		if p.Actions[i].Op == op {
			n++
		}
	}
	return n
}

// Affected are the names of the machines whose alias moves.
func (p *Plan) Affected() []string {
	var names []string
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind == KindAlias {
			names = append(names, a.Machine.Name)
		}
	}
	slices.Sort(names)
	return names
}
