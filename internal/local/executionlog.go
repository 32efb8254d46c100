package local

import (
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// executionLog writes the events of one execution to the log group of its machine. nil writes nothing.
type executionLog struct {
	to                             Logs
	account, region, group, stream string
	level                          string
	withData                       bool

	after int64            // events up to this one were logged before the process started
	note  func(last int64) // is told what was logged; nil: nobody

	mu      sync.Mutex
	pending []LogMessage
	due     *time.Timer // writes pending, so that who follows a slow execution sees where it is
	last    int64       // event of pending
}

// resumed leaves out the events up to after, which are in the log, and lets note know of the others.
func (l *executionLog) resumed(after int64, note func(last int64)) {
	if l != nil {
		l.after, l.note = after, note
	}
}

// logBatch is how many events are written at once while an execution runs, and logDelay how long they wait for each other.
const (
	logBatch = 64
	logDelay = 500 * time.Millisecond
)

// logOf is the log of an execution of a revision; nil where its machine logs nothing. All executions of a machine share a
// stream, named as LocalStack's users know it.
func (s *Service) logOf(m *stateMachine, r *revision) *executionLog {
	if r.logging.Level == LogOff || s.cloud.Logs == nil || !s.mayEncryptLog(m, r) {
		return nil
	}
	for _, arn := range r.logging.groups() {
		if account, region, name, ok := logGroup(arn); ok {
			return &executionLog{to: s.cloud.Logs, account: account, region: region, group: name, stream: "states/" + m.arn,
				level: r.logging.Level, withData: r.logging.IncludeExecutionData}
		}
	}
	return nil
}

// openLog makes the stream that a machine's executions will write to, so that whoever looks finds it empty, not missing.
func (s *Service) openLog(m *stateMachine, r *revision) {
	if l := s.logOf(m, r); l != nil {
		l.to.Put(l.account, l.region, l.group, l.stream, nil)
	}
}

// write logs an event if the level wants it.
func (l *executionLog) write(ev *history.Event, about history.Log) {
	if l == nil || ev.ID <= l.after || !wanted(l.level, ev.Type) {
		return
	}
	m := LogMessage{ev.Time, string(ev.AppendLog(nil, about, l.withData))}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = ev.ID
	if l.pending = append(l.pending, m); len(l.pending) >= logBatch {
		l.flush()
	} else if l.due == nil {
		l.due = time.AfterFunc(logDelay, l.close)
	}
}

// close writes what is pending.
func (l *executionLog) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

func (l *executionLog) flush() {
	if l.due != nil {
		l.due.Stop()
		l.due = nil
	}
	if len(l.pending) == 0 {
		return
	}
	l.to.Put(l.account, l.region, l.group, l.stream, l.pending)
	l.pending = nil
	if l.note != nil {
		l.note(l.last)
	}
}

// AWS: log levels for Step Functions execution events: FATAL logs how executions end badly, ERROR also what failed on the way.
var fatalEvents = map[history.Type]bool{
	history.ExecutionFailed: true, history.ExecutionAborted: true, history.ExecutionTimedOut: true,
}

var errorEvents = map[history.Type]bool{
	history.ActivityFailed: true, history.ActivityScheduleFailed: true, history.ActivityTimedOut: true,
	history.EvaluationFailed: true, history.FailStateEntered: true,
	history.LambdaFunctionFailed: true, history.LambdaFunctionScheduleFailed: true, history.LambdaFunctionStartFailed: true, history.LambdaFunctionTimedOut: true,
	history.MapIterationAborted: true, history.MapIterationFailed: true, history.MapRunAborted: true, history.MapRunFailed: true,
	history.MapStateAborted: true, history.MapStateFailed: true, history.ParallelStateAborted: true, history.ParallelStateFailed: true,
	history.TaskFailed: true, history.TaskStartFailed: true, history.TaskStateAborted: true, history.TaskSubmitFailed: true, history.TaskTimedOut: true,
	history.WaitStateAborted: true,
}

func wanted(level string, t history.Type) bool {
	switch level {
	case LogAll:
		return true
	case LogError:
		return fatalEvents[t] || errorEvents[t]
	case LogFatal:
		return fatalEvents[t]
	}
	return false
}
