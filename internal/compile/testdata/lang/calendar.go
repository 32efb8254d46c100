package lang

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stride-aws/stride/flow"
)

// Calendar are functions of package time.
var Calendar = []Case{
	Of("calendar", calendarCase, nil, manyTimes(0), manyTimes(2*60*60), manyTimes(-(9*60+30)*60)),
	Of("add-date", addDateCase, nil, manyTimes(0), manyTimes(5*60*60)),
	Of("now-retried", nowRetried, named("fine"), named("busy")),
	Of("time-parse", timeParse, "2024-01-02", "2024-1-02", "2024-13-02", "2024-00-02", "2024-02-30", "2023-02-29", "2024-02-29", "2024-01-00", "2024-01-02x", "", "20x4-01-02", "2024/01-02", "0000-12-31",
		"2024-01-02 03:04:05", "2024-01-02   23:59:59.25", "2024-01-02 ", "2024-01-02x03:04:05", "2024-01-02 24:00:00", "2024-01-02 3:04:05", "2024-02-31 03:04:05", "2024-02-28 30:04:05", "2024-02-28 012:04:05", "2024-01-02 03:04:05 ", "a\"b\\",
		"2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123456789123Z", "2024-01-02T03:04:05,500+02:00", "2024-01-02T24:04:05Z", "2024-01-02T03:60:05Z", "2024-01-02T03:04:60Z", "2024-01-02T03:04:05+25:00",
		"2024-01-02T03:04:05", "2024-01-02T03:04:05z", "2024-01-02T03:04:05-00:00", "2024-02-31T03:04:05+25:00", "2024-01-02T03:04:05+02:61", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05+0200", "2024-01-02T03:04:05.000-09:30", "2024-01-02T03:04:05Zx"),
	Of("durations-rounded", durationsRounded, 0, time.Second, -time.Second, 1499*time.Millisecond, 1500*time.Millisecond, -1500*time.Millisecond, 36*time.Hour+29*time.Second+999*time.Microsecond),
	Of("made-times", madeTimes, zero, one, many, Thing{N: 13}, Thing{N: 60, F: 1}),
}

// manyTimes are times in a zone: ends of months and years, leap days, the first year and the last, and any.
func manyTimes(offset int) (out []time.Time) {
	zone := time.FixedZone("", offset)
	if offset == 0 {
		zone = time.UTC
	}
	for _, day := range []string{"0001-01-02", "0004-02-29", "1582-10-15", "1899-12-31", "1900-02-28", "1969-12-31", "1970-01-01", "1999-12-31", "2000-02-29",
		"2001-01-31", "2023-02-28", "2024-02-29", "2024-12-30", "2026-07-05", "2100-02-28", "9998-12-30"} {
		for _, clock := range []string{"00:00:00", "00:59:59.999", "12:00:00.5", "13:01:02.030", "23:59:59"} {
			t, err := time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, zone)
			if err != nil {
				panic(err)
			}
			out = append(out, t)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		out = append(out, time.UnixMilli(random.Int64N(4e12)-1e12).In(zone))
	}
	return out
}

// calendarCase reads and writes what the calendar shows.
func calendarCase(c flow.Context, list []time.Time) (out []string, err error) {
	for _, t := range list {
		out = append(out,
			fmt.Sprint(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.YearDay(), t.Weekday(), t.Unix()),
			t.Format(time.RFC3339), t.Format(time.DateOnly), t.Format(time.DateTime), t.Format(time.Kitchen), t.Format(time.ANSIC), t.Format(time.RFC1123Z),
			t.Format("20060102T150405.000Z0700 Jan January Januar 1/2/06 _2006 15h pm 03-04-5 -07:00"),
			t.UTC().Format(time.RFC822Z), t.In(time.UTC).Format("15:04.00"),
		)
		if t.Weekday() == time.Sunday || t.Month() == time.February {
			out = append(out, t.Month().String()+t.Weekday().String())
		}
	}
	_, err = flow.Call(c, Double, len(out))
	return out, err
}

// addDateCase adds months and days, and cuts what is less than a unit.
func addDateCase(c flow.Context, list []time.Time) (out []string, err error) {
	for i, t := range list {
		out = append(out,
			t.AddDate(0, 1, 0).UTC().Format(time.RFC3339), t.AddDate(1, -13, i-100).UTC().Format(time.RFC3339), t.AddDate(0, 0, -1).UTC().Format(time.RFC3339),
			t.UTC().Truncate(time.Hour).Format(time.RFC3339), t.UTC().Truncate(7*24*time.Hour).Format("2006-01-02 15:04:05.000"),
		)
		age := t.Sub(list[0])
		if age < 1000*time.Hour {
			out = append(out, fmt.Sprint(age.Truncate(time.Minute).Seconds() > 60, age.Hours() < 1.5, age.Minutes() == 0.5))
		}
	}
	_, err = flow.Call(c, Double, len(out))
	return out, err
}

type parsedTimes struct {
	Day, At, Exact    time.Time
	NoDay, NoAt, None string
}

// timeParse is the times in a text, or why there are none.
func timeParse(c flow.Context, s string) (out parsedTimes, err error) {
	if out.Day, err = time.Parse(time.DateOnly, s); err != nil {
		out.NoDay = err.Error()
	}
	if out.At, err = time.Parse(time.DateTime, s); err != nil {
		out.NoAt = err.Error()
	}
	if out.Exact, err = time.Parse(time.RFC3339Nano, s); err != nil {
		out.None = err.Error()
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return out, nil
	}
	_, err = flow.Call(c, Log, at.UTC().Format(time.DateTime))
	return out, err
}

// durationsRounded rounds halves away from zero, and orders times.
func durationsRounded(c flow.Context, d time.Duration) ([]int64, error) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := flow.Call(c, Double, at.Compare(at.Add(d))); err != nil {
		return nil, err
	}
	return []int64{int64(d.Round(time.Second)), int64(d.Round(time.Minute)), d.Abs().Microseconds(), int64(d.Round(7 * time.Millisecond))}, nil
}

// nowRetried tells a handler the time, which is the same when the step is tried again.
func nowRetried(c flow.Context, in Thing) (Part, error) {
	flow.Sleep(c, time.Minute)
	in.Note = flow.Now(c).Format(time.DateTime)
	return flow.Call(c, Risky, Thing{Name: in.Name, Note: in.Note, When: flow.Now(c)}, flow.Retry{On: []error{&Busy{}}, MaxAttempts: 2, Interval: time.Minute, FullJitter: true})
}

// madeTimes makes times of numbers.
func madeTimes(c flow.Context, in Thing) ([]time.Time, error) {
	first := time.Date(2024, 2, 30, 25, 0, 0, 5e6, time.UTC)
	made := time.Date(2000+in.N, time.Month(in.N), in.N+1, in.N, in.N, 59, 0, time.UTC)
	if _, err := flow.Call(c, Log, made.Format(time.RFC3339)+time.Month(max(in.N, 0)).String()); err != nil {
		return nil, err
	}
	return []time.Time{first, first.AddDate(0, in.N, 0).Truncate(24 * time.Hour), made.Add(90 * time.Minute)}, nil
}
