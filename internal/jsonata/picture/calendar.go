package picture

import "math"

const (
	dayMillis  = 24 * 60 * 60 * 1000
	weekMillis = 7 * dayMillis
	maxMillis  = 8.64e15 // the largest time of JavaScript's Date, either side of 1970
)

// moment is a time in UTC, taken apart. Where the time is not one of JavaScript's, every part is NaN.
type moment struct {
	millis                                                    float64
	year, month, day, weekday, hour, minute, second, fraction float64 // month 0-11, weekday 1-7 from Monday
}

func momentOf(millis float64) moment {
	millis = clip(millis)
	days := math.Floor(millis / dayMillis)
	rest := millis - days*dayMillis
	m := moment{millis: millis}
	m.year, m.month, m.day = civil(days)
	m.weekday = mod(days+3, 7) + 1
	m.hour, rest = math.Floor(rest/3_600_000), math.Mod(rest, 3_600_000)
	m.minute, rest = math.Floor(rest/60_000), math.Mod(rest, 60_000)
	m.second, m.fraction = math.Floor(rest/1000), math.Mod(rest, 1000)
	return m
}

// clip is ECMAScript's TimeClip.
func clip(millis float64) float64 {
	if math.Abs(millis) > maxMillis {
		return math.NaN()
	}
	return math.Trunc(millis)
}

// mod is the remainder of a by b that has b's sign.
func mod(a, b float64) float64 { return a - b*math.Floor(a/b) }

// civil is the date of a count of days since 1970-01-01, in the proleptic Gregorian calendar; month from 0.
func civil(days float64) (year, month, day float64) {
	z := days + 719468 // since 0000-03-01, so that leap days come last
	era := math.Floor(z / 146097)
	doe := z - era*146097
	yoe := math.Floor((doe - math.Floor(doe/1460) + math.Floor(doe/36524) - math.Floor(doe/146096)) / 365)
	doy := doe - (365*yoe + math.Floor(yoe/4) - math.Floor(yoe/100))
	mp := math.Floor((5*doy + 2) / 153)
	day = doy - math.Floor((153*mp+2)/5) + 1
	month = mod(mp+2, 12)
	year = yoe + era*400
	if month < 2 {
		year++
	}
	return year, month, day
}

// daysTo is the count of days since 1970-01-01 up to the first of a month, which may lie outside 0 to 11.
func daysTo(year, month float64) float64 {
	year += math.Floor(month / 12)
	month = mod(month, 12)
	if month < 2 {
		year--
	}
	era := math.Floor(year / 400)
	yoe := year - era*400
	doy := math.Floor((153*mod(month+10, 12) + 2) / 5)
	return era*146097 + yoe*365 + math.Floor(yoe/4) - math.Floor(yoe/100) + doy - 719468
}

// utc is JavaScript's Date.UTC: years from 0 to 99 are of the 20th century.
func utc(year, month, day, hour, minute, second, millis float64) float64 {
	year = math.Trunc(year)
	if year >= 0 && year <= 99 {
		year += 1900
	}
	days := daysTo(year, math.Trunc(month)) + math.Trunc(day) - 1
	time := math.Trunc(hour)*3_600_000 + math.Trunc(minute)*60_000 + math.Trunc(second)*1000 + math.Trunc(millis)
	return clip(days*dayMillis + time)
}

func date(year, month, day float64) float64 { return utc(year, month, day, 0, 0, 0, 0) }

// firstWeek is where the first week of a month starts, of a year where month is 0: the one that has its first Thursday.
func firstWeek(year, month float64) float64 {
	first := date(year, month, 1)
	weekday := momentOf(first).weekday
	if weekday > 4 {
		return first + (8-weekday)*dayMillis
	}
	return first - (weekday-1)*dayMillis
}

func (m moment) today() float64 { return date(m.year, m.month, m.day) }

func (m moment) weekOfYear() float64 {
	return week(m.today(), firstWeek(m.year, 0), firstWeek(m.year+1, 0), firstWeek(m.year-1, 0), 52)
}

func (m moment) weekOfMonth() float64 {
	next, previous := m.near(1), m.near(-1)
	return week(m.today(), firstWeek(m.year, m.month), firstWeek(next.year, next.month), firstWeek(previous.year, previous.month), 4)
}

// near is the month after m's, or before it.
func (m moment) near(by float64) moment {
	month := m.month + by
	return moment{year: m.year + math.Floor(month/12), month: mod(month, 12)}
}

// week counts the weeks from start to today, where a period has that many weeks at least; days before or after the period's
// weeks belong to the previous one or to the next.
func week(today, start, next, previous, least float64) float64 {
	n := (today-start)/weekMillis + 1
	switch {
	case n > least && today >= next:
		return 1
	case n < 1:
		n = (today-previous)/weekMillis + 1
	}
	return math.Floor(n)
}

// weekYear is the year that the week belongs to.
func (m moment) weekYear() float64 {
	switch {
	case m.millis < firstWeek(m.year, 0):
		return m.year - 1
	case m.millis >= firstWeek(m.year+1, 0):
		return m.year + 1
	}
	return m.year
}

// weekMonth is the month, from 1, that the week belongs to.
func (m moment) weekMonth() float64 {
	next := m.near(1)
	switch {
	case m.millis < firstWeek(m.year, m.month):
		return m.near(-1).month + 1
	case m.millis >= firstWeek(next.year, next.month):
		return next.month + 1
	}
	return m.month + 1
}

// part is the number that a picture's component stands for; false where it is none.
func (m moment) part(component byte) (float64, bool) {
	switch component {
	case 'Y':
		return m.year, true
	case 'M':
		return m.month + 1, true
	case 'D':
		return m.day, true
	case 'd':
		return (m.today()-date(m.year, 0, 1))/dayMillis + 1, true
	case 'F':
		return m.weekday, true
	case 'W':
		return m.weekOfYear(), true
	case 'w':
		return m.weekOfMonth(), true
	case 'X':
		return m.weekYear(), true
	case 'x':
		return m.weekMonth(), true
	case 'H':
		return m.hour, true
	case 'h':
		if h := math.Mod(m.hour, 12); h != 0 {
			return h, true
		}
		return 12, true
	case 'm':
		return m.minute, true
	case 's':
		return m.second, true
	case 'f':
		return m.fraction, true
	}
	return 0, false
}
