package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/replay"
)

// recordings is where fixtures are, in the folder of a package.
const recordings = "testdata/executions"

// record reads an execution of the environment as a fixture.
func (a *app) record(ctx context.Context, s *session, execution string, since time.Time) (*replay.Fixture, error) {
	found, err := a.inspect(ctx, s, inspectOptions{execution: execution, since: since})
	if err != nil {
		return nil, s.explain(err)
	}
	return replay.Record(found.machine.Name, execution, found.events)
}

// workflowOf is the workflow of the project that a fixture's machine is, in the environment.
func (a *app) workflowOf(s *session, f *replay.Fixture) (flow.Workflow, error) {
	for _, w := range a.Workflows {
		if f.StateMachine == w.Name() || s != nil && f.StateMachine == a.machineName(s, w.Name()) {
			return w, nil
		}
	}
	return flow.Workflow{}, fmt.Errorf("%s is no workflow of this project in environment %s", f.StateMachine, a.Env)
}

// runFixture writes an execution as a fixture and, where the workflow's package is known, a test that replays the package's fixtures.
func (a *app) runFixture(ctx context.Context, execution string, since time.Time, out string) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	f, err := a.record(ctx, s, execution, since)
	if err != nil {
		return err
	}
	w, err := a.workflowOf(s, f)
	if err != nil {
		return err
	}
	f.StateMachine = w.Name()
	dir := out
	if dir == "" {
		if dir, err = packageDir(ctx, w); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, filepath.FromSlash(recordings), w.Name(), fixtureName(execution)+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o666); err != nil {
		return err
	}
	a.print("%s\n", file)
	return a.writeReplayTest(w, dir)
}

// fixtureName is the execution's name, made safe for a file.
func fixtureName(execution string) string {
	parts := strings.Split(execution, ":")
	name := parts[7]
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '-'
		}
		return r
	}, name)
}

func packageDir(ctx context.Context, w flow.Workflow) (string, error) {
	if w.File() != "" {
		return "", usagef("workflow %s is a file: --out DIR says in which package's folder its tests are", w.Name())
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", w.Func().Package).Output()
	if err != nil {
		return "", fmt.Errorf("go list %s: %w", w.Func().Package, err)
	}
	dir := strings.TrimSpace(string(out))
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, dir); err == nil {
			dir = rel
		}
	}
	return dir, nil
}

// writeReplayTest writes a test over all recordings of the workflow, once.
func (a *app) writeReplayTest(w flow.Workflow, dir string) error {
	file := filepath.Join(dir, strings.ReplaceAll(w.Name(), "-", "_")+"_replay_test.go")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	pkg, variable := variableOf(w, dir)
	if variable == "" {
		a.talk("no variable of %s holds workflow %s; a test calls flowtest.Replay with it\n", dir, w.Name())
		return nil
	}
	text, err := format.Source(fmt.Appendf(nil, replayTest, pkg, w.Func().Package, exportedName(w.Name()), recordings+"/"+w.Name()+"/*.json", path.Base(pkg), variable))
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		return err
	}
	a.print("%s\n", file)
	a.hint("go test -run Replay ./" + filepath.ToSlash(dir))
	return nil
}

const replayTest = `package %[1]s_test

import (
	"path/filepath"
	"testing"

	"github.com/stride-aws/stride/flow/flowtest"
	%[2]q
)

// TestReplay%[3]s runs recorded executions against the workflow as it is now.
func TestReplay%[3]s(t *testing.T) {
	files, err := filepath.Glob(%[4]q)
	if err != nil {
		t.Fatal(err)
	}
	flowtest.Replay(t, %[5]s.%[6]s, files)
}
`

// exportedName is "OrderFulfilment" of "order-fulfilment".
func exportedName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// variableOf finds the package's name, and the exported variable that a call with the workflow's name initialises.
func variableOf(w flow.Workflow, dir string) (pkg, variable string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", ""
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(text, []byte(strconv.Quote(w.Name()))) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && ast.IsExported(spec.Names[0].Name) && callsWith(spec.Values[0], w.Name()) {
				pkg, variable = file.Name.Name, spec.Names[0].Name
			}
			return true
		})
	}
	return pkg, variable
}

// callsWith says whether e is a call whose first argument is the text name.
func callsWith(e ast.Expr, name string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	return ok && lit.Value == strconv.Quote(name)
}
