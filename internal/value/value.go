// Package value is the one representation of JSON in stride: what a state reads and writes, what an expression computes and
// what a history event carries. JSON text goes in through Parse, compact JSON comes out of AppendJSON.
//
// A Value is immutable and three words wide: passing a 200 KB payload on copies nothing, and values may be shared between
// goroutines. Objects keep the order of their members. A number that came from text keeps that text for as long as nobody
// computes with it, as AWS does (1.0 stays 1.0 through a Pass state).
//
// Two kinds have no JSON text: Undefined, which is JSONata's 'nothing' and the zero Value, and Func, a JSONata function.
package value

import (
	"math"
	"strconv"
	"sync/atomic"
	"unsafe"
)

// Kind says what a Value holds.
type Kind uint8

const (
	Undefined Kind = iota // nothing: the zero Value
	Null
	Bool
	Number
	String
	Array
	Object
	Func // a function of an expression language; it has no JSON text
)

var kindNames = [...]string{"undefined", "null", "boolean", "number", "string", "array", "object", "function"}

// String is the kind's name in JSON's words ("number", "boolean"), as AWS's error texts have it.
func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value. The zero Value is Undefined. Values are compared with Equal, not with ==.
type Value struct {
	ref  unsafe.Pointer // *byte of a string, *numText, *array, *object, *fn; nil else
	num  uint64         // a string's length, a number's bits, 1 for true
	kind Kind
	// tag is the low byte. The high one is the width of a Number: the length of its shortest text, where reading it has told, else 0.
	// They share a field since Go keeps a struct in registers up to four fields; a fifth made all work on values three times slower.
	extra uint16
}

type array struct {
	items []Value
	size  atomic.Int32 // bytes of compact JSON; 0: not yet known
}

type object struct {
	members []Member
	index   atomic.Pointer[map[string]int] // of large objects, built at the first Get
	size    atomic.Int32
}

type fn struct{ impl any }

// Member is one name and its value, in an object.
type Member struct {
	Name  string
	Value Value
}

// The constants of JSON.
var (
	NullValue = Value{kind: Null}
	True      = Value{kind: Bool, num: 1}
	False     = Value{kind: Bool}
)

// OfBool is True or False.
func OfBool(b bool) Value {
	if b {
		return True
	}
	return False
}

// OfFloat is the number f. NaN and the infinities have no JSON text; who computes them reports the error first.
func OfFloat(f float64) Value { return Value{kind: Number, num: math.Float64bits(f)} }

// OfInt is the number i, exact to 2^53 and with its full text beyond.
func OfInt(i int64) Value {
	if f := float64(i); i <= 1<<53 && i >= -1<<53 {
		return OfFloat(f)
	}
	return OfNumberText(strconv.FormatInt(i, 10))
}

// OfNumberText is the number that text, a number in JSON's grammar, stands for; it keeps the text where the shortest form of
// the float64 differs from it. -0 is the integer 0, as it is to Jackson (AWS: States.StringToJson('-0') gives 0); -0.0 is kept.
func OfNumberText(text string) Value {
	f, _ := strconv.ParseFloat(text, 64)
	v := OfFloat(f)
	var buf [32]byte
	if string(appendFloat(buf[:0], f)) != text && text != "-0" {
		v.ref = unsafe.Pointer(&text)
	}
	return v
}

// OfString is the string s.
func OfString(s string) Value {
	return Value{kind: String, ref: unsafe.Pointer(unsafe.StringData(s)), num: uint64(len(s))}
}

// OfArray is an array of items; it takes the slice over.
func OfArray(items []Value) Value {
	return Value{kind: Array, ref: unsafe.Pointer(&array{items: items})}
}

// OfObject is an object of members in their order; it takes the slice over. Names must be distinct.
func OfObject(members []Member) Value {
	return Value{kind: Object, ref: unsafe.Pointer(&object{members: members})}
}

// OfFunc wraps a function of an expression language, whatever it is there.
func OfFunc(impl any) Value { return Value{kind: Func, ref: unsafe.Pointer(&fn{impl})} }

// Tag is what WithTag gave v. It is no part of the value: JSON, Equal and Size do not know it.
func (v Value) Tag() uint8 { return uint8(v.extra) }

// WithTag is v with a note that an evaluator of expressions makes for itself; it clears them before others see the value.
func (v Value) WithTag(tag uint8) Value {
	v.extra = v.extra&0xFF00 | uint16(tag)
	return v
}

// Kind says what v holds.
func (v Value) Kind() Kind { return v.kind }

// Defined is false for the zero Value.
func (v Value) Defined() bool { return v.kind != Undefined }

// Bool is v's truth; false where v is not a Bool.
func (v Value) Bool() bool { return v.kind == Bool && v.num == 1 }

// Float is v as a double, as JSONata computes with it; 0 where v is not a Number.
func (v Value) Float() float64 {
	if v.kind != Number {
		return 0
	}
	return math.Float64frombits(v.num)
}

// NumberText is a Number's text: the one it came with, else the shortest that reads back as the same double.
func (v Value) NumberText() string {
	if v.kind != Number {
		return ""
	}
	if v.ref != nil {
		return *(*string)(v.ref)
	}
	var buf [32]byte
	return string(appendFloat(buf[:0], v.Float()))
}

// Str is a String's content, "" for any other kind.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	return unsafe.String((*byte)(v.ref), int(v.num))
}

// Func is what OfFunc was given, nil for any other kind.
func (v Value) Func() any {
	if v.kind != Func {
		return nil
	}
	return (*fn)(v.ref).impl
}

// Items are an Array's, in order, to be read only; nil for any other kind.
func (v Value) Items() []Value {
	if v.kind != Array {
		return nil
	}
	return (*array)(v.ref).items
}

// Members are an Object's, in order, to be read only; nil for any other kind.
func (v Value) Members() []Member {
	if v.kind != Object {
		return nil
	}
	return (*object)(v.ref).members
}

// Len counts items or members; 0 for any other kind.
func (v Value) Len() int {
	switch v.kind {
	case Array:
		return len((*array)(v.ref).items)
	case Object:
		return len((*object)(v.ref).members)
	}
	return 0
}

// At is item i of an Array. It panics where i is out of range.
func (v Value) At(i int) Value { return v.Items()[i] }

// indexAbove is how many members an object has before Get keeps an index of them.
const indexAbove = 12

// Get is the member called name, and whether v is an object that has it.
func (v Value) Get(name string) (Value, bool) {
	if v.kind != Object {
		return Value{}, false
	}
	o := (*object)(v.ref)
	if len(o.members) > indexAbove {
		i, ok := o.lookup(name)
		if !ok {
			return Value{}, false
		}
		return o.members[i].Value, true
	}
	for i := range o.members {
		m := &o.members[i]
		if len(m.Name) == len(name) && (name == "" || m.Name[0] == name[0]) && m.Name == name { // most names differ at once
			return m.Value, true
		}
	}
	return Value{}, false
}

func (o *object) lookup(name string) (int, bool) {
	index := o.index.Load()
	if index == nil {
		m := make(map[string]int, len(o.members))
		for i := range o.members {
			m[o.members[i].Name] = i
		}
		index = &m
		o.index.Store(index)
	}
	i, ok := (*index)[name]
	return i, ok
}

// With is a copy of the object v in which name has the value x: in its place where it was, else at the end.
func (v Value) With(name string, x Value) Value {
	old := v.Members()
	members := make([]Member, len(old), len(old)+1)
	copy(members, old)
	for i := range members {
		if members[i].Name == name {
			members[i].Value = x
			return OfObject(members)
		}
	}
	return OfObject(append(members, Member{name, x}))
}

// Replace puts members in the place of the object v's own, for everyone who holds v. It is for who made v and has shown it to
// nobody yet: JSONata's transform works so on its clone.
func (v Value) Replace(members []Member) {
	o := (*object)(v.ref)
	o.members = members
	o.index.Store(nil)
	o.size.Store(0)
}

// Equal is deep equality of JSON values: numbers by their double, objects whatever the order of their members.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Bool:
		return a.num == b.num
	case Number:
		return a.Float() == b.Float()
	case String:
		return a.Str() == b.Str()
	case Array:
		return equalItems(a.Items(), b.Items())
	case Object:
		return equalMembers(a, b)
	case Func:
		return a.ref == b.ref
	}
	return true
}

func equalItems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalMembers(a, b Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, m := range a.Members() {
		x, ok := b.Get(m.Name)
		if !ok || !Equal(m.Value, x) {
			return false
		}
	}
	return true
}
