package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/plan"
)

type planOptions struct {
	workflows []string
	exitCode  bool
}

func planCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "plan", Aliases: []string{"diff"}, Category: groupDeploy, ArgsUsage: "[WORKFLOW...]",
		Usage: "show what deploy would change, state by state",
		Description: "Reads AWS and changes nothing. -o json has all of it, -o md is for a pull request, -o github annotates the lines of Go.\n" +
			"In GitHub Actions the plan is also added to the step's summary.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "exit-code", Usage: "exit with 2 when something would change"}},
		Action: func(c *cli.Context) error {
			return a.runPlan(c.Context, planOptions{c.Args().Slice(), c.Bool("exit-code")})
		},
	}
}

func (a *app) runPlan(ctx context.Context, o planOptions) error {
	t, err := a.prepare(ctx, o.workflows)
	if err != nil {
		return err
	}
	p := t.plan()
	if err := a.printPlan(p, a.out); err != nil {
		return err
	}
	changed := func(w io.Writer) { fmt.Fprintf(w, "changed=%t\n", !p.Empty()) }
	if err := appendTo(os.Getenv("GITHUB_OUTPUT"), changed); err != nil {
		return err
	}
	if o.exitCode && (!p.Empty() || len(p.Problems) > 0) {
		return quiet(exitDifferences)
	}
	return nil
}

// printPlan prints p in the wanted form, and adds it to the step summary of GitHub Actions.
func (a *app) printPlan(p *plan.Plan, w io.Writer) error {
	switch a.Format {
	case "json":
		if err := a.printJSON(p.JSON()); err != nil {
			return err
		}
	case "md":
		p.WriteMarkdown(w)
	case "github":
		p.WriteGitHub(w)
	default:
		p.WriteText(w, a.painter(w))
	}
	return appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), p.WriteMarkdown)
}

// painter colours a plan's signs.
func (a *app) painter(w io.Writer) plan.Paint {
	on := a.paintOut
	if w == a.err {
		on = a.paintErr
	}
	colours := map[plan.Op]string{plan.Create: "32", plan.Update: "33", plan.Delete: "31"}
	return func(op plan.Op, sign string) string { return paint(on, colours[op], sign) }
}

// appendTo adds what write prints to a file, as CI systems collect it; "" is nowhere.
func appendTo(file string, write func(io.Writer)) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	write(f)
	return f.Close()
}
