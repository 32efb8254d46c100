// Package picture formats and parses numbers and dates by the picture strings of XPath, as JSONata 2.0.6 does: numbers by
// $formatNumber's decimal pictures ("#,##0.00"), integers by $formatInteger's ("001", "Ww;o", "I"), dates by $fromMillis's
// ("[D1o] [MNn] [Y0001]"). Numbers, pictures and text go in, text and numbers come out; package jsonata calls it.
//
// Where the reference has quirks, they are kept: definitions are tested against what it answers. The two exceptions are
// listed in doc comments: pictures on which 2.0.6 never ends have the answer of the first version that does.
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

func quote(x any) value.Value {
	switch x := x.(type) {
	case string:
		return value.OfString(x)
	case float64:
		return value.OfFloat(x)
	}
	return value.Value{}
}

// FormatNumber formats x by a decimal picture, as $formatNumber does; options, an object or Undefined, overrides the
// picture's special characters. Errors: D3080 to D3093.
func FormatNumber(x float64, picture string, options value.Value) (string, error) {
	return "", fail("")
}

// FormatBase writes x, rounded, to a base from 2 to 36. Errors: D3100.
func FormatBase(x, base float64) (string, error) { return "", fail("") }

// FormatInteger formats the floor of x by an integer picture. Errors: D3130, D3131.
func FormatInteger(x float64, picture string) (string, error) { return "", fail("") }

// ParseInteger reads what FormatInteger writes; text that is no such number gives NaN. Errors: D3130, D3131.
func ParseInteger(s, picture string) (float64, error) { return 0, fail("") }

// The picture and the time zone that $fromMillis has when it is given none.
const (
	ISO8601 = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
	UTC     = "0000"
)

// FormatDateTime formats the time millis after the epoch by a date picture, in a zone written as ±hhmm.
// Errors: D3130 to D3135.
func FormatDateTime(millis float64, picture, zone string) (string, error) { return "", fail("") }

// ParseDateTime reads a time by a date picture: milliseconds since the epoch, and false where s does not match the picture.
// What the picture leaves out on the left is taken from now, in milliseconds. Errors: D3130 to D3136.
func ParseDateTime(s, picture string, now float64) (millis float64, ok bool, err error) {
	return 0, false, fail("")
}

// ParseISO8601 reads a time as $toMillis does without a picture; NaN for dates that do not exist. Errors: D3110.
func ParseISO8601(s string) (millis float64, err error) { return 0, fail("") }
