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
	AnyHost  bool                    // answer whatever Host a request names; for servers that listen beyond loopback
}

// Server is the local AWS as an http.Handler.
type Server struct {
	*wire.Router
}

// New composes the services.
func New(o Options) *Server {
	s := &Server{Router: wire.NewRouter(o.AnyHost)}
	for name, service := range o.Services {
		s.Register(name, service)
	}
	return s
}

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
