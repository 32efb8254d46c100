// Package payloads stands between Lambda and a handler whose types have Refs: it fetches their values from S3 before the handler runs
// and sends large ones there after it. Package bundle copies this file into the generated mains of such handlers alone, since it
// brings the S3 client with it.
package payloads

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stride-aws/stride/flow/payload"
)

// What a deploy sets where the environment has payloads: the bucket, and from how many bytes on a value goes there.
const (
	bucketVariable = "STRIDE_PAYLOADS_BUCKET"
	aboveVariable  = "STRIDE_PAYLOADS_ABOVE"
)

// keyPrefix begins the keys of values: the function's role reads and writes nothing else.
const keyPrefix = "stride-payloads/"

// withPayloads is handler, of the same type, with the values of Refs in S3. Without a bucket all values stay in the JSON, and one that is
// in S3 is an error.
func withPayloads(handler any) any {
	store := &objects{bucket: os.Getenv(bucketVariable)}
	above, _ := strconv.Atoi(os.Getenv(aboveVariable))
	fn := reflect.ValueOf(handler)
	t := fn.Type()
	return reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		ctx := context.Background()
		for _, arg := range args {
			if c, ok := arg.Interface().(context.Context); ok {
				ctx = c
			} else if err := payload.Fetch(ctx, store, arg.Interface()); err != nil {
				return failed(t, err)
			}
		}
		results := fn.Call(args)
		if len(results) < 2 || !results[1].IsNil() || store.bucket == "" {
			return results
		}
		if err := payload.Send(ctx, store, above, results[0].Interface()); err != nil {
			return failed(t, err)
		}
		return results
	}).Interface()
}

// failed is what a function of type t returns with err, which workflows know as PayloadError.
func failed(t reflect.Type, err error) []reflect.Value {
	named := messages.InvokeResponse_Error{Type: "PayloadError", Message: err.Error()}
	if t.NumOut() == 0 {
		panic(named) // package lambda reports it as it would an error
	}
	results := make([]reflect.Value, t.NumOut())
	for i := range results {
		results[i] = reflect.Zero(t.Out(i))
	}
	last := len(results) - 1
	results[last] = reflect.ValueOf(named).Convert(t.Out(last))
	return results
}

// objects is the values in a bucket. Equal values have one key, so an invocation that is retried leaves nothing behind.
type objects struct {
	bucket string
	mu     sync.Mutex // Lambda may run several invocations at a time
	client *s3.Client // see connect
}

func (o *objects) Put(ctx context.Context, text []byte) (string, error) {
	client, err := o.connect(ctx)
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("%s%x.json", keyPrefix, sha256.Sum256(text))
	contentType := "application/json"
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &o.bucket, Key: &key, Body: bytes.NewReader(text), ContentType: &contentType})
	return "s3://" + o.bucket + "/" + key, err
}

// Get reads from the function's own bucket only: places come from an execution's input, which anybody may have written.
func (o *objects) Get(ctx context.Context, place string) ([]byte, error) {
	if o.bucket == "" {
		return nil, errors.New("the function has no bucket; set payloads.bucket of its environment and deploy")
	}
	key, ok := strings.CutPrefix(place, "s3://"+o.bucket+"/")
	if !ok || !strings.HasPrefix(key, keyPrefix) {
		return nil, fmt.Errorf("the function reads s3://%s/%s only", o.bucket, keyPrefix)
	}
	client, err := o.connect(ctx)
	if err != nil {
		return nil, err
	}
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	return io.ReadAll(object.Body)
}

// connect makes the client when the first value needs it.
func (o *objects) connect(ctx context.Context) (*s3.Client, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.client != nil {
		return o.client, nil
	}
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	o.client = s3.NewFromConfig(c, func(options *s3.Options) {
		options.UsePathStyle = c.BaseEndpoint != nil // no DNS knows an emulator's buckets
		options.DisableLogOutputChecksumValidationSkipped = true
	})
	return o.client, nil
}
