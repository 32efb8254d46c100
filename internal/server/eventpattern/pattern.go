// Package eventpattern is EventBridge's event patterns, which rules and the filters of pipes are made of: a pattern's JSON goes in, and
// whether an event matches comes out.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
package eventpattern

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Pattern is a parsed pattern. It is immutable.
type Pattern struct{ node object }

// object is the fields that an event must have, and the alternatives of $or.
type object struct {
	fields map[string]field
	or     []object
}

// field is either an object or conditions, one of which must hold.
type field struct {
	object *object
	any    []condition
}

// condition is whether a value, which may be missing, is as wanted.
type condition func(v any, there bool) bool

// Parse reads a pattern. Its errors say what is wrong, for InvalidEventPatternException.
func Parse(text []byte) (*Pattern, error) {
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("event pattern is not a JSON object: %w", err)
	}
	o, err := parseObject(v)
	if err != nil {
		return nil, err
	}
	return &Pattern{o}, nil
}

func parseObject(v map[string]any) (object, error) {
	o := object{fields: map[string]field{}}
	if len(v) == 0 {
		return o, fmt.Errorf("an object in the event pattern is empty")
	}
	for name, want := range v {
		if name == "$or" {
			if list, ok := want.([]any); ok && len(list) > 1 {
				if err := o.parseOr(list); err != nil {
					return o, err
				}
				continue
			}
		}
		f, err := parseField(want)
		if err != nil {
			return o, fmt.Errorf("%s: %w", name, err)
		}
		o.fields[name] = f
	}
	return o, nil
}

func (o *object) parseOr(list []any) error {
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("$or has something else than objects")
		}
		alternative, err := parseObject(m)
		if err != nil {
			return err
		}
		o.or = append(o.or, alternative)
	}
	return nil
}

func parseField(want any) (field, error) {
	switch want := want.(type) {
	case map[string]any:
		o, err := parseObject(want)
		return field{object: &o}, err
	case []any:
		if len(want) == 0 {
			return field{}, fmt.Errorf("the list is empty")
		}
		var f field
		for _, item := range want {
			c, err := parseCondition(item)
			if err != nil {
				return f, err
			}
			f.any = append(f.any, c)
		}
		return f, nil
	}
	return field{}, fmt.Errorf("%v must be an object or a list", want)
}

func parseCondition(item any) (condition, error) {
	m, ok := item.(map[string]any)
	if !ok {
		if _, list := item.([]any); list {
			return nil, fmt.Errorf("a list is in a list")
		}
		return func(v any, there bool) bool { return there && v == item }, nil
	}
	for name, arg := range m {
		make, ok := operators[name]
		if !ok || len(m) != 1 {
			return nil, fmt.Errorf("unrecognized match type %s", name)
		}
		c, ok := make(arg)
		if !ok {
			return nil, fmt.Errorf("%s cannot have the value %v", name, arg)
		}
		return c, nil
	}
	return nil, fmt.Errorf("a match type is missing")
}

// text makes an operator of strings.
func text(holds func(v, arg string) bool) func(any) (condition, bool) {
	return func(arg any) (condition, bool) {
		want, ok := arg.(string)
		if m, folded := arg.(map[string]any); folded && len(m) == 1 { // {"prefix": {"equals-ignore-case": "x"}}
			want, ok = m["equals-ignore-case"].(string)
			want = strings.ToLower(want)
			return func(v any, _ bool) bool { s, isText := v.(string); return isText && holds(strings.ToLower(s), want) }, ok
		}
		return func(v any, _ bool) bool { s, isText := v.(string); return isText && holds(s, want) }, ok
	}
}

var operators map[string]func(arg any) (condition, bool)

func init() { // anything-but refers to the others
	operators = map[string]func(arg any) (condition, bool){
		"prefix": text(strings.HasPrefix), "suffix": text(strings.HasSuffix), "equals-ignore-case": text(strings.EqualFold), "wildcard": text(wildcard),
		"exists": func(arg any) (condition, bool) {
			want, ok := arg.(bool)
			return func(_ any, there bool) bool { return there == want }, ok
		},
		"anything-but": anythingBut, "numeric": numeric, "cidr": cidr,
	}
}

func anythingBut(arg any) (condition, bool) {
	if m, ok := arg.(map[string]any); ok {
		c, err := parseCondition(m)
		return func(v any, there bool) bool { return there && !c(v, there) }, err == nil
	}
	list, ok := arg.([]any)
	if !ok {
		list = []any{arg}
	}
	return func(v any, there bool) bool { return there && !slices.Contains(list, v) }, true
}

// numeric reads [">", 0, "<=", 5].
func numeric(arg any) (condition, bool) {
	list, ok := arg.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, false
	}
	compare := map[string]func(v, n float64) bool{
		"=": func(v, n float64) bool { return v == n }, "<": func(v, n float64) bool { return v < n }, "<=": func(v, n float64) bool { return v <= n },
		">": func(v, n float64) bool { return v > n }, ">=": func(v, n float64) bool { return v >= n },
	}
	var all []func(v float64) bool
	for pair := range slices.Chunk(list, 2) {
		name, _ := pair[0].(string)
		n, isNumber := pair[1].(float64)
		holds := compare[name]
		if holds == nil || !isNumber {
			return nil, false
		}
		all = append(all, func(v float64) bool { return holds(v, n) })
	}
	return func(v any, _ bool) bool {
		n, isNumber := v.(float64)
		return isNumber && !slices.ContainsFunc(all, func(holds func(float64) bool) bool { return !holds(n) })
	}, true
}

func cidr(arg any) (condition, bool) {
	s, _ := arg.(string)
	prefix, err := netip.ParsePrefix(s)
	return func(v any, _ bool) bool {
		s, _ := v.(string)
		address, err := netip.ParseAddr(s)
		return err == nil && prefix.Contains(address)
	}, err == nil
}

// wildcard matches * to any characters, and \* and \\ to themselves.
func wildcard(v, pattern string) bool {
	if pattern == "" {
		return v == ""
	}
	if pattern[0] == '*' {
		for i := 0; i <= len(v); i++ {
			if wildcard(v[i:], pattern[1:]) {
				return true
			}
		}
		return false
	}
	if pattern[0] == '\\' && len(pattern) > 1 {
		pattern = pattern[1:]
	}
	return v != "" && v[0] == pattern[0] && wildcard(v[1:], pattern[1:])
}

// Matches is whether an event, as encoding/json reads it, is what the pattern wants.
func (p *Pattern) Matches(event any) bool { return p.node.matches(event) }

func (o *object) matches(v any) bool {
	members, _ := v.(map[string]any)
	for name, f := range o.fields {
		member, there := members[name]
		if !f.matches(member, there) {
			return false
		}
	}
	return len(o.or) == 0 || slices.ContainsFunc(o.or, func(alternative object) bool { return alternative.matches(v) })
}

// matches takes any element of a list for the value.
func (f *field) matches(v any, there bool) bool {
	if list, ok := v.([]any); ok && len(list) > 0 {
		return slices.ContainsFunc(list, func(item any) bool { return f.matches(item, true) })
	}
	if f.object != nil {
		return f.object.matches(v)
	}
	return slices.ContainsFunc(f.any, func(c condition) bool { return c(v, there) })
}
