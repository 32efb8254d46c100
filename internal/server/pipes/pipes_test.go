package pipes

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	"github.com/aws/aws-sdk-go-v2/service/pipes/types"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/value"
)

// TestPipe: what is in a queue is filtered and started in batches; a start that fails leaves its messages; a stopped pipe does nothing.
func TestPipe(t *testing.T) {
	queue, deleted, started := make(chan Message, 10), make(chan string, 10), make(chan string)
	fail := make(chan error, 1)
	event := func(id, body string) {
		e, err := value.Parse(`{"messageId": "` + id + `", "body": ` + body + `}`)
		if err != nil {
			t.Fatal(err)
		}
		queue <- Message{id, e}
	}
	s := New(Options{Now: time.Now, Warn: func(string) {},
		Receive: func(ctx context.Context, _, _, _ string, most int, _ time.Duration) (found []Message, err error) {
			select {
			case m := <-queue:
				found = append(found, m)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			for len(found) < most && len(queue) > 0 {
				found = append(found, <-queue)
			}
			return found, nil
		},
		Delete: func(_ context.Context, _, _, _, handle string) error { deleted <- handle; return nil },
		Start: func(_ context.Context, _, _, target, role, input string, sync bool) error {
			select {
			case err := <-fail:
				return err
			default:
			}
			if target != "arn:aws:states:eu-west-1:1:stateMachine:m:current" || role != "role" || sync {
				t.Errorf("started %s as %s, sync %t", target, role, sync)
			}
			started <- input
			return nil
		}})
	defer s.Close()
	rt := wire.NewRouter(false)
	rt.Register("pipes", s)
	server := httptest.NewServer(rt)
	defer server.Close()
	c := pipes.New(pipes.Options{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	event("1", `"{\"n\": 1}"`)
	event("2", `"{\"n\": 2}"`)
	event("3", `"{\"n\": 1}"`)
	_, err := c.CreatePipe(t.Context(), &pipes.CreatePipeInput{Name: aws.String("p"), Source: aws.String("arn:aws:sqs:eu-west-1:1:q"), RoleArn: aws.String("role"),
		Target: aws.String("arn:aws:states:eu-west-1:1:stateMachine:m:current"), Tags: map[string]string{"a": "b"},
		SourceParameters: &types.PipeSourceParameters{SqsQueueParameters: &types.PipeSourceSqsQueueParameters{BatchSize: aws.Int32(10)},
			FilterCriteria: &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"body": {"n": [1]}}`)}}}},
		TargetParameters: &types.PipeTargetParameters{StepFunctionStateMachineParameters: &types.PipeTargetStateMachineParameters{InvocationType: types.PipeTargetInvocationTypeFireAndForget}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := <-started, `[{"messageId":"1","body":"{\"n\": 1}"},{"messageId":"3","body":"{\"n\": 1}"}]`; got != want {
		t.Errorf("started with %s, want %s", got, want)
	}
	for _, want := range []string{"1", "2", "3"} {
		if got := <-deleted; got != want {
			t.Errorf("deleted %s, want %s", got, want)
		}
	}
	fail <- errors.New("no")
	event("4", `"{\"n\": 1}"`)
	out, err := c.UpdatePipe(t.Context(), &pipes.UpdatePipeInput{Name: aws.String("p"), RoleArn: aws.String("role"), DesiredState: types.RequestedPipeStateStopped})
	if err != nil || out.CurrentState != types.PipeStateStopped {
		t.Fatalf("%v, %v", out, err)
	}
	live, err := c.DescribePipe(t.Context(), &pipes.DescribePipeInput{Name: aws.String("p")})
	if err != nil || live.DesiredState != types.RequestedPipeStateDescribeResponseStopped || live.Tags["a"] != "b" || len(deleted) > 0 {
		t.Errorf("%+v, %v, %d deleted", live, err, len(deleted))
	}
}
