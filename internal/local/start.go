package local

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// StartExecutionInput are the parameters of StartExecution and StartSyncExecution.
type StartExecutionInput struct {
	StateMachineArn string  `json:"stateMachineArn"`
	Name            *string `json:"name"`
	Input           *string `json:"input"`
	TraceHeader     string  `json:"traceHeader"`
	IncludedData    string  `json:"includedData"`

	parent string // the task that starts the execution, where one does
}

// read takes the parameters from parsed JSON: starts are too frequent for reflection.
func (in *StartExecutionInput) read(v value.Value) error {
	for _, m := range v.Members() {
		if m.Value.Kind() == value.Null {
			continue
		}
		if m.Value.Kind() != value.String {
			return errorf("SerializationException", "%s cannot be of type %s", m.Name, m.Value.Kind())
		}
		text := m.Value.Str()
		switch m.Name {
		case "stateMachineArn":
			in.StateMachineArn = text
		case "name":
			in.Name = &text
		case "input":
			in.Input = &text
		case "traceHeader":
			in.TraceHeader = text
		case "includedData":
			in.IncludedData = text
		}
	}
	return nil
}

// StartExecutionOutput is the answer of StartExecution.
type StartExecutionOutput struct {
	ExecutionArn string     `json:"executionArn"`
	StartDate    epoch.Time `json:"startDate"`
}

func (out *StartExecutionOutput) append(dst []byte) []byte {
	dst = value.OfString(out.ExecutionArn).AppendJSON(append(dst, `{"executionArn":`...))
	return append(out.StartDate.Append(append(dst, `,"startDate":`...)), '}')
}

// target is what an ARN given to start says to run.
type target struct {
	machine    *stateMachine
	revision   *revision
	aliasARN   string
	versionARN string
	mockCase   string
	qualifiers []string // of the lists that the execution goes to
}

// targetOf finds what to run: a machine's current revision, a version, the version that an alias picks; "#case" picks mocks.
func (s *Service) targetOf(text string) (target, error) {
	text, mockCase, _ := strings.Cut(text, "#")
	m, a, err := s.machineAt(text)
	if err != nil {
		return target{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := target{machine: m, revision: m.current, mockCase: mockCase}
	if a.rest == "" {
		return t, nil
	}
	number := a.rest
	if al, ok := m.aliases.get(a.rest); ok {
		t.aliasARN = text
		t.qualifiers = append(t.qualifiers, a.rest)
		picked := al.pick()
		number = picked[strings.LastIndexByte(picked, ':')+1:]
	}
	v := m.version(number)
	if v == nil {
		return target{}, noMachine(text)
	}
	t.revision, t.versionARN = v.revision, m.versionARN(v.number)
	t.qualifiers = append(t.qualifiers, number)
	return t, nil
}

// started is a start's parameters, checked.
type started struct {
	target
	name      string
	named     bool // by the caller
	input     value.Value
	inputText string
	trace     string
	parent    string
}

func (s *Service) checkStart(in *StartExecutionInput) (*started, error) {
	st := &started{inputText: "{}", trace: in.TraceHeader, parent: in.parent}
	if in.Name != nil {
		st.name, st.named = *in.Name, true
		if err := checkName(st.name); err != nil {
			return nil, err
		}
	}
	if in.Input != nil {
		st.inputText = *in.Input
	}
	var v violations
	if len(st.inputText) > longestData {
		v.optional("input", st.inputText, longestData)
	}
	v.oneOf("includedData", in.IncludedData, []string{allData, metadataOnly})
	v.optional("traceHeader", in.TraceHeader, 256)
	if err := v.err(); err != nil {
		return nil, err
	}
	var err error
	if st.target, err = s.targetOf(in.StateMachineArn); err != nil {
		return nil, err
	}
	if st.input, err = value.Parse(st.inputText); err != nil {
		return nil, errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", jacksonWords(st.inputText, err))
	}
	if st.name == "" {
		st.name = uuid.New()
	}
	return st, nil
}

// described is the execution as the machine is told of it.
func (st *started) described(now time.Time, arn string) *machine.Execution {
	return &machine.Execution{
		ARN: arn, Name: st.name, StartTime: now, Input: st.input, InputText: st.inputText, RoleARN: st.revision.roleARN,
		MachineARN: st.machine.arn, MachineName: st.machine.name, AliasARN: st.aliasARN, VersionARN: st.versionARN,
		Express: st.machine.kind == Express,
	}
}

// StartExecution starts an execution and does not wait for it. AWS: the same name with the same input, while that execution
// runs, is the same start; another use of a name is refused. Express executions may share names, and leave no trace but logs.
func (s *Service) StartExecution(in *StartExecutionInput) (*StartExecutionOutput, error) {
	st, err := s.checkStart(in)
	if err != nil {
		return nil, err
	}
	if err := s.mayStart(st, false); err != nil {
		return nil, err
	}
	now := s.cloud.Now()
	if st.machine.kind == Express {
		x := s.newExpress(st, now)
		s.cloud.keep.express(x)
		go x.background()
		return &StartExecutionOutput{x.run.ARN, epoch.Of(now)}, nil
	}
	e, isNew, err := s.admit(st, now)
	if err != nil {
		return nil, err
	}
	if isNew {
		if err := s.launch(e); err != nil {
			return nil, err
		}
	}
	return &StartExecutionOutput{e.run.ARN, epoch.Of(e.run.StartTime)}, nil
}

// admit registers a Standard execution, or finds the one that the start repeats.
func (s *Service) admit(st *started, now time.Time) (e *execution, isNew bool, err error) {
	m := st.machine
	program, err := st.revision.compiled()
	if err != nil {
		return nil, false, err
	}
	e = &execution{
		service: s, machine: m, shelf: m.id, revision: st.revision, program: program, traceInput: st.trace, mockCase: st.mockCase, parent: st.parent,
		run:  st.described(now, s.arn("execution", m.name+":"+st.name)),
		seed: rand.Uint64(), status: machine.RunningStatus, done: make(chan struct{}),
	}
	if old := s.taken(e, st.named); old != nil {
		if old.repeatedBy(st) {
			return old, false, nil
		}
		return nil, false, errorf("ExecutionAlreadyExists", "Execution Already Exists: '%s'", e.run.ARN)
	}
	m.admit(e, st)
	s.cloud.keep.started(e, "")
	return e, true, nil
}

// taken registers e, unless its name is another one's; only a name that was given can be.
func (s *Service) taken(e *execution, named bool) *execution {
	if old, taken := s.executions.LoadOrStore(e.run.ARN, e); taken {
		return old.(*execution)
	}
	if !named {
		return nil
	}
	old := s.stored(e.run.ARN)
	if old != nil {
		s.executions.CompareAndDelete(e.run.ARN, e)
	}
	return old
}

// repeatedBy says whether a start is the one that made e: the same while e runs or, after the process ended, by the same task.
func (e *execution) repeatedBy(st *started) bool {
	if e.run.InputText != st.inputText {
		return false
	}
	return e.is(machine.RunningStatus) || st.parent != "" && e.parent == st.parent
}

// admit gives e its place.
func (m *stateMachine) admit(e *execution, st *started) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastSeq++
	e.seq = m.lastSeq
	if m.service.cloud.keep.on() {
		return
	}
	e.home = m
	m.executions.add(e)
	for _, q := range st.qualifiers {
		if m.qualified == nil {
			m.qualified = map[string]*index{}
		}
		if m.qualified[q] == nil {
			m.qualified[q] = &index{}
		}
		m.qualified[q].add(e)
	}
}

// indexes are all that list e.  m.mu is held.
func (m *stateMachine) indexes(e *execution) []*index {
	found := []*index{&m.executions}
	for _, arn := range []string{e.run.AliasARN, e.run.VersionARN} {
		if arn != "" {
			if ix := m.qualified[arn[strings.LastIndexByte(arn, ':')+1:]]; ix != nil { // nil when the machine was deleted
				found = append(found, ix)
			}
		}
	}
	return found
}

// moved implements home.
func (m *stateMachine) moved(e *execution, from, to machine.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ix := range m.indexes(e) {
		ix.move(e, from, to)
	}
}

// dropped implements home.
func (m *stateMachine) dropped(e *execution) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ix := range m.indexes(e) {
		ix.drop(e)
	}
}

// launch runs e in the background: from its start or, where it has run before, on from its journal.
func (s *Service) launch(e *execution) error {
	env, err := s.environment(e.run, e.machine, e.mockCase)
	if err != nil {
		return err
	}
	log := s.logOf(e.machine, e.revision)
	env.Emit = func(ev *history.Event) {
		if redrives, isNew := e.record(ev); isNew {
			log.write(ev, history.Log{ExecutionARN: e.run.ARN, RedriveCount: int64(redrives)})
		}
	}
	env.MapRun = func(r machine.MapRun) { s.noteMapRun(e, r) }
	e.repeatable(env)
	env.StartChild = func(ctx context.Context, c *machine.Child, r machine.Replier) { s.startChild(ctx, e, c, r) }
	s.journalled(e, env, log)
	control := e.program.Start(e.run, env)
	if len(e.journal) > 0 || e.resumed {
		control.Replay(e.journal)
	}
	for _, u := range e.updates {
		control.UpdateMapRun(u)
	}
	e.mu.Lock()
	e.control = control
	e.mu.Unlock()
	if !e.resumed {
		s.cloud.notify(e)
	}
	go e.finish(control, log)
	return nil
}

// journalled lets env keep e's journal, in memory or in the store. With a store, no task starts before what led to it is on disk.
func (s *Service) journalled(e *execution, env *machine.Env, log *executionLog) {
	k := &s.cloud.keep
	if !k.on() {
		env.Journal = func(in machine.Input) { e.journal = append(e.journal, in) }
		return
	}
	env.Journal = func(in machine.Input) { k.input(e, in) }
	env.Replayed = func() { k.store.Then(e.ready) }
	start := env.StartTask
	env.StartTask = func(ctx context.Context, t *machine.Task, r machine.Replier) {
		k.store.Then(func() {
			if ctx.Err() == nil {
				start(ctx, t, r)
			}
		})
	}
	log.resumed(e.logged, func(event int64) { k.logged(e, event) })
}

// record keeps an event; one that a replayed run emits again is kept already.
func (e *execution) record(ev *history.Event) (redrives int, isNew bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ev.ID <= int64(len(e.events)) {
		return e.redrives, false
	}
	e.events = append(e.events, ev)
	return e.redrives, true
}

// repeatable gives env ids and random numbers that a replay of e makes again.
func (e *execution) repeatable(env *machine.Env) {
	source := rand.New(rand.NewPCG(e.seed, uint64(e.seq)))
	env.Random = source.Float64
	env.NewID = func() string { return uuid.From(source.Uint64(), source.Uint64()) }
}

// finish waits for the execution's end and files it.
func (e *execution) finish(control *machine.Run, log *executionLog) {
	result := control.Wait(context.Background())
	log.close()
	e.mu.Lock()
	from := e.status
	e.status, e.stopped = result.Status, result.Time
	if result.Status == machine.Succeeded {
		e.output = history.JSON(result.Output)
	}
	if result.Status != machine.TimedOut { // AWS tells that only in the event
		e.error, e.cause = result.Error, result.Cause
	}
	e.control = nil
	e.packed, e.events = history.Pack(e.events), nil
	if result.Status == machine.Succeeded || e.home == nil { // never redriven, or read from the store where it is
		e.journal = nil
	}
	done := e.done
	e.mu.Unlock()
	e.ready()
	e.moved(from, result.Status)
	if k := &e.service.cloud.keep; k.on() {
		k.finished(e)
	} else {
		e.service.retire(e)
	}
	close(done)
	e.service.cloud.notify(e)
}

// express is one execution of an Express machine: nothing keeps it when it is over.
type express struct {
	service *Service
	started *started
	run     *machine.Execution
}

func (s *Service) newExpress(st *started, now time.Time) *express {
	arn := s.arn("express", st.machine.name+":"+st.name+":"+uuid.New())
	return &express{s, st, st.described(now, arn)}
}

// finish runs the execution to its end.
func (x *express) finish(ctx context.Context) (machine.Result, error) {
	env, err := x.service.environment(x.run, x.started.machine, x.started.mockCase)
	if err != nil {
		return machine.Result{}, err
	}
	log := x.service.logOf(x.started.machine, x.started.revision)
	if log != nil {
		env.Emit = func(ev *history.Event) { log.write(ev, history.Log{ExecutionARN: x.run.ARN}) }
	}
	defer log.close()
	program, err := x.started.revision.compiled()
	if err != nil {
		return machine.Result{}, err
	}
	return program.Start(x.run, env).Wait(ctx), nil
}

// StartSyncExecutionOutput is the answer of StartSyncExecution.
type StartSyncExecutionOutput struct {
	ExecutionArn    string         `json:"executionArn"`
	StateMachineArn string         `json:"stateMachineArn"`
	Name            string         `json:"name"`
	StartDate       epoch.Time     `json:"startDate"`
	StopDate        epoch.Time     `json:"stopDate"`
	Status          machine.Status `json:"status"`
	Error           *string        `json:"error,omitempty"`
	Cause           *string        `json:"cause,omitempty"`
	Input           *string        `json:"input,omitempty"`
	InputDetails    *DataDetails   `json:"inputDetails,omitempty"`
	Output          *string        `json:"output,omitempty"`
	OutputDetails   *DataDetails   `json:"outputDetails,omitempty"`
	TraceHeader     string         `json:"traceHeader,omitempty"`
	BillingDetails  BillingDetails `json:"billingDetails"`
}

func (out *StartSyncExecutionOutput) append(dst []byte) []byte {
	text := func(name, s string) {
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		dst = value.OfString(s).AppendJSON(dst)
	}
	optional := func(name string, s *string) {
		if s != nil {
			text(name, *s)
		}
	}
	details := func(name string, d *DataDetails) {
		if d != nil {
			dst = append(append(append(dst, `,"`...), name...), `":{"included":`...)
			dst = append(strconv.AppendBool(dst, d.Included), '}')
		}
	}
	dst = slices.Grow(dst, len(pointee(out.Input))*5/4+len(pointee(out.Output))*5/4+len(pointee(out.Cause))+768)
	dst = append(dst, `{"startDate":`...)
	dst = append(out.StartDate.Append(dst), `,"stopDate":`...)
	dst = out.StopDate.Append(dst)
	text("executionArn", out.ExecutionArn)
	text("stateMachineArn", out.StateMachineArn)
	text("name", out.Name)
	text("status", string(out.Status))
	optional("error", out.Error)
	optional("cause", out.Cause)
	optional("input", out.Input)
	details("inputDetails", out.InputDetails)
	optional("output", out.Output)
	details("outputDetails", out.OutputDetails)
	if out.TraceHeader != "" {
		text("traceHeader", out.TraceHeader)
	}
	dst = append(dst, `,"billingDetails":{"billedMemoryUsedInMB":`...)
	dst = strconv.AppendInt(dst, int64(out.BillingDetails.BilledMemoryUsedInMB), 10)
	dst = append(dst, `,"billedDurationInMilliseconds":`...)
	return append(strconv.AppendInt(dst, out.BillingDetails.BilledDurationInMilliseconds, 10), '}', '}')
}

// BillingDetails is what AWS would bill an Express execution for.
type BillingDetails struct {
	BilledMemoryUsedInMB         int   `json:"billedMemoryUsedInMB"`
	BilledDurationInMilliseconds int64 `json:"billedDurationInMilliseconds"`
}

// AWS: Step Functions pricing, Express: memory in chunks of 64 MB, duration rounded up to 100 ms.
const (
	billedMemoryMB = 64
	billedStep     = 100 * time.Millisecond
)

// StartSyncExecution runs an Express machine and answers when it is over.
func (s *Service) StartSyncExecution(ctx context.Context, in *StartExecutionInput) (*StartSyncExecutionOutput, error) {
	st, err := s.checkStart(in)
	if err != nil {
		return nil, err
	}
	if st.machine.kind != Express {
		return nil, notExpress()
	}
	if err := s.mayStart(st, true); err != nil {
		return nil, err
	}
	x := s.newExpress(st, s.cloud.Now())
	result, err := x.finish(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	return x.answer(result, in), nil
}

func (x *express) answer(result machine.Result, in *StartExecutionInput) *StartSyncExecutionOutput {
	billed := (result.Time.Sub(x.run.StartTime) + billedStep - 1) / billedStep * billedStep
	out := &StartSyncExecutionOutput{
		ExecutionArn: x.run.ARN, StateMachineArn: x.run.MachineARN, Name: x.run.Name, Status: result.Status,
		StartDate: epoch.Of(x.run.StartTime), StopDate: epoch.Of(result.Time), TraceHeader: in.TraceHeader,
		BillingDetails: BillingDetails{billedMemoryMB, max(billed, billedStep).Milliseconds()},
		Error:          optionalText(result.Error), Cause: optionalText(result.Cause),
	}
	if in.IncludedData == metadataOnly {
		out.InputDetails = &DataDetails{false}
		return out
	}
	out.Input, out.InputDetails = &x.run.InputText, &DataDetails{true}
	if result.Status == machine.Succeeded {
		text := result.Output.String()
		out.Output, out.OutputDetails = &text, &DataDetails{true}
	}
	return out
}

// StopExecutionInput are the parameters of StopExecution.
type StopExecutionInput struct {
	ExecutionArn string  `json:"executionArn"`
	Error        *string `json:"error"`
	Cause        *string `json:"cause"`
}

// StopExecutionOutput is the answer of StopExecution.
type StopExecutionOutput struct {
	StopDate epoch.Time `json:"stopDate"`
}

// StopExecution aborts an execution; one that is over stays as it is.
func (s *Service) StopExecution(in *StopExecutionInput) (*StopExecutionOutput, error) {
	var v violations
	v.failure(in.Error, in.Cause)
	if err := v.err(); err != nil {
		return nil, err
	}
	e, err := s.executionOf(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	e.stop(textOf(in.Error), textOf(in.Cause))
	e.mu.Lock()
	defer e.mu.Unlock()
	return &StopExecutionOutput{epoch.Of(e.stopped)}, nil
}

// stop aborts e if it runs, and waits until it is over.
func (e *execution) stop(err, cause history.Text) {
	e.mu.Lock()
	control, done := e.control, e.done
	e.mu.Unlock()
	if control != nil {
		control.Stop(err, cause)
	}
	<-done
}

// forget drops the executions of a deleted machine; running ones end first, in the background.
func (s *Service) forget(m *stateMachine) {
	m.mu.Lock()
	all := m.executions.all.items
	m.executions, m.qualified = index{}, nil
	m.mu.Unlock()
	if s.cloud.keep.on() {
		s.executions.Range(func(_, e any) bool {
			if e := e.(*execution); e.machine == m {
				all = append(all, e)
			}
			return true
		})
	}
	go func() {
		for _, e := range all {
			e.stop(history.Text{}, history.Text{})
			s.executions.CompareAndDelete(e.run.ARN, e)
		}
		s.cloud.keep.clearMachine(m.id)
	}()
}

// GetExecutionHistoryInput are the parameters of GetExecutionHistory.
type GetExecutionHistoryInput struct {
	ExecutionArn         string `json:"executionArn"`
	ReverseOrder         bool   `json:"reverseOrder"`
	IncludeExecutionData *bool  `json:"includeExecutionData"`
	Page
}

// getExecutionHistory writes a page of an execution's events as JSON.
func (s *Service) getExecutionHistory(_ context.Context, in *GetExecutionHistoryInput) (json.RawMessage, error) {
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
	count := e.count()
	e.mu.Unlock()
	name := in.ExecutionArn + strconv.FormatBool(in.ReverseOrder)
	first := int64(0)
	if in.ReverseOrder {
		first = int64(count)
	}
	token, err := in.openToken(name, first)
	if err != nil || token < 0 || token > int64(count) {
		return nil, invalidToken()
	}
	from, to, next := int(token), min(int(token)+in.size(), count), 0
	if next = to; to == count {
		next = 0
	}
	if in.ReverseOrder {
		from, to = max(0, int(token)-in.size()), int(token)
		next = from
	}
	events := e.page(from, to)
	if in.ReverseOrder {
		events = slices.Clone(events)
		slices.Reverse(events)
	}
	text := appendHistory(events, in.IncludeExecutionData == nil || *in.IncludeExecutionData)
	if next > 0 {
		text = append(append(append(text, `,"nextToken":"`...), *sealToken(name, int64(next))...), '"')
	}
	return append(text, '}'), nil
}

// appendHistory writes an answer's events, without its end.
func appendHistory(events []*history.Event, withData bool) []byte {
	text := append(make([]byte, 0, 4096), `{"events":[`...)
	for i, e := range events {
		if i > 0 {
			text = append(text, ',')
		}
		text = e.AppendAPI(text, withData)
	}
	return append(text, ']')
}
