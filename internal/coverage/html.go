package coverage

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/stride-aws/stride/internal/graph"
)

//go:embed page.html
var page string

// HTML is a page that needs nothing else: each workflow's graph, coloured by what tests passed, and its points with their lines of
// source, which line gives.
func HTML(workflows []*Workflow, line func(file string, number int) string) (string, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"svg": func(w *Workflow) template.HTML {
			return template.HTML(graph.New(w.Definition).SVG(w.Name, w.overlay())) // made by package graph, which escapes what it is given
		},
		"percent": func(s Share) string { return fmt.Sprintf("%.1f%%", s.Percent()) },
		"kinds":   func() []Kind { return Kinds },
		"total":   func() Share { return Total(workflows) },
		"line":    func(p *Point) string { return strings.TrimSpace(line(p.Place.File, p.Place.Line)) },
		"kind": func(k Kind) string {
			return map[Kind]string{State: "state", Branch: "branch", Retry: "retry", Catch: "catch"}[k]
		},
	}).Parse(page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, workflows)
	return b.String(), err
}
