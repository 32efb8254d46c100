//go:build integration

package servers

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride/internal/peers"
)

// TestLocalStack takes the LocalStack at $LOCALSTACK, else it starts one as a process of this machine.
func TestLocalStack(t *testing.T) {
	url := os.Getenv("LOCALSTACK")
	if url == "" {
		url = peers.LocalStack(t)
	}
	suite(t, "localstack", func(*testscript.Env) string { return url })
}
