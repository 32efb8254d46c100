package integration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/integration"
)

func TestResource(t *testing.T) {
	for operation, want := range map[string]string{
		"sns.Publish": "sns:publish", "sqs.GetQueueUrl": "aws-sdk:sqs:getQueueUrl", "configservice.GetComplianceDetailsByConfigRule": "aws-sdk:config:getComplianceDetailsByConfigRule",
		"glue.StartJobRun": "glue:startJobRun",
	} {
		if got := integration.Resource(operation, integration.Optimised, integration.Jobs); got != want {
			t.Errorf("%s is %s, want %s", operation, got, want)
		}
	}
}

func TestErrorNames(t *testing.T) {
	for _, tc := range []struct {
		pkg, typeName string
		want          []string
	}{
		{"dynamodb", "ConditionalCheckFailedException", []string{"DynamoDB.ConditionalCheckFailedException", "DynamoDb.ConditionalCheckFailedException"}},
		{"s3", "NoSuchKey", []string{"S3.NoSuchKeyException"}},
		{"eventbridge", "InternalException", []string{"EventBridge.InternalException"}},
		{"secretsmanager", "ResourceNotFoundException", []string{"SecretsManager.ResourceNotFoundException"}},
		{"sqs", "QueueDoesNotExist", []string{"SQS.QueueDoesNotExistException", "Sqs.QueueDoesNotExistException"}},
		{"iam", "EntityTemporarilyUnmodifiableException", []string{"Iam.EntityTemporarilyUnmodifiableException"}},
		{"organizations", "AWSOrganizationsNotInUseException", []string{"Organizations.AwsOrganizationsNotInUseException"}},
	} {
		if diff := cmp.Diff(tc.want, integration.ErrorNames(tc.pkg, tc.typeName)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.pkg, tc.typeName, diff)
		}
	}
}

func TestFieldName(t *testing.T) {
	for _, tc := range [][4]string{
		{"sqs", "SendMessageOutput", "MD5OfMessageBody", "MD5OfMessageBody"},
		{"sqs", "ReceiveMessageOutput", "MD5OfBody", "Md5OfBody"},
		{"eventbridge", "PutEventsInput", "EndpointId", "EndpointId"},
	} {
		if got := integration.FieldName(integration.SDKPath+tc[0], tc[1], tc[2]); got != tc[3] {
			t.Errorf("%s.%s.%s is %s, want %s", tc[0], tc[1], tc[2], got, tc[3])
		}
	}
}
