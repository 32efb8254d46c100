package coverage

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
)

const definition = `{
  "StartAt": "Large?",
  "States": {
    "Large?": {"Type": "Choice", "QueryLanguage": "JSONata", "Default": "Small",
      "Choices": [{"Condition": "{% $states.input > 1 %}", "Next": "Large"}]},
    "Large": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "End": true,
      "Retry": [{"ErrorEquals": ["Busy"]}, {"ErrorEquals": ["Lambda.ServiceException", "Lambda.AWSLambdaException",
        "Lambda.SdkClientException", "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException"]}],
      "Catch": [{"ErrorEquals": ["Lost", "Gone"], "Next": "Small"}]},
    "Small": {"Type": "Succeed"}
  }
}`

func sample(t *testing.T, records string) []*Workflow {
	t.Helper()
	def, err := asl.Parse(definition, "wf/large.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]Counts{}
	if err := Merge(counts, strings.NewReader(records)); err != nil {
		t.Fatal(err)
	}
	return []*Workflow{Of("large", def, counts["large f"], func(p string) diag.Place { return def.Place(p) })}
}

const half = `{"workflow":"large","source":"f","counts":{"/States/Large?":1,"/States/Large?/Default":1,"/States/Small":1}}
{"workflow":"large","source":"f","counts":{"/States/Large?":1,"/States/Large?/Default":1,"/States/Small":1}}
{"workflow":"other","source":"f","counts":{"/States/Large":9}}
`

func TestText(t *testing.T) {
	const want = `large   42.9%  states 2/3  branches 1/2  retries 0/1  catches 0/1
  wf/large.asl.json:5:19: Large?, yes
  wf/large.asl.json:6:5: Large
  wf/large.asl.json:7:17: Large, retry of Busy
  wf/large.asl.json:9:17: Large, catch of Lost, Gone
total   42.9%
`
	if diff := cmp.Diff(want, Text(sample(t, half))); diff != "" {
		t.Error(diff)
	}
	if s := Total(sample(t, "")); s.Passed != 0 || s.All != 7 || (Share{}).Percent() != 100 {
		t.Errorf("%+v", s)
	}
}

func TestCobertura(t *testing.T) {
	text, err := Cobertura(sample(t, half), "/src", time.UnixMilli(1))
	if err != nil {
		t.Fatal(err)
	}
	var doc xmlCoverage
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	want := []xmlLine{
		{4, 2, true, "100% (1/1)"}, {5, 0, true, "0% (0/1)"}, {6, 0, false, ""}, {7, 0, true, "0% (0/1)"}, {9, 0, true, "0% (0/1)"}, {10, 2, false, ""},
	}
	class := doc.Packages[0].Classes[0]
	if diff := cmp.Diff(want, class.Lines); diff != "" {
		t.Error(diff)
	}
	if doc.Packages[0].Name != "wf" || class.File != "wf/large.asl.json" || doc.BranchRate != "0.2500" || doc.LinesCovered != 2 || doc.LinesValid != 6 {
		t.Errorf("%+v", doc)
	}
}

func TestHTML(t *testing.T) {
	page, err := HTML(sample(t, half), func(file string, line int) string { return "  <" + file + ">" })
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"42.9% of 7 points of 1 workflow", `<svg xmlns`, `class="missed"><td class="n">0<td>Large, retry of Busy`, "<code>&lt;wf/large.asl.json&gt;</code>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
