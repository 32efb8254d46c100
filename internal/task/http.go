package task

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
	resp, body, err := a.request(target)
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

// httpTask runs http:invoke. AWS: Call HTTPS APIs in Step Functions workflows.
func (a *attempt) httpTask() {
	resp, body, err := a.request(get(a.Input, "ApiEndpoint").Str())
	if err != nil {
		a.fail("States.Http.Socket", err.Error())
		return
	}
	if resp.StatusCode >= http.StatusBadRequest {
		a.fail("States.Http.StatusCode."+strconv.Itoa(resp.StatusCode), string(body))
		return
	}
	a.succeed(httpResult(resp, body))
}

func (a *attempt) request(target string) (*http.Response, []byte, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, nil, err
	}
	query := u.Query()
	for _, p := range get(a.Input, "QueryParameters").Members() {
		for _, v := range listed(p.Value) {
			query.Add(p.Name, v)
		}
	}
	u.RawQuery = query.Encode()
	var body io.Reader
	given, hasBody := a.Input.Get("RequestBody")
	if hasBody {
		body = strings.NewReader(given.String())
	}
	req, err := http.NewRequestWithContext(a.ctx, get(a.Input, "Method").Str(), u.String(), body)
	if err != nil {
		return nil, nil, err
	}
	if hasBody {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range get(a.Input, "Headers").Members() {
		req.Header[http.CanonicalHeaderKey(h.Name)] = listed(h.Value)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
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
