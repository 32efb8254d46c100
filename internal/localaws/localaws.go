// Package localaws is the local AWS put together: Step Functions, Lambda, CloudWatch and its Logs, EventBridge and its
// Scheduler, API Gateway, IAM, STS and S3 behind one endpoint. Options go
// in, an http.Handler comes out; the commands local and demo serve it, tests call it in process.
package localaws

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/server"
	"github.com/stride-aws/stride/internal/server/cloudwatch"
	"github.com/stride-aws/stride/internal/server/iam"
	"github.com/stride-aws/stride/internal/server/lambda"
	"github.com/stride-aws/stride/internal/server/logs"
	"github.com/stride-aws/stride/internal/server/page"
	"github.com/stride-aws/stride/internal/server/s3"
	"github.com/stride-aws/stride/internal/server/states"
	"github.com/stride-aws/stride/internal/server/sts"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// Options say how the local AWS works.
type Options struct {
	Address  string // to listen at: "127.0.0.1:8083", port 0 for any
	MockFile string // SFN_MOCK_CONFIG; "": none
	AnyHost  bool   // answer whatever Host a request names
	DataDir  string // what must outlast the process is kept there; "": in memory
	Keep     int    // executions that are over; 0: local.Options' own number
	// Warn is told why a trigger did not start its execution, and what AWS would drop in silence. nil: nobody is.
	Warn func(text string)
	// Fast makes waits take no time: the clock jumps when nothing is in progress. A step that waits for a task token keeps its
	// time, which somebody else decides.
	Fast bool
	// Checkout tells the page what the project's sources say about a state machine; nil without a project.
	Checkout func(ctx context.Context, machine string) (*page.Workflow, error)
}

// AWS is the local AWS, listening. Close ends it and the functions' processes.
type AWS struct {
	*server.Server
	listener net.Listener
	host     *lambdahost.Host
	lambda   *lambda.Service
	roles    roles
	page     *page.Page
	store    *store.Store
	triggers *triggers
}

// New puts the services together and opens the address; what calls before Serve waits.
func New(o Options) (*AWS, error) {
	l, err := server.Listen(o.Address)
	if err != nil {
		return nil, err
	}
	var kept *store.Store
	if o.DataDir != "" {
		if kept, err = store.Open(o.DataDir); err != nil {
			l.Close()
			return nil, err
		}
	}
	a, err := compose(o, l, kept)
	if err != nil {
		l.Close()
		kept.Close()
	}
	return a, err
}

// compose makes the services and puts them behind one server.
func compose(o Options, l net.Listener, kept *store.Store) (*AWS, error) {
	clock := clockOf(o)
	lines := logs.NewStore(clock.Now)
	host, err := lambdahost.NewHost(lambdahost.Options{Now: clock.Now, Log: func(l lambdahost.LogLine) {
		lines.Put(l.Account, l.Region, l.Group, l.Stream, []local.LogMessage{{Time: l.Time, Text: l.Message}})
	}})
	if err != nil {
		return nil, err
	}
	known := roles{iam.New(clock.Now)}
	sessions := sts.New(sts.Options{Now: clock.Now, Assume: known.mayAssume})
	objects := s3.New(clock.Now)
	functions := lambda.New(lambda.Options{Host: host, Environment: environment(url(l), sessions), CheckRole: known.assumable, Allows: known.allows, Object: readObject(objects)})
	caller := task.New(invoker{functions})
	caller.Authorize = known.authorize
	starts := newTriggers(clock, known, objects, caller, o.Warn)
	metrics := cloudwatch.New(clock.Now)
	cloud, web := stepFunctions(o, local.Options{Clock: clock, MockFile: o.MockFile, Store: kept, Keep: o.Keep, StartTask: starter(caller, o.Fast),
		Allows: known.allows, Warn: o.Warn}, lines, task.NewStatusEvents(caller), starts, metrics)
	services := map[string]wire.Service{
		"states": states.New(cloud), "lambda": functions, "logs": logs.New(lines), "iam": known.Service, "sts": sessions, "s3": objects, "monitoring": metrics,
		"events": starts.bus, "scheduler": starts.schedules, "pipes": starts.pipes,
		"apigateway": starts.apis, "execute-api": starts.apis.Requests(),
	}
	caller.Here = func(name string) string {
		if services[name] == nil {
			return ""
		}
		return url(l)
	}
	a := &AWS{triggers: starts, listener: l, host: host, lambda: functions, page: web, roles: known, store: kept,
		Server: server.New(server.Options{AnyHost: o.AnyHost, Settle: settle(kept), Services: services})}
	a.Page(web)
	a.Accounts(func(key string) string { session, _ := sessions.Session(key); return session.Account })
	a.Authorize(known.decide(sessions))
	if kept == nil {
		return a, nil
	}
	return a, recall(kept, []keeper{known.Service, sessions, objects, functions, lines, starts.bus, starts.schedules, starts.pipes, starts.apis, metrics}, cloud, starts)
}

func clockOf(o Options) machine.Clock {
	if o.Fast {
		return newFastClock()
	}
	return machine.RealClock()
}

// stepFunctions is Step Functions with its page; all who want to know hear of executions whose status changes.
func stepFunctions(o Options, how local.Options, lines *logs.Store, statuses *task.StatusEvents, starts *triggers, metrics *cloudwatch.Service) (*local.Cloud, *page.Page) {
	var web *page.Page
	how.StatusChanged = func(account, region, execution string, detail value.Value) {
		statuses.Changed(account, region, execution, detail)
		starts.changed(account, region, execution, detail)
		measure(metrics, account, region, detail)
		web.Changed(detail)
	}
	how.Logs = lines
	cloud := local.New(how)
	web = page.New(page.Options{Source: page.Local(cloud, lines), Checkout: o.Checkout})
	starts.cloud = cloud
	return cloud, web
}

// keeper is a service that can be kept in a store.
type keeper interface{ Keep(*store.Store) error }

// recall reads what the services were when the last process ended, and lets executions go on.
func recall(kept *store.Store, services []keeper, cloud *local.Cloud, starts *triggers) error {
	for _, s := range services {
		if err := s.Keep(kept); err != nil {
			return err
		}
	}
	if err := cloud.Load(); err != nil {
		return err
	}
	if err := cloud.Resume(); err != nil {
		return err
	}
	starts.pipes.Resume()
	return nil
}

// settle lets no answer out before what it says is kept.
func settle(kept *store.Store) func() error {
	if kept == nil {
		return nil
	}
	return kept.Sync
}

// readObject lets Lambda read code that was deployed through S3.
func readObject(objects *s3.Service) func(account, bucket, key, version string) ([]byte, error) {
	return func(account, bucket, key, _ string) ([]byte, error) {
		o, err := objects.Get(account, bucket, key)
		if err != nil {
			return nil, err
		}
		return o.Body, nil
	}
}

// Close stops listening, closes the store and ends the functions' processes; what runs goes on where the store is opened again.
func (a *AWS) Close() error {
	a.listener.Close()
	a.triggers.close()
	kept := a.store.Close() // first: that a function's process ended is no failure of its task
	a.lambda.Close()
	return cmp.Or(kept, a.host.Close())
}

// sessionTime is how long a function's credentials are good: longer than any local AWS runs.
const sessionTime = 10 * 365 * 24 * time.Hour

// environment is what a function needs to call this AWS as its role.
func environment(url string, sessions *sts.Service) func(account, region, role string) map[string]string {
	return func(_, _, role string) map[string]string {
		c := sessions.Issue(role, "lambda", sessionTime)
		return map[string]string{"AWS_ENDPOINT_URL": url,
			"AWS_ACCESS_KEY_ID": c.AccessKeyId, "AWS_SECRET_ACCESS_KEY": c.SecretAccessKey, "AWS_SESSION_TOKEN": c.SessionToken}
	}
}

// starter keeps the time of steps that wait for a token from jumping.
func starter(caller *task.Caller, fast bool) func(context.Context, *machine.Task, machine.Replier) {
	if !fast {
		return caller.Start
	}
	return func(ctx context.Context, t *machine.Task, r machine.Replier) {
		if t.Resource.Pattern == "waitForTaskToken" {
			r = unparked{r}
		}
		caller.Start(ctx, t, r)
	}
}

type unparked struct{ machine.Replier }

func (unparked) Park() {}

// invoker lets tasks call the functions that are here.
type invoker struct{ *lambda.Service }

func (i invoker) Invoke(ctx context.Context, arn string, payload []byte) (task.LambdaResult, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return task.LambdaResult{}, task.ErrNoFunction
	}
	out, err := i.Service.Invoke(ctx, lambda.Request{Account: parts[4], Region: parts[3], Function: arn, Payload: payload})
	var refused *wire.Error
	if errors.As(err, &refused) {
		return task.LambdaResult{}, refusal(refused)
	}
	return task.LambdaResult{
		Payload: out.Payload, FunctionError: out.FunctionError, Version: out.ExecutedVersion, LogTail: out.Log, RequestID: out.RequestID,
	}, err
}

// refusal is Lambda's refusal as its client sees it.
func refusal(e *wire.Error) error {
	if e.Status == http.StatusNotFound {
		return task.ErrNoFunction
	}
	service, err := sdk.Lookup("lambda")
	if err != nil {
		return err
	}
	return &sdk.Error{Service: service, Code: e.Code, Message: e.Message, Status: cmp.Or(e.Status, http.StatusBadRequest), RequestID: uuid.New()}
}

func url(l net.Listener) string { return "http://" + l.Addr().String() }

// URL is where the AWS is reached.
func (a *AWS) URL() string { return url(a.listener) }

// Serve answers until ctx ends, or until the store can keep nothing any more.
func (a *AWS) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-a.store.Broken():
			stop()
		case <-ctx.Done():
		}
	}()
	defer context.AfterFunc(ctx, a.page.Close)()
	return cmp.Or(a.Server.Serve(ctx, a.listener), a.store.Err())
}
