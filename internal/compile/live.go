package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// liveness says which variables of a function are read after a place in it, before they are written again.
type liveness struct {
	info     *types.Info
	before   map[ast.Node]vars // a statement or a condition
	after    map[ast.Node]vars
	literals map[ast.Node]vars // of handedOn
	pinned   vars              // read by deferred functions and compensations
	uses     map[*types.Var]int
	loops    []loopVars
	labels   map[ast.Stmt]string
}

type vars map[*types.Var]bool

type loopVars struct {
	label     string
	brk, cont vars
	isSwitch  bool
}

func (v vars) with(more vars) vars {
	out := maps.Clone(v)
	if out == nil {
		out = vars{}
	}
	maps.Copy(out, more)
	return out
}

// analyse computes the liveness of a function's body.
func analyse(info *types.Info, node ast.Node) *liveness {
	l := &liveness{info: info, before: map[ast.Node]vars{}, after: map[ast.Node]vars{}, literals: map[ast.Node]vars{}, pinned: vars{}, uses: map[*types.Var]int{}, labels: map[ast.Stmt]string{}}
	body := bodyOf(node)
	if body == nil {
		return l
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if v, ok := info.Uses[n].(*types.Var); ok {
				l.uses[v]++
			}
		case *ast.DeferStmt:
			maps.Copy(l.pinned, l.reads(n.Call))
		case *ast.AssignStmt:
			l.pinClosures(n.Rhs)
		case *ast.ValueSpec:
			l.pinClosures(n.Values)
		case *ast.CallExpr:
			if isFlowCall(info, n, "OnFailure") {
				maps.Copy(l.pinned, l.reads(n.Args[1]))
			}
		}
		return true
	})
	l.list(body.List, nil)
	return l
}

// pinClosures keeps what function literals read, as they may be called wherever their variable goes.
func (l *liveness) pinClosures(values []ast.Expr) {
	for _, v := range values {
		if lit, ok := ast.Unparen(v).(*ast.FuncLit); ok {
			maps.Copy(l.pinned, l.reads(lit))
		}
	}
}

// handedOn is what the function literals in a statement read, which the function that they are given to may call.
func (l *liveness) handedOn(n ast.Node) vars {
	if known, ok := l.literals[n]; ok {
		return known
	}
	out := vars{}
	if n != nil {
		ast.Inspect(n, func(n ast.Node) bool {
			if lit, ok := n.(*ast.FuncLit); ok {
				maps.Copy(out, l.reads(lit))
				return false
			}
			return true
		})
	}
	l.literals[n] = out
	return out
}

func bodyOf(node ast.Node) *ast.BlockStmt {
	switch n := node.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

func isFlowCall(info *types.Info, e *ast.CallExpr, name string) bool {
	sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := info.Uses[sel.Sel].(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == flowPath && fn.Name() == name
}

// reads is every variable that n mentions.
func (l *liveness) reads(n ast.Node) vars {
	out := vars{}
	if n == nil {
		return out
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := l.info.Uses[id].(*types.Var); ok && !v.IsField() {
				out[v] = true
			}
		}
		return true
	})
	return out
}

// readsArguments is the variables that a call's arguments, and the function's name and receiver, mention, those of function literals
// left out.
func (l *liveness) readsArguments(e *ast.CallExpr) vars {
	out := vars{}
	for _, a := range append([]ast.Expr{e.Fun}, e.Args...) {
		if _, isLit := ast.Unparen(a).(*ast.FuncLit); !isLit {
			out = out.with(l.reads(a))
		}
	}
	return out
}

func (l *liveness) list(stmts []ast.Stmt, after vars) vars {
	for i := len(stmts) - 1; i >= 0; i-- {
		after = l.stmt(stmts[i], after)
	}
	return after
}

func (l *liveness) note(n ast.Node, before, after vars) vars {
	l.before[n] = l.before[n].with(before)
	l.after[n] = l.after[n].with(after)
	return before
}

// stmt is what is live before s, given what is live after it.
func (l *liveness) stmt(s ast.Stmt, after vars) vars {
	var before vars
	switch s := s.(type) {
	case nil:
		return after
	case *ast.AssignStmt:
		before = l.assign(s, after)
	case *ast.DeclStmt:
		before = l.declare(s, after)
	case *ast.BlockStmt:
		before = l.list(s.List, after)
	case *ast.IfStmt:
		branches := l.list(s.Body.List, after).with(l.stmt(s.Else, after))
		at := branches.with(l.reads(s.Cond))
		l.note(s.Cond, at, branches)
		before = l.stmt(s.Init, at)
	case *ast.ForStmt:
		before = l.stmt(s.Init, l.loop(s, s.Cond, s.Post, s.Body, after))
	case *ast.RangeStmt:
		before = l.ranged(s, after)
	case *ast.SwitchStmt:
		before = l.switched(s, after)
	case *ast.LabeledStmt:
		l.labels[s.Stmt] = s.Label.Name
		before = l.stmt(s.Stmt, after)
	case *ast.ReturnStmt:
		before, after = l.reads(s), l.beside(s)
	case *ast.BranchStmt:
		before = l.branch(s)
	default:
		before = after.with(l.reads(s))
	}
	return l.note(s, before, after)
}

// beside is the variables that a return reads once the step among its results, if there is one, is made.
func (l *liveness) beside(s *ast.ReturnStmt) vars {
	out := vars{}
	for _, r := range s.Results {
		if call, ok := ast.Unparen(r).(*ast.CallExpr); !ok || !slices.ContainsFunc(call.Args, l.isContext) {
			out = out.with(l.reads(r))
		}
	}
	return out
}

func (l *liveness) isContext(e ast.Expr) bool { return isNamed(l.info.TypeOf(e), flowPath, "Context") }

func (l *liveness) assign(s *ast.AssignStmt, after vars) vars {
	before := after.with(nil)
	for _, lhs := range s.Lhs {
		if id, ok := lhs.(*ast.Ident); ok && (s.Tok == token.ASSIGN || s.Tok == token.DEFINE) {
			if v, ok := l.info.ObjectOf(id).(*types.Var); ok {
				delete(before, v)
			}
			continue
		}
		maps.Copy(before, l.reads(lhs))
	}
	for _, rhs := range s.Rhs {
		maps.Copy(before, l.reads(rhs))
	}
	return before
}

func (l *liveness) declare(s *ast.DeclStmt, after vars) vars {
	before := after.with(nil)
	ast.Inspect(s, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := l.info.Defs[id].(*types.Var); ok {
				delete(before, v)
			}
		}
		return true
	})
	return before.with(l.reads(s))
}

// loop goes round twice: what one iteration reads is live at the end of the one before.
func (l *liveness) loop(s ast.Stmt, test ast.Expr, post ast.Stmt, body *ast.BlockStmt, after vars) vars {
	head := after.with(nil)
	if test != nil {
		head = head.with(l.reads(test))
	}
	for range 2 {
		next := l.stmt(post, head)
		l.loops = append(l.loops, loopVars{label: l.labels[s], brk: after, cont: next})
		head = head.with(l.list(body.List, next))
		l.loops = l.loops[:len(l.loops)-1]
		if test != nil {
			l.note(test, head, head)
		}
	}
	l.note(body, head, head)
	return head
}

func (l *liveness) ranged(s *ast.RangeStmt, after vars) vars {
	head := l.loop(s, nil, nil, s.Body, after.with(l.reads(s.X)))
	l.note(s.X, head.with(l.reads(s.X)), head)
	return head.with(l.reads(s.X))
}

func (l *liveness) switched(s *ast.SwitchStmt, after vars) vars {
	at := after.with(nil)
	l.loops = append(l.loops, loopVars{label: l.labels[s], brk: after, isSwitch: true})
	for _, c := range s.Body.List {
		at = at.with(l.list(c.(*ast.CaseClause).Body, after))
		for _, e := range c.(*ast.CaseClause).List {
			at = at.with(l.reads(e))
		}
	}
	l.loops = l.loops[:len(l.loops)-1]
	if s.Tag != nil {
		at = at.with(l.reads(s.Tag))
	}
	l.note(s.Body, at, at)
	return l.stmt(s.Init, at)
}

func (l *liveness) branch(s *ast.BranchStmt) vars {
	for i := len(l.loops) - 1; i >= 0; i-- {
		loop := l.loops[i]
		if s.Label != nil && loop.label != s.Label.Name || loop.isSwitch && s.Tok == token.CONTINUE {
			continue
		}
		if s.Tok == token.BREAK {
			return loop.brk
		}
		return loop.cont
	}
	return nil
}
