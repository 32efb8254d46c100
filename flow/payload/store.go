package payload

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// Store keeps values outside of a state machine. The mains that stride generates have one in S3.
type Store interface {
	// Put keeps a value's JSON and says where, "s3://bucket/key".
	Put(ctx context.Context, text []byte) (place string, err error)
	// Get is the JSON that Put kept.
	Get(ctx context.Context, place string) ([]byte, error)
}

// Fetch reads the values of all Refs in v that are in the store. It finds them where the types say that they are, not in an
// interface.
func Fetch(ctx context.Context, s Store, v any) error {
	return each(reflect.ValueOf(v), func(r reference) error { return r.fetch(ctx, s) })
}

// Send puts into the store the values of those Refs in v whose JSON is longer than above bytes.
func Send(ctx context.Context, s Store, above int, v any) error {
	return each(reflect.ValueOf(v), func(r reference) error { return r.send(ctx, s, above) })
}

// In says whether Fetch and Send find a Ref in a value of type t.
func In(t reflect.Type) bool {
	if known, ok := holders.Load(t); ok {
		return known.(bool)
	}
	found := in(t, map[reflect.Type]bool{})
	holders.Store(t, found)
	return found
}

var holders sync.Map // what In said of a reflect.Type

// reference is a Ref of whatever type.
type reference interface {
	fetch(context.Context, Store) error
	send(context.Context, Store, int) error
}

var referenceType = reflect.TypeFor[reference]()

func (r Ref[T]) fetch(ctx context.Context, s Store) error {
	if r.c == nil {
		return nil
	}
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.c.known {
		return nil
	}
	text, err := s.Get(ctx, r.c.place)
	if err == nil {
		err = json.Unmarshal(text, &r.c.value)
	}
	if err != nil {
		return fmt.Errorf("reading the value at %s: %w", r.c.place, err)
	}
	r.c.known = true
	return Fetch(ctx, s, r.c.value)
}

func (r Ref[T]) send(ctx context.Context, s Store, above int) error {
	if r.c == nil {
		return nil
	}
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.c.place != "" {
		return nil
	}
	if err := Send(ctx, s, above, r.c.value); err != nil {
		return err
	}
	text, err := json.Marshal(r.c.value)
	if err != nil || len(text) <= above {
		return err
	}
	if r.c.place, err = s.Put(ctx, text); err != nil {
		return fmt.Errorf("keeping a value of %d bytes: %w", len(text), err)
	}
	return nil
}

// each calls f for the Refs in v. What is not exported JSON does not have either.
func each(v reflect.Value, f func(reference) error) error {
	if !v.IsValid() || !In(v.Type()) {
		return nil
	}
	if v.Kind() == reflect.Struct && v.Type().Implements(referenceType) {
		if !v.CanInterface() {
			return nil
		}
		return f(v.Interface().(reference))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return each(v.Elem(), f)
	case reflect.Struct:
		for _, field := range v.Fields() {
			if err := each(field, f); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := each(v.Index(i), f); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, item := range v.Seq2() {
			if err := each(item, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func in(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch {
	case t.Implements(referenceType):
		return true
	case t.Kind() == reflect.Struct:
		for f := range t.Fields() {
			if (f.IsExported() || f.Anonymous) && in(f.Type, seen) {
				return true
			}
		}
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map:
		return in(t.Elem(), seen)
	}
	return false
}
