package picture

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

type numbering uint8

const (
	decimal numbering = iota
	alphabetic
	romanNumerals
	wording
	sequence // another numbering, which XPath leaves to implementations; the reference has none
)

type letterCase uint8

const (
	lower letterCase = iota
	upper
	title
)

// integerPicture is an analysed picture of an integer, or of an integer component of a date.
type integerPicture struct {
	numbering  numbering
	letters    letterCase
	ordinal    bool
	zero       rune    // the picture's digit for 0
	mandatory  float64 // least digits; NaN where the picture says none
	optional   int
	separators []separator // from the right; one, repeated, where regular
	regular    bool
	token      string // of a sequence
}

// separator stands before that many digits from the right.
type separator struct {
	position int
	text     string
}

// FormatInteger formats the floor of x by an integer picture. Errors: D3130, D3131.
func FormatInteger(x float64, picture string) (string, error) {
	pic, err := integerPictures.get(picture, analyseInteger)
	if err != nil {
		return "", err
	}
	return pic.format(math.Floor(x))
}

// ParseInteger reads what FormatInteger writes; text that is no such number gives NaN. Errors: D3130, D3131.
func ParseInteger(s, picture string) (float64, error) {
	pic, err := integerPictures.get(picture, analyseInteger)
	if err != nil {
		return 0, err
	}
	return pic.parse(s)
}

var integerPictures cache[*integerPicture]

func analyseInteger(picture string) (*integerPicture, error) {
	pic := &integerPicture{mandatory: math.NaN()}
	primary := picture
	if i := strings.LastIndexByte(picture, ';'); i >= 0 {
		primary = picture[:i]
		pic.ordinal = strings.HasPrefix(picture[i+1:], "o")
	}
	switch primary {
	case "A":
		pic.numbering, pic.letters = alphabetic, upper
	case "a":
		pic.numbering = alphabetic
	case "I":
		pic.numbering, pic.letters = romanNumerals, upper
	case "i":
		pic.numbering = romanNumerals
	case "W":
		pic.numbering, pic.letters = wording, upper
	case "Ww":
		pic.numbering, pic.letters = wording, title
	case "w":
		pic.numbering = wording
	default:
		return pic, pic.analyseDigits(primary)
	}
	return pic, nil
}

// zeros are the zeros of Unicode's decimal digit groups that the reference knows.
var zeros = []rune{0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
	0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
	0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10}

func zeroOf(r rune) (rune, bool) {
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return zero, true
		}
	}
	return 0, false
}

// analyseDigits reads a decimal pattern from the right: digits, # for optional ones, anything else a separator.
func (pic *integerPicture) analyseDigits(pattern string) error {
	mandatory, seen := 0, 0
	runes := []rune(pattern)
	for i := len(runes) - 1; i >= 0; i-- {
		r := runes[i]
		zero, digit := zeroOf(r)
		switch {
		case digit && mandatory > 0 && zero != pic.zero:
			return fail("D3131")
		case digit:
			pic.zero = zero
			mandatory++
			seen++
		case r == '#':
			pic.optional++
			seen++
		default:
			pic.separators = append(pic.separators, separator{seen, string(r)})
		}
	}
	if mandatory == 0 {
		*pic = integerPicture{numbering: sequence, mandatory: math.NaN(), ordinal: pic.ordinal, token: pattern}
		return nil
	}
	pic.mandatory = float64(mandatory)
	if every := regularEvery(pic.separators); every > 0 {
		pic.regular = true
		pic.separators = []separator{{every, pic.separators[0].text}}
	}
	return nil
}

// regularEvery is the distance of separators that are all alike and evenly apart, else 0.
func regularEvery(separators []separator) int {
	positions := make([]int, len(separators))
	for i, sep := range separators {
		if sep.text != separators[0].text {
			return 0
		}
		positions[i] = sep.position
	}
	return evenly(positions)
}

// evenly is the distance of positions that are 1, 2, 3 … times the same, else 0.
func evenly(positions []int) int {
	if len(positions) == 0 {
		return 0
	}
	factor := positions[0]
	for _, p := range positions[1:] {
		factor = gcd(factor, p)
	}
	has := map[int]bool{}
	for _, p := range positions {
		has[p] = true
	}
	for i := range positions {
		if !has[(i+1)*factor] {
			return 0
		}
	}
	return factor
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// format writes x, an integer.
func (pic *integerPicture) format(x float64) (string, error) {
	text, err := pic.formatAbs(math.Abs(x))
	if x < 0 {
		text = "-" + text
	}
	return text, err
}

func (pic *integerPicture) formatAbs(x float64) (string, error) {
	switch pic.numbering {
	case alphabetic:
		if math.IsInf(x, 0) { // the reference does not end
			return "", errScript
		}
		return pic.cased(letters(x, 'a')), nil
	case romanNumerals:
		text, err := roman(x)
		return pic.cased(text), err
	case wording:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "", errScript
		}
		return pic.cased(numberWords(x, pic.ordinal)), nil
	case sequence:
		return "", failWith("D3130", pic.token)
	}
	return pic.formatDecimal(x)
}

func (pic *integerPicture) cased(text string) string {
	switch pic.letters {
	case upper:
		return strings.ToUpper(text)
	case lower:
		return strings.ToLower(text)
	}
	return text
}

// maxPadding bounds the zeros that a width asks for. The reference makes half a gigabyte of them before it fails.
const maxPadding = 1 << 20

func (pic *integerPicture) formatDecimal(x float64) (string, error) {
	text := numberText(x)
	if pad := pic.mandatory - float64(len(text)); pad > maxPadding {
		return "", errScript
	} else if pad > 0 {
		text = strings.Repeat("0", int(pad)) + text
	}
	if pic.zero != '0' {
		text = strings.Map(func(r rune) rune { return r + pic.zero - '0' }, text)
	}
	if len(pic.separators) > 0 {
		text = pic.group(text)
	}
	if pic.ordinal {
		text += ordinalSuffix(text)
	}
	return text, nil
}

func (pic *integerPicture) group(text string) string {
	out := []rune(text)
	if pic.regular {
		every := pic.separators[0].position
		for i := (len(out) - 1) / every; i > 0; i-- {
			out = insert(out, len(out)-i*every, pic.separators[0].text)
		}
		return string(out)
	}
	for i := len(pic.separators) - 1; i >= 0; i-- {
		out = insert(out, len(out)-pic.separators[i].position, pic.separators[i].text)
	}
	return string(out)
}

// insert puts text before out[at]. A negative place is one of JavaScript's substr: nothing before it, and behind it what
// there is from there on, counted from the end.
func insert(out []rune, at int, text string) []rune {
	head, tail := max(at, 0), at
	if at < 0 {
		tail = max(len(out)+at, 0)
	}
	grown := append([]rune(nil), out[:head]...)
	grown = append(grown, []rune(text)...)
	return append(grown, out[tail:]...)
}

func ordinalSuffix(text string) string {
	if n := len(text); n < 2 || text[n-2] != '1' {
		switch text[n-1] {
		case '1':
			return "st"
		case '2':
			return "nd"
		case '3':
			return "rd"
		}
	}
	return "th"
}

// parse reads what format writes.
func (pic *integerPicture) parse(s string) (float64, error) {
	switch pic.numbering {
	case alphabetic:
		return pic.parseLetters(s), nil
	case romanNumerals:
		if pic.letters != upper {
			s = strings.ToUpper(s)
		}
		return parseRoman(s), nil
	case wording:
		return parseWords(s), nil
	case sequence:
		return 0, failWith("D3130", pic.token)
	}
	return pic.parseDecimal(s)
}

func (pic *integerPicture) parseLetters(s string) float64 {
	a := 'a'
	if pic.letters == upper {
		a = 'A'
	}
	units := utf16.Encode([]rune(s))
	total := 0.0
	for i := range units {
		total += float64(rune(units[len(units)-1-i])-a+1) * math.Pow(26, float64(i))
	}
	return total
}

func (pic *integerPicture) parseDecimal(s string) (float64, error) {
	if pic.ordinal {
		s = withoutSuffix(s)
	}
	if pic.regular {
		s = strings.ReplaceAll(s, ",", "") // whatever the picture's separator is: so does the reference
	} else {
		for _, sep := range pic.separators {
			s = strings.ReplaceAll(s, sep.text, "")
		}
	}
	if pic.zero != '0' {
		var ok bool
		if s, ok = pic.asciiDigits(s); !ok {
			return 0, errScript
		}
	}
	return parseInt(s), nil
}

// withoutSuffix takes the two units of an ordinal's ending off.
func withoutSuffix(s string) string {
	units := utf16.Encode([]rune(s))
	return string(utf16.Decode(units[:max(len(units)-2, 0)]))
}

// asciiDigits moves the picture's digits to ASCII's; false where that leaves Unicode.
func (pic *integerPicture) asciiDigits(s string) (string, bool) {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		r := rune(unit) - pic.zero + '0'
		if r < 0 {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

// pattern is the regular expression of the text that the picture parses inside a date; width is the count of digits asked for,
// 0 for any.
func (pic *integerPicture) pattern(width float64) (string, error) {
	switch pic.numbering {
	case alphabetic:
		return pic.casedPattern("[a-z]+"), nil
	case romanNumerals:
		return pic.casedPattern("[mdclxvi]+"), nil
	case wording:
		return wordsPattern, nil
	case sequence:
		return "", failWith("D3130", pic.token)
	}
	text := "[0-9]" + pic.occurrences(width)
	if pic.ordinal {
		text += "(?:th|st|nd|rd)"
	}
	return text, nil
}

func (pic *integerPicture) occurrences(width float64) string {
	most := strconv.FormatFloat(width, 'f', -1, 64)
	switch {
	case !(width > 0):
		return "+"
	case pic.optional == 0:
		return "{" + most + "}"
	}
	return "{" + strconv.FormatFloat(width-float64(pic.optional), 'f', -1, 64) + "," + most + "}"
}

func (pic *integerPicture) casedPattern(text string) string {
	if pic.letters == upper {
		return strings.ToUpper(text)
	}
	return text
}

var wordsPattern = func() string {
	var all []string
	for _, w := range words {
		all = append(all, w.word)
	}
	return "(?:" + strings.Join(all, "|") + `|and|[\-, ])+`
}()
