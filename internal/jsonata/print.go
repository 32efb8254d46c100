package jsonata

import (
	"strings"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

// printer writes a syntax tree. Parentheses are nodes of their own, so operators print as they were read.
type printer struct{ strings.Builder }

func (p *printer) list(list []*syntax, separator string) {
	for i, s := range list {
		if i > 0 {
			p.WriteString(separator)
		}
		p.print(s)
	}
}

func (p *printer) pairs(pairs []syntaxPair) {
	p.WriteByte('{')
	for i, pair := range pairs {
		if i > 0 {
			p.WriteString(", ")
		}
		p.print(pair.key)
		p.WriteString(": ")
		p.print(pair.value)
	}
	p.WriteByte('}')
}

func (p *printer) print(s *syntax) {
	switch s.kind {
	case kindName:
		p.WriteString(quoteName(s.text))
	case kindString:
		p.quote(s.text)
	case kindNumber:
		p.WriteString(value.OfFloat(s.num).NumberText())
	case kindVariable:
		p.WriteString("$" + s.text)
	case kindRegex:
		p.WriteString("/" + s.text + "/" + s.flags)
	case kindConstant, kindWildcard, kindDescendants, kindParent, kindWord, kindPlaceholder:
		p.WriteString(s.text)
	default:
		p.compound(s)
	}
	if s.keepArray {
		p.WriteString("[]")
	}
}

func (p *printer) compound(s *syntax) {
	switch s.kind {
	case kindBinary:
		p.binary(s)
	case kindNegate:
		p.WriteByte('-')
		p.print(s.lhs)
	case kindArray:
		p.enclosed("[", s.list, ", ", "]")
	case kindBlock:
		p.enclosed("(", s.list, "; ", ")")
	case kindObject:
		p.pairs(s.pairs)
	case kindGroup:
		p.print(s.lhs)
		p.pairs(s.pairs)
	case kindCall, kindPartial:
		p.print(s.lhs)
		p.enclosed("(", s.list, ", ", ")")
	case kindLambda:
		p.lambda(s)
	case kindCondition:
		p.joined(s.lhs, " ? ", s.rhs, " : ", s.third)
	case kindTransform:
		p.WriteByte('|')
		p.joined(s.lhs, "|", s.rhs, ", ", s.third)
		p.WriteByte('|')
	case kindFilter:
		p.print(s.lhs)
		p.enclosed("[", []*syntax{s.rhs}, "", "]")
	case kindSort:
		p.sort(s)
	}
}

func (p *printer) enclosed(open string, list []*syntax, separator, end string) {
	p.WriteString(open)
	p.list(list, separator)
	p.WriteString(end)
}

func (p *printer) joined(a *syntax, mark string, b *syntax, mark2 string, c *syntax) {
	p.print(a)
	p.WriteString(mark)
	p.print(b)
	if c != nil {
		p.WriteString(mark2)
		p.print(c)
	}
}

func (p *printer) binary(s *syntax) {
	op := " " + s.text + " "
	switch s.text {
	case ".", "@", "#", "..":
		op = s.text
	}
	p.joined(s.lhs, op, s.rhs, "", nil)
}

func (p *printer) lambda(s *syntax) {
	p.WriteString("function")
	p.enclosed("(", s.list, ", ", ")")
	if s.signature != nil {
		p.WriteString(s.signature.text)
	}
	p.WriteString("{ ")
	p.print(s.rhs)
	p.WriteString(" }")
}

func (p *printer) sort(s *syntax) {
	p.print(s.lhs)
	p.WriteString("^(")
	for i, term := range s.terms {
		if i > 0 {
			p.WriteString(", ")
		}
		if term.descending {
			p.WriteByte('>')
		}
		p.print(term.expr)
	}
	p.WriteByte(')')
}

// quoteName puts a name in backquotes where it would not read as a name without them.
func quoteName(name string) string {
	switch name {
	case "", "and", "or", "in", "true", "false", "null":
		return "`" + name + "`"
	}
	plain := strings.IndexByte("\"'`$0123456789", name[0]) < 0
	for i := 0; i < len(name) && plain; i++ {
		plain = !endsName(name[i])
	}
	if plain {
		return name
	}
	return "`" + name + "`"
}

func (p *printer) quote(s string) {
	p.WriteByte('"')
	for i := 0; i < len(s); {
		if unit, ok := loneSurrogate(s[i:]); ok {
			p.escape(unit)
			i += 3
			continue
		}
		if c := s[i]; c < utf8.RuneSelf {
			p.quoteByte(c)
		} else {
			p.WriteByte(c)
		}
		i++
	}
	p.WriteByte('"')
}

func (p *printer) quoteByte(c byte) {
	for i := 0; i < len(simpleEscapes); i += 2 {
		if c == simpleEscapes[i+1] && c != '/' {
			p.WriteByte('\\')
			p.WriteByte(simpleEscapes[i])
			return
		}
	}
	if c < 0x20 {
		p.escape(uint16(c))
		return
	}
	p.WriteByte(c)
}

func (p *printer) escape(unit uint16) {
	const hex = "0123456789abcdef"
	p.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		p.WriteByte(hex[unit>>shift&15])
	}
}
