package cli

import (
	"context"
	"os"
	"sync"
	"time"

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
	err      error
	at       time.Time
}

// fresh is how long compiled sources are not compiled again.
const fresh = time.Second

// workflow is what the sources say about a state machine, nil where it is not of this project.
func (c *sourcesForPage) workflow(ctx context.Context, machine string) (*page.Workflow, error) {
	for i, w := range c.project.Workflows {
		if c.env.MachineName(c.project.Name, w.Name(), c.region) != machine {
			continue
		}
		out := &page.Workflow{Dir: c.project.Dir}
		if t := w.Input(); t != nil {
			out.Input = jsonschema.Of(t, "json")
		}
		compiled, err := c.compile(ctx)
		if err != nil {
			out.Problem = err.Error()
			return out, nil
		}
		out.Definition, out.Source = compiled[i].Definition, compiled[i].Source
		return out, nil
	}
	return nil, nil
}

func (c *sourcesForPage) compile(ctx context.Context) ([]project.Compiled, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) >= fresh {
		c.compiled, c.err = c.project.Compile(context.WithoutCancel(ctx), c.project.Workflows)
		c.at = time.Now()
	}
	return c.compiled, c.err
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
