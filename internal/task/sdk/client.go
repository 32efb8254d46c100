package sdk

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/stride-aws/stride/internal/value"
)

// Client makes calls.
type Client struct {
	HTTP *http.Client
	// Endpoint is the base URL of a service, and the region that calls are signed for; an error says how to set one.
	Endpoint func(ctx context.Context, s *Service, region string) (url, signing string, err error)
	// Credentials sign calls made for an account.
	Credentials func(ctx context.Context, account string) (aws.Credentials, error)
}

// Request is a call to be made.
type Request struct {
	Service   *Service
	Operation *Operation
	Params    value.Value
	Account   string
	Region    string
	Java      bool // name the result's fields as Java's SDK does: aws-sdk integrations
	Millis    bool // times in the result are milliseconds since 1970, as in those of .sync; else ISO 8601
}

// Result is a service's answer.
type Result struct {
	Output    value.Value
	Status    int
	Header    http.Header
	RequestID string
}

// Error is a service's error answer.
type Error struct {
	Service           *Service
	Code              string
	Message           string
	Status            int
	RequestID         string
	ExtendedRequestID string // S3
	kind              string // the answer's __type, where Code is an older name for it
}

func (e *Error) Error() string { return e.Service.ID + ": " + e.Code + ": " + e.Message }

// Modelled is the name of the error's shape in the service's model; "" where the model does not know the code.
func (e *Error) Modelled() string { return first(e.Service.Errors[e.Code], e.Service.Errors[e.kind]) }

// NoEndpoint is a call that has nowhere to go.
type NoEndpoint struct{ Service, Hint string }

func (e *NoEndpoint) Error() string { return "no endpoint for " + e.Service + "; " + e.Hint }

// Do makes a call. Its errors are *Error, *ParamError, *NoEndpoint, and those of the network.
func (c *Client) Do(ctx context.Context, r Request) (*Result, error) {
	base, region, err := c.Endpoint(ctx, r.Service, r.Region)
	if err != nil {
		return nil, err
	}
	r.Region = region
	req, body, err := r.build(ctx, base)
	if err != nil {
		return nil, err
	}
	if err := c.sign(ctx, req, body, r); err != nil {
		return nil, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return r.read(resp, answer)
}

func (r *Request) read(resp *http.Response, body []byte) (*Result, error) {
	id := first(resp.Header.Get("x-amzn-RequestId"), resp.Header.Get("x-amz-request-id"))
	if resp.StatusCode >= 300 {
		return nil, r.Service.failure(resp, body, id)
	}
	d := &decoder{r.Service, r.Java, r.Millis}
	out, err := d.output(r.Operation, resp.StatusCode, resp.Header, body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s %s: %w", r.Service.ID, r.Operation.Name, err)
	}
	return &Result{out, resp.StatusCode, resp.Header, id}, nil
}

func (s *Service) failure(resp *http.Response, body []byte, id string) *Error {
	e := &Error{Service: s, Status: resp.StatusCode, RequestID: id, ExtendedRequestID: resp.Header.Get("x-amz-id-2")}
	if v, err := value.Parse(string(body)); strings.Contains(s.Protocol, "json") || err == nil { // JSON comes from what is not the service, too
		kind, _ := v.Get("__type")
		message, ok := v.Get("message")
		if !ok {
			message, _ = v.Get("Message")
		}
		code, _ := v.Get("code")
		queryCode, _, _ := strings.Cut(resp.Header.Get("x-amzn-query-error"), ";")
		header, _, _ := strings.Cut(resp.Header.Get("x-amzn-ErrorType"), ":")
		e.kind = kind.Str()[strings.LastIndexByte(kind.Str(), '#')+1:]
		e.Code, e.Message = first(queryCode, e.kind, header, code.Str()), message.Str()
	} else if n, err := parseXML(body); err == nil {
		e.Code, e.Message = n.textOf("Code"), n.textOf("Message")
		if n.name == "Error" && e.Code == "" {
			e.Code = n.textOf("Code")
		}
		e.RequestID = first(n.textOf("RequestId"), n.textOf("RequestID"), id)
		e.ExtendedRequestID = first(e.ExtendedRequestID, n.textOf("HostId"))
	}
	if e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(resp.StatusCode), " ", "")
		if resp.StatusCode == http.StatusNotFound && s.SigningName == "s3" {
			e.Code = "NoSuchKey" // HEAD has no body
		}
	}
	return e
}

// build makes the HTTP request of a call.
func (r *Request) build(ctx context.Context, base string) (*http.Request, []byte, error) {
	s, op := r.Service, r.Operation
	params := s.filled(op, r.Params)
	target := strings.TrimSuffix(base, "/")
	header := http.Header{}
	var body []byte
	var err error
	switch s.Protocol {
	case "json":
		header.Set("Content-Type", "application/x-amz-json-"+s.JSONVersion)
		header.Set("X-Amz-Target", s.TargetPrefix+"."+op.Name)
		body = s.wireJSON(s.input(op), params).AppendJSON(nil)
		target += "/"
	case "query", "ec2":
		header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		body = []byte(s.form(op, params).Encode())
		target += "/"
	default:
		var path string
		if path, body, err = s.rest(op, params, header); err != nil {
			return nil, nil, err
		}
		target += path
	}
	req, err := http.NewRequestWithContext(ctx, first(op.Method, http.MethodPost), target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return req, body, nil
}

// rest places parameters in the path, the query, headers and the body.
func (s *Service) rest(op *Operation, params value.Value, header http.Header) (string, []byte, error) {
	uri := first(op.URI, "/")
	path, fixed, _ := strings.Cut(uri, "?")
	query, err := url.ParseQuery(fixed)
	if err != nil {
		return "", nil, err
	}
	shape := s.input(op)
	for i := range shape.Members {
		m := &shape.Members[i]
		v, ok := present(params, m.Name)
		if m.Location == "uri" && (!ok || text(v) == "") {
			return "", nil, &ParamError{m.Name, "is required"}
		}
		if ok {
			path = s.place(m, v, path, query, header)
		}
	}
	if encoded := query.Encode(); encoded != "" {
		path += "?" + strings.ReplaceAll(encoded, "=&", "&")
	}
	body, err := s.restBody(op, shape, params, header)
	if len(body) > 0 && s.SigningName == "s3" {
		sum := md5.Sum(body)
		header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	}
	return path, body, err
}

func (s *Service) place(m *Member, v value.Value, path string, query url.Values, header http.Header) string {
	switch m.Location {
	case "uri":
		plain := s.scalar(m, v, iso8601)
		path = strings.Replace(path, "{"+m.wireName()+"}", httpbinding.EscapePath(plain, true), 1)
		return strings.Replace(path, "{"+m.wireName()+"+}", httpbinding.EscapePath(plain, false), 1)
	case "querystring":
		s.placeQuery(m, v, query)
	case "header":
		header.Set(m.wireName(), s.scalar(m, v, rfc822))
	case "headers":
		for _, e := range v.Members() {
			header.Set(m.wireName()+e.Name, text(e.Value))
		}
	}
	return path
}

func (s *Service) placeQuery(m *Member, v value.Value, query url.Values) {
	switch shape := s.shape(m.Shape); shape.Kind {
	case List:
		for _, item := range v.Items() {
			query.Add(m.wireName(), s.scalar(shape.Element, item, iso8601))
		}
	case Map:
		for _, e := range v.Members() {
			query.Add(e.Name, text(e.Value))
		}
	default:
		query.Set(m.wireName(), s.scalar(m, v, iso8601))
	}
}

func (s *Service) restBody(op *Operation, shape *Shape, params value.Value, header http.Header) ([]byte, error) {
	if shape.Payload != "" {
		return s.payloadBody(shape, params, header), nil
	}
	inBody := false
	for _, m := range shape.Members {
		inBody = inBody || m.Location == ""
	}
	if !inBody {
		return nil, nil
	}
	if s.Protocol == "rest-json" {
		header.Set("Content-Type", "application/json")
		return s.wireJSON(shape, params).AppendJSON(nil), nil
	}
	var b bytes.Buffer
	s.appendStructure(&b, first(op.InputName, op.Name+"Request"), s.XMLNamespace, shape, params)
	header.Set("Content-Type", "application/xml")
	return b.Bytes(), nil
}

func (s *Service) payloadBody(shape *Shape, params value.Value, header http.Header) []byte {
	m := shape.member(shape.Payload)
	v, ok := present(params, m.Name)
	if !ok {
		return nil
	}
	inner := s.shape(m.Shape)
	switch {
	case inner.Kind == Blob || inner.Kind == String:
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/octet-stream")
		}
		return blob(v)
	case s.Protocol == "rest-json":
		header.Set("Content-Type", "application/json")
		return s.wireJSON(inner, v).AppendJSON(nil)
	}
	var b bytes.Buffer
	s.appendStructure(&b, m.wireName(), first(m.XMLNamespace, s.XMLNamespace), inner, v)
	header.Set("Content-Type", "application/xml")
	return b.Bytes()
}

func (c *Client) sign(ctx context.Context, req *http.Request, body []byte, r Request) error {
	creds, err := c.Credentials(ctx, r.Account)
	if err != nil {
		return fmt.Errorf("finding credentials for %s: %w", r.Service.ID, err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if r.Service.SigningName == "s3" {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = r.Service.SigningName == "s3" })
	return signer.SignHTTP(ctx, creds, req, hash, r.Service.SigningName, r.Region, time.Now())
}
