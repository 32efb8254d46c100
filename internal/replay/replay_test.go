package replay

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// before is the machine that ran: it has a token, a retry, a Map, a Parallel, a time and a wait.
const before = `{
  "QueryLanguage": "JSONata", "StartAt": "Ask",
  "States": {
    "Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Next": "All",
      "Arguments": {"FunctionName": "${fn:shop.Ask}", "Payload": {"token": "{% $states.context.Task.Token %}", "at": "{% $states.context.State.EnteredTime %}"}},
      "Output": "{% $states.input %}"},
    "All": {"Type": "Map", "Items": "{% $states.input.items %}", "Next": "Both", "Output": "{% {\"n\": $count($states.result)} %}",
      "ItemProcessor": {"StartAt": "Pack", "States": {"Pack": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60}],
        "Arguments": {"FunctionName": "${fn:shop.Pack}", "Payload": "{% $states.input %}"}, "Output": "{% $states.result.Payload %}"}}}},
    "Both": {"Type": "Parallel", "Next": "Rest", "Output": "{% $states.input %}", "Branches": [
      {"StartAt": "Mail", "States": {"Mail": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Arguments": {"TopicArn": "${env:TOPIC}", "Message": "hi"}, "End": true}}},
      {"StartAt": "Big?", "States": {"Big?": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.n > 1 %}", "Next": "Many"}], "Default": "Few"},
        "Many": {"Type": "Pass", "End": true}, "Few": {"Type": "Pass", "End": true}}}]},
    "Rest": {"Type": "Wait", "Seconds": 3600, "Next": "Done"},
    "Done": {"Type": "Succeed"}
  }
}`

// ran runs definition and gives its events; answers are by state, the error names among them begin with '!'.
func ran(t *testing.T, definition string, answers map[string][]string, stop time.Duration) []*history.Event {
	t.Helper()
	def, err := asl.Parse(strings.NewReplacer("${fn:shop.Ask}", "arn:aws:lambda:eu-west-1:123456789012:function:dev-shop-Ask:7",
		"${fn:shop.Pack}", "arn:aws:lambda:eu-west-1:123456789012:function:dev-shop-Pack:3", "${env:TOPIC}", "arn:aws:sns:eu-west-1:123456789012:news").Replace(definition), "m")
	if err != nil {
		t.Fatal(err)
	}
	program, err := machine.Compile(def)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	clock := machine.NewVirtualClock(start)
	input, _ := value.Parse(`{"items":["a","b","c"]}`)
	var events []*history.Event
	run := program.Start(&machine.Execution{ARN: "arn:aws:states:eu-west-1:123456789012:execution:m:e1", Name: "e1", StartTime: start, Input: input}, &machine.Env{
		Clock: clock, Emit: func(e *history.Event) { events = append(events, e) },
		StartTask: func(ctx context.Context, task *machine.Task, r machine.Replier) {
			r.Started("")
			if task.Resource.Pattern != "" {
				r.Submitted(history.Verbatim("{}"))
			}
			list := answers[task.State]
			answer := list[0]
			if len(list) > 1 {
				answers[task.State] = list[1:]
			}
			name, isError := strings.CutPrefix(answer, "!")
			switch {
			case answer == "open":
				r.Park()
			case isError:
				r.Failed(machine.Failure{Error: name, Cause: history.Verbatim("sorry")})
			default:
				r.Succeeded(history.Verbatim(answer))
			}
		},
	})
	if stop > 0 {
		clock.AfterFunc(t.Context(), start.Add(stop), func() { run.Stop(history.Text{}, history.Text{}) })
	}
	run.Wait(t.Context())
	return events
}

func recorded(t *testing.T, answers map[string][]string, stop time.Duration) *Fixture {
	t.Helper()
	f, err := Record("m", "arn:aws:states:eu-west-1:123456789012:execution:m:e1", ran(t, before, answers, stop))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Fixture
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

func fine() map[string][]string {
	return map[string][]string{"Ask": {`"yes"`}, "Pack": {"!Busy", `{"Payload":1}`}, "Mail": {`{"SdkHttpMetadata":{"HttpHeaders":{"a":"b"},"HttpStatusCode":200}}`}}
}

func TestReplay(t *testing.T) {
	for name, tc := range map[string]struct {
		answers map[string][]string
		stop    time.Duration
		edit    []string // old, new …
		want    []string
	}{
		"the same":                             {answers: fine()},
		"a call that failed":                   {answers: map[string][]string{"Ask": {"!NoManager"}}},
		"one that was stopped in the middle":   {answers: map[string][]string{"Ask": {"open"}}, stop: time.Hour},
		"one that was stopped while it waited": {answers: fine(), stop: 30 * time.Minute},
		"another name of a state": {answers: fine(), edit: []string{`"Next": "Rest"`, `"Next": "Done"`},
			want: []string{"Both: is followed by another state\n  was  Rest\n  is   Done"}},
		"another input": {answers: fine(), edit: []string{`"Message": "hi"`, `"Message": "hello"`},
			want: []string{"Both[0] > Mail: the call's input is another, at Message\n  was  \"hi\"\n  is   \"hello\""}},
		"another function": {answers: fine(), edit: []string{`fn:shop.Ask`, `fn:shop.Beg`}, want: []string{"Ask: the call's input is another"}},
		"a branch that goes the other way": {answers: fine(), edit: []string{`n > 1`, `n > 5`},
			want: []string{"Both[1] > Big?: is followed by another state\n  was  Many\n  is   Few"}},
		"a call that is new": {answers: fine(), edit: []string{`{"Type": "Wait", "Seconds": 3600, "Next": "Done"}`, `{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": {}, "Next": "Done"}`},
			want: []string{"Rest: is called, which the recording does not have\n  was  nothing\n  is   {}"}},
		"calls that are gone": {answers: fine(), edit: []string{`"Items": "{% $states.input.items %}"`, `"Items": []`},
			want: []string{"All[0]: begins with another state", "All[1]: begins with", "All[2]: begins with", "Both[1] > Big?: is followed", "the output"}},
		"no retry": {answers: fine(), edit: []string{`"ErrorEquals": ["Busy"]`, `"ErrorEquals": ["Lost"]`},
			want: []string{"All: is followed by another state", "the execution ends otherwise\n  was  SUCCEEDED\n  is   FAILED Busy"}},
		"another output": {answers: fine(), edit: []string{`"Done": {"Type": "Succeed"}`, `"Done": {"Type": "Succeed", "Output": 1}`},
			want: []string{"the output is another\n  was  {\"n\":3}\n  is   1"}},
		"it goes on": {answers: fine(), edit: []string{`"Done": {"Type": "Succeed"}`, `"Done": {"Type": "Pass", "Next": "More"}, "More": {"Type": "Succeed"}`},
			want: []string{"Done: is not the end any more\n  was  nothing\n  is   More"}},
	} {
		t.Run(name, func(t *testing.T) {
			def, err := asl.Parse(strings.NewReplacer(tc.edit...).Replace(before), "m")
			if err != nil {
				t.Fatal(err)
			}
			found, err := recorded(t, tc.answers, tc.stop).Replay(t.Context(), def, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != len(tc.want) {
				t.Errorf("%d differences, want %d: %v", len(found), len(tc.want), found)
			}
			for i := range min(len(found), len(tc.want)) {
				if got := found[i].String(); !strings.HasPrefix(got, tc.want[i]) {
					t.Errorf("difference %d is\n%s\nwant\n%s", i, got, tc.want[i])
				}
			}
		})
	}
}

// TestRecord looks into a fixture.
func TestRecord(t *testing.T) {
	f := recorded(t, fine(), 0)
	var tasks []string
	for _, task := range f.Tasks {
		tasks = append(tasks, task.In+"/"+task.State+" "+task.Error+string(task.Output))
	}
	want := []string{`/Ask "yes"`, "All[0]/Pack Busy", `All[1]/Pack {"Payload":1}`, `All[2]/Pack {"Payload":1}`, `All[0]/Pack {"Payload":1}`, `Both[0]/Mail {"SdkHttpMetadata":{"HttpStatusCode":200}}`}
	if diff := cmp.Diff(want, tasks); diff != "" {
		t.Error(diff)
	}
	if f.Status != "SUCCEEDED" || string(f.Output) != `{"n":3}` || string(f.Input) != `{"items":["a","b","c"]}` {
		t.Errorf("%+v", f)
	}
}

func TestRecordRefuses(t *testing.T) {
	events := ran(t, before, fine(), 0)
	for want, list := range map[string][]*history.Event{
		"event 2 of e is missing":           {events[0], events[2]},
		"its log leaves execution data out": nil,
		"a distributed map":                 {events[0], {ID: 2, PreviousID: 1, Type: history.MapRunStarted}},
	} {
		if _, err := Record("m", "e", list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
