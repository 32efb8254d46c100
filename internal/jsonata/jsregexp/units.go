package jsregexp

import "unicode/utf8"

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
	switch size {
	case 4:
		return highHalf + (r-0x10000)>>10, p + 2
	case 1:
		if u, ok := loneHalf(s[p:]); ok {
			return u, p + 3
		}
	}
	return r, p + size
}

// loneHalf is the half of a surrogate pair that s starts with, alone, in the three bytes of WTF-8.
func loneHalf(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1]&0xE0 != 0xA0 || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), true
}

func appendHalf(buf []byte, u rune) []byte {
	return append(buf, 0xED, 0x80|byte(u>>6&0x3F), 0x80|byte(u&0x3F))
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
	switch {
	case size == 4:
		return lowHalf + (r-0x10000)&0x3FF, p - 2
	case size == 1 && p >= 3:
		if u, ok := loneHalf(s[p-3:]); ok {
			return u, p - 3
		}
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

// Slice is the text between two places of s. Half a surrogate pair at its ends has the three bytes of WTF-8.
func Slice(s string, from, to int) string {
	halfFirst, halfLast := from < to && between(s, from), from < to && between(s, to)
	if !halfFirst && !halfLast {
		return s[from:to]
	}
	var buf []byte
	if halfFirst {
		var u rune
		u, from = unitAt(s, from)
		buf = appendHalf(buf, u)
	}
	if halfLast {
		to -= 2
	}
	if from < to {
		buf = append(buf, s[from:to]...)
	}
	if halfLast {
		u, _ := unitAt(s, to)
		buf = appendHalf(buf, u)
	}
	return string(buf)
}
