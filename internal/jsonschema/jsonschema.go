// Package jsonschema describes Go types as JSON Schema (2020-12), for editors, for forms and for who reads stride's JSON. A type
// goes in, a schema comes out; tests of the packages that own the types write it to files and compare.
package jsonschema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Of is the schema of t, with the names of fields that the struct tag called tag gives ("json", "yaml"); of JSON, a field without
// the tag has its Go name. Fields that are not in the schema are refused when strict is set. Where a type holds itself, and where
// it writes its JSON itself, anything goes.
func Of(t reflect.Type, tag string, strict bool) map[string]any {
	return generator{tag, strict, nil}.of(t)
}

type generator struct {
	tag    string
	strict bool
	around []reflect.Type // structs that are being described
}

var (
	instant     = reflect.TypeFor[time.Time]()
	span        = reflect.TypeFor[time.Duration]()
	textType    = reflect.TypeFor[encoding.TextMarshaler]()
	ownJSONType = reflect.TypeFor[json.Marshaler]()
)

func (g generator) of(t reflect.Type) map[string]any {
	switch {
	case t == instant:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == span && g.tag == "yaml": // which reads "5m"
		return map[string]any{"type": "string"}
	case t.Kind() == reflect.Pointer:
		return g.of(t.Elem())
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
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": g.of(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.Struct:
		if slices.Contains(g.around, t) {
			return map[string]any{}
		}
		g.around = append(slices.Clone(g.around), t)
		return g.object(t)
	}
	return map[string]any{}
}

func (g generator) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, tagged := strings.Cut(f.Tag.Get(g.tag), ",")
		if g.tag == "json" && name == "" && !f.Anonymous {
			name = f.Name
		}
		if name == "" || name == "-" && !tagged || !f.IsExported() {
			continue
		}
		properties[name] = g.field(f.Type, options)
		if g.tag == "json" && !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
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

func (g generator) field(t reflect.Type, options string) map[string]any {
	if slices.Contains(strings.Split(options, ","), "string") {
		return map[string]any{"type": "string"}
	}
	return g.of(t)
}
