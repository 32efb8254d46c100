package graph

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/asl"
)

// Terminal is the definition drawn with Unicode lines for a terminal: states in the order in which they are reached, one a line, what
// is inside of a Parallel or Map indented below it, and the ways to states that do not come next written out. With an overlay,
// states carry a sign and a count.
func Terminal(d *asl.Definition, over Overlay) string {
	t := &terminal{over: over}
	t.machine(&d.Machine, "")
	return t.b.String()
}

type terminal struct {
	b    strings.Builder
	over Overlay
}

func (t *terminal) machine(m *asl.Machine, indent string) {
	order := reached(m)
	for i, s := range order {
		next := ""
		if i+1 < len(order) {
			next = order[i+1].Name
		}
		t.state(s, next, i, len(order), indent)
	}
}

// reached are m's states, each after those that lead to it, loops aside: the main way first, what catches and other choices lead to
// below it, and last what is never reached.
func reached(m *asl.Machine) []*asl.State {
	var order []*asl.State // from the end
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s := m.State(name)
		if s == nil || seen[name] {
			return
		}
		seen[name] = true
		for _, t := range slices.Backward(transitions(s)) {
			visit(t.to)
		}
		order = append(order, s)
	}
	visit(m.StartAt)
	slices.Reverse(order)
	for _, s := range m.States {
		if !seen[s.Name] {
			order = append(order, s)
		}
	}
	return order
}

func (t *terminal) state(s *asl.State, next string, i, n int, indent string) {
	rail := "├"
	switch {
	case n == 1:
		rail = "─"
	case i == 0:
		rail = "┌"
	case i == n-1:
		rail = "└"
	}
	mark := t.over[s.Pointer]
	count := ""
	if mark.Count > 1 {
		count = fmt.Sprintf(" ×%d", mark.Count)
	}
	sign := signs[mark.Status]
	if sign == "" {
		sign = "○"
	}
	fmt.Fprintf(&t.b, "%s%s─%s %s  %s%s%s\n", indent, rail, sign, clean(s.Name), strings.ToLower(string(s.Type)), count, t.ends(s, next))
	below := indent + "│  "
	if i == n-1 {
		below = indent + "   "
	}
	for _, way := range transitions(s) {
		if way.label == "" {
			continue
		}
		word := "when"
		if way.catch {
			word = "catch"
		}
		if way.label == "else" {
			word = ""
		}
		fmt.Fprintf(&t.b, "%s  %s → %s\n", below, strings.TrimSpace(word+" "+clean(cut(way.label, 60))), clean(way.to))
	}
	for k, branch := range inside(s) {
		if len(s.Branches) > 1 {
			fmt.Fprintf(&t.b, "%s  branch %d\n", below, k+1)
		}
		t.machine(branch, below+"  ")
	}
}

func inside(s *asl.State) []*asl.Machine {
	if s.Processor != nil {
		return append(slices.Clone(s.Branches), s.Processor)
	}
	return s.Branches
}

// ends says where the state leads, unless that is the next line.
func (t *terminal) ends(s *asl.State, next string) string {
	switch {
	case s.Next != "" && s.Next != next:
		return "  → " + clean(s.Next)
	case terminalState(s):
		return "  ■"
	}
	return ""
}

// clean drops what could disturb a terminal, break XML or turn the text around it: control and format characters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '·'
		}
		return r
	}, s)
}
