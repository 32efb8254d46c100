package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/stride-aws/stride/internal/asl"
)

// split is a flow and what a condition is on it.
type split struct {
	*flow
	cond expr
}

// condition is what a Choice decides: its source, for the state's name, and its value on a flow.
type condition struct {
	source string
	at     ast.Node
	on     func(*flow) []split
}

// branchOn divides flows by a condition. Where the condition is known, that costs nothing; else it makes a Choice.
func (f *frame) branchOn(fs []*flow, c condition) (yes, no []*flow) {
	var open []split
	for _, fl := range fs {
		for _, s := range c.on(fl) {
			switch v, known := boolOf(s.cond); {
			case known && v:
				yes = append(yes, s.flow)
			case known:
				no = append(no, s.flow)
			default:
				open = append(open, s)
			}
		}
	}
	switch len(open) {
	case 0:
		return yes, no
	case 1:
		y, n := f.choose(open[0].flow, c)
		return append(yes, y), append(no, n)
	}
	joined := make([]*flow, len(open))
	for i, s := range open {
		joined[i] = s.flow
	}
	y, n := f.choose(f.join(joined, nil), c)
	return append(yes, y), append(no, n)
}

// choose is a rule of a Choice: of the one that the flow comes from, where it does and nothing was assigned since, else of a new one.
func (f *frame) choose(fl *flow, c condition) (yes, no *flow) {
	switch h := fl.host.(type) {
	case defaultHost:
		r := f.rule(fl, c)
		h.s.Choices = append(h.s.Choices, r)
		return fl.fork(ruleHost{h.s, r}), fl
	case ruleHost:
		r := f.rule(fl, c)
		r.Condition = jsonata(and(f.conditions[h.r], f.conditions[r]))
		f.conditions[r] = and(f.conditions[h.r], f.conditions[r])
		h.s.Choices = slices.Insert(h.s.Choices, slices.Index(h.s.Choices, h.r), r)
		return fl.fork(ruleHost{h.s, r}), fl
	}
	s, in := f.state([]*flow{fl}, asl.Choice, f.nameOf(c), c.at)
	r := f.rule(in, c)
	if r.Comment == s.Name {
		r.Comment = ""
	}
	s.Choices = []*asl.Rule{r}
	return in.fork(ruleHost{s, r}), in.fork(defaultHost{s})
}

func (f *frame) rule(fl *flow, c condition) *asl.Rule {
	e := expr(no)
	if s := c.on(fl); len(s) == 1 {
		e = s[0].cond
	}
	r := &asl.Rule{Condition: jsonata(e), Comment: f.pkg.lineComment(c.at)}
	f.conditions[r] = e
	return r
}

// nameOf is a Choice's name: the comment on its line, else the condition as the source has it.
func (f *frame) nameOf(c condition) string {
	if line := f.pkg.lineComment(c.at); line != "" {
		return line
	}
	return c.source
}

// splits is a condition on a flow. What a step failed with divides the flow: each error has an edge of its own.
func (f *frame) splits(fl *flow, e ast.Expr) []split {
	x := &eval{frame: f, env: fl.env, host: fl.host}
	if !f.testsErrors(e) {
		return []split{{fl, x.expr(e).use()}}
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		out := f.splits(fl, e.X)
		for i := range out {
			out[i].cond = negate(out[i].cond)
		}
		return out
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			return f.splitBoth(fl, e)
		}
	case *ast.CallExpr:
		return f.errorTest(fl, x, e)
	}
	return []split{{fl, x.expr(e).use()}}
}

func (f *frame) splitBoth(fl *flow, e *ast.BinaryExpr) []split {
	var out []split
	for _, a := range f.splits(fl, e.X) {
		if v, known := boolOf(a.cond); known && v == (e.Op == token.LOR) {
			out = append(out, a)
			continue
		}
		for _, b := range f.splits(a.flow, e.Y) {
			if e.Op == token.LAND {
				b.cond = and(a.cond, b.cond)
			} else {
				b.cond = or(a.cond, b.cond)
			}
			out = append(out, b)
		}
	}
	return out
}

func (f *frame) testsErrors(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			found = found || isErrorTest(f.callee(call))
		}
		return !found
	})
	return found
}

// isErrorTest says whether fn is errors.Is or errors.As.
func isErrorTest(fn *types.Func) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "errors" && (fn.Name() == "Is" || fn.Name() == "As")
}

// errorTest is errors.Is or errors.As.
func (f *frame) errorTest(fl *flow, x *eval, e *ast.CallExpr) []split {
	err := x.expr(e.Args[0])
	names, target := f.errorNames(x, e)
	if err.joined {
		f.refuse(e, severalErrors, "test the errors before they are joined")
	}
	_, known := err.e.(object)
	broad := slices.Contains(names, "States.TaskFailed") || slices.Contains(names, "States.ALL")
	if isNull(err.e) || names == nil || broad && known && !err.failed {
		return []split{{fl, no}}
	}
	if broad && !err.failed {
		f.refuse(e, "this error may be one that the workflow makes, in which errors.Is finds no "+names[0], "ask in the if behind the step, or errors.As for its type")
	}
	h, caught := fl.host.(*catchHost)
	if caught && err.e == expr(stateError) {
		return f.splitCaught(fl, h, names, target, err)
	}
	if len(names) == 1 && names[0] == "States.HeartbeatTimeout" {
		f.refuse(e, "a missing heartbeat is reported as States.Timeout: only the step itself can tell", "ask for it first, in the if behind the step")
	}
	out := split{fl, nameIn(err, names)}
	if target != nil {
		fl.env[*target] = sym{e: err.e, t: target.v.Type(), full: true}
	}
	return []split{out}
}

// splitCaught gives the errors names an edge of their own.
func (f *frame) splitCaught(fl *flow, h *catchHost, names []string, target *key, err sym) []split {
	if h.names != nil {
		return []split{{f.bound(fl, target, err), boolLit(slices.ContainsFunc(names, func(n string) bool { return slices.Contains(h.names, n) }))}}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(h.not, n) })
	if len(names) == 0 {
		return []split{{fl, no}}
	}
	some := &catchHost{s: h.s, names: names}
	rest := &catchHost{s: h.s, not: append(slices.Clone(h.not), names...)}
	f.caught[h.s] = append(f.caught[h.s], some, rest)
	return []split{{f.bound(fl.fork(some), target, err), yes}, {fl.fork(rest), no}}
}

func (f *frame) bound(fl *flow, target *key, err sym) *flow {
	if target != nil {
		fl.env[*target] = sym{e: err.e, t: target.v.Type(), full: true}
	}
	return fl
}

// nameIn says whether an error that is kept in a variable has one of names.
func nameIn(err sym, names []string) expr {
	if o, ok := err.e.(object); ok {
		if l, ok := o.member("Error").(lit); ok {
			name := l.v.Str()
			late := name == "States.Timeout" || name == "States.HeartbeatTimeout"
			return boolLit(slices.Contains(names, name) || slices.Contains(names, "States.ALL") || slices.Contains(names, "States.TaskFailed") && !late)
		}
	}
	if slices.Contains(names, "States.ALL") {
		return binary{"!=", err.use(), null}
	}
	if slices.Contains(names, "States.TaskFailed") {
		return and(binary{"!=", err.use(), null}, negate(nameIn(err, []string{"States.Timeout", "States.HeartbeatTimeout"})))
	}
	name := member{err.e, "Error"}
	if len(names) == 1 {
		return loose{name, str(names[0])}
	}
	items := make([]expr, len(names))
	for i, n := range names {
		items[i] = str(n)
	}
	return binary{"in", name, array{items}}
}

// errorNames is the names that an error test accepts, and the variable that errors.As sets.
func (f *frame) errorNames(x *eval, e *ast.CallExpr) ([]string, *key) {
	if f.callee(e).Name() == "Is" {
		if f.comparesFields(e.Args[1]) {
			f.refuse(e.Args[1], "errors.Is compares what is in an error, and a state machine has only its name", "ask for the type: errors.As")
			return nil, nil
		}
		name, ok := f.errorName(x, e.Args[1])
		if !ok {
			return nil, nil
		}
		if name == "States.Timeout" {
			return []string{name, "States.HeartbeatTimeout"}, nil
		}
		return []string{name}, nil
	}
	if made, ok := ast.Unparen(e.Args[1]).(*ast.CallExpr); ok && identOf(made.Fun) != nil && identOf(made.Fun).Name == "new" {
		t := f.typeOf(made.Args[0])
		if p, isPointer := t.(*types.Pointer); isPointer && isSDK(p.Elem()) {
			return f.serviceErrors(types.Unalias(p.Elem()).(*types.Named)), nil
		}
		if name, known := f.typeErrorName(e.Args[1], t); known {
			return []string{name}, nil
		}
		return nil, nil
	}
	u, ok := ast.Unparen(e.Args[1]).(*ast.UnaryExpr)
	if !ok || u.Op != token.AND {
		f.refuse(e.Args[1], "errors.As needs the address of a variable", "")
		return nil, nil
	}
	id, ok := ast.Unparen(u.X).(*ast.Ident)
	if !ok {
		f.refuse(e.Args[1], "errors.As needs the address of a local variable", "")
		return nil, nil
	}
	v, _ := f.pkg.info.ObjectOf(id).(*types.Var)
	k, _ := f.key(v)
	if p, isPointer := v.Type().(*types.Pointer); isPointer && isSDK(p.Elem()) {
		return f.serviceErrors(types.Unalias(p.Elem()).(*types.Named)), &k
	}
	name, ok := f.typeErrorName(e.Args[1], v.Type())
	if !ok {
		return nil, nil
	}
	return []string{name}, &k
}

// comparesFields says whether errors.Is would look at more of target than its type: at its fields, or at where it is.
func (f *frame) comparesFields(target ast.Expr) bool {
	switch ast.Unparen(target).(type) {
	case *ast.CompositeLit, *ast.UnaryExpr:
	default:
		return false
	}
	t := f.typeOf(target)
	if is, _, _ := types.LookupFieldOrMethod(t, true, nil, "Is"); is != nil {
		return false
	}
	s, ok := t.Underlying().(*types.Struct)
	return !ok || s.NumFields() > 0
}

// typeErrorName is the name of a handler's error type in Step Functions.
func (f *frame) typeErrorName(at ast.Node, t types.Type) (string, bool) {
	p, isPointer := t.(*types.Pointer)
	if isPointer {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() == flowPath || !isErrorType(t) {
		f.refuse(at, typeName(t)+" is not an error type of a handler", "use a type of your own, or errors.Is with a flow.ErrorName")
		return "", false
	}
	name := n.Obj().Name()
	return name, f.match(at, ErrorMatch{Package: n.Obj().Pkg().Path(), Ident: name, Name: name, Type: true, Pointer: isPointer})
}

// errorName is the name of an error value: a flow.ErrorName, a package's error variable, or a value of an error type.
func (f *frame) errorName(x *eval, e ast.Expr) (string, bool) {
	tv := f.pkg.info.Types[e]
	if tv.Value != nil {
		return constString(x.constant(e, tv.Type, tv.Value))
	}
	switch inner := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return f.typeErrorName(e, tv.Type)
	case *ast.UnaryExpr:
		return f.typeErrorName(e, tv.Type)
	case *ast.CallExpr: // (*T)(nil), T(0)
		if f.pkg.info.Types[inner.Fun].IsType() {
			return f.typeErrorName(e, tv.Type)
		}
	case *ast.Ident:
		return f.sentinel(inner)
	case *ast.SelectorExpr:
		return f.sentinel(inner.Sel)
	}
	f.refuse(e, "this error has no name that a state machine could match", "use a value of an error type, a package's error variable or a flow.ErrorName")
	return "", false
}
