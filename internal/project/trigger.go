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
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
)

// Trigger starts executions of a workflow through its alias. Exactly one of Schedule, Pattern, Bucket, Queue and HTTP is set.
type Trigger struct {
	// Schedule is one of EventBridge Scheduler's: rate(5 minutes), cron(0 9 * * ? *), at(2026-12-24T18:00:00).
	Schedule string        `yaml:"schedule" oneof:"true" pattern:"^(rate\\([1-9][0-9]* (minute|hour|day)s?\\)|cron\\([^ ]+( [^ ]+){5}\\)|at\\([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\\))$" words:"rate(5 minutes), cron(0 9 * * ? *) or at(2026-12-24T18:00:00)" example:"rate(5 minutes)"`
	Timezone string        `yaml:"timezone" with:"schedule" example:"Europe/Berlin"`                  // time zone of schedule; UTC where absent
	Window   time.Duration `yaml:"window" with:"schedule" min:"0s" max:"24h" step:"1m" example:"15m"` // whole minutes up to 24h; when within them an execution of schedule starts is AWS's choice

	Pattern map[string]any `yaml:"pattern" oneof:"true"` // the event pattern of an EventBridge rule
	Bus     string         `yaml:"bus" with:"pattern"`   // event bus of pattern; the default one where absent

	Bucket string   `yaml:"bucket" oneof:"true" pattern:"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" words:"the name of an S3 bucket"` // an S3 bucket whose events start executions, by way of EventBridge
	Events []string `yaml:"events" with:"bucket" example:"Object Deleted"`                                                     // which events of bucket; Object Created where absent
	Prefix string   `yaml:"prefix" with:"bucket"`                                                                              // what the keys of objects begin with
	Suffix string   `yaml:"suffix" with:"bucket" example:".csv"`                                                               // what the keys of objects end with

	// Queue is SQS, by way of EventBridge Pipes: the queue's ARN. The input is a list of messages.
	Queue  string         `yaml:"queue" oneof:"true" pattern:"^arn:[^:]+:sqs:[^:]+:[^:]+:[^:]+$" words:"the ARN of an SQS queue" example:"arn:aws:sqs:eu-central-1:111122223333:orders"`
	Batch  int            `yaml:"batch" with:"queue" min:"1" max:"10000"`                     // messages of an execution; 10 where absent
	Wait   time.Duration  `yaml:"wait" with:"queue" min:"0s" max:"5m" step:"1s" example:"5s"` // how long a batch may take to be full, whole seconds up to 5m
	Filter map[string]any `yaml:"filter" with:"queue"`                                        // an event pattern for messages

	// HTTP is a REST API of API Gateway, which answers with the execution's output. Express workflows only.
	HTTP   string         `yaml:"http" oneof:"true" pattern:"^(GET|POST|PUT|PATCH|DELETE) (/|(/([A-Za-z0-9._~-]+|\\{[A-Za-z0-9._-]+\\}))+)$" words:"a method and a path, like POST /orders or GET /orders/{id}" example:"POST /orders"`
	Auth   string         `yaml:"auth" with:"http" enum:"iam none"`                                 // who may call it: iam (where absent), who signs requests and may; none, anybody
	Errors map[string]int `yaml:"errors" with:"http" keys:"^[A-Za-z0-9._:-]+$" min:"400" max:"599"` // status of the answer by the error that an execution fails with; 500 where absent

	Input      any    `yaml:"input" with:"schedule pattern bucket" without:"inputPath"`                                                              // the execution's input; the event where absent, {} of a schedule
	InputPath  string `yaml:"inputPath" with:"pattern bucket" pattern:"^\\$" words:"a path into the event, as $.detail" example:"$.detail"`          // the part of the event that is the input
	DeadLetter string `yaml:"deadLetter" with:"schedule pattern bucket" pattern:"^arn:[^:]+:sqs:[^:]+:[^:]+:[^:]+$" words:"the ARN of an SQS queue"` // ARN of the SQS queue for what could not start
	Enabled    *bool  `yaml:"enabled"`                                                                                                               // false keeps a trigger and stops it
}

// mergedTriggers are the triggers in over beside and in place of those in under; one that is empty takes away.
func mergedTriggers(under, over map[string]map[string]Trigger) map[string]map[string]Trigger {
	if under == nil && over != nil {
		under = map[string]map[string]Trigger{}
	}
	for workflow, triggers := range over {
		all := maps.Clone(under[workflow])
		if all == nil {
			all = map[string]Trigger{}
		}
		maps.Copy(all, triggers)
		maps.DeleteFunc(all, func(_ string, t Trigger) bool { return t.kind() == "" })
		under[workflow] = all
	}
	return under
}

// word is what the trigger is called by: the key that makes it what it is.
func (t *Trigger) word() string {
	return map[plan.Kind]string{plan.KindSchedule: "schedule", plan.KindRule: "pattern", plan.KindBucketEvents: "bucket", plan.KindPipe: "queue", plan.KindAPI: "http"}[t.kind()]
}

// kind is what stands behind the trigger, nil where not exactly one is named.
func (t *Trigger) kind() plan.Kind {
	var kinds []plan.Kind
	for kind, set := range map[plan.Kind]bool{plan.KindSchedule: t.Schedule != "", plan.KindRule: t.Pattern != nil, plan.KindBucketEvents: t.Bucket != "", plan.KindPipe: t.Queue != "",
		plan.KindAPI: t.HTTP != ""} {
		if set {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

// triggers makes the triggers of a workflow, with a role for each service that starts its executions, and lists them in m's tags.
func (c *composer) triggers(m *plan.Machine) error {
	set := c.env.Triggers[m.Workflow]
	var made []plan.Trigger
	for _, key := range slices.Sorted(maps.Keys(set)) {
		t := set[key]
		made = append(made, c.trigger(m, key, &t))
		if t.Bucket != "" && !slices.Contains(c.desired.EventBuckets, t.Bucket) {
			c.desired.EventBuckets = append(c.desired.EventBuckets, t.Bucket)
		}
	}
	if len(made) == 0 {
		return nil
	}
	for _, service := range []plan.Kind{plan.KindSchedule, plan.KindRule, plan.KindPipe, plan.KindAPI} {
		c.triggerRole(m, service, made)
	}
	c.desired.Triggers = append(c.desired.Triggers, made...)
	for i := range made {
		if n := len(made[i].Name); n > maxTriggerName {
			return c.misnamed("the trigger %s would have a name of %d characters, and AWS takes %d", made[i].Name, n, maxTriggerName)
		}
		if made[i].Kind == plan.KindAPI {
			if err := c.checkAPI(m, &made[i]); err != nil {
				return err
			}
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
	for _, workflow := range slices.Sorted(maps.Keys(c.env.Triggers)) {
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
	plan.KindAPI:      {"apigateway.amazonaws.com", "api"},
}

// triggerRole makes the role of the triggers of one kind, if there are any: it starts executions through the alias, and reads the queues.
// AWS authorizes a start by the machine's ARN, and tells the alias in a condition:
// https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
func (c *composer) triggerRole(m *plan.Machine, kind plan.Kind, made []plan.Trigger) {
	if !slices.ContainsFunc(made, func(t plan.Trigger) bool { return t.Kind == kind }) {
		return
	}
	start := policy.Statement{Effect: "Allow", Action: []string{"states:StartExecution"}, Resource: []string{c.place.ARN("states", "stateMachine:"+m.Name)},
		Condition: map[string]policy.Condition{"StringEquals": {"states:StateMachineQualifier": {plan.AliasName}}}}
	account := c.place.Account
	if kind == plan.KindAPI { // which does not say for whose API it assumes the role; who puts the API has to be allowed to pass the role
		account = ""
	}
	if kind == plan.KindAPI || kind == plan.KindPipe && m.Type == "EXPRESS" {
		start.Action = []string{"states:StartSyncExecution"}
	}
	read := policy.Statement{Effect: "Allow", Action: []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}}
	var letters []string
	var which, dying []string // keys, with what they are
	name := c.roleName(m.Name + "-" + triggerServices[kind].suffix)
	for i := range made {
		if t := &made[i]; t.Kind == kind {
			t.Role = c.place.ARN("iam", "role"+c.env.Roles.Path+name)
			declared := c.env.Triggers[m.Workflow][t.Key]
			which = append(which, t.Key+" ("+declared.word()+")")
			if t.Kind == plan.KindPipe {
				read.Resource = append(read.Resource, t.Settings["Source"])
			}
			if letter := t.Settings["DeadLetterArn"]; letter != "" {
				letters = append(letters, letter)
				dying = append(dying, which[len(which)-1])
			}
		}
	}
	grants := policy.Grants{{Statement: start, Reason: triggersWords("starts by", which)}}
	if len(read.Resource) > 0 {
		grants = append(grants, policy.Grant{Statement: read, Reason: triggersWords("queues of", which)})
	}
	if kind == plan.KindSchedule && len(letters) > 0 { // EventBridge rules send theirs by the queue's own policy
		grants = append(grants, policy.Grant{Statement: policy.Statement{Effect: "Allow", Action: []string{"sqs:SendMessage"}, Resource: letters},
			Reason: triggersWords("dead letters of", dying)})
	}
	c.desired.Roles = append(c.desired.Roles, plan.Role{
		Name: name, Path: c.env.Roles.Path, Trust: policy.Trust(triggerServices[kind].service, account, ""), Policy: grants.Document(),
		Grants: grants, Boundary: c.env.Roles.Boundary, Tags: c.tags(m.Workflow),
	})
}

// triggersWords are "starts by trigger nightly (schedule)".
func triggersWords(what string, which []string) string {
	if len(which) == 1 {
		return what + " trigger " + which[0]
	}
	return what + " triggers " + list(which)
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
	case plan.KindAPI:
		set(t.api())
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
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil || b.String() == "null\n" {
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
