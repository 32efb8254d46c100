// Package jsonschema describes Go types as JSON Schema (2020-12), for editors, for forms and for who reads stride's JSON. A type
// goes in, a schema comes out; tests of the packages that own the types write it to files and compare.
package jsonschema

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Of is the schema of t, with the names of fields that the struct tag called tag gives ("json", "yaml"); of JSON, a field without
// the tag has its Go name. Where a type holds itself, and where it writes its JSON itself, anything goes.
func Of(t reflect.Type, tag string) map[string]any {
	g := generator{Options: Options{Tag: tag}}
	return g.of(t, reflect.Value{})
}

// Options say what else a schema tells than the shape of values.
type Options struct {
	Tag  string // the struct tag with the names of fields
	Docs Docs   // descriptions of fields
	// Strict refuses what the schema does not have, and holds fields to the Rules of their tags; of YAML, whose reader does the same.
	Strict    bool
	Reference string                         // the form of a text that may stand for any value, with Strict
	Defaults  map[reflect.Type]reflect.Value // of structs, whose non-zero fields are the defaults
	Shared    []reflect.Type                 // structs that stand once, in $defs
}

// Document is the schema of t as a document of its own, called title.
func Document(t reflect.Type, title string, o Options) map[string]any {
	g := generator{Options: o, defs: map[string]any{}}
	s := g.of(t, reflect.Value{})
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", title
	if o.Reference != "" {
		g.defs["reference"] = map[string]any{"type": "string", "pattern": o.Reference, "description": "what a variable of the process says"}
	}
	if len(g.defs) > 0 {
		s["$defs"] = g.defs
	}
	return s
}

type generator struct {
	Options
	defs   map[string]any
	around []reflect.Type // structs that are being described
}

var (
	instant     = reflect.TypeFor[time.Time]()
	span        = reflect.TypeFor[time.Duration]()
	textType    = reflect.TypeFor[encoding.TextMarshaler]()
	ownJSONType = reflect.TypeFor[json.Marshaler]()
)

// Duration is the form of a duration in YAML.
const Duration = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`

// of is the schema of t, whose fields have the defaults that value has.
func (g generator) of(t reflect.Type, value reflect.Value) map[string]any {
	switch {
	case t == instant:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == span && g.Tag == "yaml": // which reads "5m"
		return map[string]any{"type": "string", "pattern": Duration}
	case t.Kind() == reflect.Pointer:
		return g.of(t.Elem(), reflect.Value{})
	case t.Implements(ownJSONType) || reflect.PointerTo(t).Implements(ownJSONType):
		return map[string]any{}
	case t.Implements(textType):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": g.orNull("array"), "items": g.of(t.Elem(), reflect.Value{})}
	case reflect.Array:
		return map[string]any{"type": "array", "items": g.of(t.Elem(), reflect.Value{}), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return map[string]any{"type": g.orNull("object"), "additionalProperties": g.element(t.Elem())}
	case reflect.Struct:
		return g.structure(t, value)
	}
	if g.Strict {
		return map[string]any{"not": map[string]any{"type": "null"}}
	}
	return map[string]any{}
}

// orNull lets a key of YAML stand without a value, for an empty list or mapping.
func (g generator) orNull(kind string) any {
	if g.Strict {
		return []string{kind, "null"}
	}
	return kind
}

// element is the schema of a map's values; in YAML texts there may be written as numbers.
func (g generator) element(t reflect.Type) map[string]any {
	if g.Strict && t.Kind() == reflect.String {
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	}
	return g.of(t, reflect.Value{})
}

func (g generator) structure(t reflect.Type, value reflect.Value) map[string]any {
	if slices.Contains(g.around, t) {
		return map[string]any{}
	}
	if d, ok := g.Defaults[t]; ok {
		value = d
	}
	g.around = append(slices.Clone(g.around), t)
	if !slices.Contains(g.Shared, t) {
		return g.object(t, value)
	}
	if g.defs[t.Name()] == nil {
		g.defs[t.Name()] = g.object(t, value)
	}
	return map[string]any{"$ref": "#/$defs/" + t.Name()}
}

func (g generator) object(t reflect.Type, value reflect.Value) map[string]any {
	properties, required := map[string]any{}, []string{}
	s := map[string]any{"type": "object", "properties": properties}
	for _, f := range reflect.VisibleFields(t) {
		name, options, tagged := strings.Cut(f.Tag.Get(g.Tag), ",")
		if g.Tag == "json" && name == "" && !f.Anonymous {
			name = f.Name
		}
		if name == "" || name == "-" && !tagged || !f.IsExported() {
			continue
		}
		properties[name] = g.field(t, f, name, options, value)
		if g.Tag == "json" && !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
		if g.Strict {
			r := RulesOf(f)
			r.relate(s, name)
		}
	}
	if len(required) > 0 {
		s["required"] = required
	}
	if g.Strict {
		s["additionalProperties"] = false
		s["type"] = g.orNull("object")
		if kinds, ok := s["oneOf"].([]any); ok {
			s["oneOf"] = append(kinds, map[string]any{"type": "null"})
		}
	}
	return s
}

func (g generator) field(of reflect.Type, f reflect.StructField, name, options string, value reflect.Value) map[string]any {
	if value.IsValid() {
		value = value.FieldByIndex(f.Index)
	}
	s := g.of(f.Type, value)
	if slices.Contains(strings.Split(options, ","), "string") {
		s = map[string]any{"type": "string"}
	}
	if g.Strict {
		r := RulesOf(f)
		s = g.ruled(s, &r)
	}
	g.constants(s, f.Type)
	if text := g.Docs.field(of, f, name); text != "" {
		s["description"] = text
	}
	if text, ok := defaultOf(value); ok {
		s["default"] = text
	}
	return s
}

// constants lists the values of a type that has constants.
func (g generator) constants(s map[string]any, t reflect.Type) {
	if items, ok := s["items"].(map[string]any); ok && t.Kind() == reflect.Slice {
		g.constants(items, t.Elem())
	}
	if values := g.Docs.consts[t.String()]; len(values) > 0 && t.Kind() == reflect.String {
		s["enum"] = values
	}
}

// ruled is s with the rules of the field, or a reference in its place.
func (g generator) ruled(s map[string]any, r *Rules) map[string]any {
	within := s
	if items, ok := s["items"].(map[string]any); ok {
		within = items
	}
	r.describe(within)
	for m := s; r.Keys != "" && m["additionalProperties"] != nil && m["properties"] == nil; m, _ = m["additionalProperties"].(map[string]any) {
		m["propertyNames"] = map[string]any{"pattern": r.Keys}
	}
	if values, ok := s["additionalProperties"].(map[string]any); ok && values["type"] == "integer" {
		s["additionalProperties"] = g.ruled(values, &Rules{Min: r.Min, Max: r.Max})
	}
	kind, _ := within["type"].(string)
	if g.Reference != "" && kind != "" && (kind != "string" || within["pattern"] != nil || within["enum"] != nil) {
		either := map[string]any{"anyOf": []any{maps.Clone(within), map[string]any{"$ref": "#/$defs/reference"}}}
		if items := s["items"]; items == nil {
			s = either
		} else {
			s["items"] = either
		}
	}
	if r.Example != "" {
		s["examples"] = []any{valueOf(r.Example, kind == "integer")}
	}
	return s
}

// defaultOf is value as a schema's default, where it says something.
func defaultOf(v reflect.Value) (any, bool) {
	for v.IsValid() && v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.IsZero() {
		return nil, false
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		return nil, false
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return shortest(d), true
	}
	return v.Interface(), true
}

// shortest is d as people write it: 5m, not 5m0s.
func shortest(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "m0s")
	if s != d.String() {
		s += "m"
	}
	return s
}

// Text is a schema as files have it, indented. A property without a description is an error.
func Text(s map[string]any) (string, error) {
	if bare := undescribed(s, ""); len(bare) > 0 {
		slices.Sort(bare)
		return "", fmt.Errorf("fields need comments, which describe %s", strings.Join(bare, ", "))
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(s)
	return text.String(), err
}

// undescribed are the properties within v that have no description, by their places in the schema.
func undescribed(v any, path string) []string {
	var found []string
	m, _ := v.(map[string]any)
	properties, _ := m["properties"].(map[string]any)
	for name, p := range properties {
		if p, _ := p.(map[string]any); p["description"] == nil {
			found = append(found, path+"/"+name)
		}
	}
	for name, inner := range m {
		found = append(found, undescribed(inner, path+"/"+name)...)
	}
	return found
}
