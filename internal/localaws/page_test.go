package localaws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The page stands at / for browsers; a Host that is no name of this machine (DNS rebinding) and a foreign Origin are refused.
func TestPageIsForThisMachine(t *testing.T) {
	aws := must(New(Options{Address: "127.0.0.1:0"}))
	defer aws.Close()
	cases := []struct {
		name, method, path, host, origin string
		status                           int
	}{
		{"the page", "GET", "/", "127.0.0.1:8083", "", http.StatusOK},
		{"a script of it", "GET", "/_stride/app.js", "localhost:8083", "http://localhost:8083", http.StatusOK},
		{"another host", "GET", "/", "evil.example", "", http.StatusForbidden},
		{"another origin", "GET", "/_stride/api/machines", "127.0.0.1:8083", "http://evil.example", http.StatusForbidden},
		{"a write without the page's token", "POST", "/_stride/api/do/StartExecution", "127.0.0.1:8083", "", http.StatusForbidden},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := httptest.NewRequest(c.method, c.path, strings.NewReader("{}"))
			q.Host = c.host
			if c.origin != "" {
				q.Header.Set("Origin", c.origin)
			}
			w := httptest.NewRecorder()
			aws.ServeHTTP(w, q)
			if w.Code != c.status {
				t.Errorf("%s %s: %d %s, want %d", c.method, c.path, w.Code, w.Body, c.status)
			}
		})
	}
}
