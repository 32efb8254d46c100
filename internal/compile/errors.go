package compile

import (
	"go/ast"
	"go/types"
	"strings"
)

// An error is an object with Error and Cause, as $states.errorOutput is, or null.

// unnamed is what errors.New's errors are called: Lambda reports an error by the name of its type.
const unnamed = "errorString"

// severalErrors is why a joined error has its limits.
const severalErrors = "this error is several, of which a state machine keeps one name"

func flowFail(_ *eval, _ *ast.CallExpr, a []sym) sym {
	out := failure(a[0], a[1])
	out.failed = true
	return out
}

func failure(name, cause sym) sym {
	return sym{e: object{[]field{{name: "Error", v: name.settledNow()}, {name: "Cause", v: cause.settledNow()}}}, t: errorType, full: true}
}

func textSym(e expr) sym { return sym{e: e, t: types.Typ[types.String]} }

func errorsNew(_ *eval, _ *ast.CallExpr, a []sym) sym { return failure(textSym(str(unnamed)), a[0]) }

// errorf is an error around another, which keeps its name: what it is matched by. Around none it has a name of its own.
func errorf(x *eval, e *ast.CallExpr, a []sym) sym {
	format, ok := constString(a[0])
	if !ok {
		return x.bad(e, "fmt.Errorf needs a constant format", "use flow.Fail")
	}
	switch strings.Count(strings.ReplaceAll(format, "%%", ""), "%w") {
	case 0:
		return failure(textSym(str(unnamed)), textSym(sprintf(x, e, a).e))
	case 1:
		return x.wrap(e, a, wrapped(format))
	}
	return x.bad(e, "fmt.Errorf with more than one %w makes an error that has no one name", "use %w for the error that names it, and %v for others")
}

// wrap is fmt.Errorf whose argument number at is what %w takes.
func (x *eval) wrap(e *ast.CallExpr, a []sym, at int) sym {
	if at >= len(a) {
		return x.bad(e, "fmt.Errorf has no argument for its %w", "")
	}
	inner := x.as(a[at], errorType)
	if kindOf(inner.t) != errorKind {
		return x.bad(e.Args[at], "%w takes an error", "use %v")
	}
	a[at] = inner
	out := failure(textSym(choice(x.isNil(inner), str("wrapError"), part(inner.e, "Error"))), textSym(sprintf(x, e, a).e))
	out.joined, out.failed = inner.joined, inner.failed && inner.full
	return out
}

// wrapped is which argument a format's %w takes.
func wrapped(format string) int {
	before, _, _ := strings.Cut(strings.ReplaceAll(format, "%%", ""), "%w")
	return strings.Count(before, "%") + 1
}

// part is a member of an error.
func part(e expr, name string) expr {
	if o, ok := e.(object); ok {
		return o.member(name)
	}
	return member{e, name}
}

// errorsJoin is the errors among its arguments as one: with the name of the first, and the texts of all.
func errorsJoin(x *eval, e *ast.CallExpr, a []sym) sym {
	list := x.joinedList(e, a)
	if items, ok := list.e.(array); ok && len(items.items) == 0 {
		return sym{e: null, t: errorType}
	}
	errs := list.e
	if !list.packed {
		item := x.names.parameter("e")
		errs = each{call{"$filter", []expr{errs, lambda{[]string{item}, binary{"!=", ref{item}, null}}}}}
	}
	item := x.names.parameter("e")
	texts := call{"$map", []expr{errs, lambda{[]string{item}, errorText(nil, nil, []sym{{e: ref{item}, t: errorType}}).e}}}
	out := failure(textSym(member{index{errs, num(0)}, "Error"}), textSym(call{"$join", []expr{texts, str("\n")}}))
	out.joined = true
	if !list.packed || !list.some {
		out.e, out.full = cond{binary{">", call{"$count", []expr{errs}}, num(0)}, out.e, null}, false
	}
	return out
}

// joinedList is the arguments of errors.Join as one slice.
func (x *eval) joinedList(e *ast.CallExpr, a []sym) sym {
	if e.Ellipsis.IsValid() {
		list := a[0]
		list.e = list.items()
		return list
	}
	list := sym{packed: true, some: len(a) > 0}
	var items array
	for _, s := range a {
		s = x.as(s, errorType)
		if !isNull(s.e) {
			items.items = append(items.items, s.use())
			list.packed = list.packed && s.full
		}
	}
	list.e = items
	return list
}

// errorText is the message that a handler's error had: Lambda puts it into the cause. The cause of a child execution is JSON, too.
func errorText(_ *eval, _ *ast.CallExpr, a []sym) sym {
	if o, ok := a[0].e.(object); ok {
		if cause := o.member("Cause"); !isZeroLit(cause) {
			return sym{e: cause}
		}
		return sym{e: o.member("Error")}
	}
	cause := member{a[0].e, "Cause"}
	message := member{call{"$parse", []expr{cause}}, "errorMessage"}
	lambdas := call{"$contains", []expr{cause, text{`/^\{"error(Message|Type)":/`}}}
	return sym{e: cond{cause, cond{lambdas, message, cause}, member{a[0].e, "Error"}}}
}

// isUnnamed says whether a package variable is made by errors.New or fmt.Errorf.
func (x *eval) isUnnamed(p *pkg, init ast.Expr) bool {
	call, ok := ast.Unparen(init).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := (&frame{unit: x.unit, pkg: p}).callee(call)
	return fn != nil && (fullName(fn) == "errors.New" || fullName(fn) == "fmt.Errorf")
}

// failName is the name that a package's variable was given by flow.Fail.
func (f *frame) failName(v *types.Var) (string, bool) {
	p := f.prog.packageOf(v.Pkg())
	if p == nil {
		return "", false
	}
	own, _ := p.types.Scope().Lookup(v.Name()).(*types.Var)
	init, changed := p.variable(own)
	call, ok := ast.Unparen(init).(*ast.CallExpr)
	if !ok || changed {
		return "", false
	}
	in := &frame{unit: f.unit, pkg: p, node: call}
	if fn := in.callee(call); fn == nil || fullName(fn) != "flow.Fail" {
		return "", false
	}
	return constString((&eval{frame: in, env: env{}}).expr(call.Args[0]))
}
