package lambda

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/server/wire"
)

// policy is the resource policy of a function, a version or an alias.
type policy struct {
	revision   string
	statements []statement
}

type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

type permission struct {
	StatementId, Action, Principal, SourceArn, SourceAccount string
	PrincipalOrgID, FunctionUrlAuthType, RevisionId          string
}

func (p permission) statement(arn string) statement {
	st := statement{Sid: p.StatementId, Effect: "Allow", Action: p.Action, Resource: arn}
	switch {
	case p.Principal == "*":
		st.Principal = "*"
	case strings.HasSuffix(p.Principal, ".amazonaws.com"):
		st.Principal = map[string]string{"Service": p.Principal}
	case strings.HasPrefix(p.Principal, "arn:"):
		st.Principal = map[string]string{"AWS": p.Principal}
	default:
		st.Principal = map[string]string{"AWS": "arn:aws:iam::" + p.Principal + ":root"}
	}
	add := func(operator, key, value string) {
		if value == "" {
			return
		}
		if st.Condition == nil {
			st.Condition = map[string]map[string]string{}
		}
		if st.Condition[operator] == nil {
			st.Condition[operator] = map[string]string{}
		}
		st.Condition[operator][key] = value
	}
	add("ArnLike", "AWS:SourceArn", p.SourceArn)
	add("StringEquals", "AWS:SourceAccount", p.SourceAccount)
	add("StringEquals", "aws:PrincipalOrgID", p.PrincipalOrgID)
	add("StringEquals", "lambda:FunctionUrlAuthType", p.FunctionUrlAuthType)
	return st
}

func (s *Service) addPermission(c *wire.Call, in *permission) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, t, err := s.findVersion(c)
	switch {
	case err != nil:
		return nil, err
	case in.StatementId == "" || in.Action == "" || in.Principal == "":
		return nil, violated("null", "statementId, action or principal", "not be null")
	case t.qualifier == latest:
		return nil, invalid("We currently do not support adding policies for $LATEST.")
	}
	p := f.policies[t.qualifier]
	if p == nil {
		p = &policy{}
	}
	if err := checkRevision(in.RevisionId, p.revision); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(p.statements, func(st statement) bool { return st.Sid == in.StatementId }) {
		return nil, conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", in.StatementId)
	}
	st := in.statement(t.arn())
	text, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	p.statements, p.revision = append(p.statements, st), wire.NewRequestID()
	f.policies[t.qualifier] = p
	return map[string]string{"Statement": string(text)}, nil
}

var noPolicy = notFound("The resource you requested does not exist.")

func (s *Service) getPolicy(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, t, err := s.findVersion(c)
	if err != nil {
		return nil, err
	}
	p := f.policies[t.qualifier]
	if p == nil {
		return nil, noPolicy
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": p.statements})
	if err != nil {
		return nil, err
	}
	return map[string]string{"Policy": string(text), "RevisionId": p.revision}, nil
}

func (s *Service) removePermission(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, t, err := s.findVersion(c)
	if err != nil {
		return nil, err
	}
	id := c.Path["StatementId"]
	p := f.policies[t.qualifier]
	if p == nil || !slices.ContainsFunc(p.statements, func(st statement) bool { return st.Sid == id }) {
		return nil, notFound("Statement %s is not found in resource policy.", id)
	}
	if err := checkRevision(c.HTTP.URL.Query().Get("RevisionId"), p.revision); err != nil {
		return nil, err
	}
	p.statements = slices.DeleteFunc(p.statements, func(st statement) bool { return st.Sid == id })
	p.revision = wire.NewRequestID()
	if len(p.statements) == 0 {
		delete(f.policies, t.qualifier)
	}
	return nil, nil
}

type concurrency struct{ ReservedConcurrentExecutions *int }

// Concurrent executions of an account and region. AWS: Lambda quotas; 100 of them cannot be reserved.
const (
	accountConcurrency = 1000
	keptUnreserved     = 100
)

func (s *Service) putConcurrency(c *wire.Call, in *concurrency) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, t, err := s.find(c)
	switch {
	case err != nil:
		return nil, err
	case in.ReservedConcurrentExecutions == nil || *in.ReservedConcurrentExecutions < 0:
		return nil, violated("null", "reservedConcurrentExecutions", "have value greater than or equal to 0")
	case s.reservedBeside(f, t.place)+*in.ReservedConcurrentExecutions > accountConcurrency-keptUnreserved:
		return nil, invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", keptUnreserved)
	}
	f.reserved = in.ReservedConcurrentExecutions
	return in, nil
}

func (s *Service) reservedBeside(f *function, p place) int {
	sum := 0
	for _, other := range s.functions[p] {
		if other != f && other.reserved != nil {
			sum += *other.reserved
		}
	}
	return sum
}

func (s *Service) getConcurrency(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if f.reserved == nil {
		return struct{}{}, nil
	}
	return concurrency{f.reserved}, nil
}

func (s *Service) deleteConcurrency(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err == nil {
		f.reserved = nil
	}
	return nil, err
}

// maxTags bounds the tags of a function. AWS: Lambda, using tags.
const maxTags = 50

// tagged is the function that the tag operations' path names.
func (s *Service) tagged(c *wire.Call) (*function, error) {
	t, err := resolve(place{c.Account, c.Region}, c.Path["ARN"], "")
	if err != nil {
		return nil, err
	}
	if t.qualifier != "" {
		return nil, invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	f := s.functions[t.place][t.name]
	if f == nil {
		return nil, notFound("Function not found: %s", t.arn())
	}
	return f, nil
}

func (s *Service) tag(c *wire.Call, in *struct{ Tags map[string]string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	merged := f.tags.With(in.Tags)
	if len(merged) > maxTags {
		return nil, invalid("Number of tags exceeds resource tag limit.")
	}
	f.tags = merged
	return nil, nil
}

func (s *Service) untag(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	f.tags = f.tags.Without(c)
	return nil, nil
}

func (s *Service) listTags(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": f.tags}, nil
}

func (s *Service) accountSettings(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.functions[place{c.Account, c.Region}]
	size := 0
	for _, f := range here {
		for _, v := range append([]*version{f.latest}, f.published...) {
			size += v.CodeSize
		}
	}
	const gb = 1 << 30
	return map[string]any{
		"AccountLimit": map[string]int{"TotalCodeSize": 75 * gb, "CodeSizeUnzipped": lambdahost.MaxUnzipped, "CodeSizeZipped": maxUpload,
			"ConcurrentExecutions": accountConcurrency, "UnreservedConcurrentExecutions": accountConcurrency - s.reservedBeside(nil, place{c.Account, c.Region})},
		"AccountUsage": map[string]int{"TotalCodeSize": size, "FunctionCount": len(here)},
	}, nil
}
