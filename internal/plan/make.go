package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/policy"
)

// Make says what turns actual into desired. It is empty when nothing differs, however AWS orders or formats what it returns.
func Make(d *Desired, a *Actual) *Plan {
	m := &maker{
		desired: d, actual: a, acts: map[string]bool{},
		plan: &Plan{Project: d.Project, Env: d.Env, Place: d.Place, Pins: map[string]string{}, Running: map[string]Running{}},
	}
	for i := range d.LogGroups {
		m.logGroup(&d.LogGroups[i])
	}
	for i := range d.Roles {
		m.role(&d.Roles[i])
	}
	m.bucket(d.Bucket)
	for i := range d.Functions {
		m.function(&d.Functions[i])
	}
	for i := range d.Machines {
		m.machine(&d.Machines[i])
	}
	m.aliases()
	m.triggers()
	return m.plan
}

// maker is one Make at work.
type maker struct {
	desired *Desired
	actual  *Actual
	plan    *Plan
	acts    map[string]bool // the IDs of the actions so far
	moves   []Action        // of aliases, which come last
}

// add plans an action, or counts its resource as unchanged where there is nothing to call.
func (m *maker) add(a Action, needs ...string) {
	if len(a.Calls) == 0 {
		m.plan.Unchanged++
		return
	}
	a.ID = id(a.Kind, a.Name)
	for _, need := range needs {
		if m.acts[need] {
			a.Needs = append(a.Needs, need)
		}
	}
	m.acts[a.ID] = true
	m.plan.Actions = append(m.plan.Actions, a)
}

// owned reports a live resource that this project's environment did not make.
func (m *maker) owned(kind Kind, name string, tags Tags) {
	env, project := tags[TagEnv], tags[TagProject]
	if env == m.desired.Env && project == m.desired.Project {
		return
	}
	p := Problem{Resource: id(kind, name), Message: "exists, and stride did not make it"}
	if env != "" || project != "" {
		p.Message = fmt.Sprintf("belongs to environment %q of project %q", env, project)
		p.Fatal = true
	}
	m.plan.Problems = append(m.plan.Problems, p)
}

// differences collects the changes and calls of one update.
type differences struct {
	changes []Change
	calls   []Call
}

func (d *differences) call(c Call) {
	if !slices.Contains(d.calls, c) {
		d.calls = append(d.calls, c)
	}
}

// compare notes a change of what call sets, where before and after differ.
func compare[T comparable](d *differences, call Call, path string, before, after T) {
	if before != after {
		d.changes = append(d.changes, Change{Path: path, Op: Update, Before: show(before), After: show(after)})
		d.call(call)
	}
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// tags compares the tags that are wanted; a resource may have others.
func (d *differences) tags(call Call, before, after Tags) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if old, ok := before[name]; !ok || old != after[name] {
			op := Update
			if !ok {
				op = Create
			}
			d.changes = append(d.changes, Change{Path: "tag " + name, Op: op, Before: old, After: after[name]})
			d.call(call)
		}
	}
}

func (d *differences) action(kind Kind, name string) Action {
	return Action{Kind: kind, Op: Update, Name: name, Changes: d.changes, Calls: d.calls}
}

func (m *maker) logGroup(want *LogGroup) {
	have, ok := m.actual.LogGroups[want.Name]
	a := Action{Kind: KindLogGroup, Op: Create, Name: want.Name, Calls: []Call{CreateLogGroup}}
	switch {
	case !ok && want.Retention > 0:
		a.Calls = append(a.Calls, PutRetention)
		a.Changes = []Change{{Path: "retention", Op: Create, After: days(want.Retention)}}
	case ok:
		// Whose it is is not asked: Lambda makes the group itself when a function runs before its group is there, and reading the
		// tags of each would take a request that AWS allows five times a second. Destroy asks.
		var d differences
		compare(&d, PutRetention, "retention", days(have.Retention), days(want.Retention))
		a = d.action(KindLogGroup, want.Name)
	}
	a.LogGroup = want
	m.add(a)
}

func days(n int) string {
	if n == 0 {
		return "for ever"
	}
	return fmt.Sprintf("%d days", n)
}

func (m *maker) role(want *Role) {
	have, ok := m.actual.Roles[want.Name]
	if !ok {
		a := Action{Kind: KindRole, Op: Create, Name: want.Name, Calls: []Call{CreateRole}, Role: want}
		if want.Policy != nil {
			a.Calls = append(a.Calls, PutRolePolicy)
			a.Changes = want.statements(nil)
		}
		m.add(a)
		return
	}
	m.owned(KindRole, want.Name, have.Tags)
	var d differences
	if !policy.Equal(have.Trust, want.Trust) {
		d.changes = append(d.changes, Change{Path: "trust", Op: Update, Before: first(have.Trust), After: first(want.Trust)})
		d.call(PutTrust)
	}
	earlier := missingFrom(want.Policy, have.Policy)
	if len(earlier) > 0 {
		d.call(KeepStatements)
	}
	if !policy.Equal(have.Policy, want.Policy) {
		d.changes = append(d.changes, want.statements(have.Policy)...)
		d.call(policyCall(want.Policy))
	}
	compare(&d, boundaryCall(want.Boundary), "permissions boundary", have.Boundary, want.Boundary)
	d.tags(TagRole, have.Tags, want.Tags)
	a := d.action(KindRole, want.Name)
	role := *want
	role.Earlier = earlier
	a.Role = &role
	m.add(a)
}

// missingFrom are the statements of old that now does not have.
func missingFrom(now, old *policy.Document) []policy.Statement {
	if old == nil {
		return nil
	}
	var out []policy.Statement
	for _, s := range old.Statement {
		if !now.Has(s) {
			out = append(out, s)
		}
	}
	return out
}

func policyCall(p *policy.Document) Call {
	if p == nil {
		return DeleteRolePolicy
	}
	return PutRolePolicy
}

func boundaryCall(arn string) Call {
	if arn == "" {
		return DeleteBoundary
	}
	return PutBoundary
}

func first(d *policy.Document) string {
	if texts := d.Texts(); len(texts) > 0 {
		return texts[0]
	}
	return ""
}

// statements are the statements that come and go, with the states that new ones are for.
func (r *Role) statements(before *policy.Document) []Change {
	old, now := before.Texts(), r.Policy.Texts()
	var changes []Change
	for _, s := range old {
		if !slices.Contains(now, s) {
			changes = append(changes, Change{Path: "statement", Op: Delete, Before: statementText(before, s), Reason: "kept for versions that may still run"})
		}
	}
	for _, s := range now {
		if !slices.Contains(old, s) {
			changes = append(changes, Change{Path: "statement", Op: Create, After: statementText(r.Policy, s), Reason: r.reason(s)})
		}
	}
	return changes
}

// reason is what the statement with this normal form is for: "for Charge, Notify".
func (r *Role) reason(normal string) string {
	for _, g := range r.Grants {
		if g.Statement.Normal() != normal {
			continue
		}
		if len(g.States) > 0 {
			return "for " + strings.Join(g.States, ", ")
		}
		return "for " + g.Reason
	}
	return ""
}

// statementText is "allow lambda:InvokeFunction on arn:…", for the statement of d whose normal form is normal.
func statementText(d *policy.Document, normal string) string {
	for _, s := range d.Statement {
		if s.Normal() == normal {
			return fmt.Sprintf("%s %s on %s", strings.ToLower(s.Effect), strings.Join(s.Action, ", "), strings.Join(s.Resource, ", "))
		}
	}
	return normal
}

func (m *maker) function(want *Function) {
	needs := []string{id(KindRole, RoleName(want.Settings.Role)), id(KindLogGroup, logGroupOf(want))}
	if b := m.desired.Bucket; b.Through(want.Code) {
		needs = append(needs, id(KindBucket, b.Name))
	}
	have, ok := m.actual.Functions[want.Name]
	if !ok {
		a := Action{Kind: KindFunction, Op: Create, Name: want.Name, Calls: []Call{CreateFunction}, Function: want}
		a.Changes = []Change{{Path: "code", Op: Create, After: size(want.Code)}}
		if want.Concurrency > 0 {
			a.Calls = append(a.Calls, PutConcurrency)
		}
		m.through(&a)
		m.add(a, needs...)
		return
	}
	m.owned(KindFunction, want.Name, have.Tags)
	a := functionUpdate(want, &have, m.recorded(want))
	a.Function, a.Revision = want, have.Revision
	for i := range a.Changes {
		if !strings.HasPrefix(a.Changes[i].Path, "tag ") {
			a.Changes[i].Source = want.Source
		}
	}
	if !a.publishes() {
		m.plan.Pins[want.Name] = have.Newest.Number
	}
	m.through(&a)
	m.add(a, needs...)
}

func logGroupOf(f *Function) string {
	return cmp.Or(f.Settings.LogGroup, "/aws/lambda/"+f.Name)
}

// RoleName is the name in a role's ARN, which may have a path.
func RoleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func size(c Code) string { return fmt.Sprintf("%.1f MB", float64(c.Size)/1e6) }

// publishes is whether a makes a new version of its function.
func (a *Action) publishes() bool {
	return slices.ContainsFunc(a.Calls, func(c Call) bool {
		return c == CreateFunction || c == UpdateCode || c == PublishFunction
	})
}

// functionUpdate is the shortest run of calls after which $LATEST and the newest version are as wanted. Settings go first, so
// that the upload of the code can publish both at once. packages are the marks of what the function was made of.
func functionUpdate(want *Function, have *LiveFunction, packages string) Action {
	var d differences
	for _, f := range settingFields {
		compare(&d, UpdateSettings, f.name, f.text(have.Settings), f.text(want.Settings))
	}
	d.environment(have.Settings.Env, want.Settings.Env)
	newCode := have.Code.SHA256 != want.Code.SHA256 || have.Settings.Architecture != want.Settings.Architecture
	if newCode {
		d.changes = append(d.changes, Change{Path: "code", Op: Update, Before: digest(have.Code), After: digest(want.Code), Reason: why(packages, want.Code)})
		d.call(UpdateCode)
	} else if !published(want, have.Newest) {
		if len(d.calls) == 0 {
			d.changes = append(d.changes, Change{Path: "version", Op: Create, After: "the code is there, but not published"})
		}
		d.call(PublishFunction)
	}
	compare(&d, concurrencyCall(want.Concurrency), "reserved concurrency", have.Concurrency, want.Concurrency)
	d.tags(TagFunction, have.Tags, want.Tags)
	return d.action(KindFunction, want.Name)
}

func concurrencyCall(n int) Call {
	if n == 0 {
		return DeleteConcurrency
	}
	return PutConcurrency
}

// digest is enough of a code hash to tell two apart.
func digest(c Code) string {
	if len(c.SHA256) < 8 {
		return c.SHA256
	}
	return c.SHA256[:8]
}

// published is whether the version v is what is wanted.
func published(want *Function, v *FunctionVersion) bool {
	return v != nil && v.SHA256 == want.Code.SHA256 && v.Settings.Architecture == want.Settings.Architecture && v.Settings.Equal(want.Settings)
}

// Equal is whether s and other are the same, the architecture aside, which goes with the code.
func (s Settings) Equal(other Settings) bool {
	for _, f := range settingFields {
		if f.text(s) != f.text(other) {
			return false
		}
	}
	return maps.Equal(s.Env, other.Env)
}

// settingFields are the settings that one text each compares and shows. Architecture goes with the code, Env by the variable.
var settingFields = []struct {
	name string
	text func(Settings) string
}{
	{"role", func(s Settings) string { return s.Role }},
	{"runtime", func(s Settings) string { return s.Runtime }},
	{"handler", func(s Settings) string { return s.Handler }},
	{"description", func(s Settings) string { return s.Description }},
	{"memory", func(s Settings) string { return fmt.Sprintf("%d MB", s.Memory) }},
	{"timeout", func(s Settings) string { return fmt.Sprintf("%d s", s.Timeout) }},
	{"storage", func(s Settings) string { return fmt.Sprintf("%d MB", s.Storage) }},
	{"tracing", func(s Settings) string { return strconv.FormatBool(s.Tracing) }},
	{"KMS key", func(s Settings) string { return s.KMSKey }},
	{"subnets", func(s Settings) string { return sortedText(s.Subnets) }},
	{"security groups", func(s Settings) string { return sortedText(s.SecurityGroups) }},
	{"log group", func(s Settings) string { return s.LogGroup }},
}

func sortedText(list []string) string { return strings.Join(slices.Sorted(slices.Values(list)), " ") }

// environment compares environment variables. Their values may be secret, so none is shown.
func (d *differences) environment(before, after map[string]string) {
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		old, had := before[name]
		now, has := after[name]
		if had && has && old == now {
			continue
		}
		c := Change{Path: "variable " + name, Op: Update, Before: "(hidden)", After: "(hidden)"}
		switch {
		case !had:
			c.Op, c.Before = Create, ""
		case !has:
			c.Op, c.After = Delete, ""
		}
		d.changes = append(d.changes, c)
		d.call(UpdateSettings)
	}
}
