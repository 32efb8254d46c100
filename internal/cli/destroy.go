package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/plan"
)

type destroyOptions struct{ keepLogs, leftOver bool }

func destroyCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "destroy", Category: groupDeploy,
		Usage:       "remove everything that stride made in the environment, and nothing else",
		Description: "What is stride's is known by its tags, also what the project no longer has. Running executions end.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "keep-logs", Usage: "leave the log groups"},
			&cli.BoolFlag{Name: "left-over", Usage: "remove only what no workflow of the project wants any more"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return a.runDestroy(c.Context, destroyOptions{c.Bool("keep-logs"), c.Bool("left-over")})
		},
	}
}

func (a *app) runDestroy(ctx context.Context, o destroyOptions) error {
	t, err := a.identify(ctx)
	if err != nil {
		return err
	}
	found, err := t.clients.Find(ctx, t.owner())
	if err != nil {
		return t.explain(err)
	}
	if o.leftOver {
		if found, err = a.leftOver(ctx, t, found); err != nil {
			return err
		}
	}
	p := plan.Destroy(t.project.Name, t.env.Name, found, o.keepLogs)
	if p.Empty() {
		a.talk("environment %s of project %s has nothing in %s\n", t.env.Name, t.project.Name, t.place.Region)
		return a.destroyed(p)
	}
	p.WriteText(a.err, a.painter(a.err))
	yes, err := a.confirm(fmt.Sprintf("delete all of it in account %s", t.place.Account))
	if err != nil {
		return err
	}
	if !yes {
		return errors.New("nothing was deleted")
	}
	progress := a.progress(p)
	_, err = t.clients.Apply(ctx, p, nil, progress)
	progress.close()
	if err != nil {
		return withHint(t.explain(err), "stride destroy "+a.where()+"   (does the rest)")
	}
	return a.destroyed(p)
}

// leftOver is what of found the project does not want.
func (a *app) leftOver(ctx context.Context, t *target, found *plan.Actual) (*plan.Actual, error) {
	p, e, workflows, err := a.chosen(nil)
	if err != nil {
		return nil, err
	}
	built, err := p.Prepare(ctx, e, workflows)
	if err != nil {
		return nil, err
	}
	wanted, err := built.Deployment(t.place)
	if err != nil {
		return nil, err
	}
	in, err := t.clients.Inventory(ctx, t.owner(), wanted.Desired, t.env.Keep)
	if err != nil {
		return nil, t.explain(err)
	}
	unwanted := plan.Unwanted(wanted.Desired, found)
	for _, name := range plan.Spare(in, unwanted) {
		a.talk("function %s stays: a version of a workflow still calls it\n", name)
	}
	return unwanted, nil
}

func (a *app) destroyed(p *plan.Plan) error {
	if a.Format == "json" {
		return a.printJSON(p.JSON())
	}
	if !p.Empty() {
		a.talk("deleted %d resources\n", len(p.Actions))
	}
	return nil
}
