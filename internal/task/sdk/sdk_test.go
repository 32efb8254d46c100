package sdk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/stride-aws/stride/internal/value"
)

// exchange is a call with the request that it makes and the answer that the service gives.
type exchange struct {
	name, service, action, params string
	java                          bool
	method, path, body            string // of the request; body "" is not compared
	form                          url.Values
	header                        map[string]string
	status                        int
	answerHeader                  map[string]string
	answer                        string
	want                          string // the result, or the error's code and message
}

var exchanges = []exchange{
	{name: "awsJson", service: "dynamodb", action: "getItem", params: `{"TableName":"t","Key":{"id":{"S":"1"}}}`,
		method: "POST", path: "/", body: `{"TableName":"t","Key":{"id":{"S":"1"}}}`, header: map[string]string{"X-Amz-Target": "DynamoDB_20120810.GetItem"},
		answer: `{"Item":{"id":{"S":"1"}},"Unknown":1}`, want: `{"Item":{"id":{"S":"1"}}}`},
	{name: "awsJson, Java's names, dates", service: "sfn", action: "describeStateMachine", params: `{"StateMachineArn":"a"}`, java: true,
		method: "POST", path: "/", body: `{"stateMachineArn":"a"}`, answer: `{"creationDate":1.5,"name":"n"}`, want: `{"Name":"n","CreationDate":"1970-01-01T00:00:01.5Z"}`},
	{name: "blobs", service: "kms", action: "encrypt", params: `{"KeyId":"k","Plaintext":"text"}`, java: true,
		method: "POST", path: "/", body: `{"KeyId":"k","Plaintext":"dGV4dA=="}`, answer: `{"CiphertextBlob":"YQ=="}`, want: `{"CiphertextBlob":"YQ=="}`},
	{name: "objects for strings", service: "sqs", action: "sendMessage", params: `{"QueueUrl":"u","MessageBody":{"a":[1,2]}}`,
		method: "POST", path: "/", body: `{"QueueUrl":"u","MessageBody":"{\"a\":[1,2]}"}`, answer: `{"MD5OfMessageBody":"m"}`, want: `{"MD5OfMessageBody":"m"}`},
	{name: "query", service: "sns", action: "publish", params: `{"TopicArn":"t","Message":"m","MessageAttributes":{"k":{"DataType":"String","StringValue":"v"}}}`,
		method: "POST", path: "/", form: url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {"t"}, "Message": {"m"},
			"MessageAttributes.entry.1.Name": {"k"}, "MessageAttributes.entry.1.Value.DataType": {"String"}, "MessageAttributes.entry.1.Value.StringValue": {"v"}},
		answer: `<PublishResponse><PublishResult><MessageId>i</MessageId></PublishResult></PublishResponse>`, want: `{"MessageId":"i"}`},
	{name: "ec2", service: "ec2", action: "describeInstances", params: `{"InstanceIds":["i-1"]}`, java: true,
		method: "POST", path: "/", form: url.Values{"Action": {"DescribeInstances"}, "Version": {"2016-11-15"}, "InstanceId.1": {"i-1"}},
		answer: `<DescribeInstancesResponse><reservationSet><item><reservationId>r</reservationId><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
		want:   `{"Reservations":[{"ReservationId":"r","Instances":[{"InstanceId":"i-1"}]}]}`},
	{name: "rest-xml, headers and a body", service: "s3", action: "putObject", params: `{"Bucket":"b","Key":"a/b c","Body":"text","Metadata":{"k":"v"}}`, java: true,
		method: "PUT", path: "/b/a/b%20c", body: "text", header: map[string]string{"x-amz-meta-k": "v"},
		answerHeader: map[string]string{"ETag": `"e"`}, want: `{"ETag":"\"e\""}`},
	{name: "rest-xml lists", service: "s3", action: "listObjectsV2", params: `{"Bucket":"b","Prefix":"p","MaxKeys":2}`, java: true,
		method: "GET", path: "/b?list-type=2&max-keys=2&prefix=p", answer: `<ListBucketResult><Name>b</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>3</Size></Contents></ListBucketResult>`,
		want: `{"IsTruncated":false,"Contents":[{"Key":"k","Size":3}],"Name":"b","KeyCount":1}`},
	{name: "rest-json", service: "lambda", action: "getFunction", params: `{"FunctionName":"arn:aws:lambda:us-east-1:000000000000:function:f","Qualifier":"2"}`, java: true,
		method: "GET", path: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af?Qualifier=2",
		answer: `{"Configuration":{"MemorySize":128}}`, want: `{"Configuration":{"MemorySize":128}}`},
	{name: "awsJson error", service: "dynamodb", action: "getItem", params: `{"TableName":"t","Key":{}}`, method: "POST", path: "/", status: 400,
		answer: `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}`, want: "ResourceNotFoundException/ResourceNotFoundException: no table"},
	{name: "query-compatible error", service: "sqs", action: "sendMessage", params: `{"QueueUrl":"u","MessageBody":"m"}`, method: "POST", path: "/", status: 400,
		answerHeader: map[string]string{"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
		answer:       `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}`, want: "AWS.SimpleQueueService.NonExistentQueue/QueueDoesNotExist: no queue"},
	{name: "xml error", service: "s3", action: "getObject", params: `{"Bucket":"b","Key":"k"}`, method: "GET", path: "/b/k", status: 404,
		answer: `<Error><Code>NoSuchKey</Code><Message>no key</Message></Error>`, want: "NoSuchKey/NoSuchKey: no key"},
	{name: "query error", service: "sns", action: "publish", params: `{"Message":"m"}`, method: "POST", path: "/", status: 404,
		answer: `<ErrorResponse><Error><Code>NotFound</Code><Message>no topic</Message></Error></ErrorResponse>`, want: "NotFound/NotFoundException: no topic"},
}

func TestExchanges(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) { x.check(t) })
	}
}

func (x *exchange) check(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.serve(t, w, r) }))
	defer server.Close()
	c := &Client{HTTP: server.Client(), Endpoint: func(context.Context, *Service, string) (string, string, error) { return server.URL, "us-east-1", nil },
		Credentials: func(context.Context, string) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "s"}, nil
		}}
	s, err := Lookup(x.service)
	if err != nil {
		t.Fatal(err)
	}
	op, err := s.Operation(x.action)
	if err != nil {
		t.Fatal(err)
	}
	params, err := value.Parse(x.params)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(op, params); err != nil {
		t.Fatal(err)
	}
	got := ""
	switch result, err := c.Do(context.Background(), Request{Service: s, Operation: op, Params: params, Account: "0", Region: "us-east-1", Java: x.java}); e := err.(type) {
	case nil:
		got = result.Output.String()
	case *Error:
		got = e.Code + "/" + e.Modelled() + ": " + e.Message
	default:
		t.Fatal(err)
	}
	if want, err := value.Parse(x.want); err == nil {
		if have, err := value.Parse(got); err == nil && value.Equal(have, want) {
			return
		}
	}
	if got != x.want {
		t.Errorf("got  %s\nwant %s", got, x.want)
	}
}

// serve compares the request and gives the answer.
func (x *exchange) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if r.Method != x.method || r.URL.RequestURI() != x.path {
		t.Errorf("request %s %s, want %s %s", r.Method, r.URL.RequestURI(), x.method, x.path)
	}
	if x.body != "" && string(body) != x.body {
		t.Errorf("body %s, want %s", body, x.body)
	}
	if form, err := url.ParseQuery(string(body)); x.form != nil && (err != nil || fmt.Sprint(form) != fmt.Sprint(x.form)) {
		t.Errorf("form %v, want %v", form, x.form)
	}
	for name, want := range x.header {
		if got := r.Header.Get(name); got != want {
			t.Errorf("header %s %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=a/") {
		t.Errorf("not signed: %q", r.Header.Get("Authorization"))
	}
	for name, v := range x.answerHeader {
		w.Header()[name] = []string{v}
	}
	if x.status != 0 {
		w.WriteHeader(x.status)
	}
	io.WriteString(w, x.answer)
}

// TestAllModelsRead reads every service's model: each operation's shapes must be there.
func TestAllModelsRead(t *testing.T) {
	if _, err := Lookup("s3"); err != nil {
		t.Fatal(err)
	}
	if len(models.files) < 400 {
		t.Fatalf("%d services", len(models.files))
	}
	for name := range models.files {
		s, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range s.Operations {
			if s.input(op).Kind != Structure || s.Output(op).Kind != Structure {
				t.Errorf("%s %s: input or output is no structure", name, op.Name)
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := Lookup("nothing"); err == nil {
		t.Error("a service that does not exist is found")
	}
	s, err := Lookup("sqs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Operation("fly"); err == nil {
		t.Error("an operation that does not exist is found")
	}
	op, err := s.Operation("sendMessage")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(op, value.OfObject([]value.Member{{Name: "Wings", Value: value.True}})); err == nil {
		t.Error("a parameter that does not exist is taken")
	}
}

func TestURL(t *testing.T) {
	for _, tc := range [][4]string{
		{"sns", "eu-west-1", "https://sns.eu-west-1.amazonaws.com", "eu-west-1"},
		{"cloudwatch", "us-east-2", "https://monitoring.us-east-2.amazonaws.com", "us-east-2"},
		{"iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"},
		{"iam", "us-gov-west-1", "https://iam.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{"sqs", "cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"},
	} {
		s, err := Lookup(tc[0])
		if err != nil {
			t.Fatal(err)
		}
		if url, region := s.URL(tc[1]); url != tc[2] || region != tc[3] {
			t.Errorf("%s in %s: %s for %s, want %s for %s", tc[0], tc[1], url, region, tc[2], tc[3])
		}
	}
}
