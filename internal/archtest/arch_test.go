package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stride-aws/stride"

// layers are the packages from the bottom up, by their path in the module. A package imports only from layers below its own.
var layers = []struct {
	reason   string
	packages []string
}{
	{"JSON and findings: everything speaks of them",
		[]string{"internal/lazyregexp", "internal/value", "internal/diag", "internal/judges", "internal/golden", "internal/peers", "internal/epoch", "internal/uuid", "internal/wheel", "internal/lambdamain", "internal/bench", "internal/bench/process", "internal/gofiles", "internal/store"}},
	{"Go types as JSON Schema, whose rules are regular expressions, too", []string{"internal/jsonschema"}},
	{"writes modules for benchmarks and tests", []string{"internal/bench/module"}},
	{"values that handlers pass by way of S3: handlers import it, so it imports nothing", []string{"flow/payload"}},
	{"what stands around handlers with such values", []string{"internal/lambdamain/payloads"}},
	{"parts of JSONata that know no expressions; the names of services' fields",
		[]string{"internal/jsonata/jsregexp", "internal/javaname"}},
	{"how Step Functions names what it calls", []string{"internal/integration"}},
	{"pictures of dates are read by regular expressions", []string{"internal/jsonata/picture"}},
	{"the definition, and what evaluates its expressions", []string{"internal/asl", "internal/jsonata", "internal/jsonpath"}},
	{"judges over the expression languages", []string{"internal/jsonata/difftest"}},
	{"judgements over a definition; the execution as data", []string{"internal/lint", "internal/history", "internal/policy", "internal/graph", "internal/gosource"}},
	{"runs a definition; prices an execution", []string{"internal/machine", "internal/cost"}},
	{"runs a recorded execution again", []string{"internal/replay"}},
	{"a workflow run natively: events, clocks and tasks without JSON", []string{"flow/internal/native"}},
	{"the language", []string{"flow"}},
	{"random workflows, for the compiler's tests", []string{"internal/compile/langgen"}},
	{"Go source to definitions", []string{"internal/compile"}},
	{"how far tests went through what was compiled; the names of errors that it matches", []string{"internal/coverage", "internal/errnames"}},
	{"both ways of running a workflow, side by side", []string{"flow/flowtest"}},
	{"any operation of any AWS service, by its model", []string{"internal/task/sdk"}},
	{"makes the models, and the table of IAM's actions", []string{"internal/task/sdk/gen", "internal/policy/gen"}},
	{"what a task can reach; handlers as processes", []string{"internal/task", "internal/lambdahost", "internal/bundle"}},
	{"the deployment as data", []string{"internal/plan"}},
	{"the local AWS, without and with HTTP", []string{"internal/local"}},
	{"the AWS wire protocols", []string{"internal/server/wire"}},
	{"event patterns, which rules and pipes are made of; mapping templates, which REST APIs are", []string{"internal/server/eventpattern", "internal/server/velocity"}},
	{"services of the local AWS", []string{"internal/server/states", "internal/server/logs", "internal/server/lambda",
		"internal/server/iam", "internal/server/sts", "internal/server/s3", "internal/server/cloudwatch", "internal/server/events", "internal/server/scheduler", "internal/server/pipes", "internal/server/apigateway"}},
	{"judges over the local AWS", []string{"internal/conformance"}},
	{"a checkout becomes plan.Desired", []string{"internal/project"}},
	{"plan meets AWS; executions are read from AWS", []string{"internal/deploy", "internal/observe"}},
	{"judges over what is told of executions", []string{"internal/observe/loggen"}},
	{"the web page: executions of the local AWS as observe tells them", []string{"internal/server/page"}},
	{"the local AWS put together", []string{"internal/server"}},
	{"all services behind one address", []string{"internal/localaws"}},
	{"kills them", []string{"internal/localaws/crash"}},
	{"commands", []string{"internal/cli"}},
	{"what a user's main calls", []string{""}},
	{"the samples", []string{"workflows"}},
	{"the program", []string{"cmd/stride"}},
	{"tests of the house", []string{"internal/archtest"}},
}

// fences keep the world out of the packages that must not touch it.
var fences = []struct {
	imports string // an import path or, with a final slash, everything under it
	reason  string
	allowed []string
}{
	{"github.com/aws/aws-sdk-go-v2/", "AWS is reached at the edges only",
		[]string{"internal/deploy", "internal/observe", "internal/task", "internal/cli", "internal/lambdamain/payloads", "workflows"}},
	{"os/exec", "processes are started where building and running them is the purpose",
		[]string{"internal/bundle", "internal/compile", "internal/lambdahost", "internal/project", "internal/cli", "internal/bench", "internal/peers"}},
	{"net/http", "the network is at the edges only",
		[]string{"internal/server", "internal/lambdahost", "internal/task", "internal/cli", "internal/deploy", "internal/observe", "internal/localaws"}},
}

// timeless packages get the time from who calls them, so that a virtual clock is all there is. The one exception is the clock
// itself.
var realClock = "../../internal/machine/clock.go"

var timeless = []string{"internal/asl", "internal/lint", "internal/machine", "internal/plan", "internal/history"}

type source struct {
	dir   string // in the module, with slashes
	name  string
	file  *ast.File
	files *token.FileSet
}

// sources are the module's Go files that are no tests.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var found []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root || nestedModule(path, root)) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		found = append(found, source{strings.TrimPrefix(filepath.ToSlash(dir), "."), path, file, files})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("only %d Go files found: the walk is broken", len(found))
	}
	return found
}

func nestedModule(path, root string) bool {
	if path == root {
		return false
	}
	mods, _ := filepath.Glob(filepath.Join(path, "go.mod"))
	return len(mods) > 0
}

// layerOf is the layer of a package: its own row, else that of the nearest folder above it that has one. Handlers stand at the
// bottom: of stride they know values that are too large for a state, and nothing else.
func layerOf(dir string) (int, bool) {
	if strings.HasPrefix(dir, "lambdas/") {
		return -1, true
	}
	for i, layer := range layers {
		if slices.Contains(layer.packages, dir) {
			return i, true
		}
	}
	return 0, false
}

// handlers may share types with one another, and pass large values.
func handlers(dir string, to int) bool {
	payload, _ := layerOf("flow/payload")
	return strings.HasPrefix(dir, "lambdas/") && (to == -1 || to == payload)
}

func imports(s source) []string {
	var paths []string
	for _, spec := range s.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, path)
	}
	return paths
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		from, ok := layerOf(s.dir)
		if !ok {
			t.Errorf("%s: package %q has no row in the table of layers", s.name, s.dir)
			continue
		}
		for _, path := range imports(s) {
			rest, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			to, ok := layerOf(strings.TrimPrefix(rest, "/"))
			if ok && to >= from && !handlers(s.dir, to) {
				t.Errorf("%s imports %s, which is not below it", s.name, path)
			}
		}
	}
}

func TestFences(t *testing.T) {
	for _, s := range sources(t) {
		for _, path := range imports(s) {
			for _, fence := range fences {
				if !behind(path, fence.imports) || within(s.dir, fence.allowed) {
					continue
				}
				t.Errorf("%s imports %s: %s", s.name, path, fence.reason)
			}
		}
	}
}

func behind(path, fence string) bool {
	return path == fence || strings.HasSuffix(fence, "/") && strings.HasPrefix(path, fence)
}

func within(dir string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool { return dir == a || strings.HasPrefix(dir, a+"/") })
}

func TestTimeless(t *testing.T) {
	for _, s := range sources(t) {
		if !slices.Contains(timeless, s.dir) || filepath.ToSlash(s.name) == realClock {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Now" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s: time.Now; the time comes from the caller", s.files.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// TestStartsFast wants no regular expression to be compiled at the start of the program: lazyregexp is for that.
func TestStartsFast(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			ast.Inspect(vars, func(n ast.Node) bool {
				if _, ok := n.(*ast.FuncLit); ok {
					return false // runs later
				}
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "MustCompile" {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "regexp" {
						t.Errorf("%s: a regular expression in a variable; make it with lazyregexp.New", s.files.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
}

func TestEachPackageSaysWhatItIsFor(t *testing.T) {
	docs := map[string][]string{}
	for _, s := range sources(t) {
		if s.file.Doc != nil {
			docs[s.dir] = append(docs[s.dir], s.name)
		} else if _, seen := docs[s.dir]; !seen {
			docs[s.dir] = nil
		}
	}
	for dir, files := range docs {
		if len(files) != 1 {
			t.Errorf("package %q has %d package comments %v, want one", dir, len(files), files)
		}
	}
}
