package compile

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"math"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// key is a Go variable of one call of its function.
type key struct {
	v     *types.Var
	frame int
}

// env is the value of each Go variable at a place in the program.
type env map[key]sym

func (e env) clone() env { return maps.Clone(e) }

// frame is one call of a function, compiled into its caller.
type frame struct {
	*unit
	id     int
	node   ast.Node // *ast.FuncDecl or *ast.FuncLit
	site   ast.Node // where a declared function is called
	scope  *frame   // of the function around a literal
	caller *frame
	pkg    *pkg
	types  map[*types.TypeParam]types.Type
	live   *liveness
	at     ast.Node // the statement that is being compiled
	only   vars     // where it is set, exactly these variables are live
	ret    exits

	boundary   bool // the function is a whole machine: nothing outside is live in it
	leaving    []leaving
	resultKeys []key
	loans      []loan // what the function writes through its parameters, and gives back
}

// owner is the frame that v belongs to.
func (f *frame) owner(v *types.Var) *frame {
	for s := f; s != nil; s = s.scope {
		if s.node.Pos() <= v.Pos() && v.Pos() < s.node.End() {
			return s
		}
	}
	return nil
}

// here is the statement that is being compiled, of the function itself or of the nearest caller that has one.
func (f *frame) here() ast.Node {
	for g := f; g != nil; g = g.caller {
		if g.at != nil {
			return g.at
		}
	}
	return f.node
}

func (f *frame) key(v *types.Var) (key, bool) {
	if o := f.owner(v); o != nil {
		return key{v, o.id}, true
	}
	return key{}, false
}

// closure is a function value: a literal with the frame around it, or a declared function.
type closure struct {
	lit   *ast.FuncLit
	frame *frame
	decl  *types.Func
	node  ast.Node // where it is mentioned
	recv  key      // of a method value: a variable that has the receiver as it was
}

// kept notes that a variable holds the function, and so needs its receiver.
func (u *unit) kept(c *closure) {
	if c != nil && c.recv.v != nil {
		u.synthetic[c.recv.v] = true
	}
}

// same says whether two function values are of the same source.
func (c *closure) same(d *closure) bool { return c == d || c != nil && d != nil && c.node == d.node }

// eval turns the expressions at one place of the program into JSONata.
type eval struct {
	*frame
	env     env
	host    host                             // the state that would evaluate them; nil inside a pure function
	targets []target                         // the loops and switches around
	ret     func(*eval, []sym) ([]sym, bool) // in a loop, what a return does
	lenient *bool                            // not nil: lost values may be read, which it notes
	ways    int                              // how often what follows is evaluated
	apart   map[key]bool                     // the structs of which a loop accumulates fields one by one
	sent    ast.Node                         // a step's input or a return: pointers in it may see nothing later
}

// fork is x on one of two ways.
func (x *eval) fork() *eval {
	y := *x
	y.env = x.env.clone()
	return &y
}

func (x *eval) bad(at ast.Node, message, hint string) sym {
	x.refuse(at, message, hint)
	return sym{e: null, t: types.Typ[types.Invalid]}
}

// input is the value of a step's input.
func (x *eval) input(e ast.Expr) sym {
	y := *x
	y.sent = e
	return y.expr(e)
}

func (x *eval) exprs(list []ast.Expr) []sym {
	out := make([]sym, len(list))
	for i, e := range list {
		out[i] = x.expr(e)
	}
	return out
}

// expr is the value of e.
func (x *eval) expr(e ast.Expr) sym {
	tv := x.pkg.info.Types[e]
	if tv.Value != nil {
		return x.constant(e, x.typeOf(e), tv.Value)
	}
	if tv.IsNil() {
		return sym{e: null, t: x.typeOf(e)}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return x.expr(e.X)
	case *ast.Ident:
		return x.ident(e)
	case *ast.SelectorExpr:
		return x.selector(e)
	case *ast.CompositeLit:
		return x.composite(e)
	case *ast.UnaryExpr:
		return x.unary(e)
	case *ast.BinaryExpr:
		return x.binary(e)
	case *ast.CallExpr:
		return x.callOne(e)
	case *ast.IndexExpr:
		return x.index(e)
	case *ast.SliceExpr:
		return x.slice(e)
	case *ast.StarExpr:
		s := x.expr(e.X)
		if isNull(s.e) { // Go would panic, and nobody gets here
			return zeroSym(x.typeOf(e))
		}
		return sym{e: s.e, t: x.typeOf(e), maybe: s.maybe, raw: s.raw}
	case *ast.FuncLit:
		return sym{e: null, t: x.typeOf(e), full: true, fn: &closure{lit: e, frame: x.frame, node: e}}
	case *ast.TypeAssertExpr:
		s, _ := x.assertion(e)
		return s
	}
	return x.bad(e, "this expression has no form in JSONata", "compute it in a handler")
}

func (x *eval) constant(at ast.Node, t types.Type, v constant.Value) sym {
	if marshals(t) {
		return x.bad(at, "the JSON of a "+typeName(t)+" is what its own method makes", "make the value in a handler, or give its type no methods for JSON")
	}
	s := sym{t: t, full: true}
	switch v.Kind() {
	case constant.String:
		if isNamed(t, "encoding/json", "Number") {
			return x.bad(at, "a json.Number has no form as a constant", "use an int or a float64")
		}
		s.e = str(constant.StringVal(v))
	case constant.Bool:
		s.e = boolLit(constant.BoolVal(v))
	case constant.Complex:
		return x.bad(at, "a complex number has no form in JSON", "use a struct of two numbers")
	default:
		f, exact := constant.Float64Val(v)
		if kindOf(t) == intKind && math.Abs(f) > 1<<53 && !(exact && isNamed(t, "time", "Duration")) {
			return x.bad(at, "the number "+v.ExactString()+" is past 2^53, where JSON numbers are not exact", "keep it in a string")
		}
		if kindOf(t) == intKind {
			s.e = num(int64(f))
		} else {
			s.e = float(f)
		}
	}
	return s
}

func (x *eval) ident(e *ast.Ident) sym {
	switch obj := x.pkg.info.ObjectOf(e).(type) {
	case *types.Var:
		return x.variable(e, obj)
	case *types.Func:
		return sym{e: null, t: obj.Type(), full: true, fn: &closure{decl: obj, node: e, frame: x.frame}}
	}
	return x.bad(e, e.Name+" is not a value that a workflow can use", "")
}

func (x *eval) variable(at ast.Node, v *types.Var) sym {
	if k, ok := x.key(v); ok {
		if s, ok := x.env[k]; ok {
			return x.found(at, v, s)
		}
		if kindOf(v.Type()) == structKind && isNamed(v.Type(), flowPath, "Context") {
			return x.bad(at, "a Context is no value: it can only be handed to a step or to a function with steps", "")
		}
		if k.frame != x.id {
			return x.bad(at, "the value of "+v.Name()+" is not known where this function is called", "hand it to the function as an argument")
		}
		if v.Name() == "" || len(x.env) == 0 { // where a body falls off its end, or a handler is named
			return zeroSym(x.subst(v.Type()))
		}
		return x.bad(at, "the compiler has lost the value of "+v.Name()+" on its way here", "keep it in another variable, and report this as a mistake of stride")
	}
	return x.packageVar(at, v)
}

// found is the value of v, unless it is lost.
func (x *eval) found(at ast.Node, v *types.Var, s sym) sym {
	switch {
	case !s.lost:
		return s
	case x.lenient != nil:
		*x.lenient = true
		return s
	}
	return x.bad(at, v.Name()+" is assigned in a Parallel that may have failed here: what its branches had done by then is lost", "read it only where the Parallel's error is nil")
}

// packageVar is a variable of a package: its initial value, where nothing changes it.
func (x *eval) packageVar(at ast.Node, v *types.Var) sym {
	p := x.prog.packageOf(v.Pkg())
	if _, isText := textZero(v.Type()); isText && v.Name() == "Nil" && p == nil {
		return zeroSym(v.Type())
	}
	if s, ok := utc(v); ok {
		return s
	}
	if p == nil {
		return x.bad(at, v.Pkg().Name()+"."+v.Name()+" is a variable of another module, whose value is not known", "use a constant")
	}
	own, _ := p.types.Scope().Lookup(v.Name()).(*types.Var) // another package's import has a twin of it
	if own == nil {
		own = v
	}
	init, _ := p.variable(own)
	switch {
	case x.prog.changed(own):
		return x.bad(at, v.Name()+" is a package variable that changes: an execution has no shared memory", "pass the value in the input")
	case init == nil:
		return zeroSym(v.Type())
	case x.isUnnamed(p, init):
		return x.bad(at, "the error in "+v.Name()+" has no name that a state machine could match", "make it with flow.Fail, which takes a name, or as an error type")
	}
	inner := &eval{frame: x.newFrame(init, nil, p, nil), env: env{}}
	s := inner.expr(init)
	s.t = v.Type()
	return s
}

func (x *eval) selector(e *ast.SelectorExpr) sym {
	sel, ok := x.pkg.info.Selections[e]
	if !ok { // package.Name
		return x.ident(e.Sel)
	}
	if sel.Kind() != types.FieldVal {
		if f, ok := sel.Obj().(*types.Func); ok {
			fn := &closure{decl: f, node: e, frame: x.frame}
			if sel.Kind() == types.MethodVal {
				x.refusePromoted(sel)
				recv := x.expr(e.X)
				fn.recv = x.temporary("receiver", recv.t)
				x.release(fn.recv) // until something keeps the function
				x.env[fn.recv] = recv
			}
			return sym{e: null, t: sel.Type(), full: true, fn: fn}
		}
	}
	v, _ := sel.Obj().(*types.Var)
	return x.fieldOf(e, x.expr(e.X), v)
}

func isErrorType(t types.Type) bool {
	return types.Implements(t, errorType.Underlying().(*types.Interface)) ||
		types.Implements(types.NewPointer(t), errorType.Underlying().(*types.Interface))
}

func onlyCaught(e expr) bool {
	_, isObject := e.(object)
	return !isObject
}

func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}

func (x *eval) unary(e *ast.UnaryExpr) sym {
	s := x.expr(e.X)
	t := x.typeOf(e)
	switch e.Op {
	case token.NOT:
		return sym{e: negate(s.use()), t: t}
	case token.SUB:
		if l, ok := s.e.(lit); ok && kindOf(t) != opaque {
			return sym{e: float(-l.v.Float()), t: t}
		}
		return x.arithmetic(e, token.SUB, sym{e: num(0), t: t}, s, t)
	case token.ADD:
		return s
	case token.AND:
		if !x.leaves(e) {
			x.refuseShared(e.X)
		}
		return pointing(s, t)
	}
	return x.bad(e, "the operator "+e.Op.String()+" has no form in JSONata", "compute it in a handler")
}

// pointing is a pointer to s, of type t.
func pointing(s sym, t types.Type) sym {
	s = s.settledNow()
	s.t, s.full = t, true
	return s
}

func (x *eval) binary(e *ast.BinaryExpr) sym {
	t := x.typeOf(e)
	l, r := x.expr(e.X), x.expr(e.Y)
	switch e.Op {
	case token.LAND:
		return sym{e: and(l.use(), r.use()), t: t}
	case token.LOR:
		return sym{e: or(l.use(), r.use()), t: t}
	case token.EQL, token.NEQ:
		return sym{e: x.equal(e, l, r, e.Op == token.NEQ), t: t}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		return sym{e: x.compare(e, l, r), t: t}
	}
	return x.arithmetic(e, e.Op, l, r, t)
}

// arithmetic is l op r, both of type t.
func (x *eval) arithmetic(at ast.Node, op token.Token, l, r sym, t types.Type) sym {
	a, b := l.use(), r.use()
	k := kindOf(t)
	if k == stringKind && op == token.ADD {
		return sym{e: concat(a, b), t: t}
	}
	if l.t == types.Typ[types.Invalid] || r.t == types.Typ[types.Invalid] { // refused already
		return sym{e: null, t: types.Typ[types.Invalid]}
	}
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsNumeric != 0 && !marshals(t) && !exactNumber(b) {
		return x.bad(at, "arithmetic on "+typeName(t)+" wraps or rounds in Go, and does not in JSONata", "use int, int64 or float64")
	}
	if k != intKind && k != floatKind {
		return x.bad(at, "values of type "+typeName(t)+" have no arithmetic in JSONata", "compute it in a handler")
	}
	if e, ok := fold(op, a, b, k); ok {
		return sym{e: e, t: t}
	}
	switch {
	case op == token.ADD || op == token.SUB || op == token.MUL:
		return sym{e: identity(op, a, b), t: t}
	case op == token.QUO && k == floatKind:
		return sym{e: binary{"/", a, b}, t: t}
	case op == token.QUO && k == intKind:
		return sym{e: binary{"/", binary{"-", a, binary{"%", a, b}}, b}, t: t}
	case op == token.REM:
		return sym{e: binary{"%", a, b}, t: t}
	}
	return x.bad(at, "the operator "+op.String()+" has no form in JSONata", "compute it in a handler")
}

func exactNumber(b *types.Basic) bool {
	switch b.Kind() {
	case types.Int, types.Int64, types.Float64, types.UntypedInt, types.UntypedFloat, types.UntypedRune:
		return true
	}
	return false
}

// identity leaves out the 0 of a sum and the 1 of a product.
func identity(op token.Token, a, b expr) expr {
	is := func(e expr, f float64) bool {
		l, ok := e.(lit)
		return ok && l.v.Float() == f
	}
	switch {
	case op == token.ADD && is(a, 0), op == token.MUL && is(a, 1):
		return b
	case op != token.MUL && is(b, 0), op == token.MUL && is(b, 1):
		return a
	}
	return binary{op.String(), a, b}
}

// fold computes what is known now. Divisions by zero are left to fail when they run, as Go's do.
func fold(op token.Token, a, b expr, k kind) (expr, bool) {
	x, okX := a.(lit)
	y, okY := b.(lit)
	if !okX || !okY {
		return nil, false
	}
	f, g := x.v.Float(), y.v.Float()
	switch {
	case op == token.ADD:
		f += g
	case op == token.SUB:
		f -= g
	case op == token.MUL:
		f *= g
	case g == 0:
		return nil, false
	case op == token.QUO && k == intKind:
		f = math.Trunc(f / g)
	case op == token.QUO:
		f /= g
	case op == token.REM:
		f = math.Mod(f, g)
	default:
		return nil, false
	}
	if math.IsInf(f, 0) || k == intKind && math.Abs(f) > 1<<53 {
		return nil, false
	}
	return float(f), true
}

// concat joins strings; neighbouring constants become one.
func concat(a, b expr) expr {
	if same(a, emptyStr) {
		return b
	}
	if same(b, emptyStr) {
		return a
	}
	if e, ok := constants(a, b); ok {
		return e
	}
	if l, ok := a.(binary); ok && l.op == "&" {
		if e, ok := constants(l.r, b); ok {
			return binary{"&", l.l, e}
		}
	}
	return binary{"&", a, b}
}

// constants is two texts as one, where neither is computed.
func constants(a, b expr) (expr, bool) {
	x, okA := a.(lit)
	y, okB := b.(lit)
	if okA && okB {
		return str(x.v.Str() + y.v.Str()), true
	}
	texts := ""
	for _, e := range []expr{a, b} {
		switch e := e.(type) {
		case deployed:
			texts += e.text
		case lit:
			if strings.Contains(e.v.Str(), "${") {
				return nil, false
			}
			texts += e.v.Str()
		default:
			return nil, false
		}
	}
	return deployed{texts}, true
}

// compare is an ordering of numbers or strings.
func (x *eval) compare(e *ast.BinaryExpr, l, r sym) expr {
	for _, s := range []sym{l, r} {
		if k := kindOf(s.t); k != intKind && k != floatKind && k != stringKind {
			if s.t != types.Typ[types.Invalid] { // else refused already
				x.refuse(e, "values of type "+typeName(s.t)+" have no order in JSON", "compare strings or numbers")
			}
			return no
		}
	}
	a, b := l.use(), r.use()
	op := e.Op.String()
	u, okA := a.(lit)
	v, okB := b.(lit)
	if okA && okB {
		return boolLit(ordered(op, u.v, v.v))
	}
	return binary{op, a, b}
}

func ordered(op string, a, b value.Value) bool {
	less, equal := a.Float() < b.Float(), a.Float() == b.Float()
	if a.Kind() == value.String {
		less, equal = a.Str() < b.Str(), a.Str() == b.Str()
	}
	switch op {
	case "<":
		return less
	case "<=":
		return less || equal
	case ">":
		return !less && !equal
	}
	return !less
}

// equal is ==, or != where not is set.
func (x *eval) equal(e *ast.BinaryExpr, l, r sym, not bool) expr {
	if isNull(r.e) {
		return flip(x.equalsNil(e.X, l), not)
	}
	if isNull(l.e) {
		return flip(x.equalsNil(e.Y, r), not)
	}
	for _, s := range []sym{l, r} {
		switch kindOf(s.t) {
		case structKind, opaque, pointerKind, sliceKind:
			x.refuse(e, "values of type "+typeName(s.t)+" cannot be compared in JSON", "compare their fields")
			return no
		case errorKind:
			x.refuse(e, "errors are compared with errors.Is and errors.As", "use errors.Is")
			return no
		case timeKind:
			x.refuse(e, "two texts of one time can differ", "use Equal")
			return no
		}
	}
	return flip(equalExpr(l, r), not)
}

func flip(e expr, not bool) expr {
	if not {
		return negate(e)
	}
	return e
}

func equalExpr(l, r sym) expr {
	if isLit(l.e) && !isLit(r.e) {
		l, r = r, l
	}
	if isLit(l.e) && isLit(r.e) {
		return boolLit(value.Equal(l.e.(lit).v, r.e.(lit).v))
	}
	if v, ok := boolOf(r.use()); ok {
		return flip(l.use(), !v)
	}
	if isLit(r.e) && r.isZero() && l.maybe {
		return cond{l.e, no, yes}
	}
	if isLit(r.e) && l.maybe && !same(r.e, goZero(l.t)) { // undefined = "x" is false, as it should be
		return loose{l.e, r.e}
	}
	return binary{"=", l.use(), r.use()}
}

// equalsNil is s == nil, where s is what an expression of the source has. An interface that holds a nil pointer is not nil.
func (x *eval) equalsNil(at ast.Expr, s sym) expr {
	static := x.typeOf(at)
	if static == nil || !types.IsInterface(static) || isError(static) || s.t == nil {
		return x.isNil(s)
	}
	if s.mixed {
		x.refuse(at, "JSON does not tell a nil interface from one that holds nil", "compare before the value becomes "+typeName(static))
		return no
	}
	if !types.IsInterface(s.t) && kindOf(s.t) != opaque {
		return no
	}
	return x.isNil(s)
}

// isNil is s == nil.
func (x *eval) isNil(s sym) expr {
	switch {
	case s.full || s.fn != nil:
		return no
	case s.none, isNull(s.e):
		return yes
	}
	if c, ok := opened(s.e).(cond); ok && c.els != nil {
		then, els := x.isNil(sym{e: c.then, t: s.t}), x.isNil(sym{e: c.els, t: s.t})
		_, known := boolOf(then)
		_, knownToo := boolOf(els)
		if known && knownToo {
			return tidy(cond{c.test, then, els})
		}
	}
	switch s.e.(type) {
	case object, array:
		return no
	}
	return binary{"=", s.use(), null}
}

func (x *eval) index(e *ast.IndexExpr) sym {
	if fn, ok := x.pkg.info.Types[e.X]; ok {
		if _, isFunc := fn.Type.Underlying().(*types.Signature); isFunc { // f[T]
			return x.expr(e.X)
		}
	}
	of, at := x.expr(e.X), x.expr(e.Index)
	t := x.typeOf(e)
	if both, ok := t.(*types.Tuple); ok { // v, ok := m[k]
		t = x.subst(both.At(0).Type())
	}
	switch kindOf(of.t) {
	case sliceKind:
		if isNull(of.e) { // Go would panic, and nobody gets here
			return zeroSym(t)
		}
		if p, ok := at.e.(spot); ok && same(p.of, of.e) {
			return itemOf(of, ref{p.item})
		}
		if a, ok := of.e.(array); ok {
			if l, ok := at.e.(lit); ok && int(l.v.Float()) < len(a.items) {
				item := a.items[int(l.v.Float())]
				if s, ok := item.(slot); ok {
					item = s.of
				}
				return sym{e: item, t: t, raw: of.raw, full: of.packed}
			}
		}
		return sym{e: index{of.e, at.use()}, t: t, raw: of.raw, maybe: of.raw, full: of.packed}
	case mapKind:
		return x.lookup(e.Index, of, at, t)
	}
	if of.t == types.Typ[types.Invalid] { // refused already
		return of
	}
	return x.bad(e, "a string's bytes have no form in JSONata", "use strings.Cut, strings.Split or a handler")
}

// slice is s[low:high] of a slice.
func (x *eval) slice(e *ast.SliceExpr) sym {
	of := x.expr(e.X)
	if kindOf(of.t) != sliceKind || e.Slice3 {
		return x.bad(e, "a part of a string has no safe form in JSONata", "use strings.Cut or strings.TrimPrefix, or compute it in a handler")
	}
	if isArrayType(of.t) {
		x.refuseShared(e.X)
	}
	item, at := x.names.parameter("item"), x.names.parameter("i")
	test := expr(yes)
	if e.Low != nil {
		test = and(test, binary{">=", ref{at}, x.expr(e.Low).use()})
	}
	if e.High != nil {
		test = and(test, binary{"<", ref{at}, x.expr(e.High).use()})
	}
	if v, known := boolOf(test); known && v {
		return of
	}
	part := x.those(of, of.items(), item, at, test)
	if !of.full {
		part = cond{isArray(of.e), part, null}
	}
	return sym{e: part, t: x.typeOf(e), raw: of.raw, full: of.full}
}

func (x *eval) composite(e *ast.CompositeLit) sym {
	t := x.typeOf(e)
	if _, isText := textZero(t); isText && len(e.Elts) == 0 {
		return zeroSym(t)
	}
	switch kindOf(t) {
	case timeKind, stringKind: // time.Time{}, strings.Builder{}: their fields are their package's own
		return zeroSym(t)
	case structKind:
		return x.structLit(e, t)
	case sliceKind:
		return x.sliceLit(e, t)
	case mapKind:
		return x.mapLit(e, t)
	case pointerKind: // []*T{{...}}
		if kindOf(elemOf(t)) == structKind {
			return pointing(x.structLit(e, elemOf(t)), t)
		}
	}
	return x.bad(e, "a literal of type "+typeName(t)+" has no form in JSON", "make it in a handler")
}

// as is s where a value of type t is expected: an untyped nil or a concrete error take the type.
func (x *eval) as(s sym, t types.Type) sym {
	if isError(t) && kindOf(s.t) == pointerKind && (isNull(s.e) || !s.full) {
		return x.bad(x.here(), "a nil "+typeName(s.t)+" makes an error that is not nil in Go, and none in JSON", "return nil itself, and otherwise a pointer that is made there")
	}
	if isError(t) && !isNull(s.e) && s.t != nil && !isError(s.t) && kindOf(s.t) != opaque {
		return x.errorValue(s)
	}
	if types.IsInterface(t) && kindOf(s.t) != opaque && kindOf(s.t) != pointerKind && !isError(t) && !isNull(s.e) {
		s.boxed = true
	}
	if s.t == nil || kindOf(t) != opaque || kindOf(s.t) == opaque {
		s.t = t
	}
	return s
}

// errorValue is an error of a type of the module's own: its name is the type's, and its text what its method Error makes.
func (x *eval) errorValue(s sym) sym {
	obj, _, _ := types.LookupFieldOrMethod(s.t, true, nil, "Error")
	fn, ok := obj.(*types.Func)
	if !ok {
		return s
	}
	t := s.t
	p, isPointer := t.Underlying().(*types.Pointer)
	if isPointer {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if of := x.prog.packageOf(fn.Pkg()); !ok || of == nil || of.decl(fn) == nil {
		return x.bad(x.here(), "the text of a "+typeName(s.t)+" is not known", "use flow.Fail")
	}
	text := x.apply(x.here(), &closure{decl: fn, node: x.node, frame: x.frame}, []sym{s})
	if len(text) != 1 {
		return s
	}
	name := named.Obj().Name()
	as := ErrorMatch{Package: named.Obj().Pkg().Path(), Ident: name, Type: true, Pointer: isPointer}
	x.ownErrors[name] = append(x.ownErrors[name], madeError{as, x.frame.pkg, x.here()})
	return failure(textSym(str(name)), text[0])
}

func (x *eval) sliceLit(e *ast.CompositeLit, t types.Type) sym {
	for _, elt := range e.Elts {
		if _, keyed := elt.(*ast.KeyValueExpr); keyed {
			return x.bad(elt, "a slice literal with indices has no form in JSON", "list the items in their order")
		}
	}
	out := x.sliceOf(t, x.exprs(e.Elts))
	if a, isArray := t.Underlying().(*types.Array); isArray {
		items := out.e.(array).items
		out.e, out.some = array{append(items, zeroArray(a).(array).items[len(items):]...)}, a.Len() > 0
	}
	return out
}

// sliceOf is a slice of type t that has values.
func (x *eval) sliceOf(t types.Type, values []sym) sym {
	items := make([]expr, len(values))
	raw, packed := false, ofErrors(t)
	for i, v := range values {
		it := x.as(v, elemOf(t))
		raw, packed = raw || it.holey(), packed && it.full
		items[i] = it.item()
	}
	return sym{e: array{items}, t: t, full: true, raw: raw, packed: packed, some: len(items) > 0}
}

func isArrayLit(e expr) bool { _, ok := e.(array); return ok }
