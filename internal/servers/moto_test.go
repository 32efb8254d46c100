//go:build moto

package servers

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride/internal/peers"
)

// TestMoto starts the moto_server that $MOTO names.
func TestMoto(t *testing.T) {
	url := peers.Moto(t)
	suite(t, "moto", func(*testscript.Env) string { return url })
}
