package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/stride-aws/stride/internal/deploy"
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/project"
)

// target is a deployment that can be planned: a project, built for an environment, and AWS there.
type target struct {
	*session
	clients *deploy.Clients
	place   plan.Place
	built   *project.Built
	*project.Deployment
}

// identify connects to the environment and checks that it is in the account that the configuration guards.
func (a *app) identify(ctx context.Context) (*target, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	t := &target{session: s, clients: deploy.New(s.Config)}
	if t.place, err = t.clients.Identify(ctx, s.Region); err != nil {
		return nil, s.explain(fmt.Errorf("asking AWS for the account: %w", err))
	}
	if guard := s.env.Account; guard != "" && guard != t.place.Account {
		return nil, fmt.Errorf("environment %s is account %s, and these credentials are for %s; choose others with --profile or AWS_PROFILE",
			s.env.Name, guard, t.place.Account)
	}
	return t, nil
}

// prepare compiles and builds the workflows called names (all, where there are none) while it asks AWS who is calling.
func (a *app) prepare(ctx context.Context, names []string) (*target, error) {
	p, e, err := a.environment()
	if err != nil {
		return nil, err
	}
	workflows, err := p.Select(names)
	if err != nil {
		return nil, err
	}
	type identified struct {
		t   *target
		err error
	}
	asked := make(chan identified, 1)
	go func() {
		t, err := a.identify(ctx)
		asked <- identified{t, err}
	}()
	built, buildErr := p.Build(ctx, e, workflows, false)
	who := <-asked
	if err := errors.Join(buildErr, who.err); err != nil {
		return nil, err
	}
	t := who.t
	t.built = built
	t.Deployment, err = built.Deployment(t.place)
	return t, err
}

// plan reads what is there and compares.
func (t *target) plan(ctx context.Context) (*plan.Plan, *plan.Actual, error) {
	actual, err := t.clients.Read(ctx, t.Desired)
	if err != nil {
		return nil, nil, t.explain(err)
	}
	t.built.Packages(actual)
	return plan.Make(t.Desired, actual), actual, nil
}

// owner is whose resources this environment's are.
func (t *target) owner() deploy.Owner {
	o := deploy.Owner{Project: t.project.Name, Env: t.env.Name, Place: t.place, RolePath: t.env.Roles.Path}
	o.Machines, o.Functions, o.Roles = t.env.NamePrefixes(t.project.Name, t.place.Region)
	return o
}
