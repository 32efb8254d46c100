//go:build integration

package servers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestLocalStack takes the LocalStack at $LOCALSTACK, else it starts one as a process of this machine.
func TestLocalStack(t *testing.T) {
	url := os.Getenv("LOCALSTACK")
	if url == "" {
		url = startLocalStack(t)
	}
	suite(t, "localstack", func(*testscript.Env) string { return url })
}

func startLocalStack(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	cmd := exec.Command("../../localstack/host/start.sh", freePort(t), data)
	cmd.Stderr = os.Stderr
	t.Cleanup(func() {
		if out, err := exec.Command("../../localstack/host/stop.sh", data).CombinedOutput(); err != nil {
			t.Errorf("stopping LocalStack: %v\n%s", err, out)
		}
	})
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("starting LocalStack: %v", err)
	}
	lines := strings.Fields(string(out))
	return lines[len(lines)-1]
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
