package deploy

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/stride-aws/stride/internal/plan"
)

// Owner says whose resources Find looks for, by their tags, and how their names can begin.
type Owner struct {
	Project, Env string
	Place        plan.Place
	// Prefixes of the names of machines, functions and roles; an empty one looks at every resource of the account.
	Machines, Functions, Roles string
	RolePath                   string
	Bucket                     string // that stride may have made; "": none
	ScheduleGroup              string
}

func (o Owner) owns(tags plan.Tags) bool {
	return tags[plan.TagProject] == o.Project && tags[plan.TagEnv] == o.Env
}

// logPrefixes are where stride's log groups are.
func (o Owner) logPrefixes() []string {
	return []string{"/aws/lambda/" + o.Functions, "/aws/vendedlogs/states/" + o.Machines}
}

// Find is everything that o made, whether or not the project still wants it: names only.
func (c *Clients) Find(ctx context.Context, o Owner) (*plan.Actual, error) {
	f := &finder{Clients: c, owner: o, actual: &plan.Actual{
		Place: o.Place, LogGroups: map[string]plan.LogGroup{}, Roles: map[string]plan.Role{},
		Functions: map[string]plan.LiveFunction{}, Machines: map[string]plan.LiveMachine{},
		Buckets: map[string]plan.LiveBucket{}, Triggers: map[string]plan.Trigger{}, ScheduleGroups: map[string]plan.ScheduleGroup{},
	}}
	g := newGroup(ctx)
	g.do(f.machines)
	g.do(f.functions)
	if o.ScheduleGroup != "" {
		g.do(f.scheduleGroup)
	}
	g.do(f.roles)
	if o.Bucket != "" {
		g.do(f.bucket)
	}
	for _, prefix := range o.logPrefixes() {
		g.do(func(ctx context.Context) error { return f.logGroups(ctx, prefix) })
	}
	return f.actual, g.wait()
}

type finder struct {
	*Clients
	owner  Owner
	mu     sync.Mutex
	actual *plan.Actual
}

// mine reads the tags of each candidate, all at once, and calls keep for those that the owner made.
func (f *finder) mine(ctx context.Context, what string, names []string, tags func(ctx context.Context, name string) (plan.Tags, error), keep func(name string)) error {
	g := newGroup(ctx)
	for _, name := range names {
		g.do(func(ctx context.Context) error {
			t, err := tags(ctx, name)
			if missing(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading the tags of %s %s: %w", what, name, err)
			}
			if f.owner.owns(t) {
				f.mu.Lock()
				defer f.mu.Unlock()
				keep(name)
			}
			return nil
		})
	}
	return g.wait()
}

func (f *finder) machines(ctx context.Context) error {
	var names []string
	pages := sfn.NewListStateMachinesPaginator(f.States, &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing state machines: %w", err)
		}
		for _, m := range page.StateMachines {
			if name := aws.ToString(m.Name); strings.HasPrefix(name, f.owner.Machines) {
				names = append(names, name)
			}
		}
	}
	found := map[string]plan.Tags{}
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		t, err := f.machineTags(ctx, f.owner.Place.ARN("states", "stateMachine:"+name))
		f.mu.Lock()
		defer f.mu.Unlock()
		found[name] = t
		return t, err
	}
	return f.mine(ctx, "state machine", names, tags, func(name string) {
		f.actual.Machines[name] = plan.LiveMachine{Machine: plan.Machine{Name: name, Tags: found[name]}}
		for _, t := range plan.RecordedTriggers(name, found[name]) {
			t.Settings["GroupName"] = f.owner.ScheduleGroup
			f.actual.Triggers[t.ID()] = t
		}
	})
}

func (f *finder) scheduleGroup(ctx context.Context) error {
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		live, err := f.readScheduleGroup(ctx, f.owner.Place, name)
		if live == nil {
			return nil, err
		}
		return live.Tags, err
	}
	return f.mine(ctx, "schedule group", []string{f.owner.ScheduleGroup}, tags, func(name string) { f.actual.ScheduleGroups[name] = plan.ScheduleGroup{Name: name} })
}

func (f *finder) functions(ctx context.Context) error {
	var names []string
	pages := lambda.NewListFunctionsPaginator(f.Lambda, &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing functions: %w", err)
		}
		for i := range page.Functions {
			if name := aws.ToString(page.Functions[i].FunctionName); strings.HasPrefix(name, f.owner.Functions) {
				names = append(names, name)
			}
		}
	}
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		out, err := f.Lambda.ListTags(ctx, &lambda.ListTagsInput{Resource: aws.String(f.owner.Place.ARN("lambda", "function:"+name))})
		if err != nil {
			return nil, err
		}
		return out.Tags, nil
	}
	return f.mine(ctx, "function", names, tags, func(name string) {
		f.actual.Functions[name] = plan.LiveFunction{Function: plan.Function{Name: name}}
	})
}

func (f *finder) roles(ctx context.Context) error {
	var names []string
	pages := iam.NewListRolesPaginator(f.IAM, &iam.ListRolesInput{PathPrefix: aws.String(f.owner.RolePath)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing roles: %w", err)
		}
		for i := range page.Roles {
			if name := aws.ToString(page.Roles[i].RoleName); strings.HasPrefix(name, f.owner.Roles) {
				names = append(names, name)
			}
		}
	}
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		role, err := f.getRole(ctx, name)
		if role == nil {
			return nil, err
		}
		return role.Tags, err
	}
	return f.mine(ctx, "role", names, tags, func(name string) { f.actual.Roles[name] = plan.Role{Name: name} })
}

func (f *finder) logGroups(ctx context.Context, prefix string) error {
	var names []string
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(f.Logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing log groups: %w", err)
		}
		for _, g := range page.LogGroups {
			names = append(names, aws.ToString(g.LogGroupName))
		}
	}
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		out, err := f.Logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{
			ResourceArn: aws.String(f.owner.Place.ARN("logs", "log-group:"+name)),
		})
		if err != nil {
			return nil, err
		}
		return out.Tags, nil
	}
	return f.mine(ctx, "log group", names, tags, func(name string) { f.actual.LogGroups[name] = plan.LogGroup{Name: name} })
}

func (f *finder) bucket(ctx context.Context) error {
	tags := func(ctx context.Context, name string) (plan.Tags, error) {
		live, err := f.bucketTags(ctx, name, f.owner.Place.Account)
		if live == nil {
			return nil, err
		}
		return live.Tags, err
	}
	return f.mine(ctx, "bucket", []string{f.owner.Bucket}, tags, func(name string) { f.actual.Buckets[name] = plan.LiveBucket{} })
}
