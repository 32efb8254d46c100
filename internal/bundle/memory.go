package bundle

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/stride-aws/stride/internal/gofiles"
)

// Memory is what handlers were found to be made of: as long as none of these files has changed, the go command need not be asked
// again. It is for any goroutine.
type Memory struct {
	mu    sync.Mutex
	known map[string]*known // by what was asked for
}

type known struct {
	files gofiles.Snapshot
	keys  []string // of the units
}

// question is what decides a group's keys beside files.
func question(b *Builder, g *group) string {
	text := fmt.Sprint(b.Dir, b.Tags, g.target)
	for _, u := range g.units {
		text += fmt.Sprintf("\n%+v", u.Handler)
	}
	return text
}

// recall sets the keys of g's units, if they are known.
func (m *Memory) recall(b *Builder, g *group) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.known[question(b, g)]
	if k == nil || !k.files.Holds() {
		return false
	}
	for i, u := range g.units {
		u.key = k.keys[i]
	}
	return true
}

// note keeps the keys of g's units, unless a file has changed since it was read.
func (m *Memory) note(b *Builder, g *group, t *tool) {
	if m == nil {
		return
	}
	k := &known{files: gofiles.Snapshot{}}
	k.files.Modules(t.dir)
	for _, p := range t.listed {
		if p.hash == "" { // its version decides
			continue
		}
		p.snapshot(k.files)
		if hash, err := hashFiles(p); err != nil || hash != p.hash {
			return
		}
	}
	for _, u := range g.units {
		k.keys = append(k.keys, u.key)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*known{}
	}
	m.known[question(b, g)] = k
}

func (p *listed) snapshot(s gofiles.Snapshot) {
	s.Folder(p.Dir)
	if p.Module != nil && p.Module.Dir != "" {
		s.File(filepath.Join(p.Module.Dir, "go.mod"))
	}
	for _, name := range slices.Concat(p.sources(), p.IgnoredGoFiles) {
		file := filepath.Join(p.Dir, name)
		s.File(file)
		for dir := filepath.Dir(file); dir != p.Dir && len(dir) > len(p.Dir); dir = filepath.Dir(dir) {
			s.Folder(dir) // of embedded files
		}
	}
}
