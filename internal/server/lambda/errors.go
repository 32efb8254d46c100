package lambda

import (
	"fmt"
	"net/http"

	"github.com/stride-aws/stride/internal/server/wire"
)

// fault is an error of the service; the texts are AWS's.
func fault(status int, code, format string, args ...any) *wire.Error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status, Fields: map[string]any{"Type": "User"}}
}

func notFound(format string, args ...any) *wire.Error {
	return fault(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func conflict(format string, args ...any) *wire.Error {
	return fault(http.StatusConflict, "ResourceConflictException", format, args...)
}

func invalid(format string, args ...any) *wire.Error {
	return fault(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

// violated is a parameter outside its model.
func violated(value any, name, constraint string) *wire.Error {
	return wire.Errorf("ValidationException", "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s", value, name, constraint)
}

func checkRevision(given, current string) error {
	if given != "" && given != current {
		return fault(http.StatusPreconditionFailed, "PreconditionFailedException",
			"The RevisionId provided does not match the latest RevisionId. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource")
	}
	return nil
}
