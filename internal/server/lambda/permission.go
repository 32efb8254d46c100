package lambda

import (
	"encoding/json"
	"net/http"

	iam "github.com/stride-aws/stride/internal/policy"
)

// checkCalls refuses a configuration whose role may not do what Lambda does as that role. The words are AWS's:
// https://repost.aws/knowledge-center/lambda-execution-role-permissions-vpc
func (s *Service) checkCalls(c *Configuration) error {
	if s.o.Allows == nil {
		return nil
	}
	if c.TracingConfig.Mode == "Active" && s.o.Allows(c.Role, iam.Request{Action: "xray:PutTraceSegments", Resource: "*"}) != nil {
		return invalid("The provided execution role does not have permissions to call PutTraceSegments on XRAY")
	}
	var vpc struct{ SubnetIds []string }
	_ = json.Unmarshal(c.VpcConfig, &vpc) // what is no VpcConfig has no subnets
	if len(vpc.SubnetIds) > 0 && s.o.Allows(c.Role, iam.Request{Action: "ec2:CreateNetworkInterface", Resource: "*"}) != nil {
		return invalid("The provided execution role does not have permissions to call CreateNetworkInterface on EC2")
	}
	return nil
}

// checkKey refuses to run a function whose role may not decrypt its variables. AWS decrypts them as the role when it starts an environment.
func (s *Service) checkKey(c *Configuration) error {
	if s.o.Allows == nil || c.KMSKeyArn == "" || c.Environment == nil {
		return nil
	}
	if err := s.o.Allows(c.Role, iam.Request{Action: "kms:Decrypt", Resource: c.KMSKeyArn}); err != nil {
		return fault(http.StatusBadGateway, "KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables because KMS access was denied. "+
			"Please check the function's KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: %s", err)
	}
	return nil
}
