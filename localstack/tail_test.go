//go:build integration

package localstack

import (
	"flag"
	"testing"

	"github.com/stride-aws/stride/internal/observe/loggen"
	"github.com/stride-aws/stride/internal/peers"
)

var runs = flag.Int("runs", 1000, "how many random runs are told from each server")

func TestTailOfLocalStack(t *testing.T) { loggen.Judge(t, localStack(t), *runs) }

// TestTailOfMoto needs moto's server, which MOTO names; make integration installs it.
func TestTailOfMoto(t *testing.T) { loggen.Judge(t, peers.Moto(t), *runs) }
