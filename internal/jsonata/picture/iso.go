package picture

import (
	"math"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

var iso8601 = lazyregexp.New(
	`^\d{4}(?:-[01]\d)*(?:-[0-3]\d)*(?:T[0-2]\d:[0-5]\d:[0-5]\d)*(?:\.\d+)?(?:[+-][0-2]\d:?[0-5]\d|Z)?$`)

// ParseISO8601 reads a time as $toMillis does without a picture: milliseconds since the epoch, NaN for dates that do not exist.
// The reference lets more than ISO 8601 through to JavaScript's Date.parse, so this is V8's, for that much. A time without a
// zone is UTC. Errors: D3110.
func ParseISO8601(s string) (millis float64, err error) {
	if x, ok := parseUsual(s); ok {
		return x, nil
	}
	if !iso8601.MatchString(s) {
		return 0, &Error{Code: "D3110", Value: value.OfString(s)}
	}
	sc := &dateScanner{src: s, zone: -1}
	next, ok := sc.iso()
	if !ok || !sc.legacy(next) {
		return math.NaN(), nil
	}
	return sc.time(), nil
}

// parseUsual reads the form that nearly all times have, 2006-01-02T15:04:05.000Z.
func parseUsual(s string) (float64, bool) {
	const form = "dddd-dd-ddTdd:dd:dd.dddZ"
	if len(s) != len(form) {
		return 0, false
	}
	var fields [7]int
	field := 0
	for i := range len(form) {
		switch {
		case form[i] == 'd' && s[i] >= '0' && s[i] <= '9':
			fields[field] = fields[field]*10 + int(s[i]-'0')
		case form[i] != 'd' && s[i] == form[i]:
			field++
		default:
			return 0, false
		}
	}
	year, month, day, hour, minute, second := fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	days := daysTo(float64(year), float64(month-1)) + float64(day-1)
	return days*dayMillis + float64(((hour*60+minute)*60+second)*1000+fields[6]), true
}

// token is a number, with its count of digits, or a single symbol; the zero token is the end.
type token struct {
	symbol byte // '0' for a number
	number int
	digits int
}

// dateScanner reads a date as V8's DateParser does: first by ECMAScript's format, and from where that fails by the older
// rules, which take numbers for year, month and day and numbers around colons for the time of day.
type dateScanner struct {
	src      string
	pos      int
	day      []int
	clock    []int
	strict   bool // the date is in ECMAScript's format
	zone     int  // minutes, with zoneSign; -1: none
	zoneSign int
}

func (sc *dateScanner) peek() token {
	if sc.pos >= len(sc.src) {
		return token{}
	}
	t := token{symbol: sc.src[sc.pos]}
	significant := 0
	for i := sc.pos; i < len(sc.src) && sc.src[i] >= '0' && sc.src[i] <= '9'; i++ {
		t.symbol = '0'
		t.digits++
		if digit := int(sc.src[i] - '0'); significant < 9 && (significant > 0 || digit > 0) {
			t.number = t.number*10 + digit
			significant++
		}
	}
	return t
}

func (sc *dateScanner) next() token {
	t := sc.peek()
	if t.symbol == '0' {
		sc.pos += t.digits
	} else if t.symbol != 0 {
		sc.pos++
	}
	return t
}

func (sc *dateScanner) skip(symbol byte) bool {
	if sc.peek().symbol != symbol {
		return false
	}
	sc.next()
	return true
}

// fixed reads a number of that many digits from least to most.
func (sc *dateScanner) fixed(digits, least, most int) (int, bool) {
	t := sc.peek()
	if t.symbol != '0' || t.digits != digits || t.number < least || t.number > most {
		return 0, false
	}
	sc.next()
	return t.number, true
}

// iso reads ECMAScript's date-time format. It gives back the token at which a date ends otherwise; a time that is wrong is final.
func (sc *dateScanner) iso() (unread token, ok bool) {
	year, _ := sc.fixed(4, 0, 9999)
	sc.day = append(sc.day, year)
	for _, most := range []int{12, 31} {
		if !sc.skip('-') {
			break
		}
		n, ok := sc.fixed(2, 1, most)
		if !ok {
			return sc.next(), true
		}
		sc.day = append(sc.day, n)
	}
	if sc.skip('T') {
		if !sc.isoTime() || !sc.isoZone() || sc.pos < len(sc.src) {
			return token{}, false
		}
	} else if sc.pos < len(sc.src) {
		return sc.next(), true
	}
	sc.strict = true
	return token{}, true
}

func (sc *dateScanner) isoTime() bool {
	hour, ok := sc.fixed(2, 0, 24)
	most := 59
	if hour == 24 {
		most = 0
	}
	if !ok || !sc.skip(':') {
		return false
	}
	minute, ok := sc.fixed(2, 0, most)
	if !ok || !sc.skip(':') {
		return false
	}
	second, ok := sc.fixed(2, 0, most)
	if !ok {
		return false
	}
	sc.clock = []int{hour, minute, second}
	if sc.skip('.') {
		t := sc.next()
		if hour == 24 && t.number > 0 {
			return false
		}
		sc.clock = append(sc.clock, milliseconds(t))
	}
	return true
}

// milliseconds are the first three digits of a fraction.
func milliseconds(t token) int {
	n, digits := t.number, min(t.digits, 9)
	for ; digits < 3; digits++ {
		n *= 10
	}
	for ; digits > 3; digits-- {
		n /= 10
	}
	return n
}

func (sc *dateScanner) isoZone() bool {
	sign := sc.peek().symbol
	if sign == 'Z' {
		sc.next()
		sc.setZone('+', 0, 0)
		return true
	}
	if sign != '+' && sign != '-' {
		return true
	}
	sc.next()
	if t := sc.peek(); t.digits == 4 {
		sc.next()
		sc.setZone(sign, t.number/100, t.number%100)
		return t.number/100 < 24 && t.number%100 < 60
	}
	hour, ok := sc.fixed(2, 0, 23)
	if !ok || !sc.skip(':') {
		return false
	}
	minute, ok := sc.fixed(2, 0, 59)
	sc.setZone(sign, hour, minute)
	return ok
}

func (sc *dateScanner) setZone(sign byte, hour, minute int) {
	sc.zone, sc.zoneSign = hour*60+minute, 1
	if sign == '-' {
		sc.zoneSign = -1
	}
}

// legacy reads what is left, from t on, by the older rules.
func (sc *dateScanner) legacy(t token) bool {
	for ; t.symbol != 0; t = sc.next() {
		ok := true
		switch t.symbol {
		case '0':
			ok = sc.legacyNumber(t)
		case 'Z':
			sc.setZone('+', 0, 0)
		case '+', '-':
			ok = sc.legacyZone(t.symbol)
		case 'T':
			ok = false
		}
		if !ok {
			return false
		}
	}
	return true
}

func (sc *dateScanner) legacyNumber(t token) bool {
	switch {
	case sc.skip(':'):
		sc.clock = append(sc.clock, t.number)
		return len(sc.clock) <= 4
	case sc.skip('.') && sc.expectsTime(t.number):
		sc.clock = append(sc.clock, t.number)
		ms := sc.next()
		sc.clock = append(sc.clock, milliseconds(ms))
		return ms.symbol == '0' && sc.finalTime()
	case sc.expectsTime(t.number):
		sc.clock = append(sc.clock, t.number)
		if end := sc.peek().symbol; end != 0 && end != 'Z' && end != '+' && end != '-' {
			return false
		}
		return sc.finalTime()
	}
	sc.day = append(sc.day, t.number)
	sc.skip('-')
	return len(sc.day) <= 3
}

// expectsTime tells whether n can be the minutes, seconds or milliseconds of the time begun.
func (sc *dateScanner) expectsTime(n int) bool {
	switch len(sc.clock) {
	case 1, 2:
		return n < 60
	case 3:
		return n < 1000
	}
	return false
}

func (sc *dateScanner) finalTime() bool {
	for len(sc.clock) < 4 {
		sc.clock = append(sc.clock, 0)
	}
	return len(sc.clock) == 4
}

// legacyZone reads an offset, which is one only behind a time or a Z.
func (sc *dateScanner) legacyZone(sign byte) bool {
	if len(sc.clock) == 0 && sc.zone != 0 {
		return false
	}
	t := sc.next()
	switch {
	case t.symbol != '0' || sc.peek().symbol == ':':
		return false
	case t.digits <= 2:
		sc.setZone(sign, t.number, 0)
	case t.digits <= 4:
		sc.setZone(sign, t.number/100, t.number%100)
	default:
		return false
	}
	return true
}

// time puts the date together; NaN where it is none.
func (sc *dateScanner) time() float64 {
	for len(sc.day) < 3 {
		sc.day = append(sc.day, 1)
	}
	year, month, day := sc.day[0], sc.day[1], sc.day[2]
	if !sc.strict {
		year, month, day = legacyDate(sc.day)
	}
	clock := [4]int{}
	copy(clock[:], sc.clock)
	if month < 1 || month > 12 || day < 1 || day > 31 || clock[0] > 24 || clock[0] == 24 && clock != [4]int{24} {
		return math.NaN()
	}
	days := daysTo(float64(year), float64(month-1)) + float64(day-1)
	millis := ((clock[0]*60+clock[1])*60+clock[2])*1000 + clock[3] - max(sc.zone, 0)*sc.zoneSign*60_000
	return clip(days*dayMillis + float64(millis))
}

// legacyDate takes a first number that can be a day for the month of an American date, and reads years of two digits.
func legacyDate(numbers []int) (year, month, day int) {
	year, month, day = numbers[0], numbers[1], numbers[2]
	if numbers[0] >= 1 && numbers[0] <= 31 {
		month, day, year = numbers[0], numbers[1], numbers[2]
	}
	switch {
	case year >= 0 && year <= 49:
		year += 2000
	case year >= 50 && year <= 99:
		year += 1900
	}
	return year, month, day
}
