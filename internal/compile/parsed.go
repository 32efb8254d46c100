package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// parsed is a file of the user's. It never changes: another text makes another one.
type parsed struct {
	text string
	head string // all that go list reads of the file: what stands up to the end of its imports, and its directives
	file *ast.File
	err  error
	// outside are the names that stand before a dot outside of function bodies: the imports that its declarations need.
	outside map[string]bool
}

func parse(fset *token.FileSet, path, text string) *parsed {
	p := &parsed{text: text, head: text, outside: map[string]bool{}}
	p.file, p.err = parser.ParseFile(fset, path, text, parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
	if p.err == nil {
		p.head = p.readHead(fset)
	}
	ast.Inspect(p.file, p.noteOutside)
	return p
}

// noteOutside notes the names before dots, and leaves function bodies out.
func (p *parsed) noteOutside(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return false
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok {
			p.outside[x.Name] = true
		}
	}
	return true
}

func (p *parsed) readHead(fset *token.FileSet) string {
	end := p.file.Name.End()
	for _, d := range p.file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			end = g.End()
		}
	}
	var head strings.Builder
	head.WriteString(p.text[:fset.File(end).Offset(end)])
	for _, g := range p.file.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//go:") || strings.HasPrefix(c.Text, "// +build") {
				head.WriteString("\n" + c.Text)
			}
		}
	}
	return head.String()
}

// declarations is the file without the imports that only the bodies of its functions use. nameOf is a package's own name.
func (p *parsed) declarations(nameOf func(path string) string) *ast.File {
	file := *p.file
	file.Decls = nil
	for _, d := range p.file.Decls {
		switch g, ok := d.(*ast.GenDecl); {
		case !ok || g.Tok != token.IMPORT:
			file.Decls = append(file.Decls, d)
		default:
			needed := *g
			needed.Specs = nil
			for _, spec := range g.Specs {
				if p.needs(spec.(*ast.ImportSpec), nameOf) {
					needed.Specs = append(needed.Specs, spec)
				}
			}
			file.Decls = append(file.Decls, &needed)
		}
	}
	return &file
}

func pathOf(spec *ast.ImportSpec) string {
	path, _ := strconv.Unquote(spec.Path.Value) // the parser has said so where it is none
	return path
}

func (p *parsed) needs(spec *ast.ImportSpec, nameOf func(string) string) bool {
	if spec.Name != nil {
		return spec.Name.Name == "." || p.outside[spec.Name.Name]
	}
	return p.outside[nameOf(pathOf(spec))]
}
