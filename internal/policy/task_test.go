package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/value"
)

func TestTask(t *testing.T) {
	scope := Scope{Partition: "aws", Account: "000000000000", Region: "eu-west-1", Machine: "m"}
	const function = "arn:aws:lambda:eu-west-1:000000000000:function:f"
	for name, tt := range map[string]struct {
		resource, args string
		want           []Request
	}{
		"function's ARN":    {function + ":3", `{}`, []Request{{Action: "lambda:InvokeFunction", Resource: function + ":3"}}},
		"invoke by name":    {"arn:aws:states:::lambda:invoke", `{"FunctionName":"f","Qualifier":"live"}`, []Request{{Action: "lambda:InvokeFunction", Resource: function + ":live"}}},
		"invoke by ARN":     {"arn:aws:states:::lambda:invoke.waitForTaskToken", `{"FunctionName":"` + function + `:3"}`, []Request{{Action: "lambda:InvokeFunction", Resource: function + ":3"}}},
		"publish":           {"arn:aws:states:::sns:publish", `{"TopicArn":"arn:aws:sns:eu-west-1:000000000000:t"}`, []Request{{Action: "sns:Publish", Resource: "arn:aws:sns:eu-west-1:000000000000:t"}}},
		"another operation": {"arn:aws:states:::aws-sdk:ec2:describeInstances", `{}`, []Request{{Action: "ec2:DescribeInstances"}}},
		"an activity":       {"arn:aws:states:eu-west-1:000000000000:activity:a", `{}`, nil},
	} {
		args, err := value.Parse(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, Task(tt.resource, args, scope)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDecideAboutSomeResource(t *testing.T) {
	allow := &Document{Statement: list[Statement]{{Effect: "Allow", Action: list[string]{"ec2:*"}, Resource: list[string]{"arn:aws:ec2:::x"}}}}
	deny := &Document{Statement: list[Statement]{{Effect: "Deny", Action: list[string]{"ec2:*"}, Resource: list[string]{"arn:aws:ec2:::x"}}}}
	for want, documents := range map[Decision][]*Document{Allow: {allow, deny}, ImplicitDeny: {deny}} {
		if got := Decide(documents, Request{Action: "ec2:DescribeInstances"}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
