package jsonpath

import (
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// JavaText is v as Java prints what Jackson read: strings bare, objects as {a=1, b=[x, y]}. AWS shows values so in
// States.Format and in Jayway's messages.
func JavaText(v value.Value) string {
	switch v.Kind() {
	case value.String:
		return v.Str()
	case value.Number:
		return javaNumber(v)
	case value.Array:
		texts := make([]string, v.Len())
		for i, item := range v.Items() {
			texts[i] = JavaText(item)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case value.Object:
		texts := make([]string, v.Len())
		for i, m := range v.Members() {
			texts[i] = m.Name + "=" + JavaText(m.Value)
		}
		return "{" + strings.Join(texts, ", ") + "}"
	}
	return v.String()
}

// javaNumber is Integer.toString for a number written without point and exponent, else Double.toString.
func javaNumber(v value.Value) string {
	text := v.NumberText()
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	f := v.Float()
	abs := max(f, -f)
	if abs == 0 || abs >= 1e-3 && abs < 1e7 {
		return withPoint(strconv.FormatFloat(f, 'f', -1, 64))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	n, _ := strconv.Atoi(exponent)
	return withPoint(mantissa) + "E" + strconv.Itoa(n)
}

func withPoint(text string) string {
	if strings.Contains(text, ".") {
		return text
	}
	return text + ".0"
}
