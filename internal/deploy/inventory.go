package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/plan"
)

// Inventory reads what Collect decides on. Machines that the project no longer has count too: what they call must stay.
func (c *Clients) Inventory(ctx context.Context, o Owner, d *plan.Desired, keep int) (*plan.Inventory, error) {
	machines, err := c.allMachines(ctx, o)
	if err != nil {
		return nil, err
	}
	in := &plan.Inventory{Project: o.Project, Env: o.Env, Place: o.Place, Keep: keep, Functions: map[string][]string{}, Roles: rolesOf(d)}
	var mu sync.Mutex
	g := newGroup(ctx)
	for _, name := range machines {
		g.do(func(ctx context.Context) error {
			h, err := c.history(ctx, o.Place, name)
			mu.Lock()
			defer mu.Unlock()
			in.Machines = append(in.Machines, h)
			return err
		})
	}
	for i := range d.Functions {
		name := d.Functions[i].Name
		g.do(func(ctx context.Context) error {
			versions, err := c.functionVersions(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			for _, v := range versions {
				in.Functions[name] = append(in.Functions[name], v.Number)
			}
			return err
		})
	}
	if err := g.wait(); err != nil {
		return nil, fmt.Errorf("looking for versions that nobody needs: %w", err)
	}
	slices.SortFunc(in.Machines, func(a, b plan.History) int { return strings.Compare(a.Name, b.Name) })
	return in, nil
}

// allMachines are the names of the machines that o made.
func (c *Clients) allMachines(ctx context.Context, o Owner) ([]string, error) {
	f := &finder{Clients: c, owner: o, actual: &plan.Actual{Machines: map[string]plan.LiveMachine{}, Triggers: map[string]plan.Trigger{}}}
	if err := f.machines(ctx); err != nil {
		return nil, err
	}
	var names []string
	for name := range f.actual.Machines {
		names = append(names, name)
	}
	return names, nil
}

// rolesOf are the roles that stride makes, by what they are for.
func rolesOf(d *plan.Desired) map[string]string {
	made := map[string]bool{}
	for i := range d.Roles {
		made[d.Roles[i].Name] = true
	}
	roles := map[string]string{}
	for i := range d.Functions {
		if name := plan.RoleName(d.Functions[i].Settings.Role); made[name] {
			roles[d.Functions[i].Name] = name
		}
	}
	for i := range d.Machines {
		if name := plan.RoleName(d.Machines[i].Role); made[name] {
			roles[d.Machines[i].Name] = name
		}
	}
	return roles
}

// history is the versions of one machine and who needs them.
func (c *Clients) history(ctx context.Context, place plan.Place, name string) (plan.History, error) {
	h := plan.History{Name: name}
	versions, err := c.MachineVersions(ctx, place, name)
	if err != nil {
		return h, err
	}
	needed, unversioned, err := c.running(ctx, place, name)
	if err != nil {
		return h, err
	}
	aliased, err := c.aliased(ctx, place, name)
	if err != nil {
		return h, err
	}
	h.Unversioned = unversioned
	for _, v := range versions {
		h.Versions = append(h.Versions, plan.Version{
			Number: plan.VersionOf(v.ARN), Content: v.Content, Pins: plan.PinsOf(&plan.Machine{Definition: v.Definition}),
			Needed: v.Current || needed[v.ARN] || aliased[v.ARN],
		})
	}
	return h, nil
}

// running are the versions that executions run on, and whether some run on none. Express executions are not listed: they last five
// minutes at most, less than the versions that are kept.
func (c *Clients) running(ctx context.Context, place plan.Place, name string) (versions map[string]bool, unversioned bool, err error) {
	versions = map[string]bool{}
	in := &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(place.ARN("states", "stateMachine:"+name)), StatusFilter: types.ExecutionStatusRunning, MaxResults: 1000,
	}
	for {
		out, err := c.States.ListExecutions(ctx, in)
		if missing(err) || code(err) == "StateMachineTypeNotSupported" {
			return versions, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for _, e := range out.Executions {
			unversioned = unversioned || e.StateMachineVersionArn == nil
			versions[aws.ToString(e.StateMachineVersionArn)] = true
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return versions, unversioned, nil
		}
	}
}

// aliased are the versions that any alias of the machine points to.
func (c *Clients) aliased(ctx context.Context, place plan.Place, name string) (map[string]bool, error) {
	machine := place.ARN("states", "stateMachine:"+name)
	out, err := c.States.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: &machine})
	if err != nil {
		return nil, err
	}
	versions := map[string]bool{}
	for _, item := range out.StateMachineAliases {
		alias, err := c.States.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: item.StateMachineAliasArn})
		if err != nil {
			return nil, err
		}
		for _, route := range alias.RoutingConfiguration {
			versions[aws.ToString(route.StateMachineVersionArn)] = true
		}
	}
	return versions, nil
}
