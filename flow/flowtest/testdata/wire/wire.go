// Package wire has workflows of one call of an AWS service each, over all protocols: their requests and answers are compared.
package wire

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/stride-aws/stride/flow"
)

// In is what all of them take.
type In struct {
	Name  string            `json:"name"`
	Tags  []string          `json:"tags"`
	Attrs map[string]string `json:"attrs"`
	When  time.Time         `json:"when"`
}

// Workflows are all, by name.
var Workflows = []flow.Workflow{
	flow.Standard("sns-publish", publish), flow.Standard("sqs-send-batch", sendBatch), flow.Standard("sqs-send", send),
	flow.Standard("dynamodb-put", putItem), flow.Standard("dynamodb-query", query), flow.Standard("dynamodb-get", getItem),
	flow.Standard("s3-put", putObject), flow.Standard("s3-tag", tagObject), flow.Standard("s3-list", listObjects), flow.Standard("s3-get", getObject),
	flow.Standard("lambda-configure", configure), flow.Standard("cloudwatch-put", putMetric), flow.Standard("events-rule", putRule),
	flow.Standard("iam-create", createRole), flow.Standard("scheduler-create", createSchedule), flow.Standard("sfn-describe", describe),
	flow.Standard("logs-filter", filterLogs), flow.Standard("batch-submit", submitJob),
}

func publish(c flow.Context, in In) (*sns.PublishOutput, error) {
	return flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{
		TopicArn: aws.String("arn:topic"), Message: aws.String(in.Name), Subject: aws.String("a & b"),
		MessageAttributes: map[string]snstypes.MessageAttributeValue{
			"raw": {DataType: aws.String("Binary"), BinaryValue: []byte(in.Name)}, "text": {DataType: aws.String("String"), StringValue: aws.String("ü")},
		},
	})
}

func send(c flow.Context, in In) (*sqs.SendMessageOutput, error) {
	return flow.Do(c, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: aws.String("https://q/1"), MessageBody: aws.String(in.Name), DelaySeconds: 5})
}

func sendBatch(c flow.Context, in In) (*sqs.SendMessageBatchOutput, error) {
	return flow.Do(c, (*sqs.Client).SendMessageBatch, &sqs.SendMessageBatchInput{
		QueueUrl: aws.String("https://q/1"),
		Entries: []sqstypes.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String(in.Name), DelaySeconds: 3, MessageAttributes: map[string]sqstypes.MessageAttributeValue{
				"n": {DataType: aws.String("Number"), StringValue: aws.String("1")}}},
			{Id: aws.String("2"), MessageBody: aws.String(in.Tags[0])},
		},
	})
}

func putItem(c flow.Context, in In) (*dynamodb.PutItemOutput, error) {
	return flow.Do(c, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{
		TableName: aws.String("t"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		Item: map[string]types.AttributeValue{
			"s": &types.AttributeValueMemberS{Value: in.Name}, "n": &types.AttributeValueMemberN{Value: "1.5"}, "b": &types.AttributeValueMemberB{Value: []byte("raw")},
			"ss": &types.AttributeValueMemberSS{Value: in.Tags}, "bool": &types.AttributeValueMemberBOOL{Value: false}, "null": &types.AttributeValueMemberNULL{Value: true},
			"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: ""}, &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}}},
		},
	})
}

func getItem(c flow.Context, in In) (*dynamodb.GetItemOutput, error) {
	return flow.Do(c, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{
		TableName: aws.String("t"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: in.Name}}, ConsistentRead: aws.Bool(true),
	})
}

func query(c flow.Context, in In) (*dynamodb.QueryOutput, error) {
	return flow.Do(c, (*dynamodb.Client).Query, &dynamodb.QueryInput{
		TableName: aws.String("t"), Limit: aws.Int32(2), ScanIndexForward: aws.Bool(false), KeyConditionExpression: aws.String("id = :id"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":id": &types.AttributeValueMemberS{Value: in.Name}, ":no": &types.AttributeValueMemberBOOL{Value: false}},
	})
}

func putObject(c flow.Context, in In) (*s3.PutObjectOutput, error) {
	return flow.Do(c, (*s3.Client).PutObject, &s3.PutObjectInput{
		Bucket: aws.String("things"), Key: aws.String("a b/" + in.Name), Body: strings.NewReader("hello " + in.Name), Metadata: in.Attrs,
		ContentType: aws.String("text/plain"), Expires: aws.Time(in.When), ServerSideEncryption: s3types.ServerSideEncryptionAes256,
	})
}

func tagObject(c flow.Context, in In) (*s3.PutObjectTaggingOutput, error) {
	return flow.Do(c, (*s3.Client).PutObjectTagging, &s3.PutObjectTaggingInput{
		Bucket: aws.String("things"), Key: aws.String(in.Name),
		Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("a"), Value: aws.String("<1>")}, {Key: aws.String("b"), Value: aws.String("")}}},
	})
}

func listObjects(c flow.Context, in In) (*s3.ListObjectsV2Output, error) {
	return flow.Do(c, (*s3.Client).ListObjectsV2, &s3.ListObjectsV2Input{Bucket: aws.String("things"), Prefix: aws.String(in.Name + "/"), MaxKeys: aws.Int32(2)})
}

func getObject(c flow.Context, in In) (*s3.GetObjectOutput, error) {
	return flow.Do(c, (*s3.Client).GetObject, &s3.GetObjectInput{Bucket: aws.String("things"), Key: aws.String(in.Name), IfModifiedSince: aws.Time(in.When)})
}

func configure(c flow.Context, in In) (*lambda.UpdateFunctionConfigurationOutput, error) {
	return flow.Do(c, (*lambda.Client).UpdateFunctionConfiguration, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("arn:aws:lambda:us-east-1:000000000000:function:" + in.Name), MemorySize: aws.Int32(256), Environment: &lambdatypes.Environment{Variables: in.Attrs},
		Layers: in.Tags, TracingConfig: &lambdatypes.TracingConfig{Mode: lambdatypes.TracingModeActive},
	})
}

func putMetric(c flow.Context, in In) (*cloudwatch.PutMetricDataOutput, error) {
	return flow.Do(c, (*cloudwatch.Client).PutMetricData, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("shop"), MetricData: []cwtypes.MetricDatum{{
			MetricName: aws.String(in.Name), Value: aws.Float64(1.5), Timestamp: aws.Time(in.When), Unit: cwtypes.StandardUnitCount,
			Dimensions: []cwtypes.Dimension{{Name: aws.String("d"), Value: aws.String("v")}},
		}},
	})
}

func putRule(c flow.Context, in In) (*eventbridge.PutRuleOutput, error) {
	return flow.Do(c, (*eventbridge.Client).PutRule, &eventbridge.PutRuleInput{
		Name: aws.String(in.Name), State: ebtypes.RuleStateDisabled, Tags: []ebtypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
}

func createRole(c flow.Context, in In) (*iam.CreateRoleOutput, error) {
	return flow.Do(c, (*iam.Client).CreateRole, &iam.CreateRoleInput{
		RoleName: aws.String(in.Name), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17"}`), MaxSessionDuration: aws.Int32(3600),
		Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}},
	})
}

func createSchedule(c flow.Context, in In) (*scheduler.CreateScheduleOutput, error) {
	return flow.Do(c, (*scheduler.Client).CreateSchedule, &scheduler.CreateScheduleInput{
		Name: aws.String(in.Name), StartDate: aws.Time(in.When), ScheduleExpression: aws.String("rate(1 hour)"), ClientToken: aws.String("token"),
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
		Target:             &schedulertypes.Target{Arn: aws.String("arn:t"), RoleArn: aws.String("arn:r"), Input: aws.String(`{"a":1}`), RetryPolicy: &schedulertypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(0)}},
	})
}

func describe(c flow.Context, in In) (*sfn.DescribeExecutionOutput, error) {
	return flow.Do(c, (*sfn.Client).DescribeExecution, &sfn.DescribeExecutionInput{ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:m:" + in.Name)})
}

func filterLogs(c flow.Context, in In) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	return flow.Do(c, (*cloudwatchlogs.Client).FilterLogEvents, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(in.Name), StartTime: aws.Int64(1767323045000), LogStreamNames: in.Tags, Limit: aws.Int32(10),
	})
}

func submitJob(c flow.Context, in In) (*batch.SubmitJobOutput, error) {
	return flow.Do(c, (*batch.Client).SubmitJob, &batch.SubmitJobInput{
		JobName: aws.String(in.Name), JobDefinition: aws.String("d"), JobQueue: aws.String("q"), Parameters: in.Attrs,
		ContainerOverrides: &batchtypes.ContainerOverrides{Command: in.Tags, Environment: []batchtypes.KeyValuePair{{Name: aws.String("A"), Value: aws.String("b")}}},
		RetryStrategy:      &batchtypes.RetryStrategy{Attempts: aws.Int32(2)},
	})
}
