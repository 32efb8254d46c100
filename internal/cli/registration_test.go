package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRegistration changes a workflow's body, which changes nothing that the program knows, and what it registers, which does.
func TestRegistration(t *testing.T) {
	dir := t.TempDir()
	digest := func(text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "w.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := registration(dir)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const head = "package w\n\nimport \"github.com/stride-aws/stride/flow\"\n\n"
	const body = "func Greet(c flow.Context, in int) (int, error) { return 1, nil }\n"
	before := digest(head + body + "var W = flow.Standard(\"w\", Greet)\n")
	if digest(head+"// New.\nfunc Greet(c flow.Context, in int) (int, error) { return 2, nil }\nvar W = flow.Standard(\"w\", Greet)\n") != before {
		t.Error("a workflow's body counts")
	}
	if digest(head+body+"var W = flow.Standard(\"v\", Greet)\n") == before {
		t.Error("another name does not count")
	}
	if digest(head+body+"var W = flow.Standard(\"w\", Greet)\nfunc All() []flow.Workflow { return nil }\n") == before {
		t.Error("another list of workflows does not count")
	}
}
