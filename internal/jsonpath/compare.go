package jsonpath

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/stride-aws/stride/internal/value"
)

// comparison is "left operator right". A side that is no path, no 'string' and no /pattern/ is a string without quotes.
type comparison struct {
	left, right operand
	operator    string
}

// operand is one side: a path, a pattern or a text.
type operand struct {
	path    *route
	pattern *regexp.Regexp
	text    value.Value
	number  value.Value // of a text that is one
}

func newComparison(left, operator, right string) (predicate, error) {
	l, err := newOperand(left)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(right, "!@") {
		return nil, fmt.Errorf("invalid negation of %s; only an existence check may be negated: [?(!@.foo)]", right[1:])
	}
	r, err := newOperand(right)
	return comparison{l, r, operator}, err
}

func newOperand(text string) (operand, error) {
	switch {
	case isPath(text):
		path, err := compileOperand(text)
		return operand{path: path}, err
	case strings.HasPrefix(text, "'") && strings.HasSuffix(text, "'"):
		if len(text) < 2 {
			return operand{}, errShort
		}
		return textOperand(text[1 : len(text)-1]), nil
	case strings.HasPrefix(text, "/") && (strings.HasSuffix(text, "/") || strings.HasSuffix(text, "/i")):
		return newPattern(text)
	}
	return textOperand(text), nil
}

func textOperand(text string) operand {
	number, _ := decimal(text)
	return operand{text: value.OfString(text), number: number}
}

// newPattern compiles /…/ or /…/i, which has to match a whole text. Go's regular expressions take linear time; what they lack of
// Java's (look-around, back references) is refused.
func newPattern(text string) (operand, error) {
	end := strings.LastIndexByte(text, '/')
	if end == 0 {
		return operand{}, errShort
	}
	prefix := ""
	if strings.HasSuffix(text, "i") {
		prefix = "(?i)"
	}
	re, err := regexp.Compile(prefix + `\A(?:` + text[1:end] + `)\z`)
	if err != nil {
		return operand{}, fmt.Errorf("pattern %s: %w", text, err)
	}
	return operand{pattern: re}, nil
}

// an operand's value at an item. A path that leads nowhere makes ok false, and the comparison with it.
func (o *operand) value(w *walker, item value.Value) (v value.Value, ok bool, err error) {
	switch {
	case o.pattern != nil:
		return value.OfFunc(o.pattern), true, nil
	case o.path == nil:
		return o.text, true, nil
	}
	doc := item
	if o.path.absolute {
		doc = w.root
	}
	v, fail := o.path.find(doc)
	switch {
	case fail.problem == none:
		return v, true, nil
	case fail.problem.missing():
		return v, false, nil
	}
	return v, false, o.path.explain(fail, doc, w.text)
}

func (c comparison) accepts(w *walker, item value.Value) (bool, error) {
	model, ok, err := c.left.value(w, item)
	if err != nil || !ok {
		return false, err
	}
	expected, ok, err := c.right.value(w, item)
	if err != nil || !ok {
		return false, err
	}
	if c.operator == "=~" {
		return c.matches(w, expected, model)
	}
	if c.operator != "==" && c.operator != "!=" && (expected.Kind() == value.Null) != (model.Kind() == value.Null) {
		return false, nil
	}
	order, ok, err := c.compare(expected, model)
	if err != nil {
		return false, &CrashError{w.text, err.Error()}
	}
	return ok && holds(c.operator, order), nil
}

// holds says whether the model stands in this relation, where order is the expected value's towards the model's.
func holds(operator string, order int) bool {
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order < 0
	case ">=":
		return order <= 0
	case "<":
		return order > 0
	}
	return order >= 0
}

func (c comparison) matches(w *walker, expected, model value.Value) (bool, error) {
	pattern, target := expected, model
	if model.Kind() == value.Func {
		pattern, target = model, expected
	}
	re, ok := pattern.Func().(*regexp.Regexp)
	if !ok {
		return false, &CrashError{w.text, "=~ has no /pattern/ on its right"}
	}
	return target.Kind() != value.Null && re.MatchString(JavaText(target)), nil
}

// nullish is null and the string 'null'.
func nullish(v value.Value) bool {
	return v.Kind() == value.Null || v.Kind() == value.String && v.Str() == "null"
}

// compare orders expected, the right-hand side, and model, the left-hand one. ok is false of kinds that have no order, such as a
// number on the right and a string on the left; an error is a text that would have to be a number.
func (c comparison) compare(expected, model value.Value) (order int, ok bool, err error) {
	if value.Same(expected, model) {
		return 0, true, nil
	}
	switch e, m := nullish(expected), nullish(model); {
	case e && m:
		return 0, true, nil
	case e:
		return -1, true, nil
	case m:
		return 1, true, nil
	}
	switch [2]value.Kind{expected.Kind(), model.Kind()} {
	case [2]value.Kind{value.String, value.String}:
		return compareText(strings.ReplaceAll(expected.Str(), `\'`, "'"), model.Str()), true, nil
	case [2]value.Kind{value.Number, value.Number}:
		return value.CompareNumbers(expected, model), true, nil
	case [2]value.Kind{value.String, value.Number}:
		number, err := c.number(expected)
		return value.CompareNumbers(number, model), true, err
	case [2]value.Kind{value.String, value.Bool}:
		return compareBool(strings.EqualFold(expected.Str(), "true"), model.Bool()), true, nil
	case [2]value.Kind{value.Bool, value.Bool}:
		return compareBool(expected.Bool(), model.Bool()), true, nil
	}
	return 0, false, nil
}

// number is the expected text as a number: read when compiling, unless it came by a path.
func (c comparison) number(expected value.Value) (value.Value, error) {
	if c.right.number.Defined() {
		return c.right.number, nil
	}
	return decimal(expected.Str())
}

// decimal reads a text as Java's BigDecimal does: signs, a leading or trailing point and an exponent, but no space.
func decimal(text string) (value.Value, error) {
	whole, fraction, rest := text, "", ""
	if i := strings.IndexAny(whole, "eE"); i >= 0 {
		whole, rest = whole[:i], whole[i:]
	}
	sign := ""
	if whole != "" && (whole[0] == '+' || whole[0] == '-') {
		sign, whole = strings.TrimPrefix(whole[:1], "+"), whole[1:]
	}
	whole, fraction, _ = strings.Cut(whole, ".")
	if whole+fraction == "" || !allDigits(whole+fraction) {
		return value.Value{}, fmt.Errorf("%q is no number", text)
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	number := sign + whole
	if fraction != "" {
		number += "." + fraction
	}
	v, err := value.Parse(number + rest)
	if err != nil {
		return value.Value{}, fmt.Errorf("%q is no number", text)
	}
	return v, nil
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// compareText orders by UTF-16 code units, as Java does: only there do characters past U+FFFF stand before U+E000.
func compareText(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && i < len(a) && a[i]&0xC0 == 0x80 {
		i--
	}
	x, y := utf16.Encode([]rune(a[i:min(len(a), i+4)])), utf16.Encode([]rune(b[i:min(len(b), i+4)]))
	for k := 0; k < len(x) && k < len(y); k++ {
		if x[k] != y[k] {
			return int(x[k]) - int(y[k])
		}
	}
	return len(a) - len(b)
}
