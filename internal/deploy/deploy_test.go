package deploy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

// cloud is a local AWS of a test's own, and the transport to it.
type cloud struct {
	handler http.Handler
	calls   []string // "Lambda.CreateFunction", in their order
	mu      sync.Mutex
	// disturb, where not nil, sees each call before it is answered; what it returns is done in place of the answer.
	disturb func(n int, name string) disturbance
	// each, where not nil, is what happens to the first attempt of every call.
	each *disturbance
}

// disturbance is what happens to a call.
type disturbance struct {
	status int    // answer with this error instead; 0: none
	code   string // of the error
	lose   bool   // the service does it, and the answer is lost
	drop   bool   // the request never arrives
	after  func() // called when the service has answered
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	local, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	return &cloud{handler: local}
}

func (c *cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	name := operation(r)
	c.mu.Lock()
	c.calls = append(c.calls, name)
	n, disturb, each := len(c.calls), c.disturb, c.each
	// Creating an API is repeated by deploy itself: the client makes one attempt each time.
	again := !strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") || name == "POST /restapis" && slices.Contains(c.calls[:n-1], name)
	c.mu.Unlock()
	var d disturbance
	switch {
	case disturb != nil:
		d = disturb(n, name)
	case each != nil && !again:
		d = *each
	}
	switch {
	case d.status != 0:
		return failure(r, d), nil
	case d.drop:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	}
	if r.Body == nil {
		r.Body = http.NoBody // as a server has it
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if d.after != nil {
		d.after()
	}
	if d.lose {
		return nil, errors.New("connection reset by peer")
	}
	return w.Result(), nil
}

// operation names a request as its protocol does.
func operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		_, rest, _ := strings.Cut(string(body), "Action=")
		name, _, _ := strings.Cut(rest, "&")
		return name
	}
	return r.Method + " " + r.URL.Path
}

// failure is an error in any of the protocols' forms at once: what does not read one reads the other.
func failure(r *http.Request, d disturbance) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("X-Amzn-Errortype", d.code)
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		w.WriteHeader(d.status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>injected</Message></Error></ErrorResponse>`, d.code)
		return w.Result()
	}
	if r.Header.Get("Smithy-Protocol") != "" {
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.WriteHeader(d.status)
		w.Write(cbor.Encode(cbor.Map{"__type": cbor.String(d.code), "message": cbor.String("injected")}))
		return w.Result()
	}
	w.WriteHeader(d.status)
	if strings.Contains(r.Header.Get("Authorization"), "/s3/aws4_request") {
		fmt.Fprintf(w, `<Error><Code>%s</Code><Message>injected</Message></Error>`, d.code)
		return w.Result()
	}
	fmt.Fprintf(w, `{"__type": %q, "message": "injected: an update is in progress", "Type": "User"}`, d.code)
	return w.Result()
}

func (c *cloud) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.disturb, c.each = nil, nil, nil
}

// mutating are the calls so far that change something.
func (c *cloud) mutating() []string {
	var out []string
	for _, name := range c.calls {
		if !strings.HasPrefix(name, "GET ") && !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "Describe") {
			out = append(out, name)
		}
	}
	return out
}

// clients that wait for nothing.
func (c *cloud) clients() *Clients {
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1"), HTTPClient: &http.Client{Transport: c},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
				o.RateLimiter = ratelimit.None
			})
		},
	}
	clients := New(cfg)
	clients.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return clients
}

const definition = `{"StartAt": "Charge", "States": {
	"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${fn:pay.Charge}"}, "Next": "Ship"},
	"Ship": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${fn:ship.Ship}"}, "End": true}}}`

// shop is a deployment whose parts all change with its generation. One of its zips goes through a bucket.
func shop(t testing.TB, place plan.Place, generation int) (*plan.Desired, map[string]string) {
	t.Helper()
	tags := plan.Tags{plan.TagProject: "shop", plan.TagEnv: "test"}
	d, zips := &plan.Desired{Project: "shop", Env: "test", Place: place}, map[string]string{}
	role := func(name, service string) string {
		statement := policy.Statement{Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: []string{fmt.Sprintf("arn:aws:s3:::bucket-%d/*", generation)}}
		d.Roles = append(d.Roles, plan.Role{Name: name, Path: "/", Trust: policy.Trust(service, "", ""), Tags: tags,
			Policy: policy.Grants{{Statement: statement}}.Document()})
		return place.ARN("iam", "role/"+name)
	}
	d.Bucket = &plan.Bucket{Name: "test-code", Create: true, Above: 240, Tags: tags}
	noise := sha512.New()
	functions := map[string]string{}
	for _, handler := range []string{"pay.Charge", "ship.Ship"} {
		name := "test-" + strings.ReplaceAll(handler, ".", "-")
		functions[handler] = name
		code := fmt.Appendf(nil, "#!/bin/sh\necho %s %d\n", handler, generation)
		if handler == "ship.Ship" {
			code = fmt.Appendf(code, "# %x\n", noise.Sum(nil))
		}
		zip, err := bundle.Zip(code)
		if err != nil {
			t.Fatal(err)
		}
		zips[name] = filepath.Join(t.TempDir(), "code.zip")
		if err := os.WriteFile(zips[name], zip, 0o666); err != nil {
			t.Fatal(err)
		}
		if (len(zip) > 240) != (handler == "ship.Ship") {
			t.Fatalf("the zip of %s has %d bytes", handler, len(zip))
		}
		sum := sha256.Sum256(zip)
		d.LogGroups = append(d.LogGroups, plan.LogGroup{Name: "/aws/lambda/" + name, Retention: []int{0, 7, 14, 30}[generation], Tags: tags})
		d.Functions = append(d.Functions, plan.Function{Name: name, Handler: handler, Tags: tags,
			Code: plan.Code{SHA256: base64.StdEncoding.EncodeToString(sum[:]), Size: int64(len(zip))},
			Settings: plan.Settings{Role: role(name, "lambda.amazonaws.com"), Runtime: "provided.al2023", Handler: "bootstrap", Architecture: "arm64",
				Memory: 128 * generation, Timeout: 30, Storage: 512, Env: map[string]string{"GENERATION": fmt.Sprint(generation)}}})
	}
	text := strings.Replace(definition, `"StartAt"`, fmt.Sprintf(`"Comment": "generation %d", "StartAt"`, generation), 1)
	tree, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	d.Machines = []plan.Machine{{Name: "test-orders", Workflow: "orders", Type: "STANDARD", Definition: tree, Functions: functions,
		Role: role("test-orders", "states.amazonaws.com"), Logging: plan.Logging{Level: "OFF"}, Tags: maps.Clone(tags)}}
	d.ScheduleGroup = plan.ScheduleGroup{Name: "test-shop", Tags: tags}
	target := place.ARN("states", "stateMachine:test-orders:current")
	if generation < 3 {
		d.Triggers = append(d.Triggers, plan.Trigger{Kind: plan.KindSchedule, Key: "daily", Name: "test-orders-daily", Machine: "test-orders", Enabled: generation == 1,
			Role: role("test-orders-scheduler", "scheduler.amazonaws.com"), Settings: map[string]string{"GroupName": "test-shop", "Target": target,
				"ScheduleExpression": fmt.Sprintf("cron(%d 9 * * ? *)", generation), "ScheduleExpressionTimezone": "UTC"}})
		d.Triggers = append(d.Triggers, plan.Trigger{Kind: plan.KindAPI, Key: "checkout", Name: "test-orders-checkout", Machine: "test-orders", Enabled: true, Tags: tags,
			Role: role("test-orders-api", "apigateway.amazonaws.com"), Settings: map[string]string{"Target": target, "Route": fmt.Sprintf("POST /orders/%d", generation),
				"AuthorizationType": "NONE"}})
	}
	if generation != 2 {
		d.Triggers = append(d.Triggers, plan.Trigger{Kind: plan.KindPipe, Key: "queued", Name: "test-orders-queued", Machine: "test-orders", Enabled: false, Tags: tags,
			Role: role("test-orders-pipes", "pipes.amazonaws.com"), Settings: map[string]string{"Source": place.ARN("sqs", "orders"), "Target": target,
				"BatchSize": fmt.Sprint(generation), "Filter": `{"body":{"n":[1]}}`, "InvocationType": "FIRE_AND_FORGET"}})
	}
	if generation > 1 {
		d.Triggers = append(d.Triggers, plan.Trigger{Kind: plan.KindRule, Key: "placed", Name: "test-orders-placed", Machine: "test-orders", Enabled: true, Tags: tags,
			Role: role("test-orders-events", "events.amazonaws.com"), Settings: map[string]string{"EventBusName": "default", "Target": target,
				"EventPattern": fmt.Sprintf(`{"source":["shop-%d"]}`, generation), "InputPath": "$.detail"}})
	}
	d.Machines[0].Tags[plan.TagTriggers] = plan.TriggersTag(d.Triggers)
	return d, zips
}

func identify(t *testing.T, c *Clients) plan.Place {
	t.Helper()
	place, err := c.Identify(t.Context(), "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// deployment reads, plans and applies once.
func deployment(ctx context.Context, c *Clients, d *plan.Desired, zips map[string]string) (*plan.Plan, error) {
	actual, err := c.Read(ctx, d)
	if err != nil {
		return nil, err
	}
	p := plan.Make(d, actual)
	_, err = c.Apply(ctx, p, zips, nil)
	return p, err
}

// must deploys and wants no error, then nothing left to do.
func must(t *testing.T, c *cloud, d *plan.Desired, zips map[string]string) {
	t.Helper()
	if _, err := deployment(t.Context(), c.clients(), d, zips); err != nil {
		t.Fatal(err)
	}
	settled(t, c, d)
}

// settled wants a plan without actions.
func settled(t *testing.T, c *cloud, d *plan.Desired) {
	t.Helper()
	actual, err := c.clients().Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if p := plan.Make(d, actual); !p.Empty() {
		var out bytes.Buffer
		p.WriteText(&out, nil)
		t.Fatalf("after the deploy there is still to do:\n%s", &out)
	}
}

// TestDeploy: a first deploy, one that changes everything, one that changes nothing and calls nothing that changes.
func TestDeploy(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	for generation := 1; generation <= 2; generation++ {
		d, zips := shop(t, place, generation)
		must(t, c, d, zips)
	}
	c.reset()
	d, zips := shop(t, place, 2)
	must(t, c, d, zips)
	if made := c.mutating(); len(made) > 0 {
		t.Errorf("a deploy without changes called %v", made)
	}
}

// TestMinimalCalls: new code of one function is one upload that publishes, one machine update, one alias move.
func TestMinimalCalls(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := shop(t, place, 1)
	must(t, c, d, zips)
	next, nextZips := shop(t, place, 2)
	d.Functions[0].Code, zips[d.Functions[0].Name] = next.Functions[0].Code, nextZips[d.Functions[0].Name]
	c.reset()
	if _, err := deployment(t.Context(), c.clients(), d, zips); err != nil {
		t.Fatal(err)
	}
	made := strings.Join(c.mutating(), ", ")
	if want := "PUT /2015-03-31/functions/test-pay-Charge/code, UpdateStateMachine, UpdateStateMachineAlias"; made != want {
		t.Errorf("called %s; want %s", made, want)
	}
	settled(t, c, d)
}

// TestKilled: the process is killed after each single call of a create, an update and a destroy; the next run finishes.
func TestKilled(t *testing.T) {
	for _, from := range []int{0, 1} {
		t.Run(fmt.Sprintf("from generation %d", from), func(t *testing.T) {
			for n := 1; ; n++ {
				c := newCloud(t)
				place := identify(t, c.clients())
				if from > 0 {
					d, zips := shop(t, place, from)
					must(t, c, d, zips)
				}
				d, zips := shop(t, place, from+1)
				if !killedAt(t, c, n, func(ctx context.Context) error { _, err := deployment(ctx, c.clients(), d, zips); return err }) {
					t.Logf("killed after each of %d calls", n-1)
					return
				}
				must(t, c, d, zips)
			}
		})
	}
	t.Run("destroy", func(t *testing.T) {
		for n := 1; ; n++ {
			c := newCloud(t)
			place := identify(t, c.clients())
			d, zips := shop(t, place, 1)
			must(t, c, d, zips)
			if !killedAt(t, c, n, func(ctx context.Context) error { return destroy(ctx, c.clients(), place) }) {
				return
			}
			if err := destroy(t.Context(), c.clients(), place); err != nil {
				t.Fatalf("after call %d: %v", n, err)
			}
			empty(t, c, d)
		}
	})
}

// killedAt runs f, and kills it when its nth call was answered. It is false where f makes fewer.
func killedAt(t *testing.T, c *cloud, n int, f func(context.Context) error) bool {
	t.Helper()
	c.reset()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	killed := false
	c.disturb = func(call int, _ string) disturbance {
		if call > n {
			return disturbance{status: http.StatusTeapot, code: "Killed"}
		}
		return disturbance{after: func() {
			if call == n {
				killed = true
				cancel()
			}
		}}
	}
	err := f(ctx)
	c.reset()
	if killed && err == nil {
		// The last call of all: nothing was left to kill.
		return false
	}
	return killed
}

func destroy(ctx context.Context, c *Clients, place plan.Place) error {
	found, err := c.Find(ctx, Owner{Project: "shop", Env: "test", Place: place, Machines: "test-", Functions: "test-", Roles: "test-", RolePath: "/", Bucket: "test-code", ScheduleGroup: "test-shop"})
	if err != nil {
		return err
	}
	_, err = c.Apply(ctx, plan.Destroy("shop", "test", found, false), nil, nil)
	return err
}

// empty wants nothing of d to be there.
func empty(t *testing.T, c *cloud, d *plan.Desired) {
	t.Helper()
	actual, err := c.clients().Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(actual.Functions)+len(actual.Machines)+len(actual.Roles)+len(actual.LogGroups)+len(actual.Buckets)+len(actual.Triggers)+len(actual.ScheduleGroups) > 0 {
		t.Errorf("destroy left %v", actual)
	}
}

// TestDestroySparesOthers: what has other tags, or none, stays.
func TestDestroySparesOthers(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := shop(t, place, 1)
	for i := range d.Roles {
		d.Roles[i].Tags = plan.Tags{plan.TagProject: "shop", plan.TagEnv: "other"}
	}
	d.Machines[0].Tags = nil
	if _, err := deployment(t.Context(), c.clients(), d, zips); err != nil {
		t.Fatal(err)
	}
	if err := destroy(t.Context(), c.clients(), place); err != nil {
		t.Fatal(err)
	}
	actual, err := c.clients().Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(actual.Roles) != 6 || len(actual.Machines) != 1 || len(actual.Functions) != 0 {
		t.Errorf("%d roles, %d machines, %d functions are left; want 6, 1, 0", len(actual.Roles), len(actual.Machines), len(actual.Functions))
	}
}

// faults are the ways in which a call can fail once.
var faults = []struct {
	name     string
	fault    disturbance
	survives bool // the deploy must get over it
}{
	{"throttled", disturbance{status: 400, code: "ThrottlingException"}, true},
	{"server error", disturbance{status: 500, code: "InternalFailure"}, true},
	{"answer lost", disturbance{lose: true}, true},
	{"timed out", disturbance{drop: true}, true},
	{"conflict", disturbance{status: 409, code: "ResourceConflictException"}, false},
	{"denied", disturbance{status: 403, code: "AccessDeniedException"}, false},
}

// fault lets call n fail once; what a deploy must survive happens to all calls at once, whatever n is. It returns whether there is another
// n to try, once the deploy has ended.
func (c *cloud) fault(n int, fault disturbance, survives bool) (another func() bool) {
	c.reset()
	if survives {
		c.each = &fault
		return func() bool { return false }
	}
	hit := false
	c.disturb = func(call int, _ string) disturbance {
		if call != n {
			return disturbance{}
		}
		hit = true
		return fault
	}
	return func() bool { return hit }
}

// TestFaults: each call of an update fails once, in each way. The deploy either gets over it, or says so; the next one finishes.
func TestFaults(t *testing.T) {
	for _, tt := range faults {
		for _, from := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s from %d", tt.name, from), func(t *testing.T) {
				for n := 1; faulty(t, from, n, tt.fault, tt.survives); n++ {
				}
			})
		}
	}
}

// faulty deploys the generation after from, with a fault at call n. It is false where there are fewer calls.
func faulty(t *testing.T, from, n int, fault disturbance, survives bool) bool {
	t.Helper()
	c := newCloud(t)
	place := identify(t, c.clients())
	if from > 0 {
		d, zips := shop(t, place, from)
		must(t, c, d, zips)
	}
	d, zips := shop(t, place, from+1)
	another := c.fault(n, fault, survives)
	_, err := deployment(t.Context(), c.clients(), d, zips)
	failed := len(c.calls)
	c.reset()
	if err != nil && survives {
		t.Errorf("after %d calls: %v", failed, err)
	}
	if !survives && !another() {
		return false
	}
	must(t, c, d, zips)
	return another()
}

// TestDestroyFaults: each call of a destroy fails once, in each way. It gets over it or says so, and the next one leaves nothing.
func TestDestroyFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				c := newCloud(t)
				place := identify(t, c.clients())
				d, zips := shop(t, place, 1)
				must(t, c, d, zips)
				another := c.fault(n, tt.fault, tt.survives)
				err := destroy(t.Context(), c.clients(), place)
				c.reset()
				if err != nil && tt.survives {
					t.Error(err)
				}
				if err := destroy(t.Context(), c.clients(), place); err != nil {
					t.Errorf("after a fault of call %d: %v", n, err)
				}
				empty(t, c, d)
				more = another()
			}
		})
	}
}

// TestTwoDeploys: two deploys that planned on the same state; one wins, and the other says so or has nothing to undo.
func TestTwoDeploys(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := shop(t, place, 1)
	must(t, c, d, zips)
	second, secondZips := shop(t, place, 2)
	third, thirdZips := shop(t, place, 3)
	// The roles and functions stay, so that only the machine is fought for.
	reworded := *second
	reworded.Machines = append([]plan.Machine{}, d.Machines...)
	reworded.Machines[0].Definition = second.Machines[0].Definition
	reworded.LogGroups, reworded.Roles, reworded.Functions = d.LogGroups, d.Roles, d.Functions
	clients := c.clients()
	seen, err := clients.Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	other := reworded
	other.Machines = append([]plan.Machine{}, d.Machines...)
	other.Machines[0].Definition = third.Machines[0].Definition
	lost := plan.Make(&other, seen)
	must(t, c, &reworded, zips)
	if _, err = clients.Apply(t.Context(), lost, zips, nil); err == nil || !strings.Contains(err.Error(), "another deploy moved it to version 2 meanwhile") {
		t.Errorf("the deploy that came late to the alias says %v", err)
	}
	seen, err = clients.Read(t.Context(), third)
	if err != nil {
		t.Fatal(err)
	}
	late := plan.Make(third, seen)
	must(t, c, second, secondZips)
	_, err = clients.Apply(t.Context(), late, thirdZips, nil)
	if err == nil || !strings.Contains(err.Error(), "another deploy changed it meanwhile") {
		t.Errorf("the late deploy says %v", err)
	}
	must(t, c, third, thirdZips)
}

// TestCollect: of four generations two stay; the permissions of the third stay beside those of the fourth until it goes.
func TestCollect(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	var d *plan.Desired
	for _, generation := range []int{1, 2, 3, 1} {
		var zips map[string]string
		d, zips = shop(t, place, generation)
		must(t, c, d, zips)
	}
	collected(t, c, d)
	in := inventory(t, c, d)
	if n := len(in.Machines[0].Versions); n != 2 {
		t.Errorf("%d versions of the machine are left, want 2", n)
	}
	if diff := cmp.Diff(map[string][]string{"test-pay-Charge": {"3", "4"}, "test-ship-Ship": {"3", "4"}}, in.Functions); diff != "" {
		t.Errorf("function versions, -want +got:\n%s", diff)
	}
	clients := c.clients()
	kept, err := clients.getPolicy(t.Context(), "test-orders", earlierPolicy)
	if err != nil || kept == nil || !strings.Contains(kept.String(), "bucket-3") {
		t.Errorf("the role keeps %v, %v; want the statement of generation 3", kept, err)
	}
	settled(t, c, d)
	if err := destroy(t.Context(), clients, place); err != nil {
		t.Fatal(err)
	}
	empty(t, c, d)
}

func inventory(t *testing.T, c *cloud, d *plan.Desired) *plan.Inventory {
	t.Helper()
	in, err := c.clients().Inventory(t.Context(), Owner{Project: "shop", Env: "test", Place: d.Place, Machines: "test-"}, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// collected removes what nobody needs, and wants nothing left to remove.
func collected(t *testing.T, c *cloud, d *plan.Desired) {
	t.Helper()
	if _, err := c.clients().Apply(t.Context(), plan.Collect(inventory(t, c, d)), nil, nil); err != nil {
		t.Fatal(err)
	}
	if p := plan.Collect(inventory(t, c, d)); p.Count(plan.Delete) > 0 {
		t.Errorf("there is still something to remove: %v", p.Actions)
	}
}
