package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Trigger starts executions of a machine, through its alias.
type Trigger struct {
	Kind    Kind   // KindSchedule, KindRule, KindPipe or KindAPI
	Key     string // as infra/stride.yaml calls it
	Name    string // of the schedule, rule, pipe or REST API
	Machine string
	Enabled bool
	Role    string // ARN of the role that starts the executions
	// Settings are the rest, by AWS's names: "ScheduleExpression", "EventPattern". JSON among them is compared as JSON.
	Settings map[string]string
	Tags     Tags
	// RestAPI is the id that API Gateway gave a REST API, of one that is there.
	RestAPI string
}

// ID is "schedule dev-orders-nightly", or "rule dev-orders-placed@shop" on an event bus of its own.
func (t *Trigger) ID() string { return id(t.Kind, t.Name) + t.onBus() }

// onBus is "@NAME" of a rule that is not on the default event bus.
func (t *Trigger) onBus() string {
	if bus := t.Settings["EventBusName"]; bus != "" && bus != "default" {
		return "@" + bus
	}
	return ""
}

// TagTriggers is the tag of a machine that lists its triggers: "rule/placed@shop schedule/nightly". It is set before a trigger is made and
// changed after one is removed, so that one which the project no longer has is found.
const TagTriggers = "stride:triggers"

// triggerKinds are the kinds that the tag lists, by the words that stand for them.
var triggerKinds = map[string]Kind{"schedule": KindSchedule, "rule": KindRule, "pipe": KindPipe, "api": KindAPI}

// TriggersTag is the value of TagTriggers for the triggers of one machine.
func TriggersTag(triggers []Trigger) string {
	var words []string
	for i := range triggers {
		words = append(words, string(triggers[i].Kind)+"/"+triggers[i].Key+triggers[i].onBus())
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// RecordedTriggers are the triggers that a machine's tags list: kind, key, name, machine, and whose they are.
func RecordedTriggers(machine string, tags Tags) []Trigger {
	var list []Trigger
	owner := Tags{TagProject: tags[TagProject], TagEnv: tags[TagEnv]}
	for _, word := range strings.Fields(tags[TagTriggers]) {
		kind, key, _ := strings.Cut(word, "/")
		key, bus, _ := strings.Cut(key, "@")
		if k, ok := triggerKinds[kind]; ok {
			list = append(list, Trigger{Kind: k, Key: key, Name: TriggerName(machine, key), Machine: machine, Tags: owner,
				Settings: map[string]string{"EventBusName": bus}})
		}
	}
	return list
}

// TriggerName is the name in AWS of a trigger of a machine.
func TriggerName(machine, key string) string { return machine + "-" + key }

// triggerCalls are what makes, changes, tags and removes each kind.
var triggerCalls = map[Kind]struct{ create, update, tag, remove []Call }{
	KindSchedule: {[]Call{CreateSchedule}, []Call{UpdateSchedule}, nil, []Call{DeleteSchedule}},
	KindRule:     {[]Call{PutRule, PutTargets}, []Call{PutRule, PutTargets}, []Call{TagRule}, []Call{RemoveTargets, DeleteRule}},
	KindPipe:     {[]Call{CreatePipe}, []Call{UpdatePipe}, []Call{TagPipe}, []Call{DeletePipe}},
	KindAPI:      {[]Call{CreateRestAPI, PutRestAPI, DeployRestAPI}, []Call{PutRestAPI, DeployRestAPI}, []Call{TagRestAPI}, []Call{DeleteRestAPI}},
}

// ScheduleGroup holds the schedules of an environment: schedules themselves have no tags.
type ScheduleGroup struct {
	Name string
	Tags Tags
}

// triggers makes and changes what the project wants, after the aliases that they start.
func (m *maker) triggers() {
	if slices.ContainsFunc(m.desired.Triggers, func(t Trigger) bool { return t.Kind == KindSchedule }) {
		m.scheduleGroup(&m.desired.ScheduleGroup)
	}
	for _, bucket := range m.desired.EventBuckets {
		a := Action{Kind: KindBucketEvents, Op: Update, Name: bucket}
		if !m.actual.EventBuckets[bucket] {
			a.Changes, a.Calls = []Change{{Path: "events go to EventBridge", Op: Update, Before: "false", After: "true"}}, []Call{PutBucketNotification}
		}
		m.add(a)
	}
	for i := range m.desired.Triggers {
		m.trigger(&m.desired.Triggers[i])
	}
}

func (m *maker) scheduleGroup(want *ScheduleGroup) {
	a := Action{Kind: KindScheduleGroup, Op: Create, Name: want.Name, ScheduleGroup: want}
	if have, ok := m.actual.ScheduleGroups[want.Name]; ok {
		m.owned(KindScheduleGroup, want.Name, have.Tags)
	} else {
		a.Calls = []Call{CreateScheduleGroup}
	}
	m.add(a)
}

func (m *maker) trigger(want *Trigger) {
	calls := triggerCalls[want.Kind]
	needs := []string{id(KindRole, RoleName(want.Role)), id(KindMachine, want.Machine), id(KindAlias, want.Machine+":"+AliasName)}
	if want.Kind == KindSchedule {
		needs = append(needs, id(KindScheduleGroup, m.desired.ScheduleGroup.Name))
	}
	for _, bucket := range m.desired.EventBuckets {
		needs = append(needs, id(KindBucketEvents, bucket))
	}
	have, ok := m.actual.Triggers[want.ID()]
	if !ok {
		a := Action{Kind: want.Kind, Op: Create, Name: want.Name, Calls: calls.create, Trigger: want}
		for _, key := range slices.Sorted(maps.Keys(want.Settings)) {
			a.Changes = append(a.Changes, Change{Path: key, Op: Create, After: want.Settings[key]})
		}
		if !want.Enabled {
			a.Changes = append(a.Changes, Change{Path: "enabled", Op: Create, After: "false"})
		}
		m.add(a, needs...)
		return
	}
	if want.Kind != KindSchedule { // whose group says whose it is
		m.owned(want.Kind, want.Name, have.Tags)
	}
	a := want.update(&have)
	m.add(a, needs...)
}

func (want *Trigger) update(have *Trigger) Action {
	calls := triggerCalls[want.Kind]
	var d differences
	names := maps.Clone(want.Settings)
	maps.Copy(names, have.Settings)
	for _, key := range slices.Sorted(maps.Keys(names)) {
		compare(&d, calls.update[0], key, have.Settings[key], want.Settings[key])
	}
	compare(&d, calls.update[0], "enabled", have.Enabled, want.Enabled)
	compare(&d, calls.update[0], "role", have.Role, want.Role)
	if len(d.calls) > 0 {
		d.calls = slices.Clone(calls.update)
	}
	if len(calls.tag) > 0 {
		d.tags(calls.tag[0], have.Tags, want.Tags)
	}
	a := d.action(want.Kind, want.Name)
	sent := *want
	sent.RestAPI = have.RestAPI
	a.Trigger = &sent
	return a
}

// staleTriggers removes those that a machine's tags list and the project no longer has. The machine's tags change after that.
func (m *maker) staleTriggers(machine string, tags Tags) (removed []string) {
	for _, t := range RecordedTriggers(machine, tags) {
		wanted := slices.ContainsFunc(m.desired.Triggers, func(w Trigger) bool { return w.ID() == t.ID() })
		if have, there := m.actual.Triggers[t.ID()]; there && !wanted {
			t.Settings = have.Settings
			removed = append(removed, m.removeTrigger(&t))
		}
	}
	return removed
}

func (m *maker) removeTrigger(t *Trigger) string {
	m.add(Action{Kind: t.Kind, Op: Delete, Name: t.Name, Calls: triggerCalls[t.Kind].remove, Trigger: t})
	return t.ID()
}

// withTriggers is tags that say that there are no triggers any more, where there were some.
func withTriggers(want, have Tags) Tags {
	if _, listed := want[TagTriggers]; listed || have[TagTriggers] == "" {
		return want
	}
	tags := maps.Clone(want)
	tags[TagTriggers] = ""
	return tags
}

// CanonicalJSON is JSON with its members in order and without space, so that equal values are equal texts; what is no JSON stays.
func CanonicalJSON(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return text
	}
	return strings.TrimSuffix(b.String(), "\n")
}
