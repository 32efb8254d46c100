package compile

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"

	"github.com/stride-aws/stride/internal/integration"
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
	return func(x *eval) expr { return x.expr(e.Args[2]).use() }
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

// unionMember is the JSON of a member of one of the SDK's unions: &types.AttributeValueMemberS{Value: v} is {"S": v}.
func (x *eval) unionMember(e *ast.CompositeLit, t types.Type) (sym, bool) {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || !isSDK(t) {
		return sym{}, false
	}
	_, name, ok := strings.Cut(n.Obj().Name(), "Member")
	if !ok || name == "" || len(e.Elts) != 1 {
		return sym{}, false
	}
	v := e.Elts[0]
	if kv, isPair := v.(*ast.KeyValueExpr); isPair {
		v = kv.Value
	}
	s := x.expr(v)
	return sym{e: object{[]field{{name: name, v: sym{e: s.use(), t: s.t, raw: s.raw}}}}, t: t, full: true}, true
}

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
