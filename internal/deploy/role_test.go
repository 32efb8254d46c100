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
	made := map[string]bool{"iam:PassRole": true}
	for prefix, api := range map[string]reflect.Type{
		"lambda": reflect.TypeFor[LambdaAPI](), "states": reflect.TypeFor[StatesAPI](), "iam": reflect.TypeFor[IAMAPI](), "logs": reflect.TypeFor[LogsAPI](),
		"cloudwatch": reflect.TypeFor[AlarmsAPI](),
	} {
		for i := range api.NumMethod() {
			made[prefix+":"+api.Method(i).Name] = true
		}
	}
	// Step Functions asks for these on behalf of who creates a machine that logs:
	// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
	for _, call := range []string{"CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries",
		"PutResourcePolicy", "UpdateLogDelivery", "TagResource"} {
		made["logs:"+call] = true
	}
	for line := range strings.Lines(string(text)) {
		action := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		service, call, ok := strings.Cut(action, ":")
		if !ok || call == "" || strings.ContainsAny(call, " *$") || len(service) > 10 || strings.HasPrefix(action, "Service") {
			continue
		}
		if !made[action] {
			t.Errorf("the role allows %s, which no deploy calls", action)
		}
		delete(made, action)
	}
	for action := range made {
		if action != "iam:PassRole" {
			t.Errorf("the role does not allow %s", action)
		}
	}
}
