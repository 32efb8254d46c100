package compile_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/bench/module"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/diag"
)

var edits = flag.Int("edits", 25, "how many times TestSession edits its module")

// factory is a module in a folder of its own, and its workflows.
func factory(t testing.TB, n int) (dir string, workflows []compile.Workflow) {
	t.Helper()
	dir = t.TempDir()
	if err := module.Write(dir, "../..", n); err != nil {
		t.Fatal(err)
	}
	handlers := map[string]string{
		"inventory": "Reserve Release", "approvals": "Ask", "payments": "Charge Refund", "shipping": "Pack Dispatch", "notify": "Email SMS",
		"reports": "List Render Publish", "sensors": "Lookup Summarise Raise",
	}
	var all []compile.Handler
	for pkg, names := range handlers {
		for _, name := range strings.Fields(names) {
			all = append(all, compile.Handler{Package: module.Path + "/lambdas/" + pkg, Func: name})
		}
	}
	for i := range n {
		name := []string{"Fulfil", "Report", "Ingest"}[i%3] + fmt.Sprintf("%02d", i+1)
		workflows = append(workflows, compile.Workflow{Name: name, Package: module.Path + "/workflows", Func: name, Functions: all})
	}
	return dir, workflows
}

// outcome is all that a compilation says.
type outcome struct {
	Machines map[string]string
	Places   map[string]map[string]diag.Place
	Errors   map[string][]compile.ErrorMatch
	Findings []string
}

func compiled(source *compile.Source, err error, workflows []compile.Workflow) outcome {
	out := outcome{Machines: map[string]string{}, Places: map[string]map[string]diag.Place{}, Errors: map[string][]compile.ErrorMatch{}}
	out.note(err)
	if source == nil {
		return out
	}
	for _, w := range workflows {
		p, err := source.Compile(w, workflows...)
		if out.note(err); err == nil {
			out.Machines[w.Name], out.Places[w.Name], out.Errors[w.Name] = string(asl.Marshal(&p.Definition.Machine)), p.Places, p.Errors
		}
	}
	return out
}

func (o *outcome) note(err error) {
	var found diag.List
	if errors.As(err, &found) {
		for _, d := range found {
			o.Findings = append(o.Findings, d.Error()+" "+d.Hint)
		}
	} else if err != nil {
		o.Findings = append(o.Findings, err.Error())
	}
}

// edit changes the module in dir.
type edit struct {
	name string
	do   func(m *edited)
}

// edited is the module in dir as edits leave it.
type edited struct {
	t   testing.TB
	dir string
	n   int
	r   *rand.Rand
}

func (m *edited) path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

func (m *edited) write(name, text string) {
	if err := errors.Join(os.MkdirAll(filepath.Dir(m.path(name)), 0o755), os.WriteFile(m.path(name), []byte(text), 0o644)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *edited) remove(name string) {
	if err := os.RemoveAll(m.path(name)); err != nil {
		m.t.Fatal(err)
	}
}

// replace changes a file where it has old; else it changes it back.
func (m *edited) replace(name, old, text string) {
	before, err := os.ReadFile(m.path(name))
	if err != nil {
		return // removed by another edit
	}
	after := strings.ReplaceAll(string(before), old, text)
	if after == string(before) {
		after = strings.ReplaceAll(string(before), text, old)
	}
	m.write(name, after)
}

// restore writes the module as it was.
func (m *edited) restore() {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, e := range entries {
		m.remove(e.Name())
	}
	if err := module.Write(m.dir, "../..", samples); err != nil {
		m.t.Fatal(err)
	}
}

// samples is the number of workflows of the module that is edited.
const samples = 6

// toggle writes a file that is not there, and removes one that is.
func (m *edited) toggle(name, text string) {
	if _, err := os.Stat(m.path(name)); err == nil {
		m.remove(name)
		return
	}
	m.write(name, text)
}

const approval = "approver = decision.By"

// changes are what people do to a project; most undo themselves when they are done again.
var changes = []edit{
	{"another text", func(m *edited) {
		m.replace("workflows/fulfilment01.go", `"not enough in stock`, fmt.Sprintf(`"%d not in stock`, m.n))
	}},
	{"a line more", func(m *edited) {
		m.replace("workflows/reports02.go", "package workflows\n", "package workflows\n\n// More.\n")
	}},
	{"a comment of a state", func(m *edited) { m.replace("workflows/fulfilment04.go", "// Pack every line", "// Pack each line") }},
	{"a refused statement", func(m *edited) {
		m.replace("workflows/sensors03.go", `status := "stored"`, `status := "stored"; go func() {}()`)
	}},
	{"a type error", func(m *edited) { m.replace("workflows/fulfilment01.go", approval, "approver = 1") }},
	{"a syntax error", func(m *edited) { m.replace("workflows/fulfilment01.go", "package workflows", "package workflows }") }},
	{"a syntax error inside", func(m *edited) { m.replace("workflows/reports02.go", "return flow.Call", "return return flow.Call") }},
	{"an import more", func(m *edited) {
		m.replace("workflows/fulfilment01.go", approval, "approver = strings.ToUpper(decision.By)")
		m.replace("workflows/fulfilment01.go", "\t\"time\"\n", "\t\"strings\"\n\t\"time\"\n")
	}},
	{"an import of nothing", func(m *edited) {
		m.replace("workflows/sensors03.go", "\t\"time\"\n", "\t\"time\"\n\t_ \"example.com/factory/nothing\"\n")
	}},
	{"what was nothing", func(m *edited) { m.toggle("nothing/nothing.go", "package nothing\n") }},
	{"an unused import", func(m *edited) { m.replace("workflows/sensors03.go", "\t\"time\"\n", "\t\"time\"\n\t\"os\"\n") }},
	{"a helper of another package", func(m *edited) {
		m.toggle("help/help.go", "package help\n\n// Loud is text.\nfunc Loud(s string) string { return s + Mark }\n\nvar Mark = \"!\"\n")
		m.replace("workflows/fulfilment04.go", "approver = decision.By", "approver = help.Loud(decision.By)")
		m.replace("workflows/fulfilment04.go", "\t\"time\"\n", "\t\"time\"\n\t\"example.com/factory/help\"\n")
	}},
	{"the helper's body", func(m *edited) { m.replace("help/help.go", "s + Mark", "Mark + s") }},
	{"the helper's variable, which changes", func(m *edited) { m.toggle("help/more.go", "package help\n\nfunc init() { Mark = \"?\" }\n") }},
	{"a helper's type error", func(m *edited) { m.replace("help/help.go", "\"!\"", "\"!\" + 1") }},
	{"a handler's body", func(m *edited) { m.replace("lambdas/sensors/sensors.go", "return ", "_ = 0; return ") }},
	{"a handler's type", func(m *edited) { m.replace("lambdas/sensors/sensors.go", "`json:\"count\"`", "`json:\"total\"`") }},
	{"a handler's mistake", func(m *edited) {
		m.replace("lambdas/sensors/sensors.go", "type Batch struct {", "type Batch struct {\n\tX Missing\n")
	}},
	{"a shared type", func(m *edited) { m.replace("lambdas/shop/shop.go", "`json:\"card\"`", "`json:\"creditCard\"`") }},
	{"a matched error variable", func(m *edited) {
		m.toggle("deep/deep.go", "package deep\n\nimport \"errors\"\n\nfunc Do() error { return errors.New(\"lost\") }\n")
		m.toggle("lambdas/inventory/gone.go", "package inventory\n\nimport (\n\t\"errors\"\n\n\t\"example.com/factory/deep\"\n)\n\n"+
			"var ErrGone = errors.New(\"gone\")\n\nfunc do() error { return deep.Do() }\n")
		m.replace("workflows/fulfilment01.go", "errors.As(err, &sold)", "errors.As(err, &sold) || errors.Is(err, inventory.ErrGone)")
	}},
	{"its text elsewhere", func(m *edited) { m.replace("deep/deep.go", "lost", "gone") }},
	{"a file more", func(m *edited) { m.toggle("workflows/more.go", "package workflows\n\nconst approvalLimit01 = 5\n") }},
	{"a file for another system", func(m *edited) {
		m.toggle("workflows/more_plan9.go", "package workflows\n\nconst approvalLimit04 = 5\n")
	}},
	{"a build tag", func(m *edited) {
		m.replace("workflows/reports05.go", "package workflows\n", "//go:build never\n\npackage workflows\n")
	}},
	{"no build tag any more", func(m *edited) { m.replace("workflows/reports05.go", "//go:build never\n\n", "") }},
	{"another package's file", func(m *edited) { m.toggle("workflows/other.go", "package other\n") }},
	{"a file renamed", func(m *edited) {
		for from, to := range map[string]string{"workflows/sensors06.go": "workflows/sensors06a.go", "workflows/sensors06a.go": "workflows/sensors06.go"} {
			if os.Rename(m.path(from), m.path(to)) == nil {
				return
			}
		}
	}},
	{"the module's Go version", func(m *edited) { m.replace("go.mod", "\ngo 1.26.0\n", "\ngo 1.25.0\n") }},
	{"a broken go.mod", func(m *edited) { m.replace("go.mod", "module ", "modul ") }},
	{"the folder of a handler", func(m *edited) {
		for from, to := range map[string]string{"lambdas/notify": "lambdas/notice", "lambdas/notice": "lambdas/notify"} {
			if os.Rename(m.path(from), m.path(to)) == nil {
				return
			}
		}
	}},
	{"nothing", func(*edited) {}},
}

// TestSession makes edits of a module in random order, one or two at a time, and compares what a session says after each with what a new one
// says. What breaks the module stays for an edit or two; then the module is written anew.
func TestSession(t *testing.T) {
	dir, workflows := factory(t, samples)
	session := compile.NewSession(dir)
	m := &edited{t: t, dir: dir, r: rand.New(rand.NewPCG(*seed, 0))}
	var order []int
	whole := 0
	for m.n = range *edits {
		var done []string
		for range 1 + m.r.IntN(2) {
			if len(order) == 0 {
				order = m.r.Perm(len(changes))
			}
			c := changes[order[0]]
			order = order[1:]
			c.do(m)
			done = append(done, c.name)
		}
		source, err := session.Load(workflows)
		got := compiled(source, err, workflows)
		source, err = compile.Load(dir, workflows, nil)
		want := compiled(source, err, workflows)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("edit %d of seed %d, %s: a new session (-) and the old one (+) differ:\n%s", m.n, *seed, strings.Join(done, ", "), diff)
		}
		if len(want.Findings) == 0 {
			whole++
		} else if m.r.IntN(3) > 0 {
			m.restore()
		}
	}
	if whole*10 < *edits {
		t.Errorf("%d of %d edits leave the module whole: the test looks at mistakes alone", whole, *edits)
	}
}

// TestSessionAsksOnce says how a session is fast: the go command is not asked when a body changes.
func TestSessionAsksOnce(t *testing.T) {
	dir, workflows := factory(t, 3)
	session := compile.NewSession(dir)
	if _, err := session.Load(workflows); err != nil {
		t.Fatal(err)
	}
	m := &edited{t: t, dir: dir}
	m.replace("workflows/fulfilment01.go", `"not enough in stock`, `"nothing in stock`)
	t.Setenv("PATH", "")
	source, err := session.Load(workflows)
	if err != nil {
		t.Fatal(err)
	}
	p, err := source.Compile(workflows[0])
	if err != nil {
		t.Fatal(err)
	}
	if text := string(asl.Marshal(&p.Definition.Machine)); !strings.Contains(text, "nothing in stock") {
		t.Errorf("the change is not there:\n%s", text)
	}
}
