// Package graph draws a state machine. A definition goes in through New, which lays it out; SVG, Mermaid and Terminal draw it, and
// the web page draws the same layout. An Overlay colours it with what an execution did.
package graph

import (
	"strings"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/asl"
)

// Kind says what a node is: a state of a type, or the begin or end of a machine.
const (
	Start = "Start"
	End   = "End"
)

// Graph is a definition laid out, in pixels from the top left corner.
type Graph struct {
	Width, Height float64
	Nodes         []*Node // containers before what they hold
	Edges         []*Edge
}

// Node is a state, or the begin or end of a machine.
type Node struct {
	Pointer    string  // JSON Pointer of the state; of a begin or end, of its machine with "#start" or "#end"
	Name       string  // "" of a begin or end
	Kind       string  // a state's type, Start or End
	X, Y, W, H float64 // the top left corner and the size
	Container  bool    // holds the branches or the iteration of a Parallel or Map
	Depth      int     // containers around it
	Comment    string
}

// Edge is a transition.
type Edge struct {
	From, To string // pointers of nodes
	Label    string
	LabelAt  Point   // its centre
	Catch    bool    // taken on an error
	Way      []Point // from the border of one node to that of the other
}

// Sizes, in pixels, for a sans-serif font of 13 px.
const (
	charWidth  = 7.4
	nodeHeight = 40.0
	nodePad    = 34.0
	minWidth   = 76.0
	dot        = 22.0 // a begin or end
	header     = 26.0 // of a container
	inset      = 16.0 // around what a container holds
	longest    = 44   // characters of a name before it is cut

	labelWidth   = 6.3 // of a character of a label, whose font has 11 px
	labelHeight  = 14.0
	longestLabel = 28 // characters of a label before it is cut
)

// New lays out a definition.
func New(d *asl.Definition) *Graph {
	g := &Graph{}
	l := newLevel(&d.Machine, true)
	l.emit(g, 0, 0, 0)
	g.Width, g.Height = l.size.w, l.size.h
	return g
}

// level is one machine: its states, and the levels inside of them.
type level struct {
	machine *asl.Machine
	nodes   []*Node
	inner   [][]*level     // of each node
	index   map[string]int // of each state by its name
	links   []link
	edges   []*Edge // of each link
	centres []Point
	size    box
}

func newLevel(m *asl.Machine, ends bool) *level {
	l := &level{machine: m, index: map[string]int{}}
	if ends {
		l.add(&Node{Pointer: m.Pointer + "#start", Kind: Start, W: dot, H: dot}, nil)
	}
	for _, s := range m.States {
		l.index[s.Name] = len(l.nodes)
		l.addState(s)
	}
	l.connect(ends)
	boxes := make([]box, len(l.nodes))
	for i, n := range l.nodes {
		boxes[i] = box{n.W, n.H}
	}
	var routes []route
	l.centres, routes, l.size = layout(boxes, l.links)
	for i, r := range routes {
		l.edges[i].Way, l.edges[i].LabelAt = r.way, r.label
	}
	return l
}

// connect adds the transitions; with ends, also the ways from the machine's begin and to its end. A Fail leads nowhere.
func (l *level) connect(ends bool) {
	if start, ok := l.index[l.machine.StartAt]; ok && ends {
		l.link(0, start, transition{})
	}
	end := -1
	for _, s := range l.machine.States {
		from := l.index[s.Name]
		for _, t := range transitions(s) {
			if to, ok := l.index[t.to]; ok {
				l.link(from, to, t)
			}
		}
		if ends && terminalState(s) && s.Type != asl.Fail {
			if end < 0 {
				end = l.add(&Node{Pointer: l.machine.Pointer + "#end", Kind: End, W: dot, H: dot}, nil)
			}
			l.link(from, end, transition{})
		}
	}
}

func (l *level) link(from, to int, t transition) {
	e := link{from: from, to: to, side: t.catch}
	if t.label != "" {
		e.label = box{12 + labelWidth*float64(min(longestLabel, utf8.RuneCountInString(t.label))), labelHeight}
	}
	l.links = append(l.links, e)
	l.edges = append(l.edges, &Edge{From: l.nodes[from].Pointer, To: l.nodes[to].Pointer, Label: t.label, Catch: t.catch})
}

func (l *level) add(n *Node, inner []*level) int {
	l.nodes, l.inner = append(l.nodes, n), append(l.inner, inner)
	return len(l.nodes) - 1
}

func (l *level) addState(s *asl.State) {
	n := &Node{Pointer: s.Pointer, Name: s.Name, Kind: string(s.Type), Comment: s.Comment, H: nodeHeight}
	n.W = max(minWidth, nodePad+charWidth*float64(min(longest, utf8.RuneCountInString(s.Name))))
	var inner []*level
	for _, b := range s.Branches {
		inner = append(inner, newLevel(b, false))
	}
	if s.Processor != nil {
		inner = append(inner, newLevel(s.Processor, false))
	}
	if len(inner) > 0 {
		n.Container = true
		width, height := inset, 0.0
		for _, in := range inner {
			width += in.size.w + inset
			height = max(height, in.size.h)
		}
		n.W, n.H = max(n.W, width), header+height+2*inset
	}
	l.add(n, inner)
}

// emit appends the level to g, moved by x and y.
func (l *level) emit(g *Graph, x, y float64, depth int) {
	for i, n := range l.nodes {
		n.X, n.Y, n.Depth = x+l.centres[i].X-n.W/2, y+l.centres[i].Y-n.H/2, depth
		g.Nodes = append(g.Nodes, n)
		left := n.X + (n.W-held(l.inner[i]))/2
		for _, in := range l.inner[i] {
			in.emit(g, left, n.Y+header+inset, depth+1)
			left += in.size.w + inset
		}
	}
	for _, e := range l.edges {
		for i := range e.Way {
			e.Way[i].X += x
			e.Way[i].Y += y
		}
		e.LabelAt.X += x
		e.LabelAt.Y += y
		g.Edges = append(g.Edges, e)
	}
}

// held is the width of levels side by side.
func held(inner []*level) float64 {
	width := -inset
	for _, in := range inner {
		width += in.size.w + inset
	}
	return width
}

type transition struct {
	to, label string
	catch     bool
}

// transitions are the ways out of s, in the order in which they are tried.
func transitions(s *asl.State) []transition {
	var list []transition
	for _, r := range s.Choices {
		list = append(list, transition{to: r.Next, label: Condition(r)})
	}
	if s.Default != "" {
		list = append(list, transition{to: s.Default, label: "else"})
	}
	if s.Next != "" {
		list = append(list, transition{to: s.Next})
	}
	for _, c := range s.Catch {
		list = append(list, transition{to: c.Next, label: strings.Join(c.ErrorEquals, ", "), catch: true})
	}
	return list
}

func terminalState(s *asl.State) bool {
	return s.End || s.Type == asl.Succeed || s.Type == asl.Fail
}

// Condition is a choice rule in a few words: its comment, where it has one.
func Condition(r *asl.Rule) string {
	switch {
	case r.Comment != "":
		return r.Comment
	case r.Condition.Defined():
		text := strings.TrimSuffix(strings.TrimPrefix(r.Condition.Str(), "{%"), "%}")
		return strings.TrimSpace(text)
	case r.Not != nil:
		return "not " + Condition(r.Not)
	case len(r.And) > 0:
		return joined(r.And, " and ")
	case len(r.Or) > 0:
		return joined(r.Or, " or ")
	}
	return strings.TrimSpace(r.Variable.Str() + " " + r.Operator + " " + r.Operand.String())
}

func joined(rules []*asl.Rule, with string) string {
	parts := make([]string, len(rules))
	for i, r := range rules {
		parts[i] = Condition(r)
	}
	return strings.Join(parts, with)
}
