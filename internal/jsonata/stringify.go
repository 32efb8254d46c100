package jsonata

import (
	"math"
	"strconv"

	"github.com/stride-aws/stride/internal/value"
)

// stringify is v as JSON.stringify writes it for $string: numbers with 15 digits, functions as "", members in JavaScript's order.
func (r *run) stringify(v value.Value, pretty bool) (string, error) {
	if v.Tag()&tagOuter != 0 && v.Kind() == value.Array {
		v = v.At(0)
	}
	switch v.Kind() {
	case value.Func:
		return "", nil
	case value.Bool, value.Null:
		return v.String(), nil
	case value.Number:
		if f := v.Float(); f-f != 0 {
			return "", failWith("D3001", v)
		}
		var digits [32]byte
		return string(value.OfFloat(round15(v.Float())).AppendJSON(digits[:0])), nil
	}
	var room [64]byte
	w := writer{run: r, out: room[:0], pretty: pretty}
	if err := w.write(v, 0); err != nil {
		return "", err
	}
	return string(w.out), nil
}

type writer struct {
	run    *run
	out    []byte
	taken  int
	pretty bool
}

// count charges for what has been written since the last time.
func (w *writer) count() error {
	n := len(w.out) - w.taken
	w.taken = len(w.out)
	if err := w.run.take(2 * n); err != nil {
		return err
	}
	return w.run.step(1)
}

func (w *writer) write(v value.Value, depth int) error {
	if err := w.count(); err != nil {
		return err
	}
	if depth > maxNesting {
		return errNesting
	}
	switch v.Kind() {
	case value.Undefined:
		w.out = append(w.out, "null"...)
	case value.Func:
		w.out = append(w.out, `""`...)
	case value.Number:
		if err := finite(v); err != nil {
			return err
		}
		w.out = value.OfFloat(round15(v.Float())).AppendJSON(w.out)
	case value.String:
		w.out = appendQuoted(w.out, v)
	case value.Array:
		return w.array(v, depth)
	case value.Object:
		return w.object(v, depth)
	default:
		w.out = v.AppendJSON(w.out)
	}
	return nil
}

func (w *writer) array(v value.Value, depth int) error {
	w.out = append(w.out, '[')
	for i, item := range v.Items() {
		w.next(i > 0, depth+1)
		if err := w.write(item, depth+1); err != nil {
			return err
		}
	}
	w.end(']', v.Len() > 0, depth)
	return nil
}

func (w *writer) object(v value.Value, depth int) error {
	w.out = append(w.out, '{')
	any := false
	for _, m := range w.run.ordered(v) {
		if !m.Value.Defined() {
			continue
		}
		w.next(any, depth+1)
		any = true
		w.out = append(appendQuoted(w.out, value.OfString(m.Name)), ':')
		if w.pretty {
			w.out = append(w.out, ' ')
		}
		if err := w.write(m.Value, depth+1); err != nil {
			return err
		}
	}
	w.end('}', any, depth)
	return nil
}

func (w *writer) next(comma bool, depth int) {
	if comma {
		w.out = append(w.out, ',')
	}
	w.line(depth)
}

func (w *writer) end(bracket byte, any bool, depth int) {
	if any {
		w.line(depth)
	}
	w.out = append(w.out, bracket)
}

func (w *writer) line(depth int) {
	if !w.pretty {
		return
	}
	w.out = append(w.out, '\n')
	for range depth {
		w.out = append(w.out, "  "...)
	}
}

func appendQuoted(dst []byte, v value.Value) []byte {
	if !hasSurrogate(v.Str()) {
		return v.AppendJSON(dst)
	}
	var p printer
	p.quote(v.Str())
	return append(dst, p.String()...)
}

// roundedNumber is v with at most 15 significant digits.
func roundedNumber(v value.Value) value.Value {
	f := round15(v.Float())
	switch {
	case f != f:
		return value.NullValue
	case f != v.Float():
		return value.OfFloat(f)
	}
	return v
}

// round15 is Number(f.toPrecision(15)).
func round15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 || f-f != 0 {
		return f
	}
	var room [64]byte
	shortest := strconv.AppendFloat(room[:0], f, 'e', -1, 64)
	digits := 0
	for _, c := range shortest {
		if c == 'e' {
			break
		}
		if isDigit(c) {
			digits++
		}
	}
	if digits <= 15 {
		return f
	}
	text := strconv.AppendFloat(room[:0], f, 'e', 14, 64)
	if digits == 16 {
		text = roundHalfUp(f)
	}
	rounded, _ := strconv.ParseFloat(string(text), 64)
	return rounded
}

// roundHalfUp is f with 15 digits, of two equally near the one away from zero, where strconv takes the even one.
func roundHalfUp(f float64) []byte {
	even := strconv.AppendFloat(nil, f, 'e', 14, 64)
	exact := strconv.AppendFloat(nil, math.Abs(f), 'e', 40, 64) // d.dddddddddddddd5000…e±xx
	if exact[16] != '5' {
		return even
	}
	for _, c := range exact[17:42] {
		if c != '0' {
			return even
		}
	}
	return strconv.AppendFloat(nil, math.Nextafter(f, math.Copysign(math.Inf(1), f)), 'e', 14, 64)
}
