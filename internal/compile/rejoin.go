package compile

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
)

// What follows a statement is evaluated on each way that comes past it. Where there would be too many, the ways meet behind the statement,
// and those that leave it say so.

// maxWays is how many times what follows is evaluated, at the most.
const maxWays = 4

// past is on how many ways the program can come past statements.
func past(stmts []ast.Stmt) int {
	n := 1
	for _, s := range stmts {
		n *= pastOne(s)
	}
	return n
}

func pastOne(s ast.Stmt) int {
	if len(waysOut(s)) == 0 {
		return 1
	}
	switch s := s.(type) {
	case *ast.BlockStmt:
		return past(s.List)
	case *ast.IfStmt:
		if s.Else == nil {
			return past(s.Body.List) + 1
		}
		return past(s.Body.List) + pastOne(s.Else)
	case *ast.SwitchStmt:
		return pastSwitch(s)
	case *ast.LabeledStmt:
		return pastOne(s.Stmt)
	case *ast.ReturnStmt, *ast.BranchStmt:
		return 0
	}
	return 1 // a loop is one expression
}

func pastSwitch(s *ast.SwitchStmt) int {
	n, otherwise := 0, 1
	for _, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		n += past(clause.Body)
		if clause.List == nil {
			otherwise = 0
		}
	}
	ast.Inspect(s.Body, func(m ast.Node) bool {
		if b, ok := m.(*ast.BranchStmt); ok && b.Tok == token.BREAK {
			n++
		}
		return true
	})
	return n + otherwise
}

// followed evaluates the first of statements, which has ways out, and then k.
func (x *eval) followed(stmts []ast.Stmt, k cont) ([]sym, bool) {
	s, n := stmts[0], max(x.ways, 1)
	own := max(pastOne(s), 1)
	for i := 0; i < len(stmts) && n <= maxWays; i++ {
		n *= max(pastOne(stmts[i]), 1)
	}
	if n <= maxWays || own == 1 {
		x.ways = max(x.ways, 1) * own
		return x.compound(s, "", k)
	}
	exits := x.exits(waysOut(s))
	targets, ret := x.targets, x.ret
	x.divert(exits)
	x.compound(s, "", done)
	x.targets, x.ret = targets, ret
	return x.leaving(exits, k)
}

// exit is a way out of a statement, a flag that says whether it was taken and, of a return, the results.
type exit struct {
	way
	own    bool // a break of the loop itself
	flag   place
	values []place
}

// exits declares the flags of ways out, and the variables of the results.
func (x *eval) exits(ways []way) []exit {
	out := make([]exit, len(ways))
	for i, w := range ways {
		out[i] = exit{way: w, flag: x.hidden("done", types.Typ[types.Bool])}
		if _, isReturn := w.at.(*ast.ReturnStmt); isReturn {
			for j, v := range resultsOf(x.pkg, x.node) {
				out[i].values = append(out[i].values, x.hidden("r"+strconv.Itoa(j), x.subst(v.Type())))
			}
		}
	}
	return out
}

// hidden is a variable that the source does not have, with its zero value.
func (x *eval) hidden(name string, t types.Type) place {
	k := x.temporary(name, t)
	x.env[k] = zeroSym(t)
	return place{key: k}
}

// take goes out by e.
func (e exit) take(y *eval) ([]sym, bool) {
	y.env[e.flag.key] = sym{e: yes, t: types.Typ[types.Bool]}
	return nil, true
}

// divert has the ways out of what is evaluated next set their flags.
func (x *eval) divert(exits []exit) {
	x.targets, x.ret = nil, nil
	for _, e := range exits {
		b, isBranch := e.at.(*ast.BranchStmt)
		switch {
		case !isBranch:
			x.ret = func(y *eval, values []sym) ([]sym, bool) {
				for i, v := range values {
					y.env[e.values[i].key] = v
				}
				return e.take(y)
			}
		case b.Tok == token.BREAK:
			x.targets = append(x.targets, target{label: labelOf(b), loop: true, brk: e.take})
		default:
			x.targets = append(x.targets, target{label: labelOf(b), loop: true, again: e.take})
		}
	}
	slices.SortStableFunc(x.targets, func(a, b target) int { return -cmp.Compare(a.label, b.label) }) // without a label, the innermost
}

// leaving is what follows behind a statement: k, or where one of its exits leads.
func (x *eval) leaving(exits []exit, k cont) ([]sym, bool) {
	for _, e := range slices.Backward(exits) {
		var values []sym
		for _, v := range e.values {
			values = append(values, v.get(x.env))
		}
		test, rest := x.env[e.flag.key].use(), k
		k = func(y *eval) ([]sym, bool) {
			return y.either(test, func(z *eval) ([]sym, bool) {
				if b, ok := e.at.(*ast.BranchStmt); ok {
					return z.leave(b)
				}
				return z.returned(values)
			}, rest)
		}
	}
	for _, e := range exits {
		x.forget(append(e.values, e.flag)...)
	}
	return k(x)
}

// forget removes hidden variables.
func (x *eval) forget(hidden ...place) {
	for _, p := range hidden {
		x.release(p.key)
		delete(x.env, p.key)
	}
}
