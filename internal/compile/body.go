package compile

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
)

// Statements without steps are evaluated with what comes after them as a continuation: where they may return, break or continue, each
// way goes on with its own.

// cont is what is evaluated next: the results of the function, where that ends it.
type cont func(*eval) ([]sym, bool)

// done is the end of statements that nothing follows.
func done(*eval) ([]sym, bool) { return nil, true }

// target is a loop or a switch around what is evaluated, and what a break or a continue for it goes on with.
type target struct {
	label      string
	loop       bool
	brk, again cont
}

// body evaluates statements, and then k.
func (x *eval) body(stmts []ast.Stmt, k cont) ([]sym, bool) {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.ReturnStmt:
			was := x.at
			x.at = s
			values := x.results(s)
			x.at = was
			return x.returned(values)
		case *ast.BranchStmt:
			return x.leave(s)
		}
		if len(waysOut(s)) > 0 {
			return x.followed(stmts[i:], func(y *eval) ([]sym, bool) { return y.body(stmts[i+1:], k) })
		}
		x.run(s)
	}
	return k(x)
}

// returned ends the function with values: in a loop by telling the loop.
func (x *eval) returned(values []sym) ([]sym, bool) {
	if x.ret != nil {
		return x.ret(x, values)
	}
	return values, true
}

// leave goes on where a break or a continue leads.
func (x *eval) leave(s *ast.BranchStmt) ([]sym, bool) {
	for _, t := range slices.Backward(x.targets) {
		next := t.brk
		if s.Tok == token.CONTINUE {
			next = t.again
		}
		if t.takes(s) && next != nil {
			return next(x)
		}
	}
	x.refuse(s, s.Tok.String()+" has no form in a state machine", "use if, for or a helper function")
	return nil, false
}

// compound evaluates a statement of statements, and then k.
func (x *eval) compound(s ast.Stmt, label string, k cont) ([]sym, bool) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		return x.body(s.List, k)
	case *ast.IfStmt:
		if s.Init != nil {
			x.run(s.Init)
		}
		var otherwise []ast.Stmt
		if s.Else != nil {
			otherwise = []ast.Stmt{s.Else}
		}
		return x.either(x.truth(s.Cond), func(y *eval) ([]sym, bool) {
			y.refine(y.env, s.Cond, true)
			return y.body(s.Body.List, k)
		}, func(y *eval) ([]sym, bool) {
			y.refine(y.env, s.Cond, false)
			return y.body(otherwise, k)
		})
	case *ast.SwitchStmt:
		if s.Init != nil {
			x.run(s.Init)
		}
		around := x.targets
		after := func(y *eval) ([]sym, bool) {
			y.targets = around
			return k(y)
		}
		x.targets = append(slices.Clone(around), target{label: label, brk: after})
		return x.cases(s, s.Body.List, after)
	case *ast.RangeStmt, *ast.ForStmt:
		if l, ok := x.loop(s, label); ok {
			return l.evaluate(k)
		}
		return k(x)
	case *ast.LabeledStmt:
		return x.compound(s.Stmt, s.Label.Name, k)
	}
	x.run(s)
	return k(x)
}

// cases evaluates the clause of a switch that fits, and then k.
func (x *eval) cases(s *ast.SwitchStmt, clauses []ast.Stmt, k cont) ([]sym, bool) {
	for i, c := range clauses {
		clause := c.(*ast.CaseClause)
		if clause.List == nil {
			continue
		}
		return x.either(x.caseTest(s, clause), func(y *eval) ([]sym, bool) { return y.body(clause.Body, k) },
			func(y *eval) ([]sym, bool) { return y.cases(s, remaining(clauses, i), k) })
	}
	for _, c := range clauses { // the default
		return x.body(c.(*ast.CaseClause).Body, k)
	}
	return k(x)
}

// remaining is the clauses that still count once clause i did not match: those after it, and the default wherever it stands.
func remaining(clauses []ast.Stmt, i int) []ast.Stmt {
	out := slices.Clone(clauses[i+1:])
	for _, c := range clauses[:i] {
		if c.(*ast.CaseClause).List == nil {
			out = append(out, c)
		}
	}
	return out
}

// either evaluates both ways of a condition, and keeps what they agree on, and the condition where they do not.
func (x *eval) either(test expr, then, els cont) ([]sym, bool) {
	if v, known := boolOf(test); known {
		if v {
			return then(x)
		}
		return els(x)
	}
	computed := x.computed()
	a, b := x.fork(), x.fork()
	va, okA := then(a)
	vb, okB := els(b)
	for _, k := range slices.SortedFunc(maps.Keys(a.env), byDeclaration) { // the order in which parts are numbered
		sa := a.env[k]
		sb, both := b.env[k]
		if !both {
			continue // one way's own
		}
		if !sa.fn.same(sb.fn) || !same(sa.e, sb.e) || !same(sa.e, x.env[k].e) {
			s := merge(test, sa, sb)
			if x.apart[k] {
				s = mergeFields(test, sa, sb)
			}
			x.env[k] = x.keep(x.settledAt(s, k.v.Name(), computed), k.v.Name())
		}
	}
	if !okA || !okB || len(va) != len(vb) {
		return nil, false
	}
	out := make([]sym, len(va))
	for i := range va {
		out[i] = x.settledAt(merge(test, va[i], vb[i]), "r", computed)
	}
	return out, true
}

// way is a way out of a statement: a return, or a break or a continue for what is around it.
type way struct {
	at ast.Stmt // *ast.ReturnStmt or *ast.BranchStmt
	id string   // the same for two ways that lead to one place
}

// waysOut is the ways out of a statement, one for each place that they lead to.
func waysOut(n ast.Node) []way {
	var out []way
	visitWays(n, "", nil, func(w way) {
		if !slices.ContainsFunc(out, func(have way) bool { return have.id == w.id }) {
			out = append(out, w)
		}
	})
	return out
}

func visitWays(n ast.Node, label string, around []target, found func(way)) {
	switch s := n.(type) {
	case *ast.LabeledStmt:
		visitWays(s.Stmt, s.Label.Name, around, found)
		return
	case *ast.ForStmt, *ast.RangeStmt:
		around = append(slices.Clone(around), target{label: label, loop: true})
	case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		around = append(slices.Clone(around), target{label: label})
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found(way{m, "return"})
		case *ast.BranchStmt:
			if !slices.ContainsFunc(around, func(t target) bool { return t.takes(m) }) {
				found(way{m, m.Tok.String() + " " + labelOf(m)})
			}
		case *ast.LabeledStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			if m != n {
				visitWays(m, "", around, found)
				return false
			}
		}
		return true
	})
}

func (t target) takes(s *ast.BranchStmt) bool {
	switch s.Tok {
	case token.CONTINUE:
		return t.loop && (s.Label == nil || s.Label.Name == t.label)
	case token.BREAK:
		return s.Label == nil || s.Label.Name == t.label
	}
	return false
}

func labelOf(s *ast.BranchStmt) string {
	if s.Label == nil {
		return ""
	}
	return s.Label.Name
}

func returns(n ast.Node) bool {
	return slices.ContainsFunc(waysOut(n), func(w way) bool { return w.id == "return" })
}
