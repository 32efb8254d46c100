package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A function's code is a hash to Lambda, so what it was made of has to be recorded somewhere. In the zip it would make code another
// whose binary is the same; in a file it would be on one machine; in a tag of the function it would be one more call of each deploy.
// So it stands in the description of the machine's version and alias, beside the Content, which a deploy writes anyway: three
// characters for each package of the project and each module that it requires, the beginning of a hash of name and content. Names
// cannot be read out of it, but whoever has built the new code can ask which of its packages were not in the old one.
const (
	markLength = 3                           // 18 bits: one change in 4,000 goes unnamed
	maxMarks   = 64                          // AWS: a description has up to 256 characters; the Content takes its part
	others     = "modules that are required" // all of them, where each would be too many
)

// marks are those of all functions of a machine; "" where they are not known, or too many.
func (m *maker) marks(want *Machine) string {
	all := Code{Packages: map[string]string{}}
	for i := range m.desired.Functions {
		if f := &m.desired.Functions[i]; want.Functions[f.Handler] == f.Name {
			maps.Copy(all.Packages, f.Code.Packages)
		}
	}
	return strings.Join(slices.Sorted(maps.Values(all.marks())), "")
}

// recorded are the marks that were recorded with a machine that calls f.
func (m *maker) recorded(f *Function) string {
	for i := range m.desired.Machines {
		want := &m.desired.Machines[i]
		if live, ok := m.actual.Machines[want.Name]; ok && live.Alias != nil && want.Functions[f.Handler] == f.Name {
			return live.Alias.Packages
		}
	}
	return ""
}

// marks are the parts of the code by name: packages of the project, modules, and Go itself. nil: not known, or too many.
func (c Code) marks() map[string]string {
	parts, modules := map[string]string{}, map[string]string{}
	for name, identity := range c.Packages {
		if module, version, ok := strings.Cut(identity, "@"); ok {
			modules[module] = version
		} else {
			parts[name] = identity
		}
	}
	if len(parts)+len(modules) > maxMarks {
		modules = map[string]string{others: fmt.Sprint(modules)}
	}
	maps.Copy(parts, modules)
	if len(parts) > maxMarks {
		return nil
	}
	for name, identity := range parts {
		sum := sha256.Sum256([]byte(name + "\n" + identity))
		parts[name] = base64.URLEncoding.EncodeToString(sum[:])[:markLength]
	}
	return parts
}

// why names the parts of the code that were not among those with these marks, at most three of them.
func why(before string, after Code) string {
	if before == "" {
		return ""
	}
	had := map[string]bool{}
	for mark := range slices.Chunk([]byte(before), markLength) {
		had[string(mark)] = true
	}
	var names []string
	marks := after.marks()
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		if !had[marks[name]] {
			names = append(names, name)
		}
	}
	if n := len(names) - 3; n > 0 {
		names = append(names[:3], fmt.Sprintf("%d more", n))
	}
	if len(names) == 0 {
		return ""
	}
	return "changed: " + strings.Join(names, ", ")
}
