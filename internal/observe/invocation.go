package observe

import (
	"slices"
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
	Lines      []LogLine // what the function itself wrote, by time
	Report

	byTime []LogLine // of Lines, those that say no request id: they are taken to be its by stream and time
	owner  *Entry    // the task that it was claimed for
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
	streams    map[string]*sandbox               // by function and stream
	late       []lateLine
}

// sandbox is a log stream of a function, where one invocation runs at a time.
type sandbox struct {
	invocations []*Invocation // the latest, by their start
	orphans     []LogLine     // lines at whose time none ran, as far as is known
}

// lateLine is a line that came after its invocation was claimed.
type lateLine struct {
	in   *Invocation
	line LogLine
}

// Limits of a sandbox: lines come out of order, but not by much.
const (
	mostInvocations = 16
	mostOrphans     = 256
)

// Platform lines. AWS: Lambda, "Understanding Lambda function logs" (plain text format).
var platformLine = lazyregexp.New(`^(START|END|REPORT|INIT_START|INIT_REPORT)\b(?: RequestId: (\S+))?`)

// Add takes a line of the function's log group.
func (b *Invocations) Add(function string, line LogLine) {
	if b.byRequest == nil {
		b.byRequest, b.byFunction, b.streams = map[string]*Invocation{}, map[string]map[string]*Invocation{}, map[string]*sandbox{}
	}
	if strings.HasPrefix(line.Text, "{") {
		b.structured(function, line)
		return
	}
	if m := platformLine.FindStringSubmatch(line.Text); m != nil {
		if m[2] != "" {
			b.platform(function, line, m[1], m[2]).read(m[1], line.Text)
		}
		return
	}
	b.stray(function, line)
}

// stray takes a line that says no request id.
func (b *Invocations) stray(function string, line LogLine) {
	s := b.sandbox(function, line.Stream)
	in := s.running(line.Time)
	if in == nil {
		s.orphans = append(s.orphans[max(0, len(s.orphans)-mostOrphans):], line)
		return
	}
	if in.owner != nil {
		b.late = append(b.late, lateLine{in, line})
		return
	}
	in.byTime = append(in.byTime, line)
}

func (b *Invocations) sandbox(function, stream string) *sandbox {
	key := function + " " + stream
	s := b.streams[key]
	if s == nil {
		s = &sandbox{}
		b.streams[key] = s
	}
	return s
}

// running is the invocation that ran at a time.
func (s *sandbox) running(at time.Time) *Invocation {
	for i := len(s.invocations) - 1; i >= 0; i-- {
		if in := s.invocations[i]; !at.Before(in.Start) {
			if in.End.IsZero() || !at.After(in.End) {
				return in
			}
			return nil
		}
	}
	return nil
}

// settle places the lines without a request id anew, now that more is known of the times of invocations.
func (b *Invocations) settle(function string, s *sandbox) {
	lines := s.orphans
	s.orphans = nil
	for _, in := range s.invocations {
		if in.owner == nil {
			lines, in.byTime = append(lines, in.byTime...), nil
		}
	}
	for _, line := range lines {
		b.stray(function, line)
	}
}

// structured takes a line that is JSON: of the platform (AWS: Lambda, JSON log format), or of a handler's logger.
func (b *Invocations) structured(function string, line LogLine) {
	v, _ := value.Parse(strings.TrimSpace(line.Text))
	if kind := text(v, "type"); strings.HasPrefix(kind, "platform.") {
		record, _ := v.Get("record")
		id, word := text(record, "requestId"), platformWords[kind]
		if id != "" && word != "" {
			b.platform(function, line, word, id).readRecord(word, record)
		}
		return
	}
	id := text(v, "requestId")
	if id == "" {
		b.stray(function, line)
		return
	}
	in := b.invocation(function, id)
	if execution := text(v, "execution"); execution != "" {
		in.Execution, in.State = execution, text(v, "state")
	}
	if in.owner != nil {
		b.late = append(b.late, lateLine{in, line})
		return
	}
	in.Lines = append(in.Lines, line)
}

// platformWords are the lines of the plain format that the events of the JSON format stand for.
var platformWords = map[string]string{"platform.start": "START", "platform.runtimeDone": "END", "platform.report": "REPORT"}

func text(v value.Value, name string) string {
	m, _ := v.Get(name)
	return m.Str()
}

func (b *Invocations) platform(function string, line LogLine, word, id string) *Invocation {
	in := b.invocation(function, id)
	s := b.sandbox(function, line.Stream)
	switch {
	case word == "START" && in.Start.IsZero():
		in.Start = line.Time
		s.begin(in)
	case word == "END", word == "REPORT" && in.End.IsZero():
		in.End = line.Time
	default:
		return in
	}
	b.settle(function, s)
	return in
}

func (s *sandbox) begin(in *Invocation) {
	at, _ := slices.BinarySearchFunc(s.invocations, in.Start, func(in *Invocation, start time.Time) int { return in.Start.Compare(start) })
	s.invocations = slices.Insert(s.invocations, at, in)
	if over := len(s.invocations) - mostInvocations; over > 0 {
		s.invocations = slices.Delete(s.invocations, 0, over)
	}
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

// claim finds the invocation that the attempt a at a task made, and gives it to the task alone: the one with its request id, or else,
// as AWS reports none for a failure, the one that fits it. nil where it is not there, or not there yet; last says that no more lines
// are waited for.
func (b *Invocations) claim(a *Attempt, task *Entry, last bool) *Invocation {
	found := b.byRequest[a.RequestID]
	if a.RequestID == "" && !a.Ended.IsZero() {
		found = b.guess(a, task, last)
	}
	if found == nil || found.End.IsZero() || found.owner != nil {
		return nil
	}
	found.owner = task
	found.Lines = append(found.Lines, found.byTime...)
	slices.SortStableFunc(found.Lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return found
}

// guess finds the invocation of a failed attempt by what it says of itself: its caller, its error, nearest to the attempt's end. One of
// which only the time fits is taken when it is the last that nobody else has claimed.
func (b *Invocations) guess(a *Attempt, task *Entry, last bool) *Invocation {
	function, _, _ := strings.Cut(a.Target(), ":")
	message := ReadCause(a.Cause).Message
	var fits *Invocation
	var others []*Invocation
	for _, in := range b.byFunction[function] {
		switch {
		case in.owner != nil, !in.within(a):
		case in.Execution != "":
			if in.Execution == task.Story.ARN && in.State == task.Scene.Step.Name {
				return in
			}
		case message != "" && (strings.Contains(message, in.RequestID) || in.says(message)):
			if fits == nil || in.End.After(fits.End) {
				fits = in
			}
		default:
			others = append(others, in)
		}
	}
	// AWS reports the request id of every success; a success without one is of a server that never does.
	if fits == nil && len(others) == 1 && (last || !a.Error.Present()) {
		return others[0]
	}
	return fits
}

// says is whether a line of it, as a failed handler's last one does, has the message.
func (in *Invocation) says(message string) bool {
	quoted := value.OfString(message).String()
	has := func(l LogLine) bool { return strings.Contains(l.Text, quoted[1:len(quoted)-1]) }
	return slices.ContainsFunc(in.Lines, has) || slices.ContainsFunc(in.byTime, has)
}

func (in *Invocation) within(a *Attempt) bool {
	return !in.Start.IsZero() && !in.Start.Before(a.Scheduled.Add(-skew)) && !in.End.After(a.Ended.Add(skew))
}

// forget drops invocations that ended before t.
func (b *Invocations) forget(t time.Time) {
	for _, in := range b.byRequest {
		if !in.End.IsZero() && in.End.Before(t) {
			delete(b.byRequest, in.RequestID)
			delete(b.byFunction[in.Function], in.RequestID)
		}
	}
	for key, s := range b.streams {
		if n := len(s.invocations); n > 0 && !s.invocations[n-1].End.IsZero() && s.invocations[n-1].End.Before(t) {
			delete(b.streams, key)
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
