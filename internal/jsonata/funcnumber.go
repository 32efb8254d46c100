package jsonata

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/jsonata/picture"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

var numberFunctions = []definition{
	{"sum", "<a<n>:n>", 1, sum},
	{"max", "<a<n>:n>", 1, extreme(math.Max)},
	{"min", "<a<n>:n>", 1, extreme(math.Min)},
	{"average", "<a<n>:n>", 1, average},
	{"formatNumber", "<n-so?:s>", 3, formatNumber},
	{"formatBase", "<n-n?:s>", 2, formatBase},
	{"formatInteger", "<n-s:s>", 2, formatInteger},
	{"parseInteger", "<s-s:n>", 2, parseInteger},
	{"number", "<(nsb)-:n>", 1, numberOf},
	{"floor", "<n-:n>", 1, onNumber(math.Floor)},
	{"ceil", "<n-:n>", 1, onNumber(math.Ceil)},
	{"round", "<n-n?:n>", 2, roundTo},
	{"abs", "<n-:n>", 1, onNumber(math.Abs)},
	{"sqrt", "<n-:n>", 1, sqrt},
	{"power", "<n-n:n>", 2, power},
	{"boolean", "<x-:b>", 1, boolean},
	{"not", "<x-:b>", 1, not},
}

func onNumber(f func(float64) float64) func(*run, []value.Value) (value.Value, error) {
	return func(_ *run, args []value.Value) (value.Value, error) {
		if !args[0].Defined() {
			return nothing, nil
		}
		return number(f(args[0].Float())), nil
	}
}

func sum(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	return number(total(args[0])), r.step(args[0].Len())
}

func total(v value.Value) float64 {
	t := 0.0
	for _, item := range v.Items() {
		t += item.Float()
	}
	return t
}

func average(r *run, args []value.Value) (value.Value, error) {
	if args[0].Len() == 0 {
		return nothing, nil
	}
	return number(total(args[0]) / float64(args[0].Len())), r.step(args[0].Len())
}

func extreme(better func(a, b float64) float64) func(*run, []value.Value) (value.Value, error) {
	return func(r *run, args []value.Value) (value.Value, error) {
		if args[0].Len() == 0 {
			return nothing, nil
		}
		best := args[0].At(0).Float()
		for _, item := range args[0].Items()[1:] {
			best = better(best, item.Float())
		}
		return number(best), r.step(args[0].Len())
	}
}

// pictureError gives an error of package picture its sentence.
func pictureError(err error) error {
	var mistake *picture.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &mistake):
		return err
	case mistake.Code == "":
		return newError("D3137", details{text: mistake.Error()})
	}
	return failWith(mistake.Code, mistake.Value)
}

// pictureSize is what a byte of a picture takes while it is looked at, roughly.
const pictureSize = 64

func formatNumber(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	if err := r.take(pictureSize * len(args[1].Str())); err != nil {
		return nothing, err
	}
	s, err := picture.FormatNumber(args[0].Float(), args[1].Str(), argument(args, 2).WithTag(0))
	return value.OfString(s), pictureError(err)
}

func formatBase(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	base := 10.0
	if b := argument(args, 1); b.Defined() {
		base = b.Float()
	}
	s, err := picture.FormatBase(args[0].Float(), base)
	return value.OfString(s), pictureError(err)
}

func formatInteger(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	if err := r.take(pictureSize * len(args[1].Str())); err != nil {
		return nothing, err
	}
	s, err := picture.FormatInteger(args[0].Float(), args[1].Str())
	return value.OfString(s), pictureError(err)
}

func parseInteger(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	if err := r.take(pictureSize * (len(args[0].Str()) + len(args[1].Str()))); err != nil {
		return nothing, err
	}
	f, err := picture.ParseInteger(args[0].Str(), args[1].Str())
	return number(f), pictureError(err)
}

var (
	decimalText = lazyregexp.New(`^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$`)
	// The reference's expression, whose anchors hold for its first and its last part only.
	radixText = lazyregexp.New(`^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$`)
)

func numberOf(_ *run, args []value.Value) (value.Value, error) {
	v := args[0]
	switch v.Kind() {
	case value.Undefined, value.Number:
		return v, nil
	case value.Bool:
		if v.Bool() {
			return value.OfFloat(1), nil
		}
		return value.OfFloat(0), nil
	}
	if f, err := strconv.ParseFloat(v.Str(), 64); err == nil && decimalText.MatchString(v.Str()) {
		return value.OfFloat(f), nil
	}
	if radixText.MatchString(v.Str()) {
		return number(radixNumber(strings.TrimSpace(v.Str()))), nil
	}
	return nothing, failWith("D3030", v)
}

// radixNumber is what JavaScript's Number makes of 0x…, 0o… and 0b…; NaN where it is none.
func radixNumber(s string) float64 {
	bases := map[byte]float64{'x': 16, 'o': 8, 'b': 2}
	if len(s) < 3 || s[0] != '0' {
		return math.NaN()
	}
	base := bases[s[1]|0x20]
	f := 0.0
	for i := 2; i < len(s); i++ {
		d := hexValue(s[i])
		if d < 0 || float64(d) >= base {
			return math.NaN()
		}
		f = f*base + float64(d)
	}
	return f
}

func roundTo(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	return number(picture.Round(args[0].Float(), argument(args, 1).Float())), nil
}

func sqrt(_ *run, args []value.Value) (value.Value, error) {
	if args[0].Float() < 0 {
		return nothing, failWith("D3060", args[0])
	}
	return onNumber(math.Sqrt)(nil, args)
}

func power(_ *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	exponent := math.NaN()
	if args[1].Defined() {
		exponent = args[1].Float()
	}
	f := pow(args[0].Float(), exponent)
	if f-f != 0 || math.Abs(args[0].Float()) == 1 && exponent-exponent != 0 {
		return nothing, newError("D3061", details{value: args[0], value2: args[1]})
	}
	return value.OfFloat(f), nil
}

func boolean(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	yes, err := r.truth(args[0])
	return value.OfBool(yes), err
}

func not(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	yes, err := r.truth(args[0])
	return value.OfBool(!yes), err
}
