package local

import (
	"fmt"
	"strings"
)

// Error is an error answer of the Step Functions API.
type Error struct {
	Code    string // "StateMachineDoesNotExist"
	Message string
	Reason  string // ValidationException only; "" where it has none
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// AWSError says the error in the terms of the AWS protocols.
func (e *Error) AWSError() (code, message string, fields map[string]any) {
	if e.Reason != "" {
		fields = map[string]any{"reason": e.Reason}
	}
	return e.Code, e.Message, fields
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// AWS's texts, one place each; recorded unless the comment says otherwise.
func invalidArn(reason string) *Error { return errorf("InvalidArn", "Invalid Arn: '%s'", reason) }
func invalidName(name string) *Error  { return errorf("InvalidName", "Invalid Name: '%s'", name) }
func invalidToken() *Error            { return errorf("InvalidToken", "Invalid Token: 'Invalid token'") }
func noMachine(arn string) *Error {
	return errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}
func noExecution(arn string) *Error {
	return errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}
func noActivity(arn string) *Error {
	return errorf("ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn)
}
func noResource(arn string) *Error {
	return errorf("ResourceNotFound", "Resource not found: '%s'", arn)
}
func noReference() *Error {
	return errorf("ResourceNotFound", "Request references a resource that does not exist.")
}
func invalidLogging(reason string) *Error {
	return errorf("InvalidLoggingConfiguration", "Invalid Logging Configuration: %s", reason)
}
func validation(format string, args ...any) *Error {
	return errorf("ValidationException", format, args...)
}
func notExpress() *Error {
	return errorf("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
}

// violations are the constraints of the API's model that a call's parameters break. AWS lists them all in one answer.
type violations []string

func (v *violations) add(value any, member, constraint string) {
	text := "null"
	if value != nil {
		text = fmt.Sprintf("'%v'", value)
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", text, member, constraint))
}

// text checks the length of a required text, in characters.
func (v *violations) text(member, s string, most int) {
	if s == "" {
		v.add(nil, member, "Member must not be null")
		return
	}
	v.optional(member, s, most)
}

// optional checks the length of a text that may be missing.
func (v *violations) optional(member, s string, most int) {
	if len(s) > most && len([]rune(s)) > most {
		v.add(s, member, fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

// given checks a text that may be missing but not be empty.
func (v *violations) given(member string, s *string, most int) {
	switch {
	case s == nil:
	case *s == "":
		v.add("", member, "Member must have length greater than or equal to 1")
	default:
		v.optional(member, *s, most)
	}
}

func (v *violations) atMost(member string, n, most int) {
	if n > most {
		v.add(n, member, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	if n < 0 {
		v.add(n, member, "Member must have value greater than or equal to 0")
	}
}

func (v *violations) oneOf(member, s string, allowed []string) {
	if s == "" {
		return
	}
	for _, a := range allowed {
		if s == a {
			return
		}
	}
	v.add(s, member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

// page checks the parameters that all lists share. AWS: maxResults 0 (the default, 100) to 1000; nextToken to most characters.
func (v *violations) page(p Page, most int) {
	v.atMost("maxResults", p.MaxResults, maxPage)
	v.given("nextToken", p.NextToken, most)
}

func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: %s", v[0])
	}
	return validation("%d validation errors detected: %s", len(v), strings.Join(v, "; "))
}
