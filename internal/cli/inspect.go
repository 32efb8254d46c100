package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

type inspectOptions struct {
	execution string
	data      bool
	since     time.Time
}

func inspectCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "inspect", Category: groupOperate, Usage: "show one execution as a tree, what failed first",
		ArgsUsage: "EXECUTION-ARN",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "data", Usage: "show the input and output of every step"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for an Express execution's log lines from `TIME` on"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			since, err := moment(c.String("since"), time.Now())
			if err != nil {
				return usagef("--since %v", err)
			}
			return a.runInspect(c.Context, inspectOptions{c.Args().First(), c.Bool("data"), since})
		},
	}
}

// inspection is what is known of one execution.
type inspection struct {
	machine observe.Machine
	story   *observe.Story
	events  []*history.Event
	logs    map[*observe.Attempt][]observe.LogLine
}

func (a *app) runInspect(ctx context.Context, o inspectOptions) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	found, err := a.inspect(ctx, s, o)
	if err != nil {
		return s.explain(err)
	}
	if a.Format == "json" {
		return a.printJSON(found.json())
	}
	v := &inspector{a: a, inspection: found, data: o.data}
	v.print()
	return nil
}

// inspect reads all there is of an execution.
func (a *app) inspect(ctx context.Context, s *session, o inspectOptions) (*inspection, error) {
	arn, err := machineOf(o.execution)
	if err != nil {
		return nil, err
	}
	m, err := a.machine(ctx, s, arn)
	if err != nil {
		return nil, err
	}
	found := &inspection{machine: m, story: observe.NewStory(o.execution), logs: map[*observe.Attempt][]observe.LogLine{}}
	t := a.tail(s, m)
	t.Execution, t.Since, t.Notice = o.execution, o.since, nil
	if !m.Express {
		d, err := s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &o.execution})
		if notFound(err) {
			return nil, withHint(fmt.Errorf("no execution %s in environment %s", o.execution, a.Env), "stride ls --env "+a.Env)
		}
		if err != nil {
			return nil, err
		}
		t.Since = aws.ToTime(d.StartDate).Add(-time.Second)
	}
	t.Emit = func(e observe.Entry) error {
		found.story = e.Story
		if e.Log != nil {
			found.logs[e.Scene.Attempt] = append(found.logs[e.Scene.Attempt], *e.Log)
		} else {
			found.events = append(found.events, e.Scene.Event)
		}
		return nil
	}
	if err := t.Run(ctx); err != nil {
		return nil, err
	}
	if len(found.events) == 0 {
		return nil, fmt.Errorf("the log of %s has no events of %s since %s; --since looks further back", m.Name, o.execution, o.since.Local().Format(time.DateTime))
	}
	return found, nil
}

// inspector prints an inspection.
type inspector struct {
	a *app
	*inspection
	data bool
}

func (v *inspector) print() {
	s := v.story
	took := "runs since " + s.Start.Local().Format(time.DateTime)
	if s.Ended() {
		took = "after " + observe.Span(s.Stop.Sub(s.Start))
	}
	v.a.print("%s  %s  %s\n%s\n", v.colour(s.Status), v.machine.Name, took, observe.Clean(s.ARN))
	if failed := failing(&s.Thread); failed != nil {
		v.printFailure(failed)
	} else if s.Error.Present() || s.Cause.Present() {
		v.a.print("\n%s\n", observe.Reason(s.Error, s.Cause))
	}
	v.a.print("\n")
	v.thread(&s.Thread, 0)
	if v.data || s.Status == observe.Succeeded {
		v.payload(0, "output", s.Output)
	}
	v.next()
}

func (v *inspector) colour(status observe.Status) string {
	code := map[observe.Status]string{observe.Succeeded: "32", observe.Running: "33", observe.Caught: "33"}[status]
	if code == "" {
		code = "31"
	}
	return paint(v.a.paintOut, code, string(status))
}

// failing is the innermost step that ended its thread in failure, and so the execution.
func failing(t *observe.Thread) *observe.Step {
	if len(t.Steps) == 0 {
		return nil
	}
	last := t.Steps[len(t.Steps)-1]
	switch last.Status {
	case observe.Failed, observe.TimedOut, observe.Aborted:
	default:
		return nil
	}
	for _, inner := range last.Threads {
		if step := failing(inner); step != nil && inner.Status != observe.Aborted {
			return step
		}
	}
	return last
}

func (v *inspector) printFailure(step *observe.Step) {
	v.a.print("\n%s in state %s", paint(v.a.paintOut, "31", "failed"), observe.Clean(path(step)))
	if n := len(step.Attempts); n > 1 {
		v.a.print(", after %d attempts", n)
	}
	v.a.print("\n")
	errorName, cause := step.Error, step.Cause
	if !errorName.Present() {
		errorName, cause = v.story.Error, v.story.Cause
	}
	v.a.print("  error   %s\n", observe.Clean(errorName.String()))
	for i, line := range causeLines(cause) {
		label := "        "
		if i == 0 {
			label = "  cause "
		}
		v.a.print("%s  %s\n", label, observe.Clean(line))
	}
	v.payload(2, "input ", step.Input)
	if n := len(step.Attempts); n > 0 {
		for _, line := range v.logs[step.Attempts[n-1]] {
			v.a.print("  %s %s\n", paint(v.a.paintOut, "2", "│"), observe.Said(line.Text))
		}
	}
}

// path is a step's name with the Maps and Parallels around it: "Pack[2] > Weigh".
func path(step *observe.Step) string {
	name := step.Name
	for in := step.In; in.Parent != nil; in = in.Parent.In {
		name = fmt.Sprintf("%s[%d] > %s", in.Parent.Name, in.Index, name)
	}
	return name
}

// causeLines is a cause for reading: of a Lambda's error payload its message and where in the code it came from.
func causeLines(cause history.Text) []string {
	payload := cause.Value()
	message, ok := payload.Get("errorMessage")
	if !ok {
		return strings.Split(strings.TrimSpace(cause.String()), "\n")
	}
	lines := strings.Split(message.Str(), "\n")
	trace, _ := payload.Get("stackTrace")
	for _, frame := range trace.Items() {
		at, _ := frame.Get("path")
		line, _ := frame.Get("line")
		label, _ := frame.Get("label")
		if at.Str() != "" {
			lines = append(lines, fmt.Sprintf("at %s:%s %s", at.Str(), line.NumberText(), label.Str()))
		}
	}
	return lines
}

// listed is how many branches or iterations a tree shows in full; of more, those that failed.
const listed = 10

func (v *inspector) thread(t *observe.Thread, depth int) {
	for _, step := range t.Steps {
		v.step(step, depth)
		left := 0
		for _, inner := range step.Threads {
			if len(step.Threads) > listed && inner.Status == observe.Succeeded {
				left++
				continue
			}
			v.a.print("%s%s %s\n", indent(depth+1), paint(v.a.paintOut, "2", fmt.Sprintf("[%d]", inner.Index)), v.colour(inner.Status))
			v.thread(inner, depth+2)
		}
		if left > 0 {
			v.a.print("%s… %d succeeded\n", indent(depth+1), left)
		}
	}
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

var statusMood = map[observe.Status]observe.Mood{
	observe.Succeeded: observe.Good, observe.Running: observe.Waiting, observe.Caught: observe.Bad,
	observe.Failed: observe.Bad, observe.TimedOut: observe.Bad, observe.Aborted: observe.Bad,
}

func (v *inspector) step(step *observe.Step, depth int) {
	mood := statusMood[step.Status]
	mark := paint(v.a.paintOut, moodColour[mood], mood.Mark())
	took := ""
	if !step.Left.IsZero() {
		took = "  " + observe.Span(step.Left.Sub(step.Entered))
	}
	v.a.print("%s%s %s%s%s\n", indent(depth), mark, observe.Clean(step.Name), paint(v.a.paintOut, "2", took), v.remark(step))
	if v.data {
		v.payload(depth+2, "in ", step.Input)
		v.payload(depth+2, "out", step.Output)
	}
}

func (v *inspector) remark(step *observe.Step) string {
	var notes []string
	if n := len(step.Attempts); n > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", n))
	}
	if step.Length > 0 {
		notes = append(notes, fmt.Sprintf("%d items", step.Length))
	}
	if step.MapRunARN != "" {
		notes = append(notes, observe.Clean(step.MapRunARN))
	}
	if step.Error.Present() && step.Status != observe.Succeeded {
		notes = append(notes, observe.Reason(step.Error, step.Cause))
	}
	if step.Status == observe.Caught {
		notes = append(notes, "caught")
	}
	if len(notes) == 0 {
		return ""
	}
	return "  " + strings.Join(notes, ", ")
}

func (v *inspector) payload(depth int, label string, t history.Text) {
	if !t.Present() {
		return
	}
	text := observe.Preview(t)
	if v.data {
		text = observe.Clean(t.String())
	}
	v.a.print("%s%s  %s\n", strings.Repeat(" ", depth), label, text)
}

// next says what can be done about the execution.
func (v *inspector) next() {
	in := " " + v.story.ARN + " --env " + v.a.Env
	switch {
	case v.story.Status == observe.Running:
		v.a.hint("stride tail -f --execution" + in)
	case v.story.Status != observe.Succeeded && !v.machine.Express:
		v.a.hint("stride redrive" + in)
	}
}

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
	Steps        []stepJSON        `json:"steps"`
	Events       []json.RawMessage `json:"events"`
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
}

func (i *inspection) json() inspectionJSON {
	s := i.story
	out := inspectionJSON{
		ExecutionARN: s.ARN, StateMachine: i.machine.Name, Status: s.Status, StartDate: s.Start.UTC(), StopDate: present(s.Stop),
		Error: s.Error.String(), Cause: s.Cause.String(), Steps: i.stepsJSON(&s.Thread),
	}
	if step := failing(&s.Thread); step != nil {
		out.FailedState = path(step)
	}
	for _, e := range i.events {
		out.Events = append(out.Events, apiEvent(e))
	}
	return out
}

func (i *inspection) stepsJSON(t *observe.Thread) []stepJSON {
	steps := make([]stepJSON, len(t.Steps))
	for n, step := range t.Steps {
		steps[n] = stepJSON{
			Name: step.Name, Type: step.Type, Status: step.Status, Entered: step.Entered.UTC(), Exited: present(step.Left),
			Attempts: len(step.Attempts), Error: step.Error.String(), Cause: step.Cause.String(),
		}
		for _, attempt := range step.Attempts {
			for _, line := range i.logs[attempt] {
				steps[n].Logs = append(steps[n].Logs, strings.TrimRight(line.Text, "\n"))
			}
		}
		for _, inner := range step.Threads {
			steps[n].Threads = append(steps[n].Threads, i.stepsJSON(inner))
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
