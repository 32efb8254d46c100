package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// peers play the services that the cases' definitions call, as far as the cases need them.
type peers struct {
	url string
}

func startPeers(t *testing.T) *peers {
	p := &peers{}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *peers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "no", http.StatusNotImplemented)
}

func (p *peers) call(service, operation string, params map[string]any) (any, error) {
	return nil, fmt.Errorf("%s:%s has no peer", service, operation)
}
