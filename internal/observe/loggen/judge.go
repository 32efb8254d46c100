package loggen

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/observe"
)

// Client is one of the CloudWatch Logs at an endpoint that is not AWS's.
func Client(endpoint string, transport http.RoundTripper) *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: transport}, Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{noHostPrefix},
	})
}

// noHostPrefix keeps the SDK from putting "streaming-" before a host that is not AWS's.
func noHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NoHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
}

// together is how many machines are tailed at once; they share a log group.
const together = 25

// Judge makes n random runs, each some executions of a machine, writes their lines into the CloudWatch Logs at endpoint, shuffled
// over streams, twice, and late, and tails them over a transport that fails at times. What is told must be what happened.
func Judge(t *testing.T, endpoint string, n int) {
	t.Helper()
	for from := 0; from < n; from += together {
		seed := uint64(from)
		judge(t, endpoint, rand.New(rand.NewPCG(seed, 8)), fmt.Sprintf("j%d", seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// JudgeLive writes the lines of many executions faster than live tail sends them, and tails them with it, over a transport that fails at
// times. It takes some seconds: live tail has a clock of its own.
func JudgeLive(t *testing.T, endpoint string, executions int) {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 4))
	m := Machine{Name: "live", Group: "/aws/vendedlogs/states/live", Functions: []string{"live-a", "live-b"}}
	run := New(r, m, executions, time.Now().Add(-time.Minute).UTC())
	run.Scatter(r, 5*time.Second)
	logs := &counted{Client: Client(endpoint, NewFaulty(5))}
	told := Outlines{}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	w := newFiller(endpoint)
	for _, group := range []string{m.Group, "/aws/lambda/live-a", "/aws/lambda/live-b"} {
		if err := w.make(ctx, group, "first"); err != nil {
			t.Fatal(err)
		}
	}
	tail := &observe.Tail{
		Logs: logs, Follow: true, Lambda: true, Interval: time.Second, Now: time.Now, Since: time.Now().Add(-time.Hour), Emit: told.Take,
		Machines: []observe.Machine{{Name: m.Name, ARN: m.ARN(), LogGroup: m.Group, AllEvents: true, WithData: true, Functions: m.Functions}},
		Wait:     func(context.Context, time.Duration) error { time.Sleep(50 * time.Millisecond); return ctx.Err() },
		Idle: func() error {
			part := run.Lines[:min(len(run.Lines), 1000)]
			if logs.sessions == 0 {
				part = nil
			}
			run.Lines = run.Lines[len(part):]
			if len(run.Lines) == 0 && cmp.Equal(run.Stories, told.Texts()) {
				cancel()
			}
			return w.put(t.Context(), part)
		},
	}
	if err := tail.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(run.Stories, told.Texts()); diff != "" {
		t.Errorf("told (+) and happened (-):\n%s", diff)
	}
	t.Logf("%d sessions of live tail", logs.sessions)
}

// counted counts sessions of live tail.
type counted struct {
	*cloudwatchlogs.Client
	sessions int
}

// StartLiveTail implements what observe wants of it.
func (c *counted) StartLiveTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput, o ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.StartLiveTailOutput, error) {
	out, err := c.Client.StartLiveTail(ctx, in, o...)
	if err == nil {
		c.sessions++
	}
	return out, err
}

// plain leaves out that a client has live tail, which has a clock of its own.
type plain struct{ observe.Logs }

func judge(t *testing.T, endpoint string, r *rand.Rand, name string) {
	now := time.Now().Add(-5 * time.Minute).Truncate(time.Millisecond).UTC()
	begin := now
	all := &Run{Stories: map[string]string{}}
	tail := &observe.Tail{
		Logs: plain{Client(endpoint, NewFaulty(r.Uint64()))}, Since: begin, Follow: true, Lambda: true, Interval: 3 * time.Second,
		Now: func() time.Time { return now },
	}
	for i := range together {
		m := Machine{Name: fmt.Sprintf("%s-%d", name, i), Group: "/aws/vendedlogs/states/" + name, Express: i%2 == 0,
			Functions: []string{name + "-a", name + "-b"}}
		run := New(r, m, 1+r.IntN(3), begin)
		all.Lines = append(all.Lines, run.Lines...)
		for arn, story := range run.Stories {
			all.Stories[arn] = story
		}
		tail.Machines = append(tail.Machines, observe.Machine{Name: m.Name, ARN: m.ARN(), Express: m.Express, LogGroup: m.Group,
			AllEvents: true, WithData: true, Functions: m.Functions})
	}
	all.Scatter(r, 6*time.Second)
	until := all.Lines[len(all.Lines)-1].Visible.Add(15 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newFiller(endpoint)
	tail.Wait = func(_ context.Context, d time.Duration) error {
		if now = now.Add(d); ctx.Err() != nil {
			return ctx.Err()
		}
		return w.put(t.Context(), all.Until(now))
	}
	left := 2
	tail.Idle = func() error { // ends when a look is over that began after until, however often the calls of the one before it failed
		if now.After(until) {
			left--
		}
		if left == 0 {
			cancel()
		}
		return nil
	}
	compare(ctx, t, tail, all, "as it happened")
	tail.Follow, now = false, now.Add(time.Minute)
	tail.Wait = func(context.Context, time.Duration) error { return nil }
	compare(t.Context(), t, tail, all, "afterwards")
	countLines(t, tail, all)
	w.drop(t)
}

// countLines tells once more with stories that forget, and wants every line of a function.
func countLines(t *testing.T, tail *observe.Tail, all *Run) {
	want, got := 0, 0
	for _, story := range all.Stories {
		want += strings.Count(story, "  | ")
	}
	tail.Lean = true
	tail.Emit = func(e observe.Entry) error {
		if e.Log != nil {
			got++
		}
		return nil
	}
	if err := tail.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d lines of functions are told, want %d", got, want)
	}
}

func compare(ctx context.Context, t *testing.T, tail *observe.Tail, all *Run, when string) {
	told := Outlines{}
	tail.Emit = told.Take
	if err := tail.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Stories, told.Texts()); diff != "" {
		t.Errorf("told %s (+) and happened (-):\n%s", when, diff)
	}
}

// filler writes lines into a CloudWatch Logs.
type filler struct {
	client  *cloudwatchlogs.Client
	own     *http.Transport
	groups  []string
	streams map[string]bool
}

// newFiller has connections of its own: those of the tail break.
func newFiller(endpoint string) *filler {
	own := &http.Transport{}
	return &filler{client: Client(endpoint, own), own: own, streams: map[string]bool{}}
}

func (f *filler) put(ctx context.Context, lines []Line) error {
	byStream := map[[2]string][]types.InputLogEvent{}
	for _, l := range lines {
		key := [2]string{l.Group, l.Stream}
		byStream[key] = append(byStream[key], types.InputLogEvent{Timestamp: aws.Int64(l.Time.UnixMilli()), Message: aws.String(l.Text)})
	}
	for key, events := range byStream {
		if err := f.make(ctx, key[0], key[1]); err != nil {
			return err
		}
		slices.SortStableFunc(events, func(a, b types.InputLogEvent) int { return int(*a.Timestamp - *b.Timestamp) })
		if _, err := f.client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &key[0], LogStreamName: &key[1], LogEvents: events}); err != nil && !stored(err) {
			return err
		}
	}
	return nil
}

// stored says that a call was answered well, though its answer could not be read: moto's server, when busy, ends connections early.
func stored(err error) bool {
	var answered *smithyhttp.ResponseError
	return errors.As(err, &answered) && answered.HTTPStatusCode() == http.StatusOK
}

func (f *filler) make(ctx context.Context, group, stream string) error {
	var exists *types.ResourceAlreadyExistsException
	if !slices.Contains(f.groups, group) {
		f.groups = append(f.groups, group)
		if _, err := f.client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil && !errors.As(err, &exists) {
			return err
		}
	}
	if f.streams[group+stream] {
		return nil
	}
	f.streams[group+stream] = true
	_, err := f.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

func (f *filler) drop(t *testing.T) {
	defer f.own.CloseIdleConnections()
	for _, group := range f.groups {
		if _, err := f.client.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group}); err != nil {
			t.Error(err)
		}
	}
}

// Outlines collects what is told, by execution.
type Outlines map[string]*outlined

type outlined struct {
	story *observe.Story
	lines map[*observe.Attempt][]string // as they were emitted
	last  int64                         // id of the last event
	wrong []string
}

// Take takes an entry, which must be the next of its execution.
func (o Outlines) Take(e observe.Entry) error {
	x := o[e.Story.ARN]
	if x == nil {
		x = &outlined{story: e.Story, lines: map[*observe.Attempt][]string{}}
		o[e.Story.ARN] = x
	}
	switch {
	case e.Log != nil:
		x.lines[e.Scene.Attempt] = append(x.lines[e.Scene.Attempt], observe.Said(e.Log.Text))
	case e.Scene.Event.ID != x.last+1:
		x.wrong = append(x.wrong, fmt.Sprintf("event %d after %d", e.Scene.Event.ID, x.last))
		fallthrough
	default:
		x.last = e.Scene.Event.ID
	}
	return nil
}

// Texts are the outlines, as New makes them of what happened.
func (o Outlines) Texts() map[string]string {
	texts := map[string]string{}
	for arn, x := range o {
		var b strings.Builder
		x.thread(&b, &x.story.Thread, 0)
		fmt.Fprintf(&b, "= %s\n", x.story.Status)
		for _, w := range x.wrong {
			fmt.Fprintf(&b, "! %s\n", w)
		}
		texts[arn] = b.String()
	}
	return texts
}

func (x *outlined) thread(b *strings.Builder, t *observe.Thread, depth int) {
	in := strings.Repeat("  ", depth)
	for _, step := range t.Steps {
		fmt.Fprintf(b, "%s%s %s", in, step.Name, step.Status)
		if n := len(step.Attempts); n > 0 {
			fmt.Fprintf(b, " attempts=%d", n)
		}
		b.WriteByte('\n')
		for _, a := range step.Attempts {
			lines := x.lines[a]
			slices.Sort(lines) // those that come late are told late; ERROR, the last of a failure, comes first: it is upper case
			if n := len(lines); n > 0 && strings.HasPrefix(lines[0], "ERROR") {
				lines = append(lines[1:], lines[0])
			}
			for _, line := range lines {
				fmt.Fprintf(b, "%s  | %s\n", in, line)
			}
		}
		for _, inner := range step.Threads {
			fmt.Fprintf(b, "%s  [%d] %s\n", in, inner.Index, inner.Status)
			x.thread(b, inner, depth+2)
		}
	}
}
