package project

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/jsonschema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestSchema holds infra/stride.schema.json, which editors read, to the fields that there are.
func TestSchema(t *testing.T) {
	const file = "../../infra/stride.schema.json"
	s := jsonschema.Of(reflect.TypeFor[Config](), "yaml", true)
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "infra/stride.yaml"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("%s (-want +got); rewrite with -update:\n%s", file, diff)
	}
}

const layered = `
project: shop
defaults:
  tags: {team: a, kind: x}
  lambda: {retention: 7}
environments:
  dev:
    region: eu-west-1
    workflows: {vars: {TOPIC: "${env:TOPIC}"}, logging: {level: ERROR}}
  prod:
    inherit: dev
    account: "${env:ACCOUNT}"
    keep: 9
    tags: {kind: y}
    workflows: {logging: {data: false}}
`

func environment(t *testing.T, text, name string, vars map[string]string) *Environment {
	t.Helper()
	c, err := parseConfig([]byte(text), "stride.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Environment(name, func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestLayers: an environment is stride's settings, the defaults, what it inherits and its own, in this order.
func TestLayers(t *testing.T) {
	got := environment(t, layered, "prod", map[string]string{"TOPIC": "arn:t", "ACCOUNT": "111122223333"})
	want := builtin("prod")
	want.Inherit, want.Account, want.Region, want.Keep = "dev", "111122223333", "eu-west-1", 9
	want.Tags = map[string]string{"team": "a", "kind": "y"}
	want.Lambda.Retention = new(7)
	want.Workflows.Vars = map[string]string{"TOPIC": "arn:t"}
	want.Workflows.Logging.Level, want.Workflows.Logging.Data = "ERROR", new(false)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFunctions: settings of one function win over flow.Function's, and those over the environment's, value by value.
func TestFunctions(t *testing.T) {
	e := environment(t, `
defaults:
  lambda: {memory: 256, env: {A: all, B: all, C: all}, subnets: [s], timeout: 10s}
  functions:
    payments.Charge: {memory: 512, env: {C: default}}
environments:
  dev: {functions: {payments.Charge: {env: {D: dev}, concurrency: 5}}}
  prod:
    inherit: dev
    functions:
      payments.Charge: {timeout: 5s, tracing: true, retention: 0}
      payments.Refund: {architecture: x86_64}
`, "prod", nil)
	code := flow.FunctionSpec{Memory: 1024, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage, Concurrency: 2, Env: map[string]string{"B": "code"}}
	plain := flow.FunctionSpec{Memory: flow.DefaultMemory, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage}
	variables := map[string]string{"A": "all", "B": "code", "C": "all"}
	for _, tt := range []struct {
		handler string
		spec    flow.FunctionSpec
		want    Lambda
	}{
		{"payments.Charge", code, Lambda{Memory: 512, Timeout: 5 * time.Second, Storage: 512, Concurrency: 5, Architecture: "arm64", Tracing: new(true), Retention: new(0),
			Subnets: []string{"s"}, Env: map[string]string{"A": "all", "B": "code", "C": "default", "D": "dev"}}},
		{"payments.Refund", code, Lambda{Memory: 1024, Timeout: 10 * time.Second, Storage: 512, Concurrency: 2, Architecture: "x86_64", Retention: new(30), Subnets: []string{"s"}, Env: variables}},
		{"stock.Reserve", plain, Lambda{Memory: 256, Timeout: 10 * time.Second, Storage: 512, Architecture: "arm64", Retention: new(30), Subnets: []string{"s"},
			Env: map[string]string{"A": "all", "B": "all", "C": "all"}}},
	} {
		if diff := cmp.Diff(tt.want, e.lambda(tt.handler, &tt.spec)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.handler, diff)
		}
	}
}

// TestAliases: what an anchor stands for is filled in wherever it is used.
func TestAliases(t *testing.T) {
	e := environment(t, "environments: {a: {lambda: {env: &e {k: '${env:V}'}}}, b: {lambda: {env: *e}}}", "b", map[string]string{"V": "w"})
	if e.Lambda.Env["k"] != "w" {
		t.Errorf("env %v", e.Lambda.Env)
	}
}

// TestNames: templates, and names that are cut keep apart.
func TestNames(t *testing.T) {
	e := environment(t, layered, "dev", map[string]string{"TOPIC": ""})
	if got := e.MachineName("shop", "orders", "eu-west-1"); got != "dev-orders" {
		t.Errorf("machine %q", got)
	}
	long := strings.Repeat("a", 90)
	one, two := e.MachineName("shop", long+"1", "eu-west-1"), e.MachineName("shop", long+"2", "eu-west-1")
	if len(one) != maxMachineName || len(two) != maxMachineName || one == two {
		t.Errorf("names of %d and %d characters, equal: %v", len(one), len(two), one == two)
	}
	local := environment(t, "", Local, nil)
	if got := local.MachineName("shop", "orders", "us-east-1"); got != "orders" {
		t.Errorf("local machine %q", got)
	}
}

// FuzzConfig: whatever the text, an environment is refused with a place in the file, or has settings that pass the checks.
func FuzzConfig(f *testing.F) {
	f.Add(layered, "prod")
	f.Add("environments: {local: {inherit: local}}", "local")
	f.Add("environments: {a: {inherit: b}, b: {inherit: a}}", "a")
	f.Add("environments: {a: &a {tags: {x: y}, lambda: {env: &e {k: '${env:V}'}}}, b: {lambda: {env: *e}}}", "b")
	f.Add("environments: {a: {tags: &t {x: *t}}}", "a")
	f.Add("defaults: []\nenvironments: {dev: null}", "dev")
	f.Fuzz(func(t *testing.T, text, name string) {
		c, err := parseConfig([]byte(text), "stride.yaml")
		if err == nil {
			var e *Environment
			e, err = c.Environment(name, func(string) (string, bool) { return "1", true })
			if err == nil && (e.Keep < 2 || e.Workflows.Logging.Data == nil || c.check(e) != nil) {
				t.Errorf("accepted %+v", e)
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "stride.yaml") {
			t.Errorf("no place: %v", err)
		}
	})
}
