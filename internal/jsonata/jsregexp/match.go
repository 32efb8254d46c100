package jsregexp

import (
	"math"
	"strings"
	"unicode/utf8"
)

type frameKind int32

const (
	frameBranch frameKind = iota // go on at pc, pos
	frameSlot                    // capture slot pc was pos
	frameMark                    // mark pc was pos
	frameGreedy                  // the run at pc can give back units down to x
	frameLazy                    // the run at pc can take more units, x at most where x >= 0
)

// frame is what to do when the match fails here.
type frame struct {
	kind       frameKind
	pc, pos, x int32
}

const (
	maxFrames    = 1 << 20 // 16 MiB
	maxMemoWords = 1 << 21 // 16 MiB
	memoAfter    = 16      // steps a byte before failures are remembered
	memoAtLeast  = 1 << 12 // and at least so many
)

// machine is the state of one search.
type machine struct {
	prog     *program
	s        string
	fold     bool
	slots    []int
	marks    []int32
	stack    []frame
	memo     []uint64 // which states of which places were tried; nil until it pays
	steps    int      // left
	patience int      // steps left until failures are remembered
	spent    bool
}

// search tries each place from on, and leaves the match in m.slots.
func (m *machine) search(from int) bool {
	for pos := from; ; {
		pos = m.candidate(pos)
		if pos < 0 || m.spent {
			return false
		}
		m.clear()
		m.slots[0] = pos
		end, ok := m.run(0, pos)
		if ok {
			m.slots[1] = end
			return true
		}
		if m.spent || pos >= len(m.s) || m.prog.anchored {
			return false
		}
		_, pos = unitAt(m.s, pos)
	}
}

func (m *machine) clear() {
	for i := range m.slots {
		m.slots[i] = -1
	}
}

// candidate is the first place from pos on where a match can start, or -1.
func (m *machine) candidate(pos int) int {
	p := m.prog
	switch {
	case p.anchored:
		if pos > 0 {
			return -1
		}
	case p.prefix != "":
		i := strings.Index(m.s[pos:], p.prefix)
		if i < 0 {
			return -1
		}
		m.charge(i / 32)
		return pos + i
	case p.first != nil:
		start := pos
		for pos < len(m.s) && !p.first[m.s[pos]] {
			_, pos = unitAt(m.s, pos)
		}
		m.charge((pos - start) / 8)
		if pos == len(m.s) {
			return -1
		}
	}
	return pos
}

func (m *machine) charge(steps int) {
	if m.steps -= steps; m.steps < 0 {
		m.spent = true
	}
}

// run goes on from an instruction and a place up to opMatch, and tells where the match ends. What it captured stays when it
// matches, and is undone when it does not.
func (m *machine) run(start int32, from int) (end int, ok bool) {
	base := len(m.stack)
	pc, pos := start, from
	for {
		if m.steps--; m.steps < 0 {
			m.spent = true
			return 0, false
		}
		in := &m.prog.insts[pc]
		ok := true
		switch in.op {
		case opMatch:
			m.stack = m.stack[:base]
			return pos, true
		case opLit:
			if ok = strings.HasPrefix(m.s[pos:], in.lit); ok {
				pos += len(in.lit)
			}
			pc++
		case opSet:
			if ok = pos < len(m.s); ok {
				var u rune
				u, pos = unitAt(m.s, pos)
				ok = in.set.has(u)
			}
			pc++
		case opBack:
			if ok = pos > 0; ok {
				var u rune
				u, pos = unitBefore(m.s, pos)
				ok = in.set.has(u)
			}
			pc++
		case opRun:
			pos, ok = m.take(in, pc, pos)
			pc++
		case opSplit:
			if ok = m.fresh(in, pos); ok {
				m.push(frame{frameBranch, in.y, int32(pos), 0})
				pc = in.x
			}
		case opJump:
			pc = in.x
		case opSave:
			m.save(in.x, pos)
			pc++
		case opForget:
			for slot := in.x; slot < in.y; slot++ {
				if m.slots[slot] >= 0 {
					m.save(slot, -1)
				}
			}
			pc++
		case opMark:
			m.push(frame{frameMark, in.x, m.marks[in.x], 0})
			m.marks[in.x] = int32(pos)
			pc++
		case opMoved:
			ok = m.marks[in.x] != int32(pos)
			pc++
		case opBackref:
			pos, ok = m.repeatGroup(in, pos)
			pc++
		case opLook:
			ok = m.look(in, pc, pos)
			pc = in.x
		default:
			ok = m.holds(in, pos)
			pc++
		}
		if ok {
			continue
		}
		if pc, pos, ok = m.retreat(base); !ok {
			return 0, false
		}
	}
}

// holds tells whether the assertion in is true at pos.
func (m *machine) holds(in *inst, pos int) bool {
	switch in.op {
	case opStart:
		return pos == 0
	case opEnd:
		return pos == len(m.s)
	case opLineStart:
		if pos == 0 {
			return true
		}
		u, _ := unitBefore(m.s, pos)
		return isLineEnd(u)
	case opLineEnd:
		if pos == len(m.s) {
			return true
		}
		u, _ := unitAt(m.s, pos)
		return isLineEnd(u)
	}
	before := pos > 0 && isWord(rune(m.s[pos-1]))
	after := pos < len(m.s) && isWord(rune(m.s[pos]))
	return (before != after) != in.not
}

func (m *machine) push(f frame) {
	if len(m.stack) >= maxFrames {
		m.spent, m.steps = true, 0
		return
	}
	m.stack = append(m.stack, f)
}

func (m *machine) save(slot int32, pos int) {
	m.push(frame{frameSlot, slot, int32(m.slots[slot]), 0})
	m.slots[slot] = pos
}

// retreat undoes what was done since the last choice, and makes the next one.
func (m *machine) retreat(base int) (pc int32, pos int, ok bool) {
	for len(m.stack) > base {
		top := len(m.stack) - 1
		f := &m.stack[top]
		switch f.kind {
		case frameBranch:
			pc, pos = f.pc, int(f.pos)
			m.stack = m.stack[:top]
			return pc, pos, true
		case frameSlot:
			m.slots[f.pc] = int(f.pos)
		case frameMark:
			m.marks[f.pc] = f.pos
		case frameGreedy:
			if pos, ok = m.oneLess(f); ok {
				return f.pc + 1, pos, true
			}
		case frameLazy:
			if pos, ok = m.oneMore(f); ok {
				return f.pc + 1, pos, true
			}
		}
		m.stack = m.stack[:top]
	}
	return 0, 0, false
}

// take matches the run in: its least, and for a greedy one all it can, which it may give back.
func (m *machine) take(in *inst, pc int32, pos int) (int, bool) {
	pos, n := m.units(in.set, pos, in.min)
	if n < in.min || !m.fresh(in, pos) {
		return pos, false
	}
	rest := in.max
	if rest >= 0 {
		rest -= n
	}
	if in.lazy {
		m.push(frame{frameLazy, pc, int32(pos), rest})
		return pos, true
	}
	least := pos
	if m.memo != nil && rest < 0 {
		pos = m.freshUnits(in, pos)
	} else {
		pos, _ = m.units(in.set, pos, rest)
	}
	if pos > least {
		m.push(frame{frameGreedy, pc, int32(pos), int32(least)})
	}
	return pos, true
}

// units goes over at most limit units of set, over all where limit < 0.
func (m *machine) units(set *set, pos int, limit int32) (end int, n int32) {
	if limit < 0 {
		limit = math.MaxInt32
	}
	start := pos
	for n < limit && pos < len(m.s) {
		if c := m.s[pos]; c < utf8.RuneSelf {
			if set.ascii[c>>6]&(1<<(c&63)) == 0 {
				break
			}
			pos++
		} else {
			u, next := wideUnitAt(m.s, pos)
			if !set.hasWide(u) {
				break
			}
			pos = next
		}
		n++
	}
	m.charge((pos - start) / 4)
	return pos, n
}

// freshUnits goes over units of a run up to a place where the run was before, in vain.
func (m *machine) freshUnits(in *inst, pos int) int {
	start := pos
	for pos < len(m.s) {
		u, next := unitAt(m.s, pos)
		if !in.set.has(u) || !m.fresh(in, next) {
			break
		}
		pos = next
	}
	m.charge(pos - start)
	return pos
}

// oneLess gives units of a greedy run back, up to a place where what follows it may match.
func (m *machine) oneLess(f *frame) (int, bool) {
	follow := m.prog.insts[f.pc].follow
	for pos := int(f.pos); pos > int(f.x); {
		_, pos = unitBefore(m.s, pos)
		if follow < 0 || m.s[pos] == byte(follow) {
			m.charge((int(f.pos) - pos) / 4)
			f.pos = int32(pos)
			return pos, true
		}
	}
	m.charge(int(f.pos-f.x) / 4)
	return 0, false
}

// oneMore takes one more unit for a lazy run.
func (m *machine) oneMore(f *frame) (int, bool) {
	in := &m.prog.insts[f.pc]
	if f.x == 0 || int(f.pos) >= len(m.s) {
		return 0, false
	}
	u, next := unitAt(m.s, int(f.pos))
	if !in.set.has(u) || in.max < 0 && !m.fresh(in, next) {
		return 0, false
	}
	f.pos = int32(next)
	f.x--
	return next, true
}

// repeatGroup matches what a group captured once more; a group that took no part is empty.
func (m *machine) repeatGroup(in *inst, pos int) (int, bool) {
	from, to := m.slots[2*in.x], m.slots[2*in.x+1]
	if from < 0 || to < 0 {
		return pos, true
	}
	m.charge((to - from) / 4)
	if in.backwards {
		return m.equalBack(from, to, pos)
	}
	return m.equalAhead(from, to, pos)
}

func (m *machine) equalAhead(from, to, pos int) (int, bool) {
	for from < to {
		if pos >= len(m.s) {
			return pos, false
		}
		var a, b rune
		a, from = unitAt(m.s, from)
		b, pos = unitAt(m.s, pos)
		if !m.same(a, b) {
			return pos, false
		}
	}
	return pos, true
}

func (m *machine) equalBack(from, to, pos int) (int, bool) {
	for from < to {
		if pos <= 0 {
			return pos, false
		}
		var a, b rune
		a, to = unitBefore(m.s, to)
		b, pos = unitBefore(m.s, pos)
		if !m.same(a, b) {
			return pos, false
		}
	}
	return pos, true
}

func (m *machine) same(a, b rune) bool {
	return a == b || m.fold && canonical(a) == canonical(b)
}

// look matches the program behind in at pos. What a positive one captured stays until the match comes back over it.
func (m *machine) look(in *inst, pc int32, pos int) bool {
	before := append([]int(nil), m.slots...)
	_, ok := m.run(pc+1, pos)
	after := append([]int(nil), m.slots...)
	copy(m.slots, before)
	if ok && !in.not {
		for slot := range after {
			if after[slot] != before[slot] {
				m.save(int32(slot), after[slot])
			}
		}
	}
	return ok != in.not && !m.spent
}

// fresh tells whether the choice in has not been made at pos before. A second time would fail as the first one did: how the
// match goes on depends on the instruction, the place and, inside loops, on which of them have moved in this iteration.
func (m *machine) fresh(in *inst, pos int) bool {
	if m.memo == nil && !m.remember() {
		return true
	}
	state := int(in.memo)
	for i := range int(in.depth) {
		if m.marks[i] != int32(pos) {
			state += 1 << i
		}
	}
	bit := pos*m.prog.states + state
	word, mask := bit>>6, uint64(1)<<(bit&63)
	if m.memo[word]&mask != 0 {
		return false
	}
	m.memo[word] |= mask
	return true
}

// remember starts to remember failures once the search has taken many steps, if the pattern and the memory allow it.
func (m *machine) remember() bool {
	if m.patience--; m.patience >= 0 || m.prog.states == 0 {
		return false
	}
	words := (len(m.s)+1)*m.prog.states/64 + 1
	if words > maxMemoWords {
		m.patience = math.MaxInt
		return false
	}
	m.memo = make([]uint64, words)
	return true
}
