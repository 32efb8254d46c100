package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Do calls an operation of an AWS service without a Lambda function: op is a method expression of the SDK's client,
// (*sns.Client).Publish, and the compiler makes the integration of it that Step Functions has. AWS: optimised and SDK service
// integrations. Natively a test's mock answers, or else the client that the workflow has by WithClients is called.
func Do[C, I, O, Opt any](c Context, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), in *I, opts ...Option) (*O, error) {
	task := native.Task{Kind: native.SDK, Name: nameOf(op)}
	if client, ok := c.run.Client(reflect.TypeFor[C]()).(C); ok {
		task.Handle = operation(task, client, op, settings(opts).Timeout)
	} else {
		task.Missing = fmt.Sprintf("mock it with flowtest.MockDo, or give the workflow a %T with WithClients", client)
	}
	return perform[*O](c, task, sdkInput{task, in}, opts)
}

// operation calls op as the state machine does: with the input's JSON, for at most limit. 0 is what the compiler sets.
func operation[C, I, O, Opt any](task native.Task, client C, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), limit time.Duration) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		var in I
		if err := native.FromSDKInput(input, &in); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, or(limit, time.Minute))
		defer cancel()
		out, err := op(client, ctx, &in)
		if err != nil {
			return nil, err
		}
		return task.SDKOutput(out)
	}
}

// Sync calls an operation that starts a job, and waits until the job has ended: (*batch.Client).SubmitJob, (*ecs.Client).RunTask,
// (*glue.Client).StartJobRun and so on. R is what describes an ended job: of Batch a types.JobDetail, of ECS a types.Task. A job
// that fails is ErrTaskFailed, with its description as the cause. Not in Express workflows. AWS: Run a Job (.sync). Natively only
// a test's mock answers: how a job is waited for is Step Functions' own.
func Sync[R, C, I, O, Opt any](c Context, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), in *I, opts ...Option) (R, error) {
	task := native.Task{Kind: native.SDK, Name: nameOf(op), Missing: "Go does not wait for jobs as Step Functions does; mock it with flowtest.MockSync"}
	return perform[R](c, task, sdkInput{task, in}, opts)
}

// DoAwait calls an operation with a task token in its input, and waits until somebody answers the token; R is the answer. A
// Timeout or a Heartbeat is required. Not in Express workflows. AWS: Wait for a Callback with the Task Token. Natively only a
// test's mock answers: a run of one process has no address that a token could be sent back to.
func DoAwait[R, C, I, O, Opt any](c Context, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), in func(Token) *I, opts ...Option) (R, error) {
	token := "token-of-" + nameOf(op)
	task := native.Task{Kind: native.SDK, Name: nameOf(op), Token: token, Missing: "nobody could answer its task token; answer it with flowtest.AnswerDo"}
	return perform[R](c, task, sdkInput{task, in(token)}, opts)
}

// sdkInput is written as Step Functions sends it: fields that are not set are left out.
type sdkInput struct {
	task native.Task
	in   any
}

func (s sdkInput) MarshalJSON() ([]byte, error) { return s.task.SDKInput(s.in) }

// Request is what HTTP sends. AWS: http:invoke, whose fields these are.
type Request struct {
	Method     string            `json:"Method"`
	URL        string            `json:"ApiEndpoint"` // https only
	Connection Connection        `json:"Authentication"`
	Headers    map[string]string `json:"Headers,omitempty"`
	Query      map[string]string `json:"QueryParameters,omitempty"`
	Body       any               `json:"RequestBody,omitempty"` // as JSON
}

// Connection is an EventBridge connection, which holds what authorizes the requests.
type Connection struct {
	ARN string `json:"ConnectionArn"`
}

// Response is the answer to a Request whose status is below 400; others are errors, ErrorName("States.Http.StatusCode.404").
type Response[O any] struct {
	Status  int                 `json:"StatusCode"`
	Text    string              `json:"StatusText"`
	Headers map[string][]string `json:"Headers"`
	Body    O                   `json:"ResponseBody"`
}

// HTTP calls an HTTPS API without a Lambda function. AWS: HTTP Task, at most 60 seconds. Natively a test's mock answers.
func HTTP[O any](c Context, r Request, opts ...Option) (Response[O], error) {
	task := native.Task{Kind: native.HTTP, Name: r.Method + " " + r.URL, Missing: "mock it with flowtest.MockHTTP"}
	return perform[Response[O]](c, task, r, opts)
}

// fetch is the text of an S3 object, as a distributed map reads it.
func fetch(run *native.Run, bucket, key string) (string, error) {
	var out struct{ Body string }
	err := storage(run, "s3:getObject", map[string]string{"Bucket": bucket, "Key": key}, &out)
	return out.Body, err
}

func storage(run *native.Run, call string, in, out any) error {
	input, err := json.Marshal(in)
	if err != nil {
		return err
	}
	output, err := run.Do(native.Task{Kind: native.Storage, Name: call, Input: input}, native.Settings{})
	if err != nil {
		return &Failure{Name: string(ErrItemReader), Cause: err.Error()}
	}
	return json.Unmarshal(output, out)
}
