package deploy

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/value"
)

// MachineVersion is a published version of a state machine.
type MachineVersion struct {
	ARN        string
	Created    time.Time
	Current    bool   // the alias points to it; during a rollout it is the version that the executions come from
	Weight     int    // percentage of the alias's executions that it gets
	Content    string // as the deploy that made it recorded it
	Packages   string // likewise
	Definition value.Value
}

// MachineVersions are the versions of the state machine called name, newest first.
func (c *Clients) MachineVersions(ctx context.Context, place plan.Place, name string) ([]MachineVersion, error) {
	machine := place.ARN("states", "stateMachine:"+name)
	listed, err := c.listVersions(ctx, machine)
	if err != nil {
		return nil, err
	}
	alias, err := c.describeAlias(ctx, machine)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var versions []MachineVersion
	g := newGroup(ctx)
	for _, item := range listed {
		g.do(func(ctx context.Context) error {
			v, err := c.describeVersion(ctx, item)
			if v == nil || err != nil {
				return err
			}
			v.Weight = alias.Share(v.ARN)
			v.Current = alias != nil && alias.Version == v.ARN
			mu.Lock()
			defer mu.Unlock()
			versions = append(versions, *v)
			return nil
		})
	}
	err = g.wait()
	slices.SortFunc(versions, func(a, b MachineVersion) int {
		return number(plan.VersionOf(b.ARN)) - number(plan.VersionOf(a.ARN))
	})
	return versions, err
}

func (c *Clients) listVersions(ctx context.Context, machine string) ([]types.StateMachineVersionListItem, error) {
	var all []types.StateMachineVersionListItem
	in := &sfn.ListStateMachineVersionsInput{StateMachineArn: &machine}
	for {
		out, err := c.States.ListStateMachineVersions(ctx, in)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, out.StateMachineVersions...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

func (c *Clients) describeVersion(ctx context.Context, item types.StateMachineVersionListItem) (*MachineVersion, error) {
	out, err := c.States.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: item.StateMachineVersionArn})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := &MachineVersion{ARN: aws.ToString(item.StateMachineVersionArn), Created: aws.ToTime(item.CreationDate)}
	v.Content, v.Packages = recorded(out.Description)
	v.Definition, _ = value.Parse(aws.ToString(out.Definition))
	return v, nil
}

// MoveAlias lets the alias of a state machine point to the version to: the whole of a rollback.
func (c *Clients) MoveAlias(ctx context.Context, place plan.Place, name string, to MachineVersion) error {
	return c.settle(ctx, func() error {
		_, err := c.States.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{
			StateMachineAliasArn: aws.String(place.ARN("states", "stateMachine:"+name+":"+plan.AliasName)),
			Description:          record(to.Content, to.Packages),
			RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: &to.ARN, Weight: 100}},
		})
		return err
	})
}
