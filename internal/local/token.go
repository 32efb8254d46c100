package local

import (
	"context"
	"sync"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// tokens are the tasks that wait to be ended through the API, by task token.
type tokens struct {
	pending  sync.Map // string -> awaited
	resuming func()   // waits until all tasks that waited in the process before this one do so again

	mu   sync.Mutex
	owed map[string][]machine.Input // answers that were accepted before the process started
}

// awaited is who an answer is for.
type awaited struct {
	machine.Replier
	execution string // ARN
}

// owe keeps an answer for a task that will wait again.
func (t *tokens) owe(token string, in machine.Input) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owed == nil {
		t.owed = map[string][]machine.Input{}
	}
	t.owed[token] = append(t.owed[token], in)
}

// expect lets r be answered under the task's token for as long as ctx lasts. It is true where the task was answered, or taken by
// a worker, before the process started.
func (t *tokens) expect(ctx context.Context, of *machine.Task, r machine.Replier) bool {
	w := awaited{r, of.Execution.ARN}
	t.pending.Store(of.Token, w)
	context.AfterFunc(ctx, func() { t.pending.CompareAndDelete(of.Token, w) })
	t.mu.Lock()
	owed := t.owed[of.Token]
	delete(t.owed, of.Token)
	t.mu.Unlock()
	for _, in := range owed {
		t.answer(of.Token, in)
	}
	return len(owed) > 0
}

// answer gives an answer to the task that waits under a token, if one does.
func (t *tokens) answer(token string, in machine.Input) {
	found, ok := t.pending.Load(token)
	if !ok || in.Kind != machine.TaskStarted && !t.pending.CompareAndDelete(token, found) { // it was answered meanwhile
		return
	}
	w := found.(awaited)
	switch in.Kind {
	case machine.TaskStarted:
		w.Started(in.Worker)
	case machine.TaskSucceeded:
		w.Succeeded(in.Output)
	case machine.TaskFailed:
		w.Failed(in.Failure)
	}
}

// accepted files an answer that its sender is told is accepted.
func (c *Cloud) accepted(executionARN, token string, in machine.Input) {
	if !c.keep.on() {
		return
	}
	a, err := parseARN(executionARN)
	if err != nil {
		return
	}
	if e, ok := c.Service(a.account, a.region).executions.Load(executionARN); ok { // an Express execution is not kept
		in.Time = c.Now()
		c.keep.accept(e.(*execution), token, in)
	}
}

// AWS: TaskToken, 1 to 2048 characters; SensitiveData up to 262,144.
const (
	longestTaskToken = 2048
	longestData      = 262_144
)

// find is the task that waits under a token. A token that was never handed out is invalid; one that once was has timed out.
func (t *tokens) find(token string) (awaited, error) {
	if w, ok := t.pending.Load(token); ok {
		return w.(awaited), nil
	}
	if t.resuming != nil {
		t.resuming()
		if w, ok := t.pending.Load(token); ok {
			return w.(awaited), nil
		}
	}
	if uuid.Valid(token) {
		return awaited{}, errorf("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	}
	return awaited{}, invalidToken()
}

// end takes the task out, so that it is answered once.
func (t *tokens) end(token string) (awaited, error) {
	w, err := t.find(token)
	if err == nil && !t.pending.CompareAndDelete(token, w) {
		return t.find(token)
	}
	return w, err
}

// SendTaskSuccessInput are the parameters of SendTaskSuccess.
type SendTaskSuccessInput struct {
	TaskToken string  `json:"taskToken"`
	Output    *string `json:"output"`
}

// SendTaskSuccess ends a task with its output, which must be JSON.
func (s *Service) SendTaskSuccess(in *SendTaskSuccessInput) (*Empty, error) {
	var v violations
	v.text("taskToken", in.TaskToken, longestTaskToken)
	if in.Output == nil {
		v.add(nil, "output", "Member must not be null")
	} else {
		v.optional("output", *in.Output, longestData)
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	if _, err := value.Parse(*in.Output); err != nil {
		return nil, errorf("InvalidOutput", "Invalid Output: '%s'", jacksonWords(*in.Output, err))
	}
	w, err := s.cloud.tokens.end(in.TaskToken)
	if err != nil {
		return nil, err
	}
	output := history.Verbatim(*in.Output)
	s.cloud.accepted(w.execution, in.TaskToken, machine.Input{Kind: machine.TaskSucceeded, Output: output})
	w.Succeeded(output)
	return &Empty{}, nil
}

// SendTaskFailureInput are the parameters of SendTaskFailure.
type SendTaskFailureInput struct {
	TaskToken string  `json:"taskToken"`
	Error     *string `json:"error"`
	Cause     *string `json:"cause"`
}

// AWS: SensitiveError up to 256 characters, SensitiveCause up to 32,768.
const (
	longestError = 256
	longestCause = 32_768
)

func (v *violations) failure(err, cause *string) {
	if err != nil {
		v.optional("error", *err, longestError)
	}
	if cause != nil {
		v.optional("cause", *cause, longestCause)
	}
}

// SendTaskFailure ends a task with an error.
func (s *Service) SendTaskFailure(in *SendTaskFailureInput) (*Empty, error) {
	var v violations
	v.text("taskToken", in.TaskToken, longestTaskToken)
	v.failure(in.Error, in.Cause)
	if err := v.err(); err != nil {
		return nil, err
	}
	w, err := s.cloud.tokens.end(in.TaskToken)
	if err != nil {
		return nil, err
	}
	f := machine.Failure{Cause: textOf(in.Cause)}
	if in.Error != nil {
		f.Error = *in.Error
	}
	s.cloud.accepted(w.execution, in.TaskToken, machine.Input{Kind: machine.TaskFailed, Failure: f})
	w.Failed(f)
	return &Empty{}, nil
}

func textOf(s *string) history.Text {
	if s == nil {
		return history.Text{}
	}
	return history.Verbatim(*s)
}

// SendTaskHeartbeatInput are the parameters of SendTaskHeartbeat.
type SendTaskHeartbeatInput struct {
	TaskToken string `json:"taskToken"`
}

// SendTaskHeartbeat starts a task's heartbeat time anew.
func (s *Service) SendTaskHeartbeat(in *SendTaskHeartbeatInput) (*Empty, error) {
	var v violations
	v.text("taskToken", in.TaskToken, longestTaskToken)
	if err := v.err(); err != nil {
		return nil, err
	}
	w, err := s.cloud.tokens.find(in.TaskToken)
	if err != nil {
		return nil, err
	}
	w.Heartbeat()
	return &Empty{}, nil
}

// gate is a Replier whose task may be answered under its token before the service that was handed it has answered: that answer
// waits until the task counts as submitted.
type gate struct {
	machine.Replier
	mu     sync.Mutex
	open   bool
	queued []func()
}

// gated lets a task be answered under its token, for as long as ctx lasts, once it is submitted.
func (t *tokens) gated(ctx context.Context, of *machine.Task, r machine.Replier) machine.Replier {
	g := &gate{Replier: r}
	t.expect(ctx, of, tokenReplier{g})
	return g
}

// Submitted opens the gate.
func (g *gate) Submitted(output history.Text) {
	g.Replier.Submitted(output)
	g.mu.Lock()
	queued := g.queued
	g.open, g.queued = true, nil
	g.mu.Unlock()
	for _, answer := range queued {
		answer()
	}
}

func (g *gate) when(answer func()) {
	g.mu.Lock()
	if !g.open {
		g.queued = append(g.queued, answer)
		g.mu.Unlock()
		return
	}
	g.mu.Unlock()
	answer()
}

// tokenReplier is the side of the gate that the API answers through.
type tokenReplier struct{ *gate }

func (t tokenReplier) Succeeded(output history.Text) { t.when(func() { t.Replier.Succeeded(output) }) }
func (t tokenReplier) Failed(f machine.Failure)      { t.when(func() { t.Replier.Failed(f) }) }
func (t tokenReplier) Heartbeat()                    { t.when(t.Replier.Heartbeat) }
