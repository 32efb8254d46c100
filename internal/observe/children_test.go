package observe_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/observe/loggen"
)

// cloud is a local AWS with its clients.
type cloud struct {
	t      *testing.T
	states *sfn.Client
	logs   *cloudwatchlogs.Client
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); h.Close() })
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	return &cloud{t, sfn.NewFromConfig(cfg), loggen.Client(server.URL, http.DefaultTransport)}
}

// machine makes a state machine that logs everything to a group of its own, or nothing.
func (c *cloud) machine(name string, kind types.StateMachineType, logs bool, definition string) observe.Machine {
	c.t.Helper()
	in := &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, Type: kind, RoleArn: aws.String("arn:aws:iam::000000000000:role/r")}
	if logs {
		group := "/aws/vendedlogs/states/" + name
		if _, err := c.logs.CreateLogGroup(c.t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
			c.t.Fatal(err)
		}
		in.LoggingConfiguration = &types.LoggingConfiguration{Level: types.LogLevelAll, IncludeExecutionData: true, Destinations: []types.LogDestination{{
			CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: aws.String("arn:aws:logs:us-east-1:000000000000:log-group:" + group + ":*")}}}}
	}
	out, err := c.states.CreateStateMachine(c.t.Context(), in)
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := observe.Describe(c.t.Context(), c.states, aws.ToString(out.StateMachineArn))
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// run starts an execution and waits for its end.
func (c *cloud) run(m observe.Machine, name, input string) string {
	c.t.Helper()
	out, err := c.states.StartExecution(c.t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m.ARN, Name: &name, Input: &input})
	if err != nil {
		c.t.Fatal(err)
	}
	for {
		d, err := c.states.DescribeExecution(c.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: out.ExecutionArn})
		if err != nil {
			c.t.Fatal(err)
		}
		if d.Status != types.ExecutionStatusRunning {
			return aws.ToString(out.ExecutionArn)
		}
		time.Sleep(5 * time.Millisecond) // the server tells nobody
	}
}

// tell is what is told, without times and ids.
func (c *cloud) tell(execution string, machines ...observe.Machine) string {
	c.t.Helper()
	var b strings.Builder
	tail := &observe.Tail{
		States: c.states, Logs: c.logs, Machines: machines, Execution: execution, Since: time.Now().Add(-time.Hour), Interval: time.Second,
		Now: time.Now, Wait: func(context.Context, time.Duration) error { return nil },
		Emit: func(e observe.Entry) error {
			if l, ok := e.Line(); ok {
				text, _, _ := strings.Cut(l.Text, " after ")
				text, _, _ = strings.Cut(text, ": {")
				fmt.Fprintf(&b, "%s%s %s\n", strings.Repeat("  ", l.Depth), l.Mood.Mark(), words(text))
			}
			return nil
		},
	}
	if err := tail.Run(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	return b.String()
}

// words leaves out durations and names that are made up.
func words(text string) string {
	var kept []string
	for _, w := range strings.Fields(text) {
		if _, err := time.ParseDuration(w); err == nil || len(w) == 36 && strings.Count(w, "-") == 4 {
			continue
		}
		if i := strings.LastIndexByte(w, ':'); i > 0 && strings.HasPrefix(w, "arn:") {
			w = "ARN"
		}
		kept = append(kept, w)
	}
	return strings.Join(kept, " ")
}

const (
	parentASL = `{"QueryLanguage":"JSONata","StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
		"Arguments":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:child","Input":{"fail":"{% $states.input.fail %}"}},"End":true}}}`
	childASL = `{"QueryLanguage":"JSONata","StartAt":"Good?","States":{"Good?":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.fail %}","Next":"Bad"}],"Default":"Fine"},
		"Bad":{"Type":"Fail","Error":"TooBad","Cause":"the child was bad"},"Fine":{"Type":"Succeed"}}}`
	mapASL = `{"QueryLanguage":"JSONata","StartAt":"All","States":{"All":{"Type":"Map","Items":"{% [1..$states.input.n] %}","ToleratedFailurePercentage":100,"Label":"all","End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"%KIND%"},"StartAt":"Even?","States":{
		"Even?":{"Type":"Choice","Choices":[{"Condition":"{% $states.input = 3 %}","Next":"Odd"}],"Default":"Fine"},
		"Odd":{"Type":"Fail","Error":"Odd","Cause":"three is odd"},"Fine":{"Type":"Succeed"}}}}}}`
)

func TestChildExecutionsStandUnderTheirParents(t *testing.T) {
	for _, logs := range []bool{false, true} {
		t.Run(fmt.Sprintf("logs %v", logs), func(t *testing.T) {
			c := newCloud(t)
			parent := c.machine("parent", types.StateMachineTypeStandard, logs, parentASL)
			child := c.machine("child", types.StateMachineTypeStandard, logs, childASL)
			arn := c.run(parent, "p", `{"fail":true}`)
			want := strings.TrimPrefix(`
→ started
→ Call states:startExecution.sync:2
… Call handed over, waits for the job
  → child started
  · Good?
  ✗ child FAILED
✗ Call States.TaskFailed
✗ FAILED
`, "\n")
			for what, got := range map[string]string{"one execution": c.tell(arn, parent), "its machine": c.tell("", parent), "both machines": c.tell("", parent, child)} {
				t.Run(what, func(t *testing.T) {
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

func TestMapRunsStandUnderTheirStep(t *testing.T) {
	for _, kind := range []string{"STANDARD", "EXPRESS"} {
		t.Run(kind, func(t *testing.T) {
			c := newCloud(t)
			m := c.machine("mapper", types.StateMachineTypeStandard, kind == "EXPRESS", strings.Replace(mapASL, "%KIND%", kind, 1))
			c.run(m, "few", `{"n":3}`)
			got := c.tell("", m)
			for line, times := range map[string]int{
				"→ All map run ARN": 1, "  → all started": 3, "  · Even?": 3, "  ✗ all FAILED": 1, "  ✓ all SUCCEEDED": 2,
				"… All 2 of 3 items succeeded, 1 failed": 1, "✓ SUCCEEDED": 1,
			} {
				if n := strings.Count("\n"+strings.ReplaceAll(got, "\n", "\n\n"), "\n"+line+"\n"); n != times {
					t.Errorf("%q stands there %d times, want %d, in\n%s", line, n, times, got)
				}
			}
			if !strings.HasSuffix(got, "✓ All\n✓ SUCCEEDED\n") {
				t.Errorf("the end does not come last in\n%s", got)
			}
			c.run(m, "many", `{"n":30}`)
			got = c.tell("", m)
			if n := strings.Count(got, "→ all started"); n > 3+10 {
				t.Errorf("%d children are told in full", n)
			}
			if n := strings.Count(got, "✗ all FAILED"); n != 2 {
				t.Errorf("%d failed children are told, want 2 in\n%s", n, got)
			}
		})
	}
}
