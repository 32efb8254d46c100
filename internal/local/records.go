package local

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/store"
	"github.com/stride-aws/stride/internal/value"
)

// The tables of the store, and what their keys are made of. A place is an execution's: its shelf, that is its machine's id or the
// ARN of the map run that it is a child of, and its number there.
const (
	machineTable   = "machine"   // account, region, name: machineRecord
	revisionTable  = "revision"  // machine's id, number: revisionRecord
	activityTable  = "activity"  // account, region, name: activityRecord
	deletedTable   = "deleted"   // id of a deleted machine whose executions are still being removed
	executionTable = "execution" // place: executionRecord
	bodyTable      = "body"      // place: the input or, when it is over, the history
	arnTable       = "arn"       // an execution's ARN: its place
	runningTable   = "running"   // place: nothing
	statusTable    = "status"    // shelf or shelf:qualifier, status or nothing, number: nothing
	journalTable   = "journal"   // place, number: what the execution reacted to
	acceptedTable  = "accepted"  // place, number: acceptedRecord
	loggedTable    = "logged"    // place: the last event that its log has
	mapRunTable    = "mapRun"    // ARN: mapRunRecord
	overTable      = "over"      // number: when an execution ended, and its place
	expressTable   = "express"   // ARN: expressRecord of one that runs in the background
)

// keyOf joins the parts of a key; none has a zero byte.
func keyOf(parts ...string) string { return strings.Join(parts, "\x00") }

func numbered(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func placeKey(shelf string, seq int64) string { return shelf + "\x00" + numbered(seq) }

// numberIn is the number that a key ends in.
func numberIn(key string) int64 {
	return int64(binary.BigEndian.Uint64([]byte(key[len(key)-8:])))
}

// shelfIn is the part of a key before its number.
func shelfIn(key string) string { return key[:len(key)-9] }

var nothing = []byte{}

// record is a Change that sets a key to v's JSON.
func record(table, key string, v any) store.Change {
	text, err := json.Marshal(v)
	if err != nil { // of plain fields
		panic("record of " + table + ": " + err.Error())
	}
	return store.Change{Table: table, Key: key, Value: text}
}

type machineRecord struct {
	ID       string
	Name     string
	Kind     string
	Created  time.Time
	Creation CreateStateMachineInput // its definition is revision 0's
	Tags     tagSet

	Revisions   int // made so far
	Current     int
	LastVersion int
	Versions    []versionRecord
	Aliases     []aliasRecord
}

type versionRecord struct {
	Number, Revision int
	Description      string `json:",omitempty"`
	Created          time.Time
}

type aliasRecord struct {
	Name        string
	Description string `json:",omitempty"`
	Routes      []Route
	Created     time.Time
	Updated     time.Time `json:",omitzero"`
}

type revisionRecord struct {
	ID         string
	Definition string
	References map[string][]string
	RoleARN    string
	Logging    LoggingConfiguration
	Tracing    TracingConfiguration
	Encryption *EncryptionConfiguration
	Updated    time.Time
}

type activityRecord struct {
	Created    time.Time
	Encryption EncryptionConfiguration
	Tags       tagSet
}

// executionRecord is what lists and descriptions say of an execution, and what running it again takes, but for texts.
type executionRecord struct {
	ARN, Name               string
	Status                  machine.Status
	Start                   time.Time
	Stop                    time.Time `json:",omitzero"`
	MachineARN, MachineName string
	AliasARN                string `json:",omitempty"`
	VersionARN              string `json:",omitempty"`
	RoleARN                 string
	MapRunARN               string `json:",omitempty"`
	Machine                 string // its id
	Revision                int
	Seed                    uint64
	Trace                   string               `json:",omitempty"`
	MockCase                string               `json:",omitempty"`
	Label                   string               `json:",omitempty"`
	Items                   int                  `json:",omitempty"`
	Parent                  string               `json:",omitempty"`
	Redrives                int                  `json:",omitempty"`
	Redriven                time.Time            `json:",omitzero"`
	RedriveSeen             map[string]time.Time `json:",omitempty"`
	MapRuns                 []string             `json:",omitempty"`
	Inputs, Accepted        int64                `json:",omitempty"` // in the journal; in the table of accepted answers
}

// The first byte of a body.
const (
	bodyInput   = 'I'
	bodyHistory = 'H'
)

// acceptedRecord is an answer to a task that its sender was told is accepted.
type acceptedRecord struct{ Token, Input string }

type mapRunRecord struct {
	Owner    string // its execution's ARN
	Redrives int    // of the owner
	State    machine.MapRun
}

type expressRecord struct {
	Machine, Name, MockCase string
	ARN                     string
	AliasARN, VersionARN    string
	Revision                int
	Input                   string
	Start                   time.Time
}

// header is e as it is now. e.mu is held.
func (e *execution) header() executionRecord {
	r := executionRecord{ARN: e.run.ARN, Name: e.run.Name, Status: e.status, Start: e.run.StartTime, Stop: e.stopped,
		MachineARN: e.run.MachineARN, MachineName: e.run.MachineName, AliasARN: e.run.AliasARN, VersionARN: e.run.VersionARN, RoleARN: e.run.RoleARN,
		MapRunARN: e.run.MapRunARN, Machine: e.machine.id, Revision: e.revision.number, Seed: e.seed, Trace: e.traceInput, MockCase: e.mockCase, Label: e.label,
		Items: e.itemCount, Parent: e.parent, Redrives: e.redrives, Redriven: e.redriven, Inputs: e.inputs, Accepted: e.accepted}
	for token, at := range e.redriveSeen {
		if r.RedriveSeen == nil {
			r.RedriveSeen = map[string]time.Time{}
		}
		r.RedriveSeen[token] = at.Time
	}
	for _, run := range e.mapRuns {
		r.MapRuns = append(r.MapRuns, run.arn)
	}
	return r
}

// place is e's key in the tables of executions.
func (e *execution) place() string { return placeKey(e.shelf, e.seq) }

// lists are the names of the lists that an execution is in.
func (r *executionRecord) lists(shelf string) []string {
	names := []string{shelf}
	for _, arn := range []string{r.AliasARN, r.VersionARN} {
		if arn != "" {
			names = append(names, qualifiedShelf(shelf, arn[strings.LastIndexByte(arn, ':')+1:]))
		}
	}
	return names
}

func qualifiedShelf(shelf, qualifier string) string { return shelf + ":" + qualifier }

// filed are the changes that put an execution on its lists. A shelf's own list of all statuses is the table of executions.
func (r *executionRecord) filed(shelf string, seq int64) []store.Change {
	var changes []store.Change
	for i, name := range r.lists(shelf) {
		changes = append(changes, store.Change{Table: statusTable, Key: statusKey(name, r.Status, seq), Value: nothing})
		if i > 0 {
			changes = append(changes, store.Change{Table: statusTable, Key: statusKey(name, "", seq), Value: nothing})
		}
	}
	return changes
}

func statusKey(list string, status machine.Status, seq int64) string {
	return keyOf(list, string(status), numbered(seq))
}

// unfiled take it off the lists of a status, and off all where it goes for good.
func (r *executionRecord) unfiled(shelf string, seq int64, status machine.Status, forGood bool) []store.Change {
	var changes []store.Change
	for i, name := range r.lists(shelf) {
		changes = append(changes, store.Change{Table: statusTable, Key: statusKey(name, status, seq)})
		if i > 0 && forGood {
			changes = append(changes, store.Change{Table: statusTable, Key: statusKey(name, "", seq)})
		}
	}
	return changes
}

// body is what the body table has of e. e.mu is held.
func (e *execution) body() []byte {
	if e.packed != nil {
		return e.packed.AppendBinary([]byte{bodyHistory})
	}
	return append([]byte{bodyInput}, e.inputText()...)
}

// readBody sets what the body table has.
func (e *execution) readBody(body []byte) error {
	if len(body) > 0 && body[0] == bodyInput {
		return e.readInput(string(body[1:]))
	}
	if len(body) > 0 {
		body = body[1:]
	}
	packed, err := history.ReadPacked(body)
	if err != nil {
		return err
	}
	e.packed = packed
	if first := packed.Events(0, 1); len(first) == 1 && first[0].Details != nil {
		if err := e.readInput(first[0].Details.Input.String()); err != nil {
			return err
		}
	}
	if last := packed.Events(packed.Len()-1, packed.Len()); len(last) == 1 && last[0].Details != nil {
		e.output = last[0].Details.Output
		if e.status != machine.TimedOut { // AWS tells that only in the event
			e.error, e.cause = last[0].Details.Error, last[0].Details.Cause
		}
	}
	return nil
}

func (e *execution) readInput(text string) (err error) {
	e.run.InputText = text
	e.run.Input, err = value.Parse(text)
	return err
}
