package jsregexp

import (
	"errors"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// The places that a group takes in a pattern's tree.
type kind uint8

const (
	kindEmpty    kind = iota
	kindSet           // one unit of set
	kindConcat        // subs in order
	kindAlt           // one of subs
	kindRepeat        // sub min to max times
	kindCapture       // sub, captured as group
	kindBackref       // what group captured
	kindLook          // sub matches here, ahead or behind, or does not
	kindStart         // ^
	kindEnd           // $
	kindWordEdge      // \b, \B
)

type node struct {
	kind     kind
	subs     []*node
	set      []span
	min, max int // of kindRepeat; max < 0: no end
	lazy     bool
	group    int  // of kindCapture and kindBackref
	caps     span // of kindRepeat: the groups inside, lo to hi-1, which each iteration forgets
	behind   bool
	not      bool // of kindLook and kindWordEdge
}

const (
	maxNesting = 250
	maxGroups  = 1000
)

// parser reads a pattern as ECMAScript's annex B has it, unit by unit.
type parser struct {
	src    []uint16
	pos    int
	flags  flags
	groups int
	total  int // capture groups in the whole pattern, counted ahead
	names  map[string]int
	named  bool // some group has a name, so that \k is a reference
	refs   []namedRef
	depth  int
}

type flags struct{ ignoreCase, multiline bool }

type namedRef struct {
	name string
	node *node
}

func parse(pattern string, f flags) (*node, *parser, error) {
	p := &parser{src: utf16.Encode([]rune(pattern)), flags: f, names: map[string]int{}}
	p.countGroups()
	tree, err := p.disjunction()
	if err == nil && p.pos < len(p.src) {
		err = errors.New("unmatched ')'")
	}
	if err == nil && p.groups > maxGroups {
		err = errTooLarge
	}
	if err == nil {
		err = p.resolveNames()
	}
	return tree, p, err
}

var errTooLarge = errors.New("regular expression too large")

func (p *parser) resolveNames() error {
	for _, r := range p.refs {
		group, ok := p.names[r.name]
		if !ok {
			return errors.New("invalid named capture referenced")
		}
		r.node.group = group
	}
	return nil
}

// countGroups looks ahead: whether \2 and \k are references depends on what the whole pattern has.
func (p *parser) countGroups() {
	inClass := false
	for i := 0; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '\\':
			i++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '(' && !inClass:
			p.countGroup(i + 1)
		}
	}
}

func (p *parser) countGroup(i int) {
	at := func(k int) uint16 {
		if i+k < len(p.src) {
			return p.src[i+k]
		}
		return 0
	}
	switch {
	case at(0) != '?':
		p.total++
	case at(1) == '<' && at(2) != '=' && at(2) != '!':
		p.total++
		p.named = true
	}
}

func (p *parser) more() bool { return p.pos < len(p.src) }

// peek is the unit k places on, -1 past the end.
func (p *parser) peek(k int) rune {
	if p.pos+k < len(p.src) {
		return rune(p.src[p.pos+k])
	}
	return -1
}

func (p *parser) skip(text string) bool {
	for i := 0; i < len(text); i++ {
		if p.peek(i) != rune(text[i]) {
			return false
		}
	}
	p.pos += len(text)
	return true
}

func (p *parser) disjunction() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errTooLarge
	}
	defer func() { p.depth-- }()
	alt := &node{kind: kindAlt}
	for {
		sub, err := p.alternative()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, sub)
		if !p.skip("|") {
			break
		}
	}
	if len(alt.subs) == 1 {
		return alt.subs[0], nil
	}
	return alt, nil
}

func (p *parser) alternative() (*node, error) {
	cat := &node{kind: kindConcat}
	for p.more() && p.peek(0) != '|' && p.peek(0) != ')' {
		first := p.groups
		sub, quantifiable, err := p.term()
		if err != nil {
			return nil, err
		}
		if sub, err = p.quantified(sub, quantifiable, first); err != nil {
			return nil, err
		}
		cat.subs = append(cat.subs, sub)
	}
	return cat, nil
}

// quantified reads the quantifier behind sub, if there is one; first is how many groups came before sub.
func (p *parser) quantified(sub *node, quantifiable bool, first int) (*node, error) {
	least, most, ok := p.quantifier()
	if !ok {
		return sub, nil
	}
	if !quantifiable {
		return nil, errors.New("nothing to repeat")
	}
	if most >= 0 && most < least {
		return nil, errors.New("numbers out of order in {} quantifier")
	}
	lazy := p.skip("?")
	return &node{kind: kindRepeat, subs: []*node{sub}, min: least, max: most, lazy: lazy,
		caps: span{rune(first + 1), rune(p.groups + 1)}}, nil
}

func (p *parser) quantifier() (least, most int, ok bool) {
	switch {
	case p.skip("*"):
		return 0, -1, true
	case p.skip("+"):
		return 1, -1, true
	case p.skip("?"):
		return 0, 1, true
	case p.peek(0) == '{':
		return p.interval()
	}
	return 0, 0, false
}

// interval reads {n}, {n,} or {n,m}; anything else in braces is text.
func (p *parser) interval() (least, most int, ok bool) {
	start := p.pos
	p.pos++
	least, ok = p.number()
	most = least
	if ok && p.skip(",") {
		if most, ok = p.number(); !ok {
			most, ok = -1, true
		}
	}
	if !ok || !p.skip("}") {
		p.pos = start
		return 0, 0, false
	}
	return least, most, true
}

func (p *parser) number() (int, bool) {
	n, start := 0, p.pos
	for p.peek(0) >= '0' && p.peek(0) <= '9' {
		n = min(n*10+int(p.peek(0)-'0'), math.MaxInt32)
		p.pos++
	}
	return n, p.pos > start
}

// term reads one atom or assertion, and tells whether a quantifier may follow it.
func (p *parser) term() (n *node, quantifiable bool, err error) {
	c := p.peek(0)
	switch c {
	case '^':
		p.pos++
		return &node{kind: kindStart}, false, nil
	case '$':
		p.pos++
		return &node{kind: kindEnd}, false, nil
	case '(':
		p.pos++
		return p.paren()
	case '.':
		p.pos++
		return &node{kind: kindSet, set: invert(lineEnds)}, true, nil
	case '[':
		p.pos++
		n, err = p.class()
		return n, true, err
	case '\\':
		p.pos++
		return p.escape()
	case '*', '+', '?':
		return nil, false, errors.New("nothing to repeat")
	case '{':
		if _, _, ok := p.interval(); ok {
			return nil, false, errors.New("nothing to repeat")
		}
	}
	p.pos++
	return p.unit(c), true, nil
}

func (p *parser) unit(u rune) *node { return p.oneOf([]span{{u, u}}) }

func (p *parser) oneOf(spans []span) *node {
	if p.flags.ignoreCase {
		spans = fold(spans)
	}
	return &node{kind: kindSet, set: spans}
}

func (p *parser) paren() (n *node, quantifiable bool, err error) {
	switch {
	case p.skip("?:"):
		n, err = p.body()
		return n, true, err
	case p.skip("?="):
		n, err = p.look(false, false)
		return n, true, err
	case p.skip("?!"):
		n, err = p.look(false, true)
		return n, true, err
	case p.skip("?<="):
		n, err = p.look(true, false)
		return n, false, err
	case p.skip("?<!"):
		n, err = p.look(true, true)
		return n, false, err
	}
	p.groups++
	group := p.groups
	if p.skip("?<") {
		err = p.nameGroup(group)
	} else if p.peek(0) == '?' {
		err = errors.New("invalid group")
	}
	if err != nil {
		return nil, false, err
	}
	n, err = p.body()
	return &node{kind: kindCapture, subs: []*node{n}, group: group}, true, err
}

func (p *parser) body() (*node, error) {
	n, err := p.disjunction()
	if err == nil && !p.skip(")") {
		err = errors.New("unterminated group")
	}
	return n, err
}

func (p *parser) look(behind, not bool) (*node, error) {
	n, err := p.body()
	return &node{kind: kindLook, subs: []*node{n}, behind: behind, not: not}, err
}

func (p *parser) nameGroup(group int) error {
	name, ok := p.groupName()
	if !ok {
		return errors.New("invalid capture group name")
	}
	if p.names[name] != 0 {
		return errors.New("duplicate capture group name")
	}
	p.names[name] = group
	return nil
}

// groupName reads name>, an identifier in which \uXXXX and \u{…} may stand for a letter.
func (p *parser) groupName() (string, bool) {
	var b strings.Builder
	for p.more() && p.peek(0) != '>' {
		r, ok := p.nameRune()
		if !ok || !isIdentifier(r, b.Len() == 0) {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), p.skip(">") && b.Len() > 0
}

func (p *parser) nameRune() (rune, bool) {
	r, ok := p.nameUnit()
	if ok && isHigh(r) {
		start := p.pos
		if low, lowOK := p.nameUnit(); lowOK && isLow(low) {
			return utf16.DecodeRune(r, low), true
		}
		p.pos = start
	}
	return r, ok
}

func (p *parser) nameUnit() (rune, bool) {
	if !p.more() {
		return 0, false
	}
	if !p.skip("\\") {
		p.pos++
		return rune(p.src[p.pos-1]), true
	}
	if p.skip("u{") {
		return p.braced()
	}
	if !p.skip("u") {
		return 0, false
	}
	return p.hex(4)
}

func (p *parser) braced() (rune, bool) {
	r, n := rune(0), 0
	for ; p.more() && hexDigit(p.peek(0)) >= 0 && r <= unicode.MaxRune; n++ {
		r = r<<4 | hexDigit(p.peek(0))
		p.pos++
	}
	return r, n > 0 && r <= unicode.MaxRune && p.skip("}")
}

func isIdentifier(r rune, first bool) bool {
	if r == '$' || r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_ID_Start, r) {
		return true
	}
	return !first && (unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue) ||
		r == 0x200C || r == 0x200D)
}

// escape reads what follows a backslash outside of a class.
func (p *parser) escape() (n *node, quantifiable bool, err error) {
	c := p.peek(0)
	switch {
	case c < 0:
		return nil, false, errors.New(`\ at end of pattern`)
	case c == 'b' || c == 'B':
		p.pos++
		return &node{kind: kindWordEdge, not: c == 'B'}, false, nil
	case c >= '1' && c <= '9':
		if group, ok := p.backref(); ok {
			return &node{kind: kindBackref, group: group}, true, nil
		}
	case c == 'k' && p.named:
		p.pos++
		return p.namedBackref()
	}
	if spans := classEscape(c); spans != nil {
		p.pos++
		return p.oneOf(spans), true, nil
	}
	return p.unit(p.unitEscape(false)), true, nil
}

// backref reads \n where the pattern has that many groups.
func (p *parser) backref() (int, bool) {
	start := p.pos
	if n, _ := p.number(); n <= p.total {
		return n, true
	}
	p.pos = start
	return 0, false
}

func (p *parser) namedBackref() (*node, bool, error) {
	n := &node{kind: kindBackref}
	if !p.skip("<") {
		return nil, false, errors.New("invalid named reference")
	}
	name, ok := p.groupName()
	if !ok {
		return nil, false, errors.New("invalid named reference")
	}
	p.refs = append(p.refs, namedRef{name, n})
	return n, true, nil
}

func classEscape(c rune) []span {
	switch c {
	case 'd':
		return digits
	case 'D':
		return invert(digits)
	case 'w':
		return words
	case 'W':
		return invert(words)
	case 's':
		return whitespace
	case 'S':
		return invert(whitespace)
	}
	return nil
}

var controls = map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}

// unitEscape reads an escape that stands for one unit; one that means nothing stands for its letter.
func (p *parser) unitEscape(inClass bool) rune {
	c := p.peek(0)
	p.pos++
	if u, ok := controls[c]; ok {
		return u
	}
	switch {
	case c >= '0' && c <= '7':
		p.pos--
		return p.octal()
	case c == 'c':
		return p.control(inClass)
	case c == 'x':
		return p.hexOr(2, c)
	case c == 'u':
		return p.hexOr(4, c)
	case c == 'b' && inClass:
		return '\b'
	}
	return c
}

func (p *parser) octal() rune {
	u := rune(0)
	for i := 0; i < 3 && p.peek(0) >= '0' && p.peek(0) <= '7' && u*8+p.peek(0)-'0' <= 0o377; i++ {
		u = u*8 + p.peek(0) - '0'
		p.pos++
	}
	return u
}

// control reads the letter of \cX; where none follows, the backslash stands for itself and the c is read again.
func (p *parser) control(inClass bool) rune {
	c := p.peek(0)
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	if letter || inClass && (c >= '0' && c <= '9' || c == '_') {
		p.pos++
		return c & 31
	}
	p.pos--
	return '\\'
}

func (p *parser) hexOr(n int, letter rune) rune {
	if u, ok := p.hex(n); ok {
		return u
	}
	return letter
}

func (p *parser) hex(n int) (rune, bool) {
	u := rune(0)
	for i := range n {
		d := hexDigit(p.peek(i))
		if d < 0 {
			return 0, false
		}
		u = u<<4 | d
	}
	p.pos += n
	return u, true
}

func hexDigit(c rune) rune {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}

// class reads […], the bracket being behind it.
func (p *parser) class() (*node, error) {
	not := p.skip("^")
	var spans []span
	for !p.skip("]") {
		lo, err := p.classAtom()
		if err != nil {
			return nil, err
		}
		if p.peek(0) != '-' || p.peek(1) == ']' || p.peek(1) < 0 {
			spans = append(spans, lo...)
			continue
		}
		p.pos++
		hi, err := p.classAtom()
		if err != nil {
			return nil, err
		}
		if spans, err = classRange(spans, lo, hi); err != nil {
			return nil, err
		}
	}
	if p.flags.ignoreCase {
		spans = fold(spans)
	}
	if not {
		spans = invert(spans)
	}
	return &node{kind: kindSet, set: spans}, nil
}

// classRange adds lo-hi; where one of them is a class such as \d, the hyphen stands for itself.
func classRange(spans, lo, hi []span) ([]span, error) {
	if isClass(lo) || isClass(hi) {
		return slices.Concat(spans, lo, hi, []span{{'-', '-'}}), nil
	}
	if lo[0].lo > hi[0].lo {
		return nil, errors.New("range out of order in character class")
	}
	return append(spans, span{lo[0].lo, hi[0].lo}), nil
}

func isClass(spans []span) bool { return len(spans) != 1 || spans[0].lo != spans[0].hi }

func (p *parser) classAtom() ([]span, error) {
	c := p.peek(0)
	if c < 0 {
		return nil, errors.New("unterminated character class")
	}
	p.pos++
	if c != '\\' {
		return []span{{c, c}}, nil
	}
	if !p.more() {
		return nil, errors.New(`\ at end of pattern`)
	}
	if spans := classEscape(p.peek(0)); spans != nil {
		p.pos++
		return spans, nil
	}
	if p.named && p.peek(0) == 'k' {
		return nil, errors.New("invalid escape")
	}
	u := p.unitEscape(true)
	return []span{{u, u}}, nil
}
