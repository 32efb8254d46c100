package jsonpath

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

// comparison is "left operator right". A side that is no path, no 'string' and no /pattern/ is a string without quotes.
type comparison struct {
	left, right operand
	operator    operator
	member      string // of "@.member operator text", which most filters are; "" for any other
}

type operator uint8

const (
	equal operator = iota
	atLeast
	atMost
	unequal
	less
	greater
	matching
)

// operators in the order in which they are looked for, anywhere in a criterion.
var operators = [...]string{equal: "==", atLeast: ">=", atMost: "<=", unequal: "!=", less: "<", greater: ">", matching: "=~"}

// holds says whether the model stands in this relation, where order is the expected value's towards the model's.
func (o operator) holds(order int) bool {
	switch o {
	case equal:
		return order == 0
	case unequal:
		return order != 0
	case greater:
		return order < 0
	case atLeast:
		return order <= 0
	case less:
		return order > 0
	}
	return order >= 0
}

// operand is one side: a path, a pattern or a text.
type operand struct {
	path    *route
	pattern *regexp.Regexp
	text    value.Value
	// What the text is to a model of another kind:
	plain  string      // to a string: \' is '
	number value.Value // to a number, if it is one
	truth  bool        // to a boolean
	null   bool        // it counts as null
}

func newComparison(left string, o operator, right string) (predicate, error) {
	l, err := newOperand(left)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(right, "!@") {
		return nil, fmt.Errorf("invalid negation of %s; only an existence check may be negated: [?(!@.foo)]", right[1:])
	}
	r, err := newOperand(right)
	c := &comparison{left: l, right: r, operator: o}
	if l.path != nil && !l.path.absolute && r.text.Defined() && r.pattern == nil && o != matching {
		c.member = l.path.member()
	}
	return c, err
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
	return operand{
		text: value.OfString(text), number: number, null: text == "null",
		plain: strings.ReplaceAll(text, `\'`, "'"), truth: strings.EqualFold(text, "true"),
	}
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
	return operand{pattern: re, text: value.OfString(text[1:end])}, nil
}

// value is the operand's at an item. A path that leads nowhere makes ok false, and the comparison with it.
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
	v, at, problem := o.path.find(0, doc)
	if problem == none || problem.missing() {
		return v, problem == none, nil
	}
	return v, false, o.path.explain(problem, at, doc, w.text)
}

func (c *comparison) accepts(w *walker, item value.Value) (bool, error) {
	if c.member != "" {
		model, ok := item.Get(c.member)
		if !ok {
			return false, nil
		}
		return c.against(w, &c.right, model)
	}
	model, ok, err := c.left.value(w, item)
	if err != nil || !ok {
		return false, err
	}
	if c.operator == matching {
		return c.matches(w, item, model)
	}
	right := &c.right
	if right.path != nil || right.pattern != nil {
		expected, ok, err := right.value(w, item)
		if err != nil || !ok {
			return false, err
		}
		if expected.Kind() != value.String {
			return c.relate(expected, model), nil
		}
		found := textOperand(expected.Str())
		right = &found
	}
	return c.against(w, right, model)
}

// against compares with a text.
func (c *comparison) against(w *walker, text *operand, model value.Value) (bool, error) {
	switch {
	case c.operator == equal && model.Kind() == value.String:
		return model.Str() == text.plain, nil
	case model.Kind() == value.Number && text.number.Defined():
		return c.operator.holds(value.CompareNumbers(text.number, model)), nil
	}
	order, ok, err := text.compare(model, c.operator)
	if err != nil {
		return false, &CrashError{w.text, err.Error()}
	}
	return ok && c.operator.holds(order), nil
}

// matches: the pattern may stand on either side.
func (c *comparison) matches(w *walker, item, model value.Value) (bool, error) {
	expected, ok, err := c.right.value(w, item)
	if err != nil || !ok {
		return false, err
	}
	pattern, target := expected, model
	if model.Kind() == value.Func {
		pattern, target = model, expected
	}
	re, ok := pattern.Func().(*regexp.Regexp)
	if !ok {
		return false, &CrashError{w.text, "=~ has no /pattern/ on its right"}
	}
	if target.Kind() == value.Func {
		target = c.right.text // both sides are patterns
	}
	return target.Kind() != value.Null && re.MatchString(JavaText(target)), nil
}

// relate compares with a value, other than a string, that a path on the right led to. Kinds that have no order, such as a number
// and a string, are in no relation, not even unequal.
func (c *comparison) relate(expected, model value.Value) bool {
	if c.operator != equal && c.operator != unequal && (expected.Kind() == value.Null) != (model.Kind() == value.Null) {
		return false
	}
	order, ok := 0, true
	switch e, m := expected.Kind() == value.Null, nullish(model); {
	case e && m || value.Same(expected, model):
	case e:
		order = -1
	case m:
		order = 1
	case expected.Kind() != model.Kind():
		ok = false
	case model.Kind() == value.Number:
		order = value.CompareNumbers(expected, model)
	case model.Kind() == value.Bool:
		order = compareBool(expected.Bool(), model.Bool())
	default:
		ok = false
	}
	return ok && c.operator.holds(order)
}

// nullish is null and the string 'null'.
func nullish(v value.Value) bool {
	return v.Kind() == value.Null || v.Kind() == value.String && v.Str() == "null"
}

// compare orders the text and a model, by the model's kind. ok is false of kinds that have no order; an error is a text that would
// have to be a number.
func (o *operand) compare(model value.Value, by operator) (order int, ok bool, err error) {
	switch model.Kind() {
	case value.Null:
		if o.null {
			return 0, by == equal || by == unequal, nil
		}
		return 1, by == equal || by == unequal, nil
	case value.String:
		return o.compareText(model.Str()), true, nil
	}
	switch {
	case o.null:
		return -1, true, nil
	case model.Kind() == value.Bool:
		return compareBool(o.truth, model.Bool()), true, nil
	case model.Kind() != value.Number:
		return 0, false, nil
	case !o.number.Defined():
		return 0, false, fmt.Errorf("%q is no number", o.text.Str())
	}
	return value.CompareNumbers(o.number, model), true, nil
}

// compareText: the string 'null' stands before all others.
func (o *operand) compareText(model string) int {
	switch m := model == "null"; {
	case m && o.null:
		return 0
	case o.null:
		return -1
	case m:
		return 1
	}
	return compareText(o.plain, model)
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
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	x, _ := utf8.DecodeRuneInString(a[i:])
	y, _ := utf8.DecodeRuneInString(b[i:])
	return firstUnit(x) - firstUnit(y)
}

// firstUnit orders characters by their first UTF-16 code unit, then by the second.
func firstUnit(r rune) int {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return int(high)<<16 | int(low)
	}
	return int(r) << 16
}
