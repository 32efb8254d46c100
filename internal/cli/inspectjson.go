package cli

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/observe"
)

// inspectionJSON is what `-o json` prints.
type inspectionJSON struct {
	ExecutionARN string            `json:"executionArn"`
	StateMachine string            `json:"stateMachine"`
	Status       observe.Status    `json:"status"`
	StartDate    time.Time         `json:"startDate"`
	StopDate     *time.Time        `json:"stopDate,omitempty"`
	Error        string            `json:"error,omitempty"`
	Cause        string            `json:"cause,omitempty"`
	FailedState  string            `json:"failedState,omitempty"`
	RootCause    *rootCauseJSON    `json:"rootCause,omitempty"`
	Steps        []stepJSON        `json:"steps"`
	Events       []json.RawMessage `json:"events"`
}

// rootCauseJSON is the failure that all others come from: in the execution itself, or in a child.
type rootCauseJSON struct {
	ExecutionARN string   `json:"executionArn"`
	State        string   `json:"state"`
	Source       string   `json:"source,omitempty"` // "file:line" of the workflow
	Error        string   `json:"error"`
	Message      string   `json:"message,omitempty"`
	Frames       []string `json:"frames,omitempty"` // "file:line" of this checkout, innermost first
	Logs         []string `json:"logs,omitempty"`
	RequestID    string   `json:"requestId,omitempty"`
	TraceID      string   `json:"traceId,omitempty"`
}

type stepJSON struct {
	Name     string         `json:"name"`
	Type     string         `json:"type"`
	Status   observe.Status `json:"status"`
	Entered  time.Time      `json:"entered"`
	Exited   *time.Time     `json:"exited,omitempty"`
	Attempts int            `json:"attempts,omitempty"`
	Error    string         `json:"error,omitempty"`
	Cause    string         `json:"cause,omitempty"`
	Logs     []string       `json:"logs,omitempty"`
	Threads  [][]stepJSON   `json:"threads,omitempty"`
	Children []childJSON    `json:"children,omitempty"`
}

// childJSON is an execution that a step started.
type childJSON struct {
	ExecutionARN string         `json:"executionArn"`
	Status       observe.Status `json:"status"`
	Steps        []stepJSON     `json:"steps"`
}

func (i *inspection) json() inspectionJSON {
	s := i.story
	out := inspectionJSON{
		ExecutionARN: s.ARN, StateMachine: i.machine.Name, Status: s.Status, StartDate: s.Start.UTC(), StopDate: present(s.Stop),
		Error: s.Error.String(), Cause: s.Cause.String(), Steps: i.stepsJSON(&s.Thread),
	}
	if len(i.failures) > 0 {
		out.FailedState = i.failures[0].step.Path()
		out.RootCause = i.failures[len(i.failures)-1].json()
	}
	for _, e := range i.events {
		out.Events = append(out.Events, apiEvent(e))
	}
	return out
}

func (f *stepFailure) json() *rootCauseJSON {
	out := &rootCauseJSON{ExecutionARN: f.story.ARN, State: f.step.Path(), Source: f.source, Error: f.error.String(), Message: f.cause.Message,
		Logs: texts(f.lines())}
	for _, frame := range f.frames {
		out.Frames = append(out.Frames, place(frame))
	}
	if in := f.invocation(); in != nil {
		out.RequestID, out.TraceID = in.RequestID, in.TraceID
	}
	return out
}

func texts(lines []observe.LogLine) []string {
	var list []string
	for _, line := range lines {
		list = append(list, strings.TrimRight(line.Text, "\n"))
	}
	return list
}

func (i *inspection) stepsJSON(t *observe.Thread) []stepJSON {
	steps := make([]stepJSON, len(t.Steps))
	for n, step := range t.Steps {
		steps[n] = stepJSON{
			Name: step.Name, Type: step.Type, Status: step.Status, Entered: step.Entered.UTC(), Exited: present(step.Left),
			Attempts: len(step.Attempts), Error: step.Error.String(), Cause: step.Cause.String(),
		}
		for _, attempt := range step.Attempts {
			if attempt.Invocation != nil {
				steps[n].Logs = append(steps[n].Logs, texts(attempt.Invocation.Lines)...)
			}
		}
		for _, inner := range step.Threads {
			steps[n].Threads = append(steps[n].Threads, i.stepsJSON(inner))
		}
		for _, child := range i.startedBy(step) {
			steps[n].Children = append(steps[n].Children, childJSON{child.ARN, child.Status, i.stepsJSON(&child.Thread)})
		}
	}
	return steps
}

// present is nil for the zero time.
func present(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
