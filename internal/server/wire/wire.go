// Package wire is what the faces of all local AWS services share: who calls (account, region, service, operation), the router that
// hands a request to its service, and the AWS protocols' ways to read parameters and to write answers and errors.
//
// One endpoint answers for all services. A service is a package under internal/server that implements Service, most easily as a
// table: JSON (awsJson1.0/1.1: states, logs), REST (restJson1: lambda) or Query (iam, sts); S3 implements Service itself.
// Package server composes them. Signatures are read, not verified: the endpoint is a loopback one and holds no secrets.
package wire

import (
	"fmt"
	"net/http"
)

// A Service answers the calls of one AWS service.
type Service interface {
	Serve(w http.ResponseWriter, c *Call)
}

// Call is one request with the identity that its headers give it.
type Call struct {
	Service   string // SigV4 signing name: "states", "logs", "lambda", "iam", "sts", "s3"
	Operation string // of X-Amz-Target or Action; set by REST from its table; "" for S3
	Account   string // 12 digits: the access key where it is one, else DefaultAccount
	Region    string // of the signature, else defaultRegion
	AccessKey string // "" where unsigned
	Path      map[string]string
	HTTP      *http.Request
	decide    func(*Call) error
}

// Authorized says whether the caller may make the call, whose Operation is set. The services of this package ask it; one that
// implements Service itself asks, too.
func (c *Call) Authorized() error {
	if c.decide == nil {
		return nil
	}
	return c.decide(c)
}

// What a request that does not say gets.
const (
	DefaultAccount = "000000000000"
	defaultRegion  = "us-east-1"
)

// ARN is the ARN of a resource of the call's account and region: ARN("states", "stateMachine:x").
func (c *Call) ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, c.Region, c.Account, resource)
}

// Error is an AWS service's error answer.
type Error struct {
	Code    string // "StateMachineDoesNotExist"
	Message string
	Status  int            // HTTP; 0: 400
	Fields  map[string]any // further members of the answer, JSON protocols only: {"reason": "…"}
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf is an Error of status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// NamedError is an error of a package without HTTP that knows its AWS code.
type NamedError interface {
	error
	AWSError() (code, message string, fields map[string]any)
}

// asError gives any error an AWS shape; what has none is an internal failure.
func asError(err error) *Error {
	switch e := err.(type) {
	case *Error:
		return e
	case NamedError:
		code, message, fields := e.AWSError()
		return &Error{Code: code, Message: message, Fields: fields}
	}
	return &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}
