package task

import (
	"fmt"
	"net/http"

	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/uuid"
)

// Denied is a call that a role may not make.
type Denied struct {
	Principal        string // the role's session: "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION"
	Action, Resource string
	Explicit         bool // a statement denies it; else none allows it
}

// Services whose code for a refusal is not AccessDeniedException.
var deniedCodes = map[string]string{"S3": "AccessDenied", "STS": "AccessDenied", "IAM": "AccessDenied", "SQS": "AccessDenied", "SNS": "AuthorizationError"}

// authorized is s's answer to a call that the task's role may not make.
func (a *attempt) authorized(s *sdk.Service) error {
	if a.Authorize == nil {
		return nil
	}
	d := a.Authorize(a.Task)
	if d == nil {
		return nil
	}
	code := "AccessDeniedException"
	if c, ok := deniedCodes[s.ID]; ok {
		code = c
	}
	return &sdk.Error{Service: s, Code: code, Status: http.StatusForbidden, RequestID: uuid.New(), Message: d.Error()}
}

// Error is AWS's text.
func (d *Denied) Error() string {
	reason := "no identity-based policy allows the " + d.Action + " action"
	if d.Explicit {
		reason = "an explicit deny in an identity-based policy"
	}
	resource := ""
	if d.Resource != "" {
		resource = " on resource: " + d.Resource
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s%s because %s", d.Principal, d.Action, resource, reason)
}
