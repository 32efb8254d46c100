package compile

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/javaname"
)

// doStep is a service integration: the operation is a method expression of an SDK client.
func (f *frame) doStep(e *ast.CallExpr, fs []*flow) []outcome {
	return f.serviceStep(e, fs, stepOf{timeout: 60, arguments: requestOf(e)}, "", integration.Optimised, integration.Jobs)
}

// syncStep is one that waits for the job it starts.
func (f *frame) syncStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.standardOnly(e, "waits for a job")
	return f.serviceStep(e, fs, stepOf{timeout: maxSeconds, arguments: requestOf(e)}, ".sync", integration.Jobs)
}

// doAwaitStep is one that waits for an answer to the task token in its input.
func (f *frame) doAwaitStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.standardOnly(e, "waits for a task token")
	return f.serviceStep(e, fs, stepOf{extra: "Heartbeat", arguments: func(x *eval) expr { return x.withToken(e.Args[2]).use() }}, ".waitForTaskToken", integration.Callbacks)
}

func requestOf(e *ast.CallExpr) func(*eval) expr {
	return func(x *eval) expr { return x.input(e.Args[2]).use() }
}

// withToken is what a function makes of the task token.
func (x *eval) withToken(e ast.Expr) sym {
	in := x.apply(e, x.expr(e).fn, []sym{{e: atom{"states.context.Task.Token"}, t: types.Typ[types.String]}})
	if len(in) != 1 {
		return sym{e: null}
	}
	return in[0]
}

// serviceStep is a call of an AWS service, by the first table that has an integration for it.
func (f *frame) serviceStep(e *ast.CallExpr, fs []*flow, t stepOf, pattern string, tables ...map[string]string) []outcome {
	op, ok := f.operation(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	t.name, t.opts, t.output = op.Name(), e.Args[3:], f.resultType(e)
	t.resource, ok = f.resourceOf(op, pattern, tables)
	if !ok {
		f.refuse(e.Args[1], "Step Functions cannot wait for what "+op.Name()+" starts", "use flow.Do, and a loop that asks for the status with flow.Sleep in it")
		return f.skip(e, fs)
	}
	if arguments := t.arguments; strings.Contains(t.resource, ":aws-sdk:") {
		t.arguments = func(x *eval) expr { return javaUnions(arguments(x)) }
	}
	t.result = sym{e: stateResult, t: t.output, raw: true, full: kindOf(t.output) == pointerKind}
	return f.task(e, fs, t)
}

// httpStep is an HTTP Task.
func (f *frame) httpStep(e *ast.CallExpr, fs []*flow) []outcome {
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: f.requestName(e.Args[1]), resource: "arn:aws:states:::http:invoke", opts: e.Args[2:], timeout: 60,
		arguments: func(x *eval) expr { return x.expr(e.Args[1]).use() },
		result:    sym{e: stateResult, t: out, raw: true}, output: out,
	})
}

// requestName is "POST https://api.example.com/orders", as far as it is known.
func (f *frame) requestName(e ast.Expr) string {
	lit, ok := f.resolve(e).(*ast.CompositeLit)
	if !ok {
		return "HTTP"
	}
	parts := map[string]string{}
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			text := f.source(kv.Value)
			if tv := f.pkg.info.Types[kv.Value]; tv.Value != nil && tv.Value.Kind() == constant.String {
				text = constant.StringVal(tv.Value)
			}
			parts[f.source(kv.Key)] = text
		}
	}
	return strings.TrimSpace(parts["Method"] + " " + parts["URL"])
}

func (f *frame) operation(e ast.Expr) (*types.Func, bool) {
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
		if s := f.pkg.info.Selections[sel]; s != nil && s.Kind() == types.MethodExpr {
			if fn, ok := s.Obj().(*types.Func); ok && strings.HasPrefix(fn.Pkg().Path(), integration.SDKPath) {
				return fn, true
			}
		}
	}
	f.refuse(e, "the operation must be a method expression of an AWS SDK client", "write (*sns.Client).Publish")
	return nil, false
}

// resourceOf is the Resource of an operation: optimised where one of the tables has it, else the SDK's. Only a table has .sync.
func (f *frame) resourceOf(op *types.Func, pattern string, tables []map[string]string) (string, bool) {
	name := integration.Resource(strings.TrimPrefix(op.Pkg().Path(), integration.SDKPath)+"."+op.Name(), tables...)
	if pattern == ".sync" && strings.HasPrefix(name, "aws-sdk:") {
		return "", false
	}
	arn := "arn:aws:states:::" + name
	f.operations[arn] = op.Pkg().Path() + ".(*Client)." + op.Name()
	return arn + pattern, true
}

// isSDK says whether t is a struct of the SDK: Step Functions leaves out what is not set of it.
func isSDK(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && strings.HasPrefix(n.Obj().Pkg().Path(), integration.SDKPath)
}

// unionMember is "S" of the SDK's types.AttributeValueMemberS, whose JSON is {"S": value}.
func unionMember(t types.Type) (string, bool) {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || !isSDK(t) {
		return "", false
	}
	_, name, ok := strings.Cut(n.Obj().Name(), "Member")
	s, isStruct := n.Underlying().(*types.Struct)
	return name, ok && name != "" && isStruct && s.NumFields() > 0 && s.Field(0).Name() == "Value"
}

// assertion is v.(*types.AttributeValueMemberS), which unions of the SDK have a form for: their JSON says which member it is.
func (x *eval) assertion(e *ast.TypeAssertExpr) (v, ok sym) {
	t := x.subst(x.pkg.info.TypeOf(e.Type))
	p, isPointer := types.Unalias(t).(*types.Pointer)
	if !isPointer {
		return x.bad(e, "a type assertion cannot run inside a workflow: JSON has no Go types", "decide in a handler"), sym{e: no}
	}
	name, isUnion := unionMember(p.Elem())
	if !isUnion {
		return x.bad(e, "a type assertion cannot run inside a workflow: JSON has no Go types", "decide in a handler"), sym{e: no}
	}
	s := x.expr(e.X)
	ok = sym{e: call{"$exists", []expr{unionValue(s.e, name)}}, t: types.Typ[types.Bool]}
	if o, isObject := s.e.(object); isObject {
		ok.e = boolLit(!isNull(o.member(name)))
	}
	return sym{e: cond{ok.e, s.e, null}, t: t, raw: s.raw}, ok
}

// unionValue is what the member name of a union has: optimised integrations of DynamoDB answer with BOOL, those of the SDK with
// Bool, and a value does not say where it comes from.
func unionValue(of expr, name string) expr {
	if o, ok := of.(object); ok {
		return o.member(name)
	}
	if java := javaname.Of(name); java != name {
		return call{"$append", []expr{member{of, name}, member{of, java}}}
	}
	return member{of, name}
}

// javaUnions has the members of unions as SDK integrations take them.
func javaUnions(e expr) expr {
	if n, ok := e.(*named); ok && hasUnions(n) {
		return javaUnions(n.of)
	}
	o, ok := e.(object)
	if !ok {
		return mapChildren(e, javaUnions)
	}
	o = mapChildren(o, javaUnions).(object)
	for i, f := range o.fields {
		if f.union {
			o.fields[i].name = javaname.Of(f.name)
		}
	}
	return o
}

func hasUnions(e expr) bool {
	found := false
	walk(e, func(e expr) {
		if o, ok := e.(object); ok {
			found = found || slices.ContainsFunc(o.fields, func(f field) bool { return f.union })
		}
	})
	return found
}

// asserted is a union whose one member is read: what another member has there is nothing, asserted or not.
func asserted(e expr) expr {
	if c, ok := opened(e).(cond); ok && isNull(c.els) {
		return c.then
	}
	return e
}

// blob is bytes for a field of the SDK: Step Functions sends a text as the bytes that it is.
func (x *eval) blob(e ast.Expr) sym {
	c, ok := ast.Unparen(e).(*ast.CallExpr)
	if tv := x.pkg.info.Types[e]; tv.IsNil() {
		return sym{e: null, t: tv.Type}
	}
	if !ok || !x.pkg.info.Types[c.Fun].IsType() || kindOf(x.typeOf(c.Args[0])) != stringKind {
		return x.bad(e, "Step Functions sends text as the bytes of a request", "write []byte(text), or call a handler")
	}
	s := x.expr(c.Args[0])
	return sym{e: s.use(), t: x.typeOf(e), full: true}
}

// isBlob says whether a field of an SDK struct holds bytes.
func isBlob(t types.Type, field *types.Var) bool {
	return isSDK(t) && kindOf(field.Type()) == bytesKind
}

// reader is a reader of a text, where a field of the SDK takes one.
func reader(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use(), full: true} }

// serviceErrors is the names of an error of a service.
func (f *frame) serviceErrors(n *types.Named) []string {
	service, _, _ := strings.Cut(strings.TrimPrefix(n.Obj().Pkg().Path(), integration.SDKPath), "/")
	names := integration.ErrorNames(service, n.Obj().Name())
	f.matched[n.Obj().Pkg().Path()+"."+n.Obj().Name()] = ErrorMatch{
		Package: n.Obj().Pkg().Path(), Ident: n.Obj().Name(), Name: names[0], Type: true, Service: true,
	}
	return names
}

// pointerTo is aws.String and its like: the value itself, as JSON has no pointers; valueOf is aws.ToString and its like.
func pointerTo(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use(), full: true} }

func valueOf(x *eval, e *ast.CallExpr, a []sym) sym {
	return sym{e: a[0].e, t: x.typeOf(e), maybe: a[0].maybe || !a[0].full, raw: a[0].raw}
}
