package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

// TestRecordedStates runs the states that were tested on AWS with TestState. Requests that AWS refused are the API's affair.
func TestRecordedStates(t *testing.T) {
	passed, total := 0, 0
	for _, file := range judges.Files(t, "conformance", "test_state", "*.json") {
		c := loadCase(t, file)
		expected, err := value.Parse(string(c.Expected))
		if err != nil {
			continue
		}
		for i, s := range c.Steps {
			if s.Call != "stepfunctions:TestState" || len(s.Expect) == 0 {
				continue
			}
			want, _ := expected.Get(s.Expect[0].Key)
			if status, ok := want.Get("status"); !ok || !status.Defined() {
				continue
			}
			total++
			name := fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".json"), i)
			if t.Run(name, func(t *testing.T) { checkState(t, c, s.Params, want) }) {
				passed++
			}
		}
	}
	t.Logf("%d of %d recorded states", passed, total)
}

func checkState(t *testing.T, c *recordedCase, params map[string]any, want value.Value) {
	res, err := testFrom(t, params).Do(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := &recording{c: c}
	got := response(res, params["inspectionLevel"] != "INFO" && params["inspectionLevel"] != nil)
	want = without(want, "ResponseMetadata")
	if err := rec.match("answer", want, unstring(got)); err != nil {
		t.Errorf("%v\n got %s\nwant %s", err, unstring(got), want)
	}
}

func without(v value.Value, name string) value.Value {
	var members []value.Member
	for _, m := range v.Members() {
		if m.Name != name {
			members = append(members, m)
		}
	}
	return value.OfObject(members)
}

// param is a parameter that AWS takes as JSON in a string and the cases show as JSON or as the string.
func param(t *testing.T, params map[string]any, name string) (v value.Value) {
	x, ok := params[name]
	if !ok {
		return v
	}
	text, ok := x.(string)
	if !ok {
		raw, _ := json.Marshal(x)
		text = string(raw)
	}
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testFrom(t *testing.T, params map[string]any) *Test {
	tree, name := param(t, params, "definition"), testStateName
	if _, ok := tree.Get("States"); ok {
		name, _ = params["stateName"].(string)
	} else {
		tree = object(str("StartAt", name), member("States", object(member(name, tree))))
	}
	input := param(t, params, "input")
	if !input.Defined() {
		input = emptyObject
	}
	role, _ := params["roleArn"].(string)
	test := &Test{Definition: asl.FromValue(tree), State: name, Variables: param(t, params, "variables").Members(),
		Context: param(t, params, "context"),
		Execution: &Execution{ARN: "arn:aws:states:us-east-1:000000000000:express:m:e", Name: "e", Input: input, RoleARN: role,
			MachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", MachineName: "m", Express: true, StartTime: time.Now()}}
	if mock, ok := params["mock"].(map[string]any); ok {
		test.Mock = &Mock{}
		if text, ok := mock["result"].(string); ok {
			test.Mock.Result = history.Verbatim(text)
		}
		if e, ok := mock["errorOutput"].(map[string]any); ok {
			test.Mock.Failure = &Failure{Error: e["error"].(string), Cause: history.Verbatim(e["cause"].(string))}
		}
	}
	if config, ok := params["stateConfiguration"].(map[string]any); ok {
		if n, ok := config["retrierRetryCount"].(float64); ok {
			test.Retries = int(n)
		}
		if n, ok := config["mapIterationFailureCount"].(float64); ok {
			test.FailedIterations = int(n)
		}
	}
	return test
}

func response(res *TestResult, inspect bool) value.Value {
	members := []value.Member{str("status", string(res.Status))}
	add := func(name string, text history.Text) {
		if text.Present() {
			members = append(members, str(name, text.String()))
		}
	}
	add("output", res.Output)
	add("error", res.Error)
	add("cause", res.Cause)
	if res.NextState != "" {
		members = append(members, str("nextState", res.NextState))
	}
	if inspect {
		members = append(members, member("inspectionData", inspectionData(&res.Data)))
	}
	return value.OfObject(members)
}

func inspectionData(d *Inspection) value.Value {
	var members []value.Member
	for name, v := range map[string]value.Value{
		"input": d.Input, "afterInputPath": d.AfterInputPath, "afterParameters": d.AfterParameters, "afterArguments": d.AfterArguments,
		"result": d.Result, "afterResultSelector": d.AfterResultSelector, "afterResultPath": d.AfterResultPath,
		"afterItemsPath": d.AfterItemsPath,
	} {
		if v.Defined() {
			members = append(members, str(name, Spaced(v)))
		}
	}
	if len(d.Variables) > 0 {
		members = append(members, member("variables", value.OfObject(d.Variables)))
	}
	count := func(name string, n *int) {
		if n != nil {
			members = append(members, member(name, value.OfInt(int64(*n))))
		}
	}
	count("maxConcurrency", d.MaxConcurrency)
	count("toleratedFailureCount", d.ToleratedFailureCount)
	outer := members
	members = nil
	count("catchIndex", d.CatchIndex)
	count("retryIndex", d.RetryIndex)
	if d.RetryDelay > 0 {
		members = append(members, member("retryBackoffIntervalSeconds", value.OfInt(int64(d.RetryDelay/time.Second))))
	}
	if len(members) > 0 {
		outer = append(outer, member("errorDetails", value.OfObject(members)))
	}
	return value.OfObject(outer)
}
