package value

import "testing"

func TestCompareNumbers(t *testing.T) {
	ascending := []string{"-1e300", "-9007199254740993", "-9007199254740992", "-1.5", "0", "0.1", "1", "9007199254740992", "9007199254740993", "12345678901234567890", "1e21", "1e300"}
	for i, x := range ascending {
		for k, y := range ascending {
			a, b := OfNumberText(x), OfNumberText(y)
			if got, want := CompareNumbers(a, b), compareInts(i, k); got != want {
				t.Errorf("CompareNumbers(%s, %s) = %d, want %d", x, y, got, want)
			}
		}
	}
	for _, equal := range [][2]string{{"1", "1.0"}, {"-0", "0"}, {"1e3", "1000"}, {"0.1", "0.1000000000000000055"}} {
		if c := CompareNumbers(OfNumberText(equal[0]), OfNumberText(equal[1])); c != 0 {
			t.Errorf("CompareNumbers(%s, %s) = %d, want 0", equal[0], equal[1], c)
		}
	}
}

func compareInts(i, k int) int {
	switch {
	case i < k:
		return -1
	case i > k:
		return 1
	}
	return 0
}

func TestSame(t *testing.T) {
	a, b := OfArray([]Value{True}), OfArray([]Value{True})
	if !Same(a, a) || Same(a, b) || !Same(OfString("x"), OfString("x")) || Same(OfInt(1), OfString("1")) || !Same(NullValue, NullValue) {
		t.Error("Same is about identity of arrays and objects, and equality of the rest")
	}
}

func TestHashAgreesWithEqual(t *testing.T) {
	texts := []string{`null`, `true`, `false`, `0`, `-0.0`, `1`, `1.0`, `1e0`, `"1"`, `""`, `[]`, `{}`, `[1]`, `[1.0]`, `[[1]]`, `{"a":1,"b":2}`, `{"b":2,"a":1.0}`, `{"a":2,"b":1}`}
	for _, x := range texts {
		for _, y := range texts {
			a, _ := Parse(x)
			b, _ := Parse(y)
			if Equal(a, b) != (Hash(a) == Hash(b)) {
				t.Errorf("%s and %s: Equal is %t, their hashes %x and %x", x, y, Equal(a, b), Hash(a), Hash(b))
			}
		}
	}
}
