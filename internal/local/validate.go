package local

import (
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/machine"
)

// findings are what Options.Validate says about a definition.
func (s *Service) findings(def *asl.Definition, kind string) diag.List {
	if s.cloud.Validate == nil {
		return nil
	}
	return s.cloud.Validate(def, kind)
}

// parseFinding is asl.Parse's error as a finding.
func parseFinding(err error) *diag.Diagnostic {
	if d, ok := err.(*diag.Diagnostic); ok {
		return d
	}
	return &diag.Diagnostic{Code: "INVALID_JSON_DESCRIPTION", Message: err.Error()}
}

// invalidDefinition is AWS's one text for all findings.
func invalidDefinition(found ...*diag.Diagnostic) *Error {
	texts := make([]string, len(found))
	for i, d := range found {
		texts[i] = d.Code + ": " + d.Message
		if d.Code != "INVALID_JSON_DESCRIPTION" {
			texts[i] += " at " + location(d)
		}
	}
	return errorf("InvalidDefinition", "Invalid State Machine Definition: '%s'", strings.Join(texts, ", "))
}

func location(d *diag.Diagnostic) string {
	if d.Place.Pointer == "" {
		return "/"
	}
	return d.Place.Pointer
}

func compileProgram(def *asl.Definition) (*machine.Program, error) {
	p, err := machine.Compile(def)
	if err != nil {
		return nil, errorf("InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: %s'", err)
	}
	return p, nil
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
		found = diag.List{parseFinding(err)}
	} else {
		found = s.findings(def, kind)
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
