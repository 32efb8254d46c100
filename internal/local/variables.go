package local

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// variableReferences are the workflow variables that states read, by the state's name; states that read none are left out.
// AWS: DescribeStateMachine, variableReferences.
func variableReferences(def *asl.Definition) map[string][]string {
	found := references{}
	found.machine(def.Tree, def.QueryLanguage)
	if len(found) == 0 {
		return nil
	}
	return found
}

type references map[string][]string

// machine collects from a machine, branch or processor.
func (f references) machine(m value.Value, language string) {
	states, _ := m.Get("States")
	for _, s := range states.Members() {
		own := language
		if l, ok := s.Value.Get("QueryLanguage"); ok {
			own = l.Str()
		}
		f.state(s.Name, s.Value, own, language)
	}
}

// state collects from a state's own fields, and from the machines inside it under their own states' names.
func (f references) state(name string, s value.Value, language, outer string) {
	for _, field := range s.Members() {
		switch field.Name {
		case "Branches":
			for _, branch := range field.Value.Items() {
				f.machine(branch, outer)
			}
		case "ItemProcessor", "Iterator":
			f.machine(field.Value, outer)
		case "Comment", "Result", "Resource", "Next", "Default", "QueryLanguage":
		default:
			f.reads(name, field.Name, field.Value, language == asl.JSONata)
		}
	}
}

// reads collects from a field's value, however deep.
func (f references) reads(state, field string, v value.Value, isJSONata bool) {
	switch v.Kind() {
	case value.Object:
		for _, m := range v.Members() {
			f.reads(state, m.Name, m.Value, isJSONata)
		}
	case value.Array:
		for _, item := range v.Items() {
			f.reads(state, field, item, isJSONata)
		}
	case value.String:
		if isJSONata {
			f.jsonata(state, v.Str())
		} else if strings.HasSuffix(field, ".$") || strings.HasSuffix(field, "Path") || field == "Variable" {
			f.jsonpath(state, v.Str())
		}
	}
}

func (f references) add(state, name string) {
	if !slices.Contains(f[state], name) {
		f[state] = append(f[state], name)
	}
}

func (f references) jsonata(state, text string) {
	body, begins := strings.CutPrefix(text, "{%")
	body, ends := strings.CutSuffix(body, "%}")
	if !begins || !ends {
		return
	}
	expr, err := jsonata.Compile(body)
	if err != nil {
		return
	}
	for _, name := range expr.Variables() {
		if name != "states" {
			f.add(state, name)
		}
	}
}

// jsonpath collects the "$name" of a path or of an intrinsic function's arguments; "$", "$.a" and "$$" are no variables.
func (f references) jsonpath(state, text string) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '\'':
			quoted = !quoted
		case c == '$' && !quoted && (i == 0 || !isNameByte(text[i-1]) && text[i-1] != '$'):
			end := i + 1
			for end < len(text) && isNameByte(text[end]) {
				end++
			}
			if end > i+1 {
				f.add(state, text[i+1:end])
			}
		}
	}
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
