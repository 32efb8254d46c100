package asl

import (
	"github.com/stride-aws/stride/internal/value"
)

// Marshal is the definition as indented JSON, ending in a line end: fields in one fixed order, states in theirs, so that equal
// definitions give equal text. What Parse could not place comes last in its object.
func Marshal(m *Machine) []byte {
	return append(appendIndented(nil, ToValue(m), ""), '\n')
}

// ToValue is the machine as the JSON object that spells it, fields in Marshal's order.
func ToValue(m *Machine) value.Value {
	var o object
	o.str("Comment", m.Comment)
	o.str("QueryLanguage", m.QueryLanguage)
	o.str("Version", m.Version)
	o.any("TimeoutSeconds", m.TimeoutSeconds)
	if c := m.ProcessorConfig; c != nil {
		var config object
		config.str("Mode", c.Mode)
		config.str("ExecutionType", c.ExecutionType)
		o.any("ProcessorConfig", config.done(c.Unknown))
	}
	o.str("StartAt", m.StartAt)
	if len(m.States) > 0 {
		states := make([]value.Member, len(m.States))
		for i, s := range m.States {
			states[i] = value.Member{Name: s.Name, Value: stateValue(s)}
		}
		o.any("States", value.OfObject(states))
	}
	return o.done(m.Unknown)
}

// object collects the members of a JSON object; absent fields leave nothing.
type object struct{ members []value.Member }

func (o *object) any(name string, v value.Value) {
	if v.Defined() {
		o.members = append(o.members, value.Member{Name: name, Value: v})
	}
}

func (o *object) str(name, s string) {
	if s != "" {
		o.any(name, value.OfString(s))
	}
}

func (o *object) strings(name string, texts []string) {
	if texts == nil {
		return
	}
	items := make([]value.Value, len(texts))
	for i, s := range texts {
		items[i] = value.OfString(s)
	}
	o.any(name, value.OfArray(items))
}

func (o *object) done(unknown []value.Member) value.Value {
	return value.OfObject(append(o.members, unknown...))
}

func array[T any](o *object, name string, items []T, one func(T) value.Value) {
	if items == nil {
		return
	}
	values := make([]value.Value, len(items))
	for i, item := range items {
		values[i] = one(item)
	}
	o.any(name, value.OfArray(values))
}

// afterBody are the value fields that come after a state's nested parts, where a reader looks for what happens to the result.
var afterBody = map[string]bool{
	"ResultWriter": true, "Result": true, "ResultSelector": true, "ResultPath": true, "Assign": true, "Output": true, "OutputPath": true,
}

func stateValue(s *State) value.Value {
	if s.Malformed.Defined() {
		return s.Malformed
	}
	var o object
	o.str("Type", string(s.Type))
	o.str("Comment", s.Comment)
	o.str("QueryLanguage", s.QueryLanguage)
	o.str("Resource", s.Resource)
	o.str("Label", s.Label)
	s.appendValueFields(&o, false)
	array(&o, "Choices", s.Choices, ruleValue)
	array(&o, "Branches", s.Branches, ToValue)
	if s.Processor != nil {
		o.any(s.processorField(), ToValue(s.Processor))
	}
	s.appendValueFields(&o, true)
	array(&o, "Retry", s.Retry, retrierValue)
	array(&o, "Catch", s.Catch, catcherValue)
	o.str("Default", s.Default)
	o.str("Next", s.Next)
	if s.End {
		o.any("End", value.True)
	}
	return o.done(s.Unknown)
}

func (s *State) processorField() string {
	if s.Iterator {
		return "Iterator"
	}
	return "ItemProcessor"
}

func (s *State) appendValueFields(o *object, after bool) {
	for _, field := range s.valueFields() {
		if afterBody[field.name] == after {
			o.any(field.name, *field.value)
		}
	}
}

func ruleValue(r *Rule) value.Value {
	var o object
	o.str("Comment", r.Comment)
	o.any("Condition", r.Condition)
	array(&o, "And", r.And, ruleValue)
	array(&o, "Or", r.Or, ruleValue)
	if r.Not != nil {
		o.any("Not", ruleValue(r.Not))
	}
	o.any("Variable", r.Variable)
	if r.Operator != "" {
		o.any(r.Operator, r.Operand)
	}
	o.any("Assign", r.Assign)
	o.any("Output", r.Output)
	o.str("Next", r.Next)
	return o.done(r.Unknown)
}

func retrierValue(r *Retrier) value.Value {
	var o object
	o.str("Comment", r.Comment)
	o.strings("ErrorEquals", r.ErrorEquals)
	o.any("IntervalSeconds", r.IntervalSeconds)
	o.any("MaxAttempts", r.MaxAttempts)
	o.any("BackoffRate", r.BackoffRate)
	o.any("MaxDelaySeconds", r.MaxDelaySeconds)
	o.str("JitterStrategy", r.JitterStrategy)
	return o.done(r.Unknown)
}

func catcherValue(c *Catcher) value.Value {
	var o object
	o.str("Comment", c.Comment)
	o.strings("ErrorEquals", c.ErrorEquals)
	o.any("ResultPath", c.ResultPath)
	o.any("Assign", c.Assign)
	o.any("Output", c.Output)
	o.str("Next", c.Next)
	return o.done(c.Unknown)
}

// shortEnough is the width up to which an array or object of scalars stands on one line.
const shortEnough = 60

func appendIndented(dst []byte, v value.Value, indent string) []byte {
	inner := indent + "  "
	switch {
	case v.Len() == 0 || flat(v):
		return v.AppendJSON(dst)
	case v.Kind() == value.Array:
		dst = append(dst, "[\n"...)
		for i, item := range v.Items() {
			dst = appendIndented(append(separate(dst, i), inner...), item, inner)
		}
		return append(append(append(dst, '\n'), indent...), ']')
	}
	dst = append(dst, "{\n"...)
	for i, m := range v.Members() {
		dst = append(separate(dst, i), inner...)
		dst = append(value.OfString(m.Name).AppendJSON(dst), ": "...)
		dst = appendIndented(dst, m.Value, inner)
	}
	return append(append(append(dst, '\n'), indent...), '}')
}

func separate(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ",\n"...)
	}
	return dst
}

// flat says that v is a short array of scalars, such as ErrorEquals.
func flat(v value.Value) bool {
	if v.Kind() != value.Array || v.Size() > shortEnough {
		return false
	}
	for _, item := range v.Items() {
		if item.Kind() == value.Array || item.Kind() == value.Object {
			return false
		}
	}
	return true
}
