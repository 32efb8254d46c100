package machine

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/stride-aws/stride/internal/value"
)

// A template is a value of the definition with expressions in it: Parameters, ResultSelector, Arguments, Output, Assign and
// their like. Parts without expressions are shared, not built again.
type template struct {
	constant value.Value // where expr, members and items are nil
	expr     expression
	members  []templateMember
	items    []*template
	field    string // "Output/result", "Parameters"; of an object's member: "name.$"
}

type templateMember struct {
	name string
	node *template
}

func constantTemplate(v value.Value) *template { return &template{constant: v} }

func (t *template) isConstant() bool { return t.expr == nil && t.members == nil && t.items == nil }

// compileTemplate compiles v in the query language of its state; nil for an absent v.
func compileTemplate(v value.Value, inJSONata bool, field string) (*template, error) {
	switch {
	case !v.Defined():
		return nil, nil
	case inJSONata:
		return jsonataTemplate(v, field)
	}
	return pathTemplate(v, field)
}

func jsonataTemplate(v value.Value, field string) (*template, error) {
	switch v.Kind() {
	case value.String:
		text, ok := jsonataText(v.Str())
		if !ok {
			return constantTemplate(v), nil
		}
		e, err := compileJSONata(text, field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		return &template{expr: e, field: field}, nil
	case value.Array:
		return arrayTemplate(v, field, func(item value.Value, i int) (*template, error) {
			return jsonataTemplate(item, fmt.Sprintf("%s[%d]", field, i))
		})
	case value.Object:
		t := &template{field: field, members: make([]templateMember, 0, v.Len())}
		for _, m := range v.Members() {
			node, err := jsonataTemplate(m.Value, field+"/"+m.Name)
			if err != nil {
				return nil, err
			}
			t.members = append(t.members, templateMember{m.Name, node})
		}
		return t.fold(v), nil
	}
	return constantTemplate(v), nil
}

func arrayTemplate(v value.Value, field string, compile func(value.Value, int) (*template, error)) (*template, error) {
	t := &template{field: field, items: make([]*template, 0, v.Len())}
	constant := true
	for i, item := range v.Items() {
		node, err := compile(item, i)
		if err != nil {
			return nil, err
		}
		constant = constant && node.isConstant()
		t.items = append(t.items, node)
	}
	if constant {
		return constantTemplate(v), nil
	}
	return t, nil
}

// fold makes a constant of an object without expressions, which v is then.
func (t *template) fold(v value.Value) *template {
	for _, m := range t.members {
		if !m.node.isConstant() {
			return t
		}
	}
	return constantTemplate(v)
}

// pathTemplate compiles a JSONPath payload template: in objects, a name that ends in ".$" has a path or an intrinsic call.
func pathTemplate(v value.Value, field string) (*template, error) {
	switch v.Kind() {
	case value.Array:
		return arrayTemplate(v, field, func(item value.Value, _ int) (*template, error) { return pathTemplate(item, field) })
	case value.Object:
		t := &template{field: field, members: make([]templateMember, 0, v.Len())}
		var computed []templateMember
		for _, m := range v.Members() {
			name, dynamic := strings.CutSuffix(m.Name, ".$")
			if !dynamic || m.Value.Kind() != value.String {
				node, err := pathTemplate(m.Value, field)
				if err != nil {
					return nil, err
				}
				t.members = append(t.members, templateMember{m.Name, node})
				continue
			}
			e, err := compilePath(m.Value.Str())
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", field, m.Name, err)
			}
			computed = append(computed, templateMember{name, &template{expr: e, field: m.Name}})
		}
		hashOrder(computed, func(m templateMember) string { return m.name })
		t.members = append(slices.DeleteFunc(t.members, func(m templateMember) bool { // {"a": 1, "a.$": "$.b"} has one a
			return slices.ContainsFunc(computed, func(c templateMember) bool { return c.name == m.name })
		}), computed...)
		return t.fold(v), nil
	}
	return constantTemplate(v), nil
}

// hashOrder sorts what has names as a Java HashMap over them does. AWS so orders the computed members of a JSONPath template,
// after the constant ones, and the fields of a CSV row; where the whole is an array, its text shows it (recorded:
// base_scenarios map_state_item_selector and map_item_reader_csv_first_row_extra_fields).
func hashOrder[T any](members []T, name func(T) string) {
	buckets := 16
	for 4*len(members) > 3*buckets {
		buckets *= 2
	}
	bucket := func(m T) int {
		var h uint32
		for _, unit := range utf16.Encode([]rune(name(m))) {
			h = 31*h + uint32(unit)
		}
		return int(h^h>>16) & (buckets - 1)
	}
	slices.SortStableFunc(members, func(a, b T) int { return bucket(a) - bucket(b) })
}

// eval is the template's value in a.
func (t *template) eval(a *activation) (value.Value, error) {
	switch {
	case t.expr != nil:
		return t.compute(a)
	case t.members != nil:
		members, err := t.evalMembers(a)
		if err != nil {
			return value.Value{}, err
		}
		return value.OfObject(members), nil
	case t.items != nil:
		items := make([]value.Value, len(t.items))
		for i, node := range t.items {
			v, err := node.eval(a)
			if err != nil {
				return v, err
			}
			items[i] = v
		}
		return value.OfArray(items), nil
	}
	return t.constant, nil
}

// evalMembers is the value of a template that is an object, member by member, as Assign needs it.
func (t *template) evalMembers(a *activation) ([]value.Member, error) {
	if t.isConstant() {
		return t.constant.Members(), nil
	}
	members := make([]value.Member, len(t.members))
	for i, m := range t.members {
		v, err := m.node.eval(a)
		if err != nil {
			return nil, err
		}
		members[i] = value.Member{Name: m.name, Value: v}
	}
	return members, nil
}

func (t *template) compute(a *activation) (value.Value, error) {
	v, err := t.expr.eval(a)
	if j, ok := t.expr.(*jsonataExpr); ok {
		if err == nil {
			err = j.check(v)
		}
		return v, err
	}
	if err != nil {
		return v, templatePathError(t.expr.(*pathExpr), t.field, a.input, err)
	}
	return v, nil
}

// check refuses what has no JSON.
func (j *jsonataExpr) check(v value.Value) error {
	switch v.Kind() {
	case value.Undefined:
		return &queryError{field: j.field, text: j.text, reason: "returned nothing (undefined)."}
	case value.Func:
		return &queryError{field: j.field, text: j.text, reason: "returned an unsupported result type."}
	}
	return nil
}
