package javaname_test

import (
	"testing"

	"github.com/stride-aws/stride/internal/javaname"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"DynamoDB": "DynamoDb", "ChecksumCRC32": "ChecksumCrc32", "ETag": "ETag", "MD5OfBody": "Md5OfBody", "Secrets Manager": "SecretsManager",
		"NULL": "Nul", "BOOL": "Bool", "SFN": "Sfn", "S3": "S3", "DBInstanceIdentifier": "DbInstanceIdentifier", "taskArn": "TaskArn", "SSEKMSKeyId": "SsekmsKeyId",
		"CloudWatch Logs": "CloudWatchLogs", "EC2": "Ec2", "ResourceInUseException": "ResourceInUseException",
		"AWSOrganizationsNotInUseException": "AwsOrganizationsNotInUseException",
	} {
		if got := javaname.Of(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
