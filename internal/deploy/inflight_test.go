package deploy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/value"
)

// held is a machine whose executions stop at an activity, then would call a function, and say which deploy made what they run.
const held = `{"StartAt": "Hold", "States": {
	"Hold": {"Type": "Task", "Resource": "${activity:hold}", "ResultPath": null, "Next": "Free"},
	"Free": {"Type": "Choice", "Choices": [{"Variable": "$.charge", "IsPresent": true, "Next": "Charge"}], "Default": "Say"},
	"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${fn:pay.Charge}"}, "Next": "Say"},
	"Say": {"Type": "Pass", "Result": %d, "End": true}}}`

// mixed is the shop with each part of a generation of its own, and a machine that says which deploy made it.
func mixed(t *testing.T, place plan.Place, r *rand.Rand, deploy int) (*plan.Desired, map[string]string) {
	t.Helper()
	d, zips := shop(t, place, 1+r.IntN(3))
	for i := range d.Functions {
		other, otherZips := shop(t, place, 1+r.IntN(3))
		d.Functions[i] = other.Functions[i]
		zips[d.Functions[i].Name] = otherZips[d.Functions[i].Name]
	}
	definition, err := value.Parse(fmt.Sprintf(held, deploy))
	if err != nil {
		t.Fatal(err)
	}
	d.Machines[0].Definition = definition
	d.Machines[0].Tracing = r.IntN(2) == 0
	return d, zips
}

// TestInFlight: executions that were started before each of 50 deploys of random changes, with what nobody needs collected after each,
// all end as the version says that they were started on, and the function versions that they would have called are there until then.
func TestInFlight(t *testing.T) {
	const deploys = 50
	c := newCloud(t)
	clients := c.clients()
	states, functions := clients.States.(*sfn.Client), clients.Lambda.(*lambda.Client)
	place := identify(t, clients)
	machine := place.ARN("states", "stateMachine:test-orders")
	if _, err := states.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("hold")}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{} // execution -> output
	for deploy := range deploys {
		d, zips := mixed(t, place, r, deploy)
		must(t, c, d, zips)
		collected(t, c, d)
		out, err := states.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine + ":current")})
		if err != nil {
			t.Fatal(err)
		}
		want[aws.ToString(out.ExecutionArn)] = fmt.Sprint(deploy)
	}
	for execution := range want {
		out, err := states.DescribeStateMachineForExecution(t.Context(), &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &execution})
		if err != nil {
			t.Fatal(err)
		}
		definition, err := value.Parse(aws.ToString(out.Definition))
		if err != nil {
			t.Fatal(err)
		}
		for name, version := range plan.PinsOf(&plan.Machine{Definition: definition}) {
			if _, err := functions.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: &name, Qualifier: &version}); err != nil {
				t.Errorf("%s calls %s:%s: %v", execution, name, version, err)
			}
		}
	}
	for range want {
		task, err := states.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: aws.String(place.ARN("states", "activity:hold"))})
		if err == nil {
			_, err = states.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: aws.String("{}")})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for execution := range want {
		status := awaitEnd(t, clients, execution)
		out, err := states.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			t.Fatal(err)
		}
		got[execution] = strings.TrimPrefix(status+" "+aws.ToString(out.Output), "SUCCEEDED ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	d, _ := mixed(t, place, r, deploys)
	collected(t, c, d)
	if n := len(inventory(t, c, d).Machines[0].Versions); n != 2 {
		t.Errorf("when all have ended, %d versions are left, want 2", n)
	}
}
