package picture

import (
	"math"
	"strings"
)

var (
	cardinals = []string{"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
		"Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"}
	ordinals = []string{"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
		"Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"}
	tens       = []string{"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"}
	magnitudes = []string{"Thousand", "Million", "Billion", "Trillion"}
)

// numberWords is x >= 0, an integer, in English words: "Twelve Hundred" is never said, "One Thousand, Two Hundred" is.
func numberWords(x float64, ordinal bool) string {
	var b strings.Builder
	spell(&b, x, "", ordinal)
	return b.String()
}

// spell writes x behind what was written for the digits before it; link is "" where there are none, else how numbers below
// a hundred are joined to them.
func spell(b *strings.Builder, x float64, link string, ordinal bool) {
	switch {
	case x < 100:
		b.WriteString(link)
		spellSmall(b, int(x), ordinal)
	case x < 1000:
		b.WriteString(comma(link))
		b.WriteString(cardinals[int(x)/100] + " Hundred")
		spellRest(b, math.Mod(x, 100), ordinal)
	default:
		b.WriteString(comma(link))
		name, factor := magnitude(x)
		most := math.Floor(x / factor)
		spell(b, most, "", false)
		b.WriteString(" " + name)
		spellRest(b, x-most*factor, ordinal)
	}
}

func comma(link string) string {
	if link == "" {
		return ""
	}
	return ", "
}

func spellSmall(b *strings.Builder, n int, ordinal bool) {
	if n < 20 && ordinal {
		b.WriteString(ordinals[n])
		return
	}
	if n < 20 {
		b.WriteString(cardinals[n])
		return
	}
	ten := tens[n/10-2]
	switch {
	case n%10 > 0:
		b.WriteString(ten + "-")
		spellSmall(b, n%10, ordinal)
	case ordinal:
		b.WriteString(ten[:len(ten)-1] + "ieth")
	default:
		b.WriteString(ten)
	}
}

// spellRest writes what is left below a hundred, a thousand …
func spellRest(b *strings.Builder, rest float64, ordinal bool) {
	if rest > 0 {
		spell(b, rest, " and ", ordinal)
	} else if ordinal {
		b.WriteString("th")
	}
}

// magnitude names the power of a thousand that x has; there is no word above a trillion.
func magnitude(x float64) (string, float64) {
	factor := 1000.0
	for i, name := range magnitudes {
		if x < factor*1000 || i == len(magnitudes)-1 {
			return name, factor
		}
		factor *= 1000
	}
	return "", 0
}

type wordValue struct {
	word  string
	value float64
}

// words are all that numberWords writes, in lower case, and what they stand for.
var words = func() []wordValue {
	var out []wordValue
	add := func(word string, value float64) { out = append(out, wordValue{strings.ToLower(word), value}) }
	for i := range cardinals {
		add(cardinals[i], float64(i))
	}
	for i := range ordinals {
		add(ordinals[i], float64(i))
	}
	for i, word := range tens {
		add(word, float64(i+2)*10)
		add(word[:len(word)-1]+"ieth", float64(i+2)*10)
	}
	add("Hundredth", 100)
	for i, word := range magnitudes {
		add(word, math.Pow10(3*i+3))
		add(word+"th", math.Pow10(3*i+3))
	}
	return out
}()

var wordValues = func() map[string]float64 {
	m := map[string]float64{}
	for _, w := range words {
		m[w.word] = w.value
	}
	return m
}()

// parseWords reads what numberWords writes, in any case; NaN where a word is none.
func parseWords(s string) float64 {
	sums := []float64{0}
	for _, word := range splitWords(lowerASCII(s)) {
		last := len(sums) - 1
		value, ok := wordValues[word]
		switch {
		case !ok:
			return math.NaN()
		case value >= 100:
			sums[last] *= value
		case sums[last] >= 1000:
			sums = append(sums, value)
		default:
			sums[last] += value
		}
	}
	total := 0.0
	for _, sum := range sums {
		total += sum
	}
	return total
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// splitWords splits at ", ", at " and ", at spaces, hyphens and backslashes.
func splitWords(s string) []string {
	var out []string
	runes := []rune(s)
	start := 0
	for i := 0; i < len(runes); {
		if n := separatorAt(runes[i:]); n > 0 {
			out = append(out, string(runes[start:i]))
			i += n
			start = i
		} else {
			i++
		}
	}
	return append(out, string(runes[start:]))
}

func separatorAt(r []rune) int {
	space := func(i int) bool { return i < len(r) && isSpace(r[i]) }
	switch {
	case r[0] == ',' && space(1):
		return 2
	case space(0) && space(4) && string(r[1:4]) == "and":
		return 5
	case space(0) || r[0] == '-' || r[0] == '\\':
		return 1
	}
	return 0
}

var romans = []struct {
	value float64
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"},
	{5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman is how large a number may be written in Roman numerals: ten thousand letters M. The reference overflows its stack
// somewhere above.
const maxRoman = 10_000_000

func roman(x float64) (string, error) {
	if x > maxRoman {
		return "", errScript
	}
	var b strings.Builder
	for _, r := range romans {
		for ; x >= r.value; x -= r.value {
			b.WriteString(r.text)
		}
	}
	return b.String(), nil
}

var romanValues = map[rune]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}

// parseRoman reads upper-case Roman numerals, subtracting each that stands before a larger one.
func parseRoman(s string) float64 {
	total, largest := 0.0, 1.0
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0; i-- {
		value, ok := romanValues[runes[i]]
		switch {
		case !ok:
			return math.NaN()
		case value < largest:
			total -= value
		default:
			largest = value
			total += value
		}
	}
	return total
}

// letters counts as the columns of a spreadsheet: a, b … z, aa.
func letters(x float64, a byte) string {
	var buf []byte
	for x > 0 {
		buf = append(buf, a+byte(math.Mod(x-1, 26)))
		x = math.Floor((x - 1) / 26)
	}
	for i, j := 0, len(buf)-1; i < j; i, j = i+1, j-1 {
		buf[i], buf[j] = buf[j], buf[i]
	}
	return string(buf)
}
