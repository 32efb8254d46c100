package lambdamain

import _ "embed"

// TypeKey is what Names.Types knows a type by, or a pointer to it.
func TypeKey(pkg, name string, pointer bool) string {
	if pointer {
		return "*" + pkg + "." + name
	}
	return pkg + "." + name
}

// Source is the text of main.go: package bundle puts it into every generated main, so that a bootstrap needs nothing of stride.
//
//go:embed main.go
var Source string
