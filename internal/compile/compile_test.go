package compile_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/compile/testdata/lang"
	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/workflows"
)

// TestLanguage runs the workflow of each construct natively and compiled, which flowtest compares.
func TestLanguage(t *testing.T) {
	for _, c := range append(lang.All(), lang.Traps...) {
		t.Run(c.Workflow.Name(), func(t *testing.T) {
			t.Parallel()
			c.Run(t)
		})
	}
}

// TestDifferences runs what is documented to differ: it must.
func TestDifferences(t *testing.T) {
	for _, d := range lang.Differences {
		for i := range d.Inputs {
			said := failures(t, func(t testing.TB) { d.Run(t, i) })
			if !strings.Contains(said, "behaves otherwise as Go than as a state machine: ") {
				t.Errorf("%s, input %d: nothing differs: %s", d.Workflow.Name(), i, said)
			}
		}
	}
}

// TestOutOfRange runs a compiled machine where Go panics.
func TestOutOfRange(t *testing.T) {
	w := flow.FromFile("item-at", "internal/compile/testdata/golden/item-at.asl.json", flow.TypeStandard)
	for _, in := range lang.OutOfRange {
		got := flowtest.Run[[]string](flowtest.New(t, w), in)
		if got.ErrorName != "States.QueryEvaluationError" {
			t.Errorf("%+v: %v %s", in, got.Output, got.ErrorName)
		}
	}
}

// failures is what a test fails with.
func failures(t *testing.T, run func(testing.TB)) string {
	r := &recorder{TB: t}
	done := make(chan bool)
	go func() {
		defer close(done)
		run(r)
	}()
	<-done
	return r.said.String()
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	said strings.Builder
}

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// TestGolden compares each construct's state machine, and the samples', with the one that was read and found good.
func TestGolden(t *testing.T) {
	all := workflows.All()
	all = append(all, lang.Child, lang.Described)
	for _, c := range lang.All() {
		all = append(all, c.Workflow)
	}
	first := render(t, all)
	for name, text := range first {
		golden.Compare(t, filepath.Join("testdata", "golden", name+".asl.json"), text)
	}
	if diff := cmp.Diff(first, render(t, all)); diff != "" {
		t.Errorf("a second compilation differs:\n%s", diff)
	}
}

func render(t *testing.T, all []flow.Workflow) map[string]string {
	t.Helper()
	programs, err := compile.Compile(".", compile.Registered(all))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range programs {
		lintCompiled(t, p)
		out[p.Name] = string(asl.Marshal(&p.Definition.Machine))
	}
	return out
}

func lintCompiled(t *testing.T, p *compile.Program) {
	t.Helper()
	for _, d := range lint.Check(p.Definition, lint.Options{Placeholders: true}) {
		t.Errorf("%s: lint: %v", p.Name, d)
	}
}
