package gosource

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/value"
)

const flows = "github.com/stride-aws/stride/internal/gosource/testdata/flows/"

// translated is a definition of the suite and its source.
type translated struct {
	file, dir string
	def       *asl.Definition
	src       *Source
}

// TestSuite translates each valid definition of the suite. What has a source compiles back to a machine that does the same, with all
// functions well and with each of them failing in each way that the definition knows.
func TestSuite(t *testing.T) {
	var list []translated
	reasons := 0
	for i, file := range judges.Files(t, "suites/asl/valid/*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := asl.Parse(string(text), filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		src, err := Of(def, Options{Func: "Flow"})
		if err != nil {
			reasons++
			continue
		}
		list = append(list, translated{filepath.Base(file), fmt.Sprintf("f%03d", i), def, src})
	}
	t.Logf("%d definitions become Go, %d stay ASL", len(list), reasons)
	if len(list) < 43 {
		t.Errorf("only %d definitions have a source; 43 had", len(list))
	}
	same(t, list)
}

// same compiles sources and compares what they do with what their definitions do.
func same(t *testing.T, list []translated) {
	t.Helper()
	overlay := map[string][]byte{}
	var workflows []compile.Workflow
	for _, tr := range list {
		file, err := filepath.Abs(filepath.Join("testdata", "flows", tr.dir, "flow.go"))
		if err != nil {
			t.Fatal(err)
		}
		overlay[file] = goFile(tr.src)
		w := compile.Workflow{Name: tr.dir, Package: flows + tr.dir, Func: "Flow", Timeout: tr.src.Timeout}
		for _, f := range tr.src.Functions {
			w.Functions = append(w.Functions, compile.Handler{Package: w.Package, Func: f.Name, Timeout: 15 * time.Minute})
		}
		workflows = append(workflows, w)
	}
	programs, err := compile.CompileOverlay(".", workflows, overlay)
	if err != nil {
		t.Fatal(err)
	}
	for i, tr := range list {
		t.Run(tr.file, func(t *testing.T) { tr.compare(t, programs[i].Definition) })
	}
}

// goFile is a package with the source and handlers for it.
func goFile(src *Source) []byte {
	var b strings.Builder
	b.WriteString("package flow\n\nimport (\n\"context\"\n\"errors\"\n\"time\"\n\n\"github.com/stride-aws/stride/flow\"\n)\n\nvar (\n_ = errors.Is\n_ = time.Second\n_ context.Context\n_ flow.Context\n)\n")
	for _, f := range src.Functions {
		fmt.Fprintf(&b, "func %s(context.Context, any) (%s, error) { return nil, nil }\n", f.Name, f.Gives)
	}
	return []byte(b.String() + src.Text)
}

// errorsOf are the errors that a definition knows, and one that it does not.
func errorsOf(def *asl.Definition) []string {
	names := []string{"Other"}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) {
		for _, r := range s.Retry {
			names = append(names, r.ErrorEquals...)
		}
		for _, c := range s.Catch {
			names = append(names, c.ErrorEquals...)
		}
	})
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "States.ALL" || n == "States.TaskFailed" })
}

func (tr *translated) compare(t *testing.T, compiled *asl.Definition) {
	for _, broken := range append([]Function{{}}, tr.src.Functions...) {
		for _, name := range errorsOf(tr.def) {
			for _, times := range []int{1, 1000} {
				a, b := tr.run(t, tr.def, broken.Name, name, times), tr.run(t, compiled, broken.Name, name, times)
				if diff := gocmp.Diff(a, b); diff != "" {
					t.Fatalf("%s fails %d times with %s: the definition (-), the source (+)\n%s\n%s", broken.Name, times, name, diff, tr.src.Text)
				}
			}
		}
	}
}

// did is what a run did.
type did struct {
	Status  machine.Status
	Output  string
	Error   string
	Calls   []string
	Elapsed time.Duration
}

func (tr *translated) run(t *testing.T, def *asl.Definition, broken, errorName string, times int) did {
	program, err := machine.Compile(def)
	if err != nil {
		t.Fatal(err)
	}
	input := `{"a":1}`
	if tr.src.Takes == "[]any" {
		input = `[1,"b",{"c":3}]`
	}
	in, err := value.Parse(input)
	if err != nil {
		t.Fatal(err)
	}
	var out did
	var mu sync.Mutex
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	result := program.Run(t.Context(), &machine.Execution{ARN: "arn:aws:states:us-east-1:000000000000:execution:m:e", StartTime: start, Input: in}, &machine.Env{
		Clock: machine.NewVirtualClock(start), Random: func() float64 { return 1 },
		StartTask: func(_ context.Context, task *machine.Task, r machine.Replier) {
			mu.Lock()
			defer mu.Unlock()
			f, payload := tr.called(task)
			out.Calls = append(out.Calls, f.Name+payload.String())
			if f.Name == broken && times > 0 {
				times--
				r.Failed(machine.Failure{Error: errorName, Cause: history.Verbatim("sorry")})
				return
			}
			answer := fmt.Sprintf(`{"by":%q,"of":%s}`, f.Name, payload)
			if f.Gives == "[]any" {
				answer = "[" + answer + ",2]"
			}
			if task.Resource.Service == "lambda" {
				answer = `{"StatusCode":200,"Payload":` + answer + `}`
			}
			r.Succeeded(history.Verbatim(answer))
		},
	})
	out.Status, out.Error, out.Elapsed = result.Status, result.Error.String(), result.Time.Sub(start)
	if result.Status == machine.Succeeded {
		out.Output = result.Output.String()
	}
	slices.Sort(out.Calls)
	return out
}

// called is the function of a task, of the definition or of the compiled source, and what it gets.
func (tr *translated) called(task *machine.Task) (Function, value.Value) {
	payload, resource := task.Input, task.Resource.ARN
	if task.Resource.Service == "lambda" {
		name, _ := task.Input.Get("FunctionName")
		payload, _ = task.Input.Get("Payload")
		resource = name.Str()
	}
	i := slices.IndexFunc(tr.src.Functions, func(f Function) bool {
		return f.Resource == resource || "${fn:"+tr.dir+"."+f.Name+"}" == resource
	})
	return tr.src.Functions[i], payload
}

// TestRefused names what keeps a machine ASL.
func TestRefused(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	for definition, want := range map[string]string{
		`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [], "Default": "A"}}}`:                                                     "state A is a Choice",
		`{"StartAt": "A", "States": {"A": {` + task + `, "ResultPath": "$.x", "End": true}}}`:                                                      "puts its result into a field",
		`{"StartAt": "A", "States": {"A": {` + task + `, "Next": "A"}}}`:                                                                           "a loop",
		`{"StartAt": "A", "States": {"A": {` + task + `, "Parameters": {"x.$": "$.y"}, "End": true}}}`:                                             "computes the value x",
		`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}}}`:                             "which is no Lambda function",
		`{"StartAt": "A", "States": {"A": {` + task + `, "End": true, "Catch": [{"ErrorEquals": ["E"], "Next": "B"}]}, "B": {"Type": "Succeed"}}}`: "hands an error on as an object",
		`{"StartAt": "A", "TimeoutSeconds": "{% 5 %}", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Succeed"}}}`:                          "TimeoutSeconds",
	} {
		def, err := asl.Parse(definition, "m")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Of(def, Options{Func: "F"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", definition, err, want)
		}
	}
}
