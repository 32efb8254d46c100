package observe

import (
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
	Start, End time.Time // of the platform's START and END lines; zero where they were not seen
	Lines      []LogLine // what the function itself wrote
}

// Invocations collects the log lines of functions, and gives each task the lines of its own invocation.
type Invocations struct {
	byRequest map[string]*Invocation
	current   map[string]*Invocation // by function and stream: a stream is one sandbox, which runs one invocation at a time
}

// Platform lines. AWS: Lambda, "Understanding Lambda function logs" (plain text format).
var platformLine = lazyregexp.New(`^(START|END|REPORT|INIT_START|INIT_REPORT)\b(?: RequestId: (\S+))?`)

// Add takes a line of the function's log group.
func (b *Invocations) Add(function string, line LogLine) {
	if b.byRequest == nil {
		b.byRequest, b.current = map[string]*Invocation{}, map[string]*Invocation{}
	}
	stream := function + " " + line.Stream
	if m := platformLine.FindStringSubmatch(line.Text); m != nil {
		b.platform(function, stream, m[1], m[2], line)
		return
	}
	in := b.current[stream]
	if id := requestOf(line.Text); id != "" {
		in = b.invocation(function, id)
	}
	if in != nil {
		in.Lines = append(in.Lines, line)
	}
}

func (b *Invocations) platform(function, stream, word, id string, line LogLine) {
	if id == "" {
		return
	}
	in := b.invocation(function, id)
	switch word {
	case "START":
		in.Start = line.Time
		b.current[stream] = in
	case "END":
		in.End = line.Time
		delete(b.current, stream)
	}
}

func (b *Invocations) invocation(function, id string) *Invocation {
	in := b.byRequest[id]
	if in == nil {
		in = &Invocation{Function: function, RequestID: id}
		b.byRequest[id] = in
	}
	return in
}

// requestOf is the request id that a structured line carries.
func requestOf(text string) string {
	if !strings.HasPrefix(text, "{") {
		return ""
	}
	v, err := value.Parse(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	id, _ := v.Get("requestId")
	return id.Str()
}

// skew is how far the clocks of Step Functions and of a function's log may be apart.
const skew = 50 * time.Millisecond

// Claim takes out the invocation that the attempt a at a task made: the one with its request id, or else, as AWS reports none
// for a failure, the one of the function that ran in its time. nil where it is not there, or not there yet.
func (b *Invocations) Claim(a *Attempt) *Invocation {
	function, _, _ := strings.Cut(a.target(), ":")
	found := b.byRequest[a.RequestID]
	if a.RequestID == "" && !a.Ended.IsZero() {
		for _, in := range b.byRequest {
			if in.Function == function && in.within(a) && (found == nil || in.Start.Before(found.Start)) {
				found = in
			}
		}
	}
	if found == nil || found.End.IsZero() {
		return nil
	}
	delete(b.byRequest, found.RequestID)
	return found
}

func (in *Invocation) within(a *Attempt) bool {
	return !in.Start.IsZero() && !in.Start.Before(a.Scheduled.Add(-skew)) && !in.End.After(a.Ended.Add(skew))
}

// Forget drops invocations that ended before t and that nobody claimed.
func (b *Invocations) Forget(t time.Time) {
	for id, in := range b.byRequest {
		if !in.End.IsZero() && in.End.Before(t) {
			delete(b.byRequest, id)
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
