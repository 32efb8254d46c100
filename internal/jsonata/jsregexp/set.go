package jsregexp

import (
	"slices"
	"sync"
	"unicode"
)

const lastUnit = 0xFFFF

type span struct{ lo, hi rune }

// set is a set of UTF-16 units: in spans while it is built, with a bitmap of its ASCII part once it is compiled.
type set struct {
	ascii [2]uint64
	wide  []span // of units from 128 on; sorted, apart
}

func (s *set) has(u rune) bool {
	if u < 128 {
		return s.ascii[u>>6]&(1<<(u&63)) != 0
	}
	return s.hasWide(u)
}

func (s *set) hasWide(u rune) bool {
	lo, hi := 0, len(s.wide)
	for lo < hi {
		mid := (lo + hi) / 2
		if s.wide[mid].hi < u {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(s.wide) && s.wide[lo].lo <= u
}

func newSet(spans []span) *set {
	s := &set{}
	for _, r := range tidy(spans) {
		for u := r.lo; u <= r.hi && u < 128; u++ {
			s.ascii[u>>6] |= 1 << (u & 63)
		}
		if r.hi >= 128 {
			s.wide = append(s.wide, span{max(r.lo, 128), r.hi})
		}
	}
	return s
}

// tidy sorts spans and joins those that touch.
func tidy(spans []span) []span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	out := spans[:0]
	for _, r := range spans {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
		} else {
			out = append(out, r)
		}
	}
	return out
}

func invert(spans []span) []span {
	var out []span
	next := rune(0)
	for _, r := range tidy(spans) {
		if r.lo > next {
			out = append(out, span{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= lastUnit {
		out = append(out, span{next, lastUnit})
	}
	return out
}

var (
	digits     = []span{{'0', '9'}}
	words      = []span{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	lineEnds   = []span{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
	whitespace = []span{{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029},
		{0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}}
)

func isWord(u rune) bool {
	return u < 128 && (u >= 'a' && u <= 'z' || u >= 'A' && u <= 'Z' || u >= '0' && u <= '9' || u == '_')
}

func isLineEnd(u rune) bool { return u == '\n' || u == '\r' || u == 0x2028 || u == 0x2029 }

// canonical is ECMAScript's Canonicalize without the u flag: the upper-case form where that is one unit, and not an ASCII
// one of a unit that is none.
func canonical(u rune) rune {
	if u < 128 {
		if u >= 'a' && u <= 'z' {
			u -= 'a' - 'A'
		}
		return u
	}
	up := unicode.ToUpper(u)
	if up < 128 || up > lastUnit || upperIsLonger(u) {
		return u
	}
	return up
}

// upperIsLonger tells the letters whose upper-case form has two units although UnicodeData names a single letter, a title-case
// one: Greek with iota subscript.
func upperIsLonger(u rune) bool {
	return u >= 0x1F80 && u <= 0x1FAF || u == 0x1FB3 || u == 0x1FBC || u == 0x1FC3 || u == 0x1FCC || u == 0x1FF3 || u == 0x1FFC
}

// folds has every group of two or more units with one canonical form, under each of its units.
var folds = sync.OnceValue(func() map[rune][]rune {
	groups := map[rune][]rune{}
	for u := rune(0); u <= lastUnit; u++ {
		if c := canonical(u); c != u {
			if groups[c] == nil {
				groups[c] = []rune{c}
			}
			groups[c] = append(groups[c], u)
		}
	}
	byUnit := map[rune][]rune{}
	for _, group := range groups {
		for _, u := range group {
			byUnit[u] = group
		}
	}
	return byUnit
})

// fold adds to spans the units that are equal to one of theirs but for case.
func fold(spans []span) []span {
	out := slices.Clone(spans)
	if len(spans) == 1 && spans[0].lo == spans[0].hi {
		return addUnits(out, folds()[spans[0].lo])
	}
	base := newSet(spans)
	for u, group := range folds() {
		if base.has(u) {
			out = addUnits(out, group)
		}
	}
	return tidy(out)
}

func addUnits(spans []span, units []rune) []span {
	for _, u := range units {
		spans = append(spans, span{u, u})
	}
	return spans
}
