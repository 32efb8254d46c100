// Command gen writes models.zip of package sdk: the models of all AWS services, from a wheel of botocore, less documentation.
package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/wheel"
)

func main() { wheel.Main("botocore", generate) }

var modelFile = lazyregexp.New(`^botocore/data/([^/]+)/([0-9-]+)/service-2\.json(\.gz)?$`)

func generate(z *wheel.Wheel) (map[string][]byte, error) {
	latest := map[string]*zip.File{}
	for _, f := range z.File {
		if m := modelFile.FindStringSubmatch(f.Name); m != nil && (latest[m[1]] == nil || latest[m[1]].Name < f.Name) {
			latest[m[1]] = f
		}
	}
	out := map[string][]byte{}
	for name, f := range latest {
		s, err := convert(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		out[stepFunctionsName(s.ID)] = text
	}
	return out, nil
}

// stepFunctionsName is a service's name in arn:aws:states:::aws-sdk:NAME:….
func stepFunctionsName(id string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(id))
}

// model is what is read of botocore's service-2.json.
type model struct {
	Metadata struct {
		APIVersion, EndpointPrefix, JSONVersion, Protocol, ServiceID, SigningName, TargetPrefix, XMLNamespace string
		Protocols                                                                                             []string
	}
	Operations map[string]struct {
		HTTP     struct{ Method, RequestURI string }
		Input    *ref
		Output   *ref
		Errors   []ref
		Endpoint struct{ HostPrefix string }
	}
	Shapes map[string]*shape
}

type ref struct {
	Shape, Location, LocationName, QueryName, ResultWrapper, TimestampFormat string
	XMLNamespace                                                             struct{ URI string }
	XMLAttribute, Flattened, Streaming, JSONValue, IdempotencyToken          bool
}

type shape struct {
	Type, Payload, TimestampFormat               string
	Members                                      ordered
	Member, Key, Value                           *ref
	Required, Enum                               []string
	Min, Max                                     *float64
	Flattened, Streaming, Exception, EventStream bool
	Error                                        struct{ Code string }
	Box                                          bool
}

// ordered is a JSON object of members in their order.
type ordered []named

type named struct {
	name string
	ref
}

func (o *ordered) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		n := named{name: key.(string)}
		if err := d.Decode(&n.ref); err != nil {
			return err
		}
		*o = append(*o, n)
	}
	return nil
}

func convert(f *zip.File) (*sdk.Service, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var in io.Reader = r
	if path.Ext(f.Name) == ".gz" {
		if in, err = gzip.NewReader(r); err != nil {
			return nil, err
		}
	}
	var m model
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		return nil, err
	}
	c := &converter{model: &m, index: map[string]int{}, out: &sdk.Service{Operations: map[string]*sdk.Operation{}, Errors: map[string]string{}}}
	return c.service(), nil
}

type converter struct {
	model *model
	out   *sdk.Service
	index map[string]int // of the shapes taken over
}

// protocols that package sdk speaks, the best first.
var protocols = []string{"json", "rest-json", "rest-xml", "query", "ec2"}

func (c *converter) service() *sdk.Service {
	m := c.model.Metadata
	s := c.out
	s.ID, s.APIVersion, s.EndpointPrefix, s.SigningName = m.ServiceID, m.APIVersion, m.EndpointPrefix, m.SigningName
	s.JSONVersion, s.TargetPrefix, s.XMLNamespace, s.Protocol = m.JSONVersion, m.TargetPrefix, m.XMLNamespace, m.Protocol
	if s.SigningName == "" {
		s.SigningName = m.EndpointPrefix
	}
	for _, p := range protocols {
		if slices.Contains(m.Protocols, p) {
			s.Protocol = p
			break
		}
	}
	names := make([]string, 0, len(c.model.Operations))
	for name := range c.model.Operations {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		c.operation(name)
	}
	return s
}

func (c *converter) operation(name string) {
	in := c.model.Operations[name]
	op := &sdk.Operation{Method: in.HTTP.Method, URI: in.HTTP.RequestURI, HostPrefix: in.Endpoint.HostPrefix}
	if op.Method == "POST" {
		op.Method = ""
	}
	if op.URI == "/" {
		op.URI = ""
	}
	if in.Input != nil {
		op.Input = c.shape(in.Input.Shape) + 1
		op.InputName = in.Input.LocationName
	}
	if in.Output != nil {
		op.Output = c.shape(in.Output.Shape) + 1
		op.ResultWrapper = in.Output.ResultWrapper
	}
	for _, e := range in.Errors {
		code := e.Shape
		if s := c.model.Shapes[e.Shape]; s != nil && s.Error.Code != "" {
			code = s.Error.Code
		}
		c.out.Errors[code] = e.Shape
	}
	c.out.Operations[name] = op
}

var kinds = map[string]string{
	"structure": sdk.Structure, "list": sdk.List, "map": sdk.Map, "string": sdk.String, "character": sdk.String, "integer": sdk.Integer, "long": sdk.Integer,
	"float": sdk.Float, "double": sdk.Float, "boolean": sdk.Boolean, "blob": sdk.Blob, "timestamp": sdk.Timestamp,
}

func (c *converter) shape(name string) int {
	if i, ok := c.index[name]; ok {
		return i
	}
	in := c.model.Shapes[name]
	i := len(c.out.Shapes)
	c.index[name] = i
	s := &sdk.Shape{Kind: kinds[in.Type], Flattened: in.Flattened, Payload: in.Payload, Min: in.Min, Max: in.Max, Enum: in.Enum,
		Required: in.Required, Format: in.TimestampFormat, Streaming: in.Streaming, EventStream: in.EventStream}
	if c.out.ID == "S3" && name == "Expires" {
		s.Kind = sdk.Timestamp // botocore reads it as a text, for answers that have no time in it; Java's SDK does not
	}
	c.out.Shapes = append(c.out.Shapes, s)
	for _, m := range in.Members {
		s.Members = append(s.Members, *c.member(m.name, &m.ref))
	}
	switch {
	case in.Member != nil:
		s.Element = c.member("", in.Member)
	case in.Value != nil:
		s.Key, s.Element = c.member("", in.Key), c.member("", in.Value)
	}
	return i
}

func (c *converter) member(name string, r *ref) *sdk.Member {
	m := &sdk.Member{Name: name, Shape: c.shape(r.Shape), Location: r.Location, LocationName: r.LocationName, QueryName: r.QueryName,
		XMLNamespace: r.XMLNamespace.URI, XMLAttribute: r.XMLAttribute, Flattened: r.Flattened, Format: r.TimestampFormat,
		Streaming: r.Streaming, JSONValue: r.JSONValue, Idempotency: r.IdempotencyToken}
	if m.LocationName == name {
		m.LocationName = ""
	}
	return m
}
