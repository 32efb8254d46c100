package page

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/value"
)

// stories are the executions that pages look at, as far as they are told. Each grows with its execution: a look costs only what
// happened since the last one.
type stories struct {
	fresh func(context.Context, *told) ([]*history.Event, error) // what happened since
	mu    sync.Mutex
	told  []*told // the one last looked at at the end
}

// kept is how many stories stay.
const kept = 16

func newStories(fresh func(context.Context, *told) ([]*history.Event, error)) *stories {
	return &stories{fresh: fresh}
}

// told is one execution's story. mu guards all below it.
type told struct {
	arn string

	mu     sync.Mutex
	story  *observe.Story
	events []*history.Event
	marks  map[*observe.Step]*mark
	at     []*observe.Step // of each event; nil where it belongs to none
	when   time.Time       // of an Express execution: when it ran, as far as who asks knows
	log    *expressLog     // where those are read
}

// mark is where a step begins and ends in the history.
type mark struct{ entered, exited int64 }

// of is the story of an execution, told to its latest event, locked.
func (s *stories) of(ctx context.Context, arn string, when time.Time) (*told, error) {
	t := s.take(arn)
	t.mu.Lock()
	if t.log == nil {
		t.when = when
	}
	if err := t.catchUp(ctx, s.fresh); err != nil {
		t.mu.Unlock()
		return nil, err
	}
	return t, nil
}

// catchUp tells what happened since.
func (t *told) catchUp(ctx context.Context, fresh func(context.Context, *told) ([]*history.Event, error)) error {
	events, err := fresh(ctx, t)
	if err != nil {
		return err
	}
	for _, e := range events {
		own := *e // a story completes what it is told
		t.add(&own)
	}
	return nil
}

func (s *stories) take(arn string) *told {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.told, func(t *told) bool { return t.arn == arn })
	if i < 0 {
		s.told = append(s.told, &told{arn: arn, story: observe.NewStory(arn), marks: map[*observe.Step]*mark{}})
		s.told = s.told[max(0, len(s.told)-kept):]
		return s.told[len(s.told)-1]
	}
	t := s.told[i]
	s.told = append(slices.Delete(s.told, i, i+1), t)
	return t
}

func (t *told) add(e *history.Event) {
	scene := t.story.Add(e)
	t.events, t.at = append(t.events, e), append(t.at, scene.Step)
	if scene.Step == nil {
		return
	}
	m := t.marks[scene.Step]
	if m == nil {
		m = &mark{entered: e.ID}
		t.marks[scene.Step] = m
	}
	if !scene.Step.Left.IsZero() {
		m.exited = e.ID
	}
}

// fresh are the events of an execution that are not told yet.
func (p *Page) fresh(ctx context.Context, t *told) ([]*history.Event, error) {
	if isExpress(t.arn) {
		return p.expressEvents(ctx, t)
	}
	return p.Source.Events(ctx, t.arn, len(t.events))
}

// look finds the story that a request is about. The caller unlocks it.
func (p *Page) look(r *http.Request) (*told, error) {
	return p.stories.of(r.Context(), r.FormValue("execution"), timeOf(r, "at"))
}

// executionView is an execution with the steps it took, each after the step that it is inside of.
type executionView struct {
	Execution json.RawMessage `json:"execution"` // as DescribeExecution has it
	Now       int64           `json:"now"`
	Events    int             `json:"events"`
	Ended     bool            `json:"ended"` // the events are told to the end
	Steps     []step          `json:"steps"` // null where nothing happened since ?known= events
}

type step struct {
	Event   int64   `json:"event"`            // that entered it
	Exit    int64   `json:"exit,omitempty"`   // the event that left it
	Parent  int64   `json:"parent,omitempty"` // the event that entered the step around it
	Index   int64   `json:"index"`            // of the branch or the iteration
	Depth   int     `json:"depth"`
	Name    string  `json:"name"`
	Type    string  `json:"type"`
	Status  string  `json:"status"`
	Entered int64   `json:"entered"`
	Left    int64   `json:"left,omitempty"`
	Error   string  `json:"error,omitempty"`
	Items   int64   `json:"items,omitempty"`
	Tries   []tries `json:"tries,omitempty"`
}

// tries is one attempt of a task, in time.
type tries struct {
	From   int64 `json:"from"`
	Start  int64 `json:"start,omitempty"` // when its work began: of a Lambda function, its invocation
	To     int64 `json:"to,omitempty"`
	Failed bool  `json:"failed,omitempty"`
	Waits  bool  `json:"waits,omitempty"` // for a callback or a job
}

func (p *Page) execution(r *http.Request) (any, error) {
	t, err := p.look(r)
	if err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	known, _ := strconv.Atoi(r.FormValue("known"))
	view := &executionView{}
	if t.log != nil {
		view.Execution, view.Ended, err = p.expressStanding(t)
	} else {
		view.Execution, err = p.standing(r.Context(), t, known)
		view.Ended = t.story.Ended()
	}
	if err != nil {
		return nil, err
	}
	view.Now, view.Events = p.Source.Now().UnixMilli(), len(t.events)
	if known != len(t.events) {
		view.Steps = t.steps(make([]step, 0, len(t.marks)), &t.story.Thread, 0, 0)
	}
	return view, nil
}

// standing is what DescribeExecution says, without payloads where no events but the known ones are told. An execution that is over is
// told to its end: its status may have come after its last events.
func (p *Page) standing(ctx context.Context, t *told, known int) (json.RawMessage, error) {
	for {
		count := len(t.events)
		in := map[string]string{"executionArn": t.arn}
		if known == count {
			in["includedData"] = "METADATA_ONLY"
		}
		var said json.RawMessage
		if err := p.call(ctx, t.arn, "DescribeExecution", in, &said); err != nil {
			return nil, err
		}
		var d struct{ Status string }
		if err := json.Unmarshal(said, &d); err != nil || d.Status == "RUNNING" {
			return said, err
		}
		if err := t.catchUp(ctx, p.fresh); err != nil || len(t.events) == count {
			return said, err
		}
	}
}

func (t *told) steps(list []step, thread *observe.Thread, parent int64, depth int) []step {
	for _, s := range thread.Steps {
		m := t.marks[s]
		list = append(list, step{
			Event: m.entered, Exit: m.exited, Parent: parent, Index: thread.Index, Depth: depth, Name: s.Name, Type: s.Type, Status: string(s.Status),
			Entered: milliseconds(s.Entered), Left: milliseconds(s.Left), Error: s.Error.String(), Items: s.Length, Tries: attempts(s),
		})
		for _, inner := range s.Threads {
			list = t.steps(list, inner, m.entered, depth+1)
		}
	}
	return list
}

func attempts(s *observe.Step) []tries {
	var list []tries
	for _, a := range s.Attempts {
		list = append(list, tries{milliseconds(a.Scheduled), milliseconds(a.Started), milliseconds(a.Ended), a.Error.Present(), a.Submitted})
	}
	return list
}

// eventRow is an event in the table.
type eventRow struct {
	ID   int64  `json:"id"`
	Time int64  `json:"time"`
	Type string `json:"type"`
	Name string `json:"name"`           // of the state that it belongs to
	Step int64  `json:"step,omitempty"` // the event that entered that state
	Bad  bool   `json:"bad,omitempty"`
}

// chunk is how many events one request gets at most.
const chunk = 500

// events are the rows of up to chunk events from the place ?from=, counted from 0.
func (p *Page) events(r *http.Request) (any, error) {
	t, err := p.look(r)
	if err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	from, _ := strconv.Atoi(r.FormValue("from"))
	from = min(max(from, 0), len(t.events))
	rows := []eventRow{}
	for i := from; i < min(from+chunk, len(t.events)); i++ {
		e := t.events[i]
		row := eventRow{ID: e.ID, Time: e.Time.UnixMilli(), Type: string(e.Type), Bad: e.Details != nil && e.Details.Error.Present()}
		if s := t.at[i]; s != nil {
			row.Name, row.Step = s.Name, t.marks[s].entered
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// event is the event ?id= as GetExecutionHistory has it.
func (p *Page) event(r *http.Request) (any, error) {
	t, err := p.look(r)
	if err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	i, err := t.place(r.FormValue("id"))
	if err != nil {
		return nil, err
	}
	return json.RawMessage(t.events[i].AppendAPI(nil, true)), nil
}

func (t *told) place(id string) (int, error) {
	n, _ := strconv.ParseInt(id, 10, 64)
	i, found := t.index(n)
	if !found {
		return 0, &failure{http.StatusNotFound, "the execution has no event " + strconv.Quote(id)}
	}
	return i, nil
}

func (t *told) index(id int64) (int, bool) {
	return slices.BinarySearchFunc(t.events, id, func(e *history.Event, id int64) int { return int(e.ID - id) })
}

// stepView is a step with its data. Payloads are JSON text, as the history has them; a payload that is missing is null.
type stepView struct {
	Input    *string       `json:"input"`
	Output   *string       `json:"output"`
	Error    *string       `json:"error"`
	Cause    *string       `json:"cause"`
	MapRun   string        `json:"mapRun,omitempty"`
	Known    []variable    `json:"known"`    // the variables that the state saw
	Assigned []variable    `json:"assigned"` // those that it set
	Attempts []attemptView `json:"attempts"`
}

type attemptView struct {
	Resource   string  `json:"resource"`
	Parameters *string `json:"parameters"`
	Output     *string `json:"output"`
	Error      *string `json:"error"`
	Cause      *string `json:"cause"`
	Token      string  `json:"token,omitempty"` // the task token, while its answer is awaited
}

// step is the data of the step that the event ?id= belongs to.
func (p *Page) step(r *http.Request) (any, error) {
	t, err := p.look(r)
	if err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	i, err := t.place(r.FormValue("id"))
	if err != nil {
		return nil, err
	}
	step := t.at[i]
	if step == nil {
		return nil, &failure{http.StatusNotFound, "event " + r.FormValue("id") + " belongs to no state"}
	}
	known, assigned := t.variables(step)
	view := stepView{Known: known, Assigned: assigned, Input: text(step.Input), Output: text(step.Output), Error: text(step.Error), Cause: text(step.Cause), MapRun: step.MapRunARN, Attempts: []attemptView{}}
	for _, a := range step.Attempts {
		shown := attemptView{Resource: a.Resource, Parameters: text(a.Parameters), Output: text(a.Output), Error: text(a.Error), Cause: text(a.Cause)}
		if a.Ended.IsZero() && strings.HasSuffix(a.Resource, ".waitForTaskToken") {
			shown.Token = p.awaited(a.Parameters.Value())
		}
		view.Attempts = append(view.Attempts, shown)
	}
	return view, nil
}

// variable is a workflow variable with its value as JSON text.
type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// variables are those that a step saw, sorted by name, and those that it set when it was left.
func (t *told) variables(s *observe.Step) (known, assigned []variable) {
	seen := map[string]value.Value{}
	t.scope(s, seen)
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		known = append(known, variable{name, seen[name].String()})
	}
	for _, m := range t.assigned(s) {
		assigned = append(assigned, variable{m.Name, m.Value.String()})
	}
	return known, assigned
}

// scope puts the variables that a step saw into seen: those of the steps around it, then those of the steps before it.
func (t *told) scope(s *observe.Step, seen map[string]value.Value) {
	if s.In.Parent != nil {
		t.scope(s.In.Parent, seen)
	}
	for _, before := range s.In.Steps {
		if before == s {
			return
		}
		for _, m := range t.assigned(before) {
			seen[m.Name] = m.Value
		}
	}
}

// assigned are the variables that a step set, as the event that left it says.
func (t *told) assigned(s *observe.Step) []value.Member {
	m := t.marks[s]
	if m == nil || m.exited == 0 {
		return nil
	}
	i, found := t.index(m.exited)
	if !found {
		return nil
	}
	return t.events[i].Details.AssignedVariables
}

func text(t history.Text) *string {
	if !t.Present() {
		return nil
	}
	s := t.String()
	return &s
}
