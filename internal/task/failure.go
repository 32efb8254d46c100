package task

import (
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// ServiceError is a service's error answer.
type ServiceError struct {
	Service           string // as the SDK that Step Functions calls with names it: "DynamoDb", "AmazonDynamoDBv2"
	Code              string
	Shape             string // the error's name in the service's model; "" for the code
	Message           string
	Status            int
	RequestID         string
	ExtendedRequestID string
}

// ServiceFailure is an error of an aws-sdk integration as AWS tells it: "DynamoDb.ResourceNotFoundException". An error that the
// service's model does not know has the service's own exception: "DynamoDb.DynamoDbException".
func ServiceFailure(prefix string, e ServiceError) machine.Failure {
	shape := e.Shape
	if shape == "" {
		shape = prefix
	}
	extended := ""
	if e.ExtendedRequestID != "" || prefix == "S3" {
		extended = ", Extended Request ID: " + orID(e.ExtendedRequestID)
	}
	cause := fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s%s)", e.Message, e.Service, e.Status, orID(e.RequestID), extended)
	return machine.Failure{Error: prefix + "." + exception(shape), Cause: history.Verbatim(cause)}
}

// olderFailure is an error of an optimised integration, which AWS calls with version 1 of Java's SDK.
func olderFailure(i *integration, e ServiceError) machine.Failure {
	name := i.exception
	if e.Shape != "" {
		name = exception(e.Shape)
	}
	cause := fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		e.Message, i.service, e.Status, e.Code, orID(e.RequestID))
	return machine.Failure{Error: i.prefix + "." + name, Cause: history.Verbatim(cause)}
}

// exception is the name of the Java class for an error.
func exception(name string) string {
	for _, suffix := range []string{"Exception", "Error", "Fault"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			return base + "Exception"
		}
	}
	return name + "Exception"
}

func orID(id string) string {
	if id == "" {
		return uuid.New()
	}
	return id
}

// Metadata are the members that AWS adds to results of optimised integrations, for an answer of our own.
func Metadata(status, length int, contentType string) []value.Member {
	id := uuid.New()
	return metadata(status, id, []header{
		{"x-amzn-RequestId", id}, {"connection", "keep-alive"}, {"Content-Length", fmt.Sprint(length)}, {"Content-Type", contentType},
	})
}

type header struct{ name, text string }

func metadata(status int, requestID string, headers []header) []value.Member {
	all, plain := make([]value.Member, len(headers)), make([]value.Member, len(headers))
	for i, h := range headers {
		text := value.OfString(h.text)
		all[i] = value.Member{Name: h.name, Value: value.OfArray([]value.Value{text})}
		plain[i] = value.Member{Name: h.name, Value: text}
	}
	return []value.Member{
		{Name: "SdkHttpMetadata", Value: value.OfObject([]value.Member{
			{Name: "AllHttpHeaders", Value: value.OfObject(all)},
			{Name: "HttpHeaders", Value: value.OfObject(plain)},
			{Name: "HttpStatusCode", Value: value.OfFloat(float64(status))},
		})},
		{Name: "SdkResponseMetadata", Value: value.OfObject([]value.Member{{Name: "RequestId", Value: value.OfString(requestID)}})},
	}
}
