package sdk

import (
	"strings"

	"github.com/stride-aws/stride/internal/javaname"
)

// JavaName is the name of the service that its errors begin with in aws-sdk integrations: "DynamoDb", "SecretsManager", "Config". Java's
// SDK leaves out what all services are.
func (s *Service) JavaName() string {
	name := javaname.Of(s.ID)
	for _, owner := range []string{"Amazon", "Aws"} {
		name = strings.TrimPrefix(name, owner)
	}
	return strings.TrimSuffix(name, "Service")
}

// Knows says whether a service has an operation, both by the names that Step Functions has for them: "dynamodb", "getItem".
func Knows(service, operation string) bool {
	s, err := Lookup(service)
	if err != nil {
		return false
	}
	_, err = s.Operation(operation)
	return err == nil
}
