package flowtest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/shop"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// buying is a test of Buy with everything mocked that is not a handler.
func buying(t testing.TB) *flowtest.Test {
	x := flowtest.New(t, shop.Buying, shop.Packing)
	flowtest.MockDo(x, (*sns.Client).Publish, func(in *sns.PublishInput) (*sns.PublishOutput, error) {
		return &sns.PublishOutput{MessageId: aws.String("m-" + *in.Message)}, nil
	})
	flowtest.MockActivity(x, "weigh", func(o shop.Order) (int, error) { return o.Lines * 10, nil })
	return x
}

func TestMocksOfEveryKindStandForWhatIsCalled(t *testing.T) {
	t.Parallel()
	x := buying(t)
	flowtest.Mock(x, shop.Charge, func(o shop.Order) (string, error) { return "mocked", nil })
	flowtest.Answer(x, shop.Ask, func(q shop.Question) (string, error) { return "grace", nil })
	flowtest.MockRun(x, shop.Pack, func(o shop.Order) (int, error) { return 7, nil })
	r := flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1", Cents: 5000})
	r.WantOutput(shop.Receipt{Order: "o1", Payment: "mocked", By: "grace"})
	r.WantElapsed(time.Hour).WantTransitions(7)
	r.WantPath("o.Cents > 1000", "Ask", "Charge", "Wait 1h", "Publish", "Pack", "weigh")
	r.WantCalls(shop.Charge, 1).WantCalls((*sns.Client).Publish, 1).WantCalls(shop.Pack, 1).WantCalls("weigh", 1)
	flowtest.WantInputs(r, shop.Charge, shop.Order{ID: "o1", Cents: 5000})
	flowtest.WantInputs(r, shop.Ask, shop.Question{Order: "o1", Token: "TOKEN"})
}

func TestWhatIsNotMockedIsCalled(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[shop.Receipt](buying(t), shop.Order{ID: "o1", Cents: 10})
	r.WantOutput(shop.Receipt{Order: "o1", Payment: "pay-o1"}).WantCalls(shop.Pack, 1)
}

func TestFailuresAreOfEveryKind(t *testing.T) {
	for name, tc := range map[string]struct {
		what    any
		err     error
		times   int
		wants   string
		refunds int
		calls   int
	}{
		"a handler, retried":           {shop.Charge, shop.Busy{}, 2, "", 0, 3},
		"a handler, once too often":    {shop.Charge, shop.Busy{}, 3, "Busy", 0, 3},
		"an operation":                 {(*sns.Client).Publish, flow.Fail("SNS.SnsException", "no topic"), 1, "SNS.SnsException", 1, 1},
		"another workflow":             {shop.Pack, flow.Fail("States.TaskFailed", "no box"), 1, "States.TaskFailed", 1, 1},
		"an activity":                  {"weigh", flow.Fail("Heavy", "too heavy"), 1, "Heavy", 1, 1},
		"Lambda itself, three retries": {shop.Charge, flow.Fail("Lambda.ServiceException", "sorry"), 3, "", 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := flowtest.Run[shop.Receipt](buying(t).Fail(tc.what, tc.times, tc.err), shop.Order{ID: "o1", Cents: 10})
			r.WantError(tc.wants).WantCalls(shop.Refund, tc.refunds).WantCalls(tc.what, tc.calls)
		})
	}
}

func TestTimePasses(t *testing.T) {
	t.Parallel()
	open := func(what any) *flowtest.Test { return buying(t).LeaveOpen(what) }
	large, small := shop.Order{ID: "o1", Cents: 5000}, shop.Order{ID: "o1"}
	flowtest.Run[shop.Receipt](open(shop.Ask), large).WantError("NoAnswer").WantElapsed(72 * time.Hour)
	flowtest.Run[shop.Receipt](open(shop.Charge), small).WantError("Sandbox.Timedout").WantElapsed(20 * time.Second)
	flowtest.Run[shop.Receipt](open("weigh"), small).WantError("States.Timeout").WantElapsed(2*time.Hour + time.Minute)
	flowtest.Run[shop.Receipt](open((*sns.Client).Publish), small).WantError("States.Timeout").WantElapsed(time.Hour + time.Minute)
	flowtest.Run[shop.Receipt](buying(t).Slow(shop.Ask, 71*time.Hour), large).WantError("").WantElapsed(72*time.Hour + time.Minute)
	flowtest.Run[shop.Receipt](buying(t).Slow(shop.Charge, 19*time.Second), small).WantError("").WantElapsed(time.Hour + time.Minute + 19*time.Second)
}

func TestARunStopsOnTheWay(t *testing.T) {
	t.Parallel()
	x := buying(t).LeaveOpen(shop.Ask)
	r := flowtest.RunFor[shop.Receipt](x, shop.Order{ID: "o1", Cents: 5000}, 48*time.Hour)
	r.WantWaiting("Ask").WantElapsed(48*time.Hour).WantCalls(shop.Charge, 0)
	if !r.Running {
		t.Error("not running")
	}
	r = flowtest.RunFor[shop.Receipt](buying(t), shop.Order{ID: "o1"}, 30*time.Minute)
	r.WantWaiting("Wait 1h").WantCalls(shop.Charge, 1)
	r = flowtest.RunFor[shop.Receipt](buying(t), shop.Order{ID: "o1"}, time.Hour+time.Minute)
	r.WantError("").WantWaiting()
	s := flowtest.RunFor[[]string](flowtest.New(t, shop.Charging).Slow(shop.Charge, 2*time.Second), []shop.Order{{ID: "a"}, {ID: "b"}}, time.Second)
	s.WantWaiting("Charge", "Charge")
}

func TestMomentsComeInBothRuns(t *testing.T) {
	t.Parallel()
	x := buying(t)
	by, price, seen := "nobody", "none", 0
	flowtest.Answer(x, shop.Ask, func(shop.Question) (string, error) { return by, nil })
	flowtest.Mock(x, shop.Charge, func(o shop.Order) (string, error) {
		was := price
		price = "raised"
		return was, nil
	})
	x.At(0, func() { price = "at first" }) // in each run before its first step
	x.At(30*time.Minute, func() { seen++ }).At(9*time.Hour, func() { t.Error("after the end") })
	flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1", Cents: 5000}).WantOutput(shop.Receipt{Order: "o1", Payment: "at first", By: "nobody"})
	if seen != 2 {
		t.Errorf("%d moments, want one in each run", seen)
	}
}

// TestFaults wants the same faults from the same seed, others from others, and both runs to agree on all of them.
func TestFaults(t *testing.T) {
	t.Parallel()
	orders := make([]shop.Order, 20)
	for i := range orders {
		orders[i].ID = fmt.Sprint(i)
	}
	outcomes := map[string]int{}
	duplicates := 0
	for seed := range uint64(30) {
		x := flowtest.New(t, shop.Charging).Inject(flowtest.Faults{
			Seed: seed, Duplicate: 0.1, Throttle: 0.2, Hang: 0.002, Slow: 0.1, SlowBy: 3 * time.Second,
		})
		a, b := flowtest.Run[[]string](x, orders), flowtest.Run[[]string](x, orders)
		if diff := cmp.Diff(a.History(), b.History()); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		outcomes[a.ErrorName]++
		for _, c := range a.Calls {
			if c.Duplicate {
				duplicates++
			}
		}
	}
	if outcomes[""] == 0 || outcomes["Sandbox.Timedout"] == 0 || duplicates == 0 {
		t.Errorf("outcomes %v, %d duplicates: the faults are not what was asked for", outcomes, duplicates)
	}
}

func TestAWorkflowFromAFile(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, shop.Legacy)
	flowtest.MockTask(x, "Count", func(in map[string]any) (map[string]any, error) { return nil, errors.New("no table") })
	r := flowtest.Run[string](x, shop.Order{ID: "o1"})
	r.WantOutput("pay-o1").WantPath("Charge", "Count", "Refund").WantCalls(shop.Charge, 1).WantCalls("state Count", 1)
}

func TestCost(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[[]string](flowtest.New(t, shop.Charging).Slow(shop.Charge, 2*time.Second), []shop.Order{{ID: "a"}})
	c := r.Cost()
	if c.Standard != 2*0.000025 || c.Express <= 0.000001 || c.Lambda <= 2*0.125*0.0000133 {
		t.Errorf("%+v of %d transitions", c, r.Transitions)
	}
}

func TestGolden(t *testing.T) {
	x := buying(t)
	flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1", Cents: 5000}).Golden("testdata/buying.history")
	stale := filepath.Join(t.TempDir(), "stale")
	if err := os.WriteFile(stale, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if *update || os.Getenv("STRIDE_UPDATE") != "" {
		return
	}
	said := failure(t, func(tb testing.TB) {
		flowtest.Run[shop.Receipt](buying(tb), shop.Order{ID: "o1"}).Golden(stale)
	})
	if !strings.Contains(said, "nothing\\n") {
		t.Errorf("a stale golden history passes: %s", said)
	}
}

// recorder is a testing.TB that keeps what a test says.
type recorder struct {
	testing.TB
	said strings.Builder
}

func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { fmt.Fprintf(&r.said, f+"\n", a...) }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); panic(r) }

// failure is what a test of its own says when it fails.
func failure(t *testing.T, test func(testing.TB)) (said string) {
	r := &recorder{TB: t}
	defer func() {
		if v := recover(); v != nil && v != any(r) {
			panic(v)
		}
		said = r.said.String()
	}()
	test(r)
	return r.said.String()
}

func TestWantsFailTests(t *testing.T) {
	run := func(tb testing.TB) *flowtest.Result[shop.Receipt] {
		return flowtest.Run[shop.Receipt](buying(tb), shop.Order{ID: "o1"})
	}
	unregistered := func(context.Context, int) (int, error) { return 0, nil }
	for want, test := range map[string]func(tb testing.TB){
		`Payment: "pay-o1"`:          func(tb testing.TB) { run(tb).WantOutput(shop.Receipt{Order: "o1"}) },
		"succeeded; want error Busy": func(tb testing.TB) { run(tb).WantError("Busy") },
		"failed: Busy: busy; want success": func(tb testing.TB) {
			flowtest.Run[shop.Receipt](buying(tb).Fail(shop.Charge, 9, shop.Busy{}), shop.Order{ID: "o1"}).WantError("")
		},
		"still runs, in Ask; want success": func(tb testing.TB) {
			flowtest.RunFor[shop.Receipt](buying(tb).LeaveOpen(shop.Ask), shop.Order{Cents: 5000}, time.Minute).WantError("")
		},
		`path (-want +got)`:                 func(tb testing.TB) { run(tb).WantPath("Charge") },
		"shop.Charge was called 1 times":    func(tb testing.TB) { run(tb).WantCalls(shop.Charge, 2) },
		"took 1h1m0s, want 1h0m0s":          func(tb testing.TB) { run(tb).WantElapsed(time.Hour) },
		"6 transitions, want 5":             func(tb testing.TB) { run(tb).WantTransitions(5) },
		"inputs of shop.Charge (-want +got": func(tb testing.TB) { flowtest.WantInputs(run(tb), shop.Charge, shop.Order{ID: "o2"}) },
		"ended, want it waiting in Sleep":   func(tb testing.TB) { run(tb).WantWaiting("Sleep") },
		"waiting in (-want +got)": func(tb testing.TB) {
			flowtest.RunFor[shop.Receipt](buying(tb).LeaveOpen(shop.Ask), shop.Order{Cents: 5000}, time.Minute).WantWaiting("Sleep")
		},
		"does not register":            func(tb testing.TB) { buying(tb).Fail(unregistered, 1, shop.Busy{}) },
		"which delivers no call twice": func(tb testing.TB) { buying(tb).Inject(flowtest.Faults{Duplicate: 1}) },
		"behaves otherwise as Go than as a state machine, with the faults of seed 3": func(tb testing.TB) {
			n := 0
			x := buying(tb).Inject(flowtest.Faults{Seed: 3})
			flowtest.Mock(x, shop.Charge, func(shop.Order) (string, error) { n++; return fmt.Sprint(n), nil })
			flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1"})
		},
		"one that counts its calls, or keeps what it was told, answers otherwise in the second": func(tb testing.TB) {
			n := 0
			x := buying(tb)
			flowtest.Mock(x, shop.Charge, func(shop.Order) (string, error) { n++; return fmt.Sprint(n), nil })
			flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1"})
		},
		"makes other calls as Go (-) than as a state machine (+)": func(tb testing.TB) {
			n := 0
			x := buying(tb)
			flowtest.Mock(x, shop.Charge, func(shop.Order) (string, error) { n++; return fmt.Sprint(n), nil })
			x.Fail("weigh", 1, shop.Busy{})
			flowtest.Run[shop.Receipt](x, shop.Order{ID: "o1"})
		},
		"makes its calls in another order as Go (-) than as a state machine (+)": func(tb testing.TB) {
			n := 0
			x := flowtest.New(tb, shop.Settling)
			flowtest.Mock(x, shop.Charge, func(shop.Order) (string, error) {
				n++
				return map[bool]string{true: "pay-again"}[n == 1], nil
			})
			flowtest.Run[string](x, shop.Order{ID: "o1"})
		},
	} {
		if said := failure(t, test); !strings.Contains(said, want) {
			t.Errorf("%s: the test says %q", want, said)
		}
	}
}

// TestMistakesOfATest are such that the test would test nothing, or not what it says.
func TestMistakesOfATest(t *testing.T) {
	for want, test := range map[string]func(x *flowtest.Test){
		`workflow settling has no activity "Charge"; handlers and operations are given as functions`: func(x *flowtest.Test) {
			x.Fail("Charge", 1, shop.Busy{})
		},
		`workflow settling has no activity "weigh"`: func(x *flowtest.Test) {
			flowtest.MockActivity(x, "weigh", func(shop.Order) (int, error) { return 1, nil })
		},
		"workflow settling waits for no answer of ": func(x *flowtest.Test) {
			flowtest.Answer(x, shop.Charge, func(shop.Order) (string, error) { return "", nil })
		},
		"from 0 to 1, not 20": func(x *flowtest.Test) { x.Inject(flowtest.Faults{Throttle: 20}) },
		"Slow needs SlowBy":   func(x *flowtest.Test) { x.Inject(flowtest.Faults{Slow: 0.5}) },
		"42 is no handler":    func(x *flowtest.Test) { x.Slow(42, time.Second) },
		"the input 7 of settling is not a shop.Order: json: cannot unmarshal number": func(x *flowtest.Test) { flowtest.Run[string](x, 7) },
		"not 0s; Run runs to the end": func(x *flowtest.Test) { flowtest.RunFor[string](x, shop.Order{}, 0) },
		`has no activity "Settle"`:    func(x *flowtest.Test) { flowtest.Run[string](x, shop.Order{}).WantCalls("Settle", 0) },
		"<nil> is no handler":         func(x *flowtest.Test) { flowtest.Run[string](x, shop.Order{}).WantCalls(nil, 0) },
	} {
		said := failure(t, func(tb testing.TB) {
			x := flowtest.New(tb, shop.Settling)
			test(x)
			flowtest.Run[string](x, shop.Order{ID: "o1"})
		})
		if !strings.Contains(said, want) {
			t.Errorf("%s: the test says %q", want, said)
		}
	}
	said := failure(t, func(tb testing.TB) {
		x := flowtest.New(tb, shop.Legacy)
		flowtest.MockTask(x, "Cuont", func(any) (any, error) { return nil, nil })
		flowtest.Run[string](x, shop.Order{ID: "o1"})
	})
	if want := "workflow legacy has no state Cuont"; !strings.Contains(said, want) {
		t.Errorf("%s: the test says %q", want, said)
	}
}

// recording is an execution of Charging, as `stride inspect --fixture` writes it.
const recording = `{"stateMachine":"charging","execution":"arn:aws:states:eu-west-1:123456789012:express:charging:e:1","start":"2026-05-06T07:08:09Z",
 "input":[{"id":"a","cents":CENTS}],"status":"SUCCEEDED","output":["pay-a"],"path":[{"state":"Map orders"},{"in":"Map orders[0]","state":"Charge"}],
 "tasks":[{"state":"Charge","in":"Map orders[0]","seconds":0.5,"output":{"Payload":"pay-a"},
  "input":{"FunctionName":"arn:aws:lambda:eu-west-1:123456789012:function:prod-shop-Charge:4","Payload":{"id":"a","cents":7}}}]}`

func TestReplay(t *testing.T) {
	file := func(cents string) []string {
		name := filepath.Join(t.TempDir(), "r.json")
		if err := os.WriteFile(name, []byte(strings.Replace(recording, "CENTS", cents, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{name}
	}
	flowtest.Replay(t, shop.Charging, file("7"))
	said := failure(t, func(tb testing.TB) { flowtest.Replay(tb, shop.Charging, file("8")) })
	if !strings.Contains(said, "Map orders[0] > Charge: the call's input is another") {
		t.Errorf("the test says %q", said)
	}
}

func TestEnvironmentOfATest(t *testing.T) {
	for _, topic := range []string{"first", "second"} {
		t.Setenv("SHOP_TOPIC", topic)
		flowtest.Run[string](flowtest.New(t, shop.Telling), shop.Order{ID: "o1"}).WantOutput(topic + "/o1")
	}
}

func TestCallText(t *testing.T) {
	for want, c := range map[string]flowtest.Call{
		`shop.Charge {"n":1}: busy`:               {Handler: "example.com/shop.Charge", Input: []byte(`{"n":1}`), Err: errors.New("busy")},
		`GET https://api.example.com/orders null`: {Handler: "GET https://api.example.com/orders", Input: []byte("null")},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
