// Package module writes a Go module like a user's, for benchmarks and tests: a number of workflows in one package, each a copy of one
// of this repository's samples under names of its own, their handlers, and a command line.
package module

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

// Path is the import path of the written module.
const Path = "example.com/factory"

const stride = "github.com/stride-aws/stride"

// samples are the files that are copied, and the variables in them that register a workflow.
var samples = []struct{ file, workflow string }{{"fulfilment", "Fulfilment"}, {"reports", "Reporting"}, {"sensors", "Ingestion"}}

// Write writes a module of n workflows into dir, an empty folder. It uses the stride of repo, a checkout of this repository.
func Write(dir, repo string, n int) error {
	w := &writer{dir: dir, repo: repo}
	w.requirements()
	w.handlers()
	var all []string
	for i := range n {
		s := samples[i%len(samples)]
		suffix := fmt.Sprintf("%02d", i+1)
		w.write("workflows/"+s.file+suffix+".go", renamed(w.read("workflows/"+s.file+".go"), suffix))
		all = append(all, s.workflow+suffix)
	}
	w.write("workflows/workflows.go", "// Package workflows is the factory's.\npackage workflows\n\nimport \""+stride+"/flow\"\n\n"+
		"// All are the workflows.\nfunc All() []flow.Workflow {\n\treturn []flow.Workflow{"+strings.Join(all, ", ")+"}\n}\n")
	w.write("cmd/stride/main.go", own(w.read("cmd/stride/main.go")))
	return w.err
}

// Test writes the samples' tests of the order n times beside the workflows: each runs Fulfilment01 by flowtest.
func Test(dir string, n int) error {
	var b strings.Builder
	fmt.Fprintf(&b, testHead, stride, Path)
	for i := range n {
		fmt.Fprintf(&b, "\nfunc TestOrder%02d(t *testing.T) { try(t, %d) }\n", i+1, i+1)
	}
	w := &writer{dir: dir}
	w.write("workflows/order_test.go", b.String())
	return w.err
}

const testHead = `package workflows

import (
	"testing"

	"%[1]s/flow/flowtest"
	"%[2]s/lambdas/shop"
)

func try(t *testing.T, quantity int) {
	items := []shop.Item{{SKU: "mug-blue", Quantity: 1}, {SKU: "tea-earl-grey", Quantity: 2}}
	order := shop.Order{ID: "o-1", Email: "ada@example.com", Card: "4242", Items: items, Total: 1_000 + quantity}
	r := flowtest.Run[Receipt01](flowtest.New(t, Fulfilment01), order)
	if r.Output.Parcels != len(items) {
		t.Errorf("%%d parcels", r.Output.Parcels)
	}
}
`

type writer struct {
	dir, repo string
	err       error
}

func (w *writer) read(name string) string {
	text, err := os.ReadFile(filepath.Join(w.repo, filepath.FromSlash(name)))
	if w.err == nil {
		w.err = err
	}
	return string(text)
}

func (w *writer) write(name, text string) {
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	for _, step := range []func() error{
		func() error { return w.err },
		func() error { return os.MkdirAll(filepath.Dir(file), 0o755) },
		func() error { return os.WriteFile(file, []byte(text), 0o644) },
	} {
		if w.err = step(); w.err != nil {
			return
		}
	}
}

// requirements writes go.mod and go.sum: what this repository requires, and the repository itself from where it is.
func (w *writer) requirements() {
	_, rest, _ := strings.Cut(w.read("go.mod"), "\n")
	repo, err := filepath.Abs(w.repo)
	if w.err == nil {
		w.err = err
	}
	w.write("go.mod", fmt.Sprintf("module %s\n%s\nrequire %s v0.0.0\n\nreplace %[3]s => %q\n", Path, rest, stride, filepath.ToSlash(repo)))
	w.write("go.sum", w.read("go.sum"))
}

func (w *writer) handlers() {
	root := filepath.Join(w.repo, "lambdas")
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
			w.write("lambdas/"+path, own(w.read("lambdas/"+path)))
		}
		return err
	})
	if w.err == nil {
		w.err = err
	}
}

// own is a file of this repository as one of the written module.
func own(text string) string {
	for _, folder := range []string{"lambdas", "workflows"} {
		text = strings.ReplaceAll(text, stride+"/"+folder, Path+"/"+folder)
	}
	return text
}

var registered = lazyregexp.New(`(flow\.(?:Standard|Express)\("[a-z-]+)"`)

// renamed is a sample with a suffix behind the names that it declares, and behind the workflow's.
func renamed(text, suffix string) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		panic(err) // this repository's own sources parse
	}
	var names []string
	for _, d := range file.Decls {
		names = append(names, declared(d)...)
	}
	uses := regexp.MustCompile(`([^.\w])(` + strings.Join(names, "|") + `)\b`)
	text = uses.ReplaceAllString(text, "${1}${2}"+suffix)
	return own(registered.ReplaceAllString(text, "${1}-"+suffix+`"`))
}

func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				names = append(names, s.Names[0].Name)
			}
		}
	}
	return names
}
