package lang

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Difference is something that a state machine does otherwise than Go, where the compiler cannot see it: the input decides.
type Difference struct {
	Workflow flow.Workflow
	What     string // happens
	Instead  string // do
	Inputs   int
	Run      func(t testing.TB, input int) // fails
}

func differ[I, O any](name string, fn func(flow.Context, I) (O, error), what, instead string, inputs ...any) Difference {
	w := flow.Standard(name, fn)
	return Difference{w, what, instead, len(inputs), func(t testing.TB, input int) { flowtest.Run[O](flowtest.New(t, w), inputs[input]) }}
}

// Differences are those that are known; the language's documentation lists them.
var Differences = []Difference{
	differ("digits", digits, "Whole numbers of more than 15 digits are rounded, and do not wrap around past 2^63: JSONata's numbers are those of float64.",
		"keep long numbers in strings", 9007199254740993),
	differ("atoi-digits", atoiDigits, "`strconv.Atoi` and `ParseInt` say of more than 15 digits that they are out of range.",
		"keep long numbers in strings", "1234567890123456"),
	differ("float-digits", floatDigits, "`strconv.ParseFloat` says of an exponent of three digits, of a text of more than 200 characters, of hexadecimal digits, and of infinity and NaN, which JSON does not have, that they are out of range, and gives 0.",
		"only test such an error for nil", "1e100", "inf", "0x1p2"),
	differ("minus-zero", minusZero, "A float has no negative zero.", "compare with 0 before a zero is written as a text", 0.0),
	differ("quoted", quoted, "`strconv.Quote`, `%q` and the texts of strconv's and time's errors write characters that cannot be printed, and time's all past ASCII, as JSON does: `\\u0001`, not `\\x01`.",
		"only test such an error for nil, and keep such texts out of quotes", "\x01", "\u00a0"),
	differ("order", order, "Strings are ordered by UTF-16 units, not by bytes: emoji and all else past U+FFFF come before U+E000 to U+FFFF.",
		"order such texts in a handler", [2]string{"\uffee", "\U0001f600"}),
	differ("upper", upper, "`strings.ToUpper` and `ToLower` follow all of Unicode's rules: ß becomes SS.",
		"change the case of such texts in a handler", "straße"),
	differ("names", names, "Members of JSON must have a field's name exactly; encoding/json ignores the case.",
		"send the names that are declared", json.RawMessage(`{"NAME":"x"}`)),
	differ("zones", zones, "What is computed with a time (`Add`, `AddDate`, `Truncate`) is in UTC, to the millisecond. What is read of one (`Hour`, `Format`) is in its own zone, as in Go.",
		"compute times in other zones, or to the nanosecond, in a handler",
		time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200)), time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC)),
	differ("instants", instants, "Times are compared, and subtracted, to the millisecond.", "compare times to the nanosecond in a handler",
		[2]time.Time{time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 123457000, time.UTC)}),
	differ("far", far, "`Sub` of times more than 292 years apart is what lies between them; Go's stops at the longest `Duration`.", "compare such times with `Before` or `AddDate`",
		[2]time.Time{{}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}),
	differ("divided", divided, "A float divided by zero is no number, and null in JSON, where Go has an infinity or NaN.", "test before", [2]float64{0, 0}),
	differ("null-items", nullItems, "null among strings or numbers is Go's zero value where items are read, and an error in `strings.Join`, `slices.Sort`, `Max` and `Min`.",
		"send no null", json.RawMessage(`["b",null]`)),
	differ("array-length", arrayLength, "Arrays, as in `[3]int`, are as long as they came; encoding/json fills or cuts them.", "send arrays of their length",
		json.RawMessage(`[1]`)),
}

func instants(c flow.Context, t [2]time.Time) (bool, error) { return t[0].Before(t[1]), nil }

func far(c flow.Context, t [2]time.Time) (float64, error) { return t[0].Sub(t[1]).Hours(), nil }

func divided(c flow.Context, f [2]float64) (float64, error) { return f[0] / f[1], nil }

func nullItems(c flow.Context, list []string) (string, error) { return strings.Join(list, ","), nil }

func arrayLength(c flow.Context, list [3]int) (int, error) {
	n := 0
	for range list {
		n++
	}
	return n, nil
}

func digits(c flow.Context, n int) (int, error) { return n + 1, nil }

func atoiDigits(c flow.Context, s string) (bool, error) {
	_, err := strconv.Atoi(s)
	return err == nil, nil
}

func floatDigits(c flow.Context, s string) (bool, error) {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil, nil
}

func minusZero(c flow.Context, f float64) (string, error) { return fmt.Sprintf("%.1f", -f), nil }

func quoted(c flow.Context, s string) (string, error) {
	if _, err := strconv.Atoi(s); err != nil {
		return err.Error(), nil
	}
	return "", nil
}

func order(c flow.Context, s [2]string) (bool, error) { return s[0] < s[1], nil }

func upper(c flow.Context, s string) (string, error) { return strings.ToUpper(s), nil }

func names(c flow.Context, in Thing) (string, error) { return in.Name, nil }

func zones(c flow.Context, t time.Time) (time.Time, error) { return t.Add(time.Hour), nil }
