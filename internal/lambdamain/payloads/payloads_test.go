package payloads

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/stride-aws/stride/flow/payload"
)

type text = payload.Ref[string]

func read(t *testing.T, form string) text {
	t.Helper()
	var r text
	if err := json.Unmarshal([]byte(form), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWithoutBucketValuesStay(t *testing.T) {
	t.Setenv(bucketVariable, "")
	same := withPayloads(func(in text) (text, error) { return in, nil }).(func(text) (text, error))
	out, err := same(payload.Of(strings.Repeat("x", 1000)))
	if v, _ := out.Get(); err != nil || len(v) != 1000 {
		t.Errorf("got %d bytes, %v", len(v), err)
	}
	_, err = same(read(t, `{"ref":"s3://b/stride-payloads/k"}`))
	if named, ok := err.(messages.InvokeResponse_Error); !ok || named.Type != "PayloadError" || !strings.Contains(named.Message, "the function has no bucket; set payloads.bucket") {
		t.Errorf("got %v", err)
	}
}

func TestForeignPlacesAreRefused(t *testing.T) {
	t.Setenv(bucketVariable, "b")
	ran := false
	fn := withPayloads(func(text) { ran = true }).(func(text))
	for _, place := range []string{"s3://other/stride-payloads/k", "s3://b/secret", "s3://b2/stride-payloads/k", "https://b/stride-payloads/k"} {
		func() {
			defer func() {
				named, ok := recover().(messages.InvokeResponse_Error)
				if !ok || !strings.Contains(named.Message, "the function reads s3://b/stride-payloads/ only") {
					t.Errorf("%s: got %v", place, named)
				}
			}()
			fn(read(t, `{"ref":"`+place+`"}`))
		}()
	}
	if ran {
		t.Error("the handler ran")
	}
}
