package machine

import (
	"math"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// A strand is one thread of control: the execution's own, a branch of a Parallel or an iteration of a Map. It is in one state
// at a time.
type strand struct {
	run    *Run
	vars   *scope
	parent *fork    // whose branch or iteration this is; nil at the top
	index  int      // in parent
	item   *mapItem // of an iteration
	next   *state   // to be entered; nil while the strand is busy, or finished

	state       *state
	input       value.Value // of state
	prev        int64       // the last event on this strand's chain
	entered     int64       // the event that entered state
	beforeEnter int64       // prev before it
	enteredTime time.Time
	retried     []int // by retrier
	attempt     int   // retries of state so far
	token       string

	effective value.Value // input after InputPath
	task      *pending
	timer     *timer // of a Wait, or before a retry
	fork      *fork
	mapRun    *mapRun
	finished  bool
	halted    bool // cut off by the failure of another branch
}

// advance enters states until the strand waits for something.
func (s *strand) advance() {
	if s.fork != nil && !s.run.done && !s.halted {
		s.fork.deliver()
	}
	for s.next != nil && !s.run.done && !s.halted {
		s.enter()
	}
}

// enter enters the next state.
func (s *strand) enter() {
	s.state, s.next = s.next, nil
	s.attempt, s.token = 0, ""
	clear(s.retried)
	s.beforeEnter = s.prev
	r := s.run
	s.enteredTime = r.now
	var d *history.Details
	if r.recording {
		d = &history.Details{Name: s.state.name, Input: r.text(s.input)}
	}
	s.entered = r.emit(s.prev, s.state.entered, d)
	s.prev = s.entered
	s.visit("", 0)
	s.execute()
}

// execute does what the state is for; again after each retry.
func (s *strand) execute() {
	if s.run.done {
		return
	}
	if err := s.perform(); err != nil {
		s.fail(s.fault(err))
	}
}

func (s *strand) perform() error {
	effective, err := s.filterInput()
	if err != nil {
		return err
	}
	s.effective = effective
	if d := s.data(); d != nil && !s.state.jsonata && !s.state.result.Defined() {
		d.AfterInputPath = effective
	}
	switch s.state.kind {
	case asl.Pass:
		return s.pass()
	case asl.Choice:
		return s.choose()
	case asl.Task:
		return s.startTask()
	case asl.Wait:
		return s.startWait()
	case asl.Succeed:
		return s.leave(s.effective, value.Value{}, nil)
	case asl.Fail:
		return s.failState()
	case asl.Parallel:
		return s.startParallel()
	}
	return s.startMap()
}

// filterInput applies InputPath.
func (s *strand) filterInput() (value.Value, error) {
	if s.state.inputPath == nil {
		return s.input, nil
	}
	return s.state.inputPath.eval(&activation{run: s.run, strand: s, input: s.input})
}

func (s *strand) pass() error {
	st := s.state
	switch {
	case st.result.Defined():
		if d := s.data(); d != nil {
			d.Result = st.result
		}
		return s.complete(st.result)
	case st.parameters != nil:
		v, err := st.parameters.eval(&activation{run: s.run, strand: s, input: s.effective})
		if err != nil {
			return err
		}
		return s.passOn(v)
	case st.jsonata:
		return s.leave(s.input, value.Value{}, nil)
	}
	return s.passOn(s.effective)
}

// passOn completes a Pass without a Result.
func (s *strand) passOn(v value.Value) error {
	if d := s.data(); d != nil {
		d.AfterParameters = v
	}
	return s.complete(v)
}

// complete ends the state with the result of its work: ResultSelector, ResultPath, OutputPath and Assign, or Output and Assign.
func (s *strand) complete(result value.Value) error {
	st := s.state
	if st.jsonata {
		return s.leave(result, result, nil)
	}
	if st.resultSelector != nil {
		v, err := st.resultSelector.eval(&activation{run: s.run, strand: s, input: result})
		if err != nil {
			return err
		}
		result = v
	}
	output := result
	if st.resultPath != nil {
		v, err := st.resultPath.apply(s.input, result)
		if err != nil {
			return err
		}
		output = v
	}
	if d := s.data(); d != nil {
		d.AfterResultSelector, d.AfterResultPath = result, output
	}
	return s.leaveTo(output, &activation{run: s.run, strand: s, input: result}, st.outputPath, st.assign, st.next)
}

// leave ends a state without a result of its own, or a JSONata state: with Output, else as it is.
func (s *strand) leave(output, result value.Value, chosen *rule) error {
	st := s.state
	a := &activation{run: s.run, strand: s, input: s.effective, result: result}
	outputTemplate, assign, next := st.output, st.assign, st.next
	if chosen != nil {
		outputTemplate, assign, next = chosen.output, chosen.assign, chosen.next
	}
	if !st.jsonata {
		return s.leaveTo(output, a, st.outputPath, assign, next)
	}
	if outputTemplate == nil {
		return s.leaveTo(output, a, nil, assign, next)
	}
	assigned, err := evalAssign(assign, a)
	if err != nil {
		return err
	}
	v, err := outputTemplate.eval(a)
	if err != nil {
		return err
	}
	return s.exit(v, assigned, next)
}

// leaveTo leaves a state for next, with the output less what OutputPath leaves out.
func (s *strand) leaveTo(output value.Value, a *activation, path *pathField, assign *template, next *state) error {
	assigned, err := evalAssign(assign, a)
	if err != nil {
		return err
	}
	if path != nil {
		if output, err = path.eval(&activation{run: s.run, strand: s, input: output}); err != nil {
			return err
		}
	}
	return s.exit(output, assigned, next)
}

func evalAssign(assign *template, a *activation) ([]value.Member, error) {
	if assign == nil {
		return nil, nil
	}
	return assign.evalMembers(a)
}

// exit leaves the state for the next one, or ends the strand.
func (s *strand) exit(output value.Value, assigned []value.Member, next *state) error {
	if output.Size() > MaxPayload {
		return outputTooLarge(s.state.name)
	}
	if f := tooManyVariables(s.state.name, assigned); f != nil {
		return f
	}
	r := s.run
	if r.inspector != nil {
		r.inspector.left(s, output, assigned, next)
		return nil
	}
	var d *history.Details
	if r.recording {
		d = &history.Details{Name: s.state.name, Output: r.text(output), AssignedVariables: assigned}
	}
	s.prev = r.emit(s.prev, s.state.exited, d)
	s.vars.assign(assigned)
	s.input, s.next = output, next
	s.task, s.fork, s.mapRun, s.timer = nil, nil, nil, nil
	if next == nil {
		s.end(output)
	}
	return nil
}

// end ends the strand with its output.
func (s *strand) end(output value.Value) {
	s.finished = true
	if s.parent == nil {
		s.run.succeed(s, output)
		return
	}
	s.parent.finishedBranch(s, output)
}

// resume goes on after a timer: a Wait is over, a retry is due.
func (s *strand) resume() {
	if s.state.kind == asl.Wait {
		s.finishWait()
	} else {
		s.execute()
	}
	s.advance()
}

// retrySoon lets the state run again if a Retry takes the failure.
func (s *strand) retrySoon(f *failure) bool {
	for i, t := range s.state.retriers {
		if !f.matches(t.errors) {
			continue
		}
		if len(s.retried) < len(s.state.retriers) { // made for an earlier state, and cleared
			s.retried = make([]int, len(s.state.retriers))
		}
		if s.retried[i] >= t.attempts {
			return false
		}
		s.visit("Retry", i)
		delay := t.delay(s.retried[i], s.run.env.Random)
		s.retried[i]++
		s.attempt++
		s.fork, s.mapRun, s.token = nil, nil, ""
		s.timer = s.run.after(delay, nil, s)
		return true
	}
	return false
}

// maxRetryDelay keeps growing delays from overflowing. AWS: Retry, MaxDelaySeconds is below 31622400, one year.
const maxRetryDelay = 31_622_400.0

func (t *retrier) delay(retries int, random func() float64) time.Duration {
	d := min(t.interval*math.Pow(t.backoff, float64(retries)), maxRetryDelay)
	if t.maxDelay > 0 {
		d = min(d, t.maxDelay)
	}
	if t.jitter {
		d *= random()
	}
	return seconds(d)
}

// fail ends the state with a failure: a Retry, a Catch, or the machine around it takes it.
func (s *strand) fail(f *failure) {
	r := s.run
	if r.done {
		return
	}
	if r.inspector != nil {
		r.inspector.failed(s, f)
		return
	}
	s.reportEvaluation(f)
	if f.terminal {
		r.end(s.prev, Failed, history.ExecutionFailed, f)
		return
	}
	if s.retrySoon(f) {
		return
	}
	before := s.prev
	s.reportFork()
	if s.catch(f, before) {
		return
	}
	if s.parent != nil {
		s.parent.failedBranch(s, f)
		return
	}
	r.end(s.prev, Failed, history.ExecutionFailed, f)
}

// reportEvaluation emits EvaluationFailed. While nothing has happened in the state yet, the event follows what came before the
// state was entered (recorded: assign_reference_variables undefined_reference).
func (s *strand) reportEvaluation(f *failure) {
	if f.query == nil {
		return
	}
	previous := s.prev
	if previous == s.entered {
		previous = s.beforeEnter
	}
	var d *history.Details
	if s.run.recording {
		d = &history.Details{Error: f.errorText(), Cause: f.cause, Location: f.query.field, State: s.state.name}
	}
	s.prev = s.run.emit(previous, history.EvaluationFailed, d)
}

// reportFork emits the event that says that a Parallel or Map as a whole has failed.
func (s *strand) reportFork() {
	switch s.state.kind {
	case asl.Parallel:
		s.prev = s.run.emit(s.prev, history.ParallelStateFailed, nil)
	case asl.Map:
		s.prev = s.run.emit(s.prev, history.MapStateFailed, nil)
	}
}

// catch goes to the state that a Catch names, if one takes the failure. A Catch whose own expressions fail makes a new failure
// of the state, which follows the event before.
func (s *strand) catch(f *failure, before int64) bool {
	for i, c := range s.state.catchers {
		if !f.matches(c.errors) {
			continue
		}
		s.visit("Catch", i)
		if err := s.caught(c, f); err != nil {
			second := s.fault(err)
			if second.query != nil {
				s.prev = before
				s.reportEvaluation(second)
				s.reportFork()
			}
			s.giveUp(second)
		}
		return true
	}
	return false
}

// giveUp passes a failure on that no Retry or Catch of the state may take.
func (s *strand) giveUp(f *failure) {
	if s.parent == nil || f.terminal {
		s.run.end(s.prev, Failed, history.ExecutionFailed, f)
		return
	}
	s.parent.failedBranch(s, f)
}

func (s *strand) caught(c *catcher, f *failure) error {
	out := f.output()
	if s.state.jsonata {
		a := &activation{run: s.run, strand: s, input: s.input, errorOutput: out}
		assigned, err := evalAssign(c.assign, a)
		if err != nil {
			return err
		}
		if c.output != nil {
			if out, err = c.output.eval(a); err != nil {
				return err
			}
		}
		return s.exit(out, assigned, c.next)
	}
	assigned, err := evalAssign(c.assign, &activation{run: s.run, strand: s, input: out})
	if err != nil {
		return err
	}
	if c.resultPath != nil {
		if out, err = c.resultPath.apply(s.input, out); err != nil {
			return err
		}
	}
	return s.exit(out, assigned, c.next)
}

// interrupt takes back what the strand and those below it wait for.
func (s *strand) interrupt() {
	s.halted = true
	s.run.cancel(s.timer)
	if s.task != nil {
		s.task.drop()
	}
	if s.mapRun != nil && s.mapRun.info.Status == RunningStatus {
		s.mapRun.abort()
	}
	if s.fork != nil {
		for _, child := range s.fork.children {
			if child != nil {
				child.interrupt()
			}
		}
	}
}
