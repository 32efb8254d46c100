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
	actual  *plan.Actual
	*project.Deployment
}

// identify connects to the environment and checks that it is in the account that the configuration guards.
func (a *app) identify(ctx context.Context) (*target, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	if s.none != nil {
		return nil, s.none
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

// prepare compiles the workflows called names (all, where there are none) while it asks AWS who is calling, then builds their
// handlers while it reads what is there.
func (a *app) prepare(ctx context.Context, names []string) (*target, error) {
	p, e, workflows, err := a.chosen(names)
	if err != nil {
		return nil, err
	}
	var t *target
	var built *project.Built
	err = both(
		func() (err error) { t, err = a.identify(ctx); return err },
		func() (err error) { built, err = p.Prepare(ctx, e, workflows); return err },
	)
	if err != nil {
		return nil, err
	}
	named, err := built.Deployment(t.place)
	if err != nil {
		return nil, err
	}
	t.built = built
	err = both(
		func() (err error) { t.actual, err = t.clients.Read(ctx, named.Desired); return t.explain(err) },
		func() error { return built.Build(ctx, false) },
	)
	if err != nil {
		return nil, err
	}
	t.Deployment, err = built.Deployment(t.place)
	return t, err
}

// both runs f and g at once; g's error comes first, since it is about the user's code.
func both(f, g func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	err := g()
	return errors.Join(err, <-done)
}

// plan compares what is wanted with what prepare has read.
func (t *target) plan() *plan.Plan {
	return plan.Make(t.Desired, t.actual)
}

// owner is whose resources this environment's are.
func (t *target) owner() deploy.Owner {
	o := deploy.Owner{Project: t.project.Name, Env: t.env.Name, Place: t.place, RolePath: t.env.Roles.Path,
		Bucket: t.env.MadeBucket(t.project.Name, t.place), ScheduleGroup: t.env.ScheduleGroup(t.project.Name, t.place.Region)}
	o.Machines, o.Functions, o.Roles = t.env.NamePrefixes(t.project.Name, t.place.Region)
	return o
}
