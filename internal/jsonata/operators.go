package jsonata

import (
	"math"

	"github.com/stride-aws/stride/internal/value"
)

// binary is what all operators between two operands have.
type binary struct {
	left, right node
	op          string
	pos         int
}

func (n *binary) operands(r *run, f *frame, in value.Value) (a, b value.Value, err error) {
	if a, err = n.left.eval(r, f, in); err == nil {
		b, err = n.right.eval(r, f, in)
	}
	return a, b, err
}

// place gives an error of the operator itself its position and token.
func (n *binary) place(err error) error {
	if err == nil {
		return nil
	}
	return at(err, n.pos, n.op)
}

type arithmeticNode struct {
	binary
	sign byte
}

func (n *arithmeticNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil {
		return nothing, err
	}
	if a.Kind() != value.Number || b.Kind() != value.Number || (a.Tag()|b.Tag())&tagOdd != 0 {
		if ok, err := n.check(a, b); !ok || err != nil {
			return nothing, err
		}
	}
	return number(calculate(a.Float(), b.Float(), n.sign)), nil
}

func calculate(a, b float64, sign byte) float64 {
	switch sign {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	case '/':
		return a / b
	}
	return math.Mod(a, b)
}

// check fails where an operand is no number, and is false where one is nothing.
func (n *arithmeticNode) check(a, b value.Value) (bool, error) {
	for i, v := range [...]value.Value{a, b} {
		if !v.Defined() {
			continue
		}
		ok, err := isNumber(v)
		if err != nil {
			return false, n.place(err)
		}
		if !ok {
			return false, n.place(failWith([...]string{"T2001", "T2002"}[i], v))
		}
	}
	return a.Defined() && b.Defined(), nil
}

type negateNode struct {
	operand node
	pos     int
}

func (n *negateNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	v, err := n.operand.eval(r, f, in)
	if err != nil || !v.Defined() {
		return nothing, err
	}
	if ok, err := isNumber(v); err != nil {
		return nothing, err
	} else if !ok {
		return nothing, at(failWith("D1002", v), n.pos, "-")
	}
	return value.OfFloat(-v.Float()), nil
}

type equalNode struct {
	binary
	wanted bool
}

func (n *equalNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil {
		return nothing, err
	}
	if !a.Defined() || !b.Defined() {
		return value.False, nil
	}
	same, err := r.equal(a, b, 0)
	return value.OfBool(same == n.wanted), n.place(err)
}

// equal is deep equality.
func (r *run) equal(a, b value.Value, depth int) (bool, error) {
	if a.Kind() != b.Kind() {
		return false, nil
	}
	if a.Kind() < value.Array || value.Same(a, b) {
		return value.Same(a, b), nil
	}
	if a.Len() != b.Len() || a.Kind() == value.Func {
		return false, nil
	}
	if depth > maxNesting {
		return false, errNesting
	}
	if err := r.step(a.Len()); err != nil {
		return false, err
	}
	for i, item := range a.Items() {
		if same, err := r.equal(item, b.At(i), depth+1); !same || err != nil {
			return false, err
		}
	}
	for _, m := range a.Members() {
		other, ok := b.Get(m.Name)
		if !ok {
			return false, nil
		}
		if same, err := r.equal(m.Value, other, depth+1); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

type comparison uint8

const (
	less comparison = iota
	lessOrEqual
	greater
	greaterOrEqual
)

type compareNode struct {
	binary
	compare comparison
}

func (n *compareNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil {
		return nothing, err
	}
	if a.Kind() == value.Number && b.Kind() == value.Number {
		return value.OfBool(n.compare.floats(a.Float(), b.Float())), nil
	}
	if err := comparable(a, b); err != nil {
		return nothing, n.place(err)
	}
	if !a.Defined() || !b.Defined() {
		return nothing, nil
	}
	return value.OfBool(n.compare.floats(float64(compareStrings(a.Str(), b.Str())), 0)), nil
}

func (c comparison) floats(a, b float64) bool {
	switch c {
	case less:
		return a < b
	case lessOrEqual:
		return a <= b
	case greater:
		return a > b
	}
	return a >= b
}

// comparable fails unless a and b are numbers or strings, and both the same where both are something.
func comparable(a, b value.Value) error {
	for _, v := range [...]value.Value{a, b} {
		if v.Defined() && v.Kind() != value.Number && v.Kind() != value.String {
			return failWith("T2010", v)
		}
	}
	if a.Defined() && b.Defined() && a.Kind() != b.Kind() {
		return newError("T2009", details{value: a, value2: b})
	}
	return nil
}

type andNode struct{ binary }

func (n *andNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	return n.shortCircuit(r, f, in, false)
}

type orNode struct{ binary }

func (n *orNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	return n.shortCircuit(r, f, in, true)
}

// shortCircuit evaluates the right side unless the left side is the result.
func (n *binary) shortCircuit(r *run, f *frame, in value.Value, decisive bool) (value.Value, error) {
	v, err := n.left.eval(r, f, in)
	if err != nil {
		return nothing, err
	}
	yes, err := r.truth(v)
	if err != nil {
		return nothing, n.place(err)
	}
	if yes == decisive {
		return value.OfBool(decisive), nil
	}
	if v, err = n.right.eval(r, f, in); err != nil {
		return nothing, n.place(err)
	}
	yes, err = r.truth(v)
	return value.OfBool(yes), n.place(err)
}

type concatNode struct{ binary }

func (n *concatNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil {
		return nothing, err
	}
	left, err := r.text(a)
	if err != nil {
		return nothing, n.place(err)
	}
	right, err := r.text(b)
	if err != nil {
		return nothing, n.place(err)
	}
	return r.concat(left, right)
}

// text is v as the operator & has it.
func (r *run) text(v value.Value) (string, error) {
	switch v.Kind() {
	case value.String:
		return v.Str(), nil
	case value.Undefined:
		return "", nil
	}
	return r.stringify(v, false)
}

func (r *run) concat(a, b string) (value.Value, error) {
	if a == "" || b == "" {
		return value.OfString(a + b), nil
	}
	if err := r.take(len(a) + len(b)); err != nil {
		return nothing, err
	}
	if unit, ok := loneSurrogate(b); ok && unit >= 0xDC00 {
		return value.OfString(string(appendUnit([]byte(a), unit)) + b[3:]), nil
	}
	return value.OfString(a + b), nil
}

type inNode struct{ binary }

func (n *inNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil || !a.Defined() || !b.Defined() {
		return value.False, err
	}
	items := itemsOf(b)
	if err := r.step(len(items)); err != nil {
		return nothing, err
	}
	for _, item := range items {
		if value.Same(item, a) {
			return value.True, nil
		}
	}
	return value.False, nil
}

// rangeNode is a range outside of an array constructor, which has its own way.
type rangeNode struct{ binary }

func (n *rangeNode) eval(r *run, f *frame, in value.Value) (value.Value, error) {
	a, b, err := n.operands(r, f, in)
	if err != nil {
		return nothing, err
	}
	first, count, err := rangeBounds(a, b)
	if err != nil || count == 0 {
		return nothing, n.place(err)
	}
	items, err := r.appendRange(nil, first, count)
	return finish(value.OfArray(items).WithTag(tagSequence), false), err
}

// truth is what $boolean makes of v; nothing is false.
func (r *run) truth(v value.Value) (bool, error) {
	switch v.Kind() {
	case value.Bool:
		return v.Bool(), nil
	case value.String:
		return v.Str() != "", nil
	case value.Number:
		f := v.Float()
		return f != 0 && f == f, finite(v)
	case value.Object:
		return v.Len() > 0, nil
	case value.Array:
		return r.anyTrue(v, 0)
	case value.Func:
		return v.Tag()&tagWrapped == 0 && functionOf(v).object(), nil
	}
	return false, nil
}

func (r *run) anyTrue(v value.Value, depth int) (bool, error) {
	if depth > maxNesting {
		return false, errNesting
	}
	if err := r.step(v.Len()); err != nil {
		return false, err
	}
	any := false
	for _, item := range v.Items() {
		var yes bool
		var err error
		if item.Kind() == value.Array {
			yes, err = r.anyTrue(item, depth+1)
		} else {
			yes, err = r.truth(item)
		}
		if err != nil {
			return false, err
		}
		any = any || yes
	}
	return any, nil
}
