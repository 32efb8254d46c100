package bundle

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"

	"github.com/stride-aws/stride/internal/diag"
)

// check says which handlers package lambda could not call, with the place of each. It reads declarations only: what does not
// compile is the compiler's to say.
func (t *tool) check(units []*unit) error {
	s := &sources{tool: t, fset: token.NewFileSet(), files: map[string][]*ast.File{}, broken: map[string]bool{}}
	var findings diag.List
	for _, u := range units {
		if d := s.checkHandler(u); d != nil {
			findings = append(findings, d)
		}
	}
	return findings.Err()
}

// sources parses packages when somebody asks for a declaration in them.
type sources struct {
	*tool
	fset   *token.FileSet
	files  map[string][]*ast.File
	broken map[string]bool // packages with syntax errors
}

func (s *sources) of(pkg string) []*ast.File {
	if files, ok := s.files[pkg]; ok {
		return files
	}
	var files []*ast.File
	if p := s.listed[pkg]; p != nil {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(s.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				s.broken[pkg] = true
				continue
			}
			files = append(files, f)
		}
	}
	s.files[pkg] = files
	return files
}

const wanted = "a handler is func(ctx context.Context, in In) (Out, error), where each of the four may be missing"

func (s *sources) checkHandler(u *unit) *diag.Diagnostic {
	decl, file := s.function(u.Package, u.Func)
	switch {
	case s.broken[u.Package]:
		return nil
	case decl == nil:
		return s.undeclared(u)
	}
	problem := s.problem(typeExpr{decl.Type, file, u.Package}, decl)
	if problem == "" {
		return nil
	}
	return &diag.Diagnostic{Code: "HANDLER", Place: s.place(decl.Name.Pos()), Message: u.Name() + " " + problem, Hint: wanted}
}

func (s *sources) place(pos token.Pos) diag.Place {
	p := s.fset.Position(pos)
	if rel, err := filepath.Rel(s.dir, p.Filename); err == nil && !strings.HasPrefix(rel, "..") {
		p.Filename = filepath.ToSlash(rel)
	}
	return diag.Place{File: p.Filename, Line: p.Line, Column: p.Column}
}

func (s *sources) function(pkg, name string) (*ast.FuncDecl, *ast.File) {
	for _, f := range s.of(pkg) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == name {
				return fn, f
			}
		}
	}
	return nil, nil
}

// undeclared explains a name that is no function of its package.
func (s *sources) undeclared(u *unit) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: "HANDLER", Message: fmt.Sprintf("package %s has no function %s", u.Package, u.Func), Hint: wanted}
	for _, f := range s.of(u.Package) {
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv != nil && decl.Name.Name == u.Func {
					d.Place, d.Message = s.place(decl.Name.Pos()), u.Name()+" is a method; a handler is a function of its package"
				} else if decl.Recv == nil && strings.EqualFold(decl.Name.Name, u.Func) {
					d.Place, d.Hint = s.place(decl.Name.Pos()), "did you mean "+decl.Name.Name+"?"
				}
			case *ast.GenDecl:
				if at := declares(decl, u.Func); at.IsValid() {
					d.Place, d.Message = s.place(at), u.Name()+" is not a function declaration"
				}
			}
		}
	}
	return d
}

func declares(decl *ast.GenDecl, name string) token.Pos {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range spec.Names {
				if id.Name == name {
					return id.Pos()
				}
			}
		case *ast.TypeSpec:
			if spec.Name.Name == name {
				return spec.Name.Pos()
			}
		}
	}
	return token.NoPos
}

// typeExpr is a type as it is written in a file of a package.
type typeExpr struct {
	expr ast.Expr
	file *ast.File
	pkg  string
}

// problem is why package lambda (aws-lambda-go, NewHandler) does not take the function, or "".
func (s *sources) problem(t typeExpr, decl *ast.FuncDecl) string {
	in, out := types(decl.Type.Params), types(decl.Type.Results)
	is := func(e ast.Expr, name string) bool { return s.named(typeExpr{e, t.file, t.pkg}, name) }
	switch {
	case !decl.Name.IsExported():
		return "is not exported"
	case decl.Type.TypeParams != nil:
		return "is generic: Lambda cannot choose its types"
	case len(in) > 2:
		return fmt.Sprintf("takes %d parameters", len(in))
	case len(in) == 2 && !is(in[0], "context.Context"):
		return "takes two parameters, of which the first is not a context.Context"
	case len(out) > 2:
		return fmt.Sprintf("returns %d values", len(out))
	case len(out) == 2 && !is(out[1], "error"):
		return "returns two values, of which the second is not an error"
	case len(out) == 1 && !is(out[0], "error"):
		return "returns one value, which is not an error"
	}
	if len(in) > 0 && !is(in[len(in)-1], "context.Context") {
		return s.inputProblem(typeExpr{in[len(in)-1], t.file, t.pkg})
	}
	if len(in) == 2 {
		return "takes a context.Context as its input"
	}
	return ""
}

// inputProblem says why no JSON can be read into a value of type t.
func (s *sources) inputProblem(t typeExpr) string {
	if _, variadic := t.expr.(*ast.Ellipsis); variadic {
		return "takes any number of inputs"
	}
	switch under := s.underlying(t).(type) {
	case *ast.ChanType:
		return "takes a channel, which no JSON describes"
	case *ast.FuncType:
		return "takes a function, which no JSON describes"
	case *ast.InterfaceType:
		if len(under.Methods.List) > 0 {
			return "takes an interface, so JSON does not say which type to make"
		}
	}
	return ""
}

// types lists a field list's types, one for each name.
func types(fields *ast.FieldList) []ast.Expr {
	var list []ast.Expr
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		for range max(1, len(f.Names)) {
			list = append(list, f.Type)
		}
	}
	return list
}

// named tells whether t is the type called name ("context.Context", "error"), perhaps through other names for it.
func (s *sources) named(t typeExpr, name string) bool {
	for range maxNames {
		next, qualified, ok := s.follow(t)
		if qualified == name {
			return true
		}
		if !ok {
			return false
		}
		t = next
	}
	return false
}

// underlying follows t's names to what is written at their end; an identifier for a predeclared or unknown type.
func (s *sources) underlying(t typeExpr) ast.Expr {
	for range maxNames {
		next, _, ok := s.follow(t)
		if !ok {
			break
		}
		t = next
	}
	return t.expr
}

const maxNames = 100 // in a chain; a longer one is a cycle, which does not compile

// follow is what t's name stands for. qualified is the name with its import path, less that for predeclared types.
func (s *sources) follow(t typeExpr) (next typeExpr, qualified string, ok bool) {
	pkg, name := t.pkg, ""
	switch e := t.expr.(type) {
	case *ast.ParenExpr:
		return typeExpr{e.X, t.file, t.pkg}, "", true
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		x, isIdent := e.X.(*ast.Ident)
		if !isIdent {
			return t, "", false
		}
		pkg, name = s.imported(t, x.Name), e.Sel.Name
	default:
		return t, "", false
	}
	for _, f := range s.of(pkg) {
		for _, d := range f.Decls {
			if spec := typeSpec(d, name); spec != nil {
				return typeExpr{spec.Type, f, pkg}, pkg + "." + name, true
			}
		}
	}
	return t, name, false
}

func typeSpec(d ast.Decl, name string) *ast.TypeSpec {
	gen, ok := d.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, spec := range gen.Specs {
		if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.Name == name {
			return ts
		}
	}
	return nil
}

// imported is the import path that name stands for in t's file.
func (s *sources) imported(t typeExpr, name string) string {
	for _, spec := range t.file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		if from := s.listed[t.pkg]; from != nil && from.ImportMap[p] != "" {
			p = from.ImportMap[p]
		}
		local := path.Base(p)
		if known := s.listed[p]; known != nil {
			local = known.Name
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == name {
			return p
		}
	}
	return ""
}
