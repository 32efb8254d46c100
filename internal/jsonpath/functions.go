package jsonpath

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// AWS's limits: Step Functions developer guide, "Intrinsic functions".
const (
	maxArraySize  = 256 << 10 // bytes of an array that ArrayPartition and ArrayContains take
	maxRange      = 1000      // items of States.ArrayRange
	maxCharacters = 10_000    // of what Base64Encode, Base64Decode and Hash take
)

// function is an intrinsic function: how many arguments it takes (most -1: any number), of which kinds, and what it does with them.
// kinds has a letter an argument, its last for all that follow: string, number, boolean, array, object, or * for any. It holds for
// literals when a call is compiled; what comes by a path is checked by eval, whose error's text becomes the reason of an
// IntrinsicError.
type function struct {
	name        string
	least, most int
	kinds       string
	eval        func(c *invocation) (value.Value, error)
}

var kindLetters = map[value.Kind]byte{
	value.Null: '0', value.Bool: 'b', value.Number: 'n', value.String: 's', value.Array: 'a', value.Object: 'o',
}

// takes says whether argument i may be of this kind.
func (f *function) takes(i int, kind value.Kind) bool {
	letter := f.kinds[min(i, len(f.kinds)-1)]
	return letter == '*' || letter == kindLetters[kind]
}

func (f *function) arity() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("%d or more arguments", f.least)
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

// functions by name.
var functions = byName(
	function{"States.Format", 1, -1, "s*", format},
	function{"States.StringToJson", 1, 1, "s", stringToJSON},
	function{"States.JsonToString", 1, 1, "*", jsonToString},
	function{"States.Array", 0, -1, "*", newArray},
	function{"States.ArrayPartition", 2, 2, "an", arrayPartition},
	function{"States.ArrayContains", 2, 2, "a*", arrayContains},
	function{"States.ArrayRange", 3, 3, "n", arrayRange},
	function{"States.ArrayGetItem", 2, 2, "an", arrayGetItem},
	function{"States.ArrayLength", 1, 1, "a", arrayLength},
	function{"States.ArrayUnique", 1, 1, "a", arrayUnique},
	function{"States.Base64Encode", 1, 1, "s", base64Encode},
	function{"States.Base64Decode", 1, 1, "s", base64Decode},
	function{"States.Hash", 2, 2, "s", hashOf},
	function{"States.JsonMerge", 3, 3, "oob", jsonMerge},
	function{"States.MathRandom", 2, 3, "n", mathRandom},
	function{"States.MathAdd", 2, 2, "n", mathAdd},
	function{"States.StringSplit", 2, 2, "s", stringSplit},
	function{"States.UUID", 0, 0, "*", uuid},
)

func byName(all ...function) map[string]*function {
	m := make(map[string]*function, len(all))
	for i := range all {
		m[all[i].name] = &all[i]
	}
	return m
}

// invocation is a call with its arguments evaluated.
type invocation struct {
	*Intrinsic
	scope  *Scope
	values []value.Value
}

var ordinals = [...]string{"first", "second", "third"}

func (c *invocation) wrong(i int, want string) error {
	return fmt.Errorf("the %s argument of %s must be %s, but was: %s", ordinals[i], c.function.name, want, c.values[i])
}

func (c *invocation) str(i int) (string, error) {
	if c.values[i].Kind() != value.String {
		return "", c.wrong(i, "a string")
	}
	return c.values[i].Str(), nil
}

func (c *invocation) short(i int) (string, error) {
	s, err := c.str(i)
	if err == nil && utf16Length(s) > maxCharacters {
		err = fmt.Errorf("the %s argument of %s must not be longer than %d characters", ordinals[i], c.function.name, maxCharacters)
	}
	return s, err
}

// utf16Length is a string's length as Java counts it.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

func (c *invocation) array(i int) ([]value.Value, error) {
	if c.values[i].Kind() != value.Array {
		return nil, c.wrong(i, "an array")
	}
	return c.values[i].Items(), nil
}

func (c *invocation) smallArray(i int) ([]value.Value, error) {
	items, err := c.array(i)
	if err == nil && c.values[i].Size() > maxArraySize {
		err = fmt.Errorf("the %s argument of %s must not be larger than %d bytes", ordinals[i], c.function.name, maxArraySize)
	}
	return items, err
}

// integer is a number rounded to the nearest integer, half up, as Java's Math.round does.
func (c *invocation) integer(i int) (int64, error) {
	v := c.values[i]
	if v.Kind() != value.Number {
		return 0, c.wrong(i, "a number")
	}
	if n, err := strconv.ParseInt(v.NumberText(), 10, 64); err == nil {
		return n, nil
	}
	f := math.Floor(v.Float() + 0.5)
	if f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0, c.wrong(i, "a 64-bit integer")
	}
	return int64(f), nil
}

// format fills the template's {} with values: strings bare, all others as Java prints them.
func format(c *invocation) (value.Value, error) {
	template := c.args[0].raw
	if c.args[0].expr != nil || c.args[0].raw == "" {
		text, err := c.str(0)
		if err != nil {
			return value.Value{}, err
		}
		template = text
	}
	var b strings.Builder
	used := 0
	for i := 0; i < len(template); i++ {
		switch {
		case isEscape(template, i):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if used++; used < len(c.values) {
				b.WriteString(JavaText(c.values[used]))
			}
			i++
		default:
			b.WriteByte(template[i])
		}
	}
	if used != len(c.values)-1 {
		return value.Value{}, fmt.Errorf("the template has %d occurrences of {}, but there are %d values", used, len(c.values)-1)
	}
	return value.OfString(b.String()), nil
}

// stringToJSON: a blank text is null, as it is to Jackson.
func stringToJSON(c *invocation) (value.Value, error) {
	text, err := c.str(0)
	if err != nil {
		return value.Value{}, err
	}
	if strings.Trim(text, " \t\r\n") == "" {
		return value.NullValue, nil
	}
	v, err := value.Parse(text)
	if err != nil {
		return v, fmt.Errorf("the first argument of States.StringToJson is no valid JSON: %w", err)
	}
	return v, nil
}

func jsonToString(c *invocation) (value.Value, error) {
	return value.OfString(c.values[0].String()), nil
}

func newArray(c *invocation) (value.Value, error) { return value.OfArray(c.values), nil }

func arrayPartition(c *invocation) (value.Value, error) {
	items, err := c.smallArray(0)
	if err != nil {
		return value.Value{}, err
	}
	n, err := c.integer(1)
	if err != nil {
		return value.Value{}, err
	}
	if n <= 0 {
		return value.Value{}, c.wrong(1, "a positive integer")
	}
	var chunks []value.Value
	for len(items) > 0 {
		size := int(min(n, int64(len(items))))
		chunks = append(chunks, value.OfArray(items[:size:size]))
		items = items[size:]
	}
	return value.OfArray(chunks), nil
}

func arrayContains(c *invocation) (value.Value, error) {
	items, err := c.smallArray(0)
	if err != nil {
		return value.Value{}, err
	}
	return value.OfBool(contains(items, c.values[1])), nil
}

func contains(items []value.Value, v value.Value) bool {
	for _, item := range items {
		if value.Equal(item, v) {
			return true
		}
	}
	return false
}

func arrayRange(c *invocation) (value.Value, error) {
	var bounds [3]int64
	for i := range bounds {
		n, err := c.integer(i)
		if err != nil {
			return value.Value{}, err
		}
		bounds[i] = n
	}
	first, last, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return value.Value{}, c.wrong(2, "other than zero")
	}
	n, ok := countRange(first, last, step)
	if !ok {
		return value.Value{}, fmt.Errorf("States.ArrayRange must not give more than %d items", maxRange)
	}
	items := make([]value.Value, n)
	for i := range items {
		items[i] = value.OfInt(first + int64(i)*step)
	}
	return value.OfArray(items), nil
}

// countRange is how many numbers lie from first to last; ok is false past maxRange. Unsigned, a difference cannot overflow.
func countRange(first, last, step int64) (n int, ok bool) {
	span, stride := uint64(last)-uint64(first), uint64(step)
	if step < 0 {
		span, stride = -span, -stride
	}
	switch {
	case step > 0 && first > last, step < 0 && first < last:
		return 0, true
	case span/stride >= maxRange:
		return 0, false
	}
	return int(span/stride) + 1, true
}

func arrayGetItem(c *invocation) (value.Value, error) {
	items, err := c.array(0)
	if err != nil {
		return value.Value{}, err
	}
	i, err := c.integer(1)
	if err != nil {
		return value.Value{}, err
	}
	if i < 0 || i >= int64(len(items)) {
		return value.Value{}, fmt.Errorf("the index %d is out of bounds of an array of %d items", i, len(items))
	}
	return items[i], nil
}

func arrayLength(c *invocation) (value.Value, error) {
	items, err := c.array(0)
	return value.OfInt(int64(len(items))), err
}

func arrayUnique(c *invocation) (value.Value, error) {
	items, err := c.array(0)
	if err != nil {
		return value.Value{}, err
	}
	unique := make([]value.Value, 0, len(items))
	seen := make(map[uint64][]value.Value, len(items))
	for _, item := range items {
		if h := value.Hash(item); !contains(seen[h], item) {
			seen[h] = append(seen[h], item)
			unique = append(unique, item)
		}
	}
	return value.OfArray(unique), nil
}

func base64Encode(c *invocation) (value.Value, error) {
	s, err := c.short(0)
	return value.OfString(base64.StdEncoding.EncodeToString([]byte(s))), err
}

// base64Decode reads as MIME says: characters outside the alphabet are skipped, padding is optional.
func base64Decode(c *invocation) (value.Value, error) {
	s, err := c.short(0)
	if err != nil {
		return value.Value{}, err
	}
	digits, _, _ := strings.Cut(s, "=")
	digits = strings.Map(base64Digit, digits)
	data, err := base64.RawStdEncoding.DecodeString(digits)
	if err != nil {
		return value.Value{}, c.wrong(0, "Base64")
	}
	return value.OfString(strings.ToValidUTF8(string(data), "\uFFFD")), nil
}

func base64Digit(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '/':
		return r
	}
	return -1
}

var hashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func hashOf(c *invocation) (value.Value, error) {
	data, err := c.short(0)
	if err != nil {
		return value.Value{}, err
	}
	algorithm, err := c.str(1)
	if err != nil {
		return value.Value{}, err
	}
	newHash := hashes[algorithm]
	if newHash == nil {
		return value.Value{}, c.wrong(1, "MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	h := newHash()
	h.Write([]byte(data))
	return value.OfString(hex.EncodeToString(h.Sum(nil))), nil
}

// jsonMerge is shallow: AWS has no deep merge, and refuses true.
func jsonMerge(c *invocation) (value.Value, error) {
	for i, v := range c.values[:2] {
		if v.Kind() != value.Object {
			return value.Value{}, c.wrong(i, "an object")
		}
	}
	if c.values[2].Kind() != value.Bool {
		return value.Value{}, c.wrong(2, "a boolean")
	}
	if c.values[2].Bool() {
		return value.Value{}, c.wrong(2, "false, for merging is shallow")
	}
	return merge(c.values[0], c.values[1]), nil
}

func merge(a, b value.Value) value.Value {
	members := make([]value.Member, 0, a.Len()+b.Len())
	for _, m := range a.Members() {
		if x, ok := b.Get(m.Name); ok {
			m.Value = x
		}
		members = append(members, m)
	}
	for _, m := range b.Members() {
		if _, ok := a.Get(m.Name); !ok {
			members = append(members, m)
		}
	}
	return value.OfObject(members)
}

// mathRandom gives an integer from start up to, but not including, end. The same seed gives the same number.
func mathRandom(c *invocation) (value.Value, error) {
	start, err := c.integer(0)
	if err != nil {
		return value.Value{}, err
	}
	end, err := c.integer(1)
	if err != nil {
		return value.Value{}, err
	}
	span := end - start
	if start > end || span < 0 {
		return value.Value{}, fmt.Errorf("States.MathRandom has no number from %d to %d", start, end)
	}
	if len(c.values) == 2 {
		if c.scope.Random == nil {
			return value.Value{}, errors.New("there is no source of random numbers")
		}
		return value.OfInt(start + int64(c.scope.Random()*float64(span))), nil
	}
	seed, err := c.integer(2)
	return value.OfInt(start + int64(seeded(seed)*float64(span))), err
}

// seeded is the first double of Java's generator: AWS does not say which generator it seeds, and it runs on Java.
func seeded(seed int64) float64 {
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(seed) ^ multiplier) & mask
	next := func(bits uint) uint64 {
		state = (state*multiplier + 0xB) & mask
		return state >> (48 - bits)
	}
	high := next(26) << 27
	return float64(high+next(27)) / (1 << 53)
}

func mathAdd(c *invocation) (value.Value, error) {
	a, err := c.integer(0)
	if err != nil {
		return value.Value{}, err
	}
	b, err := c.integer(1)
	if err != nil {
		return value.Value{}, err
	}
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return value.Value{}, errors.New("the sum does not fit into 64 bits")
	}
	return value.OfInt(sum), nil
}

// stringSplit cuts at each of the delimiters' characters and drops what is empty.
func stringSplit(c *invocation) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return value.Value{}, err
	}
	delimiters, err := c.str(1)
	if err != nil {
		return value.Value{}, err
	}
	var pieces []value.Value
	for piece := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(delimiters, r) }) {
		pieces = append(pieces, value.OfString(piece))
	}
	return value.OfArray(pieces), nil
}

func uuid(c *invocation) (value.Value, error) {
	if c.scope.UUID == nil {
		return value.Value{}, errors.New("there is no source of UUIDs")
	}
	return value.OfString(c.scope.UUID()), nil
}
