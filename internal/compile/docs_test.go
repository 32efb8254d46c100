package compile_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/compile/testdata/experts"
	"github.com/stride-aws/stride/internal/compile/testdata/lang"
	"github.com/stride-aws/stride/internal/golden"
)

// languageDoc shows each construct: the Go of package lang beside the golden file that it compiles to.
const languageDoc = "../../docs/language.md"

const languageIntro = `# The flow language, by example

Every example is a test: its Go function is run natively and as the state machine beside it, on inputs with none, one and many
items, and the two must agree on output, error and calls. The default retry of Lambda's transient errors is left out here.
This page is written by the tests: ` + "`go test ./internal/compile -run Docs -update`" + `. [Beside an expert](experts.md) has
whole workflows, and what somebody writes for them who knows the states language well.

## Where a state machine differs from Go

What has no exact form is refused when it is compiled. That leaves what only the input decides; each line is a test, which fails once
the two agree.

| What differs | Instead |
|---|---|
`

func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(languageIntro)
	for _, d := range lang.Differences {
		fmt.Fprintf(&b, "| %s | %s |\n", d.What, d.Instead)
	}
	b.WriteString("| An index out of range, a nil pointer and a whole number divided by zero, of which Go panics, end the execution with `States.QueryEvaluationError`, or read as nothing; to assign such an item always fails. | test before |\n" +
		"| Two appends to one slice never share memory. In one function they are refused. | `append(slices.Clip(s), …)` where Go might share |\n" +
		"| A `uuid.UUID` is the text that came: another spelling of the same bytes is not equal to it. | send UUIDs as Go writes them |\n")
	files, err := filepath.Glob("testdata/lang/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	sources := functions(t, files...)
	for _, c := range lang.All() {
		machine, err := os.ReadFile(filepath.Join("testdata", "golden", c.Workflow.Name()+".asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n## %s\n\n```go\n%s\n```\n\n```json\n%s\n```\n", c.Workflow.Name(), sources[c.Workflow.Func().Name], withoutDefaults(string(machine)))
	}
	golden.Compare(t, languageDoc, b.String())
}

const expertsDoc = "../../docs/experts.md"

const expertsIntro = `# Beside an expert

Workflows in Go, and the state machines that somebody wrote for them by hand who knows the states language well. Tests hold the compiled
machine to no more states, and on every way that their inputs take to no more transitions, which Standard bills; output and error must
be the same. The first number is of the compiled machine, the second of the one written by hand; transitions are of the shortest and the
longest way. This page is written by the tests: ` + "`go test ./internal/compile -run Docs -update`" + `.

| workflow | states | transitions | |
|---|---|---|---|
`

// TestDocsOfExperts shows each expert's machine beside the Go, with their sizes.
func TestDocsOfExperts(t *testing.T) {
	const folder = "internal/compile/testdata"
	sources := functions(t, "testdata/experts/experts.go")
	var table, bodies strings.Builder
	for _, e := range experts.All {
		name := e.Go.Name()
		byHand := filepath.Join("testdata", "experts", name+".asl.json")
		compiled := filepath.Join("testdata", "golden", "experts", name+".asl.json")
		ran := e.Run(t)
		fmt.Fprintf(&table, "| [%s](#%s) | %d / %d | %s / %s | [compiled](../%s/golden/experts/%s.asl.json) |\n", name, name,
			len(states(readASL(t, compiled))), len(states(readASL(t, byHand))), span(ran.Go), span(ran.ByHand), folder, name)
		text, err := os.ReadFile(byHand)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&bodies, "\n## %s\n\n```go\n%s\n```\n\n```json\n%s\n```\n", name, sources[e.Go.Func().Name], strings.TrimSpace(string(text)))
	}
	golden.Compare(t, expertsDoc, expertsIntro+table.String()+bodies.String())
}

// span is the least and the most of some numbers: "3 to 9".
func span(numbers []int) string {
	if slices.Min(numbers) == slices.Max(numbers) {
		return fmt.Sprint(numbers[0])
	}
	return fmt.Sprintf("%d to %d", slices.Min(numbers), slices.Max(numbers))
}

// functions is the source of each function of some files.
func functions(t *testing.T, files ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				start := fn.Pos()
				if fn.Doc != nil {
					start = fn.Doc.Pos()
				}
				out[fn.Name.Name] = string(text[fset.Position(start).Offset:fset.Position(fn.End()).Offset])
			}
		}
	}
	return out
}

var (
	defaultRetry = regexp.MustCompile(`\{\s*"ErrorEquals": \[\s*"Lambda\.ServiceException",[^\]]*\],[^}]*\}`)
	emptyRetry   = regexp.MustCompile(`\n *"Retry": \[\s*\],`)
	lastComma    = regexp.MustCompile(`\},\s*\n( *)\]`)
)

func withoutDefaults(machine string) string {
	machine = defaultRetry.ReplaceAllString(machine, "")
	machine = emptyRetry.ReplaceAllString(machine, "")
	return strings.TrimSpace(lastComma.ReplaceAllString(machine, "}\n$1]"))
}
