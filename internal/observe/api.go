package observe

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// Histories is the part of Step Functions that tells what an execution did.
type Histories interface {
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// pageSize is what one call asks for. AWS: GetExecutionHistory, maxResults <= 1,000.
const pageSize = 1000

// HistoryReader reads the history of one Standard execution, again and again while it grows.
type HistoryReader struct {
	States Histories
	ARN    string
	Last   int64 // the id of the last event that is known; Next moves it
}

// Next are the events that came since the last call, in order; none where nothing new happened.
func (r *HistoryReader) Next(ctx context.Context) ([]*history.Event, error) {
	in := &sfn.GetExecutionHistoryInput{
		ExecutionArn: &r.ARN, ReverseOrder: r.Last > 0, MaxResults: pageSize, IncludeExecutionData: aws.Bool(true),
	}
	var fresh []*history.Event
	for {
		out, err := r.States.GetExecutionHistory(ctx, in)
		if err != nil {
			return nil, err
		}
		known := false
		for i := range out.Events {
			e, err := fromSDK(&out.Events[i])
			if err != nil {
				return nil, err
			}
			if e.ID <= r.Last {
				known = true
				continue
			}
			fresh = append(fresh, e)
		}
		if out.NextToken == nil || known {
			break
		}
		in.NextToken = out.NextToken
	}
	slices.SortFunc(fresh, func(a, b *history.Event) int { return int(a.ID - b.ID) })
	if n := len(fresh); n > 0 {
		r.Last = fresh[n-1].ID
	}
	return fresh, nil
}

// fromSDK reads an event in the SDK's form by way of the API's, whose names differ only in the case of the first letter.
func fromSDK(e *types.HistoryEvent) (*history.Event, error) {
	return history.FromAPI(apiValue(reflect.ValueOf(e).Elem()))
}

// APIValue is an answer of the SDK (a pointer to one of its structures) as the API writes it: names begin in lower case, times are
// seconds since 1970, and what is not set is left out.
func APIValue(answer any) value.Value { return apiValue(reflect.ValueOf(answer)) }

func apiValue(v reflect.Value) value.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return value.Value{}
		}
		if at, ok := v.Interface().(*time.Time); ok {
			return value.OfFloat(float64(at.UnixMilli()) / 1000)
		}
		return apiValue(v.Elem())
	case reflect.Struct:
		return apiObject(v)
	case reflect.Map:
		return apiMap(v)
	case reflect.Slice:
		items := make([]value.Value, v.Len())
		for i := range items {
			items[i] = apiValue(v.Index(i))
		}
		return value.OfArray(items)
	case reflect.String:
		return value.OfString(v.String())
	case reflect.Bool:
		return value.OfBool(v.Bool())
	case reflect.Int32, reflect.Int64:
		return value.OfInt(v.Int())
	}
	return value.Value{}
}

func apiObject(v reflect.Value) value.Value {
	var members []value.Member
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if x := apiValue(v.Field(i)); x.Defined() {
			members = append(members, value.Member{Name: lowerFirst(field.Name), Value: x})
		}
	}
	return value.OfObject(members)
}

func apiMap(v reflect.Value) value.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	members := make([]value.Member, len(keys))
	for i, key := range keys {
		members[i] = value.Member{Name: key.String(), Value: apiValue(v.MapIndex(key))}
	}
	return value.OfObject(members)
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
