package cli_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/peers"
)

// TestReadme runs the README's console blocks, one after the other in one shell's place, as a reader would. A line of expected output
// stands for some line of the real one, in the same order; "…" stands for anything.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: builds a project and runs it")
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			r.run(t, command, want)
			ran++
		}
	}
	if ran < 8 {
		t.Errorf("only %d commands found in the README", ran)
	}
}

// reader is somebody who follows the README.
type reader struct {
	dir, bin, port string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{dir: t.TempDir(), bin: t.TempDir(), port: peers.FreePort(t)}
	build := exec.Command("go", "build", "-o", filepath.Join(r.bin, "stride"), "../../cmd/stride")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building stride: %v\n%s", err, out)
	}
	return r
}

func (r *reader) environment() []string {
	return append(os.Environ(), "PATH="+r.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "STRIDE_PORT="+r.port,
		"STRIDE_ENDPOINT_URL=http://127.0.0.1:"+r.port, "NO_COLOR=1", "CI=")
}

func (r *reader) run(t *testing.T, command, want string) {
	t.Helper()
	if dir, ok := strings.CutPrefix(command, "cd "); ok {
		r.dir = filepath.Join(r.dir, dir)
		return
	}
	line, background := strings.CutSuffix(command, " &")
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = r.dir
	cmd.Env = r.environment()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if background {
		r.start(t, cmd)
		return
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("$ %s: %v\n%s", command, err, out.String())
	}
	if missing := unmatched(want, out.String()); missing != "" {
		t.Errorf("$ %s\nthe README shows a line that is not there (in this order):\n%s\nprinted was:\n%s", command, missing, out.String())
	}
}

// start runs a server until the test ends.
func (r *reader) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		_ = cmd.Wait()
	})
	for range 1200 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+r.port); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process opens the port, and tells nobody here
	}
	t.Fatal("the local AWS did not come up")
}

// unmatched is the first expected line that no further line of the output matches.
func unmatched(want, got string) string {
	lines := strings.Split(got, "\n")
	for _, w := range strings.Split(strings.TrimRight(want, "\n"), "\n") {
		if w == "" {
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(w), "…", ".*") + "$")
		for len(lines) > 0 && !pattern.MatchString(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return w
		}
		lines = lines[1:]
	}
	return ""
}
