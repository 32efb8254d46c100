package jsonata

import (
	"bytes"
	"encoding/base64"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/stride-aws/stride/internal/value"
)

var stringFunctions = []definition{
	{"string", "<x-b?:s>", 1, stringOf},
	{"substring", "<s-nn?:s>", 3, substring},
	{"substringBefore", "<s-s:s>", 2, substringBefore},
	{"substringAfter", "<s-s:s>", 2, substringAfter},
	{"lowercase", "<s-:s>", 1, onString(lower)},
	{"uppercase", "<s-:s>", 1, onString(upper)},
	{"length", "<s-:n>", 1, length},
	{"trim", "<s-:s>", 1, onString(trim)},
	{"pad", "<s-ns?:s>", 3, pad},
	{"match", "<s-f<s:o>n?:a<o>>", 3, matchAll},
	{"contains", "<s-(sf):b>", 2, contains},
	{"replace", "<s-(sf)(sf)n?:s>", 4, replace},
	{"split", "<s-(sf)n?:a<s>>", 3, split},
	{"join", "<a<s>s?:s>", 2, join},
	{"base64encode", "<s-:s>", 1, onString(base64Encode)},
	{"base64decode", "<s-:s>", 1, onString(base64Decode)},
	{"encodeUrlComponent", "<s-:s>", 1, encodeWith("encodeUrlComponent", unreserved)},
	{"encodeUrl", "<s-:s>", 1, encodeWith("encodeUrl", unreserved+reserved)},
	{"decodeUrlComponent", "<s-:s>", 1, decodeWith("decodeUrlComponent", "")},
	{"decodeUrl", "<s-:s>", 1, decodeWith("decodeUrl", reserved)},
}

// onString is a function of one string.
func onString(f func(string) string) func(*run, []value.Value) (value.Value, error) {
	return func(r *run, args []value.Value) (value.Value, error) {
		if !args[0].Defined() {
			return nothing, nil
		}
		s := f(args[0].Str())
		return value.OfString(s), r.take(len(s))
	}
}

func stringOf(r *run, args []value.Value) (value.Value, error) {
	v := args[0]
	if v.Kind() == value.Undefined || v.Kind() == value.String {
		return v, nil
	}
	s, err := r.stringify(v, argument(args, 1).Bool())
	return value.OfString(s), err
}

// units is what JavaScript makes of a number that is to be a position.
func units(f float64, limit int) int {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= float64(limit):
		return limit
	case f <= -float64(limit):
		return -limit
	}
	return int(f)
}

func substring(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	s := args[0].Str()
	n := runeCount(s)
	start, length := args[1].Float(), argument(args, 2)
	if float64(n)+start < 0 {
		start = 0
	}
	end := float64(n)
	if length.Defined() {
		if length.Float() <= 0 || !args[1].Defined() {
			return value.OfString(""), nil
		}
		if end = start + length.Float(); start < 0 {
			end += float64(n)
		}
	}
	from, to := fromEnd(units(start, n), n), fromEnd(units(end, n), n)
	if from >= to {
		return value.OfString(""), nil
	}
	if len(s) == n {
		return value.OfString(s[from:to]), nil
	}
	at := runeOffset(s, from)
	return value.OfString(s[at : at+runeOffset(s[at:], to-from)]), nil
}

// fromEnd counts a negative position from the end.
func fromEnd(i, n int) int {
	if i < 0 {
		return max(0, i+n)
	}
	return i
}

func substringBefore(_ *run, args []value.Value) (value.Value, error) {
	before, _, found := cut(args)
	if !found {
		return args[0], nil
	}
	return value.OfString(before), nil
}

func substringAfter(_ *run, args []value.Value) (value.Value, error) {
	_, after, found := cut(args)
	if !found {
		return args[0], nil
	}
	return value.OfString(after), nil
}

func cut(args []value.Value) (before, after string, found bool) {
	if args[0].Defined() && args[1].Defined() {
		return strings.Cut(args[0].Str(), args[1].Str())
	}
	return "", "", false
}

func lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func length(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	return value.OfFloat(float64(runeCount(args[0].Str()))), nil
}

// trim takes white space off both ends and makes one space of each other run of it.
func trim(s string) string {
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	return strings.Join(fields, " ")
}

func pad(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	s, fill := args[0].Str(), argument(args, 2).Str()
	if fill == "" {
		fill = " "
	}
	width := math.Trunc(args[1].Float())
	missing := math.Abs(width) - float64(runeCount(s))
	if !(missing > 0) {
		return args[0], nil
	}
	if missing > math.MaxInt32 {
		missing = math.MaxInt32
	}
	if err := r.take(len(s) + int(missing)*len(fill)); err != nil {
		return nothing, err
	}
	padding := strings.Repeat(fill, int(missing)/runeCount(fill)+1)
	padding = padding[:runeOffset(padding, int(missing))]
	if width > 0 {
		return value.OfString(s + padding), nil
	}
	return value.OfString(padding + s), nil
}

func join(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	separator := argument(args, 1).Str()
	size := 0
	for _, item := range args[0].Items() {
		size += len(item.Str()) + len(separator)
	}
	if err := r.take(size); err != nil {
		return nothing, err
	}
	var b strings.Builder
	b.Grow(size)
	for i, item := range args[0].Items() {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(item.Str())
	}
	return value.OfString(b.String()), nil
}

// base64Encode takes each UTF-16 unit for a byte, as the reference does.
func base64Encode(s string) string { return base64.StdEncoding.EncodeToString(lowBytes(s)) }

// lowBytes are the low bytes of the UTF-16 units of s.
func lowBytes(s string) []byte {
	if isASCII(s) {
		return []byte(s)
	}
	var raw []byte
	for i := 0; i < len(s); {
		size := runeSize(s[i:])
		if unit, ok := loneSurrogate(s[i:]); ok {
			raw = append(raw, byte(unit))
		} else if c, _ := utf8.DecodeRuneInString(s[i:]); c > 0xFFFF {
			c -= 0x10000
			raw = append(raw, byte(c>>10), byte(c))
		} else {
			raw = append(raw, byte(c))
		}
		i += size
	}
	return raw
}

// base64Decode reads to the first '=', skips what is no base64, and makes each byte a character, as the reference does.
func base64Decode(s string) string {
	var digits []byte
	raw := lowBytes(s)
	if end := bytes.IndexByte(raw, '='); end >= 0 {
		raw = raw[:end]
	}
	for _, c := range raw {
		switch {
		case c == '-':
			digits = append(digits, '+')
		case c == '_':
			digits = append(digits, '/')
		case c == '+' || c == '/' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z':
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	raw, _ = base64.RawStdEncoding.AppendDecode(nil, digits)
	out := make([]byte, 0, len(raw)+16)
	for _, b := range raw {
		out = utf8.AppendRune(out, rune(b))
	}
	return string(out)
}

// What encodeURIComponent leaves as it is, and what encodeURI does beside it.
const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
	reserved   = ";/?:@&=+$,#"
)

func encodeWith(name, kept string) func(*run, []value.Value) (value.Value, error) {
	return func(r *run, args []value.Value) (value.Value, error) {
		s := args[0].Str()
		if !args[0].Defined() {
			return nothing, nil
		}
		if hasSurrogate(s) {
			return nothing, newError("D3140", details{value: args[0], text: name})
		}
		const hex = "0123456789ABCDEF"
		out := make([]byte, 0, len(s)+16)
		for i := 0; i < len(s); i++ {
			if c := s[i]; strings.IndexByte(kept, c) >= 0 {
				out = append(out, c)
			} else {
				out = append(out, '%', hex[c>>4], hex[c&15])
			}
		}
		return value.OfString(string(out)), r.take(len(out))
	}
}

// decodeWith decodes all but the characters of kept.
func decodeWith(name, kept string) func(*run, []value.Value) (value.Value, error) {
	return func(r *run, args []value.Value) (value.Value, error) {
		if !args[0].Defined() {
			return nothing, nil
		}
		out, ok := percentDecode(args[0].Str(), kept)
		if !ok {
			return nothing, newError("D3140", details{value: args[0], text: name})
		}
		return value.OfString(out), r.take(len(out))
	}
}

func percentDecode(s, kept string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '%' {
			out = append(out, s[i])
			i++
			continue
		}
		c, size, ok := percentRune(s[i:])
		if !ok {
			return "", false
		}
		if c < utf8.RuneSelf && strings.IndexByte(kept, byte(c)) >= 0 {
			out = append(out, s[i:i+size]...)
		} else {
			out = utf8.AppendRune(out, c)
		}
		i += size
	}
	return string(out), true
}

// percentRune reads one character of UTF-8 in percent signs.
func percentRune(s string) (c rune, size int, ok bool) {
	var raw []byte
	for size+3 <= len(s) && s[size] == '%' && len(raw) < utf8.UTFMax {
		high, low := hexValue(s[size+1]), hexValue(s[size+2])
		if high < 0 || low < 0 {
			return 0, 0, false
		}
		raw = append(raw, byte(high<<4|low))
		size += 3
		if c, n := utf8.DecodeRune(raw); n == len(raw) && (c != utf8.RuneError || n > 1) {
			return c, size, true
		}
	}
	return 0, 0, false
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
