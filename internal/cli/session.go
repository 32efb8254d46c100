package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/project"
	"github.com/stride-aws/stride/internal/server/wire"
)

// project is the checkout around the current folder.
func (a *app) project() (*project.Project, error) {
	return project.Load(project.Options{Config: a.Config, ConfigAsked: a.Config != defaultConfig, Workflows: a.Workflows, Memory: &a.memory})
}

const defaultConfig = "infra/stride.yaml"

// environment is the one that --env names, as the project's configuration has it; outside of a project there is local alone.
func (a *app) environment() (*project.Project, *project.Environment, error) {
	p, err := a.project()
	if err != nil {
		return nil, nil, err
	}
	e, err := p.Environment(a.Env)
	return p, e, err
}

// chosen is the environment with the workflows called names, all of them where there are none.
func (a *app) chosen(names []string) (*project.Project, *project.Environment, []flow.Workflow, error) {
	p, e, err := a.environment()
	if err != nil {
		return nil, nil, nil, err
	}
	workflows, err := p.Select(names)
	return p, e, workflows, err
}

// machineName is the state machine of a workflow in the environment.
func (a *app) machineName(s *session, workflow string) string {
	return s.env.MachineName(s.project.Name, workflow, s.Region)
}

// workflowNames are the project's workflows.
func (a *app) workflowNames() []string {
	names := make([]string, len(a.Workflows))
	for i, w := range a.Workflows {
		names[i] = w.Name()
	}
	return names
}

// session is AWS, or what stands for it, as the flags, AWS's own variables and the environment's settings say.
type session struct {
	aws.Config
	project  *project.Project
	env      *project.Environment
	none     error  // outside of a project: why there is none, for what needs one
	endpoint string // "" for AWS itself
	renew    func() // has the next call ask for credentials anew
}

// connect reads the SDK's configuration. Flags win over AWS's variables, those over the environment's settings.
func (a *app) connect(ctx context.Context) (*session, error) {
	var none error
	p, e, err := a.environment()
	if errors.Is(err, project.ErrNone) && a.Env == project.Local {
		none = err
		p, e, err = a.outside()
	}
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx, a.sdkOptions(e)...)
	if err != nil {
		return nil, misconfigured(err)
	}
	if u, err := url.Parse(aws.ToString(cfg.BaseEndpoint)); cfg.BaseEndpoint != nil && (err != nil || u.Host == "") {
		return nil, fmt.Errorf("the endpoint %q is no URL, as %s is", *cfg.BaseEndpoint, project.LocalEndpoint)
	}
	if cfg.Region == "" {
		return nil, withHint(errors.New("no AWS region is set"), "set AWS_REGION, or add --region")
	}
	s := &session{Config: cfg, project: p, env: e, none: none}
	s.useCredentials(&reloading{options: a.sdkOptions(e), first: cfg.Credentials})
	if cfg.BaseEndpoint != nil {
		s.endpoint = *cfg.BaseEndpoint
		s.APIOptions = append(s.APIOptions, noHostPrefix)
	}
	if e.AssumeRole != "" {
		below := s.renew
		s.useCredentials(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(s.Config), e.AssumeRole))
		own := s.renew
		s.renew = func() { below(); own() }
	}
	return s, nil
}

// misconfigured explains why there is no AWS configuration.
func misconfigured(err error) error {
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		return withHint(fmt.Errorf("there is no AWS profile %q", profile.Profile), "aws configure list-profiles")
	}
	return fmt.Errorf("reading the AWS configuration: %w", err)
}

// outside is where a command works outside of a project: in environment local; or in AWS, in the region of the first ARN among its
// arguments, where that is of an account which is not the local AWS's.
func (a *app) outside() (*project.Project, *project.Environment, error) {
	p := &project.Project{Config: &project.Config{}}
	e, err := p.Environment(project.Local)
	for _, arg := range a.Args {
		if parts := strings.SplitN(arg, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			if account := parts[4]; account != wire.DefaultAccount && account != os.Getenv("AWS_ACCESS_KEY_ID") {
				e.Name, e.Endpoint = "AWS", ""
			}
			e.Region = parts[3]
			break
		}
	}
	return p, e, err
}

func (s *session) useCredentials(from aws.CredentialsProvider) {
	cache := aws.NewCredentialsCache(from)
	s.Credentials, s.renew = cache, cache.Invalidate
}

// reloading looks for credentials where the SDK does, anew each time: who logs in again while a command runs has them used.
type reloading struct {
	options []func(*config.LoadOptions) error
	first   aws.CredentialsProvider // nil when it was used
}

// Retrieve implements aws.CredentialsProvider.
func (r *reloading) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if first := r.first; first != nil {
		r.first = nil
		return first.Retrieve(ctx)
	}
	cfg, err := config.LoadDefaultConfig(ctx, r.options...)
	if err != nil {
		return aws.Credentials{}, err
	}
	return cfg.Credentials.Retrieve(ctx)
}

func (a *app) sdkOptions(e *project.Environment) []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{config.WithRetryer(newRetryer), config.WithLogger(a.sdkLogger())}
	if region := first(a.Region, os.Getenv("AWS_REGION"), e.Region); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile := first(a.Profile, os.Getenv("AWS_PROFILE"), e.Profile); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	endpoint := first(a.Endpoint, os.Getenv("AWS_ENDPOINT_URL"), e.Endpoint)
	if endpoint == "" {
		return options
	}
	options = append(options, config.WithBaseEndpoint(endpoint))
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" && first(a.Profile, os.Getenv("AWS_PROFILE"), e.Profile) == "" {
		// A server that stands for AWS checks no credentials, and its user may have none.
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	}
	return options
}

// sdkLogger takes what the SDK has to say, which is of use only to who looks for a fault in it.
func (a *app) sdkLogger() logging.Logger {
	if a.LogLevel == "debug" {
		return logging.NewStandardLogger(a.err)
	}
	return logging.Nop{}
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = append([]retry.IsErrorRetryable{refused}, o.Retryables...)
		o.MaxAttempts, o.MaxBackoff = 8, 10*time.Second
		o.RateLimiter = ratelimit.None // a command has few calls, and each must come through
	})
}

// refused stops the SDK from trying again where nobody listens.
var refused = retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
})

// noHostPrefix keeps the SDK from putting "sync-" or "streaming-" before the host of an endpoint that is not AWS's.
func noHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NoHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
}

func (s *session) states() *sfn.Client { return sfn.NewFromConfig(s.Config) }

// refusedKeys are the error codes of credentials that never were good.
var refusedKeys = map[string]bool{
	"InvalidClientTokenId": true, "UnrecognizedClientException": true,
}

// explain adds to an error of an AWS call what can be done about it.
func (s *session) explain(err error) error {
	var dns *net.DNSError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED) && s.env.Name == project.Local:
		return withHint(fmt.Errorf("nothing answers at %s, where environment local is", s.endpoint), "stride local   (in another terminal)")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing answers at %s, where environment %s is", s.endpoint, s.env.Name)
	case errors.As(err, &dns):
		return fmt.Errorf("%s has no address: is the region %s right, and is there a network?", dns.Name, s.Region)
	case strings.Contains(err.Error(), "invalid input region"): // nor for this
		return fmt.Errorf("%q is no AWS region", s.Region)
	case strings.Contains(err.Error(), "get credentials:"): // the SDK has no type for it
		return withHint(fmt.Errorf("no AWS credentials for environment %s: the SDK looked in its variables, files and at the instance", s.env.Name),
			"aws configure sso   (or set AWS_PROFILE, or add --profile)")
	}
	var api smithy.APIError
	if errors.As(err, &api) && (observe.Expired[api.ErrorCode()] || refusedKeys[api.ErrorCode()]) {
		return withHint(fmt.Errorf("the AWS credentials are no longer good: %s", api.ErrorMessage()), "aws sso login")
	}
	return err
}
