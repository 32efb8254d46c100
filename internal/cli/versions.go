package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/deploy"
	"github.com/stride-aws/stride/internal/plan"
)

func versionsCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "versions", Category: groupDeploy, ArgsUsage: "WORKFLOW", Usage: "list the versions that rollback can reach",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			return a.runVersions(c.Context, c.Args().First())
		},
	}
}

// versionLine is a version as `versions` prints it.
type versionLine struct {
	Version string    `json:"version"`
	ARN     string    `json:"arn"`
	Created time.Time `json:"created"`
	Current bool      `json:"current"`
	Weight  int       `json:"weight"` // percentage of the alias's executions
	Content string    `json:"content"`
}

func (a *app) runVersions(ctx context.Context, workflow string) error {
	_, versions, err := a.versionsOf(ctx, workflow)
	if err != nil {
		return err
	}
	lines := []versionLine{}
	for _, v := range versions {
		lines = append(lines, versionLine{plan.VersionOf(v.ARN), v.ARN, v.Created, v.Current, v.Weight, v.Content})
	}
	if a.Format == "json" {
		return a.printJSON(lines)
	}
	for _, l := range lines {
		mark := " "
		if l.Current {
			mark = "*"
		}
		share := ""
		if l.Weight > 0 && l.Weight < 100 {
			share = fmt.Sprintf("  %d%% of executions", l.Weight)
		}
		a.print("%s %4s  %s%s\n", mark, l.Version, l.Created.Local().Format("2006-01-02 15:04:05"), share)
	}
	return nil
}

// versionsOf are the versions of a deployed workflow, newest first.
func (a *app) versionsOf(ctx context.Context, workflow string) (*target, []deploy.MachineVersion, error) {
	t, err := a.identify(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := t.project.Select([]string{workflow}); err != nil {
		return nil, nil, err
	}
	name := a.machineName(t.session, workflow)
	versions, err := t.clients.MachineVersions(ctx, t.place, name)
	if err != nil {
		return nil, nil, t.explain(fmt.Errorf("reading the versions of %s: %w", name, err))
	}
	if len(versions) == 0 {
		return nil, nil, withHint(fmt.Errorf("environment %s has no version of %s", a.Env, name), "stride deploy "+a.where())
	}
	return t, versions, nil
}

func rollbackCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "rollback", Category: groupDeploy, ArgsUsage: "WORKFLOW [VERSION]",
		Usage: "let new executions run an earlier version: one alias move",
		Description: "Without VERSION it is the one before the current, or the one that a rollout under way comes from. Running executions\n" +
			"stay where they are. The next deploy goes forward again.",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 2); err != nil {
				return err
			}
			return a.runRollback(c.Context, c.Args().First(), c.Args().Get(1))
		},
	}
}

func (a *app) runRollback(ctx context.Context, workflow, version string) error {
	t, versions, err := a.versionsOf(ctx, workflow)
	if err != nil {
		return err
	}
	to, err := chooseVersion(versions, version)
	if err != nil {
		return fmt.Errorf("%s: %w", workflow, err)
	}
	name := a.machineName(t.session, workflow)
	if err := t.clients.MoveAlias(ctx, t.place, name, to); err != nil {
		return t.explain(fmt.Errorf("moving the alias %s of %s: %w", plan.AliasName, name, err))
	}
	if a.Format == "json" {
		return a.printJSON(versionLine{plan.VersionOf(to.ARN), to.ARN, to.Created, true, 100, to.Content})
	}
	a.print("%s version %s  %s\n", workflow, plan.VersionOf(to.ARN), t.place.ARN("states", "stateMachine:"+name+":"+plan.AliasName))
	return nil
}

// chooseVersion is the version called number. Where number is "" it is the one before the current; in the middle of a rollout, the
// current one.
func chooseVersion(versions []deploy.MachineVersion, number string) (deploy.MachineVersion, error) {
	if number == "" {
		for i, v := range versions {
			switch {
			case v.Current && v.Weight < 100:
				return v, nil
			case v.Current && i+1 < len(versions):
				return versions[i+1], nil
			}
		}
		return deploy.MachineVersion{}, fmt.Errorf("there is no version before the current one")
	}
	if _, err := strconv.Atoi(number); err != nil {
		return deploy.MachineVersion{}, usagef("%q is no version; stride versions lists them", number)
	}
	for _, v := range versions {
		if plan.VersionOf(v.ARN) == number {
			return v, nil
		}
	}
	return deploy.MachineVersion{}, fmt.Errorf("there is no version %s; stride versions lists them", number)
}
