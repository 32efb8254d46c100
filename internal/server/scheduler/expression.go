package scheduler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expression says when a schedule fires: the first time after another. ok is false where there is none.
type expression interface {
	next(after time.Time) (at time.Time, ok bool)
}

// parse reads rate(…), at(…) and cron(…); created is when a rate begins.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func parse(text string, zone *time.Location, created time.Time) (expression, error) {
	name, rest, _ := strings.Cut(text, "(")
	arg, closed := strings.CutSuffix(rest, ")")
	if closed {
		switch name {
		case "rate":
			return parseRate(arg, created)
		case "at":
			at, err := time.ParseInLocation("2006-01-02T15:04:05", arg, zone)
			return once{at}, err
		case "cron":
			return parseCron(arg, zone)
		}
	}
	return nil, fmt.Errorf("%q is no schedule expression", text)
}

type once struct{ at time.Time }

func (o once) next(after time.Time) (time.Time, bool) { return o.at, o.at.After(after) }

// rate fires at once, and then each period after.
type rate struct {
	from   time.Time
	period time.Duration
}

func parseRate(arg string, from time.Time) (expression, error) {
	number, unit, _ := strings.Cut(arg, " ")
	n, err := strconv.Atoi(number)
	period := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(unit, "s")]
	if err != nil || n < 1 || period == 0 {
		return nil, fmt.Errorf("rate(%s) is no number of minutes, hours or days", arg)
	}
	return rate{from, time.Duration(n) * period}, nil
}

func (r rate) next(after time.Time) (time.Time, bool) {
	if after.Before(r.from) {
		return r.from, true
	}
	return r.from.Add((after.Sub(r.from)/r.period + 1) * r.period), true
}

// cron is "minutes hours day-of-month month day-of-week year".
type cron struct {
	zone                          *time.Location
	minutes, hours, months, years []int // sorted
	days                          func(day time.Time) bool
}

var (
	monthNames = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// firstYear and lastYear are what AWS takes.
const firstYear, lastYear = 1970, 2199

func parseCron(arg string, zone *time.Location) (expression, error) {
	fields := strings.Fields(arg)
	if len(fields) != 6 {
		return nil, fmt.Errorf("cron(%s) has %d fields, not 6", arg, len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return nil, fmt.Errorf("cron(%s) has ? for the day of the month or of the week, one of them", arg)
	}
	c := cron{zone: zone}
	var err error
	for _, f := range []struct {
		to       *[]int
		text     string
		min, max int
		names    []string
	}{{&c.minutes, fields[0], 0, 59, nil}, {&c.hours, fields[1], 0, 23, nil}, {&c.months, fields[3], 1, 12, monthNames}, {&c.years, fields[5], firstYear, lastYear, nil}} {
		if *f.to, err = values(f.text, f.min, f.max, f.names); err != nil {
			return nil, fmt.Errorf("cron(%s): %w", arg, err)
		}
	}
	if fields[2] != "?" {
		c.days, err = daysOfMonth(fields[2])
	} else {
		c.days, err = daysOfWeek(fields[4])
	}
	if err != nil {
		return nil, fmt.Errorf("cron(%s): %w", arg, err)
	}
	return c, nil
}

// values reads a field of *, lists, ranges and steps.
func values(text string, least, most int, names []string) ([]int, error) {
	var all []int
	for _, part := range strings.Split(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, step := least, most, 1
		if span != "*" {
			a, b, ranged := strings.Cut(span, "-")
			var err error
			if from, err = one(a, least, most, names); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				if to, err = one(b, least, most, names); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
		}
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q is no step", stepText)
			}
		}
		for v := from; v <= to; v += step {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func one(text string, least, most int, names []string) (int, error) {
	if i := slices.Index(names, strings.ToUpper(text)); i > 0 {
		return i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not from %d to %d", text, least, most)
	}
	return n, nil
}

func lastOfMonth(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, day.Location()).Day()
}

// daysOfMonth reads L (the last day), 15W (the weekday nearest to the 15th) and what values reads.
func daysOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(d time.Time) bool { return d.Day() == lastOfMonth(d) }, nil
	}
	if number, ok := strings.CutSuffix(text, "W"); ok {
		n, err := one(number, 1, 31, nil)
		return func(d time.Time) bool { return d.Day() == nearestWeekday(d, n) }, err
	}
	list, err := values(text, 1, 31, nil)
	return func(d time.Time) bool { return slices.Contains(list, d.Day()) }, err
}

// nearestWeekday is the day in d's month, from Monday to Friday, that is nearest to the nth.
func nearestWeekday(d time.Time, n int) int {
	last := lastOfMonth(d)
	if n > last {
		return 0
	}
	switch time.Date(d.Year(), d.Month(), n, 0, 0, 0, 0, d.Location()).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == last {
			return n - 2
		}
		return n + 1
	}
	return n
}

// daysOfWeek reads 6L (the last Friday), 6#3 (the third Friday) and what values reads; 1 is Sunday.
func daysOfWeek(text string) (func(time.Time) bool, error) {
	if number, ok := strings.CutSuffix(text, "L"); ok {
		if number == "" {
			number = "7" // Saturday
		}
		n, err := one(number, 1, 7, dayNames)
		return func(d time.Time) bool { return int(d.Weekday())+1 == n && d.Day() > lastOfMonth(d)-7 }, err
	}
	if day, nth, ok := strings.Cut(text, "#"); ok {
		n, err := one(day, 1, 7, dayNames)
		if err != nil {
			return nil, err
		}
		k, err := one(nth, 1, 5, nil)
		return func(d time.Time) bool { return int(d.Weekday())+1 == n && (d.Day()-1)/7+1 == k }, err
	}
	list, err := values(text, 1, 7, dayNames)
	return func(d time.Time) bool { return slices.Contains(list, int(d.Weekday())+1) }, err
}

// next looks day by day. A time that the clock skips in spring is not fired on that day.
func (c cron) next(after time.Time) (time.Time, bool) {
	after = after.In(c.zone)
	for day := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, c.zone); day.Year() <= c.years[len(c.years)-1]; day = day.AddDate(0, 0, 1) {
		if !slices.Contains(c.years, day.Year()) || !slices.Contains(c.months, int(day.Month())) || !c.days(day) {
			continue
		}
		for _, h := range c.hours {
			for _, m := range c.minutes {
				at := time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, c.zone)
				if at.After(after) && at.Hour() == h {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}
