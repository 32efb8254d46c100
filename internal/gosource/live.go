package gosource

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// needing are the states that read the document they are given, or hand it on to one that does.
func (f *function) needing() map[string]bool {
	needs := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for _, s := range f.machine.States {
			if !needs[s.Name] && (f.reads(s) || slices.ContainsFunc(f.handsOn(s), func(n string) bool { return needs[n] })) {
				needs[s.Name], changed = true, true
			}
		}
	}
	return needs
}

// reads says whether a state itself reads its document, or ends with it.
func (f *function) reads(s *asl.State) bool {
	a := f.about[s]
	for _, t := range a.extra {
		if t.readsInput() {
			return true
		}
	}
	switch s.Type {
	case asl.Choice:
		return true
	case asl.Fail:
		return false
	case asl.Task, asl.Parallel:
		if a.argument == nil {
			return true
		}
	case asl.Map:
		if a.items.readsInput() {
			return true
		}
	}
	ends := s.End || s.Type == asl.Succeed
	return a.argument.readsInput() || a.selected.readsInput() || a.output != nil && f.keeps(s) || ends && f.keeps(s)
}

// keeps says whether the document goes on behind a state that succeeds.
func (f *function) keeps(s *asl.State) bool {
	a := f.about[s]
	if a.put != nil || a.dropped {
		return true
	}
	return s.Type != asl.Task && s.Type != asl.Parallel && s.Type != asl.Map && a.argument == nil && a.selected == nil
}

// handsOn are the states that get the document of a state, changed or not.
func (f *function) handsOn(s *asl.State) (list []string) {
	for _, r := range s.Choices {
		list = append(list, r.Next)
	}
	if s.Default != "" {
		list = append(list, s.Default)
	}
	if s.Next != "" && f.keeps(s) {
		list = append(list, s.Next)
	}
	for _, c := range s.Catch {
		if v := c.ResultPath; v.Kind() == value.Null || strings.Contains(v.Str(), ".") {
			list = append(list, c.Next)
		}
	}
	return list
}

// readsInput says whether a term reads the document.
func (t *term) readsInput() bool {
	if t == nil {
		return false
	}
	return t.op == place && (t.from == "in" || t.from == "input") || slices.ContainsFunc(t.args, (*term).readsInput)
}
