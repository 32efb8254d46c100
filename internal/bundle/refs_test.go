package bundle

import (
	"strings"
	"testing"
)

// TestRefsBringTheirClient: only the main of a handler with Refs has the S3 client.
func TestRefsBringTheirClient(t *testing.T) {
	const pkg = "github.com/stride-aws/stride/internal/cli/testdata/letters"
	b := &Builder{Dir: "../..", Cache: t.TempDir()}
	built, err := b.Build(t.Context(), []Handler{{Package: pkg, Func: "Write", Target: Host}, {Package: pkg, Func: "Read", Target: Host, Refs: true}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		got := false
		for _, p := range built[i].Packages {
			got = got || strings.HasSuffix(p.Path, "/service/s3")
		}
		if got != want {
			t.Errorf("handler %d of %d bytes has the S3 client: %v", i, built[i].Size, got)
		}
	}
	t.Logf("%d bytes without, %d with", built[0].Size, built[1].Size)
}
