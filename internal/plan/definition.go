package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// diffDefinition compares two definitions state by state. source has the Go place of a state by its JSON Pointer.
func diffDefinition(before, after value.Value, source map[string]string) []Change {
	d := differ{source: source}
	d.machine(scope{}, before, after)
	return d.changes
}

type differ struct {
	source  map[string]string
	changes []Change
}

// scope is where in the definition two machines are compared.
type scope struct {
	prefix  string // "Outer / ", for a reader
	pointer string // JSON Pointer of the machine
	renamed map[string]string
}

// subject is what fields belong to: a state, or with an empty name a machine.
type subject struct {
	prefix  string // of paths: "state Outer / state Charge: "
	name    string // for a reader: "Charge", "Outer / Charge"
	pointer string
	renamed map[string]string // states beside it, or in it
}

func (s scope) state(name string) subject {
	return subject{prefix: s.prefix + "state " + name, name: s.inWords(name), pointer: s.pointer + "/States/" + escape(name), renamed: s.renamed}
}

// inWords is the name of a state with those around it.
func (s scope) inWords(name string) string { return strings.ReplaceAll(s.prefix, "state ", "") + name }

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func (d *differ) machine(at scope, before, after value.Value) {
	old, _ := before.Get("States")
	now, _ := after.Get("States")
	at.renamed = renames(old, now)
	d.members(subject{prefix: at.prefix, renamed: at.renamed}, "", without(before, "States"), without(after, "States"))
	for _, m := range absent(old, now) {
		if at.renamed[m.Name] == "" {
			s := at.state(m.Name)
			d.changes = append(d.changes, Change{Path: s.prefix, Op: Delete, Before: kindOf(m.Value), State: s.pointer})
		}
	}
	for _, m := range now.Members() {
		d.stateOf(at, m, old)
	}
}

// stateOf compares a state with the one of its name, or of the name that it had.
func (d *differ) stateOf(at scope, m value.Member, old value.Value) {
	s, from := at.state(m.Name), len(d.changes)
	was, ok := old.Get(m.Name)
	switch name := key(at.renamed, m.Name); {
	case ok:
		d.state(s, was, m.Value)
	case name != "":
		d.changes = append(d.changes, Change{Path: s.prefix, Op: Update, Before: name, After: m.Name, Text: "state " + at.inWords(name) + " is now called " + m.Name})
	default:
		d.changes = append(d.changes, Change{Path: s.prefix, Op: Create, After: kindOf(m.Value)})
	}
	for i := range d.changes[from:] {
		c := &d.changes[from+i]
		if c.State == "" {
			c.State = s.pointer
		}
		if c.Source == "" {
			c.Source = d.source[s.pointer]
		}
	}
}

// renames has for a state that went the one that came with all that it held, where there is one such pair alone.
func renames(old, now value.Value) map[string]string {
	gone, came := absent(old, now), absent(now, old)
	out := map[string]string{}
	for _, g := range gone {
		same := func(m value.Member) bool { return value.Equal(g.Value, m.Value) }
		if i := slices.IndexFunc(came, same); i >= 0 && !slices.ContainsFunc(came[i+1:], same) && key(out, came[i].Name) == "" {
			out[g.Name] = came[i].Name
		}
	}
	return out
}

// absent are the members of a that b has not.
func absent(a, b value.Value) []value.Member {
	var out []value.Member
	for _, m := range a.Members() {
		if _, ok := b.Get(m.Name); !ok {
			out = append(out, m)
		}
	}
	return out
}

// key is the key that has v, "" where none has.
func key(m map[string]string, v string) string {
	for k, value := range m {
		if value == v {
			return k
		}
	}
	return ""
}

// kindOf is "Task lambda:invoke payments-Charge", or the state's type.
func kindOf(state value.Value) string {
	typ, _ := state.Get("Type")
	resource, _ := state.Get("Resource")
	if _, call, ok := strings.Cut(resource.Str(), ":::"); ok {
		return typ.Str() + " " + call
	}
	return strings.TrimSpace(typ.Str() + " " + resource.Str())
}

func (d *differ) state(s subject, before, after value.Value) {
	inner := map[string]bool{}
	old := map[string]value.Value{}
	for _, m := range machinesIn(before) {
		old[m.path] = m.machine
	}
	for _, m := range machinesIn(after) {
		was, ok := old[m.path]
		if !ok {
			continue // the fields' comparison shows it whole
		}
		inner[m.path] = true
		d.machine(scope{prefix: s.prefix + " / " + m.label, pointer: s.pointer + m.path}, was, m.machine)
	}
	s.prefix += ": "
	d.members(s, "", blank(before, inner), blank(after, inner))
}

// nested is a machine inside a state.
type nested struct {
	path    string // JSON Pointer in the state
	label   string // "branch 2 / ", "" for a Map
	machine value.Value
}

func machinesIn(state value.Value) []nested {
	var out []nested
	branches, _ := state.Get("Branches")
	for i, b := range branches.Items() {
		out = append(out, nested{fmt.Sprintf("/Branches/%d", i), fmt.Sprintf("branch %d / ", i+1), b})
	}
	for _, name := range []string{"ItemProcessor", "Iterator"} {
		if m, ok := state.Get(name); ok {
			out = append(out, nested{"/" + name, "", m})
		}
	}
	return out
}

// blank is a state without the machines that are compared on their own; the others stay.
func blank(state value.Value, inner map[string]bool) value.Value {
	out := state
	for _, name := range []string{"ItemProcessor", "Iterator"} {
		if inner["/"+name] {
			out = without(out, name)
		}
	}
	branches, ok := out.Get("Branches")
	if !ok {
		return out
	}
	var left []value.Value
	for i, b := range branches.Items() {
		if !inner[fmt.Sprintf("/Branches/%d", i)] {
			left = append(left, b)
		}
	}
	return out.With("Branches", value.OfArray(left))
}

func without(v value.Value, name string) value.Value {
	var members []value.Member
	for _, m := range v.Members() {
		if m.Name != name {
			members = append(members, m)
		}
	}
	return value.OfObject(members)
}

// members compares two objects down to what differs: "state Charge: Retry[0].MaxAttempts".
func (d *differ) members(s subject, path string, before, after value.Value) {
	for _, m := range before.Members() {
		p := join(path, m.Name)
		if now, ok := after.Get(m.Name); ok {
			d.values(s, p, m.Value, now)
		} else {
			d.add(s, p, Delete, m.Value, value.Value{})
		}
	}
	for _, m := range absent(after, before) {
		d.add(s, join(path, m.Name), Create, value.Value{}, m.Value)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (d *differ) values(s subject, path string, before, after value.Value) {
	switch {
	case value.Equal(before, after):
	case before.Kind() == value.Object && after.Kind() == value.Object:
		d.members(s, path, before, after)
	case before.Kind() == value.Array && after.Kind() == value.Array:
		d.items(s, path, before.Items(), after.Items())
	default:
		d.add(s, path, Update, before, after)
	}
}

// items compares two lists: of retriers and catchers those for the same errors, of others those at the same place.
func (d *differ) items(s subject, path string, before, after []value.Value) {
	if path == "Retry" || path == "Catch" {
		d.handlers(s, path, before, after)
		return
	}
	for i := range max(len(before), len(after)) {
		p := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(after):
			d.add(s, p, Delete, before[i], value.Value{})
		case i >= len(before):
			d.add(s, p, Create, value.Value{}, after[i])
		default:
			d.values(s, p, before[i], after[i])
		}
	}
}

// handlers compares retriers or catchers: an error that one more catches does not make the others look changed.
func (d *differ) handlers(s subject, path string, before, after []value.Value) {
	at := func(list []value.Value, h value.Value) int {
		return slices.IndexFunc(list, func(other value.Value) bool { return errorsOf(other) == errorsOf(h) })
	}
	last, moved := -1, false
	for i, h := range before {
		if at(after, h) < 0 {
			d.add(s, fmt.Sprintf("%s[%d]", path, i), Delete, h, value.Value{})
		}
	}
	for i, h := range after {
		p := fmt.Sprintf("%s[%d]", path, i)
		j := at(before, h)
		if j < 0 {
			d.add(s, p, Create, value.Value{}, h)
			continue
		}
		moved, last = moved || j < last, max(last, j)
		about := s
		about.name = s.name + " on " + errorsOf(h)
		d.values(about, p, before[j], h)
	}
	if moved {
		d.changes = append(d.changes, Change{Path: s.prefix + "order of " + path, Op: Update, Before: order(before), After: order(after)})
	}
}

func errorsOf(handler value.Value) string {
	list, _ := handler.Get("ErrorEquals")
	var names []string
	for _, e := range list.Items() {
		names = append(names, e.Str())
	}
	return strings.Join(names, ", ")
}

func order(handlers []value.Value) string {
	var names []string
	for _, h := range handlers {
		names = append(names, errorsOf(h))
	}
	return strings.Join(names, "; ")
}

func (d *differ) add(s subject, path string, op Op, before, after value.Value) {
	c := Change{Path: s.prefix + path, Op: op, Before: text(before), After: text(after)}
	if c.After != "" && s.renamed[c.Before] == c.After {
		return // it goes where it went, under a new name
	}
	if op == Update {
		c.Text = inWords(s, path, c.Before, c.After)
	}
	d.changes = append(d.changes, c)
}

// inWords says what a reader of the workflow would: where it goes, how often it tries. "" where the path says it well enough.
func inWords(s subject, path, before, after string) string {
	list, field, _ := strings.Cut(path, ".")
	name, _, indexed := strings.Cut(list, "[")
	switch {
	case path == "StartAt":
		return fmt.Sprintf("%sstarts at %s, no longer at %s", strings.ReplaceAll(s.prefix, "state ", ""), after, before)
	case path == "Next", path == "Default":
		return fmt.Sprintf("%s%s goes to %s, no longer to %s", s.name, map[string]string{"Default": " by default"}[path], after, before)
	case !indexed:
		return ""
	case name == "Choices" && field == "Next":
		return fmt.Sprintf("%s, choice %s, goes to %s, no longer to %s", s.name, ordinal(list), after, before)
	case name == "Catch" && field == "Next":
		return fmt.Sprintf("%s goes to %s, no longer to %s", s.name, after, before)
	case name == "Retry" && field == "MaxAttempts":
		return fmt.Sprintf("Retry of %s %s -> %s", s.name, before, after)
	case name == "Retry":
		return fmt.Sprintf("Retry of %s: %s %s -> %s", s.name, field, short(before), short(after))
	}
	return ""
}

// ordinal is an index as people count: "Choices[0]" is 1.
func ordinal(list string) string {
	var i int
	_, _ = fmt.Sscanf(list[strings.IndexByte(list, '[')+1:], "%d", &i)
	return fmt.Sprint(i + 1)
}

// text is a string without its quotes, anything else as JSON; of what is not there, "".
func text(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	if !v.Defined() {
		return ""
	}
	return v.String()
}
