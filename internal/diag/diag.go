// Package diag is a finding about somebody's input: the compiler's, the linter's, the plan's. It says what, where and what to do;
// who prints it decides how. Findings go in from any pass; Text, JSON and GitHub print them.
package diag

import "fmt"

// Severity orders findings: an Error stops a deploy.
type Severity uint8

const (
	Error Severity = iota
	Warning
	Note
)

func (s Severity) String() string { return [...]string{"error", "warning", "note"}[s] }

// Place is where in a file, and where in a definition. Any part may be empty.
type Place struct {
	File    string // as the user named it, or relative to the project
	Line    int    // from 1; 0: unknown
	Column  int    // from 1, in bytes; 0: unknown
	Pointer string // JSON Pointer into the definition: "/States/Charge/Retry/0"
}

// String is "file:line:column", less what is unknown; the pointer where there is no file.
func (p Place) String() string {
	switch {
	case p.File == "":
		return p.Pointer
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Diagnostic is one finding. Message is lower case, without a period: a fact about the user's input.
type Diagnostic struct {
	Code     string // "SCHEMA_VALIDATION_FAILED", "S014"; explained by `stride explain`
	Severity Severity
	Place    Place
	Message  string
	Notes    []Related
	Hint     string // what to do, in one line that can be pasted; "" where there is nothing to say
}

// Related is another place that the finding is about.
type Related struct {
	Place   Place
	Message string
}

// Error makes a Diagnostic an error: place, message, hint.
func (d *Diagnostic) Error() string {
	text := d.Message
	if place := d.Place.String(); place != "" {
		text = place + ": " + text
	}
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	return text
}

// List is findings in the order of their discovery; as an error it is all of them, one a line.
type List []*Diagnostic

func (l List) Error() string {
	text := ""
	for i, d := range l {
		if i > 0 {
			text += "\n"
		}
		text += d.Error()
	}
	return text
}

// Errors are the findings of severity Error.
func (l List) Errors() List {
	var errs List
	for _, d := range l {
		if d.Severity == Error {
			errs = append(errs, d)
		}
	}
	return errs
}

// Err is l's errors as an error, nil where there are none.
func (l List) Err() error {
	if errs := l.Errors(); len(errs) > 0 {
		return errs
	}
	return nil
}
