package compile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/gofiles"
)

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Name string
	GoFiles, CgoFiles     []string
	IgnoredGoFiles        []string // which other build constraints would take
	Imports               []string
	ImportMap             map[string]string
	Export                string // file of its compiled types, where these were asked for
	Module                *module
	Error                 *struct{ Pos, Err string }
	// source says that its types are read from its source: it is local, or made of what is, and so has types in common with it.
	source *bool
	// makers are the places in it that make errors, by the errors' texts, as far as somebody has looked; see makerIn.
	makers map[string]token.Position
}

type module struct {
	Dir, GoMod, GoVersion string
	Main                  bool
	Replace               *module
	Version               string
}

// local says whether the package's source is the user's to change: of the main module, one of the workspace's, or one that a folder
// replaces.
func (p *listed) local() bool {
	return p.Module != nil && (p.Module.Main || p.Module.Replace != nil && p.Module.Replace.Version == "")
}

// sources are the paths of the package's Go files.
func (p *listed) sources() []string {
	var out []string
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		out = append(out, filepath.Join(p.Dir, name))
	}
	return out
}

// snapshot notes what go list read of p besides the heads of its files.
func (p *listed) snapshot(s gofiles.Snapshot) {
	s.Folder(p.Dir)
	for _, name := range p.IgnoredGoFiles {
		s.File(filepath.Join(p.Dir, name))
	}
}

// imported is the import path behind an import of p's.
func (p *listed) imported(path string) string {
	if to := p.ImportMap[path]; to != "" {
		return to
	}
	return path
}

// visit calls f for packages and, where f says so, for what they import, each once and before what it imports.
func visit(graph map[string]*listed, roots []*listed, f func(*listed) bool) {
	seen := map[*listed]bool{}
	var walk func(p *listed)
	walk = func(p *listed) {
		if p == nil || seen[p] {
			return
		}
		seen[p] = true
		if !f(p) {
			return
		}
		for _, path := range p.Imports {
			walk(graph[p.imported(path)])
		}
	}
	for _, p := range roots {
		walk(p)
	}
}

// listing is an answer of go list, and what it was made of besides the heads of the Go files.
type listing struct {
	roots    []string
	packages map[string]*listed
	modules  gofiles.Snapshot
	folders  gofiles.Snapshot // of the user's packages, and the files of those that were not needed
	noted    map[string]bool  // packages that were not needed, and whose files are in folders
}

// list asks for packages and all that they are made of. Packages with mistakes are listed with their errors.
func list(dir string, overlay map[string][]byte, roots []string) (*listing, error) {
	l := &listing{roots: roots, modules: gofiles.Snapshot{}, folders: gofiles.Snapshot{}, noted: map[string]bool{}}
	l.modules.Modules(dir)
	var err error
	l.packages, err = goList(dir, overlay, append([]string{"-deps"}, roots...))
	for _, p := range l.packages {
		if p.local() {
			l.modules.File(p.Module.GoMod)
		}
		l.source(p)
	}
	return l, err
}

func (l *listing) source(p *listed) bool {
	if p == nil {
		return false
	}
	if p.source == nil {
		is := p.local()
		p.source = &is
		for _, path := range p.Imports {
			is = l.source(l.packages[p.imported(path)]) || is
		}
	}
	return *p.source
}

// exports asks for files with the types of packages, which the go command compiles where it has not yet.
func exports(dir string, overlay map[string][]byte, paths []string) (map[string]*listed, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	return goList(dir, overlay, append([]string{"-export", "-pgo=off"}, paths...))
}

func goList(dir string, overlay map[string][]byte, args []string) (map[string]*listed, error) {
	flags := []string{"list", "-e", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,IgnoredGoFiles,Imports,ImportMap,Export,Module,Error"}
	if tags := ownTags(); tags != "" {
		flags = append(flags, "-tags="+tags)
	}
	if len(overlay) > 0 {
		file, remove, err := writeOverlay(overlay)
		if err != nil {
			return nil, err
		}
		defer remove()
		flags = append(flags, "-overlay="+file)
	}
	cmd := exec.Command("go", append(flags, args...)...)
	var out, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &stderr
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(text)
		}
		return nil, fmt.Errorf("asking go list for the workflows' packages: %w", err)
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(&out); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		packages[p.ImportPath] = p
	}
}

// ownTags are the build tags of this program: of the files that they choose it is itself.
func ownTags() string {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				return s.Value
			}
		}
	}
	return ""
}

// writeOverlay writes contents where the go command finds them.
func writeOverlay(overlay map[string][]byte) (file string, remove func(), err error) {
	temp, err := os.MkdirTemp("", "stride-compile-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(temp) }
	replace := map[string]string{}
	for path, text := range overlay {
		copied := filepath.Join(temp, fmt.Sprintf("%d.go", len(replace)))
		replace[path] = copied
		err = errors.Join(err, os.WriteFile(copied, text, 0o600))
	}
	text, _ := json.Marshal(map[string]any{"Replace": replace}) // texts always marshal
	file = filepath.Join(temp, "overlay.json")
	if err = errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
		remove()
		return "", nil, err
	}
	return file, remove, nil
}
