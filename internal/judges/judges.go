// Package judges finds the data that outside judges made: executions recorded on AWS and the suites of reference implementations.
// It goes into no program; tests call it. The data is other people's and stands beside the project, not in it.
package judges

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir is the folder that the elements name inside the judges' data: $STRIDE_JUDGES, else ../shared beside the module. In a clone
// that lacks it the test skips, and says so.
func Dir(t testing.TB, elements ...string) string {
	t.Helper()
	root := os.Getenv("STRIDE_JUDGES")
	if root == "" {
		root = filepath.Join(moduleRoot(t), "..", "shared")
	}
	dir := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the judges' data is not here (%v); set STRIDE_JUDGES to its folder", err)
	}
	return dir
}

// Files are the files that match the pattern inside the judges' data; none is an error, since a test over nothing proves nothing.
func Files(t testing.TB, pattern ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(append([]string{Dir(t)}, pattern...)...))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %v (%v)", pattern, err)
	}
	return files
}

func moduleRoot(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
