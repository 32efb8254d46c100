package observe

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/stride-aws/stride/internal/history"
)

// rush is a CloudWatch Logs into which 1,000 executions of 10 events are written each second, by a clock that a test moves.
type rush struct {
	begin, now time.Time
}

const (
	rushEvents = 10      // of an execution
	rushGap    = 100_000 // ns between events
	rushPage   = 1500    // events
)

func (r *rush) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	from := max(0, int(time.UnixMilli(*in.StartTime).Sub(r.begin)/rushGap))
	if in.NextToken != nil {
		from, _ = strconv.Atoi(*in.NextToken)
	}
	to := min(from+rushPage, int(r.now.Sub(r.begin)/rushGap))
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	for n := from; n < to; n++ {
		out.Events = append(out.Events, r.event(n))
	}
	if to == from+rushPage {
		out.NextToken = aws.String(strconv.Itoa(to))
	}
	return out, nil
}

// event is the n-th: those of 1,000 executions that run at once are interleaved.
func (r *rush) event(n int) types.FilteredLogEvent {
	const together = 1000
	batch, in := n/(rushEvents*together), n%(rushEvents*together)
	id := int64(in/together + 1)
	e := &history.Event{ID: id, PreviousID: id - 1, Type: history.PassStateEntered, Time: r.begin.Add(time.Duration(n) * rushGap),
		Details: &history.Details{Name: "State", Input: history.Verbatim(`{"id":"o-1","customer":"Ada","total":4200}`)}}
	if id == rushEvents {
		e.Type = history.ExecutionSucceeded
	}
	log := history.Log{ExecutionARN: fmt.Sprintf("arn:aws:states:us-east-1:000000000000:express:m:%d-%d:1", batch, in%together)}
	return types.FilteredLogEvent{EventId: aws.String(strconv.Itoa(n)), Timestamp: aws.Int64(e.Time.UnixMilli()), LogStreamName: aws.String("s"),
		Message: aws.String(string(e.AppendLog(nil, log, true)))}
}

// BenchmarkFollow follows 10,000 events a second for a minute and a half of a clock that does not wait, and reports the heap after each half minute: it
// stays the same.
func BenchmarkFollow(b *testing.B) {
	begin := time.UnixMilli(1_700_000_000_000).UTC()
	var heap [3]float64
	told := 0
	for b.Loop() {
		logs := &rush{begin: begin, now: begin}
		ctx, cancel := context.WithCancel(b.Context())
		t := &Tail{
			Logs: logs, Since: begin, Follow: true, Lean: true, Interval: time.Second, Now: func() time.Time { return logs.now },
			Machines: []Machine{{Name: "m", ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", Express: true, LogGroup: "g", AllEvents: true, WithData: true}},
			Emit:     func(Entry) error { told++; return nil },
			Wait: func(context.Context, time.Duration) error {
				logs.now = logs.now.Add(time.Second)
				if half := int(logs.now.Sub(begin) / (30 * time.Second)); logs.now.Sub(begin)%(30*time.Second) == 0 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					heap[half-1] = float64(m.HeapAlloc) / (1 << 20)
					if half == len(heap) {
						cancel()
					}
				}
				return ctx.Err()
			},
		}
		if err := t.Run(ctx); err != nil {
			b.Fatal(err)
		}
		cancel()
	}
	for i, mb := range heap {
		b.ReportMetric(mb, fmt.Sprintf("MB-after-%ds", 30*(i+1)))
	}
	b.ReportMetric(float64(told)/b.Elapsed().Seconds(), "events/s")
}
