package task

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// A connection is what an EventBridge connection adds to the requests of HTTP Tasks. AWS: "Call HTTPS APIs in Step Functions
// workflows", Connection.
type connection struct {
	kind   string      // BASIC, API_KEY or OAUTH_CLIENT_CREDENTIALS
	auth   value.Value // AuthParameters as DescribeConnection has them: without what is secret
	secret value.Value
}

// connectionError is a connection that cannot be used; name follows "Events.ConnectionResource.".
type connectionError struct{ name, text string }

func (e *connectionError) Error() string { return e.text }

// connection reads the connection that the task names: EventBridge describes it, Secrets Manager keeps its secret. A task may
// have none; AWS would not create its machine.
func (a *attempt) connection() (*connection, error) {
	arn := get(a.Input, "Authentication", "ConnectionArn").Str()
	if arn == "" {
		arn = get(a.Input, "InvocationConfig", "ConnectionArn").Str()
	}
	if arn == "" {
		return nil, nil
	}
	_, rest, _ := strings.Cut(arn, ":connection/")
	name, _, _ := strings.Cut(rest, "/")
	described, err := a.jobCall(a.ctx, "eventbridge", "DescribeConnection", object("Name", value.OfString(name)))
	if err != nil {
		return nil, connectionFailure(err)
	}
	if state := get(described, "ConnectionState").Str(); state != "AUTHORIZED" && state != "" {
		return nil, &connectionError{"InvalidConnectionState", fmt.Sprintf("The connection %s is %s", arn, state)}
	}
	kept, err := a.jobCall(a.ctx, "secretsmanager", "GetSecretValue", object("SecretId", get(described, "SecretArn")))
	if err != nil {
		return nil, connectionFailure(err)
	}
	secret, err := value.Parse(get(kept, "SecretString").Str())
	if err != nil {
		return nil, &connectionError{"InvalidSecret", "the secret of the connection " + arn + " is not JSON: " + err.Error()}
	}
	return &connection{get(described, "AuthorizationType").Str(), get(described, "AuthParameters"), secret}, nil
}

func connectionFailure(err error) error {
	if e, ok := err.(*sdk.Error); ok {
		return &connectionError{strings.TrimSuffix(strings.TrimSuffix(cmp.Or(e.Modelled(), e.Code), "Exception"), "Error"), e.Message}
	}
	return err
}

// find is the member of a name, however it is spelt ("ApiKeyValue", "api_key_value"), at any depth: what writes such secrets does
// not agree on more.
func find(v value.Value, name string) value.Value {
	for _, m := range v.Members() {
		if strings.EqualFold(strings.ReplaceAll(m.Name, "_", ""), name) {
			return m.Value
		}
	}
	for _, m := range v.Members() {
		if found := find(m.Value, name); found.Defined() {
			return found
		}
	}
	return value.Value{}
}

// text is a setting, from the secret where that has it.
func (c *connection) text(name string) string {
	if v := find(c.secret, name); v.Defined() {
		return v.Str()
	}
	return find(c.auth, name).Str()
}

// parameters calls use with each of the connection's parameters of a kind (HeaderParameters) for a purpose
// (InvocationHttpParameters), their secret values included.
func (c *connection) parameters(purpose, kind string, use func(name, text string)) {
	list := find(find(c.secret, purpose), kind)
	if !list.Defined() {
		list = find(find(c.auth, purpose), kind)
	}
	for _, p := range list.Items() {
		use(find(p, "Key").Str(), find(p, "Value").Str())
	}
}

// complete adds the connection's parameters to a request; they take precedence over the state's.
func (c *connection) complete(r *outgoing) {
	const purpose = "InvocationHttpParameters"
	c.parameters(purpose, "HeaderParameters", r.header.Set)
	c.parameters(purpose, "QueryStringParameters", r.query.Set)
	c.parameters(purpose, "BodyParameters", func(name, text string) {
		if r.body.Kind() != value.Object {
			r.body = value.OfObject(nil)
		}
		r.body = r.body.With(name, value.OfString(text))
	})
}

// authorizeBy adds what proves who calls.
func (a *attempt) authorizeBy(c *connection, header http.Header) error {
	switch c.kind {
	case "BASIC":
		r := http.Request{Header: header}
		r.SetBasicAuth(c.text("Username"), c.text("Password"))
	case "API_KEY":
		header.Set(c.text("ApiKeyName"), c.text("ApiKeyValue"))
	case "OAUTH_CLIENT_CREDENTIALS":
		token, err := a.accessToken(c)
		if err != nil {
			return err
		}
		header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// accessToken asks the connection's authorization endpoint for a token. RFC 6749, section 4.4.
func (a *attempt) accessToken(c *connection) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.text("ClientID")}, "client_secret": {c.text("ClientSecret")}}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	const purpose = "OAuthHttpParameters"
	c.parameters(purpose, "BodyParameters", form.Set)
	c.parameters(purpose, "HeaderParameters", header.Set)
	target, err := url.Parse(c.text("AuthorizationEndpoint"))
	if err != nil {
		return "", err
	}
	query := target.Query()
	c.parameters(purpose, "QueryStringParameters", query.Set)
	method, body := c.text("HttpMethod"), form.Encode()
	if method == http.MethodGet {
		for name, values := range form {
			query[name] = values
		}
		body = ""
	}
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(a.ctx, method, target.String(), strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header = header
	resp, err := a.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(answer, &granted); err != nil || granted.AccessToken == "" {
		return "", &connectionError{"AuthorizationFailed", fmt.Sprintf("%s %s answers %d without an access_token", method, c.text("AuthorizationEndpoint"), resp.StatusCode)}
	}
	return granted.AccessToken, nil
}

// httpFailure is an HTTP Task that got no answer.
func httpFailure(err error) machine.Failure {
	name := "States.Http.Socket"
	if e, ok := err.(*connectionError); ok {
		name = "Events.ConnectionResource." + e.name
	}
	return failureOf(name, err)
}
