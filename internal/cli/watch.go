package cli

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lookForChanges is the time between two looks at a project's files, and what a burst of changes must leave between two of them. A look
// at a thousand files takes some milliseconds: the time for looking is at most one part in lookShare.
const (
	lookForChanges = 50 * time.Millisecond
	lookShare      = 30
)

// watcher finds changes of a project's files by their times and sizes.
type watcher struct {
	dir  string
	more []string // files outside of what is watched by itself
	seen map[string]stamp
}

type stamp struct {
	modified time.Time
	size     int64
}

func newWatcher(dir string, more ...string) *watcher {
	w := &watcher{dir: dir, more: more}
	w.seen = w.look()
	return w
}

// matters says whether a file makes a difference to what is deployed or run.
func matters(name string) bool {
	switch filepath.Ext(name) {
	case ".go", ".mod", ".sum", ".yaml", ".json":
		return !strings.HasSuffix(name, "_test.go")
	}
	return false
}

func (w *watcher) look() map[string]stamp {
	found := map[string]stamp{}
	note := func(path string, d fs.DirEntry) {
		if info, err := d.Info(); err == nil {
			found[path] = stamp{info.ModTime(), info.Size()}
		}
	}
	// What vanishes while it is looked at is a change that the next look sees.
	_ = filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && path != w.dir && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "node_modules", "vendor"}, d.Name())):
			return fs.SkipDir
		case !d.IsDir() && matters(d.Name()):
			note(path, d)
		}
		return nil
	})
	for _, path := range w.more {
		_ = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err == nil {
				note(path, d)
			}
			return nil
		})
	}
	return found
}

// next waits for a change, and for the end of a burst of them, and returns the files, sorted.
func (w *watcher) next(ctx context.Context) ([]string, error) {
	var changed []string
	var took time.Duration
	for {
		if err := wait(ctx, max(lookForChanges, lookShare*took)); err != nil {
			return nil, err
		}
		begun := time.Now()
		now := w.look()
		took = time.Since(begun)
		more := differences(w.seen, now)
		w.seen = now
		if len(more) == 0 && len(changed) > 0 {
			slices.Sort(changed)
			return slices.Compact(changed), nil
		}
		changed = append(changed, more...)
	}
}

func differences(before, after map[string]stamp) []string {
	var changed []string
	for path, s := range after {
		if before[path] != s {
			changed = append(changed, path)
		}
	}
	for path := range before {
		if _, ok := after[path]; !ok {
			changed = append(changed, path)
		}
	}
	return changed
}
