// Package loggen makes executions whose story is known, as the log lines that Step Functions and Lambda would write of them: the judge of
// what tail tells. A source of random numbers goes in; lines come out, and beside them what happened, in an outline that owes nothing
// to package observe. Tests write the lines into CloudWatch Logs, shuffled, late and more than once, and compare what is told.
package loggen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Line is a line of a log group. It can be read from Visible on.
type Line struct {
	Group, Stream string
	Time, Visible time.Time
	Text          string
}

// Machine is a state machine whose executions are made up.
type Machine struct {
	Name      string
	Group     string   // its executions' events
	Functions []string // that it calls
	Express   bool
}

// Run is what some executions did.
type Run struct {
	Lines   []Line
	Stories map[string]string // by the execution's ARN: its outline, a line a step
}

// Account is where all executions are.
const Account = "us-east-1:000000000000"

// ARN is a machine's.
func (m Machine) ARN() string { return "arn:aws:states:" + Account + ":stateMachine:" + m.Name }

// New makes n executions of a machine, from a time on, in not much more than a minute.
func New(r *rand.Rand, m Machine, n int, begin time.Time) *Run {
	run := &Run{Stories: map[string]string{}}
	for i := range n {
		w := &writer{Rand: r, run: run, m: m, sandboxes: map[string]time.Time{}}
		w.arn = fmt.Sprintf("arn:aws:states:%s:execution:%s:e%d", Account, m.Name, i)
		if m.Express {
			w.arn = fmt.Sprintf("arn:aws:states:%s:express:%s:e%d:%x", Account, m.Name, i, r.Uint64())
		}
		w.execution(begin.Add(time.Duration(r.IntN(20_000)) * time.Millisecond))
	}
	return run
}

// writer makes one execution. Threads make their events one after the other; ids are given at the end, by time.
type writer struct {
	*rand.Rand
	run       *Run
	m         Machine
	arn       string
	events    []*made
	sandboxes map[string]time.Time // until when a function's sandbox is taken, by function and stream
	outline   strings.Builder
	names     int
}

type made struct {
	*history.Event
	after *made // the event that led to it
}

// thread is where a line of steps is: its time, its last event, how deep it is in the outline.
type thread struct {
	at    time.Time
	last  *made
	depth int
}

func (w *writer) emit(t *thread, kind history.Type, d history.Details) *made {
	e := &made{&history.Event{Time: t.at, Type: kind, Details: &d}, t.last}
	w.events = append(w.events, e)
	t.last = e
	return e
}

func (w *writer) pass(t *thread, most int) {
	t.at = t.at.Add(time.Duration(w.IntN(most)) * time.Millisecond)
}

func (w *writer) tell(t *thread, format string, args ...any) {
	fmt.Fprintf(&w.outline, "%s%s\n", strings.Repeat("  ", t.depth), fmt.Sprintf(format, args...))
}

func (w *writer) name(kind string) string {
	w.names++
	return fmt.Sprintf("%s %d", kind, w.names)
}

func (w *writer) execution(begin time.Time) {
	t := &thread{at: begin}
	w.emit(t, history.ExecutionStarted, history.Details{Input: history.Verbatim(`{"n":1}`), RoleARN: "arn:aws:iam::000000000000:role/r"})
	t.last = nil // AWS: the first state's entry follows no event
	failed := w.steps(t, 1+w.IntN(6), true)
	w.pass(t, 20)
	status := "SUCCEEDED"
	switch {
	case failed:
		status = "FAILED"
		w.emit(t, history.ExecutionFailed, history.Details{Error: history.Verbatim("Bad"), Cause: history.Verbatim("it was bad")})
	default:
		w.emit(t, history.ExecutionSucceeded, history.Details{Output: history.Verbatim(`"done"`)})
	}
	w.tell(&thread{}, "= %s", status)
	w.number()
	w.run.Stories[w.arn] = w.outline.String()
}

// number gives ids by time, and writes the lines of the log.
func (w *writer) number() {
	slices.SortStableFunc(w.events, func(a, b *made) int { return a.Time.Compare(b.Time) })
	for i, e := range w.events {
		e.ID = int64(i + 1)
	}
	for _, e := range w.events {
		if e.after != nil {
			e.PreviousID = e.after.ID
		}
		text := e.AppendLog(nil, history.Log{ExecutionARN: w.arn}, true)
		w.run.Lines = append(w.run.Lines, Line{Group: w.m.Group, Stream: fmt.Sprintf("states/%d", w.IntN(4)), Time: e.Time, Text: string(text)})
	}
}

// steps makes up to n steps; it is true where the last one failed, which only happens where it may.
func (w *writer) steps(t *thread, n int, mayFail bool) bool {
	for i := range n {
		switch w.IntN(10) {
		case 0, 1:
			w.simple(t, "Pass")
		case 2:
			w.simple(t, "Choice")
		case 3:
			w.simple(t, "Wait")
		case 4:
			if t.depth < 4 {
				w.parallel(t)
			}
		case 5:
			if t.depth < 4 && w.mapState(t, mayFail) {
				return true
			}
		default:
			if w.task(t, mayFail && i == n-1) {
				return true
			}
		}
	}
	return false
}

func (w *writer) enter(t *thread, kind, name string) {
	w.emit(t, history.Entered(kind), history.Details{Name: name, Input: history.Verbatim(`{"state":"` + name + `"}`)})
}

func (w *writer) exit(t *thread, kind, name string) {
	w.emit(t, history.Exited(kind), history.Details{Name: name, Output: history.Verbatim(`{"left":"` + name + `"}`)})
}

func (w *writer) simple(t *thread, kind string) {
	name := w.name(kind)
	w.enter(t, kind, name)
	w.pass(t, 300)
	w.exit(t, kind, name)
	w.tell(t, "%s SUCCEEDED", name)
}

func (w *writer) parallel(t *thread) {
	name := w.name("Parallel")
	w.tell(t, "%s SUCCEEDED", name)
	w.enter(t, "Parallel", name)
	fork := w.emit(t, history.ParallelStateStarted, history.Details{})
	w.threads(t, fork, 2+w.IntN(2), func(_ int, branch *thread) { w.steps(branch, 1+w.IntN(2), false); w.simple(branch, "Pass") })
	w.emit(t, history.ParallelStateSucceeded, history.Details{})
	w.exit(t, "Parallel", name)
}

// threads makes branches or iterations that run at the same time. t goes on after the last of them. They start in their order, a
// millisecond apart, so that their events tell which is which.
func (w *writer) threads(t *thread, fork *made, n int, make func(i int, inner *thread)) {
	last := *t
	for i := range n {
		inner := &thread{at: t.at.Add(time.Duration(i) * time.Millisecond), last: fork, depth: t.depth + 2}
		w.tell(&thread{depth: t.depth + 1}, "[%d] SUCCEEDED", i)
		make(i, inner)
		if !inner.at.Before(last.at) {
			last = *inner
		}
	}
	t.at, t.last = last.at, last.last
}

func (w *writer) mapState(t *thread, mayFail bool) bool {
	name, n := w.name("Map"), w.IntN(4)
	fails := mayFail && n > 0 && w.IntN(4) == 0
	w.tell(t, "%s %s", name, map[bool]string{false: "SUCCEEDED", true: "FAILED"}[fails])
	w.enter(t, "Map", name)
	fork := w.emit(t, history.MapStateStarted, history.Details{Length: int64(n)})
	w.threads(t, fork, n, func(i int, inner *thread) {
		about := history.Details{Name: name, Index: int64(i)}
		w.emit(inner, history.MapIterationStarted, about)
		w.steps(inner, w.IntN(3), false)
		w.emit(inner, history.MapIterationSucceeded, about)
	})
	if fails {
		w.emit(t, history.MapStateFailed, history.Details{})
		return true
	}
	w.emit(t, history.MapStateSucceeded, history.Details{})
	w.exit(t, "Map", name)
	return false
}
