package lang

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow"
)

// More are constructs of Go around and between steps.
var More = []Case{
	Of("find", findCase, zero, one, many),
	Of("parts-of-slices", partsOfSlices, zero, one, many),
	Of("copied-map", copiedMap, zero, one, many),
	Of("nested-slices", nestedSlices, zero, one, many),
	Of("turned-slices", turnedSlices, zero, one, many),
	Of("counted-down", countedDown, named("fine"), named("broken"), named("plain")),
	Of("list-of-package", listOfPackage, zero, one, many),
	Of("set-either-way", setEitherWay, zero, one, many),
	Of("several-reset", severalReset, zero, one, many),
	Of("own-error", ownError, zero, one, many),
	Of("wrapped-error", wrappedError, named("fine"), named("broken"), named("plain")),
	Of("errors-new", errorsNew, named("fine"), named("broken"), named("plain")),
	Of("methods", methods, zero, one, many),
	Of("labels", labels, 0, 1, 5),
	Of("switch-init", switchInit, zero, one, many),
	Of("return-either", returnEither, zero, one, many),
	Of("loop-returns", loopReturns, zero, one, many),
	Of("recovering-defer", recoveringDefer, named("fine"), named("broken")),
	Of("sleep-until", sleepUntil, zero, one),
	Of("execution-id", executionID, zero),
	Of("ref", refCase, zero, one, many),
	Of("nobody-reads", nobodyReads, zero, one, many),
	Of("deferred-twice", deferredTwice, zero, one, named("plain"), named("broken")),
	Of("failures-of-its-own", failuresOfItsOwn, zero, one, many, named("plain"), named("wrapped")),
	Of("cut-off-at-once", cutOffAtOnce, zero, one, many, named("plain")),
}

// labels leaves and goes on with the outer of two loops.
func labels(c flow.Context, n int) (int, error) {
	total := 0
rows:
	for i := 0; i < n; i++ {
		for j := range 3 {
			d, err := flow.Call(c, Double, i*j)
			if err != nil {
				return 0, err
			}
			switch {
			case d > 4:
				break rows
			case d > 2:
				continue rows
			}
			total += d + 1
		}
	}
	return total, nil
}

func withID(parts []Part, id string) (Part, bool) {
	for _, p := range parts {
		if p.ID == id {
			return p, true
		}
	}
	return Part{}, false
}

// findCase uses a helper that returns from its loop.
func findCase(c flow.Context, in Thing) (int, error) {
	p, ok := withID(in.Parts, "y")
	if !ok {
		return flow.Call(c, Double, in.N)
	}
	return flow.Call(c, Double, p.Count+1)
}

// partsOfSlices takes all but the first.
func partsOfSlices(c flow.Context, in Thing) ([]string, error) {
	first, rest := "", in.Tags
	if len(in.Tags) > 0 {
		first, rest = in.Tags[0], in.Tags[1:]
	}
	_, err := flow.Call(c, Log, first)
	return rest, err
}

// copiedMap changes a copy.
func copiedMap(c flow.Context, in Thing) (map[string]string, error) {
	attrs := maps.Clone(in.Attrs)
	if attrs == nil {
		attrs = map[string]string{}
	}
	attrs["copied"] = in.Name
	_, err := flow.Call(c, Log, in.Attrs["copied"])
	return attrs, err
}

// nestedSlices keeps slices apart, and nil ones nil.
func nestedSlices(c flow.Context, in Thing) ([][]string, error) {
	groups := [][]string{in.Tags, {in.Name}}
	groups = append(groups, in.Tags)
	_, err := flow.Call(c, Double, len(groups))
	return groups, err
}

// turnedSlices puts slices in another order among others.
func turnedSlices(c flow.Context, in Thing) ([][]int, error) {
	turned := []int{in.N, 7}
	slices.Reverse(turned)
	none := slices.Clone([]int{})
	slices.Reverse(none)
	rows := [][]int{{1}, turned, none}
	rows = append(rows, slices.Sorted(slices.Values(turned)))
	lengths := 0
	for _, row := range rows {
		lengths = lengths*10 + len(row)
	}
	_, err := flow.Call(c, Double, lengths)
	return rows, err
}

// countedDown tells, in the error that it fails with, a count that it changes just before.
func countedDown(c flow.Context, in Thing) (string, error) {
	left := len(in.Tags)
	flow.Sleep(c, time.Second)
	out, err := flow.Call(c, Risky, in)
	if err != nil {
		left--
		return "", fmt.Errorf("left %d: %w", max(left, left), err)
	}
	return out.ID, nil
}

var spareTags = []string{"spare", "tag"}

// listOfPackage begins with a package's list, and goes on with another: that changes the variable, and not the list.
func listOfPackage(c flow.Context, in Thing) ([]string, error) {
	tags := spareTags
	if in.N > 0 {
		tags = append(slices.Clip(in.Tags), spareTags[1])
	}
	_, err := flow.Call(c, Double, len(tags))
	return tags, err
}

// setEitherWay sets a variable, of which nobody reads what it had, on both ways of a condition behind steps that may have failed.
func setEitherWay(c flow.Context, in Thing) (bool, error) {
	start := flow.Now(c)
	flow.Sleep(c, time.Minute)
	late := flow.Now(c).Sub(start) > time.Hour
	_, err := flow.Call(c, Risky, in)
	if errors.Is(err, flow.ErrTaskFailed) {
		_ = len(in.Tags)
	}
	if in.Part.Count == 3 {
		late = in.OK
	} else {
		late = in.N > 0
	}
	late = !late
	_, err = flow.Call(c, Double, in.N)
	return late, err
}

// severalReset sets several variables that a loop has computed, under conditions: their names keep their order.
func severalReset(c flow.Context, in Thing) (int, error) {
	sum, count, longest := 0, 0, 0
	for _, p := range in.Parts {
		sum, count, longest = sum+p.Count, count+1, max(longest, p.Count)
	}
	if in.OK {
		sum, count, longest = 1, 2, 3
	}
	if in.N > 5 {
		sum, count, longest = 4, 5, 6
	}
	return flow.Call(c, Double, sum*count*longest+sum+count+longest)
}

// ownError fails with an error of the module's own: its type's name is the error's, its text the cause.
func ownError(c flow.Context, in Thing) (string, error) {
	err := checkThing(c, in)
	var broken Broken
	if errors.As(err, &broken) {
		return "checked", nil
	}
	if in.N < 0 {
		return "", &Busy{}
	}
	return "fine", err
}

func checkThing(c flow.Context, in Thing) error {
	flow.Sleep(c, time.Second)
	if in.OK {
		return Broken{Why: in.Note}
	}
	return nil
}

// wrappedError says more about an error, which keeps its name.
func wrappedError(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	if err != nil {
		return "", fmt.Errorf("thing %s: %w", in.Name, err)
	}
	return p.ID, nil
}

// errorsNew asks for an error's type without needing the error.
func errorsNew(c flow.Context, in Thing) (string, error) {
	if p, err := flow.Call(c, Risky, in); err == nil {
		return p.ID, nil
	} else if !errors.As(err, new(Broken)) {
		return "", err
	}
	return "broken", nil
}

type box struct{ W, H int }

func (b box) area() int        { return b.W * b.H }
func (b box) wider(by int) box { b.W += by; return b }
func (b box) String() string   { return fmt.Sprintf("%dx%d", b.W, b.H) }
func (b box) fits(n int) bool  { return b.area() <= n }

// methods are functions as others are; a receiver is a copy.
func methods(c flow.Context, in Thing) (string, error) {
	b := box{W: in.N, H: 2}
	n, err := flow.Call(c, Double, b.wider(3).area())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %t %d", strings.ToUpper(b.String()), b.fits(n), n), nil
}

// switchInit has a statement of its own in front, and leaves a case in the middle.
func switchInit(c flow.Context, in Thing) (int, error) {
	n := in.N
	switch count := len(in.Parts); count {
	case 0, 1:
		if in.OK {
			break
		}
		d, err := flow.Call(c, Double, count+10)
		if err != nil {
			return 0, err
		}
		n += d
	default:
		n += count
	}
	return n, nil
}

// recoveringDefer makes a success of a failure.
func recoveringDefer(c flow.Context, in Thing) (out Part, err error) {
	defer func() {
		if err != nil {
			_, _ = flow.Call(c, Log, "gave up on "+in.Name)
			out, err = Part{ID: "none"}, nil
		}
	}()
	return flow.Call(c, Risky, in)
}

// sleepUntil waits for a time that is computed.
func sleepUntil(c flow.Context, in Thing) (bool, error) {
	start := flow.Now(c)
	flow.SleepUntil(c, start.Add(90*time.Minute))
	return flow.Now(c).Sub(start) == 90*time.Minute, nil
}

// executionID is the execution's ARN.
func executionID(c flow.Context, in Thing) (string, error) {
	return flow.Call(c, Log, flow.ExecutionID(c))
}

// returnEither decides only what it returns: that is an expression, and no Choice.
func returnEither(c flow.Context, in Thing) (string, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return "", err
	}
	switch {
	case n > 0:
		return "more", nil
	case n < 0:
		return in.Name + " less", nil
	}
	return "none", nil
}

// loopReturns ends from inside a loop with steps that follows a decision.
func loopReturns(c flow.Context, in Thing) (string, error) {
	if in.N < 0 && len(in.Tags) == 0 {
		return "nothing", nil
	}
	for _, tag := range in.Tags {
		said, err := flow.Call(c, Log, tag)
		if err == nil && said == "c" {
			return said, nil
		}
	}
	return "none", nil
}

// refCase passes a value on that may be in S3: the states have {"ref":"s3://bucket/key"} then, and {"value":…} where it is small.
func refCase(c flow.Context, in Thing) (Scanned, error) {
	scanned, err := flow.Call(c, Scan, in)
	if err != nil {
		return Scanned{}, err
	}
	lines, err := flow.Call(c, Index, scanned.Text)
	if err != nil {
		return Scanned{}, err
	}
	if lines == 0 {
		return Scanned{Name: "nothing"}, nil
	}
	return Scanned{Name: scanned.Name + " was read", Text: scanned.Text}, nil
}

// nobodyReads runs branches and iterations whose results nobody reads: they give nothing, whatever came in.
func nobodyReads(c flow.Context, in Thing) (int, error) {
	for range 4 {
		for range 3 {
			err := flow.Parallel(c,
				func(c flow.Context) error {
					if in.OK {
						return nil
					}
					_, err := flow.Call(c, Echo, in)
					return err
				},
				func(c flow.Context) error { flow.Sleep(c, time.Second); return nil },
				func(c flow.Context) error {
					_, err := flow.Map(c, in.Parts, func(c flow.Context, p Part) (Part, error) {
						return p, nil
					})
					return err
				},
			)
			if err != nil {
				return 0, err
			}
		}
	}
	return in.N, nil
}

// cutOffAtOnce has an iteration that fails at the moment at which others make their calls, in a Parallel of each.
func cutOffAtOnce(c flow.Context, in Thing) ([]Part, error) {
	return flow.Map(c, []string{"a", in.Name, "c"}, func(c flow.Context, id string) (Part, error) {
		err := flow.Parallel(c,
			func(c flow.Context) error {
				return flow.Parallel(c, func(c flow.Context) error {
					_, err := flow.Call(c, Risky, Thing{Name: id})
					return err
				})
			},
			func(c flow.Context) error {
				if id == in.Name {
					return flow.Fail("Stop", id)
				}
				return nil
			},
		)
		if err != nil {
			return Part{}, err
		}
		return flow.Call(c, Risky, Thing{Name: id, N: 1})
	}, flow.MaxConcurrency(2))
}

// failuresOfItsOwn asks whether errors are failures: those of steps are, whatever fails inside of them, and what flow.Fail makes.
func failuresOfItsOwn(c flow.Context, in Thing) ([]bool, error) {
	failed := func(err error) bool { return errors.Is(err, flow.ErrTaskFailed) }
	_, mapped := flow.Map(c, in.Parts, func(c flow.Context, p Part) (Part, error) {
		if p.Count > 2 {
			return p, Broken{Why: p.ID}
		}
		return p, nil
	})
	var last error
	for range 2 {
		_, last = flow.Call(c, Risky, in)
	}
	kept := last
	if in.OK {
		kept = flow.Fail("Own", in.Name)
	}
	if _, err := flow.Call(c, Double, in.N); err != nil {
		return nil, err
	}
	own := []bool{failed(errors.New("mine")), failed(Broken{}), failed(flow.Fail("Own", "")), errors.As(mapped, new(Broken))}
	return append(own, failed(mapped), failed(last), failed(kept)), nil
}

// deferredTwice has a deferred function that does something on some of the ways out, and one that is registered on the way.
func deferredTwice(c flow.Context, in Thing) (out bool, err error) {
	defer func() {
		if err != nil {
			_, _ = flow.Call(c, Log, "failed")
			out, err = in.OK, nil
		}
	}()
	if err := flow.Exec(c, Tell, in); err != nil {
		return false, fmt.Errorf("asking %s: %w", in.Name, err)
	}
	defer func() { _, _ = flow.Call(c, Log, "at last "+in.Part.ID) }()
	return true, nil
}
