// Package picture formats and parses numbers and dates by the picture strings of XPath, as JSONata 2.0.6 does: numbers by
// $formatNumber's decimal pictures ("#,##0.00"), integers by $formatInteger's ("001", "Ww;o", "I"), dates by $fromMillis's
// ("[D1o] [MNn] [Y0001]"). Numbers, pictures and text go in, text and numbers come out; package jsonata calls it.
//
// The reference's quirks are kept, for its answers are what is tested against. Only where 2.0.6 never ends or dies of a
// JavaScript error that a later version mends (exponents of zero and of negative numbers, a picture without digits) is the
// later version's answer given.
package picture

import "github.com/stride-aws/stride/internal/value"

// Error is a mistake in a picture or in what it is applied to.
type Error struct {
	Code  string      // JSONata's code, as D3081; "" where the reference fails with an error of JavaScript's own
	Value value.Value // what the code's message quotes; may be Undefined
}

func (e *Error) Error() string {
	if e.Code == "" {
		return "picture and value do not fit"
	}
	return "picture: " + e.Code
}

func fail(code string) error                 { return &Error{Code: code} }
func failWith(code string, quoted any) error { return &Error{Code: code, Value: quote(quoted)} }

// errScript stands for the errors of JavaScript's own, which have no code.
var errScript = fail("")

func quote(x any) value.Value {
	switch x := x.(type) {
	case string:
		return value.OfString(x)
	case float64:
		return value.OfFloat(x)
	}
	return value.Value{}
}
