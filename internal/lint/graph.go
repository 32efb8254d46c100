package lint

import (
	"github.com/stride-aws/stride/internal/asl"
)

// edge is a transition: the state it leads to and the pointer of the field that says so.
type edge struct{ target, pointer string }

// edges are the transitions out of s, in the order of the text's fields Next, Choices, Default, Catch.
func edges(s *asl.State) []edge {
	var out []edge
	add := func(target, pointer string) {
		if target != "" {
			out = append(out, edge{target, pointer})
		}
	}
	add(s.Next, child(s.Pointer, "Next"))
	for _, r := range s.Choices {
		add(r.Next, child(r.Pointer, "Next"))
	}
	add(s.Default, child(s.Pointer, "Default"))
	for _, c := range s.Catch {
		add(c.Next, child(c.Pointer, "Next"))
	}
	return out
}

// terminal says whether an execution may end in s.
func terminal(s *asl.State) bool {
	return s.End || s.Type == asl.Succeed || s.Type == asl.Fail
}

// machines are the definition's machines, each before those inside it.
func machines(m *asl.Machine) []*asl.Machine {
	all := []*asl.Machine{m}
	asl.Walk(m, func(_ *asl.Machine, s *asl.State) {
		all = append(all, s.Branches...)
		if s.Processor != nil {
			all = append(all, s.Processor)
		}
	})
	return all
}

// graph checks that transitions lead to states of the same machine, that one of them ends, and that each is reached.
func (v *validator) graph() {
	for _, m := range machines(&v.def.Machine) {
		v.targets(m)
	}
	for _, m := range machines(&v.def.Machine) {
		v.ends(m)
	}
}

func (v *validator) targets(m *asl.Machine) {
	byName := statesOf(m)
	v.target(byName, edge{m.StartAt, child(m.Pointer, "StartAt")})
	for _, s := range m.States {
		for _, e := range edges(s) {
			v.target(byName, e)
		}
	}
}

func (v *validator) target(byName map[string]*asl.State, e edge) {
	if byName[e.target] == nil && !v.placeholderText(e.target) {
		v.error(MissingTransitionTarget, e.pointer, "Missing 'Next' target: %s", e.target)
	}
}

// ends: where no state is terminal AWS says so and nothing of unreachable states.
func (v *validator) ends(m *asl.Machine) {
	found := false
	for _, s := range m.States {
		found = found || terminal(s)
	}
	if !found {
		v.error(MissingEndState, m.Pointer, "Workflow has no terminal state")
		return
	}
	reached := reachable(m)
	for _, s := range m.States {
		if !reached[s.Name] {
			v.error(MissingTransitionTarget, s.Pointer, "State \"%s\" is not reachable.", s.Name)
		}
	}
}

// reachable are the names of the states that an execution of m may enter.
func reachable(m *asl.Machine) map[string]bool {
	byName := statesOf(m)
	reached := map[string]bool{}
	todo := []string{m.StartAt}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[name] || byName[name] == nil {
			continue
		}
		reached[name] = true
		for _, e := range edges(byName[name]) {
			todo = append(todo, e.target)
		}
	}
	return reached
}

func statesOf(m *asl.Machine) map[string]*asl.State {
	byName := make(map[string]*asl.State, len(m.States))
	for _, s := range m.States {
		byName[s.Name] = s
	}
	return byName
}
