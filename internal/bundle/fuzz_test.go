package bundle

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// FuzzCompileError: whatever the go command prints, there is a finding, and no word of a line that is none is lost.
func FuzzCompileError(f *testing.F) {
	f.Add("# example.com/shop\nshop.go:1:2: undefined: x\n\tsee y\ntoo many errors")
	f.Add("no required module provides package x; to add it:\n\tgo get x")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var failed *CompileError
		if err := new(tool).compileError(text, []*unit{{Handler: charge}}); !errors.As(err, &failed) {
			t.Fatalf("got %v", err)
		}
		if len(failed.Findings) == 0 {
			t.Fatal("no finding")
		}
		all := failed.Findings.Error()
		for line := range strings.Lines(text) {
			if strings.Contains(line, ".go:") || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "too many errors") {
				continue
			}
			if line = strings.TrimSpace(line); !strings.Contains(all, line) && !strings.Contains(all, strconv.Quote(text)) {
				t.Errorf("%q is not in %q", line, all)
			}
		}
	})
}
