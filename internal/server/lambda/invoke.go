package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/server/wire"
)

// Request is one invocation. AWS: Invoke.
type Request struct {
	Account, Region string
	Function        string // name, ARN or partial ARN, with or without qualifier
	Qualifier       string
	Type            string // "RequestResponse" or "", "Event", "DryRun"
	Payload         []byte // JSON; empty: {}
	ClientContext   string // JSON
	TraceID         string
}

// Response is what became of it. Payload and FunctionError are those of the function, for RequestResponse.
type Response struct {
	Status          int // HTTP: 200, 202 for Event, 204 for DryRun
	RequestID       string
	ExecutedVersion string
	Payload         []byte
	FunctionError   string
	Log             []byte // the last 4 KB
}

// maxEvent bounds the payload of an asynchronous invocation, in bytes. AWS: Lambda quotas, 1 MB.
const maxEvent = 1 << 20

// Invoke runs a function. The error is a *wire.Error for what Lambda refuses, ctx's where the caller has gone, or the host's.
func (s *Service) Invoke(ctx context.Context, in Request) (Response, error) {
	if err := checkPayload(&in); err != nil {
		return Response{}, err
	}
	run, err := s.admit(in)
	if err != nil {
		return Response{}, err
	}
	return s.perform(ctx, run, in)
}

func (s *Service) perform(ctx context.Context, run *run, in Request) (Response, error) {
	out := Response{Status: http.StatusOK, RequestID: run.in.RequestID, ExecutedVersion: run.version}
	switch in.Type {
	case "DryRun":
		run.leave()
		out.Status = http.StatusNoContent
		return out, nil
	case "Event":
		go s.deliver(run)
		out.Status = http.StatusAccepted
		return out, nil
	}
	defer run.leave()
	result, err := run.Invoke(ctx, run.in)
	if errors.Is(err, errReplaced) { // between being admitted and being run
		return s.Invoke(ctx, in)
	}
	out.Payload, out.FunctionError, out.Log = result.Payload, result.FunctionError, result.Log
	return out, err
}

func checkPayload(in *Request) error {
	limit := lambdahost.MaxPayload
	if in.Type == "Event" {
		limit = maxEvent
	}
	switch {
	case in.Type != "" && in.Type != "RequestResponse" && in.Type != "Event" && in.Type != "DryRun":
		return violated(in.Type, "invocationType", "satisfy enum value set: [Event, RequestResponse, DryRun]")
	case len(in.Payload) > limit:
		return fault(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "Request must be smaller than %d bytes for the InvokeFunction operation", limit)
	case len(in.Payload) == 0:
		in.Payload = []byte("{}")
	case !json.Valid(in.Payload):
		return fault(http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: Could not parse payload into json: %s", jsonProblem(in.Payload))
	}
	return nil
}

func jsonProblem(text []byte) string {
	var v any
	return fmt.Sprint(json.Unmarshal(text, &v))
}

type invoker interface {
	Invoke(context.Context, lambdahost.Invocation) (lambdahost.Result, error)
}

// run is an admitted invocation; leave gives its place back.
type run struct {
	invoker
	in      lambdahost.Invocation
	version string
	leave   func()
}

// admit finds what is to run and takes one of the function's reserved places.
func (s *Service) admit(in Request) (*run, error) {
	t, err := resolve(place{in.Account, in.Region}, in.Function, in.Qualifier)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[t.place][t.name]
	v := (*version)(nil)
	if f != nil {
		qualifier := t.qualifier
		if a := f.aliases[qualifier]; a != nil {
			qualifier = a.pick()
		}
		v = f.version(qualifier)
	}
	if v == nil {
		if t.qualifier == "" {
			t.qualifier = latest
		}
		return nil, notFound("Function not found: %s", t.arn())
	}
	if v.creating && s.o.Now().Before(v.settled) {
		return nil, conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	}
	if err := s.checkKey(&v.Configuration); err != nil {
		return nil, err
	}
	if f.reserved != nil && f.running >= *f.reserved {
		e := fault(http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
		e.Fields["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded"
		return nil, e
	}
	f.running++
	return &run{s.invoker(t.place, v), lambdahost.Invocation{RequestID: wire.NewRequestID(), ARN: t.arn(), Payload: in.Payload,
		ClientContext: in.ClientContext, TraceID: in.TraceID}, v.Version, s.leaver(f)}, nil
}

func (s *Service) leaver(f *function) func() {
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.running--
	}
}

// invoker is what runs v.
func (s *Service) invoker(p place, v *version) invoker {
	if s.o.InProcess != nil {
		if handler := s.o.InProcess(v.FunctionName); handler != nil {
			return handler
		}
	}
	if v.launcher == nil {
		fn := s.hosted(p, &v.Configuration)
		zipped := v.code
		v.launcher = &launcher{start: func() (*lambdahost.Runner, error) { return s.o.Host.Runner(fn, zipped) }}
	}
	return v.launcher
}

// hosted is the function as its processes' host wants it.
func (s *Service) hosted(p place, c *Configuration) lambdahost.Function {
	env := map[string]string{}
	if s.o.Environment != nil {
		maps.Copy(env, s.o.Environment(p.account, p.region, c.Role))
	}
	if c.Environment != nil {
		maps.Copy(env, c.Environment.Variables)
	}
	if l := c.LoggingConfig; l.LogFormat == "JSON" {
		env["AWS_LAMBDA_LOG_FORMAT"], env["AWS_LAMBDA_LOG_LEVEL"] = "JSON", or(l.ApplicationLogLevel, "INFO")
	}
	return lambdahost.Function{Name: c.FunctionName, Version: c.Version, Handler: c.Handler, Timeout: time.Duration(c.Timeout) * time.Second,
		Memory: c.MemorySize, Env: env, Account: p.account, Region: p.region, LogGroup: c.LoggingConfig.LogGroup}
}

// launcher makes a version's runner when it is first invoked: unpacking takes a while, and nobody else waits for it.
type launcher struct {
	start  func() (*lambdahost.Runner, error)
	once   sync.Once
	runner *lambdahost.Runner
	err    error
}

var errReplaced = errors.New("the function's code has been replaced")

// Invoke implements invoker.
func (l *launcher) Invoke(ctx context.Context, in lambdahost.Invocation) (lambdahost.Result, error) {
	l.once.Do(func() { l.runner, l.err = l.start() })
	if l.err != nil {
		return lambdahost.Result{}, fmt.Errorf("preparing the function: %w", l.err)
	}
	return l.runner.Invoke(ctx, in)
}

func (l *launcher) retire() {
	l.once.Do(func() { l.err = errReplaced })
	if l.runner != nil {
		l.runner.Retire()
	}
}

// retries are the waits before an asynchronous invocation that failed is run again. AWS: Lambda, error handling for
// asynchronous invocation.
var retries = []time.Duration{time.Minute, 2 * time.Minute}

func (s *Service) deliver(r *run) {
	for attempt := 0; ; attempt++ {
		result, err := r.Invoke(context.Background(), r.in)
		if attempt == 0 {
			r.leave()
		}
		if err != nil || result.FunctionError == "" || attempt == len(retries) {
			return
		}
		select {
		case <-time.After(retries[attempt]):
		case <-s.stop:
			return
		}
	}
}

func (s *Service) serveInvoke(c *wire.Call, payload []byte) (any, error) {
	h := c.HTTP.Header
	client, err := base64.StdEncoding.DecodeString(h.Get("X-Amz-Client-Context"))
	if err != nil || len(client) > 0 && !json.Valid(client) {
		return nil, fault(http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
	}
	out, err := s.Invoke(c.HTTP.Context(), Request{Account: c.Account, Region: c.Region, Function: c.Path["FunctionName"],
		Qualifier: c.HTTP.URL.Query().Get("Qualifier"), Type: h.Get("X-Amz-Invocation-Type"), Payload: payload,
		ClientContext: string(client), TraceID: h.Get("X-Amzn-Trace-Id")})
	if err != nil {
		return nil, err
	}
	return wire.Streamed(func(w http.ResponseWriter) { out.write(w, h.Get("X-Amz-Log-Type") == "Tail") }), nil
}

func (out Response) write(w http.ResponseWriter, tail bool) {
	h := w.Header()
	h.Set("X-Amzn-Requestid", out.RequestID)
	if out.ExecutedVersion != "" && out.Status == http.StatusOK {
		h.Set("X-Amz-Executed-Version", out.ExecutedVersion)
	}
	if out.FunctionError != "" {
		h.Set("X-Amz-Function-Error", out.FunctionError)
	}
	if tail {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(out.Log))
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(out.Status)
	if len(out.Payload) > 0 {
		w.Write(out.Payload) // the caller that has gone is not told
	}
}
