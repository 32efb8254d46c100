package wire

import (
	"net/http"
	"net/url"
	"strings"
)

// REST is a service of the protocol restJson1: its operations with the method and path of each.
type REST struct{ routes []route }

type route struct {
	method    string
	segments  []string
	operation string
	status    int
	op        Operation
}

// Handle adds an operation. In pattern "POST /2015-03-31/functions/{FunctionName}/invocations", {X} stands for one segment,
// {X...} for the rest of the path; what they stand for, unescaped, is in Call.Path. status is that of success.
func (s *REST) Handle(operation, pattern string, status int, op Operation) {
	method, path, _ := strings.Cut(pattern, " ")
	s.routes = append(s.routes, route{method, segments(path), operation, status, op})
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// Serve implements Service.
func (s *REST) Serve(w http.ResponseWriter, c *Call) {
	path := segments(c.HTTP.URL.EscapedPath())
	for i := range s.routes {
		r := &s.routes[i]
		if r.method != c.HTTP.Method {
			continue
		}
		if vars, ok := match(r.segments, path); ok {
			c.Operation, c.Path = r.operation, vars
			answerJSON(w, c, r.status, r.op)
			return
		}
	}
	WriteJSONError(w, &Error{Code: "UnknownOperationException", Status: http.StatusNotFound,
		Message: c.Service + " has no operation " + c.HTTP.Method + " " + c.HTTP.URL.Path + " here"})
}

func match(pattern, path []string) (map[string]string, bool) {
	vars := map[string]string{}
	for i, p := range pattern {
		name, isVar := strings.CutPrefix(p, "{")
		name = strings.TrimSuffix(name, "}")
		if rest, ok := strings.CutSuffix(name, "..."); isVar && ok && i < len(path) {
			vars[rest] = unescape(strings.Join(path[i:], "/"))
			return vars, true
		}
		if i >= len(path) || !isVar && path[i] != p {
			return nil, false
		}
		if isVar {
			vars[name] = unescape(path[i])
		}
	}
	return vars, len(pattern) == len(path)
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
