package machine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// runEvents runs a definition on a virtual clock and shows its events, one a line: "id<-previous Type details".
func runEvents(t *testing.T, definition, input string, start func(context.Context, *Task, Replier)) (Result, []string) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var lines []string
	env := &Env{Clock: NewVirtualClock(at), StartTask: start, Random: func() float64 { return 0.5 }}
	env.Emit = func(e *history.Event) {
		line := fmt.Sprintf("%d<-%d %s", e.ID, e.PreviousID, e.Type)
		if d := e.Details; d != nil {
			for _, text := range []string{d.Name, d.Error.String(), d.Cause.String()} {
				if text != "" {
					line += " " + text
				}
			}
		}
		lines = append(lines, line)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	exec := &Execution{ARN: testARN, MachineName: "machine", StartTime: at, Input: mustParse(t, input)}
	return mustCompile(t, definition).Run(ctx, exec, env), lines
}

func failTask(_ context.Context, task *Task, r Replier) {
	switch {
	case task.State == "Hang":
		r.Park()
	default:
		r.Failed(Failure{Error: "MyError", Cause: history.Verbatim("my cause")})
	}
}

// Chains and texts that recordings in the conformance suite do not reach; seen on AWS in us-east-1 (floci issue 2868).
func TestEvents(t *testing.T) {
	for _, test := range []struct{ name, definition, input, want string }{
		{"runtime error in a branch", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"Fast","States":{"Fast":{"Type":"Pass","Parameters":{"m.$":"$.nope"},"End":true}}}],"End":true}}}`, `{"x":"a"}`, `
			1<-0 ExecutionStarted
			2<-0 ParallelStateEntered P
			3<-2 ParallelStateStarted
			4<-3 PassStateEntered Fast
			5<-4 ExecutionFailed States.Runtime An error occurred while executing the state 'Fast' (entered at the event id #4). The JSONPath '$.nope' specified for the field 'm.$' could not be found in the input '{"x":"a"}'`},
		{"failure after the branches", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"Ok","States":{"Ok":{"Type":"Pass","End":true}}}],"ResultSelector":{"m.$":"$.nope"},"End":true}}}`, `{"x":"a"}`, `
			1<-0 ExecutionStarted
			2<-0 ParallelStateEntered P
			3<-2 ParallelStateStarted
			4<-3 PassStateEntered Ok
			5<-4 PassStateExited Ok
			6<-5 ParallelStateSucceeded
			7<-6 ExecutionFailed States.Runtime An error occurred while executing the state 'P' (entered at the event id #2). The JSONPath '$.nope' specified for the field 'm.$' could not be found in the input '[{"x":"a"}]'`},
		{"task failure in a branch, caught", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"Send","States":{"Send":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true}}}],
			"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Handled"}],"End":true},"Handled":{"Type":"Pass","End":true}}}`, `{}`, `
			1<-0 ExecutionStarted
			2<-0 ParallelStateEntered P
			3<-2 ParallelStateStarted
			4<-3 TaskStateEntered Send
			5<-4 TaskScheduled
			6<-5 TaskStarted
			7<-6 TaskFailed MyError my cause
			8<-7 TaskStateAborted
			9<-7 ParallelStateFailed
			10<-9 ParallelStateExited P
			11<-10 PassStateEntered Handled
			12<-11 PassStateExited Handled
			13<-12 ExecutionSucceeded`},
		{"failing iteration cuts the others", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"Route","States":{
			"Route":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":0,"Next":"Hang"}],"Default":"Boom"},
			"Hang":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true},
			"Boom":{"Type":"Fail","Error":"Boom"}}},"End":true}}}`, `[0,1]`, `
			1<-0 ExecutionStarted
			2<-0 MapStateEntered M
			3<-2 MapStateStarted
			4<-3 MapIterationStarted M
			5<-3 MapIterationStarted M
			6<-4 ChoiceStateEntered Route
			7<-6 ChoiceStateExited Route
			8<-7 TaskStateEntered Hang
			9<-8 TaskScheduled
			10<-5 ChoiceStateEntered Route
			11<-10 ChoiceStateExited Route
			12<-11 FailStateEntered Boom
			13<-12 MapIterationAborted M
			14<-12 TaskStateAborted
			15<-12 MapIterationFailed M
			16<-12 MapStateFailed
			17<-16 ExecutionFailed Boom`},
		{"no items", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}`, `[]`, `
			1<-0 ExecutionStarted
			2<-0 MapStateEntered M
			3<-2 MapStateStarted
			4<-3 MapStateSucceeded
			5<-3 MapStateExited M
			6<-5 ExecutionSucceeded`},
		{"no choice", `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.x","StringEquals":"never","Next":"D"}]},"D":{"Type":"Succeed"}}}`, `{"x":"a"}`, `
			1<-0 ExecutionStarted
			2<-0 ChoiceStateEntered C
			3<-2 ExecutionFailed States.Runtime An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.`},
		{"missing argument of an intrinsic function", `{"StartAt":"M","States":{"M":{"Type":"Pass","Parameters":{"v.$":"States.Format('{}', $.nope)"},"End":true}}}`, `{"other":1}`, `
			1<-0 ExecutionStarted
			2<-0 PassStateEntered M
			3<-2 ExecutionFailed States.Runtime An error occurred while executing the state 'M' (entered at the event id #2). The function 'States.Format('{}', $.nope)' had the following error: The JsonPath argument for the field '$.nope' could not be found in the input '{"other":1}'`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, got := runEvents(t, test.definition, test.input, failTask)
			want := strings.Split(strings.TrimSpace(test.want), "\n")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRetriesAreCountedByState: a state that was retried leaves nothing to one that has more retriers.
func TestRetriesAreCountedByState(t *testing.T) {
	result, lines := runEvents(t, `{"StartAt":"One","States":{
		"One":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Retry":[{"ErrorEquals":["MyError"],"MaxAttempts":1}],
			"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Two"}],"End":true},
		"Two":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",
			"Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["MyError"],"MaxAttempts":2}],"End":true}}}`, `{}`, failTask)
	if n := strings.Count(strings.Join(lines, "\n"), "TaskFailed MyError"); result.Status != Failed || n != 2+3 {
		t.Errorf("%s after %d failures, want 5", result.Status, n)
	}
}

// TestTooLarge: what a task answers may be caught, what a state puts out may not.
func TestTooLarge(t *testing.T) {
	large := strings.Repeat("a", MaxPayload)
	answer := func(_ context.Context, _ *Task, r Replier) { r.Succeeded(history.Verbatim(`"` + large + `"`)) }
	caught := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Succeed"}}}`
	if res, _ := runEvents(t, caught, `{}`, answer); res.Status != Succeeded {
		t.Errorf("a task's large answer ends the execution %s with %s", res.Status, res.Error)
	}
	half := fmt.Sprintf(`{"a":%q}`, large[:MaxPayload/2])
	double := `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],
		"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Succeed"}}}`
	if res, _ := runEvents(t, double, half, nil); res.Status != Failed || res.Error.String() != errDataLimit {
		t.Errorf("a state's large output ends the execution %s with %s, want FAILED with %s", res.Status, res.Error, errDataLimit)
	}
}

// TestParametersTooLarge: what Parameters make of an input that fits must fit, too.
func TestParametersTooLarge(t *testing.T) {
	half := fmt.Sprintf(`{"a":%q}`, strings.Repeat("a", MaxPayload/2))
	definition := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"a.$":"$.a","b.$":"$.a"},
		"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Succeed"}}}`
	res, events := runEvents(t, definition, half, failTask)
	if last := events[len(events)-1]; res.Error.String() != errDataLimit || !strings.HasPrefix(last, "3<-2 ExecutionFailed") {
		t.Errorf("%s with %s: %s", res.Status, res.Error, last)
	}
}

// TestNumberFields: a number that is not whole is no integer, and all else is no number.
func TestNumberFields(t *testing.T) {
	for value, want := range map[string]string{`1.5`: "Expected 'integer', but was 'number' for value: 1.5", `"1"`: `Expected 'number', but was 'string' for value: "1"`} {
		definition := `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":[1],"MaxConcurrency":"{% $states.input %}",
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`
		if res, _ := runEvents(t, definition, value, nil); !strings.HasSuffix(res.Cause.String(), want) {
			t.Errorf("%s: %s, want %s", value, res.Cause, want)
		}
	}
}

// TestComputedMemberWins: a name that a template has as it is and with ".$" is one member of what it gives.
func TestComputedMemberWins(t *testing.T) {
	res, _ := runEvents(t, `{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"a.$":"$.x","a":2,"b":3},"End":true}}}`, `{"x":1}`, nil)
	if got := res.Output.String(); got != `{"b":3,"a":1}` {
		t.Error(got)
	}
}

// TestFailedCallInErrorPath: an intrinsic call fails in a field as it does in a template.
func TestFailedCallInErrorPath(t *testing.T) {
	res, _ := runEvents(t, `{"StartAt":"F","States":{"F":{"Type":"Fail","ErrorPath":"States.ArrayGetItem($.a, 9)"}}}`, `{"a":[]}`, nil)
	if want := "The function 'States.ArrayGetItem($.a, 9)' had the following error: "; res.Error.String() != errIntrinsic || !strings.Contains(res.Cause.String(), "). "+want) {
		t.Errorf("%s: %s", res.Error, res.Cause)
	}
}

// TestTimestamps: what Java's OffsetDateTime reads is a timestamp, and AWS asks for a capital T and Z.
func TestTimestamps(t *testing.T) {
	for text, want := range map[string]bool{
		"2016-03-14T01:59:00Z": true, "2016-03-14T01:59Z": true, "2016-03-14T01:59:00.123456789Z": true, "2016-03-14T01:59:00.123456789+05:30": true,
		"2016-03-14T1:59:00Z": false, "2016-03-14T01:59:00.1234567891+05:30": false, "2016-03-14t01:59:00z": false, "2016-03-14T01:59:00+0100": false,
		"2016-02-30T01:59:00Z": false, "2016-03-14 01:59:00Z": false, "2016-03-14T01:59:00,5Z": false, "2016-03-14": false, "": false,
	} {
		if _, ok := parseTimestamp(value.OfString(text)); ok != want {
			t.Errorf("%q: %t, want %t", text, ok, want)
		}
	}
}

// TestVariablesTooLarge: what a state assigns is limited as its output is.
func TestVariablesTooLarge(t *testing.T) {
	half := fmt.Sprintf("%q", strings.Repeat("a", MaxPayload/2-2))
	for assign, want := range map[string]Status{`{"v.$":"$","w.$":"$"}`: Succeeded, `{"v.$":"$","w.$":"$","x":1}`: Failed} {
		res, _ := runEvents(t, `{"StartAt":"P","States":{"P":{"Type":"Pass","Assign":`+assign+`,"End":true}}}`, half, nil)
		if res.Status != want || want == Failed && res.Error.String() != errDataLimit {
			t.Errorf("%s: %s, %s", assign, res.Status, res.Error)
		}
	}
}

// TestEventLimit: an endless loop ends with the event that AWS gives the last number.
func TestEventLimit(t *testing.T) {
	res, events := runEvents(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}`, `{}`, nil)
	if res.Status != Failed || len(events) != history.MaxEvents {
		t.Errorf("%s after %d events: %s", res.Status, len(events), res.Cause)
	}
	if last := events[len(events)-1]; !strings.HasPrefix(last, "25000<-24999 ExecutionFailed States.Runtime") {
		t.Errorf("last event %s", last)
	}
}

// TestTimeouts: tasks time out in the modelled time, executions too.
func TestTimeouts(t *testing.T) {
	hang := func(_ context.Context, _ *Task, r Replier) { r.Park() }
	task := `"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken"`
	for _, test := range []struct {
		definition string
		status     Status
		after      time.Duration
	}{
		{`{"StartAt":"T","States":{"T":{` + task + `,"TimeoutSeconds":60,"End":true}}}`, Failed, time.Minute},
		{`{"StartAt":"T","States":{"T":{` + task + `,"TimeoutSeconds":600,"HeartbeatSeconds":5,"End":true}}}`, Failed, 5 * time.Second},
		{`{"StartAt":"T","TimeoutSeconds":7,"States":{"T":{` + task + `,"TimeoutSeconds":600,"End":true}}}`, TimedOut, 7 * time.Second},
		{`{"StartAt":"W","TimeoutSeconds":7,"States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`, TimedOut, 7 * time.Second},
		{`{"StartAt":"T","States":{"T":{` + task + `,"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"S"}],"End":true},"S":{"Type":"Succeed"}}}`, Succeeded, 5 * time.Second},
		{`{"StartAt":"T","States":{"T":{` + task + `,"TimeoutSeconds":1,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":2,"MaxAttempts":3,"BackoffRate":3,"MaxDelaySeconds":10}],"End":true}}}`, Failed, (4 + 2 + 6 + 10) * time.Second},
		{`{"StartAt":"T","States":{"T":{` + task + `,"TimeoutSeconds":1,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":4,"MaxAttempts":1,"JitterStrategy":"FULL"}],"End":true}}}`, Failed, (2 + 2) * time.Second},
	} {
		res, _ := runEvents(t, test.definition, `{}`, hang)
		if after := res.Time.Sub(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); res.Status != test.status || after != test.after {
			t.Errorf("%s ends %s after %v, want %s after %v", test.definition, res.Status, after, test.status, test.after)
		}
	}
}

// TestRedrive: what failed runs again, what succeeded does not.
func TestRedrive(t *testing.T) {
	definition := `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
		{"StartAt":"Good","States":{"Good":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}},
		{"StartAt":"Bad","States":{"Bad":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}],"End":true}}}`
	p := mustCompile(t, definition)
	var calls []string
	healthy := false
	env := seeded(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	env.StartTask = func(_ context.Context, task *Task, r Replier) {
		calls = append(calls, task.State)
		if task.State == "Bad" && !healthy {
			r.Failed(Failure{Error: "Broken"})
			return
		}
		r.Succeeded(history.Verbatim(`"` + task.State + `"`))
	}
	var journal []Input
	env.Journal = func(in Input) { journal = append(journal, in) }
	exec := randomExecution(t)
	if res := p.Run(context.Background(), exec, env); res.Status != Failed {
		t.Fatalf("the first run ends %s", res.Status)
	}
	healthy = true
	var events []string
	env.Emit = func(e *history.Event) { events = append(events, string(e.Type)) }
	run := p.Start(exec, env)
	run.Replay(append(journal, Input{Kind: Redriven, Time: exec.StartTime.Add(time.Hour)}))
	res := run.Wait(context.Background())
	if got := strings.Join(calls, " "); res.Status != Succeeded || got != "Good Bad Bad" {
		t.Errorf("redriven: %s with calls %s; events %v", res.Status, got, events)
	}
	if got := res.Output.String(); got != `["Good","Bad"]` {
		t.Errorf("redriven: output %s", got)
	}
	if tail := strings.Join(events[len(events)-8:], " "); !strings.HasPrefix(tail, "ExecutionRedriven TaskScheduled TaskStarted TaskSucceeded TaskStateExited") {
		t.Errorf("redriven: events end %s", tail)
	}
}

// TestRedriveMapRun: the children that failed run again, in the same map run.
func TestRedriveMapRun(t *testing.T) {
	p := mustCompile(t, distributed("", passItem))
	env := seeded(randomExecution(t).StartTime)
	healthy := false
	var started []string
	env.StartChild = func(_ context.Context, c *Child, r Replier) {
		input := c.Execution.Input.String()
		started = append(started, input)
		if input == "2" && !healthy {
			r.Failed(Failure{Error: "Broken"})
			return
		}
		r.Succeeded(history.JSON(c.Execution.Input))
	}
	var journal []Input
	env.Journal = func(in Input) { journal = append(journal, in) }
	var last MapRun
	env.MapRun = func(m MapRun) { last = m }
	exec := randomExecution(t)
	exec.Input = mustParse(t, "[1,2]")
	if res := p.Run(context.Background(), exec, env); res.Status != Failed || last.Status != Failed || last.Children.Failed != 1 {
		t.Fatalf("the first run ends %s, its map run %+v", res.Status, last)
	}
	healthy = true
	env.Seed("a run")
	run := p.Start(exec, env)
	run.Replay(append(journal, Input{Kind: Redriven, Time: exec.StartTime.Add(time.Hour)}))
	res := run.Wait(context.Background())
	if res.Output.String() != "[1,2]" || strings.Join(started, " ") != "1 2 2" || last.Children.Succeeded != 2 || last.Status != Succeeded {
		t.Errorf("redriven: %s %s after children %v; map run %+v", res.Status, res.Output, started, last)
	}
}

// TestStop: a stopped execution lets go of its tasks.
func TestStop(t *testing.T) {
	p := mustCompile(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`)
	started := make(chan context.Context, 1)
	run := p.Start(randomExecution(t), &Env{StartTask: func(ctx context.Context, _ *Task, _ Replier) { started <- ctx }})
	done := make(chan Result)
	go func() { done <- run.Wait(context.Background()) }()
	ctx := <-started
	run.Stop(history.Verbatim("E"), history.Verbatim("C"))
	if res := <-done; res.Status != Aborted || res.Error.String() != "E" || res.Cause.String() != "C" {
		t.Errorf("stopped: %+v", res)
	}
	<-ctx.Done()
}

// TestSuspend: Wait returns when its context ends, and the journal brings the run back.
func TestSuspend(t *testing.T) {
	p := mustCompile(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if res := p.Run(ctx, randomExecution(t), nil); res.Status != Succeeded && res.Status != RunningStatus {
		t.Errorf("suspended: %s", res.Status)
	}
}

// TestSharedClock: executions on one virtual clock wait side by side, and what one leaves behind does not stop the clock.
func TestSharedClock(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := NewVirtualClock(start)
	twice := func(_ context.Context, _ *Task, r Replier) { // the second failure comes when the first has ended the execution
		r.Failed(Failure{Error: "E"})
		r.Heartbeat()
		r.Succeeded(history.Verbatim("1"))
	}
	branch := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`
	failing := mustCompile(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[`+branch+`,`+branch+`],"End":true}}}`)
	if res := failing.Run(context.Background(), randomExecution(t), &Env{Clock: clock, StartTask: twice}); res.Status != Failed {
		t.Fatalf("the first execution ends %s", res.Status)
	}
	done := make(chan time.Duration)
	for _, n := range []int{30, 10, 20} {
		p := mustCompile(t, fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"End":true}}}`, n))
		clock.Hold(1) // until it runs
		go func() {
			run := p.Start(randomExecution(t), &Env{Clock: clock})
			clock.Hold(-1)
			done <- run.Wait(context.Background()).Time.Sub(start)
		}()
	}
	sum := time.Duration(0)
	for range 3 {
		sum += <-done
	}
	if sum < time.Minute || sum > 2*time.Minute {
		t.Errorf("the waits took %v together", sum)
	}
}

// TestConcurrent: many executions of one program at once, on one clock, with tasks that answer from elsewhere.
func TestConcurrent(t *testing.T) {
	branch := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":30,"Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true}}}`
	p := mustCompile(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[`+strings.Repeat(branch+",", 4)+branch+`],"End":true}}}`)
	elsewhere := func(_ context.Context, task *Task, r Replier) {
		go func() {
			r.Started("")
			r.Succeeded(history.JSON(task.Input))
		}()
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := NewVirtualClock(start)
	results := make(chan Result)
	for range 200 {
		exec := randomExecution(t)
		go func() { results <- p.Run(context.Background(), exec, &Env{Clock: clock, StartTask: elsewhere}) }()
	}
	for range 200 {
		if res := <-results; res.Status != Succeeded || res.Output.Len() != 5 {
			t.Fatalf("%s %s: %s", res.Status, res.Error, res.Cause)
		}
	}
}

// TestExpressEndsAfterFiveMinutes: Express executions time out by themselves, whatever longer timeout they have. AWS: quotas.
func TestExpressEndsAfterFiveMinutes(t *testing.T) {
	for _, test := range []struct {
		timeout string
		after   time.Duration
	}{
		{"", 5 * time.Minute}, {`"TimeoutSeconds":3600,`, 5 * time.Minute}, {`"TimeoutSeconds":7,`, 7 * time.Second},
	} {
		exec := randomExecution(t)
		exec.Express = true
		p := mustCompile(t, `{`+test.timeout+`"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":301,"End":true}}}`)
		res := p.Run(context.Background(), exec, seeded(exec.StartTime))
		if after := res.Time.Sub(exec.StartTime); res.Status != TimedOut || after != test.after {
			t.Errorf("%s: ends %s after %v, want %s after %v", test.timeout, res.Status, after, TimedOut, test.after)
		}
	}
}
