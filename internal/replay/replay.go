package replay

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// Difference is where the workflow goes another way than the recording.
type Difference struct {
	In    string `json:"in,omitempty"` // the branch or iteration
	State string `json:"state,omitempty"`
	What  string `json:"what"`
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// String is the difference in a line, and one more each for what was and what is.
func (d Difference) String() string {
	where := d.In
	if d.State != "" && d.In != "" {
		where += " > " + d.State
	} else if d.State != "" {
		where = d.State
	}
	text := d.What
	if where != "" {
		text = where + ": " + d.What
	}
	if d.Was != "" || d.Is != "" {
		text += "\n  was  " + cmp.Or(d.Was, "nothing") + "\n  is   " + cmp.Or(d.Is, "nothing")
	}
	return text
}

// Replay runs the recording's tasks through def, which may have placeholders: what a placeholder stands for does not count, but
// for the names of functions. express says of which type the workflow is.
func (f *Fixture) Replay(ctx context.Context, def *asl.Definition, express bool) ([]Difference, error) {
	program, err := machine.Compile(def)
	if err != nil {
		return nil, err
	}
	input, err := value.Parse(string(f.Input))
	if err != nil {
		return nil, fmt.Errorf("the input of %s: %w", f.Execution, err)
	}
	p := &player{fixture: f, clock: machine.NewVirtualClock(f.Start), used: map[*Task]bool{}, tracer: newTracer()}
	run := program.Start(f.execution(input, express), &machine.Env{
		Clock: p.clock, StartTask: p.start, StartChild: p.child, Random: func() float64 { return 1 }, Emit: p.emit,
	})
	p.stop = func() { run.Stop(history.Text{}, history.Text{}) }
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.clock.AfterFunc(ctx, f.Start.Add(longest), p.stop)
	result := run.Wait(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.compare(result)
	return p.found, nil
}

// longest is when a replay ends that waits for nothing any more. AWS: a Standard execution runs for a year.
const longest = 400 * 24 * time.Hour

func (f *Fixture) execution(input value.Value, express bool) *machine.Execution {
	parts := strings.Split(f.Execution, ":")
	return &machine.Execution{
		ARN: f.Execution, Name: parts[len(parts)-1], StartTime: f.Start, Input: input, Express: express, MachineName: f.StateMachine,
		MachineARN: strings.Join(append(parts[:min(5, len(parts)):min(5, len(parts))], "stateMachine", f.StateMachine), ":"),
		RoleARN:    "arn:aws:iam::000000000000:role/replay",
	}
}

// player is the world of a replay: it answers tasks with what the recording has.
type player struct {
	fixture *Fixture
	clock   *machine.VirtualClock
	stop    func()
	used    map[*Task]bool
	stopped bool // at a call that the recording does not have
	tracer  *tracer
	path    []Step
	found   []Difference
}

func (p *player) emit(e *history.Event) {
	if e.Details == nil {
		e.Details = &history.Details{}
	}
	if step, entered := p.tracer.trace(e); entered {
		p.path = append(p.path, step)
	}
}

func (p *player) start(ctx context.Context, t *machine.Task, r machine.Replier) {
	recorded := p.match(t)
	if recorded == nil {
		r.Park()
		if !p.fixture.ended() {
			return // the recording ends somewhere before
		}
		p.found = append(p.found, Difference{State: t.State, What: "is called, which the recording does not have", Is: t.Input.String()})
		p.stopped = true
		p.stop()
		return
	}
	r.Started("")
	if t.Token != "" && t.Resource.Pattern != "" {
		r.Submitted(history.JSON(value.OfObject(nil)))
	}
	r.Park()
	if recorded.Open {
		return
	}
	p.clock.AfterFunc(ctx, p.clock.Now().Add(time.Duration(recorded.Seconds*float64(time.Second))), func() { recorded.answer(r) })
}

func (t *Task) answer(r machine.Replier) {
	switch t.Error {
	case "":
		r.Succeeded(history.Verbatim(string(t.Output)))
	case "States.Timeout":
		r.TimedOut()
	default:
		r.Failed(machine.Failure{Error: t.Error, Cause: history.Verbatim(t.Cause)})
	}
}

// child refuses a distributed map, whose children the recording cannot have.
func (p *player) child(_ context.Context, _ *machine.Child, r machine.Replier) {
	r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim("the recording has no child executions")})
}

// match is the recorded attempt that answers a task: the first of the state with the same input, else the first of the state, which
// is a difference.
func (p *player) match(t *machine.Task) *Task {
	var next *Task
	var given value.Value
	for _, r := range p.fixture.Tasks {
		if r.State != t.State || p.used[r] {
			continue
		}
		was, err := value.Parse(string(r.Input))
		if err == nil && same(was, t.Input, t.Token) {
			p.used[r] = true
			return r
		}
		if next == nil {
			next, given = r, was
		}
	}
	if next == nil {
		return nil
	}
	p.used[next] = true
	d := another("the call's input is another", given, t.Input, t.Token)
	d.In, d.State = next.In, t.State
	p.found = append(p.found, d)
	return next
}

// compare looks at the states and the end, when the run is over. What follows from a difference already told is not told.
func (p *player) compare(result machine.Result) {
	was, order := threads(p.fixture.Path)
	is, _ := threads(p.path)
	strayed := map[string]bool{} // the execution, branch or iteration went another way
	for _, in := range order {
		strayed[in] = around(in, strayed) || p.steps(in, was[in], is[in])
	}
	if p.stopped || !p.fixture.ended() {
		return
	}
	for _, t := range p.fixture.Tasks {
		if !p.used[t] && !t.Open && !strayed[t.In] {
			p.found = append(p.found, Difference{In: t.In, State: t.State, What: "is called less often", Was: compact(t.Input)})
		}
	}
	p.end(result)
}

// around says whether something that in is inside of has strayed.
func around(in string, strayed map[string]bool) bool {
	if in == "" {
		return false
	}
	outer := in[:max(strings.LastIndex(in, " > "), 0)]
	return strayed[outer]
}

// steps finds the first state in which a branch or iteration goes another way.
func (p *player) steps(in string, was, is []string) (strayed bool) {
	for i, state := range was {
		switch {
		case i < len(is) && is[i] == state:
			continue
		case i >= len(is) && p.stopped:
			return true // how it would have gone on, nobody knows
		}
		d := Difference{In: in, What: "begins with another state", Was: state}
		if i > 0 {
			d.State, d.What = was[i-1], "is followed by another state"
		}
		if i < len(is) {
			d.Is = is[i]
		}
		p.found = append(p.found, d)
		return true
	}
	if len(is) > len(was) && p.fixture.ended() {
		d := Difference{In: in, What: "is not the end any more", Is: is[len(was)]}
		if len(was) > 0 {
			d.State = was[len(was)-1]
		}
		p.found = append(p.found, d)
		return true
	}
	return false
}

func (p *player) end(result machine.Result) {
	f := p.fixture
	if was, is := f.Status+" "+f.Error, string(result.Status)+" "+result.Error.String(); was != is {
		p.found = append(p.found, Difference{What: "the execution ends otherwise", Was: strings.TrimSpace(was), Is: strings.TrimSpace(is)})
		return
	}
	if f.Status != "SUCCEEDED" {
		return
	}
	if was, err := value.Parse(string(f.Output)); err != nil || !same(was, result.Output, "") {
		p.found = append(p.found, another("the output is another", was, result.Output, ""))
	}
}
