package sdk_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/task/sdk"
)

var update = flag.Bool("update", false, "rewrite internal/integration/services.txt from the models")

// TestServiceIDs holds the list that package integration has to the models, which it must not import.
func TestServiceIDs(t *testing.T) {
	const list = "../../integration/services.txt"
	var ids strings.Builder
	for _, name := range sdk.Services() {
		s, err := sdk.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		ids.WriteString(s.ID + "\n")
		if got := integration.ID(name); got != s.ID && !*update {
			t.Errorf("the service of package %s is %q, want %q", name, got, s.ID)
		}
	}
	if *update {
		if err := os.WriteFile(list, []byte(ids.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids.String(), string(have)); diff != "" {
		t.Errorf("services.txt (-models +file); run with -update:\n%s", diff)
	}
}
