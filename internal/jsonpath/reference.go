package jsonpath

import (
	"fmt"

	"github.com/stride-aws/stride/internal/value"
)

// Reference is a path of names and single indices only, which leads to one place: what ResultPath, ItemsPath, a Choice rule's
// Variable and the …SecondsPath fields take. It can be written to.
type Reference struct{ Path }

// CompileReference compiles a reference path. The error is a *SyntaxError.
//
// AWS: Step Functions developer guide, "Using JSONPath paths": "The operators @, ,, :, and ? are not supported".
func CompileReference(text string) (*Reference, error) {
	p, err := Compile(text)
	if err != nil {
		return nil, err
	}
	if p.text == "" || p.text[0] != '$' {
		return nil, &SyntaxError{text, "a reference path begins with '$'"}
	}
	for i := range p.route.steps {
		s := &p.route.steps[i]
		if s.kind != property && (s.kind != index || s.numbers[0] < 0) {
			return nil, &SyntaxError{text, "a reference path leads to one place, which " + s.String() + " does not"}
		}
	}
	return &Reference{*p}, nil
}

// PlaceError is a reference path at which nothing can be put into this document: the specification's
// States.ResultPathMatchFailure.
type PlaceError struct {
	Path   string
	Reason string
}

func (e *PlaceError) Error() string { return e.Reason }

// Set is a copy of doc with v at the reference's place. Missing objects on the way are made; an index has to be one that the array
// has. The error is a *PlaceError. A ResultPath has no other origin than '$': that AWS refuses others is for the caller to check.
func (r *Reference) Set(doc, v value.Value) (value.Value, error) { return r.set(0, doc, v) }

func (r *Reference) set(i int, doc, v value.Value) (value.Value, error) {
	steps := r.route.steps
	if i == len(steps) {
		return v, nil
	}
	s := &steps[i]
	if s.kind == index {
		return r.setItem(i, doc, v)
	}
	if doc.Defined() && doc.Kind() != value.Object {
		return doc, r.misplaced(i, doc)
	}
	old, _ := doc.Get(s.name)
	x, err := r.set(i+1, old, v)
	if err != nil {
		return doc, err
	}
	return doc.With(s.name, x), nil
}

func (r *Reference) setItem(i int, doc, v value.Value) (value.Value, error) {
	n := r.route.steps[i].numbers[0]
	if n >= doc.Len() || doc.Kind() != value.Array {
		return doc, r.misplaced(i, doc)
	}
	x, err := r.set(i+1, doc.At(n), v)
	if err != nil {
		return doc, err
	}
	items := append([]value.Value(nil), doc.Items()...)
	items[n] = x
	return value.OfArray(items), nil
}

func (r *Reference) misplaced(i int, doc value.Value) error {
	what := "nothing"
	if doc.Defined() {
		what = "value " + doc.String()
	}
	return &PlaceError{r.text, fmt.Sprintf("path %s: %s cannot be put into %s", r.text, r.route.steps[i].String(), what)}
}
