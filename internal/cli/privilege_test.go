package cli_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
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

// TestSamplesNeedEveryStatement deploys the samples to the local AWS, which holds roles to their policies: each runs, and without any
// one statement of its machine's role it does not, or cannot be updated. (The statements of functions' roles are about their logs,
// which the local AWS writes itself.)
func TestSamplesNeedEveryStatement(t *testing.T) {
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	go h.Serve(t.Context())
	t.Setenv("CI", "true")
	t.Chdir(".") // comes back from where -C goes
	var out bytes.Buffer
	world := cli.World{Args: []string{"deploy", "-C", "../..", "--endpoint-url", h.URL()}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Workflows: workflows.All()}
	if code := mainIn(t, world); code != 0 {
		t.Fatalf("deploy: exit code %d\n%s", code, &out)
	}
	config := aws.Config{BaseEndpoint: aws.String(h.URL()), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	for workflow, input := range sampleInputs {
		t.Run(workflow, func(t *testing.T) {
			(&sample{sfn.NewFromConfig(config, plainHost), iam.NewFromConfig(config), workflow, input}).judge(t)
		})
	}
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
	workflow, input string
}

func (s *sample) judge(t *testing.T) {
	role := s.workflow + "-states-us-east-1"
	out, err := s.roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: aws.String("stride")})
	if err != nil {
		t.Fatal(err)
	}
	whole := decoded(t, *out.PolicyDocument)
	if refusal := s.use(t.Context()); refusal != "" {
		t.Fatalf("with the whole policy: %s", refusal)
	}
	if len(whole.Statement) < 2 {
		t.Fatalf("only %d statements", len(whole.Statement))
	}
	for i, statement := range whole.Statement {
		less := *whole
		less.Statement = slices.Delete(slices.Clone(whole.Statement), i, i+1)
		_, err := s.roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("stride"), PolicyDocument: aws.String(less.String())})
		if err != nil {
			t.Fatal(err)
		}
		if s.use(t.Context()) == "" {
			t.Errorf("nothing needs the statement %v on %v", statement.Action, statement.Resource)
		}
	}
}

// use updates the machine's log configuration to what it is, and runs it; it returns what went wrong.
func (s *sample) use(ctx context.Context) string {
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
