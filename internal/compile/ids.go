package compile

import "math/bits"

// ids is a set of small numbers. It never changes.
type ids []uint64

func idsOf(id int) ids {
	out := make(ids, id/64+1)
	out[id/64] = 1 << (id % 64)
	return out
}

// word is the numbers from 64*i on.
func (s ids) word(i int) uint64 {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func (s ids) or(t ids) ids {
	if len(s) < len(t) {
		s, t = t, s
	}
	if len(t) == 0 {
		return s
	}
	out := make(ids, len(s))
	for i := range out {
		out[i] = s[i] | t.word(i)
	}
	return out
}

func (s ids) and(t ids) ids {
	out := make(ids, min(len(s), len(t)))
	for i := range out {
		out[i] = s[i] & t[i]
	}
	return out
}

// in says whether all of s is in t.
func (s ids) in(t ids) bool {
	for i, w := range s {
		if w&^t.word(i) != 0 {
			return false
		}
	}
	return true
}

func (s ids) none() bool { return s.in(nil) }

// all yields the numbers, the least first.
func (s ids) all(yield func(int) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(64*i + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}
