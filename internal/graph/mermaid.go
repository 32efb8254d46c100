package graph

import (
	"fmt"
	"strings"
)

// Mermaid is the graph as a Mermaid flowchart, as GitHub renders it in Markdown. With an overlay, states have classes of colour.
func (g *Graph) Mermaid(over Overlay) string {
	m := &mermaid{g: g, ids: map[string]string{}}
	for i, n := range g.Nodes {
		m.ids[n.Pointer] = fmt.Sprintf("n%d", i)
	}
	m.b.WriteString("flowchart TD\n")
	m.level(0, 0)
	for _, e := range g.Edges {
		m.edge(e)
	}
	m.classes(over)
	return m.b.String()
}

type mermaid struct {
	g   *Graph
	ids map[string]string
	b   strings.Builder
}

// level writes the nodes from i on that stand at depth or deeper, containers as subgraphs, and returns where it stopped.
func (m *mermaid) level(i, depth int) int {
	for i < len(m.g.Nodes) && m.g.Nodes[i].Depth >= depth {
		n := m.g.Nodes[i]
		indent := strings.Repeat("  ", depth+1)
		id, name := m.ids[n.Pointer], mermaidText(n.Name)
		i++
		switch {
		case n.Container:
			fmt.Fprintf(&m.b, "%ssubgraph %s[\"%s\"]\n", indent, id, name)
			i = m.level(i, depth+1)
			fmt.Fprintf(&m.b, "%send\n", indent)
		case n.Kind == Start || n.Kind == End:
			fmt.Fprintf(&m.b, "%s%s((\" \"))\n", indent, id)
		case n.Kind == "Choice":
			fmt.Fprintf(&m.b, "%s%s{\"%s\"}\n", indent, id, name)
		case n.Kind == "Wait":
			fmt.Fprintf(&m.b, "%s%s([\"%s\"])\n", indent, id, name)
		default:
			fmt.Fprintf(&m.b, "%s%s[\"%s\"]\n", indent, id, name)
		}
	}
	return i
}

func (m *mermaid) edge(e *Edge) {
	arrow := "-->"
	if e.Catch {
		arrow = "-.->"
	}
	label := ""
	if e.Label != "" {
		label = fmt.Sprintf("|\"%s\"|", mermaidText(cut(e.Label, 40)))
	}
	fmt.Fprintf(&m.b, "  %s %s%s %s\n", m.ids[e.From], arrow, label, m.ids[e.To])
}

func (m *mermaid) classes(over Overlay) {
	if over == nil {
		return
	}
	m.b.WriteString("  classDef good stroke:#137a3f,stroke-width:3px\n  classDef bad stroke:#b3261e,stroke-width:3px\n  classDef now stroke:#9a5b00,stroke-width:3px\n")
	class := map[string]string{"SUCCEEDED": "good", "RUNNING": "now"}
	for _, n := range m.g.Nodes {
		if mark, ok := over[n.Pointer]; ok {
			name := class[mark.Status]
			if name == "" {
				name = "bad"
			}
			fmt.Fprintf(&m.b, "  class %s %s\n", m.ids[n.Pointer], name)
		}
	}
}

var mermaidEscapes = strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "\n", " ", "\r", " ", "`", "#96;", "|", "#124;")

func mermaidText(s string) string {
	return mermaidEscapes.Replace(clean(strings.Join(strings.Fields(s), " ")))
}
