package project

import (
	"context"
	"os"
	"path/filepath"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/diag"
)

// Compiled is a workflow and what it became.
type Compiled struct {
	Workflow   flow.Workflow
	Definition *asl.Definition
	Source     map[string]string                // JSON Pointer of a state -> "workflows/fulfilment.go:31"
	Errors     map[string][]bundle.MatchedError // handler -> the errors that the workflow matches on
}

// Compile compiles workflows, in their order. Mistakes of the user's are a diag.List.
func (p *Project) Compile(ctx context.Context, workflows []flow.Workflow) ([]Compiled, error) {
	var found diag.List
	out := make([]Compiled, len(workflows))
	for i, w := range workflows {
		d, err := p.parse(w)
		if err != nil {
			found = append(found, err)
			continue
		}
		out[i] = Compiled{Workflow: w, Definition: d}
	}
	return out, found.Err()
}

// parse reads the definition of a workflow that FromFile made.
func (p *Project) parse(w flow.Workflow) (*asl.Definition, *diag.Diagnostic) {
	place := diag.Place{File: w.File()}
	text, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(w.File())))
	if err != nil {
		return nil, &diag.Diagnostic{Place: place, Message: "the definition of " + w.Name() + ": " + reason(err)}
	}
	d, err := asl.Parse(string(text), w.File())
	if err != nil {
		return nil, &diag.Diagnostic{Place: place, Message: err.Error()}
	}
	return d, nil
}
