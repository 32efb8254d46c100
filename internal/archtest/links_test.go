package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	named    = regexp.MustCompile("`([\\w.-]+/[\\w./-]*)`")
	fence    = regexp.MustCompile("(?ms)^```.*?^```|^    .*?$")
	external = regexp.MustCompile(`^[a-z]+:`)
	noSlug   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// TestLinks: where a page links to a file of the repository, or to a heading, there is one; and so where it names, as code, a path
// below a folder at the top, of this repository or of a new project.
func TestLinks(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range pages(t, root) {
		text := prose(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if external.MatchString(m[1]) {
				continue
			}
			links++
			path, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if !exists(target) || anchor != "" && !anchors(t, target)[anchor] {
				t.Errorf("%s: %s leads nowhere", page, m[1])
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			top, _, _ := strings.Cut(m[1], "/")
			if top == ".." {
				continue // beside the repository: a clone need not have it
			}
			inProject := filepath.Join(root, "internal", "cli", "newproject", m[1])
			if exists(filepath.Join(root, top)) && !exists(filepath.Join(root, m[1])) && !exists(inProject) && !exists(inProject+".tmpl") {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links found: the walk is broken", links)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pages are the module's Markdown files.
func pages(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "testdata" || d.Name() == "newproject" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && filepath.Ext(path) == ".md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// prose is a page without its code.
func prose(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

// anchors are those of a page's headings, as GitHub makes them.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(prose(t, page), -1) {
		found[strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return found
}
