package jsonschema

import (
	"encoding/json"
	"reflect"
	"strings"
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
	text, err := json.Marshal(Of(reflect.TypeFor[outer](), "json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"properties":{"flags":{"items":{"type":"boolean"},"type":"array"},"inner":{` +
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
	text, err := json.Marshal(Of(reflect.TypeFor[tree](), "json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"properties":{"At":{"format":"date-time","type":"string"},"Left":{},"Raw":{},"Right":{},"Weight":{"type":"number"},` +
		`"count":{"type":"string"},"data":{"contentEncoding":"base64","type":"string"}},"required":["Left","Right","At","Raw","data","count"],"type":"object"}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// Part is a part.
type part struct {
	// Kind tells parts apart.
	Kind  string        `yaml:"kind" enum:"a b"`
	Size  int           `yaml:"size" min:"1" max:"9" example:"3" with:"kind"`
	Every time.Duration `yaml:"every" without:"size"` // between two
	Any   any           `yaml:"any"`
}

// A document that is strict: rules, defaults, comments, and a reference in place of values.
func TestDocument(t *testing.T) {
	docs, err := ReadDocs(".") // which reads tests, too
	if err != nil {
		t.Fatal(err)
	}
	s := Document(reflect.TypeFor[part](), "part", Options{Tag: "yaml", Strict: true, Docs: docs, Reference: "^[$]",
		Defaults: map[reflect.Type]reflect.Value{reflect.TypeFor[part](): reflect.ValueOf(part{Size: 2, Every: 5 * time.Minute})}})
	if _, err := Text(s); err == nil || !strings.HasSuffix(err.Error(), " /any, /size") {
		t.Errorf("properties without a description: %v", err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"$defs":{"reference":{"description":"what a variable of the process says","pattern":"^[$]","type":"string"}},` +
		`"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"allOf":[{"not":{"required":["every","size"]}}],` +
		`"dependentSchemas":{"size":{"anyOf":[{"required":["kind"]}]}},"properties":{"any":{"not":{"type":"null"}},` +
		`"every":{"anyOf":[{"pattern":"^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$","type":"string"},{"$ref":"#/$defs/reference"}],"default":"5m","description":"between two"},` +
		`"kind":{"anyOf":[{"enum":["a","b"],"type":"string"},{"$ref":"#/$defs/reference"}],"description":"kind tells parts apart."},` +
		`"size":{"anyOf":[{"maximum":9,"minimum":1,"type":"integer"},{"$ref":"#/$defs/reference"}],"default":2,"examples":[3]}},` +
		`"title":"part","type":["object","null"]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
