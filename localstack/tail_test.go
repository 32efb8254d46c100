//go:build integration

package localstack

import (
	"flag"
	"os"
	"os/exec"
	"testing"

	"github.com/stride-aws/stride/internal/observe/loggen"
)

var runs = flag.Int("runs", 1000, "how many random runs are told from each server")

func TestTailOfLocalStack(t *testing.T) { loggen.Judge(t, localStack(t), *runs) }

// TestTailOfMoto needs moto's server, which MOTO names; make integration installs it.
func TestTailOfMoto(t *testing.T) {
	server := os.Getenv("MOTO")
	if server == "" {
		t.Fatal("MOTO does not name a moto_server; make integration installs one")
	}
	port := freePort(t)
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	awaitPort(t, port)
	loggen.Judge(t, "http://127.0.0.1:"+port, *runs)
}
