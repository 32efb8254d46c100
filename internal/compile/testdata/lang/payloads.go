package lang

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/compile/testdata/lang/faults"
)

// Payloads are types as payloads have them.
var Payloads = []Case{
	Of("json-tags", jsonTags, Tagged{}, Tagged{ID: 5, On: true, Left: 2, Nil: []string{}, Until: noon, Key: Key{Code: "c", Both: "b"}}, Tagged{ID: 1, Nil: []string{"x"}, More: map[string]int{}}),
	Of("own-texts", ownTexts, zero, one, many, named("denied")),
	Of("rounding", rounding, 0, 2.5, 3.5, -2.5, 0.49999999999999994, -0.4, 1e15, 1234.5678),
	Of("private-struct", privateStruct, zero, one, many),
	Of("json-tags-built", jsonTagsBuilt, zero, one, many),
}

var noon = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// Key is embedded: Code wins over Owner's, and neither Both is in JSON.
type Key struct {
	Code string `json:"code"`
	Both string
}

// Owner is embedded beside it.
type Owner struct {
	Label string `json:"-"`
	Code  string
	Both  string
}

// Tagged has tags of all kinds.
type Tagged struct {
	Key
	Owner
	ID    int            `json:"id,string"`
	Left  int            `json:",omitempty,string"`
	On    bool           `json:"on,string"`
	Rate  float64        `json:"rate,string"`
	Note  string         `json:"-,"`
	Pair  [2]int         `json:"pair,omitempty"`
	Nil   []string       `json:"nil,omitzero"`
	More  map[string]int `json:"more,omitzero"`
	Until time.Time      `json:"until,omitzero"`
	Part  Part           `json:"part,omitzero"`
	Next  *Part          `json:",omitzero"`
}

// Keep gives its input back.
func Keep(_ context.Context, in Tagged) (Tagged, error) { return in, nil }

// jsonTags reads and writes fields that JSON has as their tags say.
func jsonTags(c flow.Context, in Tagged) (Tagged, error) {
	kept, err := flow.Call(c, Keep, in)
	if err != nil {
		return Tagged{}, err
	}
	if kept.On && kept.Left > 0 {
		kept.Nil = nil
		kept.ID++
	}
	kept.On = kept.ID > 3
	kept.Left += kept.Pair[1] + len(kept.Nil)
	kept.Note = kept.Key.Code
	return flow.Call(c, Keep, kept)
}

// jsonTagsBuilt makes such a value.
func jsonTagsBuilt(c flow.Context, in Thing) (Tagged, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return Tagged{}, err
	}
	t := Tagged{ID: n, On: n > 2, Left: in.N, Nil: in.Tags, Until: in.When, Part: in.Part, Next: in.Ref, Key: Key{Code: in.Name}}
	if len(in.Tags) == 1 {
		t.Nil, t.More, t.Until, t.Part = []string{}, map[string]int{}, time.Time{}, Part{}
	}
	t.Pair = [2]int{n, 1}
	return flow.Call(c, Keep, t)
}

// ownTexts has texts that the methods of types make, as fmt asks for them.
func ownTexts(c flow.Context, in Thing) (string, error) {
	grade := faults.Grade(in.N)
	said, err := flow.Call(c, Log, fmt.Sprintf("%s is %v (%d), %s", in.Name, grade, grade, fmt.Sprint(faults.High)))
	if err != nil {
		return "", err
	}
	if in.Name == "denied" {
		return "", fmt.Errorf("%s: %w", said, faults.Denied{Why: in.Name})
	}
	return said, nil
}

// work is a workflow's own: no field of it is exported.
type work struct {
	thing Thing
	parts []Part
	note  *string
	sum   struct{ all, big int }
}

func (w *work) count(p Part) {
	w.sum.all += p.Count
	if p.Count > 1 {
		w.sum.big++
	}
}

func start(c flow.Context, in Thing) (w work, err error) {
	w.thing, err = flow.Call(c, Echo, in)
	return w, err
}

// privateStruct keeps what it knows in a struct that JSON has nothing of.
func privateStruct(c flow.Context, in Thing) (string, error) {
	w, err := start(c, in)
	if err != nil {
		return "", err
	}
	w.parts, err = flow.Map(c, w.thing.Parts, func(c flow.Context, p Part) (Part, error) {
		n, err := flow.Call(c, Double, p.Count+len(w.thing.Tags))
		return Part{ID: w.thing.Name, Count: n}, err
	})
	if err != nil {
		return "", err
	}
	for _, p := range w.parts {
		w.count(p)
	}
	if w.sum.big > 0 {
		w.note = &in.Name
	}
	w.thing, err = flow.Call(c, Echo, Thing{N: w.sum.all, Ref: &w.thing.Part})
	if w.note == nil {
		return fmt.Sprintf("%d parts", len(w.parts)), err
	}
	return fmt.Sprintf("%s has %d, %d", *w.note, w.thing.N, w.sum.big), err
}

// rounding is to the nearest whole number and to cents, halves away from zero.
func rounding(c flow.Context, f float64) ([]float64, error) {
	if _, err := flow.Call(c, Double, int(math.Round(f))); err != nil {
		return nil, err
	}
	return []float64{math.Round(f), math.Round(f*100) / 100, math.Floor(f), math.Abs(f)}, nil
}
