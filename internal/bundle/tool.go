package bundle

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tool is the go command, set up for one target. temp holds the overlay and what is built.
type tool struct {
	dir, temp string
	tags      string
	flags     []string          // of list and build alike
	env       []string          // beside the process's
	settings  map[string]string // go env: what decides the output besides files
	target    Target
	listed    map[string]*listed // packages by import path
}

// Settings of the environment that change what the compiler makes.
var settings = []string{"GOVERSION", "GOFLAGS", "GOEXPERIMENT", "GOARM64", "GOAMD64", "GO386", "GOFIPS140", "GOMOD", "GOWORK"}

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Name                          string
	Standard                                       bool
	DefaultGODEBUG                                 string
	GoFiles, HFiles, SFiles, SysoFiles, EmbedFiles []string
	IgnoredGoFiles                                 []string // which other build constraints would take
	Imports                                        []string
	ImportMap                                      map[string]string
	Module                                         *module
	Error                                          *struct{ Err string }
	hash                                           string
	calls                                          []string // with hash
}

type module struct {
	Path, Version, Dir, GoVersion string
	Main                          bool
	Replace                       *module
}

const listFields = "-json=Dir,ImportPath,Name,Standard,DefaultGODEBUG,GoFiles,HFiles,SFiles,SysoFiles,EmbedFiles,IgnoredGoFiles,Imports,ImportMap,Module,Error"

// toolFor prepares the go command for g: it finds the handlers' packages and lays the mains over the tree.
func (b *Builder) toolFor(ctx context.Context, g *group) (*tool, error) {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "stride-bundle-")
	if err != nil {
		return nil, err
	}
	tags := strings.Join(append([]string{"lambda.norpc"}, b.Tags...), ",")
	t := &tool{dir: dir, temp: temp, target: g.target, tags: tags, flags: []string{"-tags", tags},
		env: []string{"CGO_ENABLED=0", "GOOS=" + g.target.OS, "GOARCH=" + g.target.Arch, "PWD=" + dir}}
	if err := t.prepare(ctx, g.units); err != nil {
		os.RemoveAll(temp)
		return nil, err
	}
	return t, nil
}

func (t *tool) prepare(ctx context.Context, units []*unit) error {
	text, err := t.run(ctx, append([]string{"env", "-json"}, settings...)...)
	if err == nil {
		err = json.Unmarshal(text, &t.settings)
	}
	if err != nil {
		return fmt.Errorf("asking go for its settings: %w", err)
	}
	if !t.inModule() && t.settings["GOWORK"] == "" {
		return fmt.Errorf("%s is not in a Go module; run 'go mod init' first", t.dir)
	}
	if err := t.locate(ctx, units); err != nil {
		return err
	}
	return t.overlay(units)
}

// inModule is false in the root of a workspace.
func (t *tool) inModule() bool { return t.settings["GOMOD"] != "" && t.settings["GOMOD"] != os.DevNull }

func (t *tool) version() string { return t.settings["GOVERSION"] }

// locate sets each unit's dir: inside the handler's own folder, so that the main may import what is internal there; in the main
// module's root for handlers of other modules, whose folders take no overlay.
func (t *tool) locate(ctx context.Context, units []*unit) error {
	packages := make([]string, len(units))
	for i, u := range units {
		packages[i] = u.Package
	}
	found, err := t.list(ctx, append([]string{"-e", "-find", listFields}, packages...)...)
	if err != nil {
		return err
	}
	for _, u := range units {
		p := found[u.Package]
		switch {
		case p == nil || p.Dir == "" || p.Error != nil && len(p.GoFiles) == 0:
			return t.noPackage(u, p)
		case p.Name == "main":
			return fmt.Errorf("handler %s is in package main (%s), which cannot be imported; move it to a package of its own", u.Name(), u.Package)
		case p.Module != nil && p.Module.Main:
			u.dir = filepath.Join(p.Dir, mainName(u.Handler))
		case !t.inModule():
			return fmt.Errorf("handler %s is of another module: build it from the folder of one of the workspace's modules", u.Name())
		default:
			u.dir = filepath.Join(filepath.Dir(t.settings["GOMOD"]), mainName(u.Handler))
		}
	}
	return nil
}

func (t *tool) noPackage(u *unit, p *listed) error {
	reason := "go finds no such package"
	if p != nil && p.Error != nil {
		reason = p.Error.Err
	}
	return fmt.Errorf("package %s of handler %s: %s", u.Package, u.Func, reason)
}

// overlay writes the mains into temp and tells the go command where they belong.
func (t *tool) overlay(units []*unit) error {
	replace := map[string]string{}
	support, refs := filepath.Join(t.temp, "support.go"), filepath.Join(t.temp, "payloads.go")
	if err := cmp.Or(os.WriteFile(support, []byte(supportSource), 0o600), os.WriteFile(refs, []byte(payloadsSource), 0o600)); err != nil {
		return err
	}
	for _, u := range units {
		u.main = generate(u.Handler)
		file := filepath.Join(t.temp, filepath.Base(u.dir)+".go")
		if err := os.WriteFile(file, []byte(u.main), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(u.dir, "main.go")], replace[filepath.Join(u.dir, "support.go")] = file, support
		if u.Refs {
			replace[filepath.Join(u.dir, "payloads.go")] = refs
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	file := filepath.Join(t.temp, "overlay.json")
	t.flags = append(t.flags, "-overlay", file, "-trimpath", "-buildvcs=false")
	return os.WriteFile(file, text, 0o600)
}

// list runs go list and returns what it says by import path.
func (t *tool) list(ctx context.Context, args ...string) (map[string]*listed, error) {
	text, err := t.run(ctx, append(append([]string{"list"}, t.flags...), args...)...)
	if err != nil {
		return nil, err
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		p := new(listed)
		switch err := d.Decode(p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		packages[p.ImportPath] = p
	}
}

// build links all units with one command; the binaries are out/BASE(unit.dir).
func (t *tool) build(ctx context.Context, out string, units []*unit) error {
	args := append([]string{"build"}, t.flags...)
	args = append(args, "-ldflags", "-s -w", "-o", out+string(filepath.Separator))
	_, err := t.run(ctx, append(args, dirs(units)...)...)
	var failed *goError
	if errors.As(err, &failed) {
		return t.compileError(failed.text, units)
	}
	return err
}

func dirs(units []*unit) []string {
	list := make([]string, len(units))
	for i, u := range units {
		list[i] = u.dir
	}
	return list
}

// goError is a go command that found a mistake; text is what it says.
type goError struct{ text string }

func (e *goError) Error() string { return e.text }

func (t *tool) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), t.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("the go command is not in PATH; handlers are built with it")
	case errors.As(err, &exit) && stderr.Len() > 0:
		return nil, &goError{strings.TrimSpace(stderr.String())}
	case err != nil:
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return stdout.Bytes(), nil
}
