package value

import (
	"cmp"
	"hash/maphash"
	"strings"
)

var hashSeed = maphash.MakeSeed()

// Hash is a number that Equal values share. It is good for this process only.
func Hash(v Value) uint64 {
	h := uint64(v.kind)
	switch v.kind {
	case Bool:
		h = 0x100 + v.num
	case Number:
		if f := v.Float(); f != 0 { // -0 equals 0
			h = maphash.Comparable(hashSeed, f)
		}
	case String:
		h = maphash.String(hashSeed, v.Str())
	case Array:
		for _, item := range v.Items() {
			h = h*0x9E3779B97F4A7C15 + Hash(item)
		}
	case Object:
		for _, m := range v.Members() { // whatever their order
			h += maphash.String(hashSeed, m.Name) * (Hash(m.Value) | 1)
		}
	}
	return h
}

// Same says whether a and b are one and the same: an array or object that was reached twice, or equal scalars. Two arrays that
// were built apart are not the same, even if Equal.
func Same(a, b Value) bool {
	if a.kind == Number || a.kind == String {
		return Equal(a, b)
	}
	a.extra, b.extra = 0, 0
	return a == b
}

// CompareNumbers orders two Numbers, -1, 0 or 1: integers exactly, whatever their size, and all others by their double, which is
// what Jackson, AWS's reader, makes of them.
func CompareNumbers(a, b Value) int {
	f, g := a.Float(), b.Float()
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	case f == 0 || a.ref == nil && b.ref == nil:
		return 0
	}
	x, y := a.NumberText(), b.NumberText()
	if strings.ContainsAny(x, ".eE") || strings.ContainsAny(y, ".eE") {
		return 0
	}
	return compareIntegers(x, y)
}

// compareIntegers orders integer texts of JSON's grammar, which have no leading zeros.
func compareIntegers(x, y string) int {
	sign := 1
	if x[0] == '-' && y[0] == '-' {
		x, y, sign = x[1:], y[1:], -1
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c * sign
	}
	return strings.Compare(x, y) * sign
}
