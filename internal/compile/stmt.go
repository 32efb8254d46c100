package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// loop is a loop around the statement that is being compiled: the flows that leave it, and those that start it again. A switch
// has only the first.
type loop struct {
	frame    *frame
	broken   []*flow
	again    []*flow
	isSwitch bool
	label    string
}

// outcome is a way that a call with steps can end: the results, and the flow that has them.
type outcome struct {
	*flow
	values []sym
}

// list compiles statements: flows come in, and those that get past the last statement come out.
func (f *frame) list(stmts []ast.Stmt, fs []*flow) []*flow {
	for i, s := range stmts {
		if len(fs) == 0 {
			return nil
		}
		if f.onlyReturns(stmts[i:], fs) {
			f.returnEither(stmts[i:], fs)
			return nil
		}
		fs = f.stmt(s, fs)
	}
	return fs
}

// onlyReturns says whether what is left of a machine's function has no steps, decides something, and succeeds on every way: then
// it is one expression, and no Choice.
func (f *frame) onlyReturns(stmts []ast.Stmt, fs []*flow) bool {
	if !f.boundary || len(resultsOf(f.pkg, f.node)) != 2 || !f.succeeds(stmts) {
		return false
	}
	switch stmts[0].(type) {
	case *ast.IfStmt, *ast.SwitchStmt:
	default:
		return false
	}
	return !slices.ContainsFunc(fs, func(fl *flow) bool { return fl.defers != nil })
}

// succeeds says whether statements are pure, and end in returns whose error is nil.
func (f *frame) succeeds(stmts []ast.Stmt) bool {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.ReturnStmt:
			return i == len(stmts)-1 && len(s.Results) == 2 && f.pkg.info.Types[s.Results[1]].IsNil() && !f.hasStepsIn(s)
		case *ast.IfStmt:
			if returns(s) && !f.ifSucceeds(s) {
				return false
			}
		case *ast.SwitchStmt:
			if returns(s) && !f.switchSucceeds(s) {
				return false
			}
		default:
			if returns(s) {
				return false
			}
		}
		if !returns(s) && !f.isPure(s) {
			return false
		}
	}
	return false
}

func (f *frame) ifSucceeds(s *ast.IfStmt) bool {
	if s.Init != nil && !f.isPure(s.Init) || f.hasStepsIn(s.Cond) || f.testsErrors(s.Cond) || !f.succeeds(s.Body.List) {
		return false
	}
	switch otherwise := s.Else.(type) {
	case *ast.IfStmt:
		return f.ifSucceeds(otherwise)
	case *ast.BlockStmt:
		return f.succeeds(otherwise.List)
	}
	return true
}

func (f *frame) switchSucceeds(s *ast.SwitchStmt) bool {
	if s.Init != nil && !f.isPure(s.Init) || s.Tag != nil && f.hasStepsIn(s.Tag) {
		return false
	}
	for _, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		if slices.ContainsFunc(clause.List, func(e ast.Expr) bool { return f.hasStepsIn(e) || f.testsErrors(e) }) || !f.succeeds(clause.Body) {
			return false
		}
	}
	return true
}

// returnEither returns what statements that succeed return.
func (f *frame) returnEither(stmts []ast.Stmt, fs []*flow) {
	f.at = stmts[0]
	for _, fl := range fs {
		x := &eval{frame: f, env: fl.env, host: fl.host}
		if values, ok := x.body(stmts, func(*eval) ([]sym, bool) { return nil, false }); ok {
			f.exit(fl, stmts[0], values)
		}
	}
}

func (f *frame) stmt(s ast.Stmt, fs []*flow) []*flow {
	f.at = s
	if f.isPure(s) {
		for _, fl := range fs {
			f.pure(s, fl)
		}
		return fs
	}
	switch s := s.(type) {
	case *ast.BlockStmt:
		return f.list(s.List, fs)
	case *ast.IfStmt:
		return f.ifStmt(s, fs)
	case *ast.SwitchStmt:
		return f.switchStmt(s, fs, "")
	case *ast.ForStmt:
		return f.forStmt(s, fs, "")
	case *ast.RangeStmt:
		return f.rangeStmt(s, fs, "")
	case *ast.LabeledStmt:
		return f.labeled(s, fs)
	case *ast.AssignStmt:
		return f.assignSteps(s, fs)
	case *ast.DeclStmt:
		return f.declareSteps(s, fs)
	case *ast.ExprStmt:
		call, ok := ast.Unparen(s.X).(*ast.CallExpr)
		if !ok {
			break
		}
		return flowsOf(f.exec(call, fs))
	case *ast.ReturnStmt:
		f.returnStmt(s, fs)
		return nil
	case *ast.BranchStmt:
		return f.branch(s, fs)
	case *ast.DeferStmt:
		return f.deferStmt(s, fs)
	}
	f.refuseStmt(s)
	return fs
}

func (f *frame) labeled(s *ast.LabeledStmt, fs []*flow) []*flow {
	switch inner := s.Stmt.(type) {
	case *ast.ForStmt:
		return f.forStmt(inner, fs, s.Label.Name)
	case *ast.RangeStmt:
		return f.rangeStmt(inner, fs, s.Label.Name)
	case *ast.SwitchStmt:
		return f.switchStmt(inner, fs, s.Label.Name)
	}
	return f.stmt(s.Stmt, fs)
}

func flowsOf(outs []outcome) []*flow {
	fs := make([]*flow, len(outs))
	for i, o := range outs {
		fs[i] = o.flow
	}
	return fs
}

func (f *frame) refuseStmt(s ast.Stmt) {
	switch s.(type) {
	case *ast.GoStmt:
		f.refuse(s, "a goroutine cannot run inside a workflow", "use flow.Parallel")
	case *ast.SelectStmt, *ast.SendStmt:
		f.refuse(s, "a channel cannot be used inside a workflow", "use flow.Parallel or flow.Map")
	case *ast.TypeSwitchStmt:
		f.refuse(s, "a type switch cannot run inside a workflow: JSON has no Go types", "use errors.As for errors, or decide in a handler")
	default:
		f.refuse(s, "this statement has no form in a state machine", "do it in a handler")
	}
}

// assignSteps is an assignment whose right side has steps.
func (f *frame) assignSteps(s *ast.AssignStmt, fs []*flow) []*flow {
	call, ok := ast.Unparen(s.Rhs[0]).(*ast.CallExpr)
	if !ok || len(s.Rhs) != 1 || !f.callHasSteps(call) {
		f.refuse(s, "a step stands inside an expression", "assign its result to a variable first")
		return fs
	}
	outs := f.exec(call, fs)
	f.at = s
	for _, o := range outs {
		f.assignAll(s.Lhs, o.values, o.flow)
	}
	return flowsOf(outs)
}

func (f *frame) declareSteps(s *ast.DeclStmt, fs []*flow) []*flow {
	for _, spec := range s.Decl.(*ast.GenDecl).Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		lhs := make([]ast.Expr, len(vs.Names))
		for i, n := range vs.Names {
			lhs[i] = n
		}
		fs = f.assignSteps(&ast.AssignStmt{Lhs: lhs, TokPos: vs.Pos(), Tok: token.DEFINE, Rhs: vs.Values}, fs)
	}
	return fs
}

// assignAll sets the variables, fields and map entries lhs on one flow.
func (f *frame) assignAll(lhs []ast.Expr, values []sym, fl *flow) {
	x := &eval{frame: f, env: fl.env, host: fl.host}
	x.assignEach(lhs, values)
}

// assignEach is lhs = values.
func (x *eval) assignEach(lhs []ast.Expr, values []sym) {
	x.refuseTangled(lhs)
	for i, l := range lhs {
		if i < len(values) {
			x.assign(l, values[i])
		}
	}
}

// assign is l = s in the environment of x.
func (x *eval) assign(l ast.Expr, s sym) {
	switch l := ast.Unparen(l).(type) {
	case *ast.Ident:
		if l.Name == "_" {
			return
		}
		v, _ := x.pkg.info.ObjectOf(l).(*types.Var)
		k, ok := x.key(v)
		if !ok {
			x.refuse(l, v.Name()+" is a package variable: an execution has no shared memory", "return the value, or keep it in a local variable")
			return
		}
		x.kept(s.fn)
		x.env[k] = x.keep(x.as(s, x.subst(v.Type())), v.Name())
	case *ast.SelectorExpr:
		x.assignField(l, s)
	case *ast.StarExpr:
		x.refuseAliased(l, l.X)
		p := x.as(s, x.typeOf(l)).settledNow()
		p.t, p.full = x.typeOf(l.X), true
		x.assign(l.X, p)
	case *ast.IndexExpr:
		x.assignIndex(l, s)
	default:
		x.refuse(l, "this cannot be assigned to inside a workflow", "assign to a variable or a field")
	}
}

// assignField is l = s of a field, through a pointer perhaps.
func (x *eval) assignField(l *ast.SelectorExpr, s sym) {
	sel := x.pkg.info.Selections[l]
	if sel == nil {
		x.refuse(l, x.source(l)+" is a package variable: an execution has no shared memory", "return the value, or keep it in a local variable")
		return
	}
	of := x.expr(l.X)
	if kindOf(of.t) == pointerKind {
		x.refuseAliased(l, l.X)
		if isNull(of.e) {
			x.refuse(l, x.source(l.X)+" is nil here, and Go panics", "make it first: "+x.source(l.X)+" = &"+typeName(structOf(of.t))+"{}")
			return
		}
	}
	v := sel.Obj().(*types.Var)
	x.assign(l.X, x.setField(l, of, v, x.as(s, x.subst(v.Type()))))
}

func (f *frame) ifStmt(s *ast.IfStmt, fs []*flow) []*flow {
	if s.Init != nil {
		fs = f.stmt(s.Init, fs)
	}
	f.at = s.Cond
	yes, no := f.branchOn(fs, condition{f.source(s.Cond), s, func(fl *flow) []split { return f.splits(fl, s.Cond) }})
	f.refineAll(yes, s.Cond, true)
	f.refineAll(no, s.Cond, false)
	out := f.list(s.Body.List, yes)
	if s.Else == nil {
		return append(out, no...)
	}
	if len(no) == 0 {
		return out
	}
	return append(out, f.stmt(s.Else, no)...)
}

// switchStmt is an if for each case, in their order.
func (f *frame) switchStmt(s *ast.SwitchStmt, fs []*flow, label string) []*flow {
	if s.Init != nil {
		fs = f.stmt(s.Init, fs)
	}
	f.at = s.Body
	if s.Tag != nil && f.hasStepsIn(s.Tag) {
		f.refuse(s.Tag, "a step stands inside an expression", "assign its result to a variable first")
		return nil
	}
	l := &loop{frame: f, isSwitch: true, label: label}
	f.loops = append(f.loops, l)
	var out []*flow
	var otherwise *ast.CaseClause
	for _, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		if clause.List == nil {
			otherwise = clause
			continue
		}
		if len(fs) == 0 {
			break
		}
		f.at = s.Body
		var yes []*flow
		yes, fs = f.branchOn(fs, condition{f.caseSource(s, clause), clause, func(fl *flow) []split { return f.caseSplits(fl, s, clause) }})
		if s.Tag == nil {
			f.refineAll(yes, anyOf(clause), true)
			f.refineAll(fs, anyOf(clause), false)
		}
		out = append(out, f.list(clause.Body, yes)...)
	}
	if otherwise != nil {
		fs = f.list(otherwise.Body, fs)
	}
	f.loops = f.loops[:len(f.loops)-1]
	return append(append(out, fs...), l.broken...)
}

func (f *frame) caseSource(s *ast.SwitchStmt, c *ast.CaseClause) string {
	if s.Tag == nil {
		return f.source(c.List[0])
	}
	return f.source(s.Tag) + " == " + f.source(c.List[0])
}

// caseSplits is the condition of a case: true for any of its values.
func (f *frame) caseSplits(fl *flow, s *ast.SwitchStmt, c *ast.CaseClause) []split {
	if s.Tag == nil {
		return f.splits(fl, anyOf(c))
	}
	x := &eval{frame: f, env: fl.env, host: fl.host}
	tag := x.expr(s.Tag)
	out := expr(no)
	for _, e := range c.List {
		at := &ast.BinaryExpr{X: s.Tag, Op: token.EQL, OpPos: e.Pos(), Y: e}
		out = or(out, x.equal(at, tag, x.expr(e), false))
	}
	return []split{{fl, out}}
}

// anyOf is the condition of a case of a switch without a tag.
func anyOf(c *ast.CaseClause) ast.Expr {
	e := c.List[0]
	for _, next := range c.List[1:] {
		e = &ast.BinaryExpr{X: e, Op: token.LOR, OpPos: next.Pos(), Y: next}
	}
	return e
}

func (f *frame) branch(s *ast.BranchStmt, fs []*flow) []*flow {
	if s.Tok != token.BREAK && s.Tok != token.CONTINUE {
		f.refuse(s, s.Tok.String()+" has no form in a state machine", "use if, for or a helper function")
		return nil
	}
	for i := len(f.loops) - 1; i >= 0; i-- {
		l := f.loops[i]
		if l.frame != f || l.isSwitch && s.Tok == token.CONTINUE || s.Label != nil && l.label != s.Label.Name {
			continue
		}
		if s.Tok == token.BREAK {
			l.broken = append(l.broken, fs...)
		} else {
			l.again = append(l.again, fs...)
		}
		break
	}
	return nil
}

func (f *frame) forStmt(s *ast.ForStmt, fs []*flow, label string) []*flow {
	if s.Init != nil {
		fs = f.stmt(s.Init, fs)
	}
	return f.loop(fs, loopParts{at: s, label: label, test: s.Cond, body: s.Body, post: func(fs []*flow) []*flow {
		if s.Post == nil {
			return fs
		}
		return f.stmt(s.Post, fs)
	}})
}

// loopParts is what the kinds of loops differ in.
type loopParts struct {
	at    ast.Stmt
	label string
	test  ast.Expr
	when  func(*flow) expr // instead of test
	body  *ast.BlockStmt
	enter func(*flow)
	post  func([]*flow) []*flow
	also  vars // variables that the loop assigns, besides those that its source says
}

// loop compiles a loop: a Choice at its head where there is a condition, and the body, which leads back to the head.
func (f *frame) loop(fs []*flow, p loopParts) []*flow {
	if p.test != nil {
		f.at = p.test
	} else {
		f.at = p.body
	}
	at := f.at
	written := f.writesIn(fs[0].env, p.at).with(p.also)
	entered := f.entered(fs, p)
	head := f.join(fs, written)
	mark := head.host
	if _, ok := mark.(*label); !ok {
		mark = &label{hosts: []host{head.host}}
		head.host = mark
	}
	for k, s := range head.env {
		l := f.loosened[k.v]
		if written[k.v] && l.weak {
			s = s.weakened()
		}
		s.joined, s.failed = s.joined || l.joined, s.failed && !l.unfailed
		head.env[k] = s
	}
	start := head.env.clone()
	inside, outside := []*flow{head}, []*flow(nil)
	if p.test != nil || p.when != nil {
		inside, outside = f.branchOn(inside, condition{f.loopSource(p), p.at, func(fl *flow) []split {
			if p.when != nil {
				return []split{{fl, p.when(fl)}}
			}
			return f.splits(fl, p.test)
		}})
	}
	l := &loop{frame: f, label: p.label}
	f.loops = append(f.loops, l)
	if p.enter != nil {
		for _, fl := range inside {
			p.enter(fl)
		}
	}
	end := f.list(p.body.List, inside)
	f.loops = f.loops[:len(f.loops)-1]
	end = append(end, l.again...)
	if len(end) > 0 {
		end = p.post(end)
		if entered {
			f.leftBehind(outside, end)
		}
		f.at = at
		f.back(end, start, written, mark.(*label))
	}
	return append(outside, l.broken...)
}

// back leads flows to the head of their loop, with the variables that the loop assigns as the head has them. Others have the
// value that they had, whether it stands in a variable by now or not.
func (f *frame) back(fs []*flow, start env, written vars, head *label) {
	for _, fl := range fs {
		if fl.host.entry() && f.differs(fl, start, written) {
			if h, ok := fl.host.(*label); ok && h == head {
				f.refuse(f.at, "the loop has no step, and its result is not known when it is compiled", "compute it in a handler")
				return
			}
			fl = f.passState(fl)
		}
		for _, k := range f.liveKeys([]*flow{{env: start}}) {
			want := start[k]
			if !written[k.v] {
				continue
			}
			s, ok := fl.env[k]
			if less := (loosened{s.weaker(want), s.joined && !want.joined, !s.fails() && want.failed}); ok && less != (loosened{}) {
				f.loosened[k.v], f.again = f.loosened[k.v].and(less), true
			}
			if ok && !same(s.e, want.e) {
				if r, isRef := want.e.(ref); isRef {
					fl.host.assign(r.name, template(s.use()))
				} else {
					f.refuse(f.at, k.v.Name()+" changes in a loop in a way that is not understood", "assign it in the loop's body")
				}
			}
		}
		head.add(fl.host)
	}
}

func (f *frame) differs(fl *flow, start env, written vars) bool {
	for k, want := range start {
		if s, ok := fl.env[k]; ok && written[k.v] && want.fn == nil && f.isLive(k) && !same(s.e, want.e) {
			return true
		}
	}
	return false
}

func (f *frame) loopSource(p loopParts) string {
	if p.test != nil {
		return f.source(p.test)
	}
	if r, ok := p.at.(*ast.RangeStmt); ok {
		return "range " + f.source(r.X)
	}
	return "for"
}

// writes is the variables that a statement assigns, in the functions that it defines too.
func (f *frame) writes(n ast.Node) vars {
	out := vars{}
	f.assignments(n, func(l ast.Expr, _ []types.Type) {
		if v := f.rootVar(l); v != nil {
			out[v] = true
		}
	})
	return out
}

// writesIn is writes, and what the function literals assign that n calls by the variables that hold them.
func (f *frame) writesIn(e env, n ast.Node) vars {
	out := f.writes(n)
	for _, fn := range f.literalsIn(e, n) {
		out = out.with(fn.frame.writes(fn.lit))
	}
	return out
}

// literalsIn is the function literals in variables that n names, and in those that these name.
func (f *frame) literalsIn(e env, n ast.Node) []*closure {
	var out []*closure
	var visit func(g *frame, n ast.Node)
	visit = func(g *frame, n ast.Node) {
		named := (&liveness{info: g.pkg.info}).reads(n)
		for _, k := range slices.SortedFunc(maps.Keys(e), byDeclaration) {
			fn := e[k].fn
			if !named[k.v] || fn == nil || fn.lit == nil || slices.ContainsFunc(out, fn.same) {
				continue
			}
			out = append(out, fn)
			visit(fn.frame, fn.lit)
		}
	}
	visit(f, n)
	return out
}

// readsIn is what a function may read around it: by its own source, and by the functions in variables that this names.
func (f *frame) readsIn(e env, fn *closure) vars {
	out := vars{}
	if fn == nil {
		return out
	}
	if fn.recv.v != nil {
		out[fn.recv.v] = true
	}
	if fn.lit == nil {
		return out
	}
	add := func(c *closure) { out = out.with((&liveness{info: c.frame.pkg.info}).reads(c.lit)) }
	add(fn)
	for _, lit := range fn.frame.literalsIn(e, fn.lit) {
		add(lit)
	}
	for k, s := range e {
		if s.fn != nil && out[k.v] && s.fn.recv.v != nil {
			out[s.fn.recv.v] = true
		}
	}
	return out
}

func (f *frame) release(keys ...key) {
	for _, k := range keys {
		delete(f.synthetic, k.v)
	}
}
