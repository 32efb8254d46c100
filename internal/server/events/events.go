// Package events is the local AWS's EventBridge: buses, rules with event patterns, and PutEvents, which starts the targets of the rules
// that match. Services of the local AWS send their own events through Put. Package server's router hands it the requests signed for
// "events". State is in memory and, with Keep, in a store; rules with a schedule, archives, replays and connections are not here.
package events

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/server/eventpattern"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// Options say what the service stands on.
type Options struct {
	Now func() time.Time
	// Start calls a target as a role, on behalf of "events.amazonaws.com".
	Start func(account, region, target, role, input string)
}

// Service implements wire.Service.
type Service struct {
	wire.JSON
	o Options

	mu    sync.Mutex
	buses map[place]map[string]*bus
}

type place struct{ account, region string }

type bus struct {
	Name, Arn string
	tags      wire.TagList
	rules     map[string]*rule
}

type rule struct {
	Name, Arn, EventBusName string
	EventPattern, State     string
	Description, RoleArn    string `json:",omitempty"`
	pattern                 *eventpattern.Pattern
	tags                    wire.TagList
	targets                 []target
}

type target struct {
	ID               string         `json:"Id"`
	Arn              string         `json:"Arn"`
	RoleArn          string         `json:",omitempty"`
	Input, InputPath string         `json:",omitempty"`
	DeadLetterConfig map[string]any `json:",omitempty"`
	RetryPolicy      map[string]any `json:",omitempty"`
	InputTransformer map[string]any `json:",omitempty"`
}

// New makes the service.
func New(o Options) *Service {
	s := &Service{o: o, buses: map[place]map[string]*bus{}}
	s.JSON = wire.JSON{
		"CreateEventBus": wire.Op(s.createBus), "DeleteEventBus": wire.Op(s.deleteBus), "DescribeEventBus": wire.Op(s.describeBus), "ListEventBuses": wire.Op(s.listBuses),
		"PutRule": wire.Op(s.putRule), "DescribeRule": wire.Op(s.describeRule), "ListRules": wire.Op(s.listRules), "DeleteRule": wire.Op(s.deleteRule),
		"EnableRule":  wire.Op(func(c *wire.Call, in *ruleName) (any, error) { return s.setState(c, in, "ENABLED") }),
		"DisableRule": wire.Op(func(c *wire.Call, in *ruleName) (any, error) { return s.setState(c, in, "DISABLED") }),
		"PutTargets":  wire.Op(s.putTargets), "RemoveTargets": wire.Op(s.removeTargets), "ListTargetsByRule": wire.Op(s.listTargets),
		"TagResource": wire.Op(s.tag), "UntagResource": wire.Op(s.untag), "ListTagsForResource": wire.Op(s.listTags),
		"PutEvents": wire.Op(s.putEvents), "TestEventPattern": wire.Op(s.testPattern),
	}
	return s
}

func missing(kind, name string) error {
	return wire.Errorf("ResourceNotFoundException", "%s %s does not exist.", kind, name)
}

// at are the buses of an account and region; the default one is always there. s.mu is held.
func (s *Service) at(account, region string) map[string]*bus {
	p := place{account, region}
	if s.buses[p] == nil {
		s.buses[p] = map[string]*bus{"default": {Name: "default", Arn: "arn:aws:events:" + region + ":" + account + ":event-bus/default", rules: map[string]*rule{}}}
	}
	return s.buses[p]
}

// bus finds a bus by its name or ARN. s.mu is held.
func (s *Service) bus(c *wire.Call, name string) (*bus, error) {
	name = cmp.Or(name[strings.LastIndexByte(name, '/')+1:], "default")
	if b := s.at(c.Account, c.Region)[name]; b != nil {
		return b, nil
	}
	return nil, missing("Event bus", name)
}

func (s *Service) createBus(c *wire.Call, in *struct {
	Name string
	Tags wire.TagList
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	buses := s.at(c.Account, c.Region)
	if buses[in.Name] != nil {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "Event bus %s already exists.", in.Name)
	}
	b := &bus{Name: in.Name, Arn: c.ARN("events", "event-bus/"+in.Name), tags: in.Tags, rules: map[string]*rule{}}
	buses[in.Name] = b
	return map[string]string{"EventBusArn": b.Arn}, nil
}

type busName struct{ Name string }

func (s *Service) deleteBus(c *wire.Call, in *busName) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Name == "default" {
		return nil, wire.Errorf("ValidationException", "Cannot delete event bus default.")
	}
	delete(s.at(c.Account, c.Region), in.Name)
	return struct{}{}, nil
}

func (s *Service) describeBus(c *wire.Call, in *busName) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bus(c, in.Name)
}

func (s *Service) listBuses(c *wire.Call, _ *struct{}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []*bus{}
	for _, b := range s.at(c.Account, c.Region) {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *bus) int { return strings.Compare(a.Name, b.Name) })
	return map[string]any{"EventBuses": list}, nil
}

func (s *Service) putRule(c *wire.Call, in *struct {
	Name, EventBusName, EventPattern, ScheduleExpression string
	State, Description, RoleArn                          string
	Tags                                                 wire.TagList
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	if in.ScheduleExpression != "" {
		return nil, wire.Errorf("ValidationException", "The local EventBridge has no scheduled rules; use EventBridge Scheduler.")
	}
	pattern, err := eventpattern.Parse([]byte(in.EventPattern))
	if err != nil {
		return nil, wire.Errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %s", err)
	}
	r := b.rules[in.Name]
	if r == nil {
		arn := c.ARN("events", "rule/"+in.Name)
		if b.Name != "default" {
			arn = c.ARN("events", "rule/"+b.Name+"/"+in.Name)
		}
		r = &rule{Name: in.Name, Arn: arn, EventBusName: b.Name, tags: in.Tags}
		b.rules[in.Name] = r
	}
	r.EventPattern, r.pattern, r.State = in.EventPattern, pattern, cmp.Or(in.State, "ENABLED")
	r.Description, r.RoleArn = in.Description, in.RoleArn
	return map[string]string{"RuleArn": r.Arn}, nil
}

// ruleName names a rule: most operations call it Name, some Rule.
type ruleName struct{ Name, Rule, EventBusName string }

// rule finds a rule. s.mu is held.
func (s *Service) rule(c *wire.Call, in ruleName) (*bus, *rule, error) {
	b, err := s.bus(c, in.EventBusName)
	if err != nil {
		return nil, nil, err
	}
	name := cmp.Or(in.Name, in.Rule)
	if r := b.rules[name]; r != nil {
		return b, r, nil
	}
	return nil, nil, missing("Rule", name)
}

func (s *Service) describeRule(c *wire.Call, in *ruleName) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.rule(c, *in)
	if err != nil {
		return nil, err
	}
	return *r, nil
}

func (s *Service) setState(c *wire.Call, in *ruleName, state string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.rule(c, *in)
	if err == nil {
		r.State = state
	}
	return nil, err
}

func (s *Service) listRules(c *wire.Call, in *struct{ NamePrefix, EventBusName string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	list := []rule{}
	for name, r := range b.rules {
		if strings.HasPrefix(name, in.NamePrefix) {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b rule) int { return strings.Compare(a.Name, b.Name) })
	return map[string]any{"Rules": list}, nil
}

// deleteRule deletes nothing where there is no such rule, as AWS does.
func (s *Service) deleteRule(c *wire.Call, in *ruleName) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, r, err := s.rule(c, *in)
	if err != nil {
		return nil, nil
	}
	if len(r.targets) > 0 {
		return nil, wire.Errorf("ValidationException", "Rule can't be deleted since it has targets.")
	}
	delete(b.rules, r.Name)
	return nil, nil
}

// failures is the answer of PutTargets and RemoveTargets.
var failures = map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}

func (s *Service) putTargets(c *wire.Call, in *struct {
	ruleName
	Targets []target
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.rule(c, in.ruleName)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		if t.InputTransformer != nil {
			return nil, wire.Errorf("ValidationException", "The local EventBridge has no input transformers; use Input or InputPath.")
		}
		r.targets = append(slices.DeleteFunc(r.targets, func(old target) bool { return old.ID == t.ID }), t)
	}
	return failures, nil
}

func (s *Service) removeTargets(c *wire.Call, in *struct {
	ruleName
	IDs []string `json:"Ids"`
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.rule(c, in.ruleName)
	if err != nil {
		return nil, err
	}
	r.targets = slices.DeleteFunc(r.targets, func(t target) bool { return slices.Contains(in.IDs, t.ID) })
	return failures, nil
}

func (s *Service) listTargets(c *wire.Call, in *ruleName) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.rule(c, *in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Targets": append([]target{}, r.targets...)}, nil
}

// tagged are the tags of what an ARN names: a rule or a bus. s.mu is held.
func (s *Service) tagged(c *wire.Call, arn string) (*wire.TagList, error) {
	for _, b := range s.at(c.Account, c.Region) {
		if b.Arn == arn {
			return &b.tags, nil
		}
		for _, r := range b.rules {
			if r.Arn == arn {
				return &r.tags, nil
			}
		}
	}
	return nil, missing("Resource", arn)
}

func (s *Service) tag(c *wire.Call, in *struct {
	ResourceARN string
	Tags        wire.TagList
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	*tags = tags.With(in.Tags)
	return struct{}{}, nil
}

func (s *Service) untag(c *wire.Call, in *struct {
	ResourceARN string
	TagKeys     []string
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(c, in.ResourceARN)
	if err == nil {
		*tags = slices.DeleteFunc(tags.With(nil), func(t wire.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	}
	return struct{}{}, err
}

func (s *Service) listTags(c *wire.Call, in *struct{ ResourceARN string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": tags.With(nil)}, nil
}

func (s *Service) testPattern(_ *wire.Call, in *struct{ Event, EventPattern string }) (any, error) {
	pattern, err := eventpattern.Parse([]byte(in.EventPattern))
	if err != nil {
		return nil, wire.Errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %s", err)
	}
	var event any
	if err := json.Unmarshal([]byte(in.Event), &event); err != nil {
		return nil, wire.Errorf("ValidationException", "Parameter Event is not valid.")
	}
	return map[string]bool{"Result": pattern.Matches(event)}, nil
}

// mostEntries is how many events one PutEvents takes. AWS: PutEvents, Entries.
const mostEntries = 10

func (s *Service) putEvents(c *wire.Call, in *struct {
	Entries []struct {
		Source, DetailType, Detail, EventBusName string
		Resources                                []string
		Time                                     *epoch.Time
	}
}) (any, error) {
	if n := len(in.Entries); n == 0 || n > mostEntries {
		return nil, wire.Errorf("ValidationException", "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length from 1 to %d", mostEntries)
	}
	type entry struct {
		EventID      string `json:"EventId,omitempty"`
		ErrorCode    string `json:",omitempty"`
		ErrorMessage string `json:",omitempty"`
	}
	out := struct {
		FailedEntryCount int
		Entries          []entry
	}{}
	for _, e := range in.Entries {
		bad := func(message string) {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, entry{ErrorCode: "InvalidArgument", ErrorMessage: message})
		}
		detail, err := value.Parse(e.Detail)
		switch {
		case e.Source == "" || e.DetailType == "":
			bad("Parameter Source and DetailType are required.")
			continue
		case err != nil || detail.Kind() != value.Object:
			out.FailedEntryCount++
			out.Entries = append(out.Entries, entry{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."})
			continue
		}
		at := s.o.Now()
		if e.Time != nil {
			at = e.Time.Time
		}
		id := s.put(c.Account, c.Region, cmp.Or(e.EventBusName, "default"), Event{e.Source, e.DetailType, e.Resources, detail}, at)
		out.Entries = append(out.Entries, entry{EventID: id})
	}
	return out, nil
}

// Event is what happened.
type Event struct {
	Source, DetailType string
	Resources          []string
	Detail             value.Value
}

// Put sends an event of an AWS service to the default bus.
func (s *Service) Put(account, region string, e Event) {
	s.put(account, region, "default", e, s.o.Now())
}

// put starts the targets of the rules that the event matches, and returns its id.
func (s *Service) put(account, region, busName string, e Event, at time.Time) string {
	id := uuid.New()
	if !s.listens(account, region, busName) {
		return id
	}
	resources := make([]value.Value, len(e.Resources))
	for i, r := range e.Resources {
		resources[i] = value.OfString(r)
	}
	whole := value.OfObject([]value.Member{
		{Name: "version", Value: value.OfString("0")}, {Name: "id", Value: value.OfString(id)}, {Name: "detail-type", Value: value.OfString(e.DetailType)},
		{Name: "source", Value: value.OfString(e.Source)}, {Name: "account", Value: value.OfString(account)},
		{Name: "time", Value: value.OfString(at.UTC().Format(time.RFC3339))}, {Name: "region", Value: value.OfString(region)},
		{Name: "resources", Value: value.OfArray(resources)}, {Name: "detail", Value: e.Detail},
	})
	var plain any
	if json.Unmarshal(whole.AppendJSON(nil), &plain) != nil {
		return id
	}
	for _, t := range s.matching(account, region, busName, plain) {
		if input, ok := t.input(whole); ok {
			s.o.Start(account, region, t.Arn, t.RoleArn, input)
		}
	}
	return id
}

// listens is whether a bus has rules: most have none, and executions tell it much.
func (s *Service) listens(account, region, busName string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.at(account, region)[busName[strings.LastIndexByte(busName, '/')+1:]]
	return b != nil && len(b.rules) > 0
}

// matching are the targets of the enabled rules of a bus that want the event.
func (s *Service) matching(account, region, busName string, event any) []target {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.at(account, region)[busName[strings.LastIndexByte(busName, '/')+1:]]
	if b == nil {
		return nil
	}
	var found []target
	for _, r := range b.rules {
		if r.State == "ENABLED" && r.pattern.Matches(event) {
			found = append(found, r.targets...)
		}
	}
	return found
}

// input is what the target gets of an event: the whole, a part of it, or a constant. ok is false where the part is not there.
func (t *target) input(event value.Value) (text string, ok bool) {
	switch {
	case t.Input != "":
		return t.Input, true
	case t.InputPath == "":
		return event.String(), true
	}
	path, err := jsonpath.Compile(t.InputPath)
	if err != nil {
		return "", false
	}
	part, err := path.Eval(jsonpath.Scope{Input: event})
	return part.String(), err == nil
}
