package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lint"
)

func parse(t *testing.T, text string) *asl.Definition {
	t.Helper()
	d, err := asl.Parse(text, "")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// TestCodes: each code's example gives a finding of that code, with its severity, and no error of another.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range lint.Codes() {
		if seen[c.Name] || c.Rule == "" || c.Fix == "" || strings.HasSuffix(c.Rule, ".") || strings.HasSuffix(c.Fix, ".") {
			t.Errorf("%s: twice, or with an incomplete text: %+v", c.Name, c)
		}
		seen[c.Name] = true
		o := lint.Options{}
		if c.Express {
			o.Type = "EXPRESS"
		}
		found := lint.Check(parse(t, c.Example), o)
		if !slices.ContainsFunc(found, func(d *diag.Diagnostic) bool { return d.Code == c.Name && d.Severity == c.Severity }) {
			t.Errorf("%s: its example gives %v", c.Name, found)
		}
		for _, d := range found.Errors() {
			if d.Code != c.Name {
				t.Errorf("%s: its example also gives %v", c.Name, d)
			}
		}
	}
}

// TestWords holds AWS's texts and places, from recordings and measured reports.
func TestWords(t *testing.T) {
	for _, test := range []struct{ definition, want string }{
		{`{"States": {"A": {"Type": "Pass", "End": true}}}`, `SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}`, `MISSING_END_STATE: Workflow has no terminal state at null`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "NOPE"}}}`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null`},
		{`{"StartAt": "pass1", "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": true}}}`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2`},
		{`{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "x", "Next": "NOPE"}], "Default": "S"}, "S": {"Type": "Succeed"}}}`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/C/Choices[0]/Next`},
		{`{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "x"}], "Default": "S"}, "S": {"Type": "Succeed"}}}`,
			`SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/C/Choices[0]`},
		{`{"StartAt": "M", "States": {"M": {"Type": "Parallel", "TimeoutSeconds": 3, "End": true, "Branches": [{"StartAt": "1", "States": {"1": {"Type": "Pass", "End": true}}}]}}}`,
			`SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/M`},
		{`{"StartAt": "M", "States": {"M": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "1", "States": {"1": {"Type": "Pass", "Nxt": 1, "End": true}}}]}}}`,
			`SCHEMA_VALIDATION_FAILED: Field 'Nxt' is not supported at /States/M/Branches[0]/States/1`},
		{`{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 10000000000000000, "End": true}}}`, `SCHEMA_VALIDATION_FAILED: Maximum value is 99999999 at /States/Wait/Seconds`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": 1, "End": true}}}`,
			`SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Pass"}, "B": {"Type": "Pass", "Next": "A", "End": true}}}`,
			`SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/A, ` +
				`SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [Next, End] at /States/B`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "foo", "ResultPath": "x", "End": true, "Retry": [{"ErrorEquals": ["States.ALL", "x"], "JitterStrategy": "SOME"}]}}}`,
			`SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/A/Resource, SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/ResultPath, ` +
				`SCHEMA_VALIDATION_FAILED: Value should be one of the following: [NONE, FULL] at /States/A/Retry[0]/JitterStrategy, ` +
				`SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.sync", "TimeoutSeconds": "9", "End": true}}}`,
			`SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a valid resource ARN, ` +
				`or the resource is not available in this region. at /States/A/Resource, SCHEMA_VALIDATION_FAILED: Expected value of type Integer at /States/A/TimeoutSeconds`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Next": "A"}, {"Variable": "x", "IsNull": true, "Next": "A"}]}}}`,
			`SCHEMA_VALIDATION_FAILED: The object must have only one of the following fields, [And, Or, Not, Variable, Condition] at /States/A/Choices[0], ` +
				`SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: Reference path didn't start with '$' at /States/A/Choices[1]/Variable`},
		{`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"states": 1}, "End": true}}}`,
			`RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/A/Assign/states`},
		{`{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}`,
			`SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/M/ItemProcessor`},
		{`{"QueryLanguage": "JSONata", "StartAt": "E", "States": {"E": {"Type": "Pass", "Output": {"a": ["{% 1 + %}"]}, "End": true}}}`,
			`INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/E/Output/a[0]`},
		{`{"QueryLanguage": "JSONata", "StartAt": "E", "States": {"E": {"Type": "Pass", "Output": {"v": "{% phone.number & phone %}"}, "End": true}}}`,
			`UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Output/v`},
		{`{"QueryLanguage": "JSONata", "StartAt": "E", "States": {"E": {"Type": "Pass", "Output": "{% $states.errorOutput %}", "End": true}}}`,
			`UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/E/Output`},
	} {
		got := lint.Refusal(lint.Validate(parse(t, test.definition), lint.Options{}))
		if want := "Invalid State Machine Definition: '" + test.want + "'"; got != want {
			t.Errorf("%s\n%s", test.definition, cmp.Diff(want, got))
		}
	}
}

// TestQuiet: definitions about which there is nothing to say.
func TestQuiet(t *testing.T) {
	for _, text := range []string{
		`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
			"A": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Loop"},
			"Loop": {"Type": "Choice", "Default": "Done", "Choices": [{"Condition": "{% $n < 3 %}", "Next": "Loop", "Assign": {"n": "{% $n + 1 %}"}}]},
			"Done": {"Type": "Succeed", "Output": "{% {'n': $n, 'text': '$states.result', 'id': $states.context.Execution.Id} %}"}}}`,
		`{"StartAt": "A", "States": {"A": {"Type": "Map", "ItemsPath": "$.items", "End": true,
			"ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"},
			"ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60,
				"Parameters": {"FunctionName": "f:7", "Payload.$": "$"}, "OutputPath": "$.Payload", "End": true,
				"Retry": [{"ErrorEquals": ["Lambda.ServiceException", "States.Timeout"], "JitterStrategy": "FULL"}],
				"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]}, "C": {"Type": "Fail", "ErrorPath": "$.Error"}}}}}}`,
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"id": 1}, "ResultPath": "$.order", "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.other", "End": true}}}`,
	} {
		if found := lint.Check(parse(t, text), lint.Options{}); len(found) > 0 {
			t.Errorf("%s\ngives %v", text, found)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	text := `{"StartAt": "A", "States": {"A": {"Type": "Map", "MaxConcurrency": "${n}", "End": true, "ItemProcessor": {
		"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "${Function.Arn}", "End": true}}}}}}`
	if errs := lint.Validate(parse(t, text), lint.Options{Placeholders: true}).Errors(); len(errs) > 0 {
		t.Errorf("with placeholders allowed: %v", errs)
	}
	if errs := lint.Validate(parse(t, text), lint.Options{}).Errors(); len(errs) != 2 {
		t.Errorf("without placeholders: %v", errs)
	}
}

func FuzzCheck(f *testing.F) {
	for _, c := range lint.Codes() {
		f.Add(c.Example)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := asl.Parse(text, "")
		if err != nil {
			return
		}
		for _, o := range []lint.Options{{}, {Type: "EXPRESS", Placeholders: true}} {
			first, again := lint.Check(d, o), lint.Check(d, o)
			if first.Error() != again.Error() {
				t.Errorf("twice the same definition, and not the same findings: %v, then %v", first, again)
			}
		}
	})
}
