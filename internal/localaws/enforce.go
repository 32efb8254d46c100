package localaws

import (
	"errors"
	"net/http"
	"strings"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/iam"
	"github.com/stride-aws/stride/internal/server/s3"
	"github.com/stride-aws/stride/internal/server/sts"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/task"
)

// roles enforces what IAM knows. A role that nobody has created may do everything: machines of a quick experiment have an ARN
// that leads nowhere, and AWS would refuse to create them.
type roles struct{ *iam.Service }

// authorize asks for each call that a task makes.
func (r roles) authorize(t *machine.Task) *task.Denied {
	p := strings.SplitN(t.Execution.ARN, ":", 6)
	if len(p) < 6 {
		return nil
	}
	arn := t.Execution.RoleARN
	if t.RoleARN != "" {
		if d := r.denied(arn, policy.Request{Action: "sts:AssumeRole", Resource: t.RoleARN}); d != nil {
			return d
		}
		arn = t.RoleARN
	}
	scope := policy.Scope{Partition: "aws", Account: p[4], Region: p[3], Machine: t.Execution.MachineName}
	for _, request := range policy.Task(t.Resource.ARN, t.Input, scope) {
		if d := r.denied(arn, request); d != nil {
			return d
		}
	}
	return nil
}

// allows is why a role may not make a request.
func (r roles) allows(role string, request policy.Request) error {
	if d := r.denied(role, request); d != nil {
		return d
	}
	return nil
}

func (r roles) denied(arn string, request policy.Request) *task.Denied {
	role, ok := r.Role(arn)
	if !ok {
		return nil
	}
	decision := policy.Decide(role.Policies, request)
	if role.Boundary != nil && decision == policy.Allow {
		decision = policy.Decide([]*policy.Document{role.Boundary}, request)
	}
	if decision == policy.Allow {
		return nil
	}
	account := strings.SplitN(arn, ":", 6)[4]
	return &task.Denied{Principal: "arn:aws:sts::" + account + ":assumed-role/" + role.Name + "/stride", Action: request.Action,
		Resource: request.Resource, Explicit: decision == policy.ExplicitDeny}
}

// freeOfCharge are the calls that need no permission. AWS: GetCallerIdentity and its like.
var freeOfCharge = map[string]bool{"sts:GetCallerIdentity": true, "sts:GetSessionToken": true}

// decide asks for the calls that come with a role's credentials: those of functions, and of who has assumed a role. Which
// resource a call is about is known for S3 and Lambda; elsewhere the role must allow the action for some resource.
func (r roles) decide(sessions *sts.Service) func(*wire.Call) error {
	return func(c *wire.Call) error {
		session, ok := sessions.Session(c.AccessKey)
		request := policy.Request{Action: prefix(c.Service) + ":" + c.Operation}
		if !ok || freeOfCharge[request.Action] {
			return nil
		}
		switch c.Service {
		case "s3":
			request.Resource = s3.Resource(c)
		case "lambda":
			request = lambdaRequest(c)
		case "apigateway": // IAM knows its calls by method and path
			request = policy.Request{Action: "apigateway:" + c.HTTP.Method, Resource: "arn:aws:apigateway:" + c.Region + "::" + c.HTTP.URL.EscapedPath()}
		case "execute-api":
			request.Resource = c.Path["resource"]
		}
		d := r.denied(session.RoleARN, request)
		if d == nil {
			return nil
		}
		d.Principal = session.Principal()
		code := "AccessDeniedException"
		if c.Service != "lambda" && c.Service != "states" && c.Service != "logs" {
			code = "AccessDenied"
		}
		return &wire.Error{Code: code, Message: d.Error(), Status: http.StatusForbidden}
	}
}

// prefix is the name in IAM of a service that is signed for under another.
func prefix(service string) string {
	if service == "monitoring" {
		return "cloudwatch"
	}
	return service
}

// lambdaRequest is the call's name in IAM and, where it names one, its function.
func lambdaRequest(c *wire.Call) policy.Request {
	request := policy.Request{Action: "lambda:" + c.Operation}
	switch c.Operation {
	case "Invoke":
		request.Action = "lambda:InvokeFunction"
	case "GetCode":
		request.Action = "lambda:GetFunction"
	}
	name := c.Path["FunctionName"]
	if name == "" {
		return request
	}
	if !strings.HasPrefix(name, "arn:") {
		name = c.ARN("lambda", "function:"+name)
	}
	if q := c.HTTP.URL.Query().Get("Qualifier"); q != "" && strings.Count(name, ":") == 6 {
		name += ":" + q
	}
	request.Resource = name
	return request
}

var errNotAssumable = errors.New("the service may not assume the role")

// assumable says whether Lambda may run functions as the role.
func (r roles) assumable(_, arn string) error {
	if role, ok := r.Role(arn); ok && !policy.Assumable(role.Trust, "lambda.amazonaws.com", nil) {
		return errNotAssumable
	}
	return nil
}

// mayAssume says whether a principal may assume a role: one of its account may if the role's trust names it.
func (r roles) mayAssume(principal, arn string) error {
	role, ok := r.Role(arn)
	if !ok {
		return nil
	}
	account := strings.SplitN(principal, ":", 6)[4]
	for _, st := range role.Trust.Statement {
		for _, trusted := range st.Principal["AWS"] {
			if st.Effect == "Allow" && (trusted == "*" || trusted == principal || trusted == account || trusted == "arn:aws:iam::"+account+":root") {
				return nil
			}
		}
	}
	return errNotAssumable
}
