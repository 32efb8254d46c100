package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

// stepFailure is a step that failed. The failure of a Fail state, of a step that waits for a child execution, or of one that runs a map
// is not the real cause: that is in the step that was caught, or in the child.
type stepFailure struct {
	story       *observe.Story
	step        *observe.Step
	error       history.Text
	cause       observe.Cause
	frames      []observe.Frame // of the project's own code, innermost first
	source      string          // "file:line" of the state, where the project has the workflow
	sourceLines map[string]string
}

// explain finds out why the execution failed, and where in this checkout.
func (i *inspection) explain(ctx context.Context, a *app) {
	for story := i.story; story != nil; {
		step := observe.Failing(&story.Thread)
		if step == nil {
			break
		}
		i.failures = append(i.failures, failureOf(story, step))
		if caught := step.CaughtBefore(); caught != nil {
			step = caught
			i.failures = append(i.failures, failureOf(story, step))
		}
		story = i.failedChild(step)
	}
	if len(i.failures) > 0 {
		i.failures[len(i.failures)-1].locate(ctx, a)
	}
}

func failureOf(story *observe.Story, step *observe.Step) stepFailure {
	f := stepFailure{story: story, step: step, error: step.Error, cause: observe.ReadCause(step.Cause)}
	if !step.Error.Present() {
		f.error, f.cause = story.Error, observe.ReadCause(story.Cause)
	}
	return f
}

// failedChild is the execution that made a step fail: the one that its task waited for, or of a map run's the first that failed.
func (i *inspection) failedChild(step *observe.Step) *observe.Story {
	var first *observe.Story
	for _, child := range i.startedBy(step) {
		if !child.Ended() || child.Status == observe.Succeeded {
			continue
		}
		if child.ARN == step.Child {
			return child
		}
		if first == nil || child.Stop.Before(first.Stop) {
			first = child
		}
	}
	return first
}

// startedBy are the executions that a step started, by their start.
func (i *inspection) startedBy(step *observe.Step) []*observe.Story {
	var list []*observe.Story
	for _, child := range i.children {
		if child.ParentStep == step {
			list = append(list, child)
		}
	}
	slices.SortFunc(list, func(a, b *observe.Story) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ARN, b.ARN)) })
	return list
}

// locate finds the lines of this checkout that the failure speaks of.
func (f *stepFailure) locate(ctx context.Context, a *app) {
	c := a.checkout()
	var said strings.Builder // a stack is written a line at a time
	for _, line := range f.lines() {
		said.WriteString(strings.TrimRight(line.Text, "\n") + "\n")
	}
	f.frames = c.own(append(f.cause.Frames, observe.Frames(said.String())...))
	f.source = a.sourceOf(ctx, f.story.ARN, f.step)
	f.sourceLines = map[string]string{}
	for _, frame := range f.frames {
		f.sourceLines[place(frame)] = c.line(frame.Path, frame.Line)
	}
}

// input is what failed got: of a task the payload that it was called with.
func (f *stepFailure) input() history.Text {
	if n := len(f.step.Attempts); n > 0 {
		return f.step.Attempts[n-1].Sent()
	}
	return f.step.Input
}

// lines are the log lines of the last attempt.
func (f *stepFailure) lines() []observe.LogLine {
	if in := f.invocation(); in != nil {
		return in.Lines
	}
	return nil
}

func (f *stepFailure) invocation() *observe.Invocation {
	if n := len(f.step.Attempts); n > 0 {
		return f.step.Attempts[n-1].Invocation
	}
	return nil
}

// sourceOf is the line of the workflow that made a step's state, where the project has the workflow and it compiles; else "".
func (a *app) sourceOf(ctx context.Context, execution string, step *observe.Step) string {
	p, e, err := a.environment()
	if err != nil {
		return ""
	}
	for _, name := range a.workflowNames() {
		if e.MachineName(p.Name, name, strings.Split(execution, ":")[3]) != observe.MachineName(execution) {
			continue
		}
		c, err := a.compiled(ctx, name)
		if err != nil {
			return ""
		}
		return c.Source[pointerOf(&c.Definition.Machine, step)]
	}
	return ""
}

// pointerOf is the JSON Pointer of a step's state; "" where the definition has changed so that it is not there.
func pointerOf(m *asl.Machine, step *observe.Step) string {
	var path []*observe.Step
	for s := step; s != nil; s = s.In.Parent {
		path = append(path, s)
	}
	slices.Reverse(path)
	for i, s := range path {
		state := m.State(s.Name)
		if state == nil {
			return ""
		}
		if i == len(path)-1 {
			return state.Pointer
		}
		inner := path[i+1].In
		if m = innerMachine(state, inner); m == nil {
			return ""
		}
	}
	return ""
}
