package plan

import (
	"maps"
	"slices"
	"strconv"
)

// Inventory is what of a project's environment can be thrown away: the versions of its machines, and of the functions that they call.
type Inventory struct {
	Project, Env string
	Place        Place
	Keep         int                 // versions of each machine that rollback can reach
	Machines     []History           // all that the project has in the environment
	Functions    map[string][]string // function -> published versions
	// Roles has for each machine and function the name of the role that stride made for it.
	Roles map[string]string
}

// History is the versions of one machine, newest first.
type History struct {
	Name     string
	Versions []Version
	// Unversioned is set where executions run that were not started through a version: nobody knows what they call.
	Unversioned bool
}

// Version is one of a machine.
type Version struct {
	Number  string
	Content string
	Pins    map[string]string // function -> version that it calls
	Needed  bool              // an alias points to it, or an execution runs on it
}

// Collect removes machine versions beyond the kept ones, then function versions that no remaining definition calls, then the
// permissions that only removed versions needed. Versions that an alias or a running execution needs stay.
func Collect(in *Inventory) *Plan {
	m := &maker{acts: map[string]bool{}, plan: &Plan{Project: in.Project, Env: in.Env, Place: in.Place}}
	called := map[string]map[string]bool{} // function -> versions that remain called
	blind := false
	var removed []string
	for _, h := range in.Machines {
		left := m.machineVersions(h, in.Keep, &removed)
		blind = blind || h.Unversioned
		for _, v := range left {
			for function, version := range v.Pins {
				if called[function] == nil {
					called[function] = map[string]bool{}
				}
				called[function][version] = true
			}
		}
		if alike(left) && !h.Unversioned {
			m.dropEarlier(in.Roles[h.Name], removed)
		}
	}
	if blind {
		return m.plan
	}
	for _, function := range slices.Sorted(maps.Keys(in.Functions)) {
		m.functionVersions(function, in, called[function], removed)
	}
	return m.plan
}

// machineVersions removes what is beyond keep, and returns what is left.
func (m *maker) machineVersions(h History, keep int, removed *[]string) []Version {
	var left []Version
	for i, v := range h.Versions {
		if i < keep || v.Needed {
			left = append(left, v)
			continue
		}
		*removed = append(*removed, m.remove(KindMachineVersion, h.Name+":"+v.Number, []Call{DeleteVersion}))
	}
	return left
}

// alike is whether all versions hold the same.
func alike(versions []Version) bool {
	for _, v := range versions {
		if v.Content == "" || v.Content != versions[0].Content {
			return false
		}
	}
	return true
}

// functionVersions removes the versions that nothing calls; the newest stays, as the one that the next deploy compares with.
func (m *maker) functionVersions(function string, in *Inventory, called map[string]bool, needs []string) {
	newest := 0
	for _, v := range in.Functions[function] {
		n, _ := strconv.Atoi(v)
		newest = max(newest, n)
	}
	left := 0
	for _, v := range in.Functions[function] {
		if called[v] || v == strconv.Itoa(newest) {
			left++
			continue
		}
		m.remove(KindFunctionVersion, function+":"+v, []Call{DeleteFunction}, needs...)
	}
	if left == 1 {
		m.dropEarlier(in.Roles[function], needs)
	}
}

// dropEarlier removes the permissions that only removed versions needed.
func (m *maker) dropEarlier(role string, needs []string) {
	if role != "" {
		m.add(Action{Kind: KindRole, Op: Update, Name: role, Calls: []Call{DropStatements},
			Changes: []Change{{Path: "statements of earlier versions", Op: Delete}}}, needs...)
	}
}

// PinsOf are the function versions that a definition calls, by function name.
func PinsOf(m *Machine) map[string]string { return pinsOf(m.Definition) }
