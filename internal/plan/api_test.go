package plan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/golden"
)

func apiTrigger(settings map[string]string) *Trigger {
	t := &Trigger{Kind: KindAPI, Key: "checkout", Name: "dev-orders-checkout", Machine: "dev-orders", Enabled: true,
		Role: "arn:aws:iam::111122223333:role/dev-orders-api", Settings: settings}
	t.Settings["Target"] = "arn:aws:states:eu-west-1:111122223333:stateMachine:dev-orders:current"
	return t
}

// TestOpenAPI: the definitions of REST APIs, with their mapping templates.
func TestOpenAPI(t *testing.T) {
	disabled := apiTrigger(map[string]string{apiRoute: "GET /", apiAuth: "NONE"})
	disabled.Enabled = false
	for name, trigger := range map[string]*Trigger{
		"body":       apiTrigger(map[string]string{apiRoute: "POST /orders", apiAuth: "NONE", apiErrors: `{"OutOfStock":409,"Busy":503}`}),
		"parameters": apiTrigger(map[string]string{apiRoute: "PUT /orders/{id}/lines/{line}", apiAuth: "AWS_IAM"}),
		"query":      apiTrigger(map[string]string{apiRoute: "GET /orders", apiAuth: "AWS_IAM"}),
		"disabled":   disabled,
	} {
		var got bytes.Buffer
		if err := json.Indent(&got, trigger.OpenAPI(), "", "  "); err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, "testdata/api_"+name+".json", got.String())
	}
}

// TestAPIRecord: what a deployment's description says is what was deployed; where it says something else, everything differs.
func TestAPIRecord(t *testing.T) {
	want := apiTrigger(map[string]string{apiRoute: "POST /orders", apiAuth: "NONE", apiErrors: `{"OutOfStock":409}`})
	read := func(description string) *Trigger {
		live := &Trigger{Kind: want.Kind, Key: want.Key, Name: want.Name, Machine: want.Machine}
		live.ReadAPIRecord(description)
		return live
	}
	if diff := cmp.Diff(want, read(want.APIRecord())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, description := range []string{"", "{", "null", "by hand", `{"Settings":{"Target":"x","Route":"y"}}`, `{"Settings":{"Target":"::::::","Route":"y"}}`,
		strings.Replace(want.APIRecord(), "Definition\":\"", "Definition\":\"0", 1), strings.Replace(want.APIRecord(), "409", "410", 1)} {
		if a := want.update(read(description)); len(a.Calls) != 2 {
			t.Errorf("%q: the deploy calls %v", description, a.Calls)
		}
	}
}
