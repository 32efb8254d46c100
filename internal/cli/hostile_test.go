package cli_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/cli"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/observe/loggen"
)

// evil is text that wants to act: on a terminal (colours, titles, the cursor, the clipboard, hyperlinks, line ends), on a reader (right to
// left, invisible characters), on a page.
const evil = "\x1b[31m\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1b]8;;http://x\x07link\x1b[2J\x1b[1A\r\n\t\b\u009b31m\x00" +
	"\u202egnp.exe\u2066\u200b\u2028\ufeff\U000e0041<script>alert(1)</script>&amp;'\"`$(id)%s%n\\"

// hostileCloud has a Standard execution and an Express log in which every name and value is evil or large.
func hostileCloud(t *testing.T) (endpoint, standard string) {
	t.Helper()
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); h.Close() })
	states := sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	role := aws.String("arn:aws:iam::000000000000:role/r")
	name := evil[:40]
	for len(name) > 0 && !utf8.ValidString(name) {
		name = name[:len(name)-1]
	}
	quoted := func(s string) string { text, _ := json.Marshal(s); return string(text) }
	definition := fmt.Sprintf(`{"Comment":%[2]s,"StartAt":%[1]s,"States":{%[1]s:{"Type":"Pass","Comment":%[2]s,"Next":"F"},"F":{"Type":"Fail","Error":%[2]s,"Cause":%[2]s}}}`,
		quoted(name), quoted(evil))
	m, err := states.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("standard"), Definition: &definition, RoleArn: role})
	if err != nil {
		t.Fatal(err)
	}
	large := quoted(evil + strings.Repeat("x\x1b[31m", 23_500))
	out, err := states.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Input: &large})
	if err != nil {
		t.Fatal(err)
	}
	group := "arn:aws:logs:us-east-1:000000000000:log-group:/evil:*"
	logs := loggen.Client(server.URL, http.DefaultTransport)
	if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/evil")}); err != nil {
		t.Fatal(err)
	}
	express := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"evil"},"End":true}}}`
	if _, err := states.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("express"), Definition: &express, RoleArn: role, Type: types.StateMachineTypeExpress,
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelAll, IncludeExecutionData: true,
			Destinations: []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &group}}}}}); err != nil {
		t.Fatal(err)
	}
	fill(t, logs)
	return server.URL, aws.ToString(out.ExecutionArn)
}

const evilExpress = "arn:aws:states:us-east-1:000000000000:express:express:evil:1"

// fill writes the events of an Express execution and the lines of its function.
func fill(t *testing.T, logs *cloudwatchlogs.Client) {
	t.Helper()
	at := time.Now().Add(-time.Minute)
	var lines, function []string
	text := history.Verbatim(evil + strings.Repeat("\u202e9", 60_000))
	d := history.Details{Name: evil, Input: text, Output: text, Error: history.Verbatim(evil), Cause: text, Resource: evil, ResourceType: "lambda", Parameters: text,
		Region: evil, WorkerName: evil, MapRunARN: evil, Location: evil, State: evil}
	for i, kind := range []history.Type{history.ExecutionStarted, history.MapStateEntered, history.MapStateStarted, history.MapIterationStarted, history.TaskStateEntered,
		history.TaskScheduled, history.TaskStarted, history.TaskFailed, history.MapIterationFailed, history.MapRunStarted, history.MapStateFailed, history.EvaluationFailed, history.ExecutionFailed} {
		e := &history.Event{ID: int64(i + 1), PreviousID: int64(i), Type: kind, Time: at.Add(time.Duration(i) * 10 * time.Millisecond), Details: &d}
		lines = append(lines, string(e.AppendLog(nil, history.Log{ExecutionARN: evilExpress}, true)))
	}
	function = append(function, []string{"START RequestId: " + evil + "\n", evil + "\n", `{"level":"\u001b[31m","msg":"\u202e\u001b[2J","\u001b]0;x\u0007":"\u009b"}`, "END RequestId: " + evil}...)
	put := func(group string, texts []string) {
		if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil && group != "/evil" {
			t.Fatal(err)
		}
		if _, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: aws.String("s")}); err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			event := logtypes.InputLogEvent{Timestamp: aws.Int64(at.Add(time.Duration(i) * 10 * time.Millisecond).UnixMilli()), Message: &text}
			if _, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: aws.String("s"), LogEvents: []logtypes.InputLogEvent{event}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("/evil", lines)
	put("/aws/lambda/evil", function)
}

// TestHostilePayloads: whatever executions say, what a person reads in a terminal is text, a line stays a line, and JSON stays JSON.
func TestHostilePayloads(t *testing.T) {
	endpoint, standard := hostileCloud(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/shop\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"tail --since 5m standard express", "tail --since 5m -o raw standard express", "tail --since 5m -o json standard express",
		"tail --execution " + standard, "tail --execution " + evilExpress, "inspect " + standard, "inspect --data " + standard, "inspect -o json " + standard,
		"inspect " + evilExpress, "inspect --data " + evilExpress, "inspect -o json " + evilExpress, "ls standard", "ls -o json standard", "wait " + standard,
		"graph " + standard, "graph --format mermaid " + standard, "graph --format svg " + standard, "cost " + standard,
	} {
		t.Run(command, func(t *testing.T) {
			t.Chdir(dir)
			var out, talk bytes.Buffer
			code := mainIn(t, cli.World{Args: append(strings.Fields(command), "--endpoint-url", endpoint, "--region", "us-east-1"),
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk})
			if code != 0 && !strings.HasPrefix(command, "wait") || out.Len() == 0 {
				t.Fatalf("exit code %d, %d bytes\n%.2000s", code, out.Len(), &talk)
			}
			if strings.Contains(command, "svg") {
				isXML(t, out.Bytes())
				return
			}
			if strings.Contains(command, "json") {
				isJSON(t, out.Bytes())
			}
			harmless(t, "stdout", out.String(), !strings.Contains(command, "json") && !strings.Contains(command, "--data"))
			harmless(t, "stderr", talk.String(), true)
		})
	}
}

func isJSON(t *testing.T, text []byte) {
	t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("no JSON: %v", err)
		}
	}
}

func isXML(t *testing.T, text []byte) {
	t.Helper()
	for dec := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Fatal("a script in the picture")
		}
	}
}

// longestLine is what a line may have at most where no whole payload was asked for, in bytes.
const longestLine = 4096

func harmless(t *testing.T, name, text string, short bool) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is no UTF-8", name)
	}
	for i, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029') {
			t.Fatalf("%s has %U at byte %d: %q", name, r, i, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	for line := range strings.Lines(text) {
		if short && len(line) > longestLine {
			t.Fatalf("%s has a line of %d bytes: %.200q", name, len(line), line)
		}
	}
}
