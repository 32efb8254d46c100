//go:build integration

package task

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/peers"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// moto starts a moto server and makes it the endpoint of all services.
func moto(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", peers.Moto(t))
}

// call makes a call of a service to set the stage.
func call(t *testing.T, c *Caller, service, operation, params string) value.Value {
	t.Helper()
	s, err := sdk.Lookup(service)
	if err != nil {
		t.Fatal(err)
	}
	op, err := s.Operation(operation)
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.client.Do(context.Background(), sdk.Request{Service: s, Operation: op, Params: parse(t, params), Account: motoAccount, Region: "us-east-1"})
	if err != nil {
		t.Fatalf("%s %s: %v", service, operation, err)
	}
	return result.Output
}

// ended is how a task ended; it is a Replier.
type ended struct {
	output    history.Text
	failure   *machine.Failure
	submitted bool
	done      chan struct{}
}

func (e *ended) Started(string)             {}
func (e *ended) Submitted(history.Text)     { e.submitted = true }
func (e *ended) Succeeded(out history.Text) { e.output = out; close(e.done) }
func (e *ended) Failed(f machine.Failure)   { e.failure = &f; close(e.done) }
func (e *ended) TimedOut()                  { close(e.done) }
func (e *ended) Heartbeat()                 {}
func (e *ended) Park()                      {}

func perform(t *testing.T, c *Caller, resource, params string) *ended {
	t.Helper()
	e := &ended{done: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c.Start(ctx, &machine.Task{Resource: machine.ParseResource("arn:aws:states:::" + resource), Input: parse(t, params),
		Execution: &machine.Execution{ARN: "arn:aws:states:us-east-1:123456789012:execution:m:e", MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m"}}, e)
	select {
	case <-e.done:
	case <-ctx.Done():
		t.Fatalf("%s does not end", resource)
	}
	return e
}

// motoAccount is whose everything in moto is.
const (
	motoAccount = "123456789012"
	jobRole     = "arn:aws:iam::123456789012:role/job"
)

// TestServicesOfMoto runs tasks of every service that moto has, against it. Later tasks use what earlier ones made.
func TestServicesOfMoto(t *testing.T) {
	moto(t)
	c := New(nil)
	stage(t, c)
	for _, test := range motoTasks(t, c) {
		t.Run(test.resource, func(t *testing.T) {
			e := perform(t, c, test.resource, test.params)
			got := value.Value{}
			if e.failure != nil {
				got = object("Error", value.OfString(e.failure.Error), "Cause", value.OfString(e.failure.Cause.String()))
			} else {
				got = e.output.Value()
			}
			path, want, _ := strings.Cut(test.want, "=")
			if v := get(got, strings.Split(path, ".")...); v.Str() != want && v.String() != want && !(want == "" && v.Defined()) {
				t.Errorf("%s is %s, want %s\n%s", path, v, want, got)
			}
		})
	}
}

type motoTask struct {
	resource, params string
	want             string // PATH=TEXT in the result, or in {Error, Cause}; PATH alone: anything
}

// stage makes what the tasks work with.
func stage(t *testing.T, c *Caller) {
	call(t, c, "iam", "createRole", `{"RoleName":"job","AssumeRolePolicyDocument":"{}"}`)
	call(t, c, "sqs", "createQueue", `{"QueueName":"q"}`)
	call(t, c, "s3", "createBucket", `{"Bucket":"bucket"}`)
	call(t, c, "dynamodb", "createTable", `{"TableName":"t","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
		"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}`)
	call(t, c, "ecs", "createCluster", `{"clusterName":"c"}`)
	call(t, c, "ecs", "registerTaskDefinition", `{"family":"f","containerDefinitions":[{"name":"a","image":"i","memory":64}]}`)
	call(t, c, "glue", "createJob", `{"Name":"j","Role":"`+jobRole+`","Command":{"Name":"glueetl","ScriptLocation":"s3://bucket/s"}}`)
	call(t, c, "codebuild", "createProject", `{"name":"project","source":{"type":"S3","location":"bucket/src"},"artifacts":{"type":"NO_ARTIFACTS"},
		"environment":{"type":"LINUX_CONTAINER","image":"i","computeType":"BUILD_GENERAL1_SMALL"},"serviceRole":"arn:aws:iam::123456789012:role/service-role/job"}`)
	call(t, c, "eventbridge", "createEventBus", `{"Name":"bus"}`)
}

func motoTasks(t *testing.T, c *Caller) []motoTask {
	topic := get(call(t, c, "sns", "createTopic", `{"Name":"topic"}`), "TopicArn").Str()
	subnet := get(call(t, c, "ec2", "describeSubnets", `{}`), "Subnets", "SubnetId").Str()
	queue := os.Getenv("AWS_ENDPOINT_URL") + "/123456789012/q"
	return []motoTask{
		{"sqs:sendMessage", `{"QueueUrl":"` + queue + `","MessageBody":{"a":1}}`, "MD5OfMessageBody"},
		{"sqs:sendMessage", `{"QueueUrl":"` + queue + `-none","MessageBody":"m"}`, "Error=SQS.QueueDoesNotExistException"},
		{"sns:publish", `{"TopicArn":"` + topic + `","Message":"m"}`, "MessageId"},
		{"events:putEvents", `{"Entries":[{"EventBusName":"bus","Source":"s","DetailType":"d","Detail":{"a":1}}]}`, "FailedEntryCount=0"},
		{"dynamodb:putItem", `{"TableName":"t","Item":{"id":{"S":"1"},"n":{"N":"2"}}}`, "SdkHttpMetadata.HttpStatusCode=200"},
		{"dynamodb:getItem", `{"TableName":"t","Key":{"id":{"S":"1"}}}`, "Item.n.N=2"},
		{"dynamodb:updateItem", `{"TableName":"t","Key":{"id":{"S":"1"}},"UpdateExpression":"SET n = :v","ExpressionAttributeValues":{":v":{"N":"3"}},"ReturnValues":"UPDATED_NEW"}`, "Attributes.n.N=3"},
		{"dynamodb:deleteItem", `{"TableName":"t","Key":{"id":{"S":"1"}}}`, "SdkHttpMetadata.HttpStatusCode=200"},
		{"aws-sdk:dynamodb:getItem", `{"TableName":"none","Key":{"id":{"S":"1"}}}`, "Error=DynamoDb.ResourceNotFoundException"},
		{"aws-sdk:s3:putObject", `{"Bucket":"bucket","Key":"k","Body":{"a":1}}`, "ETag"},
		{"aws-sdk:s3:getObject", `{"Bucket":"bucket","Key":"k"}`, `Body={"a":1}`},
		{"aws-sdk:s3:getObject", `{"Bucket":"bucket","Key":"none"}`, "Error=S3.NoSuchKeyException"},
		{"aws-sdk:s3:listObjectsV2", `{"Bucket":"bucket"}`, "Contents.Key=k"},
		{"aws-sdk:s3:copyObject", `{"Bucket":"bucket","Key":"k2","CopySource":"bucket/k"}`, "CopyObjectResult.ETag"},
		{"aws-sdk:s3:headObject", `{"Bucket":"bucket","Key":"k2"}`, "ContentLength=7"},
		{"aws-sdk:ec2:describeInstances", `{}`, "Reservations=[]"},
		{"aws-sdk:secretsmanager:createSecret", `{"Name":"s","SecretString":{"a":1}}`, "Arn"},
		{"aws-sdk:secretsmanager:getSecretValue", `{"SecretId":"none"}`, "Error=SecretsManager.ResourceNotFoundException"},
		{"aws-sdk:ssm:putParameter", `{"Name":"p","Value":"v","Type":"String"}`, "Version=1"},
		{"aws-sdk:ssm:getParameter", `{"Name":"p"}`, "Parameter.Value=v"},
		{"aws-sdk:glue:getCrawler", `{"Name":"none"}`, "Error=Glue.EntityNotFoundException"},
		{"aws-sdk:cloudwatch:putMetricData", `{"Namespace":"n","MetricData":[{"MetricName":"m","Value":1}]}`, ""},
		{"aws-sdk:transcribe:startTranscriptionJob", `{"TranscriptionJobName":"j","LanguageCode":"en-US","Media":{"MediaFileUri":"s3://bucket/m.mp3"}}`, "TranscriptionJob.TranscriptionJobName=j"},
		{"aws-sdk:transcribe:getTranscriptionJob", `{"TranscriptionJobName":"j"}`, "TranscriptionJob.TranscriptionJobName=j"},
		{"aws-sdk:rekognition:detectLabels", `{"Image":{"S3Object":{"Bucket":"bucket","Name":"k"}}}`, "Labels.Name"},
		{"aws-sdk:scheduler:createSchedule", `{"Name":"s","ScheduleExpression":"rate(1 day)","FlexibleTimeWindow":{"Mode":"OFF"},"Target":{"Arn":"` + topic + `","RoleArn":"` + jobRole + `"}}`, "ScheduleArn"},
		{"aws-sdk:organizations:listRoots", `{}`, "Error=Organizations.AwsOrganizationsNotInUseException"},
		{"aws-sdk:ecs:updateService", `{"Service":"none","Cluster":"c"}`, "Error=Ecs.ServiceNotFoundException"},
		{"athena:startQueryExecution.sync", `{"QueryString":"SELECT 1","ResultConfiguration":{"OutputLocation":"s3://bucket/q"}}`, "QueryExecution.Status.State=SUCCEEDED"},
		{"athena:startQueryExecution", `{"QueryString":"SELECT 1","ResultConfiguration":{"OutputLocation":"s3://bucket/q"}}`, "QueryExecutionId"},
		{"ecs:runTask.sync", `{"Cluster":"c","TaskDefinition":"f","LaunchType":"FARGATE","NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["` + subnet + `"]}}}`, "LastStatus=STOPPED"},
		{"ecs:runTask", `{"Cluster":"c","TaskDefinition":"none"}`, "Error=ECS.ClientException"},
		{"codebuild:startBuild.sync", `{"ProjectName":"project"}`, "Build.BuildStatus=SUCCEEDED"},
		{"glue:startJobRun.sync", `{"JobName":"j"}`, "JobRunState=SUCCEEDED"},
		{"glue:startJobRun.sync", `{"JobName":"none"}`, "Error=Glue.EntityNotFoundException"},
		{"sagemaker:createTrainingJob.sync", `{"TrainingJobName":"tj","RoleArn":"` + jobRole + `","AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},
			"OutputDataConfig":{"S3OutputPath":"s3://bucket/o"},"ResourceConfig":{"InstanceCount":1,"InstanceType":"ml.m5.large","VolumeSizeInGB":1},"StoppingCondition":{"MaxRuntimeInSeconds":60}}`, "TrainingJobStatus=Completed"},
		{"sagemaker:createProcessingJob.sync", `{"ProcessingJobName":"pj","RoleArn":"` + jobRole + `","AppSpecification":{"ImageUri":"i"},
			"ProcessingResources":{"ClusterConfig":{"InstanceCount":1,"InstanceType":"ml.m5.large","VolumeSizeInGB":1}}}`, "ProcessingJobStatus=Completed"},
		{"sagemaker:createModel", `{"ModelName":"m","ExecutionRoleArn":"` + jobRole + `","PrimaryContainer":{"Image":"i"}}`, "ModelArn"},
		{"elasticmapreduce:createCluster.sync", `{"Name":"e","ServiceRole":"r","JobFlowRole":"r","ReleaseLabel":"emr-6.0.0","Instances":{"KeepJobFlowAliveWhenNoSteps":true,"InstanceCount":1,"MasterInstanceType":"m5.large"}}`, "ClusterId"},
		{"emr-serverless:createApplication.sync", `{"Name":"a","ReleaseLabel":"emr-6.6.0","Type":"SPARK"}`, "ApplicationId"},
		{"eks:createCluster.sync", `{"Name":"k","RoleArn":"` + jobRole + `","ResourcesVpcConfig":{"SubnetIds":["s1","s2"]}}`, "Cluster.Status=ACTIVE"},
		{"eks:createNodegroup.sync", `{"ClusterName":"k","NodegroupName":"n","NodeRole":"` + jobRole + `","Subnets":["s1"]}`, "Nodegroup.Status=ACTIVE"},
		{"eks:deleteNodegroup.sync", `{"ClusterName":"k","NodegroupName":"n"}`, "Nodegroup"},
		{"eks:deleteCluster.sync", `{"Name":"k"}`, "Cluster"},
		{"eks:call", `{"ClusterName":"k"}`, "Error=States.Runtime"},
		{"databrew:startJobRun.sync", `{"Name":"none"}`, "Error"},
	}
}

// TestConnectionsOfMoto authorizes HTTP Tasks by connections that moto keeps, with their secrets.
func TestConnectionsOfMoto(t *testing.T) {
	moto(t)
	c, server := New(nil), mirror(t)
	for kind, test := range map[string]struct{ parameters, want string }{
		"BASIC":   {`{"BasicAuthParameters":{"Username":"me","Password":"pw"}}`, "Authorization=Basic bWU6cHc="},
		"API_KEY": {`{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key","ApiKeyValue":"k"}}`, "X-Key=k"},
		"OAUTH_CLIENT_CREDENTIALS": {`{"OAuthParameters":{"ClientParameters":{"ClientID":"id","ClientSecret":"cs"},"HttpMethod":"POST",
			"AuthorizationEndpoint":"` + server.URL + `/token"}}`, "Authorization=Bearer for client_id=id&client_secret=cs"},
	} {
		made := call(t, c, "eventbridge", "createConnection", `{"Name":"`+kind+`","AuthorizationType":"`+kind+`","AuthParameters":`+test.parameters+`}`)
		e := perform(t, c, "http:invoke", `{"ApiEndpoint":"`+server.URL+`","Method":"GET","Authentication":{"ConnectionArn":"`+get(made, "ConnectionArn").Str()+`"}}`)
		if e.failure != nil || !strings.Contains(e.output.String(), test.want) {
			t.Errorf("%s: %v %s, want %s", kind, e.failure, e.output, test.want)
		}
	}
}
