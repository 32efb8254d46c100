package flow

import (
	"os"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Context is the execution that a workflow function runs in. Functions of this package take it first; a function of your own that
// has steps takes it first too, and is compiled into its caller. Branches and iterations get a Context of their own.
type Context struct{ run *native.Run }

// Token is a task token: whoever has it answers the step that waits (SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat).
// It is a string, so that handlers need not import this package.
type Token = string

// Now is the time at which the state that uses it was entered, to the millisecond.
func Now(c Context) time.Time { return c.run.Now() }

// ExecutionID is the ARN of the execution.
func ExecutionID(c Context) string { return c.run.ExecutionID() }

// ExecutionName is the name of this execution. AWS: $states.context.Execution.Name.
func ExecutionName(c Context) string {
	parts := strings.Split(ExecutionID(c), ":")
	return parts[min(7, len(parts)-1)] // arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME
}

// Env is a value of the environment that the workflow is deployed to: `workflows: vars:` in infra/stride.yaml, put into the
// definition when it is deployed. Natively, and in tests, it is the process's environment variable.
func Env(name string) string { return os.Getenv(name) }

// Sleep waits for d. AWS: Wait state, whole seconds; what is not is rounded up.
func Sleep(c Context, d time.Duration) { c.run.Sleep(wholeSeconds(d)) }

func wholeSeconds(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }

// SleepUntil waits until t, not at all where t has passed. AWS: Wait state with a Timestamp.
func SleepUntil(c Context, t time.Time) { c.run.Sleep(t.Sub(c.run.Now())) }

// OnFailure registers a compensation: when the function, branch or iteration later returns an error, its compensations run, the
// last registered first, and then it fails with that same error. A compensation that fails stops none of the others.
func OnFailure(c Context, undo func(Context) error) {
	c.run.OnFailure(func(run *native.Run) error { return undo(Context{run}) })
}
