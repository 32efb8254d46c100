package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

// knownDifferences are recorded executions that this package alone does not repeat, each with its reason. A listed one that
// passes fails the test.
var knownDifferences = map[string]string{}

// TestRecordedExecutions runs the machines of the executions that were recorded on AWS and compares the events. What the tasks
// answered is taken from the recording itself, so this is about the machine only; the whole suite, services and API included,
// belongs to internal/conformance.
func TestRecordedExecutions(t *testing.T) {
	passed, total := 0, 0
	for _, file := range judges.Files(t, "conformance", "*", "*.json") {
		c := loadCase(t, file)
		for _, rec := range c.recordings() {
			total++
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			ok := t.Run(filepath.Base(filepath.Dir(file))+"/"+name, func(t *testing.T) { rec.check(t, name) })
			if ok {
				passed++
			}
		}
	}
	t.Logf("%d of %d recorded histories", passed, total)
}

type recordedCase struct {
	file          string
	mask          *regexp.Regexp
	Kind, Machine string
	Type          string
	Definition    json.RawMessage
	OtherMachines []struct {
		Ref, Type  string
		Definition json.RawMessage
	} `json:"other_machines"`
	Runs []struct {
		Step    int
		Machine string
		Input   json.RawMessage
	}
	Steps []struct {
		Call   string
		Params map[string]any
		Expect []struct{ Key, Field string }
	}
	Masks       []struct{ Replacement string }
	NotVerified []string `json:"localstack_does_not_verify"`
	Expected    json.RawMessage
}

func loadCase(t *testing.T, file string) *recordedCase {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := &recordedCase{file: file}
	if err := json.Unmarshal(data, c); err != nil {
		t.Fatal(err)
	}
	alternatives := []string{standardMasks}
	for _, m := range c.Masks {
		if m.Replacement != "" {
			alternatives = append(alternatives, regexp.QuoteMeta(m.Replacement)+`(:\d+)?`)
		}
	}
	c.mask = regexp.MustCompile(strings.Join(alternatives, "|"))
	return c
}

// A recording is one execution with its history.
type recording struct {
	c          *recordedCase
	definition string
	express    bool
	input      string
	events     []value.Value
}

func (c *recordedCase) recordings() []*recording {
	expected, err := value.Parse(string(c.Expected))
	if err != nil {
		return nil
	}
	var out []*recording
	for _, s := range c.Steps {
		if s.Call != "stepfunctions:GetExecutionHistory" || len(s.Expect) == 0 {
			continue
		}
		answer, _ := expected.Get(s.Expect[0].Key)
		events, _ := answer.Get("events")
		if s.Expect[0].Field != "" || events.Len() == 0 {
			continue
		}
		arn, _ := s.Params["executionArn"].(string)
		for _, r := range c.Runs {
			if arn != fmt.Sprintf("{{%d.executionArn}}", r.Step) {
				continue
			}
			rec := &recording{c: c, events: events.Items(), input: "{}"}
			rec.definition, rec.express = c.machine(r.Machine)
			if len(r.Input) > 0 {
				var text string
				if json.Unmarshal(r.Input, &text) == nil && text != "" {
					rec.input = text
				} else if string(r.Input) != "null" {
					rec.input = string(r.Input)
				}
			}
			out = append(out, rec)
		}
	}
	return out
}

func (c *recordedCase) machine(ref string) (string, bool) {
	if ref == c.Machine || ref == "" {
		return string(c.Definition), c.Type == "EXPRESS"
	}
	for _, m := range c.OtherMachines {
		if m.Ref == ref {
			return string(m.Definition), m.Type == "EXPRESS"
		}
	}
	return "", false
}

const testARN = "arn:aws:states:us-east-1:000000000000:execution:machine:run"

func (rec *recording) check(t *testing.T, name string) {
	reason, listed := knownDifferences[name]
	got, err := rec.run()
	if err == nil {
		err = rec.compare(got)
	}
	switch {
	case err != nil && !listed:
		t.Error(err)
	case err != nil:
		t.Skipf("known difference: %s (%v)", reason, err)
	case listed:
		t.Errorf("passes, so it must not be listed as a known difference")
	}
}

func (rec *recording) run() (events []*history.Event, err error) {
	def, err := asl.Parse(rec.definition, "")
	if err != nil {
		return nil, err
	}
	p, err := Compile(def)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	input, err := value.Parse(rec.input)
	if err != nil {
		return nil, err
	}
	exec := &Execution{ARN: testARN, Name: "run", StartTime: start, Input: input, InputText: rec.input, RoleARN: "arn:aws:iam::000000000000:role/role",
		MachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:machine", MachineName: "machine", Express: rec.express}
	env := &Env{Clock: NewVirtualClock(start), Emit: func(e *history.Event) { events = append(events, e) }}
	answers := &recordedAnswers{rec: rec}
	env.StartTask = answers.start
	run := p.Start(exec, env)
	if last, _ := rec.events[len(rec.events)-1].Get("type"); last.Str() == string(history.ExecutionAborted) {
		run.Stop(history.Text{}, history.Text{})
	}
	res := run.Wait(ctx)
	if res.Status == RunningStatus {
		err = fmt.Errorf("still running after %d events", len(events))
	}
	return events, err
}

// recordedAnswers answers each task as the recording says.
type recordedAnswers struct {
	rec  *recording
	used int
}

func (a *recordedAnswers) start(_ context.Context, task *Task, r Replier) {
	if task.Execution.MapRunARN != "" { // the recording shows nothing of child executions
		r.Succeeded(history.JSON(task.Input))
		return
	}
	chain := a.next()
	for _, e := range chain {
		kind, _ := e.Get("type")
		e, err := history.FromAPI(restring(e))
		if err != nil || e.Details == nil {
			e = &history.Event{Details: &history.Details{}}
		}
		switch text := kind.Str(); {
		case strings.HasSuffix(text, "TimedOut"):
			r.Park()
			return
		case strings.HasSuffix(text, "Submitted"):
			r.Submitted(e.Details.Output)
		case text == "ActivityStarted":
			r.Started(e.Details.WorkerName)
		case strings.HasSuffix(text, "Started"):
			r.Started("")
		case strings.HasSuffix(text, "Succeeded"):
			r.Succeeded(e.Details.Output)
			return
		case strings.HasSuffix(text, "Failed"):
			f := Failure{Error: e.Details.Error.String(), Cause: e.Details.Cause}
			if f.Error == errDataLimit {
				r.Succeeded(history.Verbatim(strings.Repeat("a", 257*1024)))
				return
			}
			r.Failed(f)
			return
		}
	}
	if task.Resource.Action == "getObject" {
		a.answerObject(r)
		return
	}
	r.Failed(Failure{Error: "NoRecording"})
}

// answerObject gives the object that a case has put into a bucket.
func (a *recordedAnswers) answerObject(r Replier) {
	for _, s := range a.rec.c.Steps {
		if s.Call == "s3:PutObject" {
			body := s.Params["Body"]
			text, ok := body.(string)
			if !ok {
				raw, _ := json.Marshal(body)
				text = string(raw)
			}
			r.Succeeded(history.JSON(object(str("Body", text))))
			return
		}
	}
	r.Failed(Failure{Error: "NoRecording"})
}

// next is what follows the next Scheduled event of the recording.
func (a *recordedAnswers) next() []value.Value {
	events := a.rec.events
	for ; a.used < len(events); a.used++ {
		kind, _ := events[a.used].Get("type")
		if !strings.HasSuffix(kind.Str(), "Scheduled") {
			continue
		}
		id, _ := events[a.used].Get("id")
		a.used++
		if id.Kind() != value.Number { // masked: take what comes
			return follow(events[a.used:], nil)
		}
		return follow(events[a.used:], &id)
	}
	return nil
}

func follow(events []value.Value, id *value.Value) []value.Value {
	var out []value.Value
	for _, e := range events {
		previous, _ := e.Get("previousEventId")
		if id != nil && !value.Equal(previous, *id) {
			continue
		}
		out = append(out, e)
		if id != nil {
			next, _ := e.Get("id")
			id = &next
		}
	}
	return out
}

// restring puts the payloads, which the recordings show as objects, back into strings.
func restring(e value.Value) value.Value {
	out := e
	for _, m := range e.Members() {
		if !strings.HasSuffix(m.Name, "EventDetails") {
			continue
		}
		d := m.Value
		for _, f := range d.Members() {
			if f.Value.Kind() == value.Object && !strings.HasSuffix(f.Name, "Details") {
				d = d.With(f.Name, value.OfString(f.Value.String()))
			}
		}
		out = out.With(m.Name, d)
	}
	return out
}

func (rec *recording) compare(got []*history.Event) error {
	want := rec.events
	var text []string
	for _, e := range got {
		text = append(text, fmt.Sprintf("%d<-%d %s", e.ID, e.PreviousID, e.Type))
	}
	masked := false
	for i, w := range want {
		if id, _ := w.Get("id"); id.Kind() != value.Number {
			masked = true
			break
		}
		if i >= len(got) {
			return fmt.Errorf("event %d is missing: want %s\ngot %s", i+1, w, strings.Join(text, ", "))
		}
		g, err := value.Parse(string(got[i].AppendAPI(nil, true)))
		if err != nil {
			return err
		}
		if err := rec.match(fmt.Sprintf("events[%d]", i), w, unstring(g)); err != nil {
			return fmt.Errorf("event %d: %v\n got %s\nwant %s\n got %s", i+1, err, unstring(g), w, strings.Join(text, ", "))
		}
	}
	if !masked && len(got) > len(want) && !rec.unverified("$..events") {
		return fmt.Errorf("%d events more: %s", len(got)-len(want), strings.Join(text, ", "))
	}
	return nil
}

// unstring shows strings that hold a JSON object as the object.
func unstring(v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			members = append(members, value.Member{Name: m.Name, Value: unstring(m.Value)})
		}
		return value.OfObject(members)
	case value.String:
		if x, err := value.Parse(v.Str()); err == nil && x.Kind() == value.Object {
			return x
		}
	}
	return v
}

const standardMasks = `<[^<>]*>|snf_role_arn|\bdate\b|\b111111111111\b`

// match compares an event with a recorded one. Masked parts of texts match anything; times are not compared.
func (rec *recording) match(path string, want, got value.Value) error {
	if strings.HasSuffix(path, "timestamp") || rec.unverified(path) {
		return nil
	}
	if want.Kind() != got.Kind() {
		if want.Kind() == value.String && rec.c.mask.MatchString(want.Str()) {
			return nil
		}
		return fmt.Errorf("%s: want %s, got %s", path, want, got)
	}
	switch want.Kind() {
	case value.Object:
		for _, m := range want.Members() {
			g, ok := got.Get(m.Name)
			if !ok && !rec.c.mask.MatchString(m.Name) {
				return fmt.Errorf("%s.%s is missing", path, m.Name)
			}
			if !ok {
				continue
			}
			if err := rec.match(path+"."+m.Name, m.Value, g); err != nil {
				return err
			}
		}
		for _, m := range got.Members() {
			if _, ok := want.Get(m.Name); !ok && m.Name != "RedriveCount" {
				return fmt.Errorf("%s.%s is too much: %s", path, m.Name, m.Value)
			}
		}
	case value.Array:
		if want.Len() != got.Len() {
			return fmt.Errorf("%s: want %s, got %s", path, want, got)
		}
		for i := range want.Items() {
			if err := rec.match(fmt.Sprintf("%s[%d]", path, i), want.At(i), got.At(i)); err != nil {
				return err
			}
		}
	case value.String:
		if !rec.textMatches(want.Str(), got.Str()) {
			return fmt.Errorf("%s: want %q, got %q", path, want.Str(), got.Str())
		}
	default:
		if !value.Equal(want, got) {
			return fmt.Errorf("%s: want %s, got %s", path, want, got)
		}
	}
	return nil
}

func (rec *recording) textMatches(want, got string) bool {
	if want == got || rec.c.mask.FindString(want) == want && want != "" {
		return true
	}
	w, err1 := value.Parse(want)
	g, err2 := value.Parse(got)
	if err1 == nil && err2 == nil && w.Kind() == value.Object { // text in text: the answers come from the recording, reprinted
		return rec.match("", w, g) == nil
	}
	if !rec.c.mask.MatchString(want) {
		return false
	}
	// The case's own input has the unmasked values: names, ARNs, dates.
	parts := rec.c.mask.Split(want, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$").MatchString(got)
}

// unverified says whether the recording's own suite leaves this part out because AWS's answers vary there.
func (rec *recording) unverified(path string) bool {
	for _, p := range rec.c.NotVerified {
		p = strings.TrimPrefix(strings.TrimPrefix(p, "$.."), "$.")
		if strings.HasSuffix(path, p) && strings.Contains(p, "previousEventId") || path == "$..events" && p == "events" {
			return true
		}
		if p == "SdkHttpMetadata" && strings.Contains(path, p) || p == "SdkResponseMetadata" && strings.Contains(path, p) {
			return true
		}
	}
	return false
}
