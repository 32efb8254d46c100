package value

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest in text that Parse takes.
// Jackson, which AWS parses with: StreamReadConstraints.DEFAULT_MAX_DEPTH.
const MaxDepth = 1000

// A SyntaxError is text that is not JSON.
type SyntaxError struct {
	Offset int    // in bytes, of the character that cannot stand there
	Reason string // "unexpected character '}'"
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Reason, e.Offset) }

// Parse reads one JSON value and nothing after it but white space. Of a name that occurs twice in an object the last value
// counts, in the place of the first.
func Parse(text string) (Value, error) {
	p := parsers.Get().(*parser)
	p.src = text
	v, err := p.document()
	p.release()
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// parsers are kept for the memory of their stacks.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// maxKept is how many entries a stack may have grown to for its parser to be kept.
const maxKept = 1 << 10

// release gives the parser back, without anything that it has read.
func (p *parser) release() {
	if cap(p.items) > maxKept || cap(p.members) > maxKept {
		return
	}
	clear(p.items[:cap(p.items)])
	clear(p.members[:cap(p.members)])
	*p = parser{items: p.items[:0], members: p.members[:0]}
	parsers.Put(p)
}

// parser keeps the items and members of all arrays and objects that are open in two stacks; what is complete is copied out of them
// in one piece.
type parser struct {
	src     string
	pos     int
	depth   int
	items   []Value
	members []Member
}

var errEnd = errors.New("unexpected end of input")

func (p *parser) fail(reason string) error { return &SyntaxError{Offset: p.pos, Reason: reason} }

func (p *parser) unexpected() error {
	if p.pos >= len(p.src) {
		return p.fail(errEnd.Error())
	}
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return p.fail("unexpected character " + strconv.QuoteRune(r))
}

func (p *parser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) document() (Value, error) {
	v, err := p.value()
	if err != nil {
		return v, err
	}
	if p.space(); p.pos < len(p.src) {
		return v, p.unexpected()
	}
	return v, nil
}

func (p *parser) value() (Value, error) {
	p.space()
	if p.pos >= len(p.src) {
		return Value{}, p.unexpected()
	}
	switch c := p.src[p.pos]; {
	case c == '{':
		return p.nested((*parser).object)
	case c == '[':
		return p.nested((*parser).array)
	case c == '"':
		s, err := p.str()
		return OfString(s), err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return p.word()
}

func (p *parser) nested(read func(*parser) (Value, error)) (Value, error) {
	if p.depth++; p.depth > MaxDepth {
		return Value{}, p.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	p.pos++
	v, err := read(p)
	p.depth--
	return v, err
}

func (p *parser) word() (Value, error) {
	text, v := "null", NullValue
	switch p.src[p.pos] {
	case 't':
		text, v = "true", True
	case 'f':
		text, v = "false", False
	}
	if !strings.HasPrefix(p.src[p.pos:], text) {
		return Value{}, p.unexpected()
	}
	p.pos += len(text)
	return v, nil
}

// next skips white space and reports the byte there, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) array() (Value, error) {
	if p.next() == ']' {
		p.pos++
		return OfArray(nil), nil
	}
	base := len(p.items)
	for {
		v, err := p.value()
		if err != nil {
			return v, err
		}
		p.items = append(p.items, v)
		switch p.next() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			items := slices.Clone(p.items[base:])
			p.items = p.items[:base]
			return OfArray(items), nil
		default:
			return Value{}, p.unexpected()
		}
	}
}

func (p *parser) object() (Value, error) {
	if p.next() == '}' {
		p.pos++
		return OfObject(nil), nil
	}
	base := len(p.members)
	var seen map[string]int // only of large objects
	for {
		name, err := p.name()
		if err != nil {
			return Value{}, err
		}
		v, err := p.value()
		if err != nil {
			return v, err
		}
		seen = p.put(base, seen, name, v)
		switch p.next() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			members := slices.Clone(p.members[base:])
			p.members = p.members[:base]
			return OfObject(members), nil
		default:
			return Value{}, p.unexpected()
		}
	}
}

// name reads a member's name and the colon behind it.
func (p *parser) name() (string, error) {
	if p.next() != '"' {
		return "", p.unexpected()
	}
	name, err := p.str()
	if err != nil {
		return "", err
	}
	if p.next() != ':' {
		return "", p.unexpected()
	}
	p.pos++
	return name, nil
}

// put adds a member to the object that begins at base, or changes the one that has its name.
func (p *parser) put(base int, seen map[string]int, name string, v Value) map[string]int {
	members := p.members[base:]
	if len(members) <= indexAbove {
		for i := range members {
			if len(members[i].Name) == len(name) && members[i].Name == name {
				members[i].Value = v
				return nil
			}
		}
		p.members = append(p.members, Member{name, v})
		return nil
	}
	if seen == nil {
		seen = make(map[string]int, 2*len(members))
		for i := range members {
			seen[members[i].Name] = i
		}
	}
	if i, ok := seen[name]; ok {
		members[i].Value = v
		return seen
	}
	seen[name] = len(members)
	p.members = append(p.members, Member{name, v})
	return seen
}

func (p *parser) number() (Value, error) {
	start := p.pos
	if p.src[p.pos] == '-' {
		p.pos++
	}
	if p.pos < len(p.src) && p.src[p.pos] == '0' {
		p.pos++
	} else if !p.digits() {
		return Value{}, p.unexpected()
	}
	if p.pos < len(p.src) && p.src[p.pos] == '.' {
		p.pos++
		if !p.digits() {
			return Value{}, p.unexpected()
		}
	}
	if p.pos < len(p.src) && (p.src[p.pos] == 'e' || p.src[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.src) && (p.src[p.pos] == '+' || p.src[p.pos] == '-') {
			p.pos++
		}
		if !p.digits() {
			return Value{}, p.unexpected()
		}
	}
	return numberOf(p.src[start:p.pos]), nil
}

// maxExact is how many digits any number may have and still be exact when read as an integer and divided by a power of ten; the
// shortest text of the double is then the text itself, less zeros at its end.
const maxExact = 15

var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// numberOf spares short numbers without exponent, which most are, the general conversion.
func numberOf(text string) Value {
	if text == "0" {
		return OfFloat(0)
	}
	digits := text
	if text[0] == '-' {
		digits = text[1:]
	}
	if len(digits) > maxExact || digits[0] == '0' { // 0, 0.001, -0
		return OfNumberText(text)
	}
	n, point := int64(0), len(digits)
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '.':
			point = i + 1
		default:
			return OfNumberText(text)
		}
	}
	if point < len(digits) && digits[len(digits)-1] == '0' {
		return OfNumberText(text)
	}
	f := float64(n) / powersOfTen[len(digits)-point]
	if len(digits) < len(text) {
		f = -f
	}
	v := OfFloat(f)
	v.extra = uint16(len(text)) << 8
	return v
}

func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start
}

// str reads a string, whose opening quote is at pos. What has no escapes is a slice of the source.
func (p *parser) str() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			s := p.src[start:p.pos]
			p.pos++
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.unexpected()
		}
		p.pos++
	}
	return "", p.unexpected()
}

const plainEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t"

func (p *parser) escaped(start int) (string, error) {
	buf := append(make([]byte, 0, p.closing()-start), p.src[start:p.pos]...)
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		switch {
		case c == '"':
			p.pos++
			return string(buf), nil
		case c < 0x20:
			return "", p.unexpected()
		case c != '\\':
			run := p.pos
			for p.pos++; p.pos < len(p.src) && plain(p.src[p.pos]); p.pos++ {
			}
			buf = append(buf, p.src[run:p.pos]...)
			continue
		}
		if p.pos++; p.pos >= len(p.src) {
			return "", p.unexpected()
		}
		if p.src[p.pos] == 'u' {
			r, err := p.unicode()
			if err != nil {
				return "", err
			}
			buf = appendRune(buf, r)
			continue
		}
		i := 0
		for i < len(plainEscapes) && plainEscapes[i] != p.src[p.pos] {
			i += 2
		}
		if i >= len(plainEscapes) {
			return "", p.unexpected()
		}
		buf = append(buf, plainEscapes[i+1])
		p.pos++
	}
	return "", p.unexpected()
}

// closing is where the string that pos is in ends: no content is longer than its text.
func (p *parser) closing() int {
	end := p.pos
	for end < len(p.src) && p.src[end] != '"' {
		if p.src[end] == '\\' {
			end++
		}
		end++
	}
	return end
}

// unicode reads uXXXX, at whose u it stands, and the second half of a surrogate pair; a lone half stays
// one, in the three bytes that UTF-8 would need for it.
func (p *parser) unicode() (rune, error) {
	r, err := p.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !strings.HasPrefix(p.src[p.pos:], `\u`) {
		return r, nil
	}
	back := p.pos
	p.pos++
	low, err := p.hex()
	if err != nil {
		return low, err
	}
	if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
		return pair, nil
	}
	p.pos = back
	return r, nil
}

func appendRune(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, surrogateLead, 0x80|byte(r>>6&0x3F), 0x80|byte(r&0x3F))
	}
	return utf8.AppendRune(dst, r)
}

func (p *parser) hex() (rune, error) {
	p.pos++
	if p.pos+4 > len(p.src) {
		p.pos = len(p.src)
		return 0, p.unexpected()
	}
	n, err := strconv.ParseUint(p.src[p.pos:p.pos+4], 16, 16)
	if err != nil {
		return 0, p.unexpected()
	}
	p.pos += 4
	return rune(n), nil
}

// String is v's compact JSON; "" for Undefined and Func.
func (v Value) String() string {
	var short [512]byte
	return string(v.AppendJSON(short[:0]))
}

// AppendJSON appends v's compact JSON to dst: no white space, members in order, only '"', '\' and control characters escaped,
// as AWS writes it. Undefined and Func append nothing; inside an array or object they must not stand.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.num == 1)
	case Number:
		if v.ref != nil {
			return append(dst, *(*string)(v.ref)...)
		}
		return appendFloat(dst, v.Float())
	case String:
		return appendString(dst, v.Str())
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.Name), ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	return dst
}

// Size is the length in bytes of v's compact JSON. Of arrays and objects it is computed once.
func (v Value) Size() int {
	switch v.kind {
	case Null:
		return 4
	case Bool:
		return 5 - int(v.num)
	case Number:
		if width := v.extra >> 8; width > 0 {
			return int(width)
		}
		var buf [32]byte
		return len(v.AppendJSON(buf[:0]))
	case String:
		return stringSize(v.Str())
	case Array:
		a := (*array)(v.ref)
		if n := a.size.Load(); n > 0 {
			return int(n)
		}
		n := 2 + max(0, len(a.items)-1)
		for _, item := range a.items {
			n += item.Size()
		}
		a.size.Store(int32(min(n, math.MaxInt32)))
		return n
	case Object:
		o := (*object)(v.ref)
		if n := o.size.Load(); n > 0 {
			return int(n)
		}
		n := 2 + max(0, len(o.members)-1)
		for _, m := range o.members {
			n += stringSize(m.Name) + 1 + m.Value.Size()
		}
		o.size.Store(int32(min(n, math.MaxInt32)))
		return n
	}
	return 0
}

// appendFloat writes f as JavaScript's JSON.stringify does: no exponent from 1e-6 up to 1e21, and null
// for the infinities and NaN.
func appendFloat(dst []byte, f float64) []byte {
	if f-f != 0 {
		return append(dst, "null"...)
	}
	if i := int64(f); float64(i) == f && i < 1<<53 && i > -1<<53 {
		return strconv.AppendInt(dst, i, 10)
	}
	abs := math.Abs(f)
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' { // e-07 -> e-7
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

const hexDigits = "0123456789abcdef"

func escapeOf(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 'u'
}

func plain(c byte) bool { return c >= 0x20 && c != '"' && c != '\\' && c != surrogateLead }

// plainRun is where, from i on, the first byte of s stands that is not plain; len(s) where none is. It looks at eight bytes at a
// time: a byte b is what is sought where b^c is zero, which borrows in the subtraction of one, or where b is below 0x20.
func plainRun(s string, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quote, backslash, lead := w^'"'*ones, w^'\\'*ones, w^surrogateLead*ones
		if ((w-0x20*ones)&^w|(quote-ones)&^quote|(backslash-ones)&^backslash|(lead-ones)&^lead)&highs != 0 {
			break
		}
	}
	for i < len(s) && plain(s[i]) {
		i++
	}
	return i
}

// surrogateLead is the first byte of U+D000 to U+DFFF. A string of JSON may hold half a surrogate pair, which UTF-8 has not.
const surrogateLead = 0xED

// loneSurrogate is the surrogate that s, which begins with surrogateLead, begins with.
func loneSurrogate(s string) (uint16, bool) {
	if len(s) < 3 || s[1] < 0xA0 || s[1] > 0xBF || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F), true
}

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := plainRun(s, 0); i < len(s); i = plainRun(s, i+1) {
		if s[i] == surrogateLead {
			if half, ok := loneSurrogate(s[i:]); ok {
				dst = append(append(dst, s[start:i]...), '\\', 'u', 'd', hexDigits[half>>8&15], hexDigits[half>>4&15], hexDigits[half&15])
				start = i + 3
				i += 2
			}
			continue
		}
		dst = append(append(dst, s[start:i]...), '\\')
		if e := escapeOf(s[i]); e != 'u' {
			dst = append(dst, e)
		} else {
			dst = append(dst, 'u', '0', '0', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		}
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

func stringSize(s string) int {
	n := len(s) + 2
	for i := plainRun(s, 0); i < len(s); i = plainRun(s, i+1) {
		if s[i] == surrogateLead {
			if _, ok := loneSurrogate(s[i:]); ok {
				n += 3
				i += 2
			}
			continue
		}
		if n++; escapeOf(s[i]) == 'u' {
			n += 4
		}
	}
	return n
}
