package localaws

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	"github.com/aws/aws-sdk-go-v2/service/pipes/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// fakeQueue is an SQS with one queue that holds one message; deleted gets the handle of what is deleted.
func fakeQueue(t *testing.T, deleted chan<- string) string {
	var received atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		body, _ := io.ReadAll(r.Body)
		switch operation := r.Header.Get("X-Amz-Target"); {
		case operation == "AmazonSQS.GetQueueUrl" && strings.Contains(string(body), `"orders"`):
			io.WriteString(w, `{"QueueUrl": "http://queue/orders"}`)
		case operation == "AmazonSQS.ReceiveMessage" && received.CompareAndSwap(false, true):
			io.WriteString(w, `{"Messages": [{"MessageId": "m1", "ReceiptHandle": "h1", "MD5OfBody": "x", "Body": "{\"order\": 7}", "Attributes": {"SentTimestamp": "1"}}]}`)
		case operation == "AmazonSQS.ReceiveMessage":
			<-r.Context().Done()
		case operation == "AmazonSQS.DeleteMessage":
			var in struct{ ReceiptHandle string }
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			io.WriteString(w, `{}`)
			deleted <- in.ReceiptHandle
		default:
			t.Errorf("the pipe called %s with %s", operation, body)
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// TestPipeFromSQS: a message in a queue, wherever that is, becomes the input of an execution, and is deleted.
func TestPipeFromSQS(t *testing.T) {
	deleted := make(chan string, 1)
	t.Setenv("AWS_ENDPOINT_URL_SQS", fakeQueue(t, deleted))
	local, err := New(Options{Address: "127.0.0.1:0", Warn: func(text string) { t.Log(text) }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(local)
	t.Cleanup(func() { server.Close(); local.Close() })
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	states := sfn.NewFromConfig(cfg)
	machine, err := states.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String("arn:aws:iam::000000000000:role/x"),
		Definition: aws.String(`{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pipes.NewFromConfig(cfg).CreatePipe(t.Context(), &pipes.CreatePipeInput{Name: aws.String("p"), Source: aws.String("arn:aws:sqs:eu-west-1:000000000000:orders"),
		Target: machine.StateMachineArn, RoleArn: aws.String("arn:aws:iam::000000000000:role/p"), TargetParameters: &types.PipeTargetParameters{
			StepFunctionStateMachineParameters: &types.PipeTargetStateMachineParameters{InvocationType: types.PipeTargetInvocationTypeFireAndForget}}})
	if err != nil {
		t.Fatal(err)
	}
	if handle := <-deleted; handle != "h1" {
		t.Errorf("the pipe deleted %s", handle)
	}
	list, err := states.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine.StateMachineArn})
	if err != nil || len(list.Executions) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	out, err := states.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: list.Executions[0].ExecutionArn})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"messageId":"m1","receiptHandle":"h1","body":"{\"order\": 7}","attributes":{"SentTimestamp":"1"},"messageAttributes":{},"md5OfBody":"x",` +
		`"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:000000000000:orders","awsRegion":"eu-west-1"}]`
	if got := aws.ToString(out.Input); got != want {
		t.Errorf("the execution has input\n%s, want\n%s", got, want)
	}
}

// TestPipeAfterRestart: a pipe works on when the data directory is opened again, as does the machine that it starts.
func TestPipeAfterRestart(t *testing.T) {
	const json10 = "application/x-amz-json-1.0"
	o := Options{Address: "127.0.0.1:0", DataDir: t.TempDir(), Warn: func(text string) { t.Log(text) }}
	t.Setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1") // where nothing answers
	first := must(New(o))
	plainCall(t, first, "POST", "/", "states", "AWSStepFunctions.CreateStateMachine", json10, `{"name":"m","roleArn":"arn:aws:iam::000000000000:role/x","definition":"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"}`)
	plainCall(t, first, "POST", "/v1/pipes/p", "pipes", "", json10, `{"Source":"arn:aws:sqs:us-east-1:000000000000:orders","Target":"arn:aws:states:us-east-1:000000000000:stateMachine:m",
		"RoleArn":"arn:aws:iam::000000000000:role/p","TargetParameters":{"StepFunctionStateMachineParameters":{"InvocationType":"FIRE_AND_FORGET"}}}`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	deleted := make(chan string, 1)
	t.Setenv("AWS_ENDPOINT_URL_SQS", fakeQueue(t, deleted))
	second := must(New(o))
	defer second.Close()
	if handle := <-deleted; handle != "h1" {
		t.Errorf("the pipe deleted %s", handle)
	}
	if list := plainCall(t, second, "POST", "/", "states", "AWSStepFunctions.ListExecutions", json10, `{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"}`); strings.Count(list, "executionArn") != 1 {
		t.Errorf("executions: %s", list)
	}
}
