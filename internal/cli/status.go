package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/plan"
)

func statusCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "status", Category: groupDeploy, ArgsUsage: "[WORKFLOW...]", Usage: "what is deployed, and whether it is what the project wants",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "exit-code", Usage: "exit with 2 when something differs"}},
		Action: func(c *cli.Context) error {
			return a.runStatus(c.Context, planOptions{c.Args().Slice(), c.Bool("exit-code")})
		},
	}
}

// machineStatus is a workflow as `status` prints it.
type machineStatus struct {
	Workflow string   `json:"workflow"`
	Type     string   `json:"type"`
	Alias    string   `json:"aliasArn"`
	Version  string   `json:"version,omitempty"` // of the alias
	State    string   `json:"state"`             // deployed, changed, absent
	Running  int      `json:"running"`
	Changes  []string `json:"changes,omitempty"`
}

type functionStatus struct {
	Handler string   `json:"handler"`
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	State   string   `json:"state"`
	Changes []string `json:"changes,omitempty"`
}

func (a *app) runStatus(ctx context.Context, o planOptions) error {
	t, err := a.prepare(ctx, o.workflows)
	if err != nil {
		return err
	}
	p, actual := t.plan(), t.actual
	machines, functions := machineStates(t, p, actual), functionStates(t, p, actual)
	if a.Format == "json" {
		err = a.printJSON(map[string]any{"env": a.Env, "place": t.place, "workflows": machines, "functions": functions, "plan": p.JSON()})
	} else {
		a.printStatus(t, machines, functions)
	}
	if err == nil && o.exitCode && !p.Empty() {
		return quiet(exitDifferences)
	}
	return err
}

func (a *app) printStatus(t *target, machines []machineStatus, functions []functionStatus) {
	a.talk("%s: account %s, %s\n", a.Env, t.place.Account, t.place.Region)
	for _, m := range machines {
		running := ""
		if m.Running > 0 {
			running = fmt.Sprintf("  %d running", m.Running)
		}
		a.print("%-9s %s %s%s\n", m.State, m.Workflow, versionText(m.Version), running)
		a.printChanges(m.Changes)
	}
	for _, f := range functions {
		a.print("%-9s   %s %s\n", f.State, f.Handler, versionText(f.Version))
		a.printChanges(f.Changes)
	}
}

func versionText(v string) string {
	if v == "" {
		return ""
	}
	return "version " + v
}

func (a *app) printChanges(changes []string) {
	for _, c := range changes {
		a.print("            %s\n", c)
	}
}

func machineStates(t *target, p *plan.Plan, actual *plan.Actual) []machineStatus {
	out := []machineStatus{}
	for _, m := range t.Desired.Machines {
		s := machineStatus{
			Workflow: m.Workflow, Type: m.Type, Alias: t.place.ARN("states", "stateMachine:"+m.Name+":"+plan.AliasName), State: "absent",
		}
		if live, ok := actual.Machines[m.Name]; ok {
			s.State, s.Changes = stateOf(p, plan.KindMachine, m.Name)
			s.Running = live.Running.Total()
			if live.Alias != nil {
				s.Version = plan.VersionOf(live.Alias.Version)
			}
		}
		out = append(out, s)
	}
	return out
}

func functionStates(t *target, p *plan.Plan, actual *plan.Actual) []functionStatus {
	out := []functionStatus{}
	for i := range t.Desired.Functions {
		f := &t.Desired.Functions[i]
		s := functionStatus{Handler: f.Handler, Name: f.Name, State: "absent"}
		if live, ok := actual.Functions[f.Name]; ok {
			s.State, s.Changes = stateOf(p, plan.KindFunction, f.Name)
			if live.Newest != nil {
				s.Version = live.Newest.Number
			}
		}
		out = append(out, s)
	}
	return out
}

// stateOf is whether the plan changes a resource, and how.
func stateOf(p *plan.Plan, kind plan.Kind, name string) (string, []string) {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind != kind || a.Name != name {
			continue
		}
		var changes []string
		for _, c := range a.Changes {
			changes = append(changes, c.String())
		}
		return "changed", changes
	}
	return "deployed", nil
}
