package project

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/plan"
)

const layered = `
project: shop
defaults:
  tags: {team: a, kind: x}
  lambda: {retention: 7}
environments:
  dev:
    region: eu-west-1
    workflows: {vars: {TOPIC: "${env:TOPIC}"}, logging: {level: ERROR}}
  prod:
    inherit: dev
    account: "${env:ACCOUNT}"
    keep: 9
    tags: {kind: y}
    workflows: {logging: {data: false}}
`

func environment(t *testing.T, text, name string, vars map[string]string) *Environment {
	t.Helper()
	c, err := parseConfig([]byte(text), "stride.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Environment(name, func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestLayers: an environment is stride's settings, the defaults, what it inherits and its own, in this order.
func TestLayers(t *testing.T) {
	got := environment(t, layered, "prod", map[string]string{"TOPIC": "arn:t", "ACCOUNT": "111122223333"})
	want := builtin("prod")
	want.Inherit, want.Account, want.Region, want.Keep = "dev", "111122223333", "eu-west-1", 9
	want.Tags = map[string]string{"team": "a", "kind": "y"}
	want.Lambda.Retention = new(Days(7))
	want.Workflows.Vars = map[string]string{"TOPIC": "arn:t"}
	want.Workflows.Logging.Level, want.Workflows.Logging.Data = "ERROR", new(false)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFunctions: settings of one function win over flow.Function's, and those over the environment's, value by value.
func TestFunctions(t *testing.T) {
	e := environment(t, `
defaults:
  lambda: {memory: 256, env: {A: all, B: all, C: all}, subnets: [subnet-1], timeout: 10s}
  functions:
    payments.Charge: {memory: 512, env: {C: default}}
environments:
  dev: {functions: {payments.Charge: {env: {D: dev}, concurrency: 5}}}
  prod:
    inherit: dev
    functions:
      payments.Charge: {timeout: 5s, tracing: true, retention: 0}
      payments.Refund: {architecture: x86_64}
`, "prod", nil)
	code := flow.FunctionSpec{Memory: 1024, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage, Concurrency: 2, Env: map[string]string{"B": "code"}}
	plain := flow.FunctionSpec{Memory: flow.DefaultMemory, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage}
	variables := map[string]string{"A": "all", "B": "code", "C": "all"}
	for _, tt := range []struct {
		handler string
		spec    flow.FunctionSpec
		want    Lambda
	}{
		{"payments.Charge", code, Lambda{Memory: 512, Timeout: 5 * time.Second, Storage: 512, Concurrency: 5, Architecture: "arm64", Tracing: new(true), Retention: new(Days(0)),
			Subnets: []string{"subnet-1"}, Env: map[string]string{"A": "all", "B": "code", "C": "default", "D": "dev"}}},
		{"payments.Refund", code, Lambda{Memory: 1024, Timeout: 10 * time.Second, Storage: 512, Concurrency: 2, Architecture: "x86_64", Retention: new(Days(30)), Subnets: []string{"subnet-1"}, Env: variables}},
		{"stock.Reserve", plain, Lambda{Memory: 256, Timeout: 10 * time.Second, Storage: 512, Architecture: "arm64", Retention: new(Days(30)), Subnets: []string{"subnet-1"},
			Env: map[string]string{"A": "all", "B": "all", "C": "all"}}},
	} {
		if diff := cmp.Diff(tt.want, e.lambda(tt.handler, &tt.spec)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.handler, diff)
		}
	}
}

// TestAliases: what an anchor stands for is filled in wherever it is used.
func TestAliases(t *testing.T) {
	e := environment(t, "environments: {a: {lambda: {env: &e {k: '${env:V}'}}}, b: {lambda: {env: *e}}}", "b", map[string]string{"V": "w"})
	if e.Lambda.Env["k"] != "w" {
		t.Errorf("env %v", e.Lambda.Env)
	}
}

// TestNames: templates, and names that are cut keep apart.
func TestNames(t *testing.T) {
	e := environment(t, layered, "dev", map[string]string{"TOPIC": ""})
	if got := e.MachineName("shop", "orders", "eu-west-1"); got != "dev-orders" {
		t.Errorf("machine %q", got)
	}
	long := strings.Repeat("a", 90)
	one, two := e.MachineName("shop", long+"1", "eu-west-1"), e.MachineName("shop", long+"2", "eu-west-1")
	if len(one) != maxMachineName || len(two) != maxMachineName || one == two {
		t.Errorf("names of %d and %d characters, equal: %v", len(one), len(two), one == two)
	}
	local := environment(t, "", Local, nil)
	if got := local.MachineName("shop", "orders", "us-east-1"); got != "orders" {
		t.Errorf("local machine %q", got)
	}
}

// FuzzConfig: whatever the text, an environment is refused with a place in the file, or has settings that pass the checks.
func FuzzConfig(f *testing.F) {
	f.Add(layered, "prod")
	f.Add("environments: {local: {inherit: local}}", "local")
	f.Add("environments: {a: {inherit: b}, b: {inherit: a}}", "a")
	f.Add("environments: {a: &a {tags: {x: y}, lambda: {env: &e {k: '${env:V}'}}}, b: {lambda: {env: *e}}}", "b")
	f.Add("environments: {a: {tags: &t {x: *t}}}", "a")
	f.Add("defaults: []\nenvironments: {dev: null}", "dev")
	f.Fuzz(func(t *testing.T, text, name string) {
		c, err := parseConfig([]byte(text), "stride.yaml")
		if err == nil {
			var e *Environment
			e, err = c.Environment(name, func(string) (string, bool) { return "1", true })
			if err == nil && (e.Keep < 2 || e.Workflows.Logging.Data == nil || c.check(e) != nil) {
				t.Errorf("accepted %+v", e)
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "stride.yaml") {
			t.Errorf("no place: %v", err)
		}
	})
}

const triggering = `
environments:
  dev:
    triggers:
      orders:
        nightly: {schedule: "rate(1 day)", timezone: Europe/Berlin, window: 15m, input: {b: 1, a: [x]}}
        uploaded: {bucket: uploads, prefix: in/, suffix: .csv, inputPath: $.detail, enabled: false}
        placed: {pattern: {source: [shop]}, bus: shop}
        checkout: {http: "PUT /orders/{id}", auth: none, errors: {OutOfStock: 409}}
        queued: {queue: "arn:aws:sqs:eu-west-1:111122223333:q", wait: 5s, filter: {body: {n: [1]}}}
`

// TestTriggers: what is declared, as AWS has it.
func TestTriggers(t *testing.T) {
	e := environment(t, triggering, "dev", nil)
	c := composer{Built: &Built{project: &Project{Name: "shop"}, env: e}, desired: &plan.Desired{},
		place: plan.Place{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}}
	m := &plan.Machine{Name: "dev-orders", Workflow: "orders", Type: "EXPRESS", Tags: plan.Tags{}}
	if err := c.triggers(m); err != nil {
		t.Fatal(err)
	}
	const target = "arn:aws:states:eu-west-1:111122223333:stateMachine:dev-orders:current"
	want := map[string]map[string]string{
		"schedule dev-orders-nightly": {"GroupName": "dev-shop", "ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "Europe/Berlin",
			"MaximumWindowInMinutes": "15", "Input": `{"a":["x"],"b":1}`, "Target": target},
		"rule dev-orders-uploaded": {"EventBusName": "default", "InputPath": "$.detail", "Target": target,
			"EventPattern": `{"detail":{"bucket":{"name":["uploads"]},"object":{"key":[{"wildcard":"in/*.csv"}]}},"detail-type":["Object Created"],"source":["aws.s3"]}`},
		"rule dev-orders-placed@shop": {"EventBusName": "shop", "EventPattern": `{"source":["shop"]}`, "Target": target},
		"api dev-orders-checkout":     {"Route": "PUT /orders/{id}", "AuthorizationType": "NONE", "Errors": `{"OutOfStock":409}`, "Target": target},
		"pipe dev-orders-queued": {"Source": "arn:aws:sqs:eu-west-1:111122223333:q", "BatchSize": "10", "MaximumBatchingWindowInSeconds": "5",
			"Filter": `{"body":{"n":[1]}}`, "InvocationType": "REQUEST_RESPONSE", "Target": target},
	}
	got := map[string]map[string]string{}
	for _, trigger := range c.desired.Triggers {
		got[trigger.ID()] = trigger.Settings
		if trigger.Enabled == (trigger.Key == "uploaded") {
			t.Errorf("%s is enabled: %t", trigger.ID(), trigger.Enabled)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if tag := m.Tags[plan.TagTriggers]; tag != "api/checkout pipe/queued rule/placed@shop rule/uploaded schedule/nightly" {
		t.Errorf("the tag lists %q", tag)
	}
	if diff := cmp.Diff(c.desired.Triggers, plan.RecordedTriggers("dev-orders", m.Tags), cmp.Comparer(func(a, b plan.Trigger) bool { return a.ID() == b.ID() }),
		cmpopts.SortSlices(func(a, b plan.Trigger) bool { return a.ID() < b.ID() })); diff != "" {
		t.Errorf("what the tag lists is not what there is:\n%s", diff)
	}
	var roles []string
	for _, r := range c.desired.Roles {
		roles = append(roles, r.Name+" "+r.Policy.String())
	}
	const start = `"Resource":["arn:aws:states:eu-west-1:111122223333:stateMachine:dev-orders"],"Condition":{"StringEquals":{"states:StateMachineQualifier":["current"]}}}`
	for i, part := range []string{start, start, `"sqs:ReceiveMessage"],"Resource":["arn:aws:sqs:eu-west-1:111122223333:q"]`} {
		if !strings.Contains(roles[i], part) {
			t.Errorf("the role %s lacks %s", roles[i], part)
		}
	}
}

// TestInheritedTriggers: those of an environment stand beside inherited ones; one of the same name takes its place, and null takes it away.
func TestInheritedTriggers(t *testing.T) {
	const text = `
defaults: {triggers: {orders: {nightly: {schedule: rate(1 day), window: 5m}, placed: {pattern: {source: [shop]}}, queued: {queue: "arn:aws:sqs:r:a:q"}}}}
environments:
  dev: {triggers: {reports: {weekly: {schedule: rate(7 days)}}}}
  prod:
    inherit: dev
    triggers: {orders: {nightly: {schedule: rate(2 days)}, queued: null, uploaded: {bucket: uploads}}}
`
	words := func(name string) map[string]string {
		out := map[string]string{}
		e := environment(t, text, name, nil)
		for workflow, triggers := range e.Triggers {
			for key, trigger := range triggers {
				out[workflow+"."+key] = trigger.word() + trigger.Schedule + trigger.Window.String()
			}
		}
		return out
	}
	shared := map[string]string{"orders.nightly": "schedulerate(1 day)5m0s", "orders.placed": "pattern0s", "orders.queued": "queue0s", "reports.weekly": "schedulerate(7 days)0s"}
	if diff := cmp.Diff(shared, words("dev")); diff != "" {
		t.Errorf("dev (-want +got):\n%s", diff)
	}
	want := map[string]string{"orders.nightly": "schedulerate(2 days)0s", "orders.placed": "pattern0s", "orders.uploaded": "bucket0s", "reports.weekly": "schedulerate(7 days)0s"}
	if diff := cmp.Diff(want, words("prod")); diff != "" {
		t.Errorf("prod (-want +got):\n%s", diff)
	}
}

// TestTriggerMistakes: each declaration, and a part of what is said about it.
func TestTriggerMistakes(t *testing.T) {
	for _, tt := range []struct{ trigger, want string }{
		{`{}`, "it has one of bucket, http, pattern, queue and schedule"}, {`{schedule: "rate(1 day)", bucket: b}`, "it has one of"},
		{`{schedule: daily}`, `schedule is "daily"`}, {`{queue: orders}`, "it is the ARN of an SQS queue"}, {`{bucket: b, timezone: UTC}`, "timezone does not go with it"},
		{`{schedule: "rate(1 day)", window: 90s}`, "it is whole minutes"}, {`{pattern: {a: [b]}, input: {}, inputPath: $.a}`, "input or inputPath, not both"},
		{`{schedule: "rate(1 day)", tz: UTC}`, `unknown key "environments.dev.triggers.orders.x.tz"`}, {`{bucket: b, enabled: maybe}`, "which is no true or false"},
		{`{http: /orders}`, `http is "/orders"; it is a method and a path`}, {`{http: "POST /a b"}`, "http is"}, {`{http: "GET /{a+}"}`, "http is"}, {`{http: "POST /x", auth: open}`, `auth is "open"`},
		{`{http: "POST /x", errors: {Gone: 200}}`, `errors.Gone is "200"; it is 400 to 599`}, {`{http: "POST /x", errors: {"a$b": 404}}`, "errors.a$b: the name has other characters"},
		{`{http: "POST /x", input: {}}`, "input does not go with it"}, {`{bucket: b, auth: none}`, "auth does not go with it"},
	} {
		c, err := parseConfig([]byte("environments: {dev: {triggers: {orders: {x: "+tt.trigger+"}}}}"), "stride.yaml")
		if err == nil {
			_, err = c.Environment("dev", nil)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.trigger, err, tt.want)
		}
	}
}
