package local

import (
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// parseFinding is asl.Parse's error about a definition as a finding, in AWS's words where the text is no JSON.
func parseFinding(definition string, err error) *diag.Diagnostic {
	if _, syntax := value.Parse(definition); syntax != nil {
		return &diag.Diagnostic{Code: lint.InvalidJSON, Message: jacksonWords(definition, syntax)}
	}
	if d, ok := err.(*diag.Diagnostic); ok {
		return d
	}
	return &diag.Diagnostic{Code: lint.InvalidJSON, Message: err.Error()}
}

// invalidDefinition is AWS's refusal of a definition, with all its errors.
func invalidDefinition(found ...*diag.Diagnostic) *Error {
	return errorf("InvalidDefinition", "%s", lint.Refusal(found))
}

func compileProgram(def *asl.Definition) (*machine.Program, error) {
	p, err := machine.Compile(def)
	if err != nil {
		return nil, errorf("InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: %s'", err)
	}
	return p, nil
}

// location is a finding's place; a workflow without an end has none.
func location(d *diag.Diagnostic) string {
	if d.Code == lint.MissingEndState {
		return ""
	}
	return lint.Location(d.Place.Pointer)
}

// ValidateStateMachineDefinitionInput are the parameters of ValidateStateMachineDefinition.
type ValidateStateMachineDefinitionInput struct {
	Definition string `json:"definition"`
	Type       string `json:"type"`
	Severity   string `json:"severity"`
	MaxResults int    `json:"maxResults"`
}

// ValidateStateMachineDefinitionOutput is the answer of ValidateStateMachineDefinition.
type ValidateStateMachineDefinitionOutput struct {
	Result      string       `json:"result"`
	Diagnostics []Diagnostic `json:"diagnostics"`
	Truncated   bool         `json:"truncated"`
}

// Diagnostic is one finding as AWS says it.
type Diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// mostDiagnostics is how many findings an answer holds. AWS: ValidateStateMachineDefinition, maxResults 0 to 100.
const mostDiagnostics = 100

// ValidateStateMachineDefinition tells what creating a machine of a definition would find. Without severity it tells errors only.
func (s *Service) ValidateStateMachineDefinition(in *ValidateStateMachineDefinitionInput) (*ValidateStateMachineDefinitionOutput, error) {
	var v violations
	v.text("definition", in.Definition, longestDefinition)
	v.oneOf("type", in.Type, machineTypes)
	v.oneOf("severity", in.Severity, []string{"ERROR", "WARNING"})
	v.atMost("maxResults", in.MaxResults, mostDiagnostics)
	if err := v.err(); err != nil {
		return nil, err
	}
	kind := in.Type
	if kind == "" {
		kind = Standard
	}
	var found diag.List
	def, err := asl.Parse(in.Definition, "")
	if err != nil {
		found = diag.List{parseFinding(in.Definition, err)}
	} else {
		found = lint.Validate(def, lint.Options{Type: kind, Knows: sdk.Knows})
	}
	return report(found, in), nil
}

func report(found diag.List, in *ValidateStateMachineDefinitionInput) *ValidateStateMachineDefinitionOutput {
	out := &ValidateStateMachineDefinitionOutput{Result: "OK", Diagnostics: []Diagnostic{}}
	most := in.MaxResults
	if most == 0 {
		most = mostDiagnostics
	}
	for _, d := range found {
		if d.Severity == diag.Error {
			out.Result = "FAIL"
		} else if in.Severity != "WARNING" || d.Severity != diag.Warning {
			continue
		}
		if len(out.Diagnostics) == most {
			out.Truncated = true
			break
		}
		out.Diagnostics = append(out.Diagnostics, Diagnostic{strings.ToUpper(d.Severity.String()), d.Code, d.Message, location(d)})
	}
	return out
}
