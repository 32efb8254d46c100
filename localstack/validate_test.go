//go:build integration

package localstack

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const machines = "../internal/compile/testdata"

const lacksBatches = "a state in JSONata has no ItemBatcher"

// refused are machines that LocalStack 4.14 does not take, with what it lacks; AWS documents each.
var refused = map[string]string{
	"golden/http.asl.json":             "the error names States.Http.StatusCode.*",
	"golden/map-s3-batches.asl.json":   lacksBatches,
	"golden/map-s3-csv.asl.json":       "a ToleratedFailurePercentage that is an integer",
	"golden/map-s3-inventory.asl.json": lacksBatches,
	"golden/map-s3-lines.asl.json":     "the InputType JSONL",
	"golden/map-s3-objects.asl.json":   "the ExecutionType EXPRESS",
	"golden/map-to-s3.asl.json":        lacksBatches,
	"golden/experts/batch.asl.json":    lacksBatches,
	"experts/batch.asl.json":           lacksBatches,
}

// activity is the placeholder of an activity's ARN, which deploy fills in.
var activity = regexp.MustCompile(`\$\{activity:([^}]*)\}`)

// TestCompiledMachinesAreValid asks LocalStack's ValidateStateMachineDefinition about every machine that package compile's tests hold.
func TestCompiledMachinesAreValid(t *testing.T) {
	client := sfn.NewFromConfig(newServer(t, "", "localstack", localStack(t)).cfg)
	var files []string
	for _, folder := range []string{"golden", "golden/experts", "experts"} {
		found, err := filepath.Glob(filepath.Join(machines, folder, "*.asl.json"))
		check(t, err)
		if len(found) == 0 {
			t.Errorf("no machines in %s", folder)
		}
		files = slices.Concat(files, found)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		definition := activity.ReplaceAllString(string(text), "arn:aws:states:us-east-1:000000000000:activity:$1")
		answer, err := client.ValidateStateMachineDefinition(context.Background(), &sfn.ValidateStateMachineDefinitionInput{Definition: aws.String(definition)})
		check(t, err)
		name, err := filepath.Rel(machines, file)
		check(t, err)
		reason, listed := refused[name]
		valid := answer.Result == types.ValidateStateMachineDefinitionResultCodeOk && len(answer.Diagnostics) == 0
		switch {
		case valid && listed:
			t.Errorf("%s is valid and yet on the list: %s", name, reason)
		case !valid && !listed:
			t.Errorf("%s: %s", name, answer.Result)
			for _, d := range answer.Diagnostics {
				t.Errorf("%s %s at %s: %s", d.Severity, aws.ToString(d.Code), aws.ToString(d.Location), aws.ToString(d.Message))
			}
		}
	}
	t.Logf("%d machines, %d of them refused for what LocalStack lacks", len(files), len(refused))
}
