package lang

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Child is a workflow that others run.
var Child = flow.Standard("child", nothing)

// Services are the constructs that call something other than a handler.
var Services = []Case{
	with("run", runCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, zero, one),
	with("start", startCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, one),
	with("activity", activityCase, func(ft *flowtest.Test) {
		flowtest.MockActivity(ft, "weigh", func(p Part) (int, error) { return p.Count * 10, nil })
	}, nil, zero, one),
	with("errors-is", errorsIs, func(ft *flowtest.Test) { ft.ErrorVariable("ErrOdd", ErrOdd) }, nil, named("odd"), named("fine"), named("broken")),
	with("do", doCase, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*sns.Client).Publish, func(in *sns.PublishInput) (*sns.PublishOutput, error) {
			return &sns.PublishOutput{MessageId: aws.String("m-" + aws.ToString(in.Message))}, nil
		})
		flowtest.MockDo(ft, (*sqs.Client).GetQueueUrl, func(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
			return &sqs.GetQueueUrlOutput{}, nil
		})
	}, nil, zero, one),
	with("do-errors", doErrors, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*dynamodb.Client).PutItem, func(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("it is there")}
		})
	}, nil, one),
}

// runCase runs another workflow and waits for it.
func runCase(c flow.Context, in Thing) (string, error) {
	out, err := flow.Run(c, nothing, in)
	if errors.Is(err, flow.ErrTaskFailed) {
		return "the child failed", nil
	}
	return "child: " + out, err
}

// startCase starts another workflow and goes on.
func startCase(c flow.Context, in Thing) (bool, error) {
	arn, err := flow.Start(c, nothing, in)
	return arn != "", err
}

// activityCase waits for a worker.
func activityCase(c flow.Context, in Thing) (int, error) {
	grams, err := flow.Activity[int](c, "weigh", in.Part, flow.Timeout(time.Hour), flow.Heartbeat(time.Minute))
	if err != nil {
		return 0, err
	}
	return grams + 1, nil
}

// errorsIs tells an error variable of a handler's package from other errors.
func errorsIs(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in, flow.Retry{On: []error{ErrOdd}, MaxAttempts: 1, FullJitter: true})
	if errors.Is(err, ErrOdd) {
		return "odd", nil
	}
	return p.ID, err
}

// doCase calls AWS services without a Lambda function.
func doCase(c flow.Context, in Thing) (string, error) {
	sent, err := flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:" + flow.Env("TOPIC")),
		Message:  aws.String("hello " + in.Name), Subject: aws.String(in.Note),
	})
	if err != nil {
		return "", err
	}
	queue, err := flow.Do(c, (*sqs.Client).GetQueueUrl, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	if err != nil {
		return "", err
	}
	return aws.ToString(sent.MessageId) + aws.ToString(queue.QueueUrl), nil
}

// doErrors tells a service's errors apart.
func doErrors(c flow.Context, in Thing) (string, error) {
	_, err := flow.Do(c, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{
		TableName: aws.String("things"), ConditionExpression: aws.String("attribute_not_exists(id)"),
		Item: map[string]types.AttributeValue{
			"id":   &types.AttributeValueMemberS{Value: in.Name},
			"tags": &types.AttributeValueMemberSS{Value: in.Tags},
		},
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return "there", nil
	}
	return "new", err
}
