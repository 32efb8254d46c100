package plan

import (
	"fmt"
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
	prefix  string // "state Outer / ", for a reader
	pointer string // JSON Pointer of the machine
}

func (s scope) state(name string) (label, pointer string) {
	return s.prefix + "state " + name, s.pointer + "/States/" + escape(name)
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func (d *differ) machine(at scope, before, after value.Value) {
	d.members(at.prefix, "", without(before, "States"), without(after, "States"))
	old, _ := before.Get("States")
	now, _ := after.Get("States")
	for _, m := range old.Members() {
		if _, ok := now.Get(m.Name); !ok {
			label, _ := at.state(m.Name)
			d.changes = append(d.changes, Change{Path: label, Op: Delete, Before: kindOf(m.Value)})
		}
	}
	for _, m := range now.Members() {
		label, pointer := at.state(m.Name)
		was, ok := old.Get(m.Name)
		from := len(d.changes)
		if ok {
			d.state(label, pointer, was, m.Value)
		} else {
			d.changes = append(d.changes, Change{Path: label, Op: Create, After: kindOf(m.Value)})
		}
		d.place(from, d.source[pointer])
	}
}

// place gives the changes since from their source, where the inner ones have none of their own.
func (d *differ) place(from int, source string) {
	for i := range d.changes[from:] {
		if c := &d.changes[from+i]; c.Source == "" {
			c.Source = source
		}
	}
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

func (d *differ) state(label, pointer string, before, after value.Value) {
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
		d.machine(scope{prefix: label + " / " + m.label, pointer: pointer + m.path}, was, m.machine)
	}
	d.members(label+": ", "", blank(before, inner), blank(after, inner))
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

// members compares two objects, or lists of one length, down to what differs: "state Charge: Retry[0].MaxAttempts".
func (d *differ) members(prefix, path string, before, after value.Value) {
	for _, m := range before.Members() {
		p := join(path, m.Name)
		if now, ok := after.Get(m.Name); ok {
			d.values(prefix, p, m.Value, now)
		} else {
			d.changes = append(d.changes, Change{Path: prefix + p, Op: Delete, Before: m.Value.String()})
		}
	}
	for _, m := range after.Members() {
		if _, ok := before.Get(m.Name); !ok {
			d.changes = append(d.changes, Change{Path: prefix + join(path, m.Name), Op: Create, After: m.Value.String()})
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (d *differ) values(prefix, path string, before, after value.Value) {
	switch {
	case value.Equal(before, after):
	case before.Kind() == value.Object && after.Kind() == value.Object:
		d.members(prefix, path, before, after)
	case before.Kind() == value.Array && after.Kind() == value.Array:
		d.items(prefix, path, before.Items(), after.Items())
	default:
		d.changes = append(d.changes, Change{Path: prefix + path, Op: Update, Before: text(before), After: text(after)})
	}
}

func (d *differ) items(prefix, path string, before, after []value.Value) {
	for i := range max(len(before), len(after)) {
		p := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(after):
			d.changes = append(d.changes, Change{Path: prefix + p, Op: Delete, Before: before[i].String()})
		case i >= len(before):
			d.changes = append(d.changes, Change{Path: prefix + p, Op: Create, After: after[i].String()})
		default:
			d.values(prefix, p, before[i], after[i])
		}
	}
}

// text is a string without its quotes, anything else as JSON.
func text(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.String()
}
