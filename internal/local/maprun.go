package local

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// mapRun is the run of a Distributed Map, as its machine last told it, with its child executions.
type mapRun struct {
	arn   string
	owner *execution // nil where it is over and in the store

	mu       sync.RWMutex
	state    machine.MapRun
	children index
	lastSeq  int64
}

// noteMapRun files what the machine of e tells of a map run.
func (s *Service) noteMapRun(e *execution, r machine.MapRun) {
	found, known := s.mapRuns.LoadOrStore(r.ARN, &mapRun{arn: r.ARN, owner: e, state: r})
	run := found.(*mapRun)
	if known {
		run.mu.Lock()
		run.state = r
		run.mu.Unlock()
		return
	}
	e.mu.Lock()
	e.mapRuns = append(e.mapRuns, run)
	e.mu.Unlock()
}

// record is run as the store has it.
func (run *mapRun) record() mapRunRecord {
	run.mu.RLock()
	defer run.mu.RUnlock()
	r := mapRunRecord{run.state.Execution.ARN, run.state.Execution.Redrives, run.state}
	r.State.Execution = nil
	return r
}

// moved implements home.
func (run *mapRun) moved(e *execution, from, to machine.Status) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.children.move(e, from, to)
}

// dropped implements home.
func (run *mapRun) dropped(e *execution) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.children.drop(e)
}

// startChild runs a child execution of a map run of parent's. Express children leave no trace but logs.
func (s *Service) startChild(ctx context.Context, parent *execution, c *machine.Child, r machine.Replier) {
	r.Park()
	if err := s.mayRunChild(parent, c); err != nil {
		r.Failed(machine.Failure{Error: "StepFunctions.AccessDeniedException", Cause: history.Verbatim(err.Error())})
		return
	}
	if c.Execution.Express {
		go s.runExpressChild(ctx, parent, c, r)
		return
	}
	e, err := s.child(parent, c)
	if err == nil && e.is(machine.RunningStatus) {
		s.executions.Store(e.run.ARN, e)
		err = s.launch(e)
	}
	if err != nil {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())})
		return
	}
	go e.answerParent(ctx, r)
}

// mayRunChild holds the role of a distributed Map's machine to its policies: it starts and follows its children.
// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
func (s *Service) mayRunChild(parent *execution, c *machine.Child) error {
	role := parent.run.RoleARN
	if err := s.cloud.mayAll(role, parent.machine.arn, nil, "states:StartExecution"); err != nil {
		return err
	}
	return s.cloud.mayAll(role, c.Execution.ARN, nil, "states:DescribeExecution")
}

// child is a new child execution or, where the parent goes on after the process ended, the one that it had started.
func (s *Service) child(parent *execution, c *machine.Child) (*execution, error) {
	if e := s.stored(c.Execution.ARN); e != nil {
		e.program = c.Program
		if e.is(machine.RunningStatus) {
			return e, e.resume()
		}
		return e, nil
	}
	run, err := s.mapRunOf(c.Execution.MapRunARN)
	if err != nil {
		return nil, err
	}
	e := &execution{service: s, machine: parent.machine, revision: parent.revision, program: c.Program, run: c.Execution, label: c.Label, shelf: run.arn,
		mockCase: parent.mockCase, itemCount: itemsOf(c.Execution.Input), seed: rand.Uint64(), status: machine.RunningStatus, done: make(chan struct{})}
	run.mu.Lock()
	run.lastSeq = max(run.lastSeq, s.cloud.keep.last(run)) + 1
	e.seq = run.lastSeq
	if !s.cloud.keep.on() {
		e.home = run
		run.children.add(e)
	}
	run.mu.Unlock()
	s.cloud.keep.started(e, "")
	return e, nil
}

// answerParent tells the map run how e ended; a map run that is over stops it.
func (e *execution) answerParent(ctx context.Context, r machine.Replier) {
	select {
	case <-e.done:
	case <-ctx.Done():
		e.stop(history.Text{}, history.Text{})
		return
	}
	e.mu.Lock()
	result := machine.Result{Status: e.status, Error: e.error, Cause: e.cause}
	output := e.output
	e.mu.Unlock()
	answerChild(r, result, output)
}

func answerChild(r machine.Replier, result machine.Result, output history.Text) {
	switch result.Status {
	case machine.RunningStatus:
	case machine.Succeeded:
		r.Succeeded(output)
	case machine.TimedOut:
		r.TimedOut()
	default:
		r.Failed(machine.Failure{Error: result.Error.String(), Cause: result.Cause})
	}
}

func (s *Service) runExpressChild(ctx context.Context, parent *execution, c *machine.Child, r machine.Replier) {
	env, err := s.environment(c.Execution, parent.machine, parent.mockCase)
	if err != nil {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())})
		return
	}
	log := s.logOf(parent.machine, parent.revision)
	if log != nil {
		env.Emit = func(ev *history.Event) { log.write(ev, history.Log{ExecutionARN: c.Execution.ARN}) }
	}
	defer log.close()
	result := c.Program.Run(ctx, c.Execution, env)
	answerChild(r, result, history.JSON(result.Output))
}

// itemsOf is how many items a child got: a batch has them in Items.
func itemsOf(input value.Value) int {
	if items, ok := input.Get("Items"); ok && items.Kind() == value.Array {
		return items.Len()
	}
	return 1
}

// longestMapRunARN is LongArn in AWS's model.
const longestMapRunARN = 2000

func (s *Service) mapRunOf(text string) (*mapRun, error) {
	var v violations
	v.text("mapRunArn", text, longestMapRunARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	if _, err := arnOf(text, "mapRun"); err != nil {
		return nil, err
	}
	if run, ok := s.mapRuns.Load(text); ok {
		return run.(*mapRun), nil
	}
	if run := s.storedMapRun(text); run != nil {
		return run, nil
	}
	return nil, noResource(text)
}

// MapRunInput are the parameters of DescribeMapRun.
type MapRunInput struct {
	MapRunArn string `json:"mapRunArn"`
}

// MapRunCounts counts the items or the child executions of a map run.
type MapRunCounts struct {
	Pending               int `json:"pending"`
	Running               int `json:"running"`
	Succeeded             int `json:"succeeded"`
	Failed                int `json:"failed"`
	TimedOut              int `json:"timedOut"`
	Aborted               int `json:"aborted"`
	Total                 int `json:"total"`
	ResultsWritten        int `json:"resultsWritten"`
	FailuresNotRedrivable int `json:"failuresNotRedrivable"`
	PendingRedrive        int `json:"pendingRedrive"`
}

// DescribeMapRunOutput is the answer of DescribeMapRun.
type DescribeMapRunOutput struct {
	MapRunArn                  string         `json:"mapRunArn"`
	ExecutionArn               string         `json:"executionArn"`
	Status                     machine.Status `json:"status"`
	StartDate                  epoch.Time     `json:"startDate"`
	StopDate                   *epoch.Time    `json:"stopDate,omitempty"`
	MaxConcurrency             int            `json:"maxConcurrency"`
	ToleratedFailurePercentage float64        `json:"toleratedFailurePercentage"`
	ToleratedFailureCount      int            `json:"toleratedFailureCount"`
	ItemCounts                 MapRunCounts   `json:"itemCounts"`
	ExecutionCounts            MapRunCounts   `json:"executionCounts"`
	RedriveCount               int            `json:"redriveCount"`
}

// DescribeMapRun tells a map run.
func (s *Service) DescribeMapRun(in *MapRunInput) (*DescribeMapRunOutput, error) {
	run, err := s.mapRunOf(in.MapRunArn)
	if err != nil {
		return nil, err
	}
	run.mu.RLock()
	defer run.mu.RUnlock()
	r := run.state
	return &DescribeMapRunOutput{
		MapRunArn: r.ARN, ExecutionArn: r.Execution.ARN, Status: r.Status, StartDate: epoch.Of(r.Start), StopDate: optionalTime(r.Stop),
		MaxConcurrency: r.MaxConcurrency, ToleratedFailurePercentage: r.ToleratedFailurePercentage, ToleratedFailureCount: r.ToleratedFailureCount,
		ItemCounts: countsOf(r.Items), ExecutionCounts: countsOf(r.Children), RedriveCount: r.Execution.Redrives,
	}, nil
}

func countsOf(c machine.Counts) MapRunCounts {
	return MapRunCounts{
		Pending: c.Pending, Running: c.Running, Succeeded: c.Succeeded, Failed: c.Failed, TimedOut: c.TimedOut,
		Aborted: c.Aborted, Total: c.Total, ResultsWritten: c.ResultsWritten,
	}
}

// ListMapRunsInput are the parameters of ListMapRuns.
type ListMapRunsInput struct {
	ExecutionArn string `json:"executionArn"`
	Page
}

// ListMapRunsOutput is the answer of ListMapRuns.
type ListMapRunsOutput struct {
	MapRuns   []MapRunListItem `json:"mapRuns"`
	NextToken *string          `json:"nextToken,omitempty"`
}

// MapRunListItem is one map run in a list.
type MapRunListItem struct {
	ExecutionArn    string      `json:"executionArn"`
	MapRunArn       string      `json:"mapRunArn"`
	StateMachineArn string      `json:"stateMachineArn"`
	StartDate       epoch.Time  `json:"startDate"`
	StopDate        *epoch.Time `json:"stopDate,omitempty"`
}

// ListMapRuns lists the map runs that an execution started.
func (s *Service) ListMapRuns(in *ListMapRunsInput) (*ListMapRunsOutput, error) {
	var v violations
	v.page(in.Page, longestToken)
	if err := v.err(); err != nil {
		return nil, err
	}
	e, err := s.executionOf(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	runs := e.mapRuns
	e.mu.Unlock()
	part, next, err := pageOf("map runs "+in.ExecutionArn, runs, in.Page)
	if err != nil {
		return nil, err
	}
	out := &ListMapRunsOutput{MapRuns: make([]MapRunListItem, len(part)), NextToken: next}
	for i, run := range part {
		run.mu.RLock()
		r := run.state
		run.mu.RUnlock()
		out.MapRuns[i] = MapRunListItem{e.run.ARN, r.ARN, s.mappedMachine(r.ARN), epoch.Of(r.Start), optionalTime(r.Stop)}
	}
	return out, nil
}

// UpdateMapRunInput are the parameters of UpdateMapRun.
type UpdateMapRunInput struct {
	MapRunArn                  string   `json:"mapRunArn"`
	MaxConcurrency             *int     `json:"maxConcurrency"`
	ToleratedFailurePercentage *float64 `json:"toleratedFailurePercentage"`
	ToleratedFailureCount      *int     `json:"toleratedFailureCount"`
}

// mappedMachine is the labelled ARN of the state machine that a map run's children run.
func (s *Service) mappedMachine(mapRunARN string) string {
	a, err := parseARN(mapRunARN)
	if err != nil { // of our own making
		return ""
	}
	return s.arn("stateMachine", a.name+"/"+a.label)
}

// UpdateMapRun changes the limits of a map run that is under way.
func (s *Service) UpdateMapRun(in *UpdateMapRunInput) (*Empty, error) {
	run, err := s.mapRunOf(in.MapRunArn)
	if err != nil {
		return nil, err
	}
	var v violations
	if in.MaxConcurrency != nil && *in.MaxConcurrency < 0 {
		v.add(*in.MaxConcurrency, "maxConcurrency", "Member must have value greater than or equal to 0")
	}
	if in.ToleratedFailureCount != nil && *in.ToleratedFailureCount < 0 {
		v.add(*in.ToleratedFailureCount, "toleratedFailureCount", "Member must have value greater than or equal to 0")
	}
	if p := in.ToleratedFailurePercentage; p != nil && (*p < 0 || *p > 100) {
		v.add(*p, "toleratedFailurePercentage", "Member must have value between 0 and 100")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	run.mu.RLock()
	status := run.state.Status
	run.mu.RUnlock()
	if status != machine.RunningStatus {
		return nil, &Error{Code: "ValidationException", Reason: "CANNOT_UPDATE_COMPLETED_MAP_RUN", Message: "Map Run: '" + in.MapRunArn + "' is already completed"}
	}
	s.cloud.updateMapRun(run.owner, machine.MapRunUpdate{ARN: in.MapRunArn, MaxConcurrency: in.MaxConcurrency,
		ToleratedFailureCount: in.ToleratedFailureCount, ToleratedFailurePercentage: in.ToleratedFailurePercentage})
	return &Empty{}, nil
}

// updateMapRun tells e's machine of new limits, while it runs.
func (c *Cloud) updateMapRun(e *execution, u machine.MapRunUpdate) {
	if c.keep.on() {
		c.keep.accept(e, "", machine.Input{Kind: machine.MapRunUpdated, Update: &u})
	}
	e.mu.Lock()
	control := e.control
	e.mu.Unlock()
	if control != nil {
		control.UpdateMapRun(u)
	}
}
