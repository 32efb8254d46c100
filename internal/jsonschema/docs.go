package jsonschema

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Docs are what the Go source says about types, in its comments and constants.
type Docs struct {
	fields map[string]string   // "plan.Price.Transitions" -> its comment
	types  map[string]string   // "plan.Price" -> its comment
	consts map[string][]string // "plan.Op" -> the values of its constants
}

// ReadDocs reads the Go files of folders.
func ReadDocs(dirs ...string) (Docs, error) {
	d := Docs{map[string]string{}, map[string]string{}, map[string][]string{}}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return d, err
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return d, err
			}
			d.read(file.Name.Name, file)
		}
	}
	return d, nil
}

func (d Docs) read(pkg string, file *ast.File) {
	for _, decl := range file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				name := pkg + "." + spec.Name.Name
				d.types[name] = text(g.Doc, spec.Doc)
				if s, ok := spec.Type.(*ast.StructType); ok {
					d.readFields(name, s)
				}
			case *ast.ValueSpec:
				d.readConstants(pkg, g.Tok, spec)
			}
		}
	}
}

func (d Docs) readFields(of string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			d.fields[of+"."+name.Name] = text(f.Doc, f.Comment)
		}
	}
}

func (d Docs) readConstants(pkg string, tok token.Token, spec *ast.ValueSpec) {
	t, ok := spec.Type.(*ast.Ident)
	if tok != token.CONST || !ok {
		return
	}
	for _, v := range spec.Values {
		if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, _ := strconv.Unquote(literal.Value)
			d.consts[pkg+"."+t.Name] = append(d.consts[pkg+"."+t.Name], value)
		}
	}
}

func text(groups ...*ast.CommentGroup) string {
	var parts []string
	for _, g := range groups {
		if s := strings.Join(strings.Fields(g.Text()), " "); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// field is what is said about f of struct t, which a schema calls name: its comment, else that of its type.
func (d Docs) field(t reflect.Type, f reflect.StructField, name string) string {
	s := d.fields[t.String()+"."+f.Name]
	of := f.Type
	for s == "" && of.Name() == "" && (of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map) {
		of = of.Elem()
	}
	said := f.Name
	if s == "" {
		s, said = d.types[of.String()], of.Name()
	}
	for _, verb := range []string{" is ", " are "} {
		s = strings.TrimPrefix(s, said+verb)
	}
	if rest, ok := strings.CutPrefix(s, said+" "); ok {
		return name + " " + rest
	}
	return s
}
