package observe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/history"
)

// fakeLogs is CloudWatch Logs as a slice: lines become visible at a time of their own, pages are small, and some show a line twice.
type fakeLogs struct {
	now   *time.Time
	group string
	lines []fakeLine
	read  int // lines that were given
}

type fakeLine struct {
	visible time.Time
	types.FilteredLogEvent
}

const fakePage = 7

func (f *fakeLogs) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	if *in.LogGroupName != f.group {
		return nil, &types.ResourceNotFoundException{}
	}
	var fit []types.FilteredLogEvent
	for _, l := range f.lines {
		if !l.visible.After(*f.now) && *l.Timestamp >= aws.ToInt64(in.StartTime) && strings.Contains(*l.Message, strings.Trim(aws.ToString(in.FilterPattern), `"`)) {
			fit = append(fit, l.FilteredLogEvent)
		}
	}
	start := 0
	if in.NextToken != nil {
		start, _ = strconv.Atoi(*in.NextToken)
	}
	f.read += min(start+fakePage, len(fit)) - start
	out := &cloudwatchlogs.FilterLogEventsOutput{Events: fit[start:min(start+fakePage, len(fit))]}
	if start+fakePage < len(fit) {
		out.NextToken = aws.String(strconv.Itoa(start + fakePage - 1)) // the last line of a page is the first of the next
	}
	return out, nil
}

// TestTailTellsShuffledStoriesInOrder writes executions whose story is known, shuffled over streams and late by seconds, and
// wants each story whole, once and in order.
func TestTailTellsShuffledStoriesInOrder(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 50
	}
	for seed := range rounds {
		tellShuffled(t, rand.New(rand.NewPCG(uint64(seed), 1)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func tellShuffled(t *testing.T, r *rand.Rand) {
	begin := time.UnixMilli(1_700_000_000_000).UTC()
	now := begin
	logs := &fakeLogs{now: &now, group: "/aws/vendedlogs/states/m"}
	want := map[string][]int64{}
	total := 0
	for n := range 1 + r.IntN(5) {
		arn := fmt.Sprintf("arn:aws:states:us-east-1:0:express:m:e%d:1", n)
		at := begin.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		events := 2 + r.IntN(12)
		for id := int64(1); id <= int64(events); id++ {
			logs.lines = append(logs.lines, logged(r, arn, id, id == int64(events), at))
			want[arn] = append(want[arn], id)
			at = at.Add(time.Duration(r.IntN(300)) * time.Millisecond)
			total++
		}
	}
	r.Shuffle(len(logs.lines), func(i, j int) { logs.lines[i], logs.lines[j] = logs.lines[j], logs.lines[i] })
	got := map[string][]int64{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tail := &Tail{
		Logs: logs, Machines: []Machine{{Name: "m", Express: true, LogGroup: logs.group, AllEvents: true}},
		Since: begin, Follow: true, Interval: time.Second, Now: func() time.Time { return now },
		Emit: func(e Entry) error {
			got[e.Story.ARN] = append(got[e.Story.ARN], e.Scene.Event.ID)
			return nil
		},
		Wait: func(_ context.Context, d time.Duration) error {
			if now = now.Add(d); now.After(begin.Add(time.Minute)) {
				cancel()
			}
			return ctx.Err()
		},
	}
	if err := tail.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%d events (-want +got):\n%s", total, diff)
	}
}

// logged is a line as Step Functions writes it, visible up to 3 s after its time.
func logged(r *rand.Rand, arn string, id int64, last bool, at time.Time) fakeLine {
	e := &history.Event{ID: id, PreviousID: id - 1, Type: history.PassStateEntered, Time: at, Details: &history.Details{Name: "S"}}
	if last {
		e.Type = history.ExecutionSucceeded
	}
	return fakeLine{
		visible: at.Add(time.Duration(r.IntN(3000)) * time.Millisecond),
		FilteredLogEvent: types.FilteredLogEvent{
			EventId: aws.String(fmt.Sprintf("%s/%d", arn, id)), Timestamp: aws.Int64(at.UnixMilli()),
			LogStreamName: aws.String(fmt.Sprintf("states/m/%d", r.IntN(4))),
			Message:       aws.String(string(e.AppendLog(nil, history.Log{ExecutionARN: arn}, true))),
		},
	}
}

// TestOneExpressExecution: of a group with many executions the lines of one are read; all of them, once that one turns out to have started
// another in the same group.
func TestOneExpressExecution(t *testing.T) {
	const machine, parent, child = "arn:aws:states:us-east-1:0:stateMachine:m", "arn:aws:states:us-east-1:0:express:m:e:1", "arn:aws:states:us-east-1:0:express:m:e:2"
	r := rand.New(rand.NewPCG(1, 1))
	begin := time.UnixMilli(1_700_000_000_000).UTC()
	for _, starts := range []bool{false, true} {
		now := begin.Add(time.Hour)
		logs := &fakeLogs{now: &now, group: "/aws/vendedlogs/states/m"}
		for i := range 100 {
			logs.lines = append(logs.lines, logged(r, fmt.Sprintf("arn:aws:states:us-east-1:0:express:m:other:%d", i), 1, true, begin.Add(time.Duration(i)*time.Millisecond)))
		}
		add := func(arn string, id int64, kind history.Type, d history.Details) {
			l := logged(r, arn, id, false, begin)
			e := &history.Event{ID: id, PreviousID: id - 1, Type: kind, Time: begin.Add(time.Duration(id) * time.Millisecond), Details: &d}
			l.Message = aws.String(string(e.AppendLog(nil, history.Log{ExecutionARN: arn}, true)))
			logs.lines = append(logs.lines, l)
		}
		want := 3
		add(parent, 1, history.TaskStateEntered, history.Details{Name: "Run"})
		if starts {
			want = 5
			add(child, 1, history.ExecutionStarted, history.Details{})
			add(child, 2, history.ExecutionSucceeded, history.Details{})
		}
		output := map[bool]string{true: `{"ExecutionArn":"` + child + `"}`, false: "{}"}[starts]
		add(parent, 2, history.TaskSucceeded, history.Details{ResourceType: "states", Resource: "startExecution.sync", Output: history.Verbatim(output)})
		add(parent, 3, history.ExecutionSucceeded, history.Details{})
		told := 0
		tail := &Tail{Logs: logs, Machines: []Machine{{Name: "m", ARN: machine, Express: true, LogGroup: logs.group, AllEvents: true, WithData: true}},
			Execution: parent, Since: begin, Now: func() time.Time { return now }, Emit: func(Entry) error { told++; return nil }}
		if err := tail.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if told != want {
			t.Errorf("with a child %t: %d events are told, want %d", starts, told, want)
		}
		if !starts && logs.read > 3 {
			t.Errorf("%d lines were read of an execution of three", logs.read)
		}
	}
}

func TestSorterWaitsForGapsUntilPatienceIsOver(t *testing.T) {
	now := time.Unix(0, 0)
	s := Sorter{Patience: 3 * time.Second}
	event := func(id int64) Event {
		return Event{Execution: "a", Event: &history.Event{ID: id, Type: history.PassStateEntered}}
	}
	ids := func() []int64 {
		var list []int64
		for _, e := range s.Ready(now, time.Time{}) {
			list = append(list, e.ID)
		}
		return list
	}
	s.Add(event(1), now)
	s.Add(event(3), now)
	s.Add(event(3), now)
	if got := ids(); !slices.Equal(got, []int64{1}) {
		t.Errorf("with a gap after 1: %v", got)
	}
	now = now.Add(2 * time.Second)
	if got := ids(); got != nil {
		t.Errorf("before patience is over: %v", got)
	}
	s.Add(event(2), now)
	if got := ids(); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("after the gap was filled: %v", got)
	}
	s.Add(event(7), now)
	now = now.Add(4 * time.Second)
	if got := ids(); !slices.Equal(got, []int64{7}) {
		t.Errorf("after patience: %v", got)
	}
	s.Add(event(4), now)
	if got := ids(); got != nil {
		t.Errorf("an event that comes after its successors were told: %v", got)
	}
}

func TestClaimFindsTheInvocationOfATask(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(1_700_000_000_000 + ms)) }
	var b Invocations
	for _, line := range []struct {
		ms           int
		stream, text string
	}{
		{0, "s1", "START RequestId: r-1 Version: 3\n"}, {5, "s1", "first says\n"}, {0, "s2", "START RequestId: r-2 Version: 3\n"},
		{6, "s2", `{"level":"WARN","msg":"slow","requestId":"r-2","ms":5}`}, {9, "s1", "END RequestId: r-1\n"}, {10, "s1", "REPORT RequestId: r-1\n"},
		{2000, "s2", "END RequestId: r-2\n"},
	} {
		b.Add("pay", LogLine{Time: at(line.ms), Stream: line.stream, Text: line.text})
	}
	parameters := history.Verbatim(`{"FunctionName":"arn:aws:lambda:us-east-1:0:function:pay:3"}`)
	failed := &Attempt{Parameters: parameters, Scheduled: at(-1), Ended: at(12)}
	task := &Entry{Story: NewStory("e"), Scene: Scene{Step: &Step{Name: "s"}}}
	if in := b.claim(failed, task, true); in == nil || in.RequestID != "r-1" || len(in.Lines) != 1 {
		t.Errorf("a failed attempt got %+v, want r-1 by its time", in)
	}
	if in := b.claim(failed, task, true); in != nil {
		t.Errorf("claimed twice: %+v", in)
	}
	in := b.claim(&Attempt{Parameters: parameters, RequestID: "r-2", Ended: at(2001)}, task, false)
	if in == nil || len(in.Lines) != 1 {
		t.Fatalf("by request id: %+v", in)
	}
	if got := Said(in.Lines[0].Text); !strings.HasPrefix(got, "WARN slow ms=5") {
		t.Errorf("said %q", got)
	}
}
