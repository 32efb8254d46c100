package observe

import (
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// Failing is the innermost step that ended t in failure, and so the execution; nil where none did.
func Failing(t *Thread) *Step {
	if len(t.Steps) == 0 {
		return nil
	}
	last := t.Steps[len(t.Steps)-1]
	if !last.Status.bad() {
		return nil
	}
	for _, inner := range last.Threads {
		if step := Failing(inner); step != nil && inner.Status != Aborted {
			return step
		}
	}
	return last
}

// CaughtBefore is the step whose caught error led to s, a Fail state; nil where there is none.
func (s *Step) CaughtBefore() *Step {
	if s.Type != "Fail" {
		return nil
	}
	var caught *Step
	for _, step := range s.In.Steps {
		if step == s {
			break
		}
		if step.Status == Caught {
			caught = step
		}
	}
	if caught == nil {
		return nil
	}
	for _, inner := range caught.Threads {
		if step := Failing(inner); step != nil && inner.Status != Aborted {
			return step
		}
	}
	return caught
}

func (s Status) bad() bool { return s == Failed || s == TimedOut || s == Aborted }

// Path is a step's name with the Maps and Parallels around it: "Pack[2] > Weigh".
func (s *Step) Path() string {
	name := s.Name
	for in := s.In; in.Parent != nil; in = in.Parent.In {
		name = in.Parent.Name + "[" + strconv.FormatInt(in.Index, 10) + "] > " + name
	}
	return name
}

// Cause is what a failure's cause says.
type Cause struct {
	Message string
	Frames  []Frame // of the Go stack, where it panicked; innermost first
}

// Frame is a place in a Go stack.
type Frame struct {
	Path     string // as the binary has it: "example.com/shop/lambdas/pay/pay.go"
	Line     int
	Function string
}

// ReadCause reads a cause: of a Lambda's error payload the message and the stack, else the text and the stack that stands in it.
func ReadCause(cause history.Text) Cause {
	payload := cause.Value()
	message, ok := payload.Get("errorMessage")
	if !ok {
		return Cause{Message: strings.TrimSpace(cause.String()), Frames: Frames(cause.String())}
	}
	c := Cause{Message: message.Str()}
	trace, _ := payload.Get("stackTrace")
	for _, item := range trace.Items() {
		c.Frames = append(c.Frames, frame(item))
	}
	if len(c.Frames) == 0 {
		c.Frames = Frames(c.Message)
	}
	return c
}

// frame reads a frame as aws-lambda-go writes it, {"path":…,"line":…,"label":…}, or one that is text: "path:line label".
func frame(v value.Value) Frame {
	if v.Kind() == value.String {
		place, label, _ := strings.Cut(v.Str(), " ")
		path, line, _ := strings.Cut(place, ":")
		n, _ := strconv.Atoi(line)
		return Frame{path, n, label}
	}
	line, _ := v.Get("line")
	return Frame{text(v, "path"), int(line.Float()), text(v, "label")}
}

// stackLine is the second line of a frame of a Go stack: "	/src/pay/pay.go:31 +0x1d".
var stackLine = lazyregexp.New(`(?m)^\s+(\S+\.go):(\d+)(?: \+0x[0-9a-f]+)?\s*$`)

// Frames are the frames of Go stacks, "goroutine 1 [running]: …", that stand in a text.
func Frames(text string) []Frame {
	if !strings.Contains(text, ".go:") {
		return nil
	}
	var list []Frame
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		m := stackLine.FindStringSubmatch(l)
		if m == nil || i == 0 {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		function, _, _ := strings.Cut(strings.TrimSpace(lines[i-1]), "(")
		list = append(list, Frame{m[1], n, function})
	}
	return list
}

// WaitsForCallback is whether the step is a task that waits for its task token.
func (s *Step) WaitsForCallback() bool {
	n := len(s.Attempts)
	if n == 0 || s.Status != Running {
		return false
	}
	a := s.Attempts[n-1]
	return a.Ended.IsZero() && strings.HasSuffix(a.Resource, ".waitForTaskToken")
}

// Token is the task token that a step which waits for its callback has sent: the one text under a name with "token" in it. "" where
// there is none, or several.
func (s *Step) Token() string {
	if !s.WaitsForCallback() {
		return ""
	}
	found := map[string]bool{}
	tokens(s.Attempts[len(s.Attempts)-1].Parameters.Value(), found)
	if len(found) != 1 {
		return ""
	}
	for token := range found {
		return token
	}
	return ""
}

func tokens(v value.Value, found map[string]bool) {
	for _, item := range v.Items() {
		tokens(item, found)
	}
	for _, m := range v.Members() {
		if s := m.Value.Str(); s != "" && strings.Contains(strings.ToLower(m.Name), "token") {
			found[s] = true
			continue
		}
		tokens(m.Value, found)
	}
}

// WaitingSteps are the steps of t and below that wait for a callback.
func WaitingSteps(t *Thread) []*Step {
	var list []*Step
	for _, step := range t.Steps {
		if step.WaitsForCallback() {
			list = append(list, step)
		}
		for _, inner := range step.Threads {
			list = append(list, WaitingSteps(inner)...)
		}
	}
	return list
}
