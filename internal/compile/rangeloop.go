package compile

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// A range loop without steps is one expression: what it assigns is reduced over the items. Where it only appends to a slice that
// was empty before, it is a map.

// rangeStmt runs such a loop.
func (x *eval) rangeStmt(s *ast.RangeStmt) {
	over, elem, ok := x.ranged(s)
	if !ok {
		return
	}
	assigned := x.assignedIn(s)
	if len(assigned) == 0 {
		return
	}
	acc := x.names.parameter("acc")
	item := x.names.parameter(identName(s.Value, "item"))
	counter := x.names.parameter(identName(s.Key, "i"))
	body := x.rounds(s, assigned, elem, acc, item, counter)
	if len(assigned) == 1 && x.appends(assigned[0], assigned[0].get(body.env), over, acc, item, counter) {
		return
	}
	x.reduce(assigned, body, over, acc, item, counter)
}

// rounds is a round of a loop: what it makes of what the round before made. What that may lack is known once it is; then the round
// is looked at again.
func (x *eval) rounds(s *ast.RangeStmt, assigned []place, elem sym, acc, item, counter string) *eval {
	weak := map[place]bool{}
	for {
		body := x.fork()
		body.apart = map[key]bool{}
		for _, p := range assigned {
			body.apart[p.key] = p.field != ""
			was := p.get(x.env)
			start := sym{e: accumulated(acc, p, assigned), t: was.t, raw: was.holey(), full: was.full}
			if weak[p] {
				start = start.weakened()
			}
			p.set(body.env, start)
		}
		before := body.env.clone()
		body.enterRound(s, elem, item, counter)
		body.steps(s.Body.List)
		known := len(weak)
		for _, p := range assigned {
			if p.get(body.env).weaker(p.get(before)) && !weak[p] {
				weak[p] = true
			}
		}
		if len(weak) == known {
			return body
		}
	}
}

// enterRound sets the loop's own variables to an item and its index.
func (x *eval) enterRound(s *ast.RangeStmt, elem sym, item, counter string) {
	if s.Key != nil {
		e := ref{counter}
		if kindOf(x.typeOf(s.X)) == intKind {
			e = ref{item}
		}
		x.assign(s.Key, sym{e: e, t: types.Typ[types.Int]})
	}
	if s.Value != nil {
		x.assign(s.Value, sym{e: ref{item}, t: elem.t, raw: elem.raw, maybe: elem.maybe})
	}
}

// rangeReturns is a loop that returns from its function in one of its rounds: the first round that does decides.
func (x *eval) rangeReturns(s *ast.RangeStmt, rest []ast.Stmt) ([]sym, bool) {
	over, elem, ok := x.ranged(s)
	if !ok {
		return nil, false
	}
	if found, values, ok := x.first(s, over, elem); ok {
		return x.orRest(found, values, rest)
	}
	for _, p := range x.assignedIn(s) {
		x.refuse(s, "this loop returns and also assigns "+p.v.Name()+", a variable around it", "use two loops, or compute it in a handler")
		return nil, false
	}
	acc, item, counter := x.names.parameter("acc"), x.names.parameter(identName(s.Value, "item")), x.names.parameter(identName(s.Key, "i"))
	body := x.fork()
	body.fall = []sym{{e: no, t: types.Typ[types.Bool]}}
	for _, v := range resultsOf(x.pkg, x.node) {
		body.fall = append(body.fall, zeroSym(x.subst(v.Type())))
	}
	start := round(body.fall)
	body.enterRound(s, elem, item, counter)
	values, ok := body.body(s.Body.List)
	if !ok {
		return nil, false
	}
	params := []string{acc, item}
	if reads(round(values), map[string]bool{counter: true}) {
		params = append(params, counter)
	}
	next := cond{member{ref{acc}, "done"}, ref{acc}, round(values)}
	found := call{"$reduce", []expr{over, lambda{params, next}, start}}
	var here []sym
	for i, v := range values[1:] {
		here = append(here, sym{e: member{found, roundName(i)}, t: v.t, raw: v.holey()})
	}
	return x.orRest(member{found, "done"}, x.returned(here), rest)
}

// orRest is test ? values : what the rest of the function returns.
func (x *eval) orRest(test expr, values []sym, rest []ast.Stmt) ([]sym, bool) {
	otherwise, ok := x.body(rest)
	if !ok || len(otherwise) != len(values) {
		return nil, false
	}
	for i := range otherwise {
		otherwise[i] = merge(test, values[i], otherwise[i])
	}
	return otherwise, true
}

// first is a loop that only looks for an item: if one fits, it returns. Then a filter says it shorter.
func (x *eval) first(s *ast.RangeStmt, over expr, elem sym) (found expr, values []sym, ok bool) {
	if len(s.Body.List) != 1 || s.Key != nil && identName(s.Key, "") != "" || identName(s.Value, "") == "" {
		return nil, nil, false
	}
	test, isIf := s.Body.List[0].(*ast.IfStmt)
	if !isIf || test.Init != nil || test.Else != nil || len(test.Body.List) != 1 || x.testsErrors(test.Cond) {
		return nil, nil, false
	}
	result, isReturn := test.Body.List[0].(*ast.ReturnStmt)
	if !isReturn || len(result.Results) == 0 {
		return nil, nil, false
	}
	item := x.names.parameter(identName(s.Value, "item"))
	each := x.fork()
	each.assign(s.Value, sym{e: ref{item}, t: elem.t, raw: elem.raw, maybe: elem.maybe})
	one := expr(index{call{"$filter", []expr{over, lambda{[]string{item}, each.expr(test.Cond).use()}}}, num(0)})
	hit := x.fork()
	hit.fall = nil
	hit.assign(s.Value, sym{e: one, t: elem.t, raw: elem.raw, maybe: elem.maybe})
	return call{"$exists", []expr{one}}, x.returned(hit.results(result)), true
}

// round is what a round of a loop that may return gives the next one.
func round(values []sym) expr {
	o := object{[]field{{name: "done", v: values[0]}}}
	for i, v := range values[1:] {
		o.fields = append(o.fields, field{name: roundName(i), v: sym{e: v.use(), t: v.t}})
	}
	return o
}

func roundName(i int) string { return "r" + strconv.Itoa(i) }

// ranged is the items of the loop as an array, and what one of them is.
func (x *eval) ranged(s *ast.RangeStmt) (expr, sym, bool) {
	of := x.expr(s.X)
	switch kindOf(of.t) {
	case sliceKind:
		return of.items(), sym{t: elemOf(of.t), raw: of.raw, maybe: of.raw}, true
	case intKind:
		if l, ok := of.e.(lit); ok {
			return numbers{num(int64(l.v.Float()) - 1)}, sym{t: of.t}, true
		}
		return numbers{binary{"-", of.use(), num(1)}}, sym{t: of.t}, true
	}
	x.refuse(s.X, "a loop goes over a slice or a number: the order of a map's keys is not Go's", "make a slice of it in a handler")
	return nil, sym{}, false
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
}

func (p place) name() string {
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
	for _, f := range fieldsOf(s.t) {
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
func (x *eval) assignedIn(s *ast.RangeStmt) []place {
	var out []place
	for v := range x.writes(s.Body) {
		if s.Pos() <= v.Pos() && v.Pos() < s.End() {
			continue
		}
		if k, ok := x.key(v); ok {
			if _, known := x.env[k]; !known {
				x.env[k] = zeroSym(x.subst(v.Type()))
			}
			out = append(out, x.places(k, s.Body)...)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.v.Pos(), b.v.Pos()), strings.Compare(a.field, b.field))
	})
	names := map[string]bool{}
	for _, p := range out {
		if names[p.name()] { // two fields of one name: keep them apart as whole variables
			return x.whole(out)
		}
		names[p.name()] = true
	}
	return out
}

func (x *eval) whole(places []place) []place {
	var out []place
	for _, p := range places {
		if w := (place{key: p.key}); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// places divides a struct variable into the fields that the loop assigns, where it assigns only such.
func (x *eval) places(k key, body ast.Node) []place {
	if _, known := x.env[k].e.(object); !known || kindOf(x.env[k].t) != structKind {
		return []place{{key: k}}
	}
	fields := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		var targets []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			targets = n.Lhs
		case *ast.IncDecStmt:
			targets = []ast.Expr{n.X}
		}
		for _, l := range targets {
			if name, mentions := x.assignedField(l, k); mentions {
				fields[name] = true
			}
		}
		return true
	})
	var out []place
	for name := range fields {
		if name == "" {
			return []place{{key: k}}
		}
		out = append(out, place{k, name})
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
		case *ast.SelectorExpr:
			v, _ := x.pkg.info.ObjectOf(e.Sel).(*types.Var)
			if v == nil {
				return "", false
			}
			f, ok := fieldOf(x.typeOf(e.X), v)
			if !ok {
				return "", true
			}
			name, l = f.name, e.X
		default:
			return "", false
		}
	}
}

func accumulated(acc string, p place, assigned []place) expr {
	if len(assigned) == 1 {
		return ref{acc}
	}
	return member{ref{acc}, p.name()}
}

// appends writes a loop that only appends one item a time as a map, where that is what it does.
func (x *eval) appends(p place, result sym, over expr, acc, item, counter string) bool {
	c, ok := result.e.(call)
	if !ok || c.fn != "$append" || kindOf(elemOf(p.get(x.env).t)) == sliceKind {
		return false
	}
	items, ok := c.args[1].(array)
	if !ok || len(items.items) != 1 || !isAccumulator(c.args[0], acc) || reads(items.items[0], map[string]bool{acc: true}) {
		return false
	}
	was := p.get(x.env).items()
	params := []string{item}
	if reads(items.items[0], map[string]bool{counter: true}) {
		params = append(params, counter)
	}
	mapped := expr(each{call{"$map", []expr{over, lambda{params, items.items[0]}}}})
	if a, empty := was.(array); !empty || len(a.items) > 0 {
		mapped = call{"$append", []expr{was, mapped}}
	}
	p.set(x.env, sym{e: mapped, t: p.get(x.env).t, raw: p.get(x.env).raw || result.raw})
	return true
}

// isAccumulator says whether e is the slice that is appended to, nil or not.
func isAccumulator(e expr, acc string) bool {
	if c, ok := e.(cond); ok {
		e = c.then
	}
	r, ok := e.(ref)
	return ok && r.name == acc
}

func (x *eval) reduce(assigned []place, body *eval, over expr, acc, item, counter string) {
	var start, next object
	for _, p := range assigned {
		was, is := p.get(x.env), p.get(body.env)
		start.fields = append(start.fields, field{name: p.name(), v: sym{e: was.use(), t: was.t}})
		next.fields = append(next.fields, field{name: p.name(), v: sym{e: is.use(), t: is.t}})
	}
	from, to := expr(start), expr(next)
	if len(assigned) == 1 {
		from, to = start.fields[0].v.e, next.fields[0].v.e
	}
	params := []string{acc, item}
	if reads(to, map[string]bool{counter: true}) {
		params = append(params, counter)
	}
	result := expr(call{"$reduce", []expr{over, lambda{params, to}, from}})
	for _, p := range assigned {
		was, is := p.get(x.env), p.get(body.env)
		out := sym{e: result, t: was.t, raw: was.holey() || is.holey(), full: was.full && is.full}
		if len(assigned) > 1 {
			out.e = member{result, p.name()}
		}
		p.set(x.env, out)
	}
}

// steps runs the statements of a loop's body; continue ends them.
func (x *eval) steps(stmts []ast.Stmt) {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.BranchStmt:
			if s.Tok != token.CONTINUE || s.Label != nil {
				x.refuse(s, s.Tok.String()+" cannot end a loop without steps", "loop over what is wanted, or compute it in a handler")
			}
			return
		case *ast.IfStmt:
			if !continues(s) {
				break
			}
			if s.Init != nil {
				x.run(s.Init)
			}
			rest := stmts[i+1:]
			x.branches(x.truth(s.Cond), func(y *eval) { y.steps(append(slices.Clone(s.Body.List), rest...)) }, func(y *eval) {
				if s.Else != nil {
					rest = append([]ast.Stmt{s.Else}, rest...)
				}
				y.steps(rest)
			})
			return
		case *ast.BlockStmt:
			if continues(s) {
				x.steps(append(slices.Clone(s.List), stmts[i+1:]...))
				return
			}
		}
		x.run(s)
	}
}

// continues says whether a continue in n is for the loop around n.
func continues(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BranchStmt:
			found = found || n.Tok == token.CONTINUE || n.Tok == token.BREAK
		case *ast.FuncLit, *ast.ForStmt, *ast.RangeStmt:
			return false
		}
		return !found
	})
	return found
}
