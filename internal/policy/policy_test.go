package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/task/sdk"
)

var scope = Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Machine: "orders"}

func task(resource, arguments string) string {
	return `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "` + resource + `", "Arguments": ` + arguments + `, "End": true}}}`
}

// TestMachine has each kind of Task and the statements that its role gets, "actions on resources".
func TestMachine(t *testing.T) {
	const region = "arn:aws:lambda:eu-west-1:111122223333:"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"pinned function", task("arn:aws:states:::lambda:invoke", `{"FunctionName": "`+region+`function:pay:7"}`),
			[]string{"lambda:InvokeFunction on " + region + "function:pay:*"}},
		{"function by name", task("arn:aws:states:::lambda:invoke.waitForTaskToken", `{"FunctionName": "pay"}`),
			[]string{"lambda:InvokeFunction on " + region + "function:pay"}},
		{"function by expression", task("arn:aws:states:::lambda:invoke", `{"FunctionName": "{% $f %}"}`),
			[]string{"lambda:InvokeFunction on " + region + "function:*"}},
		{"function ARN as resource", task(region+"function:pay", `{}`),
			[]string{"lambda:InvokeFunction on " + region + "function:pay"}},
		{"topic", task("arn:aws:states:::sns:publish", `{"TopicArn": "arn:aws:sns:eu-west-1:1:t"}`),
			[]string{"sns:Publish on arn:aws:sns:eu-west-1:1:t"}},
		{"queue", task("arn:aws:states:::sqs:sendMessage", `{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/444455556666/q"}`),
			[]string{"sqs:SendMessage on arn:aws:sqs:eu-west-1:444455556666:q"}},
		{"sdk service of another name", task("arn:aws:states:::aws-sdk:eventbridge:putEvents", `{}`), []string{"events:PutEvents on *"}},
		{"sdk operation of another name", task("arn:aws:states:::aws-sdk:s3:headObject", `{"Bucket": "b", "Key": "k"}`),
			[]string{"s3:GetObject on arn:aws:s3:::b/k"}},
		{"index", task("arn:aws:states:::aws-sdk:dynamodb:query", `{"TableName": "t", "IndexName": "i"}`),
			[]string{"dynamodb:Query on arn:aws:dynamodb:eu-west-1:111122223333:table/t arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*"}},
		{"object", task("arn:aws:states:::aws-sdk:s3:copyObject", `{"Bucket": "b", "Key": "{% $k %}"}`),
			[]string{"s3:GetObject s3:PutObject on arn:aws:s3:::b/*"}},
		{"bucket", task("arn:aws:states:::aws-sdk:s3:listObjectsV2", `{"Bucket": "b"}`), []string{"s3:ListBucket on arn:aws:s3:::b"}},
		{"an action without resources", task("arn:aws:states:::aws-sdk:ec2:describeInstances", `{"InstanceIds": ["i-1"]}`), []string{"ec2:DescribeInstances on *"}},
		{"the name that a resource's ARN has", task("arn:aws:states:::aws-sdk:athena:startQueryExecution", `{"WorkGroup": "w"}`), []string{"athena:StartQueryExecution on *"}},
		{"an ARN among the arguments", task("arn:aws:states:::aws-sdk:sagemaker:addTags", `{"ResourceArn": "arn:aws:sagemaker:eu-west-1:1:model/m"}`),
			[]string{"sagemaker:AddTags on arn:aws:sagemaker:eu-west-1:1:model/m"}},
		{"a role handed on", task("arn:aws:states:::sagemaker:createTrainingJob.sync", `{"TrainingJobName": "j", "RoleArn": "arn:aws:iam::1:role/r"}`), []string{
			"events:DescribeRule events:PutRule events:PutTargets on arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
			"iam:PassRole on arn:aws:iam::1:role/r",
			"sagemaker:AddTags sagemaker:DescribeTrainingJob sagemaker:StopTrainingJob on *",
			"sagemaker:CreateTrainingJob on arn:aws:sagemaker:eu-west-1:111122223333:training-job/j",
		}},
		{"a schedule's role", task("arn:aws:states:::aws-sdk:scheduler:createSchedule", `{"GroupName": "g", "Name": "s", "Target": {"RoleArn": "arn:aws:iam::1:role/r"}}`),
			[]string{"iam:PassRole on arn:aws:iam::1:role/r", "scheduler:CreateSchedule on arn:aws:scheduler:eu-west-1:111122223333:schedule/g/s"}},
		{"API Gateway's methods", task("arn:aws:states:::aws-sdk:apigateway:createDeployment", `{"RestApiId": "a"}`),
			[]string{"apigateway:POST on arn:aws:apigateway:eu-west-1::/restapis/*/deployments"}},
		{"another case", task("arn:aws:states:::aws-sdk:rds:createDbInstance", `{"DbInstanceIdentifier": "d"}`), []string{"rds:CreateDBInstance on *"}},
		{"activity", task("arn:aws:states:eu-west-1:1:activity:a", `{}`), nil},
		{"nested", task("arn:aws:states:::states:startExecution.sync:2", `{"StateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:child"}`),
			[]string{
				"events:DescribeRule events:PutRule events:PutTargets on arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
				"states:DescribeExecution states:StopExecution on arn:aws:states:eu-west-1:1:execution:child:*",
				"states:StartExecution on arn:aws:states:eu-west-1:1:stateMachine:child",
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := asl.Parse(tt.text, "test.json")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, short(Machine(d, scope))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestFunction: what a function's code calls is granted, by IAM's names, unless it is declared.
func TestFunction(t *testing.T) {
	grants := Function(Needs{LogGroup: "arn:log", Payloads: "arn:values/*", Declared: []Declared{{Actions: []string{"dynamodb:Get*"}, Resources: []string{"arn:table"}}}, Calls: []Call{
		{"dynamodb:GetItem", "shop/pay"}, {"s3:HeadObject", "shop/pay"}, {"s3:PutObject", "shop/pay"}, {"s3:PutObject", "shop/store"}, {"eventbridge:PutEvents", "shop/store"}}})
	want := []string{
		"logs:CreateLogStream logs:PutLogEvents on arn:log:*",
		"s3:GetObject s3:PutObject on arn:values/*",
		"dynamodb:Get* on arn:table",
		"s3:GetObject s3:PutObject on *",
		"events:PutEvents on *",
	}
	if diff := cmp.Diff(want, short(grants)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if reason := grants[4].Reason; reason != "calls in shop/store" {
		t.Errorf("reason %q", reason)
	}
}

// TestActions has in testdata/unknown.txt the operations whose IAM actions the table does not have: most are newer than it, or take
// other credentials than IAM's.
func TestActions(t *testing.T) {
	var b strings.Builder
	services := sdk.Services()
	if len(services) < 400 {
		t.Fatalf("only %d services", len(services))
	}
	for _, name := range services {
		s, err := sdk.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		var unknown []string
		for operation := range s.Operations {
			for _, action := range Actions(name, operation) {
				if !Known(action) {
					unknown = append(unknown, operation)
				}
			}
		}
		slices.Sort(unknown)
		if len(unknown) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(slices.Compact(unknown), " "))
		}
	}
	for operation, actions := range renamed {
		for _, action := range actions {
			if !Known(action) {
				t.Errorf("%s is renamed to %s, which IAM does not know", operation, action)
			}
		}
	}
	golden.Compare(t, "testdata/unknown.txt", b.String())
}

func short(grants Grants) []string {
	var out []string
	for _, g := range grants {
		out = append(out, strings.Join(g.Statement.Action, " ")+" on "+strings.Join(g.Statement.Resource, " "))
	}
	return out
}

func TestEqual(t *testing.T) {
	parse := func(text string) *Document {
		d, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	a := parse(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["b", "a"]}}`)
	b := parse(`{"Version": "2012-10-17", "Statement": [{"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": ["a", "b"]}]}`)
	if !Equal(a, b) {
		t.Error("documents that differ in form only are not equal")
	}
	b.Statement[0].Resource = []string{"a"}
	if Equal(a, b) || Equal(a, nil) || !Equal(nil, nil) {
		t.Error("documents that differ are equal")
	}
	if again := parse(a.String()); !Equal(a, again) {
		t.Errorf("%s reads back as %s", a, again)
	}
}

func TestDecide(t *testing.T) {
	allow := &Document{Statement: []Statement{
		{Effect: "Allow", Action: []string{"lambda:Invoke*"}, Resource: []string{"arn:f:?:*"}},
		{Effect: "Allow", Action: []string{"sns:Publish"}, Resource: []string{"*"},
			Condition: map[string]Condition{"StringEquals": {"aws:SourceAccount": {"1"}}}},
	}}
	deny := &Document{Statement: []Statement{{Effect: "Deny", NotAction: []string{"sns:*"}, Resource: []string{"arn:f:b:1"}}}}
	tests := []struct {
		request Request
		want    Decision
	}{
		{Request{Action: "lambda:InvokeFunction", Resource: "arn:f:a:1"}, Allow},
		{Request{Action: "LAMBDA:invokefunction", Resource: "arn:f:a:1"}, Allow},
		{Request{Action: "lambda:InvokeFunction", Resource: "arn:f:aa:1"}, ImplicitDeny},
		{Request{Action: "lambda:InvokeFunction", Resource: "arn:f:b:1"}, ExplicitDeny},
		{Request{Action: "sns:Publish", Resource: "x"}, ImplicitDeny},
		{Request{Action: "sns:Publish", Resource: "x", Context: map[string]string{"aws:SourceAccount": "1"}}, Allow},
	}
	for _, tt := range tests {
		if got := Decide([]*Document{allow, deny}, tt.request); got != tt.want {
			t.Errorf("Decide(%v) = %v, want %v", tt.request, got, tt.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !Match("*"+text, text) || !Match(text+"*", text) {
			t.Errorf("a star before or after %q does not match it", text)
		}
		if got, want := Match(pattern, text), slowMatch(pattern, text); got != want {
			t.Errorf("Match(%q, %q) = %v, want %v", pattern, text, got, want)
		}
	})
}

// slowMatch is Match by its definition.
func slowMatch(pattern, text string) bool {
	if len(pattern) > 12 || len(text) > 12 {
		return Match(pattern, text)
	}
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return slowMatch(pattern[1:], text) || text != "" && slowMatch(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && slowMatch(pattern[1:], text[1:])
}
