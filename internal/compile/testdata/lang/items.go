package lang

import (
	"slices"
	"strconv"

	"github.com/stride-aws/stride/flow"
)

// Items are assignments to items of slices and arrays.
var Items = []Case{
	Of("item-fields", itemFields, zero, one, many, repeated),
	Of("items-in-range", itemsInRange, zero, one, many, repeated),
	Of("items-made", itemsMade, zero, one, many, repeated),
	Of("items-swapped", itemsSwapped, zero, one, many, repeated, unsorted),
	Of("item-rows", itemRows, zero, one, many),
	Of("row-parts", rowParts, zero, one, many),
	Of("item-helpers", itemHelpers, zero, one, many, repeated),
	Of("item-steps", itemSteps, zero, one, many, repeated),
	Of("item-at", itemAt, Thing{Tags: []string{"a"}}, Thing{Tags: []string{"a", "b"}, N: 1}),
}

// OutOfRange are inputs of item-at with which Go panics.
var OutOfRange = []Thing{{}, {Tags: []string{"a"}, N: 1}, {Tags: []string{"a"}, N: -1}, {Tags: []string{}, N: 0}, {Tags: []string{"a", "b"}, N: 2}}

// itemAt sets an item that the input names.
func itemAt(c flow.Context, in Thing) ([]string, error) {
	tags := slices.Clone(in.Tags)
	tags[in.N] = "x"
	return tags, nil
}

// itemFields sets a field of each item.
func itemFields(c flow.Context, in Thing) ([]Part, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return nil, err
	}
	for i := range echo.Parts {
		echo.Parts[i].Count *= 2
		if echo.Parts[i].ID == "" {
			echo.Parts[i].ID = "none"
		}
	}
	return echo.Parts, nil
}

// itemsInRange replaces items by what was made of them, and counts.
func itemsInRange(c flow.Context, in Thing) (out struct {
	Tags   []string
	Counts [3]int
	Parts  []Part
}, err error) {
	out.Tags = slices.Clone(in.Tags)
	out.Parts = append(out.Parts, in.Parts...)
	for i, tag := range out.Tags {
		out.Tags[i] = strconv.Itoa(i) + tag
		out.Counts[i%3]++
	}
	if len(out.Parts) > 1 {
		out.Parts[1] = Part{ID: "second", Count: out.Parts[0].Count}
		out.Parts[len(out.Parts)-1].Count--
	}
	said, err := flow.Call(c, Log, in.Name)
	if len(out.Tags) > 0 {
		out.Tags[0] = said
	}
	return out, err
}

// itemsMade fills slices of a known length.
func itemsMade(c flow.Context, in Thing) (out struct {
	Names []string
	Sums  []int
	Flags []bool
	Three []Part
}, err error) {
	out.Names = make([]string, len(in.Parts))
	out.Sums = make([]int, len(in.Parts), len(in.Parts))
	for i, p := range in.Parts {
		out.Names[i] = p.ID
		out.Sums[i] = p.Count
		if i > 0 {
			out.Sums[i] += out.Sums[i-1]
		}
	}
	out.Flags = make([]bool, len(in.Tags)+1)
	for i := 0; i < len(out.Flags); i++ {
		out.Flags[i] = i%2 == 1
	}
	out.Three = make([]Part, 3)
	out.Three[1].ID, err = flow.Call(c, Log, in.Name)
	return out, err
}

// itemsSwapped turns a slice round, and sorts one by hand.
func itemsSwapped(c flow.Context, in Thing) (Thing, error) {
	for i := range len(in.Tags) / 2 {
		j := len(in.Tags) - 1 - i
		in.Tags[i], in.Tags[j] = in.Tags[j], in.Tags[i]
	}
	parts := slices.Clone(in.Parts)
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			if parts[j].Count < parts[i].Count {
				parts[i], parts[j] = parts[j], parts[i]
			}
		}
	}
	in.Parts = parts
	return flow.Call(c, Echo, in)
}

// itemRows sets items of items.
func itemRows(c flow.Context, in Thing) ([][]int, error) {
	rows := [][]int{{1}, {2, 3}, nil}
	rows[2] = []int{in.N}
	rows[0][0] += in.N
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] += 10*i + j
		}
	}
	if _, err := flow.Call(c, Double, rows[1][1]); err != nil {
		return nil, err
	}
	rows[in.Part.Count%3] = nil
	one := [][]string{in.Tags}
	one[0] = append(slices.Clip(one[0]), "x")
	rows = append(rows, []int{len(one), len(one[0])})
	return rows, nil
}

// rowParts reads parts of slices of slices.
func rowParts(c flow.Context, in Thing) (out [][]string, err error) {
	rows := [][]string{{"a", "b"}, in.Tags, {in.Name}}
	out = append(out, rows[1:2]...)
	for chunk := range slices.Chunk(rows[:1], 2) {
		out = append(out, chunk...)
	}
	for i := range rows {
		if i < len(rows[i]) {
			out = append(out, []string{rows[i][i]})
		}
	}
	_, err = flow.Call(c, Double, len(out))
	return out, err
}

// itemHelpers changes items in a function that is given the slice.
func itemHelpers(c flow.Context, in Thing) ([]Part, error) {
	parts := slices.Clone(in.Parts)
	raiseAll(parts, in.N)
	raiseOdd(c, parts)
	setFirst(in.Tags, "first")
	for i := range parts {
		parts[i].raise(i)
	}
	if len(in.Tags) > 0 {
		parts = append(parts, Part{ID: in.Tags[0]})
	}
	return parts, nil
}

func (p *Part) raise(by int) { p.Count += by }

func raiseAll(parts []Part, by int) {
	for i := range parts {
		parts[i].Count += by
	}
}

func raiseOdd(c flow.Context, parts []Part) {
	for i, p := range parts {
		n, err := flow.Call(c, Double, p.Count)
		if err == nil && i%2 == 1 {
			parts[i].Count = n
		}
	}
}

func setFirst[S ~[]E, E any](list S, first E) {
	if len(list) > 0 {
		list[0] = first
	}
}

// itemSteps keeps what steps give in the items.
func itemSteps(c flow.Context, in Thing) ([]Part, error) {
	parts := append([]Part{}, in.Parts...)
	for i := range parts {
		n, err := flow.Call(c, Double, parts[i].Count)
		if err != nil {
			return nil, err
		}
		parts[i].Count = n
	}
	var err error
	if len(parts) > 0 {
		parts[0].ID, err = flow.Call(c, Log, "zero")
	}
	return parts, err
}
