package apigateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/server/velocity"
)

// about is the part of a definition that describes it.
type about struct{ Title, Description, Version string }

// route is one method of a path, ready to answer.
type route struct {
	method    string
	segments  []string
	signed    bool
	mock      bool
	operation string // of Step Functions
	role      string
	templates map[string]*velocity.Template // of the request, by media type
	responses []response
}

type response struct {
	pattern  *regexp.Regexp // of the status; nil: any
	status   int
	template *velocity.Template
}

// openAPI is what API Gateway reads of a definition, as far as it is here.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
type openAPI struct {
	OpenAPI    string                                `json:"openapi"`
	Info       about                                 `json:"info"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		SecuritySchemes map[string]struct {
			AuthType string `json:"x-amazon-apigateway-authtype"`
		} `json:"securitySchemes"`
	} `json:"components"`
}

type method struct {
	Security    []map[string][]string `json:"security"`
	Integration *integration          `json:"x-amazon-apigateway-integration"`
}

type integration struct {
	Type             string            `json:"type"`
	URI              string            `json:"uri"`
	Credentials      string            `json:"credentials"`
	RequestTemplates map[string]string `json:"requestTemplates"`
	Responses        map[string]struct {
		StatusCode        json.RawMessage   `json:"statusCode"`
		ResponseTemplates map[string]string `json:"responseTemplates"`
	} `json:"responses"`
}

var methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// parse reads a definition.
func parse(text []byte) (about, []route, error) {
	var d openAPI
	if err := json.Unmarshal(text, &d); err != nil {
		return about{}, nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.") {
		return about{}, nil, fmt.Errorf("the local API Gateway reads OpenAPI 3, and this is %q", d.OpenAPI)
	}
	var routes []route
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, name := range methods {
			raw, ok := d.Paths[path][name]
			if !ok {
				continue
			}
			r, err := d.route(path, name, raw)
			if err != nil {
				return about{}, nil, fmt.Errorf("%s %s: %w", strings.ToUpper(name), path, err)
			}
			routes = append(routes, *r)
		}
	}
	if len(routes) == 0 {
		return about{}, nil, fmt.Errorf("it has no methods")
	}
	return d.Info, routes, nil
}

func (d *openAPI) route(path, name string, raw json.RawMessage) (*route, error) {
	var m method
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if strings.Contains(path, "+}") {
		return nil, fmt.Errorf("the local API Gateway has no greedy path parameters")
	}
	if m.Integration == nil {
		return nil, fmt.Errorf("it has no integration")
	}
	r := &route{method: strings.ToUpper(name), segments: strings.Split(strings.Trim(path, "/"), "/"), role: m.Integration.Credentials,
		templates: map[string]*velocity.Template{}}
	for _, s := range m.Security {
		for scheme := range s {
			if d.Components.SecuritySchemes[scheme].AuthType != "awsSigv4" {
				return nil, fmt.Errorf("the security scheme %s is none of IAM, and the local API Gateway knows no other", scheme)
			}
			r.signed = true
		}
	}
	if err := r.backend(m.Integration); err != nil {
		return nil, err
	}
	for media, text := range m.Integration.RequestTemplates {
		t, err := velocity.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("request template: %w", err)
		}
		r.templates[media] = t
	}
	return r, r.answers(m.Integration)
}

// backend is what the route calls.
func (r *route) backend(in *integration) error {
	switch strings.ToLower(in.Type) {
	case "mock":
		r.mock = true
		return nil
	case "aws":
		_, operation, ok := strings.Cut(in.URI, ":states:action/")
		if ok && in.Credentials != "" {
			r.operation = operation
			return nil
		}
	}
	return fmt.Errorf("the local API Gateway has integrations with actions of Step Functions, as a role, and MOCK; this is of type %s with %s", in.Type, in.URI)
}

func (r *route) answers(in *integration) error {
	for _, pattern := range slices.Sorted(maps.Keys(in.Responses)) {
		spec := in.Responses[pattern]
		var out response
		if _, err := fmt.Sscan(strings.Trim(string(spec.StatusCode), `"`), &out.status); err != nil {
			return fmt.Errorf("response %s: its statusCode is %s", pattern, spec.StatusCode)
		}
		if text, ok := spec.ResponseTemplates["application/json"]; ok {
			t, err := velocity.Parse(text)
			if err != nil {
				return fmt.Errorf("response %s: %w", pattern, err)
			}
			out.template = t
		}
		if pattern == "default" {
			r.responses = append(r.responses, out)
			continue
		}
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return fmt.Errorf("response %s: %w", pattern, err)
		}
		out.pattern = re
		r.responses = append([]response{out}, r.responses...)
	}
	if len(r.responses) == 0 {
		return fmt.Errorf("its integration has no responses")
	}
	return nil
}

// match is the path's parameters, where it is one of the route's.
func (r *route) match(method string, path []string) (map[string]string, bool) {
	if method != r.method || len(path) != len(r.segments) {
		return nil, false
	}
	parameters := map[string]string{}
	for i, s := range r.segments {
		if name, ok := strings.CutPrefix(s, "{"); ok {
			parameters[strings.TrimSuffix(name, "}")] = path[i]
		} else if s != path[i] {
			return nil, false
		}
	}
	return parameters, true
}
