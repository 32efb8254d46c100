// Package native runs workflow functions as the Go that they are: the functions of package flow call it for every step. It keeps
// the compiled form's meaning: retries and timeouts by its rules, branches and iterations in turn on one goroutine at a time, in
// the order in which Step Functions would start them, on a clock that jumps to the next event. What a step calls is the World's.
// Package flow and package flowtest call it.
package native

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"time"
)

// World is what an execution meets outside itself. The zero World calls the handlers themselves, at no cost of time.
type World struct {
	Start       time.Time // the clock at the start; zero: 2006-01-02T15:04:05Z
	ExecutionID string    // an execution's ARN
	// Perform does one attempt of a task; nil calls Task.Handle.
	Perform func(context.Context, *Task) Reply
	// Clients are what SDK tasks are called with, by their type; those of a run that another runs are the same.
	Clients map[reflect.Type]any
	// Limit is how long one attempt of a task may take where its step does not say; nil is for ever.
	Limit func(*Task) time.Duration
	// Moments are called as the clock passes them, before what happens at the same time.
	Moments []Moment
	// Until stops the execution when all that happens up to then has happened: Execute returns ErrStopped. Zero is never.
	Until time.Time
	// Ended is told the clock's time at the end; nil: nobody is.
	Ended func(time.Time)
	// Random is in [0, 1): full jitter multiplies with it; nil is always 1, the longest wait.
	Random func() float64
}

// Moment is something to do when the execution's clock has advanced by After.
type Moment struct {
	After time.Duration
	Do    func()
}

// ErrStopped says that an execution was stopped at World.Until, and had not ended.
var ErrStopped = errors.New("the execution was stopped and had not ended")

// Kind is what a task calls.
type Kind string

// The kinds of task.
const (
	Lambda   Kind = "lambda"
	SDK      Kind = "sdk"
	Nested   Kind = "workflow"
	Activity Kind = "activity"
	HTTP     Kind = "http"
	Storage  Kind = "s3"       // a distributed map reads its items
	Resource Kind = "resource" // of a Task, by its ARN
)

// Task is one attempt of a step that calls something.
type Task struct {
	Kind    Kind
	Name    string // what it calls: "example.com/shop/payments.Charge", an operation, a workflow's function, an activity
	State   string // flow.Name, else ""
	Token   string // of a step that waits for one, else ""
	Input   []byte // JSON
	Attempt int    // from 0
	Left    bool   // an execution that is started and left: what becomes of it is nothing to the step
	Place   string // of the step, "shop.go:71"; "" where it is not known
	Missing string // what a step lacks whose Handle is nil, and how it gets it
	// Handle calls the Go function behind the step in this process; nil where there is none.
	Handle func(context.Context, []byte) ([]byte, error)
}

// Halt ends a whole execution, and those that it is nested in: no retry and no handler of a workflow sees it.
type Halt struct{ text string }

func (h *Halt) Error() string { return h.text }

// Unset is the Halt of a task that nothing stands for.
func (t *Task) Unset() error {
	place, name, missing := "", path.Base(t.Name), t.Missing
	if t.Place != "" {
		place = t.Place + ": "
	}
	switch {
	case t.Kind == HTTP || t.Kind == Resource:
		name = t.Name
	case t.Kind == Nested && missing == "":
		missing = "give the workflow to flowtest.New as well, or mock it with flowtest.MockRun"
	case missing == "":
		missing = "there is no Go function behind it"
	}
	return &Halt{fmt.Sprintf("%snothing answers %s: %s", place, name, missing)}
}

// Reply is a task's outcome: output or error, and when it comes.
type Reply struct {
	Output []byte // JSON
	Err    error
	After  time.Duration
	Never  bool // nobody answers: the step runs into its timeout
}

// Settings are a step's options.
type Settings struct {
	Name                string
	Retries             []Retry
	NoRetry             bool
	Timeout, Heartbeat  time.Duration
	MaxConcurrency      int
	Tolerates           bool // ToleratedCount is set
	ToleratesShare      bool // ToleratedPercentage is set
	ToleratedPercentage float64
	ToleratedCount      int
	MaxItems            int // 0: all
}

// Run is an execution, or a branch or iteration of it, in progress.
type Run struct {
	ctx  context.Context
	exec *execution
	undo []func(*Run) error
}

// Execute runs body as an execution and returns what body returned. It fails where the execution waits for something that never
// comes, with ErrStopped at World.Until, and where ctx is done.
func Execute(ctx context.Context, w World, body func(*Run) ([]byte, error)) ([]byte, error) {
	if w.Start.IsZero() {
		w.Start = time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
	}
	if w.Perform == nil {
		w.Perform = handle
	}
	if w.Random == nil {
		w.Random = func() float64 { return 1 }
	}
	e := &execution{world: w, now: w.Start, yield: make(chan struct{})}
	for _, m := range w.Moments {
		e.after(m.After, m.Do)
	}
	var out []byte
	var err error
	root := e.spawn(nil, func() {
		run := &Run{ctx: ctx, exec: e}
		out, err = body(run)
		err = run.Finish(err)
	})
	loopErr := e.loop(ctx, root)
	if w.Ended != nil {
		w.Ended(e.now)
	}
	if loopErr != nil {
		return nil, loopErr
	}
	return out, err
}

func handle(ctx context.Context, t *Task) Reply {
	if t.Handle == nil {
		return Reply{Err: t.Unset()}
	}
	out, err := t.Handle(ctx, t.Input)
	return Reply{Output: out, Err: err}
}

// Now is the execution's clock, in whole milliseconds as Step Functions has it.
func (r *Run) Now() time.Time { return r.exec.now.Truncate(time.Millisecond) }

// Client is the client of the type t; nil where there is none.
func (r *Run) Client(t reflect.Type) any { return r.exec.world.Clients[t] }

// Clients are all.
func (r *Run) Clients() map[reflect.Type]any { return r.exec.world.Clients }

// ExecutionID is the execution's ARN.
func (r *Run) ExecutionID() string { return r.exec.world.ExecutionID }

// Sleep lets d pass.
func (r *Run) Sleep(d time.Duration) {
	e, me := r.exec, r.exec.current
	e.after(max(d, 0), func() { e.ready = append(e.ready, me) })
	e.park()
}

// OnFailure registers what Finish runs when the run has failed.
func (r *Run) OnFailure(undo func(*Run) error) { r.undo = append(r.undo, undo) }

// Finish runs the compensations of a run that ended with err, the last one first, and returns err. A compensation that fails
// stops none of the others.
func (r *Run) Finish(err error) error {
	if err == nil {
		return nil
	}
	for i := len(r.undo) - 1; i >= 0; i-- {
		_ = r.undo[i](&Run{ctx: r.ctx, exec: r.exec})
	}
	r.undo = nil
	return err
}
