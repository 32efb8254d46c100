package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"
)

type buildOptions struct {
	workflows []string
	check     bool
}

func buildCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "build", Category: groupDeploy, ArgsUsage: "[WORKFLOW...]", Usage: "build the handlers' zips for the environment",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "check", Usage: "build everything twice and compare the bytes"}},
		Action: func(c *cli.Context) error {
			return a.runBuild(c.Context, buildOptions{c.Args().Slice(), c.Bool("check")})
		},
	}
}

// zipLine is a handler as `build` prints it.
type zipLine struct {
	Handler string `json:"handler"`
	SHA256  string `json:"sha256"` // base64, as Lambda's CodeSha256
	Size    int64  `json:"size"`
	Path    string `json:"path"`
	Cached  bool   `json:"cached"`
}

func (a *app) runBuild(ctx context.Context, o buildOptions) error {
	lines, err := a.zips(ctx, o.workflows, false)
	if err != nil {
		return err
	}
	if o.check {
		if err := a.sameAgain(ctx, o.workflows, lines); err != nil {
			return err
		}
	}
	if a.Format == "json" {
		return a.printJSON(lines)
	}
	for _, l := range lines {
		cached := ""
		if l.Cached {
			cached = "  unchanged"
		}
		a.print("%-24s %5.1f MB  %s%s\n", l.Handler, float64(l.Size)/1e6, l.SHA256, cached)
	}
	return nil
}

func (a *app) zips(ctx context.Context, names []string, force bool) ([]zipLine, error) {
	p, e, workflows, err := a.chosen(names)
	if err != nil {
		return nil, err
	}
	built, err := p.Prepare(ctx, e, workflows)
	if err != nil {
		return nil, err
	}
	if err := built.Build(ctx, force); err != nil {
		return nil, err
	}
	handlers, artifacts := built.Handlers()
	lines := make([]zipLine, len(handlers))
	for i, z := range artifacts {
		lines[i] = zipLine{handlers[i], z.Digest, z.Size, z.Path, z.Cached}
	}
	return lines, nil
}

// sameAgain builds twice without the cache and compares with what was built before.
func (a *app) sameAgain(ctx context.Context, names []string, before []zipLine) error {
	for range 2 {
		again, err := a.zips(ctx, names, true)
		if err != nil {
			return err
		}
		for i, l := range again {
			if l.SHA256 != before[i].SHA256 {
				return fmt.Errorf("%s builds to other bytes each time: %s, then %s", l.Handler, before[i].SHA256, l.SHA256)
			}
		}
	}
	a.talk("built three times, to the same bytes\n")
	return nil
}
