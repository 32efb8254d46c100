package integration

import (
	_ "embed" // services.txt
	"fmt"
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/javaname"
)

// Error is a service's error answer.
type Error struct {
	Service           string // as version 2 of Java's SDK names it: "DynamoDb"
	Code              string
	Shape             string // the error's name in the service's model; "" where the model does not have it
	Message           string
	Status            int // HTTP
	RequestID         string
	ExtendedRequestID string // S3
}

// SDK is the name and the cause that an aws-sdk integration gives an error, prefix being the service: "DynamoDb.ResourceNotFoundException".
// An error that the model does not know has the service's own exception, "DynamoDb.DynamoDbException".
func (e Error) SDK(prefix string) (name, cause string) {
	shape := javaname.Of(e.Shape)
	if shape == "" {
		shape = prefix
	}
	extended := ""
	if e.ExtendedRequestID != "" || prefix == "S3" {
		extended = ", Extended Request ID: " + e.ExtendedRequestID
	}
	return prefix + "." + Exception(shape),
		fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s%s)", e.Message, e.Service, e.Status, e.RequestID, extended)
}

// Optimised is the name and the cause that the optimised integration s gives an error.
func (e Error) Optimised(s *Service) (name, cause string) {
	if s.Newer {
		return e.SDK(s.Prefix)
	}
	name = s.Exception
	if e.Shape != "" {
		name = Exception(e.Shape)
	}
	return s.Prefix + "." + name, fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		e.Message, s.Name, e.Status, e.Code, e.RequestID)
}

// Exception is the name of the Java class for an error: "NoSuchKey" is NoSuchKeyException.
func Exception(name string) string {
	for _, suffix := range []string{"Exception", "Error", "Fault"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			return base + "Exception"
		}
	}
	return name + "Exception"
}

// ErrorNames are the names that an error of a service can have in Step Functions, by the service's package in the Go SDK and the
// error's type: that of the optimised integration first, if the service has one, then that of the aws-sdk one.
func ErrorNames(goPackage, typeName string) []string {
	names := []string{JavaService(goPackage) + "." + Exception(javaname.Of(typeName))}
	for _, s := range Services {
		if s.Model != goPackage {
			continue
		}
		name := s.Prefix + "." + Exception(typeName)
		if s.Newer {
			name = s.Prefix + "." + Exception(javaname.Of(typeName))
		}
		if name != names[0] {
			return []string{name, names[0]}
		}
	}
	return names
}

//go:embed services.txt
var serviceIDs string

// JavaName is the name of a service that its errors begin with in aws-sdk integrations, from its id: "DynamoDB" is DynamoDb,
// "Config Service" Config. Java's SDK leaves out what all services are.
func JavaName(serviceID string) string {
	name := javaname.Of(serviceID)
	for _, owner := range []string{"Amazon", "Aws"} {
		name = strings.TrimPrefix(name, owner)
	}
	return strings.TrimSuffix(name, "Service")
}

// ID is the id of a service by its package in the Go SDK: "secretsmanager" is "Secrets Manager".
func ID(goPackage string) string {
	if id, ok := byPackage()[goPackage]; ok {
		return id
	}
	return goPackage
}

var byPackage = sync.OnceValue(func() map[string]string {
	ids := map[string]string{}
	for id := range strings.Lines(serviceIDs) {
		id = strings.TrimSpace(id)
		ids[strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(id))] = id
	}
	return ids
})

// JavaService is JavaName by the service's package in the Go SDK.
func JavaService(goPackage string) string { return JavaName(ID(goPackage)) }
