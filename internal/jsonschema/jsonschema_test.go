package jsonschema

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
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

type tree struct {
	Left, Right *tree
	At          time.Time
	Weight      float64 `json:",omitempty"`
	Raw         json.RawMessage
	Data        []byte `json:"data"`
	Count       int64  `json:"count,string"`
}

// A type that holds itself, fields without tags, and those with a form of their own.
func TestOfAnyGoType(t *testing.T) {
	text, err := json.Marshal(Of(reflect.TypeFor[tree](), "json", false))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"properties":{"At":{"format":"date-time","type":"string"},"Left":{},"Raw":{},"Right":{},"Weight":{"type":"number"},` +
		`"count":{"type":"string"},"data":{"contentEncoding":"base64","type":"string"}},"required":["Left","Right","At","Raw","data","count"],"type":"object"}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
