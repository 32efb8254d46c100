// Package coverage says how far a test run went through state machines: which states it entered, which branches of Choices, which
// retriers and which catchers it used. Flowtest writes Records while tests run; Of puts what was counted beside a definition; Text,
// HTML and Cobertura print it. `stride test` is the caller.
package coverage

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/graph"
)

// Dir is the environment variable that names the folder for Records; unset, tests count nothing.
const Dir = "STRIDE_COVERAGE_DIR"

// Counts is how often each point of a state machine was passed, by its JSON Pointer: "/States/Charge", "/States/Charge/Retry/0",
// "/States/Big/Choices/0", "/States/Big/Default".
type Counts map[string]int

// Pointer is the JSON Pointer of a way out of a state, given the state's; field "" is the state itself.
func Pointer(state, field string, index int) string {
	switch field {
	case "":
		return state
	case "Default":
		return state + "/Default"
	}
	return fmt.Sprintf("%s/%s/%d", state, field, index)
}

// Record is what one test counted, one line of JSON in a file of Dir.
type Record struct {
	Workflow string `json:"workflow"`
	Source   string `json:"source"` // its function, or file
	Counts   Counts `json:"counts"`
}

// NewRecord is what a test of w counted.
func NewRecord(w flow.Workflow, counts Counts) Record {
	source := w.File()
	if source == "" {
		source = w.Func().Package + "." + w.Func().Name
	}
	return Record{Workflow: w.Name(), Source: source, Counts: counts}
}

// Key tells workflows apart.
func (r Record) Key() string { return r.Workflow + " " + r.Source }

// Merge adds the records of a file to counts by Key.
func Merge(into map[string]Counts, file io.Reader) error {
	dec := json.NewDecoder(file)
	for {
		var r Record
		if err := dec.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if into[r.Key()] == nil {
			into[r.Key()] = Counts{}
		}
		for pointer, n := range r.Counts {
			into[r.Key()][pointer] += n
		}
	}
}

// Kind is what a point is.
type Kind string

// The kinds of points.
const (
	State  Kind = "states"
	Branch Kind = "branches"
	Retry  Kind = "retries"
	Catch  Kind = "catches"
)

// Kinds are all, in the order of printing.
var Kinds = []Kind{State, Branch, Retry, Catch}

// Point is something that a test can pass.
type Point struct {
	Kind  Kind
	State *asl.State
	Label string // "retry of Busy"; "" of a state
	Place diag.Place
	Hits  int
}

// Name is how people call the point: "Charge, retry of Busy".
func (p *Point) Name() string {
	if p.Label == "" {
		return p.State.Name
	}
	return p.State.Name + ", " + p.Label
}

// Workflow is a state machine and how far tests went through it.
type Workflow struct {
	Name       string
	Definition *asl.Definition
	Points     []*Point // in the order of the definition
}

// Of is the workflow called name with what was counted. place says where in the source a point is, by its pointer.
func Of(name string, def *asl.Definition, counts Counts, place func(pointer string) diag.Place) *Workflow {
	w := &Workflow{Name: name, Definition: def}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) {
		add := func(k Kind, pointer, label string) {
			w.Points = append(w.Points, &Point{k, s, label, place(pointer), counts[pointer]})
		}
		add(State, s.Pointer, "")
		for i, rule := range s.Choices {
			add(Branch, Pointer(s.Pointer, "Choices", i), condition(s, rule))
		}
		if s.Default != "" {
			add(Branch, Pointer(s.Pointer, "Default", 0), "otherwise")
		}
		for i, r := range s.Retry {
			if !compile.DefaultRetry(r) {
				add(Retry, Pointer(s.Pointer, "Retry", i), "retry of "+strings.Join(r.ErrorEquals, ", "))
			}
		}
		for i, c := range s.Catch {
			add(Catch, Pointer(s.Pointer, "Catch", i), "catch of "+strings.Join(c.ErrorEquals, ", "))
		}
	})
	return w
}

// condition is a rule in a few words: of a Choice with one question, whose name is the question, the answer.
func condition(s *asl.State, r *asl.Rule) string {
	if len(s.Choices) == 1 && s.Default != "" && r.Comment == "" {
		return "yes"
	}
	return graph.Condition(r)
}

// Share is how many of all points were passed.
type Share struct{ Passed, All int }

// Percent is 100 where there is nothing to pass.
func (s Share) Percent() float64 {
	if s.All == 0 {
		return 100
	}
	return float64(s.Passed) / float64(s.All) * 100
}

func (s Share) plus(o Share) Share { return Share{s.Passed + o.Passed, s.All + o.All} }

// Share counts the points of kinds, of all where none is given.
func (w *Workflow) Share(kinds ...Kind) Share {
	var s Share
	of := map[Kind]bool{}
	for _, k := range kinds {
		of[k] = true
	}
	for _, p := range w.Points {
		if len(kinds) > 0 && !of[p.Kind] {
			continue
		}
		s.All++
		if p.Hits > 0 {
			s.Passed++
		}
	}
	return s
}

// Total is the share of all points of workflows.
func Total(workflows []*Workflow) Share {
	var s Share
	for _, w := range workflows {
		s = s.plus(w.Share())
	}
	return s
}

// Missed are the points that no test passed.
func (w *Workflow) Missed() []*Point {
	var out []*Point
	for _, p := range w.Points {
		if p.Hits == 0 {
			out = append(out, p)
		}
	}
	return out
}

// overlay colours the states of the graph: passed with all ways out of them, passed in part, or not at all.
func (w *Workflow) overlay() graph.Overlay {
	over := graph.Overlay{}
	for _, p := range w.Points {
		at := p.State.Pointer
		switch {
		case p.Kind == State && p.Hits > 0:
			over[at] = graph.Mark{Status: "SUCCEEDED", Count: p.Hits}
		case p.Kind == State:
			over[at] = graph.Mark{Status: "FAILED"}
		case p.Hits == 0 && over[at].Status == "SUCCEEDED":
			over[at] = graph.Mark{Status: "RUNNING", Count: over[at].Count}
		}
	}
	return over
}

// byFile are the points of all workflows by the file that they are in.
func byFile(workflows []*Workflow) map[string][]*Point {
	files := map[string][]*Point{}
	for _, w := range workflows {
		for _, p := range w.Points {
			files[p.Place.File] = append(files[p.Place.File], p)
		}
	}
	maps.DeleteFunc(files, func(name string, _ []*Point) bool { return name == "" })
	return files
}
