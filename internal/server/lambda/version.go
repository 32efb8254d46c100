package lambda

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
)

// alias is a name for a version. AWS: AliasConfiguration.
type alias struct {
	AliasArn, Name, FunctionVersion, Description string
	RoutingConfig                                *routing `json:",omitempty"`
	RevisionId                                   string
}

type routing struct{ AdditionalVersionWeights map[string]float64 }

// pick is the version that one invocation goes to.
func (a *alias) pick() string {
	if a.RoutingConfig == nil {
		return a.FunctionVersion
	}
	r := rand.Float64()
	for _, v := range slices.Sorted(maps.Keys(a.RoutingConfig.AdditionalVersionWeights)) {
		if r -= a.RoutingConfig.AdditionalVersionWeights[v]; r < 0 {
			return v
		}
	}
	return a.FunctionVersion
}

type publishInput struct {
	CodeSha256, RevisionId string
	Description            *string
}

func (s *Service) publishVersion(c *wire.Call, in *publishInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(in.RevisionId, f.latest.RevisionId); err != nil {
		return nil, err
	}
	if in.CodeSha256 != "" && in.CodeSha256 != f.latest.CodeSha256 {
		return nil, invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", in.CodeSha256, f.latest.CodeSha256)
	}
	if err := s.busy(f); err != nil {
		return nil, err
	}
	return s.publish(f, in.Description).view(s.o.Now(), false), nil
}

func (s *Service) listVersions(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err != nil {
		return nil, err
	}
	list := []Configuration{}
	for _, v := range append([]*version{f.latest}, f.published...) {
		view := v.view(s.o.Now(), false)
		view.FunctionArn = f.arn + ":" + v.Version
		list = append(list, view)
	}
	list, next, err := page(c, list, 50, func(c Configuration) string { return c.FunctionArn })
	if err != nil {
		return nil, err
	}
	return map[string]any{"Versions": list, "NextMarker": next}, nil
}

// deleteVersion deletes nothing where there is no such version, as AWS does.
func (f *function) deleteVersion(number string) error {
	if f.aliases[number] != nil || !digits.MatchString(number) {
		return invalid("Deletion of aliases is not currently supported.")
	}
	var users []string
	for _, name := range slices.Sorted(maps.Keys(f.aliases)) {
		if a := f.aliases[name]; a.FunctionVersion == number || a.RoutingConfig != nil && a.RoutingConfig.AdditionalVersionWeights[number] > 0 {
			users = append(users, name)
		}
	}
	if len(users) > 0 {
		return conflict("Unable to delete version because the following aliases reference it: [%s]", strings.Join(users, ", "))
	}
	if i := slices.IndexFunc(f.published, func(v *version) bool { return v.Version == number }); i >= 0 {
		f.published[i].retire()
		f.published = slices.Delete(f.published, i, i+1)
	}
	return nil
}

type aliasInput struct {
	Name                         string
	FunctionVersion, Description *string
	RoutingConfig                *routing
	RevisionId                   string
}

var (
	digits    = lazyregexp.New(`^[0-9]+$`)
	aliasName = lazyregexp.New(`^[a-zA-Z0-9-_]{1,128}$`)
)

func (s *Service) createAlias(c *wire.Call, in *aliasInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, t, err := s.find(c)
	t.qualifier = in.Name
	switch {
	case err != nil:
		return nil, err
	case !aliasName.MatchString(in.Name) || digits.MatchString(in.Name):
		return nil, violated(in.Name, "name", "satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")
	case in.FunctionVersion == nil:
		return nil, violated("null", "functionVersion", "not be null")
	case f.aliases[in.Name] != nil:
		return nil, conflict("Alias already exists: %s", t.arn())
	}
	a := &alias{AliasArn: t.arn(), Name: in.Name}
	if err := f.move(a, in); err != nil {
		return nil, err
	}
	f.aliases[in.Name] = a
	return *a, nil
}

// move sets what in says.
func (f *function) move(a *alias, in *aliasInput) error {
	to := a.FunctionVersion
	set(&to, in.FunctionVersion)
	if to != latest && !digits.MatchString(to) {
		return violated(to, "functionVersion", `satisfy regular expression pattern: (\$LATEST|[0-9]+)`)
	}
	if f.version(to) == nil {
		return notFound("Function not found: %s:%s", f.arn, to)
	}
	if in.RoutingConfig != nil {
		if err := f.checkWeights(to, in.RoutingConfig.AdditionalVersionWeights); err != nil {
			return err
		}
		a.RoutingConfig = in.RoutingConfig
		if len(in.RoutingConfig.AdditionalVersionWeights) == 0 {
			a.RoutingConfig = nil
		}
	}
	a.FunctionVersion = to
	set(&a.Description, in.Description)
	a.RevisionId = wire.NewRequestID()
	return nil
}

func (f *function) checkWeights(to string, weights map[string]float64) error {
	for v, weight := range weights {
		switch {
		case len(weights) > 1:
			return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
		case v == to:
			return invalid("Invalid function version %s. Function version %s is already included in routing configuration.", v, v)
		case to == latest:
			return invalid("$LATEST is not supported for an alias pointing to more than 1 version")
		case f.version(v) == nil || !digits.MatchString(v):
			return notFound("Function not found: %s:%s", f.arn, v)
		case weight < 0 || weight > 1:
			return violated(fmt.Sprintf("{%s=%v}", v, weight), "routingConfig.additionalVersionWeights", "satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0]")
		}
	}
	return nil
}

func (s *Service) findAlias(c *wire.Call) (*function, *alias, error) {
	f, t, err := s.find(c)
	if err != nil {
		return nil, nil, err
	}
	t.qualifier = c.Path["Name"]
	a := f.aliases[t.qualifier]
	if a == nil {
		return f, nil, notFound("Cannot find alias arn: %s", t.arn())
	}
	return f, a, nil
}

func (s *Service) getAlias(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, a, err := s.findAlias(c)
	if err != nil {
		return nil, err
	}
	return *a, nil
}

func (s *Service) updateAlias(c *wire.Call, in *aliasInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, a, err := s.findAlias(c)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(in.RevisionId, a.RevisionId); err != nil {
		return nil, err
	}
	changed := *a
	if err := f.move(&changed, in); err != nil {
		return nil, err
	}
	*a = changed
	return changed, nil
}

// deleteAlias deletes nothing where there is no such alias, as AWS does.
func (s *Service) deleteAlias(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err != nil {
		return nil, err
	}
	delete(f.aliases, c.Path["Name"])
	return nil, nil
}

func (s *Service) listAliases(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := s.find(c)
	if err != nil {
		return nil, err
	}
	version := c.HTTP.URL.Query().Get("FunctionVersion")
	list := []alias{}
	for _, name := range slices.Sorted(maps.Keys(f.aliases)) {
		if a := f.aliases[name]; version == "" || a.FunctionVersion == version {
			list = append(list, *a)
		}
	}
	list, next, err := page(c, list, 50, func(a alias) string { return a.Name })
	if err != nil {
		return nil, err
	}
	return map[string]any{"Aliases": list, "NextMarker": next}, nil
}
