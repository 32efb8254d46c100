package machine

import (
	"errors"
	"fmt"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// The names of errors. AWS: "Error names", Handling errors in Step Functions workflows.
const (
	errAll          = "States.ALL"
	errTimeout      = "States.Timeout"
	errHeartbeat    = "States.HeartbeatTimeout"
	errTaskFailed   = "States.TaskFailed"
	errRuntime      = "States.Runtime"
	errDataLimit    = "States.DataLimitExceeded"
	errQuery        = "States.QueryEvaluationError"
	errItemReader   = "States.ItemReaderFailed"
	errResultWriter = "States.ResultWriterFailed"
	errTolerance    = "States.ExceedToleratedFailureThreshold"
	errIntrinsic    = "States.IntrinsicFailure"
	errResultPath   = "States.ResultPathMatchFailure"
)

// MaxPayload is how large the input and the result of a state may be, in bytes. AWS: quotas, maximum input or result data size.
const MaxPayload = 262_144

// A failure is an error that a state ends with: a name that Retry and Catch look for, and a cause.
type failure struct {
	name  string
	cause history.Text
	// terminal errors end the execution: no Retry, no Catch sees them.
	terminal bool
	// heartbeat says that a States.Timeout came of a missing heartbeat: States.HeartbeatTimeout matches too.
	heartbeat bool
	// task says that a task failed, for States.TaskFailed.
	task bool
	// query is set where an EvaluationFailed event reports the failure.
	query *queryError
	// unnamed says that a Fail state gave no Error; its name is empty then.
	unnamed bool
}

// fault is the failure that err stands for in the state that s is in. Texts name the state and the event that entered it.
func (s *strand) fault(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	prefix := ""
	if s.run.inspector == nil { // TestState has no events to name
		prefix = fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", s.state.name, s.entered)
	}
	var q *queryError
	if errors.As(err, &q) {
		return &failure{name: errQuery, cause: history.Verbatim(prefix + q.Error()), query: q}
	}
	name := errRuntime
	var named *namedError
	if errors.As(err, &named) {
		name = named.name
	}
	return &failure{name: name, cause: history.Verbatim(prefix + err.Error()), terminal: name == errRuntime}
}

// A runtimeError is a States.Runtime error, in AWS's words. No Retry and no Catch sees it.
type runtimeError string

func (e runtimeError) Error() string { return string(e) }

func runtimeErrorf(format string, args ...any) error {
	return runtimeError(fmt.Sprintf(format, args...))
}

// A namedError is an error with a name of its own, which Retry and Catch can name.
type namedError struct{ name, text string }

func (e *namedError) Error() string { return e.text }

// A queryError is a JSONata expression that failed: States.QueryEvaluationError.
type queryError struct {
	field   string // "Output/result"; "" where no field is at fault
	text    string // the expression
	reason  string // what follows "specified for the field 'F' "
	jsonata error  // instead of reason
}

func (e *queryError) Error() string {
	if e.field == "" {
		return e.reason
	}
	reason := e.reason
	if e.jsonata != nil {
		reason = "threw an error during evaluation. " + jsonataReason(e.jsonata)
	}
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' %s", e.text, e.field, reason)
}

// jsonataReason is JSONata's error as AWS prints it: "T1006: Attempted to invoke a non-function".
func jsonataReason(err error) string {
	var e *jsonata.Error
	if errors.As(err, &e) {
		return e.Code + ": " + e.Message
	}
	return err.Error()
}

// unexpectedType is the failure of an expression whose result is of the wrong type.
func unexpectedType(j *jsonataExpr, want string, got value.Value) error {
	return &queryError{field: j.field, text: j.text, reason: fmt.Sprintf(
		"returned an unexpected result type. Expected '%s', but was '%s' for value: %s", want, got.Kind(), got.String())}
}

// templatePathError is the failure of one path or intrinsic call in a payload template.
func templatePathError(p *pathExpr, field string, input value.Value, err error) error {
	var missing *jsonpath.NotFoundError
	if errors.As(err, &missing) && p.isPath() {
		return runtimeErrorf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.text, field, input)
	}
	if !p.isPath() {
		return intrinsicError(p, err)
	}
	return runtimeErrorf("Invalid path '%s': %s", p.text, err)
}

// intrinsicError names the whole call, whichever part of it failed.
func intrinsicError(p *pathExpr, err error) error {
	reason := err.Error()
	var call *jsonpath.IntrinsicError
	if errors.As(err, &call) {
		reason = call.Reason
	}
	text := fmt.Sprintf("The function '%s' had the following error: %s", p.text, reason)
	if call != nil && call.Missing {
		return runtimeError(text)
	}
	return &namedError{errIntrinsic, text}
}

// pathFieldError is the failure of InputPath, OutputPath and the other fields that are one path.
func pathFieldError(p *pathExpr, err error) error {
	if !p.isPath() { // ErrorPath and CausePath take intrinsic calls
		return intrinsicError(p, err)
	}
	return runtimeErrorf("Invalid path '%s' : %s", p.text, err)
}

func (p *pathExpr) isPath() bool { return len(p.text) > 0 && p.text[0] == '$' }

// tooLarge is the failure of a payload above the limit, of a task or a state.
func tooLarge(name string) *failure {
	return &failure{name: errDataLimit, cause: history.Verbatim(fmt.Sprintf("The state/task '%s' returned a result with a size "+
		"exceeding the maximum number of bytes service limit.", name))}
}

// outputTooLarge is tooLarge where no Retry and no Catch sees it: a state's own output, or what it would send.
func outputTooLarge(state string) *failure {
	f := tooLarge(state)
	f.terminal = true
	return f
}

// tooManyVariables is the failure of an Assign above the limit; nil below. AWS: "Passing data between states with variables",
// variable limits: 256 KiB for one Assign. The text is ours: AWS's is not known.
func tooManyVariables(state string, assigned []value.Member) *failure {
	size := 0
	for _, m := range assigned {
		size += m.Value.Size()
	}
	if size <= MaxPayload {
		return nil
	}
	return &failure{name: errDataLimit, terminal: true, cause: history.Verbatim(fmt.Sprintf("The state '%s' assigns variables of %d bytes, "+
		"above the limit of %d for one Assign.", state, size, MaxPayload))}
}

func (f *failure) Error() string { return f.name }

// errorText is the failure's name for events and results.
func (f *failure) errorText() history.Text {
	if f.unnamed {
		return history.Text{}
	}
	return history.Verbatim(f.name)
}

// output is what a Catch sees: {"Error": …, "Cause": …}. An absent cause is empty there, as AWS has it for States.Timeout.
func (f *failure) output() value.Value {
	members := make([]value.Member, 0, 2)
	if !f.unnamed {
		members = append(members, str("Error", f.name))
	}
	return value.OfObject(append(members, str("Cause", f.cause.String())))
}

// matches says whether a Retry or Catch for these errors takes the failure.
func (f *failure) matches(names []string) bool {
	for _, name := range names {
		switch {
		case name == f.name, name == errAll, name == errHeartbeat && f.heartbeat:
			return true
		case name == errTaskFailed && f.task && f.name != errTimeout:
			return true
		}
	}
	return false
}
