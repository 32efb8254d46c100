package lambdahost

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/stride-aws/stride/internal/lambdamain"
)

// InProcess is a Go handler that is invoked in this program with a Lambda function's semantics.
type InProcess struct {
	handler any
	timeout time.Duration
}

// NewInProcess wraps handler, a function that package lambda can call. timeout 0: none.
func NewInProcess(handler any, names lambdamain.Names, timeout time.Duration) *InProcess {
	return &InProcess{lambdamain.Wrap(handler, names), timeout}
}

// Invoke calls the handler. A handler that ignores its context's end is left to itself after its timeout; the answer is Lambda's.
func (p *InProcess) Invoke(ctx context.Context, in Invocation) (Result, error) {
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.timeout, errFunctionTimeout)
		defer cancel()
	}
	lc := &lambdacontext.LambdaContext{AwsRequestID: in.RequestID, InvokedFunctionArn: in.ARN}
	if in.ClientContext != "" {
		if err := json.Unmarshal([]byte(in.ClientContext), &lc.ClientContext); err != nil {
			return Result{}, fmt.Errorf("reading the client context: %w", err)
		}
	}
	done := make(chan Result, 1)
	go func() { done <- p.call(lambdacontext.NewContext(ctx, lc), in.Payload) }()
	select {
	case r := <-done:
		return r, nil
	case <-ctx.Done():
		if context.Cause(ctx) == errFunctionTimeout {
			return Result{Payload: timeoutPayload(in.RequestID, p.timeout), FunctionError: unhandled}, nil
		}
		return Result{}, ctx.Err()
	}
}

var errFunctionTimeout = fmt.Errorf("the function's timeout: %w", context.DeadlineExceeded)

func (p *InProcess) call(ctx context.Context, payload []byte) (r Result) {
	defer func() {
		if v := recover(); v != nil {
			r = failed(messages.InvokeResponse_Error{Type: typeName(v), Message: fmt.Sprint(v)})
		}
	}()
	// A Handler returns buffers of a pool that it has already given back; with one for each call nobody else takes them.
	out, err := lambda.NewHandler(p.handler).Invoke(ctx, payload)
	switch ready, ok := err.(messages.InvokeResponse_Error); {
	case ok:
		return failed(ready)
	case err != nil:
		return failed(messages.InvokeResponse_Error{Type: typeName(err), Message: err.Error()})
	case len(out) > MaxPayload:
		return Result{Payload: tooLarge(), FunctionError: unhandled}
	}
	return Result{Payload: out}
}

// typeName is how package lambda names an error or the value of a panic.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

func failed(e messages.InvokeResponse_Error) Result {
	text, _ := json.Marshal(e) // strings always have JSON
	return Result{Payload: text, FunctionError: unhandled}
}
