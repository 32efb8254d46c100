package conformance

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/uuid"
)

// peers play the services that the cases' definitions call, as far as the cases need them: SQS, SNS and EventBridge into queues,
// DynamoDB, S3, API Gateway in front of an echo, and the error answers of Lambda and Secrets Manager. The recorded calls reach
// them through call, the product's own through HTTP.
type peers struct {
	url string

	mu      sync.Mutex
	queues  map[string][]message // by name
	topics  map[string][]string  // topic's ARN -> queues
	rules   map[string]*rule
	tables  map[string]map[string]map[string]any // table -> id -> item
	buckets map[string]map[string][]byte
	nextID  int
}

type message struct {
	id, body, receipt string
}

type rule struct {
	types  []any
	queues []string
}

func startPeers(t *testing.T) *peers {
	p := &peers{queues: map[string][]message{}, topics: map[string][]string{}, rules: map[string]*rule{},
		tables: map[string]map[string]map[string]any{}, buckets: map[string]map[string][]byte{}}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// peerError is an error answer.
type peerError struct {
	status        int
	code, message string
}

func (e *peerError) Error() string { return e.code + ": " + e.message }

// call makes a call that a case's step describes.
func (p *peers) call(service, operation string, params map[string]any) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch service {
	case "sqs":
		return p.sqs(operation, params)
	case "sns":
		return p.sns(operation, params)
	case "events":
		return p.events(operation, params)
	case "dynamodb":
		return p.dynamodb(operation, params)
	case "s3":
		return p.s3(operation, params)
	case "iam":
		return map[string]any{}, nil
	case "apigateway":
		p.nextID++
		return map[string]any{"id": fmt.Sprintf("id%d", p.nextID), "rootResourceId": "root"}, nil
	}
	return nil, fmt.Errorf("%s:%s has no peer", service, operation)
}

// ServeHTTP answers what the product calls.
func (p *peers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	target := r.Header.Get("X-Amz-Target")
	prefix, operation, _ := strings.Cut(target, ".")
	switch {
	case strings.HasPrefix(r.URL.Path, "/restapis/"):
		apiGateway(w, r, body)
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
		w.Header().Set("x-amzn-ErrorType", "ResourceNotFoundException")
		answerJSON(w, 404, map[string]any{"Message": "Function not found: " + name + ":$LATEST"})
	case prefix == "secretsmanager":
		answerJSON(w, 400, map[string]any{"__type": "ValidationException",
			"message": "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"})
	case target != "":
		p.json(w, map[string]string{"AmazonSQS": "sqs", "AWSEvents": "events", "DynamoDB_20120810": "dynamodb"}[prefix], operation, body)
	case r.Method == http.MethodPost:
		p.publish(w, string(body))
	default:
		p.object(w, r, body)
	}
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("x-amzn-RequestId", uuid.New())
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func (p *peers) json(w http.ResponseWriter, service, operation string, body []byte) {
	params := map[string]any{}
	if err := decode(body, &params); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	answer, err := p.call(service, operation, params)
	if e, ok := err.(*peerError); ok {
		if service == "sqs" {
			w.Header().Set("x-amzn-query-error", e.code+";Sender")
		}
		answerJSON(w, e.status, map[string]any{"__type": "com.amazonaws#" + e.code, "message": e.message})
		return
	}
	answerJSON(w, 200, answer)
}

func last(s string, separators string) string {
	if i := strings.LastIndexAny(s, separators); i >= 0 {
		return s[i+1:]
	}
	return s
}

func str(params map[string]any, name string) string {
	s, _ := params[name].(string)
	return s
}

func (p *peers) sqs(operation string, params map[string]any) (any, error) {
	name := last(str(params, "QueueUrl"), "/")
	if url := str(params, "QueueUrl"); url != "" && !strings.HasPrefix(url, p.url+"/") { // of an earlier suite, whose consumers still run
		return nil, &peerError{400, "QueueDoesNotExist", "The specified queue does not exist."}
	}
	switch operation {
	case "CreateQueue":
		p.queues[str(params, "QueueName")] = []message{}
		return map[string]any{"QueueUrl": p.url + "/000000000000/" + str(params, "QueueName")}, nil
	case "GetQueueAttributes":
		return map[string]any{"Attributes": map[string]any{"QueueArn": "arn:aws:sqs:us-east-1:000000000000:" + name}}, nil
	case "SendMessage":
		if str(params, "MessageBody") == "" {
			return nil, &peerError{400, "MissingParameter", "The request must contain the parameter MessageBody."}
		}
		m := p.push(name, str(params, "MessageBody"))
		return map[string]any{"MessageId": m.id, "MD5OfMessageBody": md5Of(m.body)}, nil
	case "ReceiveMessage":
		most := len(p.queues[name])
		if params["MaxNumberOfMessages"] != nil {
			most = min(most, 1)
		}
		return p.receive(name, most), nil
	case "DeleteMessage":
		kept := []message{}
		for _, m := range p.queues[name] {
			if m.receipt != str(params, "ReceiptHandle") {
				kept = append(kept, m)
			}
		}
		p.queues[name] = kept
	}
	return map[string]any{}, nil
}

func (p *peers) push(queue, body string) message {
	m := message{uuid.New(), body, uuid.New()}
	p.queues[queue] = append(p.queues[queue], m)
	return m
}

// receive takes messages.
func (p *peers) receive(queue string, n int) any {
	if n == 0 {
		return map[string]any{}
	}
	taken := p.queues[queue][:n]
	p.queues[queue] = p.queues[queue][n:]
	list := make([]any, n)
	for i, m := range taken {
		list[i] = map[string]any{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": md5Of(m.body)}
	}
	return map[string]any{"Messages": list}
}

func md5Of(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }

func (p *peers) sns(operation string, params map[string]any) (any, error) {
	switch operation {
	case "CreateTopic":
		arn := "arn:aws:sns:us-east-1:000000000000:" + str(params, "Name")
		p.topics[arn] = nil
		return map[string]any{"TopicArn": arn}, nil
	case "Subscribe":
		p.topics[str(params, "TopicArn")] = append(p.topics[str(params, "TopicArn")], last(str(params, "Endpoint"), ":"))
	}
	return map[string]any{}, nil
}

// publish answers SNS's Publish, of the query protocol.
func (p *peers) publish(w http.ResponseWriter, form string) {
	r, _ := http.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	topic, id := r.FormValue("TopicArn"), uuid.New()
	note := map[string]any{"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": r.FormValue("Message"),
		"Timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "SignatureVersion": "1", "Signature": "s",
		"SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-<signing-cert-file:1>",
		"UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + topic + ":" + uuid.New()}
	attributes := map[string]any{}
	for i := 1; r.FormValue(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)) != ""; i++ {
		at := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		attributes[r.FormValue(at+"Name")] = map[string]any{"Type": r.FormValue(at + "Value.DataType"), "Value": r.FormValue(at + "Value.StringValue")}
	}
	if len(attributes) > 0 {
		note["MessageAttributes"] = attributes
	}
	text, _ := json.Marshal(note)
	p.mu.Lock()
	for _, q := range p.topics[topic] {
		p.push(q, string(text))
	}
	p.mu.Unlock()
	w.Header().Set("x-amzn-RequestId", id)
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, "<PublishResponse><PublishResult><MessageId>%s</MessageId></PublishResult></PublishResponse>", id)
}

func (p *peers) events(operation string, params map[string]any) (any, error) {
	switch operation {
	case "PutRule":
		var pattern map[string]any
		if err := decode([]byte(str(params, "EventPattern")), &pattern); err != nil {
			return nil, err
		}
		types, _ := pattern["detail-type"].([]any)
		p.rules[str(params, "Name")] = &rule{types: types}
		return map[string]any{"RuleArn": "arn:aws:events:us-east-1:000000000000:rule/" + str(params, "Name")}, nil
	case "PutTargets":
		for _, t := range params["Targets"].([]any) {
			r := p.rules[str(params, "Rule")]
			r.queues = append(r.queues, last(str(t.(map[string]any), "Arn"), ":"))
		}
	case "PutEvents":
		return p.putEvents(params["Entries"].([]any)), nil
	}
	return map[string]any{}, nil
}

func (p *peers) putEvents(entries []any) any {
	answers, failed := []any{}, 0
	for _, e := range entries {
		entry := e.(map[string]any)
		var detail map[string]any
		switch {
		case str(entry, "Source") == "":
			failed++
			answers = append(answers, map[string]any{"ErrorCode": "InvalidArgument", "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument."})
		case decode([]byte(str(entry, "Detail")), &detail) != nil:
			failed++
			answers = append(answers, map[string]any{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
		default:
			id := uuid.New()
			answers = append(answers, map[string]any{"EventId": id})
			p.deliver(entry, id, detail)
		}
	}
	return map[string]any{"Entries": answers, "FailedEntryCount": failed}
}

func (p *peers) deliver(entry map[string]any, id string, detail any) {
	text, _ := json.Marshal(map[string]any{"version": "0", "id": id, "detail-type": entry["DetailType"], "source": entry["Source"], "account": ourAccount,
		"time": time.Now().UTC().Format("2006-01-02T15:04:05Z"), "region": ourRegion, "resources": entry["Resources"], "detail": detail})
	for _, r := range p.rules {
		for _, t := range r.types {
			if t == entry["DetailType"] {
				for _, q := range r.queues {
					p.push(q, string(text))
				}
			}
		}
	}
}

var setExpression = regexp.MustCompile(`(?i)^\s*set\s+(\S+)\s*=\s*(\S+)\s*$`)

func (p *peers) dynamodb(operation string, params map[string]any) (any, error) {
	name := str(params, "TableName")
	if operation == "CreateTable" {
		p.tables[name] = map[string]map[string]any{}
		return map[string]any{}, nil
	}
	if operation == "DescribeTable" {
		return map[string]any{"Table": map[string]any{"TableStatus": "ACTIVE"}}, nil
	}
	if strings.HasPrefix(name, "/") {
		return nil, &peerError{400, "ValidationException", "1 validation error detected: Value '" + name + "' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"}
	}
	item, _ := params["Item"].(map[string]any)
	if operation == "PutItem" && item == nil {
		return nil, &peerError{400, "ValidationException", "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"}
	}
	table, ok := p.tables[name]
	if !ok {
		return nil, &peerError{400, "ResourceNotFoundException", "Requested resource not found"}
	}
	key, _ := params["Key"].(map[string]any)
	switch operation {
	case "PutItem":
		table[brief(item["id"])] = item
	case "GetItem":
		if found := table[brief(key["id"])]; found != nil {
			return map[string]any{"Item": found}, nil
		}
	case "DeleteItem":
		delete(table, brief(key["id"]))
	case "UpdateItem":
		return updateItem(table[brief(key["id"])], params), nil
	case "Query":
		items := []any{}
		for _, i := range table {
			items = append(items, i)
		}
		return map[string]any{"Items": items, "Count": len(items), "ScannedCount": len(items)}, nil
	}
	return map[string]any{}, nil
}

func updateItem(item, params map[string]any) any {
	m := setExpression.FindStringSubmatch(str(params, "UpdateExpression"))
	values, _ := params["ExpressionAttributeValues"].(map[string]any)
	if m == nil || item == nil {
		return map[string]any{}
	}
	item[m[1]] = values[m[2]]
	return map[string]any{"Attributes": map[string]any{m[1]: values[m[2]]}}
}

func (p *peers) s3(operation string, params map[string]any) (any, error) {
	bucket := str(params, "Bucket")
	switch operation {
	case "CreateBucket":
		p.buckets[bucket] = map[string][]byte{}
	case "PutObject":
		p.buckets[bucket][str(params, "Key")] = bodyOf(params["Body"])
	}
	return map[string]any{}, nil
}

func bodyOf(v any) []byte {
	if object, ok := v.(map[string]any); ok {
		if raw, ok := object["__bytes__"].(string); ok {
			b, _ := base64.StdEncoding.DecodeString(raw)
			return b
		}
		return []byte(pythonJSON(object))
	}
	s, _ := v.(string)
	return []byte(s)
}

// object answers S3's GetObject, PutObject and ListObjects, and their errors.
func (p *peers) object(w http.ResponseWriter, r *http.Request, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	bucket, ok := p.buckets[name]
	switch {
	case !ok:
		answerXML(w, 404, "NoSuchBucket", "The specified bucket does not exist")
	case r.Method == http.MethodPut:
		bucket[key] = body
	case bucket[key] == nil:
		answerXML(w, 404, "NoSuchKey", "The specified key does not exist.")
	default:
		h := w.Header()
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Type", "binary/octet-stream")
		h.Set("ETag", etags[string(bucket[key])])
		h.Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		h.Set("x-amz-server-side-encryption", "AES256")
		w.Write(bucket[key])
	}
}

// etags are the recorded ones.
var etags = map[string]string{
	"binary data": `"e1a49b59e0c42e4fd3735ad644f25d57"`, "byte array data": `"383fd42bdf94a2ab38cbeb1d8eb7e53f"`,
	"": `"d41d8cd98f00b204e9800998ecf8427e"`, "text data": `"332eec544317a6d340b8e77da7fe54ad"`,
}

func answerXML(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("x-amz-id-2", "abc")
	w.WriteHeader(status)
	type failure struct {
		XMLName                  xml.Name `xml:"Error"`
		Code, Message, RequestId string
	}
	text, _ := xml.Marshal(failure{Code: code, Message: message, RequestId: "TX000"})
	w.Write(text)
}

// apiGateway echoes, as the cases' function behind the API does.
func apiGateway(w http.ResponseWriter, r *http.Request, body []byte) {
	h := w.Header()
	for name, v := range map[string]string{"Connection": "keep-alive", "Content-Type": "application/json", "Via": "v", "x-amz-apigw-id": "i",
		"X-Amz-Cf-Id": "c", "X-Amz-Cf-Pop": "p", "x-amzn-RequestId": uuid.New(), "X-Amzn-Trace-Id": "t", "X-Cache": "Miss from cloudfront"} {
		h[name] = []string{v}
	}
	if len(body) == 0 || string(body) == "null" {
		body = []byte("{}")
	}
	if r.URL.RawQuery != "" {
		body = []byte(`{"body": ` + string(body) + `}`)
	}
	w.Write(body)
}
