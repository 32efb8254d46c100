package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/store"
)

// table has each account's roles and policies, by its number.
const table = "iam"

type accountRecord struct {
	Roles    []roleRecord
	Policies []policyRecord
}

type roleRecord struct {
	role
	Trust    string
	Inline   map[string]string
	Attached []string
}

type policyRecord struct {
	managed
	Versions []versionRecord
	Numbers  int
}

type versionRecord struct {
	policyVersion
	Text string
}

// Keep reads what the store has, and files every change there from now on.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	for id, text := range st.Up(table, "") {
		var r accountRecord
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("roles of account %s in the data directory: %w", id, err)
		}
		s.account(id).restore(r)
	}
	return nil
}

func (a *account) restore(r accountRecord) {
	for _, saved := range r.Roles {
		found := saved.role
		found.trust, found.inline, found.attached = saved.Trust, saved.Inline, saved.Attached
		if found.inline == nil {
			found.inline = map[string]string{}
		}
		a.roles[found.RoleName] = &found
	}
	for _, saved := range r.Policies {
		found := saved.managed
		found.numbers = saved.Numbers
		for _, v := range saved.Versions {
			v.policyVersion.text = v.Text
			found.versions = append(found.versions, v.policyVersion)
		}
		a.policies[found.Arn] = &found
	}
}

// reads says whether an operation changes nothing.
func reads(operation string) bool {
	return strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List")
}

// keep files an account. s.mu is held.
func (s *Service) keep(id string, a *account) error {
	if s.store == nil {
		return nil
	}
	var r accountRecord
	for _, name := range slices.Sorted(maps.Keys(a.roles)) {
		found := a.roles[name]
		r.Roles = append(r.Roles, roleRecord{*found, found.trust, found.inline, found.attached})
	}
	for _, arn := range slices.Sorted(maps.Keys(a.policies)) {
		found := a.policies[arn]
		saved := policyRecord{managed: *found, Numbers: found.numbers}
		for _, v := range found.versions {
			saved.Versions = append(saved.Versions, versionRecord{v, v.text})
		}
		r.Policies = append(r.Policies, saved)
	}
	text, err := json.Marshal(r)
	if err == nil {
		s.store.Write(store.Change{Table: table, Key: id, Value: text})
	}
	return err
}
