package local

import (
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
)

// execution is one execution of a Standard machine, running or over. The fields above mu do not change.
type execution struct {
	service    *Service
	machine    *stateMachine
	home       home // what lists it in memory; nil with a store
	revision   *revision
	program    *machine.Program
	run        *machine.Execution // as the machine knows it
	traceInput string
	mockCase   string                 // of "arn#case"
	label      string                 // of the Distributed Map that started it
	itemCount  int                    // of a Distributed Map's batch
	seq        int64                  // its place in its machine's index
	shelf      string                 // where the store has it: its machine's id, or its map run's ARN
	parent     string                 // of a nested execution: the task that started it
	seed       uint64                 // of its ids and random numbers, so that they can be repeated
	journal    []machine.Input        // what it reacted to; belongs to the loop of its run. With a store: only what is to be replayed
	replayed   chan struct{}          // closed when it has come to where it was; nil where it is new
	caughtUp   sync.Once              // closes replayed
	resumed    bool                   // it ran when the process before this one ended
	updates    []machine.MapRunUpdate // that were accepted for it, then
	inputs     int64                  // in the store's journal; belongs to the loop, too
	logged     int64                  // the last event that its log had when it was read from the store

	mu          sync.Mutex
	status      machine.Status
	stopped     time.Time
	output      history.Text
	error       history.Text
	cause       history.Text
	events      []*history.Event // while it runs
	packed      *history.Packed  // when it is over
	evicted     bool             // by retention: lists leave it out
	redrives    int
	redriven    time.Time
	redriveSeen map[string]epoch.Time // answers by client token
	mapRuns     []*mapRun
	accepted    int64        // answers in the store that were accepted for it
	control     *machine.Run // nil when over
	done        chan struct{}
}

// home is what lists an execution: its machine or, of a map run's child, the map run.
type home interface {
	// moved notes that e's status changed.
	moved(e *execution, from, to machine.Status)
	// dropped notes that e was evicted.
	dropped(e *execution)
}

// DescribeExecutionInput are the parameters of DescribeExecution and DescribeStateMachineForExecution.
type DescribeExecutionInput struct {
	ExecutionArn string `json:"executionArn"`
	IncludedData string `json:"includedData"`
}

// DataDetails tells whether an answer holds a payload.
type DataDetails struct {
	Included bool `json:"included"`
}

// DescribeExecutionOutput is the answer of DescribeExecution.
type DescribeExecutionOutput struct {
	ExecutionArn           string         `json:"executionArn"`
	StateMachineArn        string         `json:"stateMachineArn"`
	Name                   string         `json:"name"`
	Status                 machine.Status `json:"status"`
	StartDate              epoch.Time     `json:"startDate"`
	StopDate               *epoch.Time    `json:"stopDate,omitempty"`
	Input                  *string        `json:"input,omitempty"`
	InputDetails           *DataDetails   `json:"inputDetails,omitempty"`
	Output                 *string        `json:"output,omitempty"`
	OutputDetails          *DataDetails   `json:"outputDetails,omitempty"`
	TraceHeader            string         `json:"traceHeader,omitempty"`
	MapRunArn              string         `json:"mapRunArn,omitempty"`
	Error                  *string        `json:"error,omitempty"`
	Cause                  *string        `json:"cause,omitempty"`
	StateMachineVersionArn string         `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasArn   string         `json:"stateMachineAliasArn,omitempty"`
	RedriveCount           int            `json:"redriveCount"`
	RedriveDate            *epoch.Time    `json:"redriveDate,omitempty"`
	RedriveStatus          string         `json:"redriveStatus"`
	RedriveStatusReason    string         `json:"redriveStatusReason,omitempty"`
}

// count is how many events there are. e.mu is held.
func (e *execution) count() int {
	if e.packed != nil {
		return e.packed.Len()
	}
	return len(e.events)
}

// page are the events from i up to j.
func (e *execution) page(i, j int) []*history.Event {
	e.mu.Lock()
	events, packed := e.events, e.packed
	e.mu.Unlock()
	if packed != nil {
		return packed.Events(i, j)
	}
	return events[min(i, len(events)):min(j, len(events))]
}

// executionOf finds the execution that an ARN names.
func (s *Service) executionOf(text string) (*execution, error) {
	var v violations
	v.text("executionArn", text, longestARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	if _, err := arnOf(text, "execution"); err != nil {
		return nil, err
	}
	if e, ok := s.executions.Load(text); ok {
		e := e.(*execution)
		if e.replayed != nil {
			<-e.replayed
		}
		return e, nil
	}
	if e := s.stored(text); e != nil {
		return e, nil
	}
	return nil, noExecution(text)
}

// DescribeExecution tells an execution.
func (s *Service) DescribeExecution(in *DescribeExecutionInput) (*DescribeExecutionOutput, error) {
	if err := checkIncluded(in.IncludedData); err != nil {
		return nil, err
	}
	e, err := s.executionOf(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.describe(in.IncludedData != metadataOnly)
	out.RedriveStatus, out.RedriveStatusReason = e.redrivable()
	return out, nil
}

// describe is what all answers about an execution say. e.mu is held.
func (e *execution) describe(withData bool) *DescribeExecutionOutput {
	out := &DescribeExecutionOutput{
		ExecutionArn: e.run.ARN, StateMachineArn: e.stateMachineARN(), Name: e.run.Name, Status: e.status,
		StartDate: epoch.Of(e.run.StartTime), StopDate: optionalTime(e.stopped), TraceHeader: e.traceInput,
		MapRunArn: e.run.MapRunARN, StateMachineVersionArn: e.run.VersionARN, StateMachineAliasArn: e.run.AliasARN,
		RedriveCount: e.redrives, RedriveDate: optionalTime(e.redriven),
	}
	if !withData {
		out.InputDetails = &DataDetails{false}
		return out
	}
	input := e.inputText()
	out.Input, out.InputDetails = &input, &DataDetails{true}
	if e.output.Present() {
		out.Output, out.OutputDetails = optionalText(e.output), &DataDetails{true}
	}
	out.Error, out.Cause = optionalText(e.error), optionalText(e.cause)
	return out
}

func (e *execution) inputText() string {
	if e.run.InputText != "" {
		return e.run.InputText
	}
	return e.run.Input.String()
}

func optionalText(t history.Text) *string {
	if !t.Present() {
		return nil
	}
	s := t.String()
	return &s
}

// stateMachineARN is the machine's, with the label of the Distributed Map whose child e is.
func (e *execution) stateMachineARN() string { return e.run.MachineARN }

// DescribeStateMachineForExecution tells the revision that an execution runs.
func (s *Service) DescribeStateMachineForExecution(in *DescribeExecutionInput) (*DescribeStateMachineOutput, error) {
	if err := checkIncluded(in.IncludedData); err != nil {
		return nil, err
	}
	e, err := s.executionOf(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := e.machine.describe(e.revision, in.IncludedData)
	updated := epoch.Of(e.revision.updated)
	out.StateMachineArn, out.UpdateDate, out.Label, out.MapRunArn = e.stateMachineARN(), &updated, e.label, e.run.MapRunARN
	return out, nil
}

// ListExecutionsInput are the parameters of ListExecutions.
type ListExecutionsInput struct {
	StateMachineArn string `json:"stateMachineArn"`
	MapRunArn       string `json:"mapRunArn"`
	StatusFilter    string `json:"statusFilter"`
	RedriveFilter   string `json:"redriveFilter"`
	Page
}

// ListExecutionsOutput is the answer of ListExecutions.
type ListExecutionsOutput struct {
	Executions []ExecutionListItem `json:"executions"`
	NextToken  *string             `json:"nextToken,omitempty"`
}

// ExecutionListItem is one execution in a list.
type ExecutionListItem struct {
	ExecutionArn           string         `json:"executionArn"`
	StateMachineArn        string         `json:"stateMachineArn"`
	Name                   string         `json:"name"`
	Status                 machine.Status `json:"status"`
	StartDate              epoch.Time     `json:"startDate"`
	StopDate               *epoch.Time    `json:"stopDate,omitempty"`
	MapRunArn              string         `json:"mapRunArn,omitempty"`
	ItemCount              *int           `json:"itemCount,omitempty"`
	StateMachineVersionArn string         `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasArn   string         `json:"stateMachineAliasArn,omitempty"`
	RedriveCount           int            `json:"redriveCount"`
	RedriveDate            *epoch.Time    `json:"redriveDate,omitempty"`
}

// In the order in which AWS lists them in its error.
var executionStatuses = []string{"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"}

// ListExecutions lists executions, the latest first: a machine's, a version's or an alias's, or the children of a map run.
func (s *Service) ListExecutions(in *ListExecutionsInput) (*ListExecutionsOutput, error) {
	var v violations
	v.page(in.Page, longestTokenOfList)
	v.oneOf("statusFilter", in.StatusFilter, executionStatuses)
	v.oneOf("redriveFilter", in.RedriveFilter, []string{"REDRIVEN", "NOT_REDRIVEN"})
	if err := v.err(); err != nil {
		return nil, err
	}
	if (in.StateMachineArn == "") == (in.MapRunArn == "") {
		return nil, validation("Must specify exactly one of stateMachineArn or mapRunArn")
	}
	list, name, err := s.listOf(in)
	if err != nil {
		return nil, err
	}
	from, err := in.openToken(name, list.end())
	if err != nil {
		return nil, err
	}
	out := &ListExecutionsOutput{Executions: []ExecutionListItem{}}
	next := list.descend(from, func(e *execution) bool {
		item, ok := e.listItem(in)
		if ok && len(out.Executions) == in.size() {
			return false
		}
		if ok {
			out.Executions = append(out.Executions, item)
		}
		return true
	})
	if next > 0 {
		out.NextToken = sealToken(name, next)
	}
	return out, nil
}

// listOf is the list that a call wants, and its name for tokens.
func (s *Service) listOf(in *ListExecutionsInput) (l lister, name string, err error) {
	if in.MapRunArn != "" {
		run, err := s.mapRunOf(in.MapRunArn)
		if err != nil {
			return nil, "", err
		}
		l, err = s.listIn(run.arn, "", in.StatusFilter, &run.mu, func() *index { return &run.children })
		return l, in.MapRunArn + in.StatusFilter, err
	}
	m, a, err := s.machineAt(in.StateMachineArn)
	if err != nil {
		return nil, "", err
	}
	if m.kind == Express {
		return nil, "", notExpress()
	}
	if a.rest != "" && !m.has(a.rest) {
		return nil, "", noReference()
	}
	l, err = s.listIn(m.id, a.rest, in.StatusFilter, &m.mu, func() *index {
		if a.rest != "" {
			return m.qualified[a.rest]
		}
		return &m.executions
	})
	return l, a.text + " " + in.StatusFilter, err
}

// has tells whether a qualifier names one of m's versions or aliases.
func (m *stateMachine) has(qualifier string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, isAlias := m.aliases.get(qualifier)
	return isAlias || m.version(qualifier) != nil
}

// listIn is a list in the store or, where there is none, of an index in memory.
func (s *Service) listIn(shelf, qualifier, status string, mu *sync.RWMutex, ix func() *index) (lister, error) {
	if s.cloud.keep.on() {
		return s.storedList(shelf, qualifier, status)
	}
	mu.RLock()
	defer mu.RUnlock()
	return lockedList{ix().of(status), mu}, nil
}

// listItem is e in a list; false where the filters of the call leave it out.
func (e *execution) listItem(in *ListExecutionsInput) (ExecutionListItem, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.evicted || in.StatusFilter != "" && string(e.status) != in.StatusFilter || in.RedriveFilter != "" && (in.RedriveFilter == "REDRIVEN") != (e.redrives > 0) {
		return ExecutionListItem{}, false
	}
	item := ExecutionListItem{
		ExecutionArn: e.run.ARN, StateMachineArn: e.stateMachineARN(), Name: e.run.Name, Status: e.status,
		StartDate: epoch.Of(e.run.StartTime), StopDate: optionalTime(e.stopped), MapRunArn: e.run.MapRunARN,
		StateMachineVersionArn: e.run.VersionARN, StateMachineAliasArn: e.run.AliasARN,
		RedriveCount: e.redrives, RedriveDate: optionalTime(e.redriven),
	}
	if e.run.MapRunARN != "" {
		item.ItemCount = &e.itemCount
	}
	return item, true
}
