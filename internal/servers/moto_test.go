//go:build moto

package servers

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMoto starts the moto_server that $MOTO names.
func TestMoto(t *testing.T) {
	url := startMoto(t)
	suite(t, "moto", func(*testscript.Env) string { return url })
}

var running = regexp.MustCompile(`Running on (http://\S+)`)

func startMoto(t *testing.T) string {
	t.Helper()
	server := os.Getenv("MOTO")
	if server == "" {
		t.Fatal("MOTO does not name a moto_server; make servers installs one")
	}
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	urls := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := running.FindStringSubmatch(lines.Text()); m != nil {
				urls <- m[1]
			}
		}
	}()
	select {
	case url := <-urls:
		return url
	case <-time.After(time.Minute):
		t.Fatal("moto_server does not say where it listens")
	}
	return ""
}
