package local

import (
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
)

// AWS: RedriveExecution: within 14 days of the end; fewer than 24,999 events.
const (
	redrivablePeriod = 14 * 24 * time.Hour
	mostRedriven     = history.MaxEvents - 1
)

// redrivable says whether e may be redriven and, where AWS gives one, the reason why not. e.mu is held.
func (e *execution) redrivable() (status, reason string) {
	const no = "NOT_REDRIVABLE"
	switch {
	case e.status == machine.RunningStatus || e.status == machine.Succeeded:
		return no, "Execution is " + string(e.status) + " and cannot be redriven"
	case e.run.MapRunARN != "":
		return "REDRIVABLE_BY_MAP_RUN", ""
	case e.service.cloud.Now().Sub(e.stopped) > redrivablePeriod:
		return no, "Execution redrivable period exceeded" // texts: AWS: DescribeExecution, redriveStatusReason
	case e.count() >= mostRedriven:
		return no, "Execution history event limit exceeded"
	}
	return "REDRIVABLE", ""
}

// RedriveExecutionInput are the parameters of RedriveExecution.
type RedriveExecutionInput struct {
	ExecutionArn string `json:"executionArn"`
	ClientToken  string `json:"clientToken"`
}

// RedriveExecutionOutput is the answer of RedriveExecution.
type RedriveExecutionOutput struct {
	RedriveDate epoch.Time `json:"redriveDate"`
}

// RedriveExecution goes on with an execution that failed, from the step that did. The same clientToken gives the same answer.
func (s *Service) RedriveExecution(in *RedriveExecutionInput) (*RedriveExecutionOutput, error) {
	var v violations
	v.optional("clientToken", in.ClientToken, 64)
	if err := v.err(); err != nil {
		return nil, err
	}
	e, err := s.executionOf(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	now := epoch.Of(s.cloud.Now())
	if err := s.cloud.keep.store.Sync(); err != nil { // its journal is read
		return nil, err
	}
	e.mu.Lock()
	if seen, ok := e.redriveSeen[in.ClientToken]; ok && in.ClientToken != "" {
		e.mu.Unlock()
		return &RedriveExecutionOutput{seen}, nil
	}
	if status, reason := e.redrivable(); status != "REDRIVABLE" {
		e.mu.Unlock()
		if reason == "" {
			reason = "Execution can only be redriven by its Map Run"
		}
		return nil, errorf("ExecutionNotRedrivable", "%s", reason)
	}
	from, count := e.status, e.count()
	err = e.reopen(now, in.ClientToken)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if other, taken := s.executions.LoadOrStore(e.run.ARN, e); taken && other != e { // read from the store by another call as well
		return nil, errorf("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven")
	}
	e.moved(from, machine.RunningStatus)
	if k := &s.cloud.keep; k.on() {
		k.started(e, from)
		k.input(e, e.journal[len(e.journal)-1])
		k.logged(e, int64(count))
	}
	return &RedriveExecutionOutput{now}, s.launch(e)
}

// reopen makes e a running execution again. e.mu is held.
func (e *execution) reopen(now epoch.Time, clientToken string) error {
	if k := &e.service.cloud.keep; k.on() {
		program, err := e.revision.compiled()
		if err != nil {
			return err
		}
		e.program, e.journal = program, nil
		if err := e.readJournal(); err != nil {
			return err
		}
	}
	e.sawRedrive(clientToken, now)
	e.redrives++
	e.redriven = now.Time
	e.status, e.stopped = machine.RunningStatus, time.Time{}
	e.error, e.cause = history.Text{}, history.Text{}
	e.done = make(chan struct{})
	e.events, e.packed = e.packed.Events(0, e.packed.Len()), nil
	e.journal = append(e.journal, machine.Input{Kind: machine.Redriven, Time: now.Time})
	return nil
}

// sawRedrive notes which answer a client token was given.
func (e *execution) sawRedrive(clientToken string, at epoch.Time) {
	if e.redriveSeen == nil {
		e.redriveSeen = map[string]epoch.Time{}
	}
	e.redriveSeen[clientToken] = at
}
