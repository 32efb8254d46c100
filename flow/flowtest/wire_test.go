package flowtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest/testdata/wire"
	"github.com/stride-aws/stride/flow/internal/native"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/value"
)

// exchange is what a service answers to the one call of a workflow.
type exchange struct {
	name, workflow string
	status         int // 0 for 200
	header         map[string]string
	body           string
	output         any    // of the operation, where it succeeds
	fails          string // the error's name
}

// md5x1 is the MD5 of the message x1, which the SDK checks.
const md5x1 = "6dbf9ac2da09ee1d3debf5a51873ec6d"

const date = "Thu, 02 Jan 2026 03:04:05 GMT"

var exchanges = []exchange{
	{name: "query", workflow: "sns-publish", output: sns.PublishOutput{},
		body: `<PublishResponse><PublishResult><MessageId>m</MessageId><SequenceNumber>7</SequenceNumber></PublishResult></PublishResponse>`},
	{name: "json", workflow: "sqs-send", output: sqs.SendMessageOutput{}, body: `{"MessageId":"m","MD5OfMessageBody":"` + md5x1 + `","SequenceNumber":"1"}`},
	{name: "json, lists", workflow: "sqs-send-batch", output: sqs.SendMessageBatchOutput{},
		body: `{"Successful":[{"Id":"1","MessageId":"m","MD5OfMessageBody":"` + md5x1 + `"}],"Failed":[{"Id":"2","Code":"c","SenderFault":true}]}`},
	{name: "unions", workflow: "dynamodb-put", output: dynamodb.PutItemOutput{}, body: `{"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.5}}`},
	{name: "unions in an answer", workflow: "dynamodb-get", output: dynamodb.GetItemOutput{},
		body: `{"Item":{"id":{"S":"x"},"n":{"N":"1.5"},"b":{"B":"cmF3"},"l":{"L":[{"NULL":true},{"M":{"a":{"BOOL":false}}}]},"ss":{"SS":["a"]}}}`},
	{name: "no item", workflow: "dynamodb-get", output: dynamodb.GetItemOutput{}, body: `{}`},
	{name: "unions in lists", workflow: "dynamodb-query", output: dynamodb.QueryOutput{},
		body: `{"Count":1,"ScannedCount":2,"Items":[{"id":{"S":"x"},"b":{"BOOL":false},"n":{"NULL":true},"ss":{"SS":["a"]}}],"LastEvaluatedKey":{"id":{"S":"x"}}}`},
	{name: "rest-xml, a stream", workflow: "s3-put", output: s3.PutObjectOutput{}, header: map[string]string{"ETag": `"e"`, "x-amz-server-side-encryption": "AES256"}},
	{name: "rest-xml, a body of XML", workflow: "s3-tag", output: s3.PutObjectTaggingOutput{}, header: map[string]string{"x-amz-version-id": "v"}},
	{name: "rest-xml, a query", workflow: "s3-list", output: s3.ListObjectsV2Output{},
		body: `<ListBucketResult><Name>things</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>k</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><Size>3</Size><ETag>"e"</ETag></Contents></ListBucketResult>`},
	{name: "rest-xml, a stream back", workflow: "s3-get", output: s3.GetObjectOutput{}, body: "hello",
		header: map[string]string{"Last-Modified": date, "Content-Type": "text/plain", "x-amz-meta-a": "b"}},
	{name: "rest-json", workflow: "lambda-configure", output: lambda.UpdateFunctionConfigurationOutput{},
		body: `{"FunctionName":"f","MemorySize":256,"CodeSize":12345678901,"Layers":[{"Arn":"a","CodeSize":1}],"Environment":{"Variables":{"A":"b"}},"VpcConfig":{"SubnetIds":[]},"State":"Active"}`},
	{name: "cbor", workflow: "cloudwatch-put", output: cloudwatch.PutMetricDataOutput{}},
	{name: "json, enums", workflow: "events-rule", output: eventbridge.PutRuleOutput{}, body: `{"RuleArn":"arn:rule"}`},
	{name: "query, lists and times", workflow: "iam-create", output: iam.CreateRoleOutput{},
		body: `<CreateRoleResponse><CreateRoleResult><Role><Path>/</Path><RoleName>x</RoleName><CreateDate>2026-01-02T03:04:05Z</CreateDate><Tags><member><Key>a</Key><Value>1</Value></member></Tags></Role></CreateRoleResult></CreateRoleResponse>`},
	{name: "rest-json, times", workflow: "scheduler-create", output: scheduler.CreateScheduleOutput{}, body: `{"ScheduleArn":"arn:s"}`},
	{name: "json, times in seconds", workflow: "sfn-describe", output: sfn.DescribeExecutionOutput{},
		body: `{"executionArn":"e","startDate":1767323045.123,"status":"SUCCEEDED","output":"{}","outputDetails":{"included":true},"redriveCount":0}`},
	{name: "json, large numbers", workflow: "logs-filter", output: cloudwatchlogs.FilterLogEventsOutput{},
		body: `{"events":[{"timestamp":1767323045000,"message":"m","ingestionTime":1767323045001,"eventId":"1"}],"searchedLogStreams":[],"nextToken":"t"}`},
	{name: "rest-json, optimised", workflow: "batch-submit", output: batch.SubmitJobOutput{}, body: `{"jobArn":"a","jobId":"i","jobName":"n"}`},

	{name: "a modelled error", workflow: "dynamodb-put", status: 400, fails: "DynamoDB.ConditionalCheckFailedException",
		body: `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`},
	{name: "a modelled error of an SDK integration", workflow: "dynamodb-query", status: 400, fails: "DynamoDb.ResourceNotFoundException",
		body: `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}`},
	{name: "an error that no model has", workflow: "dynamodb-put", status: 400, fails: "DynamoDB.AmazonDynamoDBException",
		body: `{"__type":"com.amazon.coral.validate#ValidationException","message":"bad"}`},
	{name: "one of an SDK integration", workflow: "dynamodb-query", status: 400, fails: "DynamoDb.DynamoDbException",
		body: `{"__type":"com.amazon.coral.validate#ValidationException","message":"bad"}`},
	{name: "query's code", workflow: "sns-publish", status: 404, fails: "SNS.NotFoundException",
		body: `<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error><RequestId>r</RequestId></ErrorResponse>`},
	{name: "an older code", workflow: "sqs-send-batch", status: 400, fails: "Sqs.QueueDoesNotExistException", header: map[string]string{"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
		body: `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}`},
	{name: "S3's missing bucket", workflow: "s3-put", status: 404, fails: "S3.NoSuchBucketException", body: `<Error><Code>NoSuchBucket</Code><Message>no bucket</Message><RequestId>r</RequestId><HostId>h</HostId></Error>`},
	{name: "S3's missing key", workflow: "s3-get", status: 404, fails: "S3.NoSuchKeyException", body: `<Error><Code>NoSuchKey</Code><Message>no key</Message><RequestId>r</RequestId><HostId>h</HostId></Error>`},
	{name: "S3 says no", workflow: "s3-get", status: 403, fails: "S3.AccessDeniedException", body: `<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>r</RequestId><HostId>h</HostId></Error>`},
	{name: "rest-json's header", workflow: "lambda-configure", status: 404, fails: "Lambda.ResourceNotFoundException",
		header: map[string]string{"X-Amzn-ErrorType": "ResourceNotFoundException:http://x"}, body: `{"Type":"User","message":"Function not found"}`},
}

// endpoint answers as the current exchange says and keeps what was asked.
type endpoint struct {
	mu  sync.Mutex
	now *exchange
	got []string
}

func (r *endpoint) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, canonical(q))
	for name, v := range r.now.header {
		w.Header().Set(name, v)
	}
	w.Header().Set("x-amzn-RequestId", "r")
	body := r.now.body
	if q.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" {
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		body = string(cbor.Encode(cbor.Map{}))
	}
	if r.now.status != 0 {
		w.WriteHeader(r.now.status)
	}
	_, _ = io.WriteString(w, body)
}

var xmlns = regexp.MustCompile(` xmlns="[^"]*"`)

// canonical is what a request says, in one spelling.
func canonical(q *http.Request) string {
	text, _ := io.ReadAll(q.Body)
	body, operation, path := string(text), q.Header.Get("X-Amz-Target"), q.URL.EscapedPath()
	query := q.URL.Query()
	query.Del("x-id") // the SDK's own
	if v, err := value.Parse(body); err == nil {
		body = sortedJSON(v)
	} else if form, err := url.ParseQuery(body); err == nil && strings.HasPrefix(q.Header.Get("Content-Type"), "application/x-www-form") {
		body = form.Encode()
	}
	if q.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" {
		path, operation, body = "/", path[strings.LastIndexByte(path, '/')+1:], plainCBOR(text)
	}
	var headers []string
	for _, name := range []string{"X-Amz-Meta-K", "Expires", "If-Modified-Since", "X-Amz-Server-Side-Encryption"} {
		if v := q.Header.Get(name); v != "" {
			headers = append(headers, name+": "+v)
		}
	}
	operation = operation[strings.LastIndexByte(operation, '.')+1:]
	return fmt.Sprintf("%s %s?%s %s\n%s\n%s", q.Method, path, query.Encode(), operation, strings.Join(headers, "\n"), xmlns.ReplaceAllString(body, ""))
}

func sortedJSON(v value.Value) string {
	var tree any
	_ = json.Unmarshal([]byte(v.String()), &tree)
	text, _ := json.Marshal(tree)
	return string(text)
}

// plainCBOR is CBOR as the JSON protocol has it.
func plainCBOR(text []byte) string {
	v, err := cbor.Decode(text)
	if err != nil {
		return err.Error()
	}
	out, _ := json.Marshal(plain(v))
	return string(out)
}

func plain(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		out := map[string]any{}
		for k, of := range v {
			out[k] = plain(of)
		}
		return out
	case cbor.List:
		var out []any
		for _, of := range v {
			out = append(out, plain(of))
		}
		return out
	case *cbor.Tag:
		return plain(v.Value)
	case cbor.Tag:
		return plain(v.Value)
	case cbor.String:
		return string(v)
	case cbor.Float64:
		return float64(v)
	case cbor.Float32:
		return float64(v)
	case cbor.Uint:
		return uint64(v)
	}
	return fmt.Sprintf("%T", v)
}

// wireInput is what the workflows of package wire get.
const wireInput = `{"name":"x1","tags":["a","b"],"attrs":{"k":"v"},"when":"2026-01-02T03:04:05Z"}`

// TestWire makes each call by the SDK's own client, as the workflow's Go does, and by the machine that it compiles to, as stride
// run and the local AWS do: requests, answers and errors must be the same.
func TestWire(t *testing.T) {
	r := &endpoint{}
	server := httptest.NewServer(r)
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	cfg := configOf(server.URL)
	clients := []any{sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg), s3.NewFromConfig(cfg), lambda.NewFromConfig(cfg),
		cloudwatch.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg), iam.NewFromConfig(cfg), scheduler.NewFromConfig(cfg), sfn.NewFromConfig(cfg),
		cloudwatchlogs.NewFromConfig(cfg), batch.NewFromConfig(cfg)}
	programs, err := compile.Compile(".", compile.Registered(wire.Workflows))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exchanges {
		t.Run(e.name, func(t *testing.T) {
			r.now, r.got = &e, nil
			for i, w := range wire.Workflows {
				if w.Name() == e.workflow {
					e.compare(t, r, w.WithClients(clients...), programs[i])
				}
			}
			if len(r.got) != 2 {
				t.Errorf("%d calls were made", len(r.got))
			}
		})
	}
}

func (e *exchange) compare(t *testing.T, r *endpoint, w flow.Workflow, p *compile.Program) {
	t.Helper()
	task, goOutput, goFailure := asGo(t, w)
	output, failure := asMachine(t, p)
	if len(r.got) == 2 {
		if diff := cmp.Diff(r.got[0], r.got[1]); diff != "" {
			t.Errorf("request (-Go +state machine):\n%s", diff)
		}
	}
	if goFailure.Name != e.fails || failure.Error != e.fails {
		t.Fatalf("as Go %q %s, as state machine %q %s; want %q", goFailure.Name, goFailure.Cause, failure.Error, failure.Cause, e.fails)
	}
	if diff := cmp.Diff(goFailure.Cause, failure.Cause.String()); diff != "" {
		t.Errorf("cause (-Go +state machine):\n%s", diff)
	}
	if e.fails == "" {
		sameOutputs(t, task, e.output, goOutput, output)
	}
}

// sameOutputs reads the machine's output as what the SDK gives, and wants it to be what the SDK gave.
func sameOutputs(t *testing.T, task *native.Task, of any, goOutput, output []byte) {
	t.Helper()
	read := reflect.New(reflect.TypeOf(of))
	if err := native.FromSDKOutput(output, read.Interface()); err != nil {
		t.Fatalf("%s: %v", output, err)
	}
	again, err := task.SDKOutput(read.Interface())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(goOutput), string(again)); diff != "" {
		t.Errorf("output (-Go +state machine):\n%s", diff)
	}
}

// asGo is what the call of a workflow gives natively, as a state machine would see it.
func asGo(t *testing.T, w flow.Workflow) (called *native.Task, output []byte, failure native.Failure) {
	t.Helper()
	world := native.World{Clients: w.Clients(), Perform: func(ctx context.Context, task *native.Task) native.Reply {
		out, err := task.Handle(ctx, task.Input)
		called, output = task, out
		if err != nil {
			failure = *task.Failure(err)
		}
		return native.Reply{Output: out, Err: err}
	}}
	_, _ = native.Execute(t.Context(), world, func(run *native.Run) ([]byte, error) { return w.Native()(run, []byte(wireInput)) })
	return called, output, failure
}

// answerOf is a Replier that keeps the first answer of a task.
type answerOf struct {
	machine.Replier
	output  []byte
	failure machine.Failure
}

func (a *answerOf) Succeeded(out history.Text) {
	a.output = []byte(out.String())
	a.Replier.Succeeded(out)
}

func (a *answerOf) Failed(f machine.Failure) {
	a.failure = f
	a.Replier.Failed(f)
}

func asMachine(t *testing.T, p *compile.Program) ([]byte, machine.Failure) {
	t.Helper()
	program, err := machine.Compile(p.Definition)
	if err != nil {
		t.Fatal(err)
	}
	in, err := value.Parse(wireInput)
	if err != nil {
		t.Fatal(err)
	}
	got, caller := &answerOf{}, task.New(nil)
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	program.Run(t.Context(), &machine.Execution{ARN: "arn:aws:states:us-east-1:000000000000:execution:m:e", Input: in, StartTime: start}, &machine.Env{
		Clock: machine.NewVirtualClock(start),
		StartTask: func(ctx context.Context, t *machine.Task, r machine.Replier) {
			got.Replier = r
			caller.Start(ctx, t, got)
		},
	})
	return got.output, got.failure
}
