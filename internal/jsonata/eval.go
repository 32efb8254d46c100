package jsonata

import (
	"errors"

	"github.com/stride-aws/stride/internal/value"
)

func (p *program) eval(in Input) (value.Value, error) {
	r := p.start(in)
	input := in.Data
	if input.Kind() == value.Array {
		input = value.OfArray([]value.Value{input}).WithTag(tagSequence | tagOuter)
	}
	v, err := p.root.eval(r, &r.top, input)
	if err == nil {
		v, err = r.export(v)
	}
	if err == nil && v.Kind() >= value.Array && r.used() > trifle && v.Size() > r.limit() {
		v, err = nothing, limitError("The result is too large")
	}
	if v.Kind() != value.Func && !in.NestedFunctions {
		r.end()
	}
	return v, settled(err)
}

// trifle is how many bytes cannot make much of an input, however often they repeat it.
const trifle = 512

// export makes of a result what others may see.
func (r *run) export(v value.Value) (value.Value, error) {
	if s, ok := streamOf(v); ok {
		v = arrayOf(streamItems(s.value()), 0)
	}
	if v.Kind() == value.Func || v.Kind() == value.Undefined {
		return v.WithTag(0), nil
	}
	if v.Tag()&tagOdd == 0 && r.used() < maxNesting*arraySize {
		return v.WithTag(0), nil
	}
	clean, err := r.plain(v, 0)
	var found *functionFound
	if errors.As(err, &found) {
		return found.fn, nil
	}
	return clean, err
}

// used is how many bytes the evaluation has taken.
func (r *run) used() int { return r.limit() - r.size }

// limit is how many bytes the evaluation may take.
func (r *run) limit() int {
	if r.in.Limits.Size > 0 {
		return r.in.Limits.Size
	}
	return defaultSize
}

// functionFound stops export where a result holds a function, for which JSON has no text.
type functionFound struct{ fn value.Value }

func (*functionFound) Error() string { return "the result holds a function" }

// plain is v without tags and holes, and makes sure that it nests no deeper than others can bear.
func (r *run) plain(v value.Value, depth int) (value.Value, error) {
	if depth > maxNesting {
		return nothing, errNesting
	}
	switch v.Kind() {
	case value.Undefined:
		return value.NullValue, nil
	case value.Func:
		if r.in.NestedFunctions {
			return v.WithTag(0), nil
		}
		return nothing, &functionFound{v.WithTag(0)}
	case value.Number:
		if f := v.Float(); f-f != 0 { // as JSON.stringify has it
			return value.NullValue, nil
		}
	case value.Array, value.Object:
		return r.plainContainer(v, depth)
	}
	return v.WithTag(0), nil
}

func (r *run) plainContainer(v value.Value, depth int) (value.Value, error) {
	again := func(v value.Value) (value.Value, error) { return r.plain(v, depth+1) }
	switch {
	case v.Tag()&tagOdd != 0 && v.Kind() == value.Array:
		return r.rebuildArray(v, 0, again)
	case v.Tag()&tagOdd != 0:
		return r.rebuildObject(v, 0, again)
	}
	if err := r.step(v.Len()); err != nil {
		return nothing, err
	}
	for _, item := range v.Items() {
		if _, err := again(item); err != nil {
			return nothing, err
		}
	}
	for _, m := range v.Members() {
		if _, err := again(m.Value); err != nil {
			return nothing, err
		}
	}
	return v.WithTag(0), nil
}
