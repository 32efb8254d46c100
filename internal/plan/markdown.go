package plan

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/graph"
)

// maxComment is the room for a plan in a comment. GitHub: a comment has up to 65,536 characters.
const maxComment = 60_000

// WriteMarkdown prints p for a pull request: a heading that counts, a table of resources, the changes of each in a fold, and the
// graphs of the machines that change, before and after. Graphs that make it too long for a comment are left out.
func (p *Plan) WriteMarkdown(w io.Writer) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "### stride plan: %s\n\n", p.Summary())
	for _, problem := range p.Problems {
		fmt.Fprintf(&b, "> **%s** %s\n\n", problem.Resource, problem.Message)
	}
	if !p.Empty() {
		p.writeTable(&b)
		p.writeFolds(&b)
	}
	if b.Len() > maxComment {
		b.Truncate(maxComment)
		b = *bytes.NewBuffer(bytes.ToValidUTF8(b.Bytes(), nil))
		b.WriteString("\n\n… `stride plan` has the rest\n")
	}
	_, _ = b.WriteTo(w)
}

func (p *Plan) writeTable(w io.Writer) {
	fmt.Fprint(w, "| | resource | changes |\n|---|---|---|\n")
	for i := range p.Actions {
		a := &p.Actions[i]
		fmt.Fprintf(w, "| %s | %s `%s` | %s |\n", sign(a.Op), a.Kind, a.Name, p.cell(a))
	}
	if len(p.Costs) > 0 {
		fmt.Fprintf(w, "\n<sub>Costs: %s.</sub>\n", costAssumes)
	}
}

// cell is the last column of a table row: one change in full, more by their number, and what a machine's change means.
func (p *Plan) cell(a *Action) string {
	var parts []string
	switch shown := a.shown(); {
	case len(shown) == 1:
		parts = append(parts, shown[0].String())
	case len(shown) > 1:
		parts = append(parts, fmt.Sprintf("%d changes", len(shown)))
	default:
		parts = append(parts, strings.TrimSpace(summary(a)))
	}
	parts = append(parts, p.notes(a)...)
	for i, part := range parts {
		parts[i] = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(part)
	}
	return strings.Join(parts, "<br>")
}

func (p *Plan) writeFolds(b *bytes.Buffer) {
	for i := range p.Actions {
		if a := &p.Actions[i]; len(a.shown()) > 1 {
			a.writeFold(b)
		}
	}
	for i := range p.Actions {
		var graphs bytes.Buffer
		p.Actions[i].writeGraphs(p.Place, &graphs)
		if b.Len()+graphs.Len() < maxComment {
			_, _ = graphs.WriteTo(b)
		}
	}
}

func (a *Action) writeFold(w io.Writer) {
	fmt.Fprintf(w, "\n<details><summary>%s</summary>\n\n```diff\n", a.ID)
	for _, c := range a.shown() {
		s := sign(c.Op)
		if c.Op == Update {
			s = "!"
		}
		fmt.Fprintf(w, "%s %s\n", s, strings.ReplaceAll(c.String(), "```", "` ` `"))
	}
	fmt.Fprint(w, "```\n</details>\n")
}

// writeGraphs draws a machine whose states change: as it is, with what goes and changes marked, and as it will be.
func (a *Action) writeGraphs(place Place, w io.Writer) {
	if a.Kind != KindMachine || a.Machine == nil {
		return
	}
	definition, _ := a.Machine.Resolve(place, nil)
	now := asl.FromValue(definition)
	if !a.Was.Defined() {
		fmt.Fprintf(w, "\n<details><summary>%s, as a graph</summary>\n\n%s</details>\n", a.ID, drawing(now, nil))
		return
	}
	was := asl.FromValue(a.Was)
	before, after := a.overlay(was, now, "FAILED"), a.overlay(now, was, "SUCCEEDED")
	if len(before)+len(after) > 0 {
		fmt.Fprintf(w, "\n<details><summary>%s, before and after</summary>\n\nBefore:\n\n%s\nAfter:\n\n%s</details>\n",
			a.ID, drawing(was, before), drawing(now, after))
	}
}

// overlay marks the states of d that change, and with status those that other has not.
func (a *Action) overlay(d, other *asl.Definition, status string) graph.Overlay {
	changed, there := map[string]bool{}, map[string]bool{}
	for _, c := range a.Changes {
		changed[c.State] = true
	}
	asl.Walk(&other.Machine, func(_ *asl.Machine, s *asl.State) { there[s.Pointer] = true })
	over := graph.Overlay{}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) {
		if !there[s.Pointer] {
			over[s.Pointer] = graph.Mark{Status: status}
		} else if changed[s.Pointer] {
			over[s.Pointer] = graph.Mark{Status: "RUNNING"}
		}
	})
	return over
}

func drawing(d *asl.Definition, over graph.Overlay) string {
	return "```mermaid\n" + graph.New(d).Mermaid(over) + "```\n"
}

// WriteGitHub prints p as workflow commands of GitHub Actions: an annotation at each line of Go that a change comes from.
func (p *Plan) WriteGitHub(w io.Writer) {
	for _, problem := range p.Problems {
		fmt.Fprintf(w, "::error title=stride plan::%s\n", message(problem.Resource+" "+problem.Message))
	}
	for i := range p.Actions {
		for _, c := range p.Actions[i].Changes {
			file, line, ok := strings.Cut(c.Source, ":")
			if !ok {
				continue
			}
			line, _, _ = strings.Cut(line, ":")
			c.Source = ""
			fmt.Fprintf(w, "::notice file=%s,line=%s,title=%s::%s\n", property(file), line, property(p.Actions[i].Name), message(c.String()))
		}
		for _, note := range p.notes(&p.Actions[i]) {
			fmt.Fprintf(w, "::notice title=%s::%s\n", property(p.Actions[i].Name), message(note))
		}
	}
	fmt.Fprintf(w, "::notice title=stride plan::%s\n", message(p.Summary()))
}

// message and property escape texts for workflow commands. GitHub: toolkit's command.ts, escapeData and escapeProperty.
func message(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
