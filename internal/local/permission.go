package local

import (
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/policy"
)

// deliveryActions are what a role needs to set log delivery up.
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
var deliveryActions = []string{"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
	"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}

// traceActions are what a role needs for its machine's traces.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
var traceActions = []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"}

// mayDeliver holds a machine's role to its policies. AWS's words are those of CreateStateMachine.
func (s *Service) mayDeliver(role string) error {
	if s.cloud.mayAll(role, "*", nil, deliveryActions...) != nil {
		return errorf("AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination")
	}
	return nil
}

// mayAll is why a role may not do one of actions on a resource; nil where it may do all.
func (c *Cloud) mayAll(role, resource string, context map[string]string, actions ...string) error {
	if c.Allows == nil {
		return nil
	}
	for _, action := range actions {
		if err := c.Allows(role, policy.Request{Action: action, Resource: resource, Context: context}); err != nil {
			return err
		}
	}
	return nil
}

// key is the key of the account's own that encrypts a revision's executions; "" where AWS's does.
func (r *revision) key() string {
	if r.encryption == nil {
		return ""
	}
	return r.encryption.KmsKeyID
}

// mayStart holds the role of an execution that starts to its policies.
func (s *Service) mayStart(st *started, sync bool) error {
	s.mayTrace(st.machine, st.revision)
	return s.mayUseKey(st, sync)
}

// mayUseKey refuses to start an execution whose role may not use its machine's key. AWS: a synchronous Express execution is not kept,
// so it only decrypts. https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
func (s *Service) mayUseKey(st *started, sync bool) error {
	key := st.revision.key()
	if key == "" {
		return nil
	}
	actions := []string{"kms:Decrypt", "kms:GenerateDataKey"}
	if sync {
		actions = actions[:1]
	}
	context := map[string]string{"kms:EncryptionContext:aws:states:stateMachineArn": st.machine.arn}
	if err := s.cloud.mayAll(st.revision.roleARN, key, context, actions...); err != nil {
		return errorf("KmsAccessDeniedException", "%s", err)
	}
	return nil
}

// mayTrace warns where executions of m have no traces because of its role: AWS refuses nothing then, and X-Ray gets nothing.
func (s *Service) mayTrace(m *stateMachine, r *revision) {
	if r.tracing.Enabled {
		s.cloud.dropped("X-Ray traces of "+m.name, s.cloud.mayAll(r.roleARN, "*", nil, traceActions...))
	}
}

// mayEncryptLog says whether the log of m reaches its log group: what is delivered of a machine with a key of its own is encrypted with
// that on the way, as the machine's role. AWS refuses nothing where the role may not.
func (s *Service) mayEncryptLog(m *stateMachine, r *revision) bool {
	key := r.key()
	if key == "" {
		return true
	}
	p := strings.SplitN(m.arn, ":", 6)
	context := map[string]string{"kms:EncryptionContext:SourceArn": "arn:" + p[1] + ":logs:" + p[3] + ":" + p[4] + ":*"}
	err := s.cloud.mayAll(r.roleARN, key, context, "kms:GenerateDataKey")
	s.cloud.dropped("log lines of "+m.name, err)
	return err == nil
}

// dropped warns, once while it is so, that AWS would drop what without a word.
func (c *Cloud) dropped(what string, err error) {
	if err == nil {
		c.warned.Delete(what)
	} else if before, told := c.warned.Swap(what, err.Error()); c.Warn != nil && (!told || before != err.Error()) {
		c.Warn(fmt.Sprintf("%s are dropped, as AWS would drop them: %s", what, err))
	}
}
