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
