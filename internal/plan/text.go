package plan

import (
	"fmt"
	"io"
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
	along := p.along()
	for i := range p.Actions {
		a := &p.Actions[i]
		if along[a.ID] {
			continue
		}
		fmt.Fprintf(w, "%s %s%s%s\n", paint(a.Op, sign(a.Op)), a.ID, summary(a), p.with(a, along))
		for _, c := range a.shown() {
			fmt.Fprintf(w, "    %s %s\n", paint(c.Op, sign(c.Op)), c)
		}
		if n := p.Running[a.Name]; n > 0 && a.Kind == KindMachine {
			fmt.Fprintf(w, "      %s\n", running(n))
		}
	}
	fmt.Fprintln(w, p.Summary())
}

// along are the new roles and log groups that come with one new function or machine: its line names them.
func (p *Plan) along() map[string]bool {
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

func running(n int) string {
	if n == 1 {
		return "1 running execution stays on its version"
	}
	return fmt.Sprintf("%d running executions stay on their versions", n)
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

// String is the change in one line: "state Charge: Retry[0].MaxAttempts 3 -> 5  (workflows/fulfilment.go:31)".
func (c Change) String() string {
	text := c.Path
	switch c.Op {
	case Create:
		text += " " + short(c.After)
	case Delete:
		text += " " + short(c.Before)
	default:
		text += " " + short(c.Before) + " -> " + short(c.After)
	}
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

// WriteMarkdown prints p for a pull request: a heading that counts, a table of resources, and the changes of each in a fold.
func (p *Plan) WriteMarkdown(w io.Writer) {
	fmt.Fprintf(w, "### stride plan: %s\n\n", p.Summary())
	for _, problem := range p.Problems {
		fmt.Fprintf(w, "> **%s** %s\n\n", problem.Resource, problem.Message)
	}
	if p.Empty() {
		return
	}
	fmt.Fprint(w, "| | resource | changes |\n|---|---|---|\n")
	for i := range p.Actions {
		a := &p.Actions[i]
		fmt.Fprintf(w, "| %s | %s `%s` | %s |\n", sign(a.Op), a.Kind, a.Name, cell(a))
	}
	for i := range p.Actions {
		if a := &p.Actions[i]; len(a.shown()) > 1 {
			a.writeFold(w, p.Running[a.Name])
		}
	}
}

// cell is the middle of a table row: one change in full, more by their number.
func cell(a *Action) string {
	escape := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	switch shown := a.shown(); {
	case len(shown) == 1:
		return escape(shown[0].String())
	case len(shown) > 1:
		return fmt.Sprintf("%d changes", len(shown))
	}
	return escape(strings.TrimSpace(summary(a)))
}

func (a *Action) writeFold(w io.Writer, runs int) {
	fmt.Fprintf(w, "\n<details><summary>%s</summary>\n\n```diff\n", a.ID)
	for _, c := range a.shown() {
		s := sign(c.Op)
		if c.Op == Update {
			s = "!"
		}
		fmt.Fprintf(w, "%s %s\n", s, strings.ReplaceAll(c.String(), "```", "` ` `"))
	}
	fmt.Fprint(w, "```\n")
	if runs > 0 && a.Kind == KindMachine {
		fmt.Fprintf(w, "%s\n", running(runs))
	}
	fmt.Fprint(w, "</details>\n")
}

// WriteGitHub prints GitHub's workflow commands: a notice on each line of Go that a change comes from, and problems as errors.
func (p *Plan) WriteGitHub(w io.Writer) {
	for _, problem := range p.Problems {
		fmt.Fprintf(w, "::error title=stride plan::%s\n", command(problem.Resource+" "+problem.Message))
	}
	for i := range p.Actions {
		for _, c := range p.Actions[i].Changes {
			file, line, ok := strings.Cut(c.Source, ":")
			if !ok {
				continue
			}
			line, _, _ = strings.Cut(line, ":")
			c.Source = ""
			fmt.Fprintf(w, "::notice file=%s,line=%s,title=%s::%s\n", command(file), line, command(p.Actions[i].Name), command(c.String()))
		}
	}
	fmt.Fprintf(w, "::notice title=stride plan::%s\n", command(p.Summary()))
}

// command escapes a text for a workflow command.
func command(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
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
