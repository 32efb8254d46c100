package flowtest

import (
	"flag"
	"os"
	"path/filepath"

	"github.com/google/go-cmp/cmp"
)

// Golden compares the run's History with a file, which STRIDE_UPDATE=1, or the test's own flag -update, writes.
func (r *Result[O]) Golden(file string) *Result[O] {
	r.t.Helper()
	got := r.History()
	if updating() {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			r.t.Fatal(err)
		}
		return r
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatalf("%v (STRIDE_UPDATE=1 go test writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		r.t.Errorf("history (-%s +got; STRIDE_UPDATE=1 go test rewrites it):\n%s", file, diff)
	}
	return r
}

func updating() bool {
	if os.Getenv("STRIDE_UPDATE") != "" {
		return true
	}
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
