package cost

import (
	"math"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

func event(id, previous int64, ms int, t history.Type, d history.Details) *history.Event {
	return &history.Event{ID: id, PreviousID: previous, Time: time.UnixMilli(int64(ms)), Type: t, Details: &d}
}

func lambda(resource string) history.Details {
	return history.Details{ResourceType: "lambda", Resource: resource, Parameters: history.Verbatim(`{"FunctionName":"arn:aws:lambda:r:0:function:pay:3"}`)}
}

// retried is a task that fails once and is retried, then a Succeed state.
var retried = []*history.Event{
	event(1, 0, 0, history.ExecutionStarted, history.Details{}),
	event(2, 0, 0, history.Entered("Task"), history.Details{Name: "Pay"}),
	event(3, 2, 0, history.TaskScheduled, lambda("invoke")),
	event(4, 3, 0, history.TaskStarted, lambda("invoke")),
	event(5, 4, 100, history.TaskFailed, lambda("invoke")),
	event(6, 5, 1100, history.TaskScheduled, lambda("invoke")),
	event(7, 6, 1100, history.TaskStarted, lambda("invoke")),
	event(8, 7, 1400, history.TaskSucceeded, lambda("invoke")),
	event(9, 8, 1400, history.Exited("Task"), history.Details{Name: "Pay"}),
	event(10, 9, 1400, history.Entered("Succeed"), history.Details{Name: "Done"}),
	event(11, 10, 1450, history.ExecutionSucceeded, history.Details{}),
}

func TestOf(t *testing.T) {
	u := Of(retried, func(name string) int {
		if name != "pay" {
			t.Errorf("asked for function %q", name)
		}
		return 512
	})
	if u.Transitions != 3 || u.Invocations != 2 || u.Lambda != 400*time.Millisecond || u.Duration != 1450*time.Millisecond || u.Callbacks {
		t.Errorf("%+v", u)
	}
	if want := 0.4 * 0.5; math.Abs(u.LambdaGBs-want) > 1e-9 {
		t.Errorf("%v GB-s, want %v", u.LambdaGBs, want)
	}
}

func TestPrices(t *testing.T) {
	u := Usage{Transitions: 10, Duration: 1450 * time.Millisecond, MemoryMB: 50}
	for _, test := range []struct {
		what      string
		got, want float64
	}{
		{"a million Standard executions", u.Standard(1e6), 250},
		{"one Express execution: a request, and 1.5 s of 64 MB", u.Express(1), 0.000001 + 1.5*0.0625*0.00001667},
		{"an hour of 1 GB a thousand times over: the first tier's end", tiered(1000 * 3600), 60.012},
		{"the second tier", tiered(1000*3600 + 100), 60.012 + 100*0.00000833},
	} {
		if math.Abs(test.got-test.want) > 1e-9*max(1, test.want) {
			t.Errorf("%s: $%v, want $%v", test.what, test.got, test.want)
		}
	}
}

func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		usage    Usage
		standard bool
	}{
		{Usage{Transitions: 8, Duration: time.Second, MemoryMB: 50}, false},
		{Usage{Transitions: 8, Duration: time.Second, MemoryMB: 50, Callbacks: true}, true},
		{Usage{Transitions: 8, Duration: time.Hour, MemoryMB: 50}, true},
		{Usage{Transitions: 1, Duration: 4 * time.Minute, MemoryMB: 1000}, true},
	} {
		if standard, reason := test.usage.Advice(); standard != test.standard {
			t.Errorf("%+v: Standard %v (%s)", test.usage, standard, reason)
		}
	}
}

func TestMean(t *testing.T) {
	mean := Mean([]Usage{
		{Transitions: 4, Duration: time.Second, MemoryMB: 50, Invocations: 1, Lambda: 100 * time.Millisecond, LambdaGBs: 0.1},
		{Transitions: 8, Duration: 11 * time.Minute, MemoryMB: 90, Invocations: 3, Lambda: 300 * time.Millisecond, LambdaGBs: 0.3, Callbacks: true},
	})
	if mean.Transitions != 6 || mean.Invocations != 2 || mean.Lambda != 200*time.Millisecond || math.Abs(mean.LambdaGBs-0.2) > 1e-9 ||
		mean.MemoryMB != 90 || !mean.Callbacks || mean.Duration != 330500*time.Millisecond {
		t.Errorf("%+v", mean)
	}
	mean = Mean([]Usage{{Duration: time.Second}, {Duration: 8 * time.Minute}})
	if standard, reason := mean.Advice(); !standard {
		t.Errorf("one of two runs for 8 minutes: %s", reason)
	}
	if got := Mean(nil); got.Transitions != 0 {
		t.Errorf("of none: %+v", got)
	}
}

func TestRegions(t *testing.T) {
	u := Usage{Transitions: 10}
	for region, want := range map[string]float64{"": 0.25, "us-east-1": 0.25, "eu-central-1": 0.25, "sa-east-1": 0.375, "eu-west-3": 0.297} {
		if got := u.In(region).Standard(1000); math.Abs(got-want) > 1e-9 {
			t.Errorf("1000 executions in %q: $%v, want $%v", region, got, want)
		}
	}
}
