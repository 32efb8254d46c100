package task

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// Mocks are answers for tasks in place of the services': a mock configuration as Step Functions Local defines it
// (https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-test-sm-exec.html).
type Mocks struct {
	file      string
	machines  map[string]map[string]map[string]string // machine -> test case -> state -> response
	responses map[string][]mocked                     // by name, in the order of their indices
}

// mocked is what a state's invocations from a first to a last get.
type mocked struct {
	first, last int
	ret         value.Value // Return
	failure     *thrown     // Throw
}

type thrown struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// ReadMocks reads and checks a mock configuration: every test case names responses that exist, every response covers the
// invocations 0 to its last without gap or overlap, with one of Return and Throw each.
func ReadMocks(path string) (*Mocks, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the mock configuration: %w", err)
	}
	m, err := parseMocks(text)
	if err != nil {
		return nil, fmt.Errorf("mock configuration %s: %w", path, err)
	}
	m.file = path
	return m, nil
}

func parseMocks(text []byte) (*Mocks, error) {
	var file struct {
		StateMachines map[string]struct {
			TestCases map[string]map[string]string
		}
		MockedResponses map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, placed(text, err)
	}
	if len(file.StateMachines) == 0 {
		return nil, errors.New("it has no StateMachines")
	}
	m := &Mocks{machines: map[string]map[string]map[string]string{}, responses: map[string][]mocked{}}
	for name, entries := range file.MockedResponses {
		response, err := parseResponse(entries)
		if err != nil {
			return nil, fmt.Errorf("MockedResponses %q: %w", name, err)
		}
		m.responses[name] = response
	}
	for machine, cases := range file.StateMachines {
		m.machines[machine] = cases.TestCases
		for name, states := range cases.TestCases {
			for state, response := range states {
				if _, ok := m.responses[response]; !ok {
					return nil, fmt.Errorf("state machine %q, test case %q, state %q: no response %q in MockedResponses", machine, name, state, response)
				}
			}
		}
	}
	return m, nil
}

// placed is json's error with its place in the text.
func placed(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at int64
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
		err = fmt.Errorf("%s cannot be a JSON %s", kind.Field, kind.Value)
	}
	before := text[:min(int(at), len(text))]
	return fmt.Errorf("line %d, column %d: %w", 1+bytes.Count(before, []byte("\n")), len(before)-bytes.LastIndexByte(before, '\n')-1, err)
}

func parseResponse(entries map[string]json.RawMessage) ([]mocked, error) {
	var list []mocked
	for key, text := range entries {
		r, err := parseMocked(key, text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b mocked) int { return a.first - b.first })
	next := 0
	for _, r := range list {
		if r.first != next {
			return nil, fmt.Errorf("invocation %d has %s", min(r.first, next), map[bool]string{true: "no response", false: "two responses"}[r.first > next])
		}
		next = r.last + 1
	}
	if next == 0 {
		return nil, fmt.Errorf("it holds no response; invocation 0 needs one")
	}
	return list, nil
}

func parseMocked(key string, text json.RawMessage) (mocked, error) {
	var r mocked
	from, to, isRange := strings.Cut(key, "-")
	first, err := strconv.Atoi(from)
	last := first
	if err == nil && isRange {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 0 || last < first {
		return r, fmt.Errorf("not an invocation (\"0\") nor a range of them (\"1-2\")")
	}
	r.first, r.last = first, last
	var body struct {
		Return json.RawMessage
		Throw  *thrown
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return r, err
	}
	if (body.Return == nil) == (body.Throw == nil) {
		return r, fmt.Errorf("needs one of Return and Throw")
	}
	if body.Throw != nil && body.Throw.Error == "" {
		return r, fmt.Errorf("no Error in the Throw")
	}
	if r.failure = body.Throw; r.failure == nil {
		r.ret, err = value.Parse(string(body.Return))
	}
	return r, err
}

// Answers are the mocks of one execution, which counts the invocations of its states.
type Answers struct {
	mocks  *Mocks
	states map[string]string
	mu     sync.Mutex
	calls  map[string]int
}

// Case is what a test case of a machine says, for one execution.
func (m *Mocks) Case(machine, testCase string) (*Answers, error) {
	cases, ok := m.machines[machine]
	if !ok {
		return nil, fmt.Errorf("mock configuration %s has no state machine %q", m.file, machine)
	}
	states, ok := cases[testCase]
	if !ok {
		return nil, fmt.Errorf("mock configuration %s: state machine %q has no test case %q", m.file, machine, testCase)
	}
	return &Answers{mocks: m, states: states, calls: map[string]int{}}, nil
}

// StartTask is what starts tasks, as in machine.Env.
type StartTask = func(context.Context, *machine.Task, machine.Replier)

// Wrap answers the tasks of mocked states, and hands all others to next.
func (a *Answers) Wrap(next StartTask) StartTask {
	return func(ctx context.Context, t *machine.Task, r machine.Replier) {
		name, ok := a.states[t.State]
		if !ok {
			next(ctx, t, r)
			return
		}
		a.answer(name, t, r)
	}
}

func (a *Answers) answer(name string, t *machine.Task, r machine.Replier) {
	a.mu.Lock()
	n := a.calls[t.State]
	a.calls[t.State]++
	a.mu.Unlock()
	list := a.mocks.responses[name]
	i := slices.IndexFunc(list, func(m mocked) bool { return n >= m.first && n <= m.last })
	r.Started("")
	if i < 0 {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(
			fmt.Sprintf("the mock %q of state %q has no response for invocation %d", name, t.State, n))})
		return
	}
	if f := list[i].failure; f != nil {
		if t.Resource.Pattern != "" {
			r.Submitted(history.JSON(value.OfObject(nil)))
		}
		r.Failed(machine.Failure{Error: f.Error, Cause: history.Verbatim(f.Cause)})
		return
	}
	if t.Resource.Pattern != "" {
		r.Submitted(history.JSON(list[i].ret))
	}
	r.Succeeded(history.JSON(mockResult(t, list[i].ret)))
}

// mockResult is a mock's Return as the task's result: mocks of functions are written as lambda:invoke answers, of which a Task
// on the function's own ARN sees the payload.
func mockResult(t *machine.Task, ret value.Value) value.Value {
	payload, ok := ret.Get("Payload")
	if _, isAnswer := ret.Get("StatusCode"); ok && isAnswer && t.Resource.Kind == machine.Function {
		return payload
	}
	return ret
}
