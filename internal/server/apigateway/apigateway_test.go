package apigateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// face is the service behind a server, with Step Functions that answers as its machine's name says.
type face struct {
	url    string
	client *apigateway.Client
	warned []string
}

func open(t *testing.T, kept *store.Store) *face {
	t.Helper()
	f := &face{}
	s := New(Options{Now: time.Now, Warn: func(text string) { f.warned = append(f.warned, text) },
		Call: func(ctx context.Context, account, region, role, operation string, body []byte) ([]byte, error) {
			var in struct{ StateMachineArn, Input string }
			if err := json.Unmarshal(body, &in); err != nil {
				return nil, err
			}
			switch in.StateMachineArn {
			case "slow":
				return nil, context.DeadlineExceeded
			case "refused":
				return nil, wire.Errorf("AccessDeniedException", "no")
			case "broken":
				return nil, io.ErrUnexpectedEOF
			}
			return json.Marshal(map[string]string{"status": "SUCCEEDED", "output": strings.Join([]string{account, region, role, operation, in.Input}, " ")})
		}})
	if kept != nil {
		if err := s.Keep(kept); err != nil {
			t.Fatal(err)
		}
	}
	rt := wire.NewRouter(false)
	rt.Register("apigateway", s)
	rt.Register("execute-api", s.Requests())
	server := httptest.NewServer(rt)
	t.Cleanup(server.Close)
	f.url = server.URL
	f.client = apigateway.New(apigateway.Options{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	return f
}

// definition is an API with one route for each machine of Step Functions.
func definition(routes map[string]string) string {
	paths := map[string]any{}
	for path, machine := range routes {
		paths[path] = map[string]any{"post": map[string]any{"x-amazon-apigateway-integration": map[string]any{"type": "aws", "credentials": "role",
			"uri":              "arn:aws:apigateway:eu-west-1:states:action/StartSyncExecution",
			"requestTemplates": map[string]string{"application/json": `{"stateMachineArn":"` + machine + `","input":"$util.escapeJavaScript($input.body)$!input.params('n')"}`},
			"responses": map[string]any{"default": map[string]any{"statusCode": "200", "responseTemplates": map[string]string{"application/json": `$input.path('$.output')`}},
				`4\d{2}`: map[string]any{"statusCode": 502, "responseTemplates": map[string]string{"application/json": `$input.json('$.__type')`}}}}}}
	}
	text, _ := json.Marshal(map[string]any{"openapi": "3.0.1", "info": map[string]string{"title": "t"}, "paths": paths})
	return string(text)
}

func (f *face) api(t *testing.T, routes map[string]string) string {
	t.Helper()
	out, err := f.client.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("t")})
	if err != nil {
		t.Fatal(err)
	}
	f.deploy(t, *out.Id, routes)
	return *out.Id
}

func (f *face) deploy(t *testing.T, id string, routes map[string]string) {
	t.Helper()
	if _, err := f.client.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: []byte(definition(routes))}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.client.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("s")}); err != nil {
		t.Fatal(err)
	}
}

// post is the status and body of the answer to a request.
func (f *face) post(t *testing.T, path, body string) string {
	t.Helper()
	out, err := http.Post(f.url+wire.ExecuteAPI+path, "application/json; charset=utf-8", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", out.StatusCode, text)
}

// TestRequests: what answers, and what is said where it does not.
func TestRequests(t *testing.T) {
	f := open(t, nil)
	id := f.api(t, map[string]string{"/": "root", "/a/{n}": "m", "/a/b": "static", "/slow": "slow", "/refused": "refused", "/broken": "broken"})
	for _, tt := range []struct{ path, body, want string }{
		{id + "/s", `1`, "200 000000000000 eu-west-1 role StartSyncExecution 1"}, {id + "/s/a/x%2Fy?n=z", `{"q":"\""}`, `200 000000000000 eu-west-1 role StartSyncExecution {"q":"\""}x/y`},
		{id + "/s/a/b", `2`, "200 000000000000 eu-west-1 role StartSyncExecution 2"}, {id + "/s/a/b/c", ``, `403 {"message":"Missing Authentication Token"}`},
		{id + "/other", ``, `403 {"message":"Forbidden"}`}, {"none/s", ``, `403 {"message":"Forbidden"}`}, {"", ``, `403 {"message":"Forbidden"}`},
		{id + "/s/slow", ``, `504 {"message":"Endpoint request timed out"}`}, {id + "/s/refused", ``, `502 "AccessDeniedException"`},
		{id + "/s/broken", ``, `500 {"message":"Internal server error"}`}, {id + "/s", strings.Repeat(" ", maxBody+1), `413 {"message":"Request Too Long"}`},
	} {
		if got := f.post(t, tt.path, tt.body); got != tt.want {
			t.Errorf("%s %.20s: %s, want %s", tt.path, tt.body, got, tt.want)
		}
	}
	if len(f.warned) != 2 {
		t.Errorf("said %q", f.warned)
	}
}

// TestKeep: a new process answers with what was deployed, not with what was put after that.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	kept, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, kept)
	id, gone := f.api(t, map[string]string{"/a": "m"}), f.api(t, map[string]string{"/a": "m"})
	if _, err := f.client.DeleteRestApi(t.Context(), &apigateway.DeleteRestApiInput{RestApiId: &gone}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.client.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: []byte(definition(map[string]string{"/b": "m"}))}); err != nil {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, err = store.Open(dir); err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	f = open(t, kept)
	for path, want := range map[string]string{id + "/s/a": "200", id + "/s/b": "403", gone + "/s/a": "403"} {
		if got := f.post(t, path, "1"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestDefinitions: what the service does not do is refused when it is put, with a reason.
func TestDefinitions(t *testing.T) {
	good := definition(map[string]string{"/a": "m"})
	for _, tt := range []struct{ old, new, want string }{
		{`"openapi":"3.0.1"`, `"swagger":"2.0"`, "reads OpenAPI 3"}, {`"/a"`, `"/{p+}"`, "no greedy path"}, {`"type":"aws"`, `"type":"http"`, "has integrations with actions of Step Functions"},
		{`states:action`, `sns:action`, "has integrations with"}, {`"credentials":"role"`, `"credentials":""`, "as a role"}, {`"post"`, `"x-other"`, "no methods"},
		{`$!input`, `#macro(x)$!input`, "the directive #macro"}, {`4\\d{2}`, `4(`, "missing closing"}, {`"statusCode":"200"`, `"statusCode":"ok"`, "its statusCode"},
		{`"post":{`, `"post":{"security":[{"key":[]}],`, "security scheme key"}, {`{"info"`, `["info"`, "it is no JSON"}, {`x-amazon-apigateway-integration`, `x-other`, "no integration"},
	} {
		text := strings.Replace(good, tt.old, tt.new, 1)
		if _, _, err := parse([]byte(text)); text == good || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.new, err, tt.want)
		}
	}
}

// FuzzDefinition: no definition makes it panic, and each route of one that is taken can be matched.
func FuzzDefinition(f *testing.F) {
	f.Add(definition(map[string]string{"/a/{b}": "m", "/": "n"}))
	f.Fuzz(func(t *testing.T, text string) {
		_, routes, err := parse([]byte(text))
		if err != nil {
			return
		}
		for i := range routes {
			if _, ok := routes[i].match(routes[i].method, routes[i].segments); !ok {
				t.Errorf("%v does not match itself", routes[i].segments)
			}
		}
	})
}
