package sdk

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/javaname"
	"github.com/stride-aws/stride/internal/value"
)

// decoder reads answers. With java, members have the names that Java's SDK gives them, as in aws-sdk integrations; without,
// the API's, as in optimised ones.
type decoder struct {
	*Service
	java   bool
	millis bool
}

func (d *decoder) name(member string) string {
	if d.java {
		return javaname.Of(member)
	}
	return strings.ToUpper(member[:1]) + member[1:]
}

// fromJSON is a value of the JSON protocols as a state sees it.
func (d *decoder) fromJSON(m *Member, v value.Value) value.Value {
	shape := d.shape(m.Shape)
	switch {
	case v.Kind() == value.Null:
	case shape.Kind == Structure:
		return value.OfObject(d.membersJSON(shape, v))
	case shape.Kind == List:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = d.fromJSON(shape.Element, item)
		}
		return value.OfArray(items)
	case shape.Kind == Map:
		members := make([]value.Member, 0, v.Len())
		for _, e := range v.Members() {
			members = append(members, value.Member{Name: e.Name, Value: d.fromJSON(shape.Element, e.Value)})
		}
		return value.OfObject(members)
	case shape.Kind == Timestamp:
		if t, ok := parseTime(v); ok {
			return d.time(t)
		}
	}
	return v
}

// time is a time as states see it.
func (d *decoder) time(t time.Time) value.Value {
	if d.millis {
		return value.OfInt(t.UnixMilli())
	}
	return value.OfString(t.Format("2006-01-02T15:04:05.999Z"))
}

func (d *decoder) membersJSON(shape *Shape, v value.Value) []value.Member {
	var members []value.Member
	for i := range shape.Members {
		m := &shape.Members[i]
		if m.Location != "" {
			continue
		}
		if x, ok := v.Get(m.wireName()); ok && x.Kind() != value.Null {
			members = append(members, value.Member{Name: d.name(m.Name), Value: d.fromJSON(m, x)})
		}
	}
	return members
}

// scalar reads a text of a header or of XML.
func (d *decoder) scalar(m *Member, text, format string) value.Value {
	shape := d.shape(m.Shape)
	switch shape.Kind {
	case Integer, Float:
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return value.OfNumberText(text)
		}
	case Boolean:
		return value.OfBool(text == "true")
	case Timestamp:
		if t, ok := readTime(text, first(m.Format, shape.Format, format)); ok {
			return d.time(t)
		}
	}
	return value.OfString(text)
}

func readTime(text, format string) (time.Time, bool) {
	switch format {
	case rfc822:
		t, err := http.ParseTime(text)
		return t.UTC(), err == nil
	case unix:
		seconds, err := strconv.ParseFloat(text, 64)
		return time.UnixMilli(int64(seconds * 1000)).UTC(), err == nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t.UTC(), err == nil
}

// output reads a whole answer.
func (d *decoder) output(op *Operation, status int, header http.Header, body []byte) (value.Value, error) {
	shape := d.Output(op)
	var members []value.Member
	if strings.HasPrefix(d.Protocol, "rest") {
		members = d.locations(shape, status, header)
	}
	if shape.Payload != "" {
		m := shape.member(shape.Payload)
		if v, ok, err := d.payload(m, body); err != nil {
			return value.Value{}, err
		} else if ok {
			members = append(members, value.Member{Name: d.name(m.Name), Value: v})
		}
		return value.OfObject(members), nil
	}
	rest, err := d.body(op, shape, body)
	return value.OfObject(append(members, rest...)), err
}

func (s *Shape) member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return &Member{Name: name}
}

func (d *decoder) body(op *Operation, shape *Shape, body []byte) ([]value.Member, error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil, nil
	}
	if strings.Contains(d.Protocol, "json") {
		v, err := value.Parse(string(body))
		if err != nil {
			return nil, err
		}
		return d.membersJSON(shape, v), nil
	}
	n, err := parseXML(body)
	if err != nil {
		return nil, err
	}
	if op.ResultWrapper != "" {
		if inner := n.child(op.ResultWrapper); inner != nil {
			n = inner
		}
	}
	return d.fromXML(shape, n), nil
}

// payload reads a body that is one member.
func (d *decoder) payload(m *Member, body []byte) (value.Value, bool, error) {
	shape := d.shape(m.Shape)
	switch {
	case shape.Kind == Blob || shape.Kind == String:
		return value.OfString(string(body)), true, nil
	case len(body) == 0:
		return value.Value{}, false, nil
	case strings.Contains(d.Protocol, "json"):
		v, err := value.Parse(string(body))
		if err != nil {
			return v, false, err
		}
		return d.fromJSON(m, v), true, nil
	}
	n, err := parseXML(body)
	if err != nil {
		return value.Value{}, false, err
	}
	return d.valueXML(m, n), true, nil
}

// locations reads members that are headers, or the status.
func (d *decoder) locations(shape *Shape, status int, header http.Header) []value.Member {
	var members []value.Member
	for i := range shape.Members {
		m := &shape.Members[i]
		switch m.Location {
		case "statusCode":
			members = append(members, value.Member{Name: d.name(m.Name), Value: value.OfFloat(float64(status))})
		case "header":
			if text := header.Get(m.wireName()); text != "" {
				members = append(members, value.Member{Name: d.name(m.Name), Value: d.header(m, text)})
			}
		case "headers":
			members = append(members, value.Member{Name: d.name(m.Name), Value: value.OfObject(prefixed(header, m.wireName()))})
		}
	}
	return members
}

func (d *decoder) header(m *Member, text string) value.Value {
	if m.JSONValue {
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			if v, err := value.Parse(string(raw)); err == nil {
				return v
			}
		}
	}
	return d.scalar(m, text, rfc822)
}

func prefixed(header http.Header, prefix string) []value.Member {
	var members []value.Member
	for name, values := range header {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			members = append(members, value.Member{Name: strings.ToLower(name[len(prefix):]), Value: value.OfString(values[0])})
		}
	}
	return members
}
