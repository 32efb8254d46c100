//go:build unix

package lambdahost

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/lambdamain"
)

// TestMain makes the test's own binary a Lambda function where the environment says so.
func TestMain(m *testing.M) {
	switch os.Getenv("STRIDE_TEST_FUNCTION") {
	case "":
		os.Exit(m.Run())
	case "init":
		fmt.Println("starting badly")
		os.Exit(3)
	}
	lambdamain.Start(function, names)
}

type soldOut struct{}

func (soldOut) Error() string { return "sold out" }

var names = lambdamain.Names{Types: map[string]string{"github.com/stride-aws/stride/internal/lambdahost.soldOut": "SoldOut"}}

// order tells the function what to do.
type order struct {
	Do   string
	Size int
}

type answer struct {
	PID   int
	Value string
}

func function(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "fail":
		return answer{}, fmt.Errorf("reserving: %w", soldOut{})
	case "other":
		return answer{}, errors.New("no name")
	case "panic":
		panic("out of order")
	case "exit":
		syscall.Exit(o.Size) // at once, also under the race detector
	case "hang":
		<-make(chan int)
	case "wait":
		<-ctx.Done()
		return answer{}, ctx.Err()
	case "log":
		fmt.Print("plain\nunfinished")
		slog.InfoContext(ctx, "told", "n", o.Size)
	case "child":
		return answer{Value: fmt.Sprint(child())}, nil
	case "large":
		return answer{Value: strings.Repeat("x", o.Size)}, nil
	case "env":
		return answer{Value: strings.Join(os.Environ(), "\n")}, nil
	}
	return answer{PID: os.Getpid()}, nil
}

// child starts a process that outlives the handler.
func child() int {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd.Process.Pid
}

type logs struct {
	sync.Mutex
	lines []LogLine
}

func (l *logs) add(line LogLine) {
	l.Lock()
	defer l.Unlock()
	l.lines = append(l.lines, line)
}

func (l *logs) text() string {
	l.Lock()
	defer l.Unlock()
	var b strings.Builder
	for _, line := range l.lines {
		b.WriteString(line.Message)
	}
	return b.String()
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		h := &zip.FileHeader{Name: name}
		h.SetMode(0o755)
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bootstrap(t *testing.T) []byte {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return zipOf(t, map[string]string{"bootstrap": "#!/bin/sh\nexec '" + self + "'\n"})
}

func newHost(t *testing.T, log func(LogLine)) *Host {
	t.Helper()
	h, err := NewHost(Options{Log: log, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func newRunner(t *testing.T, h *Host, mode string, timeout time.Duration) *Runner {
	t.Helper()
	r, err := h.Runner(Function{Name: "f", Version: "$LATEST", Timeout: timeout, Memory: 128, Region: "eu-west-1",
		LogGroup: "/aws/lambda/f", Env: map[string]string{"STRIDE_TEST_FUNCTION": mode, "MINE": "yes"}}, bootstrap(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type invoker interface {
	Invoke(context.Context, Invocation) (Result, error)
}

func invoke(t *testing.T, r invoker, o order) Result {
	t.Helper()
	payload, _ := json.Marshal(o)
	result, err := r.Invoke(context.Background(), Invocation{RequestID: "id-1", ARN: "arn:f", Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func value(t *testing.T, r Result) (a answer) {
	t.Helper()
	if r.FunctionError != "" {
		t.Fatalf("the function failed: %s", r.Payload)
	}
	if err := json.Unmarshal(r.Payload, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// What a function does and what its caller sees, in a process and in this program.
var outcomes = map[string]struct {
	do       order
	want     string // of the payload, less the stack
	noInside bool   // only a process can do it
}{
	"matched error":  {order{Do: "fail"}, `{"errorMessage":"reserving: sold out","errorType":"SoldOut"}`, false},
	"another error":  {order{Do: "other"}, `{"errorMessage":"no name","errorType":"errorString"}`, false},
	"panic":          {order{Do: "panic"}, `{"errorMessage":"out of order","errorType":"string"}`, false},
	"exit":           {order{Do: "exit", Size: 2}, `{"errorMessage":"RequestId: id-1 Error: Runtime exited with error: exit status 2","errorType":"Runtime.ExitError"}`, true},
	"exit 0":         {order{Do: "exit"}, `{"errorMessage":"RequestId: id-1 Error: Runtime exited without providing a reason","errorType":"Runtime.ExitError"}`, true},
	"timeout":        {order{Do: "hang"}, `{"errorMessage":"RequestId: id-1 Error: Task timed out after 1.00 seconds","errorType":"Sandbox.Timedout"}`, false},
	"large response": {order{Do: "large", Size: MaxPayload}, `{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}`, false},
}

func TestOutcomes(t *testing.T) {
	h := newHost(t, nil)
	for name, tt := range outcomes {
		runners := map[string]invoker{"process": newRunner(t, h, "on", time.Second)}
		if !tt.noInside {
			runners["in process"] = NewInProcess(function, names, time.Second)
		}
		for where, r := range runners {
			t.Run(name+"/"+where, func(t *testing.T) {
				t.Parallel()
				got := invoke(t, r, tt.do)
				var payload map[string]any
				if err := json.Unmarshal(got.Payload, &payload); err != nil {
					t.Fatalf("%v in %s", err, got.Payload)
				}
				delete(payload, "stackTrace")
				text, _ := json.Marshal(payload)
				if string(text) != tt.want || got.FunctionError != "Unhandled" {
					t.Errorf("got  %s %q\nwant %s", text, got.FunctionError, tt.want)
				}
				if tt.do.Do != "hang" || where == "process" { // the function works again
					value(t, invoke(t, r, order{}))
				}
			})
		}
	}
}

func TestInitFailures(t *testing.T) {
	h := newHost(t, nil)
	noBootstrap, err := h.Runner(Function{Timeout: time.Second}, zipOf(t, map[string]string{"main": ""}))
	if err != nil {
		t.Fatal(err)
	}
	notExecutable, err := h.Runner(Function{Timeout: time.Second}, zipOf(t, map[string]string{"bootstrap": "no program"}))
	if err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]*Runner{
		`{"errorMessage":"RequestId: id-1 Error: Runtime exited with error: exit status 3","errorType":"Runtime.ExitError"}`:                                       newRunner(t, h, "init", time.Second),
		`{"errorMessage":"RequestId: id-1 Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]","errorType":"Runtime.InvalidEntrypoint"}`: noBootstrap,
		`{"errorMessage":"RequestId: id-1 Error: fork/exec /var/task/bootstrap: exec format error","errorType":"Runtime.InvalidEntrypoint"}`:                       notExecutable,
	} {
		if got := invoke(t, r, order{}); string(got.Payload) != want {
			t.Errorf("got  %s\nwant %s", got.Payload, want)
		}
	}
}

func TestProcessIsReusedAndConcurrent(t *testing.T) {
	started := make(chan string, 100)
	r := newRunner(t, newHost(t, func(l LogLine) { started <- l.Message }), "on", 10*time.Second)
	first := value(t, invoke(t, r, order{})).PID
	if again := value(t, invoke(t, r, order{})).PID; again != first {
		t.Errorf("process %d, then %d", first, again)
	}
	invoke(t, r, order{Do: "fail"})
	if again := value(t, invoke(t, r, order{})).PID; again != first {
		t.Error("a new process after an error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	waiting := make(chan error)
	go func() {
		_, err := r.Invoke(ctx, Invocation{RequestID: "waiting", Payload: []byte(`{"Do":"wait"}`)})
		waiting <- err
	}()
	for line := ""; !strings.HasPrefix(line, "START RequestId: waiting"); {
		line = <-started
	}
	if other := value(t, invoke(t, r, order{})).PID; other == first {
		t.Error("two invocations at a time in one process")
	}
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled caller got %v", err)
	}
}

func TestLog(t *testing.T) {
	var l logs
	r := newRunner(t, newHost(t, l.add), "on", 10*time.Second)
	result := invoke(t, r, order{Do: "log", Size: 7})
	invoke(t, r, order{})
	want := `^INIT_START Runtime Version: provided:al2023
START RequestId: id-1 Version: \$LATEST
plain
unfinished\{"timestamp":"[^"]+","level":"INFO","message":"told","n":7,"requestId":"id-1"\}
END RequestId: id-1
REPORT RequestId: id-1	Duration: [0-9.]+ ms	Billed Duration: \d+ ms	Memory Size: 128 MB	Max Memory Used: \d+ MB	Init Duration: [0-9.]+ ms	
START RequestId: id-1 Version: \$LATEST
END RequestId: id-1
REPORT RequestId: id-1	Duration: [0-9.]+ ms	Billed Duration: \d+ ms	Memory Size: 128 MB	Max Memory Used: \d+ MB	
$`
	if !regexp.MustCompile(want).MatchString(l.text()) {
		t.Errorf("logged\n%s\nwant\n%s", l.text(), want)
	}
	if tail := string(result.Log); !strings.Contains(l.text(), tail) || !strings.HasSuffix(tail, "ms\t\n") {
		t.Errorf("the tail is not the first invocation's log:\n%s", tail)
	}
	first := l.lines[0]
	if !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(first.Stream) || first.Group != "/aws/lambda/f" {
		t.Errorf("logged to %s %s", first.Group, first.Stream)
	}
}

func TestLogOfFailures(t *testing.T) {
	for mode, want := range map[string]string{
		"hang": `Z id-1 Task timed out after 1.00 seconds\nEND RequestId: id-1\nREPORT RequestId: id-1\tDuration: 1000.00 ms\t.*\tStatus: timeout\n$`,
		"exit": `\nRequestId: id-1 Error: Runtime exited without providing a reason\nRuntime.ExitError\nEND RequestId: id-1\nREPORT .*\tStatus: error\tError Type: Runtime.ExitError\n$`,
	} {
		var l logs
		invoke(t, newRunner(t, newHost(t, l.add), "on", time.Second), order{Do: mode})
		if !regexp.MustCompile(want).MatchString(l.text()) {
			t.Errorf("%s logged\n%s\nwant %s", mode, l.text(), want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
	env := value(t, invoke(t, newRunner(t, newHost(t, nil), "on", 10*time.Second), order{Do: "env"})).Value
	for _, want := range []string{"MINE=yes", "AWS_REGION=eu-west-1", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"} {
		if !strings.Contains(env, want) {
			t.Errorf("no %s in\n%s", want, env)
		}
	}
	if strings.Contains(env, "the user's own") {
		t.Error("the function sees the user's credentials")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	h, err := NewHost(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, h, "on", time.Minute)
	pid := value(t, invoke(t, r, order{})).PID
	var grandchild int
	fmt.Sscan(value(t, invoke(t, r, order{Do: "child"})).Value, &grandchild)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for _, pid := range []int{pid, grandchild} {
		if alive(pid) {
			t.Errorf("process %d has been left behind", pid)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("files have been left behind: %v", entries)
	}
	if _, err := r.Invoke(context.Background(), Invocation{}); !errors.Is(err, errClosed) {
		t.Errorf("a closed host invoked: %v", err)
	}
	if _, err := h.Runner(Function{}, bootstrap(t)); err == nil {
		t.Error("a closed host made a runner")
	}
}

func TestRetiredRunnersFinish(t *testing.T) {
	started := make(chan string, 100)
	r := newRunner(t, newHost(t, func(l LogLine) { started <- l.Message }), "on", time.Second)
	done := make(chan Result)
	go func() {
		result, _ := r.Invoke(context.Background(), Invocation{RequestID: "id", Payload: []byte(`{"Do":"wait"}`)})
		done <- result
	}()
	for line := ""; !strings.HasPrefix(line, "START"); {
		line = <-started
	}
	r.Retire()
	if got := <-done; !strings.Contains(string(got.Payload), "Task timed out") && !strings.Contains(string(got.Payload), "deadline exceeded") {
		t.Errorf("the invocation under way ended with %s", got.Payload)
	}
	if len(r.idle) > 0 {
		t.Error("a process stays")
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	keep := []string{fmt.Sprintf("stride-lambda-%d-1", os.Getpid()), "stride-lambda-x", "other"}
	for _, name := range append(keep, fmt.Sprintf("stride-lambda-%d-1", ended.Process.Pid)) {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != len(keep) {
		t.Errorf("left %v, %v", left, err)
	}
}

// alive is false for a zombie, which its new parent may not have taken yet.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}

func TestCheckZip(t *testing.T) {
	for name, tt := range map[string]struct {
		zip  []byte
		want error
	}{
		"good":    {zipOf(t, map[string]string{"a/b": "x"}), nil},
		"none":    {[]byte("PK no"), errBadZip},
		"escapes": {zipOf(t, map[string]string{"../x": ""}), errBadZip},
	} {
		if diff := cmp.Diff(tt.want, CheckZip(tt.zip), cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestInProcessSeesItsRequest(t *testing.T) {
	p := NewInProcess(func(ctx context.Context) (string, error) {
		deadline, ok := ctx.Deadline()
		return fmt.Sprint(ok, time.Until(deadline) > time.Minute), nil
	}, lambdamain.Names{}, time.Hour)
	if got := invoke(t, p, order{}); string(got.Payload) != `"true true"` {
		t.Errorf("got %s", got.Payload)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewInProcess(function, names, 0).Invoke(ctx, Invocation{Payload: []byte(`{"Do":"hang"}`)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkInvoke(b *testing.B) {
	self, _ := os.Executable()
	t := &testing.T{}
	h, err := NewHost(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	r, err := h.Runner(Function{Timeout: time.Minute, Env: map[string]string{"STRIDE_TEST_FUNCTION": "on"}},
		zipOf(t, map[string]string{"bootstrap": "#!/bin/sh\nexec '" + self + "'\n"}))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Invoke(context.Background(), Invocation{RequestID: "x", Payload: []byte(`{}`)}); err != nil {
			b.Fatal(err)
		}
	}
}
