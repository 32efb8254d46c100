package jsonata

import (
	"math"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// Error is a mistake in an expression, found when it is compiled (codes S…) or evaluated (T…: types, D…: data, U…: limits).
type Error struct {
	Code     string      // the reference's code, as "T2001"
	Position int         // in UTF-16 units from the start of the expression, as the reference counts; just past the token
	Token    string      // the operator or function that failed; "" where there is none
	Value    value.Value // what the message quotes; may be Undefined
	Message  string      // the reference's sentence: "Attempted to invoke a non-function"
}

// Error is the text that AWS shows after "threw an error during evaluation.": code, colon, message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Codes of our own; the test suite of the reference gives U1001 to whatever it stops.
const (
	codeLimit = "U1001"
	codeRegex = "S0303" // the reference lets JavaScript's SyntaxError through, which has no code
)

// details are the parts of an Error that its message may quote.
type details struct {
	position      int
	token         string
	value, value2 value.Value
	text          string // the whole message of $error and $assert, or the name of a type or function
	index         int
}

func newError(code string, d details) *Error {
	e := &Error{Code: code, Position: d.position, Token: d.token, Value: d.value}
	e.Message = message(code, d)
	return e
}

// fail is an error whose place and token the caller's caller knows.
func fail(code string) error { return newError(code, details{}) }

func failWith(code string, v value.Value) error { return newError(code, details{value: v}) }

// at fills in the place of an error that has none.
func at(err error, position int, token string) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	placed := *e
	placed.Position, placed.Token = position, token
	placed.Message = strings.ReplaceAll(placed.Message, tokenMark, quoted(value.OfString(token)))
	placed.Message = strings.ReplaceAll(placed.Message, bareTokenMark, token)
	return &placed
}

// Until the token of an error is known, its message holds a mark.
const (
	tokenMark     = "\x00token\x00"
	bareTokenMark = "\x00bare\x00"
)

// settled is an error whose token nobody knew.
func settled(err error) error {
	if e, ok := err.(*Error); ok && strings.Contains(e.Message, "\x00") {
		settled := *e
		settled.Message = strings.NewReplacer(tokenMark, "undefined", bareTokenMark, "undefined").Replace(e.Message)
		return &settled
	}
	return err
}

func message(code string, d details) string {
	template := messages[code]
	token, bare := tokenMark, bareTokenMark
	if d.token != "" {
		token, bare = quoted(value.OfString(d.token)), d.token
	}
	return strings.NewReplacer(
		"{{{token}}}", bare, "{{{text}}}", d.text, "{{token}}", token, "{{text}}", quoted(value.OfString(d.text)),
		"{{value}}", quoted(d.value), "{{value2}}", quoted(d.value2), "{{index}}", quoted(value.OfInt(int64(d.index))),
	).Replace(template)
}

// maxQuoted keeps an error about a large value readable.
const maxQuoted = 200

// quoted is v as the reference's messages show it: its JSON.
func quoted(v value.Value) string {
	switch {
	case v.Kind() == value.Undefined:
		return "undefined"
	case v.Kind() == value.Func:
		return "function"
	case v.Kind() == value.Number && (math.IsInf(v.Float(), 0) || math.IsNaN(v.Float())):
		return "null"
	}
	text := preview(v, nil, maxQuoted)
	if len(text) > maxQuoted {
		return strings.ToValidUTF8(string(text[:maxQuoted]), "") + "…"
	}
	return string(text)
}

// preview appends v's JSON, and stops soon after limit bytes.
func preview(v value.Value, dst []byte, limit int) []byte {
	if len(dst) > limit {
		return dst
	}
	switch v.Kind() {
	case value.Array:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if len(dst) > limit {
				return dst
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = preview(item, dst, limit)
		}
		return append(dst, ']')
	case value.Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if len(dst) > limit {
				return dst
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(value.OfString(m.Name).AppendJSON(dst), ':')
			dst = preview(m.Value, dst, limit)
		}
		return append(dst, '}')
	case value.Undefined, value.Func:
		return append(dst, "null"...)
	}
	return v.AppendJSON(dst)
}

// messages are the reference's, by code; {{name}} stands for JSON, {{{name}}} for the bare text.
var messages = map[string]string{
	"S0101": `String literal must be terminated by a matching quote`,
	"S0102": `Number out of range: {{token}}`,
	"S0103": `Unsupported escape sequence: \{{token}}`,
	"S0104": `The escape sequence \u must be followed by 4 hex digits`,
	"S0105": "Quoted property name must be terminated with a backquote (`)",
	"S0106": `Comment has no closing tag`,
	"S0201": `Syntax error: {{token}}`,
	"S0202": `Expected {{text}}, got {{token}}`,
	"S0203": `Expected {{text}} before end of expression`,
	"S0204": `Unknown operator: {{token}}`,
	"S0205": `Unexpected token: {{token}}`,
	"S0206": `Unknown expression type: {{token}}`,
	"S0207": `Unexpected end of expression`,
	"S0208": `Parameter {{index}} of function definition must be a variable name (start with $)`,
	"S0209": `A predicate cannot follow a grouping expression in a step`,
	"S0210": `Each step can only have one grouping expression`,
	"S0211": `The symbol {{token}} cannot be used as a unary operator`,
	"S0212": `The left side of := must be a variable name (start with $)`,
	"S0213": `The literal value {{value}} cannot be used as a step within a path expression`,
	"S0214": `The right side of {{token}} must be a variable name (start with $)`,
	"S0215": `A context variable binding must precede any predicates on a step`,
	"S0216": `A context variable binding must precede the 'order-by' clause on a step`,
	"S0217": `The object representing the 'parent' cannot be derived from this expression`,
	"S0301": `Empty regular expressions are not allowed`,
	"S0302": `No terminating / in regular expression`,
	"S0303": `Invalid regular expression: {{{text}}}`,
	"S0402": `Choice groups containing parameterized types are not supported`,
	"S0401": `Type parameters can only be applied to functions and arrays`,
	"T0410": `Argument {{index}} of function {{token}} does not match function signature`,
	"T0411": `Context value is not a compatible type with argument {{index}} of function {{token}}`,
	"T0412": `Argument {{index}} of function {{token}} must be an array of {{text}}`,
	"D1001": `Number out of range: {{value}}`,
	"D1002": `Cannot negate a non-numeric value: {{value}}`,
	"T1003": `Key in object structure must evaluate to a string; got: {{value}}`,
	"D1004": `Regular expression matches zero length string`,
	"T1005": `Attempted to invoke a non-function. Did you mean ${{{token}}}?`,
	"T1006": `Attempted to invoke a non-function`,
	"T1007": `Attempted to partially apply a non-function. Did you mean ${{{token}}}?`,
	"T1008": `Attempted to partially apply a non-function`,
	"D1009": `Multiple key definitions evaluate to same key: {{value}}`,
	"T1010": `The matcher function argument passed to function {{token}} does not return the correct object structure`,
	"T2001": `The left side of the {{token}} operator must evaluate to a number`,
	"T2002": `The right side of the {{token}} operator must evaluate to a number`,
	"T2003": `The left side of the range operator (..) must evaluate to an integer`,
	"T2004": `The right side of the range operator (..) must evaluate to an integer`,
	"T2006": `The right side of the function application operator ~> must be a function`,
	"T2007": `Type mismatch when comparing values {{value}} and {{value2}} in order-by clause`,
	"T2008": `The expressions within an order-by clause must evaluate to numeric or string values`,
	"T2009": `The values {{value}} and {{value2}} either side of operator {{token}} must be of the same data type`,
	"T2010": `The expressions either side of operator {{token}} must evaluate to numeric or string values`,
	"T2011": `The insert/update clause of the transform expression must evaluate to an object: {{value}}`,
	"T2012": `The delete clause of the transform expression must evaluate to a string or array of strings: {{value}}`,
	"T2013": `The transform expression clones the input object using the $clone() function.  This has been overridden in the current scope by a non-function.`,
	"D2014": `The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate {{value}}.`,
	"D3001": `Attempting to invoke string function on Infinity or NaN`,
	"D3010": `Second argument of replace function cannot be an empty string`,
	"D3011": `Fourth argument of replace function must evaluate to a positive number`,
	"D3012": `Attempted to replace a matched string with a non-string value`,
	"D3020": `Third argument of split function must evaluate to a positive number`,
	"D3030": `Unable to cast value to a number: {{value}}`,
	"D3040": `Third argument of match function must evaluate to a positive number`,
	"D3050": `The second argument of reduce function must be a function with at least two arguments`,
	"D3060": `The sqrt function cannot be applied to a negative number: {{value}}`,
	"D3061": `The power function has resulted in a value that cannot be represented as a JSON number: base={{value}}, exponent={{value2}}`,
	"D3070": `The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function`,
	"D3080": `The picture string must only contain a maximum of two sub-pictures`,
	"D3081": `The sub-picture must not contain more than one instance of the 'decimal-separator' character`,
	"D3082": `The sub-picture must not contain more than one instance of the 'percent' character`,
	"D3083": `The sub-picture must not contain more than one instance of the 'per-mille' character`,
	"D3084": `The sub-picture must not contain both a 'percent' and a 'per-mille' character`,
	"D3085": `The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'`,
	"D3086": `The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character`,
	"D3087": `The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character`,
	"D3088": `The sub-picture must not contain a 'grouping-separator' at the end of the integer part`,
	"D3089": `The sub-picture must not contain two adjacent instances of the 'grouping-separator' character`,
	"D3090": `The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'`,
	"D3091": `The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'`,
	"D3092": `A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'`,
	"D3093": `The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'`,
	"D3100": `The radix of the formatBase function must be between 2 and 36.  It was given {{value}}`,
	"D3110": `The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {{value}}`,
	"D3130": `Formatting or parsing an integer as a sequence starting with {{value}} is not supported by this implementation`,
	"D3131": `In a decimal digit pattern, all digits must be from the same decimal group`,
	"D3132": `Unknown component specifier {{value}} in date/time picture string`,
	"D3133": `The 'name' modifier can only be applied to months and days in the date/time picture string, not {{value}}`,
	"D3134": `The timezone integer format specifier cannot have more than four digits`,
	"D3135": `No matching closing bracket ']' in date/time picture string`,
	"D3136": `The date/time picture string is missing specifiers required to parse the timestamp`,
	"D3137": `{{{text}}}`,
	"D3138": `The $single() function expected exactly 1 matching result.  Instead it matched more.`,
	"D3139": `The $single() function expected exactly 1 matching result.  Instead it matched 0.`,
	"D3140": `Malformed URL passed to ${{{text}}}(): {{value}}`,
	"D3141": `{{{text}}}`,
	"U1001": `{{{text}}}`,
}
