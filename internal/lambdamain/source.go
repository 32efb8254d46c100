package lambdamain

import _ "embed"

// Source is the text of main.go: package bundle puts it into every generated main, so that a bootstrap needs nothing of stride.
//
//go:embed main.go
var Source string
