package observe

import (
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// Invocation is one run of a Lambda function, as its log lines tell it.
type Invocation struct {
	Function   string
	RequestID  string
	Execution  string    // that called it, and the state; "" where its lines do not say so
	State      string    //
	Start, End time.Time // of the platform's START and END lines; zero where they were not seen
	Lines      []LogLine // what the function itself wrote
	Report
}

// Report is what Lambda says about an invocation at its end. AWS: Lambda, REPORT line and platform.report.
type Report struct {
	Billed   time.Duration // 0 where no report was seen
	MemoryMB int           // that the function has
	UsedMB   int
	Init     time.Duration // of a cold start
	TraceID  string        // X-Ray's
}

// Invocations collects the log lines of functions, and gives each task the lines of its own invocation.
type Invocations struct {
	byRequest  map[string]*Invocation
	byFunction map[string]map[string]*Invocation // the same, by the function's name
	current    map[string]*Invocation            // by function and stream: a stream is one sandbox, which runs one invocation at a time
}

// Platform lines. AWS: Lambda, "Understanding Lambda function logs" (plain text format).
var platformLine = lazyregexp.New(`^(START|END|REPORT|INIT_START|INIT_REPORT)\b(?: RequestId: (\S+))?`)

// Add takes a line of the function's log group.
func (b *Invocations) Add(function string, line LogLine) {
	if b.byRequest == nil {
		b.byRequest, b.byFunction, b.current = map[string]*Invocation{}, map[string]map[string]*Invocation{}, map[string]*Invocation{}
	}
	stream := function + " " + line.Stream
	if strings.HasPrefix(line.Text, "{") {
		b.structured(function, stream, line)
		return
	}
	if m := platformLine.FindStringSubmatch(line.Text); m != nil {
		if m[2] != "" {
			b.platform(function, stream, m[1], m[2], line.Time).read(m[1], line.Text)
		}
		return
	}
	b.wrote(b.current[stream], line)
}

func (b *Invocations) wrote(in *Invocation, line LogLine) {
	if in != nil {
		in.Lines = append(in.Lines, line)
	}
}

// structured takes a line that is JSON: of the platform (AWS: Lambda, JSON log format), or of a handler's logger.
func (b *Invocations) structured(function, stream string, line LogLine) {
	v, _ := value.Parse(strings.TrimSpace(line.Text))
	if kind := text(v, "type"); strings.HasPrefix(kind, "platform.") {
		record, _ := v.Get("record")
		id, word := text(record, "requestId"), platformWords[kind]
		if id != "" && word != "" {
			b.platform(function, stream, word, id, line.Time).readRecord(word, record)
		}
		return
	}
	in := b.current[stream]
	if id := text(v, "requestId"); id != "" {
		in = b.invocation(function, id)
		if execution := text(v, "execution"); execution != "" {
			in.Execution, in.State = execution, text(v, "state")
		}
	}
	b.wrote(in, line)
}

// platformWords are the lines of the plain format that the events of the JSON format stand for.
var platformWords = map[string]string{"platform.start": "START", "platform.runtimeDone": "END", "platform.report": "REPORT"}

func text(v value.Value, name string) string {
	m, _ := v.Get(name)
	return m.Str()
}

func (b *Invocations) platform(function, stream, word, id string, at time.Time) *Invocation {
	in := b.invocation(function, id)
	switch word {
	case "START":
		in.Start = at
		b.current[stream] = in
	case "END", "REPORT":
		if in.End.IsZero() {
			in.End = at
		}
		delete(b.current, stream)
	}
	return in
}

// Of a REPORT line: "Duration: 2.3 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\tInit Duration: 90.1 ms",
// and on a line of its own "XRAY TraceId: 1-5e…".
var reportField = lazyregexp.New(`(Billed Duration|Memory Size|Max Memory Used|Init Duration|XRAY TraceId): (\S+)`)

func (r *Report) read(word, line string) {
	if word != "REPORT" {
		return
	}
	for rest := line; ; {
		at := reportField.FindStringSubmatchIndex(rest)
		if at == nil {
			return
		}
		r.set(rest[at[2]:at[3]], rest[at[4]:at[5]])
		rest = rest[at[1]:]
	}
}

func (r *Report) set(name, text string) {
	n, _ := strconv.ParseFloat(text, 64)
	switch name {
	case "Billed Duration":
		r.Billed = milliseconds(n)
	case "Memory Size":
		r.MemoryMB = int(n)
	case "Max Memory Used":
		r.UsedMB = int(n)
	case "Init Duration":
		r.Init = milliseconds(n)
	case "XRAY TraceId":
		r.TraceID = text
	}
}

func milliseconds(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

func (r *Report) readRecord(word string, record value.Value) {
	if tracing, ok := record.Get("tracing"); ok {
		root, _, _ := strings.Cut(strings.TrimPrefix(text(tracing, "value"), "Root="), ";")
		r.TraceID = root
	}
	if word != "REPORT" {
		return
	}
	metrics, _ := record.Get("metrics")
	number := func(name string) float64 { m, _ := metrics.Get(name); return m.Float() }
	r.Billed, r.Init = milliseconds(number("billedDurationMs")), milliseconds(number("initDurationMs"))
	r.MemoryMB, r.UsedMB = int(number("memorySizeMB")), int(number("maxMemoryUsedMB"))
}

func (b *Invocations) invocation(function, id string) *Invocation {
	in := b.byRequest[id]
	if in == nil {
		in = &Invocation{Function: function, RequestID: id}
		b.byRequest[id] = in
		if b.byFunction[function] == nil {
			b.byFunction[function] = map[string]*Invocation{}
		}
		b.byFunction[function][id] = in
	}
	return in
}

// skew is how far the clocks of Step Functions and of a function's log may be apart.
const skew = 50 * time.Millisecond

// Claim takes out the invocation that the attempt a at a task of the execution and state made: the one with its request id, or
// else, as AWS reports none for a failure, the one of the function that says so itself, or that ran in its time. nil where it is
// not there, or not there yet.
func (b *Invocations) Claim(a *Attempt, execution, state string) *Invocation {
	found := b.byRequest[a.RequestID]
	if a.RequestID == "" && !a.Ended.IsZero() {
		found = b.guess(a, execution, state)
	}
	if found == nil || found.End.IsZero() {
		return nil
	}
	b.drop(found)
	return found
}

// guess finds the invocation of a failed attempt by what it says of itself: its time, its caller, its error. Where several fit it
// waits: the others are claimed by their request ids.
func (b *Invocations) guess(a *Attempt, execution, state string) *Invocation {
	function, _, _ := strings.Cut(a.Target(), ":")
	message := ReadCause(a.Cause).Message
	var found []*Invocation
	for _, in := range b.byFunction[function] {
		switch {
		case !in.within(a):
		case in.Execution == execution && in.State == state, message != "" && in.says(message):
			return in
		case in.Execution == "":
			found = append(found, in)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// says is whether the last line, where a failed handler's error stands, has the message.
func (in *Invocation) says(message string) bool {
	n := len(in.Lines)
	return n > 0 && strings.Contains(in.Lines[n-1].Text, strings.Trim(value.OfString(message).String(), `"`))
}

func (b *Invocations) drop(in *Invocation) {
	delete(b.byRequest, in.RequestID)
	delete(b.byFunction[in.Function], in.RequestID)
}

func (in *Invocation) within(a *Attempt) bool {
	return !in.Start.IsZero() && !in.Start.Before(a.Scheduled.Add(-skew)) && !in.End.After(a.Ended.Add(skew))
}

// Forget drops invocations that ended before t and that nobody claimed.
func (b *Invocations) Forget(t time.Time) {
	for _, in := range b.byRequest {
		if !in.End.IsZero() && in.End.Before(t) {
			b.drop(in)
		}
	}
}

// Said is a function's log line for people: of a structured line its level, message and attributes.
func Said(text string) string {
	text = strings.TrimRight(text, "\r\n")
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return short(text)
	}
	var level, message string
	var rest []string
	for _, m := range v.Members() {
		switch m.Name {
		case "level":
			level = m.Value.Str()
		case "msg", "message":
			message = history.JSON(m.Value).String()
			if m.Value.Kind() == value.String {
				message = m.Value.Str()
			}
		case "time", "timestamp", "requestId", "execution", "state", "type":
		default:
			rest = append(rest, m.Name+"="+strings.Trim(m.Value.String(), `"`))
		}
	}
	if message == "" {
		return short(text)
	}
	words := append([]string{message}, rest...)
	if level != "" && level != "INFO" {
		words = append([]string{level}, words...)
	}
	return short(strings.Join(words, " "))
}
