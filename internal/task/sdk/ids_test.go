package sdk_test

import (
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/task/sdk"
)

// TestServiceIDs holds the list that package integration has to the models, which it must not import.
func TestServiceIDs(t *testing.T) {
	var ids strings.Builder
	for _, name := range sdk.Services() {
		s, err := sdk.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		ids.WriteString(s.ID + "\n")
		if got := integration.ID(name); got != s.ID && !golden.Updating() {
			t.Errorf("the service of package %s is %q, want %q", name, got, s.ID)
		}
	}
	golden.Compare(t, "../../integration/services.txt", ids.String())
}
