package native

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/stride-aws/stride/internal/integration"
)

// service is the operation behind an SDK task, "sns.Publish", and the optimised integration that it is; nil for none.
func (t *Task) service() (operation string, optimised *integration.Service) {
	pkg, method, ok := strings.Cut(strings.TrimPrefix(t.Name, integration.SDKPath), ".(*Client).")
	if !ok {
		return "", nil
	}
	operation = pkg + "." + method
	tables := []map[string]string{integration.Optimised, integration.Jobs}
	if t.Token != "" {
		tables = []map[string]string{integration.Callbacks}
	}
	return operation, integration.Of(integration.Resource(operation, tables...))
}

// ServiceError is an error of an AWS service or of its client.
type ServiceError struct{ error }

// Unwrap is the SDK's error.
func (e *ServiceError) Unwrap() error { return e.error }

// ofService says whether an error comes from a client of the SDK, or is one that a service answers; a mock may give others.
func ofService(err error) bool {
	var client interface { // smithy.OperationError
		Service() string
		Operation() string
	}
	var answer apiError
	return errors.As(err, &client) || errors.As(err, &answer)
}

// apiError is smithy.APIError as far as it is used.
type apiError interface {
	ErrorCode() string
	ErrorMessage() string
}

// serviceFailure is what the SDK reports of an SDK task as Step Functions names it.
func (t *Task) serviceFailure(err error) *Failure {
	operation, optimised := t.service()
	pkg, method, _ := strings.Cut(operation, ".")
	if errors.Is(err, context.DeadlineExceeded) {
		return &Failure{Name: string(ErrTimeout), Err: &ServiceError{err}}
	}
	var answer apiError
	f := &Failure{Err: &ServiceError{err}}
	if !errors.As(err, &answer) {
		prefix := integration.JavaService(pkg)
		if optimised != nil {
			prefix = optimised.Prefix
		}
		f.Name = prefix + ".SdkClientException"
		f.Cause = fmt.Sprintf("%s: %s %s: %v; the client has region, credentials and endpoint from the aws.Config that it was made with (AWS_REGION, AWS_PROFILE, "+
			"AWS_ENDPOINT_URL…); a test of flowtest can mock the operation", t.Place, integration.ID(pkg), method, err)
		return f
	}
	e := integration.Error{Service: integration.JavaService(pkg), Code: answer.ErrorCode(), Shape: shapeOf(answer), Message: answer.ErrorMessage()}
	if !answered(err, &e) {
		f.Cause = err.Error()
	}
	name, cause := e.SDK(integration.JavaService(pkg))
	if optimised != nil {
		name, cause = e.Optimised(optimised)
	}
	f.Name = name
	if f.Cause == "" {
		f.Cause = cause
	}
	return f
}

// answered takes what an HTTP answer says about an error; a mock's error has none.
func answered(err error, e *integration.Error) bool {
	var http interface{ HTTPStatusCode() int } // smithy's ResponseError
	if !errors.As(err, &http) {
		return false
	}
	e.Status = http.HTTPStatusCode()
	var aws interface{ ServiceRequestID() string } // the SDK's ResponseError
	if errors.As(err, &aws) {
		e.RequestID = aws.ServiceRequestID()
	}
	var s3 interface{ ServiceHostID() string } // of S3
	if errors.As(err, &s3) {
		e.ExtendedRequestID = s3.ServiceHostID()
	}
	return true
}

// shapeOf is the name of an error in the service's model: that of its type, which the SDK makes from the model. The SDK for Java
// knows the errors of the whole service, Go's only those of the operation; of S3 that makes a difference.
func shapeOf(answer apiError) string {
	t := reflect.TypeOf(answer)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if strings.HasPrefix(t.PkgPath(), integration.SDKPath) {
		return t.Name()
	}
	switch code := answer.ErrorCode(); code {
	case "AccessDenied", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "BucketAlreadyExists", "BucketAlreadyOwnedByYou":
		return code
	}
	return ""
}
