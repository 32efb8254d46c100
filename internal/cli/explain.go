package cli

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/lint"
)

func explainCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "explain", Category: groupAuthor, ArgsUsage: "[CODE...] | iam [WORKFLOW...]", Usage: "say what a code of lint means, with an example and the way out",
		Description: "Without a CODE all of them are listed. \"explain iam [WORKFLOW...]\" says what each role may do, and which states need\n" +
			"it; -o policy prints documents for IAM.",
		Action: func(c *cli.Context) error {
			if c.Args().First() == "iam" {
				return a.explainIAM(c.Context, c.Args().Tail())
			}
			if a.Format == "policy" {
				return usagef("explain prints policies of iam alone")
			}
			return a.explainCodes(c.Args().Slice())
		},
	}
}

// explanation is a lint.Code in JSON.
type explanation struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Example  string `json:"example"`
	Fix      string `json:"fix"`
}

func (a *app) explainCodes(names []string) error {
	codes := lint.Codes()
	if len(names) > 0 {
		codes = nil
	}
	for _, name := range names {
		c, ok := lint.Explain(strings.ToUpper(name))
		if !ok {
			return usagef("no code %q%s", name, nearest(name, codeNames()))
		}
		codes = append(codes, c)
	}
	if a.Format == "json" {
		return a.printExplanations(codes)
	}
	for i, c := range codes {
		switch {
		case len(names) == 0:
			a.print("%-32s %-8s %s\n", c.Name, c.Severity, c.Rule)
		case i > 0:
			a.print("\n")
			fallthrough
		default:
			a.print("%s (%s)\n  rule:    %s\n  fix:     %s\n  example: %s\n", c.Name, c.Severity, c.Rule, c.Fix, flat(c.Example))
		}
	}
	return nil
}

func (a *app) printExplanations(codes []lint.Code) error {
	out := []explanation{}
	for _, c := range codes {
		out = append(out, explanation{c.Name, c.Severity.String(), c.Rule, flat(c.Example), c.Fix})
	}
	return a.printJSON(out)
}

// flat is an example without the indentation of our source.
func flat(example string) string { return strings.Join(strings.Fields(example), " ") }

func codeNames() []string {
	var names []string
	for _, c := range lint.Codes() {
		names = append(names, c.Name)
	}
	return names
}
