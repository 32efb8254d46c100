package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
)

// grantLine is one statement of a role as `explain iam` prints it.
type grantLine struct {
	Role      string   `json:"role"`
	Effect    string   `json:"effect"`
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
	// Conditions are under which it holds, by operator and key.
	Conditions map[string]policy.Condition `json:"conditions,omitempty"`

	Reason string   `json:"reason"`
	States []string `json:"states,omitempty"`
}

// explainIAM compiles and asks nobody: an account that the environment does not name is ACCOUNT.
func (a *app) explainIAM(ctx context.Context, names []string) error {
	p, e, workflows, err := a.chosen(names)
	if err != nil {
		return err
	}
	built, err := p.Prepare(ctx, e, workflows)
	if err != nil {
		return err
	}
	if err := built.Build(ctx, false); err != nil { // what the code calls is known of what is built
		return err
	}
	d, err := built.Deployment(plan.Place{Partition: "aws", Account: cmp.Or(e.Account, "ACCOUNT"), Region: cmp.Or(a.Region, e.Region, "REGION")})
	if err != nil {
		return err
	}
	roles := append(d.Desired.Roles, d.Own...)
	if a.Format == "policy" {
		return a.printPolicies(roles)
	}
	return a.printGrants(roles)
}

// printPolicies prints each role's trust and policy as IAM takes them, for who makes roles elsewhere.
func (a *app) printPolicies(roles []plan.Role) error {
	type documents struct{ Trust, Policy *policy.Document }
	all := map[string]documents{}
	for _, r := range roles {
		all[r.Name] = documents{r.Trust, r.Policy}
	}
	return a.printJSON(all)
}

func (a *app) printGrants(roles []plan.Role) error {
	lines := []grantLine{}
	for _, r := range roles {
		for _, g := range r.Grants {
			lines = append(lines, grantLine{r.Name, g.Statement.Effect, g.Statement.Action, g.Statement.Resource, g.Statement.Condition, g.Reason, g.States})
		}
	}
	if a.Format == "json" {
		return a.printJSON(lines)
	}
	role := ""
	for _, l := range lines {
		if l.Role != role {
			role = l.Role
			a.print("%s\n", role)
		}
		a.print("  %s\n", strings.Join(l.Actions, ", "))
		for _, action := range l.Actions {
			if !policy.Known(action) {
				a.print("      %s is not among the actions that IAM has (%s)\n", action, policy.Source())
			}
		}
		for _, r := range l.Resources {
			a.print("      on %s\n", r)
		}
		for _, operator := range slices.Sorted(maps.Keys(l.Conditions)) {
			for _, key := range slices.Sorted(maps.Keys(l.Conditions[operator])) {
				a.print("      when %s %s %s\n", key, operator, strings.Join(l.Conditions[operator][key], ", "))
			}
		}
		why := l.Reason
		if len(l.States) > 0 {
			why += " of " + strings.Join(l.States, ", ")
		}
		a.print("      for %s\n", why)
	}
	return nil
}
