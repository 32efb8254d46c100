package localaws

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/stride-aws/stride/internal/lambdamain"
)

// TestMain makes the test's own binary a Lambda function where the environment says so: it tells as whom it runs.
func TestMain(m *testing.M) {
	if os.Getenv("STRIDE_TEST_FUNCTION") == "" {
		os.Exit(m.Run())
	}
	lambdamain.Start(func(ctx context.Context) (string, error) {
		url := os.Getenv("AWS_ENDPOINT_URL")
		client := sts.New(sts.Options{BaseEndpoint: &url, Region: os.Getenv("AWS_REGION"), Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))})
		out, err := client.GetCallerIdentity(ctx, nil)
		if err != nil {
			return "", err
		}
		objects := s3.New(s3.Options{BaseEndpoint: &url, Region: os.Getenv("AWS_REGION"), UsePathStyle: true, RetryMaxAttempts: 1, Credentials: client.Options().Credentials})
		_, err = objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("artefacts"), Key: aws.String("f.zip")})
		return fmt.Sprint(*out.Arn, ", may read: ", err == nil), nil
	}, lambdamain.Names{})
}

// must is v; an error ends the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func trust(service string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
}

// bootstrap is a zip that runs the test's own binary.
func bootstrap() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	fmt.Fprintf(must(w.CreateHeader(header)), "#!/bin/sh\nexec '%s'\n", must(os.Executable()))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestRolesAreEnforced deploys a function through S3 and runs it from a machine whose role first may not, then may.
func TestRolesAreEnforced(t *testing.T) {
	ctx := t.Context()
	local := must(New(Options{Address: "127.0.0.1:0"}))
	t.Cleanup(func() { local.Close() })
	go local.Serve(ctx)
	config := aws.Config{BaseEndpoint: aws.String(local.URL()), Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}

	roles := iam.NewFromConfig(config)
	role := must(roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("f"), AssumeRolePolicyDocument: trust("lambda")})).Role
	machineRole := must(roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("m"), AssumeRolePolicyDocument: trust("states")})).Role

	objects := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	must(objects.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("artefacts")}))
	must(objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("artefacts"), Key: aws.String("f.zip"), Body: bytes.NewReader(bootstrap())}))
	functions := lambda.NewFromConfig(config)
	create := &lambda.CreateFunctionInput{FunctionName: aws.String("f"), Role: machineRole.Arn, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Code: &types.FunctionCode{S3Bucket: aws.String("artefacts"), S3Key: aws.String("f.zip")}, Publish: true, Timeout: aws.Int32(10),
		Environment: &types.Environment{Variables: map[string]string{"STRIDE_TEST_FUNCTION": "on"}}}
	if _, err := functions.CreateFunction(ctx, create); err == nil || !strings.Contains(err.Error(), "cannot be assumed by Lambda") {
		t.Errorf("a function with a machine's role: %v", err)
	}
	create.Role = role.Arn
	f := must(functions.CreateFunction(ctx, create))

	machines := sfn.NewFromConfig(config, func(o *sfn.Options) { o.RetryMaxAttempts = 1 })
	definition := `{"StartAt":"F","States":{"F":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"` + *f.FunctionArn + `"},"OutputPath":"$.Payload","End":true}}}`
	m := must(machines.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: &definition, RoleArn: machineRole.Arn}))
	run := func() string {
		e := must(machines.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn}))
		for {
			d := must(machines.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn}))
			if d.Status != "RUNNING" {
				return fmt.Sprint(d.Status, " ", aws.ToString(d.Output), aws.ToString(d.Error), ": ", aws.ToString(d.Cause))
			}
		}
	}
	const refused = "FAILED Lambda.AWSLambdaException: User: arn:aws:sts::000000000000:assumed-role/m/stride is not authorized to perform: lambda:InvokeFunction on resource: " +
		"arn:aws:lambda:eu-west-1:000000000000:function:f:1 because no identity-based policy allows the lambda:InvokeFunction action (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; "
	if got := run(); !strings.HasPrefix(got, refused) {
		t.Errorf("without a policy\ngot  %s\nwant %s", got, refused)
	}
	allow := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:000000000000:function:f:*"}]}`
	must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("m"), PolicyName: aws.String("p"), PolicyDocument: &allow}))
	if got, want := run(), `SUCCEEDED "arn:aws:sts::000000000000:assumed-role/f/lambda, may read: false": `; got != want {
		t.Errorf("with one\ngot  %s\nwant %s", got, want)
	}
	read := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::artefacts/*"}]}`
	must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("f"), PolicyName: aws.String("p"), PolicyDocument: &read}))
	if got := run(); !strings.Contains(got, "may read: true") {
		t.Errorf("with a policy of its own, the function says %s", got)
	}
}
