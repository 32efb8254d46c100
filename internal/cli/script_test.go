package cli_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride"
	"github.com/stride-aws/stride/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stride": func() { os.Exit(stride.Main()) }})
}

// TestScript runs every script of testdata/script: category_detail.txtar.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"CI", "NO_COLOR", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"} {
				env.Setenv(name, "")
			}
			return nil
		},
	})
}

// mainIn runs one command line with captured streams.
func mainIn(t *testing.T, w cli.World) int {
	t.Helper()
	return cli.Main(context.Background(), w)
}
