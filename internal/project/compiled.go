package project

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/value"
)

// Compiled is a workflow and what it became.
type Compiled struct {
	Workflow   flow.Workflow
	Definition *asl.Definition
	Source     map[string]string                // JSON Pointer of a state -> "workflows/fulfilment.go:31"
	Errors     map[string][]bundle.MatchedError // handler -> the errors that the workflow matches on
	Matched    []compile.ErrorMatch             // the same, once each
	Findings   diag.List                        // lint's, with places in the source; none is an error
}

// Compile compiles workflows, in their order. Mistakes of the user's are a diag.List.
func (p *Project) Compile(ctx context.Context, workflows []flow.Workflow) ([]Compiled, error) {
	programs, err := compileAmong(p.memory.sources, compile.Registered(workflows), compile.Registered(p.Workflows))
	var found diag.List
	if err != nil && !errors.As(err, &found) {
		return nil, err
	}
	out := make([]Compiled, len(workflows))
	for i, w := range workflows {
		out[i] = Compiled{Workflow: w}
		switch {
		case w.File() == "":
			if len(programs) > 0 && programs[0] != nil {
				out[i].take(programs[0])
			}
			programs = programs[min(1, len(programs)):]
		default:
			d, err := compile.File(p.Dir, w)
			var bad diag.List
			if err != nil && !errors.As(err, &bad) {
				return nil, err
			}
			found = append(found, bad...)
			out[i].takeFile(d)
		}
		if out[i].Definition != nil {
			found = append(found, out[i].lint().Errors()...)
		}
	}
	return out, found.Err()
}

// compileAmong compiles workflows, which may run any of all.
func compileAmong(sources *compile.Session, workflows, all []compile.Workflow) ([]*compile.Program, error) {
	if len(workflows) == 0 {
		return nil, nil
	}
	src, err := sources.Load(workflows)
	if err != nil {
		return nil, err
	}
	var found diag.List
	programs := make([]*compile.Program, len(workflows))
	for i, w := range workflows {
		var bad diag.List
		programs[i], err = src.Compile(w, all...)
		if err != nil && !errors.As(err, &bad) {
			return nil, err
		}
		found = append(found, bad...)
	}
	return programs, found.Err()
}

// lint judges the definition, whose errors stop a deploy, and gives findings the place of the state that they are about.
func (c *Compiled) lint() diag.List {
	all := append(lint.Check(c.Definition, lint.Options{Type: string(c.Workflow.Type()), Placeholders: true}), c.unfilled()...)
	for _, d := range all {
		if d.Place.File == "" {
			d.Place.File, d.Place.Line = c.sourceOf(d.Place.Pointer)
		}
	}
	for _, d := range all {
		if d.Severity != diag.Error {
			c.Findings = append(c.Findings, d)
		}
	}
	return all
}

// sourceOf is where the innermost state around pointer comes from, else where the workflow stands.
func (c *Compiled) sourceOf(pointer string) (file string, line int) {
	for at := pointer; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if file, number, ok := strings.Cut(c.Source[at], ":"); ok {
			line, _ := strconv.Atoi(number)
			return file, line
		}
	}
	place := placeOf(c.Workflow)
	return place.File, place.Line
}

// takeFile fills c with a definition that stands in a file; nil where it cannot be read.
func (c *Compiled) takeFile(d *asl.Definition) {
	if d == nil {
		return
	}
	c.Definition, c.Source = d, map[string]string{}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) {
		place := d.Place(s.Pointer)
		place.Column, place.Pointer = 0, ""
		c.Source[s.Pointer] = place.String()
	})
}

// take fills c with what its function was compiled to.
func (c *Compiled) take(p *compile.Program) {
	c.Definition, c.Source, c.Errors, c.Matched = p.Definition, map[string]string{}, map[string][]bundle.MatchedError{}, p.Errors
	for pointer, place := range p.Places {
		place.Column = 0
		c.Source[pointer] = place.String()
	}
	for _, f := range c.Workflow.Functions() {
		for _, e := range p.Errors {
			// A handler that cannot have a type gets it all the same: it may have another of that name.
			if !e.Service && (e.Type || slices.Contains(e.From, f.Func.Package)) {
				matched := bundle.MatchedError{Package: e.Package, Name: e.Ident, Value: !e.Type, Pointer: e.Pointer, As: e.Name}
				c.Errors[handlerName(f.Func)] = append(c.Errors[handlerName(f.Func)], matched)
			}
		}
	}
}

var substitution = lazyregexp.New(`\$\{([A-Za-z0-9_]+)\}`)

// unfilled are the substitutions of SAM or CloudFormation that an adopted file still has: nothing fills them in here. A text may have
// such a thing for its own ends, the name of a function may not.
func (c *Compiled) unfilled() diag.List {
	if c.Workflow.File() == "" {
		return nil
	}
	var found diag.List
	asl.Walk(&c.Definition.Machine, func(_ *asl.Machine, s *asl.State) {
		say := func(member, text string, function bool) {
			for _, m := range substitution.FindAllStringSubmatch(text, -1) {
				d := &diag.Diagnostic{Place: c.Definition.Place(s.Pointer + member), Severity: diag.Warning, Message: "state " + s.Name + ": nothing fills in " + m[0],
					Hint: fmt.Sprintf("write ${env:%s}, and give the value as workflows.vars in infra/stride.yaml", m[1])}
				if function {
					d.Severity, d.Hint = diag.Error, fmt.Sprintf("add flow.Bind(%q, handler) to the workflow, or write the function's ARN", m[1])
				}
				found = append(found, d)
			}
		}
		say("/Resource", s.Resource, true)
		for _, input := range []struct {
			member string
			v      value.Value
		}{{"/Arguments", s.Arguments}, {"/Parameters", s.Parameters}} {
			function, _ := input.v.Get("FunctionName")
			say(input.member+"/FunctionName", function.Str(), true)
			say(input.member, strings.ReplaceAll(input.v.String(), function.String(), ""), false)
		}
	})
	return found
}
