package gofiles

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSnapshot(t *testing.T) {
	for name, c := range map[string]struct {
		change func(dir string) error
		holds  bool
	}{
		"nothing": {func(string) error { return nil }, true},
		"a file": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "p", "a.go"), []byte("package q"), 0o644)
		}, false},
		"the same again": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "p", "a.go"), []byte("package p"), 0o644)
		}, true},
		"gone":        {func(dir string) error { return os.Remove(filepath.Join(dir, "p", "a.go")) }, false},
		"one more":    {func(dir string) error { return os.WriteFile(filepath.Join(dir, "p", "b.go"), nil, 0o644) }, false},
		"a folder":    {func(dir string) error { return os.Mkdir(filepath.Join(dir, "p", "data"), 0o755) }, false},
		"the folder":  {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "p")) }, false},
		"the module":  {func(dir string) error { return os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module n"), 0o644) }, false},
		"a workspace": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "go.work"), nil, 0o644) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, err := range []error{
				os.Mkdir(filepath.Join(dir, "p"), 0o755),
				os.WriteFile(filepath.Join(dir, "p", "a.go"), []byte("package p"), 0o644),
				os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module m"), 0o644),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			s := Snapshot{}
			s.File(filepath.Join(dir, "p", "a.go"))
			s.Folder(filepath.Join(dir, "p"))
			s.Modules(filepath.Join(dir, "p"))
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			if got := s.Holds(); got != c.holds {
				t.Errorf("holds: %t, want %t", got, c.holds)
			}
		})
	}
}
