package task

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mirror answers with what it was asked: method, path, some headers, body. /token gives an access token, /fail fails.
func mirror(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		switch r.URL.Path {
		case "/token":
			fmt.Fprintf(w, `{"access_token":%q}`, "for "+string(body))
			return
		case "/fail":
			w.WriteHeader(http.StatusTooManyRequests)
		}
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
		for _, name := range []string{"Authorization", "Content-Type", "User-Agent", "X-Key", "X-Mine"} {
			if v := r.Header.Get(name); v != "" {
				fmt.Fprintf(w, " %s=%s", name, v)
			}
		}
		fmt.Fprintf(w, " %s", body)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestHTTPTask(t *testing.T) {
	server := mirror(t)
	const agent = " User-Agent=Amazon|StepFunctions|HttpInvoke|us-east-1"
	for _, test := range []struct {
		name, input              string
		kind, parameters, secret string // of the connection; "" for none
		want                     string // the body that comes back, or the error's name and cause
	}{
		{name: "plain", input: `"Method":"GET","QueryParameters":{"a":[1,"x y"],"b":true},"Headers":{"X-Mine":"1"}`,
			want: "GET /?a=1&a=x+y&b=true" + agent + " X-Mine=1 "},
		{name: "a body", input: `"Method":"POST","RequestBody":{"a":1}`, want: "POST / Content-Type=application/json" + agent + ` {"a":1}`},
		{name: "a form", input: `"Method":"POST","RequestBody":{"a":[1,2],"b":{"c":"d e"}},"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"COMMAS"}}`,
			want: "POST / Content-Type=application/x-www-form-urlencoded" + agent + " a=1%2C2&b%5Bc%5D=d+e"},
		{name: "arrays by index", input: `"Method":"POST","RequestBody":{"a":[1,2]},"Transform":{"RequestBodyEncoding":"URL_ENCODED"}`,
			want: "POST / Content-Type=application/x-www-form-urlencoded" + agent + " a%5B0%5D=1&a%5B1%5D=2"},
		{name: "a status that fails", input: `"Method":"GET","Path":"/fail"`, want: "States.Http.StatusCode.429: GET /fail" + agent + " "},
		{name: "a header that is not allowed", input: `"Method":"GET","Headers":{"authorization":"Basic x"}`,
			want: "States.Runtime: an HTTP Task cannot set the header Authorization; credentials belong into its connection"},
		{name: "basic", input: `"Method":"GET"`, kind: "BASIC", parameters: `{"BasicAuthParameters":{"Username":"me"}}`, secret: `{"username":"me","password":"pw"}`,
			want: "GET / Authorization=Basic bWU6cHc=" + agent + " "},
		{name: "an API key, and parameters", input: `"Method":"POST","RequestBody":{"a":1}`, kind: "API_KEY",
			parameters: `{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key"},"InvocationHttpParameters":{"QueryStringParameters":[{"Key":"q","Value":"1"}],
				"BodyParameters":[{"Key":"b","IsValueSecret":true}]}}`,
			secret: `{"api_key_name":"X-Key","api_key_value":"k","invocation_http_parameters":{"body_parameters":[{"key":"b","value":"s"}]}}`,
			want:   "POST /?q=1 Content-Type=application/json" + agent + ` X-Key=k {"a":1,"b":"s"}`},
		{name: "client credentials", input: `"Method":"GET"`, kind: "OAUTH_CLIENT_CREDENTIALS",
			parameters: `{"OAuthParameters":{"ClientParameters":{"ClientID":"id"},"AuthorizationEndpoint":"` + server.URL + `/token","HttpMethod":"POST",
				"OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"all"}]}}}`,
			secret: `{"client_id":"id","client_secret":"cs"}`,
			want:   "GET / Authorization=Bearer for client_id=id&client_secret=cs&grant_type=client_credentials&scope=all" + agent + " "},
		{name: "no connection", input: `"Method":"GET"`, kind: "none", want: "Events.ConnectionResource.ResourceNotFound: none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := ""
			if strings.Contains(test.input, `"/fail"`) {
				path = "/fail"
			}
			input := `{"ApiEndpoint":"` + server.URL + path + `",` + test.input
			s := &service{answers: map[string][]string{}}
			if test.kind != "" {
				input += `,"Authentication":{"ConnectionArn":"arn:aws:events:us-east-1:000000000000:connection/c/1"}`
			}
			if test.secret != "" {
				s.answers["DescribeConnection"] = []string{`{"ConnectionState":"AUTHORIZED","AuthorizationType":"` + test.kind + `","SecretArn":"s","AuthParameters":` + test.parameters + `}`}
				s.answers["GetSecretValue"] = []string{fmt.Sprintf(`{"SecretString":%q}`, test.secret)}
			}
			a, _ := s.start(t, jobTask(t, "http:invoke", input+"}"))
			got := <-a.done
			if out, ok := strings.CutPrefix(got, `{"Headers":`); ok {
				v := parse(t, `{"Headers":`+out)
				got = get(v, "ResponseBody").Str()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
