package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/javaname"
)

// SDKInput is an input of the AWS SDK as Step Functions takes it for the task: what is not set is left out, fields are spelled as
// the SDK for Java does, a member of a union stands under its name ({"S": "text"}), and bytes and readers are the text that they
// hold.
func (t *Task) SDKInput(v any) ([]byte, error) { return t.sdkJSON(v, true) }

// SDKOutput is an output of the AWS SDK as Step Functions gives it: as SDKInput, with bytes in base64.
func (t *Task) SDKOutput(v any) ([]byte, error) { return t.sdkJSON(v, false) }

func (t *Task) sdkJSON(v any, input bool) ([]byte, error) {
	_, optimised := t.service()
	tree, err := sdkWriter{input: input, java: optimised == nil}.value(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// sdkWriter makes the tree of a value, for encoding/json.
type sdkWriter struct {
	input bool
	java  bool // members of unions are spelled as Java's SDK does, too
}

func (w sdkWriter) value(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		if name, ok := unionMember(v.Elem().Type()); ok {
			if w.java {
				name = javaname.Of(name)
			}
			of, err := w.value(v.Elem().Field(0))
			return map[string]any{name: of}, err
		}
		return w.value(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		if r, ok := v.Interface().(io.Reader); ok {
			return readAll(r)
		}
		learn(v)
		return w.value(v.Elem())
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime || !strings.HasPrefix(v.Type().PkgPath(), integration.SDKPath) {
			return v.Interface(), nil
		}
		return w.structure(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return w.bytes(v.Bytes())
		}
		items := make([]any, v.Len())
		for i := range items {
			var err error
			if items[i], err = w.value(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return items, nil
	case reflect.Map:
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			of, err := w.value(it.Value())
			if err != nil {
				return nil, err
			}
			out[it.Key().String()] = of
		}
		return out, nil
	}
	if !v.IsValid() {
		return nil, nil
	}
	return v.Interface(), nil
}

func (w sdkWriter) structure(v reflect.Value) (any, error) {
	out := map[string]any{}
	t := v.Type()
	for i := range v.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" || v.Field(i).IsZero() {
			continue
		}
		of, err := w.value(v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out[integration.FieldName(t.PkgPath(), t.Name(), f.Name)] = of
	}
	return out, nil
}

func (w sdkWriter) bytes(b []byte) (any, error) {
	if !w.input {
		return b, nil
	}
	return text(b)
}

// text is bytes as a Task can send or receive them.
func text(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("these %d bytes are no text, which is all that Step Functions can carry: call a handler", len(b))
	}
	return string(b), nil
}

// readAll is the text that a reader holds. One that can go back is left as it was.
func readAll(r io.Reader) (any, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if s, ok := r.(io.Seeker); ok {
		if _, err := s.Seek(-int64(len(b)), io.SeekCurrent); err != nil {
			return nil, err
		}
	} else if c, ok := r.(io.Closer); ok {
		_ = c.Close()
	}
	return text(b)
}

// unions are the types that members of unions were seen to have, by the union and the member's name: reflection does not list
// the types that an interface has.
var unions sync.Map // union -> reflect.Type

type union struct {
	t      reflect.Type
	member string
}

func learn(v reflect.Value) {
	if v.Elem().Kind() != reflect.Pointer {
		return
	}
	if name, ok := unionMember(v.Elem().Type().Elem()); ok {
		unions.LoadOrStore(union{v.Type(), javaname.Of(name)}, v.Elem().Type().Elem())
	}
}

// unionMember is "S" of an AttributeValueMemberS.
func unionMember(t reflect.Type) (string, bool) {
	_, name, ok := strings.Cut(t.Name(), "Member")
	if !ok || t.Kind() != reflect.Struct || name == "" || t.NumField() == 0 || t.Field(0).Name != "Value" {
		return "", false
	}
	return name, true
}

// FromSDKInput reads what SDKInput writes into v, a pointer. Members of unions of a type that this process has not seen are nil.
func FromSDKInput(text []byte, v any) error {
	return sdkReader{true}.value(text, reflect.ValueOf(v).Elem())
}

// FromSDKOutput reads what SDKOutput writes into v, a pointer.
func FromSDKOutput(text []byte, v any) error {
	return sdkReader{}.value(text, reflect.ValueOf(v).Elem())
}

type sdkReader struct{ input bool }

func (r sdkReader) value(text []byte, v reflect.Value) error {
	if string(text) == "null" {
		return nil
	}
	if _, own := v.Addr().Interface().(json.Unmarshaler); own {
		return json.Unmarshal(text, v.Addr().Interface())
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(text, v.Elem())
	case reflect.Interface:
		if v.NumMethod() > 0 {
			return r.open(text, v)
		}
	case reflect.Struct:
		if strings.HasPrefix(v.Type().PkgPath(), integration.SDKPath) {
			return r.structure(text, v)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := r.value(item, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			return r.mapping(text, v)
		}
	}
	if r.input && v.Kind() == reflect.Slice {
		var s string
		err := json.Unmarshal(text, &s)
		v.SetBytes([]byte(s))
		return err
	}
	return json.Unmarshal(text, v.Addr().Interface())
}

func (r sdkReader) structure(text []byte, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		member, ok := members[integration.FieldName(t.PkgPath(), t.Name(), f.Name)]
		if !ok || !f.IsExported() {
			continue
		}
		if err := r.value(member, v.Field(i)); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func (r sdkReader) mapping(text []byte, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for name, member := range members {
		of := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(member, of); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), of)
	}
	return nil
}

// open reads into an interface: a stream, or a union.
func (r sdkReader) open(text []byte, v reflect.Value) error {
	if stream := reflect.TypeFor[io.ReadCloser](); stream.Implements(v.Type()) {
		var s string
		err := json.Unmarshal(text, &s)
		if content := strings.NewReader(s); v.Type() == reflect.TypeFor[io.Reader]() {
			v.Set(reflect.ValueOf(content)) // which clients read twice: for its hash, and to send it
		} else {
			v.Set(reflect.ValueOf(io.NopCloser(content)))
		}
		return err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil
	}
	for name, member := range members {
		t, ok := unions.Load(union{v.Type(), javaname.Of(name)})
		if !ok {
			continue
		}
		of := reflect.New(t.(reflect.Type))
		if err := r.value(member, of.Elem().Field(0)); err != nil {
			return err
		}
		v.Set(of)
	}
	return nil
}

// NestedFailure is what a workflow sees of the failure of an execution that it ran.
func NestedFailure(err error) error {
	if halt := (*Halt)(nil); err == nil || errors.As(err, &halt) {
		return err
	}
	cause, encodeErr := json.Marshal(map[string]string{"Error": EndName(err), "Cause": CauseOf(err), "Status": "FAILED"})
	if encodeErr != nil {
		return encodeErr
	}
	return &Failure{Name: string(ErrTaskFailed), Cause: string(cause)}
}

// CauseOf is an error's text as Step Functions has it in the cause.
func CauseOf(err error) string {
	if f, ok := err.(*Failure); ok {
		return f.Cause
	}
	return err.Error()
}
