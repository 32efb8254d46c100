package task

import (
	"fmt"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// ServiceFailure is an error of an aws-sdk integration as AWS tells it: "DynamoDb.ResourceNotFoundException".
func ServiceFailure(prefix string, e integration.Error) machine.Failure {
	name, cause := withIDs(e, prefix).SDK(prefix)
	return machine.Failure{Error: name, Cause: history.Verbatim(cause)}
}

// optimisedFailure is an error of an optimised integration.
func optimisedFailure(s *integration.Service, e integration.Error) machine.Failure {
	name, cause := withIDs(e, s.Prefix).Optimised(s)
	return machine.Failure{Error: name, Cause: history.Verbatim(cause)}
}

// withIDs makes up the ids that an answer lacks.
func withIDs(e integration.Error, prefix string) integration.Error {
	e.RequestID = orID(e.RequestID)
	if prefix == "S3" {
		e.ExtendedRequestID = orID(e.ExtendedRequestID)
	}
	return e
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
