package history

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// AppendAPI appends e as GetExecutionHistory answers it, a JSON object with the time in seconds. Without data (AWS:
// includeExecutionData false) inputs, outputs, parameters, variables and causes are left out.
func (e *Event) AppendAPI(dst []byte, withData bool) []byte {
	dst = strconv.AppendInt(append(dst, `{"id":`...), e.ID, 10)
	if key := e.Type.DetailsKey(); key != "" && e.Details != nil {
		dst = append(append(append(dst, `,"`...), key...), `":{`...)
		dst = append(e.appendDetails(dst, withData), '}')
	}
	dst = strconv.AppendInt(append(dst, `,"previousEventId":`...), e.PreviousID, 10)
	dst = append(appendSeconds(append(dst, `,"timestamp":`...), e.Time), `,"type":"`...)
	return append(append(dst, e.Type...), `"}`...)
}

func appendSeconds(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	dst = append(strconv.AppendInt(dst, ms/1000, 10), '.')
	ms %= 1000
	return append(dst, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

// FromAPI reads an event of GetExecutionHistory's answer.
func FromAPI(v value.Value) (*Event, error) {
	e := &Event{}
	kind, ok := v.Get("type")
	if !ok {
		return nil, fmt.Errorf("history event %.80s has no type", v.String())
	}
	e.Type = Type(kind.Str())
	e.ID, e.PreviousID = member(v, "id"), member(v, "previousEventId")
	if at, ok := v.Get("timestamp"); ok {
		e.Time = time.UnixMilli(int64(math.Round(at.Float() * 1000))).UTC()
	}
	details, _ := v.Get(e.Type.DetailsKey())
	e.readDetails(details)
	return e, nil
}

func member(v value.Value, name string) int64 {
	m, _ := v.Get(name)
	return integer(m)
}

// A Log is what a log line says beside the event.
type Log struct {
	ExecutionARN string
	RedriveCount int64
}

// AppendLog appends e as Step Functions writes it to CloudWatch Logs, one JSON object. There ids and the time, in
// milliseconds, are strings. Without data (includeExecutionData false) inputs, outputs, parameters, variables and causes
// are left out.
func (e *Event) AppendLog(dst []byte, log Log, withData bool) []byte {
	dst = append(e.appendDetails(append(dst, `{"details":{`...), withData), `},"redrive_count":"`...)
	dst = append(strconv.AppendInt(dst, log.RedriveCount, 10), `","id":"`...)
	dst = append(append(append(strconv.AppendInt(dst, e.ID, 10), `","type":"`...), e.Type...), `","previous_event_id":"`...)
	dst = append(strconv.AppendInt(dst, e.PreviousID, 10), `","event_timestamp":"`...)
	dst = append(strconv.AppendInt(dst, e.Time.UnixMilli(), 10), `","execution_arn":`...)
	return append(value.OfString(log.ExecutionARN).AppendJSON(dst), '}')
}

// FromLog reads a log line.
func FromLog(line string) (*Event, Log, error) {
	v, err := value.Parse(line)
	if err != nil {
		return nil, Log{}, fmt.Errorf("log line: %w", err)
	}
	kind, ok := v.Get("type")
	arn, hasARN := v.Get("execution_arn")
	if !ok || !hasARN {
		return nil, Log{}, fmt.Errorf("log line %.80s is no event of an execution", line)
	}
	e := &Event{Type: Type(kind.Str()), ID: member(v, "id"), PreviousID: member(v, "previous_event_id")}
	e.Time = logTime(v)
	details, _ := v.Get("details")
	e.readDetails(details)
	return e, Log{ExecutionARN: arn.Str(), RedriveCount: member(v, "redrive_count")}, nil
}

// logTime is a line's event_timestamp: milliseconds; LocalStack writes a date and time.
func logTime(line value.Value) time.Time {
	at, _ := line.Get("event_timestamp")
	if t, err := time.Parse(time.RFC3339Nano, at.Str()); err == nil {
		return t.UTC().Truncate(time.Millisecond)
	}
	return time.UnixMilli(integer(at)).UTC()
}

// lineText is how much of a payload or cause a line shows, in bytes.
const lineText = 120

// Line is the event for people, without its time: "12 TaskFailed lambda:invoke Timeout: no answer".
func (e *Event) Line() string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(e.ID, 10))
	b.WriteByte(' ')
	b.WriteString(string(e.Type))
	if d := e.Details; d != nil {
		d.describe(&b)
	}
	return b.String()
}

// Contains is whether the type of e, or one of its details as they stand, contains the text.
func (e *Event) Contains(text string) bool {
	if strings.Contains(string(e.Type), text) {
		return true
	}
	d := e.Details
	if d == nil {
		return false
	}
	for _, s := range d.packedNames() {
		if strings.Contains(*s, text) {
			return true
		}
	}
	for _, t := range d.packedTexts() {
		if t.Present() && strings.Contains(t.String(), text) {
			return true
		}
	}
	return false
}

func (d *Details) describe(b *strings.Builder) {
	word := func(s string) {
		if s != "" {
			b.WriteByte(' ')
			b.WriteString(s)
		}
	}
	word(d.Name)
	if d.ResourceType != "" {
		word(d.ResourceType + ":" + d.Resource)
	} else {
		word(d.Resource)
	}
	word(d.State)
	word(d.Location)
	word(d.MapRunARN)
	word(d.WorkerName)
	word(d.failure())
	for _, t := range []Text{d.Input, d.Parameters, d.Output} {
		word(short(t.String()))
	}
}

func (d *Details) failure() string {
	cause := short(d.Cause.String())
	switch {
	case !d.Error.Present():
		return cause
	case cause == "":
		return d.Error.String()
	}
	return d.Error.String() + ": " + cause
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= lineText {
		return s
	}
	return strings.ToValidUTF8(s[:lineText], "") + "…"
}
