package machine

import (
	"fmt"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// Compile makes a Program of a definition that lint has passed. Its errors are for definitions that were not checked: they name
// the field by its JSON Pointer.
func Compile(def *asl.Definition) (*Program, error) {
	c := &compiler{def: def}
	root, err := c.machine(&def.Machine)
	if err != nil {
		return nil, err
	}
	return &Program{def: def, root: root, timeout: seconds(number(def.TimeoutSeconds, 0)), family: c.family}, nil
}

type compiler struct {
	def *asl.Definition
	// alone says that a state is tested by itself: the states that it names need not exist.
	alone  bool
	family bool // there is a distributed Map
}

// target is the state that a field names; nil where there is none.
func (c *compiler) target(m *machine, name string) *state {
	if st := m.states[name]; st != nil || !c.alone {
		return st
	}
	return &state{name: name}
}

// machine compiles the states of m. They refer to each other, so all exist before the first is filled in.
func (c *compiler) machine(m *asl.Machine) (*machine, error) {
	if m == nil {
		return nil, fmt.Errorf("a Map without ItemProcessor cannot run")
	}
	out := &machine{states: make(map[string]*state, len(m.States))}
	for _, s := range m.States {
		out.states[s.Name] = &state{name: s.Name}
	}
	for _, s := range m.States {
		if err := c.state(out.states[s.Name], s, out); err != nil {
			return nil, fmt.Errorf("state %s: %w", s.Name, err)
		}
	}
	out.start = out.states[m.StartAt]
	if out.start == nil && !c.alone {
		return nil, fmt.Errorf("%s/StartAt names %q, which is not a state", m.Pointer, m.StartAt)
	}
	return out, nil
}

func (c *compiler) state(st *state, s *asl.State, m *machine) error {
	*st = state{name: s.Name, kind: s.Type, def: s, jsonata: c.def.Language(s) == asl.JSONata,
		entered: history.Entered(string(s.Type)), exited: history.Exited(string(s.Type))}
	if s.Next != "" {
		if st.next = c.target(m, s.Next); st.next == nil {
			return fmt.Errorf("its Next names %q, which is not a state", s.Next)
		}
	}
	for _, compile := range []func(*state, *asl.State) error{c.dataFlow, c.retry} {
		if err := compile(st, s); err != nil {
			return err
		}
	}
	if err := c.catch(st, s, m); err != nil {
		return err
	}
	return c.work(st, s, m)
}

// dataFlow compiles what goes into a state and out of it.
func (c *compiler) dataFlow(st *state, s *asl.State) (err error) {
	if st.assign, err = compileTemplate(s.Assign, st.jsonata, "Assign"); err != nil {
		return err
	}
	if st.jsonata {
		if st.arguments, err = compileTemplate(s.Arguments, true, "Arguments"); err != nil {
			return err
		}
		st.output, err = compileTemplate(s.Output, true, "Output")
		return err
	}
	if st.inputPath, err = compilePathField(s.InputPath); err != nil {
		return fmt.Errorf("its InputPath: %w", err)
	}
	if st.outputPath, err = compilePathField(s.OutputPath); err != nil {
		return fmt.Errorf("its OutputPath: %w", err)
	}
	if st.resultPath, err = compileResultPath(s.ResultPath); err != nil {
		return fmt.Errorf("its ResultPath: %w", err)
	}
	if s.Type != asl.Map {
		if st.parameters, err = compileTemplate(s.Parameters, false, "Parameters"); err != nil {
			return err
		}
	}
	if s.Type == asl.Pass {
		st.result = s.Result
	}
	st.resultSelector, err = compileTemplate(s.ResultSelector, false, "ResultSelector")
	return err
}

// retry compiles Retry with the language's defaults: IntervalSeconds 1, MaxAttempts 3, BackoffRate 2.0.
func (c *compiler) retry(st *state, s *asl.State) error {
	for _, r := range s.Retry {
		st.retriers = append(st.retriers, &retrier{errors: r.ErrorEquals, interval: number(r.IntervalSeconds, 1),
			attempts: int(number(r.MaxAttempts, 3)), backoff: number(r.BackoffRate, 2), maxDelay: number(r.MaxDelaySeconds, 0),
			jitter: r.JitterStrategy == "FULL"})
	}
	return nil
}

func (c *compiler) catch(st *state, s *asl.State, m *machine) (err error) {
	for i, k := range s.Catch {
		out := &catcher{errors: k.ErrorEquals, next: c.target(m, k.Next)}
		if out.next == nil {
			return fmt.Errorf("its Catch names %q, which is not a state", k.Next)
		}
		field := fmt.Sprintf("Catch[%d]/", i)
		if out.assign, err = compileTemplate(k.Assign, st.jsonata, field+"Assign"); err != nil {
			return err
		}
		if st.jsonata {
			out.output, err = compileTemplate(k.Output, true, field+"Output")
		} else {
			out.resultPath, err = compileResultPath(k.ResultPath)
		}
		if err != nil {
			return err
		}
		st.catchers = append(st.catchers, out)
	}
	return nil
}

// work compiles what a state of its type does.
func (c *compiler) work(st *state, s *asl.State, m *machine) (err error) {
	switch s.Type {
	case asl.Pass, asl.Succeed:
	case asl.Task:
		st.task, err = compileTask(s, st.jsonata)
	case asl.Wait:
		st.wait, err = compileWait(s, st.jsonata)
	case asl.Fail:
		st.failure, err = compileFail(s, st.jsonata)
	case asl.Choice:
		err = c.choice(st, s, m)
	case asl.Parallel:
		for _, b := range s.Branches {
			branch, err := c.machine(b)
			if err != nil {
				return err
			}
			st.branches = append(st.branches, branch)
		}
	case asl.Map:
		st.fan, err = c.mapSpec(s, st.jsonata)
	default:
		err = fmt.Errorf("%q is no type of state", s.Type)
	}
	return err
}

func (c *compiler) choice(st *state, s *asl.State, m *machine) error {
	if s.Default != "" {
		if st.fallback = c.target(m, s.Default); st.fallback == nil {
			return fmt.Errorf("its Default names %q, which is not a state", s.Default)
		}
	}
	for i, r := range s.Choices {
		out, err := c.rule(r, i, m, st.jsonata)
		if err != nil {
			return err
		}
		st.choices = append(st.choices, out)
	}
	return nil
}

// number reads a literal number, with what an absent one stands for.
func number(v value.Value, absent float64) float64 {
	if v.Kind() != value.Number {
		return absent
	}
	return v.Float()
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
