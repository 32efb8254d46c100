package lang

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/stride-aws/stride/flow"
)

// Writes are assignments to parts of values: entries of maps, fields behind pointers.
var Writes = []Case{
	Of("map-count", mapCount, zero, one, many, repeated),
	Of("map-group", mapGroup, zero, one, many, repeated),
	Of("maybe-entry", maybeEntry, zero, one, many),
	Of("map-steps", mapSteps, zero, one, many, repeated),
	Of("map-keys", mapKeys, zero, one, many, odd),
	Of("pointer-writes", pointerWrites, zero, one, many, repeated),
	Of("pointer-helpers", pointerHelpers, zero, one, many, repeated),
	Of("parallel-fields", parallelFields, zero, one, many, named("broken")),
	Of("sort-by", sortBy, zero, one, many, repeated, unsorted),
	Of("cut-again", cutAgain, zero, one, many, manyTags),
	Of("filled-beside", filledBeside, zero, one, many),
	Of("sort-in-place", sortInPlace, zero, one, many, repeated, unsorted),
	Of("omitted-map", omittedMap, zero, one, many, repeated),
	Of("returned-pointers", returnedPointers, zero, one, many, repeated),
	Of("pointer-rows", pointerRows, zero, one, many, repeated),
}

var (
	repeated = Thing{Name: "again", Tags: []string{"x", "y", "x", ""}, Parts: []Part{{"p", 1}, {"q", 2}, {"p", 3}, {"", 4}}, Attrs: map[string]string{"x": "1"}}
	unsorted = Thing{Tags: []string{"b", "a", "c", "a"}, Parts: []Part{{"b", 2}, {"a", 2}, {"c", 1}, {"a", 9}, {"d", 2}}}
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

type summary struct {
	Total int      `json:"total"`
	Level string   `json:"level,omitempty"`
	Names []string `json:"names"`
	Best  *Part    `json:"best,omitempty"`
	Inner Part     `json:"inner"`
	Marks counts   `json:"marks"`
}

type counts map[string]int

func (m counts) add(key string, n int) { m[key] += n }

func newSummary(in Thing) *summary {
	s := &summary{Total: in.N, Marks: counts{}}
	s.Inner.ID = in.Name
	return s
}

// note changes the summary that it is called on.
func (s *summary) note(p Part) {
	if p.ID == "" {
		return
	}
	s.Total += p.Count
	s.Names = append(s.Names, p.ID)
	s.Marks.add(p.ID, p.Count)
}

func fill(s *summary, level string) error {
	s.Level = level
	if level == "" {
		return flow.Fail("NoLevel", "none")
	}
	s.Inner = Part{ID: level, Count: len(s.Names)}
	return nil
}

// pointerWrites builds a value through a pointer that nothing else holds.
func pointerWrites(c flow.Context, in Thing) (*summary, error) {
	s := newSummary(in)
	for _, p := range in.Parts {
		s.note(p)
	}
	n, err := flow.Call(c, Double, s.Total)
	if err != nil {
		return nil, err
	}
	s.Total = n
	s.Inner.Count++
	if n > 5 {
		s.Level = "high"
		s.Best = &Part{ID: "best", Count: n}
	}
	return s, nil
}

// pointerHelpers are given a variable's address.
func pointerHelpers(c flow.Context, in Thing) (out summary, err error) {
	out.Marks = counts{"start": 1}
	for _, tag := range in.Tags {
		if err := ask(c, &out, tag); err != nil {
			return out, err
		}
	}
	err = fill(&out, in.Note)
	out.note(in.Part)
	return out, err
}

func ask(c flow.Context, s *summary, tag string) error {
	text, err := flow.Call(c, Log, tag+s.Level)
	if err != nil {
		return err
	}
	s.Level += text
	s.note(Part{ID: text, Count: 1})
	return nil
}

type offers struct {
	Best  *Part  `json:"best,omitempty"`
	Said  string `json:"said"`
	Twice struct {
		N    int    `json:"n"`
		From string `json:"from"`
	} `json:"twice"`
	Kept int `json:"kept"`
}

// parallelFields sets fields of one struct at the same time.
func parallelFields(c flow.Context, in Thing) (offers, error) {
	out := offers{Kept: in.N}
	err := flow.Parallel(c,
		func(c flow.Context) error {
			p, err := flow.Call(c, Risky, in)
			out.Best = &p
			return err
		},
		func(c flow.Context) (err error) {
			out.Said, err = flow.Call(c, Log, in.Name)
			return err
		},
		func(c flow.Context) (err error) {
			out.Twice.From = in.Note
			out.Twice.N, err = flow.Call(c, Double, in.N+out.Kept)
			return err
		},
	)
	return out, err
}

// pointerRows makes a value in each round, and hands it on.
func pointerRows(c flow.Context, in Thing) ([]*Part, error) {
	var rows []*Part
	for _, p := range in.Parts {
		row := new(Part)
		row.ID = p.ID + "!"
		d, err := flow.Call(c, Double, p.Count)
		if err != nil {
			return rows, err
		}
		row.Count = d
		rows = append(rows, row)
	}
	last := in.part()
	last.Count = len(rows)
	rows = append(rows, last)
	return rows, nil
}

func (t Thing) part() *Part { return &Part{ID: t.Name} }

type ranking struct {
	ByCount []Part   `json:"byCount"`
	ByID    []Part   `json:"byId"`
	Largest Part     `json:"largest"`
	Names   []string `json:"names"`
}

// sortBy sorts by one key and by several, up and down; items that compare equal stay in their order.
func sortBy(c flow.Context, in Thing) (out ranking, err error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return out, err
	}
	out.ByCount = slices.Clone(echo.Parts)
	slices.SortStableFunc(out.ByCount, func(a, b Part) int { return b.Count - a.Count })
	out.ByID = slices.Clone(echo.Parts)
	slices.SortStableFunc(out.ByID, func(a, b Part) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), -cmp.Compare(a.Count, b.Count))
	})
	if len(echo.Parts) > 0 {
		out.Largest = slices.MaxFunc(echo.Parts, func(a, b Part) int { return cmp.Compare(a.Count, b.Count) })
	}
	counts := map[string]int{}
	for _, p := range echo.Parts {
		counts[p.ID] += p.Count
	}
	out.Names = slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if n := counts[b] - counts[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return out, nil
}

// sortInPlace sorts what is in a variable.
func sortInPlace(c flow.Context, in Thing) (Thing, error) {
	slices.Sort(in.Tags)
	sort.SliceStable(in.Parts, func(i, j int) bool {
		if in.Parts[i].Count != in.Parts[j].Count {
			return in.Parts[i].Count > in.Parts[j].Count
		}
		return in.Parts[i].ID < in.Parts[j].ID
	})
	if len(in.Parts) > 3 {
		in.Parts = in.Parts[:3]
	}
	text, err := flow.Call(c, Log, strings.Join(in.Tags, ","))
	in.Name = text
	return in, err
}

// maybeEntry adds an entry on one way only, and counts them.
func maybeEntry(c flow.Context, in Thing) (int, error) {
	m := map[int][]int{in.N: nil}
	if in.Part.Count > 3 {
		m[2] = append(slices.Clip(m[2]), in.N)
	}
	n := len(m)
	return flow.Call(c, Double, n)
}

type ledger struct {
	From  Thing          `json:"from"`
	Lines []Part         `json:"lines"`
	Sums  map[string]int `json:"sums"`
	Best  *Part          `json:"best,omitempty"`
}

// ledgerOf fills a variable, and returns a pointer to it, as constructors do.
func ledgerOf(in Thing) *ledger {
	l := ledger{Sums: map[string]int{}}
	l.From.Attrs = in.Attrs
	for _, p := range in.Parts {
		l.Sums[p.ID] += p.Count
		l.Lines = append(l.Lines, p)
	}
	return &l
}

// best is the largest part, nil where there is none.
func best(parts []Part) (*Part, int) {
	var top Part
	for _, p := range parts {
		if p.Count > top.Count {
			top = p
		}
	}
	if top.Count == 0 {
		return nil, 0
	}
	return &top, top.Count
}

// returnedPointers sets fields of different parts of one variable, and hands out pointers to variables that changed before.
func returnedPointers(c flow.Context, in Thing) (*ledger, error) {
	out := ledgerOf(in)
	var count int
	out.Best, count = best(out.Lines)
	var all struct {
		from Thing
		book ledger
	}
	echo, err := flow.Call(c, Echo, Thing{N: count, Ref: out.Best, Parts: out.Lines})
	if err != nil {
		return nil, err
	}
	all.from.Attrs = echo.Attrs
	all.book.Sums = map[string]int{}
	for _, p := range echo.Parts {
		all.book.Sums[p.ID] = p.Count
	}
	if n, err := flow.Call(c, Double, len(out.Sums)); err != nil || n > 3 {
		all.book.Sums["double"] = n
		return &all.book, err
	}
	out.From.N = len(all.from.Attrs)
	return out, nil
}

type tally struct {
	ByID map[string]int    `json:"byId,omitempty"`
	Note map[string]string `json:"note,omitempty"`
}

// omittedMap makes maps that JSON leaves out while they are empty, and has entries for them later.
func omittedMap(c flow.Context, in Thing) (tally, error) {
	t := tally{ByID: map[string]int{}, Note: map[string]string{}}
	parts, err := flow.Call(c, Make, len(in.Parts))
	if err != nil {
		return t, err
	}
	parts = append(parts, in.Parts...)
	for _, p := range parts {
		t.ByID[p.ID] += p.Count
	}
	if in.N > 0 {
		t.Note["n"] = in.Name
	}
	if _, err := flow.Call(c, Log, in.Name); err != nil {
		return t, err
	}
	t.Note[in.Name] = "name"
	return t, nil
}

// cutAgain cuts slices that nothing else holds, and appends to what is left.
func cutAgain(c flow.Context, in Thing) (out Thing, err error) {
	in, err = flow.Call(c, Echo, in)
	if err != nil {
		return out, err
	}
	if len(in.Tags) > 1 {
		in.Tags = in.Tags[:1]
	}
	in.Tags = append(in.Tags, "end")
	rows := []Part{{"a", in.N}, {"b", 2}, {"c", 3}}
	rows = rows[1:]
	rows[0].Count++
	rows = rows[:1]
	rows = append(rows, in.Part)
	rows[1].ID += "!"
	out.Name, out.Tags, out.Parts = "cut", in.Tags, rows
	return out, nil
}

// filledBeside returns a struct that branches have filled.
func filledBeside(c flow.Context, in Thing) (Thing, error) {
	o := Thing{Name: in.Name}
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { o.N, err = flow.Call(c, Double, in.N); return err },
		func(c flow.Context) (err error) { o.Note, err = flow.Call(c, Log, in.Name); return err },
	)
	if err != nil {
		return Thing{}, err
	}
	o.Part.Count = o.N + 1
	o.Tags = append(o.Tags, o.Note)
	return o, nil
}
