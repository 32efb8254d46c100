// Package apigateway is the local AWS's API Gateway: REST APIs that are imported from OpenAPI, deployed to stages, and answer HTTP requests
// by calling Step Functions. Package server's router hands it the calls signed for "apigateway", and to Requests those under
// /_aws/execute-api/ID/STAGE/. State is in memory and, with Keep, in a store. Integrations are those with Step Functions (AWS) and MOCK;
// others, authorizers, models, API keys and what changes an API piece by piece are refused.
package apigateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Options say what the service stands on.
type Options struct {
	Now func() time.Time
	// Call makes a call of Step Functions about the machine that body names, as a role, on behalf of "apigateway.amazonaws.com".
	Call func(ctx context.Context, account, region, role, operation string, body []byte) ([]byte, error)
	// Warn is told why a request was answered with an error of API Gateway's own.
	Warn func(text string)
}

// Service implements wire.Service.
type Service struct {
	wire.REST
	o     Options
	store *store.Store

	mu   sync.Mutex
	apis map[string]*api // by id, of all accounts: an id is part of a URL, which says no account
}

// api is a REST API as AWS answers with it, and what belongs to it.
type api struct {
	ID                        string                `json:"id"`
	Name                      string                `json:"name"`
	Description               string                `json:"description,omitempty"`
	Version                   string                `json:"version,omitempty"`
	CreatedDate               epoch.Time            `json:"createdDate"`
	APIKeySource              string                `json:"apiKeySource"`
	EndpointConfiguration     endpointConfiguration `json:"endpointConfiguration"`
	DisableExecuteAPIEndpoint bool                  `json:"disableExecuteApiEndpoint"`
	RootResourceID            string                `json:"rootResourceId"`
	Tags                      wire.Tags             `json:"tags,omitempty"`

	owned owned
}

type endpointConfiguration struct {
	Types []string `json:"types"`
}

// owned is what of an API its own answer does not show.
type owned struct {
	Account, Region string
	Definition      json.RawMessage // OpenAPI
	Stages          map[string]*stage
	Deployments     map[string]*deployment
}

type stage struct {
	DeploymentID    string     `json:"deploymentId"`
	StageName       string     `json:"stageName"`
	Description     string     `json:"description,omitempty"`
	CreatedDate     epoch.Time `json:"createdDate"`
	LastUpdatedDate epoch.Time `json:"lastUpdatedDate"`
}

type deployment struct {
	ID          string     `json:"id"`
	Description string     `json:"description,omitempty"`
	CreatedDate epoch.Time `json:"createdDate"`

	definition json.RawMessage // as it was when it was deployed
	routes     []route
}

// New makes the service.
func New(o Options) *Service {
	s := &Service{o: o, apis: map[string]*api{}}
	s.Handle("CreateRestApi", "POST /restapis", http.StatusCreated, s.createOrImport)
	s.Handle("GetRestApis", "GET /restapis", http.StatusOK, s.list)
	s.Handle("GetRestApi", "GET /restapis/{id}", http.StatusOK, s.about(func(a *api, _ *wire.Call) (any, error) { return *a, nil }))
	s.Handle("PutRestApi", "PUT /restapis/{id}", http.StatusOK, s.put)
	s.Handle("DeleteRestApi", "DELETE /restapis/{id}", http.StatusAccepted, s.delete)
	s.Handle("CreateDeployment", "POST /restapis/{id}/deployments", http.StatusCreated, wire.Op(s.deploy))
	s.Handle("GetDeployments", "GET /restapis/{id}/deployments", http.StatusOK, s.about(deployments))
	s.Handle("GetDeployment", "GET /restapis/{id}/deployments/{deployment}", http.StatusOK, s.about(oneDeployment))
	s.Handle("GetStages", "GET /restapis/{id}/stages", http.StatusOK, s.about(stages))
	s.Handle("GetStage", "GET /restapis/{id}/stages/{stage}", http.StatusOK, s.about(oneStage))
	s.Handle("TagResource", "PUT /tags/{arn}", http.StatusNoContent, wire.Op(s.tag))
	s.Handle("UntagResource", "DELETE /tags/{arn}", http.StatusNoContent, s.untag)
	s.Handle("GetTags", "GET /tags/{arn}", http.StatusOK, s.tags)
	return s
}

func missing(what string) error {
	return &wire.Error{Code: "NotFoundException", Status: http.StatusNotFound, Message: "Invalid " + what + " identifier specified"}
}

func invalid(format string, args ...any) error {
	return wire.Errorf("BadRequestException", format, args...)
}

// newID is ten letters and digits, as API Gateway's ids are.
func newID() string { return strings.ToLower(rand.Text()[:10]) }

// find is the API that a call names. s.mu is held.
func (s *Service) find(c *wire.Call, id string) (*api, error) {
	if a := s.apis[id]; a != nil && a.owned.Account == c.Account && a.owned.Region == c.Region {
		return a, nil
	}
	return nil, missing("API")
}

// about is an operation that looks at one API.
func (s *Service) about(f func(a *api, c *wire.Call) (any, error)) wire.Operation {
	return func(c *wire.Call, _ []byte) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		a, err := s.find(c, c.Path["id"])
		if err != nil {
			return nil, err
		}
		return f(a, c)
	}
}

// createOrImport is two operations, told apart by a parameter.
func (s *Service) createOrImport(c *wire.Call, body []byte) (any, error) {
	if c.HTTP.URL.Query().Get("mode") != "import" {
		return wire.Op(s.create)(c, body)
	}
	about, _, err := parse(body)
	if err != nil {
		return nil, invalid("Invalid OpenAPI input: %s", err)
	}
	out, err := s.create(c, &parameters{Name: about.Title})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.define(s.apis[out.(api).ID], about, body)
}

type parameters struct {
	Name, Description, Version string
	EndpointConfiguration      endpointConfiguration
	DisableExecuteAPIEndpoint  bool              `json:"disableExecuteApiEndpoint"`
	Tags                       map[string]string `json:"tags"`
}

func (s *Service) create(c *wire.Call, in *parameters) (any, error) {
	if in.Name == "" {
		return nil, invalid("API name must not be blank")
	}
	if in.EndpointConfiguration.Types == nil {
		in.EndpointConfiguration.Types = []string{"EDGE"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &api{ID: newID(), Name: in.Name, Description: in.Description, Version: in.Version, CreatedDate: epoch.Of(s.o.Now()), APIKeySource: "HEADER",
		EndpointConfiguration: in.EndpointConfiguration, DisableExecuteAPIEndpoint: in.DisableExecuteAPIEndpoint, RootResourceID: newID(), Tags: in.Tags,
		owned: owned{Account: c.Account, Region: c.Region, Stages: map[string]*stage{}, Deployments: map[string]*deployment{}}}
	s.apis[a.ID] = a
	return *a, s.keep(a)
}

// items is how API Gateway answers with lists.
func items[T any](list []T, key func(T) string) any {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	return map[string]any{"item": list}
}

func (s *Service) list(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []api{}
	for _, a := range s.apis {
		if a.owned.Account == c.Account && a.owned.Region == c.Region {
			found = append(found, *a)
		}
	}
	return items(found, func(a api) string { return a.ID }), nil
}

// put takes a definition, which answers nothing before it is deployed.
func (s *Service) put(c *wire.Call, body []byte) (any, error) {
	if mode := c.HTTP.URL.Query().Get("mode"); mode != "overwrite" {
		return nil, invalid("The local API Gateway takes definitions with mode overwrite alone.")
	}
	about, _, err := parse(body)
	if err != nil {
		return nil, invalid("Invalid OpenAPI input: %s", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c, c.Path["id"])
	if err != nil {
		return nil, err
	}
	return s.define(a, about, body)
}

// define gives an API its definition. s.mu is held.
func (s *Service) define(a *api, about about, body []byte) (any, error) {
	next := *a
	next.Name, next.Description, next.Version = cmp.Or(about.Title, a.Name), about.Description, about.Version
	next.owned.Definition = slices.Clone(body)
	s.apis[a.ID] = &next
	return next, s.keep(&next)
}

func (s *Service) delete(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c, c.Path["id"])
	if err != nil {
		return nil, err
	}
	delete(s.apis, a.ID)
	s.forget(a.ID)
	return nil, nil
}

func (s *Service) deploy(c *wire.Call, in *struct{ StageName, StageDescription, Description string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c, c.Path["id"])
	if err != nil {
		return nil, err
	}
	if a.owned.Definition == nil {
		return nil, invalid("The REST API doesn't contain any methods")
	}
	d := &deployment{ID: newID(), Description: in.Description, CreatedDate: epoch.Of(s.o.Now()), definition: a.owned.Definition}
	if _, d.routes, err = parse(d.definition); err != nil {
		return nil, invalid("%s", err)
	}
	a.owned.Deployments = maps.Clone(a.owned.Deployments)
	a.owned.Deployments[d.ID] = d
	if in.StageName != "" {
		s.stage(a, in.StageName, in.StageDescription, d.ID)
	}
	return *d, s.keep(a)
}

// stage lets a stage answer with a deployment. s.mu is held.
func (s *Service) stage(a *api, name, description, deployment string) {
	now := epoch.Of(s.o.Now())
	next := stage{StageName: name, CreatedDate: now}
	if old := a.owned.Stages[name]; old != nil {
		next = *old
	}
	next.DeploymentID, next.LastUpdatedDate, next.Description = deployment, now, cmp.Or(description, next.Description)
	a.owned.Stages = maps.Clone(a.owned.Stages)
	a.owned.Stages[name] = &next
}

func deployments(a *api, _ *wire.Call) (any, error) {
	list := []deployment{}
	for _, d := range a.owned.Deployments {
		list = append(list, *d)
	}
	return items(list, func(d deployment) string { return d.ID }), nil
}

func oneDeployment(a *api, c *wire.Call) (any, error) {
	if d := a.owned.Deployments[c.Path["deployment"]]; d != nil {
		return *d, nil
	}
	return nil, missing("Deployment")
}

func stages(a *api, _ *wire.Call) (any, error) {
	list := []stage{}
	for _, st := range a.owned.Stages {
		list = append(list, *st)
	}
	return items(list, func(st stage) string { return st.StageName }), nil
}

func oneStage(a *api, c *wire.Call) (any, error) {
	if st := a.owned.Stages[c.Path["stage"]]; st != nil {
		return *st, nil
	}
	return nil, missing("stage")
}

// tagged is the API that a call's ARN names. s.mu is held.
func (s *Service) tagged(c *wire.Call) (*api, error) {
	arn := c.Path["arn"]
	return s.find(c, arn[strings.LastIndexByte(arn, '/')+1:])
}

func (s *Service) tag(c *wire.Call, in *struct {
	Tags map[string]string `json:"tags"`
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	a.Tags = a.Tags.With(in.Tags)
	return nil, s.keep(a)
}

func (s *Service) untag(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	a.Tags = a.Tags.Without(c)
	return nil, s.keep(a)
}

func (s *Service) tags(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"tags": a.Tags}, nil
}
