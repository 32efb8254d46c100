package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// program is the source that the workflows are made of: their packages, and those of the module whose functions they call.
type program struct {
	root      string // of their module
	overlay   map[string][]byte
	texts     map[string]string // by file
	byPath    map[string]*pkg
	graph     map[string]*listed         // these, and all that they import
	deps      map[string]map[string]bool // of packages whose imports were followed
	fset      *token.FileSet             // of parsed
	parsed    map[string]*ast.File
	effects   map[*ast.FuncDecl]*effect
	workflows []Workflow
}

// pkg is a package with its source.
type pkg struct {
	path     string
	fset     *token.FileSet
	types    *types.Package
	info     *types.Info
	decls    map[*types.Func]*ast.FuncDecl
	vars     map[*types.Var]ast.Expr
	holders  []holding
	changed  map[*types.Var]bool
	through  map[*types.Var]bool // what they hold is changed, whoever else holds it
	analysed map[ast.Node]*liveness
	comments map[commentAt]*ast.CommentGroup
}

type commentAt struct {
	file string
	line int
}

func newPkg(path string, fset *token.FileSet, files []*ast.File, t *types.Package, info *types.Info) *pkg {
	p := &pkg{
		path: path, fset: fset, types: t, info: info, decls: map[*types.Func]*ast.FuncDecl{}, vars: map[*types.Var]ast.Expr{},
		changed: map[*types.Var]bool{}, through: map[*types.Var]bool{}, analysed: map[ast.Node]*liveness{}, comments: map[commentAt]*ast.CommentGroup{},
	}
	for _, file := range files {
		p.index(file)
	}
	return p
}

func (p *pkg) index(file *ast.File) {
	for _, g := range file.Comments {
		end := p.fset.Position(g.End())
		p.comments[commentAt{end.Filename, end.Line}] = g
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if fn, ok := p.info.Defs[n.Name].(*types.Func); ok {
				p.decls[fn] = n
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				v, ok := p.info.Defs[name].(*types.Var)
				if ok && v.Parent() == p.types.Scope() && i < len(n.Values) {
					p.vars[v] = n.Values[i]
				}
				if ok && len(n.Names) == len(n.Values) {
					p.noteHolder(v, n.Values[i])
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				p.noteChange(l)
				if id := identOf(l); id != nil && len(n.Lhs) == len(n.Rhs) {
					v, _ := p.info.ObjectOf(id).(*types.Var)
					p.noteHolder(v, n.Rhs[i])
				}
			}
		case *ast.IncDecStmt:
			p.noteChange(n.X)
		case *ast.CallExpr:
			p.noteCall(n)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				p.noteThrough(n.X)
			}
		}
		return true
	})
	for again := true; again; {
		again = false
		for _, h := range p.holders {
			if p.through[h.v] && !p.through[h.of] {
				p.changed[h.of], p.through[h.of], again = true, true, true
			}
		}
	}
}

// holding is a variable that may hold the map, the slice or the pointer that a package's variable holds.
type holding struct{ v, of *types.Var }

// noteHolder notes that v comes to hold what e is, where that is a package's variable.
func (p *pkg) noteHolder(v *types.Var, e ast.Expr) {
	id := identOf(e)
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
		id = sel.Sel
	}
	if id == nil || v == nil {
		return
	}
	of, ok := p.info.Uses[id].(*types.Var)
	if !ok || of.Pkg() == nil || of.Parent() != of.Pkg().Scope() {
		return
	}
	switch of.Type().Underlying().(type) {
	case *types.Map, *types.Slice, *types.Pointer:
		p.holders = append(p.holders, holding{v, of})
	}
}

// noteChange notes that the variable in which a path of fields and items begins is not what it was initialised with.
func (p *pkg) noteChange(e ast.Expr) {
	v, whole := p.changeable(e)
	if v == nil {
		return
	}
	p.changed[v] = true
	if !whole {
		p.through[v] = true
	}
}

// noteThrough notes that what a path leads to may be changed, whoever else holds it.
func (p *pkg) noteThrough(e ast.Expr) {
	if v, _ := p.changeable(e); v != nil {
		p.changed[v], p.through[v] = true, true
	}
}

// changeable is the variable in which a path begins; whole says that there is nothing behind it.
func (p *pkg) changeable(e ast.Expr) (v *types.Var, whole bool) {
	whole = true
	for {
		if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && p.isPackage(id) {
				e = sel.Sel
			}
		}
		of := base(e)
		if of == nil {
			break
		}
		e, whole = of, false
	}
	if id := identOf(e); id != nil {
		v, _ = p.info.Uses[id].(*types.Var)
	}
	return v, whole
}

func (p *pkg) isPackage(id *ast.Ident) bool {
	_, ok := p.info.Uses[id].(*types.PkgName)
	return ok
}

// noteArguments notes the package's variables that a function is given.
func (p *pkg) noteArguments(e *ast.CallExpr) {
	id := identOf(e.Fun)
	if id == nil {
		return
	}
	if fn, ok := p.info.Uses[id].(*types.Func); ok {
		for i, a := range e.Args[:min(len(e.Args), fn.Signature().Params().Len())] {
			p.noteHolder(fn.Signature().Params().At(i), a)
		}
	}
}

// noteCall notes what a call can change: the receiver of a method with a pointer, the first argument of delete, clear and copy, and of
// the functions that change a slice or a map, and that of append which is a part of a slice.
func (p *pkg) noteCall(e *ast.CallExpr) {
	p.noteArguments(e)
	switch fun := ast.Unparen(e.Fun).(type) {
	case *ast.Ident:
		if _, builtin := p.info.Uses[fun].(*types.Builtin); !builtin {
			return
		}
		switch fun.Name {
		case "delete", "clear", "copy":
			p.noteThrough(e.Args[0])
		case "append":
			if part, ok := ast.Unparen(e.Args[0]).(*ast.SliceExpr); ok {
				p.noteThrough(part.X)
			}
		}
	case *ast.SelectorExpr:
		if fn, ok := p.info.Uses[fun.Sel].(*types.Func); ok && changesFirst(fn) && len(e.Args) > 0 {
			p.noteThrough(e.Args[0])
		}
		s := p.info.Selections[fun]
		if s == nil || s.Kind() != types.MethodVal {
			return
		}
		if _, pointer := s.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer); pointer {
			p.noteThrough(fun.X)
		}
	}
}

func (p *pkg) decl(fn *types.Func) *ast.FuncDecl { return p.decls[fn.Origin()] }

func (p *pkg) declNamed(name string) *ast.FuncDecl {
	fn, ok := p.types.Scope().Lookup(name).(*types.Func)
	if !ok {
		return nil
	}
	return p.decls[fn]
}

// variable is what a package variable is initialised with, and whether anything assigns to it.
func (p *pkg) variable(v *types.Var) (init ast.Expr, changed bool) { return p.vars[v], p.changed[v] }

// changed says whether any package that is loaded changes a package's variable.
func (prog *program) changed(v *types.Var) bool {
	for _, p := range prog.byPath {
		for other := range p.changed {
			if other == v || other.Name() == v.Name() && other.Pkg() != nil && other.Pkg().Path() == v.Pkg().Path() && other.Parent() == other.Pkg().Scope() {
				return true
			}
		}
	}
	return false
}

func (p *pkg) liveness(node ast.Node) *liveness {
	if p.analysed[node] == nil {
		p.analysed[node] = analyse(p.info, node)
	}
	return p.analysed[node]
}

func (prog *program) packageOf(t *types.Package) *pkg {
	if t == nil {
		return nil
	}
	return prog.byPath[t.Path()]
}

// comment is the comment above a statement, or at the end of its line.
func (p *pkg) comment(n ast.Node) string {
	at := p.fset.Position(n.Pos())
	if g := p.comments[commentAt{at.Filename, at.Line - 1}]; g != nil && p.fset.Position(g.Pos()).Column <= at.Column {
		return docText(g)
	}
	return p.lineComment(n)
}

// lineComment is the comment behind the first line of a statement.
func (p *pkg) lineComment(n ast.Node) string {
	at := p.fset.Position(n.Pos())
	if g := p.comments[commentAt{at.Filename, at.Line}]; g != nil && p.fset.Position(g.Pos()).Column > at.Column {
		return docText(g)
	}
	return ""
}

// docText is a comment as one line.
func docText(g *ast.CommentGroup) string { return strings.Join(strings.Fields(g.Text()), " ") }

// subst is t with the type parameters of the call replaced.
func (f *frame) subst(t types.Type) types.Type {
	if len(f.types) == 0 || t == nil {
		return t
	}
	switch t := t.(type) {
	case *types.TypeParam:
		if to, ok := f.types[t]; ok {
			return to
		}
	case *types.Slice:
		return types.NewSlice(f.subst(t.Elem()))
	case *types.Pointer:
		return types.NewPointer(f.subst(t.Elem()))
	case *types.Map:
		return types.NewMap(f.subst(t.Key()), f.subst(t.Elem()))
	case *types.Named:
		return f.substNamed(t)
	}
	return t
}

func (f *frame) substNamed(t *types.Named) types.Type {
	if t.TypeArgs().Len() == 0 {
		return t
	}
	args := make([]types.Type, t.TypeArgs().Len())
	for i := range args {
		args[i] = f.subst(t.TypeArgs().At(i))
	}
	out, err := types.Instantiate(nil, t.Origin(), args, false)
	if err != nil {
		return t
	}
	return out
}

func (f *frame) typeOf(e ast.Expr) types.Type { return f.subst(f.pkg.info.TypeOf(e)) }
