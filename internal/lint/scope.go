package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// use is an expression of a state: where it stands and what it says. catching is true inside a Catch.
type use struct {
	pointer, text string
	catching      bool
}

// uses are all expressions of s in its language: JSONata's without their delimiters, or paths and intrinsics. What stands in states
// inside s is theirs.
func (r *regret) uses(s *asl.State) []use {
	var all []use
	for _, m := range r.lookup(s.Pointer).Members() {
		switch m.Name {
		case "Comment", "Result", "Branches", "ItemProcessor", "Iterator", "Type", "Resource":
		default:
			all = append(all, r.usesIn(s, child(s.Pointer, m.Name), m.Name, m.Value)...)
		}
	}
	return all
}

func (r *regret) usesIn(s *asl.State, pointer, name string, x value.Value) []use {
	var all []use
	for i, one := range x.Items() {
		all = append(all, r.usesIn(s, item(pointer, i), name, one)...)
	}
	for _, m := range x.Members() {
		all = append(all, r.usesIn(s, child(pointer, m.Name), m.Name, m.Value)...)
	}
	source, is, _ := expressionOf(x.Str())
	if r.def.Language(s) == asl.JSONPath {
		source, is = x.Str(), strings.HasPrefix(x.Str(), "$") || strings.HasPrefix(x.Str(), "States.")
		is = is && (strings.HasSuffix(name, ".$") || strings.HasSuffix(name, "Path") || name == "Variable")
	}
	if is {
		all = append(all, use{pointer, source, strings.HasPrefix(pointer, child(s.Pointer, "Catch")+"/")})
	}
	return all
}

// variables are the names of the variables that an expression reads.
func (r *regret) variables(s *asl.State, text string) []string {
	if r.def.Language(s) == asl.JSONata {
		e, err := jsonata.Compile(text)
		if err != nil {
			return nil
		}
		return e.Variables()
	}
	e, err := jsonpath.CompileExpr(text)
	if err != nil {
		return nil
	}
	return e.Variables()
}

// scopes checks the variables of m; outer are those that it can read from around it.
func (r *regret) scopes(m *asl.Machine, outer map[string]bool) {
	own := map[string]bool{}
	for _, s := range m.States {
		for _, a := range assignments(s) {
			for name := range a.names(r.def.Language(s)) {
				own[name] = true
				if outer[name] {
					r.find(OuterVariable, a.pointer, "variable %s belongs to the scope outside; a state in a Map or Parallel cannot set it", name)
				}
			}
		}
	}
	visible := maps.Clone(own)
	maps.Copy(visible, outer)
	for _, s := range m.States {
		r.unassigned(s, visible)
		for _, branch := range s.Branches {
			r.scopes(branch, visible)
		}
		switch {
		case s.Processor == nil:
		case s.Distributed():
			r.scopes(s.Processor, nil)
		default:
			r.scopes(s.Processor, visible)
		}
	}
}

// assignment is an Assign field.
type assignment struct {
	pointer string
	value   value.Value
}

func assignments(s *asl.State) []assignment {
	all := []assignment{{child(s.Pointer, "Assign"), s.Assign}}
	for _, c := range s.Catch {
		all = append(all, assignment{child(c.Pointer, "Assign"), c.Assign})
	}
	for _, c := range s.Choices {
		all = append(all, assignment{child(c.Pointer, "Assign"), c.Assign})
	}
	return all
}

func (a assignment) names(language string) map[string]bool {
	names := map[string]bool{}
	for _, m := range a.value.Members() {
		name := m.Name
		if language == asl.JSONPath {
			name = strings.TrimSuffix(name, ".$")
		}
		names[name] = true
	}
	return names
}

func (r *regret) unassigned(s *asl.State, visible map[string]bool) {
	for _, u := range r.uses(s) {
		for _, name := range r.variables(s, u.text) {
			if name != "states" && name != "" && !visible[name] {
				r.find(UnassignedVariable, u.pointer, "no state assigns the variable $%s where state %s can see it", name, s.Name)
			}
		}
	}
}

var (
	statesField   = lazyregexp.New(`\$states\.([A-Za-z]+)`)
	textsAndNotes = lazyregexp.New(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?s:/\*.*?\*/)`)
)

// statesFields looks at what expressions read of $states.
func (r *regret) statesFields(s *asl.State) {
	if r.def.Language(s) != asl.JSONata {
		return
	}
	for _, u := range r.uses(s) {
		for _, m := range statesField.FindAllStringSubmatch(textsAndNotes.ReplaceAllString(u.text, `""`), -1) {
			switch {
			case m[1] == "result" && !hasResult(s, u):
				r.find(NoStatesResult, u.pointer, "$states.result does not exist here: state %s has no result yet, or none at all", s.Name)
			case !slices.Contains([]string{"input", "result", "context", "errorOutput"}, m[1]):
				r.find(NoStatesResult, u.pointer, "$states has no field %s", m[1])
			}
		}
	}
}

// hasResult: Task, Parallel and Map have one, in Output and Assign, and not in a Catch.
func hasResult(s *asl.State, u use) bool {
	part := strings.TrimPrefix(u.pointer, s.Pointer)
	after := strings.HasPrefix(part, "/Output") || strings.HasPrefix(part, "/Assign")
	return after && (s.Type == asl.Task || s.Type == asl.Parallel || s.Type == asl.Map)
}

// contextFields are the context object's. AWS developer guide, "Accessing execution data from the Context object".
var contextFields = map[string][]string{
	"Execution":    {"Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"},
	"State":        {"EnteredTime", "Name", "RetryCount"},
	"StateMachine": {"Id", "Name"},
	"Task":         {"Token"},
	"Map":          {"Item"},
}

var contextPath = lazyregexp.New(`(?:\$\$|\$states\.context)\.([A-Za-z]+)(?:\.([A-Za-z]+))?`)

// contextPaths looks at what expressions read of the context object.
func (r *regret) contextPaths(s *asl.State) {
	for _, u := range r.uses(s) {
		for _, m := range contextPath.FindAllStringSubmatch(textsAndNotes.ReplaceAllString(u.text, `""`), -1) {
			fields, ok := contextFields[m[1]]
			switch {
			case !ok:
				r.find(NoContextField, u.pointer, "the context object has no field %s", m[1])
			case m[2] != "" && !slices.Contains(fields, m[2]):
				r.find(NoContextField, u.pointer, "the context object has no field %s.%s", m[1], m[2])
			case m[1] == "Task" && s.Type == asl.Task && !strings.HasSuffix(s.Resource, ".waitForTaskToken") && !strings.Contains(s.Resource, "${"):
				r.find(NoContextField, u.pointer, "state %s gets no task token, as its Resource does not end with .waitForTaskToken", s.Name)
			}
		}
	}
}
