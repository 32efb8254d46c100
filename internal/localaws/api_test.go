package localaws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/stride-aws/stride/internal/plan"
)

// TestWhoCallsAPIs: an API that wants signatures answers callers whose role may call it, and starts executions as a role that has to be
// allowed to, and to trust API Gateway; API Gateway's own calls are held to the methods that a role has.
func TestWhoCallsAPIs(t *testing.T) {
	local := must(New(Options{Address: "127.0.0.1:0"}))
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- local.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		<-served
		local.Close()
	})
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(local.URL()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	roles, apis := iam.NewFromConfig(cfg), apigateway.NewFromConfig(cfg)
	role := func(name, service, statement string) string {
		must(roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(strings.Replace(*trust(service),
			`"Service":"account.amazonaws.com"`, `"AWS":"000000000000"`, 1))}))
		must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)}))
		return "arn:aws:iam::000000000000:role/" + name
	}
	allow := func(action, resource string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource)
	}
	const machine = "arn:aws:states:eu-west-1:000000000000:stateMachine:m"
	created := must(sfn.NewFromConfig(cfg).CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), Type: "EXPRESS", Publish: true,
		RoleArn: aws.String("arn:aws:iam::000000000000:role/any"), Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)}))
	must(sfn.NewFromConfig(cfg).CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("current"),
		RoutingConfiguration: []sfntypes.RoutingConfigurationListItem{{StateMachineVersionArn: created.StateMachineVersionArn, Weight: 100}}}))

	id := *must(apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("a")})).Id
	deploy := func(as, auth string) {
		definition := (&plan.Trigger{Kind: plan.KindAPI, Name: "a", Machine: "m", Enabled: true, Role: as, Settings: map[string]string{
			"Route": "POST /orders", "AuthorizationType": auth, "Target": machine + ":current"}}).OpenAPI()
		must(apis.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: definition}))
		must(apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("current")}))
	}
	post := func(as string) string {
		r := must(http.NewRequest(http.MethodPost, local.URL()+"/_aws/execute-api/"+id+"/current/orders", strings.NewReader("1")))
		r.Header.Set("Content-Type", "application/json")
		if as != "" {
			sum := sha256.Sum256([]byte("1"))
			if err := v4.NewSigner().SignHTTP(ctx, assumed(ctx, cfg, as), r, hex.EncodeToString(sum[:]), "execute-api", "eu-west-1", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		out := must(http.DefaultClient.Do(r))
		defer out.Body.Close()
		return fmt.Sprintf("%d %s", out.StatusCode, strings.TrimSpace(string(must(io.ReadAll(out.Body)))))
	}

	starts := allow("states:StartSyncExecution", machine)
	caller := role("caller", "account", allow("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:000000000000:"+id+"/current/POST/orders")+","+
		allow("apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis"))
	other := role("other", "account", allow("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:000000000000:"+id+"/current/GET/orders"))
	gateway, untrusting, powerless := role("gateway", "apigateway", starts), role("untrusting", "events", starts), role("powerless", "apigateway", allow("states:StartExecution", machine))
	for _, tt := range []struct{ role, auth, as, want string }{
		{gateway, "NONE", "", "200 1"}, {gateway, "AWS_IAM", "", `403 {"message":"Missing Authentication Token"}`}, {gateway, "AWS_IAM", caller, "200 1"},
		{gateway, "AWS_IAM", other, "is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:000000000000:" + id + "/current/POST/orders"},
		{untrusting, "NONE", "", `502 {"error":"NotStarted"}`}, {powerless, "NONE", "", `502 {"error":"NotStarted"}`},
	} {
		deploy(tt.role, tt.auth)
		if got := post(tt.as); !strings.Contains(got, tt.want) {
			t.Errorf("%s as %q by %s: %s, want %s", tt.auth, tt.as, tt.role, got, tt.want)
		}
	}

	cfg.Credentials = credentials.StaticCredentialsProvider{Value: assumed(ctx, cfg, caller)}
	mine := apigateway.NewFromConfig(cfg)
	if _, err := mine.GetRestApis(ctx, &apigateway.GetRestApisInput{}); err != nil {
		t.Error(err)
	}
	if _, err := mine.DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: &id}); err == nil || !strings.Contains(err.Error(), "apigateway:DELETE on resource: arn:aws:apigateway:eu-west-1::/restapis/"+id) {
		t.Errorf("deleting without permission: %v", err)
	}
}

// assumed are credentials of a role.
func assumed(ctx context.Context, cfg aws.Config, role string) aws.Credentials {
	c := must(sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})).Credentials
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}
