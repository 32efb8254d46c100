package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// numbered is a mask's token with a number: which number it has is the order of its finding, and not compared.
var numbered = regexp.MustCompile(`<([a-z_0-9-]+):(\d+)>`)

// comparison compares masked answers with the recording.
type comparison struct {
	there, back map[string]string // tokens of the recording and ours, both ways
	differences []string
}

// compare tells how got differs from want.
func compare(want, got any) []string {
	c := &comparison{there: map[string]string{}, back: map[string]string{}}
	c.value("", want, got)
	return c.differences
}

func (c *comparison) differ(path string, want, got any) {
	if len(c.differences) < 12 {
		c.differences = append(c.differences, fmt.Sprintf("%s: AWS %s, here %s", path, brief(want), brief(got)))
	}
}

func brief(v any) string {
	text, _ := json.Marshal(v)
	s := unescapeHTML(string(text))
	if len(s) > 700 {
		s = s[:700] + "…"
	}
	return s
}

func (c *comparison) value(path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			c.differ(path, want, got)
			return
		}
		c.object(path, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			c.differ(path, want, got)
			c.lengths(path, w, g)
			return
		}
		for i := range w {
			c.value(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	case string:
		g, ok := got.(string)
		if !ok || !c.texts(w, g) {
			c.differ(path, want, got)
		}
	default:
		if fmt.Sprint(want) != fmt.Sprint(got) {
			c.differ(path, want, got)
		}
	}
}

// lengths says how lists of different lengths differ, by the types of their items.
func (c *comparison) lengths(path string, want, got []any) {
	types := func(list []any) (names []any) {
		for _, x := range list {
			object, _ := x.(map[string]any)
			names = append(names, object["type"])
		}
		return names
	}
	c.differ(path+" by type", types(want), types(got))
}

func (c *comparison) object(path string, want, got map[string]any) {
	names := map[string]bool{}
	for k := range want {
		names[k] = true
	}
	for k := range got {
		names[k] = true
	}
	list := make([]string, 0, len(names))
	for k := range names {
		list = append(list, k)
	}
	sort.Strings(list)
	for _, k := range list {
		w, inWant := want[k]
		g, inGot := got[k]
		switch {
		case !inGot:
			c.differ(path+"."+k, w, "nothing")
		case !inWant:
			c.differ(path+"."+k, "nothing", g)
		default:
			c.value(path+"."+k, w, g)
		}
	}
}

// texts compares texts; the numbers of tokens must match one to one.
func (c *comparison) texts(want, got string) bool {
	if want == got && !strings.Contains(want, "<") {
		return true
	}
	if numbered.ReplaceAllString(want, "<$1>") != numbered.ReplaceAllString(got, "<$1>") {
		return false
	}
	w, g := numbered.FindAllString(want, -1), numbered.FindAllString(got, -1)
	for i := range w {
		if known, ok := c.there[w[i]]; ok && known != g[i] {
			return false
		}
		if known, ok := c.back[g[i]]; ok && known != w[i] {
			return false
		}
		c.there[w[i]], c.back[g[i]] = g[i], w[i]
	}
	return true
}

// without removes what a path finds.
func without(v any, path string) {
	names := strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return r == '.' })
	deep := strings.HasPrefix(path, "$..")
	if i := strings.Index(path[1:], ".."); strings.HasPrefix(path, "$..events..") {
		names, deep = strings.Split(path[i+1+len("..events.."):], "."), true
	}
	for _, p := range find(v, names, deep) {
		delete(p.parent, p.key)
	}
}
