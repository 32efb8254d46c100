// Package history is what an execution did: its events, as the machine emits them and as AWS reports them. Pure data.
//
// Events come from three places: the local machine (built in place), GetExecutionHistory (FromAPI) and the log lines of
// CloudWatch Logs (FromLog). They go out the same ways: AppendAPI, AppendLog, and Line, one line of text for people. The
// local store, the server, tail, replay, cost and coverage all read events in this one form.
package history

import (
	"bytes"
	"slices"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// MaxEvents is how many events a Standard execution may have; the last one says that it failed for that.
// AWS: quotas for Standard workflows, maximum execution history size.
const MaxEvents = 25_000

// An Event is one entry of an execution's history.
type Event struct {
	ID         int64 // from 1, without gaps
	PreviousID int64 // the event that led to this one, in its own branch; 0 for none
	Time       time.Time
	Type       Type
	Details    *Details // nil where the type has none
}

// Details holds the fields of every type of event; a type uses those that its row in the table of types lists. The zero
// value of a field means that AWS leaves the field out, except for those that say "always sent".
type Details struct {
	Name              string // of a state or, in iterations, of the Map state
	Index             int64  // of an iteration, always sent
	Length            int64  // of a Map's items, always sent
	Input, Output     Text
	AssignedVariables []value.Member // variable and value, in order of assignment
	RoleARN           string         // the execution's role
	AliasARN          string         // of the alias or version that was started
	VersionARN        string
	Resource          string
	ResourceType      string // "lambda", "aws-sdk:s3"
	Region            string
	Parameters        Text
	TimeoutSeconds    int64
	HeartbeatSeconds  int64
	CredentialsARN    string // the role that a task assumes
	WorkerName        string
	MapRunARN         string
	RedriveCount      int64
	Error, Cause      Text
	Location, State   string // of a failed evaluation: "Output/result"
}

// A Text is a text that may be absent. A text that is a value's JSON is printed only when somebody reads it.
// The zero Text is absent.
type Text struct {
	v    value.Value
	json bool
}

// Verbatim is the text s as it stands, present even where it is empty.
func Verbatim(s string) Text { return Text{v: value.OfString(s)} }

// JSON is v's compact JSON; absent where v is Undefined.
func JSON(v value.Value) Text { return Text{v: v, json: v.Defined()} }

// Present tells an empty text from none.
func (t Text) Present() bool { return t.v.Defined() }

// String is the text; "" where it is absent.
func (t Text) String() string {
	if t.json {
		return t.v.String()
	}
	return t.v.Str()
}

// Size is the text's length in bytes.
func (t Text) Size() int {
	if t.json {
		return t.v.Size()
	}
	return len(t.v.Str())
}

// Value is the JSON value that the text stands for: parsed where the text is verbatim, Undefined where it is no JSON.
func (t Text) Value() value.Value {
	if t.json || !t.Present() {
		return t.v
	}
	v, err := value.Parse(t.v.Str())
	if err != nil {
		return value.Value{}
	}
	return v
}

// appendQuoted appends the text as a JSON string.
func (t Text) appendQuoted(dst []byte) []byte {
	if !t.json {
		return t.v.AppendJSON(dst)
	}
	start := len(dst)
	dst = t.v.AppendJSON(dst)
	return quoteTail(dst, start)
}

// quoteTail makes a JSON string of the JSON text at dst[start:], in place. Of what must be escaped, JSON text has only quotes
// and backslashes.
func quoteTail(dst []byte, start int) []byte {
	from := len(dst)
	escapes := bytes.Count(dst[start:], []byte{'"'}) + bytes.Count(dst[start:], []byte{'\\'})
	dst = slices.Grow(dst, escapes+2)[:from+escapes+2]
	to := len(dst) - 1
	dst[to] = '"'
	for from > start {
		from--
		to--
		dst[to] = dst[from]
		if c := dst[from]; c == '"' || c == '\\' {
			to--
			dst[to] = '\\'
		}
	}
	dst[start] = '"'
	return dst
}
