package sdk

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/javaname"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// A ParamError is a parameter that the service's model does not take. Step Functions finds these before it calls.
type ParamError struct {
	Field  string
	Reason string
}

func (e *ParamError) Error() string { return fmt.Sprintf("field %s %s", e.Field, e.Reason) }

// field finds the value of a member among the parameters, by the API's name or Java's.
func field(params value.Value, name string) (value.Value, bool) {
	if v, ok := params.Get(name); ok {
		return v, true
	}
	if v, ok := params.Get(strings.ToUpper(name[:1]) + name[1:]); ok {
		return v, true
	}
	return params.Get(javaname.Of(name))
}

// text is a value for a member that is a string: Step Functions writes anything else as JSON.
func text(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.String()
}

// bytes is a value for a blob: a text's bytes.
func blob(v value.Value) []byte { return []byte(text(v)) }

// present leaves out what is null or missing.
func present(params value.Value, name string) (value.Value, bool) {
	v, ok := field(params, name)
	return v, ok && v.Kind() != value.Null
}

// wireJSON is v as the JSON protocols want it for a shape.
func (s *Service) wireJSON(shape *Shape, v value.Value) value.Value {
	switch shape.Kind {
	case Structure:
		members := make([]value.Member, 0, v.Len())
		for _, m := range shape.Members {
			if x, ok := present(v, m.Name); ok && m.Location == "" {
				members = append(members, value.Member{Name: m.wireName(), Value: s.wireJSON(s.shape(m.Shape), x)})
			}
		}
		return value.OfObject(members)
	case List:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = s.wireJSON(s.shape(shape.Element.Shape), item)
		}
		return value.OfArray(items)
	case Map:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			members = append(members, value.Member{Name: m.Name, Value: s.wireJSON(s.shape(shape.Element.Shape), m.Value)})
		}
		return value.OfObject(members)
	case Blob:
		return value.OfString(base64.StdEncoding.EncodeToString(blob(v)))
	case Timestamp:
		return timestampJSON(v)
	case String:
		return value.OfString(text(v))
	}
	return v
}

func (m *Member) wireName() string {
	if m.LocationName != "" {
		return m.LocationName
	}
	return m.Name
}

// timestampJSON is a time in seconds since 1970; what is a number already stays.
func timestampJSON(v value.Value) value.Value {
	if t, ok := parseTime(v); ok {
		return value.OfFloat(float64(t.UnixMilli()) / 1000)
	}
	return v
}

func parseTime(v value.Value) (time.Time, bool) {
	if v.Kind() == value.Number {
		return time.UnixMilli(int64(v.Float() * 1000)).UTC(), true
	}
	t, err := time.Parse(time.RFC3339Nano, v.Str())
	return t.UTC(), err == nil
}

// Formats of timestamps.
const (
	iso8601 = "iso8601"
	rfc822  = "rfc822"
	unix    = "unixTimestamp"
)

// scalar is a value in a URL, a header, a form or XML.
func (s *Service) scalar(m *Member, v value.Value, format string) string {
	shape := s.shape(m.Shape)
	switch shape.Kind {
	case Blob:
		return base64.StdEncoding.EncodeToString(blob(v))
	case Timestamp:
		t, ok := parseTime(v)
		if !ok {
			return text(v)
		}
		return formatTime(t, first(m.Format, shape.Format, format))
	}
	if m.JSONValue {
		return base64.StdEncoding.EncodeToString(v.AppendJSON(nil))
	}
	return text(v)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func formatTime(t time.Time, format string) string {
	switch format {
	case rfc822:
		return t.Format(http.TimeFormat)
	case unix:
		return strconv.FormatInt(t.Unix(), 10)
	}
	return t.Format("2006-01-02T15:04:05.999Z")
}

// form spreads parameters over a form as the query protocols (query, ec2) do.
func (s *Service) form(op *Operation, params value.Value) url.Values {
	form := url.Values{"Action": {op.Name}, "Version": {s.APIVersion}}
	s.spread(form, "", s.input(op), params)
	return form
}

func (s *Service) spread(form url.Values, prefix string, shape *Shape, v value.Value) {
	for i := range shape.Members {
		m := &shape.Members[i]
		if x, ok := present(v, m.Name); ok {
			s.spreadMember(form, join(prefix, s.formName(m)), m, x)
		}
	}
}

// formName is a member's name in a form. EC2 has its own rule.
func (s *Service) formName(m *Member) string {
	if s.Protocol == "ec2" {
		name := first(m.QueryName, m.LocationName, m.Name)
		return strings.ToUpper(name[:1]) + name[1:]
	}
	shape := s.shape(m.Shape)
	if shape.Kind == List && (shape.Flattened || m.Flattened) && shape.Element.LocationName != "" && m.LocationName == "" {
		return shape.Element.LocationName
	}
	return m.wireName()
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func (s *Service) spreadMember(form url.Values, name string, m *Member, v value.Value) {
	shape := s.shape(m.Shape)
	flat := shape.Flattened || m.Flattened || s.Protocol == "ec2"
	switch shape.Kind {
	case Structure:
		s.spread(form, name, shape, v)
	case List:
		if v.Len() == 0 && s.Protocol == "query" {
			form.Set(name, "")
		}
		if !flat {
			name += "." + first(shape.Element.LocationName, "member")
		}
		for i, item := range v.Items() {
			s.spreadMember(form, name+"."+strconv.Itoa(i+1), shape.Element, item)
		}
	case Map:
		if !flat {
			name += ".entry"
		}
		for i, entry := range v.Members() {
			at := name + "." + strconv.Itoa(i+1) + "."
			form.Set(at+first(shape.Key.LocationName, "key"), entry.Name)
			s.spreadMember(form, at+first(shape.Element.LocationName, "value"), shape.Element, entry.Value)
		}
	default:
		form.Set(name, s.scalar(m, v, iso8601))
	}
}

// filled adds the idempotency tokens that callers may leave out.
func (s *Service) filled(op *Operation, params value.Value) value.Value {
	for _, m := range s.input(op).Members {
		if m.Idempotency {
			if _, ok := present(params, m.Name); !ok {
				params = params.With(m.Name, value.OfString(uuid.New()))
			}
		}
	}
	return params
}

// Check finds the parameters that an operation does not have, or lacks.
func (s *Service) Check(op *Operation, params value.Value) error {
	shape := s.input(op)
	for _, p := range params.Members() {
		known := false
		for _, m := range shape.Members {
			known = known || p.Name == m.Name || p.Name == javaname.Of(m.Name) || strings.EqualFold(p.Name, m.Name) && p.Name[1:] == m.Name[1:]
		}
		if !known {
			return &ParamError{p.Name, "is not supported by " + s.ID + " " + op.Name}
		}
	}
	return nil
}
