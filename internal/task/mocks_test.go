package task

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/machine"
)

func readMocks(t *testing.T, text string) (*Mocks, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mocks.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := ReadMocks(path)
	return m, err
}

func TestMocksAreChecked(t *testing.T) {
	responses := func(entries string) string {
		return `{"StateMachines":{"m":{"TestCases":{"c":{"S":"r"}}}},"MockedResponses":{"r":{` + entries + `}}}`
	}
	for text, want := range map[string]string{
		"{\n  \"StateMachines\": }":                 "line 2, column 20: invalid character '}' looking for beginning of value",
		`{"StateMachines":{"m":{"TestCases":"c"}}}`: "line 1, column 38: StateMachines.TestCases cannot be a JSON string",
		`{}`: "it has no StateMachines",
		`{"StateMachines":{"m":{"TestCases":{"c":{"S":"r"}}}}}`: `state machine "m", test case "c", state "S": no response "r" in MockedResponses`,
		responses(``):                                       `MockedResponses "r": it holds no response; invocation 0 needs one`,
		responses(`"x":{"Return":1}`):                       `MockedResponses "r": "x": not an invocation ("0") nor a range of them ("1-2")`,
		responses(`"2-1":{"Return":1}`):                     `MockedResponses "r": "2-1": not an invocation ("0") nor a range of them ("1-2")`,
		responses(`"1":{"Return":1}`):                       `MockedResponses "r": invocation 0 has no response`,
		responses(`"0":{"Return":1},"2":{"Return":1}`):      `MockedResponses "r": invocation 1 has no response`,
		responses(`"0-2":{"Return":1},"2":{"Return":1}`):    `MockedResponses "r": invocation 2 has two responses`,
		responses(`"0":{}`):                                 `MockedResponses "r": "0": needs one of Return and Throw`,
		responses(`"0":{"Return":1,"Throw":{"Error":"E"}}`): `MockedResponses "r": "0": needs one of Return and Throw`,
		responses(`"0":{"Throw":{"Cause":"c"}}`):            `MockedResponses "r": "0": no Error in the Throw`,
	} {
		_, err := readMocks(t, text)
		if err == nil {
			t.Errorf("%s is taken", text)
			continue
		}
		if _, got, _ := strings.Cut(err.Error(), "mocks.json: "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// TestMocksAnswer gives a state its responses by invocation, and leaves other states alone.
func TestMocksAnswer(t *testing.T) {
	m, err := readMocks(t, `{"StateMachines":{"m":{"TestCases":{"c":{"S":"r"}}}},
		"MockedResponses":{"r":{"0":{"Throw":{"Error":"E","Cause":"c"}},"1-2":{"Return":{"StatusCode":200,"Payload":{"n":1}}}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"x": `has no state machine "x"`, "m": `state machine "m" has no test case "d"`} {
		if _, err := m.Case(name, "d"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	mocked, err := m.Case("m", "c")
	if err != nil {
		t.Fatal(err)
	}
	start := mocked.Wrap(func(_ context.Context, _ *machine.Task, r machine.Replier) { r.TimedOut() })
	var got []string
	for _, resource := range []string{"arn:aws:states:::lambda:invoke", "arn:aws:lambda:us-east-1:1:function:f", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "arn:aws:states:::sns:publish"} {
		a := &answers{done: make(chan string, 1)}
		start(context.Background(), &machine.Task{State: "S", Resource: machine.ParseResource(resource)}, a)
		got = append(got, <-a.done)
	}
	want := []string{"E: c", `{"n":1}`, `{"StatusCode":200,"Payload":{"n":1}}`, `States.Runtime: the mock "r" of state "S" has no response for invocation 3`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
