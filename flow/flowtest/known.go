package flowtest

import (
	"reflect"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

// called is what the states of a machine call, as far as tests name it.
type called struct {
	states     map[string]bool
	activities map[string]bool
	awaited    map[string]bool // handlers that get a task token
}

// add adds what s calls; handlers are those of function ARNs.
func (c *called) add(s *asl.State, handlers map[string]string) {
	c.states[s.Name] = true
	r := machine.ParseResource(s.Resource)
	if r.Kind == machine.Activity {
		c.activities[activityName(r)] = true
	}
	if r.Pattern != "waitForTaskToken" {
		return
	}
	for _, parameters := range []value.Value{s.Arguments, s.Parameters} {
		c.awaited[handlers[member(parameters, "FunctionName").Str()]] = true
	}
}

// activityName is the activity that a resource names.
func activityName(r *machine.Resource) string { return r.ARN[strings.LastIndexByte(r.ARN, ':')+1:] }

// plain says that a text can name only an activity: no state, request, resource or function.
func plain(name string) bool { return !strings.ContainsAny(name, " :/.") }

// meant ends the test where a mock stands for nothing that the workflow has: a test with it would test nothing. What other
// workflows of the test call is not known.
func (x *Test) meant(c *compiled) {
	x.t.Helper()
	for name, m := range x.mocks {
		x.known(c, name)
		if m.answer != nil && x.registered(name) && !c.called.awaited[name] && len(x.nested) == 0 {
			x.t.Fatalf("flowtest: workflow %s waits for no answer of %s: let flowtest.Mock stand for it", x.workflow.Name(), name)
		}
	}
}

// known ends the test where name is of a state or an activity that the workflow does not have.
func (x *Test) known(c *compiled, name string) {
	x.t.Helper()
	state, ok := strings.CutPrefix(name, stateKey(""))
	switch {
	case len(x.nested) > 0:
	case ok && !c.called.states[state]:
		x.t.Fatalf("flowtest: workflow %s has no state %s", x.workflow.Name(), state)
	case plain(name) && !c.called.activities[name]:
		x.t.Fatalf("flowtest: workflow %s has no activity %q; handlers and operations are given as functions", x.workflow.Name(), name)
	}
}

// nameOf is what calls of something are noted under.
func (x *Test) nameOf(what any) string {
	x.t.Helper()
	if name, ok := what.(string); ok {
		return name
	}
	if fn := reflect.ValueOf(what); fn.Kind() != reflect.Func || fn.IsNil() {
		x.t.Fatalf("flowtest: %#v is no handler, operation, workflow or name of an activity", what)
	}
	return funcName(what)
}
