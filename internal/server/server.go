// Package server is the HTTP face of the local AWS: one loopback endpoint that answers for all its services. Package wire has
// what the services share; each service is a package beside it. The commands local and demo listen with it; tests use it as an
// http.Handler.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/stride-aws/stride/internal/server/wire"
)

// Options say what a Server answers for.
type Options struct {
	Services map[string]wire.Service // by signing name: "states", "lambda"
	// Settle waits until what answers say is on disk; none leaves before. nil: they leave at once.
	Settle  func() error
	AnyHost bool // answer whatever Host a request names; for servers that listen beyond loopback
}

// Server is the local AWS as an http.Handler.
type Server struct {
	*wire.Router
	settle func() error
}

// New composes the services.
func New(o Options) *Server {
	s := &Server{Router: wire.NewRouter(o.AnyHost), settle: o.Settle}
	for name, service := range o.Services {
		s.Register(name, service)
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.settle != nil {
		w = &settled{ResponseWriter: w, settle: s.settle}
	}
	s.Router.ServeHTTP(w, r)
}

// settled is an answer whose first byte waits for the disk.
type settled struct {
	http.ResponseWriter
	settle func() error
	begun  bool
	lost   bool // what the answer says is not kept
}

// WriteHeader implements http.ResponseWriter.
func (w *settled) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		if err := w.settle(); err != nil {
			w.lost = true
			clear(w.Header())
			wire.WriteJSONError(w.ResponseWriter, &wire.Error{Code: "InternalFailure", Status: http.StatusInternalServerError, Message: err.Error()})
		}
	}
	if !w.lost {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (w *settled) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.lost {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (w *settled) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() } // of net/http, which can

// Unwrap is for http.ResponseController.
func (w *settled) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Listen opens address ("127.0.0.1:8083"; port 0: any). A port in use is told as such.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s is in use; choose another with --port, or stop what listens there", address)
	}
	return l, err
}

// drain is how long a stopping server lets answers finish.
const drain = 2 * time.Second

// Serve answers on l until ctx ends, then lets running calls finish for a moment.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		if h.Shutdown(end) != nil {
			h.Close()
		}
	})
	err := h.Serve(l)
	if !stop() {
		<-stopped
		return nil
	}
	return err
}
