package observe

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/history"
)

// Mood is how a line is to be taken; who prints it chooses a colour and a mark.
type Mood uint8

const (
	Plain   Mood = iota
	Begin        // something starts
	Good         // something succeeded
	Bad          // something failed
	Waiting      // time passes, or somebody else has to act
	Faint        // of little weight: function logs, choices
)

// Mark is the mood's sign, one column wide: meaning never is in colour alone.
func (m Mood) Mark() string { return [...]string{"·", "→", "✓", "✗", "…", "│"}[m] }

// Line is one line of a story.
type Line struct {
	Time  time.Time
	Mood  Mood
	Depth int    // Maps and Parallels around it
	Text  string // one line, safe for a terminal
	Data  string // a payload, shortened: what a narrow terminal may leave out
}

// Line puts an entry into words; false where it needs none.
func (e *Entry) Line() (Line, bool) {
	switch {
	case e.Log != nil:
		return Line{Time: e.Log.Time, Mood: Faint, Depth: e.depth() + 1, Text: e.Scene.label() + "  " + Said(e.Log.Text)}, true
	case e.Run != nil:
		return Line{Time: e.Time, Mood: Waiting, Depth: e.depth(), Text: e.Scene.label() + "  " + e.Run.String()}, true
	}
	return e.Story.Narrate(e.Scene)
}

func (e *Entry) depth() int { return e.Story.Depth() + e.Scene.Thread.Depth() }

// Narrate puts a scene into words; most events need none, since the next one says it all.
func (s *Story) Narrate(scene Scene) (Line, bool) {
	l := Line{Time: scene.Event.Time, Depth: s.Depth() + scene.Thread.Depth()}
	var ok bool
	switch kind := string(scene.Event.Type); {
	case strings.HasPrefix(kind, "Execution"):
		ok = s.narrateExecution(&l, scene.Event)
	case scene.Step == nil:
		l.Text, ok = Clean(scene.Event.Line()), true
	case strings.HasSuffix(kind, "StateEntered"):
		ok = narrateEntry(&l, scene)
	case strings.HasSuffix(kind, "StateExited"):
		ok = narrateExit(&l, scene)
	case scene.Attempt != nil:
		ok = narrateAttempt(&l, scene)
	default:
		ok = narrateFan(&l, scene)
	}
	return l, ok
}

func (s *Story) narrateExecution(l *Line, e *history.Event) bool {
	took := Span(s.Stop.Sub(s.Start))
	if s.Start.IsZero() {
		took = "?"
	}
	switch e.Type {
	case history.ExecutionStarted:
		l.Mood, l.Text, l.Data = Begin, "started", Preview(e.Details.Input)
		if s.Parent != nil {
			l.Text = s.childName() + "started"
		}
	case history.ExecutionRedriven:
		l.Mood, l.Text = Begin, fmt.Sprintf("redriven, for the %s time", ordinal(e.Details.RedriveCount))
	case history.ExecutionSucceeded:
		l.Mood, l.Text, l.Data = Good, s.childName()+"SUCCEEDED after "+took, Preview(e.Details.Output)
	default:
		l.Mood, l.Text = Bad, strings.TrimSpace(s.childName()+string(s.Status)+" after "+took+"  "+Reason(e.Details.Error, e.Details.Cause))
	}
	return true
}

// childName says which execution a line is of that stands among those of its parent; "" for one that stands alone.
func (s *Story) childName() string {
	if s.Parent == nil {
		return ""
	}
	machine, label := machineName(s.ARN)
	if label != "" {
		machine = label
	}
	return Clean(machine) + " " + Clean(NameOf(s.ARN)) + "  "
}

func ordinal(n int64) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return strconv.FormatInt(n, 10) + "st"
	case n%10 == 2 && n%100 != 12:
		return strconv.FormatInt(n, 10) + "nd"
	case n%10 == 3 && n%100 != 13:
		return strconv.FormatInt(n, 10) + "rd"
	}
	return strconv.FormatInt(n, 10) + "th"
}

func narrateEntry(l *Line, scene Scene) bool {
	if scene.Step.Type != "Wait" {
		return false
	}
	l.Mood, l.Text = Waiting, scene.label()+"  waits"
	return true
}

func narrateExit(l *Line, scene Scene) bool {
	l.Mood, l.Text = Good, scene.label()
	if scene.Step.Status == Caught {
		l.Mood, l.Text = Plain, scene.label()+"  caught"
		return true
	}
	switch scene.Step.Type {
	case "Choice":
		l.Mood = Plain
	case "Pass", "Succeed":
	case "Task":
		l.Data = Preview(payload(scene.Step.Output))
		fallthrough
	default:
		l.Text += "  " + Span(scene.Step.Left.Sub(scene.Step.Entered))
	}
	return true
}

// Sent is what the task sends: to a Lambda function the payload.
func (a *Attempt) Sent() history.Text { return payload(a.Parameters) }

// payload is what counts of a Lambda invocation's parameters or result.
func payload(t history.Text) history.Text {
	if p, ok := t.Value().Get("Payload"); ok {
		return history.JSON(p)
	}
	return t
}

// label is the step's name, with the iteration or branch that it is in.
func (scene Scene) label() string {
	name := Clean(scene.Step.Name)
	if in := scene.Step.In; in.Parent != nil && in.Parent.Type == "Map" {
		return fmt.Sprintf("[%d] %s", in.Index, name)
	}
	return name
}

func narrateAttempt(l *Line, scene Scene) bool {
	a, d := scene.Attempt, scene.Event.Details
	kind := string(scene.Event.Type)
	switch {
	case strings.HasSuffix(kind, "Scheduled"):
		l.Mood, l.Text, l.Data = Begin, scene.label()+"  "+Clean(a.Target()), Preview(a.Sent())
		if n := len(scene.Step.Attempts); n > 1 {
			failed := scene.Step.Attempts[n-2]
			l.Text += fmt.Sprintf("  attempt %d, %s after the last", n, Span(a.Scheduled.Sub(failed.Ended)))
		}
	case strings.HasSuffix(kind, "Submitted"):
		l.Mood, l.Text = Waiting, scene.label()+"  "+a.waitsFor()
	case strings.HasSuffix(kind, "Failed"), strings.HasSuffix(kind, "TimedOut"):
		l.Mood, l.Text = Bad, scene.label()+"  "+Reason(d.Error, d.Cause)
	default:
		return false
	}
	return true
}

// Target is what the task calls: the function of a Lambda task, else the resource.
func (a *Attempt) Target() string {
	if a.target == "" {
		a.target = functionName(a.Resource)
		if name, ok := a.Parameters.Value().Get("FunctionName"); ok {
			a.target = functionName(name.Str())
		}
	}
	return a.target
}

// callsLambda is whether the attempt is at a Lambda function, by ARN or by lambda:invoke.
func (a *Attempt) callsLambda() bool {
	return strings.HasPrefix(a.Resource, "lambda:") || strings.Contains(a.Resource, ":function:") || a.Resource == ""
}

// functionName is NAME or NAME:QUALIFIER of a function's ARN; what is none stays.
func functionName(arn string) string {
	if _, name, ok := strings.Cut(arn, ":function:"); ok && strings.HasPrefix(arn, "arn:") {
		return name
	}
	return arn
}

func (a *Attempt) waitsFor() string {
	text := "handed over, waits for the job"
	if strings.HasSuffix(a.Resource, ".waitForTaskToken") {
		text = "waits for a callback"
	}
	if a.Timeout > 0 {
		text += ", at most " + Span(a.Timeout)
	}
	return text
}

func narrateFan(l *Line, scene Scene) bool {
	step := scene.Step
	switch scene.Event.Type {
	case history.MapStateStarted:
		l.Mood, l.Text = Begin, fmt.Sprintf("%s  %s", scene.label(), items(step.Length))
	case history.ParallelStateStarted:
		l.Mood, l.Text = Begin, scene.label()+"  in parallel"
	case history.MapRunStarted:
		l.Mood, l.Text = Begin, scene.label()+"  map run "+Clean(step.MapRunARN)
	case history.MapIterationFailed, history.MapIterationAborted:
		l.Mood, l.Text = Bad, fmt.Sprintf("%s  item %d %s", Clean(step.Name), scene.Thread.Index, strings.ToLower(string(scene.Thread.Status)))
	case history.MapStateFailed, history.ParallelStateFailed, history.MapRunFailed:
		l.Mood, l.Text = Bad, scene.label()+"  "+Reason(step.Error, step.Cause)
	case history.EvaluationFailed:
		d := scene.Event.Details
		l.Mood, l.Text = Bad, fmt.Sprintf("%s  %s in %s", scene.label(), Reason(d.Error, d.Cause), Clean(d.Location))
	case history.TaskStateAborted, history.WaitStateAborted, history.MapStateAborted, history.ParallelStateAborted, history.MapRunAborted:
		l.Mood, l.Text = Bad, scene.label()+"  aborted"
	default:
		return false
	}
	return true
}

func items(n int64) string {
	if n == 1 {
		return "1 item"
	}
	return fmt.Sprintf("%d items", n)
}

// Reason is an error and its cause in one line. Of a Lambda's error payload the message counts.
func Reason(errorName, cause history.Text) string {
	text := cause.String()
	if payload := cause.Value(); payload.Len() > 0 {
		if message, ok := payload.Get("errorMessage"); ok {
			text = message.Str()
		}
	}
	name := Clean(errorName.String())
	switch {
	case name == "":
		return short(text)
	case text == "":
		return name
	}
	return name + ": " + short(text)
}

// previewLength is how much of a payload a line shows, in bytes.
const previewLength = 160

// Preview is a payload in one line, shortened.
func Preview(t history.Text) string { return short(t.String()) }

func short(s string) string {
	if len(s) > 4*previewLength {
		s = s[:4*previewLength]
	}
	s = Clean(strings.Join(strings.Fields(s), " "))
	if len(s) <= previewLength {
		return s
	}
	return strings.ToValidUTF8(s[:previewLength], "") + "…"
}

// Clean is s without what could move the cursor, change the terminal's state or turn the text's direction: such characters are
// shown as their Go escapes.
func Clean(s string) string {
	if strings.IndexFunc(s, hostile) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hostile(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// CleanJSON is JSON text whose strings have such characters as their JSON escapes; it says the same.
func CleanJSON(text []byte) []byte {
	if bytes.IndexFunc(text, hostileInJSON) < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case !hostileInJSON(r):
			out = append(out, text[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// hostileInJSON leaves out the white space between JSON's tokens; within strings it is escaped anyway.
func hostileInJSON(r rune) bool { return r != '\n' && r != '\t' && r != '\r' && hostile(r) }

func hostile(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0: // C0 and C1 controls
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f: // invisible and bidirectional
		return true
	}
	return r == 0xfeff || r >= 0xe0000 && r <= 0xe007f // byte order mark, tags
}

// Span is a duration for people: three digits at most, in the unit that fits.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return strconv.FormatFloat(d.Round(10*time.Millisecond).Seconds(), 'g', 3, 64) + "s"
	case d < time.Hour:
		return trimZero(d.Round(time.Second).String())
	case d < 48*time.Hour:
		return trimZero(d.Round(time.Minute).String())
	}
	days := int(d / (24 * time.Hour))
	if rest := (d - time.Duration(days)*24*time.Hour).Round(time.Hour); rest > 0 {
		return fmt.Sprintf("%dd%dh", days, int(rest/time.Hour))
	}
	return fmt.Sprintf("%dd", days)
}

// trimZero is "3h" for "3h0m0s".
func trimZero(s string) string {
	if trimmed, ok := strings.CutSuffix(s, "m0s"); ok {
		s = trimmed + "m"
	}
	if trimmed, ok := strings.CutSuffix(s, "h0m"); ok {
		s = trimmed + "h"
	}
	return s
}
