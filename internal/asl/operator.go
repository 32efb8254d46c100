package asl

import "strings"

// operators are the comparisons of a JSONPath choice rule, as name -> whether it has a twin ending in Path.
// https://states-language.net/spec.html#choice-state
var operators = func() map[string]bool {
	m := map[string]bool{"StringMatches": false}
	for _, is := range []string{"Null", "Present", "Numeric", "String", "Boolean", "Timestamp"} {
		m["Is"+is] = false
	}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, test := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			m[kind+test] = true
		}
	}
	m["BooleanEquals"] = true
	return m
}()

// IsOperator says whether name is a comparison of a choice rule, such as StringEquals or NumericLessThanPath.
func IsOperator(name string) bool {
	if _, ok := operators[name]; ok {
		return true
	}
	base, found := strings.CutSuffix(name, "Path")
	return found && operators[base]
}
