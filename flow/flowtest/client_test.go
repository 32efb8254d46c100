package flowtest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/shop"
)

// services is a DynamoDB with one table, of which each item is written once, and an SNS. It notes what it is asked for.
type services struct {
	mu    sync.Mutex
	items map[string]json.RawMessage
	asked []string
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	_, operation, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !isJSON {
		s.asked = append(s.asked, "Publish")
		fmt.Fprint(w, `<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>`)
		return
	}
	s.asked = append(s.asked, operation)
	var in struct {
		Key, Item map[string]struct{ S string }
	}
	_ = json.Unmarshal(body, &in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch id := in.Item["id"].S; {
	case operation == "GetItem":
		fmt.Fprintf(w, `{"Item":%s}`, s.items[in.Key["id"].S])
	case s.items[id] != nil:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`)
	case id == "bad":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazon.coral.validate#ValidationException","message":"bad"}`)
	case id == "gone":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}`)
	default:
		text, _ := json.Marshal(in.Item)
		s.items[id] = text
		fmt.Fprint(w, `{}`)
	}
}

func configOf(url string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""), RetryMaxAttempts: 1,
		DisableRequestCompression: true}
}

// TestClients runs a workflow against services that remember: each call is made once, and both runs see what it did.
func TestClients(t *testing.T) {
	s := &services{items: map[string]json.RawMessage{}}
	server := httptest.NewServer(s)
	defer server.Close()
	cfg := configOf(server.URL)
	x := flowtest.New(t, shop.Booking.WithClients(dynamodb.NewFromConfig(cfg), sns.NewFromConfig(cfg)), shop.ToldOf)

	flowtest.Run[string](x, shop.Order{ID: "o-1"}).WantOutput("m-1").WantCalls((*dynamodb.Client).PutItem, 1)
	flowtest.Run[string](x, shop.Order{ID: "o-1"}).WantOutput("there")
	flowtest.Run[string](x, shop.Order{ID: "bad"}).WantError("DynamoDB.AmazonDynamoDBException")
	flowtest.Run[string](x, shop.Order{ID: "gone"}).WantError("DynamoDB.ResourceNotFoundException")
	want := []string{"PutItem", "GetItem", "Publish", "PutItem", "PutItem", "PutItem"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}

	flowtest.MockDo(x, (*sns.Client).Publish, func(*sns.PublishInput) (*sns.PublishOutput, error) {
		return &sns.PublishOutput{MessageId: aws.String("mocked")}, nil
	})
	flowtest.Run[string](x, shop.Order{ID: "o-2"}).WantOutput("mocked")
}

// TestClientsFail says of a call that reaches nothing where it stands, what it calls and what to do.
func TestClientsFail(t *testing.T) {
	nowhere := configOf("http://127.0.0.1:1")
	noRegion, noKeys := configOf(""), configOf("")
	noRegion.Region, noRegion.BaseEndpoint = "", nil
	noKeys.Credentials, noKeys.BaseEndpoint = nil, nil
	for name, tc := range map[string]struct {
		cfg  aws.Config
		says string
	}{
		"nothing listens": {nowhere, "connection refused"},
		"no region":       {noRegion, "Missing Region"},
		"no credentials":  {noKeys, "credentials"},
	} {
		r := flowtest.Run[string](flowtest.New(t, shop.ToldOf.WithClients(sns.NewFromConfig(tc.cfg))), "o-1")
		r.WantError("SNS.SdkClientException")
		for _, part := range []string{"shop.go:", ": SNS Publish: ", tc.says, "AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL", "mock"} {
			if r.Err == nil || !strings.Contains(r.Err.Error(), part) {
				t.Errorf("%s: %v; want %q in it", name, r.Err, part)
			}
		}
	}
	_, err := shop.ToldOf.Execute(t.Context(), []byte(`"o-1"`))
	want := "nothing answers sns.(*Client).Publish: mock it with flowtest.MockDo, or give the workflow a *sns.Client with WithClients"
	if err == nil || !strings.HasPrefix(err.Error(), "shop.go:") || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("without a client: %v", err)
	}
}

// TestMockErrors gives what mocks fail with the same name both ways: a service's own, or what the mock says.
func TestMockErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a service's":        {&snstypes.NotFoundException{Message: aws.String("no topic")}, "SNS.NotFoundException"},
		"a service's, as is": {&smithy.GenericAPIError{Code: "Throttling", Message: "slow down"}, "SNS.AmazonSNSException"},
		"a name":             {flow.ErrorName("SNS.InternalErrorException"), "SNS.InternalErrorException"},
		"a failure":          {flow.Fail("SNS.Odd", "odd"), "SNS.Odd"},
		"any error":          {errors.New("odd"), "errorString"},
	} {
		x := flowtest.New(t, shop.ToldOf)
		flowtest.MockDo(x, (*sns.Client).Publish, func(*sns.PublishInput) (*sns.PublishOutput, error) { return nil, tc.err })
		if r := flowtest.Run[string](x, "o-1"); r.ErrorName != tc.want || !errors.Is(r.Err, tc.err) && r.ErrorName != tc.err.Error() {
			t.Errorf("%s: %s %v, want %s", name, r.ErrorName, r.Err, tc.want)
		}
	}
}
