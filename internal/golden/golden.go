// Package golden holds what tests make to files that were read and found good. It goes into no program; tests call it. With -update a
// test writes its files instead, and passes.
package golden

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Updating is whether the test runs with -update.
func Updating() bool { return *update }

// Compare fails the test where got is not what the file holds, and says how they differ. With -update the file becomes got.
func Compare(t testing.TB, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if *update && (err != nil || string(want) != got) {
		want, err = []byte(got), os.WriteFile(file, []byte(got), 0o666)
	}
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); rewrite with -update:\n%s", file, diff)
	}
}
