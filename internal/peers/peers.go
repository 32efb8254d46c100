// Package peers starts other people's servers of the AWS APIs, moto and LocalStack, as processes of this machine, for tests that judge
// stride by them. Each listens on loopback and ends with its test. It goes into no program.
package peers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// FreePort is a TCP port of the loopback address that nobody listened on just now.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// LocalStack starts localstack/host and returns its endpoint.
func LocalStack(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	scripts := filepath.Join(filepath.Dir(here), "..", "..", "localstack", "host")
	data := t.TempDir()
	cmd := exec.Command(filepath.Join(scripts, "start.sh"), FreePort(t), data)
	cmd.Stderr = os.Stderr
	t.Cleanup(func() {
		if out, err := exec.Command(filepath.Join(scripts, "stop.sh"), data).CombinedOutput(); err != nil {
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

// Moto starts the moto_server that $MOTO names and returns its endpoint.
func Moto(t testing.TB) string {
	t.Helper()
	program := os.Getenv("MOTO")
	if program == "" {
		t.Fatal("MOTO does not name a moto_server; make servers installs one")
	}
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", "0")
	cmd.Env = append(os.Environ(), "MOTO_EC2_LOAD_DEFAULT_AMIS=false")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url := make(chan string, 1)
	go announced(stderr, url)
	select {
	case u := <-url:
		return u
	case <-time.After(time.Minute):
		t.Fatal("moto_server does not say where it listens")
	}
	return ""
}

// announced sends the address that moto's log names, and reads on, so that the log never blocks moto.
func announced(log io.Reader, url chan<- string) {
	running := regexp.MustCompile(`Running on (http://\S+)`)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if m := running.FindStringSubmatch(lines.Text()); m != nil {
			url <- m[1]
			break
		}
	}
	_, _ = io.Copy(io.Discard, log)
}
