package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/project"
)

type renderOptions struct {
	workflows    []string
	out          string
	check, stats bool
}

func renderCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "render", Aliases: []string{"synth"}, Category: groupAuthor, ArgsUsage: "[WORKFLOW...]",
		Usage: "compile workflows to the Amazon States Language",
		Description: "Functions stand as ${fn:package.Name} and are filled in by deploy, which pins their versions.\n" +
			"With --out each definition is DIR/WORKFLOW.asl.json; with --check nothing is written, and a difference fails.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write to files in `DIR`"},
			&cli.BoolFlag{Name: "check", Usage: "compare with the files in --out, and fail when they differ"},
			&cli.BoolFlag{Name: "stats", Usage: "count states and transitions"},
		},
		Action: func(c *cli.Context) error {
			o := renderOptions{c.Args().Slice(), c.String("out"), c.Bool("check"), c.Bool("stats")}
			if o.check && o.out == "" {
				return usagef("--check compares with the files in --out DIR, which is missing")
			}
			return a.runRender(c.Context, o)
		},
	}
}

func (a *app) runRender(ctx context.Context, o renderOptions) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	workflows, err := p.Select(o.workflows)
	if err != nil {
		return err
	}
	compiled, err := p.Compile(ctx, workflows)
	if err != nil {
		return err
	}
	switch {
	case o.stats:
		return a.printStats(compiled)
	case o.check:
		return checkFiles(compiled, o.out)
	case o.out != "":
		return a.writeFiles(compiled, o.out)
	}
	return a.printDefinitions(compiled)
}

// printDefinitions prints one definition as it is, several as an object by name.
func (a *app) printDefinitions(compiled []project.Compiled) error {
	if len(compiled) == 1 {
		a.print("%s", asl.Marshal(&compiled[0].Definition.Machine))
		return nil
	}
	for i, c := range compiled {
		before, after := ",\n", ""
		if i == 0 {
			before = "{\n"
		}
		if i == len(compiled)-1 {
			after = "\n}\n"
		}
		text := strings.TrimRight(string(asl.Marshal(&c.Definition.Machine)), "\n")
		a.print("%s  %q: %s%s", before, c.Workflow.Name(), strings.ReplaceAll(text, "\n", "\n  "), after)
	}
	return nil
}

func fileOf(dir string, c project.Compiled) string {
	return filepath.Join(dir, c.Workflow.Name()+".asl.json")
}

func (a *app) writeFiles(compiled []project.Compiled, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, c := range compiled {
		if err := os.WriteFile(fileOf(dir, c), asl.Marshal(&c.Definition.Machine), 0o666); err != nil {
			return err
		}
		a.talk("wrote %s\n", fileOf(dir, c))
	}
	return nil
}

// checkFiles compares what is compiled with what is committed.
func checkFiles(compiled []project.Compiled, dir string) error {
	var stale []error
	for _, c := range compiled {
		file := fileOf(dir, c)
		text, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			stale = append(stale, fmt.Errorf("%s is not there", file))
		case err != nil:
			return err
		case !bytes.Equal(text, asl.Marshal(&c.Definition.Machine)):
			stale = append(stale, fmt.Errorf("%s is not what workflow %s compiles to", file, c.Workflow.Name()))
		}
	}
	if len(stale) == 0 {
		return nil
	}
	return withHint(errors.Join(stale...), "stride render --out "+dir)
}

// definitionStats are what `render --stats` counts.
type definitionStats struct {
	Workflow string `json:"workflow"`
	States   int    `json:"states"`
	Bytes    int    `json:"bytes"` // AWS: CreateStateMachine, definition <= 1,048,576 bytes
	// Transitions of the shortest way from StartAt to an end, and of the longest that enters no state twice. A state machine of
	// type STANDARD is billed by the transition.
	Shortest int `json:"shortestTransitions"`
	Longest  int `json:"longestTransitions"`
}

func (a *app) printStats(compiled []project.Compiled) error {
	var stats []definitionStats
	for _, c := range compiled {
		s := definitionStats{Workflow: c.Workflow.Name(), Bytes: len(asl.Marshal(&c.Definition.Machine))}
		asl.Walk(&c.Definition.Machine, func(*asl.Machine, *asl.State) { s.States++ })
		s.Shortest, s.Longest = transitions(&c.Definition.Machine)
		stats = append(stats, s)
	}
	if a.Format == "json" {
		return a.printJSON(stats)
	}
	for _, s := range stats {
		a.print("%-24s %3d states  %d to %d transitions  %d bytes\n", s.Workflow, s.States, s.Shortest, s.Longest, s.Bytes)
	}
	return nil
}

// transitions counts the transitions of the shortest and longest ways through m that enter no state twice: one into StartAt, one
// for each Next, and those of the machines inside a Parallel. A Map counts one iteration.
func transitions(m *asl.Machine) (shortest, longest int) {
	w := ways{machine: m, visited: map[string]bool{}}
	return w.from(m.StartAt)
}

type ways struct {
	machine *asl.Machine
	visited map[string]bool
	steps   int
}

// maxSteps bounds the search: ways through many Choices multiply.
const maxSteps = 200_000

func (w *ways) from(name string) (shortest, longest int) {
	s := w.machine.State(name)
	w.steps++
	if s == nil || w.visited[name] || w.steps > maxSteps {
		return 0, 0
	}
	w.visited[name] = true
	defer delete(w.visited, name)
	least, most := -1, 0
	for _, next := range nexts(s) {
		lo, hi := w.from(next)
		if hi == 0 {
			continue // a loop: this way enters a state twice
		}
		if least < 0 || lo < least {
			least = lo
		}
		most = max(most, hi)
	}
	inLeast, inMost := inner(s)
	return 1 + max(least, 0) + inLeast, 1 + most + inMost
}

// nexts are the states that may follow s, errors aside.
func nexts(s *asl.State) []string {
	var out []string
	if s.Next != "" {
		out = append(out, s.Next)
	}
	for _, rule := range s.Choices {
		out = append(out, rule.Next)
	}
	if s.Default != "" {
		out = append(out, s.Default)
	}
	return out
}

// inner are the transitions of the machines inside s.
func inner(s *asl.State) (shortest, longest int) {
	machines := s.Branches
	if s.Processor != nil {
		machines = append(machines, s.Processor)
	}
	for _, m := range machines {
		lo, hi := transitions(m)
		shortest, longest = shortest+lo, longest+hi
	}
	return shortest, longest
}
