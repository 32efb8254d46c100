package cli

import (
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/deploy"
	"github.com/stride-aws/stride/internal/plan"
)

// endpoint is where a trigger of a workflow answers HTTP requests.
type endpoint struct {
	Trigger string `json:"trigger"`
	Method  string `json:"method"`
	URL     string `json:"url"`
	Auth    string `json:"auth"` // iam or none
}

// endpoints are those of a machine whose APIs are there.
func (t *target) endpoints(machine string) []endpoint {
	var out []endpoint
	for i := range t.Desired.Triggers {
		trigger := t.Desired.Triggers[i]
		if trigger.Machine != machine || trigger.Kind != plan.KindAPI {
			continue
		}
		if live, ok := t.actual.Triggers[trigger.ID()]; ok {
			trigger.RestAPI = live.RestAPI
		}
		if trigger.RestAPI == "" {
			continue
		}
		e := endpoint{Trigger: trigger.Key, Method: trigger.Method(), URL: deploy.Endpoint(t.place, t.endpoint, &trigger), Auth: "iam"}
		if !trigger.Signed() {
			e.Auth = "none"
		}
		out = append(out, e)
	}
	return out
}

// curl is the command that calls it.
func (e *endpoint) curl(region string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s", e.Method)
	if e.Auth == "iam" {
		fmt.Fprintf(&b, ` --aws-sigv4 aws:amz:%s:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"`, region)
	}
	if e.Method != "GET" && e.Method != "DELETE" {
		b.WriteString(" --json '{}'")
	}
	return b.String() + " " + e.URL
}

// printEndpoints says below a workflow where it answers.
func (a *app) printEndpoints(endpoints []endpoint) {
	for _, e := range endpoints {
		a.print("            %s %s\n", e.Method, e.URL)
	}
}
