package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pipeline is what these tests read of a CI system's file: steps that run commands.
type pipeline struct {
	Env  map[string]string
	Jobs map[string]struct {
		Steps []ciStep
	}
	Runs struct{ Steps []ciStep } // of an action
}

type ciStep struct {
	ID, Run, Uses string
	Env           map[string]string
}

// TestCI runs the commands of the README's CI example, of infra/ci/action.yml and of infra/ci/gitlab-ci.yml as a runner would, in a new
// project, against the local AWS: nothing asks, the step's summary has the plan, and outputs are there for the steps that use them.
func TestCI(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: builds a project and runs it")
	}
	ci := newRunner(t)
	readme := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(readText(t, "../../README.md"))
	if readme == nil {
		t.Fatal("the README has no CI example")
	}
	var example pipeline
	decodeYAML(t, readme[1], &example)
	for _, job := range []string{"plan", "deploy"} {
		for _, step := range example.Jobs[job].Steps {
			ci.step(t, example.Env, step)
		}
	}
	if out := ci.outputs("deploy"); out["changed"] != "true" || !strings.Contains(out["machines"], `"workflow":"greeting"`) {
		t.Errorf("outputs of deploy: %v", out)
	}
	if summary := readText(t, ci.summary); strings.Count(summary, "### stride plan: dev in ") < 3 {
		t.Errorf("the summary is\n%s", summary)
	}

	var action pipeline
	decodeYAML(t, readText(t, "../../infra/ci/action.yml"), &action)
	for _, command := range []string{"plan", "deploy"} {
		step := action.Runs.Steps[2]
		step.ID = "action-" + command
		env := map[string]string{"STRIDE_ENV": "dev", "COMMAND": command}
		step.Env = nil
		ci.step(t, env, step)
	}
	if out := ci.outputs("action-deploy"); out["changed"] != "false" || out["machines"] == "" {
		t.Errorf("outputs of the action: %v", out)
	}

	var gitlab map[string]struct{ Script []string }
	text := readText(t, "../../infra/ci/gitlab-ci.yml")
	decodeYAML(t, text[strings.Index(text, "\ntest:"):], &gitlab)
	for _, job := range []string{"plan", "deploy"} {
		for _, line := range gitlab[job].Script {
			ci.step(t, map[string]string{"STRIDE_ENV": "dev"}, ciStep{ID: "gitlab", Run: line})
		}
	}
	if !strings.Contains(readText(t, filepath.Join(ci.dir, "deploy.json")), `"changed": false`) {
		t.Error("GitLab's deploy leaves no report")
	}
}

// runner is a machine of a CI system, with a project checked out.
type runner struct {
	*reader
	summary string
}

func newRunner(t *testing.T) *runner {
	r := newReader(t)
	local := exec.Command("sh", "-c", "exec stride local")
	local.Env = r.environment()
	local.Dir = r.dir
	r.start(t, local)
	r.run(t, "stride init hello", "")
	r.run(t, "cd hello", "")
	return &runner{r, filepath.Join(t.TempDir(), "summary")}
}

var expression = regexp.MustCompile(`\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}`)

func (c *runner) step(t *testing.T, env map[string]string, s ciStep) {
	t.Helper()
	if s.Run == "" {
		t.Fatalf("step %q runs nothing", s.ID+s.Uses)
	}
	line := expression.ReplaceAllStringFunc(s.Run, func(ref string) string {
		m := expression.FindStringSubmatch(ref)
		value := c.outputs(m[1])[m[2]]
		if value == "" {
			t.Errorf("%s is not among the outputs", ref)
		}
		return value
	})
	cmd := exec.Command("bash", "-eo", "pipefail", "-c", line)
	cmd.Dir = c.dir
	cmd.Env = append(c.environment(), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+c.summary, "GITHUB_OUTPUT="+filepath.Join(c.bin, "out-"+s.ID))
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, &out)
	}
}

// outputs are those that a step has written.
func (c *runner) outputs(step string) map[string]string {
	text, _ := os.ReadFile(filepath.Join(c.bin, "out-"+step)) // a step without outputs writes none
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[name] = value
	}
	return out
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodeYAML(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
