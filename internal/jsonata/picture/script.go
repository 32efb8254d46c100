package picture

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/stride-aws/stride/internal/value"
)

// numberText is JavaScript's String(x).
func numberText(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return value.OfFloat(x).NumberText()
}

// Round rounds x to that many decimal places, halves to the even digit, as $round does. It shifts the decimal point in the
// text of x, which keeps 1.005 a half. NaN for places that are no integer.
func Round(x, places float64) float64 {
	if places == 0 || math.IsNaN(places) {
		return positiveZero(roundHalfEven(x))
	}
	return positiveZero(shift(roundHalfEven(shift(x, places)), -places))
}

func positiveZero(x float64) float64 { return x + 0 }

// shift moves the decimal point of x.
func shift(x, places float64) float64 {
	if places != math.Trunc(places) || x-x != 0 {
		return math.NaN()
	}
	mantissa, exponent, _ := strings.Cut(numberText(x), "e")
	shifted, _ := strconv.ParseFloat(exponent, 64)
	if shifted += places; math.Abs(shifted) >= 1e21 { // which JavaScript writes with an exponent of its own
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(mantissa+"e"+strconv.FormatFloat(shifted, 'f', -1, 64), 64)
	return f
}

func roundHalfEven(x float64) float64 {
	down := math.Floor(x)
	if x-down < 0.5 || x-down == 0.5 && math.Mod(down, 2) == 0 {
		return down
	}
	return down + 1
}

// fixed is x.toFixed(places), for x >= 0.
func fixed(x float64, places int) (string, error) {
	if places > 100 {
		return "", errScript
	}
	if x >= 1e21 || math.IsNaN(x) {
		return numberText(x), nil
	}
	return strconv.FormatFloat(x, 'f', places, 64), nil
}

// radixText is x.toString(base), for an integer x.
func radixText(x float64, base int) string {
	if base == 10 || math.IsNaN(x) || math.IsInf(x, 0) {
		return numberText(x)
	}
	if math.Abs(x) < 1<<53 {
		return strconv.FormatInt(int64(x), base)
	}
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	var buf []byte
	rest := math.Abs(x)
	for rest/float64(base) >= 1<<53 { // V8 writes zeros for what a double cannot tell
		rest /= float64(base)
		buf = append(buf, '0')
	}
	for ok := true; ok; ok = rest > 0 {
		digit := math.Mod(rest, float64(base))
		buf = append(buf, digits[int(digit)])
		rest = (rest - digit) / float64(base)
	}
	if x < 0 {
		buf = append(buf, '-')
	}
	for i, j := 0, len(buf)-1; i < j; i, j = i+1, j-1 {
		buf[i], buf[j] = buf[j], buf[i]
	}
	return string(buf)
}

// parseInt is JavaScript's parseInt(s): what digits s starts with, NaN for none.
func parseInt(s string) float64 {
	s = strings.TrimLeftFunc(s, isSpace)
	sign := 1.0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		return sign * parseHex(s[2:])
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(s[:n], 64)
	return sign * f
}

func parseHex(s string) float64 {
	n := 0
	for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	if n == 0 {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat("0x"+s[:n]+"p0", 64)
	return f
}

// isSpace tells JavaScript's white space, \s in its regular expressions.
func isSpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r == ' ', r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A:
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000 || r == 0xFEFF
}

// length is what JavaScript calls the length of s: its UTF-16 units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
