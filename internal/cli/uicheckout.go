package cli

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/jsonschema"
	"github.com/stride-aws/stride/internal/project"
	"github.com/stride-aws/stride/internal/server/page"
)

// sourcesForPage compiles the project's workflows for the page, which asks for one whenever somebody looks at it.
type sourcesForPage struct {
	project *project.Project
	env     *project.Environment
	region  string

	mu       sync.Mutex
	compiled []project.Compiled
	problem  string
	at       time.Time
}

// fresh is how long compiled sources are not compiled again.
const fresh = 10 * time.Second

// workflow is what the sources say about a state machine, nil where it is not of this project.
func (c *sourcesForPage) workflow(ctx context.Context, machine string) (*page.Workflow, error) {
	for i, w := range c.project.Workflows {
		if c.env.MachineName(c.project.Name, w.Name(), c.region) != machine {
			continue
		}
		out := &page.Workflow{Dir: c.project.Dir}
		if t := w.Input(); t != nil {
			out.Input = jsonschema.Of(t, "json", false)
		}
		compiled, problem, err := c.compile(ctx)
		if err != nil {
			return nil, err
		}
		out.Problem = problem
		if problem == "" {
			out.Definition, out.Source = compiled[i].Definition, compiled[i].Source
		}
		return out, nil
	}
	return nil, nil
}

func (c *sourcesForPage) compile(ctx context.Context) ([]project.Compiled, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < fresh {
		return c.compiled, c.problem, nil
	}
	compiled, err := c.project.Compile(context.WithoutCancel(ctx), c.project.Workflows)
	var found diag.List
	if err != nil && !errors.As(err, &found) {
		return nil, "", err
	}
	c.compiled, c.problem, c.at = compiled, "", time.Now()
	if err != nil {
		c.problem = err.Error()
	}
	return c.compiled, c.problem, nil
}

// pageCheckout tells the page what the project's sources say; nil outside of a project.
func (a *app) pageCheckout() func(context.Context, string) (*page.Workflow, error) {
	p, e, err := a.environment()
	if err != nil || len(p.Workflows) == 0 {
		return nil
	}
	c := &sourcesForPage{project: p, env: e, region: first(a.Region, os.Getenv("AWS_REGION"), e.Region)}
	return c.workflow
}
