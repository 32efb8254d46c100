package lint

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// machine checks the whole definition.
func (v *validator) machine(tree value.Value) {
	v.states, v.labels = map[string]bool{}, map[string]bool{}
	v.shape(&machineShape, "", tree)
}

// topLanguage is the definition's own; AWS takes every value but "JSONPath" for JSONata.
func (v *validator) topLanguage() string {
	if l := v.def.QueryLanguage; l != "" && l != asl.JSONPath {
		return asl.JSONata
	}
	return asl.JSONPath
}

// shape checks an object's fields: which may stand there, in this language, and what in them.
func (v *validator) shape(s *shape, pointer string, x value.Value) {
	v.missing(s, pointer, x)
	for _, m := range x.Members() {
		f := s.field(m.Name)
		switch {
		case f == nil:
			v.schema(pointer, "Field '%s' is not supported", m.Name)
		case f.language != both && f.language != v.language:
			v.schema(pointer, "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", v.language, m.Name, f.language)
		case !v.placeholder(m.Value):
			f.check(v, child(pointer, m.Name), m.Value)
		}
	}
}

func (v *validator) missing(s *shape, pointer string, x value.Value) {
	var missing []string
	for _, name := range s.required {
		if !has(x, name) {
			missing = append(missing, name)
		}
	}
	for _, group := range s.oneOf {
		if len(v.present(x, group)) == 0 {
			v.schema(pointer, "This object should have only one of the following fields: [%s]", strings.Join(group, ", "))
		}
		v.exclusive(pointer, x, group)
	}
	for _, group := range s.atMostOne {
		v.exclusive(pointer, x, group)
	}
	if len(missing) > 0 {
		v.schema(pointer, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
}

func has(x value.Value, name string) bool {
	_, ok := x.Get(name)
	return ok
}

// present are those of the group that x has. "End": false is as good as none.
func (v *validator) present(x value.Value, group []string) []string {
	var names []string
	for _, name := range group {
		if f, ok := x.Get(name); ok && !(name == "End" && f.Kind() == value.Bool && !f.Bool()) {
			names = append(names, name)
		}
	}
	return names
}

func (v *validator) exclusive(pointer string, x value.Value, group []string) {
	if len(v.present(x, group)) > 1 {
		v.schema(pointer, "There should only be one of the following fields: [%s]", strings.Join(group, ", "))
	}
}

// object is an object of that shape.
func object(s *shape) check {
	return func(v *validator, pointer string, x value.Value) {
		if v.kind(pointer, x, value.Object) {
			v.shape(s, pointer, x)
			v.consider(s, pointer, x)
		}
	}
}

// consider checks what depends on several fields of an object.
func (v *validator) consider(s *shape, pointer string, x value.Value) {
	switch s {
	case &configShape:
		v.processor(pointer, x)
	case &readerConfigShape:
		v.csv(pointer, x)
	case &writerShape:
		if !has(x, "Resource") && !has(x, "WriterConfig") {
			v.schema(pointer, "This object should have only one of the following fields: [Resource, WriterConfig]")
		}
	}
}

func (v *validator) processor(pointer string, x value.Value) {
	mode, _ := x.Get("Mode")
	switch typed := has(x, "ExecutionType"); {
	case mode.Str() == "DISTRIBUTED" && !typed:
		v.schema(pointer, "These fields are required: [ExecutionType]")
	case mode.Str() == "DISTRIBUTED" && v.opts.Type == "EXPRESS":
		v.schema(child(pointer, "Mode"), "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines")
	case mode.Str() == "INLINE" && typed:
		v.schema(pointer, "Field 'ExecutionType' is not supported")
	}
}

func (v *validator) csv(pointer string, x value.Value) {
	input, _ := x.Get("InputType")
	location, located := x.Get("CSVHeaderLocation")
	switch {
	case input.Str() == "CSV" && !located:
		v.schema(pointer, "The field 'CSVHeaderLocation' is required")
	case input.Str() == "JSON" && located:
		v.schema(pointer, "Field 'CSVHeaderLocation' is not supported")
	case location.Str() == "GIVEN" && !has(x, "CSVHeaders"):
		v.schema(pointer, "These fields are required: [CSVHeaders]")
	}
}

func containsAll(names value.Value) bool {
	return slices.ContainsFunc(names.Items(), func(x value.Value) bool { return x.Str() == "States.ALL" })
}

// states checks all states of a machine.
func states(v *validator, pointer string, x value.Value) {
	if !v.kind(pointer, x, value.Object) {
		return
	}
	if x.Len() == 0 {
		v.schema(pointer, "Value cannot be empty")
	}
	outer := v.language
	for _, m := range x.Members() {
		v.state(child(pointer, m.Name), m.Name, m.Value)
		v.language = outer
	}
}

func (v *validator) state(pointer, name string, x value.Value) {
	v.stateName(pointer, name)
	if !v.kind(pointer, x, value.Object) {
		return
	}
	typed, ok := x.Get("Type")
	s := stateShapes[typed.Str()]
	switch {
	case !ok:
		v.schema(pointer, "These fields are required: [Type]")
		return
	case s == nil:
		v.schema(child(pointer, "Type"), "The field 'Type' should have one of these values: [%s]", strings.Join(stateTypes, ", "))
		return
	}
	v.setLanguage(pointer, x)
	v.shape(s, pointer, x)
	switch typed.Str() {
	case "Task":
		v.heartbeat(pointer, x)
		v.activity(pointer, x)
	case "Pass":
		v.static(pointer, x)
	}
	v.handlers(pointer, x)
	v.suspicious(pointer, x)
}

func (v *validator) stateName(pointer, name string) {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		v.error(InvalidStateName, pointer, "The name of a state cannot be empty")
	case n > maxName:
		v.error(InvalidStateName, pointer, "The state name '%s' exceeds the %d-character limit allowed by the service", name, maxName)
	}
	if v.states[name] {
		v.error(DuplicateStateName, pointer, "Duplicate State name: %s", name)
	}
	v.states[name] = true
}

// setLanguage makes the state's language the one to check by.
func (v *validator) setLanguage(pointer string, x value.Value) {
	v.language = v.topLanguage()
	own, ok := x.Get("QueryLanguage")
	switch {
	case !ok:
	case own.Str() != asl.JSONPath:
		v.language = asl.JSONata
	case v.language == asl.JSONata:
		v.schema(pointer, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
	}
}

func (v *validator) activity(pointer string, x value.Value) {
	arn, _ := x.Get("Resource")
	if has(x, "Credentials") && strings.Contains(arn.Str(), ":activity:") {
		v.schema(child(pointer, "Credentials"), "The field 'Credentials' is not supported for activities")
	}
}

func (v *validator) heartbeat(pointer string, x value.Value) {
	timeout, _ := x.Get("TimeoutSeconds")
	beat, _ := x.Get("HeartbeatSeconds")
	if timeout.Kind() == value.Number && beat.Kind() == value.Number && beat.Float() >= timeout.Float() {
		v.schema(child(pointer, "HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds")
	}
}

// handlers: States.ALL stands alone in the last entry of a Retry or Catch.
func (v *validator) handlers(pointer string, x value.Value) {
	for _, name := range []string{"Retry", "Catch"} {
		entries, _ := x.Get(name)
		for i, e := range entries.Items() {
			names, _ := e.Get("ErrorEquals")
			if containsAll(names) && (names.Len() > 1 || i < entries.Len()-1) {
				v.schema(child(item(child(pointer, name), i), "ErrorEquals"), "States.ALL must appear alone and at end of list")
			}
		}
	}
}
