package compile

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A loop without steps is one expression: what it assigns is reduced over the items. Where it only appends to a slice that was empty
// before, it is a map. A round that leaves the loop says so to those that follow, which then change nothing.

// pureLoop is such a loop, at a place in the program.
type pureLoop struct {
	*eval      // in front of it
	at         ast.Stmt
	label      string
	body       *ast.BlockStmt
	key, value ast.Expr
	over       expr                            // an array
	elem       sym                             // what an item is
	counts     bool                            // the items are numbers, which the key has
	derive     func(n expr) (index, item expr) // of number n, where the loop goes over numbers in place of items

	acc, item, counter string // the parameters of the function that is a round
	carried            []place
	exits              []exit // as found by findExits
}

// loop is a loop without steps.
func (x *eval) loop(s ast.Stmt, label string) (*pureLoop, bool) {
	l := &pureLoop{eval: x, at: s, label: label}
	switch s := s.(type) {
	case *ast.RangeStmt:
		it, ok := x.iteration(s)
		if !ok {
			x.refuseRange(s.X, "a loop", kindOf(x.typeOf(s.X)))
			return nil, false
		}
		x.refuseLiveItems(s, it)
		of := x.expr(it.of)
		l.body, l.key, l.value = s.Body, it.index, it.item
		switch {
		case it.kind == intKind:
			l.over, l.elem, l.counts = numbers{num(0), before(of)}, sym{t: of.t}, true
		default:
			l.over, l.elem = of.items(), sym{t: it.itemType, raw: of.raw, maybe: of.raw, full: of.packed}
			l.iterate(it, of)
		}
	case *ast.ForStmt:
		c, ok := x.counted(s)
		if !ok {
			x.refuse(s, "a loop without steps needs a range", "write for range, or for i := a; i < b; i++, or compute it in a handler")
			return nil, false
		}
		last := x.expr(c.to)
		l.body, l.key, l.elem, l.counts = s.Body, c.key, sym{t: last.t}, true
		l.over = numbers{x.expr(c.from).use(), last.use()}
		if !c.including {
			l.over = numbers{x.expr(c.from).use(), before(last)}
		}
	}
	return l, true
}

// before is the number before n.
func before(n sym) expr {
	if l, ok := n.e.(lit); ok {
		return num(int64(l.v.Float()) - 1)
	}
	return binary{"-", n.use(), num(1)}
}

// counting is a loop over numbers that is written with for.
type counting struct {
	key       *ast.Ident
	from, to  ast.Expr
	including bool
}

// counted says whether a loop has the form for i := a; i < b; i++, and changes neither i nor b.
func (f *frame) counted(s *ast.ForStmt) (counting, bool) {
	var c counting
	init, okInit := s.Init.(*ast.AssignStmt)
	test, okTest := s.Cond.(*ast.BinaryExpr)
	post, okPost := s.Post.(*ast.IncDecStmt)
	if !okInit || !okTest || !okPost || len(init.Lhs) != 1 || init.Tok != token.DEFINE || post.Tok != token.INC {
		return c, false
	}
	c.key, _ = init.Lhs[0].(*ast.Ident)
	i, _ := f.pkg.info.ObjectOf(c.key).(*types.Var)
	is := func(e ast.Expr) bool { return identOf(e) != nil && f.pkg.info.ObjectOf(identOf(e)) == i }
	if i == nil || kindOf(i.Type()) != intKind || !is(test.X) || !is(post.X) || test.Op != token.LSS && test.Op != token.LEQ {
		return c, false
	}
	c.from, c.to, c.including = init.Rhs[0], test.Y, test.Op == token.LEQ
	changes := f.writes(s.Body)
	for v := range (&liveness{info: f.pkg.info}).reads(c.to) {
		if v == i || changes[v] && !f.keepsLength(s.Body, c.to) {
			return c, false
		}
	}
	return c, !changes[i] && !f.hasStepsIn(c.to) && !f.hasStepsIn(c.from)
}

// evaluate runs the loop, and then k.
func (l *pureLoop) evaluate(k cont) ([]sym, bool) {
	if found, values, ok := l.first(); ok {
		return l.either(found, func(y *eval) ([]sym, bool) { return y.returned(values) }, k)
	}
	l.carried = l.assignedIn(l.at, l.body)
	l.findExits()
	if len(l.carried) == 0 && !slices.ContainsFunc(l.exits, func(e exit) bool { return !e.own }) {
		l.nameFields()
		l.rounds() // nothing comes of it, but what is refused
		return l.goOn(k)
	}
	l.nameFields()
	l.acc = l.names.parameter("acc")
	l.item = l.names.parameter(identName(l.value, "item"))
	l.counter = l.names.parameter(identName(l.key, "i"))
	end := l.rounds()
	if len(l.carried) == 0 || len(l.exits) > 0 || !l.appends(end) {
		l.reduce(end)
	}
	return l.goOn(k)
}

// findExits declares the flags of the ways out, and the variables of the results.
func (l *pureLoop) findExits() {
	own := target{label: l.label, loop: true}
	var ways []way
	left := false
	for _, w := range waysOut(l.body) {
		b, isBranch := w.at.(*ast.BranchStmt)
		isOwn := isBranch && own.takes(b)
		if isOwn && (left || b.Tok == token.CONTINUE) {
			continue
		}
		left = left || isOwn
		ways = append(ways, w)
	}
	l.exits = l.eval.exits(ways)
	for i, e := range l.exits {
		b, isBranch := e.at.(*ast.BranchStmt)
		l.exits[i].own = isBranch && own.takes(b)
	}
}

// fields is all that a round hands to the next one.
func (l *pureLoop) fields() []place {
	out := slices.Clone(l.carried)
	for _, e := range l.exits {
		out = append(append(out, e.flag), e.values...)
	}
	return out
}

// nameFields gives the fields names, each one its own.
func (l *pureLoop) nameFields() {
	taken := map[string]bool{}
	own := func(p *place) {
		p.as = numbered(p.name(), taken)
		taken[p.as] = true
	}
	for i := range l.carried {
		own(&l.carried[i])
	}
	for i := range l.exits {
		own(&l.exits[i].flag)
		for j := range l.exits[i].values {
			own(&l.exits[i].values[j])
		}
	}
}

// rounds is a round of the loop: what it makes of what the round before made. What that may lack is known once it is; then the round
// is looked at again.
func (l *pureLoop) rounds() *eval {
	weak := map[place]bool{}
	for {
		body := l.fork()
		body.apart = map[key]bool{}
		for _, p := range l.carried {
			body.apart[p.key] = p.field != ""
			was := p.get(l.env)
			start := sym{e: l.accumulated(p), t: was.t, raw: was.holey(), full: was.full, packed: was.packed}
			if weak[p] {
				start = start.weakened()
			}
			p.set(body.env, start)
		}
		before := body.env.clone()
		l.enter(body)
		body.body(l.body.List, done)
		known := len(weak)
		for _, p := range l.carried {
			if p.get(body.env).weaker(p.get(before)) && !weak[p] {
				weak[p] = true
			}
		}
		if len(weak) == known {
			return body
		}
	}
}

// enter begins a round: the loop's own variables are an item and its index, and the ways out set their flags.
func (l *pureLoop) enter(body *eval) {
	index, item := expr(ref{l.counter}), l.elem
	item.e = ref{l.item}
	switch {
	case l.derive != nil:
		index, item.e = l.derive(ref{l.item})
	case l.counts:
		index = ref{l.item}
	}
	if l.key != nil {
		body.assign(l.key, sym{e: index, t: types.Typ[types.Int]})
	}
	if l.value != nil {
		body.assign(l.value, item)
	}
	own := target{label: l.label, loop: true, again: done}
	var others []exit
	for _, e := range l.exits {
		if e.own {
			own.brk = e.take
		} else {
			others = append(others, e)
		}
	}
	body.divert(others)
	body.targets = append(body.targets, own)
}

func (l *pureLoop) accumulated(p place) expr {
	if len(l.fields()) == 1 {
		return ref{l.acc}
	}
	return member{ref{l.acc}, p.name()}
}

// reduce is the loop as an expression, of which each variable that it assigns is a part.
func (l *pureLoop) reduce(end *eval) {
	var start, next object
	fields := l.fields()
	for _, p := range fields {
		was, is := p.get(l.env), p.get(end.env)
		start.fields = append(start.fields, field{name: p.name(), v: sym{e: was.use(), t: was.t}})
		next.fields = append(next.fields, field{name: p.name(), v: sym{e: is.use(), t: is.t}})
	}
	from, to := expr(start), expr(next)
	if len(fields) == 1 {
		from, to = start.fields[0].v.e, next.fields[0].v.e
	}
	left := expr(no)
	for _, e := range l.exits {
		left = or(left, l.accumulated(e.flag))
	}
	if v, known := boolOf(left); !known || v {
		to = cond{left, ref{l.acc}, to}
	}
	to = computeOnce(to)
	params := []string{l.acc, l.item}
	if reads(to, map[string]bool{l.counter: true}) {
		params = append(params, l.counter)
	}
	result := expr(call{"$reduce", []expr{l.over, lambda{params, to}, from}})
	if len(jsonataText(result)) > long {
		result = l.part(result, "r", l.computed())
	}
	for _, p := range fields {
		was, is := p.get(l.env), p.get(end.env)
		out := sym{e: result, t: was.t, raw: was.holey() || is.holey(), full: was.full && is.full, packed: was.packed && is.packed}
		if len(fields) > 1 {
			out.e = member{result, p.name()}
		}
		p.set(l.env, out)
	}
}

// goOn is what follows the loop: k, or where one of its exits leads.
func (l *pureLoop) goOn(k cont) ([]sym, bool) {
	var others []exit
	for _, e := range l.exits {
		if e.own {
			l.forget(e.flag)
		} else {
			others = append(others, e)
		}
	}
	return l.leaving(others, k)
}

// first is a loop that only looks for an item: if one fits, it returns. Then a filter says it shorter.
func (l *pureLoop) first() (found expr, values []sym, ok bool) {
	if len(l.body.List) != 1 || l.key != nil && identName(l.key, "") != "" || identName(l.value, "") == "" {
		return nil, nil, false
	}
	test, isIf := l.body.List[0].(*ast.IfStmt)
	if !isIf || test.Init != nil || test.Else != nil || len(test.Body.List) != 1 || l.testsErrors(test.Cond) {
		return nil, nil, false
	}
	result, isReturn := test.Body.List[0].(*ast.ReturnStmt)
	if !isReturn || len(result.Results) == 0 {
		return nil, nil, false
	}
	item := l.names.parameter(identName(l.value, "item"))
	each := l.fork()
	each.assign(l.value, sym{e: ref{item}, t: l.elem.t, raw: l.elem.raw, maybe: l.elem.maybe, full: l.elem.full})
	one := expr(index{call{"$filter", []expr{l.over, lambda{[]string{item}, each.expr(test.Cond).use()}}}, num(0)})
	hit := l.fork()
	hit.assign(l.value, sym{e: one, t: l.elem.t, raw: l.elem.raw, maybe: l.elem.maybe, full: l.elem.full})
	return call{"$exists", []expr{one}}, hit.results(result), true
}

func identName(e ast.Expr, otherwise string) string {
	if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
		return id.Name
	}
	return otherwise
}

// place is what a loop accumulates: a variable, or one field of a variable whose fields are known one by one.
type place struct {
	key
	field string // in JSON; "" for the whole variable
	as    string // its name among those of its loop
}

func (p place) name() string {
	if p.as != "" {
		return p.as
	}
	if p.field != "" {
		return p.field
	}
	return p.v.Name()
}

func (p place) get(e env) sym {
	s := e[p.key]
	if p.field == "" {
		return s
	}
	for _, f := range fieldsOf(structOf(s.t)) {
		if f.name == p.field {
			return s.field(f, f.v.Type())
		}
	}
	return s
}

func (p place) set(e env, to sym) {
	if p.field == "" {
		e[p.key] = to
		return
	}
	s := e[p.key]
	fields := slices.Clone(s.e.(object).fields)
	for i := range fields {
		if fields[i].name == p.field {
			fields[i].v = to
		}
	}
	s.e = object{fields}
	e[p.key] = s
}

// assignedIn is what a loop assigns around it, in the order of the declarations.
func (x *eval) assignedIn(s ast.Stmt, body *ast.BlockStmt) []place {
	var out []place
	for v := range x.writes(body) {
		if s.Pos() <= v.Pos() && v.Pos() < s.End() {
			continue
		}
		if k, ok := x.key(v); ok {
			if _, known := x.env[k]; !known {
				x.env[k] = zeroSym(x.subst(v.Type()))
			}
			out = append(out, x.places(k, body)...)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.v.Pos(), b.v.Pos()), strings.Compare(a.field, b.field))
	})
	return out
}

// places divides a struct variable into the fields that the loop assigns, where it assigns only such.
func (x *eval) places(k key, body ast.Node) []place {
	if _, known := x.env[k].e.(object); !known || kindOf(structOf(x.env[k].t)) != structKind {
		return []place{{key: k}}
	}
	fields := map[string]bool{}
	x.assignments(body, func(l ast.Expr, _ []types.Type) {
		if name, mentions := x.assignedField(l, k); mentions {
			fields[name] = true
		}
	})
	var out []place
	for name := range fields {
		if name == "" {
			return []place{{key: k}}
		}
		out = append(out, place{key: k, field: name})
	}
	return out
}

// assignedField is the field of k that an assignment to l changes, "" for all of k.
func (x *eval) assignedField(l ast.Expr, k key) (name string, mentions bool) {
	for {
		switch e := ast.Unparen(l).(type) {
		case *ast.Ident:
			return name, x.pkg.info.ObjectOf(e) == k.v
		case *ast.IndexExpr:
			l = e.X
		case *ast.StarExpr:
			l = e.X
		case *ast.SelectorExpr:
			v, _ := x.pkg.info.ObjectOf(e.Sel).(*types.Var)
			if v == nil {
				return "", false
			}
			f, ok := fieldOf(structOf(x.typeOf(e.X)), v)
			if !ok {
				return "", true
			}
			name, l = f.name, e.X
		default:
			return "", false
		}
	}
}

// appends writes a loop that only appends one item a time as a map, where that is what it does.
func (l *pureLoop) appends(end *eval) bool {
	if len(l.carried) > 1 {
		return false
	}
	p := l.carried[0]
	result := p.get(end.env)
	c, ok := opened(result.e).(call)
	if !ok || c.fn != "$append" || holdsArrays(elemOf(p.get(l.env).t)) {
		return false
	}
	items, ok := c.args[1].(array)
	if !ok || len(items.items) != 1 || !isAccumulator(c.args[0], l.acc) || reads(items.items[0], map[string]bool{l.acc: true}) {
		return false
	}
	was := p.get(l.env).items()
	params := []string{l.item}
	if reads(items.items[0], map[string]bool{l.counter: true}) {
		params = append(params, l.counter)
	}
	mapped := expr(each{call{"$map", []expr{l.over, lambda{params, items.items[0]}}}})
	if a, empty := was.(array); !empty || len(a.items) > 0 {
		mapped = call{"$append", []expr{was, mapped}}
	}
	out := p.get(l.env)
	if !out.full && !out.some { // what was nil stays nil where there is nothing to append
		mapped = choice(l.hasRounds(), mapped, out.use())
	}
	out.e, out.raw, out.maybe = mapped, out.raw || result.raw, false
	p.set(l.env, out)
	return true
}

// hasRounds says whether there is anything to go over.
func (l *pureLoop) hasRounds() expr {
	if n, ok := l.over.(numbers); ok {
		first, okFirst := n.first.(lit)
		last, okLast := n.last.(lit)
		if okFirst && okLast {
			return boolLit(first.v.Float() <= last.v.Float())
		}
		return binary{"<=", n.first, n.last}
	}
	return binary{">", (&eval{frame: l.frame}).length(nil, sym{e: l.over, t: types.NewSlice(types.Typ[types.Int]), full: true}).e, num(0)}
}

// isAccumulator says whether e is the slice that is appended to, nil or not.
func isAccumulator(e expr, acc string) bool {
	if c, ok := e.(cond); ok {
		e = c.then
	}
	r, ok := e.(ref)
	return ok && r.name == acc
}
