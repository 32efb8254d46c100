package deploy

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDeployRole: infra/ci/deploy-role.yaml allows every call that a deploy makes, and no other.
func TestDeployRole(t *testing.T) {
	text, err := os.ReadFile("../../infra/ci/deploy-role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{"iam:PassRole": true, "s3:GetObject": true, "s3:TagResource": true, "scheduler:TagResource": true}
	for prefix, api := range map[string]reflect.Type{
		"lambda": reflect.TypeFor[LambdaAPI](), "states": reflect.TypeFor[StatesAPI](), "iam": reflect.TypeFor[IAMAPI](), "logs": reflect.TypeFor[LogsAPI](),
		"cloudwatch": reflect.TypeFor[AlarmsAPI](), "scheduler": reflect.TypeFor[SchedulerAPI](), "events": reflect.TypeFor[EventsAPI](),
		"pipes": reflect.TypeFor[PipesAPI](),
	} {
		for i := range api.NumMethod() {
			made[prefix+":"+api.Method(i).Name] = true
		}
	}
	// API Gateway's actions are the methods of its requests; TagResource asks for PATCH on the API, too.
	for i := range reflect.TypeFor[APIsAPI]().NumMethod() {
		for prefix, methods := range map[string]string{"Get": "GET", "Create": "POST", "Put": "PUT", "Tag": "PUT PATCH", "Delete": "DELETE"} {
			if strings.HasPrefix(reflect.TypeFor[APIsAPI]().Method(i).Name, prefix) {
				for _, method := range strings.Fields(methods) {
					made["apigateway:"+method] = true
				}
			}
		}
	}
	for i := range reflect.TypeFor[S3API]().NumMethod() {
		made["s3:"+s3Permission(reflect.TypeFor[S3API]().Method(i).Name)] = true
	}
	// Step Functions asks for these on behalf of who creates a machine that logs:
	// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
	for _, call := range []string{"CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries",
		"PutResourcePolicy", "UpdateLogDelivery", "TagResource"} {
		made["logs:"+call] = true
	}
	// The same with keys. https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html and
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
	for _, call := range []string{"CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"} {
		made["kms:"+call] = true
	}
	allowed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		action := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		service, call, ok := strings.Cut(action, ":")
		if !ok || call == "" || strings.ContainsAny(call, " *$") || len(service) > 10 || strings.HasPrefix(action, "Service") {
			continue
		}
		if !made[action] {
			t.Errorf("the role allows %s, which no deploy calls", action)
		}
		allowed[action] = true
	}
	for action := range made {
		if !allowed[action] && action != "iam:PassRole" {
			t.Errorf("the role does not allow %s", action)
		}
	}
}

// s3Permission is the IAM action of an operation of S3, where they differ.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func s3Permission(operation string) string {
	switch operation {
	case "GetPublicAccessBlock", "PutPublicAccessBlock":
		return operation[:3] + "BucketPublicAccessBlock"
	case "GetBucketEncryption", "PutBucketEncryption":
		return operation[:3] + "EncryptionConfiguration"
	case "GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration":
		return operation[:3] + "BucketNotification"
	case "ListObjectsV2":
		return "ListBucket"
	case "DeleteObjects":
		return "DeleteObject"
	}
	return operation
}
