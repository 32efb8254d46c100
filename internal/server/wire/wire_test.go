package wire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	signed := func(key, region, service string) map[string]string {
		return map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=" + key + "/20260101/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=0"}
	}
	with := func(h map[string]string, name, value string) map[string]string { h[name] = value; return h }
	for _, test := range []struct {
		name, method, url, body string
		header                  map[string]string
		want                    Call
	}{
		{"signed", "POST", "/", "{}", with(signed("AKIAX", "eu-west-1", "states"), "X-Amz-Target", "AWSStepFunctions.StartExecution"),
			Call{Service: "states", Operation: "StartExecution", Account: DefaultAccount, Region: "eu-west-1", AccessKey: "AKIAX"}},
		{"account as key", "GET", "/b/k", "", signed("123456789012", "us-east-1", "s3"),
			Call{Service: "s3", Account: "123456789012", Region: "us-east-1", AccessKey: "123456789012"}},
		{"unsigned target", "POST", "/", "{}", map[string]string{"X-Amz-Target": "Logs_20140328.PutLogEvents"},
			Call{Service: "logs", Operation: "PutLogEvents", Account: DefaultAccount, Region: defaultRegion}},
		{"unsigned query", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			Call{Service: "sts", Account: DefaultAccount, Region: defaultRegion}},
		{"unsigned path", "GET", "/2015-03-31/functions/", "", nil, Call{Service: "lambda", Account: DefaultAccount, Region: defaultRegion}},
		{"presigned", "GET", "/b/k?X-Amz-Credential=A%2F20260101%2Fus-west-2%2Fs3%2Faws4_request", "", nil,
			Call{Service: "s3", Account: DefaultAccount, Region: "us-west-2", AccessKey: "A"}},
		{"nothing", "GET", "/b/k", "", nil, Call{Service: "s3", Account: DefaultAccount, Region: defaultRegion}},
	} {
		r := httptest.NewRequest(test.method, test.url, strings.NewReader(test.body))
		for name, value := range test.header {
			r.Header.Set(name, value)
		}
		got := *identify(r)
		got.HTTP = nil
		if got.Service != test.want.Service || got.Operation != test.want.Operation || got.Account != test.want.Account ||
			got.Region != test.want.Region || got.AccessKey != test.want.AccessKey {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestRouterRefuses(t *testing.T) {
	rt := NewRouter(false)
	for _, test := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8083", "", http.StatusNotImplemented}, {"[::1]:8083", "", http.StatusNotImplemented},
		{"sync-localhost:8083", "", http.StatusNotImplemented}, {"bucket.localhost:8083", "", http.StatusNotImplemented},
		{"127.0.0.1:8083", "http://127.0.0.1:8083", http.StatusNotImplemented},
		{"127.0.0.1:8083", "http://evil.example", http.StatusForbidden}, {"evil.example", "", http.StatusForbidden},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Host = test.host
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListActivities")
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		w := httptest.NewRecorder()
		if rt.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("host %s origin %s: %d, want %d", test.host, test.origin, w.Code, test.want)
		}
	}
}

func TestRESTPaths(t *testing.T) {
	var got map[string]string
	rest := &REST{}
	record := func(c *Call, _ []byte) (any, error) { got = c.Path; return c.Operation, nil }
	rest.Handle("ListFunctions", "GET /2015-03-31/functions", 200, record)
	rest.Handle("Invoke", "POST /2015-03-31/functions/{FunctionName}/invocations", 200, record)
	rest.Handle("ListTags", "GET /2017-03-31/tags/{ARN...}", 200, record)
	for _, test := range []struct{ method, path, operation, name, value string }{
		{"GET", "/2015-03-31/functions/", `"ListFunctions"`, "", ""},
		{"POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations", `"Invoke"`, "FunctionName", "arn:aws:lambda:us-east-1:000000000000:function:f"},
		{"GET", "/2017-03-31/tags/arn:a/b", `"ListTags"`, "ARN", "arn:a/b"},
	} {
		w := httptest.NewRecorder()
		rest.Serve(w, &Call{HTTP: httptest.NewRequest(test.method, test.path, nil)})
		if body, _ := io.ReadAll(w.Body); string(body) != test.operation || got[test.name] != test.value {
			t.Errorf("%s %s: %s with %v", test.method, test.path, body, got)
		}
	}
}

func TestQueryLists(t *testing.T) {
	in := url.Values{"Tags.member.1.Key": {"a"}, "Tags.member.1.Value": {"b"}, "Tags.member.2.Key": {"c"}, "Keys.member.1": {"x"}, "Keys.member.2": {"y"}}
	if got := Members(in, "Keys"); len(got) != 2 || got[1] != "y" {
		t.Errorf("Members: %v", got)
	}
	if got := Structs(in, "Tags"); len(got) != 2 || got[0].Get("Value") != "b" || got[1].Get("Key") != "c" {
		t.Errorf("Structs: %v", got)
	}
}
