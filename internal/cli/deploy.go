package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/plan"
)

type deployOptions struct {
	workflows []string
	dryRun    bool
	adopt     bool // what stride did not make
	again     bool // by dev, which starts the workflow itself: the result names what changed
}

func deployCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "deploy", Category: groupDeploy, ArgsUsage: "[WORKFLOW...]",
		Usage: "make AWS what the project is: roles, logs, functions, versions, machines, aliases",
		Description: "The alias 'current' of each state machine moves last. A deploy that was interrupted is finished by the next one;\n" +
			"executions that run stay on the version they started with.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Usage: "print the plan and change nothing"},
			&cli.BoolFlag{Name: "adopt", Usage: "take over what exists under the project's names and has no owner"},
			&cli.BoolFlag{Name: "again", Hidden: true},
		},
		Action: func(c *cli.Context) error {
			return a.runDeploy(c.Context, deployOptions{c.Args().Slice(), c.Bool("dry-run"), c.Bool("adopt"), c.Bool("again")})
		},
	}
}

func (a *app) runDeploy(ctx context.Context, o deployOptions) error {
	if o.dryRun {
		return a.runPlan(ctx, planOptions{workflows: o.workflows})
	}
	t, err := a.prepare(ctx, o.workflows)
	if err != nil {
		return err
	}
	p := t.plan()
	if err := a.adopt(p, o.adopt); err != nil {
		return err
	}
	if !p.Empty() {
		p.WriteText(a.err, a.painter(a.err))
	}
	d, err := a.apply(ctx, t, p)
	if err != nil {
		return err
	}
	if len(d.machines) > 0 {
		a.collect(ctx, t)
	}
	return a.deployed(t, p, d.versions(t.actual), o.again)
}

// adopt asks before something is changed that stride did not make, and refuses what is somebody else's. --yes is no answer to that: it
// is given to deploys that should change what is the project's.
func (a *app) adopt(p *plan.Plan, flag bool) error {
	var ask []string
	var refused []error
	for _, problem := range p.Problems {
		if problem.Fatal {
			refused = append(refused, fmt.Errorf("%s %s", problem.Resource, problem.Message))
			continue
		}
		ask = append(ask, problem.Resource)
	}
	if len(refused) > 0 || len(ask) == 0 || flag {
		return errors.Join(refused...)
	}
	yes, err := a.ask(fmt.Sprintf("%s: stride did not make it; adopt it and change it", strings.Join(ask, ", ")), "--adopt")
	if err == nil && !yes {
		return errors.New("nothing was changed")
	}
	return err
}

// applied is what a deploy has done.
type applied struct {
	machines map[string]string // state machine -> version ARN
	plan     *plan.Plan
}

func (a *app) apply(ctx context.Context, t *target, p *plan.Plan) (*applied, error) {
	begun := time.Now()
	progress := a.progress(p)
	result, err := t.clients.Apply(ctx, p, t.Zips, progress)
	progress.close()
	switch {
	case errors.Is(err, context.Canceled):
		a.talk("aliases that had not moved still point to their old versions; a rollout stays where it is\n")
		a.hint("stride deploy " + a.where() + "   (does the rest; stride rollback goes back)")
		return nil, err
	case err != nil:
		return nil, withHint(t.explain(err), "stride deploy "+a.where()+"   (does the rest, once that is mended)")
	}
	if !p.Empty() {
		a.talk("deployed to %s in %.1f s\n", a.Env, time.Since(begun).Seconds())
	}
	return &applied{machines: result.Machines, plan: p}, nil
}

// collect removes the versions that nobody needs any more. The deploy is done: what goes wrong here is said, and left to the next.
func (a *app) collect(ctx context.Context, t *target) {
	in, err := t.clients.Inventory(ctx, t.owner(), t.Desired, t.env.Keep)
	if err == nil {
		p := plan.Collect(in)
		if _, err = t.clients.Apply(ctx, p, nil, nil); err == nil && p.Count(plan.Delete) > 0 {
			a.talk("removed %s that nothing needs\n", counted(p.Count(plan.Delete), "old version"))
		}
	}
	if err != nil {
		a.talk("old versions stay until the next deploy: %v\n", err)
	}
}

// versions are the version ARNs that the aliases have now.
func (d *applied) versions(before *plan.Actual) map[string]string {
	out := map[string]string{}
	for name, m := range before.Machines {
		if m.Alias != nil {
			out[name] = m.Alias.Version
		}
	}
	for name, version := range d.machines {
		out[name] = version
	}
	return out
}

// deployedMachine is a line of a deploy's result.
type deployedMachine struct {
	Workflow string `json:"workflow"`
	ARN      string `json:"stateMachineArn"`
	Alias    string `json:"aliasArn"`
	Version  string `json:"version"`
	Changed  bool   `json:"changed"`

	Endpoints []endpoint `json:"endpoints,omitempty"`
}

// deployed prints what is there now, and hands it to GitHub Actions.
func (a *app) deployed(t *target, p *plan.Plan, versions map[string]string, again bool) error {
	var machines []deployedMachine
	moved := p.Affected()
	for _, m := range t.Desired.Machines {
		arn := t.place.ARN("states", "stateMachine:"+m.Name)
		changed := false
		for _, name := range moved {
			changed = changed || name == m.Name
		}
		machines = append(machines, deployedMachine{m.Workflow, arn, arn + ":" + plan.AliasName, plan.VersionOf(versions[m.Name]), changed, t.endpoints(m.Name)})
	}
	if err := appendTo(os.Getenv("GITHUB_OUTPUT"), func(w io.Writer) { writeOutputs(w, !p.Empty(), machines) }); err != nil {
		return err
	}
	if err := appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), p.WriteMarkdown); err != nil {
		return err
	}
	if a.Format == "json" {
		return a.printJSON(map[string]any{"env": a.Env, "changed": !p.Empty(), "machines": machines, "plan": p.JSON()})
	}
	for _, m := range machines {
		if again && !m.Changed {
			continue
		}
		a.print("%s version %s  %s\n", m.Workflow, m.Version, m.Alias)
		a.printEndpoints(m.Endpoints)
	}
	if p.Empty() {
		a.talk("%s\n", p.Summary())
	}
	if !p.Empty() && !again {
		a.hintStart(t, machines)
	}
	return nil
}

// hintStart says how to start what was deployed.
func (a *app) hintStart(t *target, machines []deployedMachine) {
	a.hint(fmt.Sprintf("stride start %s %s --input FILE", machines[0].Workflow, a.where()))
	for _, m := range machines {
		for _, e := range m.Endpoints {
			a.hint(e.curl(t.place.Region))
		}
	}
}

// writeOutputs prints the outputs of a GitHub Actions step: whether something changed, all machines as JSON, and for order-fulfilment
// order_fulfilment_arn and its like; for its trigger checkout, order_fulfilment_checkout_url.
func writeOutputs(w io.Writer, changed bool, machines []deployedMachine) {
	text, _ := json.Marshal(machines) // texts and booleans always marshal
	fmt.Fprintf(w, "changed=%t\nmachines=%s\n", changed, text)
	for _, m := range machines {
		name := strings.ReplaceAll(m.Workflow, "-", "_")
		fmt.Fprintf(w, "%s_arn=%s\n%s_alias_arn=%s\n%s_version=%s\n", name, m.ARN, name, m.Alias, name, m.Version)
		for _, e := range m.Endpoints {
			fmt.Fprintf(w, "%s_%s_url=%s\n", name, strings.ReplaceAll(e.Trigger, "-", "_"), e.URL)
		}
	}
}
