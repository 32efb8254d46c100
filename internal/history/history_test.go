package history

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/value"
)

var at = time.UnixMilli(1767323045007).UTC()

// full is an event of the type with every field set.
func full(t Type) *Event {
	e := &Event{ID: 7, PreviousID: 6, Time: at, Type: t}
	if len(shapes[t].fields) == 0 {
		return e
	}
	e.Details = &Details{}
	v := reflect.ValueOf(e.Details).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *string:
			*f = "text of " + v.Type().Field(i).Name
		case *int64:
			*f = int64(i + 1)
		case *Text:
			*f = Verbatim(`{"a": [1, "` + v.Type().Field(i).Name + `"]}`)
		case *[]value.Member:
			*f = []value.Member{{Name: "v", Value: value.OfString("x")}}
		}
	}
	return e
}

// TestRoundTrips: each type of event comes back from the API's form and from a log line as it went out.
func TestRoundTrips(t *testing.T) {
	for kind := range shapes {
		e := full(kind)
		api := string(e.AppendAPI(nil, true))
		v, err := value.Parse(api)
		if err != nil {
			t.Fatalf("%s: %v in %s", kind, err, api)
		}
		again, err := FromAPI(v)
		if err != nil || string(again.AppendAPI(nil, true)) != api {
			t.Errorf("%s goes out as %s, comes back as %s (%v)", kind, api, again.AppendAPI(nil, true), err)
		}
		log := Log{ExecutionARN: "arn:aws:states:r:a:express:m:e", RedriveCount: 2}
		line := string(e.AppendLog(nil, log, true))
		fromLog, gotLog, err := FromLog(line)
		if err != nil || gotLog != log || string(fromLog.AppendLog(nil, log, true)) != line {
			t.Errorf("%s logs %s, comes back as %s (%v)", kind, line, fromLog.AppendLog(nil, log, true), err)
		}
	}
}

func TestForms(t *testing.T) {
	e := &Event{ID: 3, PreviousID: 2, Time: at, Type: TaskScheduled, Details: &Details{ResourceType: "lambda", Resource: "invoke",
		Region: "us-east-1", Parameters: JSON(value.OfObject([]value.Member{{Name: "a", Value: value.OfInt(1)}})), TimeoutSeconds: 5}}
	exited := &Event{ID: 4, PreviousID: 3, Time: at, Type: TaskStateExited, Details: &Details{Name: "T", Output: Verbatim("[1]"),
		AssignedVariables: []value.Member{{Name: "v", Value: value.OfString("x")}}}}
	log := Log{ExecutionARN: "arn"}
	for _, test := range []struct{ name, got, want string }{
		{"api", string(e.AppendAPI(nil, true)), `{"id":3,"taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"a\":1}","timeoutInSeconds":5},"previousEventId":2,"timestamp":1767323045.007,"type":"TaskScheduled"}`},
		{"api without data", string(e.AppendAPI(nil, false)), `{"id":3,"taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke","region":"us-east-1","timeoutInSeconds":5},"previousEventId":2,"timestamp":1767323045.007,"type":"TaskScheduled"}`},
		{"log", string(exited.AppendLog(nil, log, true)), `{"details":{"name":"T","output":"[1]","outputDetails":{"truncated":false},"assignedVariables":{"v":"\"x\""},"assignedVariablesDetails":{"truncated":false}},"redrive_count":"0","id":"4","type":"TaskStateExited","previous_event_id":"3","event_timestamp":"1767323045007","execution_arn":"arn"}`},
		{"log without data", string(exited.AppendLog(nil, log, false)), `{"details":{"name":"T"},"redrive_count":"0","id":"4","type":"TaskStateExited","previous_event_id":"3","event_timestamp":"1767323045007","execution_arn":"arn"}`},
		{"no details", string((&Event{ID: 5, Time: at, Type: LambdaFunctionStarted}).AppendAPI(nil, true)), `{"id":5,"previousEventId":0,"timestamp":1767323045.007,"type":"LambdaFunctionStarted"}`},
		{"empty details", string((&Event{ID: 5, Time: at, Type: ExecutionAborted, Details: &Details{}}).AppendAPI(nil, true)), `{"id":5,"executionAbortedEventDetails":{},"previousEventId":0,"timestamp":1767323045.007,"type":"ExecutionAborted"}`},
		{"line", e.Line(), `3 TaskScheduled lambda:invoke {"a":1}`},
		{"line of a failure", (&Event{ID: 9, Type: ExecutionFailed, Details: &Details{Error: Verbatim("E"), Cause: Verbatim("one\n  two")}}).Line(), `9 ExecutionFailed E: one two`},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestIndexIsAlwaysSent: the first iteration's index is 0, which is no absent field.
func TestIndexIsAlwaysSent(t *testing.T) {
	e := &Event{ID: 1, Time: at, Type: MapIterationStarted, Details: &Details{Name: "M"}}
	if got := string(e.AppendAPI(nil, true)); !strings.Contains(got, `"index":0`) {
		t.Errorf("no index in %s", got)
	}
}

func TestTimesOfLogs(t *testing.T) {
	want := time.Date(2026, 11, 25, 21, 52, 48, 968_000_000, time.UTC)
	for _, text := range []string{"1795643568968", "2026-11-25T21:52:48.968787+00:00", "2026-11-25T22:52:48.968+01:00"} {
		e, _, err := FromLog(`{"id":"1","type":"ExecutionStarted","details":{},"event_timestamp":"` + text + `","execution_arn":"a"}`)
		if err != nil || !e.Time.Equal(want) {
			t.Errorf("%s is read as %v (%v)", text, e.Time, err)
		}
	}
}

func TestFromLogRefuses(t *testing.T) {
	for _, line := range []string{"", "START RequestId: x", "{}", `{"type":"ExecutionStarted"}`} {
		if e, _, err := FromLog(line); err == nil {
			t.Errorf("FromLog(%q) = %v, want an error", line, e)
		}
	}
}

func FuzzFromLog(f *testing.F) {
	f.Add(`{"id":"1","type":"ExecutionStarted","details":{"input":"{}","roleArn":"r"},"previous_event_id":"0","event_timestamp":"1","execution_arn":"a"}`)
	f.Fuzz(func(t *testing.T, line string) {
		e, log, err := FromLog(line)
		if err != nil {
			return
		}
		printed := string(e.AppendLog(nil, log, true))
		if again, _, err := FromLog(printed); e.Type.Known() && (err != nil || string(again.AppendLog(nil, log, true)) != printed) {
			t.Errorf("%s is printed as %s, which comes back otherwise (%v)", line, printed, err)
		}
	})
}

// FuzzQuote: a JSON text printed into a string reads back as the same text.
func FuzzQuote(f *testing.F) {
	f.Add(`{"a\"b":["\\",1.5,"\u0001é",null]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := value.Parse(text)
		if err != nil {
			return
		}
		got := string(JSON(v).appendQuoted([]byte("x")))
		if want := "x" + value.OfString(v.String()).String(); got != want {
			t.Errorf("%s is quoted as %s, want %s", text, got, want)
		}
	})
}
