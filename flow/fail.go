package flow

import "github.com/stride-aws/stride/flow/internal/native"

// ErrorName is the name of an error in Step Functions: what errors.Is compares where an error has no Go type of the project's own
// (flow.ErrorName("DynamoDB.ConditionalCheckFailedException")). It is an error, so that errors.Is and Retry.On take it.
type ErrorName = native.ErrorName

// The errors that Step Functions itself reports. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	// ErrTimeout is a step that ran longer than its Timeout, or a whole execution that did. It also covers ErrHeartbeatTimeout.
	ErrTimeout ErrorName = "States.Timeout"
	// ErrHeartbeatTimeout is a step that sent no heartbeat in time.
	ErrHeartbeatTimeout ErrorName = "States.HeartbeatTimeout"
	// ErrTaskFailed is any failure of a Task except a timeout.
	ErrTaskFailed ErrorName = "States.TaskFailed"
	// ErrTolerance is a Distributed map of which more iterations failed than it tolerates.
	ErrTolerance ErrorName = "States.ExceedToleratedFailureThreshold"
	// ErrItemReader is a MapS3 whose items cannot be read.
	ErrItemReader ErrorName = "States.ItemReaderFailed"
)

// Failure is an error with Step Functions' two words for it: its name, which Catch and Retry match, and its cause, a text.
type Failure = native.Failure

// ErrorOutput is an error as Step Functions hands it to a Catch.
type ErrorOutput struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// OutputOf is the error of a step as data. The cause of a Lambda function's error is JSON, with errorMessage and errorType.
func OutputOf(err error) ErrorOutput {
	name, cause := native.Output(err)
	return ErrorOutput{name, cause}
}

// Fail is the error that ends the workflow, or the branch or iteration that returns it, with a name and a cause of your own.
// AWS: Fail state; the name at most 256 bytes, the cause at most 32,768 bytes.
func Fail(name, cause string) error { return &Failure{Name: name, Cause: cause} }
