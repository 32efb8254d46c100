package compile

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

func init() {
	for name, form := range map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"strings.TrimSpace":    func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: trimmed(a[0].use(), spaces, true, true)} },
		"strings.Trim":         trimSet(true, true),
		"strings.TrimLeft":     trimSet(true, false),
		"strings.TrimRight":    trimSet(false, true),
		"strings.Fields":       fields,
		"strings.SplitN":       splitN,
		"strings.Replace":      replaceN,
		"strings.Repeat":       repeat,
		"strings.EqualFold":    equalFold,
		"strings.ContainsAny":  containsAny,
		"strings.ContainsRune": containsRune,
	} {
		library[name] = form
	}
}

// spaces is unicode.IsSpace as a class of JavaScript's regular expressions, whose own \s takes U+FEFF for one and leaves U+0085.
const spaces = `\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`

// trimmed is a text without what a class of characters has at its ends.
func trimmed(e expr, class string, left, right bool) expr {
	var ends []string
	if left {
		ends = append(ends, "^["+class+"]+")
	}
	if right {
		ends = append(ends, "["+class+"]+$")
	}
	return call{"$replace", []expr{e, text{"/" + strings.Join(ends, "|") + "/"}, emptyStr}}
}

// classOf is characters as a class; those past U+FFFF are two to JavaScript.
func classOf(set string) (class string, ok bool) {
	for _, r := range set {
		if r > 0xffff || r == 0xfffd {
			return "", false
		}
		if r < 0x80 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == ' ') {
			class += string(r)
		} else {
			class += fmt.Sprintf(`\u%04x`, r)
		}
	}
	return class, set != ""
}

func trimSet(left, right bool) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, e *ast.CallExpr, a []sym) sym {
		set, isConst := constString(a[1])
		class, ok := classOf(set)
		if isConst && set == "" {
			return a[0]
		}
		if !isConst || !ok {
			return x.bad(e, "strings."+x.callee(e).Name()+" needs constant characters", "use strings.TrimPrefix or TrimSuffix, or trim in a handler")
		}
		return sym{e: trimmed(a[0].use(), class, left, right)}
	}
}

func fields(_ *eval, _ *ast.CallExpr, a []sym) sym {
	words := call{"$match", []expr{a[0].use(), text{"/[^" + spaces + "]+/"}}}
	return sym{e: each{member{words, "match"}}, full: true}
}

// splitN is a number of parts, of which the last is all that is left.
func splitN(x *eval, e *ast.CallExpr, a []sym) sym {
	sep, okSep := constString(a[1])
	n, okN := a[2].e.(lit)
	if !okSep || sep == "" || !okN {
		return x.bad(e, "strings.SplitN needs a constant number, and a constant separator that is not empty", "use strings.Cut, or split in a handler")
	}
	parts := call{"$split", []expr{a[0].use(), a[1].use()}}
	switch limit := int64(n.v.Float()); {
	case limit < 0:
		return sym{e: parts, full: true}
	case limit == 0:
		return sym{e: null}
	case limit == 1:
		return sym{e: array{[]expr{a[0].use()}}, full: true, some: true}
	default:
		p, item, i := x.names.parameter("parts"), x.names.parameter("item"), x.names.parameter("i")
		where := func(op string) expr {
			return each{call{"$filter", []expr{ref{p}, lambda{[]string{item, i}, binary{op, ref{i}, num(limit - 1)}}}}}
		}
		cut := call{"$append", []expr{where("<"), call{"$join", []expr{where(">="), a[1].use()}}}}
		return sym{e: block{p, parts, cond{binary{"<=", call{"$count", []expr{ref{p}}}, num(limit)}, ref{p}, cut}}, full: true, some: true}
	}
}

func replaceN(x *eval, e *ast.CallExpr, a []sym) sym {
	n, ok := a[3].e.(lit)
	if !ok {
		return x.bad(e, "strings.Replace needs a constant number of times", "use strings.ReplaceAll")
	}
	s := replaceAll(x, e, a[:3])
	if c, isCall := s.e.(call); isCall && n.v.Float() >= 0 {
		s.e = call{c.fn, append(c.args, n)}
	}
	return s
}

func repeat(x *eval, e *ast.CallExpr, a []sym) sym {
	n, ok := a[1].e.(lit)
	if s, isConst := constString(a[0]); ok && isConst && n.v.Float() >= 0 && n.v.Float()*float64(len(s)) <= long {
		return sym{e: str(strings.Repeat(s, int(n.v.Float())))}
	}
	s, wrapText := x.bound("text", a[0].use())
	times, wrap := x.bound("n", a[1].use())
	texts := each{call{"$map", []expr{numbers{num(1), times}, lambda{[]string{x.names.parameter("i")}, s}}}}
	out := expr(call{"$join", []expr{texts}})
	if !ok {
		out = cond{binary{">=", times, num(0)}, out, call{"$error", []expr{str("strings: negative Repeat count")}}}
	}
	return sym{e: wrapText(wrap(out))}
}

// equalFold compares with a constant of ASCII: Go folds single characters, JavaScript's rules for cases also make one two.
func equalFold(x *eval, e *ast.CallExpr, a []sym) sym {
	from, okFrom := constString(a[0])
	to, okTo := constString(a[1])
	s := a[0]
	switch {
	case okFrom && okTo:
		return sym{e: boolLit(strings.EqualFold(from, to))}
	case okFrom:
		s, to = a[1], from
	}
	if !okFrom && !okTo || strings.ContainsFunc(to, func(r rune) bool { return r >= 0x80 }) {
		return x.bad(e, "strings.EqualFold has a form in JSONata for a constant of ASCII only", "compare what strings.ToLower makes of both")
	}
	to = strings.ToLower(to)
	lower := expr(call{"$lowercase", []expr{s.use()}})
	if strings.Contains(to, "s") {
		lower = call{"$replace", []expr{lower, str("ſ"), str("s")}}
	}
	return sym{e: binary{"=", lower, str(to)}}
}

func containsAny(x *eval, e *ast.CallExpr, a []sym) sym {
	set, isConst := constString(a[1])
	class, ok := classOf(set)
	if isConst && set == "" {
		return sym{e: no}
	}
	if !isConst || !ok {
		return x.bad(e, "strings.ContainsAny needs constant characters", "use strings.Contains for each")
	}
	return sym{e: call{"$contains", []expr{a[0].use(), text{"/[" + class + "]/"}}}}
}

func containsRune(x *eval, e *ast.CallExpr, a []sym) sym {
	r, ok := a[1].e.(lit)
	if !ok {
		return x.bad(e, "strings.ContainsRune needs a constant character", "use strings.Contains")
	}
	return sym{e: call{"$contains", []expr{a[0].use(), str(string(rune(r.v.Float())))}}}
}

// A strings.Builder is the text that it has.

// writers are the methods and functions that write to a Builder, as what they add to its text.
var writers map[string]func(*eval, *ast.CallExpr, []sym) sym

func init() { // not a plain initialiser: the forms refer to eval, and eval to writers
	writers = map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"(*strings.Builder).WriteString": func(_ *eval, _ *ast.CallExpr, a []sym) sym { return a[1] },
		"(*strings.Builder).WriteByte":   writeRune, "(*strings.Builder).WriteRune": writeRune,
		"(*strings.Builder).Reset": nil,
		"(*strings.Builder).Grow":  func(_ *eval, _ *ast.CallExpr, _ []sym) sym { return sym{e: emptyStr} },
		"fmt.Fprintf":              func(x *eval, e *ast.CallExpr, a []sym) sym { return x.formatted(e, e.Args[1:], a[1:]) },
		"fmt.Fprint":               func(x *eval, e *ast.CallExpr, a []sym) sym { return x.printed(e, e.Args[1:], a[1:], false) },
		"fmt.Fprintln":             func(x *eval, e *ast.CallExpr, a []sym) sym { return x.printed(e, e.Args[1:], a[1:], true) },
	}
	for name := range writers {
		library[name] = write
	}
	library["(*strings.Builder).String"] = func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use()} }
}

func isBuilder(t types.Type) bool { return isNamed(t, "strings", "Builder") }

func writeRune(x *eval, e *ast.CallExpr, a []sym) sym {
	l, ok := a[1].e.(lit)
	if !ok {
		return x.bad(e, "a character that is not constant has no form in JSONata", "use WriteString")
	}
	return sym{e: str(string(rune(l.v.Float())))}
}

// builder is the place of the Builder that a call writes to, nil where it writes to none.
func (f *frame) builder(e *ast.CallExpr) ast.Expr {
	fn := f.callee(e)
	if fn == nil {
		return nil
	}
	if _, ok := writers[fullName(fn)]; !ok {
		return nil
	}
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && fn.Signature().Recv() != nil {
		return sel.X
	}
	if of, ok := addressed(e.Args[0]); ok {
		return of
	}
	return e.Args[0]
}

// write appends to the text of a Builder.
func write(x *eval, e *ast.CallExpr, a []sym) sym {
	name, place := fullName(x.callee(e)), x.builder(e)
	if !isBuilder(structOf(x.typeOf(place))) {
		return x.bad(e, qualified(x.callee(e))+" writes to what is no strings.Builder", "return the text, or write in a handler")
	}
	if !x.dropped[e] {
		return x.bad(e, "what "+qualified(x.callee(e))+" returns has no form in JSONata", "make the call a statement of its own: a Builder has no errors")
	}
	had := x.expr(place)
	s := sym{e: emptyStr, t: x.typeOf(place)}
	if kindOf(s.t) == pointerKind {
		if isNull(had.e) {
			return x.bad(e, x.source(place)+" is nil here, and Go panics", "make it first: new(strings.Builder)")
		}
		x.refuseAliased(e, place)
		s.full = true
	}
	if form := writers[name]; form != nil {
		added := form(x, e, a)
		if added.t == types.Typ[types.Invalid] { // refused already
			return added
		}
		s.e = concat(had.use(), added.use())
	}
	x.assign(place, s)
	return sym{e: null}
}
