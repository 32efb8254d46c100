package compile_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/compile/langgen"
)

var (
	programs = flag.Int("programs", 200, "how many random workflows TestDifferential runs natively and compiled")
	seed     = flag.Uint64("seed", 1, "seed of the first of them")
)

const langPath = "github.com/stride-aws/stride/internal/compile/testdata/lang"

// generatedTest stands in a package of its own, so that the go command compiles the workflows once: for the test binary, and for
// the compiler, which asks it for their types.
const generatedTest = `package run

import (
	"slices"
	"testing"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/compile/testdata/lang"
	"github.com/stride-aws/stride/internal/lint"

	generated %q
)

func TestCases(t *testing.T) {
	for _, c := range generated.Cases {
		t.Run(c.Workflow.Name(), c.Run)
	}
}

// written are the findings about what the Go itself says: a Retry of every error, one without FullJitter, a distributed Map that keeps its results.
var written = []string{lint.RetryEverything, lint.RetryWithoutJitter, lint.LargeResults}

func TestLint(t *testing.T) {
	all := []flow.Workflow{lang.Described}
	for _, c := range generated.Cases {
		all = append(all, c.Workflow)
	}
	programs, err := compile.Compile(".", compile.Registered(all))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			for _, d := range lint.Check(p.Definition, lint.Options{Placeholders: true}) {
				if !slices.Contains(written, d.Code) {
					t.Error(d)
				}
			}
		})
	}
}
`

// TestDifferential writes random workflows, runs each both ways and lints its machine. The package is written below testdata, because the compiler
// reads it from disk, and removed again.
func TestDifferential(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test binary of its own")
	}
	const batch = 1000
	for from := 0; from < *programs; from += batch {
		runGenerated(t, *seed+uint64(from), min(batch, *programs-from))
	}
}

func runGenerated(t *testing.T, seed uint64, n int) {
	t.Helper()
	out, err := testWritten(t, langgen.File(langPath, seed, n), generatedTest)
	if err == nil {
		return
	}
	t.Errorf("%s", out)
	for _, id := range failing(out) {
		t.Errorf("seed %d, workflow %s:\n%s", seed, id, functionOf(seed, id))
	}
}

// testWritten runs a test, in which %q is the path of the package that source is, and which is removed again.
func testWritten(t *testing.T, source, test string, flags ...string) (out string, err error) {
	t.Helper()
	dir, err := os.MkdirTemp("testdata", "generated")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	test = fmt.Sprintf(test, path.Dir(path.Dir(langPath))+"/"+filepath.ToSlash(dir))
	for name, text := range map[string]string{"gen.go": source, "run/gen_test.go": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", slices.Concat([]string{"test", "-vet=off", "-timeout", "5m"}, flags, []string{"./" + dir + "/run"})...)
	// Slower code, made faster: each program runs a few times only.
	cmd.Env = append(os.Environ(), "GOGC=400", "GOFLAGS='-gcflags="+path.Dir(langPath)+"/...=-N -l'")
	text, err := cmd.CombinedOutput()
	return string(text), err
}

var failLine = regexp.MustCompile(`--- FAIL: Test(?:Cases|Lint)/w(\d+) `)

func failing(out string) []string {
	var ids []string
	for _, m := range failLine.FindAllStringSubmatch(out, 3) {
		ids = append(ids, m[1])
	}
	return ids
}

func functionOf(seed uint64, id string) string {
	var n uint64
	if _, err := fmt.Sscan(id, &n); err != nil {
		return ""
	}
	text, setup := langgen.Function(seed+n, id)
	return strings.TrimSpace(text) + "\n" + setup
}
