// Package lambdahost runs Lambda functions on this machine. A built zip and its configuration go in; out come invocations with
// Lambda's answers, errors, limits and log lines. Functions run as host processes behind the Lambda Runtime API (Host), or, when
// their Go handler is part of this program, in it (InProcess). The local AWS's lambda service and package task call it.
//
// There is no isolation: a function runs as the user, sees the user's files, and its memory setting is only told to it. It gets
// an environment of its own, without the user's credentials. Processes end with their Host, and on Linux also when this program
// is killed.
package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Function is what a Runner runs: one version of a Lambda function.
type Function struct {
	Name, Version string // "payments-charge", "$LATEST"
	Handler       string // told to the process as _HANDLER
	Timeout       time.Duration
	Memory        int // MB
	Env           map[string]string
	Account       string // that has the function
	Region        string
	LogGroup      string // "/aws/lambda/NAME"
}

// Invocation is one call of a function. AWS: Invoke.
type Invocation struct {
	RequestID     string
	ARN           string // as the function was invoked, with alias or version
	Payload       []byte // at most MaxPayload bytes
	ClientContext string // JSON, or ""
	TraceID       string // of X-Ray, or ""
}

// Result is how an invocation ended. FunctionError is "Unhandled" where the Payload is an error's, "" else.
type Result struct {
	Payload       []byte
	FunctionError string
	Log           []byte // the last 4 KB that it logged
}

// LogLine is one event for CloudWatch Logs.
type LogLine struct {
	Account, Region string // of the function
	Group, Stream   string
	Time            time.Time
	Message         string
}

// Options of a Host.
type Options struct {
	Dir string           // for unpacked code; "": a temporary folder
	Log func(LogLine)    // called from many goroutines; nil: log lines go nowhere
	Max int              // processes of one function at a time; further invocations wait. 0: enough for this machine
	Now func() time.Time // of log lines; durations and timeouts are the machine's. nil: time.Now
}

// Host runs functions until it is closed.
type Host struct {
	o     Options
	dir   string
	spawn chan func()
	stop  chan struct{}

	mu      sync.Mutex
	closed  bool
	runners map[*Runner]bool
	code    map[string]*unpacking // by folder
	working sync.WaitGroup        // who unpacks
}

// idleTime is how long an unused process stays.
const idleTime = 10 * time.Minute

// NewHost makes a Host; Close ends it.
func NewHost(o Options) (*Host, error) {
	if o.Log == nil {
		o.Log = func(LogLine) {}
	}
	if o.Max == 0 {
		o.Max = max(10, 4*runtime.GOMAXPROCS(0))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
		sweep(o.Dir)
	}
	dir, err := os.MkdirTemp(o.Dir, fmt.Sprintf("stride-lambda-%d-", os.Getpid()))
	if err != nil {
		return nil, err
	}
	h := &Host{o: o, dir: dir, spawn: make(chan func()), stop: make(chan struct{}), runners: map[*Runner]bool{}, code: map[string]*unpacking{}}
	go h.spawner()
	return h, nil
}

// sweep removes what hosts have left whose program was killed.
func sweep(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		var pid int
		if n, _ := fmt.Sscanf(e.Name(), "stride-lambda-%d-", &pid); n == 1 && !running(pid) {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // or the next time
		}
	}
}

// spawner starts all processes from one thread, which lives as long as they do: the kernel ends a process whose starting thread
// has ended, not only one whose starting program has.
func (h *Host) spawner() {
	runtime.LockOSThread()
	for {
		select {
		case f := <-h.spawn:
			f()
		case <-h.stop:
			return
		}
	}
}

var errClosed = errors.New("the function's host has been closed")

func (h *Host) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	select {
	case h.spawn <- func() { err <- cmd.Start() }:
		return <-err
	case <-h.stop:
		return errClosed
	}
}

// Runner makes fn ready to be invoked: it unpacks the zip. No process starts before the first invocation.
func (h *Host) Runner(fn Function, zipped []byte) (*Runner, error) {
	dir, err := h.unpacked(zipped)
	if err != nil {
		return nil, err
	}
	r := &Runner{host: h, fn: fn, dir: dir, slots: make(chan struct{}, h.o.Max), all: map[*sandbox]bool{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	h.runners[r] = true
	return r, nil
}

// Close ends all processes and removes their files. Invocations under way fail.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	runners := h.runners
	h.runners = nil
	h.mu.Unlock()
	for r := range runners {
		r.close()
	}
	close(h.stop)
	h.working.Wait()
	return os.RemoveAll(h.dir)
}

// Runner runs one version of a function in as many processes as there are invocations at a time.
type Runner struct {
	host  *Host
	fn    Function
	dir   string
	slots chan struct{}

	mu      sync.Mutex
	closed  bool
	retired bool
	idle    []*sandbox // the last one used is reused first
	all     map[*sandbox]bool
}

// Close ends the function's processes.
func (r *Runner) Close() {
	r.host.mu.Lock()
	delete(r.host.runners, r)
	r.host.mu.Unlock()
	r.close()
}

// Retire ends the processes that are idle, and each other one after its invocation: the function's code has been replaced.
func (r *Runner) Retire() {
	r.mu.Lock()
	r.retired = true
	idle := r.idle
	r.idle = nil
	r.mu.Unlock()
	for _, s := range idle {
		s.kill()
	}
}

func (r *Runner) close() {
	r.mu.Lock()
	r.closed = true
	all := r.all
	r.all, r.idle = nil, nil
	r.mu.Unlock()
	for s := range all {
		s.kill()
	}
	for s := range all {
		<-s.exited
	}
}

// Invoke runs in and waits for its end. As on AWS, an invocation whose caller has gone (ctx) goes on until it ends or times out.
// The error is about the host; what the function did wrong is in the Result.
func (r *Runner) Invoke(ctx context.Context, in Invocation) (Result, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	type end struct {
		Result
		error
	}
	done := make(chan end, 1)
	go func() {
		defer func() { <-r.slots }()
		result, err := r.invoke(in)
		done <- end{result, err}
	}()
	select {
	case e := <-done:
		return e.Result, e.error
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

func (r *Runner) invoke(in Invocation) (Result, error) {
	for {
		s, fresh, err := r.take()
		if err != nil {
			return Result{}, err
		}
		if result, delivered := s.invoke(in, fresh); delivered {
			r.put(s)
			return result, nil
		}
	}
}

// take is an idle sandbox, else a new one.
func (r *Runner) take() (s *sandbox, fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, errClosed
	}
	if last := len(r.idle) - 1; last >= 0 {
		s, r.idle = r.idle[last], r.idle[:last]
		s.reaper.Stop()
		return s, false, nil
	}
	s, err = newSandbox(r)
	if err != nil {
		return nil, false, err
	}
	r.all[s] = true
	return s, true, nil
}

// put keeps s for the next invocation, if it lives.
func (r *Runner) put(s *sandbox) {
	if s.dead() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.retired:
		s.kill()
	case !r.closed:
		s.reaper = time.AfterFunc(idleTime, s.kill)
		r.idle = append(r.idle, s)
	}
}

// forget is called when s has exited.
func (r *Runner) forget(s *sandbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, s)
	for i, other := range r.idle {
		if other == s {
			r.idle = append(r.idle[:i], r.idle[i+1:]...)
			return
		}
	}
}

// command is the process of a sandbox whose Runtime API listens at address.
func (r *Runner) command(address, stream, temp string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(r.dir, "bootstrap"))
	cmd.Dir = r.dir
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "LANG": "en_US.UTF-8", "TZ": ":UTC", "HOME": temp, "TMPDIR": temp,
		"LAMBDA_TASK_ROOT": r.dir, "LAMBDA_RUNTIME_DIR": r.dir, "_HANDLER": r.fn.Handler,
		"AWS_REGION": r.fn.Region, "AWS_DEFAULT_REGION": r.fn.Region,
		"AWS_LAMBDA_FUNCTION_NAME": r.fn.Name, "AWS_LAMBDA_FUNCTION_VERSION": r.fn.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(r.fn.Memory), "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": r.fn.LogGroup, "AWS_LAMBDA_LOG_STREAM_NAME": stream,
	}
	for name, v := range r.fn.Env {
		env[name] = v
	}
	env["AWS_LAMBDA_RUNTIME_API"] = address
	for name, v := range env {
		cmd.Env = append(cmd.Env, name+"="+v)
	}
	return cmd
}
