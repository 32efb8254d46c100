package observe

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// States is the part of Step Functions that is read.
type States interface {
	Histories
	DescribeStateMachine(context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
}

// Machine is a state machine whose executions are read.
type Machine struct {
	Name, ARN string
	Express   bool
	LogGroup  string   // "" where it logs nothing
	AllEvents bool     // the log has every event
	Functions []string // the names of the Lambda functions that its definition calls
}

// Describe is the machine at arn.
func Describe(ctx context.Context, states States, arn string) (Machine, error) {
	out, err := states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return Machine{}, fmt.Errorf("describing %s: %w", arn, err)
	}
	m := Machine{Name: aws.ToString(out.Name), ARN: arn, Express: out.Type == types.StateMachineTypeExpress}
	if c := out.LoggingConfiguration; c != nil && c.Level != types.LogLevelOff {
		for _, d := range c.Destinations {
			if d.CloudWatchLogsLogGroup != nil {
				m.LogGroup, m.AllEvents = logGroup(aws.ToString(d.CloudWatchLogsLogGroup.LogGroupArn)), c.Level == types.LogLevelAll
			}
		}
	}
	if d, err := asl.Parse(aws.ToString(out.Definition), ""); err == nil {
		m.Functions = functionsOf(d)
	}
	return m, nil
}

func logGroup(arn string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(arn, ":*"), ":log-group:")
	return name
}

// functionsOf are the names of the functions that a definition calls by a constant name or ARN.
func functionsOf(d *asl.Definition) []string {
	found := map[string]bool{}
	add := func(s string) {
		name := functionName(s)
		if s == "" || name == s && strings.HasPrefix(s, "arn:") || strings.HasPrefix(s, "{%") {
			return
		}
		name, _, _ = strings.Cut(name, ":")
		found[name] = true
	}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) {
		if strings.Contains(s.Resource, ":function:") {
			add(s.Resource)
		}
		if strings.Contains(s.Resource, ":lambda:invoke") {
			for _, sent := range []value.Value{s.Arguments, s.Parameters} {
				name, _ := sent.Get("FunctionName")
				add(name.Str())
			}
		}
	})
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Entry is one thing that was seen: an event in its story, or a line that a function wrote for a step of it.
type Entry struct {
	Machine *Machine
	Story   *Story
	Scene   Scene    // of an event; of a log line its step and attempt
	Log     *LogLine // nil for an event
}

// Tail follows the executions of machines.
type Tail struct {
	States    States
	Logs      Logs
	Machines  []Machine
	Execution string    // the ARN of the only execution to tell; "" for all
	Since     time.Time // older events are left out
	Until     time.Time // zero: no end
	Follow    bool      // go on until ctx ends, or the one Execution has ended
	Lambda    bool      // read the functions' logs as well
	Interval  time.Duration
	Emit      func(Entry) error
	Notice    func(string) // what the reader should know: waiting, throttled
	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error
}

// patience is how many looks a missing event is waited for, when following.
const patience = 5

// ErrNoLogs says that an Express machine keeps no record of its executions.
var ErrNoLogs = errors.New("is EXPRESS and logs nothing, so nobody can tell what it did; set its log level to ALL and deploy")

// Run tells what there is, and what comes when following.
func (t *Tail) Run(ctx context.Context) error {
	r, err := t.readers()
	if err != nil {
		return err
	}
	for {
		more, err := r.look(ctx)
		if err != nil {
			return err
		}
		if !t.Follow || r.done && len(r.wanted) == 0 {
			return r.flush()
		}
		if !more {
			r.idle()
		}
		if err := t.Wait(ctx, t.Interval); err != nil {
			return r.flush()
		}
	}
}

type reader struct {
	*Tail
	machines    []*machineReader
	functions   map[string]*LogReader
	invocations Invocations
	wanted      []wanted // tasks whose log lines have not come yet
	done        bool
	waiting     bool // said so
}

type machineReader struct {
	Machine
	log       *LogReader
	histories map[string]*HistoryReader // of Standard executions, where the log does not tell all
	sorter    Sorter
	finished  map[string]bool // those of them that were read to their end
	stories   map[string]*Story
}

// settle is how long the log lines of a task that has ended are waited for.
const settle = 3 * time.Second

type wanted struct {
	entry Entry
	until time.Time
}

func (t *Tail) readers() (*reader, error) {
	r := &reader{Tail: t, functions: map[string]*LogReader{}}
	for _, m := range t.Machines {
		mr := &machineReader{Machine: m, stories: map[string]*Story{}, histories: map[string]*HistoryReader{}, finished: map[string]bool{}}
		switch {
		case m.Express && m.LogGroup == "":
			return nil, fmt.Errorf("%s %w", m.Name, ErrNoLogs)
		case m.Express || m.AllEvents && t.Execution == "":
			mr.log = &LogReader{Logs: t.Logs, Group: m.LogGroup, Since: t.Since, Until: t.Until}
		}
		if t.Follow {
			mr.sorter.Patience = patience * t.Interval
		}
		r.machines = append(r.machines, mr)
		if t.Lambda {
			for _, name := range m.Functions {
				r.functions[name] = &LogReader{Logs: t.Logs, Group: "/aws/lambda/" + name, Since: t.Since.Add(-skew), Until: t.Until}
			}
		}
	}
	return r, nil
}

// look reads each source once and tells what is ready; more says that something new was there.
func (r *reader) look(ctx context.Context) (more bool, err error) {
	for name, log := range r.functions {
		lines, err := log.Next(ctx)
		if err != nil {
			return false, fmt.Errorf("reading the log of function %s: %w", name, err)
		}
		for _, line := range lines {
			r.invocations.Add(name, line)
		}
	}
	for _, m := range r.machines {
		n, err := m.read(ctx, r)
		if err != nil {
			return false, fmt.Errorf("reading executions of %s: %w", m.Name, err)
		}
		more = more || n > 0
		if err := r.tell(m, m.sorter.Ready(r.Now())); err != nil {
			return false, err
		}
	}
	return more, r.claim(false)
}

func (m *machineReader) read(ctx context.Context, r *reader) (int, error) {
	if m.log != nil {
		return m.readLog(ctx, r)
	}
	return m.readHistories(ctx, r)
}

func (m *machineReader) readLog(ctx context.Context, r *reader) (int, error) {
	lines, err := m.log.Next(ctx)
	if err != nil {
		return 0, err
	}
	for _, line := range lines {
		e, log, err := history.FromLog(line.Text)
		if err != nil {
			continue // somebody else's line in a shared group
		}
		if r.Execution == "" && sameMachine(log.ExecutionARN, m.Name) || log.ExecutionARN == r.Execution {
			m.sorter.Add(Event{Execution: log.ExecutionARN, Redrives: log.RedriveCount, Event: e}, r.Now())
		}
	}
	return len(lines), nil
}

// sameMachine says whether an execution's ARN, arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME, names the machine.
func sameMachine(execution, machine string) bool {
	parts := strings.Split(execution, ":")
	return len(parts) > 6 && parts[6] == machine
}

func (m *machineReader) readHistories(ctx context.Context, r *reader) (int, error) {
	if err := m.findExecutions(ctx, r); err != nil {
		return 0, err
	}
	n := 0
	for arn, h := range m.histories {
		events, err := h.Next(ctx)
		if err != nil {
			return n, err
		}
		for _, e := range events {
			m.sorter.Add(Event{Execution: arn, Event: e}, r.Now())
		}
		n += len(events)
		if len(events) > 0 && Terminal(events[len(events)-1].Type) {
			delete(m.histories, arn)
			m.finished[arn] = true
		}
	}
	return n, nil
}

// findExecutions begins a history for each execution that runs, or that ended since the beginning of the tail.
func (m *machineReader) findExecutions(ctx context.Context, r *reader) error {
	if r.Execution != "" {
		if m.histories[r.Execution] == nil && !m.finished[r.Execution] {
			m.histories[r.Execution] = &HistoryReader{States: r.States, ARN: r.Execution}
		}
		return nil
	}
	in := &sfn.ListExecutionsInput{StateMachineArn: &m.ARN, MaxResults: pageSize}
	for {
		out, err := r.States.ListExecutions(ctx, in)
		if err != nil {
			return err
		}
		old := false
		for _, e := range out.Executions {
			arn := aws.ToString(e.ExecutionArn)
			if e.StopDate != nil && e.StopDate.Before(r.Since) {
				old = e.StartDate.Before(r.Since)
				continue
			}
			if m.histories[arn] == nil && !m.finished[arn] {
				m.histories[arn] = &HistoryReader{States: r.States, ARN: arn}
			}
		}
		if out.NextToken == nil || old {
			return nil
		}
		in.NextToken = out.NextToken
	}
}

func (r *reader) tell(m *machineReader, events []Event) error {
	for _, e := range events {
		story := m.stories[e.Execution]
		if story == nil {
			story = NewStory(e.Execution)
			m.stories[e.Execution] = story
		}
		entry := Entry{Machine: &m.Machine, Story: story, Scene: story.Add(e.Event)}
		r.waiting = false
		if a := entry.Scene.Attempt; a != nil && (!a.Ended.IsZero() || a.Submitted) && !a.logged && len(r.functions) > 0 {
			a.logged = true
			r.wanted = append(r.wanted, wanted{entry, r.Now().Add(settle)})
			if err := r.claim(false); err != nil {
				return err
			}
		}
		if !e.Time.Before(r.Since) || r.Execution != "" {
			if err := r.Emit(entry); err != nil {
				return err
			}
		}
		if Terminal(e.Type) {
			r.done = r.done || e.Execution == r.Execution
			delete(m.stories, e.Execution)
		}
	}
	return nil
}

// claim tells the log lines of tasks that have ended, as far as they are there; at the end, what never came is given up.
func (r *reader) claim(last bool) error {
	var still []wanted
	for _, w := range r.wanted {
		in := r.invocations.Claim(w.entry.Scene.Attempt)
		if in == nil {
			if !last && r.Now().Before(w.until) {
				still = append(still, w)
			}
			continue
		}
		for i := range in.Lines {
			entry := w.entry
			entry.Log = &in.Lines[i]
			if err := r.Emit(entry); err != nil {
				return err
			}
		}
	}
	r.wanted = still
	return nil
}

// idle says once that nothing happens.
func (r *reader) idle() {
	if r.waiting || r.Notice == nil {
		return
	}
	r.waiting = true
	r.Notice("waiting for events; Ctrl-C ends")
}

// flush tells what still waits for events before it, in the order that there is.
func (r *reader) flush() error {
	for _, m := range r.machines {
		m.sorter.Patience = 0
		if err := r.tell(m, m.sorter.Ready(r.Now())); err != nil {
			return err
		}
	}
	return r.claim(true)
}
