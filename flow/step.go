package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Call invokes a handler's Lambda function and waits for its result. Input and output are JSON; an error keeps its type's name,
// so that errors.As and Retry.On find it. AWS: lambda:invoke, payload at most 262,144 bytes.
func Call[I, O any](c Context, handler func(context.Context, I) (O, error), in I, opts ...Option) (O, error) {
	task := native.Task{Kind: native.Lambda, Name: nameOf(handler), Handle: handle(handler)}
	return perform[O](c, task, in, opts)
}

// Await invokes a handler with a task token and waits until somebody answers the token. What the handler itself returns is thrown
// away: its result type is the type of the answer. A Timeout or a Heartbeat is required. Not in Express workflows.
// AWS: lambda:invoke.waitForTaskToken. Natively, where no test answers the token, what the handler returns is the answer.
func Await[I, O any](c Context, handler func(context.Context, I) (O, error), in func(Token) I, opts ...Option) (O, error) {
	token := "token-of-" + nameOf(handler)
	task := native.Task{Kind: native.Lambda, Name: nameOf(handler), Token: token, Handle: handle(handler)}
	return perform[O](c, task, in(token), opts)
}

// Run starts another workflow's execution and waits for its output. An execution that fails is States.TaskFailed here, with the
// error and the cause that it had in the cause. AWS: states:startExecution.sync:2. Not in Express workflows.
func Run[I, O any](c Context, workflow func(Context, I) (O, error), in I, opts ...Option) (O, error) {
	task := native.Task{Kind: native.Nested, Name: nameOf(workflow), Handle: nested(c, workflow)}
	return perform[O](c, task, in, opts)
}

// Start starts another workflow's execution and goes on without waiting for it; the result is the execution's ARN.
// AWS: states:startExecution.
func Start[I, O any](c Context, workflow func(Context, I) (O, error), in I, opts ...Option) (string, error) {
	started := func(ctx context.Context, input []byte) ([]byte, error) {
		if _, err := nested(c, workflow)(ctx, input); errors.As(err, new(*native.Halt)) {
			return nil, err
		}
		return json.Marshal("arn:aws:states:::execution:" + nameOf(workflow))
	}
	task := native.Task{Kind: native.Nested, Name: nameOf(workflow), Handle: started, Left: true}
	return perform[string](c, task, in, opts)
}

// Activity gives in to a worker that polls the activity called name, and waits for its answer. A Timeout or a Heartbeat is
// required. Not in Express workflows. AWS: activity, GetActivityTask. Natively a test's mock answers.
func Activity[O, I any](c Context, name string, in I, opts ...Option) (O, error) {
	return perform[O](c, native.Task{Kind: native.Activity, Name: name, Missing: "mock its workers with flowtest.MockActivity"}, in, opts)
}

// Task calls any resource that a Task state of Step Functions can: a Lambda function by its ARN, or an integration with the parameters
// in, "arn:aws:states:::glue:startJobRun.sync". The resource is constant, as far as flow.Env is. Typed and better where there is one of
// them: Call, Do, Sync, Run. Natively a test's mock answers.
func Task[O, I any](c Context, resource string, in I, opts ...Option) (O, error) {
	return perform[O](c, native.Task{Kind: native.Resource, Name: resource, Missing: "mock it with flowtest.MockResource"}, in, opts)
}

// TaskAwait is Task for a resource that ends in .waitForTaskToken: what answers the token is the result. A Timeout or a Heartbeat is
// required. Not in Express workflows.
func TaskAwait[O, I any](c Context, resource string, in func(Token) I, opts ...Option) (O, error) {
	token := "token-of-" + resource
	task := native.Task{Kind: native.Resource, Name: resource, Token: token, Missing: "mock it with flowtest.MockResource"}
	return perform[O](c, task, in(token), opts)
}

// JSON is v as JSON text, the text that a Task which takes a string has its data in. AWS: $string.
func JSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("flow.JSON: %v", err)) // a type without a form in JSON, which the compiler refuses
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Parsed is what a JSON text says. A text that is no JSON ends the execution. AWS: $parse.
func Parsed[T any](text string) T {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(fmt.Sprintf("flow.Parsed: %v", err))
	}
	return v
}

// perform runs one task by way of JSON.
func perform[O any](c Context, task native.Task, in any, opts []Option) (O, error) {
	var out O
	input, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("input of %s: %w", task.Name, err)
	}
	task.Input = input
	if task.Missing != "" || task.Kind == native.SDK {
		task.Place = caller()
	}
	output, err := c.run.Do(task, settings(opts))
	if err != nil {
		return out, err
	}
	decode := json.Unmarshal
	if task.Kind == native.SDK {
		decode = native.FromSDKOutput
	}
	if err := decode(output, &out); err != nil {
		return out, fmt.Errorf("output of %s: %w", task.Name, err)
	}
	return out, nil
}

// caller is where a step stands in the workflow: the caller of the function of this package that called perform.
func caller() string {
	_, file, line, ok := runtime.Caller(3)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

func settings(opts []Option) native.Settings {
	var s native.Settings
	for _, o := range opts {
		o.apply(&s)
	}
	return s
}

func nameOf(fn any) string {
	f := goFunc(fn)
	return f.Package + "." + f.Name
}

// handle calls handler as Lambda does: JSON in, JSON out.
func handle[I, O any](handler func(context.Context, I) (O, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		var in I
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, err
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// nested runs a workflow function as an execution of its own.
func nested[I, O any](c Context, workflow func(Context, I) (O, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		out, err := native.Execute(ctx, native.World{Clients: c.run.Clients()}, func(run *native.Run) ([]byte, error) {
			return executor(workflow)(run, input)
		})
		return out, native.NestedFailure(err)
	}
}
