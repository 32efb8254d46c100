package lang

import (
	"strings"

	"github.com/stride-aws/stride/flow"
)

// Writes are assignments to parts of values: entries of maps, fields behind pointers.
var Writes = []Case{
	Of("map-count", mapCount, zero, one, many, repeated),
	Of("map-group", mapGroup, zero, one, many, repeated),
	Of("map-steps", mapSteps, zero, one, many, repeated),
	Of("map-keys", mapKeys, zero, one, many, odd),
}

var (
	repeated = Thing{Name: "again", Tags: []string{"x", "y", "x", ""}, Parts: []Part{{"p", 1}, {"q", 2}, {"p", 3}, {"", 4}}, Attrs: map[string]string{"x": "1"}}
	odd      = Thing{Name: `it's "odd" {% $x %} é`, N: 3, Tags: []string{"", "in", "a.b", "0", "`"}, Attrs: map[string]string{"": "empty"}}
)

// mapCount counts what is alike.
func mapCount(c flow.Context, in Thing) (map[string]int, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, p := range echo.Parts {
		counts[p.ID]++
	}
	return counts, nil
}

type groups struct {
	ByID  map[string][]int `json:"byId"`
	First map[string]Part  `json:"first"`
	Twice []string         `json:"twice"`
	Q     int              `json:"q"`
}

// mapGroup sorts things by a key, in the maps of a struct.
func mapGroup(c flow.Context, in Thing) (out groups, err error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return out, err
	}
	out.ByID, out.First = map[string][]int{}, make(map[string]Part)
	for _, p := range echo.Parts {
		key := strings.ToUpper(p.ID)
		out.ByID[key] = append(out.ByID[key], p.Count)
		if _, ok := out.First[p.ID]; !ok {
			out.First[p.ID] = p
		} else {
			out.Twice = append(out.Twice, p.ID)
		}
	}
	out.Q = out.First["q"].Count
	return out, nil
}

// mapSteps keeps what a step says in each round.
func mapSteps(c flow.Context, in Thing) (map[string]string, error) {
	said := map[string]string{"last": ""}
	for _, tag := range in.Tags {
		text, err := flow.Call(c, Log, tag+said[tag])
		if err != nil {
			return said, err
		}
		said[tag], said["last"] = text, tag
	}
	return said, nil
}

// mapKeys has keys of all kinds: computed, numbers, and such as JSONata has words or signs for.
func mapKeys(c flow.Context, in Thing) (map[int]string, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return nil, err
	}
	byName := map[string]int{in.Name: n, in.Name + "!": 1}
	for i, tag := range in.Tags {
		byName[tag] += i + 1
	}
	out := map[int]string{-1: "before", n: in.Attrs[""]}
	for _, tag := range in.Tags {
		out[byName[tag]] += tag
	}
	_, has := out[n+1]
	if !has {
		out[n+1] = out[-1] + out[7]
	}
	return out, nil
}
