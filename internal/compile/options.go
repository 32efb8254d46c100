package compile

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// stepOptions is the options of a step.
type stepOptions struct {
	name               string
	timeout, heartbeat value.Value
	concurrency        value.Value
	failures, share    value.Value // tolerated
	retries            []ast.Expr
	items              value.Value // at most
	noRetry            bool
	express            bool // child executions
}

// options reads the options of a step; allowed are those that its kind has, besides Retry.
func (f *frame) options(x *eval, list []ast.Expr, allowed ...string) stepOptions {
	var o stepOptions
	for _, e := range list {
		e = f.resolve(e)
		if lit, ok := e.(*ast.CompositeLit); ok && isNamed(f.pkg.info.TypeOf(e), flowPath, "Retry") {
			o.retries = append(o.retries, lit)
			continue
		}
		call, ok := e.(*ast.CallExpr)
		if !ok || f.callee(call) == nil {
			f.refuse(e, "an option must be written where the step is, or be a package variable", "")
			continue
		}
		if name := f.callee(call).Name(); !slices.Contains(allowed, name) {
			f.refuse(call, "this step has no option "+name, "")
			continue
		}
		f.option(x, &o, call)
	}
	return o
}

func (f *frame) option(x *eval, o *stepOptions, call *ast.CallExpr) {
	switch f.callee(call).Name() {
	case "Timeout":
		o.timeout = f.limit(x, call)
	case "Heartbeat":
		o.heartbeat = f.limit(x, call)
	case "MaxConcurrency":
		o.concurrency = template(x.expr(call.Args[0]).use())
	case "TolerateFailures":
		o.failures = template(x.expr(call.Args[0]).use())
	case "TolerateShare":
		o.share = template(x.expr(call.Args[0]).use())
	case "MaxItems":
		o.items = template(x.expr(call.Args[0]).use())
	case "ExpressChildren":
		o.express = true
	case "NoRetry":
		o.noRetry = true
	case "Name":
		name, ok := constString(x.expr(call.Args[0]))
		if !ok {
			f.refuse(call, "a state's name must be constant", "")
		}
		o.name = name
	}
}

// limit is the time that an option gives. A constant one may be more nanoseconds than a number of JSON holds: a year.
func (f *frame) limit(x *eval, call *ast.CallExpr) value.Value {
	if v := f.pkg.info.Types[call.Args[0]].Value; v != nil {
		if ns, exact := constant.Int64Val(constant.ToInt(v)); exact && ns >= 0 {
			return value.OfInt(int64(seconds(time.Duration(ns))))
		}
	}
	return f.wholeSeconds(call, x.expr(call.Args[0]))
}

// resolve follows a package variable to what it is initialised with.
func (f *frame) resolve(e ast.Expr) ast.Expr {
	e = ast.Unparen(e)
	id, ok := e.(*ast.Ident)
	if !ok {
		return e
	}
	if v, ok := f.pkg.info.ObjectOf(id).(*types.Var); ok && v.Pkg() == f.pkg.types {
		if init, assigned := f.pkg.variable(v); init != nil && !assigned {
			return ast.Unparen(init)
		}
	}
	return e
}

// transient is what Lambda reports when it, and not the function, could not do its work.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
var transient = []string{
	"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
	"Lambda.ClientExecutionTimeoutException",
}

// retries is the step's own rules, those for every error last, and the default for Lambda's transient errors before them.
func (f *frame) retries(x *eval, o stepOptions, lambda bool) []*asl.Retrier {
	var named, all []*asl.Retrier
	for _, e := range o.retries {
		r := f.retrier(x, e.(*ast.CompositeLit))
		if r.ErrorEquals[0] == "States.ALL" {
			all = append(all, r)
		} else {
			named = append(named, r)
		}
	}
	if lambda && !o.noRetry {
		named = append(named, &asl.Retrier{
			ErrorEquals: transient, IntervalSeconds: value.OfInt(1), MaxAttempts: value.OfInt(3), BackoffRate: value.OfInt(2),
			JitterStrategy: "FULL",
		})
	}
	if len(all) > 1 {
		f.refuse(o.retries[0], "two rules retry every error: the second would never be used", "name the errors of one of them in On")
	}
	return append(named, all...)
}

func (f *frame) retrier(x *eval, lit *ast.CompositeLit) *asl.Retrier {
	r := &asl.Retrier{
		ErrorEquals: []string{"States.ALL"}, IntervalSeconds: value.OfInt(1), MaxAttempts: value.OfInt(3), BackoffRate: value.OfInt(2),
	}
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			f.refuse(elt, "a Retry needs the names of its fields", "")
			continue
		}
		name := kv.Key.(*ast.Ident).Name
		if name == "On" {
			r.ErrorEquals = f.retriedErrors(x, kv.Value)
			continue
		}
		f.retrierField(r, name, kv.Value, x.expr(kv.Value))
	}
	return r
}

func (f *frame) retrierField(r *asl.Retrier, name string, at ast.Node, s sym) {
	l, ok := s.e.(lit)
	if !ok {
		f.refuse(at, "Step Functions needs a constant here: "+name+" cannot be computed", "")
		return
	}
	if isZeroLit(l) {
		return // the field's default
	}
	inSeconds := value.OfInt(int64(seconds(time.Duration(l.v.Float()))))
	switch name {
	case "MaxAttempts":
		r.MaxAttempts = l.v
	case "Interval":
		r.IntervalSeconds = inSeconds
	case "MaxDelay":
		r.MaxDelaySeconds = inSeconds
	case "Backoff":
		r.BackoffRate = l.v
	case "FullJitter":
		r.JitterStrategy = "FULL"
	}
}

func (f *frame) retriedErrors(x *eval, e ast.Expr) []string {
	list, ok := f.resolve(e).(*ast.CompositeLit)
	if !ok {
		f.refuse(e, "On must be a literal: []error{...}", "")
		return []string{"States.ALL"}
	}
	var names []string
	for _, elt := range list.Elts {
		if p, isPointer := f.typeOf(elt).(*types.Pointer); isPointer && isSDK(p.Elem()) {
			names = append(names, f.serviceErrors(types.Unalias(p.Elem()).(*types.Named))...)
			continue
		}
		if name, ok := f.errorName(x, elt); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{"States.ALL"}
	}
	return names
}
