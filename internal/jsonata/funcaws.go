package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"

	"github.com/stride-aws/stride/internal/value"
)

// awsFunctions are what Step Functions adds (docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
var awsFunctions = []definition{
	{"partition", "<an:a<a>>", 2, partition},
	{"range", "<nnn:a<n>>", 3, rangeOf},
	{"hash", "<s-s:s>", 2, hashOf},
	{"random", "<n?:n>", 0, random},
	{"uuid", "<:s>", 0, uuid},
	{"parse", "<s-:x>", 1, parseJSON},
}

// refuse is an error of a function that AWS adds, for which JSONata has no code.
func refuse(format string, args ...any) error {
	return newError("D3137", details{text: fmt.Sprintf(format, args...)})
}

func partition(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() || !args[1].Defined() {
		return nothing, nil
	}
	size := args[1].Float()
	if size != math.Trunc(size) || size < 1 {
		return nothing, refuse("the chunk size of $partition must be a positive integer")
	}
	items := args[0].Items()
	n := int(math.Min(size, float64(max(1, len(items)))))
	if err := r.take((len(items)/n + 1) * (arraySize + itemSize)); err != nil {
		return nothing, err
	}
	chunks := make([]value.Value, 0, len(items)/n+1)
	for ; len(items) > n; items = items[n:] {
		chunks = append(chunks, arrayOf(items[:n:n], 0))
	}
	if len(items) > 0 {
		chunks = append(chunks, arrayOf(items, 0))
	}
	return arrayOf(chunks, 0), nil
}

// rangeOf is a sequence: AWS's $range(1, 9, 9) is 1, not [1].
func rangeOf(r *run, args []value.Value) (value.Value, error) {
	for _, arg := range args {
		if !arg.Defined() {
			return nothing, nil
		}
		if !isInteger(arg) {
			return nothing, refuse("the arguments of $range must be integers")
		}
	}
	first, last, step := args[0].Float(), args[1].Float(), args[2].Float()
	if step == 0 {
		return nothing, refuse("the step of $range must not be 0")
	}
	count := math.Floor((last-first)/step) + 1
	if count > maxRange {
		return nothing, failWith("D2014", value.OfFloat(count))
	}
	n := max(0, int(count))
	if err := r.take(arraySize + n*itemSize); err != nil {
		return nothing, err
	}
	items := make([]value.Value, n)
	for i := range items {
		items[i] = value.OfFloat(first + float64(i)*step)
	}
	return value.OfArray(items).WithTag(tagSequence), r.step(n)
}

var algorithms = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func hashOf(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() || !args[1].Defined() {
		return nothing, nil
	}
	algorithm, ok := algorithms[args[1].Str()]
	if !ok {
		return nothing, refuse("the algorithm of $hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512, not %s", quoted(args[1]))
	}
	h := algorithm()
	h.Write([]byte(args[0].Str()))
	return value.OfString(hex.EncodeToString(h.Sum(nil))), nil
}

// random with the same seed is the same number; AWS does not say which.
func random(r *run, args []value.Value) (value.Value, error) {
	if len(args) == 0 || !args[0].Defined() {
		return value.OfFloat(r.random()), nil
	}
	seed := math.Float64bits(args[0].Float())
	return value.OfFloat(rand.New(rand.NewPCG(seed, 0)).Float64()), nil
}

// uuid is a random (version 4) UUID.
func uuid(r *run, _ []value.Value) (value.Value, error) {
	var id [16]byte
	for i := range id {
		id[i] = byte(r.random() * 256)
	}
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	text := hex.EncodeToString(id[:])
	return value.OfString(text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]), nil
}

func parseJSON(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	if err := r.take(4 * len(args[0].Str())); err != nil {
		return nothing, err
	}
	v, err := value.Parse(args[0].Str())
	if err != nil {
		return nothing, refuse("the argument of $parse is no JSON: %s", err)
	}
	return r.computed(v)
}

// computed is v with its numbers as doubles, without the text they came with: AWS's $parse("-0") is 0.
func (r *run) computed(v value.Value) (value.Value, error) {
	switch v.Kind() {
	case value.Number:
		return number(v.Float()), nil
	case value.Array:
		return r.rebuildArray(v, 0, r.computed)
	case value.Object:
		return r.rebuildObject(v, 0, r.computed)
	}
	return v, nil
}
