package graph

import (
	"fmt"
	"html"
	"strings"
)

// Overlay is what an execution did to the states of a graph, by the pointers of its nodes.
type Overlay map[string]Mark

// Mark is how a state fared. Status is AWS's word: RUNNING, SUCCEEDED, FAILED, CAUGHT, TIMED_OUT or ABORTED.
type Mark struct {
	Status string
	Count  int // how often it was entered
	Failed int // how often it failed
	// Next and Caught are the pointers of the states that came after it, Caught by way of a Catch. Where no state has any, the ways
	// between all that were entered count as taken.
	Next, Caught map[string]bool
}

// taken tells whether an execution went along e.
func (o Overlay) taken(e *Edge) bool {
	from, entered := o[e.From]
	_, reached := o[e.To]
	switch {
	case strings.HasSuffix(e.From, "#start"):
		return reached
	case strings.HasSuffix(e.To, "#end"):
		return entered && from.Status == "SUCCEEDED"
	case !o.hasWays():
		return entered && reached
	}
	if e.Catch {
		return from.Caught[e.To]
	}
	return from.Next[e.To]
}

func (o Overlay) hasWays() bool {
	for _, m := range o {
		if len(m.Next)+len(m.Caught) > 0 {
			return true
		}
	}
	return false
}

const style = `
.stride{font:13px system-ui,sans-serif;--ink:#1c2430;--soft:#5b6675;--line:#8793a3;--paper:#fff;--box:#f6f8fb;--good:#137a3f;--bad:#b3261e;--now:#9a5b00}
@media (prefers-color-scheme:dark){.stride{--ink:#e8edf4;--soft:#a9b4c2;--line:#6d7a8b;--paper:#12161c;--box:#1b222c;--good:#57c98a;--bad:#ff8a80;--now:#f0b35a}}
.stride text{fill:var(--ink)}.stride .kind,.stride .label{fill:var(--soft);font-size:11px}
.stride .label{paint-order:stroke;stroke:var(--paper);stroke-width:4px}
.stride .node{fill:var(--box);stroke:var(--line);stroke-width:1.2}.stride .box{fill:none;stroke-dasharray:5 4}
.stride .dot{fill:var(--ink)}.stride .edge{fill:none;stroke:var(--line);stroke-width:1.4}.stride .taken{stroke:var(--ink);stroke-width:2}.stride .catch{stroke-dasharray:4 4;stroke:var(--bad)}
.stride .SUCCEEDED .node{stroke:var(--good);stroke-width:2.4}.stride .RUNNING .node{stroke:var(--now);stroke-width:2.4}
.stride .FAILED .node,.stride .TIMED_OUT .node,.stride .ABORTED .node{stroke:var(--bad);stroke-width:2.4}
.stride .CAUGHT .node{stroke:var(--bad);stroke-width:2.4;stroke-dasharray:3 3}
.stride .skipped{opacity:.45}`

const margin = 20.0

// SVG is the graph as an SVG document that needs nothing else: no font, no script. With an overlay, states are coloured and marked
// with a sign and a count; those that were not entered are faint. title names it for screen readers.
func (g *Graph) SVG(title string, over Overlay) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="stride" role="img" aria-label="%s" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f">`,
		escape(title), g.Width+2*margin, g.Height+2*margin, g.Width+2*margin, g.Height+2*margin)
	fmt.Fprintf(&b, "<title>%s</title><style>%s</style>", escape(title), style)
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>`)
	fmt.Fprintf(&b, `<g transform="translate(%.0f %.0f)">`, margin, margin)
	for _, n := range g.Nodes {
		n.svg(&b, over)
	}
	for _, e := range g.Edges {
		e.svg(&b, over)
	}
	b.WriteString("</g></svg>\n")
	return strings.Map(legal, b.String())
}

// legal replaces characters that XML forbids even escaped. XML 1.0, 2.2: Char.
func legal(r rune) rune {
	if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return '\ufffd'
	}
	return r
}

// signs are what tells a status where colours do not.
var signs = map[string]string{"SUCCEEDED": "✓", "RUNNING": "…", "FAILED": "✗", "TIMED_OUT": "✗", "ABORTED": "✗", "CAUGHT": "✗"}

func (n *Node) svg(b *strings.Builder, over Overlay) {
	if n.Kind == Start || n.Kind == End {
		fmt.Fprintf(b, `<circle class="dot" cx="%.1f" cy="%.1f" r="%.1f"><title>%s</title></circle>`, n.X+n.W/2, n.Y+n.H/2, dot/2-3, n.Kind)
		return
	}
	mark, entered := over[n.Pointer]
	class := mark.Status
	if over != nil && !entered {
		class = "skipped"
	}
	fmt.Fprintf(b, `<g class="%s"><title>%s</title>`, class, escape(n.tip(mark)))
	shape, x, y := "node", n.X+n.W/2, n.Y+n.H/2
	if n.Container {
		shape, y = "node box", n.Y+header/2+4
	}
	fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8"/>`, shape, n.X, n.Y, n.W, n.H)
	if n.Container {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s <tspan class="kind">%s</tspan></text>`, x, y, escape(cut(n.Name, longest)), n.Kind)
	} else {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x, y-1, escape(cut(n.Name, longest)))
		fmt.Fprintf(b, `<text class="kind" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x, y+13, escape(n.Kind))
	}
	if entered {
		fmt.Fprintf(b, `<text class="kind" x="%.1f" y="%.1f" text-anchor="end">%s</text>`, n.X+n.W-2, n.Y-4, badge(mark))
	}
	b.WriteString("</g>")
}

func badge(m Mark) string {
	if m.Count > 1 {
		return fmt.Sprintf("%s %d", signs[m.Status], m.Count)
	}
	return signs[m.Status]
}

// escape is text for XML, line by line.
func escape(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = html.EscapeString(clean(lines[i]))
	}
	return strings.Join(lines, "\n")
}

// tip is what a pointer resting on the node shows.
func (n *Node) tip(m Mark) string {
	text := n.Name
	if n.Comment != "" {
		text += "\n" + n.Comment
	}
	if m.Status != "" {
		text += fmt.Sprintf("\n%s, entered %d times, failed %d times", m.Status, m.Count, m.Failed)
	}
	return text
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

func (e *Edge) svg(b *strings.Builder, over Overlay) {
	class := "edge"
	if e.Catch {
		class += " catch"
	}
	label := "label"
	switch {
	case over == nil:
	case over.taken(e):
		class += " taken"
	default:
		class += " skipped"
		label += " skipped"
	}
	fmt.Fprintf(b, `<path class="%s" d="%s" marker-end="url(#tip)"/>`, class, curve(e.Way))
	if e.Label == "" {
		return
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="middle">%s<title>%s</title></text>`, label, e.LabelAt.X, e.LabelAt.Y+4,
		escape(cut(e.Label, longestLabel)), escape(e.Label))
}

// curve is a smooth path through the points: vertical where it leaves and arrives.
func curve(way []Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", way[0].X, way[0].Y)
	for i := 1; i < len(way); i++ {
		p, q := way[i-1], way[i]
		bend := (q.Y - p.Y) / 2
		if p.Y == q.Y || p.X == q.X {
			fmt.Fprintf(&b, "L%.1f %.1f", q.X, q.Y)
			continue
		}
		fmt.Fprintf(&b, "C%.1f %.1f %.1f %.1f %.1f %.1f", p.X, p.Y+bend, q.X, q.Y-bend, q.X, q.Y)
	}
	return b.String()
}
