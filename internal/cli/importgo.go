package cli

import (
	"bytes"
	"errors"
	"go/format"
	"text/template"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/gosource"
)

// asGo is the machine as Go. kept says why it stays ASL; none where it does not.
func (m *adopted) asGo(def *asl.Definition, asASL bool) (files map[string][]byte, kept []string, err error) {
	if asASL {
		return nil, []string{"--asl"}, nil
	}
	src, err := gosource.Of(def, "Run"+m.Variable)
	if reasons := (gosource.Reasons)(nil); errors.As(err, &reasons) {
		return nil, reasons.Lines(), nil
	}
	if err != nil {
		return nil, nil, err
	}
	m.Env = src.Env
	t, err := template.New("source").Parse(workflowSource)
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, &goFile{m, src}); err != nil {
		return nil, nil, err
	}
	formatted, err := format.Source(out.Bytes())
	return map[string][]byte{m.goFile(): formatted}, nil, err
}

// goFile is what the template of a Go file is filled with.
type goFile struct {
	*adopted
	Source *gosource.Source
}

const workflowSource = `package workflows

import (
{{- range $p := .Source.Imports}}
	{{printf "%q" $p}}
{{- end}}

	"github.com/stride-aws/stride/flow"
)

// {{.Variable}} is the state machine {{.Name}}, as it was imported.
var {{.Variable}} = flow.{{.Type}}({{printf "%q" .Name}}, Run{{.Variable}}
{{- if .Source.Timeout}}, flow.WorkflowTimeout({{.Source.Timeout.Seconds}}*time.Second){{end}})

{{.Source.Text}}
`
