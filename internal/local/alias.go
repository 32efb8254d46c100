package local

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
)

// alias is a name for one version of a machine, or for two by weight.
type alias struct {
	name        string
	description string
	routes      []Route
	created     time.Time
	updated     time.Time
}

// Route is the share, in percent, of an alias's executions that a version runs.
type Route struct {
	StateMachineVersionArn string `json:"stateMachineVersionArn"`
	Weight                 int    `json:"weight"`
}

func (m *stateMachine) aliasARN(name string) string { return m.arn + ":" + name }

// aliasesOf are the names of the aliases that route to a version. m.mu is held.
func (m *stateMachine) aliasesOf(versionARN string) []string {
	var names []string
	for _, a := range m.aliases.all() {
		for _, r := range a.routes {
			if r.StateMachineVersionArn == versionARN {
				names = append(names, a.name)
				break
			}
		}
	}
	return names
}

// pick is the version that the next execution of the alias runs.
func (a *alias) pick() string {
	if len(a.routes) == 2 && rand.IntN(100) >= a.routes[0].Weight {
		return a.routes[1].StateMachineVersionArn
	}
	return a.routes[0].StateMachineVersionArn
}

// CreateStateMachineAliasInput are the parameters of CreateStateMachineAlias.
type CreateStateMachineAliasInput struct {
	Name                 string  `json:"name"`
	Description          string  `json:"description"`
	RoutingConfiguration []Route `json:"routingConfiguration"`
}

// CreateStateMachineAliasOutput is the answer of CreateStateMachineAlias.
type CreateStateMachineAliasOutput struct {
	StateMachineAliasArn string     `json:"stateMachineAliasArn"`
	CreationDate         epoch.Time `json:"creationDate"`
}

// CreateStateMachineAlias names versions. The same call again gives the same answer.
func (s *Service) CreateStateMachineAlias(in *CreateStateMachineAliasInput) (*CreateStateMachineAliasOutput, error) {
	var v violations
	v.text("name", in.Name, longestName)
	if in.Name != "" && !restrictedName(in.Name) {
		v.add(in.Name, "name", `Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`)
	}
	v.optional("description", in.Description, longestDescription)
	v.routes(in.RoutingConfiguration)
	if err := v.err(); err != nil {
		return nil, err
	}
	m, err := s.machineOfRoutes(in.RoutingConfiguration)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.checkVersions(in.RoutingConfiguration); err != nil {
		return nil, err
	}
	a, known := m.aliases.get(in.Name)
	switch {
	case known && (a.description != in.Description || !slices.Equal(a.routes, in.RoutingConfiguration)):
		return nil, errorf("ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists.")
	case !known && len(m.aliases.order) >= mostAliases:
		return nil, errorf("ServiceQuotaExceededException", "Maximum number of state machine aliases, %d, exceeded for state machine %s", mostAliases, m.arn)
	case !known:
		a = &alias{name: in.Name, description: in.Description, routes: in.RoutingConfiguration, created: s.cloud.Now()}
		m.aliases.put(a.name, a)
		s.cloud.keep.machine(m)
	}
	return &CreateStateMachineAliasOutput{m.aliasARN(a.name), epoch.Of(a.created)}, nil
}

// restrictedName holds AWS's pattern for the names of aliases: letters, digits, '-', '_', '.', not digits alone.
func restrictedName(name string) bool {
	digits := true
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-', c == '.':
			digits = false
		default:
			return false
		}
	}
	return !digits
}

func (v *violations) routes(routes []Route) {
	switch {
	case routes == nil:
		v.add(nil, "routingConfiguration", "Member must not be null")
	case len(routes) == 0:
		v.add("[]", "routingConfiguration", "Member must have length greater than or equal to 1")
	case len(routes) > 2:
		v.add(routes, "routingConfiguration", "Member must have length less than or equal to 2")
	}
	for i, r := range routes {
		member := fmt.Sprintf("routingConfiguration.%d.member.", i+1)
		v.text(member+"stateMachineVersionArn", r.StateMachineVersionArn, longestARN)
		if r.Weight > 100 {
			v.add(r.Weight, member+"weight", "Member must have value less than or equal to 100")
		}
		if r.Weight < 0 {
			v.add(r.Weight, member+"weight", "Member must have value greater than or equal to 0")
		}
	}
}

func invalidRoutes(format string, args ...any) error {
	return &Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...), Reason: "INVALID_ROUTING_CONFIGURATION"}
}

// machineOfRoutes is the one machine whose versions the routes name.
func (s *Service) machineOfRoutes(routes []Route) (*stateMachine, error) {
	var arns, weights []string
	sum := 0
	for _, r := range routes {
		arns, weights = append(arns, r.StateMachineVersionArn), append(weights, strconv.Itoa(r.Weight))
		sum += r.Weight
	}
	list := strings.Join(arns, ", ")
	var first arn
	for i, text := range arns {
		a, err := s.checkedARN("stateMachineVersionArn", text)
		if err != nil {
			return nil, err
		}
		if _, err := strconv.Atoi(a.rest); err != nil {
			return nil, invalidRoutes("Routing configuration must contain state machine version ARNs. Received: [%s]", list)
		}
		if i == 0 {
			first = a
		}
		if a.name != first.name {
			return nil, invalidRoutes("Routing configuration must contain versions of the same state machine. Received: [%s]", list)
		}
	}
	if len(arns) == 2 && arns[0] == arns[1] {
		return nil, invalidRoutes("Routing configuration must contain distinct state machine version ARNs. Received: [%s]", list)
	}
	if sum != 100 {
		return nil, invalidRoutes("Sum of routing configuration weights must equal 100. Received: [%s]", strings.Join(weights, ", "))
	}
	return s.machineOf(first)
}

// checkVersions tells whether all versions exist. m.mu is held.
func (m *stateMachine) checkVersions(routes []Route) error {
	for _, r := range routes {
		if m.version(r.StateMachineVersionArn[strings.LastIndexByte(r.StateMachineVersionArn, ':')+1:]) == nil {
			return noReference()
		}
	}
	return nil
}

// StateMachineAliasInput are the parameters of DescribeStateMachineAlias and DeleteStateMachineAlias.
type StateMachineAliasInput struct {
	StateMachineAliasArn string `json:"stateMachineAliasArn"`
}

// aliasOf finds an alias with its machine, which it locks.
func (s *Service) aliasOf(text string) (*stateMachine, *alias, error) {
	a, err := s.checkedARN("stateMachineAliasArn", text)
	if err != nil {
		return nil, nil, err
	}
	if a.rest == "" {
		return nil, nil, validation("The ARN %s is not a state machine alias ARN", text)
	}
	m, err := s.machineOf(a)
	if err != nil {
		return nil, nil, noReference()
	}
	m.mu.Lock()
	found, ok := m.aliases.get(a.rest)
	if !ok {
		m.mu.Unlock()
		return nil, nil, noReference()
	}
	return m, found, nil
}

// DescribeStateMachineAliasOutput is the answer of DescribeStateMachineAlias.
type DescribeStateMachineAliasOutput struct {
	StateMachineAliasArn string      `json:"stateMachineAliasArn"`
	Name                 string      `json:"name"`
	Description          string      `json:"description,omitempty"`
	RoutingConfiguration []Route     `json:"routingConfiguration"`
	CreationDate         epoch.Time  `json:"creationDate"`
	UpdateDate           *epoch.Time `json:"updateDate,omitempty"`
}

// DescribeStateMachineAlias tells what an alias names.
func (s *Service) DescribeStateMachineAlias(in *StateMachineAliasInput) (*DescribeStateMachineAliasOutput, error) {
	m, a, err := s.aliasOf(in.StateMachineAliasArn)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return &DescribeStateMachineAliasOutput{
		StateMachineAliasArn: m.aliasARN(a.name), Name: a.name, Description: a.description,
		RoutingConfiguration: a.routes, CreationDate: epoch.Of(a.created), UpdateDate: optionalTime(a.updated),
	}, nil
}

func optionalTime(t time.Time) *epoch.Time {
	if t.IsZero() {
		return nil
	}
	e := epoch.Of(t)
	return &e
}

// UpdateStateMachineAliasInput are the parameters of UpdateStateMachineAlias.
type UpdateStateMachineAliasInput struct {
	StateMachineAliasArn string  `json:"stateMachineAliasArn"`
	Description          *string `json:"description"`
	RoutingConfiguration []Route `json:"routingConfiguration"`
}

// UpdateStateMachineAliasOutput is the answer of UpdateStateMachineAlias.
type UpdateStateMachineAliasOutput struct {
	UpdateDate epoch.Time `json:"updateDate"`
}

// UpdateStateMachineAlias changes an alias's description or its versions.
func (s *Service) UpdateStateMachineAlias(in *UpdateStateMachineAliasInput) (*UpdateStateMachineAliasOutput, error) {
	if in.RoutingConfiguration != nil {
		var v violations
		v.routes(in.RoutingConfiguration)
		if err := v.err(); err != nil {
			return nil, err
		}
		if _, err := s.machineOfRoutes(in.RoutingConfiguration); err != nil {
			return nil, err
		}
	}
	m, a, err := s.aliasOf(in.StateMachineAliasArn)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if err := m.checkVersions(in.RoutingConfiguration); err != nil {
		return nil, err
	}
	if in.Description == nil && in.RoutingConfiguration == nil {
		return nil, &Error{Code: "ValidationException", Message: "Either the description or the routing configuration must be specified", Reason: "MISSING_REQUIRED_PARAMETER"}
	}
	if in.Description != nil {
		a.description = *in.Description
	}
	if in.RoutingConfiguration != nil {
		a.routes = in.RoutingConfiguration
	}
	a.updated = s.cloud.Now()
	s.cloud.keep.machine(m)
	return &UpdateStateMachineAliasOutput{epoch.Of(a.updated)}, nil
}

// DeleteStateMachineAlias removes an alias.
func (s *Service) DeleteStateMachineAlias(in *StateMachineAliasInput) (*Empty, error) {
	m, a, err := s.aliasOf(in.StateMachineAliasArn)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	m.aliases.remove(a.name)
	s.cloud.keep.machine(m)
	return &Empty{}, nil
}

// ListStateMachineAliasesOutput is the answer of ListStateMachineAliases.
type ListStateMachineAliasesOutput struct {
	StateMachineAliases []AliasListItem `json:"stateMachineAliases"`
	NextToken           *string         `json:"nextToken,omitempty"`
}

// AliasListItem is one alias in a list.
type AliasListItem struct {
	StateMachineAliasArn string     `json:"stateMachineAliasArn"`
	CreationDate         epoch.Time `json:"creationDate"`
}

// ListStateMachineAliases lists the aliases of a machine, or those that route to the version which the ARN names.
func (s *Service) ListStateMachineAliases(in *ListStateMachineVersionsInput) (*ListStateMachineAliasesOutput, error) {
	var v violations
	v.page(in.Page, longestToken)
	if err := v.err(); err != nil {
		return nil, err
	}
	m, a, err := s.machineAt(in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	names := m.aliases.order
	if a.rest != "" {
		if m.version(a.rest) == nil {
			return nil, noReference()
		}
		names = m.aliasesOf(a.text)
	}
	part, next, err := pageOf("aliases "+a.text, names, in.Page)
	if err != nil {
		return nil, err
	}
	out := &ListStateMachineAliasesOutput{StateMachineAliases: make([]AliasListItem, len(part)), NextToken: next}
	for i, name := range part {
		found, _ := m.aliases.get(name)
		out.StateMachineAliases[i] = AliasListItem{m.aliasARN(name), epoch.Of(found.created)}
	}
	return out, nil
}
