package coverage

import (
	"fmt"
	"strings"
)

// Text is a line for each workflow, and one for each point that no test passed.
func Text(workflows []*Workflow) string {
	var b strings.Builder
	width := 0
	for _, w := range workflows {
		width = max(width, len(w.Name))
	}
	for _, w := range workflows {
		fmt.Fprintf(&b, "%-*s  %5.1f%%", width, w.Name, w.Share().Percent())
		for _, k := range Kinds {
			s := w.Share(k)
			fmt.Fprintf(&b, "  %s %d/%d", k, s.Passed, s.All)
		}
		b.WriteByte('\n')
		for _, p := range w.Missed() {
			fmt.Fprintf(&b, "  %s: %s\n", p.Place, p.Name())
		}
	}
	fmt.Fprintf(&b, "%-*s  %5.1f%%\n", width, "total", Total(workflows).Percent())
	return b.String()
}
