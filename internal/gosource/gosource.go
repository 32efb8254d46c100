// Package gosource writes the flow source of a definition: ASL in, a Go function out that compiles back to a machine with the same
// outcomes. It knows machines in which values go through as they are: Lambda tasks, Pass, Wait, Succeed, Fail, Parallel and Map, with
// Retry and Catch, in either query language. What it cannot say in Go is a Reason, and then there is no source: `stride import`
// keeps such a machine as ASL.
package gosource

import (
	"fmt"
	"go/format"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// Options say what the source calls things.
type Options struct {
	Func     string // the workflow's function
	Handlers string // qualifier of the handlers, "legacy."; "" for the same package
}

// Source is a definition as Go.
type Source struct {
	Text      string        // declarations of functions, formatted
	Takes     string        // the type of the workflow's input: any or []any
	Timeout   time.Duration // of an execution; 0: none
	Functions []Function
	uses      map[string]bool // of the standard library
}

// Function is a Lambda function that the machine calls, and the handler that stands for it.
type Function struct {
	Name     string // of the handler
	Resource string // as the definition names it
	Gives    string // its result's type: any, or []any where a Map goes over it
}

// Uses says whether the text needs a package of the standard library.
func (s *Source) Uses(pkg string) bool { return s.uses[pkg] }

// Reason is something of a definition that has no form in Go here.
type Reason struct {
	Pointer string
	Text    string
}

func (r *Reason) Error() string { return r.Text }

// Of is def as Go. The error is a *Reason, with the pointer of what it is about.
func Of(def *asl.Definition, o Options) (src *Source, err error) {
	w := &writer{def: def, options: o, src: &Source{uses: map[string]bool{}}, names: map[string]bool{o.Func: true, "any": true, "c": true, "in": true, "err": true, "flow": true, "time": true, "errors": true, strings.TrimSuffix(o.Handlers, "."): true}}
	defer func() {
		if r, ok := recover().(*Reason); ok {
			src, err = nil, r
		} else if r != nil {
			panic(r)
		}
	}()
	if t := def.TimeoutSeconds; t.Defined() {
		if t.Kind() != value.Number {
			w.refuse("", "the machine has a TimeoutSeconds that is computed")
		}
		w.src.Timeout = time.Duration(t.Float()) * time.Second
	}
	w.src.Takes = w.machine(&def.Machine, o.Func, def.Comment)
	text, err := format.Source([]byte(strings.Join(w.functions, "\n")))
	w.src.Text = string(text)
	return w.src, err
}

// writer writes the functions of one definition.
type writer struct {
	def       *asl.Definition
	options   Options
	src       *Source
	functions []string // finished
	names     map[string]bool
	written   int // states so far
}

// tooMany bounds the states that are written again for each way that leads to them.
const tooMany = 200

func (w *writer) refuse(pointer, format string, args ...any) {
	panic(&Reason{pointer, fmt.Sprintf(format, args...)})
}

// machine writes a machine as a function called name, and returns the type that it takes.
func (w *writer) machine(m *asl.Machine, name, comment string) string {
	f := &function{writer: w, machine: m, takes: "any"}
	start := m.State(m.StartAt)
	if f.overInput(start) {
		f.takes = "[]any"
	}
	body := f.from(m.StartAt, val{"in", f.takes}, nil)
	var b strings.Builder
	text := name + " begins with " + m.StartAt + "."
	if comment != "" {
		text = name + ": " + strings.TrimSpace(comment)
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("// " + strings.TrimSpace(line))
	}
	fmt.Fprintf(&b, "\nfunc %s(c flow.Context, in %s) (any, error) {\n%s}\n", name, f.takes, body)
	w.functions = append([]string{b.String()}, w.functions...)
	return f.takes
}

// overInput says whether a state is a Map over its whole input.
func (f *function) overInput(s *asl.State) bool { return s != nil && s.Type == asl.Map }

// helper is the name of a function beside the workflow's own, which other workflows of the package may have, too.
func (w *writer) helper(text string) string {
	return w.unique(goName(w.options.Func, false)+" "+text, false)
}

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
		first := []rune(word)
		if i > 0 || exported {
			first[0] = unicode.ToUpper(first[0])
		} else {
			first[0] = unicode.ToLower(first[0])
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

var keywords = strings.Fields(`break case chan const continue default defer else fallthrough for func go goto if import interface map
	package range return select struct switch type var string error nil true false append len max min`)

// handler is the handler of a function that a Task calls.
func (w *writer) handler(resource, gives string) string {
	for i, f := range w.src.Functions {
		if f.Resource == resource {
			if gives != "any" {
				w.src.Functions[i].Gives = gives
			}
			if w.src.Functions[i].Gives != gives {
				w.refuse("", "function %s gives a list in one place and anything in another", resource)
			}
			return f.Name
		}
	}
	text := resource
	if _, name, ok := strings.Cut(resource, ":function:"); ok {
		text, _, _ = strings.Cut(name, ":")
	}
	name := w.unique(strings.TrimSuffix(strings.Trim(text, "${}"), "Arn"), true)
	w.src.Functions = append(w.src.Functions, Function{name, resource, gives})
	return name
}
