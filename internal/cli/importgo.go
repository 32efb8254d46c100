package cli

import (
	"bytes"
	"errors"
	"go/format"
	"strings"
	"text/template"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/gosource"
)

// asGo are the files of a machine as Go: the workflow's function, and a handler for each Lambda function. kept says why it stays ASL;
// "" where it does not.
func (m *adopted) asGo(def *asl.Definition, module string, asASL bool) (files map[string][]byte, kept string, err error) {
	if asASL {
		return nil, "--asl", nil
	}
	pkg := strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(m.Name))
	if pkg[0] >= '0' && pkg[0] <= '9' {
		pkg = "w" + pkg
	}
	src, err := gosource.Of(def, gosource.Options{Func: "Run" + m.Variable, Handlers: pkg + "."})
	var reason *gosource.Reason
	if errors.As(err, &reason) {
		return nil, reason.Text, nil
	}
	if err != nil {
		return nil, "", err
	}
	for _, f := range src.Functions {
		if strings.Contains(f.Resource, "${") {
			return nil, "the function " + f.Resource + " has no name yet, by which a handler could call it", nil
		}
	}
	data := &goFiles{adopted: m, Module: module, Package: pkg, Source: src}
	files = map[string][]byte{}
	if files[m.goFile()], err = data.fill(workflowSource); err == nil && len(src.Functions) > 0 {
		files["lambdas/"+pkg+"/"+pkg+".go"], err = data.fill(handlersSource)
	}
	return files, "", err
}

// goFiles is what the templates of Go files are filled with.
type goFiles struct {
	*adopted
	Module, Package string
	Source          *gosource.Source
}

func (g *goFiles) fill(text string) ([]byte, error) {
	t, err := template.New("source").Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, g); err != nil {
		return nil, err
	}
	return format.Source(out.Bytes())
}

const workflowSource = `package workflows

import (
{{- if .Source.Uses "errors"}}
	"errors"
{{- end}}
{{- if or .Source.Functions .Source.Timeout (.Source.Uses "time")}}
	"time"
{{- end}}

	"github.com/stride-aws/stride/flow"
{{- if .Source.Functions}}

	"{{.Module}}/lambdas/{{.Package}}"
{{- end}}
)

{{.Source.Text}}

// {{.Variable}} is the state machine {{.Name}}, as it was imported.
var {{.Variable}} = flow.{{.Type}}({{printf "%q" .Name}}, Run{{.Variable}},
{{- range .Source.Functions}}
	flow.Function({{$.Package}}.{{.Name}}, flow.FunctionTimeout(15*time.Minute), flow.Allow([]string{"lambda:InvokeFunction"}, {{printf "%q" .Resource}})),
{{- end}}
{{- if .Source.Timeout}}
	flow.WorkflowTimeout({{.Source.Timeout.Seconds}}*time.Second),
{{- end}}
)
`

const handlersSource = `// Package {{.Package}} holds the handlers of the workflow {{.Name}}. Each calls the Lambda function that the state machine called before
// it was imported; put the function's own code in its place to have one function less.
package {{.Package}}

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)
{{range .Source.Functions}}
// {{.Name}} calls {{.Resource}}.
func {{.Name}}(ctx context.Context, in any) ({{.Gives}}, error) {
	return invoke[{{.Gives}}](ctx, {{printf "%q" .Resource}}, in)
}
{{end}}
// invoke calls a Lambda function. An error of it keeps its name.
func invoke[O any](ctx context.Context, function string, in any) (O, error) {
	var out O
	payload, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return out, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	answer, err := lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil {
		return out, fmt.Errorf("calling %s: %w", function, err)
	}
	if answer.FunctionError == nil {
		return out, json.Unmarshal(answer.Payload, &out)
	}
	var failed messages.InvokeResponse_Error
	if err := json.Unmarshal(answer.Payload, &failed); err != nil {
		return out, fmt.Errorf("%s failed: %s", function, answer.Payload)
	}
	return out, failed
}
`
