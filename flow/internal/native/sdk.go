package native

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/javaname"
)

// SDKJSON is an input or output of the AWS SDK as Step Functions has it: what is not set is left out, fields are spelled as the
// SDK for Java does, and a member of a union stands under its name ({"S": "text"}).
func SDKJSON(v any) ([]byte, error) { return json.Marshal(sdkValue(reflect.ValueOf(v))) }

// FromSDKJSON reads what SDKJSON writes into v, a pointer. Members of unions stay nil: JSON does not say of which type they are.
func FromSDKJSON(text []byte, v any) error {
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return err
	}
	text, err := json.Marshal(withoutUnions(tree, reflect.TypeOf(v).Elem()))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// withoutUnions is tree less what a t has as an interface.
func withoutUnions(tree any, t reflect.Type) any {
	switch t.Kind() {
	case reflect.Pointer:
		return withoutUnions(tree, t.Elem())
	case reflect.Interface:
		return nil
	case reflect.Struct:
		members, _ := tree.(map[string]any)
		for i := range t.NumField() {
			name := javaname.Of(t.Field(i).Name)
			if v, ok := members[name]; ok && t.Field(i).IsExported() {
				members[name] = withoutUnions(v, t.Field(i).Type)
			}
		}
	case reflect.Slice, reflect.Map:
		switch list := tree.(type) {
		case []any:
			for i := range list {
				list[i] = withoutUnions(list[i], t.Elem())
			}
		case map[string]any:
			for name := range list {
				list[name] = withoutUnions(list[name], t.Elem())
			}
		}
	}
	return tree
}

// sdkPath is where the packages of AWS services start.
const sdkPath = "github.com/aws/aws-sdk-go-v2/service/"

func sdkValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if name, ok := unionMember(v.Elem()); ok && v.Kind() == reflect.Pointer {
			return map[string]any{name: sdkValue(v.Elem().Field(0))}
		}
		return sdkValue(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t
		}
		if !strings.HasPrefix(v.Type().PkgPath(), sdkPath) {
			return v.Interface()
		}
		return sdkStruct(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes()
		}
		items := make([]any, v.Len())
		for i := range items {
			items[i] = sdkValue(v.Index(i))
		}
		return items
	case reflect.Map:
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = sdkValue(it.Value())
		}
		return out
	}
	return v.Interface()
}

func sdkStruct(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && f.Name != "ResultMetadata" && !v.Field(i).IsZero() {
			out[javaname.Of(f.Name)] = sdkValue(v.Field(i))
		}
	}
	return out
}

// unionMember is "S" of an AttributeValueMemberS.
func unionMember(v reflect.Value) (string, bool) {
	_, name, ok := strings.Cut(v.Type().Name(), "Member")
	if v.Kind() != reflect.Struct || !ok || name == "" || v.NumField() == 0 || v.Type().Field(0).Name != "Value" {
		return "", false
	}
	return name, true
}

// NestedFailure is what a workflow sees of the failure of an execution that it ran.
func NestedFailure(err error) error {
	if err == nil {
		return nil
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
