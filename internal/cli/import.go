package cli

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

type importOptions struct {
	what, dir, module, name string
	express, asl            bool
}

func importCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "import", Category: groupAuthor, Usage: "adopt an existing state machine, or a file of ASL, as a workflow",
		ArgsUsage: "STATE-MACHINE-ARN|FILE",
		Description: "In a project, adds the workflow; elsewhere begins a project around it in DIR. Where Go can say what the machine does, the workflow\n" +
			"is a Go function with types for its data, whose steps call what the machine's states call, with the same retries and timeouts.\n" +
			"What Go cannot say stays ASL, and import says why, state and field. Writes nothing over a file that is there.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write to the project at `DIR` (default: the current one, else a folder called NAME)"},
			&cli.StringFlag{Name: "module", Usage: "module `PATH` of a new project (default: the folder's name)"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the workflow (default: the machine's, or the file's)"},
			&cli.BoolFlag{Name: "express", Usage: "the file is an Express workflow"},
			&cli.BoolFlag{Name: "asl", Usage: "keep the definition as ASL, even where Go could say it"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			return a.runImport(c.Context, importOptions{c.Args().First(), c.String("out"), c.String("module"), c.String("name"), c.Bool("express"), c.Bool("asl")})
		},
	}
}

// adopted is what a machine's files are filled with.
type adopted struct {
	Name, Variable, Type string
	File                 string // of the definition, in the project
	Functions            []calledFunction
	Substitutions        []string // other ${NAME} in the definition
	Env                  []string // what the Go of the definition reads with flow.Env
}

// calledFunction is a Lambda function that Tasks call.
type calledFunction struct {
	Resource string
	States   []string
}

// Name is what flow.Bind knows the function by.
func (f calledFunction) Name() string {
	if m := substitution.FindStringSubmatch(f.Resource); m != nil && m[0] == f.Resource {
		return m[1]
	}
	return f.Resource
}

// Filled says whether functions had their names from something else.
func (m *adopted) Filled() bool {
	return slices.ContainsFunc(m.Functions, func(f calledFunction) bool { return f.Name() != f.Resource })
}

var workflowName = lazyregexp.New(`^[A-Za-z0-9_-]{1,80}$`)

func (a *app) runImport(ctx context.Context, o importOptions) error {
	text, o, err := a.definitionToImport(ctx, o)
	if err != nil {
		return err
	}
	if !workflowName.MatchString(o.name) {
		return usagef("%q is no name of a state machine; give one with --name", o.name)
	}
	def, err := asl.Parse(text, o.what)
	if err != nil {
		return err
	}
	machine := adopt(def, o)
	findings := lint.Check(def, lint.Options{Type: strings.ToUpper(machine.Type), Placeholders: true, Knows: sdk.Knows})
	if err := findings.Errors().Err(); err != nil {
		return err
	}
	dir, fresh := importDir(o)
	files, kept, err := machine.project(def, text, dir, fresh, o)
	if err != nil {
		return err
	}
	if err := writeNew(dir, files); err != nil {
		return err
	}
	a.tellImport(dir, files, machine, len(findings), kept)
	if fresh || kept == nil {
		if err := tidy(ctx, dir); err != nil {
			return withHint(err, "cd "+dir+" && go mod tidy")
		}
	}
	a.hint(machine.next(dir, fresh, kept != nil))
	return nil
}

// next is what to do after an import.
func (m *adopted) next(dir string, fresh, kept bool) string {
	var todo []string
	if kept && m.Filled() {
		todo = append(todo, "bind handlers in "+filepath.Join(dir, filepath.FromSlash(m.goFile())))
	}
	if !fresh {
		todo = append(todo, fmt.Sprintf("add %s to All in %s", m.Variable, filepath.Join(dir, "workflows", "workflows.go")))
	}
	if len(todo) == 0 {
		return fmt.Sprintf("cd %s && go run ./cmd/stride lint && go run ./cmd/stride graph %s", dir, m.Name)
	}
	return strings.Join(todo, ", and ")
}

// project is the machine's files, and those of the project that is begun around it. kept says why it stays ASL; none where it does not.
func (m *adopted) project(def *asl.Definition, text, dir string, fresh bool, o importOptions) (files map[string][]byte, kept []string, err error) {
	module, err := importModule(dir, fresh, o.module)
	if err != nil {
		return nil, nil, err
	}
	files, kept, err = m.asGo(def, o.asl)
	if kept != nil {
		files, err = m.files(text)
	}
	if err == nil && fresh {
		err = newProjectAround(files, module, m)
	}
	return files, kept, err
}

// definitionToImport reads the definition, and fills in what the machine itself says of its name and type.
func (a *app) definitionToImport(ctx context.Context, o importOptions) (string, importOptions, error) {
	if !strings.HasPrefix(o.what, "arn:") {
		text, err := os.ReadFile(o.what)
		if err != nil {
			return "", o, usagef("%s: %v", o.what, cause(err))
		}
		base, _, _ := strings.Cut(filepath.Base(o.what), ".")
		o.name = first(o.name, base)
		return string(text), o, nil
	}
	s, err := a.connect(ctx)
	if err != nil {
		return "", o, err
	}
	m, err := s.states().DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &o.what})
	if err != nil {
		return "", o, s.explain(fmt.Errorf("reading the state machine: %w", err))
	}
	o.name = first(o.name, aws.ToString(m.Name))
	o.express = m.Type == "EXPRESS"
	return aws.ToString(m.Definition), o, nil
}

// importDir is where files go, and whether a project must be begun there.
func importDir(o importOptions) (dir string, fresh bool) {
	has := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		return err == nil
	}
	switch {
	case o.dir != "":
		return o.dir, !has(o.dir)
	case has("."):
		return ".", false
	}
	return o.name, !has(o.name)
}

// substitution is a ${NAME} that is none of stride's own placeholders.
var substitution = lazyregexp.New(`\$\{([A-Za-z0-9_]+)\}`)

func adopt(def *asl.Definition, o importOptions) *adopted {
	m := &adopted{Name: o.name, Variable: exportedName(o.name), Type: "Standard", File: "workflows/" + o.name + ".asl.json"}
	if o.express {
		m.Type = "Express"
	}
	if c := m.Variable[0]; c < 'A' || c > 'Z' {
		m.Variable = "Workflow" + m.Variable
	}
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) {
		if fn := functionOf(s); fn != "" {
			m.calls(fn, s.Name)
		}
	})
	for _, found := range substitution.FindAllStringSubmatch(def.Tree.String(), -1) {
		isFunction := func(f calledFunction) bool { return strings.Contains(f.Resource, found[0]) }
		if !slices.Contains(m.Substitutions, found[1]) && !slices.ContainsFunc(m.Functions, isFunction) {
			m.Substitutions = append(m.Substitutions, found[1])
		}
	}
	return m
}

// functionOf is the Lambda function that a Task calls, as it is written; "" where it calls none, or one that an expression names.
func functionOf(s *asl.State) string {
	if s.Type != asl.Task {
		return ""
	}
	if strings.Contains(s.Resource, ":function:") || strings.HasPrefix(s.Resource, "${") {
		return s.Resource
	}
	if !strings.HasPrefix(s.Resource, "arn:aws:states:::lambda:invoke") {
		return ""
	}
	for _, from := range []value.Value{s.Arguments, s.Parameters} {
		if name, ok := from.Get("FunctionName"); ok && !strings.HasPrefix(name.Str(), "{%") {
			return name.Str()
		}
	}
	return ""
}

func (m *adopted) calls(resource, state string) {
	for i := range m.Functions {
		if m.Functions[i].Resource == resource {
			m.Functions[i].States = append(m.Functions[i].States, state)
			return
		}
	}
	m.Functions = append(m.Functions, calledFunction{resource, []string{state}})
}

const adoptedSource = `package workflows

import "github.com/stride-aws/stride/flow"

// {{.Variable}} is the state machine of {{.File}}, as it was adopted.
{{- if .Functions}}
//
// Its Tasks call Lambda functions. Handlers of this project stand for them where the workflow has
//
{{- range .Functions}}
//	flow.Bind({{printf "%q" .Name}}, handler) // {{range $i, $s := .States}}{{if $i}}, {{end}}{{$s}}{{end}}
{{- end}}
{{- if .Filled}}
//
// and must for those that are no ARN: something else filled in their names before.
{{- end}}{{end}}
{{- if .Substitutions}}
//
// Something else filled in these before. Write them in the file, or write ${env:NAME} there and give the values as
// workflows.vars in infra/stride.yaml:
//
{{- range .Substitutions}}
//	{{.}}
{{- end}}{{end}}
var {{.Variable}} = flow.FromFile({{printf "%q" .Name}}, {{printf "%q" .File}}, flow.Type{{.Type}})
`

// files are the definition and the Go that registers it.
func (m *adopted) files(text string) (map[string][]byte, error) {
	t, err := template.New("source").Parse(adoptedSource)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, m); err != nil {
		return nil, err
	}
	source, err := format.Source(out.Bytes())
	return map[string][]byte{m.File: []byte(text), m.goFile(): source}, err
}

// goFile is where the workflow is registered.
func (m *adopted) goFile() string {
	return "workflows/" + strings.ToLower(strings.ReplaceAll(m.Name, "-", "_")) + ".go"
}

const aroundOne = `// Package workflows holds the project's workflows.
package workflows

import "github.com/stride-aws/stride/flow"

// All are the workflows of the project: a new one is added here.
func All() []flow.Workflow {
	return []flow.Workflow{%s}
}
`

// newProjectAround adds what a project has besides its workflow.
func newProjectAround(files map[string][]byte, module string, m *adopted) error {
	all, err := fill(scaffold{Module: module, Name: module[strings.LastIndexByte(module, '/')+1:]})
	if err != nil {
		return err
	}
	for _, name := range []string{"cmd/stride/main.go", "infra/stride.yaml", ".gitignore"} {
		files[name] = all[name]
	}
	files["workflows/workflows.go"] = fmt.Appendf(nil, aroundOne, m.Variable)
	files["go.mod"] = goMod(module)
	return nil
}

// importModule is the module path of the project at dir: that of its go.mod, or of the one that is begun.
func importModule(dir string, fresh bool, asked string) (string, error) {
	if !fresh {
		return moduleOf(dir), nil
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	module := first(asked, filepath.Base(abs))
	if !modulePath.MatchString(module) {
		return "", usagef("%q is no module path; give one with --module example.com/shop", module)
	}
	return module, nil
}

func (a *app) tellImport(dir string, files map[string][]byte, m *adopted, findings int, kept []string) {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, filepath.Join(dir, filepath.FromSlash(name)))
	}
	slices.Sort(names)
	for _, name := range names {
		a.print("%s\n", name)
	}
	for _, why := range kept {
		a.talk("it stays ASL: %s\n", why)
	}
	switch {
	case len(m.Env) > 0:
		a.talk("something else filled in values before; give them as workflows.vars in infra/stride.yaml: %s\n", strings.Join(m.Env, ", "))
	case kept != nil && len(m.Substitutions) > 0:
		a.talk("fill in the file what something else filled in before: %s\n", strings.Join(m.Substitutions, ", "))
	}
	if findings > 0 && kept != nil {
		a.talk("lint has %s; stride lint %s shows them\n", counted(findings, "remark"), filepath.Join(dir, filepath.FromSlash(m.File)))
	}
}
