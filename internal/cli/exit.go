package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/stride-aws/stride/internal/diag"
)

// The exit codes, all of them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitDifferences = 2  // only with --exit-code
	exitUnsuccess   = 3  // the execution did not succeed
	exitUsage       = 64 // the command line itself is wrong (sysexits.h EX_USAGE)
	exitInterrupted = 130
)

// exitError is an error that has an exit code of its own, and may have nothing to print.
type exitError struct {
	code int
	err  error // nil: everything was said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usagef is a mistake in the command line.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// quiet ends the command with code; what there was to say has been printed.
func quiet(code int) error { return &exitError{code: code} }

// hinted is an error with the command to type next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// withHint adds what to do, in one line that can be pasted or followed.
func withHint(err error, hint string) error { return hinted{err, hint} }

// report prints err, once, and chooses the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if exit.err == nil {
			return code
		}
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		a.talk("interrupted\n")
		return exitInterrupted
	}
	a.printError(err)
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		a.annotate(err)
	}
	if code == exitUsage {
		_, name, _ := a.commandOf(a.Args)
		a.hint(name + " --help")
	}
	return code
}

// annotate shows an error where GitHub Actions shows errors: at its lines of code, or else on the run.
func (a *app) annotate(err error) {
	var list diag.List
	var one *diag.Diagnostic
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = diag.List{one}
	default:
		list = diag.List{{Message: plain(err)}}
	}
	for _, d := range list {
		a.talk("%s\n", annotation(d))
	}
}

// printError prints an error's lines, and its hint below.
func (a *app) printError(err error) {
	for i, line := range strings.Split(strings.TrimRight(plain(err), "\n"), "\n") {
		if i == 0 {
			a.talk("%s %s\n", a.red("stride:"), line)
		} else {
			a.talk("  %s\n", line)
		}
	}
	var h hinted
	if errors.As(err, &h) {
		a.hint(h.hint)
	}
}

// plain is an error's text; of a call that AWS refused, the operation and what AWS says, without the SDK's envelope.
func plain(err error) string {
	var op *smithy.OperationError
	var api smithy.APIError
	if !errors.As(err, &op) || !errors.As(op, &api) {
		return err.Error()
	}
	refusal := fmt.Sprintf("%s.%s: %s: %s", op.Service(), op.Operation(), api.ErrorCode(), api.ErrorMessage())
	return strings.Replace(err.Error(), op.Error(), refusal, 1)
}

// cause is a file error without the operation and path, for callers that name them.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// nearest is "; did you mean X?" for the candidate most like name, "" where none is near.
func nearest(name string, candidates []string) string {
	best := diag.Nearest(name, candidates)
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}
