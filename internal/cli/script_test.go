package cli_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride"
	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest/testdata/sentinels"
	"github.com/stride-aws/stride/flow/flowtest/testdata/shop"
	"github.com/stride-aws/stride/internal/cli"
	"github.com/stride-aws/stride/internal/cli/testdata/calls"
	"github.com/stride-aws/stride/internal/cli/testdata/letters"
	"github.com/stride-aws/stride/internal/cli/testdata/mistakes"
	"github.com/stride-aws/stride/internal/cli/testdata/nested"
	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/lambdas/payments"
	"github.com/stride-aws/stride/lambdas/sensors"
	"github.com/stride-aws/stride/workflows"
)

// registered are the workflows that a script's stride has, by the value of TEST_WORKFLOWS.
var registered = map[string][]flow.Workflow{
	"":        nil,
	"samples": workflows.All(),
	"nested":  {shop.Buying, shop.Packing},
	"selling": {nested.Selling, nested.Packing, nested.Weighing},
	"telling": {sentinels.Telling, sentinels.Guessing},
	"calls":   {calls.Keeping, calls.Telling},
	"letters": {letters.Posting, letters.Opening},
	"shop": {
		flow.FromFile("orders", "orders.asl.json", flow.TypeStandard, flow.Function(payments.Charge)),
		flow.FromFile("ingest", "ingest.asl.json", flow.TypeExpress, flow.Function(sensors.Summarise)),
	},
	"twins": {
		flow.Standard("orders", mistakes.Unregistered, flow.Function(mistakes.Pack)),
		flow.Standard("orders", mistakes.Spawns, flow.Function(mistakes.Pack)),
	},
	"namesakes": {
		flow.Standard("first", mistakes.AsksForValue, flow.Function(mistakes.Pack)),
		flow.Standard("second", mistakes.AsksForPointer, flow.Function(mistakes.Pack)),
	},
	"unregistered": {flow.Standard("orders", mistakes.Unregistered)},
	"spawns":       {flow.Standard("orders", mistakes.Spawns, flow.Function(mistakes.Pack))},
	"extremes": {flow.FromFile("orders", "orders.asl.json", flow.TypeStandard,
		flow.Function(payments.Charge, flow.Memory(64), flow.FunctionTimeout(16*time.Minute)))},
	"uncallable": {flow.FromFile("orders", "orders.asl.json", flow.TypeStandard, flow.Function(mistakes.Uncallable))},
}

func TestMain(m *testing.M) {
	// Linking takes most of these tests' time, and half of it goes into what only debuggers read.
	if flags := os.Getenv("GOFLAGS"); !strings.Contains(flags, "-ldflags") {
		os.Setenv("GOFLAGS", strings.TrimSpace(flags+" -ldflags=-w"))
	}
	testscript.Main(m, map[string]func(){"stride": func() {
		set, ok := registered[os.Getenv("TEST_WORKFLOWS")]
		if !ok {
			panic("no such TEST_WORKFLOWS")
		}
		os.Exit(stride.Main(set...))
	}})
}

// TestScript runs every script of testdata/script: category_detail.txtar. A script finds this repository at $REPO and a local AWS
// of its own at $AWS.
func TestScript(t *testing.T) {
	goEnv := goVariables(t)
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: golden.Updating(),
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"CI", "NO_COLOR", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
				env.Setenv(name, "")
			}
			for name, v := range goEnv {
				env.Setenv(name, v)
			}
			return startAWS(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"awaitstuck": awaitStuck, "await": await, "alarm": alarm, "event": event, "request": request, "bucket": bucket, "objects": objects, "machine": machine},
	})
}

// await FILE REGEXP waits until a file, which a command in the background writes, has a match.
func await(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile("(?m)" + args[1])
	deadline := time.After(2 * time.Minute)
	for {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && pattern.Match(text) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			ts.Fatalf("no match of %s in %s:\n%s", args[1], args[0], text)
		}
	}
}

// goVariables let the go command of a script use this machine's caches, and show where the repository is.
func goVariables(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"GOCACHE": lines[0], "GOMODCACHE": lines[1], "GOPROXY": lines[2], "REPO": repo,
		"XDG_CACHE_HOME": cache, "GOFLAGS": os.Getenv("GOFLAGS"),
	}
}

// mainIn runs one command line with captured streams.
func mainIn(t *testing.T, w cli.World) int {
	t.Helper()
	return cli.Main(context.Background(), w)
}
