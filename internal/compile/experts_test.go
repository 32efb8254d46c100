package compile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/compile/testdata/experts"
	"github.com/stride-aws/stride/internal/golden"
)

// TestExperts compares compiled workflows with what an expert writes for them: output, error, states and, on every way, transitions.
func TestExperts(t *testing.T) {
	for _, e := range experts.All {
		t.Run(e.Go.Name(), func(t *testing.T) {
			byHand := readASL(t, filepath.Join("testdata", "experts", filepath.Base(e.ASL.File())))
			registered := compile.Registered([]flow.Workflow{e.Go, experts.Child})
			source, err := compile.Load(".", registered[:1], nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := source.Compile(registered[0], registered[1:]...)
			if err != nil {
				t.Fatal(err)
			}
			lintCompiled(t, p)
			golden.Compare(t, filepath.Join("testdata", "golden", "experts", p.Name+".asl.json"), string(asl.Marshal(&p.Definition.Machine)))
			if got, want := len(states(p.Definition)), len(states(byHand)); got > want {
				t.Errorf("%d states, by hand %d:\n%s", got, want, asl.Marshal(&p.Definition.Machine))
			}
			entered := e.Run(t).Entered
			for _, name := range states(byHand) {
				if !entered[name] && name != "WeighAll" { // in executions of their own, whose histories are not this one
					t.Errorf("no input leads to the state %s", name)
				}
			}
		})
	}
}

func readASL(t *testing.T, file string) *asl.Definition {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	def, err := asl.Parse(string(text), file)
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// states is the names of a definition's states, those inside of others too.
func states(def *asl.Definition) []string {
	var names []string
	asl.Walk(&def.Machine, func(_ *asl.Machine, s *asl.State) { names = append(names, s.Name) })
	return names
}
