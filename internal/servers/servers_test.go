// Package servers runs one suite of scripts over four servers: every deployment of testdata on the local AWS, and with build tags on
// LocalStack (integration), on moto (moto) and on AWS itself (aws). Where a server differs, the script says so and why.
package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride"
	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/lambdas/payments"
	"github.com/stride-aws/stride/lambdas/sensors"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stride": func() {
		all := []flow.Workflow{
			flow.FromFile("orders", "orders.asl.json", flow.TypeStandard, flow.Function(payments.Charge)),
			flow.FromFile("ingest", "ingest.asl.json", flow.TypeExpress, flow.Function(sensors.Summarise)),
		}
		if os.Getenv("TEST_WORKFLOWS") == "orders" {
			all = all[:1]
		}
		os.Exit(stride.Main(all...))
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"untag": untag, "request": request},
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

// untag FUNCTION takes stride's tags from a function, as if somebody else had made it.
func untag(ts *testscript.TestScript, _ bool, args []string) {
	cfg, err := config.LoadDefaultConfig(context.Background(), func(o *config.LoadOptions) error {
		if url := ts.Getenv("STRIDE_ENDPOINT_URL"); url != "" {
			o.BaseEndpoint, o.Region = url, "us-east-1"
			o.Credentials = credentials.NewStaticCredentialsProvider("test", "test", "")
		}
		return nil
	})
	ts.Check(err)
	client := lambda.NewFromConfig(cfg)
	f, err := client.GetFunction(context.Background(), &lambda.GetFunctionInput{FunctionName: &args[0]})
	ts.Check(err)
	_, err = client.UntagResource(context.Background(), &lambda.UntagResourceInput{Resource: f.Configuration.FunctionArn, TagKeys: []string{"stride:project", "stride:env", "stride:workflow"}})
	ts.Check(err)
}

var urlForm = regexp.MustCompile(`http\S+`)

// request METHOD BODY calls the URL in the file "deployed", which a deploy printed, and writes status and answer to the file "answer".
func request(ts *testscript.TestScript, _ bool, args []string) {
	url := urlForm.FindString(ts.ReadFile("deployed"))
	r, err := http.NewRequest(args[0], url, strings.NewReader(args[1]))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), fmt.Appendf(nil, "%d %s\n", answer.StatusCode, strings.TrimSpace(string(body))), 0o666))
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
