package native

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"time"
)

// SDKInput is an input of the AWS SDK as Step Functions sends it: what is not set is left out, and a member of a union stands
// under its name ({"S": "text"}).
func SDKInput(in any) ([]byte, error) { return json.Marshal(sdkValue(reflect.ValueOf(in))) }

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
			out[f.Name] = sdkValue(v.Field(i))
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
	cause, encodeErr := json.Marshal(map[string]string{"Error": NameOf(err), "Cause": causeOf(err), "Status": "FAILED"})
	if encodeErr != nil {
		return encodeErr
	}
	return &Failure{Name: string(ErrTaskFailed), Cause: string(cause)}
}

func causeOf(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return f.Cause
	}
	return err.Error()
}
