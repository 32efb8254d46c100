// Package jsonpath is what a JSONPath state of Step Functions can compute: paths, reference paths and the intrinsic functions
// States.*. Text goes in through Compile, CompileReference, CompileIntrinsic or CompileExpr, once; what comes out is immutable,
// safe for concurrent use and evaluated against a Scope. lint compiles to judge, machine to run.
//
// The dialect is AWS's, which recordings show to be that of Jayway JsonPath 2.0.0 (2015): a small and odd filter language, no
// functions, no negative index, [(@.length-1)] for the last item. On top stand $$ for the context object and $name for a workflow
// variable. A definite path has one value; any other gives an array of its matches, be there none.
package jsonpath

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

// Scope is what an expression can see while it is evaluated.
type Scope struct {
	Input   value.Value // $
	Context value.Value // $$
	// Lookup is the workflow variable called name ($name); nil where there are none.
	Lookup func(name string) (value.Value, bool)
	// Random is States.MathRandom's source, uniform in [0, 1); UUID is States.UUID's. Paths need neither.
	Random func() float64
	UUID   func() string
}

// Expr is a Path or an Intrinsic: what may stand in a field whose name ends in ".$".
type Expr interface {
	// Eval is the expression's value in s. Its errors are *NotFoundError, *TypeError, *CrashError or *IntrinsicError.
	Eval(s Scope) (value.Value, error)
	// Variables are the names of the workflow variables read, each once, in order of appearance, without the '$'.
	Variables() []string
	// Context is true where the context object is read.
	Context() bool
	// String is the text that was compiled.
	String() string
}

// CompileExpr compiles a path, or an intrinsic where text does not begin with '$'. Errors are *SyntaxError.
func CompileExpr(text string) (Expr, error) {
	if strings.HasPrefix(text, "$") {
		return asExpr(Compile(text))
	}
	return asExpr(CompileIntrinsic(text))
}

func asExpr[E Expr](e E, err error) (Expr, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Path is a compiled path.
type Path struct {
	text     string
	origin   origin
	variable string // of fromVariable
	route    *route
}

// origin says whose value '$' is.
type origin uint8

const (
	fromInput origin = iota
	fromContext
	fromVariable
)

// Compile compiles a path: "$.order.items[0]", "$$.Execution.Id", "$stock.count". The error is a *SyntaxError.
//
// As in Jayway's compiler a path may also begin with '@' or with a name; that AWS wants a '$' there is for the caller to say.
func Compile(text string) (*Path, error) {
	p := &Path{text: text}
	rest := p.strip(strings.TrimFunc(text, javaSpace))
	route, err := compileRoute(rest)
	if err != nil {
		return nil, &SyntaxError{Text: text, Reason: err.Error()}
	}
	p.route = route
	return p, nil
}

// strip takes '$$' or '$name' off the front of a path and leaves a path that begins with '$'.
func (p *Path) strip(text string) string {
	if strings.HasPrefix(text, "$$") {
		p.origin = fromContext
		return text[1:]
	}
	if !strings.HasPrefix(text, "$") {
		return text
	}
	n := nameLength(text[1:])
	if n == 0 {
		return text
	}
	p.origin, p.variable = fromVariable, text[1:1+n]
	return "$" + text[1+n:]
}

// nameLength is the length in bytes of the variable name that s begins with.
func nameLength(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return i
		}
		i += size
	}
	return len(s)
}

// String is the path as it was written.
func (p *Path) String() string { return p.text }

// Definite says whether the path leads to one value: names, single indices and [(@.length-n)] do; '*', '..', slices, lists of
// indices and filters do not.
func (p *Path) Definite() bool { return p.route.definite }

// Variable is the name of the workflow variable that the path reads, "" where it reads none.
func (p *Path) Variable() string { return p.variable }

// Variables is Variable as a list.
func (p *Path) Variables() []string {
	if p.origin != fromVariable {
		return nil
	}
	return []string{p.variable}
}

// Context is true where the path begins with '$$'.
func (p *Path) Context() bool { return p.origin == fromContext }

// Eval is the value that the path leads to in s: of an indefinite path an array. Errors are *NotFoundError, *TypeError or, of
// filters only, *CrashError.
func (p *Path) Eval(s Scope) (value.Value, error) {
	doc, err := p.document(&s)
	if err != nil {
		return value.Value{}, err
	}
	if p.route.definite {
		v, at, problem := p.route.find(0, doc)
		if problem != none {
			return value.Value{}, p.route.explain(problem, at, doc, p.text)
		}
		return v, nil
	}
	return p.route.collect(doc, p.text)
}

// document is the value that '$' stands for.
func (p *Path) document(s *Scope) (value.Value, error) {
	switch p.origin {
	case fromContext:
		if !s.Context.Defined() {
			return value.Value{}, &NotFoundError{p.text, "there is no context object"}
		}
		return s.Context, nil
	case fromVariable:
		if s.Lookup != nil {
			if v, ok := s.Lookup(p.variable); ok {
				return v, nil
			}
		}
		return value.Value{}, &NotFoundError{p.text, "variable $" + p.variable + " has no value"}
	}
	return s.Input, nil
}
