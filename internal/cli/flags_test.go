package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestFlagsAreUnique wants no flag of a command to have a name that another of its flags, or a global one, has: the flag parser
// panics at them, but only when the command runs.
func TestFlagsAreUnique(t *testing.T) {
	a := newApp(World{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	checked := 0
	var walk func(path string, commands []*cli.Command)
	walk = func(path string, commands []*cli.Command) {
		for _, c := range commands {
			var names []string
			for _, f := range c.Flags {
				for _, name := range f.Names() {
					if slices.Contains(names, name) {
						t.Errorf("%s %s has two flags called %s", path, c.Name, dashed(name))
					}
					names = append(names, name)
				}
			}
			checked++
			walk(path+" "+c.Name, c.Subcommands)
		}
	}
	walk("stride", a.cli.Commands)
	if checked < 10 {
		t.Errorf("only %d commands checked", checked)
	}
}

// TestExamples: the command lines that the help shows name the command that they stand at, and flags that it has.
func TestExamples(t *testing.T) {
	a := newApp(World{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	for name, lines := range examples {
		for line := range strings.SplitSeq(lines, "\n") {
			_, line, _ = strings.Cut("| "+line, "stride ")
			words := strings.Fields(line)
			command, _, lacks := a.commandOf(words)
			if command.Name != name || lacks != "" && lacks != "--" {
				t.Errorf("%s: the example is of %q, and lacks a value of %q: %s", name, command.Name, lacks, line)
			}
			for _, word := range words {
				if word == "--" {
					break
				}
				if strings.HasPrefix(word, "-") && word != "-" && !slices.Contains(flagNames(command.Flags), word) {
					t.Errorf("%s has no flag %s: %s", name, word, line)
				}
			}
		}
	}
}
