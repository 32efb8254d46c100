// Package servers runs one suite of scripts over four servers: every deployment of testdata on the local AWS, and with build tags on
// LocalStack (integration), on moto (moto) and on AWS itself (aws). Where a server differs, the script says so and why.
package servers

import (
	"crypto/rand"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride"
	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/lambdas/payments"
	"github.com/stride-aws/stride/lambdas/sensors"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stride": func() {
		os.Exit(stride.Main(
			flow.FromFile("orders", "orders.asl.json", flow.TypeStandard, flow.Function(payments.Charge)),
			flow.FromFile("ingest", "ingest.asl.json", flow.TypeExpress, flow.Function(sensors.Summarise)),
		))
	}})
}

// all are the servers, as conditions of scripts and environments of their stride.yaml have them.
var all = []string{"local", "localstack", "moto", "aws"}

// suite runs every script against a server. endpoint starts or names the server for one script; "" is AWS's own.
func suite(t *testing.T, server string, endpoint func(env *testscript.Env) string) {
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	variables := goVariables(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Condition: func(name string) (bool, error) {
			if !slices.Contains(all, name) {
				return false, os.ErrInvalid
			}
			return name == server, nil
		},
		Setup: func(env *testscript.Env) error {
			for name, value := range variables {
				env.Setenv(name, value)
			}
			env.Setenv("STRIDE_ENV", server)
			env.Setenv("STRIDE_ENDPOINT_URL", endpoint(env))
			env.Setenv("TEST_ID", "stride-test-"+strings.ToLower(rand.Text()[:6]))
			env.Setenv("GOFLAGS", "-mod=mod")
			return exec.Command("cp", "-r", filepath.Join(repo, "internal", "servers", "testdata", "project")+"/.", env.WorkDir).Run()
		},
	})
}

// goVariables let the go command of a script use this machine's caches.
func goVariables(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return map[string]string{"GOCACHE": lines[0], "GOMODCACHE": lines[1], "GOPROXY": lines[2], "XDG_CACHE_HOME": cache, "CI": "true",
		"NO_COLOR": "1", "GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": "", "GITHUB_ACTIONS": ""}
}

func TestLocal(t *testing.T) {
	suite(t, "local", func(env *testscript.Env) string {
		h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(h)
		env.Defer(func() {
			s.Close()
			h.Close()
		})
		return s.URL
	})
}
