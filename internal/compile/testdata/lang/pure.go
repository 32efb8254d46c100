package lang

import (
	"strconv"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Pure are statements without steps: each function is an expression.
var Pure = []Case{
	Of("pure-loops", pureLoops, zero, one, many, manyTags),
	Of("pure-labels", pureLabels, zero, one, many, manyTags),
	Of("pure-switch", pureSwitch, zero, one, many, manyTags),
	Of("pure-returns", pureReturns, zero, one, many, manyTags),
	Of("pure-counting", pureCounting, 0, 1, 2, 7),
	Of("agreed", agreed, zero, one, many),
	Of("labels-kept", labelsKept, zero, one, many),
	Of("loop-weakens", loopWeakens, zero, one, many),
	Of("lookup-ok", lookupOK, zero, one, many),
	Generated("pointed-null", pointedNull, func(*flowtest.Test) {}),
	Of("nil-pointers", nilPointers, zero, one, many),
	Of("long-values", longValues, zero, one, many, manyTags),
	Of("long-slices", longSlices, zero, one, many, manyTags),
}

var manyTags = Thing{Name: "tags", N: 3, Tags: []string{"a", "b", "skip", "c", "stop", "d"}, Parts: []Part{{"a", 1}, {"b", -2}, {"c", 30}, {"d", 4}}}

// pureLoops leaves loops and goes on with them from inside conditions and switches.
func pureLoops(c flow.Context, in Thing) (Thing, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return Thing{}, err
	}
	n, text := 0, ""
	for i, tag := range in.Tags {
		switch n += i; tag {
		case "skip":
			continue
		case "stop":
			text += "!"
			if n > 3 {
				break
			}
			n = 100
		default:
			text += tag
		}
		if n > 50 {
			break
		}
		n++
	}
	for range in.Parts {
		if n > 2 {
			break
		}
		n += 2
	}
	return Thing{N: n, Note: text}, nil
}

// pureLabels leaves and goes on with the outer loop of two.
func pureLabels(c flow.Context, in Thing) ([]string, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return nil, err
	}
	var out []string
	rounds := 0
parts:
	for _, p := range in.Parts {
		for _, tag := range in.Tags {
			rounds++
			switch {
			case tag == "skip":
				continue
			case tag == p.ID:
				out = append(out, p.ID)
				continue parts
			case p.Count > 20:
				break parts
			case tag == "c":
				break
			}
			if p.Count < 0 {
				out = append(out, "negative")
				break
			}
		}
		out = append(out, "no "+p.ID)
	}
words:
	for _, tag := range in.Tags {
		for i := range in.N {
			if i == 1 && tag == "skip" {
				continue words
			}
		}
		out = append(out, tag)
	}
	return append(out, strconv.Itoa(rounds)), nil
}

// pureSwitch leaves switches, a labelled one from inside a loop.
func pureSwitch(c flow.Context, in Thing) (string, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return "", err
	}
	said := ""
kind:
	switch {
	case in.N > 0:
		for _, p := range in.Parts {
			if p.Count < 0 {
				said += "negative "
				break kind
			}
			said += p.ID
		}
		said += " positive"
	case len(in.Tags) > 2:
		if in.OK {
			break
		}
		said += "tags "
	default:
		said = "none"
	}
	return said + kindOf(in), nil
}

func kindOf(in Thing) string {
	kind := "plain"
	switch in.Name {
	case "one":
		if in.N == 1 {
			break
		}
		return "never"
	case "many":
		return "more"
	case "tags":
		kind = "tagged"
		if len(in.Parts) < 3 {
			break
		}
		kind += " parts"
	}
	return kind
}

// pureReturns uses helpers that return from loops and in the meantime assign.
func pureReturns(c flow.Context, in Thing) (string, error) {
	in, err := flow.Call(c, Echo, in)
	if err != nil {
		return "", err
	}
	word, n := search(in)
	return word + strconv.Itoa(n) + strconv.Itoa(pairs(in)), nil
}

func search(in Thing) (word string, n int) {
	for _, tag := range in.Tags {
		n++
		if tag == "skip" {
			continue
		}
		if n > 3 {
			return tag, n
		}
		word += tag
	}
	return
}

func pairs(in Thing) int {
	count := 0
outer:
	for i, p := range in.Parts {
		for _, tag := range in.Tags {
			switch tag {
			case "skip":
				continue outer
			case p.ID:
				if i > 0 {
					return count*10 + i
				}
			}
			count++
		}
		if count > 9 {
			break
		}
	}
	return -count
}

// pureCounting counts with for.
func pureCounting(c flow.Context, n int) ([]int, error) {
	n, err := flow.Call(c, Double, n)
	if err != nil {
		return nil, err
	}
	var out []int
	for i := 1; i < n; i++ {
		if i%3 == 0 {
			continue
		}
		out = append(out, i)
	}
	sum := 0
	for i := n; i <= n+2; i++ {
		sum += i
	}
	for i := 5; i < 5; i++ {
		sum = -1
	}
	return append(out, sum), nil
}

// labelsKept needs a variable behind a loop that was left through its label, after a step.
func labelsKept(c flow.Context, in Thing) (string, error) {
	found := "nothing"
rows:
	for i := range 2 {
		for _, p := range in.Parts {
			said, err := flow.Call(c, Log, p.ID)
			if err != nil {
				return "", err
			}
			if p.Count > i {
				found = said
				if _, err := flow.Call(c, Log, "found"); err != nil {
					return "", err
				}
				break rows
			}
			found = "passed by"
		}
		found = "nothing again"
	}
	return found, nil
}

// loopWeakens has variables that begin whole and become parts of the input, which may lack fields, in a loop with steps and in one without.
func loopWeakens(c flow.Context, in Thing) (Thing, error) {
	last, ref, seen := Part{ID: "none"}, &Part{ID: "ref"}, Thing{Tags: []string{"t"}}
	for _, p := range in.Parts {
		if _, err := flow.Call(c, Log, last.ID+ref.ID); err != nil {
			return Thing{}, err
		}
		last, ref = p, in.Ref
		if ref == nil {
			ref = &Part{ID: "nil"}
		}
	}
	for range in.Parts {
		seen = Thing{N: len(seen.Tags), Tags: in.Tags, Part: in.Part}
	}
	return Thing{Part: last, Ref: ref, N: seen.N, Tags: seen.Tags}, nil
}

// lookupOK takes both results of a lookup, also of entries that are structs, and of a map that is nil.
func lookupOK(c flow.Context, in Thing) ([]string, error) {
	parts := map[string]Part{"x": in.Part}
	if _, err := flow.Call(c, Log, in.Name); err != nil {
		return nil, err
	}
	var none map[string]Part
	p, ok := parts["x"]
	q, missing := parts["y"]
	_, nothing := none["x"]
	var v, has = in.Attrs["k"]
	missed := parts[in.Name]
	missed.Count = 3
	return []string{missed.ID, p.ID, strconv.FormatBool(ok), q.ID, strconv.FormatBool(missing), strconv.FormatBool(nothing), v, strconv.FormatBool(has)}, nil
}

// nilPointers reads fields through pointers that are nil on other ways.
func nilPointers(c flow.Context, in Thing) (int, error) {
	var p *Part
	n := 0
	if p != nil {
		n = p.Count
	}
	if in.Ref != nil {
		p = in.Ref
	}
	if _, err := flow.Call(c, Double, n); err != nil {
		return 0, err
	}
	if p != nil && p.Count > 3 {
		n += p.Count
	}
	if in.OK {
		p = nil
	}
	if p != nil {
		n += (*p).Count
	}
	return n, nil
}

// agreed assigns the same on both ways of a condition.
func agreed(c flow.Context, in Thing) (string, error) {
	text, n := "none", 1
	if in.OK {
		text, n = "some", 2
	} else {
		text = "some"
	}
	_, err := flow.Call(c, Double, n)
	return text, err
}

// pointedNull writes through a pointer to what may be null in JSON.
func pointedNull(c flow.Context, in Thing) (Part, error) {
	p := in.Part
	addTo(&p, in.N)
	q := &Part{}
	if in.N != 0 {
		copied := in.Part
		q = &copied
	}
	_, err := flow.Call(c, Double, q.Count)
	return p, err
}

func addTo(p *Part, n int) {
	if n > 0 {
		p.Count += n
	}
}

// longValues has values that are read again and again: the state machine gives each a name.
func longValues(c flow.Context, in Thing) (int, error) {
	price := in.N*100 + 995
	if in.OK {
		price -= price / 10
	}
	if len(in.Tags) > 1 {
		price -= price / 20
	}
	if len(in.Parts) > 2 {
		price -= 50
	}
	return price, nil
}

// longSlices puts long slices into slices, and leaves a loop from below conditions.
func longSlices(c flow.Context, in Thing) ([][]string, error) {
	long := []string{}
	for _, tag := range in.Tags {
		long = append(long, "this is the tag of "+in.Name+", and a text that is long enough for a name of its own: "+tag)
	}
	var picked []string
	for i, tag := range in.Tags {
		if i > in.N {
			if tag == "stop" {
				break
			}
			picked = append(picked, tag)
		}
		if tag == "skip" {
			if i > 2 {
				continue
			}
			picked = append(picked, "early")
		}
		picked = append(picked, tag+"!")
	}
	return [][]string{long, picked, long}, nil
}
