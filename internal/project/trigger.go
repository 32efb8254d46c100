package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
)

// Trigger starts executions of a workflow through its alias. Exactly one of Schedule, Pattern, Bucket and Queue is set.
type Trigger struct {
	Schedule string        `yaml:"schedule"` // EventBridge Scheduler: rate(5 minutes), cron(0 9 * * ? *), at(2026-12-24T18:00:00)
	Timezone string        `yaml:"timezone"` // of Schedule: Europe/Berlin; UTC where absent
	Window   time.Duration `yaml:"window"`   // of Schedule: when within it is AWS's choice

	Pattern any    `yaml:"pattern"` // EventBridge rule: an event pattern
	Bus     string `yaml:"bus"`     // of Pattern; the default event bus where absent

	Bucket string   `yaml:"bucket"` // S3, by way of EventBridge
	Events []string `yaml:"events"` // of Bucket; Object Created where absent
	Prefix string   `yaml:"prefix"` // of the keys
	Suffix string   `yaml:"suffix"`

	Queue  string        `yaml:"queue"`  // SQS, by way of EventBridge Pipes: the queue's ARN. The input is a list of messages
	Batch  int           `yaml:"batch"`  // messages of an execution, 1 to 10,000; 10 where absent
	Wait   time.Duration `yaml:"wait"`   // for a batch to be full
	Filter any           `yaml:"filter"` // an event pattern for messages

	Input      any    `yaml:"input"`      // of Schedule and Pattern: the execution's; the event where absent
	InputPath  string `yaml:"inputPath"`  // of Pattern and Bucket: the part of the event that is the input: $.detail
	DeadLetter string `yaml:"deadLetter"` // of all but Queue: ARN of the SQS queue for what could not start
	Enabled    *bool  `yaml:"enabled"`    // true where absent
}

// kind is what stands behind the trigger, nil where not exactly one is named.
func (t *Trigger) kind() plan.Kind {
	var kinds []plan.Kind
	for kind, set := range map[plan.Kind]bool{plan.KindSchedule: t.Schedule != "", plan.KindRule: t.Pattern != nil, plan.KindBucketEvents: t.Bucket != "", plan.KindPipe: t.Queue != ""} {
		if set {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

var (
	scheduleForm = lazyregexp.New(`^(rate\([1-9][0-9]* (minute|hour|day)s?\)|cron\([^ ]+( [^ ]+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$`)
	triggerForm  = lazyregexp.New(`^[A-Za-z0-9_-]+$`)
	queueForm    = lazyregexp.New(`^arn:[^:]+:sqs:[^:]+:[^:]+:[^:]+$`)
)

// checkTriggers refuses what AWS would refuse after half a deploy.
func (e *Environment) checkTriggers(bad func(format string, args ...any)) {
	for _, workflow := range sortedKeys(e.Triggers) {
		for _, name := range sortedKeys(e.Triggers[workflow]) {
			t := e.Triggers[workflow][name]
			t.check(func(format string, args ...any) {
				bad("triggers.%s.%s: %s", workflow, name, fmt.Sprintf(format, args...))
			})
			if !triggerForm.MatchString(name) {
				bad("triggers.%s.%s: the name has other characters than letters, digits, - and _", workflow, name)
			}
		}
	}
}

func (t *Trigger) check(bad func(format string, args ...any)) {
	kind := t.kind()
	only := func(key string, set bool, kinds ...plan.Kind) {
		if set && kind != "" && !slices.Contains(kinds, kind) {
			bad("%s does not go with it", key)
		}
	}
	if kind == "" {
		bad("it has one of schedule, pattern, bucket and queue")
	}
	if kind == plan.KindSchedule && !scheduleForm.MatchString(t.Schedule) {
		bad("schedule is %q; it is rate(5 minutes), cron(0 9 * * ? *) or at(2026-12-24T18:00:00)", t.Schedule)
	}
	if kind == plan.KindPipe && !queueForm.MatchString(t.Queue) {
		bad("queue is %q; it is the ARN of an SQS queue", t.Queue)
	}
	if t.Batch < 0 || t.Batch > 10_000 {
		bad("batch is %d; it is 1 to 10000", t.Batch)
	}
	if t.Window%time.Minute != 0 || t.Window < 0 || t.Window > 24*time.Hour {
		bad("window is %s; it is whole minutes, up to 24h", t.Window)
	}
	if t.Wait%time.Second != 0 || t.Wait < 0 || t.Wait > 5*time.Minute {
		bad("wait is %s; it is whole seconds, up to 5m", t.Wait)
	}
	if t.Input != nil && t.InputPath != "" {
		bad("it has input or inputPath, not both")
	}
	only("timezone", t.Timezone != "", plan.KindSchedule)
	only("window", t.Window != 0, plan.KindSchedule)
	only("bus", t.Bus != "", plan.KindRule)
	only("events", t.Events != nil, plan.KindBucketEvents)
	only("prefix", t.Prefix != "", plan.KindBucketEvents)
	only("suffix", t.Suffix != "", plan.KindBucketEvents)
	only("batch", t.Batch != 0, plan.KindPipe)
	only("wait", t.Wait != 0, plan.KindPipe)
	only("filter", t.Filter != nil, plan.KindPipe)
	only("input", t.Input != nil, plan.KindSchedule, plan.KindRule, plan.KindBucketEvents)
	only("inputPath", t.InputPath != "", plan.KindRule, plan.KindBucketEvents)
	only("deadLetter", t.DeadLetter != "", plan.KindSchedule, plan.KindRule, plan.KindBucketEvents)
}

// triggers makes the triggers of a workflow, with a role for each service that starts its executions, and lists them in m's tags.
func (c *composer) triggers(m *plan.Machine) error {
	set := c.env.Triggers[m.Workflow]
	var made []plan.Trigger
	for _, key := range sortedKeys(set) {
		t := set[key]
		made = append(made, c.trigger(m, key, &t))
		if t.Bucket != "" && !slices.Contains(c.desired.EventBuckets, t.Bucket) {
			c.desired.EventBuckets = append(c.desired.EventBuckets, t.Bucket)
		}
	}
	if len(made) == 0 {
		return nil
	}
	for _, service := range []plan.Kind{plan.KindSchedule, plan.KindRule, plan.KindPipe} {
		c.triggerRole(m, service, made)
	}
	c.desired.Triggers = append(c.desired.Triggers, made...)
	for i := range made {
		if n := len(made[i].Name); n > maxTriggerName {
			return c.misnamed("the trigger %s would have a name of %d characters, and AWS takes %d", made[i].Name, n, maxTriggerName)
		}
	}
	m.Tags[plan.TagTriggers] = plan.TriggersTag(made)
	if n := len(m.Tags[plan.TagTriggers]); n > maxTagValue {
		return c.misnamed("the names of the triggers of %s take %d characters, and the tag that lists them %d", m.Workflow, n, maxTagValue)
	}
	return nil
}

func (c *composer) misnamed(format string, args ...any) error {
	return &diag.Diagnostic{Place: diag.Place{File: c.project.Config.file},
		Message: "environment " + c.env.Name + ": " + fmt.Sprintf(format, args...)}
}

// maxTriggerName is the longest name of a schedule, a rule and a pipe. AWS: CreateSchedule, PutRule, CreatePipe.
const maxTriggerName = 64

// checkTriggers wants every workflow that has triggers to be there.
func (c *composer) checkTriggers() error {
	for _, workflow := range sortedKeys(c.env.Triggers) {
		if !slices.ContainsFunc(c.project.Workflows, func(w flow.Workflow) bool { return w.Name() == workflow }) {
			return c.misnamed("triggers of %q, which is no workflow of the project", workflow)
		}
	}
	return nil
}

// triggerServices are who starts executions, and the ending of the role's name.
var triggerServices = map[plan.Kind]struct{ service, suffix string }{
	plan.KindSchedule: {"scheduler.amazonaws.com", "scheduler"},
	plan.KindRule:     {"events.amazonaws.com", "events"},
	plan.KindPipe:     {"pipes.amazonaws.com", "pipes"},
}

// triggerRole makes the role of the triggers of one kind, if there are any: it starts executions through the alias, and reads the queues.
// AWS authorizes a start by the machine's ARN, and tells the alias in a condition:
// https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
func (c *composer) triggerRole(m *plan.Machine, kind plan.Kind, made []plan.Trigger) {
	start := policy.Statement{Effect: "Allow", Action: []string{"states:StartExecution"}, Resource: []string{c.place.ARN("states", "stateMachine:"+m.Name)},
		Condition: map[string]policy.Condition{"StringEquals": {"states:StateMachineQualifier": {plan.AliasName}}}}
	if kind == plan.KindPipe && m.Type == "EXPRESS" {
		start.Action = []string{"states:StartSyncExecution"}
	}
	grants := policy.Grants{{Statement: start, Reason: "triggers"}}
	read := policy.Statement{Effect: "Allow", Action: []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}}
	var letters []string
	role := ""
	for i := range made {
		if t := &made[i]; t.Kind == kind {
			if role == "" {
				role = c.place.ARN("iam", "role"+c.env.Roles.Path+c.roleName(m.Name+"-"+triggerServices[kind].suffix))
			}
			t.Role = role
			if t.Kind == plan.KindPipe {
				read.Resource = append(read.Resource, t.Settings["Source"])
			}
			if letter := t.Settings["DeadLetterArn"]; letter != "" {
				letters = append(letters, letter)
			}
		}
	}
	if role == "" {
		return
	}
	if len(read.Resource) > 0 {
		grants = append(grants, policy.Grant{Statement: read, Reason: "the queues of triggers"})
	}
	if kind == plan.KindSchedule && len(letters) > 0 { // EventBridge rules send theirs by the queue's own policy
		grants = append(grants, policy.Grant{Statement: policy.Statement{Effect: "Allow", Action: []string{"sqs:SendMessage"}, Resource: letters},
			Reason: "dead letters of schedules"})
	}
	name := c.roleName(m.Name + "-" + triggerServices[kind].suffix)
	c.desired.Roles = append(c.desired.Roles, plan.Role{
		Name: name, Path: c.env.Roles.Path, Trust: policy.Trust(triggerServices[kind].service, c.place.Account, ""), Policy: grants.Document(),
		Grants: grants, Boundary: c.env.Roles.Boundary, Tags: c.tags(m.Workflow),
	})
}

func (c *composer) trigger(m *plan.Machine, key string, t *Trigger) plan.Trigger {
	out := plan.Trigger{Kind: t.kind(), Key: key, Name: plan.TriggerName(m.Name, key), Machine: m.Name, Enabled: t.Enabled == nil || *t.Enabled,
		Tags: c.tags(m.Workflow), Settings: map[string]string{
			"Target": c.place.ARN("states", "stateMachine:"+m.Name+":"+plan.AliasName), "DeadLetterArn": t.DeadLetter, "Input": jsonText(t.Input),
		}}
	set := func(settings map[string]string) { maps.Copy(out.Settings, settings) }
	switch out.Kind {
	case plan.KindSchedule:
		out.Tags = nil // which schedules do not have
		set(map[string]string{"GroupName": c.scheduleGroup(), "ScheduleExpression": t.Schedule, "ScheduleExpressionTimezone": orText(t.Timezone, "UTC"),
			"MaximumWindowInMinutes": numberText(int(t.Window / time.Minute))})
	case plan.KindRule:
		set(map[string]string{"EventBusName": orText(t.Bus, "default"), "EventPattern": jsonText(t.Pattern), "InputPath": t.InputPath})
	case plan.KindBucketEvents:
		out.Kind = plan.KindRule
		set(map[string]string{"EventBusName": "default", "EventPattern": jsonText(t.bucketPattern()), "InputPath": t.InputPath})
	case plan.KindPipe:
		set(map[string]string{"Source": t.Queue, "BatchSize": numberText(max(t.Batch, 0)), "MaximumBatchingWindowInSeconds": numberText(int(t.Wait / time.Second)),
			"Filter": jsonText(t.Filter), "InvocationType": "FIRE_AND_FORGET"})
		if t.Batch == 0 {
			out.Settings["BatchSize"] = "10"
		}
		if m.Type == "EXPRESS" {
			out.Settings["InvocationType"] = "REQUEST_RESPONSE"
		}
	}
	maps.DeleteFunc(out.Settings, func(_, v string) bool { return v == "" })
	return out
}

// bucketPattern is the event pattern for objects of a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
func (t *Trigger) bucketPattern() any {
	events := t.Events
	if events == nil {
		events = []string{"Object Created"}
	}
	detail := map[string]any{"bucket": map[string]any{"name": []string{t.Bucket}}}
	var key any
	switch {
	case t.Prefix != "" && t.Suffix != "":
		key = map[string]string{"wildcard": t.Prefix + "*" + t.Suffix}
	case t.Prefix != "":
		key = map[string]string{"prefix": t.Prefix}
	case t.Suffix != "":
		key = map[string]string{"suffix": t.Suffix}
	}
	if key != nil {
		detail["object"] = map[string]any{"key": []any{key}}
	}
	return map[string]any{"source": []string{"aws.s3"}, "detail-type": events, "detail": detail}
}

// scheduleGroup holds the environment's schedules.
func (c *composer) scheduleGroup() string { return c.name("{env}-{project}", maxScheduleGroup) }

// ScheduleGroup is the schedule group of e, of the project called project.
func (e *Environment) ScheduleGroup(project, region string) string {
	return (&composer{Built: &Built{project: &Project{Name: project}, env: e}, place: plan.Place{Region: region}}).scheduleGroup()
}

// jsonText is a value of YAML as JSON, "" of nothing.
func jsonText(v any) string {
	if v == nil {
		return ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return plan.CanonicalJSON(strings.TrimSpace(b.String()))
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
