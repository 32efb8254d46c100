package value

import "testing"

// TestPlainRun compares with looking at each byte, for every byte in every place of the eight that are looked at together.
func TestPlainRun(t *testing.T) {
	for b := range 256 {
		for at := range 19 {
			text := []byte("abcdefgh\x7f\x80\xff\xc3\xa4jklmno")
			text[at] = byte(b)
			s := string(text)
			for from := range len(s) {
				want := from
				for want < len(s) && plain(s[want]) {
					want++
				}
				if got := plainRun(s, from); got != want {
					t.Fatalf("%q from %d: %d, want %d", s, from, got, want)
				}
			}
		}
	}
}
