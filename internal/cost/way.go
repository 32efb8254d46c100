package cost

import (
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
)

// stepTime is what a function is taken to need where nobody measured it.
const stepTime = 100 * time.Millisecond

// LongestWay is what an execution uses that takes the most transitions without an error: each state entered at most once, each Map
// with one item, each function 100 ms long. It needs no run, so a plan can compare two definitions by it. memory is a function's in
// MB, by its name; 128 where it does not know one.
func LongestWay(m *asl.Machine, memory func(function string) int) Usage {
	w := &way{machine: m, memory: memory, known: map[string]*Usage{}}
	u := w.from(m.StartAt)
	u.MemoryMB = memoryFloor
	return u
}

// way finds the longest one through one machine.
type way struct {
	machine *asl.Machine
	memory  func(string) int
	known   map[string]*Usage // from a state on; nil while it is looked for
}

// from is the longest way from the state called name to an end. A way back to a state on it counts nothing.
func (w *way) from(name string) Usage {
	if u, ok := w.known[name]; ok {
		if u == nil {
			return Usage{}
		}
		return *u
	}
	s := w.machine.State(name)
	if s == nil {
		return Usage{}
	}
	w.known[name] = nil
	var longest Usage
	for _, next := range nexts(s) {
		if u := w.from(next); u.Transitions > longest.Transitions {
			longest = u
		}
	}
	u := w.state(s).plus(longest)
	w.known[name] = &u
	return u
}

func nexts(s *asl.State) []string {
	var names []string
	for _, name := range append([]string{s.Next, s.Default}, rules(s)...) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func rules(s *asl.State) []string {
	var names []string
	for _, r := range s.Choices {
		names = append(names, r.Next)
	}
	return names
}

func (u Usage) plus(other Usage) Usage {
	u.Transitions += other.Transitions
	u.Duration += other.Duration
	u.Lambda += other.Lambda
	u.Invocations += other.Invocations
	u.LambdaGBs += other.LambdaGBs
	return u
}

// state is what one state uses, with what it holds.
func (w *way) state(s *asl.State) Usage {
	u := Usage{Transitions: 1}
	for _, inner := range append(slices.Clone(s.Branches), processor(s)...) {
		held := LongestWay(inner, w.memory)
		held.Duration = max(u.Duration, held.Duration) - u.Duration // branches run at once
		u = u.plus(held)
	}
	if s.Type != asl.Task {
		return u
	}
	u.Duration += stepTime
	if function, ok := calls(s); ok {
		mb := 0
		if w.memory != nil {
			mb = w.memory(function)
		}
		if mb == 0 {
			mb = 128 // AWS: CreateFunction, MemorySize, default
		}
		u.Invocations, u.Lambda, u.LambdaGBs = 1, stepTime, stepTime.Seconds()*float64(mb)/1024
	}
	return u
}

func processor(s *asl.State) []*asl.Machine {
	if s.Processor == nil || s.Distributed() { // a Distributed Map's children are executions of their own
		return nil
	}
	return []*asl.Machine{s.Processor}
}

// calls is the function that a Task calls, by its name.
func calls(s *asl.State) (string, bool) {
	if strings.Contains(s.Resource, ":states:") && !strings.Contains(s.Resource, ":lambda:invoke") || !strings.Contains(s.Resource, ":lambda:") {
		return "", false
	}
	name, ok := s.Arguments.Get("FunctionName")
	if !ok {
		name, ok = s.Parameters.Get("FunctionName")
	}
	if !ok {
		return functionName(s.Resource), true
	}
	return functionName(name.Str()), true
}
