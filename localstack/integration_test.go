//go:build integration

// Package localstack deploys the samples to a real LocalStack with the commands of a user, runs them, compares what they did with the
// local AWS, and proves that destroy leaves nothing behind.
//
// AWS_ENDPOINT_URL names the server; without it, host/start.sh starts LocalStack as a process of this machine.
package localstack

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/peers"
)

// samples are the executions that both servers run.
var samples = []struct {
	name, workflow, input string
	answer                string // to the step that waits for a callback
	exit                  int
}{
	{"small order", "order-fulfilment", `{"id":"o-1","customer":"Ada","email":"ada@example.com","items":[{"sku":"mug","quantity":2}],"total":4200,"card":"tok_1"}`, "", 0},
	{"large order, approved", "order-fulfilment", `{"id":"o-2","customer":"Ada","email":"ada@example.com","items":[{"sku":"mug","quantity":1},{"sku":"book","quantity":3}],"total":420000,"card":"tok_1"}`, `{"approved":true,"by":"grace"}`, 0},
	{"large order, rejected", "order-fulfilment", `{"id":"o-3","customer":"Ada","email":"ada@example.com","items":[{"sku":"mug","quantity":1}],"total":420000,"card":"tok_1"}`, `{"approved":false,"by":"grace"}`, 3},
	{"sensor readings", "sensor-ingest", `{"device":"dev1","kind":"pressure","readings":[{"value":90},{"value":10}]}`, "", 0},
	{"monthly report", "report-pipeline", `{"month":"2026-10","accounts":9}`, "", 0},
}

// outcome is how an execution ended.
type outcome struct {
	Status, Output, Error, Cause string
	Exit                         int
}

func TestSamplesBehaveAsOnTheLocalAWS(t *testing.T) {
	stride := build(t)
	here := newServer(t, stride, "local", startLocal(t, stride))
	there := newServer(t, stride, "localstack", localStack(t))
	for _, s := range []*server{here, there} {
		s.run(0, "deploy")
		if out := s.run(0, "deploy"); !strings.Contains(out, "unchanged") {
			t.Errorf("%s: a second deploy says\n%s", s.env, out)
		}
	}
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			want := here.execute(t, sample.workflow, sample.input, sample.answer)
			got := there.execute(t, sample.workflow, sample.input, sample.answer)
			if want.Exit != sample.exit {
				t.Errorf("exit code %d on the local AWS, want %d", want.Exit, sample.exit)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("local AWS (-) and LocalStack (+):\n%s", diff)
			}
		})
	}
	for _, s := range []*server{here, there} {
		s.run(0, "destroy", "--yes")
		if left := s.left(t); len(left) > 0 {
			t.Errorf("%s: destroy left %v", s.env, left)
		}
	}
}

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "stride")
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/stride").CombinedOutput(); err != nil {
		t.Fatalf("building stride: %v\n%s", err, out)
	}
	return bin
}

// startLocal starts `stride local` and returns its endpoint.
func startLocal(t *testing.T, stride string) string {
	t.Helper()
	port := peers.FreePort(t)
	cmd := exec.Command(stride, "local", "--port", port)
	cmd.Dir = ".."
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	awaitPort(t, port)
	return "http://127.0.0.1:" + port
}

func awaitPort(t *testing.T, port string) {
	t.Helper()
	for range 200 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process opens it, and tells nobody here
	}
	t.Fatalf("nothing listens on port %s", port)
}

// localStack is the endpoint of a LocalStack.
func localStack(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		return url
	}
	return peers.LocalStack(t)
}

// server is one of the two, and stride as its user.
type server struct {
	t           *testing.T
	stride, env string
	endpoint    string
	cfg         aws.Config
}

func newServer(t *testing.T, stride, env, endpoint string) *server {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	return &server{t: t, stride: stride, env: env, endpoint: endpoint, cfg: cfg}
}

func (s *server) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.stride, append(args, "--env", s.env, "--endpoint-url", s.endpoint)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CI=true", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	return cmd
}

// run runs a command, wants its exit code and returns what it printed.
func (s *server) run(exit int, args ...string) string {
	s.t.Helper()
	cmd := s.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exit {
		s.t.Fatalf("%s: stride %s: exit code %d, want %d\n%s", s.env, strings.Join(args, " "), code, exit, out.String())
	}
	s.t.Logf("%s: stride %s\n%s", s.env, strings.Join(args, " "), out.String())
	return out.String()
}

// execute starts an execution, answers the token that it waits with, and returns how it ended.
func (s *server) execute(t *testing.T, workflow, input, answer string) outcome {
	t.Helper()
	cmd := s.command("start", workflow, "--input", input, "-o", "json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var o outcome
	for dec := json.NewDecoder(stdout); dec.More(); {
		var line struct{ Event event }
		if err := dec.Decode(&line); err != nil {
			t.Fatalf("%s: output of start: %v", s.env, err)
		}
		if token := line.Event.token(); token != "" && answer != "" {
			s.run(0, "callback", "succeed", token, "--result", answer)
		}
		line.Event.end(&o)
	}
	_ = cmd.Wait()
	o.Exit = cmd.ProcessState.ExitCode()
	t.Logf("%s: %s: %+v\n%s", s.env, workflow, o, stderr.String())
	return o
}

// event is what this test reads of an event.
type event struct {
	Type                           string
	TaskScheduledEventDetails      struct{ Resource, Parameters string }
	ExecutionSucceededEventDetails struct{ Output string }
	ExecutionFailedEventDetails    struct{ Error, Cause string }
}

func (e *event) token() string {
	if !strings.HasSuffix(e.TaskScheduledEventDetails.Resource, ".waitForTaskToken") {
		return ""
	}
	var sent struct{ Payload struct{ Token string } }
	_ = json.Unmarshal([]byte(e.TaskScheduledEventDetails.Parameters), &sent)
	return sent.Payload.Token
}

func (e *event) end(o *outcome) {
	switch e.Type {
	case "ExecutionSucceeded":
		o.Status, o.Output = "SUCCEEDED", canonical(e.ExecutionSucceededEventDetails.Output)
	case "ExecutionFailed":
		o.Status, o.Error, o.Cause = "FAILED", e.ExecutionFailedEventDetails.Error, canonical(e.ExecutionFailedEventDetails.Cause)
	}
}

// canonical is JSON with its names sorted; what is no JSON stays.
func canonical(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(sorted)
}

// left is what stride could have made and is still there.
func (s *server) left(t *testing.T) []string {
	t.Helper()
	ctx := context.Background()
	var left []string
	machines, err := sfn.NewFromConfig(s.cfg).ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
	check(t, err)
	for _, m := range machines.StateMachines {
		left = append(left, *m.StateMachineArn)
	}
	functions, err := lambda.NewFromConfig(s.cfg).ListFunctions(ctx, &lambda.ListFunctionsInput{})
	check(t, err)
	for _, f := range functions.Functions {
		left = append(left, *f.FunctionArn)
	}
	roles, err := iam.NewFromConfig(s.cfg).ListRoles(ctx, &iam.ListRolesInput{})
	check(t, err)
	for _, r := range roles.Roles {
		left = append(left, *r.Arn)
	}
	groups, err := cloudwatchlogs.NewFromConfig(s.cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	check(t, err)
	for _, g := range groups.LogGroups {
		left = append(left, *g.LogGroupName)
	}
	return left
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
