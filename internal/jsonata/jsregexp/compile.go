package jsregexp

import (
	"unicode/utf16"
	"unicode/utf8"
)

type op uint8

const (
	opMatch   op = iota
	opLit        // the text lit
	opSet        // one unit of set
	opBack       // one unit of set, backwards
	opRun        // min to max units of set
	opSplit      // go on at x, and should that fail, at y
	opJump       // go on at x
	opSave       // slot x is here
	opForget     // slots x to y-1 are unset
	opMark       // an iteration of the loop at depth x starts here
	opMoved      // fail if that iteration matched nothing
	opBackref    // what group x captured
	opLook       // the program behind this instruction matches here, up to its opMatch; go on at x
	opStart
	opEnd
	opLineStart
	opLineEnd
	opWordEdge
)

type inst struct {
	op        op
	not       bool // opLook, opWordEdge
	lazy      bool // opRun
	backwards bool // opBackref
	depth     uint8
	x, y      int32
	min, max  int32 // opRun; max < 0: no end
	memo      int32 // of opSplit and opRun: its number among the states of a place, -1 where none is kept
	follow    int16 // of opRun: the byte that must stand behind it, -1 for any
	set       *set
	lit       string
}

// program is a compiled pattern: instructions for a machine that goes forward and, where it fails, back to its last choice.
type program struct {
	insts    []inst
	slots    int
	depth    int  // the deepest nesting of loops that must watch for empty iterations
	states   int  // memo states of one place; 0 where failures cannot be remembered
	anchored bool // matches start at the beginning only
	prefix   string
	first    *[256]bool // the bytes that a match can start with; nil if it can be empty
}

const (
	maxInsts    = 50_000
	maxMemoized = 5 // depth of loops, each doubling the states, up to which failures are remembered
)

type compiler struct {
	prog     program
	flags    flags
	depth    int
	memoable bool
	tooLarge bool
}

func compile(tree *node, groups int, f flags) (*program, error) {
	c := &compiler{flags: f, memoable: true}
	c.prog.slots = 2 * (groups + 1)
	c.node(tree, false)
	c.emit(inst{op: opMatch})
	if c.tooLarge {
		return nil, errTooLarge
	}
	if !c.memoable || c.prog.depth > maxMemoized {
		c.prog.states = 0
	}
	for i := range c.prog.insts {
		if lit := prefix(c.prog.insts[i+1:]); c.prog.insts[i].op == opRun && lit != "" {
			c.prog.insts[i].follow = int16(lit[0])
		}
	}
	c.prog.anchored = anchored(tree) && !f.multiline
	c.prog.prefix = prefix(c.prog.insts)
	c.prog.first = firstBytes(tree)
	return &c.prog, nil
}

func (c *compiler) here() int32 { return int32(len(c.prog.insts)) }

func (c *compiler) emit(in inst) int32 {
	if len(c.prog.insts) >= maxInsts {
		c.tooLarge = true
		return 0
	}
	in.memo, in.follow, in.depth = -1, -1, uint8(min(c.depth, 255))
	if in.op == opSplit || in.op == opRun {
		in.memo = int32(c.prog.states)
		c.prog.states += 1 << min(c.depth, maxMemoized)
	}
	c.prog.insts = append(c.prog.insts, in)
	return c.here() - 1
}

func (c *compiler) node(n *node, behind bool) {
	switch n.kind {
	case kindSet:
		c.set(n, behind)
	case kindConcat:
		c.concat(n.subs, behind)
	case kindAlt:
		c.alt(n.subs, behind)
	case kindRepeat:
		c.repeat(n, behind)
	case kindCapture:
		c.capture(n, behind)
	case kindBackref:
		c.memoable = false
		c.emit(inst{op: opBackref, x: int32(n.group), backwards: behind})
	case kindLook:
		c.look(n)
	case kindStart:
		c.edge(opStart, opLineStart)
	case kindEnd:
		c.edge(opEnd, opLineEnd)
	case kindWordEdge:
		c.emit(inst{op: opWordEdge, not: n.not})
	}
}

func (c *compiler) edge(text, line op) {
	if c.flags.multiline {
		text = line
	}
	c.emit(inst{op: text})
}

func (c *compiler) set(n *node, behind bool) {
	o := opSet
	if behind {
		o = opBack
	}
	c.emit(inst{op: o, set: newSet(n.set)})
}

func (c *compiler) concat(subs []*node, behind bool) {
	if behind {
		for i := len(subs) - 1; i >= 0; i-- {
			c.node(subs[i], behind)
		}
		return
	}
	for len(subs) > 0 {
		if lit, n := literal(subs); n > 0 {
			c.emit(inst{op: opLit, lit: lit})
			subs = subs[n:]
			continue
		}
		c.node(subs[0], behind)
		subs = subs[1:]
	}
}

// literal is the text that the first n of subs stand for. Half a surrogate pair is none: it may be half of a character.
func literal(subs []*node) (text string, n int) {
	var buf []byte
	for n < len(subs) {
		u, ok := single(subs[n])
		if !ok {
			break
		}
		if utf16.IsSurrogate(u) {
			if n+1 == len(subs) {
				break
			}
			low, ok := single(subs[n+1])
			if !ok || !isHigh(u) || !isLow(low) {
				break
			}
			u = utf16.DecodeRune(u, low)
			n++
		}
		buf = utf8.AppendRune(buf, u)
		n++
	}
	return string(buf), n
}

// single is the one unit that n stands for. U+FFFD is left to sets: a broken byte of the text reads as that unit, too.
func single(n *node) (rune, bool) {
	if n.kind != kindSet || len(n.set) != 1 || n.set[0].lo != n.set[0].hi || n.set[0].lo == utf8.RuneError {
		return 0, false
	}
	return n.set[0].lo, true
}

func (c *compiler) alt(subs []*node, behind bool) {
	var ends []int32
	for _, sub := range subs[:len(subs)-1] {
		split := c.emit(inst{op: opSplit})
		c.patch(split, c.here(), 0)
		c.node(sub, behind)
		ends = append(ends, c.emit(inst{op: opJump}))
		c.patch(split, split+1, c.here())
	}
	c.node(subs[len(subs)-1], behind)
	for _, end := range ends {
		c.patch(end, c.here(), 0)
	}
}

func (c *compiler) patch(at, x, y int32) {
	if !c.tooLarge {
		c.prog.insts[at].x, c.prog.insts[at].y = x, y
	}
}

func (c *compiler) capture(n *node, behind bool) {
	open, end := int32(2*n.group), int32(2*n.group+1)
	if behind {
		open, end = end, open
	}
	c.emit(inst{op: opSave, x: open})
	c.node(n.subs[0], behind)
	c.emit(inst{op: opSave, x: end})
}

func (c *compiler) look(n *node) {
	c.memoable = false
	at := c.emit(inst{op: opLook, not: n.not})
	c.node(n.subs[0], n.behind)
	c.emit(inst{op: opMatch})
	c.patch(at, c.here(), 0)
}

func (c *compiler) repeat(n *node, behind bool) {
	sub := n.subs[0]
	if sub.kind == kindSet && !behind {
		c.emit(inst{op: opRun, set: newSet(sub.set), min: int32(n.min), max: int32(n.max), lazy: n.lazy})
		return
	}
	for i := 0; i < n.min && !c.tooLarge; i++ {
		c.forget(n)
		c.node(sub, behind)
	}
	if n.max < 0 {
		split := c.iteration(n, behind)
		c.emit(inst{op: opJump, x: split})
		c.leave(n, split)
		return
	}
	var splits []int32
	for i := n.min; i < n.max && !c.tooLarge; i++ {
		splits = append(splits, c.iteration(n, behind))
	}
	for _, split := range splits {
		c.leave(n, split)
	}
}

// iteration emits one optional turn of a loop: a turn that matches nothing is none.
func (c *compiler) iteration(n *node, behind bool) int32 {
	split := c.emit(inst{op: opSplit})
	watch := nullable(n.subs[0])
	if watch {
		c.emit(inst{op: opMark, x: int32(c.depth)})
		c.depth++
		c.prog.depth = max(c.prog.depth, c.depth)
	}
	c.forget(n)
	c.node(n.subs[0], behind)
	if watch {
		c.depth--
		c.emit(inst{op: opMoved, x: int32(c.depth)})
	}
	return split
}

// leave points the split of an iteration past the loop, which ends here.
func (c *compiler) leave(n *node, split int32) {
	if n.lazy {
		c.patch(split, c.here(), split+1)
	} else {
		c.patch(split, split+1, c.here())
	}
}

func (c *compiler) forget(n *node) {
	if n.caps.lo < n.caps.hi {
		c.emit(inst{op: opForget, x: int32(2 * n.caps.lo), y: int32(2 * n.caps.hi)})
	}
}

// nullable tells whether n can match the empty text.
func nullable(n *node) bool {
	switch n.kind {
	case kindSet:
		return false
	case kindConcat:
		for _, sub := range n.subs {
			if !nullable(sub) {
				return false
			}
		}
		return true
	case kindAlt:
		for _, sub := range n.subs {
			if nullable(sub) {
				return true
			}
		}
		return false
	case kindRepeat:
		return n.min == 0 || nullable(n.subs[0])
	case kindCapture:
		return nullable(n.subs[0])
	}
	return true
}

// anchored tells whether every match of n starts with a ^.
func anchored(n *node) bool {
	switch n.kind {
	case kindStart:
		return true
	case kindConcat:
		return len(n.subs) > 0 && anchored(n.subs[0])
	case kindCapture:
		return anchored(n.subs[0])
	case kindAlt:
		for _, sub := range n.subs {
			if !anchored(sub) {
				return false
			}
		}
		return true
	}
	return false
}

// prefix is the text that every match starts with.
func prefix(insts []inst) string {
	for _, in := range insts {
		switch in.op {
		case opSave:
		case opLit:
			return in.lit
		default:
			return ""
		}
	}
	return ""
}

// firstBytes are the bytes that a match of n can start with.
func firstBytes(n *node) *[256]bool {
	bytes := &[256]bool{}
	if !addFirst(n, bytes) {
		return nil
	}
	return bytes
}

// addFirst adds the bytes that n can start with, and tells whether n must match at least one.
func addFirst(n *node, bytes *[256]bool) bool {
	switch n.kind {
	case kindSet:
		addSet(newSet(n.set), bytes)
		return true
	case kindConcat:
		for _, sub := range n.subs {
			if addFirst(sub, bytes) {
				return true
			}
		}
	case kindAlt:
		all := true
		for _, sub := range n.subs {
			all = addFirst(sub, bytes) && all
		}
		return all
	case kindRepeat:
		return addFirst(n.subs[0], bytes) && n.min > 0
	case kindCapture:
		return addFirst(n.subs[0], bytes)
	}
	return false
}

func addSet(s *set, bytes *[256]bool) {
	for b := range bytes {
		if b < utf8.RuneSelf {
			bytes[b] = bytes[b] || s.has(rune(b))
		} else {
			bytes[b] = bytes[b] || len(s.wide) > 0
		}
	}
}
