package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/replay"
)

type replayOptions struct {
	recordings []string // ARNs and files
	since      time.Time
	exitCode   bool
}

func replayCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "replay", Category: groupOperate, Usage: "run recorded executions against the workflow as it is now",
		ArgsUsage: "EXECUTION-ARN|FILE...",
		Description: "Tasks answer what they answered then; nothing is called. Says where the workflow would now go another way: another state,\n" +
			"another call, another input, another end. FILE is what inspect --fixture has written.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "exit-code", Usage: "end with 2 when there is a difference"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for an Express execution's log lines from `TIME` on"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, c.NArg()); err != nil {
				return err
			}
			since, err := moment(c.String("since"), time.Now())
			if err != nil {
				return usagef("--since %v", err)
			}
			return a.runReplay(c.Context, replayOptions{c.Args().Slice(), since, c.Bool("exit-code")})
		},
	}
}

// replayJSON is one of the results of `stride replay -o json`.
type replayJSON struct {
	Execution   string              `json:"execution"`
	Workflow    string              `json:"workflow"`
	Differences []replay.Difference `json:"differences"`
}

func (a *app) runReplay(ctx context.Context, o replayOptions) error {
	results := []replayJSON{}
	differ := false
	for _, recording := range o.recordings {
		r, err := a.replay(ctx, recording, o.since)
		if err != nil {
			return fmt.Errorf("%s: %w", recording, err)
		}
		differ = differ || len(r.Differences) > 0
		results = append(results, r)
		if a.Format != "json" {
			a.printReplay(r)
		}
	}
	if a.Format == "json" {
		if err := a.printJSON(results); err != nil {
			return err
		}
	}
	if differ && o.exitCode {
		return quiet(exitDifferences)
	}
	return nil
}

func (a *app) printReplay(r replayJSON) {
	if len(r.Differences) == 0 {
		a.print("same  %s  %s\n", r.Workflow, r.Execution)
		return
	}
	a.print("%s  %s  %s\n", paint(a.paintOut, "31", "differs"), r.Workflow, r.Execution)
	for _, d := range r.Differences {
		a.print("  %s\n", strings.ReplaceAll(d.String(), "\n", "\n  "))
	}
}

// replay runs one recording.
func (a *app) replay(ctx context.Context, recording string, since time.Time) (replayJSON, error) {
	f, w, err := a.recorded(ctx, recording, since)
	if err != nil {
		return replayJSON{}, err
	}
	compiled, err := a.compiled(ctx, w.Name())
	if err != nil {
		return replayJSON{}, err
	}
	found, err := f.Replay(ctx, compiled.Definition, w.Type() == flow.TypeExpress)
	if found == nil {
		found = []replay.Difference{}
	}
	return replayJSON{f.Execution, w.Name(), found}, err
}

// recorded is a fixture, from its file or from the environment, and the workflow that it is of.
func (a *app) recorded(ctx context.Context, recording string, since time.Time) (*replay.Fixture, flow.Workflow, error) {
	if !strings.HasPrefix(recording, "arn:") {
		text, err := os.ReadFile(recording)
		if err != nil {
			return nil, flow.Workflow{}, usagef("%v", cause(err))
		}
		var f replay.Fixture
		if err := json.Unmarshal(text, &f); err != nil {
			return nil, flow.Workflow{}, usagef("it is no fixture: %v", err)
		}
		w, err := a.workflowOf(nil, &f)
		return &f, w, err
	}
	s, err := a.connect(ctx)
	if err != nil {
		return nil, flow.Workflow{}, err
	}
	f, err := a.record(ctx, s, recording, since)
	if err != nil {
		return nil, flow.Workflow{}, err
	}
	w, err := a.workflowOf(s, f)
	return f, w, err
}
