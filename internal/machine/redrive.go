package machine

import (
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
)

// redrive lets a failed execution go on from the states that did not end well. What succeeded is kept. AWS: "Restarting state
// machine executions with redrive".
func (r *Run) redrive() {
	if !r.done || r.result.Status == Succeeded || r.root == nil {
		return
	}
	r.done = false
	r.result = Result{}
	redriven := *r.exec
	redriven.Redrives++
	redriven.RedriveTime = r.now
	r.exec = &redriven
	r.cached = contextCache{}
	var d *history.Details
	if r.recording {
		d = &history.Details{RedriveCount: int64(r.exec.Redrives)}
	}
	event := r.emit(r.lastEvent, history.ExecutionRedriven, d)
	r.limitTime()
	r.root.again(event)
}

// again restarts what the strand was at; after says which event the next one follows.
func (s *strand) again(after int64) {
	s.halted = false
	s.prev = after
	if s.state == nil || s.next != nil {
		s.run.queue = append(s.run.queue, s)
		return
	}
	s.attempt, s.token = 0, ""
	clear(s.retried)
	switch {
	case s.fork != nil && (s.state.kind == asl.Parallel || s.state.kind == asl.Map):
		s.fork.again(after)
	case s.mapRun != nil && s.mapRun.children != nil:
		s.mapRun.again()
	default:
		s.execute()
	}
	s.run.queue = append(s.run.queue, s)
}

// again restarts the branches that did not finish.
func (f *fork) again(after int64) {
	f.settled, f.why = false, nil
	if f.left == 0 { // all branches had finished: what failed was the state's own
		f.complete()
		return
	}
	for _, c := range f.children {
		if c != nil && !c.finished {
			c.again(after)
		}
	}
}

// again restarts the children that did not succeed, in the same map run.
func (m *mapRun) again() {
	m.owner.prev = m.owner.run.emit(m.owner.prev, history.MapRunRedriven,
		&history.Details{MapRunARN: m.info.ARN, RedriveCount: int64(m.owner.run.exec.Redrives)})
	m.closed, m.next, m.running, m.failures = false, 0, 0, 0
	m.info.Status, m.info.Stop = RunningStatus, time.Time{}
	for _, c := range []*Counts{&m.info.Items, &m.info.Children} {
		*c = Counts{Total: c.Total, Succeeded: c.Succeeded, Pending: c.Total - c.Succeeded}
	}
	m.tell()
	m.fill()
}

// restart goes on at the end of a journal: tasks that are under way are started again, each saying how far it had come.
func (r *Run) restart() {
	for seq := int64(1); seq <= r.seq; seq++ {
		if p := r.pending[seq]; p != nil {
			r.launch(p)
		}
	}
}
