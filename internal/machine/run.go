package machine

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// expressTimeout is how long an Express execution may run. AWS: quotas, maximum execution time of Express workflows.
const expressTimeout = 5 * time.Minute

// A Run is one execution of a Program. Its loop runs on the goroutine that calls Wait; Stop and the Repliers of its tasks may be
// called from anywhere.
type Run struct {
	prog      *Program
	exec      *Execution
	env       Env // with its defaults
	recording bool
	turns     *VirtualClock // of an execution that shares it with its children or its parent; nil else

	// What follows belongs to the loop.
	now       time.Time // of the input that is being worked off
	lastEvent int64
	root      *strand
	queue     []*strand // with a state to enter
	timers    schedule[*timer]
	pending   map[int64]*pending // tasks without an answer, by Seq
	mapRuns   []*mapRun
	seq       int64 // of the last task
	timerSeq  int64
	begun     bool
	done      bool
	result    Result
	journal   []Input // still to be replayed
	replaying bool
	cached    contextCache
	inspector *inspector // of a state tested alone; nil else

	scope        jsonpath.Scope
	jsonataInput jsonata.Input
	current      *activation  // what the expression being evaluated sees
	currentExpr  *jsonataExpr // nil: a path

	mu     sync.Mutex
	inbox  []Input
	taken  int           // of inbox, from its start
	closed bool          // nobody reads inbox any longer
	wake   chan struct{} // has a token when inbox may have something

	// first is what every run needs one of, so that it costs no memory of its own.
	first struct {
		strand strand
		vars   scope
		timer  timer
		queue  [4]*strand
	}
}

// Run runs the execution to its end, as Start and Wait do.
func (p *Program) Run(ctx context.Context, exec *Execution, env *Env) Result {
	return p.Start(exec, env).Wait(ctx)
}

// Start makes a run of the execution. Nothing happens before Wait.
func (p *Program) Start(exec *Execution, env *Env) *Run {
	r := &Run{prog: p, exec: exec, env: env.withDefaults(), wake: make(chan struct{}, 1)}
	r.recording = r.env.Emit != nil
	if p.family {
		r.turns, _ = r.env.Clock.(*VirtualClock)
	}
	lookup := r.lookup
	r.scope = jsonpath.Scope{Lookup: lookup, Random: r.env.Random, UUID: r.env.NewID}
	r.jsonataInput = jsonata.Input{Lookup: lookup, Random: r.env.Random}
	r.queue = r.first.queue[:0]
	return r
}

func (e *Env) withDefaults() Env {
	var env Env
	if e != nil {
		env = *e
	}
	if env.Clock == nil {
		env.Clock = RealClock()
	}
	if env.NewID == nil {
		env.NewID = uuid.New
	}
	if env.Random == nil {
		env.Random = rand.Float64
	}
	return env
}

// Replay gives a run, before Wait, the journal of an earlier run of the same execution. Wait then repeats that run first: it
// emits the same events again, with the same ids and times, and starts no task that the journal has an answer to. Tasks that
// were under way are started again at the journal's end; those that were submitted already say so (Task.Submitted).
//
// A journal that ends with the execution's failure, followed by an Input of the kind Redriven, redrives it.
func (r *Run) Replay(journal []Input) { r.journal, r.replaying = journal, true }

// Stop ends the execution as ABORTED, with an error and a cause that may both be absent. AWS: StopExecution.
func (r *Run) Stop(err, cause history.Text) {
	f := Failure{Cause: cause}
	if err.Present() {
		f.Error = err.String()
	}
	r.push(Input{Kind: Stopped, Failure: f})
}

// UpdateMapRun changes the limits of a map run that is under way. AWS: UpdateMapRun.
func (r *Run) UpdateMapRun(u MapRunUpdate) { r.push(Input{Kind: MapRunUpdated, Update: &u}) }

// Wait runs the execution until it ends or ctx does. In the latter case the result's Status is RUNNING, and the run is lost but
// for its journal. The result's Time is on the Env's clock.
func (r *Run) Wait(ctx context.Context) Result {
	r.env.Clock.Hold(1)
	defer r.close()
	return r.loop(ctx)
}

// loop is Wait for one whom the clock counts.
func (r *Run) loop(ctx context.Context) Result {
	r.begin()
	for {
		r.work()
		if r.done && len(r.journal) == 0 {
			return r.result
		}
		in, ok := r.next(ctx)
		if !ok {
			return Result{Status: RunningStatus, Time: r.now}
		}
		r.now = in.Time
		r.apply(in)
	}
}

// begin starts the execution's first state.
func (r *Run) begin() {
	if r.begun {
		return
	}
	r.begun = true
	r.now = r.exec.StartTime
	if r.now.IsZero() {
		r.now = r.env.Clock.Now()
	}
	var d *history.Details
	if r.recording {
		d = &history.Details{Input: r.text(r.exec.Input), RoleARN: r.exec.RoleARN,
			AliasARN: r.exec.AliasARN, VersionARN: r.exec.VersionARN}
	}
	r.emit(0, history.ExecutionStarted, d)
	r.limitTime()
	r.root = &r.first.strand
	*r.root = strand{run: r, vars: &r.first.vars, input: r.exec.Input, next: r.prog.root.start}
	if r.inspector != nil {
		r.root.vars.assign(r.inspector.test.Variables)
	}
	r.queue = append(r.queue, r.root)
}

// limitTime sets the timer of the execution's own timeout.
func (r *Run) limitTime() {
	limit := r.prog.timeout
	if r.exec.Express && (limit == 0 || limit > expressTimeout) {
		limit = expressTimeout
	}
	if limit > 0 {
		r.after(limit, nil, nil)
	}
}

// work enters states until every strand waits for something.
func (r *Run) work() {
	for i := 0; i < len(r.queue) && !r.done; i++ {
		s := r.queue[i]
		r.queue[i] = nil
		s.advance()
		if i > 1000 && i*2 > len(r.queue) { // let go of what is worked off
			r.queue = append(r.queue[:0], r.queue[i+1:]...)
			i = -1
		}
	}
	r.queue = r.queue[:0]
}

// next is the next thing to react to: from the journal, from outside, or a timer. It is false when ctx ended.
func (r *Run) next(ctx context.Context) (Input, bool) {
	if len(r.journal) > 0 {
		in := r.journal[0]
		r.journal = r.journal[1:]
		return in, true
	}
	if r.replaying {
		r.replaying = false
		r.restart()
		if r.env.Replayed != nil {
			r.env.Replayed()
		}
	}
	woken := r.turns == nil // by the clock: beside other executions a timer that is due waits its turn
	for {
		select { // pop reads all that was announced so far: a token that is left over would let the run look at a clock that moves
		case <-r.wake:
		default:
		}
		if in, ok := r.pop(); ok {
			in.Time = r.env.Clock.Now()
			return r.noted(in), true
		}
		var at time.Time
		if len(r.timers) > 0 {
			at = r.timers[0].at
			if now := r.env.Clock.Now(); woken && !at.After(now) {
				return r.noted(Input{Kind: TimerFired, Seq: r.timers[0].seq, Time: now}), true
			}
		}
		woken = r.wait(ctx, at) || woken
		if ctx.Err() != nil {
			return Input{}, false
		}
	}
}

// wait waits for the first timer, which is due at at, for an input or for ctx, and says whether it was the timer.
func (r *Run) wait(ctx context.Context, at time.Time) bool {
	if r.turns != nil && len(r.timers) > 0 {
		return r.turns.waitAs(ctx, r.timers[0].ticket, at, r.wake)
	}
	return r.env.Clock.Wait(ctx, at, r.wake)
}

func (r *Run) noted(in Input) Input {
	if r.env.Journal != nil {
		r.env.Journal(in)
	}
	return in
}

// push hands the loop an input; from any goroutine.
func (r *Run) push(in Input) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.env.Clock.Hold(1)
	r.inbox = append(r.inbox, in)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// close lets go of what the run holds: its tasks, what they answered and nobody read, and the clock.
func (r *Run) close() {
	r.dismiss()
	r.mu.Lock()
	r.closed = true
	unread := len(r.inbox) - r.taken
	r.inbox, r.taken = nil, 0
	r.mu.Unlock()
	r.env.Clock.Hold(-1 - unread)
}

func (r *Run) pop() (Input, bool) {
	r.mu.Lock()
	if r.taken == len(r.inbox) {
		r.mu.Unlock()
		return Input{}, false
	}
	in := r.inbox[r.taken]
	r.inbox[r.taken] = Input{}
	if r.taken++; r.taken == len(r.inbox) {
		r.inbox, r.taken = r.inbox[:0], 0
	}
	r.mu.Unlock()
	r.env.Clock.Hold(-1)
	return in, true
}

// apply reacts to one input.
func (r *Run) apply(in Input) {
	switch in.Kind {
	case Stopped:
		r.stop(in.Failure)
	case Redriven:
		r.redrive()
	case MapRunUpdated:
		r.updateMapRun(in.Update)
	case TimerFired:
		if t := r.due(in.Seq); t != nil {
			r.fire(t)
		}
	default:
		if p := r.pending[in.Seq]; p != nil && !r.done {
			p.react(in)
		}
	}
}

// fire does what a timer was set for.
func (r *Run) fire(t *timer) {
	switch {
	case r.done:
	case t.task != nil:
		t.task.expired(t)
	case t.strand != nil:
		t.strand.timer = nil
		t.strand.resume()
	default:
		r.timeOut()
	}
}

// emit makes an event and is its id. Before the last event that a history may have, it fails the execution instead.
func (r *Run) emit(previous int64, t history.Type, d *history.Details) int64 {
	if r.done {
		return r.lastEvent
	}
	if r.lastEvent == history.MaxEvents-1 && !r.exec.Express && !final[t] {
		r.end(previous, Failed, history.ExecutionFailed, &failure{name: errRuntime,
			cause: history.Verbatim("The execution reached the maximum number of history events (25000).")})
		return r.lastEvent
	}
	r.lastEvent++
	if r.recording {
		r.env.Emit(&history.Event{ID: r.lastEvent, PreviousID: previous, Time: r.now, Type: t, Details: d})
	}
	return r.lastEvent
}

var final = map[history.Type]bool{history.ExecutionSucceeded: true, history.ExecutionFailed: true,
	history.ExecutionAborted: true, history.ExecutionTimedOut: true}

// end ends the execution.
func (r *Run) end(previous int64, status Status, event history.Type, f *failure) {
	if r.done {
		return
	}
	r.result = Result{Status: status, Error: f.errorText(), Cause: f.cause, Time: r.now}
	var d *history.Details
	if r.recording {
		d = &history.Details{Error: r.result.Error, Cause: f.cause}
	}
	r.emit(previous, event, d)
	r.finish()
}

func (r *Run) finish() {
	r.done = true
	r.dismiss()
	r.timers = nil
	if r.root != nil {
		r.root.interrupt()
	}
}

// dismiss tells all tasks that nobody waits for them any longer.
func (r *Run) dismiss() {
	for _, p := range r.pending {
		p.drop()
	}
}

func (r *Run) succeed(s *strand, output value.Value) {
	r.result = Result{Status: Succeeded, Output: output, Time: r.now}
	var d *history.Details
	if r.recording {
		d = &history.Details{Output: r.text(output)}
	}
	r.emit(s.prev, history.ExecutionSucceeded, d)
	if r.result.Status == Succeeded {
		r.finish()
	}
}

func (r *Run) stop(f Failure) {
	cause := &failure{name: f.Error, cause: f.Cause, unnamed: f.Error == ""}
	r.end(0, Aborted, history.ExecutionAborted, cause)
}

// timeOut ends the execution for its TimeoutSeconds, or an Express execution after five minutes. AWS gives neither error nor
// cause (recorded: timeouts global_timeout).
func (r *Run) timeOut() {
	r.end(0, TimedOut, history.ExecutionTimedOut, &failure{unnamed: true})
}

// text is v for an event: the execution's input keeps the text in which it was sent for as long as nothing touches it.
func (r *Run) text(v value.Value) history.Text {
	if r.exec.InputText != "" && v == r.exec.Input {
		return history.Verbatim(r.exec.InputText)
	}
	return history.JSON(v)
}
