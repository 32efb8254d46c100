package compile

import (
	"go/ast"
	"go/types"
	"strings"
	"unicode"
)

// sdkPath is where the packages of AWS services start.
const sdkPath = "github.com/aws/aws-sdk-go-v2/service/"

// optimised is the operations for which Step Functions has an integration of its own, which gives the same result as the SDK's
// but retries and names errors by itself. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var optimised = map[string]string{
	"sns.Publish": "sns:publish", "sqs.SendMessage": "sqs:sendMessage", "dynamodb.GetItem": "dynamodb:getItem",
	"dynamodb.PutItem": "dynamodb:putItem", "dynamodb.UpdateItem": "dynamodb:updateItem", "dynamodb.DeleteItem": "dynamodb:deleteItem",
	"eventbridge.PutEvents": "events:putEvents",
}

// doStep is a service integration: the operation is a method expression of an SDK client.
func (f *frame) doStep(e *ast.CallExpr, fs []*flow) []outcome {
	op, ok := f.operation(e.Args[1])
	if !ok {
		return f.skip(e, fs)
	}
	out := f.resultType(e)
	return f.task(e, fs, stepOf{
		name: op.Name(), resource: f.integration(op), opts: e.Args[3:], timeout: 60,
		arguments: func(x *eval) expr { return x.expr(e.Args[2]).use() },
		result:    sym{e: stateResult, t: out, raw: true, full: true}, output: out,
	})
}

func (f *frame) operation(e ast.Expr) (*types.Func, bool) {
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
		if s := f.pkg.info.Selections[sel]; s != nil && s.Kind() == types.MethodExpr {
			if fn, ok := s.Obj().(*types.Func); ok && strings.HasPrefix(fn.Pkg().Path(), sdkPath) {
				return fn, true
			}
		}
	}
	f.refuse(e, "the operation must be a method expression of an AWS SDK client", "write (*sns.Client).Publish")
	return nil, false
}

// integration is the Resource of an operation.
func (f *frame) integration(op *types.Func) string {
	service := strings.TrimPrefix(op.Pkg().Path(), sdkPath)
	name, ok := optimised[service+"."+op.Name()]
	if !ok {
		name = "aws-sdk:" + service + ":" + lowerFirst(op.Name())
	}
	arn := "arn:aws:states:::" + name
	f.operations[arn] = op.Pkg().Path() + ".(*Client)." + op.Name()
	return arn
}

func lowerFirst(s string) string {
	return string(unicode.ToLower(rune(s[0]))) + s[1:]
}

// isSDK says whether t is a struct of the SDK: Step Functions leaves out what is not set of it.
func isSDK(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && strings.HasPrefix(n.Obj().Pkg().Path(), sdkPath)
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
	names := sdkErrorNames(n)
	f.matched[n.Obj().Pkg().Path()+"."+n.Obj().Name()] = ErrorMatch{
		Package: n.Obj().Pkg().Path(), Ident: n.Obj().Name(), Name: names[0], Type: true, Service: true,
	}
	return names
}

// sdkErrorNames is what Step Functions calls an error of a service: the SDK integration by the Java name of the service, the
// optimised one as AWS writes it.
func sdkErrorNames(n *types.Named) []string {
	service, _, _ := strings.Cut(strings.TrimPrefix(n.Obj().Pkg().Path(), sdkPath), "/")
	prefixes, ok := map[string][]string{
		"dynamodb": {"DynamoDB", "DynamoDb"}, "sns": {"SNS", "Sns"}, "sqs": {"SQS", "Sqs"}, "eventbridge": {"Events", "EventBridge"},
		"s3": {"S3"}, "sfn": {"Sfn", "StepFunctions"},
	}[service]
	if !ok {
		prefixes = []string{strings.ToUpper(service[:1]) + service[1:]}
	}
	var names []string
	for _, p := range prefixes {
		names = append(names, p+"."+n.Obj().Name())
	}
	return names
}

// pointerTo is aws.String and its like: the value itself, as JSON has no pointers; valueOf is aws.ToString and its like.
func pointerTo(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: a[0].use(), full: true} }

func valueOf(x *eval, e *ast.CallExpr, a []sym) sym {
	return sym{e: a[0].e, t: x.typeOf(e), maybe: a[0].maybe || !a[0].full, raw: a[0].raw}
}
