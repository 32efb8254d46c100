package jsonata

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSONata's strings are JavaScript's: UTF-16, in which half a surrogate pair may stand alone. Ours are UTF-8, in which such a
// half is kept as the three bytes that UTF-8 would need for it (the form called WTF-8).

const surrogateLead = 0xED // the first byte of U+D000 to U+DFFF

// loneSurrogate is the surrogate that s begins with.
func loneSurrogate(s string) (uint16, bool) {
	if len(s) < 3 || s[0] != surrogateLead || s[1] < 0xA0 || s[1] > 0xBF || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F), true
}

// appendUnit appends one UTF-16 unit; the second half of a pair joins the first.
func appendUnit(buf []byte, unit uint16) []byte {
	if !utf16.IsSurrogate(rune(unit)) {
		return utf8.AppendRune(buf, rune(unit))
	}
	if unit >= 0xDC00 && len(buf) >= 3 {
		if high, ok := loneSurrogate(string(buf[len(buf)-3:])); ok && high < 0xDC00 {
			return utf8.AppendRune(buf[:len(buf)-3], utf16.DecodeRune(rune(high), rune(unit)))
		}
	}
	return append(buf, surrogateLead, 0x80|byte(unit>>6&0x3F), 0x80|byte(unit&0x3F))
}

// hasSurrogate reports whether half a surrogate pair stands in s.
func hasSurrogate(s string) bool {
	for i := strings.IndexByte(s, surrogateLead); i >= 0 && i < len(s); i++ {
		if _, ok := loneSurrogate(s[i:]); ok {
			return true
		}
	}
	return false
}

// isASCII reports whether every byte of s is a character.
func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// runeSize is how many bytes the first character of s, which is not empty, takes.
func runeSize(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	if _, ok := loneSurrogate(s); ok {
		return 3
	}
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// runeCount is how many characters s has.
func runeCount(s string) int {
	n := 0
	for i := 0; i < len(s); n++ {
		i += runeSize(s[i:])
	}
	return n
}

// runeOffset is the byte at which character n of s begins, len(s) past the end.
func runeOffset(s string, n int) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		i += runeSize(s[i:])
	}
	return i
}

// compareStrings orders strings by their UTF-16 units. That is the order of bytes, but for characters past U+FFFF, whose
// surrogates stand before U+E000.
func compareStrings(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[i] == b[i] {
		i++
	}
	if i == n {
		return len(a) - len(b)
	}
	x, y := a[i], b[i]
	if (x >= 0xF0) != (y >= 0xF0) && min(x, y) >= 0xEE {
		return int(y) - int(x)
	}
	return int(x) - int(y)
}
