package cost

import (
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/asl"
)

// TestLongestWay has a choice of which one side is longer, a loop, a Map, a Parallel and a catcher that no way takes.
func TestLongestWay(t *testing.T) {
	d, err := asl.Parse(`{"StartAt": "Big?", "States": {
		"Big?": {"Type": "Choice", "Choices": [{"Variable": "$.big", "BooleanEquals": true, "Next": "Each"}], "Default": "Done"},
		"Each": {"Type": "Map", "Next": "Both", "ItemProcessor": {"StartAt": "Pack", "States": {
			"Pack": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "arn:aws:lambda:r:0:function:pack:3"}, "End": true}}}},
		"Both": {"Type": "Parallel", "Next": "Again?", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}], "Branches": [
			{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:r:0:function:a", "End": true}}},
			{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Next": "C"}, "C": {"Type": "Pass", "End": true}}}]},
		"Again?": {"Type": "Choice", "Choices": [{"Variable": "$.again", "BooleanEquals": true, "Next": "Big?"}], "Default": "Done"},
		"Undo": {"Type": "Pass", "Next": "Undone"},
		"Undone": {"Type": "Pass", "Next": "Done"},
		"Done": {"Type": "Succeed"}}}`, "test.json")
	if err != nil {
		t.Fatal(err)
	}
	u := LongestWay(&d.Machine, func(name string) int { return map[string]int{"pack": 1024}[name] })
	if u.Transitions != 9 || u.Invocations != 2 || u.Duration != 200*time.Millisecond {
		t.Errorf("%+v", u)
	}
	if want := 0.1*1 + 0.1*0.125; u.LambdaGBs != want {
		t.Errorf("%v GB-s, want %v", u.LambdaGBs, want)
	}
}
