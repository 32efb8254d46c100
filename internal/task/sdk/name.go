package sdk

import "github.com/stride-aws/stride/internal/integration"

// JavaName is the name of the service that its errors begin with in aws-sdk integrations: "DynamoDb", "SecretsManager", "Config".
func (s *Service) JavaName() string { return integration.JavaName(s.ID) }

// Knows says whether a service has an operation, both by the names that Step Functions has for them: "dynamodb", "getItem".
func Knows(service, operation string) bool {
	s, err := Lookup(service)
	if err != nil {
		return false
	}
	_, err = s.Operation(operation)
	return err == nil
}
