package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stride-aws/stride/internal/diag"
)

// program is the source that the workflows are made of: their packages, and those of the module whose functions they call.
type program struct {
	root      string
	overlay   map[string][]byte
	files     map[string][]byte
	byPath    map[string]*pkg
	graph     map[string]*packages.Package // these, and all that they import
	fset      *token.FileSet               // of parsed
	parsed    map[string]*ast.File
	effects   map[*ast.FuncDecl]*effect
	workflows []Workflow
}

// pkg is a package with its source.
type pkg struct {
	path     string
	fset     *token.FileSet
	files    []*ast.File
	types    *types.Package
	info     *types.Info
	decls    map[*types.Func]*ast.FuncDecl
	vars     map[*types.Var]ast.Expr
	changed  map[*types.Var]bool
	analysed map[ast.Node]*liveness
	comments map[commentAt]*ast.CommentGroup
}

type commentAt struct {
	file string
	line int
}

// load type-checks the packages of the workflows from source, and takes what they import from the build cache. Packages of the
// same module whose functions the workflows call without steps are needed as source too: they are found, and loading goes round
// again with them.
func load(dir string, workflows []Workflow, overlay map[string][]byte) (*program, error) {
	var paths []string
	for _, w := range workflows {
		if !slices.Contains(paths, w.Package) {
			paths = append(paths, w.Package)
		}
	}
	for {
		prog, err := loadPackages(dir, paths, overlay)
		if err != nil {
			return nil, err
		}
		prog.workflows = workflows
		more := prog.missing(workflows)
		if len(more) == 0 {
			return prog, nil
		}
		paths = append(paths, more...)
	}
}

const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes |
	packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes | packages.NeedModule | packages.NeedExportFile

func loadPackages(dir string, paths []string, overlay map[string][]byte) (*program, error) {
	loaded, err := packages.Load(&packages.Config{Mode: loadMode, Dir: dir, Overlay: overlay}, paths...)
	if err != nil {
		return nil, err
	}
	prog := &program{
		root: dir, overlay: overlay, files: map[string][]byte{}, byPath: map[string]*pkg{}, graph: map[string]*packages.Package{},
		fset: token.NewFileSet(), parsed: map[string]*ast.File{}, effects: map[*ast.FuncDecl]*effect{},
	}
	packages.Visit(loaded, nil, func(p *packages.Package) { prog.graph[p.PkgPath] = p })
	var found diag.List
	for _, l := range loaded {
		if l.Module != nil {
			prog.root = l.Module.Dir
		}
		for _, e := range l.Errors {
			found = append(found, loadError(prog.root, e))
		}
		prog.byPath[l.PkgPath] = newPkg(l)
	}
	return prog, found.Err()
}

// loadError is a finding of go list or of the type checker.
func loadError(root string, e packages.Error) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: "GO", Severity: diag.Error, Message: e.Msg}
	parts := strings.Split(e.Pos, ":")
	if len(parts) >= 2 {
		d.Place.File = parts[0]
		if rel, err := filepath.Rel(root, parts[0]); err == nil && !strings.HasPrefix(rel, "..") {
			d.Place.File = filepath.ToSlash(rel)
		}
		d.Place.Line, _ = strconv.Atoi(parts[1])
	}
	if len(parts) >= 3 {
		d.Place.Column, _ = strconv.Atoi(parts[2])
	}
	return d
}

func newPkg(l *packages.Package) *pkg {
	p := &pkg{
		path: l.PkgPath, fset: l.Fset, files: l.Syntax, types: l.Types, info: l.TypesInfo, decls: map[*types.Func]*ast.FuncDecl{},
		vars: map[*types.Var]ast.Expr{}, changed: map[*types.Var]bool{}, analysed: map[ast.Node]*liveness{}, comments: map[commentAt]*ast.CommentGroup{},
	}
	for _, file := range l.Syntax {
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
				if v, ok := p.info.Defs[name].(*types.Var); ok && v.Parent() == p.types.Scope() && i < len(n.Values) {
					p.vars[v] = n.Values[i]
				}
			}
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				p.noteChange(l)
			}
		case *ast.IncDecStmt:
			p.noteChange(n.X)
		case *ast.CallExpr:
			p.noteCall(n)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				p.noteChange(n.X)
			}
		}
		return true
	})
}

// noteChange notes that the variable in which a path of fields and items begins is not what it was initialised with.
func (p *pkg) noteChange(e ast.Expr) {
	for {
		switch path := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			if id, ok := path.X.(*ast.Ident); ok && p.isPackage(id) {
				e = path.Sel
				continue
			}
			e = path.X
		case *ast.IndexExpr:
			e = path.X
		case *ast.StarExpr:
			e = path.X
		case *ast.Ident:
			if v, ok := p.info.Uses[path].(*types.Var); ok {
				p.changed[v] = true
			}
			return
		default:
			return
		}
	}
}

func (p *pkg) isPackage(id *ast.Ident) bool {
	_, ok := p.info.Uses[id].(*types.PkgName)
	return ok
}

// noteCall notes what a call can change: the receiver of a method with a pointer, the first argument of delete, clear and copy.
func (p *pkg) noteCall(e *ast.CallExpr) {
	switch fun := ast.Unparen(e.Fun).(type) {
	case *ast.Ident:
		if _, builtin := p.info.Uses[fun].(*types.Builtin); builtin && (fun.Name == "delete" || fun.Name == "clear" || fun.Name == "copy") {
			p.noteChange(e.Args[0])
		}
	case *ast.SelectorExpr:
		s := p.info.Selections[fun]
		if s == nil || s.Kind() != types.MethodVal {
			return
		}
		if _, pointer := s.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer); pointer {
			p.noteChange(fun.X)
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

// missing is the packages of the module that hold functions which the workflows call, and which are not loaded.
func (prog *program) missing(workflows []Workflow) []string {
	handlers := map[string]bool{}
	for _, w := range workflows {
		for _, h := range w.Functions {
			handlers[h.Package+"."+h.Func] = true
		}
	}
	var out []string
	for _, p := range prog.byPath {
		for id, obj := range p.info.Uses {
			pkg := obj.Pkg()
			if pkg == nil || prog.byPath[pkg.Path()] != nil || slices.Contains(out, pkg.Path()) || !prog.inModule(pkg.Path(), p) {
				continue
			}
			if p.needsSource(id, obj, handlers) {
				out = append(out, pkg.Path())
			}
		}
	}
	slices.Sort(out)
	return out
}

// needsSource says whether the compiler must read what a name of another package stands for.
func (p *pkg) needsSource(id *ast.Ident, obj types.Object, handlers map[string]bool) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return !handlers[obj.Pkg().Path()+"."+obj.Name()] && obj.Name() != "Error"
	case *types.Var:
		return obj.Parent() == obj.Pkg().Scope() && !isErrorType(obj.Type())
	}
	return false
}

// inModule says whether path is of the module that p is in: what flow and other modules do is theirs.
func (prog *program) inModule(path string, p *pkg) bool {
	if path == flowPath || strings.HasPrefix(path, flowPath+"/") {
		return false
	}
	first, _, _ := strings.Cut(path, "/")
	own, _, _ := strings.Cut(p.path, "/")
	return first == own && strings.Contains(first, ".") && shared(path, p.path) >= 2
}

// shared counts the first parts that two import paths have in common.
func shared(a, b string) int {
	n := 0
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n
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
