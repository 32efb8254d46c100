package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/plan"
)

func statusCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "status", Category: groupDeploy, ArgsUsage: "[WORKFLOW...]", Usage: "what is deployed, whether it is what the project wants, and whose it is",
		Description: "Without WORKFLOW it also lists what stride made here, by its tags, and the project no longer wants.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "exit-code", Usage: "exit with 2 when something differs"}},
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

	Endpoints []endpoint `json:"endpoints,omitempty"`
}

type functionStatus struct {
	Handler string   `json:"handler"`
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	State   string   `json:"state"`
	Changes []string `json:"changes,omitempty"`
}

// resourceStatus is a resource that is not as it should be: one beside workflows and functions that differs, or any that is nobody's,
// another's or left over.
type resourceStatus struct {
	Resource string   `json:"resource"`
	State    string   `json:"state"`          // changed, absent, foreign, left over
	Note     string   `json:"note,omitempty"` // whose it is
	Changes  []string `json:"changes,omitempty"`
}

func (a *app) runStatus(ctx context.Context, o planOptions) error {
	t, err := a.prepare(ctx, o.workflows)
	if err != nil {
		return err
	}
	p, actual := t.plan(), t.actual
	machines, functions, others := machineStates(t, p, actual), functionStates(t, p, actual), otherStates(p)
	if len(o.workflows) == 0 {
		found, err := t.clients.Find(ctx, t.owner())
		if err != nil {
			return t.explain(err)
		}
		others = append(others, leftOver(plan.Unwanted(t.Desired, found))...)
	}
	if a.Format == "json" {
		err = a.printJSON(map[string]any{"env": a.Env, "place": t.place, "workflows": machines, "functions": functions, "others": others, "plan": p.JSON()})
	} else {
		a.printStatus(t, machines, functions, others)
	}
	if err == nil && o.exitCode && (!p.Empty() || len(others) > 0) {
		return quiet(exitDifferences)
	}
	return err
}

func (a *app) printStatus(t *target, machines []machineStatus, functions []functionStatus, others []resourceStatus) {
	a.talk("%s: account %s, %s\n", a.Env, t.place.Account, t.place.Region)
	for _, m := range machines {
		running := ""
		if m.Running > 0 {
			running = fmt.Sprintf("  %d running", m.Running)
		}
		a.print("%-9s %s %s%s\n", m.State, m.Workflow, versionText(m.Version), running)
		a.printEndpoints(m.Endpoints)
		a.printChanges(m.Changes)
	}
	for _, f := range functions {
		a.print("%-9s   %s %s\n", f.State, f.Handler, versionText(f.Version))
		a.printChanges(f.Changes)
	}
	left := false
	for _, o := range others {
		a.print("%-9s %s %s\n", o.State, o.Resource, o.Note)
		a.printChanges(o.Changes)
		left = left || o.State == stateLeftOver
	}
	if left {
		a.hint("stride destroy --left-over " + a.where())
	}
}

const stateLeftOver = "left over"

// otherStates are the resources beside workflows and functions that the plan is about, and those that are not the project's.
func otherStates(p *plan.Plan) []resourceStatus {
	out := []resourceStatus{}
	for _, problem := range p.Problems {
		out = append(out, resourceStatus{Resource: problem.Resource, State: "foreign", Note: problem.Message})
	}
	along := p.Along()
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind == plan.KindMachine || a.Kind == plan.KindFunction || a.Kind == plan.KindAlias || along[a.ID] {
			continue
		}
		s := resourceStatus{Resource: a.ID, State: "changed"}
		if a.Op == plan.Create {
			s.State = "absent"
		} else {
			_, s.Changes = stateOf(p, a.Kind, a.Name)
		}
		out = append(out, s)
	}
	return out
}

func leftOver(a *plan.Actual) []resourceStatus {
	var out []resourceStatus
	p := plan.Destroy("", "", a, false)
	for i := range p.Actions {
		out = append(out, resourceStatus{Resource: p.Actions[i].ID, State: stateLeftOver, Note: "made by stride, wanted by no workflow"})
	}
	return out
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
			Endpoints: t.endpoints(m.Name),
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
