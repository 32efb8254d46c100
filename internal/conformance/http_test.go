package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"

	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/server"
	"github.com/stride-aws/stride/internal/server/logs"
	"github.com/stride-aws/stride/internal/server/states"
	"github.com/stride-aws/stride/internal/server/wire"
)

// overHTTP is a world whose calls go through aws-sdk-go-v2 to a server.
func (c *testCase) overHTTP(t *testing.T, peers *peers) *world {
	cloud, store := c.services(t)
	s := httptest.NewServer(server.New(server.Options{Services: map[string]wire.Service{"states": states.New(cloud), "logs": logs.New(store)}}))
	t.Cleanup(s.Close)
	client := toServer(s)
	return &world{endpoint: peers.url, peer: peers.call, call: func(ctx context.Context, service, operation, account, region string, body []byte) ([]byte, error) {
		return callSDK(ctx, sdkClient(service, account, region, s.URL, client), operation, body)
	}}
}

// toServer dials the server whatever host a request names: the SDK puts "sync-" before it.
func toServer(s *httptest.Server) *http.Client {
	address := s.Listener.Addr().String()
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
}

func sdkClient(service, account, region, url string, client *http.Client) reflect.Value {
	cfg := aws.Config{Region: region, BaseEndpoint: aws.String(url), HTTPClient: client, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(account, "secret", "")}
	if service == "logs" {
		return reflect.ValueOf(cloudwatchlogs.NewFromConfig(cfg))
	}
	return reflect.ValueOf(sfn.NewFromConfig(cfg))
}

// callSDK calls the client's method for an operation, with parameters and answer in the API's JSON.
func callSDK(ctx context.Context, client reflect.Value, operation string, body []byte) ([]byte, error) {
	method := client.MethodByName(operation)
	if !method.IsValid() {
		return nil, fmt.Errorf("the SDK has no %s", operation)
	}
	in := reflect.New(method.Type().In(1).Elem())
	if err := json.Unmarshal(body, in.Interface()); err != nil {
		return nil, err
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, failed := out[1].Interface().(error); failed {
		var api smithy.APIError
		if !errors.As(err, &api) {
			return nil, err
		}
		return nil, &local.Error{Code: api.ErrorCode(), Message: api.ErrorMessage()}
	}
	return json.Marshal(apiJSON(out[0]))
}

// apiJSON is an SDK's answer as the API's JSON has it: members begin lower case, what is missing is left out, times are seconds.
func apiJSON(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if at, ok := v.Interface().(*time.Time); ok {
			return json.Number(fmt.Sprintf("%.3f", float64(at.UnixMilli())/1000))
		}
		return apiJSON(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = apiJSON(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		object := map[string]any{}
		for _, k := range v.MapKeys() {
			object[k.String()] = apiJSON(v.MapIndex(k))
		}
		return object
	case reflect.Struct:
		return apiObject(v)
	}
	return v.Interface()
}

func apiObject(v reflect.Value) any {
	object := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		missing := v.Field(i).Kind() == reflect.String && v.Field(i).Len() == 0 // an enum's
		if x := apiJSON(v.Field(i)); x != nil && !missing {
			object[strings.ToLower(f.Name[:1])+f.Name[1:]] = x
		}
	}
	return object
}

// TestRecordedOnAWSOverHTTP runs the cases through the SDK and a server.
func TestRecordedOnAWSOverHTTP(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the recorded waits")
	}
	runSuite(t, (*testCase).overHTTP)
}
