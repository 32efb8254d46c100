package compile_test

import (
	"testing"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/workflows"
)

func TestSamples(t *testing.T) {
	progs, err := compile.Compile("../..", compile.Registered(workflows.All()))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range progs {
		t.Logf("%s\n%s", p.Name, asl.Marshal(&p.Definition.Machine))
	}
}
