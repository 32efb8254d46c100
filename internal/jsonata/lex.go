package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenVariable
	tokenOperator
	tokenString
	tokenNumber
	tokenConstant // true, false, null
	tokenRegex
)

type token struct {
	kind  tokenKind
	text  string // an operator's symbol, a name without quotes, a string's content, a regex's pattern
	num   float64
	flags string // of a regex
	pos   int    // just past the token, in UTF-16 units
}

// is reports whether t is the operator op.
func (t token) is(op string) bool { return t.kind == tokenOperator && t.text == op }

// shown is the token as error messages have it.
func (t token) shown() string {
	switch t.kind {
	case tokenEnd:
		return "(end)"
	case tokenNumber:
		return value.OfFloat(t.num).NumberText()
	}
	return t.text
}

// lexer cuts an expression into tokens, one at a time, so that of two mistakes the parser finds the first.
type lexer struct {
	src   string
	pos   int
	ascii bool
}

func newLexer(src string) *lexer {
	l := &lexer{src: src, ascii: true}
	for i := 0; i < len(src) && l.ascii; i++ {
		l.ascii = src[i] < utf8.RuneSelf
	}
	return l
}

// place is the byte offset pos in UTF-16 units.
func (l *lexer) place(pos int) int {
	if l.ascii || pos > len(l.src) {
		return pos
	}
	n := 0
	for _, r := range l.src[:pos] {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// syntaxError is what the lexer and the parser panic with; Compile recovers it.
type syntaxError struct{ err *Error }

func (l *lexer) fail(code string, pos int, token string) {
	panic(syntaxError{newError(code, details{position: l.place(pos), token: token})})
}

func (l *lexer) make(kind tokenKind, text string) token {
	return token{kind: kind, text: text, pos: l.place(l.pos)}
}

// peek is the byte i places on, 0 past the end.
func (l *lexer) peek(i int) byte {
	if l.pos+i >= len(l.src) {
		return 0
	}
	return l.src[l.pos+i]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' }

// operators of one character. '!' and '~' are none, but end a name.
const operators = ".[]{}(),@#;:?+-*/%|=<>^&!~"

var doubleOperators = [...]string{"..", ":=", "!=", ">=", "<=", "**", "~>"}

// next reads one token. Where an operand may stand, '/' begins a regular expression; after one, infix is true and '/' divides.
func (l *lexer) next(infix bool) token {
	l.skip()
	if l.pos >= len(l.src) {
		return token{kind: tokenEnd, pos: l.place(len(l.src))}
	}
	c := l.src[l.pos]
	if c == '/' && !infix {
		l.pos++
		return l.regex()
	}
	if op := l.operator(); op != "" {
		l.pos += len(op)
		return l.make(tokenOperator, op)
	}
	switch {
	case c == '"' || c == '\'':
		return l.str(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		return l.quotedName()
	}
	return l.name()
}

func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch {
		case isSpace(l.src[l.pos]):
			l.pos++
		case strings.HasPrefix(l.src[l.pos:], "/*"):
			end := strings.Index(l.src[l.pos+2:], "*/")
			if end < 0 {
				l.fail("S0106", l.pos, "")
			}
			l.pos += end + 4
		default:
			return
		}
	}
}

func (l *lexer) operator() string {
	rest := l.src[l.pos:]
	for _, op := range doubleOperators {
		if strings.HasPrefix(rest, op) {
			return op
		}
	}
	if strings.IndexByte(operators, rest[0]) >= 0 {
		return rest[:1]
	}
	return ""
}

// regex reads to the closing slash, which may stand neither in brackets nor behind a backslash.
func (l *lexer) regex() token {
	start, depth := l.pos, 0
	for ; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if c == '/' && depth == 0 && !l.escaped(start) {
			return l.closeRegex(start)
		}
		if l.src[l.pos-1] == '\\' {
			continue
		}
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
	}
	l.fail("S0302", l.pos, "")
	return token{}
}

// escaped reports whether an odd number of backslashes stands before pos.
func (l *lexer) escaped(start int) bool {
	i := l.pos
	for i > start && l.src[i-1] == '\\' {
		i--
	}
	return (l.pos-i)%2 == 1
}

func (l *lexer) closeRegex(start int) token {
	pattern := l.src[start:l.pos]
	if pattern == "" {
		l.fail("S0301", l.pos, "")
	}
	l.pos++
	flags := l.pos
	for l.peek(0) == 'i' || l.peek(0) == 'm' {
		l.pos++
	}
	t := l.make(tokenRegex, pattern)
	t.flags = l.src[flags:l.pos]
	return t
}

func (l *lexer) str(quote byte) token {
	l.pos++
	start := l.pos
	for l.pos < len(l.src) && l.src[l.pos] != '\\' {
		if l.src[l.pos] == quote {
			l.pos++
			return l.make(tokenString, l.src[start:l.pos-1])
		}
		l.pos++
	}
	return l.escapedString(quote, []byte(l.src[start:l.pos]))
}

func (l *lexer) escapedString(quote byte, buf []byte) token {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		l.pos++
		switch c {
		case quote:
			return l.make(tokenString, string(buf))
		case '\\':
			buf = l.escape(buf)
		default:
			buf = append(buf, c)
		}
	}
	l.fail("S0101", l.pos, "")
	return token{}
}

const simpleEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t"

// escape reads what follows a backslash.
func (l *lexer) escape(buf []byte) []byte {
	c := l.peek(0)
	if c == 'u' {
		return l.unicode(buf)
	}
	for i := 0; i < len(simpleEscapes); i += 2 {
		if c == simpleEscapes[i] && l.pos < len(l.src) {
			l.pos++
			return append(buf, simpleEscapes[i+1])
		}
	}
	r, size := utf8.DecodeRuneInString(l.src[l.pos:])
	if size == 0 {
		l.fail("S0103", l.pos, "")
	}
	l.fail("S0103", l.pos, string(r))
	return nil
}

// unicode reads uXXXX. Half a surrogate pair is kept in the three bytes that UTF-8 would need for it, and two halves that
// meet become one character.
func (l *lexer) unicode(buf []byte) []byte {
	hex := l.src[l.pos+1 : min(l.pos+5, len(l.src))]
	n, err := strconv.ParseUint(hex, 16, 16)
	if err != nil {
		l.fail("S0104", l.pos, "")
	}
	l.pos += 1 + len(hex)
	return appendUnit(buf, uint16(n))
}

func (l *lexer) number() token {
	start := l.pos
	if l.src[l.pos] == '0' {
		l.pos++
	} else {
		l.digits()
	}
	if l.peek(0) == '.' && isDigit(l.peek(1)) {
		l.pos++
		l.digits()
	}
	if e := l.peek(0); e == 'e' || e == 'E' {
		sign := 0
		if s := l.peek(1); s == '+' || s == '-' {
			sign = 1
		}
		if isDigit(l.peek(1 + sign)) {
			l.pos += 1 + sign
			l.digits()
		}
	}
	text := l.src[start:l.pos]
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		l.fail("S0102", start, text)
	}
	t := l.make(tokenNumber, text)
	t.num = f
	return t
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) digits() {
	for isDigit(l.peek(0)) {
		l.pos++
	}
}

func (l *lexer) quotedName() token {
	end := strings.IndexByte(l.src[l.pos+1:], '`')
	if end < 0 {
		l.fail("S0105", len(l.src), "")
	}
	name := l.src[l.pos+1 : l.pos+1+end]
	l.pos += end + 2
	return l.make(tokenName, name)
}

// endsName reports whether c cannot stand in a name without quotes.
func endsName(c byte) bool { return isSpace(c) || strings.IndexByte(operators, c) >= 0 }

func (l *lexer) name() token {
	start := l.pos
	for l.pos < len(l.src) && !endsName(l.src[l.pos]) {
		l.pos++
	}
	name := l.src[start:l.pos]
	if name[0] == '$' {
		return l.make(tokenVariable, name[1:])
	}
	switch name {
	case "and", "or", "in":
		return l.make(tokenOperator, name)
	case "true", "false", "null":
		return l.make(tokenConstant, name)
	}
	return l.make(tokenName, name)
}
