package task

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// apiGateway runs apigateway:invoke: an HTTP request to a stage of an API. An endpoint may carry a scheme and a path, as
// LocalStack's do.
func (a *attempt) apiGateway() {
	base := get(a.Input, "ApiEndpoint").Str()
	if !strings.Contains(base, "://") {
		base = "https://" + base
	}
	target := strings.TrimSuffix(base, "/")
	if stage := get(a.Input, "Stage").Str(); stage != "" {
		target += "/" + stage
		if local := strings.Contains(base, "/restapis/"); local { // LocalStack: /restapis/ID/STAGE/_user_request_/PATH
			target += "/_user_request_"
		}
	}
	if path := get(a.Input, "Path").Str(); path != "" {
		target += "/" + strings.TrimPrefix(path, "/")
	}
	resp, body, err := a.request(a.ctx, a.outgoing(target))
	if err != nil {
		a.fail("ApiGateway.SdkClientException", err.Error())
		return
	}
	if resp.StatusCode >= http.StatusBadRequest {
		a.fail("ApiGateway."+strconv.Itoa(resp.StatusCode), string(body))
		return
	}
	a.succeed(httpResult(resp, body))
}

// httpTimeout is how long an HTTP Task may take. AWS: quotas, HTTP Task duration.
const httpTimeout = 60 * time.Second

// httpTask runs http:invoke. AWS: Call HTTPS APIs in Step Functions workflows.
func (a *attempt) httpTask() {
	ctx, cancel := context.WithTimeout(a.ctx, httpTimeout)
	defer cancel()
	r, shown, err := a.httpRequest()
	if err != nil {
		a.reply.Failed(httpFailure(err))
		return
	}
	resp, body, err := a.request(ctx, r)
	if err != nil {
		a.reply.Failed(httpFailure(err))
		return
	}
	if t, ok := a.reply.(machine.Tracer); ok {
		if t.Secrets() {
			shown = r
		}
		t.Traced(shown.describe(), describeResponse(resp, body))
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		a.fail("States.Http.StatusCode."+strconv.Itoa(resp.StatusCode), string(body))
		return
	}
	a.succeed(httpResult(resp, body))
}

// forbidden are the headers that a state may not set, nor those of the prefixes. AWS: HTTP Task, fields, Headers.
var (
	forbidden = []string{"Authorization", "Connection", "Content-Encoding", "Content-Md5", "Date", "Expect", "Forwarded", "From", "Host", "Http2-Settings",
		"If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Max-Forwards", "Proxy-Authorization", "Referer", "Server",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Via", "Www-Authenticate"}
	forbiddenPrefixes = []string{"X-Forwarded", "X-Amz", "X-Amzn"}
)

// errForbidden is a header that a state may not set.
type errForbidden string

func (e errForbidden) Error() string {
	return "an HTTP Task cannot set the header " + string(e) + "; credentials belong into its connection"
}

// httpRequest is the request of an HTTP Task, with its connection's part, and the same without.
func (a *attempt) httpRequest() (r, without *outgoing, err error) {
	r = a.outgoing(get(a.Input, "ApiEndpoint").Str())
	for name := range r.header {
		if slices.Contains(forbidden, name) || slices.ContainsFunc(forbiddenPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return nil, nil, errForbidden(name)
		}
	}
	transform, _ := a.Input.Get("Transform")
	r.encoded = get(transform, "RequestBodyEncoding").Str() == "URL_ENCODED"
	r.arrays = get(transform, "RequestEncodingOptions", "ArrayFormat").Str()
	for name, text := range map[string]string{"User-Agent": "Amazon|StepFunctions|HttpInvoke|" + a.region, "Range": "bytes=0-262144"} {
		if r.header.Get(name) == "" {
			r.header.Set(name, text)
		}
	}
	without = r.clone()
	c, err := a.connection()
	if err != nil || c == nil {
		return r, without, err
	}
	c.complete(r)
	return r, without, a.authorizeBy(c, r.header)
}

// outgoing is a request to be made.
type outgoing struct {
	target  string
	method  string
	header  http.Header
	query   url.Values
	body    value.Value // not Defined: none
	encoded bool        // the body as a form
	arrays  string      // how a form has arrays
}

func (r *outgoing) clone() *outgoing {
	copied := *r
	copied.header, copied.query = r.header.Clone(), url.Values(http.Header(r.query).Clone())
	return &copied
}

// address is where the request goes, parameters and all.
func (r *outgoing) address() (*url.URL, error) {
	u, err := url.Parse(r.target)
	if err != nil {
		return nil, err
	}
	query := u.Query()
	for name, values := range r.query {
		query[name] = append(query[name], values...)
	}
	u.RawQuery = query.Encode()
	return u, nil
}

// describe is the request as TestState shows it.
func (r *outgoing) describe() value.Value {
	u, err := r.address()
	if err != nil { // it was sent
		u = &url.URL{}
	}
	var body []byte
	if in := r.content(); in != nil {
		body, _ = io.ReadAll(in) // of a text
	}
	return object("protocol", value.OfString(u.Scheme), "method", value.OfString(r.method), "url", value.OfString(u.String()),
		"headers", headersText(r.header), "body", value.OfString(string(body)))
}

func describeResponse(resp *http.Response, body []byte) value.Value {
	return object("protocol", value.OfString(resp.Request.URL.Scheme), "statusCode", value.OfString(strconv.Itoa(resp.StatusCode)),
		"statusMessage", value.OfString(http.StatusText(resp.StatusCode)), "headers", headersText(resp.Header), "body", value.OfString(string(body)))
}

func headersText(h http.Header) value.Value {
	var members []value.Member
	for _, name := range slices.Sorted(maps.Keys(h)) {
		members = append(members, value.Member{Name: name, Value: value.OfString(strings.Join(h[name], ","))})
	}
	return value.OfString(value.OfObject(members).String())
}

// outgoing is the request that the state describes.
func (a *attempt) outgoing(target string) *outgoing {
	r := &outgoing{target: target, method: get(a.Input, "Method").Str(), header: http.Header{}, query: url.Values{}}
	for _, p := range get(a.Input, "QueryParameters").Members() {
		for _, v := range listed(p.Value) {
			r.query.Add(p.Name, v)
		}
	}
	if body, ok := a.Input.Get("RequestBody"); ok {
		r.body = body
		r.header.Set("Content-Type", "application/json")
	}
	for _, h := range get(a.Input, "Headers").Members() {
		r.header[http.CanonicalHeaderKey(h.Name)] = listed(h.Value)
	}
	return r
}

// content is the body as it is sent.
func (r *outgoing) content() io.Reader {
	switch {
	case !r.body.Defined():
		return nil
	case r.encoded:
		r.header.Set("Content-Type", "application/x-www-form-urlencoded")
		form := url.Values{}
		r.spread(form, "", r.body)
		return strings.NewReader(form.Encode())
	}
	return strings.NewReader(r.body.String())
}

// spread writes v into a form. AWS: RequestEncodingOptions, ArrayFormat: INDICES is what it is unless said.
func (r *outgoing) spread(form url.Values, name string, v value.Value) {
	switch v.Kind() {
	case value.Object:
		for _, m := range v.Members() {
			inner := m.Name
			if name != "" {
				inner = name + "[" + m.Name + "]"
			}
			r.spread(form, inner, m.Value)
		}
	case value.Array:
		if r.arrays == "COMMAS" {
			form.Add(name, strings.Join(listed(v), ","))
			return
		}
		for i, item := range v.Items() {
			suffix := map[string]string{"REPEAT": "", "BRACKETS": "[]"}
			if s, ok := suffix[r.arrays]; ok {
				r.spread(form, name+s, item)
			} else {
				r.spread(form, name+"["+strconv.Itoa(i)+"]", item)
			}
		}
	default:
		form.Add(name, listed(v)[0])
	}
}

func (a *attempt) request(ctx context.Context, r *outgoing) (*http.Response, []byte, error) {
	u, err := r.address()
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), r.content())
	if err != nil {
		return nil, nil, err
	}
	req.Header = r.header
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
}

// failureOf is a failure without an answer: what the definition or the environment got wrong is no error of the network.
func failureOf(name string, err error) machine.Failure {
	var none *sdk.NoEndpoint
	var header errForbidden
	if errors.As(err, &none) || errors.As(err, &header) {
		name = "States.Runtime"
	}
	return machine.Failure{Error: name, Cause: history.Verbatim(err.Error())}
}

// listed are the texts of a value that is one or a list of them.
func listed(v value.Value) []string {
	if v.Kind() != value.Array {
		if v.Kind() == value.String {
			return []string{v.Str()}
		}
		return []string{v.String()}
	}
	var texts []string
	for _, item := range v.Items() {
		texts = append(texts, listed(item)...)
	}
	return texts
}

func httpResult(resp *http.Response, body []byte) value.Value {
	var headers []value.Member
	for _, h := range headersOf(resp.Header) {
		switch h.name {
		case "connection":
			h.name = "Connection"
		case "X-Amz-Apigw-Id":
			h.name = "x-amz-apigw-id"
		}
		headers = append(headers, value.Member{Name: h.name, Value: one(value.OfString(h.text))})
	}
	return value.OfObject([]value.Member{
		{Name: "Headers", Value: value.OfObject(headers)},
		{Name: "ResponseBody", Value: payloadValue(body)},
		{Name: "StatusCode", Value: value.OfFloat(float64(resp.StatusCode))},
		{Name: "StatusText", Value: value.OfString(http.StatusText(resp.StatusCode))},
	})
}
