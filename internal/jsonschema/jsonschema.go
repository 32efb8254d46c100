// Package jsonschema describes Go types as JSON Schema (2020-12), for editors and for who reads stride's JSON. A type goes in, a
// schema comes out; tests of the packages that own the types write it to files and compare.
package jsonschema

import (
	"reflect"
	"strings"
	"time"
)

// Of is the schema of t, with the names of fields that the struct tag called tag gives ("json", "yaml"). Fields that are not in
// the schema are refused when strict is set. Recursive types are not supported.
func Of(t reflect.Type, tag string, strict bool) map[string]any {
	return generator{tag, strict}.of(t)
}

type generator struct {
	tag    string
	strict bool
}

func (g generator) of(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Duration]() { // yaml reads "5m"
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.Struct:
		return g.object(t)
	}
	return map[string]any{}
}

func (g generator) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get(g.tag), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		properties[name] = g.of(f.Type)
		if g.tag == "json" && options != "omitempty" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	if g.strict {
		s["additionalProperties"] = false
	}
	return s
}
