package cli

import (
	"bufio"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/observe"
)

// checkout finds the lines of this project that a stack speaks of.
type checkout struct {
	dir    string // the project's folder
	module string // its module's path
}

func (a *app) checkout() checkout {
	p, err := a.project()
	if err != nil {
		return checkout{}
	}
	return checkout{p.Dir, moduleOf(p.Dir)}
}

// moduleOf is the module path that the go.mod of dir says; "" where there is none.
func moduleOf(dir string) string {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// own are the frames that are in the project, with their paths in it, each line once.
func (c checkout) own(frames []observe.Frame) []observe.Frame {
	var list []observe.Frame
	seen := map[string]bool{}
	for _, f := range frames {
		if f.Path = c.find(f.Path); f.Path != "" && !seen[place(f)] {
			seen[place(f)] = true
			list = append(list, f)
		}
	}
	return list
}

// find is the path in the project of a source file as a binary names it: by its import path or, where the binary was built without
// -trimpath, by a path whose end fits. "" where the project has no such file.
func (c checkout) find(source string) string {
	source = filepath.ToSlash(source)
	if c.dir == "" || !strings.HasSuffix(source, ".go") {
		return ""
	}
	if rest, ok := strings.CutPrefix(source, c.module+"/"); ok && c.module != "" {
		return c.exists(rest)
	}
	if strings.Contains(source, "@") || strings.HasPrefix(source, "runtime/") || strings.HasPrefix(source, "reflect/") {
		return "" // another module, the standard library
	}
	for rest := strings.TrimPrefix(source, "/"); strings.Contains(rest, "/"); {
		if found := c.exists(rest); found != "" {
			return found
		}
		_, rest, _ = strings.Cut(rest, "/")
	}
	return ""
}

func (c checkout) exists(file string) string {
	file = path.Clean(file)
	if !filepath.IsLocal(file) {
		return ""
	}
	if info, err := os.Stat(filepath.Join(c.dir, filepath.FromSlash(file))); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return file
}

// line is one line of a file of the project, without its indentation; "" where there is none.
func (c checkout) line(file string, number int) string {
	f, err := os.Open(filepath.Join(c.dir, filepath.FromSlash(file)))
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == number {
			return strings.TrimSpace(lines.Text())
		}
	}
	return ""
}

// place is "file:line".
func place(f observe.Frame) string { return f.Path + ":" + strconv.Itoa(f.Line) }
