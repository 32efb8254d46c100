package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

// teller prints what is seen of executions: as stories, as raw events, or as JSON, one object a line.
type teller struct {
	out    io.Writer
	paint  bool
	format string // text, raw or json
	names  bool   // several executions may be told at once: each line says whose it is
	filter func(observe.Entry) bool
	day    string // of the last line; a line says when it changes
}

var moodColour = map[observe.Mood]string{
	observe.Begin: "36", observe.Good: "32", observe.Bad: "31", observe.Waiting: "33", observe.Faint: "2", observe.Plain: "0",
}

func (t *teller) tell(e observe.Entry) error {
	if t.filter != nil && !t.filter(e) {
		return nil
	}
	switch t.format {
	case "json":
		return t.json(e)
	case "raw":
		return t.raw(e)
	}
	return t.text(e)
}

func (t *teller) text(e observe.Entry) error {
	line, ok := observe.Line{}, true
	if e.Log != nil {
		line = observe.Line{Time: e.Log.Time, Mood: observe.Faint, Depth: e.Scene.Thread.Depth() + 1, Text: observe.Said(e.Log.Text)}
	} else {
		line, ok = e.Story.Narrate(e.Scene)
	}
	if !ok {
		return nil
	}
	if day := line.Time.Local().Format(time.DateOnly); day != t.day {
		if t.day != "" {
			fmt.Fprintf(t.out, "%s\n", paint(t.paint, "2", "-- "+day))
		}
		t.day = day
	}
	data := ""
	if line.Data != "" {
		data = "  " + paint(t.paint, "2", line.Data)
	}
	_, err := fmt.Fprintf(t.out, "%s%s  %s%s %s%s\n", line.Time.Local().Format("15:04:05.000"), t.who(e),
		strings.Repeat("  ", line.Depth), paint(t.paint, moodColour[line.Mood], line.Mood.Mark()), line.Text, data)
	return err
}

// nameWidth is how much of an execution's name a line shows; UUIDs differ early.
const nameWidth = 12

func (t *teller) who(e observe.Entry) string {
	if !t.names {
		return ""
	}
	name := observe.Clean(executionName(e.Story.ARN))
	if len(name) > nameWidth {
		name = name[:nameWidth]
	}
	return fmt.Sprintf("  %s %-*s", e.Machine.Name, nameWidth, name)
}

// executionName is the name in an execution's ARN: of arn:…:execution:MACHINE:NAME and arn:…:express:MACHINE:NAME:ID it is NAME.
func executionName(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 8 {
		return arn
	}
	return parts[7]
}

func (t *teller) raw(e observe.Entry) error {
	at, text := e.Scene.Event.Time, e.Scene.Event.Line()
	if e.Log != nil {
		at, text = e.Log.Time, strings.TrimRight(e.Log.Text, "\n")
	}
	_, err := fmt.Fprintf(t.out, "%s  %s  %s\n", at.UTC().Format("2006-01-02T15:04:05.000Z"), e.Story.ARN, observe.Clean(text))
	return err
}

// entryJSON is a line of `-o json`: an event in GetExecutionHistory's shape, or a function's log line with its state.
type entryJSON struct {
	Machine   string          `json:"stateMachine"`
	Execution string          `json:"executionArn"`
	Event     json.RawMessage `json:"event,omitempty"`
	Log       *logJSON        `json:"log,omitempty"`
}

type logJSON struct {
	Timestamp string `json:"timestamp"`
	State     string `json:"state"`
	RequestID string `json:"requestId,omitempty"`
	Message   string `json:"message"`
}

func (t *teller) json(e observe.Entry) error {
	line := entryJSON{Machine: e.Machine.Name, Execution: e.Story.ARN}
	if e.Log == nil {
		line.Event = apiEvent(e.Scene.Event)
	} else {
		line.Log = &logJSON{e.Log.Time.UTC().Format("2006-01-02T15:04:05.000Z"), e.Scene.Step.Name, e.Scene.Attempt.RequestID,
			strings.TrimRight(e.Log.Text, "\n")}
	}
	enc := json.NewEncoder(t.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(line)
}

func apiEvent(e *history.Event) json.RawMessage { return e.AppendAPI(nil, true) }
