package plan

import (
	"maps"
	"slices"
)

// Destroy removes everything in a: triggers, state machines, then the functions that they called, then roles and log groups. Whose they are
// was decided by who read a.
func Destroy(project, env string, a *Actual, keepLogs bool) *Plan {
	m := &maker{acts: map[string]bool{}, plan: &Plan{Project: project, Env: env, Place: a.Place}}
	var triggers, machines []string
	for _, name := range slices.Sorted(maps.Keys(a.Triggers)) {
		t := a.Triggers[name]
		triggers = append(triggers, m.removeTrigger(&t))
	}
	for _, name := range slices.Sorted(maps.Keys(a.ScheduleGroups)) {
		triggers = append(triggers, m.remove(KindScheduleGroup, name, []Call{DeleteScheduleGroup}, triggers...))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Machines)) {
		machines = append(machines, m.remove(KindMachine, name, []Call{DeleteMachine}, triggers...))
	}
	users := machines
	for _, name := range slices.Sorted(maps.Keys(a.Functions)) {
		users = append(users, m.remove(KindFunction, name, []Call{DeleteFunction}, machines...))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Roles)) {
		m.remove(KindRole, name, []Call{DeleteRolePolicy, DropStatements, DeleteRole}, users...)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Buckets)) {
		m.remove(KindBucket, name, []Call{EmptyBucket, DeleteBucket}, users...)
	}
	if keepLogs {
		return m.plan
	}
	for _, name := range slices.Sorted(maps.Keys(a.LogGroups)) {
		m.remove(KindLogGroup, name, []Call{DeleteLogGroup}, users...)
	}
	return m.plan
}

func (m *maker) remove(kind Kind, name string, calls []Call, needs ...string) string {
	m.add(Action{Kind: kind, Op: Delete, Name: name, Calls: calls}, needs...)
	return id(kind, name)
}

// Unwanted is what of a, all of it the project's, d does not have.
func Unwanted(d *Desired, a *Actual) *Actual {
	out := *a
	out.LogGroups, out.Roles, out.Functions, out.Machines = maps.Clone(a.LogGroups), maps.Clone(a.Roles), maps.Clone(a.Functions), maps.Clone(a.Machines)
	for i := range d.LogGroups {
		delete(out.LogGroups, d.LogGroups[i].Name)
	}
	for i := range d.Roles {
		delete(out.Roles, d.Roles[i].Name)
	}
	for i := range d.Functions {
		delete(out.Functions, d.Functions[i].Name)
	}
	for i := range d.Machines {
		delete(out.Machines, d.Machines[i].Name)
	}
	if d.Bucket != nil {
		out.Buckets = nil
	}
	out.Triggers, out.ScheduleGroups = maps.Clone(a.Triggers), maps.Clone(a.ScheduleGroups)
	for i := range d.Triggers {
		delete(out.Triggers, d.Triggers[i].ID())
		if d.Triggers[i].Kind == KindSchedule {
			out.ScheduleGroups = nil
		}
	}
	return &out
}

// Spare takes the functions out of a that versions in the inventory call, of machines that stay, with the roles and their
// log groups, and returns their names.
func Spare(in *Inventory, a *Actual) []string {
	called := map[string]bool{}
	for _, h := range in.Machines {
		if _, goes := a.Machines[h.Name]; goes {
			continue
		}
		for _, v := range h.Versions {
			for name := range v.Pins {
				called[name] = true
			}
		}
	}
	var spared []string
	for _, name := range slices.Sorted(maps.Keys(a.Functions)) {
		if called[name] {
			spared = append(spared, name)
			delete(a.Functions, name)
			delete(a.LogGroups, "/aws/lambda/"+name)
		}
	}
	if len(spared) > 0 {
		a.Roles = nil // which of them the functions have was not read
	}
	return spared
}
