package lang

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/compile/testdata/lang/parts"
)

// Library are functions of the standard library.
var Library = []Case{
	Of("atoi", atoiCase, parseable...),
	Of("atoi-wrapped", atoiWrapped, parseable...),
	Of("parse", parseCase, append([]string{"true", "T", "0", "False", "yes"}, parseable...)...),
	Of("parse-float", parseFloatCase, append([]string{"1_000", "0_1.5_0e1_0", "1__0", "_1", "1_", "1.", "1.e5", ".5", "+.5", "-.5e1", ".", "e5", "1e", "1e+", "+", "1E5", "-2.50",
		"0.1", "123456789.123456789", "1e-99", "5e-07", "0x", "infinite", "1 "}, parseable...)...),
	Of("cut", cutCase, "", "a", "key=value", "=", "a=b=c", "key=", "v1.2", "v", "x.go", "é=ü"),
	Of("delete", deleteCase, zero, one, many, Thing{Attrs: map[string]string{"k": "only"}}, Thing{Attrs: map[string]string{}}),
	Of("keys-sorted", keysSorted, zero, one, many, Thing{Attrs: map[string]string{"b": "2", "a": "3", "B": "1", "": "4"}}),
	Of("other-packages", otherPackages, zero, one, many),
	Of("least-of-each", leastOfEach, zero, one, many),
	Of("slices-searched", slicesSearched, zero, one, many, manyTags),
}

var parseable = []string{"0", "7", "-12", "+5", "007", "-0", "", "x", "1.5", " 1", "1e3", "--1", "1_000", "123456789012345",
	"9223372036854775808", "-9223372036854775809", "99999999999999999999", "a\"b\\c\n", "é", "\u0661"}

// atoiCase goes on only with a number.
func atoiCase(c flow.Context, s string) (int, error) {
	s, err := flow.Call(c, Log, s)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, err
	}
	return flow.Call(c, Double, n)
}

// atoiWrapped says more about what is no number, and tells its error from others.
func atoiWrapped(c flow.Context, s string) (string, error) {
	n, err := strconv.Atoi(s)
	var wrong *strconv.NumError
	if errors.As(err, &wrong) && s != "x" {
		return "no number: " + err.Error(), nil
	}
	if err != nil {
		return "", fmt.Errorf("quantity of %s: %w", s, err)
	}
	return flow.Call(c, Log, "number "+strconv.Itoa(n))
}

type parsed struct {
	Number int64
	Fine   bool
	Yes    bool
	Known  bool
	Other  int
}

// parseCase leaves errors alone.
func parseCase(c flow.Context, s string) (parsed, error) {
	yes, unknown := strconv.ParseBool(s)
	other := orDefault(s, 3)
	if _, err := flow.Call(c, Double, other%1000); err != nil {
		return parsed{}, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = -1
	}
	return parsed{Number: n, Fine: err == nil, Yes: yes, Known: unknown == nil, Other: other}, nil
}

func orDefault(s string, n int) int {
	if parsed, err := strconv.Atoi(s); err == nil && parsed < 1000 {
		return parsed
	}
	return n
}

// parseFloatCase is the number in a text, or why there is none.
func parseFloatCase(c flow.Context, s string) (string, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return err.Error(), nil
	}
	_, err = flow.Call(c, Log, fmt.Sprintf("%.3f", f/1e6+0))
	return fmt.Sprintf("%.7f", f/1e6+0), err
}

type cuts struct {
	Key, Value, Version, Base, Trimmed string
	Found, HasVersion, IsGo            bool
	Equals                             int
}

func cutCase(c flow.Context, s string) (cuts, error) {
	s, err := flow.Call(c, Log, s)
	if err != nil {
		return cuts{}, err
	}
	var out cuts
	out.Key, out.Value, out.Found = strings.Cut(s, "=")
	version, ok := strings.CutPrefix(s, "v")
	out.Version, out.HasVersion = version, ok
	if base, isGo := strings.CutSuffix(s, ".go"); isGo {
		out.Base, out.IsGo = base, true
	}
	out.Trimmed = strings.TrimSuffix(s, "=")
	out.Equals = strings.Count(s, "=")
	return out, nil
}

// deleteCase removes entries of maps: of one that came in, of one that is written here, in a loop, and all.
func deleteCase(c flow.Context, in Thing) ([]map[string]string, error) {
	attrs := maps.Clone(in.Attrs)
	delete(attrs, "k")
	made := map[string]string{"a": in.Name, "b": "x", "c": "y"}
	delete(made, "b")
	delete(made, "none")
	if _, err := flow.Call(c, Double, len(made)+len(attrs)); err != nil {
		return nil, err
	}
	for _, tag := range in.Tags {
		delete(made, tag)
	}
	all := maps.Clone(in.Attrs)
	clear(all)
	return []map[string]string{attrs, made, all}, nil
}

// keysSorted goes over a map in the order of its keys.
func keysSorted(c flow.Context, in Thing) ([]string, error) {
	keys := slices.Sorted(maps.Keys(in.Attrs))
	if _, err := flow.Call(c, Double, len(keys)); err != nil {
		return nil, err
	}
	var out []string
	for _, k := range keys {
		said, err := flow.Call(c, Log, k+in.Attrs[k])
		if err != nil {
			return nil, err
		}
		out = append(out, said)
	}
	numbers := map[int]string{10: "ten", 9: in.Name}
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		out = append(out, numbers[n])
	}
	out = append(out, slices.Sorted(maps.Values(in.Attrs))...)
	return append(out, slices.Sorted(slices.Values(in.Tags))...), nil
}

type searched struct {
	Index, Positive, Max, Min int
	Has, Negative             bool
	First, Last               string
	Copy, SortedNil           []string
}

func slicesSearched(c flow.Context, in Thing) (searched, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return searched{}, err
	}
	negative := func(p Part) bool { return p.Count < 0 }
	out := searched{
		Index: slices.Index(in.Tags, "c"), Has: slices.Contains(in.Tags, "c"), Negative: slices.ContainsFunc(in.Parts, negative),
		Positive: slices.IndexFunc(in.Parts, func(p Part) bool { return p.Count > in.N }), Copy: slices.Collect(slices.Values(in.Tags)),
		Max: slices.Max([]int{in.N, 0, 2}), Min: slices.Min([]int{in.N, 0, 2}),
	}
	if len(in.Tags) > 0 {
		out.First, out.Last = slices.Min(in.Tags), slices.Max(in.Tags)
	}
	return out, nil
}

// leastOfEach looks for the least item for each item of another slice, and among what comes of it.
func leastOfEach(c flow.Context, in Thing) (string, error) {
	names := mapped(in.Parts, func(p Part) string { return p.ID + slices.Min(append(slices.Clip(in.Tags), in.Note)) })
	if in.OK {
		return slices.Min(append(slices.Clip(names), in.Part.ID)), nil
	}
	return flow.Call(c, Log, strings.Join(names, " "))
}

func mapped[T, U any](list []T, f func(T) U) []U {
	var out []U
	for _, item := range list {
		out = append(out, f(item))
	}
	return out
}

// otherPackages uses helpers of another package: generic ones, methods, and one with steps.
func otherPackages(c flow.Context, in Thing) ([]string, error) {
	few := parts.Filter(in.Parts, func(p Part) bool { return p.Count < parts.Many })
	names, err := parts.Each(c, few, func(c flow.Context, p Part) (string, error) { return flow.Call(c, Log, p.ID) })
	if err != nil {
		return nil, err
	}
	weight := parts.Weight(len(few)).Kilos(in.N)
	return append(names, strconv.Itoa(int(weight)), parts.Grade(in.N)), nil
}
