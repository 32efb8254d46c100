// Package lang has a workflow for each construct of the flow language. The tests of package compile run each natively and
// compiled, on inputs with none, one and many items, and compare the machines with golden files.
package lang

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/payload"
	"github.com/stride-aws/stride/internal/compile/testdata/lang/parts"
)

// Case is a workflow and the inputs that it is tested with.
type Case struct {
	Workflow flow.Workflow
	Run      func(t *testing.T)
}

// All is every case, in the order of the language's documentation.
func All() []Case {
	return slices.Concat(Cases, More, Ordinary, Writes, Items, Texts, Calendar, Lists, Pure, Library, Payloads, Services)
}

// Of is a case with inputs.
func Of[I, O any](name string, fn func(flow.Context, I) (O, error), inputs ...I) Case {
	w := flow.Standard(name, fn, flow.Function(Echo), flow.Function(Double), flow.Function(Risky), flow.Function(Ask), flow.Function(Make), flow.Function(Log), flow.Function(Scan), flow.Function(Index), flow.Function(Tell), flow.Function(Remind), flow.Function(Keep))
	return Case{w, func(t *testing.T) {
		for i, in := range inputs {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				flowtest.Run[O](flowtest.New(t, w), in)
			})
		}
	}}
}

// with is a case whose test needs mocks, or other workflows.
func with[I, O any](name string, fn func(flow.Context, I) (O, error), setup func(*flowtest.Test), nested []flow.Workflow, inputs ...I) Case {
	c := Of(name, fn, inputs...)
	c.Run = func(t *testing.T) {
		for i, in := range inputs {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				ft := flowtest.New(t, c.Workflow, nested...)
				setup(ft)
				flowtest.Run[O](ft, in)
			})
		}
	}
	return c
}

// Thing is what most cases take and give.
type Thing struct {
	Name  string            `json:"name"`
	N     int               `json:"n"`
	F     float64           `json:"f"`
	OK    bool              `json:"ok"`
	Tags  []string          `json:"tags"`
	Parts []Part            `json:"parts,omitempty"`
	Note  string            `json:"note,omitempty"`
	Ref   *Part             `json:"ref,omitempty"`
	When  time.Time         `json:"when"`
	Attrs map[string]string `json:"attrs,omitempty"`
	Bytes []byte            `json:"bytes,omitempty"`
	Part  Part              `json:"part"`
}

// Part is a part of a Thing.
type Part struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
}

// Echo gives its input back.
func Echo(_ context.Context, in Thing) (Thing, error) { return in, nil }

// Double doubles.
func Double(_ context.Context, n int) (int, error) { return 2 * n, nil }

// Log keeps what it is told.
func Log(_ context.Context, text string) (string, error) { return text, nil }

// Make makes n parts.
func Make(_ context.Context, n int) ([]Part, error) {
	var out []Part
	for i := range n {
		out = append(out, Part{ID: fmt.Sprint("p", i), Count: i})
	}
	return out, nil
}

// Broken and Busy are what Risky fails with.
type Broken struct{ Why string }

func (e Broken) Error() string { return "broken: " + e.Why }

// Busy asks to come again.
type Busy struct{}

func (e *Busy) Error() string { return "busy" }

// ErrOdd is what Risky says of odd things.
var ErrOdd = errors.New("odd")

// Risky fails as its input's name says.
func Risky(_ context.Context, in Thing) (Part, error) {
	switch in.Name {
	case "broken":
		return Part{}, Broken{Why: in.Note}
	case "busy":
		return Part{}, &Busy{}
	case "odd":
		return Part{}, ErrOdd
	case "pointed":
		return Part{}, &Broken{Why: in.Note}
	case "namesake":
		return Part{}, parts.Broken(in.Note)
	case "wrapped":
		return Part{}, fmt.Errorf("wrapped: %w", Broken{Why: "inside"})
	case "plain":
		return Part{}, errors.New("plain")
	}
	return Part{ID: in.Name, Count: in.N}, nil
}

// Scanned is a thing with a text that may be too large for a state.
type Scanned struct {
	Name string
	Text flow.Ref[[]string]
}

// Scan makes a text.
func Scan(_ context.Context, in Thing) (Scanned, error) {
	return Scanned{in.Name, payload.Of(in.Tags)}, nil
}

// Index reads a text: the number of its lines.
func Index(_ context.Context, text flow.Ref[[]string]) (int, error) {
	lines, err := text.Get()
	return len(lines), err
}

// Request is a question with a token.
type Request struct {
	Thing Thing
	Token string
}

// Ask asks.
func Ask(_ context.Context, r Request) (Part, error) { return Part{ID: r.Thing.Name, Count: 1}, nil }

var (
	zero  = Thing{}
	one   = Thing{Name: "one", N: 1, F: 1.5, OK: true, Tags: []string{"a"}, Parts: []Part{{"p", 3}}, Note: "n", Ref: &Part{"r", 9}, Part: Part{"q", 2}, Attrs: map[string]string{"k": "v"}, When: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
	many  = Thing{Name: "many", N: -7, F: -2.25, Tags: []string{"b", "c", "d"}, Parts: []Part{{"x", 1}, {"y", 0}, {"z", 5}}, Part: Part{"w", 8}, Attrs: map[string]string{"k": "", "l": "w"}}
	named = func(name string) Thing { return Thing{Name: name, Note: "note", N: 4} }
)

// generatedInputs are those of generated workflows. JSON need not have all fields of its type, and may have null for any.
var generatedInputs = []any{
	one, many, named("broken"), json.RawMessage(`{}`),
	json.RawMessage(`{"name":null,"n":3,"tags":null,"parts":[{"id":"a"},{"count":2}],"ref":{"count":5},"part":null,"attrs":{"k":null},"more":1}`),
}

// Generated is the case of a generated workflow.
func Generated[O any](name string, fn func(flow.Context, Thing) (O, error), setup func(*flowtest.Test)) Case {
	c := Of(name, fn)
	c.Run = func(t *testing.T) {
		for i, in := range generatedInputs {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				ft := flowtest.New(t, c.Workflow, Described)
				setup(ft)
				flowtest.Run[O](ft, in)
			})
		}
	}
	return c
}
