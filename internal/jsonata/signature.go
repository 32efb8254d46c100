package jsonata

import (
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// signature is a function's <…>: what its arguments must be. Matching one against the arguments is, in the reference, matching
// a regular expression against the letters of their types; here each parameter has the set of letters it takes.
type signature struct {
	text   string // as written
	params []param
}

type param struct {
	takes    typeSet
	kind     byte    // its letter, '(' for a choice
	context  bool    // '-': the context stands in where the argument is missing
	accepts  typeSet // of the context
	optional bool
	repeated bool
	subtype  string // what stands in <> behind an array
}

// typeSet holds the letters of types: s n b l a o f, and m for missing.
type typeSet uint8

const typeLetters = "snblaofm"

func typesOf(letters string) typeSet {
	var set typeSet
	for i := 0; i < len(letters); i++ {
		if at := strings.IndexByte(typeLetters, letters[i]); at >= 0 {
			set |= 1 << at
		}
	}
	return set
}

var (
	missing   = typesOf("m")
	arrayType = typesOf("a")
	letters   = map[byte]typeSet{
		's': typesOf("sm"), 'n': typesOf("nm"), 'b': typesOf("bm"), 'l': typesOf("lm"), 'o': typesOf("om"),
		'a': typesOf("asnblfom"), 'f': typesOf("f"), 'j': typesOf("asnblom"), 'x': typesOf("asnblfom"),
	}
	kindTypes = [...]typeSet{
		value.Undefined: missing, value.Null: typesOf("l"), value.Bool: typesOf("b"), value.Number: typesOf("n"),
		value.String: typesOf("s"), value.Array: typesOf("a"), value.Object: typesOf("o"), value.Func: typesOf("f"),
	}
)

func typeOf(v value.Value) typeSet { return kindTypes[v.Kind()] }

// parseSignature reads "<…>". The Position of its error is relative to the text.
func parseSignature(text string) (*signature, error) {
	s := &signature{text: text}
	var last *param
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		var err error
		switch c := text[i]; c {
		case '-', '?', '+':
			last.mark(c)
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[min(i+1, end):end]
			if strings.Contains(choice, "<") {
				err = newError("S0402", details{position: i, value: value.OfString(choice)})
			}
			s.params = append(s.params, param{kind: '(', takes: typesOf(choice) | missing})
			i = end
		case '<':
			if last == nil || last.kind != 'a' && last.kind != 'f' {
				err = newError("S0401", details{position: i})
				break
			}
			end := closing(text, i, '<', '>')
			last.subtype, i = text[i+1:end], end
		default:
			if takes, ok := letters[c]; ok {
				s.params = append(s.params, param{kind: c, takes: takes})
			}
		}
		if err != nil {
			return nil, err
		}
		if len(s.params) > 0 {
			last = &s.params[len(s.params)-1]
		}
	}
	return s, nil
}

func (p *param) mark(c byte) {
	if p == nil {
		return
	}
	switch c {
	case '-':
		p.context, p.accepts, p.optional = true, p.takes, true
	case '?':
		p.optional = true
	case '+':
		p.repeated = true
	}
}

// closing is where the bracket that opens at start closes, or the end of text.
func closing(text string, start int, open, end byte) int {
	depth := 1
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case end:
			if depth--; depth == 0 {
				return i
			}
		case open:
			depth++
		}
	}
	return len(text)
}

// match notes in taken how many arguments each parameter takes, as many as it can; whole demands that all are taken.
func match(params []param, args []value.Value, taken []int, whole bool) bool {
	if len(params) == 0 {
		return !whole || len(args) == 0
	}
	p := &params[0]
	most, least := 1, 1
	if p.repeated {
		most = len(args)
	}
	if p.optional {
		least = 0
	}
	n := 0
	for n < most && n < len(args) && p.takes&typeOf(args[n]) != 0 {
		n++
	}
	for ; n >= least; n-- {
		if taken[0] = n; match(params[1:], args[n:], taken[1:], whole) {
			return true
		}
	}
	return false
}

// validate appends to dst the arguments as the function wants them: single items made arrays, the context put where an argument
// is missing.
func (s *signature) validate(dst, args []value.Value, context value.Value) ([]value.Value, error) {
	var room [8]int
	taken := room[:]
	if len(s.params) > len(room) {
		taken = make([]int, len(s.params))
	}
	if !match(s.params, args, taken, true) {
		return nil, s.mismatch(args, taken)
	}
	// matched counts the arguments that the signature matched, next those that are passed: the reference counts a parameter that
	// matched none, too.
	matched, next := 0, 0
	for i := range s.params {
		p := &s.params[i]
		switch {
		case taken[i] > 0:
			// The reference passes the first of repeated arguments each time; 2.0.6 is what AWS runs.
			first := argument(args, next)
			for range taken[i] {
				arg, err := first, error(nil)
				if p.kind == 'a' {
					arg, err = p.array(argument(args, next), typeOf(args[matched]), next, taken[i])
				}
				if err != nil {
					return nil, err
				}
				dst = append(dst, arg)
				next++
				matched++
			}
		case p.context:
			if p.accepts&typeOf(context) == 0 {
				return nil, newError("T0411", details{value: context, index: next + 1})
			}
			dst = append(dst, context)
		default:
			dst = append(dst, argument(args, next))
			next++
		}
	}
	return dst, nil
}

// mismatch says which argument is the first that does not fit.
func (s *signature) mismatch(args []value.Value, taken []int) error {
	good := 0
	for i := range s.params {
		if !match(s.params[:i+1], args, taken, false) {
			break
		}
		good = 0
		for _, n := range taken[:i+1] {
			good += n
		}
	}
	d := details{index: good + 1}
	if good < len(args) {
		d.value = args[good]
	}
	return newError("T0410", d)
}

var plurals = map[string]string{"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}

// array is arg, of which the signature matched that type, as an array of the parameter's subtype.
func (p *param) array(arg value.Value, matched typeSet, index, taken int) (value.Value, error) {
	if matched == missing {
		return nothing, nil
	}
	if p.subtype != "" && !p.holds(arg, matched, taken) {
		return arg, newError("T0412", details{value: arg, index: index + 1, text: plurals[p.subtype]})
	}
	if matched != arrayType {
		return value.OfArray([]value.Value{arg}), nil
	}
	return arg, nil
}

func (p *param) holds(arg value.Value, matched typeSet, taken int) bool {
	if matched != arrayType {
		return taken == 1 && len(p.subtype) == 1 && matched == typesOf(p.subtype)
	}
	items := arg.Items()
	if len(items) == 0 {
		return true
	}
	first := typeOf(items[0])
	if first != typesOf(p.subtype[:1]) {
		return false
	}
	for _, item := range items[1:] {
		if typeOf(item) != first {
			return false
		}
	}
	return true
}
