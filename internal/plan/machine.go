package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

func (m *maker) machine(want *Machine) {
	marked := *want
	marked.Packages = m.marks(want)
	want = &marked
	needs := []string{id(KindRole, RoleName(want.Role)), id(KindLogGroup, logGroupName(want.Logging.LogGroup))}
	for _, name := range slices.Sorted(maps.Values(want.Functions)) {
		needs = append(needs, id(KindFunction, name))
	}
	have, ok := m.actual.Machines[want.Name]
	if !ok {
		a := Action{Kind: KindMachine, Op: Create, Name: want.Name, Calls: []Call{CreateMachine}, Machine: want}
		a.Changes = []Change{{Path: "definition", Op: Create, After: count(want.Definition)}}
		m.add(a, needs...)
		m.cost(want, nil)
		m.move(want, nil)
		return
	}
	m.owned(KindMachine, want.Name, have.Tags)
	if have.Type != want.Type {
		m.plan.Problems = append(m.plan.Problems, Problem{Fatal: true, Resource: id(KindMachine, want.Name),
			Message: fmt.Sprintf("is %s and cannot become %s: destroy it first, or give the workflow another name", have.Type, want.Type)})
		return
	}
	needs = append(needs, m.staleTriggers(want.Name, have.Tags)...)
	marked.Tags = withTriggers(want.Tags, have.Tags)
	a := m.machineUpdate(want, &have)
	a.Was = have.Definition
	if len(a.Calls) > 0 && have.Running.Total() > 0 {
		m.plan.Running[want.Name] = have.Running
	}
	m.add(a, needs...)
	if a.publishesMachine() {
		m.cost(want, &have)
		m.move(want, have.Alias)
	}
}

func logGroupName(arn string) string {
	_, name, _ := strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}

func (a *Action) publishesMachine() bool {
	return slices.Contains(a.Calls, UpdateMachine) || slices.Contains(a.Calls, PublishMachine)
}

// machineUpdate compares all that a version of the machine holds, then whether the alias has that version.
func (m *maker) machineUpdate(want *Machine, have *LiveMachine) Action {
	var d differences
	if changes := m.definitionChanges(want, have); len(changes) > 0 {
		d.changes = changes
		d.call(UpdateMachine)
	}
	compare(&d, UpdateMachine, "role", have.Role, want.Role)
	compare(&d, UpdateMachine, "log level", have.Logging.Level, want.Logging.Level)
	compare(&d, UpdateMachine, "log execution data", have.Logging.IncludeData, want.Logging.IncludeData)
	compare(&d, UpdateMachine, "log group", have.Logging.LogGroup, want.Logging.LogGroup)
	compare(&d, UpdateMachine, "tracing", have.Tracing, want.Tracing)
	compare(&d, UpdateMachine, "KMS key", have.KMSKey, want.KMSKey)
	if len(d.calls) == 0 && !m.current(want, have.Alias) {
		d.changes = append(d.changes, Change{Path: "version", Op: Create, Text: "a version of the newest definition, which the alias does not have"})
		d.call(PublishMachine)
	}
	d.tags(TagMachine, have.Tags, want.Tags)
	a := d.action(KindMachine, want.Name)
	a.Machine = want
	return a
}

// current is whether the alias points to a version with want's content. Every pin is known here: nothing else changed.
func (m *maker) current(want *Machine, alias *Alias) bool {
	return alias != nil && alias.Next == "" && alias.Content == want.Content(m.desired.Place, m.plan.Pins)
}

// definitionChanges compares state by state, with the versions of functions apart: a plan does not know a version that has yet to
// be published.
func (m *maker) definitionChanges(want *Machine, have *LiveMachine) []Change {
	target, known := want.Resolve(m.desired.Place, m.plan.Pins)
	if known && value.Equal(target, have.Definition) {
		return nil
	}
	changes := diffDefinition(unpinned(have.Definition), unpinned(target), want.Source)
	old := pinsOf(have.Definition)
	for _, handler := range slices.Sorted(maps.Keys(want.Functions)) {
		name := want.Functions[handler]
		before, used := old[name]
		after, ok := m.plan.Pins[name]
		if !ok {
			after = "new"
		}
		if used && before != after {
			changes = append(changes, Change{Path: "version of " + handler, Op: Update, Before: before, After: after})
		}
	}
	return changes
}

// move plans the alias to go to the version that this plan publishes.
func (m *maker) move(want *Machine, from *Alias) {
	a := Action{Kind: KindAlias, Op: Create, Name: want.Name + ":" + AliasName, Calls: []Call{CreateMachineAlias}, Machine: want}
	a.Changes = []Change{{Path: "version", Op: Create, After: "new"}}
	if from != nil {
		a.Op, a.Calls, a.Revision = Update, []Call{UpdateMachineAlias}, from.Version
		a.Changes = []Change{rolloutChange(want.Rollout, from)}
		m.alarms(want)
	}
	m.moves = append(m.moves, a)
}

// aliases appends the moves of aliases, each after everything else: a deploy that dies before has changed nothing that runs.
func (m *maker) aliases() {
	var all []string
	for _, a := range m.plan.Actions {
		all = append(all, a.ID)
	}
	for _, a := range m.moves {
		m.add(a, all...)
	}
}

// VersionOf is the number at the end of a version's ARN.
func VersionOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// count is "7 states".
func count(definition value.Value) string {
	n := countStates(definition)
	if n == 1 {
		return "1 state"
	}
	return fmt.Sprintf("%d states", n)
}

func countStates(v value.Value) int {
	n := 0
	states, _ := v.Get("States")
	for _, s := range states.Members() {
		n++
		for _, inner := range machinesIn(s.Value) {
			n += countStates(inner.machine)
		}
	}
	return n
}

// reference is what a definition has in place of names that only a deploy knows: ${fn:payments.Charge}.
var reference = lazyregexp.New(`\$\{(fn|workflow|activity):([^}]+)\}`)

// Resolve is the definition with its references replaced: functions by the ARN of their pinned version. known is false where a
// pin is missing; the function is then named without a version.
func (w *Machine) Resolve(p Place, pins map[string]string) (definition value.Value, known bool) {
	known = true
	definition = MapStrings(w.Definition, func(text string) string {
		if !strings.Contains(text, "${") {
			return text
		}
		return reference.ReplaceAllStringFunc(text, func(ref string) string {
			m := reference.FindStringSubmatch(ref)
			switch m[1] {
			case "workflow":
				return p.ARN("states", "stateMachine:"+w.Machines[m[2]])
			case "activity":
				return p.ARN("states", "activity:"+m[2])
			}
			name := w.Functions[m[2]]
			arn := p.ARN("lambda", "function:"+name)
			version, ok := pins[name]
			if !ok {
				known = false
				return arn
			}
			return arn + ":" + version
		})
	})
	return definition, known
}

// Content identifies what a version of the machine holds: it is equal exactly when nothing in it differs.
func (w *Machine) Content(p Place, pins map[string]string) string {
	definition, _ := w.Resolve(p, pins)
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%v\n%t\n%s\n", w.Type, w.Role, w.Logging, w.Tracing, w.KMSKey)
	h.Write(definition.AppendJSON(nil))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// MapStrings is v with f applied to every string in it, member names aside.
func MapStrings(v value.Value, f func(string) string) value.Value {
	switch v.Kind() {
	case value.String:
		return value.OfString(f(v.Str()))
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = MapStrings(item, f)
		}
		return value.OfArray(items)
	case value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Name: m.Name, Value: MapStrings(m.Value, f)}
		}
		return value.OfObject(members)
	}
	return v
}

var pinned = lazyregexp.New(`(arn:[^:\s]*:lambda:[^:\s]*:[^:\s]*:function:([A-Za-z0-9_-]+)):([0-9]+)\b`)

// unpinned is a definition whose functions are named without their versions.
func unpinned(definition value.Value) value.Value {
	return MapStrings(definition, func(text string) string { return pinned.ReplaceAllString(text, "$1") })
}

// pinsOf are the versions that a definition calls, by function name.
func pinsOf(definition value.Value) map[string]string {
	pins := map[string]string{}
	MapStrings(definition, func(text string) string {
		for _, m := range pinned.FindAllStringSubmatch(text, -1) {
			pins[m[2]] = m[3]
		}
		return text
	})
	return pins
}
