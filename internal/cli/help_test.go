package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/golden"
)

// TestHelp holds the printed help, stride's and each command's, to testdata/help.txt, which `go test -run TestHelp -update` rewrites. No
// line is wider than a terminal, but for the flags.
func TestHelp(t *testing.T) {
	var all strings.Builder
	help := func(words ...string) {
		var out bytes.Buffer
		if code := Main(t.Context(), World{Args: append(words, "--help"), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}); code != exitDone {
			t.Fatalf("%s --help: exit code %d:\n%s", strings.Join(words, " "), code, &out)
		}
		for line := range strings.Lines(out.String()) {
			if len(line) > 140 && !strings.HasPrefix(line, "  --") {
				t.Errorf("%s --help: a line of %d bytes: %s", strings.Join(words, " "), len(line), line)
			}
		}
		all.WriteString(out.String())
	}
	help()
	var walk func(commands []*cli.Command, path []string)
	walk = func(commands []*cli.Command, path []string) {
		for _, c := range commands {
			if c.Hidden {
				continue
			}
			words := append(path[:len(path):len(path)], c.Name)
			all.WriteString("\n" + strings.Repeat("-", 80) + "\n")
			help(words...)
			walk(c.Subcommands, words)
		}
	}
	walk(newApp(World{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}).cli.Commands, nil)
	golden.Compare(t, "testdata/help.txt", all.String())
}
