package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/machine"
)

// client calls a service as the SDKs do, with JSON.
type client struct {
	t *testing.T
	*Service
}

func newClient(t *testing.T, o Options) *client {
	return &client{t, New(o).Service("000000000000", "us-east-1")}
}

// must calls an operation that has to succeed.
func (c *client) must(operation string, params map[string]any) map[string]any {
	c.t.Helper()
	answer, code := c.try(operation, params)
	if code != "" {
		c.t.Fatalf("%s: %s", operation, code)
	}
	return answer
}

// try calls an operation; an error comes as "Code: message".
func (c *client) try(operation string, params map[string]any) (map[string]any, string) {
	c.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := c.Call(context.Background(), operation, body)
	var refused *Error
	if errors.As(err, &refused) {
		return nil, refused.Error()
	}
	if err != nil {
		c.t.Fatalf("%s: %v", operation, err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		c.t.Fatalf("%s: %v: %s", operation, err, text)
	}
	return answer, ""
}

const passes = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`

// machine makes a machine and gives its ARN.
func (c *client) machine(name, definition, kind string) string {
	c.t.Helper()
	return c.must("CreateStateMachine", map[string]any{"name": name, "definition": definition, "type": kind, "roleArn": "arn:aws:iam::000000000000:role/r"})["stateMachineArn"].(string)
}

// run starts an execution and waits for its end.
func (c *client) run(machineARN, input string) *execution {
	c.t.Helper()
	arn := c.must("StartExecution", map[string]any{"stateMachineArn": machineARN, "input": input})["executionArn"].(string)
	e, err := c.executionOf(arn)
	if err != nil {
		c.t.Fatal(err)
	}
	<-e.done
	return e
}

func TestNames(t *testing.T) {
	c := newClient(t, Options{})
	for name, want := range map[string]string{
		"fine-name_1.x": "", "ünïcode": "", strings.Repeat("a", 80): "",
		"a b": "InvalidName", "a/b": "InvalidName", "a\x7f": "InvalidName", "a:b": "InvalidName", strings.Repeat("a", 81): "ValidationException", "": "ValidationException",
	} {
		_, got := c.try("CreateStateMachine", map[string]any{"name": name, "definition": passes, "roleArn": "arn:aws:iam::000000000000:role/r"})
		if code, _, _ := strings.Cut(got, ":"); code != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestStartIsIdempotentWhileItRuns(t *testing.T) {
	c := newClient(t, Options{})
	arn := c.machine("w", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":600,"End":true}}}`, "")
	start := map[string]any{"stateMachineArn": arn, "name": "one", "input": `{"a":1}`}
	first, again := c.must("StartExecution", start), c.must("StartExecution", start)
	if fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("the same start: %v, then %v", first, again)
	}
	start["input"] = `{"a":2}`
	if _, got := c.try("StartExecution", start); !strings.HasPrefix(got, "ExecutionAlreadyExists") {
		t.Errorf("another input: %s", got)
	}
	c.must("StopExecution", map[string]any{"executionArn": first["executionArn"], "error": "E", "cause": "c"})
	start["input"] = `{"a":1}`
	if _, got := c.try("StartExecution", start); !strings.HasPrefix(got, "ExecutionAlreadyExists") {
		t.Errorf("after its end: %s", got)
	}
	d := c.must("DescribeExecution", map[string]any{"executionArn": first["executionArn"]})
	if d["status"] != "ABORTED" || d["error"] != "E" || d["cause"] != "c" {
		t.Errorf("stopped: %v", d)
	}
}

func TestListsPageByStatus(t *testing.T) {
	c := newClient(t, Options{})
	arn := c.machine("m", `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","BooleanEquals":true,"Next":"F"}],"Default":"S"},"F":{"Type":"Fail"},"S":{"Type":"Succeed"}}}`, "")
	for i := range 25 {
		c.run(arn, fmt.Sprintf(`{"fail":%v}`, i%5 == 0))
	}
	for filter, want := range map[string]int{"": 25, "FAILED": 5, "SUCCEEDED": 20, "RUNNING": 0} {
		params := map[string]any{"stateMachineArn": arn, "maxResults": 4}
		if filter != "" {
			params["statusFilter"] = filter
		}
		if got := len(c.all("ListExecutions", "executions", params)); got != want {
			t.Errorf("%q: %d executions, want %d", filter, got, want)
		}
	}
}

// all reads all pages of a list.
func (c *client) all(operation, member string, params map[string]any) (items []any) {
	for {
		answer := c.must(operation, params)
		items = append(items, answer[member].([]any)...)
		next, more := answer["nextToken"]
		if !more {
			return items
		}
		params["nextToken"] = next
	}
}

func TestHistoryPagesBothWays(t *testing.T) {
	c := newClient(t, Options{})
	e := c.run(c.machine("m", passes, ""), "{}")
	for _, reverse := range []bool{false, true} {
		params := map[string]any{"executionArn": e.run.ARN, "maxResults": 3, "reverseOrder": reverse}
		var ids []string
		for _, ev := range c.all("GetExecutionHistory", "events", params) {
			ids = append(ids, fmt.Sprint(ev.(map[string]any)["id"]))
		}
		want := map[bool]string{false: "1 2 3 4", true: "4 3 2 1"}[reverse]
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("reverse %v: %s, want %s", reverse, got, want)
		}
	}
	if _, got := c.try("GetExecutionHistory", map[string]any{"executionArn": e.run.ARN, "nextToken": "x"}); !strings.HasPrefix(got, "InvalidToken") {
		t.Errorf("a token of nobody's: %s", got)
	}
}

func TestTokenMayAnswerBeforeTheTaskIsSubmitted(t *testing.T) {
	submitted := make(chan machine.Replier, 1)
	tokens := make(chan string, 1)
	c := newClient(t, Options{StartTask: func(_ context.Context, task *machine.Task, r machine.Replier) {
		tokens <- task.Token
		submitted <- r
	}})
	arn := c.machine("w", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters":{"QueueUrl":"u","MessageBody":{"t.$":"$$.Task.Token"}},"End":true}}}`, "")
	started := c.must("StartExecution", map[string]any{"stateMachineArn": arn})
	e, err := c.executionOf(started["executionArn"].(string))
	if err != nil {
		t.Fatal(err)
	}
	token := <-tokens
	c.must("SendTaskHeartbeat", map[string]any{"taskToken": token})
	c.must("SendTaskSuccess", map[string]any{"taskToken": token, "output": `"early"`})
	(<-submitted).Submitted(textOf(new(string)))
	<-e.done
	if got := c.must("DescribeExecution", map[string]any{"executionArn": e.run.ARN})["output"]; got != `"early"` {
		t.Errorf("output %v", got)
	}
	if _, got := c.try("SendTaskFailure", map[string]any{"taskToken": token}); !strings.HasPrefix(got, "TaskTimedOut") {
		t.Errorf("answered again: %s", got)
	}
}

func TestRedriveGoesOnFromTheFailure(t *testing.T) {
	attempts := 0
	c := newClient(t, Options{StartTask: func(_ context.Context, task *machine.Task, r machine.Replier) {
		if attempts++; attempts == 1 {
			r.Failed(machine.Failure{Error: "Boom"})
			return
		}
		r.Succeeded(textOf(ptr(`"done"`)))
	}})
	arn := c.machine("r", `{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"T"},"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`, "")
	e := c.run(arn, "{}")
	first := c.must("RedriveExecution", map[string]any{"executionArn": e.run.ARN, "clientToken": "k"})
	e.mu.Lock()
	done := e.done
	e.mu.Unlock()
	<-done
	if again := c.must("RedriveExecution", map[string]any{"executionArn": e.run.ARN, "clientToken": "k"}); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the same token: %v, then %v", first, again)
	}
	d := c.must("DescribeExecution", map[string]any{"executionArn": e.run.ARN})
	if d["status"] != "SUCCEEDED" || d["redriveCount"] != 1.0 || attempts != 2 {
		t.Errorf("after %d attempts: %v", attempts, d)
	}
	var types []string
	for _, ev := range c.all("GetExecutionHistory", "events", map[string]any{"executionArn": e.run.ARN}) {
		types = append(types, ev.(map[string]any)["type"].(string))
	}
	if got := strings.Count(strings.Join(types, " "), "PassStateEntered"); got != 1 {
		t.Errorf("the Pass state ran %d times: %v", got, types)
	}
}

// TestRedriveOfFail: an execution that a Fail state ended is FAILED as any other: the state is entered once more and fails again.
func TestRedriveOfFail(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := machine.NewVirtualClock(now)
	c := newClient(t, Options{Clock: clock})
	e := c.run(c.machine("f", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Boom"}}}`, ""), "{}")
	c.must("RedriveExecution", map[string]any{"executionArn": e.run.ARN})
	e.mu.Lock()
	done := e.done
	e.mu.Unlock()
	<-done
	d := c.must("DescribeExecution", map[string]any{"executionArn": e.run.ARN})
	if d["status"] != "FAILED" || d["error"] != "Boom" || d["redriveCount"] != 1.0 || d["redriveStatus"] != "REDRIVABLE" {
		t.Errorf("redriven: %v", d)
	}
	clock.Hold(1)
	clock.Wait(context.Background(), now.Add(redrivablePeriod+time.Hour), nil)
	_, got := c.try("RedriveExecution", map[string]any{"executionArn": e.run.ARN})
	if got != "ExecutionNotRedrivable: Execution redrivable period exceeded" {
		t.Errorf("after 14 days: %q", got)
	}
}

func ptr(s string) *string { return &s }

func TestRetentionForgetsTheOldest(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := machine.NewVirtualClock(now)
	c := newClient(t, Options{Clock: clock})
	arn := c.machine("m", passes, "")
	old := c.run(arn, "{}")
	clock.Hold(1)
	clock.Wait(context.Background(), now.Add(keptFor+time.Hour), nil)
	young := c.run(arn, "{}")
	if _, got := c.try("DescribeExecution", map[string]any{"executionArn": old.run.ARN}); !strings.HasPrefix(got, "ExecutionDoesNotExist") {
		t.Errorf("an execution of 90 days ago: %q", got)
	}
	list := c.all("ListExecutions", "executions", map[string]any{"stateMachineArn": arn})
	if len(list) != 1 || list[0].(map[string]any)["executionArn"] != young.run.ARN {
		t.Errorf("listed: %v", list)
	}
}

func TestIndexSweeps(t *testing.T) {
	ix := &index{}
	var all []*execution
	for i := range 1000 {
		e := &execution{seq: int64(i + 1), status: machine.RunningStatus}
		ix.add(e)
		all = append(all, e)
	}
	for i, e := range all {
		if i%10 != 0 {
			e.status = machine.Succeeded
			ix.move(e, machine.RunningStatus, machine.Succeeded)
		}
	}
	if n := len(ix.of("RUNNING").items); n > 300 {
		t.Errorf("%d entries for 100 running executions", n)
	}
	if n := len(ix.of("SUCCEEDED").items); n != 900 {
		t.Errorf("%d entries for 900 succeeded executions", n)
	}
	previous := ix.all.end()
	for at := previous; at > 0; {
		n := 0
		at = ix.all.descend(at, func(e *execution) bool {
			if n++; n > 7 {
				return false
			}
			if e.seq >= previous {
				t.Fatalf("execution %d after %d", e.seq, previous)
			}
			previous = e.seq
			return true
		})
	}
	if previous != 1 {
		t.Errorf("pages end at %d", previous)
	}
}

func TestConstraintsAreListedTogether(t *testing.T) {
	c := newClient(t, Options{})
	_, got := c.try("ListExecutions", map[string]any{"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m", "maxResults": 1001, "statusFilter": "x"})
	want := "ValidationException: 2 validation errors detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000; " +
		"Value 'x' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestChildrenOfAMapRunAreExecutions(t *testing.T) {
	c := newClient(t, Options{})
	arn := c.machine("d", `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`, "")
	e := c.run(arn, "[1,2,3]")
	runs := c.all("ListMapRuns", "mapRuns", map[string]any{"executionArn": e.run.ARN})
	if len(runs) != 1 {
		t.Fatalf("map runs: %v", runs)
	}
	run := runs[0].(map[string]any)["mapRunArn"]
	children := c.all("ListExecutions", "executions", map[string]any{"mapRunArn": run, "maxResults": 2})
	if len(children) != 3 {
		t.Fatalf("children: %v", children)
	}
	child := c.must("DescribeExecution", map[string]any{"executionArn": children[0].(map[string]any)["executionArn"]})
	if child["stateMachineArn"] != arn+"/L" || child["mapRunArn"] != run || child["status"] != "SUCCEEDED" {
		t.Errorf("a child: %v", child)
	}
	if d := c.must("DescribeMapRun", map[string]any{"mapRunArn": run}); d["status"] != "SUCCEEDED" || d["itemCounts"].(map[string]any)["succeeded"] != 3.0 {
		t.Errorf("the map run: %v", d)
	}
}

func TestVariableReferences(t *testing.T) {
	c := newClient(t, Options{})
	arn := c.machine("v", `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"x":1,"y.$":"$.y"},"Next":"B"},
		"B":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"sum":"{% $x + $states.input.z + $y %}"},"Next":"C"},
		"C":{"Type":"Pass","Parameters":{"a.$":"$x","b.$":"States.Format('{} $no', $y)","c.$":"$.x","d.$":"$$.State.Name"},"End":true}}}`, "")
	got := fmt.Sprint(c.must("DescribeStateMachine", map[string]any{"stateMachineArn": arn})["variableReferences"])
	if want := "map[B:[x y] C:[x y]]"; got != want {
		t.Errorf("references %s, want %s", got, want)
	}
}
