package local

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/store"
)

// keeper files what must outlast the process, in Options.Store; where that is nil, its methods do nothing. What runs is in memory,
// too; what is over is in the store alone, so that neither memory nor the time to start grows with it.
type keeper struct {
	store *store.Store
	most  int64 // executions that are over

	overNext atomic.Int64 // number in the table of what is over
	sweeping sync.Mutex
}

func (k *keeper) on() bool { return k.store != nil }

// machine files a machine's names. m.mu is held.
func (k *keeper) machine(m *stateMachine) {
	if !k.on() {
		return
	}
	r := machineRecord{ID: m.id, Name: m.name, Kind: m.kind, Created: m.created, Creation: m.creation, Tags: m.tags, Revisions: m.revisions,
		Current: m.current.number, LastVersion: m.lastVersion}
	r.Creation.Definition = ""
	for _, v := range m.versions {
		r.Versions = append(r.Versions, versionRecord{v.number, v.revision.number, v.description, v.created})
	}
	for _, a := range m.aliases.all() {
		r.Aliases = append(r.Aliases, aliasRecord{a.name, a.description, a.routes, a.created, a.updated})
	}
	changes := []store.Change{record(machineTable, m.key(), r)}
	if now := m.current; !now.filed {
		now.filed = true
		changes = append(changes, record(revisionTable, placeKey(m.id, int64(now.number)), revisionRecord{now.id, now.definition, now.references,
			now.roleARN, now.logging, now.tracing, now.encryption, now.updated}))
	}
	k.store.Write(changes...)
}

func (m *stateMachine) key() string { return keyOf(m.service.account, m.service.region, m.name) }

// machineGone removes a machine; its executions follow.
func (k *keeper) machineGone(m *stateMachine) {
	k.store.Write(store.Change{Table: machineTable, Key: m.key()}, store.Change{Table: deletedTable, Key: m.id, Value: nothing})
}

// activity files an activity. a.mu is held, or a is not yet known.
func (k *keeper) activity(s *Service, a *activity) {
	if k.on() {
		k.store.Write(record(activityTable, keyOf(s.account, s.region, a.name), activityRecord{a.created, a.encryption, a.tags}))
	}
}

func (k *keeper) activityGone(s *Service, a *activity) {
	k.store.Write(store.Change{Table: activityTable, Key: keyOf(s.account, s.region, a.name)})
}

// started files an execution that is new, or runs again after status from.
func (k *keeper) started(e *execution, from machine.Status) {
	if !k.on() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r, key := e.header(), e.place()
	changes := []store.Change{record(executionTable, key, r), {Table: bodyTable, Key: key, Value: e.body()},
		{Table: arnTable, Key: r.ARN, Value: []byte(key)}, {Table: runningTable, Key: key, Value: nothing}}
	if from != "" {
		changes = append(changes, r.unfiled(e.shelf, e.seq, from, false)...)
	}
	k.store.Write(append(changes, r.filed(e.shelf, e.seq)...)...)
}

// input files what e reacts to next; it belongs to the loop of e's run.
func (k *keeper) input(e *execution, in machine.Input) {
	k.store.Write(store.Change{Table: journalTable, Key: placeKey(e.place(), e.inputs), Value: in.Append(nil)})
	e.inputs++
}

// accept files an answer to a task of e whose sender is to be told that it is accepted: the loop of e may not come to it before
// the process ends.
func (k *keeper) accept(e *execution, token string, in machine.Input) {
	e.mu.Lock()
	n := e.accepted
	e.accepted++
	e.mu.Unlock()
	k.store.Write(record(acceptedTable, placeKey(e.place(), n), acceptedRecord{token, string(in.Append(nil))}))
}

// last is the number of the latest child of a map run in the store.
func (k *keeper) last(run *mapRun) int64 {
	if run.lastSeq > 0 {
		return 0
	}
	for key := range k.store.Down(executionTable, run.arn+"\x00", "") {
		return numberIn(key)
	}
	return 0
}

// logged files which event of e was the last to be logged.
func (k *keeper) logged(e *execution, event int64) {
	k.store.Write(store.Change{Table: loggedTable, Key: e.place(), Value: []byte(numbered(event))})
}

// finished files an execution that is over, and lets memory go of it. What a redrive would need is kept.
func (k *keeper) finished(e *execution) {
	e.mu.Lock()
	r, key := e.header(), e.place()
	changes := []store.Change{{Table: bodyTable, Key: key, Value: e.body()}, {Table: runningTable, Key: key}, {Table: loggedTable, Key: key}}
	changes = append(changes, k.withoutAnswers(key, &r)...)
	e.inputs, e.accepted = r.Inputs, r.Accepted
	for _, run := range e.mapRuns {
		changes = append(changes, record(mapRunTable, run.arn, run.record()))
	}
	e.mu.Unlock()
	changes = append(changes, record(executionTable, key, r),
		store.Change{Table: overTable, Key: numbered(k.overNext.Add(1)), Value: append([]byte(numbered(r.Stop.UnixNano())), key...)})
	changes = append(changes, r.unfiled(e.shelf, e.seq, machine.RunningStatus, false)...)
	k.store.Write(append(changes, r.filed(e.shelf, e.seq)...)...)
	k.store.Then(e.leaveMemory)
	if k.overNext.Load()%sweepEvery == 0 {
		go k.sweep(e.service.cloud.Now())
	}
}

// withoutAnswers removes what is of no use to an execution that is over: accepted answers and, where it cannot be redriven, its
// journal.
func (k *keeper) withoutAnswers(key string, r *executionRecord) []store.Change {
	var changes []store.Change
	for n := range r.Accepted {
		changes = append(changes, store.Change{Table: acceptedTable, Key: placeKey(key, n)})
	}
	r.Accepted = 0
	if r.Status != machine.Succeeded {
		return changes
	}
	for n := range r.Inputs {
		changes = append(changes, store.Change{Table: journalTable, Key: placeKey(key, n)})
	}
	r.Inputs = 0
	return changes
}

// leaveMemory drops e, whose end is on disk, unless it runs again.
func (e *execution) leaveMemory() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == machine.RunningStatus {
		return
	}
	e.service.executions.CompareAndDelete(e.run.ARN, e)
	for _, run := range e.mapRuns {
		e.service.mapRuns.CompareAndDelete(run.arn, run)
	}
}

// express files an Express execution that nobody waits for; it starts over where the process ends before it does.
func (k *keeper) express(x *express) {
	if !k.on() {
		return
	}
	st := x.started
	k.store.Write(record(expressTable, x.run.ARN, expressRecord{Machine: st.machine.name, Name: st.name, MockCase: st.mockCase, ARN: x.run.ARN,
		AliasARN: st.aliasARN, VersionARN: st.versionARN, Revision: st.revision.number, Input: st.inputText, Start: x.run.StartTime}))
}

func (k *keeper) expressOver(x *express) {
	k.store.Write(store.Change{Table: expressTable, Key: x.run.ARN})
}

// sweepEvery is how many ends lie between two looks at what is to be evicted.
const sweepEvery = 256

// sweep evicts what has been over for too long or is too much.
func (k *keeper) sweep(now time.Time) {
	if !k.sweeping.TryLock() {
		return
	}
	defer k.sweeping.Unlock()
	for number, value := range k.store.Up(overTable, "") {
		at := time.Unix(0, numberIn(string(value[:8])))
		if k.overNext.Load()-numberIn(number) < k.most && now.Sub(at) <= keptFor {
			return
		}
		key := string(value[8:])
		changes := []store.Change{{Table: overTable, Key: number}}
		if r, ok := k.header(key); ok && r.Status != machine.RunningStatus && r.Stop.Equal(at) { // else it was redriven since
			changes = append(changes, k.eviction(key, r)...)
		}
		k.store.Write(changes...)
	}
}

// eviction removes an execution and its map runs with their children.
func (k *keeper) eviction(key string, r *executionRecord) []store.Change {
	shelf, seq := shelfIn(key), numberIn(key)
	changes := []store.Change{{Table: executionTable, Key: key}, {Table: bodyTable, Key: key}, {Table: runningTable, Key: key}, {Table: loggedTable, Key: key}}
	if at, ok := k.store.Get(arnTable, r.ARN); ok && string(at) == key {
		changes = append(changes, store.Change{Table: arnTable, Key: r.ARN})
	}
	for _, table := range []string{journalTable, acceptedTable} {
		for of := range k.store.Up(table, key+"\x00") {
			changes = append(changes, store.Change{Table: table, Key: of})
		}
	}
	for _, arn := range r.MapRuns {
		changes = append(changes, store.Change{Table: mapRunTable, Key: arn})
		k.clear(arn)
	}
	return append(changes, r.unfiled(shelf, seq, r.Status, true)...)
}

// clear evicts all of a shelf.
func (k *keeper) clear(shelf string) {
	for key := range k.store.Up(executionTable, shelf+"\x00") {
		if r, ok := k.header(key); ok {
			k.store.Write(k.eviction(key, r)...)
		}
	}
}

// clearMachine removes what is left of a deleted machine.
func (k *keeper) clearMachine(id string) {
	if !k.on() || k.store.Sync() != nil { // what has just ended is seen from here on
		return
	}
	k.clear(id)
	for key := range k.store.Up(revisionTable, id+"\x00") {
		k.store.Write(store.Change{Table: revisionTable, Key: key})
	}
	k.store.Write(store.Change{Table: deletedTable, Key: id})
}
