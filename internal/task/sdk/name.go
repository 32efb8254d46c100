package sdk

import "github.com/stride-aws/stride/internal/javaname"

// JavaName is the name of the service that its errors begin with in aws-sdk integrations: "DynamoDb", "SecretsManager".
func (s *Service) JavaName() string { return javaname.Of(s.ID) }
