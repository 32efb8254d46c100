package compile

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/stride-aws/stride/internal/asl"
)

// mapCall is a call of Map, Distributed, MapS3 or MapToS3.
type mapCall struct {
	*ast.CallExpr
	distributed, fromSource bool
	options                 []ast.Expr
	to                      ast.Expr // of MapToS3: where the results go
}

func (f *frame) mapCall(e *ast.CallExpr) mapCall {
	name := f.callee(e).Name()
	c := mapCall{CallExpr: e, distributed: name != "Map", fromSource: name == "MapS3" || name == "MapToS3", options: e.Args[3:]}
	if name == "MapToS3" {
		c.to, c.options = e.Args[3], e.Args[4:]
	}
	return c
}

func (c mapCall) allowed() []string {
	allowed := []string{"Name", "MaxConcurrency"}
	if c.distributed {
		allowed = append(allowed, "TolerateFailures", "TolerateShare", "ExpressChildren")
	}
	if c.fromSource {
		allowed = append(allowed, "MaxItems")
	}
	return allowed
}

// mapStep is a Map state: its body reads the item and, where they have no workflow variable yet, captured values from its input.
func (f *frame) mapStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.atCall(e)
	c := f.mapCall(e)
	joined := f.join(fs, nil)
	x := &eval{frame: f, env: joined.env, host: joined.host}
	fn := x.expr(e.Args[2]).fn
	opts := f.options(x, c.options, c.allowed()...)
	s := joined.m.newState(asl.Map, f.stepName(opts, f.blockName("Map "+f.sourceName(e.Args[1]))), f.position(e))
	f.describe(s, f.at)
	joined.enter(s)
	x.host = joined.host
	item := f.mapItems(x, s, c, opts)
	s.MaxConcurrency, s.ToleratedFailureCount, s.ToleratedFailurePercentage = opts.concurrency, opts.failures, opts.share
	s.Retry = f.retries(x, opts, false)
	if fn == nil {
		f.refuse(e.Args[2], "the body of a Map must be a function", "")
		return f.skip(e, fs)
	}
	f.refuseMapWrites(fn, joined.env)
	m := f.subMachine(joined.m)
	m.silent = c.to == nil && f.discards(e)
	inside := joined.env.clone()
	f.selector(s, fn, inside, &item, c.distributed)
	m.asl.ProcessorConfig = &asl.ProcessorConfig{Mode: "INLINE"}
	if c.distributed {
		f.standardOnly(e, "starts executions of its own")
		m.asl.ProcessorConfig = &asl.ProcessorConfig{Mode: "DISTRIBUTED", ExecutionType: "STANDARD"}
	}
	if opts.express {
		m.asl.ProcessorConfig.ExecutionType = "EXPRESS"
		was := f.expressChild
		f.expressChild = true
		defer func() { f.expressChild = was }()
	}
	m.branch(f, fn, []sym{item}, &flow{m: m, host: entryHost{m}, env: inside}, nil)
	s.Processor = m.asl
	return f.mapEnds(joined, s, c)
}

// discards says whether the statement around a call leaves its result alone.
func (f *frame) discards(e *ast.CallExpr) bool {
	switch s := f.at.(type) {
	case *ast.ExprStmt:
		return true
	case *ast.AssignStmt:
		return ast.Unparen(s.Rhs[0]) == e && identName(s.Lhs[0], "") == "" && identOf(s.Lhs[0]) != nil
	}
	return false
}

func (f *frame) mapEnds(joined *flow, s *asl.State, c mapCall) []outcome {
	out := f.resultType(c.CallExpr)
	result := sym{e: stateResult, t: out, full: true, raw: c.to == nil}
	tolerates := s.ToleratedFailureCount.Defined() || s.ToleratedFailurePercentage.Defined()
	switch {
	case c.to != nil:
		result.e = member{stateResult, "ResultWriterDetails"}
	case tolerates:
		result.e = f.succeeded(c, elemOf(out))
	}
	return f.ends(joined, s, result, out)
}

func (f *frame) refuseMapWrites(fn *closure, e env) {
	if fn.lit == nil {
		return
	}
	written := f.captured(fn)
	for _, lit := range fn.frame.literalsIn(e, fn.lit) {
		written = append(written, slices.DeleteFunc(f.captured(lit), func(k key) bool { return fn.declares(k.v) })...)
	}
	for _, k := range written {
		f.refuse(fn.lit, k.v.Name()+" is assigned inside the Map: iterations run at the same time", "return the value, and use Map's result")
	}
}

// succeeded is the results of a distributed map without those of the children that failed: AWS describes the child's execution in
// their place.
func (f *frame) succeeded(at ast.Node, elem types.Type) expr {
	if holdsArrays(elem) {
		f.refuse(at, "the results of a map that tolerates failures cannot be slices: JSONata would join them", "return a struct that holds the slice")
	}
	r := f.names.parameter("r")
	described := call{"$exists", []expr{member{ref{r}, "RedriveStatus"}}}
	return each{call{"$filter", []expr{stateResult, lambda{[]string{r}, negate(described)}}}}
}

// selector passes into the iterations what they read and only the Map state itself can: its input, and in a distributed map,
// whose iterations are executions of their own, every variable. Where there is no such thing, the item alone is the iteration's
// input. Batches have what is passed in once, beside their items.
func (f *frame) selector(s *asl.State, fn *closure, inside env, item *sym, all bool) {
	batched := s.ItemBatcher.Defined()
	passed := expr(stateInput)
	if batched {
		passed = member{stateInput, "BatchInput"}
		item.e = member{stateInput, "Items"}
	}
	var o object
	taken := map[string]bool{"item": true}
	for _, k := range f.passedIn(inside, f.readsIn(inside, fn), all) {
		v, name := inside[k], numbered(k.v.Name(), taken)
		taken[name] = true
		o.fields = append(o.fields, field{name: name, v: sym{e: v.use(), t: v.t}})
		v.e, v.raw, v.maybe = member{passed, name}, v.holey(), false
		inside[k] = v
	}
	switch {
	case len(o.fields) == 0:
	case batched:
		s.ItemBatcher = s.ItemBatcher.With("BatchInput", template(o))
	default:
		itself := field{name: "item", v: sym{e: atom{"states.context.Map.Item.Value"}}}
		s.ItemSelector = template(object{append([]field{itself}, o.fields...)})
		item.e = member{stateInput, "item"}
	}
}

func isConstant(e expr) bool {
	_, isDeployed := e.(deployed)
	return isLit(e) || isDeployed
}

// passedIn is the variables in used whose expression only the current state can evaluate, or all but constants.
func (f *frame) passedIn(e env, used vars, all bool) []key {
	var out []key
	for k, s := range e {
		if used[k.v] && s.fn == nil && (onEdge(s.e) || all && !isConstant(s.e)) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, byDeclaration)
	return out
}
