package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// The scripts ask stride itself what may follow, with the flag that urfave/cli answers.
var completionScripts = map[string]string{
	"bash": `_stride() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $cur == -* ]] && words+=("$cur")
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
}
complete -o bashdefault -o default -F _stride stride
`,
	"zsh": `#compdef stride
_stride() {
  local -a opts
  local cur=${words[-1]}
  if [[ $cur == -* ]]; then
    opts=("${(@f)$(${words[@]:0:#words[@]-1} ${cur} --generate-bash-completion 2>/dev/null)}")
  else
    opts=("${(@f)$(${words[@]:0:#words[@]-1} --generate-bash-completion 2>/dev/null)}")
  fi
  if [[ -n ${opts[1]} ]]; then _describe 'values' opts; else _files; fi
}
compdef _stride stride
`,
	"fish": `complete -c stride -a '(set -l w (commandline -opc); $w --generate-bash-completion 2>/dev/null)'
`,
}

func completionCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "completion", Category: groupMore, ArgsUsage: "bash|zsh|fish", Usage: "print a shell's completion script",
		Description: "  source <(stride completion bash)",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			script, ok := completionScripts[c.Args().First()]
			if !ok {
				return usagef("no completion for %q; there is bash, zsh and fish", c.Args().First())
			}
			a.print("%s", script)
			return nil
		},
	}
}

// completeWorkflows offers a command's flags where one is begun, else the project's workflows.
func (a *app) completeWorkflows(command *cli.Command) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		if n := len(a.Args); n > 1 && strings.HasPrefix(a.Args[n-2], "-") {
			cli.DefaultCompleteWithFlags(command)(c)
			return
		}
		for _, name := range a.workflowNames() {
			a.print("%s\n", name)
		}
	}
}
