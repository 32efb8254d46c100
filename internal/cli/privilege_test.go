package cli_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stride-aws/stride/internal/cli"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/workflows"
)

// sampleInputs are executions that between them enter every Task of the samples that needs a permission of its own.
var sampleInputs = map[string]string{
	"order-fulfilment": `{"id":"o-1","customer":"Ada","email":"ada@example.com","items":[{"sku":"mug","quantity":2}],"total":4200,"card":"tok_1"}`,
	"sensor-ingest":    `{"device":"dev1","kind":"pressure","readings":[{"value":90},{"value":10}]}`,
	"report-pipeline":  `{"month":"2026-10","accounts":9}`,
}

// traced is an environment with traces, and keys of the account's own.
const traced = `
environments:
  local:
    workflows: {tracing: true, kmsKey: "arn:aws:kms:us-east-1:000000000000:key/machines"}
    lambda: {tracing: true, kmsKey: "arn:aws:kms:us-east-1:000000000000:key/functions", env: {STAGE: test}}
`

// warnings are what the local AWS has warned of since it was last looked at.
type warnings struct {
	mu   sync.Mutex
	last string
}

func (w *warnings) warn(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = text
}

func (w *warnings) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.last
	w.last = ""
	return text
}

// TestSamplesNeedEveryStatement deploys the samples to the local AWS, which holds roles to their policies: each runs, and without any
// one statement of its machine's role it does not, cannot be updated, or is not traced or logged; without any one of a function's role,
// the function cannot be updated or does not run. (The local AWS writes functions' logs itself.)
func TestSamplesNeedEveryStatement(t *testing.T) {
	var told warnings
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", Fast: true, Warn: told.warn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	go h.Serve(t.Context())
	t.Setenv("CI", "true")
	t.Chdir(".") // comes back from where -C goes
	file := filepath.Join(t.TempDir(), "stride.yaml")
	if err := os.WriteFile(file, []byte(traced), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	args := append([]string{"deploy", "-C", "../..", "--config", file, "--endpoint-url", h.URL()}, slices.Sorted(maps.Keys(sampleInputs))...)
	world := cli.World{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Workflows: workflows.All()}
	if code := mainIn(t, world); code != 0 {
		t.Fatalf("deploy: exit code %d\n%s", code, &out)
	}
	config := aws.Config{BaseEndpoint: aws.String(h.URL()), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	for workflow, input := range sampleInputs {
		t.Run(workflow, func(t *testing.T) {
			s := &sample{states: sfn.NewFromConfig(config, plainHost), roles: iam.NewFromConfig(config), told: &told, workflow: workflow, input: input}
			judge(t, s.roles, workflow+"-states-us-east-1", s.use)
		})
	}
	functions := lambda.NewFromConfig(config)
	t.Run("function", func(t *testing.T) {
		role := "payments-Charge-lambda-us-east-1"
		judge(t, iam.NewFromConfig(config), role, func(ctx context.Context) string { return invoke(ctx, functions, "payments-Charge") })
	})
}

// invoke updates a function's tracing to what it is, and invokes it; it returns what was refused.
func invoke(ctx context.Context, functions *lambda.Client, name string) string {
	_, err := functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, TracingConfig: &lambdatypes.TracingConfig{Mode: lambdatypes.TracingModeActive}})
	if err == nil {
		_, err = functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: []byte("{}")})
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// plainHost keeps "sync-" from the host of StartSyncExecution.
func plainHost(o *sfn.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("PlainHost", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
	})
}

type sample struct {
	states          *sfn.Client
	roles           *iam.Client
	told            *warnings
	workflow, input string
}

// judge takes each statement out of a role's policy in turn: use goes well only with all of them.
func judge(t *testing.T, roles *iam.Client, role string, use func(context.Context) string) {
	t.Helper()
	out, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: aws.String("stride")})
	if err != nil {
		t.Fatal(err)
	}
	whole := decoded(t, *out.PolicyDocument)
	if refusal := use(t.Context()); refusal != "" {
		t.Fatalf("with the whole policy: %s", refusal)
	}
	if len(whole.Statement) < 2 {
		t.Fatalf("only %d statements", len(whole.Statement))
	}
	for i, statement := range whole.Statement {
		less := *whole
		less.Statement = slices.Delete(slices.Clone(whole.Statement), i, i+1)
		_, err := roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("stride"), PolicyDocument: aws.String(less.String())})
		if err != nil {
			t.Fatal(err)
		}
		refusal := use(t.Context())
		if refusal == "" && statement.Action[0] != "logs:CreateLogStream" {
			t.Errorf("nothing needs the statement %v on %v", statement.Action, statement.Resource)
		}
	}
}

// use updates the machine's log configuration to what it is, and runs it; it returns what went wrong, or was dropped.
func (s *sample) use(ctx context.Context) string {
	s.told.take()
	if refusal := s.run(ctx); refusal != "" {
		return refusal
	}
	return s.told.take()
}

func (s *sample) run(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	arn := "arn:aws:states:us-east-1:000000000000:stateMachine:" + s.workflow
	m, err := s.states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return err.Error()
	}
	if _, err = s.states.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &arn, LoggingConfiguration: m.LoggingConfiguration}); err != nil {
		return err.Error()
	}
	if m.Type == types.StateMachineTypeExpress {
		out, err := s.states.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: &arn, Input: &s.input})
		if err != nil {
			return err.Error()
		}
		return aws.ToString(out.Error) + aws.ToString(out.Cause)
	}
	started, err := s.states.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &arn, Input: &s.input})
	if err != nil {
		return err.Error()
	}
	for ctx.Err() == nil {
		out, err := s.states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		switch {
		case err != nil:
			return err.Error()
		case out.Status != types.ExecutionStatusRunning:
			return aws.ToString(out.Error) + aws.ToString(out.Cause)
		}
		time.Sleep(20 * time.Millisecond) // Step Functions tells nobody when an execution ends
	}
	return "still running"
}

func decoded(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
