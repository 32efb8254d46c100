// Package sdk calls any operation of any AWS service without the service's SDK module: a generic client that reads the services'
// models. In go service, operation and parameters as Step Functions has them; out comes the result, or the service's error.
//
// Why so: the aws-sdk integrations reach every one of some 400 services. Linking each service's module would add hundreds of
// megabytes to the program; asking users to import what their workflows use would leave out plain definitions. The models that
// AWS publishes with botocore (Apache-2.0), less everything that is documentation, come to 3 MB, of which one service's few
// kilobytes are read when a state first calls it. The price is a serialiser for each protocol, below, and a file to renew:
// `go run ./internal/task/sdk/gen botocore.whl models.zip`, with the wheel from PyPI. Package task is the caller.
package sdk

import (
	"archive/zip"
	"bytes"
	_ "embed" // models.zip
	"encoding/json"
	"fmt"
	"github.com/stride-aws/stride/internal/javaname"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Service is a service's model.
type Service struct {
	ID             string                `json:"id"` // "DynamoDB", "Secrets Manager"
	Protocol       string                `json:"p"`  // "json", "query", "ec2", "rest-json", "rest-xml"
	JSONVersion    string                `json:"jv,omitempty"`
	TargetPrefix   string                `json:"tp,omitempty"`
	APIVersion     string                `json:"v"`
	EndpointPrefix string                `json:"ep"`
	SigningName    string                `json:"sn"`
	XMLNamespace   string                `json:"ns,omitempty"`
	Operations     map[string]*Operation `json:"o"`
	Shapes         []*Shape              `json:"s"`
	Errors         map[string]string     `json:"e,omitempty"` // error code -> shape's name, of all modelled errors
}

// Operation is one operation of a service.
type Operation struct {
	Name          string `json:"-"`
	Method        string `json:"m,omitempty"` // "" for POST
	URI           string `json:"u,omitempty"` // "" for /
	Input         int    `json:"i,omitempty"` // index of its shape, plus 1; 0: none
	Output        int    `json:"o,omitempty"`
	ResultWrapper string `json:"w,omitempty"`
	InputName     string `json:"n,omitempty"` // rest-xml: the root element of the input
	HostPrefix    string `json:"h,omitempty"`
}

// Kinds of shapes.
const (
	Structure = "S"
	List      = "l"
	Map       = "m"
	String    = "s"
	Integer   = "i"
	Float     = "f"
	Boolean   = "b"
	Blob      = "B"
	Timestamp = "t"
)

// Shape is a type of values.
type Shape struct {
	Kind        string   `json:"k"`
	Members     []Member `json:"m,omitempty"` // of a Structure
	Element     *Member  `json:"e,omitempty"` // of a List, or a Map's value
	Key         *Member  `json:"y,omitempty"` // of a Map
	Flattened   bool     `json:"f,omitempty"`
	Payload     string   `json:"p,omitempty"` // the member that is the HTTP body
	Min         *float64 `json:"lo,omitempty"`
	Max         *float64 `json:"hi,omitempty"`
	Enum        []string `json:"x,omitempty"`
	Required    []string `json:"r,omitempty"`
	Format      string   `json:"tf,omitempty"` // of a Timestamp: "iso8601", "rfc822", "unixTimestamp"
	Streaming   bool     `json:"st,omitempty"`
	EventStream bool     `json:"es,omitempty"`
}

// Member is a member of a shape.
type Member struct {
	Name         string `json:"n,omitempty"` // "" of list elements and map keys and values
	Shape        int    `json:"s"`           // index
	Location     string `json:"l,omitempty"` // "uri", "querystring", "header", "headers", "statusCode"
	LocationName string `json:"ln,omitempty"`
	QueryName    string `json:"qn,omitempty"`
	XMLNamespace string `json:"ns,omitempty"`
	XMLAttribute bool   `json:"xa,omitempty"`
	Flattened    bool   `json:"f,omitempty"`
	Format       string `json:"tf,omitempty"`
	Streaming    bool   `json:"st,omitempty"`
	JSONValue    bool   `json:"jv,omitempty"`
	Idempotency  bool   `json:"it,omitempty"`
}

//go:embed models.zip
var archive []byte

var models struct {
	once   sync.Once
	files  map[string]*zip.File
	mu     sync.Mutex
	loaded map[string]*Service
}

// Services are the names of all services that have a model, sorted.
func Services() []string {
	_, _ = Lookup("") // opens the archive
	return slices.Sorted(maps.Keys(models.files))
}

// Unknown is a service or an operation that no model has.
type Unknown struct{ text string }

func (e *Unknown) Error() string { return e.text }

// Lookup reads the model of a service by the name that Step Functions has for it ("dynamodb", "cloudwatchlogs").
func Lookup(name string) (*Service, error) {
	models.once.Do(func() {
		models.files, models.loaded = map[string]*zip.File{}, map[string]*Service{}
		z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil { // of our own making
			return
		}
		for _, f := range z.File {
			models.files[f.Name] = f
		}
	})
	models.mu.Lock()
	defer models.mu.Unlock()
	name = strings.ToLower(name)
	if s := models.loaded[name]; s != nil {
		return s, nil
	}
	f := models.files[name]
	if f == nil {
		f = models.files[name+"service"] // AWS Config Service is "config", as in Java's SDK
	}
	if f == nil {
		return nil, &Unknown{"AWS has no service " + strconv.Quote(name)}
	}
	s, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("reading the model of %s: %w", name, err)
	}
	models.loaded[name] = s
	return s, nil
}

func read(f *zip.File) (*Service, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	s := &Service{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	for name, op := range s.Operations {
		op.Name = name
	}
	return s, nil
}

// Operation finds an operation by the name that Step Functions has for it: "getItem".
func (s *Service) Operation(name string) (*Operation, error) {
	if op := s.Operations[name]; op != nil {
		return op, nil
	}
	if name != "" {
		if op := s.Operations[strings.ToUpper(name[:1])+name[1:]]; op != nil {
			return op, nil
		}
	}
	for real, op := range s.Operations {
		if strings.EqualFold(javaname.Of(real), name) {
			return op, nil
		}
	}
	return nil, &Unknown{s.ID + " has no operation " + strconv.Quote(name)}
}

func (s *Service) shape(index int) *Shape { return s.Shapes[index] }

// input is an operation's input shape; an empty structure where it has none.
func (s *Service) input(op *Operation) *Shape { return s.optional(op.Input) }

// Output is an operation's output shape; an empty structure where it has none.
func (s *Service) Output(op *Operation) *Shape { return s.optional(op.Output) }

func (s *Service) optional(indexPlus1 int) *Shape {
	if indexPlus1 == 0 {
		return &Shape{Kind: Structure}
	}
	return s.Shapes[indexPlus1-1]
}

// global are the services with one endpoint for all regions of AWS's standard partition, by their signing names, and that host.
// botocore, endpoints.json, partitionEndpoint.
var global = map[string]struct{ host, region string }{
	"iam": {"iam", "us-east-1"}, "route53": {"route53", "us-east-1"}, "cloudfront": {"cloudfront", "us-east-1"}, "waf": {"waf", "us-east-1"},
	"budgets": {"budgets", "us-east-1"}, "organizations": {"organizations.us-east-1", "us-east-1"}, "shield": {"shield.us-east-1", "us-east-1"},
	"ce": {"ce.us-east-1", "us-east-1"}, "globalaccelerator": {"globalaccelerator.us-west-2", "us-west-2"}, "networkmanager": {"networkmanager.us-west-2", "us-west-2"},
}

// URL is AWS's own endpoint of a service, and the region that calls to it are signed for.
func (s *Service) URL(region string) (url, signing string) {
	switch g := global[s.SigningName]; {
	case strings.HasPrefix(region, "cn-"):
		return "https://" + s.EndpointPrefix + "." + region + ".amazonaws.com.cn", region
	case g.host != "" && !strings.HasPrefix(region, "us-gov-"):
		return "https://" + g.host + ".amazonaws.com", g.region
	}
	return "https://" + s.EndpointPrefix + "." + region + ".amazonaws.com", region
}
