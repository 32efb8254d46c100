package jsonata

import "github.com/stride-aws/stride/internal/value"

// While an expression is evaluated, values carry tags. What leaves Eval carries none.
const (
	tagSequence uint8 = 1 << iota // an array that a query made: of one item it is that item, of none nothing
	tagKeep                       // a sequence that stays an array where it has one item
	tagCons                       // an array that a path does not flatten
	tagOuter                      // the sequence around an input that is an array
	tagOdd                        // holds what JSON has not: tagged values, functions, nothing, infinities
	tagWrapped                    // a function handed to a function
	tagDraft                      // an object that a transform may still change
)

// Tags of Undefined.
const (
	tagBound uint8 = 1 + iota // in a frame: the variable is bound, to nothing
	tagTail                   // a call that the caller has to make, see run.tail
)

// bound is v as frames keep it, in which the zero Value means that the variable is not bound.
func bound(v value.Value) value.Value {
	if !v.Defined() {
		return value.Value{}.WithTag(tagBound)
	}
	return v
}

// finish is what the end of an evaluation makes of a sequence.
func finish(v value.Value, keep bool) value.Value {
	tag := v.Tag()
	if tag&tagSequence == 0 || v.Kind() != value.Array {
		return v
	}
	if keep && tag&tagKeep == 0 {
		v = v.WithTag(tag | tagKeep)
	}
	switch v.Len() {
	case 0:
		return value.Value{}
	case 1:
		if v.Tag()&tagKeep == 0 {
			return clean(v.At(0))
		}
	}
	return v
}

// clean takes the tag off nothing.
func clean(v value.Value) value.Value {
	if !v.Defined() {
		return value.Value{}
	}
	return v
}

// oddity is tagOdd where one of the items needs it.
func oddity(items []value.Value) uint8 {
	for i := range items {
		if items[i].Tag() != 0 {
			return tagOdd
		}
	}
	return 0
}

// arrayOf is the array of items, with a tag; it takes the slice over.
func arrayOf(items []value.Value, tag uint8) value.Value {
	return value.OfArray(items).WithTag(tag | oddity(items))
}

// objectOf is the object of members; it takes the slice over.
func objectOf(members []value.Member) value.Value {
	v := value.OfObject(members)
	for i := range members {
		if members[i].Value.Tag() != 0 {
			return v.WithTag(tagOdd)
		}
	}
	return v
}

// number is the value of f; the infinities and NaN are odd.
func number(f float64) value.Value {
	v := value.OfFloat(f)
	if f-f != 0 {
		return v.WithTag(tagOdd)
	}
	return v
}

// hole is nothing in the place of an item, which becomes null when it leaves.
func hole() value.Value { return value.Value{}.WithTag(tagOdd) }

// itemsOf are the items of an array, or v as the only one.
func itemsOf(v value.Value) []value.Value {
	if v.Kind() == value.Array {
		return v.Items()
	}
	return []value.Value{v}
}

// flatten appends the items of v, or v where it is no array or one to keep.
func flatten(dst []value.Value, v value.Value) []value.Value {
	if v.Kind() == value.Array && v.Tag()&tagCons == 0 {
		return append(dst, v.Items()...)
	}
	return append(dst, v)
}

// collector gathers the results of a path's step.
type collector struct {
	items []value.Value
	first value.Value // the last step's only result so far; it may turn out to be the path's whole result
	ended value.Value // an empty array, at which the path ends
	count int
	last  bool
}

func (c *collector) add(v value.Value) {
	if !v.Defined() {
		return
	}
	c.count++
	if c.last {
		if c.count == 1 {
			c.first = v
			return
		}
		c.release()
	}
	c.items = flatten(c.items, v)
}

// addSequence adds a sequence, whose items are not flattened again.
func (c *collector) addSequence(items []value.Value) {
	c.count++
	c.release()
	c.items = append(c.items, items...)
}

func (c *collector) release() {
	if c.first.Defined() {
		c.items = flatten(c.items, c.first)
		c.first = value.Value{}
	}
}

// whole is the array that the last step made of its only input, where it made one; it stays as it is.
func (c *collector) whole() value.Value {
	if v := c.first; v.Kind() == value.Array && v.Tag()&tagSequence == 0 {
		return v
	}
	c.release()
	return value.Value{}
}
