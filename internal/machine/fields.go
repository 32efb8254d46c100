package machine

import (
	"path"
	"strconv"

	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// emptyObject is what InputPath: null and OutputPath: null give.
var emptyObject = value.OfObject(nil)

// pathField is a field that is one path: InputPath, OutputPath, ItemsPath. As null it discards.
type pathField struct {
	path    *pathExpr
	discard bool
}

// compilePathField compiles such a field; nil for an absent field and for "$".
func compilePathField(v value.Value) (*pathField, error) {
	switch {
	case !v.Defined() || v.Str() == "$":
		return nil, nil
	case v.Kind() == value.Null:
		return &pathField{discard: true}, nil
	}
	p, err := compilePath(v.Str())
	if err != nil {
		return nil, err
	}
	return &pathField{path: p}, nil
}

func (f *pathField) eval(a *activation) (value.Value, error) {
	if f.discard {
		return emptyObject, nil
	}
	v, err := f.path.eval(a)
	if err != nil {
		return v, pathFieldError(f.path, err)
	}
	return v, nil
}

// resultPath is a ResultPath other than "$".
type resultPath struct {
	reference *jsonpath.Reference // nil: null, the result is dropped
}

func compileResultPath(v value.Value) (*resultPath, error) {
	switch {
	case !v.Defined() || v.Str() == "$":
		return nil, nil
	case v.Kind() == value.Null:
		return &resultPath{}, nil
	}
	ref, err := jsonpath.CompileReference(v.Str())
	if err != nil {
		return nil, err
	}
	return &resultPath{ref}, nil
}

// apply puts the result into the state's raw input.
func (p *resultPath) apply(input, result value.Value) (value.Value, error) {
	if p.reference == nil {
		return input, nil
	}
	v, err := p.reference.Set(input, result)
	if err != nil {
		return v, &namedError{errResultPath, "Unable to apply ReferencePath " + p.reference.String() + " to input " + input.String()}
	}
	return v, nil
}

// valueField is a field that is a literal, in JSONata an expression, or has a twin whose name ends in Path: TimeoutSeconds,
// MaxConcurrency, Error.
type valueField struct {
	name    string // "TimeoutSeconds", "ItemReader/ReaderConfig/MaxItems"
	literal value.Value
	path    *pathExpr
	jsonata *jsonataExpr
}

// compileValueField is nil for an absent field.
func compileValueField(name string, literal, at value.Value, inJSONata bool) (*valueField, error) {
	f := &valueField{name: name, literal: literal}
	if inJSONata {
		if text, ok := jsonataText(literal.Str()); ok {
			e, err := compileJSONata(text, name)
			f.jsonata = e
			return f, err
		}
	} else if at.Kind() == value.String {
		e, err := compilePath(at.Str())
		f.path = e
		return f, err
	}
	if !literal.Defined() {
		return nil, nil
	}
	return f, nil
}

// eval is the field's value, whatever its type.
func (f *valueField) eval(a *activation) (value.Value, error) {
	switch {
	case f.jsonata != nil:
		v, err := f.jsonata.eval(a)
		if err == nil {
			err = f.jsonata.check(v)
		}
		return v, err
	case f.path != nil:
		v, err := f.path.eval(a)
		if err != nil {
			return v, pathFieldError(f.path, err)
		}
		return v, nil
	}
	return f.literal, nil
}

// number is the value of a field that takes a number; 0 for an absent field. What a path leads to may also be a number in a
// string (recorded: reference_in_map_state_max_items_path).
func (f *valueField) number(a *activation, kind string) (float64, error) {
	if f == nil {
		return 0, nil
	}
	v, err := f.eval(a)
	if err != nil {
		return 0, err
	}
	n, ok := v.Float(), v.Kind() == value.Number
	if f.path != nil && v.Kind() == value.String {
		n, err = strconv.ParseFloat(v.Str(), 64)
		ok = err == nil
	}
	switch ok = ok && (kind != "integer" || n == float64(int(n))); {
	case !ok && f.jsonata != nil && v.Kind() == value.Number:
		return 0, unexpectedType(f.jsonata, kind, v)
	case !ok && f.jsonata != nil:
		return 0, unexpectedType(f.jsonata, "number", v)
	case !ok && f.path != nil:
		return 0, runtimeErrorf("The %sPath field refers to value \"%s\" which is not a valid %s: %s", path.Base(f.name), plainText(v), kind, f.path.text)
	case !ok:
		return 0, runtimeErrorf("%s is not a valid %s: %s", path.Base(f.name), kind, plainText(v))
	}
	return n, nil
}

// integer is the value of a field that takes a whole number from 0 up; 0 for an absent field.
func (f *valueField) integer(a *activation) (int, error) {
	n, err := f.number(a, "integer")
	if err == nil && n < 0 {
		err = runtimeErrorf("%s cannot be negative.", path.Base(f.name))
	}
	return int(n), err
}

// percentage is the value of a field from 0 to 100; 0 for an absent field.
func (f *valueField) percentage(a *activation) (float64, error) {
	p, err := f.number(a, "float")
	if err == nil && (p < 0 || p > 100) {
		err = runtimeErrorf("%s must be between 0 and 100.", f.name)
	}
	return p, err
}

// plainText is a string's content, any other value's JSON.
func plainText(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.String()
}
