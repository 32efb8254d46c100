package logs

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/server/wire"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// api calls a store's API in one account.
type api struct {
	t       *testing.T
	store   *Store
	service wire.Service
}

func newAPI(t *testing.T) *api {
	s := NewStore(func() time.Time { return start })
	return &api{t, s, New(s)}
}

// call answers with the members that want names, and the error's code.
func (a *api) call(operation, params string) (map[string]any, string) {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.service.Serve(w, &wire.Call{Operation: operation, Account: "000000000000", Region: "us-east-1",
		HTTP: httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(params)))})
	answer := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			a.t.Fatalf("%s: %v", operation, err)
		}
	}
	code, _ := answer["__type"].(string)
	return answer, code
}

func (a *api) put(stream string, times ...int) {
	var messages []local.LogMessage
	for _, n := range times {
		messages = append(messages, local.LogMessage{Time: start.Add(time.Duration(n) * time.Second), Text: fmt.Sprint(stream, n)})
	}
	a.store.Put("000000000000", "us-east-1", "g", stream, messages)
}

func texts(answer map[string]any) (list []string) {
	events, _ := answer["events"].([]any)
	for _, e := range events {
		list = append(list, e.(map[string]any)["message"].(string))
	}
	return list
}

func TestGetLogEventsPagesBothWays(t *testing.T) {
	a := newAPI(t)
	a.put("s", 3, 1, 2, 5, 4)
	const call = `{"logGroupName":"g","logStreamName":"s","limit":2%s}`
	first, _ := a.call("GetLogEvents", fmt.Sprintf(call, `,"startFromHead":true`))
	second, _ := a.call("GetLogEvents", fmt.Sprintf(call, fmt.Sprintf(`,"nextToken":%q`, first["nextForwardToken"])))
	back, _ := a.call("GetLogEvents", fmt.Sprintf(call, fmt.Sprintf(`,"nextToken":%q`, second["nextBackwardToken"])))
	last, _ := a.call("GetLogEvents", fmt.Sprintf(call, ""))
	end, _ := a.call("GetLogEvents", fmt.Sprintf(call, fmt.Sprintf(`,"nextToken":%q`, last["nextForwardToken"])))
	got := fmt.Sprint(texts(first), texts(second), texts(back), texts(last), texts(end), end["nextForwardToken"] == last["nextForwardToken"])
	if want := "[s1 s2] [s3 s4] [s1 s2] [s4 s5] [] true"; got != want {
		t.Errorf("pages %s, want %s", got, want)
	}
	a.put("s", 6)
	if more, _ := a.call("GetLogEvents", fmt.Sprintf(call, fmt.Sprintf(`,"nextToken":%q`, end["nextForwardToken"]))); fmt.Sprint(texts(more)) != "[s6]" {
		t.Errorf("after the end came %v", texts(more))
	}
}

func TestFilterLogEventsMergesStreams(t *testing.T) {
	a := newAPI(t)
	a.put("a", 1, 3)
	a.put("b", 2, 4)
	for _, test := range []struct{ params, want string }{
		{`{"logGroupName":"g"}`, "[a1 b2 a3 b4]"},
		{`{"logGroupName":"g","logStreamNames":["b"]}`, "[b2 b4]"},
		{`{"logGroupName":"g","logStreamNamePrefix":"a"}`, "[a1 a3]"},
		{`{"logGroupName":"g","filterPattern":"?a1 ?b4"}`, "[a1 b4]"},
		{fmt.Sprintf(`{"logGroupName":"g","startTime":%d,"endTime":%d}`, start.Add(2*time.Second).UnixMilli(), start.Add(3*time.Second).UnixMilli()), "[b2 a3]"},
	} {
		if answer, code := a.call("FilterLogEvents", test.params); fmt.Sprint(texts(answer)) != test.want {
			t.Errorf("%s: %v %s, want %s", test.params, texts(answer), code, test.want)
		}
	}
	first, _ := a.call("FilterLogEvents", `{"logGroupName":"g","limit":3}`)
	rest, _ := a.call("FilterLogEvents", fmt.Sprintf(`{"logGroupName":"g","nextToken":%q}`, first["nextToken"]))
	if got := fmt.Sprint(texts(first), texts(rest)); got != "[a1 b2 a3] [b4]" {
		t.Errorf("pages %s", got)
	}
}

func TestGroupsAndErrors(t *testing.T) {
	a := newAPI(t)
	for _, test := range []struct{ operation, params, code string }{
		{"CreateLogGroup", `{"logGroupName":"/g","tags":{"k":"v"}}`, ""},
		{"CreateLogGroup", `{"logGroupName":"/g"}`, "ResourceAlreadyExistsException"},
		{"CreateLogGroup", `{"logGroupName":"no spaces"}`, "InvalidParameterException"},
		{"CreateLogStream", `{"logGroupName":"/g","logStreamName":"s"}`, ""},
		{"CreateLogStream", `{"logGroupName":"/g","logStreamName":"a:b"}`, "InvalidParameterException"},
		{"PutLogEvents", `{"logGroupName":"/g","logStreamName":"t","logEvents":[{"timestamp":1,"message":"m"}]}`, "ResourceNotFoundException"},
		{"PutRetentionPolicy", `{"logGroupName":"/g","retentionInDays":14}`, ""},
		{"PutRetentionPolicy", `{"logGroupName":"/g","retentionInDays":15}`, "InvalidParameterException"},
		{"GetLogEvents", `{"logGroupName":"/g","logStreamName":"s","nextToken":"x"}`, "InvalidParameterException"},
		{"GetLogEvents", `{"logGroupName":"/h","logStreamName":"s"}`, "ResourceNotFoundException"},
		{"DeleteLogGroup", `{"logGroupName":"/h"}`, "ResourceNotFoundException"},
		{"DescribeLogGroups", `{"limit":51}`, "InvalidParameterException"},
	} {
		if answer, code := a.call(test.operation, test.params); code != test.code {
			t.Errorf("%s %s: %s %v, want %s", test.operation, test.params, code, answer["message"], test.code)
		}
	}
	groups, _ := a.call("DescribeLogGroups", `{"logGroupNamePrefix":"/"}`)
	g := groups["logGroups"].([]any)[0].(map[string]any)
	tags, _ := a.call("ListTagsForResource", fmt.Sprintf(`{"resourceArn":%q}`, g["logGroupArn"]))
	if fmt.Sprintf("%v %v %v", g["retentionInDays"], g["arn"], tags["tags"]) != "14 arn:aws:logs:us-east-1:000000000000:log-group:/g:* map[k:v]" {
		t.Errorf("%v %v", g, tags)
	}
}

func TestPutRejectsWhatIsTooOldOrNew(t *testing.T) {
	a := newAPI(t)
	a.put("s")
	at := func(d time.Duration) int64 { return start.Add(d).UnixMilli() }
	answer, code := a.call("PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":%d,"message":"old"},{"timestamp":%d,"message":"now"},{"timestamp":%d,"message":"new"}]}`,
		at(-15*24*time.Hour), at(0), at(3*time.Hour)))
	if code != "" || fmt.Sprint(answer["rejectedLogEventsInfo"]) != "map[tooNewLogEventStartIndex:2 tooOldLogEventEndIndex:1]" {
		t.Errorf("%s %v", code, answer)
	}
	if kept, _ := a.call("GetLogEvents", `{"logGroupName":"g","logStreamName":"s"}`); fmt.Sprint(texts(kept)) != "[now]" {
		t.Errorf("kept %v", texts(kept))
	}
}

// TestFrame holds the checksums and lengths of the event stream.
func TestFrame(t *testing.T) {
	b := frame("sessionStart", []byte(`{}`))
	total, headers := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if int(total) != len(b) || string(b[12+headers:len(b)-4]) != "{}" {
		t.Errorf("lengths %d %d of %d bytes", total, headers, len(b))
	}
	if crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) || crc32.ChecksumIEEE(b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		t.Error("checksums differ")
	}
}

func TestLiveTailTellsEachEventOnce(t *testing.T) {
	now := start
	s := NewStore(func() time.Time { return now })
	tail := &liveTail{in: &liveTailInput{LogStreamNamePrefixes: []string{"a"}}, match: func(m string) bool { return m != "hide" }, since: start.UnixMilli(), seen: map[string]bool{}}
	write := func(stream, text string) {
		s.Put("000000000000", "us-east-1", "g", stream, []local.LogMessage{{Time: now, Text: text}})
	}
	write("a", "one")
	tail.groups = []*group{s.find("000000000000", "us-east-1", "g")}
	var got []string
	next := func() {
		events, _ := tail.next()
		for _, e := range events {
			got = append(got, e.Message)
		}
	}
	next()
	write("a", "two") // in the same millisecond
	write("b", "other")
	next()
	now = now.Add(time.Second)
	write("a", "hide")
	write("a", "three")
	next()
	next()
	if fmt.Sprint(got) != "[one two three]" {
		t.Errorf("told %v", got)
	}
}
