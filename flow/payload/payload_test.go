package payload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shelf is a Store in memory.
type shelf map[string][]byte

func (s shelf) Put(_ context.Context, text []byte) (string, error) {
	place := fmt.Sprint("s3://b/", len(s))
	s[place] = text
	return place, nil
}

func (s shelf) Get(_ context.Context, place string) ([]byte, error) {
	if text, ok := s[place]; ok {
		return text, nil
	}
	return nil, errors.New("no such object")
}

type inner struct{ Text Ref[string] }

type holder struct {
	One    Ref[string]
	Some   []Ref[int]
	ByName map[string]*inner
	Nested Ref[inner]
	inner
	hidden Ref[string]
	Any    any
}

func TestThroughAStore(t *testing.T) {
	long := strings.Repeat("x", 20)
	in := holder{
		One: Of(long), Some: []Ref[int]{Of(1), {}}, ByName: map[string]*inner{"a": {Of(long + "a")}, "b": nil}, Nested: Of(inner{Of(long + "n")}),
		inner: inner{Of(long + "i")}, hidden: Of(long), Any: 1,
	}
	store, ctx := shelf{}, context.Background()
	if err := Send(ctx, store, 15, in); err != nil {
		t.Fatal(err)
	}
	text := must(json.Marshal(in))
	if strings.Contains(string(text), long) || !strings.Contains(string(text), `"Some":[{"value":1},null]`) {
		t.Errorf("the JSON is %s", text)
	}
	var out holder
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := out.One.Get(); err == nil || !strings.Contains(err.Error(), "s3://b/") {
		t.Errorf("Get before Fetch says %v", err)
	}
	if err := Fetch(ctx, store, out); err != nil {
		t.Fatal(err)
	}
	nested := must(out.Nested.Get())
	got := []string{must(out.One.Get()), must(out.ByName["a"].Text.Get()), must(nested.Text.Get()), must(out.Text.Get())}
	if diff := cmp.Diff([]string{long, long + "a", long + "n", long + "i"}, got); diff != "" {
		t.Error(diff)
	}
	before := len(store)
	if err := Send(ctx, store, 15, out); err != nil || len(store) != before {
		t.Errorf("what came from the store was sent again: %v, %d objects after %d", err, len(store), before)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFetchSaysWhatIsMissing(t *testing.T) {
	var r Ref[int]
	if err := json.Unmarshal([]byte(`{"ref":"s3://b/gone"}`), &r); err != nil {
		t.Fatal(err)
	}
	err := Fetch(context.Background(), shelf{}, r)
	if want := "reading the value at s3://b/gone: no such object"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"value":3}`: `{"value":3}`, `null`: `null`, ` null `: `null`, `{"ref":"s3://b/k"}`: `{"ref":"s3://b/k"}`,
		`{"value":null}`: `{"value":0}`,
		`{}`:             "", `3`: "", `{"value":"x"}`: "", `{"ref":"s3://b/k","value":1}`: "",
	} {
		var r Ref[int]
		err := json.Unmarshal([]byte(text), &r)
		if want == "" {
			if err == nil {
				t.Errorf("%s was read as %s", text, must(json.Marshal(r)))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := string(must(json.Marshal(r))); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

type list struct {
	Next *list
	Any  any
}

func TestIn(t *testing.T) {
	for _, tt := range []struct {
		t    reflect.Type
		want bool
	}{
		{reflect.TypeFor[Ref[int]](), true}, {reflect.TypeFor[*Ref[int]](), true}, {reflect.TypeFor[map[string][]holder](), true},
		{reflect.TypeFor[list](), false}, {reflect.TypeFor[struct{ r Ref[int] }](), false}, {reflect.TypeFor[struct{ inner }](), true},
		{reflect.TypeFor[context.Context](), false},
	} {
		if got := In(tt.t); got != tt.want {
			t.Errorf("In(%v) = %v", tt.t, got)
		}
	}
}
