// Package velocity runs the mapping templates of API Gateway: the part of the Velocity Template Language that they are made of. A
// template's text goes in and, with the variables that it names, a text comes out. References with properties and methods, #set, #if,
// #foreach and comments are known; macros, arithmetic and any other directive are refused when a template is parsed.
// https://velocity.apache.org/engine/1.7/vtl-reference.html
package velocity

import (
	"fmt"
	"strings"
)

// Template is a parsed template.
type Template struct{ nodes []node }

// maxDepth is how deeply directives and expressions may be nested.
const maxDepth = 100

// Parse reads a template. An error says at which line.
func Parse(text string) (*Template, error) {
	p := &parser{text: text}
	nodes, end := p.block(0)
	if p.err == nil && end != "" {
		p.fail("#%s without a beginning", end)
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Template{nodes}, nil
}

type parser struct {
	text  string
	pos   int
	depth int
	err   error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("line %d: %s", 1+strings.Count(p.text[:min(p.pos, len(p.text))], "\n"), fmt.Sprintf(format, args...))
	}
	p.pos = len(p.text)
}

func (p *parser) rest() string { return p.text[p.pos:] }

func (p *parser) eat(s string) bool {
	if strings.HasPrefix(p.rest(), s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *parser) space() { p.pos += len(p.rest()) - len(strings.TrimLeft(p.rest(), " \t\r\n")) }

func (p *parser) expect(s string) {
	p.space()
	if !p.eat(s) {
		p.fail("%q is missing", s)
	}
}

// enter counts the nesting; leave is for a defer.
func (p *parser) enter() (leave func()) {
	if p.depth++; p.depth > maxDepth {
		p.fail("nested more than %d deep", maxDepth)
	}
	return func() { p.depth-- }
}

// block reads until the directive that ends it: "end", "else", "elseif", or "" at the end of the text.
func (p *parser) block(level int) (nodes []node, end string) {
	defer p.enter()()
	for p.err == nil && p.pos < len(p.text) {
		i := strings.IndexAny(p.rest(), "#$")
		if i < 0 {
			i = len(p.rest())
		}
		if i > 0 {
			nodes = append(nodes, literal(p.rest()[:i]))
			p.pos += i
			continue
		}
		if p.text[p.pos] == '$' {
			nodes = append(nodes, p.referenceOrText())
			continue
		}
		n, end := p.directive(level)
		if end != "" {
			return nodes, end
		}
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes, ""
}

// directive reads what begins with #. Where that ends a block, it is returned as end.
func (p *parser) directive(level int) (n node, end string) {
	if p.eat("##") {
		_, after, _ := strings.Cut(p.rest(), "\n")
		p.pos = len(p.text) - len(after)
		return nil, ""
	}
	if p.eat("#*") {
		_, after, found := strings.Cut(p.rest(), "*#")
		if !found {
			p.fail("a comment without end")
			return nil, ""
		}
		p.pos = len(p.text) - len(after)
		return nil, ""
	}
	begin := p.pos
	p.pos++
	braced := p.eat("{")
	name := p.word()
	if braced && (name == "" || !p.eat("}")) || name == "" {
		p.pos = begin + 1
		return literal("#"), ""
	}
	switch name {
	case "end", "else", "elseif":
		if level == 0 {
			p.fail("#%s without a beginning", name)
		}
		if name != "elseif" {
			p.line()
		}
		return nil, name
	case "set":
		return p.set(), ""
	case "if":
		return p.conditional(level), ""
	case "foreach":
		return p.loop(level), ""
	}
	p.fail("the directive #%s is not one of the local API Gateway's", name)
	return nil, ""
}

// line drops the rest of a directive's line, where nothing else is on it.
func (p *parser) line() {
	rest := strings.TrimLeft(p.rest(), " \t\r")
	if strings.HasPrefix(rest, "\n") {
		p.pos = len(p.text) - len(rest) + 1
	}
}

func (p *parser) set() node {
	p.expect("(")
	p.space()
	target, ok := p.reference()
	if !ok {
		p.fail("#set has no reference to set")
		return nil
	}
	p.expect("=")
	value := p.expression()
	p.expect(")")
	p.line()
	for _, s := range target.steps {
		if s.isCall || s.index != nil {
			p.fail("#set of %s, which is no property", target.source)
		}
	}
	return &assignment{target, value}
}

func (p *parser) conditional(level int) node {
	out := &choice{}
	for p.err == nil {
		p.expect("(")
		condition := p.expression()
		p.expect(")")
		p.line()
		body, end := p.block(level + 1)
		out.branches = append(out.branches, branch{condition, body})
		if end == "elseif" {
			continue
		}
		if end == "else" {
			out.otherwise, end = p.block(level + 1)
		}
		if end != "end" {
			p.fail("an #if without #end")
		}
		return out
	}
	return out
}

func (p *parser) loop(level int) node {
	p.expect("(")
	p.space()
	item, ok := p.reference()
	if !ok || len(item.steps) > 0 {
		p.fail("#foreach has no variable")
		return nil
	}
	p.space()
	if p.word() != "in" {
		p.fail("#foreach has no \"in\"")
	}
	items := p.expression()
	p.expect(")")
	p.line()
	body, end := p.block(level + 1)
	if end != "end" {
		p.fail("a #foreach without #end")
	}
	return &repetition{item.name, items, body}
}

func (p *parser) word() string {
	i := 0
	for i < len(p.rest()) && isName(p.rest()[i], i == 0) {
		i++
	}
	w := p.rest()[:i]
	p.pos += i
	return w
}

func isName(c byte, first bool) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || !first && (c >= '0' && c <= '9' || c == '-')
}

// referenceOrText is a reference, or the $ that is none.
func (p *parser) referenceOrText() node {
	if r, ok := p.reference(); ok {
		return r
	}
	p.pos++
	return literal("$")
}

// reference reads $name, ${name}, $!name and what follows: properties, calls and indexes.
func (p *parser) reference() (*reference, bool) {
	begin := p.pos
	if !p.eat("$") {
		return nil, false
	}
	r := &reference{quiet: p.eat("!")}
	braced := p.eat("{")
	if r.name = p.word(); r.name == "" {
		p.pos = begin
		return nil, false
	}
	for p.err == nil {
		s, ok := p.step()
		if !ok {
			break
		}
		r.steps = append(r.steps, s)
	}
	if braced && !p.eat("}") {
		p.fail("a reference without }")
	}
	r.source = p.text[begin:min(p.pos, len(p.text))]
	return r, true
}

func (p *parser) step() (s step, ok bool) {
	begin := p.pos
	if p.eat("[") {
		s.index = p.expression()
		p.expect("]")
		return s, true
	}
	if !p.eat(".") {
		return s, false
	}
	if s.name = p.word(); s.name == "" { // the end of a sentence
		p.pos = begin
		return s, false
	}
	if p.eat("(") {
		s.isCall, s.args = true, p.list(")")
	}
	return s, true
}

// list reads expressions until close.
func (p *parser) list(close string) (out []expression) {
	p.space()
	if p.eat(close) {
		return nil
	}
	for p.err == nil {
		out = append(out, p.expression())
		p.space()
		if p.eat(close) {
			break
		}
		p.expect(",")
	}
	return out
}

// operators by how tightly they bind, the loosest first.
var operators = [][]string{{"||"}, {"&&"}, {"==", "!=", "<=", ">=", "<", ">"}}

func (p *parser) expression() expression {
	defer p.enter()()
	return p.binary(0)
}

func (p *parser) binary(level int) expression {
	if level == len(operators) {
		return p.operand()
	}
	left := p.binary(level + 1)
next:
	for p.err == nil {
		p.space()
		for _, op := range operators[level] {
			if p.eat(op) {
				left = &operation{op, left, p.binary(level + 1)}
				continue next
			}
		}
		break
	}
	return left
}

func (p *parser) operand() expression {
	defer p.enter()()
	p.space()
	if r, ok := p.reference(); ok {
		return r
	}
	rest := p.rest()
	if rest == "" {
		p.fail("an expression is missing")
		return constant{}
	}
	switch c := rest[0]; {
	case c == '!':
		p.pos++
		return &negation{p.operand()}
	case c == '(':
		p.pos++
		e := p.expression()
		p.expect(")")
		return e
	case c == '[':
		p.pos++
		return &sequence{p.list("]")}
	case c == '\'' || c == '"':
		return p.quoted(c)
	case c >= '0' && c <= '9' || c == '-':
		return p.number()
	}
	switch name := p.word(); name {
	case "true", "false":
		return constant{name == "true"}
	case "null":
		return constant{}
	}
	p.fail("%q is no expression", rest[:min(len(rest), 10)])
	return constant{}
}

// quoted reads a text; in double quotes it is a template itself. A backslash stands for itself.
func (p *parser) quoted(quote byte) expression {
	i := strings.IndexByte(p.rest()[1:], quote)
	if i < 0 {
		p.fail("a text without end")
		return constant{}
	}
	inside := p.rest()[1 : 1+i]
	p.pos += i + 2
	if quote == '\'' {
		return constant{inside}
	}
	t := &parser{text: inside, depth: p.depth}
	nodes, _ := t.block(0)
	if t.err != nil {
		p.fail("in a text: %v", t.err)
	}
	return &interpolation{nodes}
}

func (p *parser) number() expression {
	i := 1
	for i < len(p.rest()) && strings.IndexByte("0123456789.", p.rest()[i]) >= 0 {
		i++
	}
	text := p.rest()[:i]
	var n float64
	if _, err := fmt.Sscanf(text, "%g", &n); err != nil {
		p.fail("%q is no number", text)
	}
	p.pos = min(p.pos+i, len(p.text))
	return constant{n}
}
