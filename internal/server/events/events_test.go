package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/value"
)

// bench is the service with what it started.
type bench struct {
	*Service
	t       *testing.T
	started []string // "TARGET as ROLE: INPUT"
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t}
	b.Service = New(Options{Now: func() time.Time { return time.Unix(1_800_000_000, 0) }, Start: func(account, region, target, role, input string) {
		b.started = append(b.started, target+" as "+role+": "+input)
	}})
	return b
}

// call is the status and the answer of one call.
func (b *bench) call(operation, body string) (int, string) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	b.Serve(w, &wire.Call{Service: "events", Operation: operation, Account: wire.DefaultAccount, Region: "eu-west-1", HTTP: r})
	return w.Code, w.Body.String()
}

func (b *bench) must(operation, body string) string {
	b.t.Helper()
	status, answer := b.call(operation, body)
	if status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", operation, body, status, answer)
	}
	return answer
}

// rule makes a rule with one target, whose further members are more.
func (b *bench) rule(name, bus, pattern, more string) {
	b.t.Helper()
	b.must("PutRule", fmt.Sprintf(`{"Name": %q, "EventBusName": %q, "EventPattern": %q}`, name, bus, pattern))
	b.must("PutTargets", fmt.Sprintf(`{"Rule": %q, "EventBusName": %q, "Targets": [{"Id": "1", "Arn": %q, "RoleArn": "role"%s}]}`, name, bus, name, more))
}

// TestPutEvents: an event starts the targets of the rules of its bus that match, with what each of them takes of it.
func TestPutEvents(t *testing.T) {
	b := newBench(t)
	b.must("CreateEventBus", `{"Name": "shop"}`)
	b.rule("detail", "default", `{"source": ["shop"]}`, `, "InputPath": "$.detail.order"`)
	b.rule("constant", "default", `{"detail": {"order": [{"numeric": [">", 5]}]}}`, `, "Input": "{\"n\":1}"`)
	b.rule("other", "default", `{"source": ["store"]}`, ``)
	b.rule("elsewhere", "shop", `{"source": ["shop"]}`, `, "InputPath": "$.detail"`)
	b.rule("nothing", "default", `{"source": ["shop"]}`, `, "InputPath": "$.detail.missing"`)
	b.rule("off", "default", `{"source": ["shop"]}`, ``)
	b.must("DisableRule", `{"Name": "off"}`)

	put := func(bus, source, detail string) {
		t.Helper()
		answer := b.must("PutEvents", fmt.Sprintf(`{"Entries": [{"EventBusName": %q, "Source": %q, "DetailType": "Placed", "Detail": %q}]}`, bus, source, detail))
		if !strings.Contains(answer, `"FailedEntryCount":0`) || !strings.Contains(answer, `"EventId":"`) {
			t.Errorf("PutEvents answers %s", answer)
		}
	}
	for _, tt := range []struct {
		bus, source, detail string
		want                []string
	}{
		{"default", "shop", `{"order": 7}`, []string{`constant as role: {"n":1}`, `detail as role: 7`}},
		{"", "shop", `{"order": 3}`, []string{`detail as role: 3`}},
		{"shop", "shop", `{"order": 7}`, []string{`elsewhere as role: {"order":7}`}},
		{"arn:aws:events:eu-west-1:000000000000:event-bus/shop", "shop", `{}`, []string{`elsewhere as role: {}`}},
		{"nowhere", "shop", `{"order": 7}`, nil},
		{"default", "Shop", `{"order": 1}`, nil},
	} {
		b.started = nil
		put(tt.bus, tt.source, tt.detail)
		slices.Sort(b.started)
		if diff := cmp.Diff(tt.want, b.started); diff != "" {
			t.Errorf("%s of %s on %q starts (-want +got):\n%s", tt.detail, tt.source, tt.bus, diff)
		}
	}
}

// TestWholeEvent: a target without Input has the event as EventBridge gives it.
func TestWholeEvent(t *testing.T) {
	b := newBench(t)
	b.rule("all", "default", `{"source": [{"prefix": "aws."}]}`, ``)
	detail, err := value.Parse(`{"status": "FAILED"}`)
	if err != nil {
		t.Fatal(err)
	}
	b.Put(wire.DefaultAccount, "us-east-1", Event{Source: "aws.states", DetailType: "Change", Detail: detail})
	if b.started != nil {
		t.Errorf("an event of another region started %v", b.started)
	}
	b.Put(wire.DefaultAccount, "eu-west-1", Event{Source: "aws.states", DetailType: "Change", Resources: []string{"arn:x"}, Detail: detail})
	if len(b.started) != 1 {
		t.Fatalf("started %v", b.started)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(b.started[0], "all as role: ")), &got); err != nil {
		t.Fatal(err)
	}
	if id, _ := got["id"].(string); len(id) != 36 {
		t.Errorf("the event's id is %v", got["id"])
	}
	delete(got, "id")
	want := map[string]any{"version": "0", "detail-type": "Change", "source": "aws.states", "account": wire.DefaultAccount, "time": "2027-01-15T08:00:00Z",
		"region": "eu-west-1", "resources": []any{"arn:x"}, "detail": map[string]any{"status": "FAILED"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRefusals: what EventBridge refuses, a whole call or an entry of one.
func TestRefusals(t *testing.T) {
	b := newBench(t)
	b.rule("kept", "default", `{"source": ["shop"]}`, ``)
	eleven := strings.TrimSuffix(strings.Repeat(`{"Source": "s", "DetailType": "d", "Detail": "{}"},`, mostEntries+1), ",")
	for _, tt := range []struct{ operation, body, want string }{
		{"PutRule", `{"Name": "r", "EventPattern": "{\"source\": \"shop\"}"}`, "InvalidEventPatternException"},
		{"PutRule", `{"Name": "r", "ScheduleExpression": "rate(1 day)"}`, "use EventBridge Scheduler"},
		{"PutRule", `{"Name": "r", "EventBusName": "no", "EventPattern": "{\"source\": [\"s\"]}"}`, "Event bus no does not exist."},
		{"PutTargets", `{"Rule": "no", "Targets": []}`, "Rule no does not exist."},
		{"PutTargets", `{"Rule": "kept", "Targets": [{"Id": "2", "Arn": "a", "InputTransformer": {}}]}`, "no input transformers"},
		{"DescribeRule", `{"Name": "no"}`, "ResourceNotFoundException"},
		{"DeleteRule", `{"Name": "kept"}`, "since it has targets"},
		{"DeleteEventBus", `{"Name": "default"}`, "Cannot delete event bus default."},
		{"TagResource", `{"ResourceARN": "arn:no", "Tags": []}`, "ResourceNotFoundException"},
		{"PutEvents", `{"Entries": []}`, "Member must have length from 1 to 10"},
		{"PutEvents", `{"Entries": [` + eleven + `]}`, "Member must have length from 1 to 10"},
	} {
		if status, answer := b.call(tt.operation, tt.body); status == http.StatusOK || !strings.Contains(answer, tt.want) {
			t.Errorf("%s %s: %d %s, want %s", tt.operation, tt.body, status, answer, tt.want)
		}
	}
	answer := b.must("PutEvents", `{"Entries": [{"Source": "shop", "DetailType": "d", "Detail": "[]"}, {"Source": "shop", "Detail": "{}"}, {"Source": "shop", "DetailType": "d", "Detail": "{}"}]}`)
	for _, want := range []string{`"FailedEntryCount":2`, `"MalformedDetail"`, `"InvalidArgument"`, `"EventId"`} {
		if !strings.Contains(answer, want) {
			t.Errorf("PutEvents answers %s, want %s", answer, want)
		}
	}
	if len(b.started) != 1 {
		t.Errorf("the good entry of three started %v", b.started)
	}
}

// TestRuleLife: a rule is described, tagged, listed, changed and deleted; its targets replace one another by their Id.
func TestRuleLife(t *testing.T) {
	b := newBench(t)
	b.rule("r", "default", `{"source": ["a"]}`, ``)
	b.rule("r", "default", `{"source": ["b"]}`, `, "Input": "2"`)
	const arn = "arn:aws:events:eu-west-1:000000000000:rule/r"
	b.must("TagResource", `{"ResourceARN": "`+arn+`", "Tags": [{"Key": "k", "Value": "1"}, {"Key": "l", "Value": "2"}]}`)
	b.must("TagResource", `{"ResourceARN": "`+arn+`", "Tags": [{"Key": "k", "Value": "3"}]}`)
	b.must("UntagResource", `{"ResourceARN": "`+arn+`", "TagKeys": ["l"]}`)
	for _, tt := range []struct{ operation, body, want string }{
		{"DescribeRule", `{"Name": "r"}`, `{"Name":"r","Arn":"` + arn + `","EventBusName":"default","EventPattern":"{\"source\": [\"b\"]}","State":"ENABLED"}`},
		{"ListTargetsByRule", `{"Rule": "r"}`, `{"Targets":[{"Id":"1","Arn":"r","RoleArn":"role","Input":"2"}]}`},
		{"ListTagsForResource", `{"ResourceARN": "` + arn + `"}`, `{"Tags":[{"Key":"k","Value":"3"}]}`},
		{"ListRules", `{"NamePrefix": "x"}`, `{"Rules":[]}`},
		{"TestEventPattern", `{"EventPattern": "{\"a\": [1]}", "Event": "{\"a\": 1}"}`, `{"Result":true}`},
		{"TestEventPattern", `{"EventPattern": "{\"a\": [1]}", "Event": "{\"a\": 2}"}`, `{"Result":false}`},
	} {
		if got := b.must(tt.operation, tt.body); got != tt.want {
			t.Errorf("%s answers %s, want %s", tt.operation, got, tt.want)
		}
	}
	b.must("RemoveTargets", `{"Rule": "r", "Ids": ["1"]}`)
	b.must("DeleteRule", `{"Name": "r"}`)
	b.must("DeleteRule", `{"Name": "r"}`)
	if status, _ := b.call("DescribeRule", `{"Name": "r"}`); status == http.StatusOK {
		t.Error("a deleted rule is there")
	}
}
