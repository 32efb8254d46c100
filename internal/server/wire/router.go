package wire

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Router hands each request to the service that it is signed for. It refuses what a web page of another origin could make a
// browser send: a foreign Origin, and a Host that is no name of this machine (DNS rebinding).
type Router struct {
	services map[string]Service
	anyHost  bool
	page     http.Handler
	account  func(accessKey string) string
	decide   func(*Call) error
}

// NewRouter is a router without services. anyHost switches the check of Host off, for a server that was told to listen beyond
// loopback.
func NewRouter(anyHost bool) *Router {
	return &Router{services: map[string]Service{}, anyHost: anyHost}
}

// Register makes s answer calls signed for the service called name ("states"). To be called before the first request.
func (rt *Router) Register(name string, s Service) { rt.services[name] = s }

// Page makes h answer what a browser asks: unsigned GET requests without an AWS target or action, under path /_stride/ and for /.
func (rt *Router) Page(h http.Handler) { rt.page = h }

// Accounts makes account say whose an access key is that is no account's number: "" leaves it the DefaultAccount's.
func (rt *Router) Accounts(account func(accessKey string) string) { rt.account = account }

// Authorize makes decide say whether a call may be made, once its operation is known: an *Error that answers it, or nil.
func (rt *Router) Authorize(decide func(*Call) error) { rt.decide = decide }

func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if reason := rt.refuse(r); reason != "" {
		http.Error(w, reason, http.StatusForbidden)
		return
	}
	if rt.page != nil && forBrowser(r) {
		rt.page.ServeHTTP(w, r)
		return
	}
	c := identify(r)
	if rt.account != nil && !isAccount(c.AccessKey) {
		if account := rt.account(c.AccessKey); account != "" {
			c.Account = account
		}
	}
	c.decide = rt.decide
	s := rt.services[c.Service]
	if s == nil {
		name := c.Service
		if name == "" {
			name = "this request"
		}
		WriteJSONError(w, &Error{Code: "UnknownService", Status: http.StatusNotImplemented,
			Message: fmt.Sprintf("no local service answers for %s; set AWS_ENDPOINT_URL_<SERVICE> to an endpoint that does", name)})
		return
	}
	s.Serve(w, c)
}

func forBrowser(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/_stride/") {
		return true
	}
	return r.URL.Path == "/" && r.Method == http.MethodGet && r.Header.Get("Authorization") == "" && r.URL.RawQuery == ""
}

func (rt *Router) refuse(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
		return "requests of another origin are refused"
	}
	if !rt.anyHost && !ownHost(r.Host) {
		return "host " + r.Host + " is not a name of this machine"
	}
	return ""
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host == host
}

// ownHost tells loopback addresses, localhost and names under it (S3 buckets, the SDKs' host prefix "sync-"), and the names
// that AWS and LocalStack endpoints have where somebody resolves them to loopback.
func ownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimPrefix(strings.Trim(host, "[]"), "sync-")
	for _, suffix := range []string{"localhost", "localhost.localstack.cloud", "amazonaws.com"} {
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return true
		}
	}
	if i := strings.LastIndex(host, ".127."); i >= 0 { // bucket.127.0.0.1
		host = host[i+1:]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
