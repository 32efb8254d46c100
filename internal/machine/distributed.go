package machine

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// distributedConcurrency is how many child executions run at once where MaxConcurrency is 0. AWS: "Using Map state in
// Distributed mode".
const distributedConcurrency = 10_000

// distributedSpec is what a distributed Map has beside an inline one.
type distributedSpec struct {
	child               *Program
	express             bool
	label               string       // "": made up
	reader              *readerSpec  // nil: the items come from the input
	batcher             *batcherSpec // nil: one item a child
	writer              *writerSpec  // nil: the results are the state's
	toleratedCount      *valueField
	toleratedPercentage *valueField
}

func (c *compiler) distributedSpec(s *asl.State, m *mapSpec, inJSONata bool) (*distributedSpec, error) {
	d := &distributedSpec{label: s.Label, child: &Program{def: c.def, root: m.processor, family: true}}
	c.family = true
	d.express = s.Processor.ProcessorConfig.ExecutionType == "EXPRESS"
	var err error
	if d.toleratedCount, err = compileValueField("ToleratedFailureCount", s.ToleratedFailureCount, s.ToleratedFailureCountPath, inJSONata); err != nil {
		return nil, err
	}
	if d.toleratedPercentage, err = compileValueField("ToleratedFailurePercentage", s.ToleratedFailurePercentage,
		s.ToleratedFailurePercentagePath, inJSONata); err != nil {
		return nil, err
	}
	if d.reader, err = compileReader(s.ItemReader, inJSONata); err != nil {
		return nil, err
	}
	if d.batcher, err = compileBatcher(s.ItemBatcher, inJSONata); err != nil {
		return nil, err
	}
	d.writer, err = compileWriter(s.ResultWriter, inJSONata)
	return d, err
}

// A mapRun is a distributed Map at work: its child executions, and what they gave so far.
type mapRun struct {
	owner    *strand
	spec     *distributedSpec
	info     MapRun
	label    string
	id       string // the last part of its ARN
	inputs   []value.Value
	children []childRun
	next     int
	running  int
	failures int
	// counted and rated say whether a tolerated count and percentage were given.
	counted, rated bool
	closed         bool
	waiting        func(output history.Text) // for the reader's or writer's task
	waitFail       func(f Failure)
}

// childRun is one child execution, as the result writer describes it.
type childRun struct {
	exec   *Execution
	result Result
}

// startMapRun starts the run: it reads the items or has them.
func (s *strand) startMapRun(a *activation, items value.Value, limit int) error {
	spec := s.state.fan.distributed
	count, err := spec.toleratedCount.integer(a)
	if err != nil {
		return err
	}
	percent, err := spec.toleratedPercentage.percentage(a)
	if err != nil {
		return err
	}
	most, err := spec.reader.limit(a)
	if err != nil {
		return err
	}
	m := &mapRun{owner: s, spec: spec, id: s.run.env.NewID(), label: spec.labelIn(s), counted: spec.toleratedCount != nil, rated: spec.toleratedPercentage != nil}
	if limit == 0 {
		limit = distributedConcurrency
	}
	exec := s.run.exec
	m.info = MapRun{ARN: m.arn(exec), Execution: exec, State: s.state.name, Status: RunningStatus, Start: s.run.now,
		MaxConcurrency: limit, ToleratedFailureCount: count, ToleratedFailurePercentage: percent}
	s.mapRun = m
	s.run.mapRuns = append(s.run.mapRuns, m)
	m.event(history.MapRunStarted, history.Details{MapRunARN: m.info.ARN})
	m.tell()
	if spec.reader != nil {
		return m.read(a, most)
	}
	return m.start(mapItems(items, stateData))
}

// labelIn is the Label or, as AWS makes one up for a state without, a UUID that is the state's in its machine.
func (d *distributedSpec) labelIn(s *strand) string {
	if d.label != "" {
		return d.label
	}
	sum := sha256.Sum256([]byte(s.run.exec.MachineARN + s.state.def.Pointer))
	return uuid.From(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16]))
}

// arn names the run: arn:aws:states:REGION:ACCOUNT:mapRun:MACHINE/LABEL:ID.
func (m *mapRun) arn(exec *Execution) string { return m.sibling(exec, "mapRun") + ":" + m.id }

// sibling is the ARN of a thing of the kind that belongs to the Map state.
func (m *mapRun) sibling(exec *Execution, kind string) string {
	part := strings.SplitN(exec.ARN, ":", 7)
	if len(part) < 7 {
		return kind + ":" + exec.MachineName + "/" + m.label
	}
	return strings.Join([]string{part[0], part[1], part[2], part[3], part[4], kind, exec.MachineName + "/" + m.label}, ":")
}

// itemList is what a Map goes over: an array's items, or an object's members as {"Key": …, "Value": …}.
func itemList(v value.Value) []value.Value {
	if v.Kind() != value.Object {
		return v.Items()
	}
	items := make([]value.Value, 0, v.Len())
	for _, m := range v.Members() {
		items = append(items, object(str("Key", m.Name), member("Value", m.Value)))
	}
	return items
}

// mapItems is what a distributed Map goes over, each item as the context object shows it: of an object's member, the name and the
// value stand apart there.
func mapItems(v value.Value, source string) []mapItem {
	var items []mapItem
	for i, item := range itemList(v) {
		items = append(items, mapItem{index: i, input: item, value: item, source: source})
		if v.Kind() == value.Object {
			m := v.Members()[i]
			items[i].key, items[i].value = m.Name, m.Value
		}
	}
	return items
}

// event emits one of the run's events on the owner's chain.
func (m *mapRun) event(t history.Type, details history.Details) {
	s := m.owner
	var d *history.Details
	if s.run.recording && t != history.MapRunSucceeded {
		d = &details
	}
	s.prev = s.run.emit(s.prev, t, d)
}

func (m *mapRun) tell() {
	if m.owner.run.env.MapRun != nil {
		m.owner.run.env.MapRun(m.info)
	}
}

// start makes the children's inputs of the items and starts the first children.
func (m *mapRun) start(items []mapItem) error {
	inputs := make([]value.Value, 0, len(items))
	for i := range items {
		input, err := m.owner.state.fan.itemInput(m.owner, &items[i])
		if err != nil {
			return err
		}
		inputs = append(inputs, input)
	}
	var err error
	if m.spec.batcher != nil {
		a := &activation{run: m.owner.run, strand: m.owner, input: m.owner.effective}
		if inputs, err = m.spec.batcher.batch(a, inputs); err != nil {
			return err
		}
	}
	m.inputs = inputs
	m.children = make([]childRun, len(inputs))
	m.info.Items = Counts{Total: len(items), Pending: len(items)}
	m.info.Children = Counts{Total: len(inputs), Pending: len(inputs)}
	m.tell()
	m.fill()
	return nil
}

// fill starts children up to the concurrency, and ends the run when all are done.
func (m *mapRun) fill() {
	for !m.closed && m.next < len(m.inputs) && m.running < m.info.MaxConcurrency {
		i := m.next
		m.next++
		if m.children[i].result.Status != Succeeded {
			m.launch(i)
		}
	}
	if !m.closed && m.running == 0 && m.next == len(m.inputs) {
		m.closed = true
		m.finish()
	}
}

// launch starts child i.
func (m *mapRun) launch(i int) {
	r := m.owner.run
	id := r.env.NewID()
	parent := r.exec
	kind := "execution"
	if m.spec.express {
		kind = "express"
	}
	exec := &Execution{
		ARN: m.sibling(parent, kind) + ":" + id, Name: id, StartTime: r.now, Input: m.inputs[i], RoleARN: parent.RoleARN,
		MachineARN: m.sibling(parent, "stateMachine"), MachineName: parent.MachineName + "/" + m.label,
		Express: m.spec.express, MapRunARN: m.info.ARN,
	}
	m.children[i] = childRun{exec: exec, result: Result{Status: RunningStatus}}
	m.running++
	m.count(RunningStatus, i, 1)
	p := r.track(&pending{owner: m, index: i, Task: Task{Execution: r.exec, State: m.owner.state.name, Input: exec.Input}})
	p.child = &Child{Seq: p.Seq, Execution: exec, Program: m.spec.child, Label: m.label}
	r.launch(p)
}

// runChild runs a child execution in this process.
func (r *Run) runChild(p *pending, c *Child) {
	env := r.env
	env.Emit, env.Journal, env.MapRun = nil, nil, nil
	if env.seeded { // its numbers are the parent's alone
		env.Seed(c.Execution.ARN)
	}
	child := c.Program.Start(c.Execution, &env)
	start := func() {
		env.Clock.Hold(1) // for the child, in place of its task, until the answer is there
		go child.answer(p)
	}
	if r.turns == nil {
		start()
	} else {
		r.turns.inTurn(p, starts, start)
	}
	p.Park()
}

// answer runs a child execution to its end.
func (r *Run) answer(p *pending) {
	defer r.close()
	switch res := r.loop(p); res.Status {
	case RunningStatus:
	case Succeeded:
		p.Succeeded(history.JSON(res.Output))
	case TimedOut:
		p.TimedOut()
	default:
		p.Failed(Failure{Error: res.Error.String(), Cause: res.Cause})
	}
}

// count moves child i, and its items, between the run's counts.
func (m *mapRun) count(status Status, i, by int) {
	items := 1
	if m.spec.batcher != nil {
		batch, _ := m.inputs[i].Get("Items")
		items = batch.Len()
	}
	for _, c := range []struct {
		counts *Counts
		n      int
	}{{&m.info.Children, by}, {&m.info.Items, by * items}} {
		if status == RunningStatus {
			c.counts.Pending -= c.n
			c.counts.Running += c.n
			continue
		}
		c.counts.Running -= c.n
		switch status {
		case Succeeded:
			c.counts.Succeeded += c.n
		case Failed:
			c.counts.Failed += c.n
		case TimedOut:
			c.counts.TimedOut += c.n
		case Aborted:
			c.counts.Aborted += c.n
		}
	}
	m.tell()
}

func (m *mapRun) taskStarted(*pending, string)         {}
func (m *mapRun) taskSubmitted(*pending, history.Text) {}

func (m *mapRun) taskSucceeded(p *pending, output history.Text) {
	if p.Resource != nil {
		m.waiting(output)
	} else {
		m.ended(p.index, Result{Status: Succeeded, Output: output.Value()})
	}
	m.owner.run.queue = append(m.owner.run.queue, m.owner)
}

func (m *mapRun) taskFailed(p *pending, f Failure) {
	if p.Resource != nil {
		m.waitFail(f)
	} else {
		m.ended(p.index, Result{Status: Failed, Error: history.Verbatim(f.Error), Cause: f.Cause})
	}
	m.owner.run.queue = append(m.owner.run.queue, m.owner)
}

func (m *mapRun) taskTimedOut(p *pending, _ bool) {
	if p.Resource != nil {
		m.waitFail(Failure{Error: errTimeout})
	} else {
		m.ended(p.index, Result{Status: TimedOut, Error: history.Verbatim(errTimeout)})
	}
	m.owner.run.queue = append(m.owner.run.queue, m.owner)
}

// ended takes the result of child i.
func (m *mapRun) ended(i int, res Result) {
	res.Time = m.owner.run.now
	m.children[i].result = res
	m.running--
	m.count(res.Status, i, 1)
	if res.Status != Succeeded {
		m.failures++
	}
	if m.exceeded() {
		m.fail(toleranceExceeded())
		return
	}
	m.fill()
}

// exceeded says whether more children failed than are tolerated: the first of the two thresholds to be passed counts.
func (m *mapRun) exceeded() bool {
	if m.failures == 0 {
		return false
	}
	if !m.counted && !m.rated {
		return true
	}
	failed := float64(m.failures) / float64(len(m.inputs)) * 100
	return m.counted && m.failures > m.info.ToleratedFailureCount || m.rated && failed > m.info.ToleratedFailurePercentage
}

// updateMapRun changes the limits of a map run that has not ended.
func (r *Run) updateMapRun(u *MapRunUpdate) {
	for _, m := range r.mapRuns {
		if m.info.ARN == u.ARN && m.info.Status == RunningStatus && !r.done {
			m.update(u)
		}
	}
}

func (m *mapRun) update(u *MapRunUpdate) {
	if u.MaxConcurrency != nil {
		m.info.MaxConcurrency = *u.MaxConcurrency
		if m.info.MaxConcurrency == 0 {
			m.info.MaxConcurrency = distributedConcurrency
		}
	}
	if u.ToleratedFailureCount != nil {
		m.info.ToleratedFailureCount, m.counted = *u.ToleratedFailureCount, true
	}
	if u.ToleratedFailurePercentage != nil {
		m.info.ToleratedFailurePercentage, m.rated = *u.ToleratedFailurePercentage, true
	}
	m.tell()
	if m.children == nil { // the items are still being read
		return
	}
	if m.exceeded() {
		m.fail(toleranceExceeded())
	} else {
		m.fill()
	}
	m.owner.run.queue = append(m.owner.run.queue, m.owner)
}

func toleranceExceeded() *failure {
	return &failure{name: errTolerance, cause: history.Verbatim("The specified tolerated failure threshold was exceeded")}
}

// fail ends the run and, with it, the state.
func (m *mapRun) fail(f *failure) {
	m.abandon()
	m.info.Status, m.info.Stop = Failed, m.owner.run.now
	m.event(history.MapRunFailed, history.Details{Error: f.errorText(), Cause: f.cause})
	m.tell()
	m.owner.fail(f)
}

// abandon cuts off the children that run.
func (m *mapRun) abandon() {
	m.closed = true
	for _, p := range m.owner.run.pending {
		if p.owner == m {
			p.drop()
			if p.Resource == nil {
				m.children[p.index].result.Status = Aborted
				m.running--
				m.count(Aborted, p.index, 1)
			}
		}
	}
}

// abort ends the run with the execution or branch that it belongs to.
func (m *mapRun) abort() {
	m.abandon()
	m.info.Status, m.info.Stop = Aborted, m.owner.run.now
	m.tell()
}

// finish writes the results, or hands them to the state.
func (m *mapRun) finish() {
	if w := m.spec.writer; w.exports() {
		m.write()
	} else {
		m.succeed(value.OfArray(w.transform(m.children)))
	}
}

// succeed ends the run and completes the state with its result. MapStateExited follows MapRunSucceeded, as most recordings have
// it; in those made since November 2024 it follows MapRunStarted.
func (m *mapRun) succeed(result value.Value) {
	s := m.owner
	m.info.Status, m.info.Stop = Succeeded, s.run.now
	m.event(history.MapRunSucceeded, history.Details{})
	m.tell()
	succeeded := s.run.emit(s.prev, history.MapStateSucceeded, nil)
	if err := s.complete(result); err != nil {
		s.prev = succeeded
		s.fail(s.fault(err))
	}
}

// call starts a task of the run's own: reading items or writing results.
func (m *mapRun) call(resource string, input value.Value, then func(history.Text), fail func(Failure)) {
	m.waiting, m.waitFail = then, fail
	r := m.owner.run
	p := r.track(&pending{owner: m, Task: Task{Execution: r.exec, State: m.owner.state.name, Resource: ParseResource(resource), Input: input}})
	r.launch(p)
}
