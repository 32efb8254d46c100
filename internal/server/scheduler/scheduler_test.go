package scheduler

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/server/wire"
)

// TestNext: the first times of each kind of expression after a Friday noon in Berlin.
func TestNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 27, 12, 0, 0, 0, berlin)
	for _, tt := range []struct{ expression, want string }{
		{"rate(5 minutes)", "27 12:05, 27 12:10"}, {"rate(1 day)", "28 12:00, 29 13:00"}, // 24 hours, whatever the clocks do
		{"at(2026-03-30T08:00:00)", "30 08:00"}, {"at(2026-03-20T08:00:00)", ""},
		{"cron(0 9 * * ? *)", "28 09:00, 29 09:00"}, {"cron(15/20 12 ? * FRI *)", "27 12:15, 27 12:35"}, {"cron(30 2 * * ? *)", "28 02:30, 30 02:30"}, // on the 29th there is none
		{"cron(0 0 L * ? *)", "31 00:00, 30 00:00"}, {"cron(0 0 29W * ? *)", "30 00:00, 29 00:00"}, {"cron(0 10 ? * 6L *)", "24 10:00, 29 10:00"},
		{"cron(0 10 ? * 2#1 *)", "06 10:00, 04 10:00"}, {"cron(0 0 1 JAN,JUL ? 2027)", "01 00:00, 01 00:00"}, {"cron(0 0 1 1 ? 2020)", ""},
	} {
		e, err := parse(tt.expression, berlin, noon)
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		got, at := "", noon
		for range 2 {
			next, ok := e.next(at)
			if !ok {
				break
			}
			if got != "" {
				got += ", "
			}
			got, at = got+next.In(berlin).Format("02 15:04"), next
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.expression, got, tt.want)
		}
	}
	for _, bad := range []string{"", "rate()", "rate(0 minutes)", "rate(5 fortnights)", "at(tomorrow)", "cron(0 9 * * *)", "cron(0 9 * * * *)", "cron(0 9 ? * ? *)", "cron(60 9 * * ? *)", "cron(0 9 * * ? *", "cron(0/0 9 * * ? *)"} {
		if _, err := parse(bad, berlin, noon); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzParse: no text makes it panic, and what was parsed fires after the time that it is asked about.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"rate(3 hours)", "cron(0/7 1-5,9 L JAN-MAR ? 2026-2030)", "cron(1 2 ? * MON#2 *)", "at(2026-01-01T00:00:00)"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text, time.UTC, now)
		if err != nil {
			return
		}
		if at, ok := e.next(now); ok && !at.After(now) {
			t.Errorf("%s fires at %s", text, at)
		}
	})
}

// TestFires: a schedule starts its target at once and each period after, on a clock that jumps; disabled or deleted it does not.
func TestFires(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC) // finer than what AWS keeps of a time
	clock := machine.NewVirtualClock(begin)
	type start struct{ Target, Role, Input, After string }
	fired := make(chan start)
	clock.Hold(1) // the test: time stands still until it waits
	s := New(Options{Clock: clock, Start: func(_, _, target, role, input string) {
		fired <- start{target, role, input, clock.Now().Sub(begin).Round(time.Second).String()}
	}})
	defer s.Close()
	rt := wire.NewRouter(false)
	rt.Register("scheduler", s)
	server := httptest.NewServer(rt)
	defer server.Close()
	c := scheduler.New(scheduler.Options{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	create := func(name string, state types.ScheduleState) {
		t.Helper()
		_, err := c.CreateSchedule(t.Context(), &scheduler.CreateScheduleInput{Name: &name, ScheduleExpression: aws.String("rate(1 hour)"), State: state,
			FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
			Target:             &types.Target{Arn: &name, RoleArn: aws.String("role"), Input: aws.String(`{"a":1}`)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	create("off", types.ScheduleStateDisabled)
	create("on", types.ScheduleStateEnabled)
	first := <-fired
	clock.Hold(-1)
	second := <-fired
	want := []start{{"on", "role", `{"a":1}`, "0s"}, {"on", "role", `{"a":1}`, "1h0m0s"}}
	if diff := cmp.Diff(want, []start{first, second}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	go func() { // what fires until it is deleted
		for range fired {
		}
	}()
	if _, err := c.DeleteSchedule(t.Context(), &scheduler.DeleteScheduleInput{Name: aws.String("on")}); err != nil {
		t.Fatal(err)
	}
	out, err := c.ListSchedules(t.Context(), &scheduler.ListSchedulesInput{})
	if err != nil || len(out.Schedules) != 1 || aws.ToString(out.Schedules[0].Name) != "off" {
		t.Errorf("%v, %v", out, err)
	}
}
