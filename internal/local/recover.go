package local

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// Load reads from the store what there was when the last process ended: machines, activities, and the executions that ran, which
// go on with Resume.
func (c *Cloud) Load() error {
	k := &c.keep
	if !k.on() {
		return nil
	}
	for key, text := range k.store.Up(machineTable, "") {
		if err := c.loadMachine(key, text); err != nil {
			return fmt.Errorf("state machine %s in the data directory: %w", key[strings.LastIndexByte(key, 0)+1:], err)
		}
	}
	for key, text := range k.store.Up(activityTable, "") {
		if err := c.loadActivity(key, text); err != nil {
			return fmt.Errorf("activity %s in the data directory: %w", key[strings.LastIndexByte(key, 0)+1:], err)
		}
	}
	for key := range k.store.Down(overTable, "", "") {
		k.overNext.Store(numberIn(key))
		break
	}
	for key := range k.store.Up(runningTable, "") {
		if err := c.loadRunning(key); err != nil {
			return fmt.Errorf("execution in the data directory: %w", err)
		}
	}
	return nil
}

// serviceIn is the service that a key "account, region, name" belongs to.
func (c *Cloud) serviceIn(key string) (*Service, string) {
	p := strings.SplitN(key, "\x00", 3)
	return c.Service(p[0], p[1]), p[2]
}

func (c *Cloud) loadMachine(key string, text []byte) error {
	s, _ := c.serviceIn(key)
	var r machineRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	m := &stateMachine{service: s, id: r.ID, arn: s.arn("stateMachine", r.Name), name: r.Name, kind: r.Kind, created: r.Created, creation: r.Creation,
		tags: r.Tags, lastVersion: r.LastVersion, revisions: r.Revisions}
	var err error
	if m.current, err = m.loadRevision(r.Current); err != nil {
		return err
	}
	first, err := m.loadRevision(0)
	if err != nil {
		return err
	}
	m.creation.Definition = first.definition
	for _, v := range r.Versions {
		revision, err := m.loadRevision(v.Revision)
		if err != nil {
			return err
		}
		m.versions = append(m.versions, &version{v.Number, revision, v.Description, v.Created})
	}
	for _, a := range r.Aliases {
		m.aliases.put(a.Name, &alias{a.Name, a.Description, a.Routes, a.Created, a.Updated})
	}
	for key := range c.keep.store.Down(executionTable, m.id+"\x00", "") {
		m.lastSeq = numberIn(key)
		break
	}
	s.machines.put(m.name, m)
	return nil
}

// loadRevision finds a revision of m by its number; each is one in memory, since publishing compares them.
func (m *stateMachine) loadRevision(number int) (*revision, error) {
	if m.current != nil && m.current.number == number {
		return m.current, nil
	}
	for _, v := range m.versions {
		if v.revision.number == number {
			return v.revision, nil
		}
	}
	text, ok := m.service.cloud.keep.store.Get(revisionTable, placeKey(m.id, int64(number)))
	if !ok {
		return nil, fmt.Errorf("its revision %d is missing", number)
	}
	var r revisionRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	return &revision{number: number, filed: true, id: r.ID, definition: r.Definition, references: r.References, roleARN: r.RoleARN, logging: r.Logging,
		tracing: r.Tracing, encryption: r.Encryption, updated: r.Updated}, nil
}

// compiled is the revision's program. One that was read from the store is compiled when it is first run.
func (r *revision) compiled() (*machine.Program, error) {
	if p := r.program.Load(); p != nil {
		return p, nil
	}
	def, err := asl.Parse(r.definition, "")
	if err != nil {
		return nil, err
	}
	p, err := compileProgram(def)
	if err == nil {
		r.program.Store(p)
	}
	return p, err
}

func (c *Cloud) loadActivity(key string, text []byte) error {
	s, name := c.serviceIn(key)
	var r activityRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	s.activities.put(name, &activity{arn: s.arn("activity", name), name: name, created: r.Created, encryption: r.Encryption, tags: r.Tags})
	return nil
}

// header is an execution's record.
func (k *keeper) header(key string) (*executionRecord, bool) {
	text, ok := k.store.Get(executionTable, key)
	if !ok {
		return nil, false
	}
	r := new(executionRecord)
	return r, json.Unmarshal(text, r) == nil
}

// stored finds an execution that is not in memory by its ARN; nil where there is none.
func (s *Service) stored(arn string) *execution {
	k := &s.cloud.keep
	if !k.on() {
		return nil
	}
	key, ok := k.store.Get(arnTable, arn)
	if !ok {
		return nil
	}
	e := s.storedAt(string(key))
	if e == nil {
		return nil
	}
	body, _ := k.store.Get(bodyTable, string(key))
	if err := e.readBody(body); err != nil {
		return nil
	}
	return e
}

// storedAt is the execution at a place, without its texts; nil where there is none.
func (s *Service) storedAt(key string) *execution {
	r, ok := s.cloud.keep.header(key)
	if !ok {
		return nil
	}
	name, _, _ := strings.Cut(r.MachineName, "/")
	s.mu.RLock()
	m, ok := s.machines.get(name)
	s.mu.RUnlock()
	if !ok || m.id != r.Machine { // its machine was deleted
		return nil
	}
	m.mu.RLock()
	revision, err := m.loadRevision(r.Revision)
	m.mu.RUnlock()
	if err != nil {
		return nil
	}
	e := &execution{service: s, machine: m, revision: revision, shelf: shelfIn(key), seq: numberIn(key), seed: r.Seed, traceInput: r.Trace,
		mockCase: r.MockCase, label: r.Label, itemCount: r.Items, parent: r.Parent, status: r.Status, stopped: r.Stop, redrives: r.Redrives,
		redriven: r.Redriven, inputs: r.Inputs, accepted: r.Accepted, done: make(chan struct{}),
		run: &machine.Execution{ARN: r.ARN, Name: r.Name, StartTime: r.Start, RoleARN: r.RoleARN, MachineARN: r.MachineARN, MachineName: r.MachineName,
			AliasARN: r.AliasARN, VersionARN: r.VersionARN, MapRunARN: r.MapRunARN}}
	for token, at := range r.RedriveSeen {
		e.sawRedrive(token, epoch.Time{Time: at})
	}
	for _, arn := range r.MapRuns {
		if run := s.storedMapRun(arn); run != nil {
			e.mapRuns = append(e.mapRuns, run)
		}
	}
	if e.status != machine.RunningStatus {
		close(e.done)
	}
	return e
}

// loadRunning puts an execution that ran into memory. A child of a map run comes when its parent asks for it again.
func (c *Cloud) loadRunning(key string) error {
	r, ok := c.keep.header(key)
	if !ok {
		return fmt.Errorf("%q has no record", key)
	}
	a, err := parseARN(r.ARN)
	if err != nil {
		return err
	}
	s := c.Service(a.account, a.region)
	if r.MapRunARN != "" {
		return nil
	}
	e := s.stored(r.ARN)
	if e == nil { // its machine was deleted
		return nil
	}
	if e.program, err = e.revision.compiled(); err != nil {
		return fmt.Errorf("%s: %w", r.ARN, err)
	}
	if err := e.resume(); err != nil {
		return err
	}
	s.executions.Store(r.ARN, e)
	return nil
}

// ready says that e, which goes on after the process ended, is where it was, and its tasks wait for their answers again.
func (e *execution) ready() {
	if e.replayed != nil {
		e.caughtUp.Do(func() {
			close(e.replayed)
			e.service.cloud.resuming.Done()
		})
	}
}

// resume makes e one that goes on after the process ended.
func (e *execution) resume() error {
	e.resumed, e.replayed = true, make(chan struct{})
	e.service.cloud.resuming.Add(1)
	return e.readJournal()
}

// readJournal takes what e reacted to, and what it is still to be told.
func (e *execution) readJournal() error {
	k := &e.service.cloud.keep
	for _, text := range k.store.Up(journalTable, e.place()+"\x00") {
		in, err := machine.ParseInput(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", e.run.ARN, err)
		}
		e.journal = append(e.journal, in)
	}
	e.inputs = int64(len(e.journal))
	for key, text := range k.store.Up(acceptedTable, e.place()+"\x00") {
		var r acceptedRecord
		err := json.Unmarshal(text, &r)
		if err != nil {
			return fmt.Errorf("%s: %w", e.run.ARN, err)
		}
		in, err := machine.ParseInput(r.Input)
		if err != nil {
			return fmt.Errorf("%s: %w", e.run.ARN, err)
		}
		e.accepted = numberIn(key) + 1
		if in.Update != nil {
			e.updates = append(e.updates, *in.Update)
		} else {
			e.service.cloud.tokens.owe(r.Token, in)
		}
	}
	if number, ok := k.store.Get(loggedTable, e.place()); ok {
		e.logged = numberIn(string(number))
	}
	return nil
}

// Resume lets go on what ran when the last process ended: Standard executions from where their last recorded input left them,
// Express ones from their start. Everything that their tasks call must be there.
func (c *Cloud) Resume() error {
	k := &c.keep
	if !k.on() {
		return nil
	}
	for _, scope := range c.Scopes() {
		s := c.Service(scope.Account, scope.Region)
		var all []*execution
		s.executions.Range(func(_, e any) bool { all = append(all, e.(*execution)); return true })
		slices.SortFunc(all, func(a, b *execution) int { return a.run.StartTime.Compare(b.run.StartTime) })
		for _, e := range all {
			if err := s.launch(e); err != nil {
				return err
			}
		}
	}
	for arn, text := range k.store.Up(expressTable, "") {
		if err := c.resumeExpress(arn, text); err != nil {
			return err
		}
	}
	for id := range k.store.Up(deletedTable, "") {
		go k.clearMachine(id)
	}
	go k.sweep(c.Now())
	return c.endOrphans()
}

// endOrphans ends children of map runs whose parent is over: the process ended between the two.
func (c *Cloud) endOrphans() error {
	for key := range c.keep.store.Up(runningTable, "arn:") { // the shelf is a map run
		r, ok := c.keep.header(key)
		if !ok {
			continue
		}
		a, err := parseARN(r.MapRunARN)
		if err != nil {
			return err
		}
		s := c.Service(a.account, a.region)
		run := s.storedMapRun(r.MapRunARN)
		if run == nil {
			continue
		}
		if _, alive := s.executions.Load(run.state.Execution.ARN); alive {
			continue
		}
		if e := s.stored(r.ARN); e != nil {
			e.abandoned(c.Now())
		}
	}
	return nil
}

// abandoned ends e, which will not run again, with the two events that are sure.
func (e *execution) abandoned(now time.Time) {
	e.mu.Lock()
	e.status, e.stopped = machine.Aborted, now
	e.packed = history.Pack([]*history.Event{
		{ID: 1, Time: e.run.StartTime, Type: history.ExecutionStarted, Details: &history.Details{Input: history.Verbatim(e.inputText()), RoleARN: e.run.RoleARN}},
		{ID: 2, Time: now, Type: history.ExecutionAborted, Details: &history.Details{}},
	})
	e.mu.Unlock()
	e.service.cloud.keep.finished(e)
}

func (c *Cloud) resumeExpress(arn string, text []byte) error {
	var r expressRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("express execution %s: %w", arn, err)
	}
	a, err := parseARN(arn)
	if err != nil {
		return err
	}
	s := c.Service(a.account, a.region)
	m, ok := s.machines.get(r.Machine)
	if !ok {
		return nil // deleted
	}
	revision, err := m.loadRevision(r.Revision)
	if err != nil {
		return err
	}
	input, err := value.Parse(r.Input)
	if err != nil {
		return fmt.Errorf("express execution %s: %w", arn, err)
	}
	st := &started{name: r.Name, input: input, inputText: r.Input,
		target: target{machine: m, revision: revision, aliasARN: r.AliasARN, versionARN: r.VersionARN, mockCase: r.MockCase}}
	x := &express{s, st, st.described(r.Start, arn)}
	go x.background()
	return nil
}

// background runs an Express execution that nobody waits for.
func (x *express) background() {
	x.finish(context.Background())
	x.service.cloud.keep.expressOver(x)
}

// storedMapRun finds a map run of an execution that is over; nil where there is none.
func (s *Service) storedMapRun(arn string) *mapRun {
	text, ok := s.cloud.keep.store.Get(mapRunTable, arn)
	if !ok {
		return nil
	}
	var r mapRunRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return nil
	}
	run := &mapRun{arn: arn, state: r.State}
	run.state.Execution = &machine.Execution{ARN: r.Owner, Redrives: r.Redrives}
	return run
}
