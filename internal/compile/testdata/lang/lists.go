package lang

import (
	"maps"
	"math"
	"slices"

	"github.com/stride-aws/stride/flow"
)

// Lists are functions of packages slices, maps and math.
var Lists = []Case{
	Of("slices-changed", slicesChanged, zero, one, many, repeated, Thing{Tags: []string{"", "", "a"}}, Thing{Tags: []string{}, Parts: []Part{}}),
	Of("maps-changed", mapsChanged, zero, one, many, repeated, Thing{Attrs: map[string]string{"k": "k", "l": ""}}),
	Of("copied-items", copiedItems, zero, one, many, repeated, Thing{Tags: []string{"a", "b", "c", "d"}, Parts: []Part{}}),
	Of("equal-maps", equalMaps, zero, one, many, repeated, Thing{Name: "a", Attrs: map[string]string{"k": "a", "own": "1"}}, Thing{Attrs: map[string]string{}}),
	Of("fresh-in-loop", freshInLoop, zero, one, many, repeated),
	Of("remainders", remainders, nil, []float64{0, 0.5, -0.5, 0.49999999999999994, 1.5, 2.5, -2.5, -1.25, 7, -7.75, 1e15}),
}

type changes struct {
	Tags, Compact, All, Inserted []string
	Parts                        []Part
	Same, Other                  bool
}

// slicesChanged takes items out and puts others in.
func slicesChanged(c flow.Context, in Thing) (out changes, err error) {
	in, err = flow.Call(c, Echo, in)
	if err != nil {
		return out, err
	}
	out.Tags = slices.Clone(in.Tags)
	out.Tags = slices.DeleteFunc(out.Tags, func(s string) bool { return s == "x" || s == in.Name })
	out.Compact = slices.Compact(slices.Clone(in.Tags))
	out.All = slices.Concat(in.Tags, out.Compact, []string(nil))
	out.Inserted = append(out.Inserted, in.Tags...)
	out.Inserted = slices.Insert(out.Inserted, len(out.Inserted)/2, "middle", in.Name)
	out.Inserted = slices.Insert(out.Inserted, 0, "first")
	out.Parts = in.Parts
	if len(in.Parts) > 1 {
		parts := slices.Clone(in.Parts)
		parts = slices.Delete(parts, 1, 2)
		parts = slices.Delete(parts, 0, len(parts)-1)
		out.Parts = parts
	}
	out.Same, out.Other = slices.Equal(in.Tags, out.Tags), slices.Equal(in.Tags, []string{"a"})
	return out, nil
}

// mapsChanged lays maps over each other.
func mapsChanged(c flow.Context, in Thing) (map[string]string, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return nil, err
	}
	all := map[string]string{"k": "mine", "own": in.Name}
	maps.Copy(all, in.Attrs)
	defaults := map[string]string{}
	maps.Copy(defaults, all)
	maps.DeleteFunc(defaults, func(k, v string) bool { return v == "" || k == v })
	if _, err := flow.Call(c, Double, len(all)); err != nil {
		return nil, err
	}
	for _, tag := range in.Tags {
		maps.Copy(defaults, map[string]string{tag: "tag"})
	}
	return defaults, nil
}

type copies struct {
	Tags, Names, None, Twice []string
	Rows                     [][]string
	N, M                     int
}

// copiedItems lays the items of one slice over those of another.
func copiedItems(c flow.Context, in Thing) (out copies, err error) {
	in, err = flow.Call(c, Echo, in)
	if err != nil {
		return out, err
	}
	out.Tags = []string{"1", "2", "3"}
	out.N = copy(out.Tags, in.Tags)
	out.Names = make([]string, len(in.Parts))
	copy(out.Names, []string{in.Name, "second"})
	out.M = copy(out.None, in.Tags)
	out.Twice = slices.Repeat(in.Tags, 2)
	out.Rows = slices.Repeat([][]string{{"row"}, nil}, len(in.Parts))
	copy(out.Rows, [][]string{slices.Clone(in.Tags), {}, nil})
	for range in.Parts {
		copy(out.Twice, slices.Concat(out.Twice[min(1, len(out.Twice)):], out.Tags))
	}
	return out, nil
}

// equalMaps compares maps, of which nil is like an empty one.
func equalMaps(c flow.Context, in Thing) ([]bool, error) {
	own := map[string]string{"own": "1"}
	own["k"] = in.Name
	all := maps.Collect(maps.All(in.Attrs))
	same := []bool{maps.Equal(own, in.Attrs), maps.Equal(in.Attrs, all), maps.Equal(all, map[string]string(nil)), all == nil}
	all["more"] = ""
	if _, err := flow.Call(c, Double, len(in.Attrs)); err != nil {
		return nil, err
	}
	return append(same, maps.Equal(in.Attrs, all), maps.Equal(map[string]int{}, map[string]int{in.Name: 0})), nil
}

// remainders have the sign of what is divided.
func remainders(c flow.Context, list []float64) (out [][]float64, err error) {
	for _, f := range list {
		out = append(out, []float64{math.Mod(f, 2.5) + 0, math.Mod(7, math.Abs(f)+1)})
	}
	_, err = flow.Call(c, Double, len(out))
	return out, err
}

// freshInLoop sorts and shortens copies in a loop over what they are of.
func freshInLoop(c flow.Context, in Thing) (n int, err error) {
	for _, tag := range in.Tags {
		tags := slices.Compact(slices.Clone(append(slices.Clip(in.Tags), tag)))
		if n, err = flow.Call(c, Double, n+len(tags)); err != nil {
			return n, err
		}
	}
	return n, nil
}
