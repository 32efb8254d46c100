package jsonata

import "github.com/stride-aws/stride/internal/value"

// kind says what a syntax node is.
type kind uint8

const (
	kindEnd kind = iota // the end of the text where an operand should be
	kindName
	kindString
	kindNumber
	kindConstant
	kindVariable
	kindRegex
	kindWildcard
	kindDescendants
	kindParent
	kindWord        // and, or, in where an operand stands: a name
	kindPlaceholder // ? as an argument
	kindBinary      // lhs text rhs
	kindNegate      // -lhs
	kindArray       // [list]
	kindObject      // {pairs}
	kindBlock       // (list)
	kindCall        // lhs(list)
	kindPartial     // lhs(list), with a placeholder in it
	kindLambda      // function(list)<signature>{rhs}
	kindCondition   // lhs ? rhs : third
	kindTransform   // |lhs|rhs,third|
	kindFilter      // lhs[rhs]
	kindGroup       // lhs{pairs}
	kindSort        // lhs^(terms)
)

// syntax is an expression as it is written: what Parse makes and String prints. Nothing changes it after parsing.
type syntax struct {
	kind            kind
	pos             int // of the operator or the first token, in UTF-16 units, just past it
	text            string
	num             float64
	flags           string // of a regex
	lhs, rhs, third *syntax
	list            []*syntax
	pairs           []syntaxPair
	terms           []syntaxTerm
	signature       *signature
	keepArray       bool // followed by []
	depth           int  // of the tree below
}

type syntaxPair struct{ key, value *syntax }

type syntaxTerm struct {
	descending bool
	expr       *syntax
}

// shown is the node as error messages have it.
func (s *syntax) shown() string {
	switch s.kind {
	case kindEnd:
		return "(end)"
	case kindNumber:
		return value.OfFloat(s.num).NumberText()
	case kindNegate:
		return "-"
	case kindArray, kindFilter:
		return "["
	case kindObject, kindGroup:
		return "{"
	case kindBlock, kindCall, kindPartial:
		return "("
	case kindCondition:
		return "?"
	}
	return s.text
}
