package localaws

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// BenchmarkSDK is one call after another through the SDK, as a program makes them: to the local AWS, and to a net/http server that
// reads a request and answers "{}".
func BenchmarkSDK(b *testing.B) {
	start := func(ctx context.Context, c *sfn.Client) error {
		_, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN("standard")), Input: aws.String(kilobyte)})
		return err
	}
	startSync := func(ctx context.Context, c *sfn.Client) error {
		_, err := c.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: aws.String(machineARN("express")), Input: aws.String(kilobyte)})
		return err
	}
	for _, c := range []struct {
		operation string
		call      func(context.Context, *sfn.Client) error
	}{{"StartSyncExecution", startSync}, {"StartExecution", start}} {
		b.Run(c.operation, func(b *testing.B) {
			b.Run("empty-net-http", func(b *testing.B) { medianCall(b, sdkClient("http://"+emptyServer(b)), c.call) })
			b.Run("stride", func(b *testing.B) {
				local := must(New(Options{Address: "127.0.0.1:0"}))
				ctx, stop := context.WithCancel(b.Context())
				var serving sync.WaitGroup
				serving.Go(func() { local.Serve(ctx) })
				defer func() { stop(); serving.Wait(); local.Close() }()
				client := sdkClient(local.URL())
				for _, kind := range []types.StateMachineType{types.StateMachineTypeExpress, types.StateMachineTypeStandard} {
					must(client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String(strings.ToLower(string(kind))), Type: kind,
						Definition: aws.String(fiveStates), RoleArn: aws.String("arn:aws:iam::000000000000:role/r")}))
				}
				medianCall(b, client, c.call)
			})
		})
	}
}

var kilobyte = `{"a":1,"b":"` + strings.Repeat("x", 1000) + `"}`

func machineARN(name string) string {
	return "arn:aws:states:us-east-1:000000000000:stateMachine:" + name
}

func sdkClient(url string) *sfn.Client {
	return sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("000000000000", "secret", ""),
		APIOptions: []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NoHostPrefix",
				func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
					return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
				}), middleware.Before)
		}}})
}

// medianCall makes b.N calls and reports the median of how long they took.
func medianCall(b *testing.B, client *sfn.Client, call func(context.Context, *sfn.Client) error) {
	took := make([]time.Duration, b.N)
	for i := range took {
		sent := time.Now()
		if err := call(b.Context(), client); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(sent)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
}
