package flow_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow"
)

type busy struct{}

func (busy) Error() string { return "busy" }

func refuse(context.Context, int) (int, error) { return 0, busy{} }

func double(_ context.Context, n int) (int, error) { return 2 * n, nil }

func waits(c flow.Context, n int) (time.Duration, error) {
	start := flow.Now(c)
	_, err := flow.Call(c, refuse, n, flow.Retry{On: []error{busy{}}, MaxAttempts: 3, Interval: 2 * time.Second, MaxDelay: 5 * time.Second})
	if !errors.As(err, new(busy)) {
		return 0, err
	}
	flow.Sleep(c, 1500*time.Millisecond)
	return flow.Now(c).Sub(start), nil
}

func fanOut(c flow.Context, n int) ([]int, error) {
	return flow.Map(c, make([]int, n), func(c flow.Context, _ int) (int, error) {
		flow.Sleep(c, time.Second)
		return flow.Call(c, double, n)
	}, flow.MaxConcurrency(2))
}

func undone(c flow.Context, _ int) (int, error) {
	for range 2 {
		flow.OnFailure(c, func(c flow.Context) error {
			_, err := flow.Call(c, double, 1)
			return err
		})
	}
	return 0, flow.Fail("Stop", "no more")
}

// TestExecute runs workflows natively: time passes on their own clock only.
func TestExecute(t *testing.T) {
	for name, tc := range map[string]struct {
		workflow    flow.Workflow
		input, want string
		fails       string
	}{
		"retries wait 2, 4 and 5 seconds, sleeps are rounded up": {flow.Standard("waits", waits), "1", "13000000000", ""},
		"iterations in groups of two":                            {flow.Standard("fan-out", fanOut), "3", "[6,6,6]", ""},
		"the error outlives the compensations":                   {flow.Standard("undone", undone), "0", "", "Stop"},
		"input of another type":                                  {flow.Standard("waits", waits), `"x"`, "", "input"},
		"a workflow from a file":                                 {flow.FromFile("file", "x.asl.json", flow.TypeStandard), "1", "", "no Go function"},
	} {
		out, err := tc.workflow.Execute(t.Context(), []byte(tc.input))
		if string(out) != tc.want || (err == nil) != (tc.fails == "") {
			t.Errorf("%s: %s, %v; want %s, %s", name, out, err, tc.want, tc.fails)
		}
	}
}

// TestWorkflow reads back what was registered.
func TestWorkflow(t *testing.T) {
	w := flow.Express("double", fanOut, flow.Function(double, flow.Memory(512), flow.Var("A", "b")), flow.WorkflowTimeout(time.Minute))
	f := w.Functions()[0]
	const pkg = "github.com/stride-aws/stride/flow_test"
	if w.Name() != "double" || w.Type() != flow.TypeExpress || w.Timeout() != time.Minute || w.Func().Package != pkg || w.Func().Name != "fanOut" {
		t.Errorf("workflow: %+v", w.Func())
	}
	if f.Func.Package != pkg || f.Func.Name != "double" || f.Memory != 512 || f.Timeout != flow.DefaultFunctionTimeout || f.Env["A"] != "b" {
		t.Errorf("function: %+v", f)
	}
}

func tells(c flow.Context, in int) (string, error) {
	id, err := flow.Activity[string](c, "tell", in, flow.Timeout(time.Minute), flow.Retry{MaxAttempts: 2})
	if err != nil {
		return "handled", nil
	}
	return id, nil
}

func runsTells(c flow.Context, in int) (string, error) {
	out, err := flow.Run(c, tells, in)
	if err != nil {
		return "handled", nil
	}
	return out, nil
}

func startsTells(c flow.Context, in int) (string, error) { return flow.Start(c, tells, in) }

// TestNothingAnswers: what a run lacks is no error of the workflow's, which no retry and no handler takes, in a child neither.
func TestNothingAnswers(t *testing.T) {
	for _, w := range []flow.Workflow{flow.Standard("tells", tells), flow.Standard("runs", runsTells), flow.Standard("starts", startsTells)} {
		_, err := w.Execute(t.Context(), []byte("1"))
		if err == nil || !strings.HasPrefix(err.Error(), "flow_test.go:") || !strings.HasSuffix(err.Error(), ": nothing answers tell: mock its workers with flowtest.MockActivity") {
			t.Errorf("%s: %v", w.Name(), err)
		}
	}
}

// TestNothingAnswersHTTP: a request is named as MockHTTP names it.
func TestNothingAnswersHTTP(t *testing.T) {
	asks := func(c flow.Context, in int) (int, error) {
		r, err := flow.HTTP[int](c, flow.Request{Method: "GET", URL: "https://api.example.com/orders/1"})
		return r.Body, err
	}
	_, err := flow.Standard("asks", asks).Execute(t.Context(), []byte("1"))
	if err == nil || !strings.HasSuffix(err.Error(), ": nothing answers GET https://api.example.com/orders/1: mock it with flowtest.MockHTTP") {
		t.Error(err)
	}
}
