package project

import (
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/plan"
)

// callers are who may call a REST API, by AWS's names for it.
var callers = map[string]string{"": "AWS_IAM", "iam": "AWS_IAM", "none": "NONE"}

// api is the settings of a REST API.
func (t *Trigger) api() map[string]string {
	out := map[string]string{"Route": t.HTTP, "AuthorizationType": callers[t.Auth]}
	if len(t.Errors) > 0 {
		out["Errors"] = jsonText(t.Errors)
	}
	return out
}

// maxRecord is the longest description of a deployment, in characters. AWS tells it of version 2 of the API alone:
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html
const maxRecord = 1024

// checkAPI wants a workflow that can answer, and what is declared to fit where it is recorded.
func (c *composer) checkAPI(m *plan.Machine, t *plan.Trigger) error {
	if m.Type != "EXPRESS" {
		return &diag.Diagnostic{Place: c.placeOf(m.Workflow), Message: "environment " + c.env.Name + ": the trigger " + t.Key + " answers HTTP requests with the output of " +
			m.Workflow + ", which is a Standard workflow; only an execution of a flow.Express one can be waited for"}
	}
	if n := len(t.APIRecord()); n > maxRecord {
		return c.misnamed("the trigger %s takes %d characters where it is recorded, and there is room for %d; list fewer errors", t.Name, n, maxRecord)
	}
	return nil
}

// placeOf is where a workflow stands.
func (c *composer) placeOf(workflow string) diag.Place {
	for _, w := range c.project.Workflows {
		if w.Name() == workflow {
			return placeOf(w)
		}
	}
	return diag.Place{File: c.project.Config.file}
}
