package gosource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
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

// become is how many definitions of the suite have a source, which docs/coming-from.md says, and runs how often each is run.
const (
	become = 251
	runs   = 60
)

// translated is a definition and its source.
type translated struct {
	file, dir string
	def       *asl.Definition
	src       *Source
	// of the definition, and those that some compared run came to.
	states, entered int
}

// TestSuite translates each valid definition of the suite. What has a source compiles back to a machine that does the same, with
// inputs and answers of the types that the source has, whichever of its tasks fail in whichever way that the definition knows.
func TestSuite(t *testing.T) {
	var list []*translated
	reasons := map[string]int{}
	all := judges.Files(t, "suites/asl/valid/*.json")
	for i, file := range all {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := asl.Parse(string(body), filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		src, err := Of(def, "Flow")
		if kept := (Reasons)(nil); errors.As(err, &kept) {
			for _, r := range kept {
				reasons[r.Field+": "+r.Text]++
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		list = append(list, &translated{file: filepath.Base(file), dir: fmt.Sprintf("f%03d", i), def: def, src: src})
	}
	t.Logf("%d of %d definitions become Go", len(list), len(all))
	for _, r := range slices.SortedFunc(maps.Keys(reasons), func(a, b string) int { return cmp.Compare(reasons[b], reasons[a]) }) {
		t.Logf("%4d %s", reasons[r], r)
	}
	if len(list) != become {
		t.Errorf("%d definitions have a source; %d had", len(list), become)
	}
	same(t, list)
}

// same compiles sources and compares what they do with what their definitions do.
func same(t *testing.T, list []*translated) {
	t.Helper()
	overlay := map[string][]byte{}
	var workflows []compile.Workflow
	for _, tr := range list {
		file, err := filepath.Abs(filepath.Join("testdata", "flows", tr.dir, "flow.go"))
		if err != nil {
			t.Fatal(err)
		}
		timeout := tr.src.Timeout
		overlay[file] = goFile(tr.src)
		workflows = append(workflows, compile.Workflow{Name: tr.dir, Package: flows + tr.dir, Func: "Flow", Timeout: timeout})
	}
	programs, err := compile.CompileOverlay(".", workflows, overlay)
	if err != nil {
		t.Fatal(err)
	}
	states, entered := 0, 0
	for i, tr := range list {
		t.Run(tr.file, func(t *testing.T) { tr.compare(t, programs[i].Definition) })
		states, entered = states+tr.states, entered+tr.entered
	}
	t.Logf("%d of %d states were entered", entered, states)
	if float64(entered) < 0.9*float64(states) {
		t.Errorf("only %d of %d states were entered", entered, states)
	}
}

// goFile is a package with the source.
func goFile(src *Source) []byte {
	var b strings.Builder
	b.WriteString("package flow\n\nimport (\n")
	src.Timeout = 0 // stands where the workflow is registered
	for _, p := range src.Imports() {
		fmt.Fprintf(&b, "%q\n", p)
	}
	b.WriteString("\n\"github.com/stride-aws/stride/flow\"\n)\n\n")
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

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (tr *translated) compare(t *testing.T, compiled *asl.Definition) {
	names := map[string]string{}
	for _, m := range placeholder.FindAllStringSubmatch(tr.def.Tree.String(), -1) {
		names[EnvName(m[1])] = m[0]
	}
	compiled, err := compile.Resolve(compiled, func(_ compile.Kind, name string) (string, error) { return names[name], nil })
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := machine.Compile(tr.def)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := machine.Compile(compiled)
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{errors: errorsOf(tr.def), texts: constants(tr.def), entered: map[string]bool{}}
	compared := 0
	for seed := range uint64(runs) {
		g.seed = seed
		before := maps.Clone(g.entered)
		a, b := g.run(t, tr, theirs), g.run(t, tr, ours)
		if a.crashed() {
			g.entered = before
			continue
		}
		compared++
		if diff := gocmp.Diff(a, b); diff != "" {
			t.Fatalf("seed %d, input %s: the definition (-), the source (+)\n%s\n%s", seed, a.Input, diff, tr.src.Text)
		}
	}
	asl.Walk(&tr.def.Machine, func(_ *asl.Machine, s *asl.State) {
		tr.states++
		if g.entered[s.Name] {
			tr.entered++
		}
	})
	if compared < runs/4 {
		t.Errorf("only %d of %d runs of the definition went where its paths lead\n%s", compared, runs, tr.src.Text)
	}
}

// constants are the texts and numbers of a definition, which decide where executions go.
func constants(def *asl.Definition) map[string][]value.Value {
	out := map[string][]value.Value{}
	var walk func(r *asl.Rule)
	walk = func(r *asl.Rule) {
		for _, inner := range append(slices.Concat(r.And, r.Or), r.Not) {
			if inner != nil {
				walk(inner)
			}
		}
		kind := r.Operand.Kind().String()
		out[kind] = append(out[kind], r.Operand)
	}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) {
		for _, r := range s.Choices {
			walk(r)
		}
	})
	return out
}

// generator makes inputs and answers, the same from the same seed.
type generator struct {
	seed   uint64
	errors []string
	texts  map[string][]value.Value
	// entered are the states that executions of the definition came to.
	entered map[string]bool
}

func (g *generator) of(s *shape, r *rand.Rand, depth int) value.Value {
	s = s.root()
	switch {
	case depth > 8:
		return value.NullValue
	case s.parsed != nil:
		return value.OfString(g.of(s.parsed, r, depth+1).String())
	case s.mixed || s.kind == unknown && !s.printed:
		return []value.Value{value.OfString("any"), value.OfInt(7), value.OfObject([]value.Member{{Name: "deep", Value: value.OfBool(true)}}), value.OfArray(nil)}[r.IntN(4)]
	case s.kind == text, s.kind == unknown:
		if list := g.texts["string"]; len(list) > 0 && r.IntN(4) > 0 {
			return value.OfString(strings.ReplaceAll(list[r.IntN(len(list))].Str(), "*", "x"))
		}
		return value.OfString([]string{"a", "b c", "", "ö"}[r.IntN(4)])
	case s.kind == number:
		if list := g.texts["number"]; len(list) > 0 && r.IntN(4) > 0 {
			return value.OfInt(int64(list[r.IntN(len(list))].Float()) + r.Int64N(3) - 1)
		}
		return value.OfInt(r.Int64N(5))
	case s.kind == boolean:
		return value.OfBool(r.IntN(2) == 0)
	case s.kind == moment:
		return value.OfString("2026-01-02T03:05:05Z")
	case s.kind == list:
		items := make([]value.Value, []int{0, 1, 3, 3}[r.IntN(4)])
		for i := range items {
			items[i] = g.of(s.item(false), r, depth+1)
		}
		return value.OfArray(items)
	}
	var members []value.Member
	for _, f := range s.fields {
		if f.optional && r.IntN(2) == 0 {
			continue
		}
		members = append(members, value.Member{Name: f.name, Value: g.of(f.shape, r, depth+1)})
	}
	return value.OfObject(append(members, value.Member{Name: "undeclared", Value: value.OfInt(r.Int64N(9))}))
}

func (g *generator) random(parts ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, parts...)
	return rand.New(rand.NewPCG(g.seed, h.Sum64()))
}

// did is what a run did.
type did struct {
	Input   string
	Status  machine.Status
	Output  string
	Error   string
	Cause   string
	Calls   []string
	Elapsed time.Duration
}

// crashed says whether a path of the definition led nowhere, for which Go's types have no form.
func (d did) crashed() bool {
	return slices.Contains([]string{"States.Runtime", "States.ParameterPathFailure", "States.ResultPathMatchFailure", "States.IntrinsicFailure", "States.QueryEvaluationError"}, d.Error)
}

const tooManyCalls = 40

func (g *generator) run(t *testing.T, tr *translated, program *machine.Program) did {
	in := g.of(tr.src.takes, g.random("input"), 0)
	out := did{Input: in.String()}
	var mu sync.Mutex
	attempts := map[string]int{}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := 0
	result := program.Run(ctx, &machine.Execution{ARN: "arn:aws:states:us-east-1:000000000000:execution:m:e", Name: "e", StartTime: start, Input: in}, &machine.Env{
		Clock: machine.NewVirtualClock(start), Random: func() float64 { return 1 },
		Emit: func(e *history.Event) {
			if e.Details != nil && strings.HasSuffix(string(e.Type), "StateEntered") {
				g.entered[e.Details.Name] = true
			}
			if events++; events > 2000 {
				cancel()
			}
		},
		StartTask: func(_ context.Context, task *machine.Task, r machine.Replier) {
			mu.Lock()
			defer mu.Unlock()
			call := task.Resource.ARN + " " + canonical(task.Input)
			if task.Token != "" {
				call = strings.ReplaceAll(call, task.Token, "TOKEN")
			}
			attempts[call]++
			out.Calls = append(out.Calls, call)
			if len(out.Calls) > tooManyCalls {
				cancel()
			}
			random := g.random(call, attempts[call])
			if g.seed%3 != 0 && random.IntN(3) == 0 {
				r.Failed(machine.Failure{Error: g.errors[random.IntN(len(g.errors))], Cause: history.Verbatim("sorry")})
				return
			}
			answer := g.of(tr.src.results[original(tr.src, task.State)], random, 0)
			r.Succeeded(history.Verbatim(answer.String()))
		},
	})
	out.Status, out.Error, out.Elapsed = result.Status, result.Error.String(), result.Time.Sub(start)
	if !strings.HasPrefix(out.Error, "States.") {
		out.Cause = result.Cause.String()
	}
	if result.Status == machine.Succeeded {
		out.Output = canonical(result.Output)
	}
	slices.Sort(out.Calls)
	if len(out.Calls) > tooManyCalls || events > 2000 {
		return did{Input: out.Input, Error: "endless"}
	}
	return out
}

// original is the name that a state of the source has in the definition: one that is written twice has a number.
func original(src *Source, state string) string {
	if src.results[state] != nil {
		return state
	}
	i := strings.LastIndexByte(state, ' ')
	if i < 0 || src.results[state[:i]] == nil {
		panic("no state " + state)
	}
	return state[:i]
}

// canonical is JSON with the members of objects in order.
func canonical(v value.Value) string {
	switch v.Kind() {
	case value.Array:
		items := make([]string, v.Len())
		for i, item := range v.Items() {
			items[i] = canonical(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case value.Object:
		members := make([]string, v.Len())
		for i, m := range v.Members() {
			members[i] = value.OfString(m.Name).String() + ":" + canonical(m.Value)
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	}
	return v.String()
}

// TestRefused names what keeps a machine ASL.
func TestRefused(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	for definition, want := range map[string]string{
		`{"StartAt": "A", "States": {"A": {` + task + `, "Parameters": {"x.$": "$.y[*].z"}, "End": true}}}`: "state A, Parameters: the path $.y[*].z",
		`{"StartAt": "A", "States": {"A": {` + task + `, "Parameters": {"x.$": "States.UUID()"}, "Next": "B"},
			"B": {` + task + `, "Parameters": {"x.$": "States.UUID()"}, "End": true}}}`: "states A, B, Parameters: the function States.UUID",
		`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "foo:bar", "End": true}}}`:                         "state A, Resource: foo:bar is no ARN",
		`{"StartAt": "A", "TimeoutSeconds": "{% 5 %}", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Succeed"}}}`: "TimeoutSeconds: it is computed",
		`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "x", "Next": "B"}, {"Variable": "$.a", "NumericEquals": 1, "Next": "B"}],
			"Default": "B"}, "B": {"Type": "Succeed"}}}`: `state A, StringEquals: "a" is of another type elsewhere; state A, NumericEquals: "a" is of another type elsewhere`,
		`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "x", "Next": "C"}], "Default": "B"},
			"B": {` + task + `, "ResultPath": "$.b", "Next": "C"}, "C": {` + task + `, "ResultPath": "$.c", "Next": "D"},
			"D": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "y", "Next": "B"}, {"Variable": "$.a", "StringEquals": "z", "Next": "C"}], "Default": "E"},
			"E": {"Type": "Succeed"}}}`: "a loop that is entered in several places",
	} {
		def, err := asl.Parse(definition, "m")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Of(def, "F"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", definition, err, want)
		}
	}
}

// TestDocs holds docs/coming-from.md to what import makes of the file there, and to the suite's figure.
func TestDocs(t *testing.T) {
	body, err := os.ReadFile("../../docs/coming-from.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	if want := fmt.Sprintf("Of 367 public definitions (AWS's samples and documentation, tests of validators) %d become Go", become); !strings.Contains(page, want) {
		t.Errorf("docs/coming-from.md does not say: %s", want)
	}
	before, after, _ := strings.Cut(page, "`stride import statemachine/selling.asl.json`")
	before, _, _ = strings.Cut(before[strings.LastIndex(before, "```json\n")+8:], "```")
	def, err := asl.Parse(before, "selling.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	src, err := Of(def, "RunSelling")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ = strings.Cut(after, "```go\n")
	after, _, _ = strings.Cut(after, "```")
	if i := strings.Index(src.Text, "// RunSelling"); src.Text[i:] != after {
		t.Errorf("import makes this of the file in docs/coming-from.md, which is not what stands there:\n%s", gocmp.Diff(src.Text[i:], after))
	}
}
