package jsonata

import "github.com/stride-aws/stride/internal/value"

// function is what a Func holds: one of a lambda with the frame it was made in, a built-in function, or native code.
type function struct {
	lambda  *lambdaNode
	frame   *frame
	input   value.Value
	builtin *builtin
	native  func(r *run, args []value.Value) (value.Value, error)
	arity   int  // of native
	chained bool // native, but a lambda to the reference
	regex   *regexFunc
}

// functionOf is the function that v holds, nil where it is none.
func functionOf(v value.Value) *function {
	if v.Kind() != value.Func {
		return nil
	}
	fn, _ := v.Func().(*function)
	return fn
}

func (fn *function) value() value.Value { return value.OfFunc(fn).WithTag(tagOdd) }

// object reports whether fn is an object to the reference, and so true; native JavaScript functions are not.
func (fn *function) object() bool {
	return fn != nil && (fn.lambda != nil || fn.builtin != nil || fn.chained)
}

// params is how many arguments fn takes, as functions that call functions ask.
func (fn *function) params() int {
	switch {
	case fn.lambda != nil:
		return len(fn.lambda.params)
	case fn.builtin != nil:
		return fn.builtin.arity
	}
	return fn.arity
}

// lambdaNode makes a function.
type lambdaNode struct {
	params    []int // slots
	body      node
	info      *frameInfo
	signature *signature
}

func (c *compiler) lambda(t *tree) node {
	c.hold()
	n := &lambdaNode{info: &frameInfo{}, signature: t.syntax.signature}
	var names []string
	for _, p := range t.syntax.list {
		names = append(names, p.text)
	}
	inner := newScope(c.scope, n.info, append(names, bindings(t.rhs)...))
	for _, name := range names {
		n.params = append(n.params, inner.names[name])
	}
	c.in(inner, 0, func() { n.body = c.node(t.rhs) })
	return n
}

const functionSize = 160

func (n *lambdaNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	return (&function{lambda: n, frame: f, input: in}).value(), r.take(functionSize)
}

// call applies fn. Calls that a function's body ends in are made here, one after the other, so that they take no stack.
func (r *run) call(fn *function, args []value.Value, context value.Value) (value.Value, error) {
	base := len(r.args)
	r.stack += callFrames
	for {
		v, err := r.callOnce(fn, args, context)
		if err != nil || v.Kind() != value.Undefined || v.Tag() != tagTail {
			r.args = r.args[:base]
			r.stack -= callFrames
			return v, err
		}
		n := copy(r.args[base:], r.args[r.tail.base:])
		r.args = r.args[:base+n]
		fn, args = r.tail.fn, r.args[base:]
	}
}

func (r *run) callOnce(fn *function, args []value.Value, context value.Value) (value.Value, error) {
	if err := r.step(1); err != nil {
		return nothing, err
	}
	switch {
	case fn == nil:
		return nothing, fail("T1006")
	case fn.lambda != nil:
		return r.callLambda(fn, args, context)
	case fn.builtin != nil:
		return r.callBuiltin(fn.builtin, args, context)
	case fn.regex != nil:
		return fn.regex.call(r, args)
	}
	return fn.native(r, args)
}

func (r *run) callLambda(fn *function, args []value.Value, context value.Value) (value.Value, error) {
	l := fn.lambda
	if r.depth >= r.maxDepth || r.stack > maxStack {
		return nothing, limitError("Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive.")
	}
	if l.signature != nil {
		var err error
		if args, err = l.signature.validate(nil, args, context); err != nil {
			return nothing, err
		}
	}
	f, err := r.frame(l.info, fn.frame)
	if err != nil {
		return nothing, err
	}
	for i, slot := range l.params {
		if i < len(args) {
			f.slots[slot] = bound(args[i])
		} else {
			f.slots[slot] = bound(nothing)
		}
	}
	v, err := l.body.eval(r, f, fn.input)
	r.drop(l.info, f)
	return v, err
}

// longText is from how many bytes on strings count as more than one step.
const longText = 256

func (r *run) callBuiltin(b *builtin, args []value.Value, context value.Value) (value.Value, error) {
	for i := range args {
		if n := len(args[i].Str()); n > longText {
			if err := r.step(n / 64); err != nil {
				return nothing, err
			}
		}
	}
	if !b.signature.fits(args) {
		base := len(r.args)
		all, err := b.signature.validate(r.args, args, context)
		if err != nil {
			return nothing, err
		}
		r.args = all
		args = all[base:]
	}
	return b.impl(r, args)
}

// apply calls a function that was handed to a function, with as many of the arguments as it takes.
func (r *run) apply(fn *function, args ...value.Value) (value.Value, error) {
	return r.applyAll(fn, args[:min(len(args), max(1, fn.params()))]...)
}

// applyAll calls a function that was handed to a function with all of the arguments.
func (r *run) applyAll(fn *function, args ...value.Value) (value.Value, error) {
	base := len(r.args)
	r.args = append(r.args, args...)
	v, err := r.call(fn, r.args[base:], value.NullValue)
	r.args = r.args[:base]
	return v, err
}

// callNode is a call.
type callNode struct {
	function node
	hint     node // for the error of a call of a name: the variable of that name
	args     []node
	name     string // of the function, for errors
	pos      int
	depth    int
	raw      bool // the sequence it may return stays unfinished
	tail     bool
	count    *arrayItem // $count of a range, which need not be built
}

func (c *compiler) call(t *tree, raw bool) node {
	n := &callNode{raw: raw || t.tail, tail: t.tail, pos: t.pos, depth: c.depth}
	if t.tail { // it is made when the function's body is done
		n.depth = 0
	}
	c.in(c.scope, n.depth, func() {
		n.function = c.node(t.lhs)
		n.args = c.nodes(t.list)
	})
	n.name, n.hint = c.callee(t.lhs)
	if len(n.args) == 1 {
		n.countRange(c)
	}
	return n
}

// callee is the name of what is called, and where it is a field's, the variable of that name.
func (c *compiler) callee(t *tree) (string, node) {
	if t.kind == kindPath && t.steps[0].kind == kindName {
		name := t.steps[0].text
		if name == "" {
			return "", nil
		}
		return name, c.reference(name)
	}
	if t.kind == kindVariable {
		return t.text, nil
	}
	return "", nil
}

func (n *callNode) countRange(c *compiler) {
	g, ok := n.function.(globalNode)
	if !ok || c.program.globals[g.index].name != "count" {
		return
	}
	if a, ok := n.args[0].(*arrayNode); ok && len(a.items) == 1 && a.items[0].to != nil {
		n.count = &a.items[0]
	}
}

func (n *callNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	return n.invoke(r, f, in, nil)
}

// invoke makes the call; first, if there is one, is an argument before the others, as ~> passes it.
func (n *callNode) invoke(r *run, f *frame, in value.Value, first *value.Value) (value.Value, error) {
	v, err := n.function.eval(r, f, in)
	if err != nil {
		return nothing, err
	}
	fn := functionOf(v)
	if fn == nil && !v.Defined() && n.hint != nil {
		if err := n.forgotten(r, f, in, "T1005"); err != nil {
			return nothing, err
		}
	}
	if n.count != nil && first == nil && fn != nil && fn.builtin == countBuiltin {
		_, count, err := n.count.bounds(r, f, in)
		return value.OfFloat(float64(count)), err
	}
	base := len(r.args)
	if first != nil {
		r.args = append(r.args, *first)
	}
	if err := n.arguments(r, f, in, fn); err != nil {
		r.args = r.args[:base]
		return nothing, err
	}
	if n.tail && fn != nil && fn.lambda != nil {
		r.tail.fn, r.tail.base = fn, base
		return nothing.WithTag(tagTail), nil
	}
	r.depth += n.depth
	r.stack += n.depth
	v, err = r.call(fn, r.args[base:], in)
	r.depth -= n.depth
	r.stack -= n.depth
	r.args = r.args[:base]
	if err != nil {
		return nothing, n.place(err, fn)
	}
	if n.raw {
		return v, nil
	}
	return finish(v, false), nil
}

// arguments pushes the values of the arguments.
func (n *callNode) arguments(r *run, f *frame, in value.Value, fn *function) error {
	for _, arg := range n.args {
		v, err := arg.eval(r, f, in)
		if err != nil {
			return err
		}
		if v.Kind() == value.Func && !n.tail { // a tail call passes them as they are
			wrapped := *functionOf(v) // equal to itself only, as the reference's wrapper is
			v = value.OfFunc(&wrapped).WithTag(v.Tag() | tagWrapped)
		}
		r.args = append(r.args, v)
	}
	return nil
}

// forgotten is the error of a call of a field where a variable of that name exists.
func (n *callNode) forgotten(r *run, f *frame, in value.Value, code string) error {
	v, err := n.hint.eval(r, f, in)
	if err != nil || !scriptTruth(v) {
		return err
	}
	return newError(code, details{position: n.pos, token: n.name})
}

// scriptTruth is JavaScript's idea of truth.
func scriptTruth(v value.Value) bool {
	switch v.Kind() {
	case value.Undefined, value.Null:
		return false
	case value.Bool:
		return v.Bool()
	case value.Number:
		return v.Float() != 0 && v.Float() == v.Float()
	case value.String:
		return v.Str() != ""
	}
	return true
}

// place gives an error the position of the call, and its function where it names none.
func (n *callNode) place(err error, fn *function) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	position, token := n.pos, n.name
	if !fn.object() && e.Position != 0 {
		position = e.Position
	}
	if e.Token != "" {
		token = e.Token
	}
	if position == e.Position && token == e.Token {
		return err
	}
	return at(e, position, token)
}

// applyNode is left ~> right.
type applyNode struct {
	left, right node
	call        *callNode // where right is a call, which gets left as its first argument
	depth, pos  int
	keep, raw   bool
}

func (c *compiler) apply(t *tree, raw bool) node {
	n := &applyNode{left: c.node(t.lhs), depth: c.depth, pos: t.pos, keep: t.keepArray, raw: raw}
	if t.rhs.kind == kindCall { // the reference overlooks predicates behind the call
		n.call = c.call(t.rhs, true).(*callNode)
	} else {
		n.right = c.node(t.rhs)
	}
	return n
}

func (n *applyNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.value(r, f, in)
	if err != nil || n.raw {
		return v, err
	}
	return finish(v, n.keep), nil
}

func (n *applyNode) value(r *run, f *frame, in value.Value) (value.Value, error) {
	if n.call != nil && n.call.name == "count" && len(n.call.args) == 0 {
		if v, ok, err := n.countRange(r, f, in); ok || err != nil {
			return v, err
		}
	}
	left, err := n.left.eval(r, f, in)
	if err != nil {
		return nothing, err
	}
	if n.call != nil {
		return n.call.invoke(r, f, in, &left)
	}
	v, err := n.right.eval(r, f, in)
	if err != nil {
		return nothing, err
	}
	fn := functionOf(v)
	if fn == nil {
		return nothing, newError("T2006", details{position: n.pos, value: v})
	}
	if first := functionOf(left); first != nil {
		return chain(first, fn).value(), r.take(functionSize)
	}
	r.depth += n.depth
	v, err = r.apply(fn, left)
	r.depth -= n.depth
	return v, err
}

// countRange is the length of a range that is only counted.
func (n *applyNode) countRange(r *run, f *frame, in value.Value) (value.Value, bool, error) {
	a, ok := n.left.(*arrayNode)
	if !ok || len(a.items) != 1 || a.items[0].to == nil {
		return nothing, false, nil
	}
	v, err := n.call.function.eval(r, f, in)
	if fn := functionOf(v); err != nil || fn == nil || fn.builtin != countBuiltin {
		return nothing, false, err
	}
	_, count, err := a.items[0].bounds(r, f, in)
	return value.OfFloat(float64(count)), true, err
}

// chain is the function that applies first, then second.
func chain(first, second *function) *function {
	return &function{arity: 1, chained: true, native: func(r *run, args []value.Value) (value.Value, error) {
		v, err := r.apply(first, argument(args, 0))
		if err != nil {
			return v, err
		}
		return r.apply(second, finish(v, false))
	}}
}

func argument(args []value.Value, i int) value.Value {
	if i < len(args) {
		return args[i]
	}
	return nothing
}

// partialNode is a call with placeholders: it makes the function of what they leave open.
type partialNode struct {
	call *callNode
	open []bool // arguments that are placeholders
}

func (c *compiler) partial(t *tree) node {
	n := &partialNode{call: &callNode{pos: t.pos, function: c.node(t.lhs)}}
	n.call.name, n.call.hint = c.callee(t.lhs)
	for _, arg := range t.list {
		open := arg.kind == kindPlaceholder
		n.open = append(n.open, open)
		if open {
			n.call.args = append(n.call.args, literalNode{})
		} else {
			n.call.args = append(n.call.args, c.node(arg))
		}
	}
	return n
}

func (n *partialNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	args := make([]value.Value, len(n.call.args))
	for i, arg := range n.call.args {
		var err error
		if args[i], err = arg.eval(r, f, in); err != nil {
			return nothing, err
		}
	}
	v, err := n.call.function.eval(r, f, in)
	if err != nil {
		return nothing, err
	}
	fn := functionOf(v)
	if fn == nil {
		if !v.Defined() && n.call.hint != nil {
			if err := n.call.forgotten(r, f, in, "T1007"); err != nil {
				return nothing, err
			}
		}
		return nothing, newError("T1008", details{position: n.call.pos, token: n.call.name})
	}
	return n.bind(fn, args).value(), r.take(functionSize + len(args)*itemSize)
}

// bind is fn with args, but for the open ones. Parameters that the call does not mention are nothing.
func (n *partialNode) bind(fn *function, args []value.Value) *function {
	var open []int
	for i := range min(len(args), fn.declared()) {
		if n.open[i] {
			open = append(open, i)
		}
	}
	return &function{arity: len(open), chained: true, native: func(r *run, given []value.Value) (value.Value, error) {
		all := make([]value.Value, fn.declared())
		copy(all, args)
		for i, at := range open {
			all[at] = argument(given, i)
		}
		return r.callBound(fn, all)
	}}
}

// declared is how many parameters fn declares.
func (fn *function) declared() int {
	if fn.builtin != nil {
		return len(fn.builtin.signature.params)
	}
	return fn.params()
}

// callBound calls a function that was partially applied: without looking at the signature of a lambda.
func (r *run) callBound(fn *function, args []value.Value) (value.Value, error) {
	if fn.lambda == nil || fn.lambda.signature == nil {
		return r.call(fn, args, value.NullValue)
	}
	bare := *fn.lambda
	bare.signature = nil
	return r.call(&function{lambda: &bare, frame: fn.frame, input: fn.input}, args, value.NullValue)
}
