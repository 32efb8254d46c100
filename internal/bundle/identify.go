package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// keyFormat changes whenever the bytes of zips or the meaning of keys do.
const keyFormat = "stride bundle 4"

// identify sets each unit's packages and key from what go list says they are made of.
func (t *tool) identify(ctx context.Context, units []*unit) error {
	found, err := t.list(ctx, append([]string{"-deps", listFields}, dirs(units)...)...)
	var failed *goError
	if errors.As(err, &failed) {
		return t.compileError(failed.text, units)
	}
	if err != nil {
		return err
	}
	t.listed = found
	mains := map[string]*listed{}
	for _, p := range found {
		mains[p.Dir] = p
	}
	for _, u := range units {
		main := mains[u.dir]
		if main == nil {
			return fmt.Errorf("go list does not know the main of %s in %s", u.Name(), u.dir)
		}
		if err := t.describe(u, main); err != nil {
			return err
		}
	}
	return nil
}

func (t *tool) describe(u *unit, main *listed) error {
	u.deps = map[string]bool{}
	if err := t.walk(u, main); err != nil {
		return err
	}
	slices.SortFunc(u.packages, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	h := sha256.New()
	fmt.Fprintln(h, keyFormat, t.target, t.tags, main.ImportPath, main.DefaultGODEBUG)
	for _, name := range settings {
		if name != "GOMOD" && name != "GOWORK" { // paths
			fmt.Fprintln(h, name, t.settings[name])
		}
	}
	for _, p := range u.packages {
		fmt.Fprintln(h, p.Path, p.Version, p.Hash)
	}
	io.WriteString(h, u.main)
	io.WriteString(h, supportSource)
	if u.Refs {
		io.WriteString(h, payloadsSource)
	}
	u.key = hex.EncodeToString(h.Sum(nil))
	return nil
}

// walk adds what p imports, outside the standard library, to u.
func (t *tool) walk(u *unit, p *listed) error {
	for _, path := range p.Imports {
		if mapped := p.ImportMap[path]; mapped != "" {
			path = mapped
		}
		dep := t.listed[path]
		if dep == nil || dep.Standard || u.deps[path] {
			continue
		}
		u.deps[path] = true
		identity, err := t.identity(dep)
		if err != nil {
			return err
		}
		u.packages = append(u.packages, identity)
		if err := t.walk(u, dep); err != nil {
			return err
		}
	}
	return nil
}

// identity is a package's version where a module with a checksum provides it, else the hash of its files.
func (t *tool) identity(p *listed) (Package, error) {
	m := p.Module
	if m != nil && m.Replace != nil {
		m = m.Replace
	}
	if m != nil && m.Version != "" && !m.Main && inside(p.Dir, m.Dir) {
		return Package{Path: p.ImportPath, Version: m.Path + "@" + m.Version}, nil
	}
	if p.hash == "" {
		var err error
		if p.hash, err = hashFiles(p); err != nil {
			return Package{}, fmt.Errorf("package %s: %w", p.ImportPath, err)
		}
		p.calls = sdkCalls(p)
	}
	return Package{Path: p.ImportPath, Hash: p.hash, Calls: p.calls}, nil
}

// inside is false for a vendored package, whose folder is not its module's.
func inside(dir, root string) bool {
	rel, err := filepath.Rel(root, dir)
	return root != "" && err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// sources are the files that the package is made of, relative to its folder.
func (p *listed) sources() []string {
	return slices.Concat(p.GoFiles, p.HFiles, p.SFiles, p.SysoFiles, p.EmbedFiles)
}

func hashFiles(p *listed) (string, error) {
	h := sha256.New()
	if p.Module != nil {
		fmt.Fprintln(h, p.Module.GoVersion)
	}
	for _, name := range p.sources() {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %x\n", name, sha256.Sum256(text))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
