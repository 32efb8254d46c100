package cli

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/lint"
)

// completeFlag is how a shell asks: its first argument is this, the others are the words of the line up to the cursor. That is not the
// flag of urfave/cli, which runs the line instead of completing it where the line has "--".
const completeFlag = "--complete"

// The scripts ask stride itself what may follow. An answer is a line: the word, and behind a tab what it means. Where there is none, files follow.
var completionScripts = map[string]string{
	"bash": `_stride() {
  COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _stride stride
`,
	"zsh": `#compdef stride
_stride() {
  local -a answers
  answers=("${(@f)$(${words[1]} --complete "${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\:/g; s/	/:/')}")
  if [[ -n ${answers[1]} ]]; then _describe stride answers; else _files; fi
}
compdef _stride stride
`,
	"fish": `function __stride_answers
  set -l line (commandline -opc)
  set -l current (commandline -ct)
  $line[1] --complete $line[2..] "$current" 2>/dev/null
end
complete -c stride -n 'count (__stride_answers) >/dev/null' -f -a '(__stride_answers)'
`,
}

func completionCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "completion", Category: groupMore, ArgsUsage: "bash|zsh|fish", Usage: "print a shell's completion script",
		Description: "  bash, in ~/.bashrc:   source <(stride completion bash)\n" +
			"  zsh, in ~/.zshrc:     source <(stride completion zsh)     # after compinit\n" +
			"  fish:                 stride completion fish > ~/.config/fish/completions/stride.fish",
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

// candidate is a word that may stand where the cursor is.
type candidate struct{ word, means string }

func candidates(words []string) []candidate {
	var out []candidate
	for _, w := range words {
		out = append(out, candidate{word: w})
	}
	return out
}

// complete prints what the last of words may become. It reads the project and runs nothing.
func (a *app) complete(words []string) {
	if len(words) == 0 {
		return
	}
	last := len(words) - 1
	for _, c := range a.following(words[:last], words[last]) {
		if strings.HasPrefix(c.word, words[last]) {
			a.print("%s\n", strings.TrimRight(c.word+"\t"+c.means, "\t"))
		}
	}
}

// following is what may stand after words, where current is begun.
func (a *app) following(words []string, current string) []candidate {
	command, _, lacks := a.commandOf(words)
	switch {
	case lacks == "--":
		return nil
	case lacks != "":
		return a.values(command, lacks)
	case strings.HasPrefix(current, "-"):
		return a.flags(command)
	}
	return a.arguments(command)
}

// commandOf is the command that a line names, stride itself where it names none, with its whole name, and the flag at the line's end that
// lacks a value; "--" where what follows is not stride's.
func (a *app) commandOf(words []string) (command *cli.Command, name, lacks string) {
	command, name = &cli.Command{Subcommands: a.cli.Commands, Flags: a.cli.Flags}, "stride"
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "--":
			return command, name, word
		case takesValue(command.Flags, word) && strings.HasPrefix(word, "-"):
			if i++; i == len(words) {
				return command, name, strings.TrimLeft(word, "-")
			}
		default:
			if next := find(command.Subcommands, word); next != nil {
				command, name = next, name+" "+next.Name
			}
		}
	}
	return command, name, ""
}

// values are those of a flag, where they are few.
func (a *app) values(command *cli.Command, flag string) []candidate {
	switch flag {
	case "env":
		return candidates(a.environmentNames())
	case "output", "o":
		return candidates(append([]string{"text", "json"}, formats[command.Name]...))
	case "log-level":
		return candidates(logLevels)
	case "format", "f":
		return candidates([]string{"terminal", "svg", "mermaid"})
	case "status":
		var names []string
		for _, s := range types.ExecutionStatus("").Values() {
			names = append(names, string(s))
		}
		return candidates(names)
	}
	return nil
}

// environmentNames are those of the project's configuration, none where it cannot be read.
func (a *app) environmentNames() []string {
	if a.Config == "" {
		a.Config = defaultConfig
	}
	p, err := a.project()
	if err != nil {
		return nil
	}
	return p.Config.Names()
}

// arguments are what a command takes.
func (a *app) arguments(command *cli.Command) []candidate {
	var out []candidate
	for _, c := range command.Subcommands {
		if !c.Hidden {
			out = append(out, candidate{c.Name, c.Usage})
		}
	}
	switch {
	case command.Name == "completion":
		return candidates([]string{"bash", "zsh", "fish"})
	case command.Name == "explain":
		for _, c := range lint.Codes() {
			out = append(out, candidate{c.Name, c.Rule})
		}
	case strings.Contains(command.ArgsUsage, "WORKFLOW"):
		out = candidates(a.workflowNames())
	}
	return out
}

// flags are a command's own, and behind them the global ones, which the command has too, hidden.
func (a *app) flags(command *cli.Command) []candidate {
	var out []candidate
	for _, f := range slices.Concat(command.Flags, a.cli.Flags) {
		c := candidate{word: dashed(f.Names()[0])}
		if f, ok := f.(cli.VisibleFlag); !ok || !f.IsVisible() {
			continue
		}
		if f, ok := f.(cli.DocGenerationFlag); ok {
			c.means = strings.ReplaceAll(f.GetUsage(), "`", "")
		}
		if !slices.Contains(out, c) { // stride's own are the global ones
			out = append(out, c)
		}
	}
	return out
}
