package compile

import (
	"fmt"
	"go/ast"
	"go/types"
)

// timePart is a part of a layout that time.Parse reads: digits, in a range that Go names.
type timePart struct {
	digits  string
	pattern string // of what is in range
	outside string // of what is not; "" where Go tests later
	unit    string
}

var timeParts = map[string]timePart{
	"2006": {`[0-9]{4}`, `[0-9]{4}`, "", ""},
	"01":   {`[0-9]{2}`, `0[1-9]|1[0-2]`, `00|1[3-9]|[2-9][0-9]`, "month"},
	"02":   {`[0-9]{2}`, `[0-9]{2}`, "", ""},
	"15":   {`[0-9]{1,2}`, `[01][0-9]|2[0-3]|[0-9]`, `2[4-9]|[3-9][0-9]`, "hour"},
	"04":   {`[0-9]{2}`, `[0-5][0-9]`, `[6-9][0-9]`, "minute"},
	"05":   {`[0-9]{2}`, `[0-5][0-9]`, `[6-9][0-9]`, "second"},
}

// layoutStep is what time.Parse does next: it skips a literal, or reads a part.
type layoutStep struct{ literal, part string }

// readable is the steps of a layout: a whole date, no part twice, and one character between two parts that is no digit.
func readable(layout string) (steps []layoutStep, unknown string) {
	seen, before := map[string]bool{}, ""
	for rest := layout; rest != ""; {
		literal, part, tail := nextLayout(rest)
		_, isNumber := timeParts[part]
		switch {
		case isNumber && (before != "") != (literal != ""), len(literal) > 1, literal >= "0" && literal <= "9":
			return nil, "character between two parts"
		case seen[part], !isNumber && part != "Z07:00" && !(part == ".999999999" && before == "05" && literal == ""):
			return nil, `"` + literal + part + `"`
		case literal != "":
			steps = append(steps, layoutStep{literal: literal})
		}
		seen[part] = true
		steps, before, rest = append(steps, layoutStep{part: part}), part, tail
	}
	for _, need := range []string{"2006", "01", "02"} {
		if !seen[need] {
			return nil, need
		}
	}
	return steps, ""
}

// parseTime is the time in a text, to the nanosecond, and the error where there is none.
func parseTime(x *eval, e *ast.CallExpr, a []sym) []sym {
	layout, ok := constString(a[0])
	steps, unknown := readable(layout)
	if !ok || unknown != "" {
		why := "time.Parse needs a constant layout of 2006, 01, 02, 15, 04, 05 and Z07:00"
		if ok {
			why += ", and this one has not just one " + unknown
		}
		return []sym{x.bad(e, why, "use time.RFC3339, time.DateTime or time.DateOnly, or parse in a handler"), {e: null, t: errorType}}
	}
	p := timePattern(steps)
	s := a[1].use()
	groups, rest := x.names.parameter("groups"), x.names.parameter("rest")
	is := func(then, els expr) expr {
		found := callOf("$match", s, text{"/^" + p.text + "$/"})
		test := binary{"and", callOf("$exists", ref{groups}), p.inMonth(ref{groups})}
		return block{groups, member{found, "groups"}, cond{test, then, els}}
	}
	message := concat(concat(str("parsing time "), quoted(s)), block{rest, s, x.whyNoTime(layout, steps, ref{rest})})
	failed := failure(textSym(str("ParseError")), textSym(message))
	value := is(p.time(ref{groups}), goZero(x.pkg.info.TypeOf(e).(*types.Tuple).At(0).Type()))
	return []sym{{e: value}, {e: cond{is(yes, no), null, failed.e}, t: errorType}}
}

// textPattern is a regular expression for times, and which of its groups has a part.
type textPattern struct {
	text  string
	group map[string]int64
}

func timePattern(steps []layoutStep) textPattern {
	p := textPattern{group: map[string]int64{}}
	group := func(part, pattern string) {
		p.group[part] = int64(len(p.group))
		p.text += "(" + pattern + ")"
	}
	for _, s := range steps {
		switch part, isNumber := timeParts[s.part]; {
		case isNumber:
			group(s.part, part.pattern)
			if s.part == "05" {
				group("fraction", `[.,][0-9]+|`)
			}
		case s.part == "Z07:00":
			group(s.part, `Z|[+-](?:[01][0-9]|2[0-4]):(?:[0-5][0-9]|60)`)
		case s.part == "":
			p.text += literalPattern(s.literal)
		}
	}
	return p
}

func (p textPattern) of(groups expr, part string) expr {
	if i, ok := p.group[part]; ok {
		return index{groups, num(i)}
	}
	return str("00")
}

func (p textPattern) month(groups expr) expr {
	return concat(concat(p.of(groups, "2006"), str("-")), concat(p.of(groups, "01"), str("-")))
}

// inMonth says whether the month has the day.
func (p textPattern) inMonth(groups expr) expr {
	first := callOf("$toMillis", concat(p.month(groups), str("01T00:00:00Z")))
	days := product(binary{"-", callOf("$number", p.of(groups, "02")), num(1)}, day)
	return binary{"=", cutText(fromMillis(binary{"+", first, days}), 0, 8), p.month(groups)}
}

// time is the time as JSON has it.
func (p textPattern) time(groups expr) expr {
	out := concat(concat(p.month(groups), p.of(groups, "02")), str("T"))
	out = concat(concat(out, callOf("$pad", p.of(groups, "15"), num(-2), str("0"))), concat(str(":"), p.of(groups, "04")))
	out = concat(concat(out, str(":")), p.of(groups, "05"))
	if _, ok := p.group["fraction"]; ok {
		digits := callOf("$replace", cutText(p.of(groups, "fraction"), 1, 9), text{`/0+$/`}, emptyStr)
		out = concat(out, cond{binary{"=", digits, emptyStr}, emptyStr, concat(str("."), digits)})
	}
	if _, ok := p.group["Z07:00"]; !ok {
		return concat(out, str("Z"))
	}
	zone := p.of(groups, "Z07:00")
	return concat(out, cond{callOf("$contains", zone, text{`/^Z|00:00$/`}), str("Z"), zone})
}

// whyNoTime is what package time says of the first thing in a text that is not as the layout has it.
func (x *eval) whyNoTime(layout string, steps []layoutStep, rest expr) expr {
	if len(steps) == 0 {
		extra := concat(str(": extra text: "), quoted(rest))
		return cond{binary{"=", rest, emptyStr}, str(": day out of range"), extra}
	}
	step := steps[0]
	cannot := func(what string) expr {
		read := concat(str(fmt.Sprintf(" as %q: cannot parse ", layout)), quoted(rest))
		return concat(read, str(fmt.Sprintf(" as %q", what)))
	}
	starts := func(pattern string) expr { return callOf("$contains", rest, text{"/^(" + pattern + ")/"}) }
	after := func(e expr) expr {
		name := x.names.parameter("rest")
		return block{name, e, x.whyNoTime(layout, steps[1:], ref{name})}
	}
	part, isNumber := timeParts[step.part]
	switch {
	case step.literal != "":
		literal := text{"/^" + literalPattern(step.literal) + "/"}
		there := expr(callOf("$contains", rest, literal))
		if step.literal == " " { // or it is what comes next that is missing
			there = binary{"or", there, binary{"=", rest, emptyStr}}
		}
		return cond{there, after(callOf("$replace", rest, literal, emptyStr)), cannot(step.literal)}
	case isNumber:
		next := callOf("$replace", rest, text{"/^" + part.digits + "/"}, emptyStr)
		if step.part == "05" {
			next = callOf("$replace", next, text{`/^[.,][0-9]+/`}, emptyStr)
		}
		out := after(next)
		if part.outside != "" {
			out = cond{starts(part.outside), str(": " + part.unit + " out of range"), out}
		}
		return cond{starts(part.digits), out, cannot(step.part)}
	case step.part == "Z07:00":
		minutes, hours := binary{">", clockNumber(rest, 4, 2), num(60)}, binary{">", clockNumber(rest, 1, 2), num(24)}
		late := func(unit string) expr { return str(": time zone offset " + unit + " out of range") }
		offset := cond{minutes, late("minute"), cond{hours, late("hour"), cond{starts("[+-]"), after(callOf("$substring", rest, num(6))), cannot(step.part)}}}
		return cond{starts("Z"), after(callOf("$substring", rest, num(1))), cond{starts(".[0-9]{2}:[0-9]{2}"), offset, cannot(step.part)}}
	}
	return x.whyNoTime(layout, steps[1:], rest)
}

// literalPattern is a literal of a layout: a space stands for any number of them.
func literalPattern(literal string) string {
	if literal == " " {
		return "[ ]+"
	}
	class, _ := classOf(literal)
	return "[" + class + "]"
}
