package localaws

import (
	"errors"
	"strings"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/iam"
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
