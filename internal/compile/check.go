package compile

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/stride-aws/stride/internal/diag"
)

// checked is a package of the user's, type-checked, and what it was made of.
type checked struct {
	files   []*parsed
	full    bool // with the bodies of functions
	imports map[string]*types.Package
	types   *types.Package
	pkg     *pkg // nil unless full
	found   diag.List
}

// same says whether checking the same again would give c.
func (c *checked) same(full bool, files []*parsed, imports map[string]*types.Package) bool {
	return c != nil && c.full == full && slices.Equal(c.files, files) && maps.Equal(c.imports, imports)
}

// checking is one look at the packages that the workflows need. Of those in full all is needed, of what these import only the
// declarations, and so only the imports of declarations.
type checking struct {
	*Session
	full   map[string]bool
	needed map[string][]*parsed // packages of the user's, by import path
	others map[string]bool      // packages that are not
	done   map[string]*checked
	found  diag.List
	said   map[string]bool // packages that go list itself has refused
}

// check type-checks the workflows' packages and finds those of the module whose functions they use, which are then needed in full.
func (s *Session) check(workflows []Workflow) (*program, error) {
	full := s.full
	for _, root := range s.listing.roots {
		full[root] = true
	}
	for {
		c := &checking{Session: s, full: full, needed: map[string][]*parsed{}, others: map[string]bool{}, done: map[string]*checked{}, said: map[string]bool{}}
		if err := c.run(); err != nil {
			return nil, err
		}
		now := c.inUse(workflows)
		if s.full = now; maps.Equal(now, full) {
			return c.program(workflows), c.found.Err()
		}
		full = now
	}
}

func (c *checking) run() error {
	for _, root := range c.listing.roots {
		c.need(root)
	}
	if err := c.fetch(); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(c.needed)) {
		c.check(path)
	}
	for _, path := range slices.Sorted(maps.Keys(c.done)) {
		c.found = append(c.found, c.done[path].found...)
	}
	c.noteOthers()
	maps.Copy(c.checked, c.done)
	maps.Copy(c.Session.needed, c.needed)
	return nil
}

// noteOthers notes the files of the user's packages that are not needed for types: what they say of errors counts.
func (c *checking) noteOthers() {
	for path, p := range c.listing.packages {
		if !p.local() || c.needed[path] != nil || c.listing.noted[path] {
			continue
		}
		c.listing.noted[path] = true
		p.snapshot(c.listing.folders)
		for _, file := range p.sources() {
			c.listing.folders.File(file)
		}
	}
}

// need reads a package and what it needs.
func (c *checking) need(path string) {
	p := c.listing.packages[path]
	switch {
	case c.needed[path] != nil || path == "unsafe" || path == "C":
		return
	case p == nil:
		return // its import says so
	case p.Error != nil:
		c.refuse(p)
	}
	if !*p.source {
		c.others[path] = true
		return
	}
	p.snapshot(c.listing.folders)
	files := c.readAll(p)
	c.needed[path] = files
	for _, f := range files {
		for _, spec := range f.file.Imports {
			if c.full[path] || f.needs(spec, c.nameOf) {
				c.need(p.imported(pathOf(spec)))
			}
		}
	}
}

// nameOf is the name of a package that an import of path makes.
func (c *checking) nameOf(importPath string) string {
	if p := c.listing.packages[importPath]; p != nil && p.Name != "" {
		return p.Name
	}
	return path.Base(importPath)
}

func (c *checking) refuse(p *listed) {
	if !c.said[p.ImportPath] {
		c.said[p.ImportPath] = true
		c.found = append(c.found, c.finding(p.Error.Pos, p.Error.Err))
	}
}

// finding is a mistake in the Go, at "file:line:column".
func (c *checking) finding(pos, message string) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: "GO", Severity: diag.Error, Message: message}
	parts := strings.Split(pos, ":")
	if len(parts) >= 2 {
		file := parts[0]
		if abs, err := filepath.Abs(filepath.Join(c.dir, file)); err == nil && !filepath.IsAbs(file) {
			file = abs
		}
		d.Place.File = under(c.root(), file)
		d.Place.Line, _ = strconv.Atoi(parts[1])
	}
	if len(parts) >= 3 {
		d.Place.Column, _ = strconv.Atoi(parts[2])
	}
	return d
}

// under is a path relative to root, where it is below it.
func under(root, file string) string {
	if rel, err := filepath.Rel(root, file); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return file
}

// root is the folder of the workflows' module.
func (c *checking) root() string {
	for _, path := range c.listing.roots {
		if p := c.listing.packages[path]; p != nil && p.Module != nil {
			return p.Module.Dir
		}
	}
	return c.dir
}

// fetch reads the types of packages that are not the user's, where that was not done before.
func (c *checking) fetch() error {
	var paths []string
	for path := range c.others {
		if c.other(path) == nil {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	found, err := exports(c.dir, c.overlay, paths)
	if err != nil {
		return err
	}
	for _, path := range paths {
		p := found[path]
		switch {
		case p == nil || p.Export == "" && p.Error == nil:
			c.found = append(c.found, &diag.Diagnostic{Code: "GO", Severity: diag.Error, Message: "go list knows no types of package " + path})
		case p.Export == "":
			c.refuse(p)
		default:
			if err := c.readExport(p); err != nil {
				return fmt.Errorf("reading the types of package %s: %w", path, err)
			}
		}
	}
	return nil
}

func (c *checking) readExport(p *listed) error {
	f, err := os.Open(p.Export)
	if err != nil {
		return err
	}
	defer f.Close()
	//lint:ignore SA1019 go list -export of Go 1.26 gives archives, which Read alone does not take
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return err
	}
	_, err = gcexportdata.Read(r, c.fset, c.outside, p.ImportPath)
	return err
}

// check type-checks a package of the user's, after those that it imports.
func (c *checking) check(path string) *types.Package {
	if done, ok := c.done[path]; ok {
		if done == nil { // it imports itself by way of others, as go list has said
			return nil
		}
		return done.types
	}
	c.done[path] = nil
	p, files := c.listing.packages[path], c.needed[path]
	imports := map[string]*types.Package{}
	for _, f := range files {
		for _, spec := range f.file.Imports {
			if in := p.imported(pathOf(spec)); c.full[path] || f.needs(spec, c.nameOf) {
				imports[in] = c.imported(in)
			}
		}
	}
	out := c.checked[path]
	if !out.same(c.full[path], files, imports) {
		out = &checked{files: files, full: c.full[path], imports: imports}
		c.typeCheck(p, out)
	}
	c.done[path] = out
	return out.types
}

// imported is a package that another imports; nil where there is none.
func (c *checking) imported(path string) *types.Package {
	switch {
	case path == "unsafe":
		return types.Unsafe
	case c.needed[path] != nil:
		return c.check(path)
	}
	return c.other(path)
}

// other is a package that is not the user's; nil where its types were not read.
func (c *checking) other(path string) *types.Package {
	if p := c.outside[path]; p != nil && p.Complete() {
		return p
	}
	return nil
}

// importer has the packages that one imports.
type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }

func (c *checking) typeCheck(p *listed, out *checked) {
	var syntax []*ast.File
	for _, f := range out.files {
		if f.err != nil {
			out.found = append(out.found, c.unparsed(f.err)...)
		}
		if out.full {
			syntax = append(syntax, f.file)
		} else {
			syntax = append(syntax, f.declarations(c.nameOf))
		}
	}
	info := &types.Info{}
	if out.full {
		info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{}, Defs: map[*ast.Ident]types.Object{},
			Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	}
	config := c.config(p, out)
	if len(out.found) > 0 { // what does not parse has types that are missing
		config.Error = func(error) {}
	}
	out.types, _ = config.Check(p.ImportPath, c.fset, syntax, info) // its errors go to config.Error
	slices.SortStableFunc(out.found, func(a, b *diag.Diagnostic) int {
		return cmp.Or(strings.Compare(a.Place.File, b.Place.File), a.Place.Line-b.Place.Line, a.Place.Column-b.Place.Column)
	})
	if out.full {
		out.pkg = newPkg(p.ImportPath, c.fset, syntax, out.types, info)
	}
}

// config is how a package is type-checked: for Lambda's processors, whose sizes are all the same.
func (c *checking) config(p *listed, out *checked) *types.Config {
	config := &types.Config{IgnoreFuncBodies: !out.full, FakeImportC: len(p.CgoFiles) > 0, Sizes: types.SizesFor("gc", "arm64")}
	if p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	config.Importer = importer(func(path string) (*types.Package, error) {
		if in := out.imports[p.imported(path)]; in != nil {
			return in, nil
		}
		return nil, errors.New("there is no such package")
	})
	config.Error = func(err error) {
		var e types.Error
		if errors.As(err, &e) && !c.follows(p, e) {
			out.found = append(out.found, c.finding(c.fset.Position(e.Pos).String(), e.Msg))
		}
	}
	return config
}

// follows says whether an error only follows from one that go list has told: an import of a package that there is not.
func (c *checking) follows(p *listed, e types.Error) bool {
	rest, ok := strings.CutPrefix(e.Msg, "could not import ")
	path, _, _ := strings.Cut(rest, " ")
	return ok && c.said[p.imported(path)]
}

func (c *checking) unparsed(err error) diag.List {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return diag.List{{Code: "GO", Severity: diag.Error, Message: err.Error()}}
	}
	var out diag.List
	for _, e := range list {
		out = append(out, c.finding(e.Pos.String(), e.Msg))
	}
	return out
}

// inUse are the packages whose source the compiler reads: the workflows', and those of functions and variables that these use.
func (c *checking) inUse(workflows []Workflow) map[string]bool {
	handlers := map[string]bool{}
	for _, w := range workflows {
		for _, h := range w.Functions {
			handlers[h.Package+"."+h.Func] = true
		}
	}
	used := map[string]bool{}
	queue := slices.Clone(c.listing.roots)
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if used[path] {
			continue
		}
		used[path] = true
		if done := c.done[path]; done != nil && done.pkg != nil {
			queue = append(queue, c.usedBy(done.pkg, handlers)...)
		}
	}
	return used
}

// usedBy are the packages of which p uses functions and variables that are no handlers, or makes errors and texts by their methods;
// but for flow's: what they do is its own.
func (c *checking) usedBy(p *pkg, handlers map[string]bool) []string {
	var out []string
	seen := map[*types.Package]bool{p.types: true}
	note := func(of *types.Package) {
		if of == nil || seen[of] || c.needed[of.Path()] == nil || of.Path() == flowPath || strings.HasPrefix(of.Path(), flowPath+"/") {
			return
		}
		seen[of] = true
		out = append(out, of.Path())
	}
	for _, obj := range p.info.Uses {
		if obj.Pkg() != nil && needsSource(obj, handlers) {
			note(obj.Pkg())
		}
	}
	for _, decl := range p.decls {
		p.madeIn(decl, note)
	}
	return out
}

// needsSource says whether the compiler must read what a name of another package stands for. The text of an error that a workflow
// only compares is nothing to it.
func needsSource(obj types.Object, handlers map[string]bool) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return !handlers[obj.Pkg().Path()+"."+obj.Name()] && obj.Name() != "Error"
	case *types.Var:
		return obj.Parent() == obj.Pkg().Scope() && !isErrorType(obj.Type())
	}
	return false
}

// madeIn calls note with the packages of the errors that a function makes or returns, and does not just compare, and of the values
// of which package fmt asks a text.
func (p *pkg) madeIn(fn *ast.FuncDecl, note func(*types.Package)) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if t := p.info.TypeOf(n); isNamed(t, flowPath, "Retry") {
				return false
			} else if isErrorType(t) {
				note(packageOfType(t))
			}
		case *ast.Ident:
			if v, ok := p.info.Uses[n].(*types.Var); ok && v.Parent() == v.Pkg().Scope() && isErrorType(v.Type()) {
				note(v.Pkg())
			}
		case *ast.CallExpr:
			switch fn := (&frame{pkg: p}).callee(n); {
			case fn == nil || fn.Pkg() == nil:
			case fn.Pkg().Path() == "errors" && fn.Name() != "Join":
				return false
			case fn.Pkg().Path() == "fmt":
				for _, a := range n.Args {
					note(packageOfType(p.info.TypeOf(a)))
				}
			}
		}
		return true
	})
}

// packageOfType is the package of a type that writes its own text, nil of others.
func packageOfType(t types.Type) *types.Package {
	if t == nil || textMethod(t) == nil {
		return nil
	}
	return textMethod(t).Pkg()
}

// program is what the compiler reads.
func (c *checking) program(workflows []Workflow) *program {
	prog := &program{
		root: c.root(), overlay: c.overlay, texts: map[string]string{}, byPath: map[string]*pkg{}, graph: c.listing.packages, deps: map[string]map[string]bool{},
		fset: token.NewFileSet(), parsed: map[string]*ast.File{}, effects: map[*ast.FuncDecl]*effect{}, workflows: workflows,
	}
	for path, done := range c.done {
		if done.pkg == nil {
			continue
		}
		prog.byPath[path] = done.pkg
		for _, file := range c.listing.packages[path].sources() {
			prog.texts[file] = c.files[file].text
		}
	}
	return prog
}
