package jsonata

import (
	"strings"

	"github.com/stride-aws/stride/internal/jsonata/jsregexp"
)

// maxSyntaxDepth is how deep an expression may nest. The evaluator recurses as deep; no expression written by hand comes near.
const maxSyntaxDepth = 2000

// parser is top-down operator precedence parsing, as the reference has it, whose precedences and error codes it keeps.
type parser struct {
	lex   *lexer
	tok   token
	depth int
}

// parse reads a whole expression. It panics with a syntaxError.
func parse(src string) *syntax {
	p := &parser{lex: newLexer(src)}
	p.next(false)
	expr := p.expression(0)
	if p.tok.kind != tokenEnd {
		p.fail("S0201", p.tok.pos, p.tok.shown(), "")
	}
	return expr
}

func (p *parser) fail(code string, pos int, token, text string) {
	panic(syntaxError{newError(code, details{position: pos, token: token, text: text})})
}

func (p *parser) next(infix bool) {
	p.tok = p.lex.next(infix)
	if p.tok.kind == tokenOperator && (p.tok.text == "!" || p.tok.text == "~") {
		p.fail("S0204", p.tok.pos, p.tok.text, "")
	}
}

// expect steps over the operator op; infix is as for lexer.next.
func (p *parser) expect(op string, infix bool) {
	if !p.tok.is(op) {
		code := "S0202"
		if p.tok.kind == tokenEnd {
			code = "S0203"
		}
		p.fail(code, p.tok.pos, p.tok.shown(), op)
	}
	p.next(infix)
}

// binding is how strongly an operator binds what stands on its left.
func binding(t token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case "[", "(", "@", "#":
		return 80
	case ".":
		return 75
	case "{":
		return 70
	case "*", "/", "%":
		return 60
	case "+", "-", "&":
		return 50
	case "=", "<", ">", "!=", "<=", ">=", "~>", "in", "^":
		return 40
	case "and":
		return 30
	case "or":
		return 25
	case "?":
		return 20
	case ":=":
		return 10
	}
	return 0
}

// expression reads an operand and every operator behind it that binds stronger than right.
func (p *parser) expression(right int) *syntax {
	if p.depth++; p.depth > maxSyntaxDepth {
		p.tooDeep(p.tok.pos)
	}
	t := p.tok
	p.next(true)
	left := p.finish(p.prefix(t))
	for right < binding(p.tok) {
		t := p.tok
		p.next(false)
		left = p.finish(p.infix(t, left))
	}
	p.depth--
	return left
}

func (p *parser) tooDeep(pos int) {
	p.fail(codeLimit, pos, "", "expression nests too deep")
}

// finish notes how deep the tree is: a long chain of operators nests without recursion here.
func (p *parser) finish(s *syntax) *syntax {
	deepest := 0
	s.children(func(c *syntax) { deepest = max(deepest, c.depth) })
	if s.depth = deepest + 1; s.depth > maxSyntaxDepth {
		p.tooDeep(s.pos)
	}
	return s
}

// children calls f with each node below s.
func (s *syntax) children(f func(*syntax)) {
	for _, c := range [...]*syntax{s.lhs, s.rhs, s.third} {
		if c != nil {
			f(c)
		}
	}
	for _, c := range s.list {
		f(c)
	}
	for _, pair := range s.pairs {
		f(pair.key)
		f(pair.value)
	}
	for _, term := range s.terms {
		f(term.expr)
	}
}

var operandKinds = [...]kind{
	tokenEnd: kindEnd, tokenName: kindName, tokenVariable: kindVariable, tokenString: kindString, tokenNumber: kindNumber,
	tokenConstant: kindConstant,
}

// prefix reads what t begins.
func (p *parser) prefix(t token) *syntax {
	s := &syntax{pos: t.pos, text: t.text, num: t.num, flags: t.flags}
	switch t.kind {
	case tokenOperator:
		p.prefixOperator(t, s)
	case tokenRegex:
		s.kind = kindRegex
		if _, err := jsregexp.Compile(t.text, t.flags); err != nil {
			p.fail(codeRegex, t.pos, "", err.Error())
		}
	default:
		s.kind = operandKinds[t.kind]
	}
	return s
}

func (p *parser) prefixOperator(t token, s *syntax) {
	switch t.text {
	case "and", "or", "in":
		s.kind = kindWord
	case "*":
		s.kind = kindWildcard
	case "**":
		s.kind = kindDescendants
	case "%":
		s.kind = kindParent
	case "-":
		s.kind, s.lhs = kindNegate, p.expression(70)
	case "(":
		p.block(s)
	case "[":
		p.array(s)
	case "{":
		s.kind = kindObject
		p.object(s)
	case "|":
		p.transform(s)
	default:
		p.fail("S0211", t.pos, t.text, "")
	}
}

func (p *parser) block(s *syntax) {
	s.kind = kindBlock
	for !p.tok.is(")") {
		s.list = append(s.list, p.expression(0))
		if !p.tok.is(";") {
			break
		}
		p.next(false)
	}
	p.expect(")", true)
}

func (p *parser) array(s *syntax) {
	s.kind = kindArray
	for more := !p.tok.is("]"); more; {
		item := p.expression(0)
		if p.tok.is("..") {
			r := &syntax{kind: kindBinary, text: "..", pos: p.tok.pos, lhs: item}
			p.next(false)
			r.rhs = p.expression(0)
			item = p.finish(r)
		}
		s.list = append(s.list, item)
		more = p.comma()
	}
	p.expect("]", true)
}

// comma steps over a comma, if there is one.
func (p *parser) comma() bool {
	if !p.tok.is(",") {
		return false
	}
	p.next(false)
	return true
}

func (p *parser) object(s *syntax) {
	for more := !p.tok.is("}"); more; {
		key := p.expression(0)
		p.expect(":", false)
		s.pairs = append(s.pairs, syntaxPair{key, p.expression(0)})
		more = p.comma()
	}
	p.expect("}", true)
}

func (p *parser) transform(s *syntax) {
	s.kind = kindTransform
	s.lhs = p.expression(0)
	p.expect("|", false)
	s.rhs = p.expression(0)
	if p.comma() {
		s.third = p.expression(0)
	}
	p.expect("|", false)
}

// infix reads the rest of what the operator t makes of left.
func (p *parser) infix(t token, left *syntax) *syntax {
	s := &syntax{kind: kindBinary, pos: t.pos, text: t.text, lhs: left}
	switch t.text {
	case "(":
		p.call(s)
	case "[":
		if p.tok.is("]") {
			return p.keepArray(left)
		}
		s.kind, s.rhs = kindFilter, p.expression(0)
		p.expect("]", true)
	case "^":
		p.sort(s)
	case "{":
		s.kind = kindGroup
		p.object(s)
	case ":=":
		if left.kind != kindVariable {
			p.fail("S0212", left.pos, left.shown(), "")
		}
		s.rhs = p.expression(binding(t) - 1)
	case "@", "#":
		if s.rhs = p.expression(binding(t)); s.rhs.kind != kindVariable {
			p.fail("S0214", s.rhs.pos, t.text, "")
		}
	case "?":
		p.condition(s)
	default:
		s.rhs = p.expression(binding(t))
	}
	return s
}

// keepArray marks the step that the predicates before an empty one belong to.
func (p *parser) keepArray(left *syntax) *syntax {
	step := left
	for step.kind == kindFilter {
		step = step.lhs
	}
	step.keepArray = true
	p.expect("]", false)
	return left
}

func (p *parser) sort(s *syntax) {
	s.kind = kindSort
	p.expect("(", false)
	for more := true; more; {
		descending := p.tok.is(">")
		if descending || p.tok.is("<") {
			p.next(false)
		}
		s.terms = append(s.terms, syntaxTerm{descending, p.expression(0)})
		more = p.comma()
	}
	p.expect(")", false)
}

func (p *parser) condition(s *syntax) {
	s.kind, s.rhs = kindCondition, p.expression(0)
	if p.tok.is(":") {
		p.next(false)
		s.third = p.expression(0)
	}
}

func (p *parser) call(s *syntax) {
	s.kind = kindCall
	for more := !p.tok.is(")"); more; {
		if p.tok.is("?") {
			s.kind = kindPartial
			s.list = append(s.list, p.finish(&syntax{kind: kindPlaceholder, pos: p.tok.pos, text: "?"}))
			p.next(false)
		} else {
			s.list = append(s.list, p.expression(0))
		}
		more = p.comma()
	}
	p.expect(")", true)
	if s.lhs.kind == kindName && (s.lhs.text == "function" || s.lhs.text == "λ") {
		p.lambda(s)
	}
}

func (p *parser) lambda(s *syntax) {
	for i, param := range s.list {
		if param.kind != kindVariable {
			panic(syntaxError{newError("S0208", details{position: param.pos, token: param.shown(), index: i + 1})})
		}
	}
	s.kind, s.lhs = kindLambda, nil
	if p.tok.is("<") {
		s.signature = p.signature()
	}
	p.expect("{", false)
	s.rhs = p.expression(0)
	p.expect("}", false)
}

// signature joins the tokens up to the closing '>' again and reads them as a signature.
func (p *parser) signature() *signature {
	start := p.tok.pos
	var text strings.Builder
	text.WriteByte('<')
	for depth := 1; depth > 0 && !p.tok.is("{") && p.tok.kind != tokenEnd; {
		p.next(false)
		if p.tok.is(">") {
			depth--
		} else if p.tok.is("<") {
			depth++
		}
		text.WriteString(p.tok.shown())
	}
	p.expect(">", false)
	sig, err := parseSignature(text.String())
	if err != nil {
		panic(syntaxError{at(err, start+err.(*Error).Position, "").(*Error)})
	}
	return sig
}
