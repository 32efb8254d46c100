package task

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// integration is an optimised integration: AWS calls it with version 1 of Java's SDK, whose words its errors have.
type integration struct {
	model     string             // of package sdk
	prefix    string             // of error names: "DynamoDB"
	service   string             // in causes: "AmazonDynamoDBv2"
	exception string             // of errors that the model does not know: "AmazonDynamoDBException"
	plain     bool               // results carry no SDK metadata
	actions   map[string]*action // those that are not a call of their own name
}

// modelOf is the model of an action.
func (i *integration) modelOf(action string) string {
	if a := i.actions[action]; a != nil && a.model != "" {
		return a.model
	}
	return i.model
}

// optimised are the optimised integrations that are one call of their service each.
// AWS: Integrating services with Step Functions.
var optimised = map[string]*integration{
	"athena":    {model: "athena", prefix: "Athena", service: "AmazonAthena", exception: "AmazonAthenaException"},
	"batch":     {model: "batch", prefix: "Batch", service: "AWSBatch", exception: "AWSBatchException"},
	"bedrock":   {model: "bedrockruntime", prefix: "Bedrock", service: "AmazonBedrockRuntime", exception: "AmazonBedrockRuntimeException", plain: true, actions: bedrockActions},
	"codebuild": {model: "codebuild", prefix: "CodeBuild", service: "AWSCodeBuild", exception: "AWSCodeBuildException"},
	"databrew":  {model: "databrew", prefix: "DataBrew", service: "AWSGlueDataBrew", exception: "AWSGlueDataBrewException"},
	"dynamodb":  {model: "dynamodb", prefix: "DynamoDB", service: "AmazonDynamoDBv2", exception: "AmazonDynamoDBException"},
	"ecs":       {model: "ecs", prefix: "ECS", service: "AmazonECS", exception: "AmazonECSException"},
	"eks":       {model: "eks", prefix: "EKS", service: "AmazonEKS", exception: "AmazonEKSException"},
	"elasticmapreduce": {model: "emr", prefix: "ElasticMapReduce", service: "AmazonElasticMapReduce",
		exception: "AmazonElasticMapReduceException", actions: emrActions},
	"emr-containers": {model: "emrcontainers", prefix: "EMRContainers", service: "AmazonEMRContainers", exception: "AmazonEMRContainersException"},
	"emr-serverless": {model: "emrserverless", prefix: "EMRServerless", service: "AWSEMRServerless", exception: "AWSEMRServerlessException", actions: serverlessActions},
	"events":         {model: "eventbridge", prefix: "EventBridge", service: "EventBridge", exception: "EventBridgeException", plain: true},
	"glue":           {model: "glue", prefix: "Glue", service: "AWSGlue", exception: "AWSGlueException"},
	"mediaconvert":   {model: "mediaconvert", prefix: "MediaConvert", service: "AWSMediaConvert", exception: "AWSMediaConvertException"},
	"s3":             {model: "s3", prefix: "S3", service: "Amazon S3", exception: "AmazonS3Exception", plain: true, actions: s3Actions},
	"sagemaker":      {model: "sagemaker", prefix: "SageMaker", service: "AmazonSageMaker", exception: "AmazonSageMakerException"},
	"sns":            {model: "sns", prefix: "SNS", service: "AmazonSNS", exception: "AmazonSNSException"},
	"sqs":            {model: "sqs", prefix: "SQS", service: "AmazonSQS", exception: "AmazonSQSException"},
}

// optimised makes the call of an optimised integration.
func (a *attempt) optimised(i *integration) {
	if a.Submitted {
		a.watch(i, a.SubmitOutput.Value())
		return
	}
	result, err := a.callAction(i)
	var unknown *sdk.Unknown
	if errors.As(err, &unknown) {
		a.reply.Failed(unrecognized(a.Resource, err))
		return
	}
	if err != nil {
		a.reply.Failed(i.failure(err, a.Resource.Pattern))
		return
	}
	if failure := i.partly(a.Resource.Pattern, result.Output); failure != "" {
		a.failed(failure, history.JSON(result.Output))
		return
	}
	out := result.Output
	if !i.plain {
		out = sorted(append(slices.Clone(out.Members()), metadata(result.Status, result.RequestID, headersOf(result.Header))...))
	}
	if strings.HasPrefix(a.Resource.Pattern, "sync") {
		a.reply.Submitted(history.JSON(out))
		a.watch(i, out)
		return
	}
	a.succeed(out)
}

// callAction makes the call that an action stands for.
func (a *attempt) callAction(i *integration) (*sdk.Result, error) {
	java := i.plain && i.model != "eventbridge"
	if i.model == "eventbridge" {
		a.Task = withInput(a.Task, withResources(a.Task))
	}
	does := i.actions[a.Resource.Action]
	if does == nil {
		return a.call(i.model, a.Resource.Action, a.Input, java)
	}
	params, operation := a.Input, a.Resource.Action
	if does.operation != "" {
		operation = does.operation
	}
	var err error
	if does.params != nil {
		if params, err = does.params(a, params); err != nil {
			return nil, err
		}
	}
	result, err := a.call(i.modelOf(a.Resource.Action), operation, params, java)
	if err == nil && does.result != nil {
		result.Output = does.result(a.Input, result.Output)
	}
	return result, err
}

// partly is the error of an answer that says, with status 200, that something failed; "" for none. AWS: putEvents fails for each
// such entry; runTask only where it is waited for (connect-ecs, "Key features of Optimized Amazon ECS/Fargate integration").
func (i *integration) partly(pattern string, out value.Value) string {
	if failed, ok := out.Get("FailedEntryCount"); ok && i.model == "eventbridge" && failed.Float() > 0 {
		return "EventBridge.FailedEntry"
	}
	if failures, _ := out.Get("Failures"); i.model == "ecs" && pattern != "" && failures.Len() > 0 {
		return "AmazonECS.Unknown"
	}
	return ""
}

func withInput(t *machine.Task, input value.Value) *machine.Task {
	copied := *t
	copied.Input = input
	return &copied
}

// sorted is an object with its members by name, as results of optimised integrations come.
func sorted(members []value.Member) value.Value {
	slices.SortStableFunc(members, func(x, y value.Member) int { return strings.Compare(x.Name, y.Name) })
	return value.OfObject(members)
}

func headersOf(h http.Header) []header {
	var list []header
	for name, values := range h {
		list = append(list, header{wireCase(name), values[0]})
	}
	slices.SortFunc(list, func(x, y header) int { return strings.Compare(x.name, y.name) })
	return list
}

// wireCase undoes Go's spelling of AWS's own headers.
func wireCase(name string) string {
	switch name {
	case "X-Amzn-Requestid":
		return "x-amzn-RequestId"
	case "X-Amz-Crc32":
		return "x-amz-crc32"
	case "Connection":
		return "connection"
	}
	return name
}

// failure is a failed call of an optimised integration as Step Functions tells it.
func (i *integration) failure(err error, pattern string) machine.Failure {
	f := machine.Failure{Error: i.prefix + ".SdkClientException", Cause: history.Verbatim(err.Error())}
	var e *sdk.Error
	var none *sdk.NoEndpoint
	switch {
	case errors.As(err, &e) && i.plain:
		f = ServiceFailure(i.prefix, serviceError(e))
	case errors.As(err, &e):
		f = olderFailure(i, ServiceError{Code: e.Code, Shape: e.Modelled(), Message: e.Message, Status: e.Status, RequestID: e.RequestID})
	case errors.As(err, &none):
		f.Error = "States.Runtime"
	}
	if pattern != "" {
		f.Stage = machine.Submitting
	}
	return f
}

// withResources are PutEvents' parameters with what AWS adds to the Resources of each entry: the execution and its machine.
func withResources(t *machine.Task) value.Value {
	entries, ok := t.Input.Get("Entries")
	if !ok || entries.Kind() != value.Array {
		return t.Input
	}
	ours := []value.Value{value.OfString(t.Execution.MachineARN), value.OfString(t.Execution.ARN)}
	list := make([]value.Value, entries.Len())
	for i, e := range entries.Items() {
		given, _ := e.Get("Resources")
		list[i] = e.With("Resources", value.OfArray(append(slices.Clone(given.Items()), ours...)))
	}
	return t.Input.With("Entries", value.OfArray(list))
}
