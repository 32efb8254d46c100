package experts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Expert is a workflow in both forms.
type Expert struct {
	Go, ASL flow.Workflow
	// Run runs both on inputs that lead through every state.
	Run func(t *testing.T) Ran
}

// Ran is what the runs of both forms have shown: the states that the ASL has entered, and the transitions of each run.
type Ran struct {
	Entered    map[string]bool
	Go, ByHand []int
}

// All are the workflows.
var All = []Expert{
	both("saga", saga, nil, Order{ID: "1"}, Order{ID: "2", Fail: "reserve"}, Order{ID: "3", Fail: "charge"}, Order{ID: "4", Fail: "ship"}),
	both("approval", approval, answers, Order{ID: "yes"}, Order{ID: "no"}, Order{ID: "open"}, Order{ID: "yes", Fail: "charge"}),
	both("fan-out", fanOut, nil, Order{}, Order{Items: []string{"a"}}, Order{Items: []string{"a", "bcd", "e"}}, Order{Items: []string{"a", "bad"}}),
	both("polling", polling, nil, Order{ID: "0"}, Order{ID: "1", Items: []string{"a"}}, Order{ID: "3", Items: []string{"a", "b", "c"}}),
	both("scatter-gather", scatterGather, nil, Order{Total: 50}, Order{Total: 150}, Order{Total: 250}, Order{Fail: "quote"}),
	both("retry-ladder", retryLadder, nil, Order{ID: "1"}, Order{Fail: "charge"}, Order{Fail: "charge is down"}),
	both("claim-check", claimCheck, nil, Order{ID: "1"}),
	both("batch", batch, nil, Order{}, Order{Items: []string{"a"}}, Order{Items: []string{"a", "bb", "ccc"}}),
	both("circuit-breaker", circuitBreaker, nil, Order{ID: "1"}, Order{ID: "open"}, Order{ID: "2", Fail: "ship"}, Order{ID: "3", Fail: "ship is down"}),
	both("escalation", escalation, answers, Order{ID: "yes"}, Order{ID: "no"}, Order{ID: "open"}),
	both("pagination", pagination, nil, Order{}),
	both("order", order, answers, Order{ID: "1", Total: 5}, Order{ID: "yes", Total: 5000}, Order{ID: "no", Total: 5000}, Order{ID: "open", Total: 5000},
		Order{ID: "2", Fail: "reserve"}, Order{ID: "3", Fail: "reserve is down"}, Order{ID: "4", Fail: "ship"}),
	both("nested", nested, func(x *flowtest.Test, o Order) {
		if o.ID == "bad" {
			x.Fail(Digest, 1, Down{})
		}
	}, Order{ID: "1"}, Order{ID: "bad"}),
}

// answers lets an order's id say what people answer.
func answers(x *flowtest.Test, o Order) {
	if o.ID == "open" {
		x.LeaveOpen(Ask)
		return
	}
	flowtest.Answer(x, Ask, func(q Question) (Answer, error) { return Answer{q.Order == "yes", "eve"}, nil })
}

// Child is what nested runs.
var Child = flow.Standard("claim-check", claimCheck, handlers...)

var handlers = []flow.Part{
	flow.Function(Reserve), flow.Function(Charge), flow.Function(Ship), flow.Function(Release), flow.Function(Refund), flow.Function(Notify),
	flow.Function(Ask), flow.Function(Begin), flow.Function(Check), flow.Function(Weigh), flow.Function(WeighAll), flow.Function(List),
	flow.Function(QuoteA), flow.Function(QuoteB), flow.Function(QuoteC), flow.Function(Store), flow.Function(Digest), flow.Function(Archive),
	flow.Function(State),
}

func both[O any](name string, fn func(flow.Context, Order) (O, error), setup func(*flowtest.Test, Order), orders ...Order) Expert {
	e := Expert{
		Go:  flow.Standard(name, fn, handlers...),
		ASL: flow.FromFile(name+"-by-hand", "internal/compile/testdata/experts/"+name+".asl.json", flow.TypeStandard, handlers...),
	}
	run := func(t *testing.T, w flow.Workflow, o Order) *flowtest.Result[O] {
		x := flowtest.New(t, w, Child)
		if setup != nil {
			setup(x, o)
		}
		return flowtest.Run[O](x, o)
	}
	e.Run = func(t *testing.T) Ran {
		ran := Ran{Entered: map[string]bool{}}
		for _, o := range orders {
			compiled, byHand := run(t, e.Go, o), run(t, e.ASL, o)
			for _, state := range byHand.Path {
				ran.Entered[state] = true
			}
			ran.Go, ran.ByHand = append(ran.Go, compiled.Transitions), append(ran.ByHand, byHand.Transitions)
			if compiled.ErrorName != byHand.ErrorName || cmp.Diff(compiled.Output, byHand.Output) != "" {
				t.Errorf("%+v: %v %q, by hand %v %q", o, compiled.Output, compiled.ErrorName, byHand.Output, byHand.ErrorName)
			}
			if compiled.Transitions > byHand.Transitions {
				t.Errorf("%+v: %d transitions, by hand %d:\n%q\n%q", o, compiled.Transitions, byHand.Transitions, compiled.Path, byHand.Path)
			}
		}
		return ran
	}
	return e
}
