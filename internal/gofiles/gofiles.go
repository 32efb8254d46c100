// Package gofiles notes what files and folders are like, so that what the go command once said of them is known to hold or not.
// Packages compile and bundle note what they have read.
package gofiles

import (
	"crypto/sha256"
	"os"
	"path/filepath"
)

// Snapshot is what was noted, by path. It is for one goroutine.
type Snapshot map[string]state

type state struct {
	file   bool
	digest [sha256.Size]byte // of a file's contents, of the names in a folder; zero where there is none
}

// File notes a file's contents, or that there is no such file.
func (s Snapshot) File(path string) { s[path] = look(path, true) }

// Folder notes the names in a folder.
func (s Snapshot) Folder(path string) { s[path] = look(path, false) }

// Modules notes the files that decide what import paths mean in dir.
func (s Snapshot) Modules(dir string) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	for {
		for _, name := range []string{"go.work", "go.work.sum", "go.mod", "go.sum", filepath.Join("vendor", "modules.txt")} {
			s.File(filepath.Join(at, name))
		}
		up := filepath.Dir(at)
		if up == at {
			break
		}
		at = up
	}
	if work := os.Getenv("GOWORK"); filepath.IsAbs(work) {
		s.File(work)
	}
}

// Holds says whether everything is as it was noted.
func (s Snapshot) Holds() bool {
	for path, before := range s {
		if look(path, before.file) != before {
			return false
		}
	}
	return true
}

func look(path string, file bool) state {
	out := state{file: file}
	if file {
		if text, err := os.ReadFile(path); err == nil {
			out.digest = sha256.Sum256(text)
		}
		return out
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return out
	}
	var names []byte
	for _, e := range entries {
		names = append(append(names, e.Name()...), 0)
	}
	out.digest = sha256.Sum256(names)
	return out
}
