package apigateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/server/velocity"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/value"
)

// Requests answers for APIs: requests to /_aws/execute-api/ID/STAGE/PATH, as LocalStack has them.
func (s *Service) Requests() wire.Service { return requests{s} }

type requests struct{ *Service }

const (
	maxBody = 10 << 20         // bytes of a request. AWS: API Gateway quotas
	timeout = 29 * time.Second // of an integration. AWS: API Gateway quotas
)

// refusal is an answer that API Gateway gives by itself.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type refusal struct {
	status        int
	kind, message string
}

var (
	forbidden   = &refusal{http.StatusForbidden, "ForbiddenException", "Forbidden"}
	unsigned    = &refusal{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"} // or no such route
	unsupported = &refusal{http.StatusUnsupportedMediaType, "", "Unsupported Media Type"}
	tooLarge    = &refusal{http.StatusRequestEntityTooLarge, "RequestTooLargeException", "Request Too Long"}
	timedOut    = &refusal{http.StatusGatewayTimeout, "", "Endpoint request timed out"}
)

func (r *refusal) write(w http.ResponseWriter) {
	if r.kind != "" {
		w.Header().Set("X-Amzn-Errortype", r.kind)
	}
	text, _ := json.Marshal(map[string]string{"message": r.message}) // a text always marshals
	write(w, r.status, text)
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", wire.NewRequestID())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller that has gone is not told
}

// Serve implements wire.Service.
func (q requests) Serve(w http.ResponseWriter, c *wire.Call) {
	parts := strings.Split(strings.TrimPrefix(c.HTTP.URL.EscapedPath(), wire.ExecuteAPI), "/")
	for i := range parts {
		if plain, err := url.PathUnescape(parts[i]); err == nil {
			parts[i] = plain
		}
	}
	if len(parts) < 2 {
		forbidden.write(w)
		return
	}
	id, stage, path := parts[0], parts[1], parts[2:]
	if len(path) == 0 {
		path = []string{""}
	}
	owner, routes := q.deployed(id, stage)
	if routes == nil {
		forbidden.write(w)
		return
	}
	for i := range routes {
		parameters, ok := routes[i].match(c.HTTP.Method, path)
		if !ok {
			continue
		}
		if routes[i].signed && !authorize(w, c, owner, id+"/"+stage+"/"+c.HTTP.Method+"/"+strings.Join(path, "/")) {
			return
		}
		q.answer(w, c.HTTP, &routes[i], owner, parameters)
		return
	}
	unsigned.write(w)
}

// deployed is what a stage answers with; nil where there is no such stage.
func (s *Service) deployed(id, name string) (place, []route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apis[id]
	if a == nil || a.DisableExecuteAPIEndpoint || a.owned.Stages[name] == nil {
		return place{}, nil
	}
	if d := a.owned.Deployments[a.owned.Stages[name].DeploymentID]; d != nil {
		return place{a.owned.Account, a.owned.Region}, d.routes
	}
	return place{}, nil
}

type place struct{ account, region string }

// authorize wants a signature, and a caller whose role may call the API. What is signed is not verified.
func authorize(w http.ResponseWriter, c *wire.Call, owner place, resource string) bool {
	if c.AccessKey == "" {
		unsigned.write(w)
		return false
	}
	c.Operation = "Invoke"
	c.Path = map[string]string{"resource": "arn:aws:execute-api:" + owner.region + ":" + owner.account + ":" + resource}
	if err := c.Authorized(); err != nil {
		var e *wire.Error
		message := err.Error()
		if errors.As(err, &e) {
			message = e.Message
		}
		(&refusal{http.StatusForbidden, "AccessDeniedException", message}).write(w)
		return false
	}
	return true
}

// answer maps a request, calls the integration and maps what it says.
func (q requests) answer(w http.ResponseWriter, r *http.Request, rt *route, owner place, parameters map[string]string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the caller has gone
	}
	if len(body) > maxBody {
		tooLarge.write(w)
		return
	}
	media, _, _ := mime.ParseMediaType(cmp.Or(r.Header.Get("Content-Type"), "application/json"))
	template := rt.templates[media]
	if template == nil {
		unsupported.write(w)
		return
	}
	in, err := requestInput(body, r, parameters)
	if err != nil {
		(&refusal{http.StatusBadRequest, "BadRequestException", "Could not parse request body into json: " + err.Error()}).write(w)
		return
	}
	sent, err := template.Run(variables(in, &override{}))
	if err != nil {
		q.broken(w, err)
		return
	}
	status, out := http.StatusOK, []byte(sent)
	if rt.mock {
		status, err = mockStatus(sent)
	} else {
		status, out, err = q.call(r.Context(), rt, owner, []byte(sent))
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		timedOut.write(w)
	case err != nil:
		q.broken(w, err)
	default:
		q.respond(w, rt, status, out)
	}
}

// broken is an answer to what went wrong between request and response. AWS says no more, and keeps the reason for its logs; whoever runs a
// local AWS wants to read it.
func (q requests) broken(w http.ResponseWriter, err error) {
	q.o.Warn("API Gateway: " + err.Error())
	(&refusal{http.StatusInternalServerError, "InternalServerErrorException", "Internal server error"}).write(w)
}

func mockStatus(sent string) (int, error) {
	var mock struct {
		StatusCode int `json:"statusCode"`
	}
	if err := json.Unmarshal([]byte(sent), &mock); err != nil {
		return 0, err
	}
	return mock.StatusCode, nil
}

// call calls Step Functions. What it refuses is an answer, too.
func (q requests) call(ctx context.Context, rt *route, owner place, sent []byte) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := q.o.Call(ctx, owner.account, owner.region, rt.role, rt.operation, sent)
	var refused *wire.Error
	if errors.As(err, &refused) {
		q.o.Warn("API Gateway: " + rt.operation + ": " + refused.Error())
		out, err = json.Marshal(map[string]string{"__type": refused.Code, "message": refused.Message})
		return http.StatusBadRequest, out, err
	}
	return http.StatusOK, out, err
}

func (q requests) respond(w http.ResponseWriter, rt *route, status int, out []byte) {
	for _, answer := range rt.responses {
		if answer.pattern != nil && !answer.pattern.MatchString(strconv.Itoa(status)) {
			continue
		}
		if answer.template == nil {
			write(w, answer.status, out)
			return
		}
		body, err := value.Parse(string(out))
		if err != nil {
			q.broken(w, err)
			return
		}
		o := &override{}
		text, err := answer.template.Run(variables(&input{body: body}, o))
		if err != nil {
			q.broken(w, err)
			return
		}
		write(w, cmp.Or(o.status, answer.status), []byte(text))
		return
	}
	q.broken(w, errors.New("no response of the integration is for status "+strconv.Itoa(status)))
}

// variables are what templates know.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
func variables(in *input, o *override) map[string]any {
	return map[string]any{"input": in, "util": util{}, "context": &gateway{o}}
}

var _ = []velocity.Object{&input{}, util{}, &gateway{}, &override{}}
