package compile

import (
	"fmt"
	"go/ast"
	"go/types"
	"math"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

func init() {
	for name, form := range map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"fmt.Sprintf":         sprintf,
		"fmt.Sprint":          func(x *eval, e *ast.CallExpr, a []sym) sym { return x.printed(e, e.Args, a, false) },
		"fmt.Sprintln":        func(x *eval, e *ast.CallExpr, a []sym) sym { return x.printed(e, e.Args, a, true) },
		"strconv.Quote":       func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: quoted(a[0].use())} },
		"strconv.FormatInt":   formatInt,
		"strconv.FormatFloat": formatFloat,
	} {
		library[name] = form
	}
}

// verb is a verb of a format, as package fmt reads it.
type verb struct {
	text              string // all of it
	letter            byte
	minus, plus, zero bool
	other             bool // a flag that has no form here
	width, precision  int  // -1: none
}

// cutVerb reads the verb that a format begins with.
func cutVerb(format string) (v verb, rest string) {
	v = verb{width: -1, precision: -1}
	i := 1
	for ; i < len(format) && strings.IndexByte("-+0 #", format[i]) >= 0; i++ {
		switch format[i] {
		case '-':
			v.minus = true
		case '+':
			v.plus = true
		case '0':
			v.zero = true
		default:
			v.other = true
		}
	}
	number := func(n *int) {
		for ; i < len(format) && '0' <= format[i] && format[i] <= '9'; i++ {
			*n = min(10*max(*n, 0)+int(format[i]-'0'), 1000)
		}
	}
	number(&v.width)
	if i < len(format) && format[i] == '.' {
		i++
		v.precision = 0
		number(&v.precision)
	}
	if i == len(format) {
		v.text = format
		return v, ""
	}
	v.letter, v.text = format[i], format[:i+1]
	return v, format[i+1:]
}

func (v verb) plain() bool {
	return !v.minus && !v.plus && !v.zero && !v.other && v.width < 0 && v.precision < 0
}

func sprintf(x *eval, e *ast.CallExpr, a []sym) sym { return x.formatted(e, e.Args, a) }

// formatted is the text of a format, a[0], and its arguments.
func (x *eval) formatted(e *ast.CallExpr, at []ast.Expr, a []sym) sym {
	name := x.callee(e).Name()
	format, ok := constString(a[0])
	if !ok {
		return x.bad(e, "fmt."+name+" needs a constant format", "use + on strings")
	}
	if e.Ellipsis.IsValid() {
		return x.bad(e, "fmt."+name+" needs its arguments one by one", "use strings.Join for a slice")
	}
	out := expr(emptyStr)
	next := 1
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			out = concat(out, str(format))
			break
		}
		out = concat(out, str(format[:i]))
		var v verb
		v, format = cutVerb(format[i:])
		if v.letter == '%' {
			out = concat(out, str("%"))
			continue
		}
		if next >= len(a) {
			return x.bad(e, "fmt."+name+" has fewer arguments than verbs", "")
		}
		text, ok := x.verbText(at[next], v, a[next])
		if !ok {
			return sym{e: emptyStr, t: types.Typ[types.Invalid]}
		}
		out = concat(out, text)
		next++
	}
	if next < len(a) {
		return x.bad(e, "fmt."+name+" has more arguments than verbs", "")
	}
	return sym{e: out}
}

// verbText is a value as a verb writes it; where that has no exact form, it is refused.
func (x *eval) verbText(at ast.Expr, v verb, s sym) (expr, bool) {
	s, own := x.ownText(at, v.letter, s)
	if s.t == types.Typ[types.Invalid] { // refused already
		return nil, false
	}
	if k := kindOf(s.t); (v.text == "%v" || v.text == "%+v") && (k == sliceKind || k == mapKind || k == structKind) {
		text, ok := x.compositeText(at, s, v.plus)
		if !ok {
			x.refuse(at, "something in a "+typeName(s.t)+" has no exact text in JSONata: floats, pointers, times, and what has a method for its text", verbHint(v, s))
		}
		return text, ok
	}
	text, ok := x.written(v, s)
	if !ok || own && (v.letter == 'x' || v.letter == 'X') || v.other {
		x.refuse(at, "the verb "+v.text+" has no exact form in JSONata for this argument", verbHint(v, s))
		return nil, false
	}
	return text, true
}

func verbHint(v verb, s sym) string {
	switch k := kindOf(s.t); {
	case k == floatKind:
		return "give it a precision: %.2f"
	case k == structKind || k == mapKind || k == pointerKind:
		return "write its fields"
	case k == sliceKind:
		return "write its items in a loop"
	case strings.IndexByte("sdtvqfxXob", v.letter) < 0:
		return "use %s, %d, %t, %v, %q, %x or %.2f"
	}
	return "use %s, %d, %t or %v with strings, integers and booleans"
}

// written is a value as a verb writes it, padded.
func (x *eval) written(v verb, s sym) (expr, bool) {
	if folded, ok := v.fold(s); ok {
		return str(folded), true
	}
	k := kindOf(s.t)
	v.plus = v.plus && v.letter != 'v' // %+v is of structs
	switch base := map[byte]int64{'d': 10, 'v': 10, 'x': 16, 'X': 16, 'o': 8, 'b': 2}[v.letter]; {
	case k == intKind && base != 0 && v.precision < 0:
		return x.signed(v, s, func(n expr) expr { return inBase(n, base, v.letter == 'X') }), true
	case k == floatKind && (v.letter == 'f' || v.letter == 'F') && v.precision <= maxPrecision:
		if v.precision < 0 {
			v.precision = 6
		}
		return x.signed(v, s, func(n expr) expr { return x.fixed(n, v.precision) }), true
	case v.zero || v.plus:
		return nil, false
	case k == stringKind && (v.letter == 's' || v.letter == 'v'):
		return v.padded(v.cut(s.use())), true
	case k == stringKind && v.letter == 'q':
		return v.padded(quoted(v.cut(s.use()))), true
	case k == errorKind && (v.letter == 's' || v.letter == 'v' || v.letter == 'w') && v.plain():
		return x.errorVerb(v.letter, s), true
	case k == boolKind && (v.letter == 't' || v.letter == 'v') && v.precision < 0:
		return v.padded(asText(s)), true
	case k == sliceKind && v.plain():
		return x.listText(v, s)
	}
	return nil, false
}

// fold is a constant as Go writes it.
func (v verb) fold(s sym) (string, bool) {
	l, ok := s.e.(lit)
	if !ok {
		return "", false
	}
	switch k := kindOf(s.t); {
	case k == stringKind && strings.IndexByte("svq", v.letter) >= 0:
		return fmt.Sprintf(v.text, l.v.Str()), true
	case k == intKind && strings.IndexByte("dvxXob", v.letter) >= 0:
		return fmt.Sprintf(v.text, int64(l.v.Float())), true
	case k == floatKind && strings.IndexByte("vfFgGeE", v.letter) >= 0:
		return fmt.Sprintf(v.text, l.v.Float()), true
	case k == boolKind && strings.IndexByte("tv", v.letter) >= 0:
		return fmt.Sprintf(v.text, l.v.Bool()), true
	}
	return "", false
}

func (v verb) cut(e expr) expr {
	if v.precision < 0 {
		return e
	}
	return call{"$substring", []expr{e, num(0), num(int64(v.precision))}}
}

func (v verb) padded(e expr) expr {
	width := int64(v.width)
	if width <= 0 {
		return e
	}
	if !v.minus {
		width = -width
	}
	return call{"$pad", []expr{e, num(width)}}
}

// signed is a number whose digits digits writes, with its sign: zeros that fill the width stand behind it.
func (x *eval) signed(v verb, s sym, digits func(expr) expr) expr {
	if zeros := v.zero && !v.minus && v.width > 0; !zeros && !v.plus {
		return v.padded(digits(s.use()))
	} else if !zeros {
		n, wrap := x.bound("n", s.use())
		return v.padded(wrap(cond{binary{"<", n, num(0)}, digits(n), binary{"&", str("+"), digits(n)}}))
	}
	n, wrap := x.bound("n", s.use())
	fill := func(e expr, width int) expr { return call{"$pad", []expr{digits(e), num(int64(-width)), str("0")}} }
	positive := fill(n, v.width)
	if v.plus {
		positive = binary{"&", str("+"), fill(n, max(v.width-1, 1))}
	}
	return wrap(cond{binary{"<", n, num(0)}, binary{"&", str("-"), fill(binary{"-", num(0), n}, max(v.width-1, 1))}, positive})
}

// inBase is a whole number as text.
func inBase(n expr, base int64, upper bool) expr {
	if base == 10 {
		return call{"$string", []expr{n}}
	}
	out := call{"$formatBase", []expr{n, num(base)}}
	if upper {
		return call{"$uppercase", []expr{out}}
	}
	return out
}

// maxPrecision is how many digits behind the point a float is written with at most: a power of ten of more digits has no exact
// products with the halves of a float.
const maxPrecision = 7

// fixed is a float with so many digits behind the point, as Go rounds it: by its exact value, and to even between two. $formatNumber
// rounds what the shortest decimal is, and a product with a power of ten is not exact; that of the float's upper half is, and that of its
// lower one. T. J. Dekker, A floating-point technique for extending the available precision, 1971. What stands before the point stays
// out of it, or its product might be past 2^53.
func (x *eval) fixed(e expr, precision int) expr {
	n, wrap := x.bound("n", e)
	size, low, high, rest, whole := x.names.parameter("size"), x.names.parameter("k"), x.names.parameter("high"), x.names.parameter("rest"), x.names.parameter("whole")
	ten := float(math.Pow(10, float64(precision)))
	minus := func(a, b expr) expr { return binary{"-", a, b} }
	times := func(a, b expr) expr {
		if same(b, num(1)) {
			return a
		}
		return binary{"*", a, b}
	}
	split := times(ref{size}, num(1<<27+1))
	middle := binary{"+", ref{low}, float(0.5)}
	over := binary{"+", minus(times(ref{high}, ten), middle), times(minus(ref{size}, ref{high}), ten)}
	odd := binary{"=", binary{"%", ref{low}, num(2)}, num(1)}
	up := binary{"or", binary{">", ref{rest}, num(0)}, binary{"and", binary{"=", ref{rest}, num(0)}, odd}}
	digits, positive := expr(call{"$string", []expr{ref{whole}}}), expr(call{"$abs", []expr{n}})
	if precision > 0 {
		before := call{"$floor", []expr{positive}}
		positive = minus(positive, before)
		behind := binary{"%", ref{whole}, ten}
		point := binary{"&", call{"$string", []expr{binary{"+", before, cond{binary{"<", ref{whole}, ten}, num(0), num(1)}}}}, str(".")}
		digits = binary{"&", point, call{"$pad", []expr{call{"$string", []expr{behind}}, num(int64(-precision)), str("0")}}}
	}
	out := expr(binary{"&", cond{binary{"<", n, num(0)}, str("-"), emptyStr}, digits})
	for _, v := range []struct {
		name string
		e    expr
	}{
		{whole, binary{"+", ref{low}, cond{up, num(1), num(0)}}}, {rest, over}, {high, minus(split, minus(split, ref{size}))},
		{low, call{"$floor", []expr{times(ref{size}, ten)}}}, {size, positive},
	} {
		out = block{v.name, v.e, out}
	}
	return wrap(out)
}

// quoted is a text between quotes, with JSON's escapes, which for what can be printed are Go's.
func quoted(e expr) expr {
	list := call{"$string", []expr{array{[]expr{e}}}} // ["text"]
	return block{"q", list, call{"$substring", []expr{ref{"q"}, num(1), binary{"-", call{"$length", []expr{ref{"q"}}}, num(2)}}}}
}

// errorVerb is the text of an error. One that is none has a text too.
func (x *eval) errorVerb(letter byte, s sym) expr {
	nothing := str("<nil>")
	if letter != 'v' {
		nothing = str("%!" + string(letter) + "(<nil>)")
	}
	return choice(x.isNil(s), nothing, errorText(nil, nil, []sym{s}).e)
}

// listText is a slice of strings or whole numbers: [a b c].
func (x *eval) listText(v verb, s sym) (expr, bool) {
	if k := kindOf(elemOf(s.t)); v.letter == 's' && k == stringKind || v.letter == 'd' && k == intKind {
		return x.compositeText(nil, s, false)
	}
	return nil, false
}

// printed is values as fmt.Sprint writes them, with spaces between two that are no strings, or fmt.Sprintln, with spaces between all.
func (x *eval) printed(e *ast.CallExpr, at []ast.Expr, a []sym, line bool) sym {
	if e.Ellipsis.IsValid() {
		return x.bad(e, "fmt."+x.callee(e).Name()+" needs its arguments one by one", "use strings.Join for a slice")
	}
	out := expr(emptyStr)
	for i, s := range a {
		if i > 0 && (line || !isText(a[i-1].t) && !isText(s.t)) {
			out = concat(out, str(" "))
		}
		text, ok := x.verbText(at[i], verb{text: "%v", letter: 'v', width: -1, precision: -1}, s)
		if !ok {
			return sym{e: emptyStr, t: types.Typ[types.Invalid]}
		}
		out = concat(out, text)
	}
	if line {
		out = concat(out, str("\n"))
	}
	return sym{e: out}
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func formatInt(x *eval, e *ast.CallExpr, a []sym) sym {
	base, ok := a[1].e.(lit)
	if !ok || base.v.Float() < 2 || base.v.Float() > 36 {
		return x.bad(e, "strconv.FormatInt needs a constant base from 2 to 36", "format in a handler")
	}
	if n, ok := a[0].e.(lit); ok {
		return sym{e: str(strconv.FormatInt(int64(n.v.Float()), int(base.v.Float())))}
	}
	return sym{e: inBase(a[0].use(), int64(base.v.Float()), false)}
}

func formatFloat(x *eval, e *ast.CallExpr, a []sym) sym {
	known := func(i int) int {
		if l, ok := a[i].e.(lit); ok && l.v.Kind() == value.Number {
			return int(l.v.Float())
		}
		return -2
	}
	precision := known(2)
	if known(1) != 'f' || precision < 0 || precision > maxPrecision || known(3) != 64 {
		return x.bad(e, "strconv.FormatFloat has a form in JSONata for 'f' with a constant precision up to 7, and 64 bits", "give it a precision: strconv.FormatFloat(f, 'f', 2, 64)")
	}
	if n, ok := a[0].e.(lit); ok {
		return sym{e: str(strconv.FormatFloat(n.v.Float(), 'f', precision, 64))}
	}
	return sym{e: x.fixed(a[0].use(), precision)}
}
