package page

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/server/logs"
	"github.com/stride-aws/stride/internal/value"
)

// Source is the Step Functions of an environment.
type Source interface {
	// Scopes are the accounts and regions, each as what its ARNs begin with: "arn:aws:states:eu-west-1:123456789012:".
	Scopes() []string
	// Call makes a call of the API in the scope of the ARN called on. Parameters and answer are the API's JSON.
	Call(ctx context.Context, on, operation string, body []byte) ([]byte, error)
	// Events are a Standard execution's events after the first known ones. They are shared: not to be changed.
	Events(ctx context.Context, arn string, known int) ([]*history.Event, error)
	// Log is a page of a log group's lines, with the token of the next; "" at the end.
	Log(ctx context.Context, q LogQuery) (lines []string, next string, err error)
	// Now is the environment's time.
	Now() time.Time
	// Awaits tells whether a text is a task token whose answer is awaited, as far as the source can tell.
	Awaits(text string) bool
}

// Local is the Step Functions of the local AWS, with its CloudWatch Logs.
func Local(c *local.Cloud, l *logs.Store) Source { return cloud{c, l} }

type cloud struct {
	*local.Cloud
	logs *logs.Store
}

func (c cloud) Scopes() []string {
	var list []string
	for _, s := range c.Cloud.Scopes() {
		list = append(list, "arn:aws:states:"+s.Region+":"+s.Account+":")
	}
	return list
}

// service is that of the account and region that an ARN names.
func (c cloud) service(arn string) (*local.Service, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return nil, notARN(arn)
	}
	for _, s := range c.Cloud.Scopes() {
		if s.Region == parts[3] && s.Account == parts[4] {
			return c.Service(s.Account, s.Region), nil
		}
	}
	return nil, &failure{http.StatusNotFound, "nothing is deployed to account " + parts[4] + " in " + parts[3]}
}

func (c cloud) Call(ctx context.Context, on, operation string, body []byte) ([]byte, error) {
	s, err := c.service(on)
	if err != nil {
		return nil, err
	}
	return s.Call(ctx, operation, body)
}

func (c cloud) Events(_ context.Context, arn string, known int) ([]*history.Event, error) {
	s, err := c.service(arn)
	if err != nil {
		return nil, err
	}
	return s.Events(arn, known)
}

func (c cloud) Log(_ context.Context, q LogQuery) (lines []string, next string, err error) {
	parts := strings.SplitN(q.On, ":", 6)
	if len(parts) < 6 {
		return nil, "", notARN(q.On)
	}
	return c.logs.Lines(logs.Query{Account: parts[4], Region: parts[3], Group: q.Group, Pattern: q.Pattern, From: q.From, To: q.To, Token: q.Token})
}

func notARN(text string) error {
	return &failure{http.StatusBadRequest, strconv.Quote(text) + " is no ARN"}
}

func (c cloud) Awaits(text string) bool {
	scopes := c.Cloud.Scopes()
	return len(scopes) > 0 && c.Service(scopes[0].Account, scopes[0].Region).Awaits(text) // tokens are the cloud's, whatever the account
}

// call makes a call of the API and reads its answer into out, a pointer.
func (p *Page) call(ctx context.Context, on, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := p.Source.Call(ctx, on, operation, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// awaited is the task token among the strings of v, "" where there is none whose answer is awaited. One that stands in a member
// called so comes first.
func (p *Page) awaited(v value.Value) string {
	var found string
	var look func(name string, v value.Value) bool
	look = func(name string, v value.Value) bool {
		switch v.Kind() {
		case value.String:
			if !p.Source.Awaits(v.Str()) {
				return false
			}
			named := strings.Contains(strings.ToLower(name), "token")
			if named || found == "" {
				found = v.Str()
			}
			return named
		case value.Array:
			for _, item := range v.Items() {
				if look(name, item) {
					return true
				}
			}
		case value.Object:
			for _, m := range v.Members() {
				if look(m.Name, m.Value) {
					return true
				}
			}
		}
		return false
	}
	look("", v)
	return found
}
