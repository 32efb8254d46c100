package cli

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/plan"
)

var seconds = lazyregexp.New(`\d+\.\d s`)

// TestProgress: lines alone where nobody looks; on a terminal a bar under them, which is redrawn in its line and gone at the end.
func TestProgress(t *testing.T) {
	t.Setenv("CI", "")
	role := plan.Action{ID: "role pay", Kind: plan.KindRole, Op: plan.Create}
	function := plan.Action{ID: "function pay", Kind: plan.KindFunction, Op: plan.Update}
	run := func(terminal bool) string {
		var out bytes.Buffer
		a := &app{printer: &printer{err: &out, paintErr: terminal}}
		p := a.progress(&plan.Plan{Actions: []plan.Action{role, function}})
		p.Begin(&role)
		p.End(&role, nil)
		p.Begin(&function)
		p.Note(&function, "half-way")
		p.End(&function, errors.New("no"))
		p.close()
		return seconds.ReplaceAllString(out.String(), "N s")
	}
	if diff := cmp.Diff("  function pay: half-way\n  stopped function pay N s\n", run(false)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const clear, none, half, full = "\r\x1b[K", "························", "############············", "########################"
	faint := func(s string) string { return paint(true, "2", s) }
	want := clear + "  [" + none + "] 0/2 " + faint("role pay") + clear + clear + "  [" + half + "] 1/2 " + faint("") +
		clear + "  [" + half + "] 1/2 " + faint("function pay") + clear + "  function pay: half-way\n" + clear + "  [" + half + "] 1/2 " + faint("function pay") +
		clear + "  " + paint(true, "31", "stopped") + " function pay " + faint("N s") + "\n" + clear + "  [" + full + "] 2/2 " + faint("") + clear
	if diff := cmp.Diff(want, run(true)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
