package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/observe/loggen"
)

// BenchmarkTail tells 100,000 stored events of 7,692 executions: read over HTTP from the local CloudWatch Logs, which runs in the same
// process, parsed, put in order and printed as text.
func BenchmarkTail(b *testing.B) {
	const executions, group = 7_692, "/aws/vendedlogs/states/m"
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer h.Close()
	defer server.Close()
	begin := time.Now().Add(-time.Hour).Truncate(time.Millisecond).UTC()
	client := loggen.Client(server.URL, http.DefaultTransport)
	total := store(b, client, group, executions, begin)
	var first time.Duration
	var peak uint64
	for b.Loop() {
		start := time.Now()
		out := &timed{Writer: io.Discard}
		told := &teller{out: out, format: "text", names: true}
		n := 0
		t := &observe.Tail{Logs: client, Since: begin.Add(-time.Minute), Lean: true, Interval: time.Second, Now: time.Now, Wait: wait,
			Machines: []observe.Machine{{Name: "m", ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", Express: true, LogGroup: group, AllEvents: true, WithData: true}},
			Emit: func(e observe.Entry) error {
				if n++; n%20_000 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
				return told.tell(e)
			}}
		if err := t.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		if n != total {
			b.Fatalf("%d events told, want %d", n, total)
		}
		first += out.first.Sub(start)
	}
	b.ReportMetric(float64(total)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms-to-first-line")
	b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
}

// timed notes when the first byte was written.
type timed struct {
	io.Writer
	first time.Time
}

func (t *timed) Write(p []byte) (int, error) {
	if t.first.IsZero() {
		t.first = time.Now()
	}
	return t.Writer.Write(p)
}

// store writes executions of 13 events each into four streams.
func store(b *testing.B, client *cloudwatchlogs.Client, group string, executions int, begin time.Time) int {
	b.Helper()
	total := 0
	w := &storeWriter{b, client, group}
	w.create()
	var pending [4][]types.InputLogEvent
	for n := range executions {
		at := begin.Add(time.Duration(n) * 10 * time.Millisecond)
		log := history.Log{ExecutionARN: fmt.Sprintf("arn:aws:states:us-east-1:000000000000:express:m:%08x-0000-4000-8000-000000000000:1", n)}
		lines := pending[n%4]
		from := len(lines)
		emit := func(kind history.Type, d history.Details) {
			id := int64(len(lines) - from + 1)
			e := &history.Event{ID: id, PreviousID: id - 1, Type: kind, Time: at, Details: &d}
			lines = append(lines, types.InputLogEvent{Timestamp: aws.Int64(at.UnixMilli()), Message: aws.String(string(e.AppendLog(nil, log, true)))})
			at = at.Add(5 * time.Millisecond)
		}
		order := history.Verbatim(`{"id":"o-1","customer":"Ada","items":[{"sku":"mug","quantity":2}],"total":4200}`)
		emit(history.ExecutionStarted, history.Details{Input: order, RoleARN: "arn:aws:iam::000000000000:role/r"})
		for _, name := range []string{"Reserve", "Charge"} {
			emit(history.Entered("Task"), history.Details{Name: name, Input: order})
			emit(history.TaskScheduled, history.Details{ResourceType: "lambda", Resource: "invoke", Region: "us-east-1",
				Parameters: history.Verbatim(`{"FunctionName":"arn:aws:lambda:us-east-1:000000000000:function:` + name + `:3","Payload":{"id":"o-1","amount":4200}}`)})
			emit(history.TaskStarted, history.Details{ResourceType: "lambda", Resource: "invoke"})
			emit(history.TaskSucceeded, history.Details{ResourceType: "lambda", Resource: "invoke",
				Output: history.Verbatim(`{"Payload":{"ok":true},"SdkResponseMetadata":{"RequestId":"5f2a0b8e-0000-4000-8000-000000000000"}}`)})
			emit(history.Exited("Task"), history.Details{Name: name, Output: order})
		}
		emit(history.Entered("Succeed"), history.Details{Name: "Done", Input: order})
		emit(history.ExecutionSucceeded, history.Details{Output: order})
		total += len(lines) - from
		if pending[n%4] = lines; len(lines) > 1000 || n >= executions-4 {
			w.put(n%4, lines)
			pending[n%4] = nil
		}
	}
	return total
}

type storeWriter struct {
	b      *testing.B
	client *cloudwatchlogs.Client
	group  string
}

func (w *storeWriter) check(err error) {
	if err != nil {
		w.b.Fatal(err)
	}
}

func (w *storeWriter) create() {
	_, err := w.client.CreateLogGroup(w.b.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &w.group})
	w.check(err)
	for n := range 4 {
		_, err := w.client.CreateLogStream(w.b.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &w.group, LogStreamName: aws.String(fmt.Sprint("states/", n))})
		w.check(err)
	}
}

func (w *storeWriter) put(stream int, lines []types.InputLogEvent) {
	slices.SortStableFunc(lines, func(a, b types.InputLogEvent) int { return int(*a.Timestamp - *b.Timestamp) })
	_, err := w.client.PutLogEvents(w.b.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &w.group, LogStreamName: aws.String(fmt.Sprint("states/", stream)), LogEvents: lines})
	w.check(err)
}
