package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// registration is a digest of what a program knows of its workflows and cannot read again from the sources: which there are, and
// which handlers they register with which settings. These stand in variables, and in functions that are no workflows. The functions
// that are, those that take a flow.Context, are read when they are compiled.
func registration(dir string) (string, error) {
	digest := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), `"github.com/stride-aws/stride`) {
			registers(digest, path, text)
		}
		return nil
	})
	return hex.EncodeToString(digest.Sum(nil)), err
}

// registers writes the declarations of a file that may register something. Of one that does not parse nothing is written: the
// compiler says what is wrong with it.
func registers(to io.Writer, path string, text []byte) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return
	}
	for _, decl := range file.Decls {
		if takesFlowContext(decl) {
			continue
		}
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok != token.VAR {
			continue
		}
		from, end := files.Position(decl.Pos()).Offset, files.Position(decl.End()).Offset
		fmt.Fprintf(to, "%s\n%s\n", path, text[from:end])
	}
}

func takesFlowContext(decl ast.Decl) bool {
	fn, ok := decl.(*ast.FuncDecl)
	if !ok {
		return false
	}
	for _, p := range fn.Type.Params.List {
		if sel, ok := p.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Context" {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "flow" {
				return true
			}
		}
	}
	return false
}
