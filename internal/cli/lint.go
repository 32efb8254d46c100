package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/task/sdk"
)

func lintCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "lint", Aliases: []string{"validate"}, Category: groupAuthor, ArgsUsage: "[FILE|WORKFLOW...]",
		Usage:       "find what AWS would refuse, and what is regretted later",
		Description: "A FILE is a definition in JSON; without arguments all workflows are compiled and checked. Errors fail the command.\n-o github annotates, -o sarif is for code scanning.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "type", Value: "STANDARD", Usage: "`TYPE` of the machines in files: STANDARD or EXPRESS"}},
		Action: func(c *cli.Context) error {
			typ := strings.ToUpper(c.String("type"))
			if typ != "STANDARD" && typ != "EXPRESS" {
				return usagef("--type takes STANDARD or EXPRESS, not %s", c.String("type"))
			}
			return a.runLint(c.Context, c.Args().Slice(), typ)
		},
	}
}

func (a *app) runLint(ctx context.Context, args []string, typ string) error {
	var names []string
	var found diag.List
	for _, arg := range args {
		if !strings.HasSuffix(arg, ".json") {
			names = append(names, arg)
			continue
		}
		list, err := lintFile(arg, typ)
		if err != nil {
			return err
		}
		found = append(found, list...)
	}
	if len(args) == 0 || len(names) > 0 {
		list, err := a.lintWorkflows(ctx, names)
		if err != nil {
			return err
		}
		found = append(found, list...)
	}
	if err := a.printFindings(found); err != nil {
		return err
	}
	if len(found.Errors()) > 0 {
		return quiet(exitFailed)
	}
	return nil
}

// lintFile checks a definition that stands in a file.
func lintFile(file, typ string) (diag.List, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("%s: %v", file, cause(err))
	}
	d, err := asl.Parse(string(text), file)
	var broken *diag.Diagnostic
	if errors.As(err, &broken) {
		return diag.List{broken}, nil
	}
	if err != nil {
		return nil, err
	}
	found := lint.Check(d, lint.Options{Type: typ, Placeholders: true, Knows: sdk.Knows})
	for _, f := range found {
		if f.Place.File == "" {
			f.Place = d.Place(f.Place.Pointer)
		}
		if f.Place.File == "" {
			f.Place.File = file
		}
	}
	return found, nil
}

// lintWorkflows compiles workflows; what the compiler refuses is a finding too.
func (a *app) lintWorkflows(ctx context.Context, names []string) (diag.List, error) {
	p, err := a.project()
	if err != nil {
		return nil, err
	}
	workflows, err := p.Select(names)
	if err != nil {
		return nil, err
	}
	compiled, err := p.Compile(ctx, workflows)
	var found diag.List
	if err != nil && !errors.As(err, &found) {
		return nil, err
	}
	for _, c := range compiled {
		found = append(found, c.Findings...)
	}
	return found, nil
}

// finding is a diag.Diagnostic in JSON.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Pointer  string `json:"pointer,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

func findingOf(d *diag.Diagnostic) finding {
	return finding{d.Code, d.Severity.String(), d.Message, d.Place.File, d.Place.Line, d.Place.Column, d.Place.Pointer, d.Hint}
}

func (a *app) printFindings(found diag.List) error {
	switch a.Format {
	case "json":
		out := []finding{}
		for _, d := range found {
			out = append(out, findingOf(d))
		}
		return a.printJSON(out)
	case "sarif":
		return a.printJSON(sarif(found))
	case "github":
		for _, d := range found {
			a.print("%s\n", annotation(d))
		}
		return nil
	}
	for _, d := range found {
		a.print("%s: %s%s: %s\n", d.Place, d.Severity, bracketed(d.Code), d.Message)
		for _, n := range d.Notes {
			a.print("    %s: %s\n", n.Place, n.Message)
		}
		if d.Hint != "" {
			a.print("    %s\n", d.Hint)
		}
	}
	a.talk("%s, %s\n", counted(len(found.Errors()), "error"), counted(len(found)-len(found.Errors()), "other finding"))
	return nil
}

func bracketed(code string) string {
	if code == "" {
		return ""
	}
	return " " + code
}

// annotation is a workflow command of GitHub Actions.
func annotation(d *diag.Diagnostic) string {
	level := d.Severity.String()
	if level == "note" {
		level = "notice"
	}
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	if d.Place.File == "" {
		return fmt.Sprintf("::%s title=stride::%s", level, escape(d.Message))
	}
	return fmt.Sprintf("::%s file=%s,line=%d,col=%d,title=%s::%s", level, escape(d.Place.File), max(d.Place.Line, 1), max(d.Place.Column, 1),
		escape(d.Code), escape(d.Message))
}

// sarif is the findings in the Static Analysis Results Interchange Format 2.1.0.
func sarif(found diag.List) any {
	results := []any{}
	for _, d := range found {
		results = append(results, map[string]any{
			"ruleId": d.Code, "level": d.Severity.String(), "message": map[string]string{"text": d.Message},
			"locations": []any{map[string]any{"physicalLocation": map[string]any{
				"artifactLocation": map[string]string{"uri": d.Place.File},
				"region":           map[string]int{"startLine": max(d.Place.Line, 1), "startColumn": max(d.Place.Column, 1)},
			}}},
		})
	}
	return map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":    map[string]any{"driver": map[string]string{"name": "stride", "version": version()}},
			"results": results,
		}},
	}
}
