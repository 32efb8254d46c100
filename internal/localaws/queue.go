package localaws

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/server/pipes"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/value"
)

// queues reaches SQS where tasks reach it.
type queues struct {
	caller *task.Caller
	urls   sync.Map // ARN -> URL
}

func (q *queues) call(ctx context.Context, account, region, operation string, params ...value.Member) (value.Value, error) {
	return q.caller.Call(ctx, account, region, "sqs", operation, value.OfObject(params))
}

// url is the URL of a queue, asked for once.
func (q *queues) url(ctx context.Context, account, region, arn string) (value.Value, error) {
	if url, ok := q.urls.Load(arn); ok {
		return url.(value.Value), nil
	}
	out, err := q.call(ctx, account, region, "getQueueUrl", value.Member{Name: "QueueName", Value: value.OfString(arn[strings.LastIndexByte(arn, ':')+1:])})
	if err != nil {
		return value.Value{}, fmt.Errorf("looking for queue %s: %w", arn, err)
	}
	url, _ := out.Get("QueueUrl")
	q.urls.Store(arn, url)
	return url, nil
}

func (q *queues) receive(ctx context.Context, account, region, arn string, most int, wait time.Duration) ([]pipes.Message, error) {
	url, err := q.url(ctx, account, region, arn)
	if err != nil {
		return nil, err
	}
	out, err := q.call(ctx, account, region, "receiveMessage", value.Member{Name: "QueueUrl", Value: url},
		value.Member{Name: "MaxNumberOfMessages", Value: value.OfInt(int64(most))}, value.Member{Name: "WaitTimeSeconds", Value: value.OfInt(int64(wait / time.Second))},
		value.Member{Name: "AttributeNames", Value: value.OfArray([]value.Value{value.OfString("All")})},
		value.Member{Name: "MessageAttributeNames", Value: value.OfArray([]value.Value{value.OfString("All")})})
	if err != nil {
		return nil, fmt.Errorf("receiving from queue %s: %w", arn, err)
	}
	list, _ := out.Get("Messages")
	var messages []pipes.Message
	for _, m := range list.Items() {
		messages = append(messages, message(m, arn, region))
	}
	return messages, nil
}

// message is a message as pipes give it on.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
func message(m value.Value, arn, region string) pipes.Message {
	member := func(name string) value.Value { v, _ := m.Get(name); return v }
	object := func(name string) value.Value {
		if v, ok := m.Get(name); ok {
			return v
		}
		return value.OfObject(nil)
	}
	return pipes.Message{Handle: member("ReceiptHandle").Str(), Event: value.OfObject([]value.Member{
		{Name: "messageId", Value: member("MessageId")}, {Name: "receiptHandle", Value: member("ReceiptHandle")}, {Name: "body", Value: member("Body")},
		{Name: "attributes", Value: object("Attributes")}, {Name: "messageAttributes", Value: object("MessageAttributes")},
		{Name: "md5OfBody", Value: member("MD5OfBody")}, {Name: "eventSource", Value: value.OfString("aws:sqs")},
		{Name: "eventSourceARN", Value: value.OfString(arn)}, {Name: "awsRegion", Value: value.OfString(region)},
	})}
}

func (q *queues) remove(ctx context.Context, account, region, arn, handle string) error {
	url, err := q.url(ctx, account, region, arn)
	if err == nil {
		_, err = q.call(ctx, account, region, "deleteMessage", value.Member{Name: "QueueUrl", Value: url}, value.Member{Name: "ReceiptHandle", Value: value.OfString(handle)})
	}
	return err
}
