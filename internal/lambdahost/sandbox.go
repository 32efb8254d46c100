package lambdahost

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sandbox is one process of a function and the Runtime API that it talks to.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type sandbox struct {
	runner *Runner
	cmd    *exec.Cmd
	api    *http.Server
	out    *output
	born   time.Time
	temp   string
	reaper *time.Timer // while idle

	deliver chan *delivery // to the process that asks for the next invocation
	exited  chan struct{}  // closed when the process has ended and its output is read
	exit    error          // of the process, once exited

	mu        sync.Mutex
	current   *delivery
	initTime  time.Duration // from start to the first request for an invocation
	initError []byte        // what the process posted as such
}

// delivery is an invocation on its way through a sandbox.
type delivery struct {
	Invocation
	started time.Time
	done    chan struct{} // closed when the process asks for the next invocation
	answer  []byte        // what the process posted, nil before
	failed  bool          // it posted an error
}

// initLimit is how long a process may take before it asks for its first invocation. AWS: Init phase, 10 seconds; it then starts
// anew within the invocation's timeout.
const initLimit = 10 * time.Second

func newSandbox(r *Runner) (*sandbox, error) {
	temp, err := os.MkdirTemp(r.host.dir, "tmp-")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sandbox{runner: r, born: time.Now(), temp: temp, deliver: make(chan *delivery), exited: make(chan struct{})}
	stream := r.host.o.Now().UTC().Format("2006/01/02/") + "[" + r.fn.Version + "]" + newStreamID()
	s.out = newOutput(func(line string) {
		r.host.o.Log(LogLine{r.fn.Account, r.fn.Region, r.fn.LogGroup, stream, r.host.o.Now(), line})
	})
	s.api = &http.Server{Handler: s.routes()}
	go s.api.Serve(listener)
	s.cmd = r.command(listener.Addr().String(), stream, temp)
	s.out.line("INIT_START Runtime Version: provided:al2023")
	if err := s.run(); err != nil {
		s.exit = err
		s.over()
	}
	return s, nil
}

func newStreamID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// run starts the process. A process that cannot start is told to the invocation that wanted it.
func (s *sandbox) run() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	s.out.pipe = read
	s.cmd.Stdout, s.cmd.Stderr = write, write
	ownGroup(s.cmd)
	err = s.runner.host.start(s.cmd)
	write.Close()
	if err != nil {
		read.Close()
		return err
	}
	go s.out.read()
	go func() {
		s.exit = s.cmd.Wait()
		killGroup(s.cmd) // what it has left behind
		s.out.close()
		s.over()
	}()
	return nil
}

func (s *sandbox) over() {
	s.api.Close()
	os.RemoveAll(s.temp)
	close(s.exited)
	go s.runner.forget(s) // newSandbox is called under the runner's lock
}

func (s *sandbox) kill() {
	if s.cmd.Process != nil {
		killGroup(s.cmd)
	}
}

func (s *sandbox) dead() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// invoke hands in to the process and waits for its end. delivered is false when the process, which had been idle, was gone.
func (s *sandbox) invoke(in Invocation, fresh bool) (result Result, delivered bool) {
	d := &delivery{Invocation: in, done: make(chan struct{})}
	timeout := s.runner.fn.Timeout
	init := time.NewTimer(initLimit + timeout)
	defer init.Stop()
	s.out.begin()
	select {
	case s.deliver <- d:
		d.started = time.Now()
	case <-s.exited:
		if !fresh {
			return Result{}, false
		}
		return s.initFailed(d), true
	case <-init.C:
		s.kill()
		<-s.exited
		d.started = time.Now().Add(-timeout)
		s.out.line("START RequestId: " + d.RequestID + " Version: " + s.runner.fn.Version)
		return s.timedOut(d, fresh), true
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-d.done:
		return s.answered(d, fresh), true
	case <-s.exited:
		return s.crashed(d, fresh), true
	case <-timer.C:
		s.kill()
		<-s.exited
		return s.timedOut(d, fresh), true
	}
}

func (s *sandbox) answered(d *delivery, fresh bool) Result {
	s.out.drain()
	s.report(d, fresh, "")
	return s.result(d)
}

// result is what the process posted.
func (s *sandbox) result(d *delivery) Result {
	r := Result{Payload: d.answer, Log: s.out.tail()}
	switch {
	case d.failed:
		r.FunctionError = unhandled
	case len(d.answer) > MaxPayload:
		r.Payload, r.FunctionError = tooLarge(), unhandled
	}
	return r
}

// crashed ends an invocation whose process has exited. What it had posted before stands.
func (s *sandbox) crashed(d *delivery, fresh bool) Result {
	message := exitMessage(d.RequestID, s.exit)
	s.out.line(message)
	s.out.line("Runtime.ExitError")
	s.report(d, fresh, "\tStatus: error\tError Type: Runtime.ExitError")
	if s.posted(d) {
		return s.result(d)
	}
	return Result{Payload: errorPayload("Runtime.ExitError", message), FunctionError: unhandled, Log: s.out.tail()}
}

func (s *sandbox) timedOut(d *delivery, fresh bool) Result {
	text := fmt.Sprintf("Task timed out after %.2f seconds", s.runner.fn.Timeout.Seconds())
	s.out.line(s.runner.host.o.Now().UTC().Format("2006-01-02T15:04:05.000Z ") + d.RequestID + " " + text)
	s.report(d, fresh, "\tStatus: timeout")
	if s.posted(d) {
		return s.result(d)
	}
	return Result{Payload: timeoutPayload(d.RequestID, s.runner.fn.Timeout), FunctionError: unhandled, Log: s.out.tail()}
}

// initFailed ends an invocation whose process never asked for one.
func (s *sandbox) initFailed(d *delivery) Result {
	errorType, message := "Runtime.ExitError", exitMessage(d.RequestID, s.exit)
	if s.cmd.Process == nil {
		errorType = "Runtime.InvalidEntrypoint"
		message = "RequestId: " + d.RequestID + " Error: " + entrypointProblem(s.exit)
	}
	s.out.line(fmt.Sprintf("INIT_REPORT Init Duration: %s ms\tPhase: init\tStatus: error\tError Type: %s", millis(time.Since(s.born)), errorType))
	d.started = time.Now()
	s.out.line("START RequestId: " + d.RequestID + " Version: " + s.runner.fn.Version)
	s.out.line(message)
	s.out.line(errorType)
	s.report(d, false, "\tStatus: error\tError Type: "+errorType)
	r := Result{Payload: errorPayload(errorType, message), FunctionError: unhandled, Log: s.out.tail()}
	if s.initError != nil {
		r.Payload = s.initError
	}
	return r
}

func entrypointProblem(err error) string {
	var path *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
	case errors.As(err, &path):
		return "fork/exec /var/task/bootstrap: " + path.Err.Error()
	}
	return err.Error()
}

func (s *sandbox) posted(d *delivery) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return d.answer != nil
}

// report ends the invocation's log. AWS bills what initialisation took, too.
func (s *sandbox) report(d *delivery, fresh bool, status string) {
	took := time.Since(d.started)
	if limit := s.runner.fn.Timeout; took > limit {
		took = limit
	}
	billed, init := took, ""
	if fresh {
		billed += s.initTime
		init = "Init Duration: " + millis(s.initTime) + " ms\t"
	}
	s.out.line("END RequestId: " + d.RequestID)
	s.out.line(fmt.Sprintf("REPORT RequestId: %s\tDuration: %s ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t%s",
		d.RequestID, millis(took), (billed+time.Millisecond-1)/time.Millisecond, s.runner.fn.Memory, memoryUsed(s.cmd), init) + strings.TrimPrefix(status, "\t"))
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 2, 64)
}

const apiRoot = "/2018-06-01/runtime/"

func (s *sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiRoot+"invocation/next", s.next)
	mux.HandleFunc("POST "+apiRoot+"invocation/{id}/response", s.post(false))
	mux.HandleFunc("POST "+apiRoot+"invocation/{id}/error", s.post(true))
	mux.HandleFunc("POST "+apiRoot+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, MaxPayload))
		s.mu.Lock()
		s.initError = body
		s.mu.Unlock()
		accepted(w)
	})
	return mux
}

func (s *sandbox) next(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.initTime == 0 {
		s.initTime = time.Since(s.born)
	}
	if d := s.current; d != nil {
		s.current = nil
		close(d.done)
	}
	s.mu.Unlock()
	var d *delivery
	select {
	case d = <-s.deliver:
	case <-r.Context().Done():
		return
	}
	deadline := time.Now().Add(s.runner.fn.Timeout)
	s.mu.Lock()
	s.current = d
	s.mu.Unlock()
	s.out.line("START RequestId: " + d.RequestID + " Version: " + s.runner.fn.Version)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", d.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", d.ARN)
	h.Set("Lambda-Runtime-Trace-Id", d.TraceID)
	if d.ClientContext != "" {
		h.Set("Lambda-Runtime-Client-Context", d.ClientContext)
	}
	w.Write(d.Payload)
}

// post takes an invocation's answer. Of one that is too large it keeps no more than tells so.
func (s *sandbox) post(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, MaxPayload+1))
		if err == nil && len(body) > MaxPayload {
			_, err = io.Copy(io.Discard, r.Body)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		d := s.current
		switch {
		case err != nil:
			apiError(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		case d == nil || d.RequestID != r.PathValue("id"):
			apiError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		case d.answer != nil:
			apiError(w, http.StatusBadRequest, "InvalidStateTransition", "the invocation has been answered")
		default:
			d.answer, d.failed = append([]byte{}, body...), failed || r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != ""
			if len(body) > MaxPayload {
				apiError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxPayload+100))
				return
			}
			accepted(w)
		}
	}
}

func accepted(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func apiError(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(errorPayload(errorType, message))
}
