package jsonpath

import "fmt"

// SyntaxError is a path, reference path or intrinsic call that does not compile.
type SyntaxError struct {
	Text   string // as written
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s in %q", e.Reason, e.Text) }

// NotFoundError is a path that leads nowhere in this document. AWS, for Parameters and its like: "The JSONPath 'P' specified for
// the field 'F' could not be found in the input 'JSON'"; for InputPath and its like: "Invalid path 'P' : " and Reason.
type NotFoundError struct {
	Path   string // as written
	Reason string // in Jayway's words, which AWS repeats: "No results for path: $['x']"
}

func (e *NotFoundError) Error() string { return e.Reason }

// TypeError is a path that meets a value of the wrong kind on its way, an object where it needs an array.
type TypeError struct {
	Path   string // as written
	Reason string // in Jayway's words: "Filter: [0] can only be applied to arrays. Current context is: {}"
}

func (e *TypeError) Error() string { return e.Reason }

// CrashError is a filter that cannot be carried out, such as one that compares a number with a word. Jayway throws whatever Java
// throws there (NumberFormatException); AWS's text is not known.
type CrashError struct {
	Path   string // as written
	Reason string
}

func (e *CrashError) Error() string { return e.Reason }

// IntrinsicError is a call of an intrinsic function that failed: the specification's States.IntrinsicFailure. AWS: "The function
// 'CALL' had the following error: REASON".
type IntrinsicError struct {
	Call    string // as written; of nested calls the one that failed
	Reason  string
	Missing bool // an argument's path leads nowhere, which to AWS is a States.Runtime error
}

func (e *IntrinsicError) Error() string {
	return fmt.Sprintf("The function '%s' had the following error: %s", e.Call, e.Reason)
}
