package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/plan"
)

// wristwatch is a clock that runs only while somebody sleeps. at is called when it shows a time.
type wristwatch struct {
	now time.Time
	at  func(now time.Time)
}

func (w *wristwatch) worn(c *Clients) *Clients {
	c.Now = func() time.Time { return w.now }
	c.Sleep = func(ctx context.Context, d time.Duration) error {
		w.now = w.now.Add(d)
		if w.at != nil {
			w.at(w.now)
		}
		return ctx.Err()
	}
	return c
}

// canary is the shop at a generation with a rollout that watches alarm "broken", and without triggers, which come after it.
func canary(t *testing.T, place plan.Place, generation int, r plan.Rollout) (*plan.Desired, map[string]string) {
	d, zips := shop(t, place, generation)
	d.Machines[0].Rollout, d.Triggers = r, nil
	delete(d.Machines[0].Tags, plan.TagTriggers)
	return d, zips
}

var tenPercent = plan.Rollout{Type: plan.Canary, Percentage: 10, Interval: time.Minute, Alarms: []string{"broken"}}

// putAlarm makes alarm "broken", which counts the failed executions of the machine.
func putAlarm(t *testing.T, c *Clients, place plan.Place) {
	t.Helper()
	_, err := c.Alarms.(*cloudwatch.Client).PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("broken"), Namespace: aws.String("AWS/States"), MetricName: aws.String("ExecutionsFailed"),
		Dimensions: []cwtypes.Dimension{{Name: aws.String("StateMachineArn"), Value: aws.String(place.ARN("states", "stateMachine:test-orders"))}},
		Statistic:  cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: aws.String("notBreaching"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sound sets the alarm off, or quiet again.
func sound(t *testing.T, c *Clients, state cwtypes.StateValue, reason string) {
	t.Helper()
	_, err := c.Alarms.(*cloudwatch.Client).SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("broken"), StateValue: state, StateReason: &reason})
	if err != nil {
		t.Fatal(err)
	}
}

// routes are the alias's versions with their weights: "1:90 2:10".
func routes(t *testing.T, c *Clients, place plan.Place) string {
	t.Helper()
	a, err := c.describeAlias(t.Context(), place.ARN("states", "stateMachine:test-orders"))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s:%d", plan.VersionOf(a.Version), 100-a.Weight)
	if a.Next != "" {
		text += fmt.Sprintf(" %s:%d", plan.VersionOf(a.Next), a.Weight)
	}
	return text
}

// rollingOut has generation 1 deployed, with the alarm, and gives what deploys generation 2 with r.
func rollingOut(t *testing.T, r plan.Rollout) (c *cloud, w *wristwatch, place plan.Place, next func(ctx context.Context) error) {
	t.Helper()
	c = newCloud(t)
	w = &wristwatch{now: time.Now()}
	place = identify(t, c.clients())
	putAlarm(t, c.clients(), place)
	d, zips := canary(t, place, 1, r)
	must(t, c, d, zips)
	d, zips = canary(t, place, 2, r)
	return c, w, place, func(ctx context.Context) error {
		_, err := deployment(ctx, w.worn(c.clients()), d, zips)
		return err
	}
}

// TestRollout: the alias takes the steps of each type, an interval apart.
func TestRollout(t *testing.T) {
	for _, tt := range []struct {
		name    string
		rollout plan.Rollout
		want    []string
		takes   time.Duration
	}{
		{"all at once", plan.Rollout{}, nil, 0},
		{"canary", tenPercent, []string{"1:90 2:10"}, time.Minute},
		{"linear", plan.Rollout{Type: plan.Linear, Percentage: 40, Interval: time.Hour}, []string{"1:60 2:40", "1:20 2:80"}, 2 * time.Hour},
		{"bake", plan.Rollout{Alarms: []string{"broken"}, Bake: 5 * time.Minute}, []string{"2:100"}, 5 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, w, place, next := rollingOut(t, tt.rollout)
			begun := w.now
			var seen []string
			w.at = func(time.Time) {
				if now := routes(t, c.clients(), place); !slices.Contains(seen, now) {
					seen = append(seen, now)
				}
			}
			if err := next(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, seen); diff != "" {
				t.Errorf("steps, -want +got:\n%s", diff)
			}
			if d := w.now.Sub(begun); d != tt.takes {
				t.Errorf("it took %s, want %s", d, tt.takes)
			}
			if got := routes(t, c.clients(), place); got != "2:100" {
				t.Errorf("at the end the alias has %s", got)
			}
		})
	}
}

// TestRollback: an alarm takes the alias back, the deploy says why, and the next one tries again.
func TestRollback(t *testing.T) {
	bake := plan.Rollout{Type: plan.AllAtOnce, Alarms: []string{"broken"}, Bake: time.Minute}
	for name, r := range map[string]plan.Rollout{"while shifting": tenPercent, "while baking": bake} {
		t.Run(name, func(t *testing.T) {
			c, w, place, next := rollingOut(t, r)
			w.at = func(time.Time) { sound(t, c.clients(), cwtypes.StateValueAlarm, "3 orders failed") }
			err := next(t.Context())
			if want := "alarm broken is in ALARM (3 orders failed); rolled back to version 1"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the deploy says %v, want %s", err, want)
			}
			if got := routes(t, c.clients(), place); got != "1:100" {
				t.Errorf("the alias has %s", got)
			}
			w.at = nil
			if err := next(t.Context()); err == nil || !strings.Contains(err.Error(), "the alias has not moved") {
				t.Errorf("with the alarm on, the next deploy says %v", err)
			}
			sound(t, c.clients(), cwtypes.StateValueOk, "mended")
			if err := next(t.Context()); err != nil {
				t.Error(err)
			}
			if got := routes(t, c.clients(), place); got != "2:100" {
				t.Errorf("the alias has %s", got)
			}
		})
	}
}

// TestRollbackOnFailures: no alarm is set by hand: executions of the new version fail, and the alarm on AWS/States sees it.
func TestRollbackOnFailures(t *testing.T) {
	r := tenPercent
	r.Percentage = 99
	c, w, place, next := rollingOut(t, r)
	w.at = func(now time.Time) {
		clients := c.clients()
		out, err := clients.States.(*sfn.Client).StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: aws.String(place.ARN("states", "stateMachine:test-orders:2"))}) // its functions answer nothing: they are shell scripts
		if err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, clients, aws.ToString(out.ExecutionArn))
	}
	if err := next(t.Context()); err == nil || !strings.Contains(err.Error(), "Threshold Crossed: 1 datapoints [1]") {
		t.Errorf("the deploy says %v", err)
	}
}

// awaitEnd waits until an execution has ended, and returns its status.
func awaitEnd(t *testing.T, c *Clients, execution string) string {
	t.Helper()
	for {
		out, err := c.States.(*sfn.Client).DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			t.Fatal(err)
		}
		if out.Status != "RUNNING" {
			return string(out.Status)
		}
	}
}

// TestRolloutMissingAlarm: an alarm that is not there would never go off, so the plan refuses.
func TestRolloutMissingAlarm(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := canary(t, place, 1, tenPercent)
	must(t, c, d, zips)
	d, _ = canary(t, place, 2, tenPercent)
	actual, err := c.clients().Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Make(d, actual)
	if len(p.Problems) != 1 || !p.Problems[0].Fatal || p.Problems[0].Resource != "alarm broken" {
		t.Errorf("the plan's problems are %v", p.Problems)
	}
}

// TestRolloutKilled: the process dies after each call of a rollout. The next one resumes it and ends where it should; the interval
// that had begun is not begun again.
func TestRolloutKilled(t *testing.T) {
	linear := plan.Rollout{Type: plan.Linear, Percentage: 30, Interval: time.Minute, Alarms: []string{"broken"}}
	for n := 1; ; n++ {
		c, _, place, next := rollingOut(t, linear)
		if !killedAt(t, c, n, next) {
			t.Logf("killed after each of %d calls", n-1)
			return
		}
		before := routes(t, c.clients(), place)
		if err := next(t.Context()); err != nil {
			t.Fatalf("killed after call %d at %s: %v", n, before, err)
		}
		if got := routes(t, c.clients(), place); got != "2:100" {
			t.Errorf("killed after call %d at %s: the alias ends with %s", n, before, got)
		}
	}
}

// TestRolloutFaults: each call of a rollout fails once, in each way: the deploy gets over it or says so, and the alias is never left
// where nobody says it is.
func TestRolloutFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				c, _, place, next := rollingOut(t, tenPercent)
				another := c.fault(n, tt.fault, tt.survives)
				err := next(t.Context())
				c.reset()
				more = another()
				if got := routes(t, c.clients(), place); err == nil && got != "2:100" || err != nil && (got == "2:100" || tt.survives) {
					t.Errorf("call %d: the deploy says %v, and the alias has %s", n, err, got)
				}
				if err := next(t.Context()); err != nil {
					t.Errorf("call %d: the next deploy says %v", n, err)
				}
				if got := routes(t, c.clients(), place); got != "2:100" {
					t.Errorf("call %d: the alias ends with %s", n, got)
				}
			}
		})
	}
}

// TestRolloutOvertaken: another deploy begins a rollout in the middle of one. It wins; the first says so. A rollback by hand in the
// middle is not undone either.
func TestRolloutOvertaken(t *testing.T) {
	c, w, place, next := rollingOut(t, tenPercent)
	third, zips := canary(t, place, 3, tenPercent)
	w.at = func(time.Time) {
		w.at = nil
		if _, err := deployment(t.Context(), (&wristwatch{now: w.now}).worn(c.clients()), third, zips); err != nil {
			t.Error(err)
		}
	}
	if err := next(t.Context()); err == nil || !strings.Contains(err.Error(), "another deploy moved it to version 3 meanwhile") {
		t.Errorf("the deploy that was overtaken says %v", err)
	}
	if got := routes(t, c.clients(), place); got != "3:100" {
		t.Errorf("the alias has %s", got)
	}

	c, w, place, next = rollingOut(t, tenPercent)
	w.at = func(time.Time) {
		w.at = nil
		versions, err := c.clients().MachineVersions(t.Context(), place, "test-orders")
		if err == nil {
			err = c.clients().MoveAlias(t.Context(), place, "test-orders", versions[1])
		}
		if err != nil {
			t.Error(err)
		}
	}
	if err := next(t.Context()); err == nil || !strings.Contains(err.Error(), "another deploy moved it to version 1 meanwhile") {
		t.Errorf("the deploy that was rolled back says %v", err)
	}
	if got := routes(t, c.clients(), place); got != "1:100" {
		t.Errorf("the alias has %s", got)
	}
}

// TestRolloutInterrupted: Ctrl-C in the middle of a rollout leaves it where it is.
func TestRolloutInterrupted(t *testing.T) {
	c, w, place, next := rollingOut(t, tenPercent)
	ctx, cancel := context.WithCancel(t.Context())
	w.at = func(time.Time) { cancel() }
	if err := next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the deploy says %v", err)
	}
	if got := routes(t, c.clients(), place); got != "1:90 2:10" {
		t.Errorf("the alias has %s", got)
	}
	d, _ := canary(t, place, 2, tenPercent)
	actual, err := c.clients().Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	plan.Make(d, actual).WriteText(&out, nil)
	if want := "version 1 (10% on 2) -> new: 10% for 1m, then all, watching broken"; !strings.Contains(out.String(), want) {
		t.Errorf("the plan does not say %q:\n%s", want, &out)
	}
}
