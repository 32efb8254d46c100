package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/cli"
	"github.com/stride-aws/stride/internal/golden"
)

// TestHelp holds the printed help to testdata/help.txt, which `go test -run TestHelp -update` rewrites.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	code := mainIn(t, cli.World{Args: []string{"--help"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	golden.Compare(t, "testdata/help.txt", out.String())
}
