package asl

import (
	"strconv"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/value"
)

// Parse reads a definition from JSON text; file is what places call it and may be empty. It refuses only text that is no JSON
// object, with a *diag.Diagnostic. Fields of the wrong JSON type and fields that the language does not have are kept in Unknown.
func Parse(text, file string) (*Definition, error) {
	src := &source{text: text, file: file}
	tree, err := value.Parse(text)
	if err != nil {
		d := &diag.Diagnostic{Code: "INVALID_JSON_DESCRIPTION", Message: "not JSON: " + err.Error(), Place: diag.Place{File: file}}
		if syntax, ok := err.(*value.SyntaxError); ok {
			d.Message = "not JSON: " + syntax.Reason
			d.Place = src.placeAt(syntax.Offset, "")
		}
		return nil, d
	}
	if tree.Kind() != value.Object {
		return nil, &diag.Diagnostic{Code: "INVALID_JSON_DESCRIPTION", Place: diag.Place{File: file, Line: 1, Column: 1},
			Message: "a state machine definition is a JSON object, this is of type " + tree.Kind().String()}
	}
	d := FromValue(tree)
	d.source = src
	return d, nil
}

// FromValue is the definition that the object tree spells; it has no places.
func FromValue(tree value.Value) *Definition {
	return &Definition{Machine: *machineOf(tree, ""), Tree: tree}
}

// fields hands out an object's members once each; what nobody took is unknown.
type fields struct {
	object  value.Value
	taken   map[string]bool
	pointer string
}

func fieldsOf(object value.Value, pointer string) *fields {
	return &fields{object: object, taken: make(map[string]bool, object.Len()), pointer: pointer}
}

func (f *fields) at(name string) string { return f.pointer + "/" + EscapePointer(name) }

// any takes the member called name, whatever its kind.
func (f *fields) any(name string) value.Value {
	v, ok := f.object.Get(name)
	if ok {
		f.taken[name] = true
	}
	return v
}

// of takes the member called name if it is of the kind.
func (f *fields) of(name string, kind value.Kind) value.Value {
	v, ok := f.object.Get(name)
	if !ok || v.Kind() != kind {
		return value.Value{}
	}
	f.taken[name] = true
	return v
}

// str takes a string; an empty one stays unknown, as it says something other than an absent field.
func (f *fields) str(name string) string {
	s := f.of(name, value.String).Str()
	f.taken[name] = s != ""
	return s
}

// flag takes true; false stays unknown likewise.
func (f *fields) flag(name string) bool {
	b := f.of(name, value.Bool).Bool()
	f.taken[name] = b
	return b
}

// list takes an array of objects and reads each with read, which gets the item and its pointer.
func list[T any](f *fields, name string, read func(value.Value, string) T) []T {
	v, ok := f.object.Get(name)
	if !ok || v.Kind() != value.Array {
		return nil
	}
	items := make([]T, 0, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != value.Object {
			return nil
		}
		items = append(items, read(item, f.at(name)+"/"+strconv.Itoa(i)))
	}
	f.taken[name] = true
	return items
}

func (f *fields) strings(name string) []string {
	v, ok := f.object.Get(name)
	if !ok || v.Kind() != value.Array {
		return nil
	}
	texts := make([]string, 0, v.Len())
	for _, item := range v.Items() {
		if item.Kind() != value.String {
			return nil
		}
		texts = append(texts, item.Str())
	}
	f.taken[name] = true
	return texts
}

func (f *fields) unknown() []value.Member {
	var rest []value.Member
	for _, m := range f.object.Members() {
		if !f.taken[m.Name] {
			rest = append(rest, m)
		}
	}
	return rest
}

func machineOf(object value.Value, pointer string) *Machine {
	f := fieldsOf(object, pointer)
	m := &Machine{
		Pointer:        pointer,
		Comment:        f.str("Comment"),
		QueryLanguage:  f.str("QueryLanguage"),
		Version:        f.str("Version"),
		StartAt:        f.str("StartAt"),
		TimeoutSeconds: f.any("TimeoutSeconds"),
	}
	if config := f.of("ProcessorConfig", value.Object); config.Defined() {
		c := fieldsOf(config, f.at("ProcessorConfig"))
		m.ProcessorConfig = &ProcessorConfig{Mode: c.str("Mode"), ExecutionType: c.str("ExecutionType"), Unknown: c.unknown()}
	}
	states := f.of("States", value.Object)
	f.taken["States"] = states.Len() > 0
	for _, member := range states.Members() {
		m.States = append(m.States, stateOf(member.Name, member.Value, f.at("States")+"/"+EscapePointer(member.Name)))
	}
	m.Unknown = f.unknown()
	return m
}

func stateOf(name string, object value.Value, pointer string) *State {
	if object.Kind() != value.Object {
		return &State{Name: name, Pointer: pointer, Malformed: object}
	}
	f := fieldsOf(object, pointer)
	s := &State{
		Name: name, Pointer: pointer,
		Type: Type(f.str("Type")), Comment: f.str("Comment"), QueryLanguage: f.str("QueryLanguage"),
		Next: f.str("Next"), End: f.flag("End"), Default: f.str("Default"),
		Resource: f.str("Resource"), Label: f.str("Label"),
		Choices: list(f, "Choices", ruleOf),
		Retry:   list(f, "Retry", retrierOf), Catch: list(f, "Catch", catcherOf),
		Branches: list(f, "Branches", machineOf),
	}
	for _, field := range s.valueFields() {
		*field.value = f.any(field.name)
	}
	if v := f.of("ItemProcessor", value.Object); v.Defined() {
		s.Processor = machineOf(v, f.at("ItemProcessor"))
	} else if v := f.of("Iterator", value.Object); v.Defined() {
		s.Processor, s.Iterator = machineOf(v, f.at("Iterator")), true
	}
	s.Unknown = f.unknown()
	return s
}

// valueField is a field that is kept as written.
type valueField struct {
	name  string
	value *value.Value
}

// valueFields are s's, in the order in which Marshal writes them.
func (s *State) valueFields() []valueField {
	return []valueField{
		{"InputPath", &s.InputPath}, {"Parameters", &s.Parameters}, {"Arguments", &s.Arguments},
		{"Credentials", &s.Credentials},
		{"TimeoutSeconds", &s.TimeoutSeconds}, {"TimeoutSecondsPath", &s.TimeoutSecondsPath},
		{"HeartbeatSeconds", &s.HeartbeatSeconds}, {"HeartbeatSecondsPath", &s.HeartbeatSecondsPath},
		{"Seconds", &s.Seconds}, {"SecondsPath", &s.SecondsPath},
		{"Timestamp", &s.Timestamp}, {"TimestampPath", &s.TimestampPath},
		{"Error", &s.Error}, {"ErrorPath", &s.ErrorPath}, {"Cause", &s.Cause}, {"CausePath", &s.CausePath},
		{"Items", &s.Items}, {"ItemsPath", &s.ItemsPath},
		{"ItemReader", &s.ItemReader}, {"ItemSelector", &s.ItemSelector}, {"ItemBatcher", &s.ItemBatcher},
		{"MaxConcurrency", &s.MaxConcurrency}, {"MaxConcurrencyPath", &s.MaxConcurrencyPath},
		{"ToleratedFailureCount", &s.ToleratedFailureCount}, {"ToleratedFailureCountPath", &s.ToleratedFailureCountPath},
		{"ToleratedFailurePercentage", &s.ToleratedFailurePercentage},
		{"ToleratedFailurePercentagePath", &s.ToleratedFailurePercentagePath},
		{"ResultWriter", &s.ResultWriter},
		{"Result", &s.Result}, {"ResultSelector", &s.ResultSelector}, {"ResultPath", &s.ResultPath},
		{"Assign", &s.Assign}, {"Output", &s.Output}, {"OutputPath", &s.OutputPath},
	}
}

func retrierOf(object value.Value, pointer string) *Retrier {
	f := fieldsOf(object, pointer)
	r := &Retrier{
		Pointer: pointer, Comment: f.str("Comment"),
		ErrorEquals: f.strings("ErrorEquals"), IntervalSeconds: f.any("IntervalSeconds"), MaxAttempts: f.any("MaxAttempts"),
		BackoffRate: f.any("BackoffRate"), MaxDelaySeconds: f.any("MaxDelaySeconds"), JitterStrategy: f.str("JitterStrategy"),
	}
	r.Unknown = f.unknown()
	return r
}

func catcherOf(object value.Value, pointer string) *Catcher {
	f := fieldsOf(object, pointer)
	c := &Catcher{
		Pointer: pointer, Comment: f.str("Comment"), ErrorEquals: f.strings("ErrorEquals"), Next: f.str("Next"),
		ResultPath: f.any("ResultPath"), Assign: f.any("Assign"), Output: f.any("Output"),
	}
	c.Unknown = f.unknown()
	return c
}

func ruleOf(object value.Value, pointer string) *Rule {
	f := fieldsOf(object, pointer)
	r := &Rule{
		Pointer: pointer, Comment: f.str("Comment"), Next: f.str("Next"), Condition: f.any("Condition"),
		And: list(f, "And", ruleOf), Or: list(f, "Or", ruleOf), Variable: f.any("Variable"),
		Assign: f.any("Assign"), Output: f.any("Output"),
	}
	if v := f.of("Not", value.Object); v.Defined() {
		r.Not = ruleOf(v, f.at("Not"))
	}
	rest := f.unknown()
	for i, m := range rest {
		if IsOperator(m.Name) && r.Operator == "" {
			r.Operator, r.Operand = m.Name, m.Value
			rest = append(rest[:i:i], rest[i+1:]...)
			break
		}
	}
	if len(rest) > 0 {
		r.Unknown = rest
	}
	return r
}
