package deploy

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/stride-aws/stride/internal/plan"
)

// TestStaleTriggers: a trigger that the project no longer has is removed, and the machine's tags no longer list it.
func TestStaleTriggers(t *testing.T) {
	c := newCloud(t)
	clients := c.clients()
	place := identify(t, clients)
	there := func(kind plan.Kind, name string) bool {
		live, err := clients.readTrigger(t.Context(), place, &plan.Trigger{Kind: kind, Name: name, Tags: plan.Tags{plan.TagProject: "shop", plan.TagEnv: "test"}}, "test-shop")
		if err != nil {
			t.Fatal(err)
		}
		return live != nil
	}
	for _, step := range []struct {
		generation     int
		schedule, rule bool
		tag            string
	}{{2, true, true, "api/checkout rule/placed schedule/daily"}, {3, false, true, "pipe/queued rule/placed"}, {1, true, false, "api/checkout pipe/queued schedule/daily"}} {
		d, zips := shop(t, place, step.generation)
		must(t, c, d, zips)
		if there(plan.KindSchedule, "test-orders-daily") != step.schedule || there(plan.KindAPI, "test-orders-checkout") != step.schedule || there(plan.KindRule, "test-orders-placed") != step.rule {
			t.Errorf("generation %d: the schedule is there: %t, the rule: %t", step.generation, !step.schedule, !step.rule)
		}
		tags, err := clients.machineTags(t.Context(), place.ARN("states", "stateMachine:test-orders"))
		if err != nil || tags[plan.TagTriggers] != step.tag {
			t.Errorf("generation %d: the tag lists %q, %v", step.generation, tags[plan.TagTriggers], err)
		}
	}
	d, zips := shop(t, place, 1)
	d.Triggers = nil
	delete(d.Machines[0].Tags, plan.TagTriggers)
	must(t, c, d, zips)
	if there(plan.KindSchedule, "test-orders-daily") || there(plan.KindPipe, "test-orders-queued") || there(plan.KindAPI, "test-orders-checkout") {
		t.Error("the last triggers are still there")
	}
}

// TestTriggerStarts: a bucket's object and an event on the bus start executions through the alias, as the roles that the deploy made.
func TestTriggerStarts(t *testing.T) {
	c := newCloud(t)
	clients := c.clients()
	place := identify(t, clients)
	objects := clients.S3.(*s3.Client)
	if _, err := objects.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("uploads")}); err != nil {
		t.Fatal(err)
	}
	d, zips := shop(t, place, 2)
	upload := d.Triggers[2]
	upload.Key, upload.Name = "uploaded", "test-orders-uploaded"
	upload.Settings = map[string]string{"EventBusName": "default", "Target": upload.Settings["Target"], "InputPath": "$.detail.object.key",
		"EventPattern": `{"detail":{"bucket":{"name":["uploads"]},"object":{"key":[{"prefix":"in/"}]}},"detail-type":["Object Created"],"source":["aws.s3"]}`}
	d.Triggers, d.EventBuckets = append(d.Triggers, upload), []string{"uploads"}
	d.Machines[0].Tags[plan.TagTriggers] = plan.TriggersTag(d.Triggers)
	for i := range d.Roles {
		if d.Roles[i].Name == "test-orders-events" {
			d.Roles[i].Policy.Statement[0].Action, d.Roles[i].Policy.Statement[0].Resource = []string{"states:StartExecution"}, []string{place.ARN("states", "stateMachine:test-orders")}
		}
	}
	must(t, c, d, zips)
	for _, key := range []string{"out/1", "in/2"} {
		if _, err := objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("uploads"), Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := clients.Events.(*eventbridge.Client).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
		{Source: aws.String("shop-2"), DetailType: aws.String("Placed"), Detail: aws.String(`{"order":7}`)},
		{Source: aws.String("shop-1"), DetailType: aws.String("Placed"), Detail: aws.String(`{"order":8}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	states := clients.States.(*sfn.Client)
	out, err := states.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: aws.String(place.ARN("states", "stateMachine:test-orders:current"))})
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]bool{}
	for _, e := range out.Executions {
		one, err := states.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		inputs[aws.ToString(one.Input)] = true
	}
	if len(out.Executions) != 2 || !inputs[`"in/2"`] || !inputs[`{"order":7}`] {
		t.Errorf("the executions have inputs %v", inputs)
	}
}

// TestPaced: API Gateway takes few calls of an account that make, deploy or delete APIs; a deploy waits for their turn.
func TestPaced(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := shop(t, place, 1)
	busy := map[string]int{}
	c.disturb = func(_ int, name string) disturbance {
		method, _, _ := strings.Cut(name, " ")
		if !strings.Contains(name, "/restapis") || method == "GET" {
			return disturbance{}
		}
		parts := strings.Split(name, "/")
		if busy[method+parts[len(parts)-1]]++; busy[method+parts[len(parts)-1]] > 12 {
			return disturbance{}
		}
		return disturbance{status: 429, code: "TooManyRequestsException"}
	}
	if _, err := deployment(t.Context(), c.clients(), d, zips); err != nil {
		t.Fatal(err)
	}
	if err := destroy(t.Context(), c.clients(), place); err != nil {
		t.Fatal(err)
	}
	if len(busy) != 4 {
		t.Errorf("busy were %v; want the calls that create, put, deploy and delete", busy)
	}
}
