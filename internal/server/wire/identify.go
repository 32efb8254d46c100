package wire

import (
	"net/http"
	"net/url"
	"strings"
)

// identify reads who calls what. The credential scope of the signature decides; a request without one is placed by its target,
// action or path, and by S3 where none of these speaks.
func identify(r *http.Request) *Call {
	c := &Call{Account: DefaultAccount, Region: defaultRegion, HTTP: r}
	c.scope(credential(r))
	prefix, operation := target(r)
	c.Operation = operation
	if c.Service == "" {
		c.Service = serviceOf(r, prefix)
	}
	return c
}

// credential is "AKID/20260101/us-east-1/states/aws4_request" of a signed or presigned request, or "".
func credential(r *http.Request) string {
	if auth := r.Header.Get("Authorization"); auth != "" {
		_, scope, _ := strings.Cut(auth, "Credential=")
		scope, _, _ = strings.Cut(scope, ",")
		return strings.TrimSpace(scope)
	}
	if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		return r.URL.Query().Get("X-Amz-Credential")
	}
	return ""
}

func (c *Call) scope(credential string) {
	parts := strings.Split(credential, "/")
	if len(parts) < 5 {
		return
	}
	parts = append([]string{strings.Join(parts[:len(parts)-4], "/")}, parts[len(parts)-4:]...)
	c.AccessKey, c.Region, c.Service = parts[0], parts[2], parts[3]
	if isAccount(c.AccessKey) {
		c.Account = c.AccessKey
	}
}

func isAccount(key string) bool {
	if len(key) != 12 {
		return false
	}
	for i := range key {
		if key[i] < '0' || key[i] > '9' {
			return false
		}
	}
	return true
}

// target splits X-Amz-Target "AWSStepFunctions.StartExecution".
func target(r *http.Request) (prefix, operation string) {
	t := r.Header.Get("X-Amz-Target")
	if i := strings.LastIndexByte(t, '.'); i >= 0 {
		return t[:i], t[i+1:]
	}
	return "", t
}

// ExecuteAPI is what the paths of requests to REST APIs begin with; their id, stage and own path follow.
const ExecuteAPI = "/_aws/execute-api/"

// Signing names by what a request without a signature shows.
var (
	byTarget  = map[string]string{"AWSStepFunctions": "states", "Logs_20140328": "logs", "AWSEvents": "events"}
	byVersion = map[string]string{"2010-05-08": "iam", "2011-06-15": "sts"} // the query protocol's Version
	byPath    = []string{"/2014-11-13/", "/2015-03-31/", "/2016-08-19/", "/2017-03-31/", "/2017-10-31/", "/2018-10-31/", "/2019-09-25/", "/2019-09-30/", "/2020-04-22/", "/2020-06-30/", "/2021-07-20/", "/2021-10-31/", "/2021-11-15/"}
)

func serviceOf(r *http.Request, prefix string) string {
	if name := byTarget[prefix]; name != "" {
		return name
	}
	if strings.HasPrefix(r.URL.Path, ExecuteAPI) {
		return "execute-api"
	}
	for _, p := range byPath {
		if strings.HasPrefix(r.URL.Path, p) {
			return "lambda"
		}
	}
	if form, err := readForm(r); err == nil && form.Get("Action") != "" {
		return byVersion[form.Get("Version")]
	}
	return "s3"
}

// readForm reads the parameters of the query protocol, from the body or, with GET, the URL.
func readForm(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, nil
	}
	err := r.ParseForm() // keeps what it has read: a second call finds it
	return r.Form, err
}
