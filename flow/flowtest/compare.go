package flowtest

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/value"
)

// compare fails the test where the runs differ. Outputs are compared as values of the type output.
func (x *Test) compare(a, b *outcome, output reflect.Type) {
	x.t.Helper()
	const differ = "flowtest: workflow %s behaves otherwise as Go than as a state machine%s: %s\n    as Go:            %s\n    as state machine: %s"
	fail := func(what string) {
		x.t.Helper()
		x.t.Fatalf(differ+"%s", x.workflow.Name(), x.faults.said(), what, told(a), told(b), x.mocksMayDiffer())
	}
	switch {
	case a.running != b.running:
		fail("end")
	case a.errorName != b.errorName:
		fail("error")
	case a.errorName != "" && a.cause != b.cause:
		fail("cause")
	case a.errorName == "" && !a.running && !sameOutput(a.output, b.output, output):
		fail("output")
	case a.elapsed != b.elapsed && !a.running:
		fail("time")
	}
	if sameCalls(a.calls, b.calls) {
		return
	}
	if diff := gocmp.Diff(x.inputs(a.calls), x.inputs(b.calls)); diff != "" {
		x.t.Fatalf("flowtest: workflow %s makes other calls as Go (-) than as a state machine (+)%s:\n%s", x.workflow.Name(), x.faults.said(), diff)
	}
	if x.compiledOnce().concurrent {
		return
	}
	if diff := gocmp.Diff(x.inOrder(a.calls), x.inOrder(b.calls)); diff != "" {
		x.t.Fatalf("flowtest: workflow %s makes its calls in another order as Go (-) than as a state machine (+)%s:\n%s", x.workflow.Name(), x.faults.said(), diff)
	}
}

// inOrder are the calls with their inputs, one after the other.
func (x *Test) inOrder(calls []Call) []string {
	out := make([]string, len(calls))
	for i, c := range calls {
		out[i] = c.name() + " " + x.normal(c)
	}
	return out
}

func told(o *outcome) string {
	switch {
	case o.running:
		return "still running"
	case o.errorName != "":
		return o.errorName + ": " + o.cause
	}
	return string(o.output) + " after " + o.elapsed.String()
}

// sameOutput compares first as JSON, which is fast, and then as what a Go program would read.
func sameOutput(a, b []byte, output reflect.Type) bool {
	return sameJSON(a, b) || sameJSON(throughType(a, output), throughType(b, output))
}

func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := value.Parse(string(a))
	y, errY := value.Parse(string(b))
	return errX == nil && errY == nil && value.Equal(x, y)
}

// sameCalls says at a glance that calls are the same, in the same order.
func sameCalls(a, b []Call) bool {
	return slices.EqualFunc(a, b, func(a, b Call) bool { return a.Handler == b.Handler && sameJSON(a.Input, b.Input) })
}

// inputs are the inputs of the calls by handler, each handler's in order: branches may interleave in more than one way.
func (x *Test) inputs(calls []Call) map[string][]string {
	by := map[string][]string{}
	for _, c := range calls {
		by[c.Handler] = append(by[c.Handler], x.normal(c))
	}
	return by
}

// normal is the input of a call as its handler reads it.
func (x *Test) normal(c Call) string {
	text := string(x.register().decoded(c.Handler, c.Input))
	if v, err := value.Parse(text); err == nil {
		text = sorted(v).String()
	}
	return text
}

// sorted is v with the members of its objects in the order of their names.
func sorted(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = sorted(item)
		}
		return value.OfArray(items)
	case value.Object:
		members := slices.Clone(v.Members())
		for i := range members {
			members[i].Value = sorted(members[i].Value)
		}
		slices.SortFunc(members, func(a, b value.Member) int { return cmp.Compare(a.Name, b.Name) })
		return value.OfObject(members)
	}
	return v
}

// mocksMayDiffer is the likeliest cause of a difference that is not the workflow's.
func (x *Test) mocksMayDiffer() string {
	if len(x.mocks) == 0 {
		return ""
	}
	return "\n    (mocks are called in both runs: one that counts its calls, or keeps what it was told, answers otherwise in the second; x.Fail counts for each)"
}
