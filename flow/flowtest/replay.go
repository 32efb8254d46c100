package flowtest

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/replay"
)

// Replay runs recorded executions, files that `stride inspect --fixture` has written, against the workflow w as it is now, and fails
// the test where it would go another way. nested are workflows that it runs.
func Replay(t testing.TB, w flow.Workflow, files []string, nested ...flow.Workflow) {
	t.Helper()
	if len(files) == 0 {
		t.Fatal("flowtest: there are no recordings to replay")
	}
	c := New(t, w, nested...).compiledOnce()
	if c.err != nil {
		t.Fatalf("flowtest: compiling %s:\n%v", w.Name(), c.err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var f replay.Fixture
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found, err := f.Replay(t.Context(), c.unresolved, w.Type() == flow.TypeExpress)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, d := range found {
			t.Errorf("%s: %s", file, d)
		}
	}
}
