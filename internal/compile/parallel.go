package compile

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
)

// parallelStep is a Parallel state: each branch gives back what it assigned outside.
func (f *frame) parallelStep(e *ast.CallExpr, fs []*flow) []outcome {
	f.atCall(e)
	joined := f.join(fs, nil)
	s := joined.m.newState(asl.Parallel, f.blockName("Parallel"), f.position(e))
	f.describe(s, f.at)
	joined.enter(s)
	after := joined.env.clone()
	branches := f.branches(joined, e.Args[1:])
	f.divide(branches)
	f.refuseRaces(branches)
	x := &eval{frame: f, env: after}
	for i, b := range branches {
		m := f.subMachine(joined.m)
		m.branch(f, b.fn, nil, &flow{m: m, host: entryHost{m}, env: joined.env.clone()}, b.parts)
		s.Branches = append(s.Branches, m.asl)
		for _, p := range b.parts {
			p.set(x, f.branchResult(i, p, b.parts))
		}
	}
	outs := f.ends(joined, s, sym{}, nil)
	outs[0].env = after
	for _, b := range branches {
		for _, p := range b.parts {
			was := p.whole().get(&eval{frame: f, env: joined.env})
			was.lost = true
			outs[1].env[p.key] = was
		}
	}
	return outs
}

// branchOf is a branch of a Parallel.
type branchOf struct {
	arg    ast.Expr
	fn     *closure
	writes []piece // all that it assigns outside
	parts  []piece // what it gives back: variables, or fields of those that several branches assign
}

func (f *frame) branches(joined *flow, args []ast.Expr) []*branchOf {
	var out []*branchOf
	for _, arg := range args {
		x := &eval{frame: f, env: joined.env, host: joined.host}
		fn := x.expr(arg).fn
		if fn == nil || fn.lit == nil {
			f.refuse(arg, "a branch must be a function literal, or a variable that holds one", "write func(c flow.Context) error { ... }")
			continue
		}
		b := &branchOf{arg: arg, fn: fn}
		for _, lit := range append([]*closure{fn}, fn.frame.literalsIn(joined.env, fn.lit)...) {
			lit.frame.assignments(lit.lit, func(place ast.Expr, _ []types.Type) {
				if p, ok := lit.frame.piece(place); ok && !fn.declares(p.v) && !lit.declares(p.v) {
					b.writes = append(b.writes, p)
				}
			})
		}
		out = append(out, b)
	}
	return out
}

// declares says whether a variable is the literal's own.
func (c *closure) declares(v *types.Var) bool { return c.lit.Pos() <= v.Pos() && v.Pos() < c.lit.End() }

// piece is a variable, or a field of a field of one.
type piece struct {
	key
	at   ast.Expr
	path []*types.Var // as the source has it
	full string       // with the names of embedded structs
	as   string       // its name in the output of a branch
}

// piece is the piece of a variable that an expression names, as far as it is made of fields.
func (f *frame) piece(e ast.Expr) (piece, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, _ := f.pkg.info.ObjectOf(e).(*types.Var)
		if v == nil {
			return piece{}, false
		}
		k, ok := f.key(v)
		return piece{key: k, at: e}, ok
	case *ast.SelectorExpr:
		p, ok := f.piece(e.X)
		sel := f.pkg.info.Selections[e]
		if !ok || sel == nil || sel.Kind() != types.FieldVal || p.at != ast.Unparen(e.X) {
			return p, ok
		}
		return p.field(e, sel), true
	case *ast.IndexExpr:
		return f.piece(e.X)
	case *ast.StarExpr:
		return f.piece(e.X)
	}
	return piece{}, false
}

// field is a field of p, unless it is behind a pointer in a field.
func (p piece) field(e *ast.SelectorExpr, sel *types.Selection) piece {
	if _, pointer := sel.Recv().Underlying().(*types.Pointer); pointer && len(p.path) > 0 {
		return p
	}
	t := structOf(sel.Recv())
	for _, i := range sel.Index() {
		v := structOf(t).Underlying().(*types.Struct).Field(i)
		p.full += "." + v.Name()
		t = v.Type()
	}
	p.at, p.path = e, append(slices.Clone(p.path), sel.Obj().(*types.Var))
	return p
}

// overlaps says whether one of two parts is, or holds, the other.
func (p piece) overlaps(q piece) bool {
	return p.key == q.key && (strings.HasPrefix(p.full+".", q.full+".") || strings.HasPrefix(q.full+".", p.full+"."))
}

func (p piece) whole() piece { return piece{key: p.key} }

func (p piece) get(x *eval) sym {
	s, ok := x.env[p.key]
	if !ok {
		s = zeroSym(x.subst(p.v.Type()))
	}
	for _, v := range p.path {
		s = x.fieldOf(p.at, s, v)
	}
	return s
}

func (p piece) set(x *eval, to sym) { x.env[p.key] = p.within(x, p.whole().get(x), p.path, to) }

func (p piece) within(x *eval, s sym, path []*types.Var, to sym) sym {
	if len(path) == 0 {
		return to
	}
	return x.setField(p.at, s, path[0], p.within(x, x.fieldOf(p.at, s, path[0]), path[1:], to))
}

// divide says what each branch gives back: the variables that it assigns, and of those that others assign too, the fields.
func (f *frame) divide(branches []*branchOf) {
	for _, b := range branches {
		taken := map[string]bool{}
		for _, p := range b.writes {
			by := slices.ContainsFunc(branches, func(o *branchOf) bool { return o != b && o.assigns(p.key) })
			if !by {
				p = p.whole()
			}
			if slices.ContainsFunc(b.parts, func(q piece) bool { return q.overlaps(p) && len(q.path) <= len(p.path) }) {
				continue
			}
			b.parts = slices.DeleteFunc(b.parts, p.overlaps)
			b.parts = append(b.parts, p)
		}
		slices.SortFunc(b.parts, func(p, q piece) int {
			if p.key != q.key {
				return byDeclaration(p.key, q.key)
			}
			return strings.Compare(p.full, q.full)
		})
		for i, p := range b.parts {
			b.parts[i].as = numbered(p.name(), taken)
			taken[b.parts[i].as] = true
		}
	}
	for i, b := range branches {
		for _, p := range b.parts {
			for _, o := range branches[:i] {
				if slices.ContainsFunc(o.parts, p.overlaps) {
					f.refuse(b.arg, p.v.Name()+p.full+" is assigned by two branches of this Parallel", "give each branch a variable or a field of its own")
				}
			}
		}
	}
}

func (p piece) name() string {
	if len(p.path) > 0 {
		return p.path[len(p.path)-1].Name()
	}
	return p.v.Name()
}

func (b *branchOf) assigns(k key) bool {
	return slices.ContainsFunc(b.writes, func(p piece) bool { return p.key == k })
}

// refuseRaces finds branches that read what another branch assigns: in Go that is a data race, in a state machine it never works.
func (f *frame) refuseRaces(branches []*branchOf) {
	for _, b := range branches {
		for _, r := range b.fn.frame.mentions(b.fn.lit) {
			for _, o := range branches {
				if o != b && !slices.ContainsFunc(b.parts, r.overlaps) && slices.ContainsFunc(o.parts, r.overlaps) {
					f.refuse(b.arg, "this branch reads "+r.v.Name()+r.full+", which another branch assigns at the same time", "read it after the Parallel")
				}
			}
		}
	}
}

// mentions is the parts of variables that a piece of source names.
func (f *frame) mentions(n ast.Node) []piece {
	var out []piece
	ast.Inspect(n, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.SelectorExpr:
			if p, ok := f.piece(e); ok && p.at == ast.Expr(e) {
				out = append(out, p)
				return false
			}
		case *ast.Ident:
			if p, ok := f.piece(e); ok {
				out = append(out, p)
			}
		}
		return true
	})
	return out
}

// branchResult reads what branch i gave a piece.
func (f *frame) branchResult(i int, p piece, all []piece) sym {
	e := expr(index{stateResult, num(int64(i))})
	if len(all) > 1 {
		e = member{e, p.as}
	}
	t := p.v.Type()
	if len(p.path) > 0 {
		t = p.path[len(p.path)-1].Type()
	}
	return sym{e: e, t: f.subst(t), raw: true}
}
