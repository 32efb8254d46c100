package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/coverage"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/project"
)

type testOptions struct {
	packages, flags []string // of go test
	min             float64
	html, cobertura string // files
}

func testCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "test", Category: groupAuthor, Usage: "go test, and how far the tests went through the state machines",
		ArgsUsage: "[PACKAGE...] [-- FLAGS-OF-GO-TEST]",
		Description: "Counts what runs of flowtest pass: states, branches of choices, retries and catches, of the project's workflows that are in the\n" +
			"packages or that their tests run. A point that no test passed is listed with its line. Without PACKAGE: ./...",
		Flags: []cli.Flag{
			&cli.Float64Flag{Name: "min", Usage: "fail when less than `PERCENT` of all points are passed"},
			&cli.StringFlag{Name: "html", Usage: "write a page with the graphs to `FILE`"},
			&cli.StringFlag{Name: "cobertura", Usage: "write Cobertura XML, by lines of Go, to `FILE`"},
		},
		Action: func(c *cli.Context) error {
			o := testOptions{min: c.Float64("min"), html: c.String("html"), cobertura: c.String("cobertura")}
			o.packages, o.flags = splitTestArgs(c.Args().Slice())
			return a.runTest(c.Context, o)
		},
	}
}

// splitTestArgs divides packages from the flags of go test, which begin with the first that looks like one.
func splitTestArgs(args []string) (packages, flags []string) {
	i := slices.IndexFunc(args, func(s string) bool { return strings.HasPrefix(s, "-") })
	if i < 0 {
		i = len(args)
	}
	packages = args[:i]
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	return packages, args[i:]
}

func (a *app) runTest(ctx context.Context, o testOptions) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stride-coverage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	failed := a.goTest(ctx, o, dir)
	if failed != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	covered, err := a.covered(ctx, p, o, dir)
	if err != nil {
		return errors.Join(failed, err)
	}
	if len(covered) == 0 {
		a.talk("no workflow of the project is in these packages, nor run by their tests\n")
		return failed
	}
	if err := a.printCoverage(covered); err != nil {
		return err
	}
	if err := writeCoverage(p, o, covered); err != nil {
		return err
	}
	if percent := coverage.Total(covered).Percent(); failed == nil && percent < o.min {
		return fmt.Errorf("tests pass %.1f%% of the points of the workflows, less than --min %g", percent, o.min)
	}
	return failed
}

// goTest runs go test with its output where people see it: stdout holds the coverage alone when it is JSON.
func (a *app) goTest(ctx context.Context, o testOptions, dir string) error {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test"}, o.packages, o.flags)...)
	cmd.Env = append(os.Environ(), coverage.Dir+"="+dir)
	cmd.Stdout, cmd.Stderr = a.out, a.err
	if a.Format == "json" {
		cmd.Stdout = a.err
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return errors.New("go test failed")
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command is not on the PATH; it builds and runs the tests")
	}
	return err
}

// covered are the workflows of the project that the tests are about, with what they counted.
func (a *app) covered(ctx context.Context, p *project.Project, o testOptions, dir string) ([]*coverage.Workflow, error) {
	counts, err := readCounts(dir)
	if err != nil {
		return nil, err
	}
	packages, err := listPackages(ctx, o.packages)
	if err != nil {
		return nil, err
	}
	about := func(w flow.Workflow) bool {
		_, ran := counts[coverage.NewRecord(w, nil).Key()]
		pkg := w.Func().Package
		if w.File() != "" {
			pkg = path.Join(moduleOf(p.Dir), path.Dir(w.File()))
		}
		return ran || slices.Contains(packages, pkg)
	}
	workflows := slices.DeleteFunc(slices.Clone(p.Workflows), func(w flow.Workflow) bool { return !about(w) })
	compiled, err := p.Compile(ctx, workflows)
	if err != nil {
		return nil, err
	}
	out := make([]*coverage.Workflow, len(compiled))
	for i, c := range compiled {
		out[i] = coverage.Of(c.Workflow.Name(), c.Definition, counts[coverage.NewRecord(c.Workflow, nil).Key()], placeIn(c))
	}
	return out, nil
}

// placeIn says where points of a workflow are: the line of the step that made their state, or their own in a file of ASL.
func placeIn(c project.Compiled) func(string) diag.Place {
	return func(pointer string) diag.Place {
		if c.Workflow.File() != "" {
			return c.Definition.Place(pointer)
		}
		for at := pointer; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
			if file, line, ok := strings.Cut(c.Source[at], ":"); ok {
				n, _ := strconv.Atoi(line)
				return diag.Place{File: file, Line: n}
			}
		}
		return diag.Place{Pointer: pointer}
	}
}

func readCounts(dir string) (map[string]coverage.Counts, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	counts := map[string]coverage.Counts{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		err = coverage.Merge(counts, f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("reading what the tests counted: %w", err)
		}
	}
	return counts, nil
}

// listPackages are the import paths that patterns of packages mean.
func listPackages(ctx context.Context, patterns []string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", append([]string{"list", "-e", "--"}, patterns...)...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %s", bytes.TrimSpace(exit.Stderr))
	}
	return strings.Fields(string(out)), err
}

// coverageJSON is `stride test -o json`.
type coverageJSON struct {
	Percent   float64                `json:"percent"`
	Workflows []workflowCoverageJSON `json:"workflows"`
}

type workflowCoverageJSON struct {
	Workflow string                          `json:"workflow"`
	Percent  float64                         `json:"percent"`
	Kinds    map[coverage.Kind]coverageShare `json:"kinds"`
	Missed   []missedJSON                    `json:"missed"`
}

type coverageShare struct {
	Passed int `json:"passed"`
	All    int `json:"all"`
}

type missedJSON struct {
	State string `json:"state"`
	What  string `json:"what"`
	Place string `json:"place"`
}

func (a *app) printCoverage(covered []*coverage.Workflow) error {
	if a.Format != "json" {
		a.print("%s", coverage.Text(covered))
		return nil
	}
	out := coverageJSON{Percent: coverage.Total(covered).Percent()}
	for _, w := range covered {
		one := workflowCoverageJSON{w.Name, w.Share().Percent(), map[coverage.Kind]coverageShare{}, []missedJSON{}}
		for _, k := range coverage.Kinds {
			one.Kinds[k] = coverageShare(w.Share(k))
		}
		for _, p := range w.Missed() {
			one.Missed = append(one.Missed, missedJSON{p.State.Name, p.Label, p.Place.String()})
		}
		out.Workflows = append(out.Workflows, one)
	}
	return a.printJSON(out)
}

func writeCoverage(p *project.Project, o testOptions, covered []*coverage.Workflow) error {
	if o.html != "" {
		page, err := coverage.HTML(covered, sourceLines(p.Dir))
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.html, []byte(page), 0o666); err != nil {
			return err
		}
	}
	if o.cobertura == "" {
		return nil
	}
	text, err := coverage.Cobertura(covered, p.Dir, time.Now())
	if err != nil {
		return err
	}
	return os.WriteFile(o.cobertura, text, 0o666)
}

// sourceLines gives lines of the project's files; "" where there is none.
func sourceLines(dir string) func(file string, number int) string {
	files := map[string][]string{}
	return func(file string, number int) string {
		if files[file] == nil {
			text, _ := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file))) // a page without source is still a page
			files[file] = strings.Split(string(text), "\n")
		}
		if number < 1 || number > len(files[file]) {
			return ""
		}
		return files[file][number-1]
	}
}
