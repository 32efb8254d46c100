package jsregexp

import (
	"strings"
	"unicode/utf8"
)

const (
	highHalf = 0xD800 // the first of a surrogate pair's halves, up to 0xDBFF
	lowHalf  = 0xDC00 // and of the second, up to 0xDFFF
)

func isHigh(u rune) bool { return u >= highHalf && u < lowHalf }
func isLow(u rune) bool  { return u >= lowHalf && u < 0xE000 }

// between tells whether place p of s stands between the halves of a character of four bytes.
func between(s string, p int) bool {
	if p < 2 || p >= len(s) || s[p-2] < 0xF0 {
		return false
	}
	_, size := utf8.DecodeRuneInString(s[p-2:])
	return size == 4
}

// unitAt is the UTF-16 unit that starts at place p, p < len(s), and the place behind it.
func unitAt(s string, p int) (rune, int) {
	if c := s[p]; c < utf8.RuneSelf {
		return rune(c), p + 1
	}
	return wideUnitAt(s, p)
}

func wideUnitAt(s string, p int) (rune, int) {
	if between(s, p) {
		r, _ := utf8.DecodeRuneInString(s[p-2:])
		return lowHalf + (r-0x10000)&0x3FF, p + 2
	}
	r, size := utf8.DecodeRuneInString(s[p:])
	if size == 4 {
		return highHalf + (r-0x10000)>>10, p + 2
	}
	return r, p + size
}

// unitBefore is the UTF-16 unit that ends at place p, p > 0, and the place before it.
func unitBefore(s string, p int) (rune, int) {
	if c := s[p-1]; c < utf8.RuneSelf {
		return rune(c), p - 1
	}
	if between(s, p) {
		u, _ := wideUnitAt(s, p-2)
		return u, p - 2
	}
	r, size := utf8.DecodeLastRuneInString(s[:p])
	if size == 4 {
		return lowHalf + (r-0x10000)&0x3FF, p - 2
	}
	return r, p - size
}

// Units is how many UTF-16 units stand between two places of s: Units(s, 0, place) is what JavaScript calls the index.
func Units(s string, from, to int) int {
	n := 0
	for p := from; p < to; n++ {
		_, p = unitAt(s, p)
	}
	return n
}

// Place is where the UTF-16 unit of that index stands in s; len(s) for an index past the end. It undoes Units.
func Place(s string, index int) int {
	p := 0
	for ; index > 0 && p < len(s); index-- {
		_, p = unitAt(s, p)
	}
	return p
}

// Slice is the text between two places of s. Half a surrogate pair, which UTF-8 cannot carry, becomes U+FFFD.
func Slice(s string, from, to int) string {
	halfFirst, halfLast := from < to && between(s, from), from < to && between(s, to)
	if !halfFirst && !halfLast {
		return s[from:to]
	}
	var b strings.Builder
	if halfFirst {
		b.WriteRune(utf8.RuneError)
		from += 2
	}
	if halfLast {
		to -= 2
	}
	if from < to {
		b.WriteString(s[from:to])
	}
	if halfLast {
		b.WriteRune(utf8.RuneError)
	}
	return b.String()
}
