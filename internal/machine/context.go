package machine

import (
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// contextCache holds the parts of the context object that do not change during a run.
type contextCache struct{ execution, machine value.Value }

func object(members ...value.Member) value.Value { return value.OfObject(members) }

func str(name, s string) value.Member { return value.Member{Name: name, Value: value.OfString(s)} }

func member(name string, v value.Value) value.Member { return value.Member{Name: name, Value: v} }

// context is the context object as the activation sees it. AWS: "Accessing execution data from the Context object"; the order
// of the members is the recorded one (context_object output_path). With the token only for who asks for it by name: most tasks
// have none, and the whole object does not show it.
func (a *activation) context(withToken bool) value.Value {
	r, s := a.run, a.strand
	if r.inspector != nil && r.inspector.test.Context.Defined() {
		return r.inspector.test.Context
	}
	if !r.cached.execution.Defined() {
		r.cached = contextCache{r.executionContext(), object(str("Id", r.exec.MachineARN), str("Name", r.exec.MachineName))}
	}
	members := make([]value.Member, 0, 5)
	members = append(members, member("Execution", r.cached.execution), member("StateMachine", r.cached.machine), member("State", s.stateContext()))
	if item := a.mapItem(); item != nil {
		members = append(members, member("Map", object(member("Item", item.context()))))
	}
	if withToken && s.state.kind == asl.Task {
		members = append(members, member("Task", object(str("Token", s.taskToken()))))
	}
	return value.OfObject(members)
}

func (r *Run) executionContext() value.Value {
	e := r.exec
	if e.Express {
		role := value.NullValue // a state may be tested without a role
		if e.RoleARN != "" {
			role = value.OfString(e.RoleARN)
		}
		return object(str("Id", e.ARN), member("Input", e.Input), str("Name", e.Name), member("RoleArn", role),
			str("StartTime", timestamp(e.StartTime)))
	}
	members := []value.Member{
		str("Id", e.ARN), member("Input", e.Input), str("StartTime", timestamp(e.StartTime)), str("Name", e.Name),
		str("RoleArn", e.RoleARN), member("RedriveCount", value.OfInt(int64(e.Redrives))),
	}
	if !e.RedriveTime.IsZero() {
		members = append(members, str("RedriveTime", timestamp(e.RedriveTime)))
	}
	return value.OfObject(members)
}

func (s *strand) stateContext() value.Value {
	members := []value.Member{str("Name", s.state.name), str("EnteredTime", timestamp(s.enteredTime))}
	if s.state.retries() {
		members = append(members, member("RetryCount", value.OfInt(int64(s.attempt))))
	}
	return value.OfObject(members)
}

// retries says whether the state is of a type that can be retried: only those have a RetryCount.
func (s *state) retries() bool {
	return s.kind == asl.Task || s.kind == asl.Parallel || s.kind == asl.Map
}

// mapItem is the item of the innermost Map around the activation; nil outside of Maps.
func (a *activation) mapItem() *mapItem {
	if a.item != nil {
		return a.item
	}
	for s := a.strand; s != nil; s = s.owner() {
		if s.item != nil {
			return s.item
		}
	}
	return nil
}

// owner is the strand whose state the strand is a branch of.
func (s *strand) owner() *strand {
	if s.parent == nil {
		return nil
	}
	return s.parent.owner
}

// A mapItem is the item that an iteration runs for.
type mapItem struct {
	index  int
	input  value.Value // what the iteration gets without an ItemSelector
	value  value.Value
	key    string // where the items are an object's members
	source string // of a distributed Map's item; "" else
}

func (m *mapItem) context() value.Value {
	members := []value.Member{member("Index", value.OfInt(int64(m.index)))}
	if m.key != "" {
		members = append(members, str("Key", m.key))
	}
	members = append(members, member("Value", m.value))
	if m.source != "" {
		members = append(members, str("Source", m.source))
	}
	return value.OfObject(members)
}

// timestamp is a time as the context object has it: UTC, in milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// taskToken is the token of the Task that the strand is in, made when somebody first asks for it.
func (s *strand) taskToken() string {
	if s.token == "" {
		s.token = s.run.env.NewID()
	}
	return s.token
}
