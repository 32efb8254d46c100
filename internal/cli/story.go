package cli

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

// teller prints what is seen of executions: as stories, as raw events, or as JSON, one object a line.
type teller struct {
	out    io.Writer
	paint  bool
	format string // text, raw or json
	names  bool   // several executions may be told at once: each line says whose it is
	filter func(*observe.Entry) bool
	day    string // of the last line; a line says when it changes
	told   int
	buffer []byte
}

var moodColour = map[observe.Mood]string{
	observe.Begin: "36", observe.Good: "32", observe.Bad: "31", observe.Waiting: "33", observe.Faint: "2", observe.Plain: "0",
}

func (t *teller) tell(e observe.Entry) error {
	if t.filter != nil && !t.filter(&e) {
		return nil
	}
	text, err := t.render(t.buffer[:0], &e)
	if err != nil || len(text) == 0 {
		return err
	}
	t.buffer = text
	t.told++
	_, err = t.out.Write(text)
	return err
}

// render appends what is printed of e.
func (t *teller) render(dst []byte, e *observe.Entry) ([]byte, error) {
	switch t.format {
	case "json":
		return t.json(dst, e)
	case "raw":
		return t.raw(dst, e), nil
	}
	return t.text(dst, e), nil
}

func (t *teller) text(dst []byte, e *observe.Entry) []byte {
	line, ok := e.Line()
	if !ok {
		return dst
	}
	at := line.Time.Local()
	if day := at.Format(time.DateOnly); day != t.day {
		if t.day != "" {
			dst = append(append(dst, paint(t.paint, "2", "-- "+day)...), '\n')
		}
		t.day = day
	}
	dst = at.AppendFormat(dst, "15:04:05.000")
	dst = append(t.who(dst, e), "  "...)
	for range line.Depth {
		dst = append(dst, "  "...)
	}
	dst = append(append(dst, paint(t.paint, moodColour[line.Mood], line.Mood.Mark())...), ' ')
	dst = append(dst, line.Text...)
	if line.Data != "" {
		dst = append(append(dst, "  "...), paint(t.paint, "2", line.Data)...)
	}
	return append(dst, '\n')
}

// nameWidth is how much of an execution's name a line shows; UUIDs differ early.
const nameWidth = 12

// who appends whose line it is: of a child execution, its outermost parent's.
func (t *teller) who(dst []byte, e *observe.Entry) []byte {
	if !t.names {
		return dst
	}
	story, machine := e.Story, e.Machine.Name
	for story.Parent != nil {
		story = story.Parent
		machine = observe.MachineName(story.ARN)
	}
	name := observe.Clean(observe.NameOf(story.ARN))
	if utf8.RuneCountInString(name) > nameWidth {
		name = string([]rune(name)[:nameWidth])
	}
	dst = append(append(append(append(dst, "  "...), observe.Clean(machine)...), ' '), name...)
	for range nameWidth - utf8.RuneCountInString(name) {
		dst = append(dst, ' ')
	}
	return dst
}

func (t *teller) raw(dst []byte, e *observe.Entry) []byte {
	text := ""
	switch {
	case e.Log != nil:
		text = strings.TrimRight(e.Log.Text, "\n")
	case e.Run != nil:
		text = e.Run.ARN + "  " + e.Run.String()
	default:
		text = e.Scene.Event.Line()
	}
	dst = e.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = append(append(append(dst, "  "...), observe.Clean(e.Story.ARN)...), "  "...)
	return append(append(dst, observe.Clean(text)...), '\n')
}

// entryJSON is a line of `-o json`: an event in GetExecutionHistory's shape, a function's log line with its state, or how far a map
// run is.
type entryJSON struct {
	Machine   string          `json:"stateMachine"`
	Execution string          `json:"executionArn"`
	Parent    string          `json:"parentExecutionArn,omitempty"`
	Event     json.RawMessage `json:"event,omitempty"`
	Log       *logJSON        `json:"log,omitempty"`
	MapRun    *mapRunJSON     `json:"mapRun,omitempty"`
}

type logJSON struct {
	Timestamp string `json:"timestamp"`
	State     string `json:"state"`
	Function  string `json:"function"`
	RequestID string `json:"requestId,omitempty"`
	TraceID   string `json:"traceId,omitempty"`
	Message   string `json:"message"`
}

type mapRunJSON struct {
	ARN       string `json:"mapRunArn"`
	State     string `json:"state"`
	Status    string `json:"status"`
	Items     int64  `json:"items"`
	Succeeded int64  `json:"succeeded"`
	Failed    int64  `json:"failed"`
	TimedOut  int64  `json:"timedOut"`
	Aborted   int64  `json:"aborted"`
	Running   int64  `json:"running"`
	Pending   int64  `json:"pending"`
}

func (t *teller) json(dst []byte, e *observe.Entry) ([]byte, error) {
	line := entryJSON{Machine: e.Machine.Name, Execution: e.Story.ARN}
	if e.Story.Parent != nil {
		line.Parent = e.Story.Parent.ARN
	}
	switch {
	case e.Log != nil:
		in := e.Invocation
		line.Log = &logJSON{e.Log.Time.UTC().Format("2006-01-02T15:04:05.000Z"), e.Scene.Step.Name, in.Function, in.RequestID, in.TraceID,
			strings.TrimRight(e.Log.Text, "\n")}
	case e.Run != nil:
		r := e.Run
		line.MapRun = &mapRunJSON{r.ARN, e.Scene.Step.Name, r.Status, r.Items, r.Succeeded, r.Failed, r.TimedOut, r.Aborted, r.Running, r.Pending}
	default:
		line.Event = apiEvent(e.Scene.Event)
	}
	text, err := encodeJSON(line, "")
	return append(dst, text...), err
}

func apiEvent(e *history.Event) json.RawMessage { return e.AppendAPI(nil, true) }
