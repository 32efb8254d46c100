package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// maxNesting is how deep calls may be nested. AWS: "up to 10 intrinsic functions" may be nested in one field.
const maxNesting = 10

// Intrinsic is a compiled call: "States.Format('order {}', $.id)".
type Intrinsic struct {
	text     string
	function *function
	args     []argument
}

// argument is a path, a nested call or a literal. raw is a string literal with its escapes, which States.Format reads itself.
type argument struct {
	expr    Expr
	literal value.Value
	raw     string
}

// CompileIntrinsic compiles a call. The error is a *SyntaxError: the call does not parse, no such function, a wrong number of
// arguments, nested too deep.
func CompileIntrinsic(text string) (*Intrinsic, error) {
	r := callReader{text: text}
	call, err := r.call(1)
	if r.space(); err == nil && r.pos < len(text) {
		err = fmt.Errorf("unexpected %q after the call", text[r.pos:])
	}
	if err != nil {
		return nil, &SyntaxError{text, err.Error()}
	}
	call.text = text
	return call, nil
}

// String is the call as it was written.
func (in *Intrinsic) String() string { return in.text }

// Name is the outermost function's: "States.Format".
func (in *Intrinsic) Name() string { return in.function.name }

// Variables are the names of the workflow variables that the call reads, each once.
func (in *Intrinsic) Variables() []string {
	var names []string
	seen := map[string]bool{}
	for _, arg := range in.args {
		if arg.expr == nil {
			continue
		}
		for _, name := range arg.expr.Variables() {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Context is true where an argument reads the context object.
func (in *Intrinsic) Context() bool {
	for _, arg := range in.args {
		if arg.expr != nil && arg.expr.Context() {
			return true
		}
	}
	return false
}

// Eval calls the function. The error is an *IntrinsicError.
func (in *Intrinsic) Eval(s Scope) (value.Value, error) {
	c := invocation{Intrinsic: in, scope: &s, values: make([]value.Value, len(in.args))}
	for i, arg := range in.args {
		v, err := in.argument(arg, s)
		if err != nil {
			return value.Value{}, err
		}
		c.values[i] = v
	}
	v, err := in.function.eval(&c)
	if err != nil {
		return value.Value{}, &IntrinsicError{Call: in.text, Reason: err.Error()}
	}
	return v, nil
}

func (in *Intrinsic) argument(arg argument, s Scope) (value.Value, error) {
	if arg.expr == nil {
		return arg.literal, nil
	}
	v, err := arg.expr.Eval(s)
	var nested *IntrinsicError
	switch {
	case err == nil:
		return v, nil
	case errors.As(err, &nested):
		return v, err
	case errors.As(err, new(*NotFoundError)):
		reason := fmt.Sprintf("The JsonPath argument for the field '%s' could not be found in the input '%s'", arg.expr, s.Input)
		return v, &IntrinsicError{Call: in.text, Reason: reason, Missing: true}
	}
	return v, &IntrinsicError{Call: in.text, Reason: err.Error()}
}

// callReader parses a call.
type callReader struct {
	text string
	pos  int
}

func (r *callReader) space() {
	for r.pos < len(r.text) && r.text[r.pos] <= ' ' {
		r.pos++
	}
}

// peek is the next character, 0 at the end.
func (r *callReader) peek() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *callReader) call(depth int) (*Intrinsic, error) {
	start := r.pos
	open := strings.IndexByte(r.text[start:], '(')
	if open < 0 {
		return nil, errors.New("expected a path or a call of an intrinsic function")
	}
	f := functions[r.text[start:start+open]]
	if f == nil {
		return nil, fmt.Errorf("no intrinsic function is called %q", r.text[start:start+open])
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("more than %d nested calls", maxNesting)
	}
	r.pos = start + open + 1
	args, err := r.arguments(depth)
	if err != nil {
		return nil, err
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		return nil, fmt.Errorf("%s takes %s, not %d", f.name, f.arity(), len(args))
	}
	for i, arg := range args {
		if arg.expr == nil && !f.takes(i, arg.literal.Kind()) {
			return nil, fmt.Errorf("%s cannot take %s as argument %d", f.name, arg.literal, i+1)
		}
	}
	return &Intrinsic{text: r.text[start:r.pos], function: f, args: args}, nil
}

// arguments reads up to the closing parenthesis and over it.
func (r *callReader) arguments(depth int) ([]argument, error) {
	var args []argument
	if r.space(); r.peek() == ')' {
		r.pos++
		return nil, nil
	}
	for {
		r.space()
		arg, err := r.argument(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		r.space()
		switch r.peek() {
		case ',':
			r.pos++
		case ')':
			r.pos++
			return args, nil
		default:
			return nil, fmt.Errorf("expected ',' or ')' at %q", r.text[r.pos:])
		}
	}
}

func (r *callReader) argument(depth int) (argument, error) {
	switch c := r.peek(); {
	case c == '\'':
		return r.str()
	case c == '$':
		path, err := Compile(r.path())
		return argument{expr: path}, err
	case strings.HasPrefix(r.text[r.pos:], "States."):
		call, err := r.call(depth + 1)
		return argument{expr: call}, err
	}
	end := strings.IndexAny(r.text[r.pos:], ",) \t\r\n")
	if end < 0 {
		end = len(r.text) - r.pos
	}
	word := r.text[r.pos : r.pos+end]
	v, err := value.Parse(word)
	if err != nil || v.Kind() > value.Number {
		return argument{}, fmt.Errorf("%q is no path, string, number, true, false, null or call", word)
	}
	r.pos += end
	return argument{literal: v}, nil
}

// path takes what belongs to a path: up to the ',' or ')' that is outside its brackets.
func (r *callReader) path() string {
	start, depth, quoted := r.pos, 0, false
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c == '\'' && depth > 0:
			quoted = !quoted
		case quoted:
		case c == '[' || c == '(':
			depth++
		case depth > 0 && (c == ']' || c == ')'):
			depth--
		case depth == 0 && (c == ',' || c == ')'):
			return strings.TrimRight(r.text[start:r.pos], " \t\r\n")
		}
	}
	return r.text[start:]
}

// reserved are the characters that a string has to escape with a backslash, and the only ones that it may.
const reserved = `'{}\`

// str reads a string literal. A single brace, a double quote and a line end may stand in it as they are.
func (r *callReader) str() (argument, error) {
	r.pos++
	start := r.pos
	for r.pos < len(r.text) && r.text[r.pos] != '\'' {
		if r.text[r.pos] == '\\' {
			if r.pos++; strings.IndexByte(reserved, r.peek()) < 0 || r.peek() == 0 {
				return argument{}, fmt.Errorf("only %s may follow a backslash", strings.Join(strings.Split(reserved, ""), " "))
			}
		}
		r.pos++
	}
	if r.pos >= len(r.text) {
		return argument{}, errors.New("a string has no closing quote")
	}
	raw := r.text[start:r.pos]
	r.pos++
	return argument{literal: value.OfString(unescape(raw)), raw: raw}, nil
}

// unescape takes the backslash off reserved characters.
func unescape(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if isEscape(raw, i) {
			i++
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func isEscape(raw string, i int) bool {
	return raw[i] == '\\' && i+1 < len(raw) && strings.IndexByte(reserved, raw[i+1]) >= 0
}
