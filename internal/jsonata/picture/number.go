package picture

import (
	"math"
	"strings"
	"unicode/utf16"

	"github.com/stride-aws/stride/internal/value"
)

// text is a string as JavaScript sees it, in UTF-16 units.
type text []uint16

func textOf(s string) text        { return utf16.Encode([]rune(s)) }
func (t text) String() string     { return string(utf16.Decode(t)) }
func (t text) is(u uint16) bool   { return len(t) == 1 && t[0] == u }
func (t text) has(part text) bool { return t.index(part, 0) >= 0 }

// index is where part stands in t, at from or behind it; -1 where it does not.
func (t text) index(part text, from int) int {
	for i := min(from, len(t)); i+len(part) <= len(t); i++ {
		if t[i : i+len(part)].equal(part) {
			return i
		}
	}
	return -1
}

func (t text) lastIndex(part text) int {
	for i := len(t) - len(part); i >= 0; i-- {
		if t[i : i+len(part)].equal(part) {
			return i
		}
	}
	return -1
}

func (t text) equal(other text) bool {
	if len(t) != len(other) {
		return false
	}
	for i := range t {
		if t[i] != other[i] {
			return false
		}
	}
	return true
}

// slice is t[from:to] with places outside of t moved to its ends.
func (t text) slice(from, to int) text {
	from, to = min(max(from, 0), len(t)), min(max(to, 0), len(t))
	return t[from:max(from, to)]
}

// symbols are the characters with a meaning in a decimal picture, and what else $formatNumber's options set.
type symbols struct {
	decimal, grouping, exponent, minus, percent, perMille, zero, digit, pattern text
}

func defaultSymbols() symbols {
	return symbols{decimal: textOf("."), grouping: textOf(","), exponent: textOf("e"), minus: textOf("-"), percent: textOf("%"),
		perMille: textOf("‰"), zero: textOf("0"), digit: textOf("#"), pattern: textOf(";")}
}

func (s *symbols) set(options value.Value) error {
	named := map[string]*text{"decimal-separator": &s.decimal, "grouping-separator": &s.grouping, "exponent-separator": &s.exponent,
		"minus-sign": &s.minus, "percent": &s.percent, "per-mille": &s.perMille, "zero-digit": &s.zero, "digit": &s.digit,
		"pattern-separator": &s.pattern}
	for _, option := range options.Members() {
		if symbol := named[option.Name]; symbol != nil {
			*symbol = textOf(option.Value.Str())
			if len(*symbol) == 0 {
				return errScript
			}
		}
	}
	return nil
}

// isDigit tells the ten digits from the zero on.
func (s *symbols) isDigit(u uint16) bool { return u >= s.zero[0] && u < s.zero[0]+10 }

func (s *symbols) isAnyDigit(u uint16) bool { return s.isDigit(u) || s.digit.is(u) }

// isActive tells the characters that are not literal text.
func (s *symbols) isActive(u uint16) bool {
	return s.isAnyDigit(u) || s.decimal.is(u) || s.exponent.is(u) || s.grouping.is(u) || s.pattern.is(u)
}

func count(t text, is func(uint16) bool) int {
	n := 0
	for _, u := range t {
		if is(u) {
			n++
		}
	}
	return n
}

// subpicture is one of the at most two halves of a decimal picture, cut up as XPath F&O 4.7.3 says.
type subpicture struct {
	whole, prefix, suffix, active, mantissa, integer, fraction, exponent text
	hasExponent                                                          bool
}

func (s *symbols) cut(whole text) subpicture {
	sub := subpicture{whole: whole}
	marks := func(u uint16) bool { return s.isActive(u) && !s.exponent.is(u) }
	first, last := 0, len(whole)
	for first < len(whole) && !marks(whole[first]) {
		first++
	}
	for last > first && !marks(whole[last-1]) {
		last--
	}
	if first == len(whole) { // no digits: later versions than 2.0.6 have an error for it, D3085
		first, last = 0, len(whole)
	}
	sub.prefix, sub.active, sub.suffix = whole[:first], whole[first:last], whole[last:]
	sub.mantissa = sub.active
	// The place is one of the whole picture, but cuts the active part: so does the reference.
	if at := whole.index(s.exponent, first); at >= 0 && at <= last {
		sub.hasExponent = true
		sub.mantissa, sub.exponent = sub.active.slice(0, at), sub.active.slice(at+1, len(sub.active))
	}
	if at := sub.mantissa.index(s.decimal, 0); at >= 0 {
		sub.integer, sub.fraction = sub.mantissa[:at], sub.mantissa[at+1:]
	} else {
		sub.integer, sub.fraction = sub.mantissa, sub.suffix
	}
	return sub
}

// check finds what XPath F&O 4.7.3 forbids. Of several mistakes it names the last, as the reference does.
func (s *symbols) check(sub *subpicture) error {
	code := ""
	for _, rule := range []struct {
		code   string
		broken bool
	}{
		{"D3081", twice(sub.whole, s.decimal)},
		{"D3082", twice(sub.whole, s.percent)},
		{"D3083", twice(sub.whole, s.perMille)},
		{"D3084", sub.whole.has(s.percent) && sub.whole.has(s.perMille)},
		{"D3085", count(sub.mantissa, s.isAnyDigit) == 0},
		{"D3086", count(sub.active, s.isActive) < len(sub.active)},
		{"D3087", s.groupAtPoint(sub)},
		{"D3088", s.groupAtEnd(sub)},
		{"D3089", sub.whole.has(append(s.grouping[:len(s.grouping):len(s.grouping)], s.grouping...))},
		{"D3090", s.digitsBefore(sub.integer)},
		{"D3091", s.digitsBehind(sub.fraction)},
		{"D3092", len(sub.exponent) > 0 && (sub.whole.has(s.percent) || sub.whole.has(s.perMille))},
		{"D3093", sub.hasExponent && (len(sub.exponent) == 0 || count(sub.exponent, s.isDigit) < len(sub.exponent))},
	} {
		if rule.broken {
			code = rule.code
		}
	}
	if code != "" {
		return fail(code)
	}
	return nil
}

func twice(whole, part text) bool { return whole.index(part, 0) != whole.lastIndex(part) }

func (s *symbols) groupAtPoint(sub *subpicture) bool {
	at := sub.whole.index(s.decimal, 0)
	return at >= 0 && (sub.whole.slice(at-1, at).equal(s.grouping) || sub.whole.slice(at+1, at+2).equal(s.grouping))
}

func (s *symbols) groupAtEnd(sub *subpicture) bool {
	n := len(sub.integer)
	return !sub.whole.has(s.decimal) && sub.integer.slice(n-1, n).equal(s.grouping)
}

// digitsBefore tells whether a mandatory digit stands before an optional one, in the integer part.
func (s *symbols) digitsBefore(part text) bool {
	at := part.index(s.digit, 0)
	return at >= 0 && count(part[:at], s.isDigit) > 0
}

// digitsBehind tells whether a mandatory digit stands behind an optional one, in the fraction.
func (s *symbols) digitsBehind(part text) bool {
	at := part.lastIndex(s.digit)
	return at >= 0 && count(part[at:], s.isDigit) > 0
}

// numberFormat is an analysed subpicture, as XPath F&O 4.7.4 has it.
type numberFormat struct {
	prefix, suffix           text
	scale                    float64 // 100 for percent, 1000 for per mille
	hasPoint                 bool
	leastInteger             int
	leastFraction            int
	mostFraction             int
	leastExponent            int
	scaling                  int // digits before the point of a number with an exponent
	groupEvery               int // 0 where integerGroups are not regular
	integerGroups, fractions []int
}

func (s *symbols) analyse(sub *subpicture) *numberFormat {
	f := &numberFormat{prefix: sub.prefix, suffix: sub.suffix, scale: s.scale(sub.whole), hasPoint: sub.whole.has(s.decimal)}
	f.integerGroups = s.groups(sub.integer, sub.integer, false)
	f.groupEvery = evenly(f.integerGroups)
	f.fractions = s.groups(sub.fraction, sub.integer, true)
	f.leastInteger = count(sub.integer, s.isDigit)
	f.scaling = f.leastInteger
	f.leastFraction = count(sub.fraction, s.isDigit)
	f.mostFraction = count(sub.fraction, s.isAnyDigit)
	if f.leastInteger == 0 && f.mostFraction == 0 {
		if sub.hasExponent {
			f.leastFraction, f.mostFraction = 1, 1
		} else {
			f.leastInteger = 1
		}
	}
	if sub.hasExponent && f.leastInteger == 0 && sub.integer.has(s.digit) {
		f.leastInteger = 1
	}
	if f.leastInteger == 0 && f.leastFraction == 0 {
		f.leastFraction = 1
	}
	f.leastExponent = count(sub.exponent, s.isDigit)
	return f
}

func (s *symbols) scale(whole text) float64 {
	switch {
	case whole.has(s.percent):
		return 100
	case whole.has(s.perMille):
		return 1000
	}
	return 1
}

// groups counts the digits behind each grouping separator of part, or before it. Each but the first it looks for in the integer
// part, whichever part it is given: so does the reference.
func (s *symbols) groups(part, integer text, before bool) []int {
	var out []int
	for at := part.index(s.grouping, 0); at >= 0; at = integer.index(s.grouping, at+1) {
		side := part.slice(at, len(part))
		if before {
			side = part.slice(0, at)
		}
		out = append(out, count(side, s.isAnyDigit))
	}
	return out
}

// numberPicture is an analysed decimal picture: how positive numbers are written, and how negative ones.
type numberPicture struct {
	symbols            symbols
	positive, negative *numberFormat
}

var numberPictures cache[*numberPicture]

// FormatNumber formats x by a decimal picture, as $formatNumber does; options, an object or Undefined, overrides the
// picture's special characters. Errors: D3080 to D3093.
func FormatNumber(x float64, picture string, options value.Value) (string, error) {
	analyse := func(picture string) (*numberPicture, error) { return analyseNumber(picture, options) }
	pic, err := (*numberPicture)(nil), error(nil)
	if options.Len() == 0 {
		pic, err = numberPictures.get(picture, analyse)
	} else {
		pic, err = analyse(picture)
	}
	if err != nil {
		return "", err
	}
	if x >= 0 {
		return pic.format(x, pic.positive)
	}
	return pic.format(x, pic.negative)
}

func analyseNumber(picture string, options value.Value) (*numberPicture, error) {
	pic := &numberPicture{symbols: defaultSymbols()}
	s := &pic.symbols
	if err := s.set(options); err != nil {
		return nil, err
	}
	halves := strings.Split(picture, s.pattern.String())
	if len(halves) > 2 {
		return nil, fail("D3080")
	}
	var formats []*numberFormat
	for _, half := range halves {
		sub := s.cut(textOf(half))
		if err := s.check(&sub); err != nil {
			return nil, err
		}
		formats = append(formats, s.analyse(&sub))
	}
	pic.positive = formats[0]
	if len(formats) == 2 {
		pic.negative = formats[1]
		return pic, nil
	}
	negative := *formats[0]
	negative.prefix = append(s.minus[:len(s.minus):len(s.minus)], negative.prefix...)
	pic.negative = &negative
	return pic, nil
}

// format follows the bullets of XPath F&O 4.7.5.
func (pic *numberPicture) format(x float64, f *numberFormat) (string, error) {
	mantissa, exponent := x*f.scale, 0
	if f.leastExponent > 0 {
		if math.IsInf(mantissa, 0) {
			return "", errScript
		}
		mantissa, exponent = normalise(mantissa, f.scaling)
	}
	digits, err := pic.digits(mantissa, f)
	if err != nil {
		return "", err
	}
	out := append(text(nil), f.prefix...)
	out = append(out, pic.group(digits, f)...)
	if f.leastExponent > 0 {
		out = pic.appendExponent(out, exponent, f)
	}
	return append(out, f.suffix...).String(), nil
}

// normalise moves the decimal point of x so that digits digits stand before it.
func normalise(x float64, digits int) (mantissa float64, exponent int) {
	most, least := math.Pow(10, float64(digits)), math.Pow(10, float64(digits-1))
	if x == 0 {
		return x, 0
	}
	for math.Abs(x) < least {
		x *= 10
		exponent--
	}
	for math.Abs(x) > most {
		x /= 10
		exponent++
	}
	return x, exponent
}

// digits are those of x, rounded, with as many zeros as the picture asks for and always a decimal separator.
func (pic *numberPicture) digits(x float64, f *numberFormat) (text, error) {
	plain, err := fixed(math.Abs(Round(x, float64(f.mostFraction))), f.mostFraction)
	if err != nil {
		return nil, err
	}
	s := &pic.symbols
	whole, fraction, _ := strings.Cut(plain, ".")
	integer, decimals := s.family(whole), s.family(fraction)
	for len(integer) > 0 && s.zero.is(integer[0]) {
		integer = integer[1:]
	}
	for n := len(decimals); n > 0 && s.zero.is(decimals[n-1]); n-- {
		decimals = decimals[:n-1]
	}
	out := s.zeros(f.leastInteger - len(integer))
	out = append(out, integer...)
	out = append(out, s.decimal...)
	out = append(out, decimals...)
	have := len(decimals) + len(s.decimal) - 1 // the reference takes what is behind the first unit of the separator
	return append(out, s.zeros(f.leastFraction-have)...), nil
}

// family is plain in the digits of the picture's own.
func (s *symbols) family(plain string) text {
	out := textOf(plain)
	for i, u := range out {
		if u >= '0' && u <= '9' {
			out[i] = u - '0' + s.zero[0]
		}
	}
	return out
}

func (s *symbols) zeros(n int) text {
	var out text
	for range n {
		out = append(out, s.zero...)
	}
	return out
}

// group puts the grouping separators in, and takes the decimal separator off where nothing follows it or the picture has none.
func (pic *numberPicture) group(digits text, f *numberFormat) text {
	s := &pic.symbols
	point := digits.index(s.decimal, 0)
	if f.groupEvery > 0 {
		for i := 1; i <= (point-1)/f.groupEvery; i++ {
			digits = digits.insert(point-i*f.groupEvery, s.grouping)
		}
	} else {
		for i, behind := range f.integerGroups {
			digits = digits.insert(point+i-behind, s.grouping)
		}
	}
	point = digits.index(s.decimal, 0)
	for _, before := range f.fractions {
		digits = digits.insert(before+point+1, s.grouping)
	}
	if point = digits.index(s.decimal, 0); !f.hasPoint || point == len(digits)-1 {
		digits = digits[:len(digits)-1]
	}
	return digits
}

// insert puts part before t[at]; a negative place counts from the end, as JavaScript's slice has it.
func (t text) insert(at int, part text) text {
	if at < 0 {
		at = max(len(t)+at, 0)
	}
	at = min(at, len(t))
	out := append(t[:at:at], part...)
	return append(out, t[at:]...)
}

func (pic *numberPicture) appendExponent(out text, exponent int, f *numberFormat) text {
	s := &pic.symbols
	out = append(out, s.exponent...)
	if exponent < 0 {
		out = append(out, s.minus...)
		exponent = -exponent
	}
	digits := s.family(numberText(float64(exponent)))
	out = append(out, s.zeros(f.leastExponent-len(digits))...)
	return append(out, digits...)
}

// FormatBase writes x, rounded, to a base from 2 to 36, which is rounded too. Errors: D3100.
func FormatBase(x, base float64) (string, error) {
	x, base = Round(x, 0), Round(base, 0)
	switch {
	case base < 2 || base > 36:
		return "", failWith("D3100", base)
	case math.IsNaN(base):
		return "", errScript
	}
	return radixText(x, int(base)), nil
}
