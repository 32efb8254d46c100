package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/payload"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lambdamain/payloads"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

// Deployment is what one environment should have, and the files to send.
type Deployment struct {
	Desired *plan.Desired
	Zips    map[string]string // function name -> path of its zip
	// Own are roles that the user makes, by their ARNs in place of names, with what they must allow.
	Own []plan.Role
}

// Built is a project that was compiled and, after Build, built, before it is known where it goes.
type Built struct {
	project   *Project
	env       *Environment
	compiled  []Compiled
	handlers  []handler
	artifacts []bundle.Artifact // zero values before Build
	builder   *bundle.Builder
}

// handler is a Go function that becomes a Lambda function, whichever workflows call it.
type handler struct {
	name      string // "payments.Charge"
	spec      flow.FunctionSpec
	workflows []string // of the whole project
	errors    []bundle.MatchedError
}

// Prepare compiles workflows and checks their handlers for env, and builds nothing yet.
func (p *Project) Prepare(ctx context.Context, env *Environment, workflows []flow.Workflow) (*Built, error) {
	all, err := p.Compile(ctx, p.Workflows) // what a handler reports depends on every workflow that calls it
	if err != nil {
		return nil, err
	}
	compiled := chosen(all, workflows)
	handlers, err := p.handlers(all, compiled)
	if err != nil {
		return nil, err
	}
	everyone, _ := p.handlers(all, all)
	if err := p.Config.report(env, env.checkFunctions(everyone)...); err != nil {
		return nil, err
	}
	return &Built{
		project: p, env: env, compiled: compiled, handlers: handlers, artifacts: make([]bundle.Artifact, len(handlers)),
		builder: &bundle.Builder{Dir: p.Dir, Memory: p.memory.builders},
	}, nil
}

// Build builds the handlers' zips; force builds even what is in the cache.
func (b *Built) Build(ctx context.Context, force bool) error {
	builder := *b.builder
	builder.Force = force
	artifacts, err := builder.Build(ctx, b.bundles())
	if err == nil {
		b.artifacts = artifacts
	}
	return err
}

// Handlers are the names of what was built ("payments.Charge") and the zips, in the same order.
func (b *Built) Handlers() ([]string, []bundle.Artifact) {
	names := make([]string, len(b.handlers))
	for i, h := range b.handlers {
		names[i] = h.name
	}
	return names, b.artifacts
}

func (b *Built) bundles() []bundle.Handler {
	out := make([]bundle.Handler, len(b.handlers))
	for i, h := range b.handlers {
		l := b.env.lambda(h.name, &h.spec)
		out[i] = bundle.Handler{Package: h.spec.Func.Package, Func: h.spec.Func.Name, Target: l.target(), Errors: h.errors, Refs: h.refs()}
	}
	return out
}

// refs says whether the handler's input or output has payload.Refs.
func (h *handler) refs() bool {
	t := reflect.TypeOf(h.spec.Handler)
	if t == nil || t.Kind() != reflect.Func {
		return false
	}
	in := func(types iter.Seq[reflect.Type]) bool {
		return slices.ContainsFunc(slices.Collect(types), payload.In)
	}
	return in(t.Ins()) || in(t.Outs())
}

// chosen are those of all that were compiled from workflows.
func chosen(all []Compiled, workflows []flow.Workflow) []Compiled {
	var out []Compiled
	for _, c := range all {
		if slices.ContainsFunc(workflows, func(w flow.Workflow) bool { return w.Name() == c.Workflow.Name() }) {
			out = append(out, c)
		}
	}
	return out
}

// handlers are the handlers of the chosen workflows, sorted by name. A handler that several workflows register must be registered
// alike: it is one function.
func (p *Project) handlers(all, chosen []Compiled) ([]handler, error) {
	found := diag.List{}
	byName := map[string]*handler{}
	for _, c := range all {
		for _, spec := range c.Workflow.Functions() {
			name := handlerName(spec.Func)
			h := byName[name]
			if h == nil {
				h = &handler{name: name, spec: spec, workflows: p.callers(spec.Func)}
				byName[name] = h
				found = append(found, outOfRange(c.Workflow, &spec)...)
			}
			if d := conflict(c.Workflow, h.spec, spec); d != nil {
				found = append(found, d)
			}
			for _, e := range c.Errors[name] {
				if other := namesake(h.errors, e); other != nil {
					found = append(found, &diag.Diagnostic{Place: placeOf(c.Workflow), Message: fmt.Sprintf(
						"workflow %s matches %s of %s, and another workflow %s, which is of the same name; name one of the types otherwise", c.Workflow.Name(), e, name, other)})
				}
				h.errors = append(h.errors, e)
			}
		}
	}
	out := make([]handler, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if h := byName[name]; slices.ContainsFunc(chosen, func(c Compiled) bool { return slices.Contains(h.workflows, c.Workflow.Name()) }) {
			out = append(out, *h)
		}
	}
	return out, found.Err()
}

// namesake is the error that has e's name in Step Functions and is another.
func namesake(errors []bundle.MatchedError, e bundle.MatchedError) *bundle.MatchedError {
	for i, other := range errors {
		if other.As == e.As && other != e {
			return &errors[i]
		}
	}
	return nil
}

func handlerName(f flow.GoFunc) string { return path.Base(f.Package) + "." + f.Name }

// callers are the workflows of the project that register f.
func (p *Project) callers(f flow.GoFunc) []string {
	var names []string
	for _, w := range p.Workflows {
		if slices.ContainsFunc(w.Functions(), func(s flow.FunctionSpec) bool { return s.Func == f }) {
			names = append(names, w.Name())
		}
	}
	return names
}

// conflict is why a and b, registered under one name, cannot be one function; nil where they can.
func conflict(w flow.Workflow, a, b flow.FunctionSpec) *diag.Diagnostic {
	name := handlerName(a.Func)
	if a.Func.Package != b.Func.Package {
		return &diag.Diagnostic{Place: placeOf(w), Message: fmt.Sprintf(
			"two handlers are called %s, in %s and %s; name one of the packages otherwise", name, a.Func.Package, b.Func.Package)}
	}
	a.Handler, b.Handler = nil, nil
	if !reflect.DeepEqual(a, b) {
		return &diag.Diagnostic{Place: placeOf(w), Message: fmt.Sprintf(
			"workflow %s registers %s otherwise than another workflow does; they share the function, so register it alike", w.Name(), name)}
	}
	return nil
}

// Deployment composes what the environment should have at place. Before Build it has the names and all but the code.
func (b *Built) Deployment(place plan.Place) (*Deployment, error) {
	c := composer{Built: b, place: place, desired: &plan.Desired{Project: b.project.Name, Env: b.env.Name, Place: place}, zips: map[string]string{}}
	if err := c.checkTriggers(); err != nil {
		return nil, err
	}
	for i, h := range b.handlers {
		c.function(h, b.artifacts[i])
	}
	for _, w := range b.compiled {
		if err := c.machine(w); err != nil {
			return nil, err
		}
	}
	c.desired.Bucket = c.bucket()
	c.desired.ScheduleGroup = plan.ScheduleGroup{Name: c.scheduleGroup(), Tags: c.tags()}
	c.sort()
	return &Deployment{Desired: c.desired, Zips: c.zips, Own: c.own}, nil
}

type composer struct {
	*Built
	place   plan.Place
	desired *plan.Desired
	zips    map[string]string
	own     []plan.Role
}

func (c *composer) sort() {
	d := c.desired
	slices.SortFunc(d.LogGroups, func(a, b plan.LogGroup) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Roles, func(a, b plan.Role) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Functions, func(a, b plan.Function) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Machines, func(a, b plan.Machine) int { return strings.Compare(a.Name, b.Name) })
}

func (c *composer) tags(workflows ...string) plan.Tags {
	tags := plan.Tags{}
	maps.Copy(tags, c.env.Tags)
	tags[plan.TagProject], tags[plan.TagEnv] = c.project.Name, c.env.Name
	tags[plan.TagWorkflow] = strings.Join(workflows, " ")
	if text := tags[plan.TagWorkflow]; len(text) > maxTagValue {
		tags[plan.TagWorkflow] = text[:strings.LastIndexByte(text[:maxTagValue+1], ' ')]
	}
	return tags
}

// maxTagValue is the longest value of a tag. AWS: tag naming limits, 256 characters.
const maxTagValue = 256

// The longest names that AWS takes. Lambda: CreateFunction; Step Functions: CreateStateMachine; IAM: CreateRole; CloudWatch:
// PutMetricAlarm; S3: CreateBucket; EventBridge Scheduler: CreateScheduleGroup.
const (
	maxFunctionName = 64
	maxMachineName  = 80
	maxRoleName     = 64
	maxAlarmName    = 255
	maxBucketName   = 63

	maxScheduleGroup = 64
)

// name fills a name template in. What is too long is cut, and keeps apart from others by a hash.
func (c *composer) name(template string, limit int, values ...string) string {
	values = append(values, "{env}", c.env.Name, "{project}", c.project.Name, "{region}", c.place.Region)
	name := strings.NewReplacer(values...).Replace(template)
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:limit-9] + "-" + hex.EncodeToString(sum[:4])
}

// functionName is a handler's function in AWS.
func (c *composer) functionName(h string) string {
	return c.name(c.env.Names.Function, maxFunctionName, "{handler}", strings.ReplaceAll(h, ".", "-"))
}

func (c *composer) machineName(workflow string) string {
	return c.name(c.env.Names.Workflow, maxMachineName, "{workflow}", workflow)
}

func (c *composer) roleName(of string) string {
	return c.name(c.env.Names.Role, maxRoleName, "{name}", of)
}

// MachineName is the state machine that a workflow is in e, of the project called project.
func (e *Environment) MachineName(project, workflow, region string) string {
	c := composer{Built: &Built{project: &Project{Name: project}, env: e}, place: plan.Place{Region: region}}
	return c.machineName(workflow)
}

func (c *composer) logGroup(name string, days int, key string, workflows ...string) {
	c.desired.LogGroups = append(c.desired.LogGroups, plan.LogGroup{Name: name, Retention: days, KMSKey: key, Tags: c.tags(workflows...)})
}

// needed adds what a role of the user's must allow.
func (c *composer) needed(arn, service string, grants policy.Grants) {
	i := slices.IndexFunc(c.own, func(r plan.Role) bool { return r.Name == arn })
	if i < 0 {
		i = len(c.own)
		c.own = append(c.own, plan.Role{Name: arn, Trust: policy.Trust(service, c.guard(service), "")})
	}
	role := &c.own[i]
	for _, g := range grants {
		if !slices.ContainsFunc(role.Grants, func(have policy.Grant) bool { return reflect.DeepEqual(have, g) }) {
			role.Grants = append(role.Grants, g)
		}
	}
	role.Policy = role.Grants.Document()
}

// role makes a role for a service, or takes the user's own.
func (c *composer) role(own, of, service string, grants policy.Grants, workflows ...string) (arn string) {
	if own != "" {
		c.needed(own, service, grants)
		return own
	}
	name := c.roleName(of)
	c.desired.Roles = append(c.desired.Roles, plan.Role{
		Name: name, Path: c.env.Roles.Path, Trust: policy.Trust(service, c.guard(service), ""), Policy: grants.Document(),
		Grants: grants, Boundary: c.env.Roles.Boundary, Tags: c.tags(workflows...),
	})
	return c.place.ARN("iam", "role"+c.env.Roles.Path+name)
}

// guard is the account that may use a role, where the service says whose resource asks. Lambda does not.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
func (c *composer) guard(service string) string {
	if service == "states.amazonaws.com" {
		return c.place.Account
	}
	return ""
}

func (c *composer) function(h handler, zip bundle.Artifact) {
	l := c.env.lambda(h.name, &h.spec)
	name := c.functionName(h.name)
	group := "/aws/lambda/" + name
	tracing := l.Tracing != nil && *l.Tracing
	needs := policy.Needs{LogGroup: c.place.ARN("logs", "log-group:"+group), Tracing: tracing, VPC: len(l.Subnets) > 0}
	for _, p := range h.spec.Policies {
		needs.Declared = append(needs.Declared, policy.Declared{Actions: p.Actions, Resources: p.Resources})
	}
	for _, p := range zip.Packages {
		for _, operation := range p.Calls {
			needs.Calls = append(needs.Calls, policy.Call{Operation: operation, Package: p.Path})
		}
	}
	if h.refs() {
		c.values(&l, &needs)
	}
	if len(l.Env) > 0 {
		needs.KMSKey = l.KMSKey
	}
	c.zips[name] = zip.Path
	c.logGroup(group, int(*l.Retention), l.KMSKey, h.workflows...)
	c.desired.Functions = append(c.desired.Functions, plan.Function{
		Name: name, Handler: h.name, Concurrency: l.Concurrency, Tags: c.tags(h.workflows...), Source: c.project.source(h.spec.Func),
		Code: plan.Code{SHA256: zip.Digest, Size: zip.Size, Packages: packages(zip)},
		Settings: plan.Settings{
			Role:    c.role(l.Role, name+"-lambda", "lambda.amazonaws.com", policy.Function(needs), h.workflows...),
			Runtime: "provided.al2023", Handler: "bootstrap", Architecture: l.architecture(),
			Description: h.spec.Func.Package + "." + h.spec.Func.Name,
			Memory:      l.Memory, Timeout: int(l.Timeout / time.Second), Storage: l.Storage,
			Env: l.Env, Tracing: tracing, KMSKey: l.KMSKey, Subnets: l.Subnets, SecurityGroups: l.Groups,
		},
	})
}

// source is where a function stands in the checkout; "" where the compiler did not record that.
func (p *Project) source(f flow.GoFunc) string {
	rel, err := filepath.Rel(p.Dir, f.File)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(rel), f.Line)
}

func packages(a bundle.Artifact) map[string]string {
	out := map[string]string{"go": a.Go}
	for _, p := range a.Packages {
		out[p.Path] = p.Version + p.Hash
	}
	return out
}

func (c *composer) machine(w Compiled) error {
	name := c.machineName(w.Workflow.Name())
	group := "/aws/vendedlogs/states/" + name
	set := &c.env.Workflows
	m := plan.Machine{
		Name: name, Workflow: w.Workflow.Name(), Type: string(w.Workflow.Type()), Tracing: set.Tracing, KMSKey: set.KMSKey,
		Functions: map[string]string{}, Machines: map[string]string{}, Tags: c.tags(w.Workflow.Name()), Source: w.Source,
	}
	for _, f := range w.Workflow.Functions() {
		m.Functions[handlerName(f.Func)] = c.functionName(handlerName(f.Func))
	}
	for _, other := range c.project.Workflows {
		m.Machines[other.Name()] = c.machineName(other.Name())
	}
	var err error
	if m.Definition, err = c.variables(w); err != nil {
		return err
	}
	m.Rollout = c.rollout(w.Workflow.Name())
	m.Logging = plan.Logging{Level: "OFF"}
	if set.Logging.Level != "OFF" {
		m.Logging = plan.Logging{Level: set.Logging.Level, IncludeData: *set.Logging.Data, LogGroup: c.place.ARN("logs", "log-group:"+group+":*")}
		c.logGroup(group, int(set.Logging.Retention), "", w.Workflow.Name())
	}
	m.Role = c.role(set.Role, name+"-states", "states.amazonaws.com", c.grants(&m), w.Workflow.Name())
	if err := c.triggers(&m); err != nil {
		return err
	}
	c.desired.Machines = append(c.desired.Machines, m)
	return nil
}

// bucket is nil where none is named.
func (c *composer) bucket() *plan.Bucket {
	set := &c.env.Bucket
	if set.Name == "" {
		return nil
	}
	return &plan.Bucket{Name: c.bucketName(), Create: set.Create, Above: set.Above << 20, KMSKey: set.KMSKey, Tags: c.tags()}
}

func (c *composer) bucketName() string {
	return c.name(c.env.Bucket.Name, maxBucketName, "{account}", c.place.Account)
}

// values tells a function with Refs where their values go, and lets its role reach them; nothing where they stay in the executions.
func (c *composer) values(l *Lambda, needs *policy.Needs) {
	bucket := c.name(c.env.Payloads.Bucket, maxBucketName, "{account}", c.place.Account)
	if bucket == "" {
		return
	}
	l.Env = maps.Clone(l.Env)
	l.Env[payloads.BucketVariable], l.Env[payloads.AboveVariable] = bucket, strconv.Itoa(c.env.Payloads.Above<<10)
	needs.Payloads = fmt.Sprintf("arn:%s:s3:::%s/%s*", c.place.Partition, bucket, payloads.KeyPrefix)
}

// MadeBucket is the name of the bucket that a deploy of e at place may have made; "" where it makes none.
func (e *Environment) MadeBucket(project string, place plan.Place) string {
	if !e.Bucket.Create {
		return ""
	}
	return (&composer{Built: &Built{project: &Project{Name: project}, env: e}, place: place}).bucketName()
}

func (c *composer) rollout(workflow string) plan.Rollout {
	set := &c.env.Rollout
	r := plan.Rollout{Type: rolloutTypes[set.Type], Percentage: set.Percentage, Interval: set.Interval, Bake: set.Bake}
	for _, alarm := range set.Alarms {
		r.Alarms = append(r.Alarms, c.name(alarm, maxAlarmName, "{workflow}", workflow))
	}
	return r
}

// grants are what the machine may do: any version of each function, since which one is not known before it is published.
func (c *composer) grants(m *plan.Machine) policy.Grants {
	pins := map[string]string{}
	for _, name := range m.Functions {
		pins[name] = "1"
	}
	definition, _ := m.Resolve(c.place, pins)
	return policy.Machine(asl.FromValue(definition), policy.Scope{
		Partition: c.place.Partition, Account: c.place.Account, Region: c.place.Region, Machine: m.Name,
		Logging: m.Logging.Level != "OFF", Tracing: m.Tracing, KMSKey: m.KMSKey,
	})
}

var variable = lazyregexp.New(`\$\{env:([^}]+)\}`)

// variables puts the values of `workflows: vars:` into a definition, for flow.Env.
func (c *composer) variables(w Compiled) (value.Value, error) {
	var found diag.List
	bad := func(format string, args ...any) {
		found = append(found, &diag.Diagnostic{Place: placeOf(w.Workflow), Message: fmt.Sprintf(format, args...)})
	}
	definition := plan.MapStrings(asl.ToValue(&w.Definition.Machine), func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(ref string) string {
			name := variable.FindStringSubmatch(ref)[1]
			v, ok := c.env.Workflows.Vars[name]
			switch {
			case !ok:
				bad("workflow %s reads flow.Env(%q), which environment %s does not have; add it to environments.%s.workflows.vars in %s",
					w.Workflow.Name(), name, c.env.Name, c.env.Name, c.project.Config.file)
			case strings.HasPrefix(text, "{%") && strings.ContainsAny(v, `"'\`):
				bad("workflows.vars.%s of environment %s has a quote or backslash, which a JSONata string cannot take as it is", name, c.env.Name)
			}
			return v
		})
	})
	return definition, found.Err()
}

// NamePrefixes are what the names of an environment's machines, functions and roles begin with, as far as its templates say.
func (e *Environment) NamePrefixes(project, region string) (machines, functions, roles string) {
	c := composer{Built: &Built{project: &Project{Name: project}, env: e}, place: plan.Place{Region: region}}
	until := func(template, placeholder string) string {
		prefix, _, _ := strings.Cut(template, placeholder)
		return c.name(prefix, maxMachineName)
	}
	machines, functions = until(e.Names.Workflow, "{workflow}"), until(e.Names.Function, "{handler}")
	roles = until(e.Names.Role, "{name}")
	if roles == "" { // the names of what the roles are for come first
		roles = commonPrefix(machines, functions)
	}
	return machines, functions, roles
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
