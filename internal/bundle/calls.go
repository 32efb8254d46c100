package bundle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const sdkServices = "github.com/aws/aws-sdk-go-v2/service/"

// sdkCalls are the operations of AWS SDK services that a package's files name the input of, "dynamodb:GetItem": who calls an operation,
// pages through it or waits for it does. What other modules call is not seen; a file that does not parse the compiler refuses.
func sdkCalls(p *listed) []string {
	var calls []string
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		services := map[string]string{} // by the name that the file has for the package
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			service, ok := strings.CutPrefix(path, sdkServices)
			if !ok || strings.Contains(service, "/") {
				continue
			}
			local := service
			if spec.Name != nil {
				local = spec.Name.Name
			}
			services[local] = service
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if operation, ok := inputOf(s, services); ok {
					calls = append(calls, operation)
				}
			}
			return true
		})
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// inputOf is the operation whose input dynamodb.GetItemInput is.
func inputOf(s *ast.SelectorExpr, services map[string]string) (string, bool) {
	pkg, ok := s.X.(*ast.Ident)
	if !ok || services[pkg.Name] == "" {
		return "", false
	}
	operation, ok := strings.CutSuffix(s.Sel.Name, "Input")
	return services[pkg.Name] + ":" + operation, ok && operation != ""
}
