package lint

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// cycles are the sets of states of m that lead to each other, in the order of the text. They are the strongly connected components;
// the search is Tarjan's.
func cycles(m *asl.Machine) [][]*asl.State {
	t := tarjan{byName: statesOf(m), number: map[*asl.State]int{}, low: map[*asl.State]int{}, open: map[*asl.State]bool{}}
	for _, s := range m.States {
		if t.number[s] == 0 {
			t.visit(s)
		}
	}
	slices.Reverse(t.found)
	return t.found
}

type tarjan struct {
	byName      map[string]*asl.State
	number, low map[*asl.State]int // number from 1, in the order of the visits
	open        map[*asl.State]bool
	stack       []*asl.State
	found       [][]*asl.State
}

func (t *tarjan) visit(s *asl.State) {
	t.number[s] = len(t.number) + 1
	t.low[s] = t.number[s]
	t.stack, t.open[s] = append(t.stack, s), true
	loop := false
	for _, e := range edges(s) {
		next := t.byName[e.target]
		switch {
		case next == nil:
		case t.number[next] == 0:
			t.visit(next)
			t.low[s] = min(t.low[s], t.low[next])
		case t.open[next]:
			t.low[s] = min(t.low[s], t.number[next])
			loop = loop || next == s
		}
	}
	if t.low[s] == t.number[s] {
		t.close(s, loop)
	}
}

// close takes the component that begins with s off the stack; one state alone is a cycle only where it leads to itself.
func (t *tarjan) close(s *asl.State, loop bool) {
	at := slices.Index(t.stack, s)
	component := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, member := range component {
		t.open[member] = false
	}
	if len(component) > 1 || loop {
		t.found = append(t.found, component)
	}
}

func (r *regret) loops(m *asl.Machine) {
	for _, cycle := range cycles(m) {
		switch {
		case !leaves(cycle):
			r.find(EndlessLoop, cycle[0].Pointer, "nothing leads out of the loop through state %s", cycle[0].Name)
		case slices.ContainsFunc(cycle, isPoll) && !slices.ContainsFunc(cycle, works):
			r.find(PollWithoutWait, cycle[0].Pointer, "the loop through state %s asks again at once; every round is billed", cycle[0].Name)
		}
	}
}

// leaves says whether an execution can get out of the cycle.
func leaves(cycle []*asl.State) bool {
	inside := map[string]bool{}
	for _, s := range cycle {
		inside[s.Name] = true
	}
	for _, s := range cycle {
		for _, e := range edges(s) {
			if !inside[e.target] {
				return true
			}
		}
	}
	return slices.ContainsFunc(cycle, terminal)
}

// works says that s does something in its round of a loop, be it to wait, other than to ask.
func works(s *asl.State) bool {
	return s.Type == asl.Wait || s.Type == asl.Map || s.Type == asl.Parallel || s.Type == asl.Task && (waits(s) || !isPoll(s))
}

// pollAction matches operations that ask how something stands.
var pollAction = lazyregexp.New(`:(get|describe|list|check|poll|query)[A-Za-z]*$`)

func isPoll(s *asl.State) bool { return s.Type == asl.Task && pollAction.MatchString(s.Resource) }

// longChain is how many functions in a row are worth a word.
const longChain = 3

// chains finds Lambda functions that call each other in a line, none with a retry or catch of its own.
func (r *regret) chains(m *asl.Machine) {
	callers := map[string]int{}
	for _, s := range m.States {
		for _, e := range edges(s) {
			callers[e.target]++
		}
	}
	byName := statesOf(m)
	link := func(s *asl.State) bool {
		return s != nil && isLambda(s) && len(s.Retry) == 0 && len(s.Catch) == 0 && !waits(s)
	}
	for _, s := range m.States {
		if !link(s) || callers[s.Name] == 1 && follows(m, s, link) {
			continue
		}
		n := 1
		for next := byName[s.Next]; link(next) && callers[next.Name] == 1 && next != s; next = byName[next.Next] {
			n++
		}
		if n >= longChain {
			r.find(LambdaChain, s.Pointer, "%d Lambda functions in a row from state %s, each a transition to pay for, none with a Retry or Catch of its own", n, s.Name)
		}
	}
}

// follows says whether the only caller of s is a link too.
func follows(m *asl.Machine, s *asl.State, link func(*asl.State) bool) bool {
	for _, other := range m.States {
		if other.Next == s.Name && link(other) {
			return true
		}
	}
	return false
}

// knownInputs follows the output of Pass states whose fields are all written down, and finds paths into fields that it lacks.
func (r *regret) knownInputs(m *asl.Machine) {
	for _, s := range m.States {
		fields, known := r.inputFields(m, s)
		if !known {
			continue
		}
		for _, read := range r.reads(s) {
			if name := firstName(read.text); name != "" && !fields[name] {
				r.find(NoSuchField, read.pointer, "%s: the states before %s give no field %s", read.text, s.Name, name)
			}
		}
	}
}

// inputFields are the fields that s's input may have, where they are known.
func (r *regret) inputFields(m *asl.Machine, s *asl.State) (map[string]bool, bool) {
	if m.StartAt == s.Name || r.def.Language(s) != asl.JSONPath {
		return nil, false
	}
	fields := map[string]bool{}
	for _, before := range m.States {
		for _, e := range edges(before) {
			if e.target != s.Name {
				continue
			}
			output, known := r.outputFields(before)
			if !known {
				return nil, false
			}
			for name := range output {
				fields[name] = true
			}
		}
	}
	return fields, true
}

func (r *regret) outputFields(s *asl.State) (map[string]bool, bool) {
	whole := s.ResultPath.Str() == "$" || !s.ResultPath.Defined()
	if s.Type != asl.Pass || r.def.Language(s) != asl.JSONPath || !whole || s.OutputPath.Defined() {
		return nil, false
	}
	x := s.Result
	if !x.Defined() {
		x = s.Parameters
	}
	if x.Kind() != value.Object {
		return nil, false
	}
	fields := map[string]bool{}
	for _, m := range x.Members() {
		fields[m.Name] = true
		if !s.Result.Defined() {
			fields[strings.TrimSuffix(m.Name, ".$")] = true
		}
	}
	return fields, true
}

// read is a path that a state reads its input by.
type read struct{ pointer, text string }

// reads are the paths of s that begin at its whole input.
func (r *regret) reads(s *asl.State) []read {
	if s.InputPath.Defined() {
		return []read{{child(s.Pointer, "InputPath"), s.InputPath.Str()}}
	}
	var all []read
	for _, rule := range s.Choices {
		all = append(all, ruleReads(rule)...)
	}
	for _, name := range []string{"Parameters", "ItemsPath", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"} {
		if s.Type == asl.Map && name == "Parameters" {
			continue
		}
		all = append(all, pathsIn(child(s.Pointer, name), r.lookup(child(s.Pointer, name)))...)
	}
	return all
}

// ruleReads leaves out what a rule with IsPresent asks about.
func ruleReads(rule *asl.Rule) []read {
	var all []read
	if rule.Variable.Defined() && rule.Operator != "IsPresent" {
		all = append(all, read{child(rule.Pointer, "Variable"), rule.Variable.Str()})
	}
	for _, parts := range [][]*asl.Rule{rule.And, rule.Or} {
		for _, part := range parts {
			if part.Operator == "IsPresent" {
				return nil
			}
			all = append(all, ruleReads(part)...)
		}
	}
	return all
}

func pathsIn(pointer string, x value.Value) []read {
	if strings.HasPrefix(x.Str(), "$") {
		return []read{{pointer, x.Str()}}
	}
	var all []read
	for _, m := range x.Members() {
		if m.Value.Kind() == value.Object || strings.HasSuffix(m.Name, ".$") {
			all = append(all, pathsIn(child(pointer, m.Name), m.Value)...)
		}
	}
	return all
}

var firstStep = lazyregexp.New(`^\$(?:\.([\pL_][\pL\pN_-]*)|\['([^']*)'\])(?:[.\[]|$)`)

// firstName is the first name in a path into the input, "" where it begins with something else.
func firstName(path string) string {
	m := firstStep.FindStringSubmatch(path)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}
