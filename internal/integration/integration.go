// Package integration is what Step Functions calls AWS's services: the Resource that an operation of the Go SDK has, and the names
// of its errors and of its result's fields. The compiler writes them, package task answers with them, and a workflow that runs as
// Go sees the same.
package integration

import (
	"strings"
	"unicode"

	"github.com/stride-aws/stride/internal/javaname"
)

// SDKPath is where the Go packages of AWS services start.
const SDKPath = "github.com/aws/aws-sdk-go-v2/service/"

// Optimised is the operations for which Step Functions has an integration of its own with the SDK's own parameters and result,
// which retries and names errors by itself. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var Optimised = map[string]string{
	"sns.Publish": "sns:publish", "sqs.SendMessage": "sqs:sendMessage", "dynamodb.GetItem": "dynamodb:getItem",
	"dynamodb.PutItem": "dynamodb:putItem", "dynamodb.UpdateItem": "dynamodb:updateItem", "dynamodb.DeleteItem": "dynamodb:deleteItem",
	"eventbridge.PutEvents": "events:putEvents", "athena.StopQueryExecution": "athena:stopQueryExecution",
	"athena.GetQueryExecution": "athena:getQueryExecution", "athena.GetQueryResults": "athena:getQueryResults",
}

// Jobs is the operations whose job Step Functions can wait for, optimised too without that.
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html, column "Run a Job (.sync)"
var Jobs = map[string]string{
	"athena.StartQueryExecution": "athena:startQueryExecution", "batch.SubmitJob": "batch:submitJob", "codebuild.StartBuild": "codebuild:startBuild",
	"codebuild.StartBuildBatch": "codebuild:startBuildBatch", "databrew.StartJobRun": "databrew:startJobRun", "ecs.RunTask": "ecs:runTask",
	"emrcontainers.StartJobRun": "emr-containers:startJobRun", "emrserverless.StartJobRun": "emr-serverless:startJobRun",
	"glue.StartJobRun": "glue:startJobRun", "mediaconvert.CreateJob": "mediaconvert:createJob",
	"sagemaker.CreateTrainingJob": "sagemaker:createTrainingJob", "sagemaker.CreateTransformJob": "sagemaker:createTransformJob",
	"sagemaker.CreateProcessingJob": "sagemaker:createProcessingJob", "sagemaker.CreateLabelingJob": "sagemaker:createLabelingJob",
	"sagemaker.CreateHyperParameterTuningJob": "sagemaker:createHyperParameterTuningJob",
}

// Callbacks is the optimised integrations that can wait for a token; every aws-sdk one can.
var Callbacks = map[string]string{
	"sns.Publish": "sns:publish", "sqs.SendMessage": "sqs:sendMessage", "ecs.RunTask": "ecs:runTask", "eventbridge.PutEvents": "events:putEvents",
}

// Resource is the part of a Task's Resource that names an operation: "sns:publish", "aws-sdk:sqs:getQueueUrl". The operation is
// the Go package's and the method's name, "sns.Publish"; tables are those of above that count, the first first.
func Resource(operation string, tables ...map[string]string) string {
	for _, t := range tables {
		if name := t[operation]; name != "" {
			return name
		}
	}
	service, method, _ := strings.Cut(operation, ".")
	// Step Functions names services as the SDK for Java does: Go's configservice is config there.
	if short := strings.TrimSuffix(service, "service"); short != "" {
		service = short
	}
	return "aws-sdk:" + service + ":" + string(unicode.ToLower(rune(method[0]))) + method[1:]
}

// Service is how Step Functions' optimised integration of a service names things.
type Service struct {
	Model     string // the service in the Go SDK, and in package task/sdk: "eventbridge"
	Prefix    string // of error names: "DynamoDB"
	Name      string // in causes: "AmazonDynamoDBv2"
	Exception string // of errors that the service's model does not know: "AmazonDynamoDBException"
	// Newer integrations answer and fail as version 2 of Java's SDK does, the others as version 1: their results carry metadata.
	Newer bool
}

// Services are the optimised integrations that are calls of their service, by their name in a Resource. States and API Gateway
// have rules of their own. AWS: Integrating services with Step Functions.
var Services = map[string]*Service{
	"athena":           {"athena", "Athena", "AmazonAthena", "AmazonAthenaException", false},
	"batch":            {"batch", "Batch", "AWSBatch", "AWSBatchException", false},
	"bedrock":          {"bedrockruntime", "Bedrock", "AmazonBedrockRuntime", "AmazonBedrockRuntimeException", true},
	"codebuild":        {"codebuild", "CodeBuild", "AWSCodeBuild", "AWSCodeBuildException", false},
	"databrew":         {"databrew", "DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException", false},
	"dynamodb":         {"dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException", false},
	"ecs":              {"ecs", "ECS", "AmazonECS", "AmazonECSException", false},
	"eks":              {"eks", "EKS", "AmazonEKS", "AmazonEKSException", false},
	"elasticmapreduce": {"emr", "ElasticMapReduce", "AmazonElasticMapReduce", "AmazonElasticMapReduceException", false},
	"emr-containers":   {"emrcontainers", "EMRContainers", "AmazonEMRContainers", "AmazonEMRContainersException", false},
	"emr-serverless":   {"emrserverless", "EMRServerless", "AWSEMRServerless", "AWSEMRServerlessException", false},
	"events":           {"eventbridge", "EventBridge", "EventBridge", "EventBridgeException", true},
	"glue":             {"glue", "Glue", "AWSGlue", "AWSGlueException", false},
	"lambda":           {"lambda", "Lambda", "AWSLambda", "AWSLambdaException", false},
	"mediaconvert":     {"mediaconvert", "MediaConvert", "AWSMediaConvert", "AWSMediaConvertException", false},
	"s3":               {"s3", "S3", "Amazon S3", "AmazonS3Exception", true},
	"sagemaker":        {"sagemaker", "SageMaker", "AmazonSageMaker", "AmazonSageMakerException", false},
	"sns":              {"sns", "SNS", "AmazonSNS", "AmazonSNSException", false},
	"sqs":              {"sqs", "SQS", "AmazonSQS", "AmazonSQSException", false},
}

// FieldName is the name that a field of a type of the Go SDK has in a Task's Arguments and result. The type is given by its
// package's path and its name.
func FieldName(pkg, typeName, field string) string {
	if operation, ok := strings.CutSuffix(typeName, "Output"); ok {
		name := strings.TrimPrefix(pkg, SDKPath) + "." + operation
		if resource := Optimised[name] + Jobs[name]; resource != "" && !Of(resource).Newer {
			return field // the results of version 1 keep the API's names: MD5OfMessageBody
		}
	}
	return javaname.Of(field)
}

// Of is the optimised integration that a Resource names, "sns:publish"; nil of an aws-sdk one.
func Of(resource string) *Service {
	name, _, _ := strings.Cut(resource, ":")
	return Services[name]
}
