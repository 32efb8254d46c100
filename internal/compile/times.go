package compile

import (
	"go/ast"
	"go/types"
	"maps"
	"math"
	"strings"
	"time"
)

// A time.Time is the text that encoding/json writes, RFC 3339: what clock and calendar show stands in it, in the time's own zone. What is
// computed with it is in UTC, to the millisecond.

func init() {
	maps.Copy(library, map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"(time.Time).Year": clockPart(0, 4), "(time.Time).Month": clockPart(5, 2), "(time.Time).Day": clockPart(8, 2),
		"(time.Time).Hour": clockPart(11, 2), "(time.Time).Minute": clockPart(14, 2), "(time.Time).Second": clockPart(17, 2),
		"(time.Time).Weekday": weekday,
		"(time.Time).YearDay": yearDay,
		"(time.Time).Unix": func(_ *eval, _ *ast.CallExpr, a []sym) sym {
			return sym{e: callOf("$floor", scaled(millis(a[0]), 1000))}
		},
		"(time.Time).In":               inZone,
		"(time.Time).Format":           formatTime,
		"(time.Time).AddDate":          addDate,
		"(time.Time).Truncate":         truncateTime,
		"(time.Time).Compare":          compareTimes,
		"(time.Duration).Truncate":     truncateDuration,
		"(time.Duration).Round":        roundDuration,
		"(time.Duration).Abs":          simpleCall("$abs"),
		"(time.Duration).Microseconds": durationIn(1e3, true),
		"(time.Month).String":          nameOf("Month", 1, months),
		"(time.Weekday).String":        nameOf("Weekday", 0, weekdays),
		"time.Date":                    dateOf,
	})
}

// day is a day in milliseconds.
const day = 24 * 60 * 60 * 1000

var months, weekdays = namesOf(12, func(i int) string { return time.Month(i + 1).String() }), namesOf(7, func(i int) string { return time.Weekday(i).String() })

func namesOf(n int, name func(int) string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = name(i)
	}
	return out
}

func cutText(e expr, from, n int64) expr { return callOf("$substring", e, num(from), num(n)) }

func clockNumber(e expr, from, n int64) expr { return callOf("$number", cutText(e, from, n)) }

func clockPart(from, n int64) func(*eval, *ast.CallExpr, []sym) sym {
	return func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: clockNumber(a[0].use(), from, n)} }
}

// startOf is the time in milliseconds at which a day of a calendar begins in UTC: of 2006-01-02, and what stands behind the first n characters.
func startOf(t expr, n int64, rest string) expr {
	return callOf("$toMillis", binary{"&", cutText(t, 0, n), str(rest)})
}

// dayOfWeek is 0 for Sunday. 1970 began on a Thursday.
func dayOfWeek(t expr) expr {
	days := binary{"/", startOf(t, 10, "T00:00:00Z"), num(day)}
	return binary{"%", binary{"+", binary{"%", days, num(7)}, num(11)}, num(7)}
}

func weekday(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: dayOfWeek(a[0].use())} }

func yearDay(x *eval, _ *ast.CallExpr, a []sym) sym {
	t, wrap := x.bound("t", a[0].use())
	since := binary{"-", startOf(t, 10, "T00:00:00Z"), startOf(t, 4, "-01-01T00:00:00Z")}
	return sym{e: wrap(binary{"+", binary{"/", since, num(day)}, num(1)})}
}

// nameOf is the name of a month or a weekday, which are numbers from first on.
func nameOf(typ string, first int64, list []string) func(*eval, *ast.CallExpr, []sym) sym {
	items := make([]expr, len(list))
	for i, name := range list {
		items[i] = str(name)
	}
	return func(x *eval, _ *ast.CallExpr, a []sym) sym {
		if l, ok := a[0].e.(lit); ok {
			if i := int64(l.v.Float()) - first; i >= 0 && i < int64(len(list)) {
				return sym{e: items[i]}
			}
		}
		n, wrap := x.bound("n", a[0].use())
		at := n
		if first > 0 {
			at = binary{"-", n, num(first)}
		}
		known := binary{"and", binary{">=", n, num(first)}, binary{"<", at, num(int64(len(list)))}}
		other := concat(concat(str("%!"+typ+"("), callOf("$string", n)), str(")"))
		negative := callOf("$error", str("no "+typ)) // which Go writes as a number of 64 bits
		return sym{e: wrap(cond{known, index{array{items}, at}, cond{binary{"<", n, num(0)}, negative, other}})}
	}
}

func isUTC(s sym) bool {
	name, ok := constString(s)
	return ok && name == "UTC"
}

func inZone(x *eval, e *ast.CallExpr, a []sym) sym {
	if !isUTC(a[1]) {
		return x.bad(e, "the rules of this time zone are not known to a state machine", "use UTC(), or work with other zones in a handler")
	}
	return timeUTC(x, e, a)
}

// truncateTime counts from the year 1, as Go does.
func truncateTime(x *eval, e *ast.CallExpr, a []sym) sym {
	d, ok := a[1].e.(lit)
	if !ok || d.v.Float() < 1e6 || math.Mod(d.v.Float(), 1e6) != 0 {
		return x.bad(e, "Truncate needs a constant of whole milliseconds", "compute it in a handler")
	}
	zero := time.Time{}.UnixMilli()
	ms, wrap := x.bound("ms", millis(a[0]))
	over := binary{"%", binary{"-", ms, num(zero)}, float(d.v.Float() / 1e6)}
	return sym{e: wrap(fromMillis(binary{"-", ms, over}))}
}

func truncateDuration(x *eval, e *ast.CallExpr, a []sym) sym {
	m, ok := a[1].e.(lit)
	if !ok || m.v.Float() <= 0 {
		return x.bad(e, "Truncate needs a constant that is more than zero", "compute it in a handler")
	}
	d, wrap := x.bound("d", a[0].use())
	return sym{e: wrap(binary{"-", d, binary{"%", d, m}})}
}

// roundDuration rounds halves away from zero.
func roundDuration(x *eval, e *ast.CallExpr, a []sym) sym {
	m, ok := a[1].e.(lit)
	if !ok || m.v.Float() <= 0 {
		return x.bad(e, "Round needs a constant that is more than zero", "compute it in a handler")
	}
	d, wrap := x.bound("d", a[0].use())
	over := binary{"%", d, m}
	away := cond{binary{"<", d, num(0)}, binary{"-", num(0), m}, m}
	half := binary{"<", product(callOf("$abs", over), 2), m}
	return sym{e: wrap(binary{"+", binary{"-", d, over}, cond{half, num(0), away}})}
}

func compareTimes(x *eval, _ *ast.CallExpr, a []sym) sym {
	ahead, wrap := x.bound("ahead", binary{"-", millis(a[0]), millis(a[1])})
	return sym{e: wrap(cond{binary{"<", ahead, num(0)}, num(-1), cond{binary{">", ahead, num(0)}, num(1), num(0)}})}
}

// addDate counts months on from the time's own, and days from the first of that month.
func addDate(x *eval, _ *ast.CallExpr, a []sym) sym {
	number := func(s sym) float64 {
		if l, ok := s.e.(lit); ok {
			return l.v.Float()
		}
		return math.NaN()
	}
	if number(a[1]) == 0 && number(a[2]) == 0 {
		return sym{e: fromMillis(binary{"+", millis(a[0]), product(a[3].use(), day)})}
	}
	t, wrap := x.bound("t", a[0].use())
	count := plus(plus(binary{"*", clockNumber(t, 0, 4), num(12)}, clockNumber(t, 5, 2)), plus(product(a[1].use(), 12), a[2].use()))
	days := product(plus(clockNumber(t, 8, 2), plus(a[3].use(), num(-1))), day)
	clock := binary{"-", callOf("$toMillis", t), startOf(t, 10, "T00:00:00Z")}
	return sym{e: wrap(fromMillis(plus(plus(x.monthStart(plus(count, num(-1))), days), clock)))}
}

// monthStart is when a month begins, in milliseconds; months are counted from January of the year 0.
func (x *eval) monthStart(count expr) expr {
	n, wrap := x.bound("months", count)
	digits := func(e expr, width int64) expr { return callOf("$pad", callOf("$string", e), num(-width), str("0")) }
	year, month := callOf("$floor", binary{"/", n, num(12)}), binary{"+", binary{"%", n, num(12)}, num(1)}
	return wrap(callOf("$toMillis", concat(concat(concat(digits(year, 4), str("-")), digits(month, 2)), str("-01T00:00:00Z"))))
}

// plus and product are numbers added and multiplied, now where they are known.
func plus(a, b expr) expr {
	x, okA := a.(lit)
	y, okB := b.(lit)
	switch {
	case okA && okB:
		return float(x.v.Float() + y.v.Float())
	case okA && x.v.Float() == 0:
		return b
	case okB && y.v.Float() == 0:
		return a
	case okB && y.v.Float() < 0:
		return binary{"-", a, float(-y.v.Float())}
	}
	return binary{"+", a, b}
}

func product(a expr, n float64) expr {
	if l, ok := a.(lit); ok {
		return float(l.v.Float() * n)
	}
	return binary{"*", a, float(n)}
}

func dateOf(x *eval, e *ast.CallExpr, a []sym) sym {
	var n [7]int
	known := true
	for i := range n {
		l, ok := a[i].e.(lit)
		known = known && ok
		if ok {
			n[i] = int(l.v.Float())
		}
	}
	nanos, constNanos := a[6].e.(lit)
	switch {
	case !isUTC(a[7]):
		return x.bad(e, "the rules of this time zone are not known to a state machine", "use time.UTC, or make the time in a handler")
	case !constNanos || math.Mod(nanos.v.Float(), 1e6) != 0:
		return x.bad(e, "time.Date needs constant nanoseconds that are whole milliseconds", "use 0")
	case known:
		t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6], time.UTC)
		if t.Year() < 0 || t.Year() > 9999 {
			return x.bad(e, "JSON has no text for a year outside of 0 to 9999", "")
		}
		return sym{e: str(t.Format(time.RFC3339Nano))}
	}
	start := x.monthStart(plus(plus(product(a[0].use(), 12), a[1].use()), num(-1)))
	ms := plus(start, product(plus(a[2].use(), num(-1)), day))
	for i, unit := range []float64{60 * 60 * 1000, 60 * 1000, 1000, 1e-6} {
		ms = plus(ms, product(a[3+i].use(), unit))
	}
	return sym{e: fromMillis(ms)}
}

// piece of a layout: characters of the time's text, or another expression.
type layoutPiece struct {
	from, n int64
	e       expr
}

// formatTime puts what stands in a time's text into the order of a layout.
func formatTime(x *eval, e *ast.CallExpr, a []sym) sym {
	layout, ok := constString(a[1])
	if !ok {
		return x.bad(e, "Format needs a constant layout", "use a constant of package time")
	}
	if layout == time.RFC3339 {
		return sym{e: callOf("$replace", a[0].use(), text{`/\.[0-9]+/`}, emptyStr)}
	}
	t, wrap := x.bound("t", a[0].use())
	var pieces []layoutPiece
	for rest := layout; rest != ""; {
		literal, name, tail := nextLayout(rest)
		if literal != "" {
			pieces = append(pieces, layoutPiece{e: str(literal)})
		}
		rest = tail
		if name == "" {
			break
		}
		p, ok := x.layoutPiece(t, name)
		if !ok {
			return x.bad(e, "the part "+name+" of a layout has no exact form in JSONata", "format in a handler")
		}
		pieces = append(pieces, p)
	}
	out := expr(emptyStr)
	for _, p := range joinPieces(pieces) {
		if p.e == nil {
			p.e = cutText(t, p.from, p.n)
		}
		out = concat(out, p.e)
	}
	return sym{e: wrap(out)}
}

// joinPieces makes one cut of neighbouring ones with what stands between them in the text.
func joinPieces(pieces []layoutPiece) []layoutPiece {
	const shape = "2006-01-02T15:04:05"
	var out []layoutPiece
	for _, p := range pieces {
		if n := len(out); n > 1 && p.e == nil && out[n-2].e == nil {
			end := out[n-2].from + out[n-2].n
			between, isText := constText(out[n-1].e)
			if isText && end+int64(len(between)) == p.from && shape[end:p.from] == between {
				out = out[:n-1]
				out[n-2].n = p.from + p.n - out[n-2].from
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// layoutPiece is a part of a layout.
func (x *eval) layoutPiece(t expr, name string) (layoutPiece, bool) {
	if at, ok := map[string][2]int64{"2006": {0, 4}, "06": {2, 2}, "01": {5, 2}, "02": {8, 2}, "15": {11, 2}, "04": {14, 2}, "05": {17, 2}}[name]; ok {
		return layoutPiece{from: at[0], n: at[1]}, true
	}
	plain := func(from int64) expr { return callOf("$string", clockNumber(t, from, 2)) }
	named := func(n expr, list []string, size int) expr {
		items := make([]expr, len(list))
		for i, s := range list {
			items[i] = str(s[:min(size, len(s))])
		}
		return index{array{items}, n}
	}
	hour := clockNumber(t, 11, 2)
	twelve := binary{"+", binary{"%", binary{"+", hour, num(11)}, num(12)}, num(1)}
	half := func(am, pm string) expr { return cond{binary{"<", hour, num(12)}, str(am), str(pm)} }
	zone := callOf("$replace", t, text{`/^.{19}(\.[0-9]+)?/`}, emptyStr)
	offset := func(utc string, colon bool) expr {
		z, wrap := x.bound("zone", zone)
		shown := z
		if !colon {
			shown = callOf("$replace", z, str(":"), emptyStr)
		}
		return wrap(cond{binary{"=", z, str("Z")}, str(utc), shown})
	}
	var e expr
	switch name {
	case "1":
		e = plain(5)
	case "2":
		e = plain(8)
	case "_2":
		e = callOf("$pad", plain(8), num(-2))
	case "4":
		e = plain(14)
	case "5":
		e = plain(17)
	case "January":
		e = named(binary{"-", clockNumber(t, 5, 2), num(1)}, months, 99)
	case "Jan":
		e = named(binary{"-", clockNumber(t, 5, 2), num(1)}, months, 3)
	case "Monday":
		e = named(dayOfWeek(t), weekdays, 99)
	case "Mon":
		e = named(dayOfWeek(t), weekdays, 3)
	case "3":
		e = callOf("$string", twelve)
	case "03":
		e = callOf("$pad", callOf("$string", twelve), num(-2), str("0"))
	case "PM":
		e = half("AM", "PM")
	case "pm":
		e = half("am", "pm")
	case "Z07:00":
		e = zone
	case "-07:00":
		e = offset("+00:00", true)
	case "-0700":
		e = offset("+0000", false)
	case "Z0700":
		e = offset("Z", false)
	default:
		if !strings.HasPrefix(name, ".0") {
			return layoutPiece{}, false
		}
		digits := callOf("$replace", callOf("$replace", t, text{`/^.{19}\.?/`}, emptyStr), text{`/[^0-9].*$/`}, emptyStr)
		n := int64(len(name) - 1)
		e = concat(str("."), cutText(callOf("$pad", digits, num(n), str("0")), 0, n))
	}
	return layoutPiece{e: e}, true
}

// layoutNames are the parts of a layout, longer ones before those that they begin with.
var layoutNames = []string{
	"January", "Jan", "Monday", "Mon", "MST", "2006", "__2", "_2006", "_2", "002", "01", "02", "03", "04", "05", "06", "15", "1", "2", "3", "4", "5", "PM", "pm",
	"-07:00:00", "-070000", "-07:00", "-0700", "-07", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07",
}

// nextLayout is what is before the next part of a layout, the part, and what is behind it: package time's nextStdChunk.
func nextLayout(layout string) (literal, name, rest string) {
	isDigit := func(i int) bool { return i < len(layout) && '0' <= layout[i] && layout[i] <= '9' }
	for i := range len(layout) {
		tail := layout[i:]
		if c := tail[0]; (c == '.' || c == ',') && len(tail) > 1 && (tail[1] == '0' || tail[1] == '9') {
			j := i + 1
			for j < len(layout) && layout[j] == tail[1] {
				j++
			}
			if !isDigit(j) {
				return layout[:i], layout[i:j], layout[j:]
			}
		}
		for _, name := range layoutNames {
			if !strings.HasPrefix(tail, name) {
				continue
			}
			next := tail[len(name):]
			if (name == "Jan" || name == "Mon") && next != "" && 'a' <= next[0] && next[0] <= 'z' {
				break
			}
			if name == "_2006" { // a character, and the year
				return layout[:i+1], "2006", next
			}
			return layout[:i], name, next
		}
	}
	return layout, "", ""
}

// utc is the value of time.UTC.
func utc(v *types.Var) (sym, bool) {
	if v.Pkg() == nil || v.Pkg().Path() != "time" || v.Name() != "UTC" {
		return sym{}, false
	}
	return sym{e: str("UTC"), t: v.Type(), full: true}, true
}
