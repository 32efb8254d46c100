// Package project is the user's checkout: its workflows, their handlers and infra/stride.yaml. Load finds and checks them; Desired
// composes what one environment should have, for plan. The commands call it; it compiles and builds, and reaches no AWS.
package project

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
)

// Project is a checkout.
type Project struct {
	Dir       string // of go.mod
	Name      string // in the tag stride:project
	Config    *Config
	Workflows []flow.Workflow // sorted by name
	memory    *Memory
}

// Memory is what one process keeps of a project from one Load to the next: what was compiled and built, to find out what of it still
// holds. The zero value remembers nothing yet.
type Memory struct {
	dir      string
	sources  *compile.Session
	builders *bundle.Memory
}

// of is m for the project in dir.
func (m *Memory) of(dir string) *Memory {
	if m == nil {
		m = &Memory{}
	}
	if m.dir != dir {
		m.dir, m.sources, m.builders = dir, compile.NewSession(dir), &bundle.Memory{}
	}
	return m
}

// Options say where a project is.
type Options struct {
	Dir         string // where the search for go.mod begins; "" is the current folder
	Config      string // the configuration file, relative to the project
	ConfigAsked bool   // it must be there
	Workflows   []flow.Workflow
	Memory      *Memory // nil: of this Load alone
}

// Load finds the project around o.Dir and checks what can be known without compiling.
func Load(o Options) (*Project, error) {
	dir, module, err := FindModule(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := mayBeOf(module, dir, o.Workflows); err != nil {
		return nil, err
	}
	file := o.Config
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	config, err := readConfig(file, o.Config, o.ConfigAsked)
	if err != nil {
		return nil, err
	}
	p := &Project{Dir: dir, Name: config.Project, Config: config, Workflows: slices.Clone(o.Workflows), memory: o.Memory.of(dir)}
	if p.Name == "" {
		p.Name = path.Base(module)
	}
	slices.SortFunc(p.Workflows, func(a, b flow.Workflow) int { return strings.Compare(a.Name(), b.Name()) })
	return p, checkWorkflows(p.Workflows).Err()
}

// ErrNone is that there is no project where one was looked for.
var ErrNone = errors.New("no go.mod")

// FindModule is the folder at or above dir that has a go.mod, and the module's path.
func FindModule(dir string) (string, string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	for d := start; ; d = filepath.Dir(d) {
		f, err := os.Open(filepath.Join(d, "go.mod"))
		if err == nil {
			defer f.Close()
			return d, modulePath(f), nil
		}
		if d == filepath.Dir(d) {
			return "", "", fmt.Errorf("%w in %s or above it; go into a project, or make one with stride init", ErrNone, start)
		}
	}
}

// mayBeOf fails where the workflows are those of a command that was made for another module, and none is of this one.
func mayBeOf(module, dir string, workflows []flow.Workflow) error {
	build, ok := debug.ReadBuildInfo()
	if !ok || build.Main.Path == "" || build.Main.Path == module || len(workflows) == 0 {
		return nil
	}
	for _, w := range workflows {
		if pkg := w.Func().Package; pkg == "" || pkg == module || strings.HasPrefix(pkg, module+"/") {
			return nil
		}
	}
	return fmt.Errorf("this command was built of %s and has its workflows, and %s is the module %s; run that module's own: go run ./cmd/stride", build.Main.Path, dir, module)
}

func modulePath(f *os.File) string {
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, ok := strings.CutPrefix(s.Text(), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return "project"
}

// machineName is what Step Functions takes, less the characters that its console and ARNs make hard to use.
var machineName = lazyregexp.New(`^[A-Za-z0-9_-]{1,80}$`)

func checkWorkflows(workflows []flow.Workflow) diag.List {
	var found diag.List
	bad := func(w flow.Workflow, format string, args ...any) {
		found = append(found, &diag.Diagnostic{Place: placeOf(w), Message: fmt.Sprintf(format, args...)})
	}
	for i, w := range workflows {
		if !machineName.MatchString(w.Name()) {
			bad(w, "%q is no name for a workflow: it takes 1 to 80 letters, digits, '-' and '_'", w.Name())
		}
		if i > 0 && workflows[i-1].Name() == w.Name() {
			bad(w, "two workflows are called %q: the other is %s; give one another name", w.Name(), describe(workflows[i-1]))
		}
	}
	return found
}

// placeOf is where a workflow's function stands, as the Go compiler recorded it.
func placeOf(w flow.Workflow) diag.Place {
	if w.File() != "" {
		return diag.Place{File: w.File()}
	}
	return diag.Place{File: relative(w.Func().File), Line: w.Func().Line}
}

func describe(w flow.Workflow) string {
	if w.File() != "" {
		return w.File()
	}
	return fmt.Sprintf("%s.%s (%s)", path.Base(w.Func().Package), w.Func().Name, placeOf(w))
}

// relative shortens a path below the current folder.
func relative(file string) string {
	wd, err := os.Getwd()
	if err != nil {
		return file
	}
	if rel, err := filepath.Rel(wd, file); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return file
}

// Select are the workflows called names, all of them where there are none.
func (p *Project) Select(names []string) ([]flow.Workflow, error) {
	if len(p.Workflows) == 0 {
		return nil, fmt.Errorf("this program registers no workflows; pass them to stride.Main, as cmd/stride/main.go of a project does")
	}
	if len(names) == 0 {
		return p.Workflows, nil
	}
	var out []flow.Workflow
	for _, name := range names {
		i := slices.IndexFunc(p.Workflows, func(w flow.Workflow) bool { return w.Name() == name })
		if i < 0 {
			return nil, &UnknownWorkflow{Name: name, Known: p.names()}
		}
		out = append(out, p.Workflows[i])
	}
	return out, nil
}

func (p *Project) names() []string {
	names := make([]string, len(p.Workflows))
	for i, w := range p.Workflows {
		names[i] = w.Name()
	}
	return names
}

// UnknownWorkflow is a name that no workflow of the project has.
type UnknownWorkflow struct {
	Name  string
	Known []string
}

func (e *UnknownWorkflow) Error() string {
	return fmt.Sprintf("there is no workflow %q; there is %s", e.Name, list(e.Known))
}

// Environment is the environment called name, with the process's variables in place of ${env:NAME}.
func (p *Project) Environment(name string) (*Environment, error) {
	return p.Config.Environment(name, os.LookupEnv)
}
