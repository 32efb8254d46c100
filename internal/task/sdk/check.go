package sdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// CheckResult compares a result with the model of an operation's answer, in TestState's words. With required, members that the
// model requires must be there.
func (s *Service) CheckResult(op *Operation, result value.Value, java, required bool) error {
	c := &resultCheck{decoder{s, java, false}, required}
	return c.structure(s.Output(op), result)
}

type resultCheck struct {
	decoder
	required bool
}

func (c *resultCheck) structure(shape *Shape, v value.Value) error {
	if c.required {
		for _, name := range shape.Required {
			if _, ok := v.Get(c.name(name)); !ok {
				return mismatch("Required field '%s' is missing", c.name(name))
			}
		}
	}
	for i := range shape.Members {
		m := &shape.Members[i]
		x, ok := v.Get(c.name(m.Name))
		if !ok || x.Kind() == value.Null || c.free(m) {
			continue
		}
		if err := c.value(c.name(m.Name), m, x); err != nil {
			return err
		}
	}
	return nil
}

// free are members that states see as whatever JSON they hold: a function's payload.
func (c *resultCheck) free(m *Member) bool { return c.ID == "Lambda" && m.Name == "Payload" }

// kindWords are what a member of a kind must be.
var kindWords = map[string]struct {
	kind  value.Kind
	words string
}{
	String: {value.String, "a string"}, Blob: {value.String, "a string"}, Timestamp: {value.String, "a string"},
	Integer: {value.Number, "a number"}, Float: {value.Number, "a number"}, Boolean: {value.Bool, "a boolean"},
	List: {value.Array, "an array"}, Map: {value.Object, "an object"}, Structure: {value.Object, "an object"},
}

func (c *resultCheck) value(name string, m *Member, v value.Value) error {
	shape := c.shape(m.Shape)
	if want := kindWords[shape.Kind]; v.Kind() != want.kind {
		return mismatch("Field '%s' must be %s", name, want.words)
	}
	switch shape.Kind {
	case Structure:
		return c.structure(shape, v)
	case List:
		for _, item := range v.Items() {
			if err := c.value(name, shape.Element, item); err != nil {
				return err
			}
		}
	case Map:
		for _, e := range v.Members() {
			if err := c.value(e.Name, shape.Element, e.Value); err != nil {
				return err
			}
		}
	}
	return bounds(name, shape, v)
}

func bounds(name string, shape *Shape, v value.Value) error {
	size, less, more := 0.0, "is smaller than the minimum length", "exceeds the maximum length"
	switch shape.Kind {
	case Integer, Float:
		size, less, more = v.Float(), "is less than the minimum value", "exceeds the maximum value"
	case String, Blob:
		size = float64(len([]rune(v.Str())))
	case List, Map:
		size = float64(v.Len())
	default:
		return nil
	}
	switch {
	case shape.Min != nil && size < *shape.Min:
		return mismatch("Field '%s' %s", name, less)
	case shape.Max != nil && size > *shape.Max:
		return mismatch("Field '%s' %s", name, more)
	case len(shape.Enum) > 0 && !slices.ContainsFunc(shape.Enum, func(e string) bool { return strings.EqualFold(e, v.Str()) }):
		return mismatch("Field '%s' is not an expected value", name)
	}
	return nil
}

// mismatchError is what is wrong with a result, in AWS's words, which begin with a capital.
type mismatchError string

func (e mismatchError) Error() string { return string(e) }

func mismatch(format string, args ...any) error { return mismatchError(fmt.Sprintf(format, args...)) }
