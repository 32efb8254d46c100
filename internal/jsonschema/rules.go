package jsonschema

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

// Rules are what a field's struct tags say about its values. Schemas show them, and who reads the values holds them to it.
type Rules struct {
	Enum     []string // enum:"a b c", or the Values of the field's type: the values that there are, as text
	Min, Max string   // min:"1" max:"10": of numbers, of those in a map, and of durations ("1s")
	Step     string   // step:"1s": durations are whole ones of these
	Pattern  string   // pattern:"^…$": of text, and of each text of a list
	Keys     string   // keys:"^…$": of the names in a map, and of those in its maps
	Words    string   // words:"the ARN of a queue": what Pattern means, or what goes wrong beyond Min and Max
	Example  string   // example:"eu-central-1"
	OneOf    bool     // oneof:"true": exactly one of the struct's fields that have this is there
	With     []string // with:"a b": the field goes only with one of these
	Without  string   // without:"a": nor with this one
}

// Enumerated is a type whose values can be listed, as text.
type Enumerated interface{ Values() []string }

// RulesOf reads the tags of f.
func RulesOf(f reflect.StructField) Rules {
	r := Rules{Enum: strings.Fields(f.Tag.Get("enum")), Min: f.Tag.Get("min"), Max: f.Tag.Get("max"), Step: f.Tag.Get("step"), Pattern: f.Tag.Get("pattern"),
		Keys: f.Tag.Get("keys"), Words: f.Tag.Get("words"), Example: f.Tag.Get("example"), OneOf: f.Tag.Get("oneof") != "",
		With: strings.Fields(f.Tag.Get("with")), Without: f.Tag.Get("without")}
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if all, ok := reflect.Zero(t).Interface().(Enumerated); ok {
		r.Enum = all.Values()
	}
	return r
}

// Matches says whether text has the form of pattern; any has that of "".
func Matches(pattern, text string) bool {
	return pattern == "" || lazyregexp.New(pattern).MatchString(text)
}

// describe adds the rules that a schema can tell to s, the schema of one value.
func (r *Rules) describe(s map[string]any) {
	number := s["type"] == "integer" || s["type"] == "number"
	for _, text := range r.Enum {
		values, _ := s["enum"].([]any)
		s["enum"] = append(values, valueOf(text, number))
	}
	if r.Pattern != "" {
		s["pattern"] = r.Pattern
	}
	if number && r.Min != "" {
		s["minimum"] = valueOf(r.Min, true)
	}
	if number && r.Max != "" {
		s["maximum"] = valueOf(r.Max, true)
	}
}

// relate adds what the rules of the field called name say about the fields beside it to s, the schema of their struct.
func (r *Rules) relate(s map[string]any, name string) {
	require := func(name string) any { return map[string]any{"required": []string{name}} }
	add := func(keyword string, alternative any) {
		all, _ := s[keyword].([]any)
		s[keyword] = append(all, alternative)
	}
	if r.OneOf {
		add("oneOf", map[string]any{"type": "object", "required": []string{name}})
	}
	if len(r.With) > 0 {
		var either []any
		for _, other := range r.With {
			either = append(either, require(other))
		}
		dependent, _ := s["dependentSchemas"].(map[string]any)
		if dependent == nil {
			dependent = map[string]any{}
			s["dependentSchemas"] = dependent
		}
		dependent[name] = map[string]any{"anyOf": either}
	}
	if r.Without != "" {
		add("allOf", map[string]any{"not": map[string]any{"required": []string{name, r.Without}}})
	}
}

func valueOf(text string, number bool) any {
	if number {
		n, _ := strconv.Atoi(text)
		return n
	}
	return text
}
