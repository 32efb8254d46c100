// Package task is what a Task can reach outside of its execution: Lambda functions, the optimised integrations, every operation
// of every AWS service (aws-sdk:service:operation), HTTP endpoints, and mocks in their place. In goes a machine.Task, out comes
// its answer through a machine.Replier, with AWS's result shapes, error names and texts. Package local is the caller; nested
// executions and activities are its own.
//
// Services are called at AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL, else where Caller.Here or Caller.Place says; what has no
// endpoint fails, saying which variable to set. See package sdk for how every service is reached without its SDK module. The connections of HTTP
// Tasks are EventBridge's, their secrets Secrets Manager's, at those endpoints.
package task

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// Lambda runs functions that are here, without an endpoint.
type Lambda interface {
	// Invoke runs the function that an ARN (or, with the account and region of the caller, a name) names, and returns its
	// payload. It returns ErrNoFunction where there is no such function.
	Invoke(ctx context.Context, functionARN string, payload []byte) (LambdaResult, error)
}

// ErrNoFunction is a function that is not here.
var ErrNoFunction = errors.New("no such function")

// LambdaResult is what a function returned.
type LambdaResult struct {
	Payload       []byte
	FunctionError string // "Unhandled" or "Handled" where it failed; "" otherwise
	Version       string // that ran; "" for $LATEST
	LogTail       []byte // the end of its log
	RequestID     string // of the invocation; "" for any
}

// Caller starts tasks.
type Caller struct {
	Lambda Lambda // nil: functions are reached through an endpoint only
	// Authorize says which call the role of a task may not make; nil for none. A nil Authorize allows everything.
	Authorize func(*machine.Task) *Denied
	// Here is the address that answers for a service, by its signing name ("s3"), where the environment names none; "" for no
	// such address, and a nil Here is none at all.
	Here func(signingName string) string
	// Place is where services are called, and as whom, in place of AWS's variables; nil: as these say. It is asked when the first
	// call is made.
	Place  func(context.Context) (*Place, error)
	client *sdk.Client
	http   *http.Client
}

// Place is a set of services, and who calls them.
type Place struct {
	Endpoint    string // of all services, unless AWS_ENDPOINT_URL_<SERVICE> names another; "": AWS's own
	Only        bool   // Endpoint also stands over these variables
	Region      string
	Credentials aws.CredentialsProvider
	// Explain adds to an error of the way there what can be done about it.
	Explain func(error) error
}

// New is a Caller that finds endpoints and credentials in the environment.
func New(lambda Lambda) *Caller {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     30 * time.Second,
	}
	c := &Caller{Lambda: lambda, http: &http.Client{Transport: transport}}
	c.client = &sdk.Client{HTTP: c.http, Endpoint: c.endpoint, Credentials: c.credentials}
	return c
}

// endpoint finds the address of a service.
func (c *Caller) endpoint(ctx context.Context, s *sdk.Service, region string) (string, string, error) {
	if c.Place != nil {
		p, err := c.Place(ctx)
		if err != nil {
			return "", "", &sdk.NoEndpoint{Service: s.ID, Hint: err.Error()}
		}
		return p.endpoint(s)
	}
	if url := endpointOf(s.ID); url != "" {
		return url, region, nil
	}
	if c.Here != nil {
		if url := c.Here(s.SigningName); url != "" {
			return url, region, nil
		}
	}
	return "", "", &sdk.NoEndpoint{Service: s.ID, Hint: "set " + endpointVariable(s.ID) + " or AWS_ENDPOINT_URL to a server that answers for it, or mock the state"}
}

func (p *Place) endpoint(s *sdk.Service) (string, string, error) {
	own := os.Getenv(endpointVariable(s.ID))
	switch {
	case own != "" && !p.Only:
		return own, p.Region, nil
	case p.Endpoint != "":
		return p.Endpoint, p.Region, nil
	}
	url, region := s.URL(p.Region)
	return url, region, nil
}

// endpointOf is the address that the environment names for a service; "" for none. AWS: service-specific endpoints.
func endpointOf(serviceID string) string {
	if url := os.Getenv(endpointVariable(serviceID)); url != "" {
		return url
	}
	return os.Getenv("AWS_ENDPOINT_URL")
}

func endpointVariable(serviceID string) string {
	return "AWS_ENDPOINT_URL_" + strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(serviceID))
}

// credentials are the environment's for its own account. Another account is called with its number as the key, which is how
// LocalStack tells accounts apart.
func (c *Caller) credentials(ctx context.Context, account string) (aws.Credentials, error) {
	if c.Place != nil && account == DefaultAccount {
		p, err := c.Place(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return p.Credentials.Retrieve(ctx)
	}
	key, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if key == "" || account != DefaultAccount {
		return aws.Credentials{AccessKeyID: account, SecretAccessKey: "test"}, nil
	}
	return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: os.Getenv("AWS_SESSION_TOKEN")}, nil
}

// DefaultAccount is the account of callers whose key names none.
const DefaultAccount = "000000000000"

// Start starts a task, as machine.Env says.
func (c *Caller) Start(ctx context.Context, t *machine.Task, r machine.Replier) {
	go c.run(ctx, t, r)
}

func (c *Caller) run(ctx context.Context, t *machine.Task, r machine.Replier) {
	r.Started("")
	a := attempt{Caller: c, ctx: ctx, Task: t, reply: r}
	a.account, a.region = scopeOf(t)
	switch {
	case t.Resource.Kind == machine.Function:
		a.function()
	case t.Resource.Service == "lambda" && t.Resource.Action == "invoke":
		a.invoke()
	case t.Resource.Service == "apigateway" && t.Resource.Action == "invoke":
		a.apiGateway()
	case t.Resource.Service == "http" && t.Resource.Action == "invoke":
		a.httpTask()
	case strings.HasPrefix(t.Resource.Service, "aws-sdk:"):
		a.sdkCall()
	case t.Resource.Service != "lambda" && integration.Services[t.Resource.Service] != nil:
		a.optimised(integration.Services[t.Resource.Service])
	default:
		a.reply.Failed(unrecognized(t.Resource, nil))
	}
}

// unrecognized is a Resource that is none, in AWS's words for one that a definition names, or with what is wrong about it.
func unrecognized(r *machine.Resource, err error) machine.Failure {
	reason := "The value is not a valid resource ARN, or the resource is not available in this region."
	if err != nil {
		reason = err.Error()
	}
	return machine.Failure{Error: "States.Runtime", Cause: history.Verbatim("The resource provided " + r.ARN + " is not recognized. " + reason)}
}

// scopeOf is the account and region that a task works in: those of its Credentials' role, else of its execution.
func scopeOf(t *machine.Task) (account, region string) {
	p := strings.SplitN(t.Execution.ARN, ":", 6)
	account, region = DefaultAccount, "us-east-1"
	if len(p) == 6 {
		account, region = p[4], p[3]
	}
	if p := strings.SplitN(t.RoleARN, ":", 6); len(p) == 6 && p[4] != "" {
		account = p[4]
	}
	return account, region
}

// attempt is one task at work.
type attempt struct {
	*Caller
	*machine.Task
	ctx             context.Context
	reply           machine.Replier
	account, region string
}

func (a *attempt) fail(name, cause string) { a.failed(name, history.Verbatim(cause)) }

func (a *attempt) failed(name string, cause history.Text) {
	f := machine.Failure{Error: name, Cause: cause}
	if a.Resource.Pattern != "" {
		f.Stage = machine.Submitting
	}
	a.reply.Failed(f)
}

// succeed answers the task or, where it has a pattern, says that it is submitted.
func (a *attempt) succeed(output value.Value) {
	if a.Resource.Pattern == "" {
		a.reply.Succeeded(history.JSON(output))
		return
	}
	a.reply.Submitted(history.JSON(output))
	if a.Resource.Pattern == "waitForTaskToken" {
		a.reply.Park()
	}
}

// sdkCall makes an aws-sdk call.
func (a *attempt) sdkCall() {
	name := strings.TrimPrefix(a.Resource.Service, "aws-sdk:")
	result, err := a.call(name, a.Resource.Action, a.Input, true)
	if err != nil {
		a.reply.Failed(sdkError(err, name, a.Resource.Pattern))
		return
	}
	a.succeed(result.Output)
}

func (a *attempt) call(service, action string, params value.Value, java bool) (*sdk.Result, error) {
	s, err := sdk.Lookup(service)
	if err != nil {
		return nil, err
	}
	op, err := s.Operation(action)
	if err != nil {
		return nil, err
	}
	if err := s.Check(op, params); err != nil {
		return nil, err
	}
	if err := a.authorized(s); err != nil {
		return nil, err
	}
	result, err := a.client.Do(a.ctx, sdk.Request{Service: s, Operation: op, Params: params, Account: a.account, Region: a.region, Java: java})
	return result, a.explained(err)
}

// explained adds to an error that no service answered what can be done about it.
func (c *Caller) explained(err error) error {
	var answer *sdk.Error
	if err == nil || c.Place == nil || errors.As(err, &answer) {
		return err
	}
	p, placeErr := c.Place(context.Background())
	if placeErr != nil {
		return err
	}
	return p.Explain(err)
}

// sdkError is a failed aws-sdk call as Step Functions tells it.
func sdkError(err error, service, pattern string) machine.Failure {
	f := machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())}
	var e *sdk.Error
	var none *sdk.NoEndpoint
	var unknown *sdk.Unknown
	if errors.As(err, &e) {
		f = ServiceFailure(e.Service.JavaName(), serviceError(e))
	} else if errors.As(err, &unknown) {
		return machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())}
	} else if s, lookup := sdk.Lookup(service); lookup == nil && !errors.As(err, &none) {
		f.Error = s.JavaName() + ".SdkClientException"
	}
	if pattern != "" {
		f.Stage = machine.Submitting
	}
	return f
}

// serviceError is an error as package integration has it.
func serviceError(e *sdk.Error) integration.Error {
	return integration.Error{Service: e.Service.JavaName(), Code: e.Code, Shape: e.Modelled(), Message: e.Message,
		Status: e.Status, RequestID: e.RequestID, ExtendedRequestID: e.ExtendedRequestID}
}
