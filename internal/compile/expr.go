package compile

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// expr is a JSONata expression: what a Go expression becomes.
type expr interface{ isExpr() }

type (
	lit    struct{ v value.Value } // a scalar
	ref    struct{ name string }   // $name: a workflow variable, or a parameter of a lambda
	atom   struct{ path string }   // "states.input": a reserved variable, whose value depends on the state that evaluates it
	member struct {
		of   expr
		name string
	}
	index  struct{ of, at expr }
	binary struct {
		op   string
		l, r expr
	}
	// loose is l = r where l may be undefined: false then, and so is l != r, which is why negate has to know.
	loose struct{ l, r expr }
	cond  struct{ test, then, els expr }
	call  struct {
		fn   string // with its $
		args []expr
	}
	object struct{ fields []field }
	array  struct{ items []expr }
	lambda struct {
		params []string
		body   expr
	}
	block struct { // ($name := bound; body)
		name  string
		bound expr
		body  expr
	}
	keyed struct{ key, v expr } // {key: v}, where the key is computed
	slot  struct {
		of    expr // an array or null, as one item of an array that is written out
		other bool // or anything else
	}
	each    struct{ of expr }          // [e]: a sequence as an array, whatever its length
	numbers struct{ first, last expr } // [first..last]
	text    struct{ src string }       // a regular expression
	// deployed is a text with placeholders in it: what it is, only the deployment knows.
	deployed struct{ text string }
)

// field is a member of an object. Where omit is set, it is left out when its value is Go's zero value.
type field struct {
	name string
	v    sym
	omit bool
	// zero says that omit is by omitzero, which leaves out nil and no empty slices and maps, and times.
	zero bool
	// asText says that JSON has v's text.
	asText bool
	// union says that the name is that of a member of one of the SDK's unions, which optimised and SDK integrations spell differently.
	union bool
}

func (lit) isExpr()      {}
func (ref) isExpr()      {}
func (atom) isExpr()     {}
func (member) isExpr()   {}
func (index) isExpr()    {}
func (binary) isExpr()   {}
func (loose) isExpr()    {}
func (cond) isExpr()     {}
func (call) isExpr()     {}
func (object) isExpr()   {}
func (array) isExpr()    {}
func (lambda) isExpr()   {}
func (block) isExpr()    {}
func (keyed) isExpr()    {}
func (each) isExpr()     {}
func (slot) isExpr()     {}
func (numbers) isExpr()  {}
func (text) isExpr()     {}
func (deployed) isExpr() {}

// The reserved variables. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
var (
	stateInput  = atom{"states.input"}
	stateResult = atom{"states.result"}
	stateError  = atom{"states.errorOutput"}
	enteredTime = atom{"states.context.State.EnteredTime"}
)

var (
	null     = lit{value.NullValue}
	yes      = lit{value.True}
	no       = lit{value.False}
	emptyStr = lit{value.OfString("")}
)

func str(s string) lit    { return lit{value.OfString(s)} }
func num(n int64) lit     { return lit{value.OfInt(n)} }
func float(f float64) lit { return lit{value.OfFloat(f)} }
func boolLit(b bool) lit  { return lit{value.OfBool(b)} }
func isLit(e expr) bool   { _, ok := e.(lit); return ok }
func isNull(e expr) bool  { l, ok := e.(lit); return ok && l.v.Kind() == value.Null }
func boolOf(e expr) (b, known bool) {
	l, ok := e.(lit)
	return ok && l.v.Bool(), ok && l.v.Kind() == value.Bool
}

// Precedences of JSONata's operators; see its parser's table of binding powers.
var precedence = map[string]int{
	"or": 25, "and": 30, "=": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "in": 40,
	"&": 50, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
}

const (
	precCond    = 20
	precPostfix = 75
	precAtom    = 100
)

// jsonataText is e as JSONata.
func jsonataText(e expr) string {
	var w writer
	w.expr(e, 0)
	return w.String()
}

type writer struct{ strings.Builder }

// expr writes e, in parentheses where it binds weaker than min.
func (w *writer) expr(e expr, min int) {
	if precOf(e) < min {
		w.WriteByte('(')
		defer w.WriteByte(')')
	}
	switch e := e.(type) {
	case lit:
		w.literal(e.v)
	case ref:
		w.WriteString("$" + e.name)
	case atom:
		w.WriteString("$" + e.path)
	case text:
		w.WriteString(e.src)
	case deployed:
		w.WriteString(value.OfString(e.text).String())
	case *named:
		w.WriteString(e.short())
	case member:
		if !quotable(e.name) {
			w.expr(call{"$lookup", []expr{e.of, str(e.name)}}, 0)
			return
		}
		w.operand(e.of)
		w.WriteString("." + fieldName(e.name))
	case index:
		if of, ok := e.of.(index); ok && !isLit(of.at) { // else the second predicate filters a sequence that holds the item
			w.WriteByte('(')
			w.expr(of, 0)
			w.WriteByte(')')
		} else {
			w.operand(e.of)
		}
		w.WriteByte('[')
		w.expr(e.at, 0)
		w.WriteByte(']')
	case binary:
		w.binary(e)
	case loose:
		w.binary(binary{"=", e.l, e.r})
	case cond:
		w.expr(e.test, precCond+1)
		w.WriteString(" ? ")
		w.expr(e.then, precCond+1)
		if e.els != nil {
			w.WriteString(" : ")
			w.expr(e.els, precCond)
		}
	default:
		w.compound(e)
	}
}

// operand writes what a path starts with. Literals of arrays stand in parentheses: JSONata 2.0.6 forgets the index of an array
// that it constructs as the first step of a path ([a, b][0].c is [a, b].c).
func (w *writer) operand(e expr) {
	min := precPostfix
	switch e.(type) {
	case array, each, numbers:
		min = precAtom + 1
	}
	w.expr(e, min)
}

func (w *writer) compound(e expr) {
	switch e := e.(type) {
	case call:
		w.WriteString(e.fn + "(")
		w.list(e.args)
		w.WriteByte(')')
	case object:
		w.object(e)
	case keyed:
		w.WriteByte('{')
		w.expr(e.key, precCond+1)
		w.WriteString(": ")
		w.expr(e.v, 0)
		w.WriteByte('}')
	case array:
		w.WriteByte('[')
		w.list(e.items)
		w.WriteByte(']')
	case each:
		w.WriteByte('[')
		w.expr(e.of, 0)
		w.WriteByte(']')
	case slot:
		w.slot(e)
	case numbers:
		w.WriteByte('[')
		w.expr(e.first, 0)
		w.WriteString("..")
		w.expr(e.last, 0)
		w.WriteByte(']')
	case lambda:
		w.WriteString("function($" + strings.Join(e.params, ", $") + ") { ")
		w.expr(e.body, 0)
		w.WriteString(" }")
	case block:
		w.WriteString("($" + e.name + " := ")
		w.expr(e.bound, 0)
		w.WriteString("; ")
		for next, ok := e.body.(block); ok; next, ok = e.body.(block) {
			w.WriteString("$" + next.name + " := ")
			w.expr(next.bound, 0)
			w.WriteString("; ")
			e = next
		}
		w.expr(e.body, 0)
		w.WriteByte(')')
	}
}

func (w *writer) slot(e slot) {
	item := func(v expr) expr {
		if e.other {
			return cond{isArray(v), each{each{v}}, v}
		}
		return cond{isArray(v), each{each{v}}, null}
	}
	if simple(e.of) {
		w.expr(item(e.of), 0)
		return
	}
	w.expr(block{"v", e.of, item(ref{"v"})}, 0)
}

func (w *writer) binary(e binary) {
	p := precedence[e.op]
	left, right := p, p+1
	if l, ok := e.l.(binary); ok && precedence[l.op] == p && l.op != e.op {
		left = p + 1 // a & b + c reads badly: say it with parentheses
	}
	w.expr(e.l, left)
	w.WriteString(" " + e.op + " ")
	w.expr(e.r, right)
}

func (w *writer) list(items []expr) {
	for i, e := range items {
		if i > 0 {
			w.WriteString(", ")
		}
		w.expr(e, 0)
	}
}

func (w *writer) object(o object) {
	w.WriteByte('{')
	first := true
	for _, f := range o.fields {
		if f.isZero() {
			continue
		}
		if !first {
			w.WriteString(", ")
		}
		first = false
		w.literal(value.OfString(f.name))
		w.WriteString(": ")
		w.expr(f.written(), 0)
	}
	w.WriteByte('}')
}

func (w *writer) literal(v value.Value) {
	if v.Kind() == value.Number && math.Signbit(v.Float()) && v.Float() == 0 {
		v = value.OfFloat(0)
	}
	w.WriteString(placeholderLike.ReplaceAllString(v.String(), `$$\u007b$1:`))
}

// placeholderLike is what a text of the source must not be taken for.
var placeholderLike = lazyregexp.New(`\$\{(fn|workflow|activity|env):`)

// quotable says whether a name can stand in a path, between backquotes where it must.
func quotable(name string) bool {
	return !strings.ContainsFunc(name, func(c rune) bool { return c == '`' || c < ' ' }) && !placeholderLike.MatchString(name)
}

func precOf(e expr) int {
	switch e := e.(type) {
	case binary:
		return precedence[e.op]
	case loose:
		return precedence["="]
	case cond:
		return precCond
	case member, index:
		return precPostfix
	case lit:
		if e.v.Kind() == value.Number && e.v.Float() < 0 {
			return 70
		}
	case lambda:
		return 0
	}
	return precAtom
}

func fieldName(name string) string {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "`" + name + "`"
		}
	}
	switch name {
	case "", "and", "or", "in", "true", "false", "null", "function":
		return "`" + name + "`"
	}
	return name
}

// walk calls visit for e and each expression in it; once for a part that can get a name.
func walk(e expr, visit func(expr)) { walkOnce(e, visit, map[int]bool{}) }

func walkOnce(e expr, visit func(expr), seen map[int]bool) {
	if e == nil {
		return
	}
	if n, ok := e.(*named); ok {
		if seen[n.id] {
			return
		}
		seen[n.id] = true
	}
	visit(e)
	for _, sub := range children(e) {
		walkOnce(sub, visit, seen)
	}
}

func children(e expr) []expr {
	switch e := e.(type) {
	case member:
		return []expr{e.of}
	case index:
		return []expr{e.of, e.at}
	case binary:
		return []expr{e.l, e.r}
	case loose:
		return []expr{e.l, e.r}
	case cond:
		return []expr{e.test, e.then, e.els}
	case call:
		return e.args
	case array:
		return e.items
	case object:
		subs := make([]expr, len(e.fields))
		for i, f := range e.fields {
			subs[i] = f.v.e
		}
		return subs
	case lambda:
		return []expr{e.body}
	case block:
		return []expr{e.bound, e.body}
	case keyed:
		return []expr{e.key, e.v}
	case numbers:
		return []expr{e.first, e.last}
	case each:
		return []expr{e.of}
	case slot:
		return []expr{e.of}
	case *named:
		return []expr{e.of}
	}
	return nil
}

// rewrite replaces the parts of e that known has, by their text.
func rewrite(e expr, known map[string]expr) expr {
	if e == nil || len(known) == 0 {
		return e
	}
	if to, ok := known[jsonataText(e)]; ok {
		return to
	}
	switch e.(type) {
	case object, array, lambda:
		return e
	}
	return mapChildren(e, func(e expr) expr { return rewrite(e, known) })
}

// mapChildren is e with f of each expression in it.
func mapChildren(e expr, f func(expr) expr) expr {
	list := func(items []expr) []expr {
		out := make([]expr, len(items))
		for i, it := range items {
			out[i] = f(it)
		}
		return out
	}
	switch e := e.(type) {
	case member:
		return member{f(e.of), e.name}
	case index:
		return index{f(e.of), f(e.at)}
	case binary:
		return binary{e.op, f(e.l), f(e.r)}
	case loose:
		return loose{f(e.l), f(e.r)}
	case cond:
		out := cond{test: f(e.test), then: f(e.then)}
		if e.els != nil {
			out.els = f(e.els)
		}
		return out
	case call:
		return call{e.fn, list(e.args)}
	case array:
		return array{list(e.items)}
	case object:
		out := object{slices.Clone(e.fields)}
		for i := range out.fields {
			out.fields[i].v.e = f(out.fields[i].v.e)
		}
		return out
	case lambda:
		return lambda{e.params, f(e.body)}
	case keyed:
		return keyed{f(e.key), f(e.v)}
	case block:
		return block{e.name, f(e.bound), f(e.body)}
	case numbers:
		return numbers{f(e.first), f(e.last)}
	case each:
		return each{f(e.of)}
	case slot:
		return slot{f(e.of), e.other}
	}
	return e
}

// onEdge says whether e's value depends on the state that evaluates it: whether it reads $states.input, .result or .errorOutput.
func onEdge(e expr) bool {
	found := false
	walk(e, func(e expr) {
		switch e := e.(type) {
		case atom:
			found = found || e == stateInput || e == stateResult || e == stateError || e == enteredTime
		case call:
			found = found || e.fn == "$now"
		}
	})
	return found
}

// reads says whether e reads one of the workflow variables in names.
func reads(e expr, names map[string]bool) bool {
	if len(names) == 0 {
		return false
	}
	found := false
	walk(e, func(e expr) {
		if r, ok := e.(ref); ok && names[r.name] {
			found = true
		}
	})
	return found
}

// simple is an expression that costs nothing to read again: a constant, or a path.
func simple(e expr) bool {
	switch e := e.(type) {
	case lit, ref, atom, deployed:
		return true
	case member:
		return simple(e.of)
	case index:
		return simple(e.of) && simple(e.at)
	}
	return false
}

// same is structural equality.
func same(a, b expr) bool {
	if a == nil || b == nil {
		return false
	}
	switch a := a.(type) {
	case lit:
		b, ok := b.(lit)
		return ok && value.Equal(a.v, b.v)
	case ref, atom, text, deployed:
		return a == b
	case *named:
		b, ok := b.(*named)
		return ok && a.id == b.id
	case member:
		b, ok := b.(member)
		return ok && a.name == b.name && same(a.of, b.of)
	case binary:
		b, ok := b.(binary)
		return ok && a.op == b.op && same(a.l, b.l) && same(a.r, b.r)
	case call:
		b, ok := b.(call)
		return ok && a.fn == b.fn && sameAll(a.args, b.args)
	case object:
		b, ok := b.(object)
		return ok && sameFields(a.fields, b.fields)
	case lambda:
		b, ok := b.(lambda)
		return ok && slices.Equal(a.params, b.params) && same(a.body, b.body)
	case block:
		b, ok := b.(block)
		return ok && a.name == b.name && same(a.bound, b.bound) && same(a.body, b.body)
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b) && sameAll(children(a), children(b))
}

func sameAll(a, b []expr) bool {
	return slices.EqualFunc(a, b, func(x, y expr) bool { return x == nil && y == nil || same(x, y) })
}

func sameFields(a, b []field) bool {
	return slices.EqualFunc(a, b, func(x, y field) bool {
		return x.name == y.name && x.omit == y.omit && x.zero == y.zero && x.asText == y.asText && same(x.v.e, y.v.e)
	})
}

// template is e as it stands in a state: constants and literals of objects and arrays as JSON, the rest as JSONata strings.
func template(e expr) value.Value {
	switch e := e.(type) {
	case lit:
		if s := e.v.Str(); !strings.HasPrefix(s, "{%") && !placeholderLike.MatchString(s) {
			return e.v
		}
	case deployed:
		if !strings.HasPrefix(e.text, "{%") {
			return value.OfString(e.text)
		}
	case object:
		if !e.conditional() && !sharedMembers(e) {
			var members []value.Member
			for _, f := range e.fields {
				if !f.isZero() {
					members = append(members, value.Member{Name: f.name, Value: template(f.written())})
				}
			}
			return value.OfObject(members)
		}
	case array:
		items := make([]value.Value, len(e.items))
		for i, it := range e.items {
			if s, ok := it.(slot); ok {
				it = s.of
			}
			items[i] = template(it)
		}
		return value.OfArray(items)
	}
	return jsonata(e)
}

// conditional says whether o has members that may be missing.
func (o object) conditional() bool {
	for _, f := range o.fields {
		if f.perhaps() {
			return true
		}
	}
	return false
}
