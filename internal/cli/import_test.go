package cli

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/machine"
)

// TestImportSuite adopts every valid definition of the suite: the Go that registers it parses, the definition runs.
func TestImportSuite(t *testing.T) {
	for _, file := range judges.Files(t, "suites/asl/valid/*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := asl.Parse(string(text), file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		m := adopt(def, importOptions{name: name[:min(len(name), 80)]})
		out, err := m.files(string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for name, source := range out {
			if strings.HasSuffix(name, ".go") {
				if _, err := parser.ParseFile(token.NewFileSet(), name, source, parser.AllErrors); err != nil {
					t.Errorf("%s: %v\n%s", file, err, source)
				}
			}
		}
		if _, err := machine.Compile(def); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
