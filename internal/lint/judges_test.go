package lint_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/lint"
)

// accepted are definitions that a judge calls invalid and stride does not, each with its reason.
var accepted = map[string]string{
	"asl-validator--src-invalid-jsonata-surround-syntax-no-spaces": "AWS documents the delimiters {% and %}, no spaces inside them",
}

// refused are definitions that a judge calls valid and AWS is on record to refuse.
var refused = map[string]string{
	"asl-validator--src-valid-assign":                        "a variable with a hyphen in its name: measured, INVALID_VARIABLE_NAME",
	"asl-validator--src-valid-map-with-item-batcher-jsonata": "a state in JSONPath inside a machine in JSONata: INVALID_DOWNGRADE_QUERY_LANGUAGE",
	"asl-validator--src-valid-task-credentials":              "Credentials without RoleArn: invalid_credentials_field",
	"statelint--test-task-with-credentials":                  "Credentials without RoleArn: invalid_credentials_field",
}

func validate(t *testing.T, file string) diag.List {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := asl.Parse(string(text), filepath.Base(file))
	if err != nil {
		return diag.List{err.(*diag.Diagnostic)}
	}
	return lint.Validate(d, lint.Options{Placeholders: true})
}

func nameOf(file string) string { return strings.TrimSuffix(filepath.Base(file), ".asl.json") }

func TestValidDefinitions(t *testing.T) {
	files := judges.Files(t, "suites", "asl", "valid", "*.json")
	passed := 0
	for _, file := range files {
		reason, listed := refused[nameOf(file)]
		switch errs := validate(t, file).Errors(); {
		case len(errs) > 0 && !listed:
			t.Errorf("%v", errs)
		case len(errs) == 0 && listed:
			t.Errorf("%s passes and yet is on the list: %s", file, reason)
		case len(errs) == 0:
			passed++
		}
	}
	t.Logf("%d of %d valid definitions have no error; %d are refused as AWS does", passed, len(files), len(refused))
}

func TestInvalidDefinitions(t *testing.T) {
	files := judges.Files(t, "suites", "asl", "invalid", "*.json")
	found := 0
	for _, file := range files {
		name := nameOf(file)
		reason, listed := accepted[name]
		switch errs := validate(t, file).Errors(); {
		case len(errs) > 0 && listed:
			t.Errorf("%s is found and yet on the list: %s", name, reason)
		case len(errs) == 0 && !listed:
			t.Errorf("%s: no error found", name)
		case len(errs) > 0:
			found++
		}
	}
	t.Logf("%d of %d invalid definitions are refused; %d are accepted for a reason", found, len(files), len(accepted))
}

// TestRecordedOnAWS: what AWS took or refused in the recordings.
func TestRecordedOnAWS(t *testing.T) {
	passed, total := 0, 0
	for _, file := range judges.Files(t, "conformance", "*", "*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Kind, Type string
			Definition json.RawMessage
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if c.Kind != "execution" || len(c.Definition) == 0 || c.Definition[0] != '{' {
			continue
		}
		d, err := asl.Parse(string(c.Definition), filepath.Base(file))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		total++
		isRefused := strings.Contains(string(text), "Invalid State Machine Definition")
		errs := lint.Validate(d, lint.Options{Type: c.Type}).Errors()
		message := lint.Refusal(errs)
		switch {
		case !isRefused && len(errs) > 0:
			t.Errorf("AWS takes it: %v", errs)
		case isRefused && len(errs) == 0:
			t.Errorf("%s: AWS refuses it", file)
		case isRefused && !strings.Contains(strings.ReplaceAll(string(text), "arn:<partition>", "arn:aws"), jsonText(message)):
			t.Errorf("%s: AWS does not say %s", file, message)
		default:
			passed++
		}
	}
	t.Logf("%d of %d recorded definitions are judged as AWS does", passed, total)
}

func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return strings.Trim(string(b), `"`)
}
