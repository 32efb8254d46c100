// Package payload has Ref, a value that may be too large for a state machine: AWS lets 262,144 bytes pass between states. A handler
// declares its input or output, or a field of them, as a Ref. A small value is in the JSON itself, {"value":…}; where the environment
// names a bucket, one above the limit there goes to S3, {"ref":"s3://bucket/key"}, before the handler's answer leaves its function,
// and comes back before the next handler sees it. A workflow passes Refs on and cannot look into them.
//
// Package flow has the name too, for workflows. Handlers import this package, which needs nothing but the standard library.
package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Ref is a value of type T that handlers give each other. The zero Ref has no value and is null in JSON. It may be copied: copies
// share the value, which must not be changed.
type Ref[T any] struct {
	_ [0]func() // two Refs compare as what is in JSON, which == does not see
	c *claim[T]
}

// claim is a value, where it lies in S3, or both: a value that came from S3 goes on without being sent again.
type claim[T any] struct {
	mu    sync.Mutex
	value T
	known bool   // value is set
	place string // "s3://bucket/key"; "" where it is not in S3
}

// Of is a Ref with a value.
func Of[T any](v T) Ref[T] { return Ref[T]{c: &claim[T]{value: v, known: true}} }

// Get is the value, T's zero value for the zero Ref. It is an error to ask for a value that is in S3 outside of a function that stride
// built: in a native run, say, that was given a deployed execution's input.
func (r Ref[T]) Get() (T, error) {
	if r.c == nil {
		return *new(T), nil
	}
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if !r.c.known {
		return r.c.value, fmt.Errorf("the value is at %s, where only a function that was deployed looks", r.c.place)
	}
	return r.c.value, nil
}

// form is a Ref in JSON.
type form struct {
	Ref   string          `json:"ref,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// MarshalJSON writes {"ref":"s3://bucket/key"} for what is in S3, else {"value":…}, and null for the zero Ref.
func (r Ref[T]) MarshalJSON() ([]byte, error) {
	if r.c == nil {
		return []byte("null"), nil
	}
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.c.place != "" {
		return json.Marshal(form{Ref: r.c.place})
	}
	text, err := json.Marshal(r.c.value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(form{Value: text})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Ref[T]) UnmarshalJSON(text []byte) error {
	if string(bytes.TrimSpace(text)) == "null" {
		r.c = nil
		return nil
	}
	var f form
	if err := json.Unmarshal(text, &f); err != nil || (f.Ref == "") == (f.Value == nil) {
		return fmt.Errorf(`a Ref is {"value":…} or {"ref":"s3://bucket/key"}, not %.40s`, text)
	}
	c := &claim[T]{place: f.Ref}
	if f.Ref == "" {
		if err := json.Unmarshal(f.Value, &c.value); err != nil {
			return err
		}
		c.known = true
	}
	r.c = c
	return nil
}
