package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

// inspector prints an inspection.
type inspector struct {
	a *app
	*inspection
	data bool
}

func (v *inspector) print() {
	s := v.story
	v.a.print("%s  %s  %s\n%s\n", v.colour(s.Status), observe.Clean(v.machine.Name), lasted(s), observe.Clean(s.ARN))
	if len(v.failures) > 0 {
		v.printFailure()
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

func lasted(s *observe.Story) string {
	if !s.Ended() {
		return "runs since " + s.Start.Local().Format(time.DateTime)
	}
	text := "after " + observe.Span(s.Stop.Sub(s.Start))
	if s.Redrives > 0 {
		text += fmt.Sprintf(", redriven %d×", s.Redrives)
	}
	return text
}

func (v *inspector) colour(status observe.Status) string {
	code := map[observe.Status]string{observe.Succeeded: "32", observe.Running: "33", observe.Caught: "33"}[status]
	if code == "" {
		code = "31"
	}
	return paint(v.a.paintOut, code, string(status))
}

func (v *inspector) faint(s string) string { return paint(v.a.paintOut, "2", s) }

// shownLines is how many log lines stand with a failure: the last ones.
const shownLines = 20

// printFailure prints why the execution failed: the steps down to the real cause, and what is known of that.
func (v *inspector) printFailure() {
	for i, f := range v.failures {
		child := i > 0 && f.story != v.failures[i-1].story
		word := "failed"
		if i > 0 {
			word = "because"
		}
		if child {
			word += " " + observe.Clean(observe.MachineName(f.story.ARN)) + " failed"
		}
		v.a.print("\n%s in state %s%s", paint(v.a.paintOut, "31", word), observe.Clean(f.step.Path()), afterAttempts(f.step))
		if child {
			v.a.print("  %s", v.faint(observe.Clean(f.story.ARN)))
		}
		if i < len(v.failures)-1 {
			v.a.print("  %s", observe.Reason(f.step.Error, f.step.Cause))
		}
	}
	f := v.failures[len(v.failures)-1]
	if f.source != "" {
		v.a.print("  %s", v.faint(observe.Clean(f.source)))
	}
	v.a.print("\n  error   %s\n", observe.Clean(f.error.String()))
	label := "  cause "
	for line := range strings.Lines(f.cause.Message) {
		v.a.print("%s  %s\n", label, shortLine(strings.TrimRight(line, "\r\n")))
		label = "        "
	}
	for _, frame := range f.frames {
		v.a.print("  at      %s  %s\n", observe.Clean(place(frame)), v.faint(observe.Clean(f.sourceLines[place(frame)])))
	}
	v.payload(2, "input ", f.input())
	v.logLines(2, f.invocation())
}

func afterAttempts(step *observe.Step) string {
	if n := len(step.Attempts); n > 1 {
		return fmt.Sprintf(", after %d attempts", n)
	}
	return ""
}

// mostColumns is how much of a line of somebody else's text is shown.
const mostColumns = 500

func shortLine(s string) string {
	if len(s) > mostColumns {
		s = strings.ToValidUTF8(s[:mostColumns], "") + "…"
	}
	return observe.Clean(s)
}

// logLines prints what a Lambda invocation wrote, and what Lambda reports of it.
func (v *inspector) logLines(depth int, in *observe.Invocation) {
	if in == nil {
		return
	}
	lines := in.Lines
	if over := len(lines) - shownLines; over > 0 && !v.data {
		v.a.print("%s%s\n", strings.Repeat(" ", depth), v.faint(fmt.Sprintf("│ … %d lines before", over)))
		lines = lines[over:]
	}
	for _, line := range lines {
		text := observe.Said(line.Text)
		if v.data {
			text = observe.Clean(strings.TrimRight(line.Text, "\r\n"))
		}
		v.a.print("%s%s %s\n", strings.Repeat(" ", depth), v.faint("│"), text)
	}
	if report := reported(in); report != "" {
		v.a.print("%s%s\n", strings.Repeat(" ", depth), v.faint(report))
	}
}

// reported is "request r-1, billed 3ms of 128 MB, used 30 MB, cold start 90ms, trace 1-5e…".
func reported(in *observe.Invocation) string {
	words := []string{"request " + observe.Clean(in.RequestID)}
	if in.Billed > 0 {
		words = append(words, fmt.Sprintf("billed %s of %d MB", observe.Span(in.Billed), in.MemoryMB))
	}
	if in.UsedMB > 0 {
		words = append(words, fmt.Sprintf("used %d MB", in.UsedMB))
	}
	if in.Init > 0 {
		words = append(words, "cold start "+observe.Span(in.Init))
	}
	if in.TraceID != "" {
		words = append(words, "trace "+observe.Clean(in.TraceID))
	}
	return strings.Join(words, ", ")
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
			v.a.print("%s%s %s\n", indent(depth+1), v.faint(fmt.Sprintf("[%d]", inner.Index)), v.colour(inner.Status))
			v.thread(inner, depth+2)
		}
		if left > 0 {
			v.a.print("%s… %d succeeded\n", indent(depth+1), left)
		}
		v.childrenOf(step, depth+1)
	}
}

// childrenOf prints the executions that a step started, each with its own steps.
func (v *inspector) childrenOf(step *observe.Step, depth int) {
	for _, child := range v.startedBy(step) {
		v.a.print("%s%s  %s  %s\n", indent(depth), v.colour(child.Status), lasted(child), v.faint(observe.Clean(child.ARN)))
		v.thread(&child.Thread, depth+1)
	}
	if step.Run != nil {
		v.a.print("%s%s\n", indent(depth), step.Run)
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
	v.a.print("%s%s %s%s%s\n", indent(depth), mark, observe.Clean(step.Name), v.faint(took), v.remark(step))
	v.attempts(step, depth)
	if v.data {
		v.payload(2*depth+2, "in ", step.Input)
		v.payload(2*depth+2, "out", step.Output)
	}
}

// attempts prints each try at a task that was retried.
func (v *inspector) attempts(step *observe.Step, depth int) {
	if len(step.Attempts) < 2 {
		return
	}
	for n, attempt := range step.Attempts {
		text := ""
		switch {
		case attempt.Ended.IsZero():
			text = "runs"
		case attempt.Error.Present():
			text = observe.Span(attempt.Ended.Sub(attempt.Scheduled)) + "  " + observe.Reason(attempt.Error, attempt.Cause)
		default:
			text = observe.Span(attempt.Ended.Sub(attempt.Scheduled))
		}
		v.a.print("%s%s  %s\n", indent(depth+1), v.faint(fmt.Sprintf("attempt %d", n+1)), text)
	}
}

func (v *inspector) remark(step *observe.Step) string {
	var notes []string
	if step.Length > 0 {
		notes = append(notes, fmt.Sprintf("%d items", step.Length))
	}
	if step.MapRunARN != "" && step.Run == nil {
		notes = append(notes, observe.Clean(step.MapRunARN))
	}
	if step.Error.Present() && step.Status != observe.Succeeded && len(step.Attempts) < 2 {
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

func (v *inspector) payload(columns int, label string, t history.Text) {
	if !t.Present() {
		return
	}
	text := observe.Preview(t)
	if v.data {
		text = observe.Clean(t.String())
	}
	v.a.print("%s%s  %s\n", strings.Repeat(" ", columns), label, text)
}

// printState prints every stay in the states of a name, whole.
func (v *inspector) printState(name string) error {
	v.data = true
	found := 0
	for _, step := range stays(&v.story.Thread, name) {
		found++
		v.a.print("%s  %s\n", observe.Clean(step.Path()), step.Entered.Local().Format("15:04:05.000"))
		v.step(step, 0)
		for _, attempt := range step.Attempts {
			v.payload(2, "sent", attempt.Parameters)
			v.logLines(2, attempt.Invocation)
			v.payload(2, "got ", attempt.Output)
		}
		v.childrenOf(step, 1)
	}
	if found == 0 {
		return fmt.Errorf("%s did not enter a state %s%s", v.story.ARN, name, nearest(name, stateNames(&v.story.Thread, nil)))
	}
	return nil
}

func stays(t *observe.Thread, name string) []*observe.Step {
	var list []*observe.Step
	for _, step := range t.Steps {
		if step.Name == name {
			list = append(list, step)
		}
		for _, inner := range step.Threads {
			list = append(list, stays(inner, name)...)
		}
	}
	return list
}

func stateNames(t *observe.Thread, names []string) []string {
	for _, step := range t.Steps {
		names = append(names, step.Name)
		for _, inner := range step.Threads {
			names = stateNames(inner, names)
		}
	}
	return names
}

// next says what can be done about the execution.
func (v *inspector) next() {
	in := " " + observe.Clean(v.story.ARN) + " " + v.a.where()
	switch {
	case v.story.Status == observe.Running:
		if waiting := observe.WaitingSteps(&v.story.Thread); len(waiting) > 0 {
			v.a.hint("stride callback succeed" + in + " --state " + quoted(waiting[0].Name) + " --result '{}'")
			return
		}
		v.a.hint("stride tail -f --execution" + in)
	case v.story.Status != observe.Succeeded:
		if !v.machine.Express {
			v.a.hint("stride redrive" + in + "   (from the state that failed)")
		}
		if find(v.a.cli.Commands, "replay") != nil {
			v.a.hint("stride replay" + in + "   (against the workflow as it is now)")
		}
	}
}

// quoted is a name as a shell takes it.
func quoted(name string) string {
	return "'" + strings.ReplaceAll(observe.Clean(name), "'", `'\''`) + "'"
}
