package compile

import (
	"go/ast"
	"go/types"
)

// iteration is what a range loop goes over: a number, a slice, or what an iterator of the standard library makes of one.
type iteration struct {
	of       ast.Expr
	kind     kind     // sliceKind or intKind
	index    ast.Expr // what takes the index, or nil
	item     ast.Expr // what takes the item
	itemType types.Type
	backward bool
	size     ast.Expr // of a chunk; nil: items come one by one
}

// iteration reads the head of a range loop.
func (f *frame) iteration(s *ast.RangeStmt) (iteration, bool) {
	it := iteration{of: s.X, kind: kindOf(f.typeOf(s.X)), index: s.Key, item: s.Value, itemType: elemOf(f.typeOf(s.X))}
	call, ok := ast.Unparen(s.X).(*ast.CallExpr)
	if !ok || it.kind != funcKind || f.callee(call) == nil {
		return it, it.kind == sliceKind || it.kind == intKind
	}
	switch name := fullName(f.callee(call)); name {
	case "slices.All", "slices.Backward":
		it.of, it.backward = call.Args[0], name == "slices.Backward"
	case "slices.Values":
		it.of, it.index, it.item = call.Args[0], nil, s.Key
	case "slices.Chunk":
		it.of, it.index, it.item, it.size = call.Args[0], nil, s.Key, call.Args[1]
	case "strings.SplitSeq":
		it.kind, it.itemType, it.index, it.item = sliceKind, types.Typ[types.String], nil, s.Key
		return it, true
	default:
		return it, false
	}
	it.kind, it.itemType = kindOf(f.typeOf(it.of)), elemOf(f.typeOf(it.of))
	if it.size != nil {
		it.itemType = f.typeOf(it.of)
	}
	return it, it.kind == sliceKind
}

// refuseRange refuses a loop over what has no order, or no items in JSON.
func (f *frame) refuseRange(at ast.Node, loop string, k kind) {
	why, hint := "", "go over a slice"
	switch k {
	case mapKind:
		why, hint = ": in Go a map's keys have another order each time", "go over a slice: slices.Sorted(maps.Keys(m))"
	case stringKind:
		why, hint = ": a string's characters have no form in JSONata", "go over strings.Split or strings.Fields"
	}
	f.refuse(at, loop+" goes over a slice or a number"+why, hint)
}

// rangeStmt counts: over a number, or over the items of a slice.
func (f *frame) rangeStmt(s *ast.RangeStmt, fs []*flow, label string) []*flow {
	it, ok := f.iteration(s)
	if !ok || f.hasStepsIn(s.X) {
		f.refuseRange(s.X, "a loop with steps", it.kind)
		return nil
	}
	f.refuseLiveItems(s, it)
	t := f.typeOf(it.of)
	if kindOf(t) == funcKind { // an iterator stands as the slice of its items
		t = types.NewSlice(it.itemType)
	}
	over := f.temporary("items", t)
	counter := f.temporary("index", types.Typ[types.Int])
	defer f.release(over, counter)
	if id, ok := it.index.(*ast.Ident); ok && id.Name != "_" {
		counter = f.temporary(id.Name, types.Typ[types.Int])
		defer f.release(counter)
	}
	for _, fl := range fs {
		x := &eval{frame: f, env: fl.env, host: fl.host}
		of := x.expr(it.of)
		of.t = t
		if it.kind == sliceKind && !of.full {
			of.e, of.full, of.maybe = of.items(), true, false
		}
		fl.env[over] = of
		fl.env[counter] = sym{e: num(0), t: types.Typ[types.Int]}
		if it.backward {
			fl.env[counter] = sym{e: before(x.length(nil, of)), t: types.Typ[types.Int]}
		}
	}
	l := steppedLoop{iteration: it, over: over, counter: counter, step: num(1)}
	if it.size != nil {
		l.step = f.chunkSize(it.size, fs[0]).e
	}
	return f.loop(fs, loopParts{
		at: s, label: label, body: s.Body, also: vars{counter.v: true}, when: l.goesOn,
		enter: func(fl *flow) { l.enter(&eval{frame: f, env: fl.env, host: fl.host}) },
		post:  l.next,
	})
}

// steppedLoop is a loop with steps: a variable counts, and its items are another's.
type steppedLoop struct {
	iteration
	over, counter key
	step          expr
}

func (l *steppedLoop) goesOn(fl *flow) expr {
	i, limit := fl.env[l.counter], fl.env[l.over]
	switch {
	case l.backward:
		return notNegative(i.e)
	case l.kind == sliceKind:
		limit = (&eval{}).length(nil, limit)
	}
	return less(i.e, limit.use())
}

// enter begins a round: the source's own variables are the counter, and an item or a chunk of them.
func (l *steppedLoop) enter(x *eval) {
	of, i := x.env[l.over], x.env[l.counter]
	if l.index != nil {
		x.assign(l.index, i)
	}
	switch {
	case l.item == nil:
	case l.size != nil:
		x.assign(l.item, x.between(of, i.e, binary{"+", i.e, l.step}))
	default:
		x.assign(l.item, sym{e: index{of.e, i.e}, t: l.itemType, raw: of.raw, maybe: of.raw, full: of.packed})
	}
}

func (l *steppedLoop) next(fs []*flow) []*flow {
	op := "+"
	if l.backward {
		op = "-"
	}
	for _, fl := range fs {
		fl.env[l.counter] = sym{e: binary{op, fl.env[l.counter].use(), l.step}, t: types.Typ[types.Int]}
	}
	return fs
}

// iterate makes a loop without steps go backward, or over chunks.
func (l *pureLoop) iterate(it iteration, of sym) {
	of.e = l.over
	count := l.length(nil, sym{e: of.e, t: types.NewSlice(it.itemType), full: true})
	switch {
	case it.size != nil:
		size := l.chunkSize(it.size, &flow{env: l.env, host: l.host}).e
		l.over, l.elem.full = numbers{num(0), binary{"-", callOf("$ceil", binary{"/", count.e, size}), num(1)}}, true
		l.derive = func(n expr) (index, item expr) {
			low := binary{"*", n, size}
			return n, l.between(of, low, binary{"+", low, size}).e
		}
	case it.backward && identName(it.index, "") != "":
		last := before(count)
		l.over = numbers{num(0), last}
		l.derive = func(n expr) (i, item expr) {
			i = binary{"-", last, n}
			return i, index{of.e, i}
		}
	case it.backward:
		l.over = each{callOf("$reverse", l.over)}
	}
}

// chunkSize is how many items a chunk has: a constant, as the loop adds it in each round.
func (f *frame) chunkSize(e ast.Expr, fl *flow) sym {
	s := (&eval{frame: f, env: fl.env, host: fl.host}).expr(e)
	if l, ok := s.e.(lit); !ok || l.v.Float() < 1 {
		f.refuse(e, "the size of a chunk must be a constant from 1 up", "make the chunks in a handler")
		s.e = num(1)
	}
	return s
}

// between is the items of a slice that is not nil whose index is from low up, and below high.
func (x *eval) between(of sym, low, high expr) sym {
	item, at := x.names.parameter("item"), x.names.parameter("i")
	test := binary{"and", binary{">=", ref{at}, low}, binary{"<", ref{at}, high}}
	of.e, of.some = x.those(of, of.e, item, at, test), false
	return of
}

// those is the items that a test of the item and its index takes. $filter would join items that are slices, where it takes one.
func (x *eval) those(of sym, items expr, item, at string, test expr) expr {
	if !holdsArrays(elemOf(of.t)) {
		return each{call{"$filter", []expr{items, lambda{[]string{item, at}, test}}}}
	}
	acc := x.names.parameter("acc")
	one := array{[]expr{itemOf(of, ref{item}).item()}}
	return call{"$reduce", []expr{items, lambda{[]string{acc, item, at}, cond{test, call{"$append", []expr{ref{acc}, one}}, ref{acc}}}, array{}}}
}

func notNegative(e expr) expr {
	if l, ok := e.(lit); ok {
		return boolLit(l.v.Float() >= 0)
	}
	return binary{">=", e, num(0)}
}

func callOf(fn string, args ...expr) expr { return call{fn, args} }
