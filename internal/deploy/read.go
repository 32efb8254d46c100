package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

// policyName is the inline policy of the roles that stride makes.
const policyName = "stride"

// Read finds what is there under the names that d has: every request at once, none after another, but for lists with more than
// one page.
func (c *Clients) Read(ctx context.Context, d *plan.Desired) (*plan.Actual, error) {
	a := &plan.Actual{
		Place: d.Place, LogGroups: map[string]plan.LogGroup{}, Roles: map[string]plan.Role{},
		Functions: map[string]plan.LiveFunction{}, Machines: map[string]plan.LiveMachine{}, Alarms: map[string]bool{},
		Buckets: map[string]plan.LiveBucket{}, Triggers: map[string]plan.Trigger{}, ScheduleGroups: map[string]plan.ScheduleGroup{},
		EventBuckets: map[string]bool{},
	}
	r := &reader{Clients: c, actual: a}
	g := newGroup(ctx)
	g.do(func(ctx context.Context) error { return r.logGroups(ctx, d.LogGroups) })
	g.do(func(ctx context.Context) error { return r.alarms(ctx, d.Machines) })
	if d.Bucket != nil && d.Bucket.Create {
		g.do(func(ctx context.Context) error {
			live, err := r.readBucket(ctx, d.Bucket, d.Place.Account)
			if live != nil {
				r.store(func(a *plan.Actual) { a.Buckets[d.Bucket.Name] = *live })
			}
			return err
		})
	}
	g.do(func(ctx context.Context) error { return r.triggers(ctx, d) })
	for i := range d.Machines {
		g.do(func(ctx context.Context) error {
			if err := r.machine(ctx, &d.Machines[i]); err != nil {
				return err
			}
			return r.otherTriggers(ctx, d, d.Machines[i].Name)
		})
	}
	for i := range d.Functions {
		g.do(func(ctx context.Context) error { return r.function(ctx, d.Functions[i].Name) })
	}
	for i := range d.Roles {
		g.do(func(ctx context.Context) error { return r.role(ctx, d.Roles[i].Name) })
	}
	return a, g.wait()
}

type reader struct {
	*Clients
	mu     sync.Mutex
	actual *plan.Actual
}

// store runs f alone: readers share one plan.Actual.
func (r *reader) store(f func(a *plan.Actual)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.actual)
}

// maxIdentifiers is how many groups one DescribeLogGroups may name.
const maxIdentifiers = 50

func (r *reader) logGroups(ctx context.Context, groups []plan.LogGroup) error {
	g := newGroup(ctx)
	for from := 0; from < len(groups); from += maxIdentifiers {
		g.do(func(ctx context.Context) error {
			return r.describeGroups(ctx, groups[from:min(from+maxIdentifiers, len(groups))])
		})
	}
	return g.wait()
}

// describeGroups reads groups by their names. A service that does not know such a filter lists all, page by page.
func (r *reader) describeGroups(ctx context.Context, groups []plan.LogGroup) error {
	in := &cloudwatchlogs.DescribeLogGroupsInput{}
	wanted := map[string]bool{}
	for _, g := range groups {
		in.LogGroupIdentifiers = append(in.LogGroupIdentifiers, g.Name)
		wanted[g.Name] = true
	}
	for {
		out, err := r.Logs.DescribeLogGroups(ctx, in)
		if missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading log groups: %w", err)
		}
		for _, g := range out.LogGroups {
			if name := aws.ToString(g.LogGroupName); wanted[name] {
				r.store(func(a *plan.Actual) {
					a.LogGroups[name] = plan.LogGroup{Name: name, Retention: int(aws.ToInt32(g.RetentionInDays)), KMSKey: aws.ToString(g.KmsKeyId)}
				})
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return nil
		}
	}
}

// triggers reads those that are wanted, and what they stand on.
func (r *reader) triggers(ctx context.Context, d *plan.Desired) error {
	g := newGroup(ctx)
	grouped := false
	for i := range d.Triggers {
		g.do(func(ctx context.Context) error { return r.trigger(ctx, &d.Triggers[i], d.ScheduleGroup.Name) })
		grouped = grouped || d.Triggers[i].Kind == plan.KindSchedule
	}
	if grouped {
		g.do(func(ctx context.Context) error {
			live, err := r.readScheduleGroup(ctx, d.Place, d.ScheduleGroup.Name)
			if live != nil {
				r.store(func(a *plan.Actual) { a.ScheduleGroups[live.Name] = *live })
			}
			return err
		})
	}
	for _, bucket := range d.EventBuckets {
		g.do(func(ctx context.Context) error {
			on, err := r.bucketEvents(ctx, bucket, d.Place.Account)
			r.store(func(a *plan.Actual) { a.EventBuckets[bucket] = on })
			return err
		})
	}
	return g.wait()
}

func (r *reader) trigger(ctx context.Context, t *plan.Trigger, group string) error {
	live, err := r.readTrigger(ctx, r.actual.Place, t, group)
	if live != nil {
		r.store(func(a *plan.Actual) { a.Triggers[live.ID()] = *live })
	}
	return err
}

// otherTriggers reads those that a machine's tags list and that are not wanted: the only requests that wait for others.
func (r *reader) otherTriggers(ctx context.Context, d *plan.Desired, machine string) error {
	var tags plan.Tags
	r.store(func(a *plan.Actual) { tags = a.Machines[machine].Tags })
	g := newGroup(ctx)
	for _, t := range plan.RecordedTriggers(machine, tags) {
		if !slices.ContainsFunc(d.Triggers, func(want plan.Trigger) bool { return want.ID() == t.ID() }) {
			g.do(func(ctx context.Context) error { return r.trigger(ctx, &t, d.ScheduleGroup.Name) })
		}
	}
	return g.wait()
}

func (r *reader) alarms(ctx context.Context, machines []plan.Machine) error {
	names := map[string]bool{}
	for i := range machines {
		for _, name := range machines[i].Rollout.Alarms {
			names[name] = true
		}
	}
	found, err := r.describeAlarms(ctx, slices.Sorted(maps.Keys(names)))
	if err != nil {
		return fmt.Errorf("reading alarms: %w", explain("cloudwatch:DescribeAlarms", err))
	}
	r.store(func(a *plan.Actual) {
		for _, alarm := range found {
			a.Alarms[alarm.name] = true
		}
	})
	return nil
}

func (r *reader) role(ctx context.Context, name string) error {
	var role *plan.Role
	var document *policy.Document
	g := newGroup(ctx)
	g.do(func(ctx context.Context) (err error) {
		role, err = r.getRole(ctx, name)
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		document, err = r.getPolicy(ctx, name, policyName)
		return err
	})
	if err := g.wait(); err != nil {
		return fmt.Errorf("reading role %s: %w", name, err)
	}
	if role != nil {
		role.Policy = document
		r.store(func(a *plan.Actual) { a.Roles[name] = *role })
	}
	return nil
}

func (c *Clients) getRole(ctx context.Context, name string) (*plan.Role, error) {
	out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	role := &plan.Role{Name: name, Path: aws.ToString(out.Role.Path), Tags: plan.Tags{}}
	if b := out.Role.PermissionsBoundary; b != nil {
		role.Boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	for _, t := range out.Role.Tags {
		role.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	role.Trust, err = policy.Decode(aws.ToString(out.Role.AssumeRolePolicyDocument))
	return role, err
}

// getPolicy is an inline policy of a role, nil where there is none.
func (c *Clients) getPolicy(ctx context.Context, role, name string) (*policy.Document, error) {
	out, err := c.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return policy.Decode(aws.ToString(out.PolicyDocument))
}

func (r *reader) function(ctx context.Context, name string) error {
	var live *plan.LiveFunction
	var newest *plan.FunctionVersion
	g := newGroup(ctx)
	g.do(func(ctx context.Context) (err error) {
		live, err = r.getFunction(ctx, name)
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		newest, err = r.newestVersion(ctx, name)
		return err
	})
	if err := g.wait(); err != nil {
		return fmt.Errorf("reading function %s: %w", name, err)
	}
	if live != nil {
		live.Newest = newest
		r.store(func(a *plan.Actual) { a.Functions[name] = *live })
	}
	return nil
}

func (c *Clients) getFunction(ctx context.Context, name string) (*plan.LiveFunction, error) {
	out, err := c.Lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live := &plan.LiveFunction{Revision: aws.ToString(out.Configuration.RevisionId)}
	live.Function = plan.Function{
		Name: name, Settings: settings(out.Configuration), Tags: out.Tags,
		Code: plan.Code{SHA256: aws.ToString(out.Configuration.CodeSha256), Size: out.Configuration.CodeSize},
	}
	if out.Concurrency != nil {
		live.Concurrency = int(aws.ToInt32(out.Concurrency.ReservedConcurrentExecutions))
	}
	return live, nil
}

// settings are a function's, with what Lambda fills in by default left out.
func settings(f *lambdatypes.FunctionConfiguration) plan.Settings {
	s := plan.Settings{
		Role: aws.ToString(f.Role), Runtime: string(f.Runtime), Handler: aws.ToString(f.Handler), Architecture: "x86_64",
		Description: aws.ToString(f.Description), Memory: int(aws.ToInt32(f.MemorySize)), Timeout: int(aws.ToInt32(f.Timeout)),
		Storage: 512, KMSKey: aws.ToString(f.KMSKeyArn),
	}
	if len(f.Architectures) > 0 {
		s.Architecture = string(f.Architectures[0])
	}
	if f.EphemeralStorage != nil {
		s.Storage = int(aws.ToInt32(f.EphemeralStorage.Size))
	}
	if f.Environment != nil {
		s.Env = f.Environment.Variables
	}
	if f.TracingConfig != nil {
		s.Tracing = f.TracingConfig.Mode == lambdatypes.TracingModeActive
	}
	if f.VpcConfig != nil {
		s.Subnets, s.SecurityGroups = f.VpcConfig.SubnetIds, f.VpcConfig.SecurityGroupIds
	}
	if l := f.LoggingConfig; l != nil && aws.ToString(l.LogGroup) != "/aws/lambda/"+aws.ToString(f.FunctionName) {
		s.LogGroup = aws.ToString(l.LogGroup)
	}
	return s
}

// newestVersion is the highest published version, nil where there is none.
func (c *Clients) newestVersion(ctx context.Context, name string) (*plan.FunctionVersion, error) {
	versions, err := c.functionVersions(ctx, name)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	newest := versions[0]
	for _, v := range versions[1:] {
		if number(v.Number) > number(newest.Number) {
			newest = v
		}
	}
	return &newest, nil
}

func number(version string) int {
	n, _ := strconv.Atoi(version)
	return n
}

// functionVersions are the published versions of a function, $LATEST not among them.
func (c *Clients) functionVersions(ctx context.Context, name string) ([]plan.FunctionVersion, error) {
	var versions []plan.FunctionVersion
	in := &lambda.ListVersionsByFunctionInput{FunctionName: &name}
	for {
		out, err := c.Lambda.ListVersionsByFunction(ctx, in)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range out.Versions {
			v := &out.Versions[i]
			if n := aws.ToString(v.Version); n != "$LATEST" {
				versions = append(versions, plan.FunctionVersion{Number: n, SHA256: aws.ToString(v.CodeSha256), Settings: settings(v)})
			}
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			return versions, nil
		}
	}
}

func (r *reader) machine(ctx context.Context, want *plan.Machine) error {
	arn := r.actual.Place.ARN("states", "stateMachine:"+want.Name)
	var live *plan.LiveMachine
	var alias *plan.Alias
	var tags plan.Tags
	var running plan.Running
	g := newGroup(ctx)
	g.do(func(ctx context.Context) (err error) { live, err = r.describeMachine(ctx, arn); return err })
	g.do(func(ctx context.Context) (err error) { alias, err = r.describeAlias(ctx, arn); return err })
	g.do(func(ctx context.Context) (err error) { tags, err = r.machineTags(ctx, arn); return err })
	if want.Type == string(sfntypes.StateMachineTypeStandard) {
		g.do(func(ctx context.Context) (err error) { running, err = r.countRunning(ctx, arn); return err })
	}
	if err := g.wait(); err != nil {
		return fmt.Errorf("reading state machine %s: %w", want.Name, err)
	}
	if live != nil {
		live.Alias, live.Tags, live.Running = alias, tags, running
		r.store(func(a *plan.Actual) { a.Machines[want.Name] = *live })
	}
	return nil
}

func (c *Clients) describeMachine(ctx context.Context, arn string) (*plan.LiveMachine, error) {
	out, err := c.States.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live := &plan.LiveMachine{Machine: plan.Machine{
		Name: aws.ToString(out.Name), Type: string(out.Type), Role: aws.ToString(out.RoleArn), Logging: logging(out.LoggingConfiguration),
		Tracing: out.TracingConfiguration != nil && out.TracingConfiguration.Enabled,
	}}
	if e := out.EncryptionConfiguration; e != nil {
		live.KMSKey = aws.ToString(e.KmsKeyId)
	}
	// A definition that does not parse was not made here; it differs from any other.
	live.Definition, _ = value.Parse(aws.ToString(out.Definition))
	return live, nil
}

func logging(l *sfntypes.LoggingConfiguration) plan.Logging {
	if l == nil || l.Level == "" || l.Level == sfntypes.LogLevelOff {
		return plan.Logging{Level: "OFF"}
	}
	out := plan.Logging{Level: string(l.Level), IncludeData: l.IncludeExecutionData}
	for _, d := range l.Destinations {
		if d.CloudWatchLogsLogGroup != nil {
			out.LogGroup = aws.ToString(d.CloudWatchLogsLogGroup.LogGroupArn)
		}
	}
	return out
}

// What stands in the description of a version, and of an alias that points to it, before its Content and Packages.
const (
	contentMark  = "stride:content="
	packagesMark = " packages="
)

// recorded reads what record has written.
func recorded(description *string) (content, packages string) {
	_, rest, _ := strings.Cut(aws.ToString(description), contentMark)
	content, packages, _ = strings.Cut(rest, packagesMark)
	return content, packages
}

func record(content, packages string) *string {
	text := contentMark + content
	if packages != "" {
		text += packagesMark + packages
	}
	return &text
}

func (c *Clients) describeAlias(ctx context.Context, machine string) (*plan.Alias, error) {
	out, err := c.States.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{
		StateMachineAliasArn: aws.String(machine + ":" + plan.AliasName),
	})
	if missing(err) || code(err) == "ValidationException" { // LocalStack's word for an alias that is not there
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	alias := &plan.Alias{Moved: aws.ToTime(out.CreationDate)}
	if out.UpdateDate != nil {
		alias.Moved = *out.UpdateDate
	}
	alias.Content, alias.Packages = recorded(out.Description)
	routes := out.RoutingConfiguration
	slices.SortFunc(routes, func(a, b sfntypes.RoutingConfigurationListItem) int {
		return number(plan.VersionOf(aws.ToString(a.StateMachineVersionArn))) - number(plan.VersionOf(aws.ToString(b.StateMachineVersionArn)))
	})
	alias.Version = aws.ToString(routes[0].StateMachineVersionArn)
	if len(routes) == 2 {
		alias.Next, alias.Weight = aws.ToString(routes[1].StateMachineVersionArn), int(routes[1].Weight)
	}
	return alias, nil
}

func (c *Clients) machineTags(ctx context.Context, arn string) (plan.Tags, error) {
	out, err := c.States.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	tags := plan.Tags{}
	for _, t := range out.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// countRunning counts the running executions by their version, up to the 1,000 that one answer holds.
func (c *Clients) countRunning(ctx context.Context, arn string) (plan.Running, error) {
	out, err := c.States.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &arn, StatusFilter: sfntypes.ExecutionStatusRunning, MaxResults: 1000,
	})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	running := plan.Running{}
	for _, e := range out.Executions {
		running[plan.VersionOf(aws.ToString(e.StateMachineVersionArn))]++
	}
	return running, nil
}

// group runs functions at once and keeps their first error, which ends the others.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	ctx, cancel := context.WithCancelCause(ctx)
	return &group{ctx: ctx, cancel: cancel}
}

func (g *group) do(f func(ctx context.Context) error) {
	g.wg.Go(func() {
		if err := f(g.ctx); err != nil {
			g.cancel(err)
		}
	})
}

func (g *group) wait() error {
	g.wg.Wait()
	defer g.cancel(nil)
	return context.Cause(g.ctx)
}
