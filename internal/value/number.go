package value

import (
	"cmp"
	"strings"
)

// Same says whether a and b are one and the same: an array or object that was reached twice, or equal scalars. Two arrays that
// were built apart are not the same, even if Equal.
func Same(a, b Value) bool {
	if a.kind == Number || a.kind == String {
		return Equal(a, b)
	}
	return a == b
}

// CompareNumbers orders two Numbers, -1, 0 or 1: integers exactly, whatever their size, and all others by their double, which is
// what Jackson, AWS's reader, makes of them.
func CompareNumbers(a, b Value) int {
	f := a.Float()
	if c := cmp.Compare(f, b.Float()); c != 0 || f == 0 || a.ref == nil && b.ref == nil {
		return c
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
