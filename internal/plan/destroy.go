package plan

import (
	"maps"
	"slices"
)

// Destroy removes everything in a: state machines, then the functions that they called, then roles and log groups. Whose they are
// was decided by who read a.
func Destroy(project, env string, a *Actual, keepLogs bool) *Plan {
	m := &maker{acts: map[string]bool{}, plan: &Plan{Project: project, Env: env, Place: a.Place}}
	var machines []string
	for _, name := range slices.Sorted(maps.Keys(a.Machines)) {
		machines = append(machines, m.remove(KindMachine, name, []Call{DeleteMachine}))
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
