// Package gosource writes the flow source of a definition: ASL in, a Go function out that compiles back to a machine with the same
// outcomes. A definition is read twice: first for the shapes of its values, which become Go types (infer.go, shape.go), then state by
// state for its text (order.go, states.go). What it cannot say in Go are Reasons, and then there is no source: `stride import` keeps
// such a machine as ASL.
package gosource

import (
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// Source is a definition as Go.
type Source struct {
	Text    string        // declarations of types and functions, formatted
	Takes   string        // the type of the workflow's input
	Timeout time.Duration // of an execution; 0: none
	Env     []string      // what is read with flow.Env: the definition's placeholders
	uses    map[string]bool
	takes   *shape
	results map[string]*shape // of states that call something, by their names
}

// Imports are the packages of the standard library that the text and the timeout need.
func (s *Source) Imports() []string {
	if s.Timeout > 0 {
		s.uses["time"] = true
	}
	return slices.Sorted(maps.Keys(s.uses))
}

// Reason is something of a definition that has no form in Go here.
type Reason struct {
	State, Field string // "" where it is none of one
	Text         string
}

// Reasons are all that keeps a definition ASL, those of one field and text together, in the order of the first.
type Reasons []Reason

// Lines are the reasons, a line each: "state Pay, ResultSelector: the path $.a[*]".
func (r Reasons) Lines() []string {
	var lines []string
	seen := map[string]bool{}
	for _, reason := range r {
		line := reason.Text
		if reason.Field != "" {
			line = reason.Field + ": " + line
		}
		if seen[line] {
			continue
		}
		seen[line] = true
		var states []string
		for _, other := range r {
			if other.Field == reason.Field && other.Text == reason.Text && other.State != "" && !slices.Contains(states, other.State) {
				states = append(states, other.State)
			}
		}
		switch {
		case len(states) == 1:
			line = "state " + states[0] + ", " + line
		case len(states) > 3:
			line = fmt.Sprintf("states %s and %d more, %s", strings.Join(states[:2], ", "), len(states)-2, line)
		case len(states) > 1:
			line = "states " + strings.Join(states, ", ") + ", " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func (r Reasons) Error() string { return strings.Join(r.Lines(), "; ") }

// Of is def as Go, with the function called name. The error is Reasons.
func Of(def *asl.Definition, name string) (*Source, error) {
	w := &writer{
		def: def, name: name, src: &Source{uses: map[string]bool{}, results: map[string]*shape{}}, names: map[string]bool{},
		about: map[*asl.State]*about{}, compared: map[*asl.Rule]*comparison{}, origins: map[*asl.Machine]*shape{}, declared: map[string]string{},
	}
	for _, taken := range []string{name, "any", "c", "in", "err", "flow", "time", "errors", "strings", "fmt", "token", "input"} {
		w.names[taken] = true
	}
	if t := def.TimeoutSeconds; t.Kind() == value.Number {
		w.src.Timeout = time.Duration(t.Float()) * time.Second
	} else if t.Defined() {
		w.refuse(nil, "TimeoutSeconds", "it is computed")
	}
	takes := &shape{hint: "input"}
	ends := w.infer(&def.Machine, takes, takes)
	if len(w.reasons) == 0 {
		w.lacking()
		w.main(takes, ends)
	}
	if len(w.reasons) > 0 {
		return nil, w.reasons
	}
	text := w.sharedRetries(strings.Join(append(w.types, w.functions...), "\n"))
	out, err := format.Source([]byte(text))
	w.src.Text = string(out)
	return w.src, err
}

// writer writes the functions of one definition.
type writer struct {
	def       *asl.Definition
	name      string
	src       *Source
	types     []string
	functions []string
	names     map[string]bool
	reasons   Reasons
	about     map[*asl.State]*about
	compared  map[*asl.Rule]*comparison
	origins   map[*asl.Machine]*shape
	literals  []*term           // that make records
	declared  map[string]string // structs by what they are called after and hold
	readings  []reading
	retriers  []string // the retries of all steps
}

// reading is where a definition reads a value.
type reading struct {
	shape *shape
	state *asl.State
	field string
}

func (w *writer) refuse(s *asl.State, field, format string, args ...any) {
	r := Reason{Field: field, Text: fmt.Sprintf(format, args...)}
	if s != nil {
		r.State = s.Name
	}
	if !slices.Contains(w.reasons, r) {
		w.reasons = append(w.reasons, r)
	}
}

// lacking notes which fields some values of a record are made without.
func (w *writer) lacking() {
	for _, t := range w.literals {
		for _, f := range t.shape.root().fields {
			f.absent = f.absent || !slices.Contains(t.names, f.name)
		}
	}
	for _, a := range w.about {
		for _, s := range a.errors {
			for _, f := range s.root().fields {
				f.absent = f.absent || f.name != "Error" && f.name != "Cause"
			}
		}
	}
}

// main writes the workflow's own function.
func (w *writer) main(takes *shape, ends []*shape) {
	gives := &shape{mixed: true}
	if len(ends) > 0 && !slices.ContainsFunc(ends, func(s *shape) bool { return s.root() != ends[0].root() }) {
		gives = ends[0]
	}
	w.src.Takes, w.src.takes = w.goType(takes), takes
	w.machine(&w.def.Machine, w.name, w.def.Comment, takes, w.goType(gives))
}

// machine writes a machine as a function.
func (w *writer) machine(m *asl.Machine, name, comment string, takes *shape, gives string) {
	at := len(w.functions)
	f := &function{writer: w, machine: m, gives: gives, separate: map[string]string{}, shared: map[string]bool{}}
	for !f.write(name, comment, takes) {
		w.functions = w.functions[:at]
	}
}

// sharedRetries has variables for long rules that several steps have.
func (w *writer) sharedRetries(text string) string {
	declared := ""
	for _, rule := range w.retriers {
		if len(rule) < 70 || strings.Count(text, rule) < 2 {
			continue
		}
		name := w.helper("retry")
		text = strings.ReplaceAll(text, rule, name)
		declared += "var " + name + " = " + strings.Replace(rule, "}, ", "},\n", 1) + "\n\n"
	}
	return declared + text
}

// prefix is what the names of types and functions begin with, as other workflows of the package may have the like.
func (w *writer) prefix() string { return strings.TrimPrefix(w.name, "Run") }

// helper is the name of a function beside the workflow's own.
func (w *writer) helper(text string) string { return w.unique(w.prefix()+" "+text, false) }

// unique is a Go name of a text that is not taken.
func (w *writer) unique(text string, exported bool) string {
	name := goName(text, exported)
	unique := name
	for i := 2; w.names[unique]; i++ {
		unique = fmt.Sprintf("%s%d", name, i)
	}
	w.names[unique] = true
	return unique
}

// goName is "chargeCard" or "ChargeCard" of "charge-card".
func goName(text string, exported bool) string {
	var b strings.Builder
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		word = initialism(word)
		first := []rune(word)
		switch {
		case i > 0 || exported:
			first[0] = unicode.ToUpper(first[0])
		case word == strings.ToUpper(word):
			first = []rune(strings.ToLower(word))
		default:
			for j := range first {
				if j > 0 && j+1 < len(first) && unicode.IsLower(first[j+1]) || !unicode.IsUpper(first[j]) {
					break
				}
				first[j] = unicode.ToLower(first[j])
			}
		}
		b.WriteString(string(first))
	}
	name := b.String()
	if name == "" || !unicode.IsLetter([]rune(name)[0]) {
		name = map[bool]string{true: "Step", false: "step"}[exported] + name
	}
	if slices.Contains(keywords, name) {
		name += "Step"
	}
	return name
}

// initialism writes Id, Url and Arn at the end of a word as Go does.
func initialism(word string) string {
	for _, short := range []string{"Id", "Url", "Arn"} {
		if strings.EqualFold(word, short) || strings.HasSuffix(word, short) {
			return word[:len(word)-len(short)] + strings.ToUpper(short)
		}
	}
	return word
}

var keywords = strings.Fields(`break case chan const continue default defer else fallthrough for func go goto if import interface map
	package range return select struct switch type var string error nil true false append len max min int bool new copy`)
