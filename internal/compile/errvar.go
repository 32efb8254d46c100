package compile

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Variable is what the source says of an error variable, for a process that cannot ask for the variable by its name: it knows an
// error of the variable by how it was made.
type Variable struct {
	Text  string // that errors.New or fmt.Errorf makes it with
	Wraps bool   // by the %w of fmt.Errorf
	Zero  string // "context.deadlineExceededError": the zero value of that type, and Text is ""
	// Doubt is why an error that is made so need not be the variable; "" where it is.
	Doubt string
}

// declared is where a package declares a variable.
type declaration struct {
	pkg  *listed
	file *ast.File
	name string
	init ast.Expr // nil: none
}

func (d declaration) String() string { return path.Base(d.pkg.ImportPath) + "." + d.name }

// sentinel is the name of an error variable of a package. One that is declared as another is that other.
func (f *frame) sentinel(id *ast.Ident) (string, bool) {
	v, ok := f.pkg.info.ObjectOf(id).(*types.Var)
	if !ok || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		f.refuse(id, id.Name+" is not an error variable of a package", "use errors.As for an error type")
		return "", false
	}
	if name, ok := f.failName(v); ok {
		return name, true
	}
	if v.Pkg().Path() == "strconv" {
		f.refuse(id, "a *strconv.NumError does not have the name of the error inside it", "ask for the type: errors.As(err, new(*strconv.NumError))")
		return "", false
	}
	chain := f.prog.aliases(v)
	match := ErrorMatch{Package: v.Pkg().Path(), Ident: v.Name(), Name: v.Name()}
	if len(chain) > 0 {
		last := lastNamed(chain)
		if !ast.IsExported(last.name) {
			f.refuse(id, "a handler's main in Lambda cannot name "+v.Name()+", which is not exported", "call it "+exported(v.Name()))
			return "", false
		}
		match.Package, match.Ident, match.Name = last.pkg.ImportPath, last.name, last.name
		match.Variable = f.prog.describe(chain[len(chain)-1], f.workflow.Functions)
	} else {
		match.Variable.Doubt = "its source is not found"
	}
	return match.Name, f.match(id, match)
}

// exported is name for other packages: "ErrOdd" of "errOdd".
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// match notes an error that the workflow matches. Two with one name would be one error to the state machine.
func (f *frame) match(at ast.Node, m ErrorMatch) bool {
	for _, other := range f.matched {
		if other.Name == m.Name && other.full() != m.full() && !other.Service {
			f.refuseNamesake(f.pkg, at, m, other)
			return false
		}
	}
	for _, h := range f.workflow.Functions {
		if !slices.Contains(m.From, h.Package) && f.prog.reaches(h.Package, m.Package) {
			m.From = append(m.From, h.Package)
		}
	}
	f.matched[m.full()] = m
	return true
}

// full is what is matched, as no other is called: "*example.com/shop/payments.Declined".
func (m ErrorMatch) full() string { return m.star() + m.Package + "." + m.Ident }

// short is it as the source says: "*payments.Declined".
func (m ErrorMatch) short() string { return m.star() + path.Base(m.Package) + "." + m.Ident }

func (m ErrorMatch) star() string {
	if m.Pointer {
		return "*"
	}
	return ""
}

// madeError is an error of a type that the workflow itself makes.
type madeError struct {
	as ErrorMatch
	p  *pkg
	at ast.Node
}

// refuseNamesakes refuses errors that are made here under the name of a type that the workflow matches, and that Go would tell apart.
func (u *unit) refuseNamesakes() {
	for _, m := range u.matched {
		if !m.Type || m.Service {
			continue
		}
		for _, e := range u.ownErrors[m.Name] {
			if e.as.full() == m.full() {
				continue
			}
			u.refuseNamesake(e.p, e.at, e.as, m)
		}
	}
}

func (u *unit) refuseNamesake(p *pkg, at ast.Node, m, other ErrorMatch) {
	u.refuseAt(p, at, fmt.Sprintf("the state machine knows errors by their names, and %s is %s here and %s elsewhere", other.Name,
		m.short(), other.short()), "name one of them otherwise")
}

// reaches says whether package from is, or imports by any number of steps, package to. Of a package that the workflows do not
// import nothing is known, and it may.
func (prog *program) reaches(from, to string) bool {
	if from == to || prog.graph[from] == nil {
		return true
	}
	if prog.deps[from] == nil {
		deps := map[string]bool{}
		visit(prog.graph, []*listed{prog.graph[from]}, func(p *listed) bool {
			deps[p.ImportPath] = true
			return true
		})
		prog.deps[from] = deps
	}
	return prog.deps[from][to]
}

// aliases is where v is declared and, while that only names another variable, where that is: the last is where the error is made.
func (prog *program) aliases(v *types.Var) []declaration {
	var chain []declaration
	pkg, name := v.Pkg().Path(), v.Name()
	for {
		d, ok := prog.declaration(pkg, name)
		if !ok || slices.ContainsFunc(chain, func(e declaration) bool { return e.init == d.init && d.init != nil }) {
			return chain
		}
		chain = append(chain, d)
		switch init := ast.Unparen(d.init).(type) {
		case *ast.Ident:
			name = init.Name
		case *ast.SelectorExpr:
			if pkg = prog.imported(d, init.X); pkg == "" {
				return chain
			}
			name = init.Sel.Name
		default:
			return chain
		}
	}
}

// lastNamed is the last declaration of chain that a generated main can name, else the first.
func lastNamed(chain []declaration) declaration {
	for _, d := range slices.Backward(chain) {
		if ast.IsExported(d.name) && (d.pkg.ImportPath == chain[0].pkg.ImportPath || !strings.Contains("/"+d.pkg.ImportPath+"/", "/internal/")) {
			return d
		}
	}
	return chain[0]
}

// imported is the import path that an expression of d's file names, "" for none.
func (prog *program) imported(d declaration, e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range d.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		dep := prog.graph[d.pkg.imported(p)]
		if dep != nil && (spec.Name != nil && spec.Name.Name == id.Name || spec.Name == nil && dep.Name == id.Name) {
			return dep.ImportPath
		}
	}
	return ""
}

// declaration finds a package's variable.
func (prog *program) declaration(pkg, name string) (declaration, bool) {
	p := prog.graph[pkg]
	if p == nil {
		return declaration{}, false
	}
	for _, file := range p.sources() {
		if !strings.Contains(prog.content(file), name) {
			continue
		}
		parsed := prog.parse(file)
		for spec := range specs(parsed) {
			for i, id := range spec.Names {
				if id.Name != name {
					continue
				}
				d := declaration{p, parsed, name, nil}
				if i < len(spec.Values) && len(spec.Values) == len(spec.Names) {
					d.init = spec.Values[i]
				}
				return d, true
			}
		}
	}
	return declaration{}, false
}

// parse reads a file that is needed for its declarations; one with mistakes is what was read of it.
func (prog *program) parse(file string) *ast.File {
	if prog.parsed[file] == nil {
		prog.parsed[file], _ = parser.ParseFile(prog.fset, file, prog.content(file), parser.SkipObjectResolution)
	}
	return prog.parsed[file]
}

// specs are the constants and variables that a file declares outside of functions.
func specs(file *ast.File) func(func(*ast.ValueSpec) bool) {
	return func(yield func(*ast.ValueSpec) bool) {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && !yield(v) {
					return
				}
			}
		}
	}
}

// describe is what the source says of the error that d makes, in programs of the handlers.
func (prog *program) describe(d declaration, handlers []Handler) Variable {
	switch init := ast.Unparen(d.init).(type) {
	case *ast.CompositeLit:
		if id, ok := init.Type.(*ast.Ident); ok && len(init.Elts) == 0 {
			return Variable{Zero: d.pkg.ImportPath + "." + id.Name}
		}
	case *ast.CallExpr:
		if v, format := prog.made(d, init); v.Text != "" {
			v.Doubt = prog.rival(d, format, handlers)
			return v
		}
	}
	return Variable{Doubt: d.String() + " is not made by errors.New or fmt.Errorf from a text that the source has"}
}

// made reads a call of errors.New or fmt.Errorf; format is its first argument.
func (prog *program) made(d declaration, call *ast.CallExpr) (v Variable, format string) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return v, ""
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return v, ""
	}
	format, _ = strconv.Unquote(lit.Value)
	switch name := prog.imported(d, fun.X) + "." + fun.Sel.Name; {
	case name == "errors.New", name == "fmt.Errorf" && !strings.Contains(format, "%"):
		return Variable{Text: format}, format
	case name == "fmt.Errorf" && strings.Count(format, "%") == 1 && strings.Contains(format, "%w") && len(call.Args) == 2:
		inner := prog.textOf(d, call.Args[1])
		if inner == "" {
			return v, ""
		}
		return Variable{Text: strings.Replace(format, "%w", inner, 1), Wraps: true}, format
	}
	return v, ""
}

// textOf is the text of an error variable that an initialiser names; "" where the source does not say it.
func (prog *program) textOf(d declaration, e ast.Expr) string {
	pkg, name := d.pkg.ImportPath, ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		pkg, name = prog.imported(d, e.X), e.Sel.Name
	}
	inner, ok := prog.declaration(pkg, name)
	call, isCall := ast.Unparen(inner.init).(*ast.CallExpr)
	if !ok || !isCall {
		return ""
	}
	v, _ := prog.made(inner, call)
	return v.Text
}

// rival says where else the handlers' programs make errors from the text that d's variable is made from: "" for nowhere. A text
// that is put together while the program runs is not found.
func (prog *program) rival(d declaration, text string, handlers []Handler) string {
	roots := []*listed{d.pkg}
	for _, h := range handlers {
		if p := prog.graph[h.Package]; p != nil {
			roots = append(roots, p)
		}
	}
	out := ""
	visit(prog.graph, roots, func(p *listed) bool {
		if out != "" {
			return false
		}
		if at := prog.makerIn(p, d, text); at.IsValid() {
			place := prog.place(at)
			out = fmt.Sprintf("%s:%d makes another error with the text of %s, %q", place.File, place.Line, d, text)
		}
		return true
	})
	return out
}

// makerIn is a place in a package that makes an error from text, d left out. Packages that are not the user's stay as they are while
// they are listed, and most of what is read here is theirs.
func (prog *program) makerIn(p *listed, d declaration, text string) token.Position {
	stays := !p.local() && p != d.pkg
	if at, known := p.makers[text]; stays && known {
		return at
	}
	var at token.Position
	own := prog.fset.Position(d.init.Pos())
	for _, file := range p.sources() {
		content := prog.content(file)
		if !strings.Contains(content, strconv.Quote(text)) && !strings.Contains(content, "`"+text+"`") {
			continue
		}
		if at = prog.maker(file, text, own); at.IsValid() {
			break
		}
	}
	if stays {
		if p.makers == nil {
			p.makers = map[string]token.Position{}
		}
		p.makers[text] = at
	}
	return at
}

// maker is a place in a file that makes an error from text, or keeps the text for one; own is none.
func (prog *program) maker(file, text string, own token.Position) token.Position {
	var found token.Position
	note := func(within ast.Node, e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		at := prog.fset.Position(within.Pos())
		if s, _ := strconv.Unquote(lit.Value); s == text && at != own && !found.IsValid() {
			found = at
		}
	}
	ast.Inspect(prog.parse(file), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if makes(n.Fun) && len(n.Args) > 0 {
				note(n, n.Args[0])
			}
		case *ast.ValueSpec:
			for _, v := range n.Values {
				note(v, v)
			}
		}
		return true
	})
	return found
}

// makes says whether a function looks like one that makes something of its argument: errors.New, fmt.Errorf, newError.
func makes(fun ast.Expr) bool {
	name := ""
	switch fun := fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
	}
	return strings.HasPrefix(name, "New") || strings.HasPrefix(name, "new") || strings.HasSuffix(name, "rrorf")
}
