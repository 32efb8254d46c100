package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/cost"
	"github.com/stride-aws/stride/internal/history"
)

type costOptions struct {
	what, input string
	monthly     float64
	since       time.Time
}

func costCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "cost", Category: groupOperate, Usage: "what an execution costs, as Standard and as Express", ArgsUsage: "WORKFLOW|EXECUTION-ARN",
		Description: "A workflow is run here with --input first. Lambda's time is that of this run, which is not AWS's.",
		Flags: []cli.Flag{
			inputFlag(),
			&cli.Float64Flag{Name: "monthly", Value: 1_000_000, Usage: "price `N` executions a month"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for an Express execution's log lines from `TIME` on"},
		},
		Action: func(c *cli.Context) error {
			input, err := a.workflowInput(c)
			if err != nil {
				return err
			}
			since, err := moment(c.String("since"), time.Now())
			if err != nil {
				return usagef("--since %v", err)
			}
			o := costOptions{what: c.Args().First(), input: input, monthly: c.Float64("monthly"), since: since}
			return a.runCost(c.Context, o)
		},
	}
}

func (a *app) runCost(ctx context.Context, o costOptions) error {
	events, err := a.eventsOf(ctx, o)
	if err != nil {
		return err
	}
	u := cost.Of(events, a.memoryOf)
	standard, reason := u.Advice()
	if a.Format == "json" {
		return a.printJSON(costJSON{
			u.Transitions, u.Duration.Seconds(), u.MemoryMB, u.Invocations, u.LambdaGBs, cost.PricesFrom, o.monthly,
			u.Standard(o.monthly), u.Express(o.monthly), u.Functions(o.monthly), map[bool]string{true: "STANDARD", false: "EXPRESS"}[standard], reason,
		})
	}
	a.print("%d transitions, %s, %d Lambda invocations of %.3g GB-s\n\n", u.Transitions, u.Duration.Round(time.Millisecond), u.Invocations, u.LambdaGBs)
	a.print("%-10s %16s %16s\n", "", "an execution", fmt.Sprintf("%.6g a month", o.monthly))
	for _, row := range []struct {
		name  string
		price func(float64) float64
	}{{"Standard", u.Standard}, {"Express", u.Express}, {"Lambda", u.Functions}} {
		a.print("%-10s %16s %16s\n", row.name, dollars(row.price(1)), dollars(row.price(o.monthly)))
	}
	a.print("\n%s: %s\n", map[bool]string{true: "Standard", false: "Express"}[standard], reason)
	a.talk("%s\n", a.faint("prices of "+cost.PricesFrom+", without free tiers"))
	return nil
}

// costJSON is `stride cost -o json`; prices in US dollars.
type costJSON struct {
	Transitions int     `json:"transitions"`
	Seconds     float64 `json:"durationSeconds"`
	MemoryMB    int     `json:"expressMemoryMB"`
	Invocations int     `json:"lambdaInvocations"`
	LambdaGBs   float64 `json:"lambdaGBSeconds"`
	Prices      string  `json:"prices"`
	Monthly     float64 `json:"executionsPerMonth"`
	Standard    float64 `json:"standard"`
	Express     float64 `json:"express"`
	Lambda      float64 `json:"lambda"`
	Advice      string  `json:"advice"`
	Reason      string  `json:"reason"`
}

func dollars(d float64) string {
	if d < 0.01 {
		return fmt.Sprintf("$%.8f", d)
	}
	return fmt.Sprintf("$%.2f", d)
}

// eventsOf are the events of the execution that o names, or of a run of its workflow here.
func (a *app) eventsOf(ctx context.Context, o costOptions) ([]*history.Event, error) {
	if strings.HasPrefix(o.what, "arn:") {
		s, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		found, err := a.inspect(ctx, s, inspectOptions{execution: o.what, since: o.since})
		if err != nil {
			return nil, s.explain(err)
		}
		return found.events, nil
	}
	h, err := a.here(ctx, o.what)
	if err != nil {
		return nil, err
	}
	var events []*history.Event
	_, err = h.run(ctx, o.input, false, func(e *history.Event) { events = append(events, e) })
	return events, err
}

// memoryOf is the memory of a function of the project's, by the name that it has deployed or here; 0 where it is none.
func (a *app) memoryOf(name string) int {
	for _, w := range a.Workflows {
		for _, f := range w.Functions() {
			if strings.HasSuffix(name, functionSuffix(f)) {
				return f.Memory
			}
		}
	}
	return 0
}

func functionSuffix(f flow.FunctionSpec) string {
	ref := compile.Ref{Package: f.Func.Package, Func: f.Func.Name}
	return strings.ReplaceAll(ref.String(), ".", "-")
}
