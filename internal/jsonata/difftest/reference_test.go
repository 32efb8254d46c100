package difftest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	referenceVersion = "2.0.6"
	nowMillis        = 1_700_000_000_123 // what $now and $millis say on both sides
	answerTime       = 10 * time.Second  // an answer later than this is none
)

//go:embed reference.js
var referenceScript []byte

// request asks the reference for one evaluation.
type request struct {
	Expr     string          `json:"e"`
	Input    json.RawMessage `json:"i,omitempty"`
	Bindings json.RawMessage `json:"b,omitempty"`
	Bench    int             `json:"bench,omitempty"`
}

// reply is what the reference says.
type reply struct {
	Result    json.RawMessage `json:"r"`
	Undefined int             `json:"u"`
	Code      *string         `json:"c"` // "" for an error of JavaScript's own
	Message   string          `json:"m"`
	Nanos     float64         `json:"ns"`
	hangs     bool
}

// reference is npm jsonata in a Node process.
type reference struct {
	script, library string
	cmd             *exec.Cmd
	in              io.WriteCloser
	out             *bufio.Reader
}

// startReference installs the reference where it is not yet, and starts it. Without Node and npm the test skips.
func startReference(tb testing.TB) *reference {
	tb.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			tb.Skipf("SKIPPED: the reference needs %s: %v", program, err)
		}
	}
	dir, err := install()
	if err != nil {
		tb.Skipf("SKIPPED: installing npm jsonata %s: %v", referenceVersion, err)
	}
	script := filepath.Join(tb.TempDir(), "reference.js")
	if err := os.WriteFile(script, referenceScript, 0o600); err != nil {
		tb.Fatal(err)
	}
	ref := &reference{script: script, library: filepath.Join(dir, "node_modules", "jsonata")}
	ref.start(tb)
	tb.Cleanup(ref.stop)
	return ref
}

func install() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "stride", "jsonata-"+referenceVersion)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "jsonata", "jsonata.js")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	out, err := exec.Command("npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "jsonata@"+referenceVersion).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
}

func (ref *reference) start(tb testing.TB) {
	ref.cmd = exec.Command("node", "--stack-size=2000", ref.script, ref.library, strconv.Itoa(nowMillis))
	ref.cmd.Env = append(os.Environ(), "TZ=UTC")
	in, err := ref.cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := ref.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	ref.in, ref.out = in, bufio.NewReaderSize(out, 1<<20)
	if err := ref.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
}

func (ref *reference) stop() {
	ref.in.Close()
	ref.cmd.Process.Kill()
	ref.cmd.Wait()
}

// ask sends requests and hands each reply to got. Where the reference does not answer in time it is started afresh, and that
// request has a reply that hangs.
func (ref *reference) ask(tb testing.TB, requests []request, limit time.Duration, got func(i int, r reply)) {
	for done := 0; done < len(requests); {
		n := ref.askSome(tb, requests[done:], limit, func(i int, r reply) { got(done+i, r) })
		if done += n; done < len(requests) {
			got(done, reply{hangs: true})
			done++
			ref.stop()
			ref.start(tb)
		}
	}
}

// askSome returns how many of the requests were answered.
func (ref *reference) askSome(tb testing.TB, requests []request, limit time.Duration, got func(i int, r reply)) int {
	written := make(chan struct{})
	go func() {
		defer close(written)
		w := bufio.NewWriter(ref.in)
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for i := range requests {
			if enc.Encode(&requests[i]) != nil {
				return
			}
		}
		w.Flush()
	}()
	process := ref.cmd.Process
	watch := time.AfterFunc(limit, func() { process.Kill() })
	defer func() { watch.Stop(); <-written }()
	for i := range requests {
		watch.Reset(limit)
		line, err := ref.out.ReadBytes('\n')
		if err != nil {
			return i
		}
		var r reply
		if err := json.Unmarshal(line, &r); err != nil {
			tb.Fatalf("the reference says %q: %v", line, err)
		}
		got(i, r)
	}
	return len(requests)
}
