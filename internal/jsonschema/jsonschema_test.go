package jsonschema

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestOf(t *testing.T) {
	type inner struct {
		N int `json:"n,omitempty"`
	}
	type outer struct {
		Name  string            `json:"name"`
		Inner *inner            `json:"inner"`
		Tags  map[string]string `json:"tags,omitempty"`
		Flags []bool            `json:"flags"`
		Skip  string            `json:"-"`
	}
	text, err := json.Marshal(Of(reflect.TypeFor[outer](), "json", true))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"additionalProperties":false,"properties":{"flags":{"items":{"type":"boolean"},"type":"array"},"inner":{"additionalProperties":false,` +
		`"properties":{"n":{"type":"integer"}},"type":"object"},"name":{"type":"string"},"tags":{"additionalProperties":{"type":"string"},"type":"object"}},` +
		`"required":["name","inner","flags"],"type":"object"}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
