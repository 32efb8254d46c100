package cli

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

// newProject is what init writes: templates of files, whose names lose ".tmpl".
//
//go:embed newproject
var newProject embed.FS

type initOptions struct{ dir, module string }

func initCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "init", Category: groupAuthor, ArgsUsage: "[DIR]", Usage: "begin a project: a workflow, its handlers, a test, and a main",
		Description: "Writes nothing over a file that is there.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "module", Usage: "module `PATH` (default: the folder's name)"}},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 1); err != nil {
				return err
			}
			return a.runInit(c.Context, initOptions{c.Args().First(), c.String("module")})
		},
	}
}

// scaffold is what the templates are filled with.
type scaffold struct{ Module, Name string }

var modulePath = lazyregexp.New(`^[a-z0-9][a-zA-Z0-9._~/-]*$`)

func (a *app) runInit(ctx context.Context, o initOptions) error {
	dir, err := filepath.Abs(first(o.dir, "."))
	if err != nil {
		return err
	}
	module := first(o.module, filepath.Base(dir))
	if !modulePath.MatchString(module) {
		return usagef("%q is no module path; give one with --module example.com/shop", module)
	}
	files, err := fill(scaffold{Module: module, Name: module[strings.LastIndexByte(module, '/')+1:]})
	if err != nil {
		return err
	}
	files["go.mod"] = goMod(module)
	if err := writeNew(dir, files); err != nil {
		return err
	}
	a.talk("wrote %d files in %s\n", len(files), dir)
	if err := tidy(ctx, dir); err != nil {
		return withHint(err, "cd "+dir+" && go mod tidy")
	}
	a.hint(fmt.Sprintf("cd %s && go test ./... && go run ./cmd/stride render", dir))
	return nil
}

// fill executes the templates: file name -> content.
func fill(s scaffold) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(newProject, "newproject", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		t, err := template.ParseFS(newProject, name)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := t.Execute(&out, s); err != nil {
			return err
		}
		target := strings.TrimSuffix(strings.TrimPrefix(name, "newproject/"), ".tmpl")
		if target == "gitignore" {
			target = ".gitignore"
		}
		files[target] = out.Bytes()
		return nil
	})
	return files, err
}

// goMod requires the stride that this is. A working copy of it is required from its folder.
func goMod(module string) []byte {
	const stride = "github.com/stride-aws/stride"
	v, replace := version(), ""
	if dir, ok := workingCopy(); ok {
		v = "v0.0.0"
		replace = fmt.Sprintf("\nreplace %s => %s\n", stride, dir)
	}
	return fmt.Appendf(nil, "module %s\n\ngo 1.26\n\nrequire %s %s\n%s", module, stride, v, replace)
}

// workingCopy is the folder that this program was built in, unless that is the module cache, whose folders end in @VERSION, or gone. A
// version that Go makes of a clean checkout's commit need not be one that can be downloaded.
func workingCopy() (string, bool) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(file), "..", "..")
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return dir, err == nil && filepath.IsAbs(dir) && !strings.Contains(dir, "@")
}

// writeNew writes files that must not be there yet: all of them, or none.
func writeNew(dir string, files map[string][]byte) error {
	var there []error
	for name := range files {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			there = append(there, fmt.Errorf("%s is there already; init begins in an empty folder", filepath.Join(dir, name)))
		}
	}
	if len(there) > 0 {
		return there[0]
	}
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// tidy lets the go command complete go.mod.
func tidy(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the go command is not on the PATH; it builds workflows and handlers")
	}
	if err != nil {
		return fmt.Errorf("go mod tidy: %s", bytes.TrimSpace(out))
	}
	return nil
}
