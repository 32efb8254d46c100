// Package jsonata evaluates JSONata, the language of AWS Step Functions' expressions. The text between "{%" and "%}" goes in
// through Compile, an input and variables go in through Eval, JSON comes out. Packages machine, lint and compile call it.
//
// The language is JSONata 2.0.6, the version that AWS names, with its error codes and messages; its reference is the npm package
// of that version. As AWS has it, there is no $eval, and $partition, $range, $hash, $uuid, $parse and a seed for $random are
// added. What AWS refuses when a state machine is created, and not when an expression is evaluated, Check reports.
//
// An expression goes through five stages, each a file or two: tokens (lex.go), syntax as written (parse.go, printed by
// print.go), paths with their steps (path.go, ancestry.go), nodes with names resolved to slots (compile.go), and evaluation.
package jsonata

import (
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// Expr is a compiled expression. It never changes: many goroutines may call Eval at once.
type Expr struct {
	syntax  *syntax
	program *program
}

// Input is what one evaluation may see of the world. The zero Input is legal.
type Input struct {
	Data   value.Value                                // the context, $ and $$; AWS has none (Undefined)
	Lookup func(name string) (v value.Value, ok bool) // a variable by its name without '$'; nil: there are none
	Now    time.Time                                  // of $now and $millis; zero: the time of the call
	Random func() float64                             // 0 <= x < 1, for $random, $shuffle and $uuid; nil: math/rand/v2
	Limits Limits

	// NestedFunctions lets functions stand inside the result's arrays and objects. JSON has no text for them: it is for who looks
	// at results, not for who passes them on.
	NestedFunctions bool
}

// Limits end an evaluation that takes too much with the error U1001. Zero fields have the defaults.
type Limits struct {
	Time  time.Duration // default 700 ms
	Depth int           // nested evaluations, as the reference's test suite counts them; default 60,000
	Size  int           // bytes that arrays, objects and strings made on the way take, roughly; default 40 MiB
}

// Compile reads an expression. Its error is an *Error with a code S….
func Compile(src string) (expr *Expr, err error) {
	defer func() {
		switch mistake := recover().(type) {
		case nil:
		case syntaxError:
			expr, err = nil, mistake.err
		default:
			panic(mistake)
		}
	}()
	tree := parse(src)
	return &Expr{syntax: tree, program: compile(tree)}, nil
}

// String is the expression in a canonical form: compiled again, it gives the same string.
func (e *Expr) String() string {
	var p printer
	p.print(e.syntax)
	return p.String()
}

// Variables are the names, without '$', of the variables that the expression does not bind itself, in the order in which they
// first occur. Built-in functions are not among them.
func (e *Expr) Variables() []string { return e.program.variables() }

// Eval evaluates the expression. The result is JSON, Undefined, or a Func where the result is a function or holds one
// (but see Input.NestedFunctions). The error
// is an *Error with a code T…, D… or U….
func (e *Expr) Eval(in Input) (value.Value, error) { return e.program.eval(in) }
