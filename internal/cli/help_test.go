package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/cli"
)

// TestHelp holds the printed help to testdata/help.txt, which `go test -run TestHelp -update` rewrites.
func TestHelp(t *testing.T) {
	const file = "testdata/help.txt"
	var out bytes.Buffer
	code := mainIn(t, cli.World{Args: []string{"--help"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("help differs from %s (-want +got); rewrite it with -update:\n%s", file, diff)
	}
}
