package flowtest_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/coming"
)

// TestComingFrom holds the page to the source of its example, and the example as Go to the one as ASL.
func TestComingFrom(t *testing.T) {
	page, err := os.ReadFile("../../docs/coming-from.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("testdata/coming/coming.go")
	if err != nil {
		t.Fatal(err)
	}
	definition, err := os.ReadFile("testdata/coming/selling.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	_, workflow, _ := strings.Cut(string(source), "\n// Sell takes")
	workflow, _, _ = strings.Cut(workflow, "\n// Adopted")
	for _, text := range []string{"// Sell takes" + workflow[:len(workflow)-1], string(definition)} {
		if !strings.Contains(string(page), text) {
			t.Errorf("docs/coming-from.md has not:\n%s", text)
		}
	}
	for name, setup := range map[string]func(*flowtest.Test){
		"sold":      func(x *flowtest.Test) {},
		"rejected":  func(x *flowtest.Test) { answer(x, false) },
		"approved":  func(x *flowtest.Test) { answer(x, true) },
		"no answer": func(x *flowtest.Test) { x.LeaveOpen(coming.AskManager) },
		"busy":      func(x *flowtest.Test) { x.Fail(coming.Charge, 4, coming.Busy{}) },
		"too busy":  func(x *flowtest.Test) { x.Fail(coming.Charge, 5, coming.Busy{}) },
		"lost":      func(x *flowtest.Test) { x.Fail(coming.Ship, 1, coming.Busy{}) },
		"lost, and kept": func(x *flowtest.Test) {
			x.Fail(coming.Ship, 1, coming.Busy{}).Fail(coming.Refund, 1, flow.Fail("Broke", ""))
		},
	} {
		t.Run(name, func(t *testing.T) {
			order := coming.Order{ID: "o1", Cents: 500}
			if name == "rejected" || name == "approved" || name == "no answer" {
				order.Cents = 500_000
			}
			if diff := cmp.Diff(sell(t, coming.Selling, order, setup), sell(t, coming.Adopted, order, setup)); diff != "" {
				t.Errorf("as Go (-), as ASL (+):\n%s", diff)
			}
		})
	}
}

func answer(x *flowtest.Test, yes bool) {
	flowtest.Answer(x, coming.AskManager, func(coming.Question) (coming.Decision, error) { return coming.Decision{Approved: yes}, nil })
}

type sold struct {
	Tracking, Error string
	Elapsed         time.Duration
	Calls           []string
}

func sell(t *testing.T, w flow.Workflow, order coming.Order, setup func(*flowtest.Test)) sold {
	x := flowtest.New(t, w)
	setup(x)
	r := flowtest.Run[string](x, order)
	s := sold{Tracking: r.Output, Error: r.ErrorName, Elapsed: r.Elapsed}
	for _, c := range r.Calls {
		s.Calls = append(s.Calls, c.Handler)
	}
	return s
}
