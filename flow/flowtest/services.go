package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
)

// MockDo lets fn stand for an operation of an AWS service: (*sns.Client).Publish. In a workflow from a file, fields of its input
// that are unions, such as an AttributeValue of DynamoDB, are nil; Result.Calls has the whole input.
//
// Operations without a mock are called with the client that the workflow has by WithClients: once in a run, by the Go function;
// the state machine gets the same answers.
func MockDo[C, I, O, Opt any](x *Test, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), fn func(*I) (*O, error)) {
	x.named(funcName(op)).call = onSDK(native.Task{Name: funcName(op)}, fn)
}

// MockSync lets fn stand for an operation that a step by flow.Sync waits for: what it returns describes the ended job.
func MockSync[R, C, I, O, Opt any](x *Test, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), fn func(*I) (R, error)) {
	x.named(funcName(op)).call = onSDK(native.Task{Name: funcName(op)}, fn)
}

// AnswerDo makes fn answer the task token that a step by flow.DoAwait has sent.
func AnswerDo[R, C, I, O, Opt any](x *Test, op func(C, context.Context, *I, ...func(*Opt)) (*O, error), fn func(*I) (R, error)) {
	x.named(funcName(op)).call = onSDK(native.Task{Name: funcName(op)}, fn)
}

// MockHTTP lets fn answer requests whose method and URL begin with a text, "POST https://api.example.com/orders"; where several
// mocks fit, the longest text wins.
func MockHTTP[O any](x *Test, methodAndURL string, fn func(flow.Request) (flow.Response[O], error)) {
	x.named(methodAndURL).call = func(_ context.Context, in []byte) ([]byte, error) { return typed(fn)(in) }
}

// Object puts an object into the S3 that distributed maps read.
func (x *Test) Object(bucket, key, content string) *Test {
	if x.objects == nil {
		x.objects = map[string]string{}
	}
	x.objects[bucket+"/"+key] = content
	return x
}

// onSDK is fn on inputs and outputs as Step Functions has those of the SDK.
func onSDK[I, O any](t native.Task, fn func(*I) (O, error)) func(context.Context, []byte) ([]byte, error) {
	return func(_ context.Context, input []byte) ([]byte, error) {
		var in I
		if err := native.FromSDKInput(input, &in); err != nil {
			return nil, fmt.Errorf("the input is not a %T: %w", in, err)
		}
		out, err := fn(&in)
		if err != nil {
			return nil, err
		}
		return t.SDKOutput(out)
	}
}

// mockOf is the mock that stands for a task; one that does nothing where there is none.
func (x *Test) mockOf(t *native.Task) *mock {
	if m := x.mocks[t.Name]; m != nil {
		return m
	}
	best := ""
	for name := range x.mocks {
		if t.Kind == native.HTTP && strings.HasPrefix(t.Name, name) && len(name) > len(best) {
			best = name
		}
	}
	if best != "" {
		return x.mocks[best]
	}
	return &mock{}
}

// storage is what the test's S3 answers.
func (x *Test) storage(t *native.Task) native.Reply {
	var in struct{ Bucket, Key, Prefix, Body string }
	if err := json.Unmarshal(t.Input, &in); err != nil {
		return native.Reply{Err: err}
	}
	var out any
	switch t.Name {
	case "s3:getObject":
		body, ok := x.objects[in.Bucket+"/"+in.Key]
		if !ok {
			return native.Reply{Err: &native.Failure{Name: "S3.NoSuchKeyException", Cause: "The specified key does not exist."}}
		}
		out = map[string]string{"Body": body}
	case "s3:listObjectsV2":
		out = map[string]any{"Contents": x.listed(in.Bucket + "/" + in.Prefix)}
	default:
		out = map[string]string{}
	}
	text, err := json.Marshal(out)
	return native.Reply{Output: text, Err: err}
}

func (x *Test) listed(prefix string) []map[string]any {
	contents := []map[string]any{}
	bucket, _, _ := strings.Cut(prefix, "/")
	for _, name := range slices.Sorted(maps.Keys(x.objects)) {
		if strings.HasPrefix(name, prefix) {
			contents = append(contents, map[string]any{"Key": strings.TrimPrefix(name, bucket+"/"), "Size": len(x.objects[name]), "StorageClass": "STANDARD"})
		}
	}
	return contents
}
