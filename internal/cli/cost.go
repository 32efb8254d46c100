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
	"github.com/stride-aws/stride/internal/observe"
)

type costOptions struct {
	what, input string
	monthly     float64
	since       time.Time
	recorded    bool
}

func costCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "cost", Category: groupOperate, Usage: "what an execution costs, as Standard and as Express", ArgsUsage: "WORKFLOW|EXECUTION-ARN",
		Description: "A workflow is run here with --input first, where Lambda's time is not AWS's; with --recorded, the mean of what its executions in the\n" +
			"environment did, with the time and memory that Lambda reported.",
		Flags: []cli.Flag{
			inputFlag(),
			&cli.Float64Flag{Name: "monthly", Value: 1_000_000, DefaultText: "1000000", Usage: "price `N` executions a month"},
			&cli.BoolFlag{Name: "recorded", Usage: "price what the environment has recorded since --since, from history or logs"},
			&cli.StringFlag{Name: "since", Value: "1d", Usage: "look for executions, or an Express execution's log lines, from `TIME` on"},
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
			o := costOptions{what: c.Args().First(), input: input, monthly: c.Float64("monthly"), since: since, recorded: c.Bool("recorded")}
			return a.runCost(c.Context, o)
		},
	}
}

func (a *app) runCost(ctx context.Context, o costOptions) error {
	all, region, err := a.usages(ctx, o)
	if err != nil {
		return err
	}
	u := cost.Mean(all).In(region)
	standard, reason := u.Advice()
	if a.Format == "json" {
		return a.printJSON(costJSON{
			len(all), u.Transitions, u.Duration.Seconds(), u.MemoryMB, u.Invocations, u.LambdaGBs, cost.PricesFrom, region, o.monthly,
			u.Standard(o.monthly), u.Express(o.monthly), u.Functions(o.monthly), map[bool]string{true: "STANDARD", false: "EXPRESS"}[standard], reason,
		})
	}
	if o.recorded {
		a.print("the mean of %s since %s: ", executions(len(all)), o.since.Local().Format(time.DateTime))
	}
	a.print("%s, %s, %s of %s and %.3g GB-s\n\n", counted(u.Transitions, "transition"), observe.Span(u.Duration), counted(u.Invocations, "Lambda invocation"),
		observe.Span(u.Lambda), u.LambdaGBs)
	a.printPrices(u, o.monthly)
	a.print("\n%s: %s\n", map[bool]string{true: "Standard", false: "Express"}[standard], reason)
	a.talk("%s\n", a.faint("prices of "+cost.PricesFrom+priced(region)+", without free tiers"))
	return nil
}

func priced(region string) string {
	if region == "" || region == "us-east-1" {
		return ""
	}
	return " (transitions: " + region + ")"
}

// printPrices prints both types side by side: money first, then what else decides.
func (a *app) printPrices(u cost.Usage, monthly float64) {
	row := func(what, standard, express string) { a.print("%-24s %-34s %s\n", what, standard, express) }
	row("", "Standard", "Express")
	for _, n := range []float64{1, monthly} {
		what := "an execution"
		if n != 1 {
			what = fmt.Sprintf("%.0f a month", n)
		}
		row(what, dollars(u.Standard(n)), dollars(u.Express(n)))
		row("  with Lambda", dollars(u.Standard(n)+u.Functions(n)), dollars(u.Express(n)+u.Functions(n)))
	}
	for _, d := range cost.Table {
		row(d.What, d.Standard, d.Express)
	}
}

// costJSON is `stride cost -o json`; prices in US dollars.
type costJSON struct {
	Executions  int     `json:"executions"` // that the rest is the mean of
	Transitions int     `json:"transitions"`
	Seconds     float64 `json:"durationSeconds"`
	MemoryMB    int     `json:"expressMemoryMB"`
	Invocations int     `json:"lambdaInvocations"`
	LambdaGBs   float64 `json:"lambdaGBSeconds"`
	Prices      string  `json:"prices"`
	Region      string  `json:"region"` // of the price of transitions
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

// usages are what the execution that o names used, or those of its workflow that are recorded, or a run of it here; and the region whose
// prices count.
func (a *app) usages(ctx context.Context, o costOptions) ([]cost.Usage, string, error) {
	if !o.recorded && !strings.HasPrefix(o.what, "arn:") {
		u, err := a.usageHere(ctx, o)
		return []cost.Usage{u}, a.Region, err
	}
	s, err := a.connect(ctx)
	if err != nil {
		return nil, "", err
	}
	if !o.recorded {
		found, err := a.inspect(ctx, s, inspectOptions{execution: o.what, since: o.since})
		if err != nil {
			return nil, "", s.explain(err)
		}
		return []cost.Usage{a.usage(found.events, &found.story.Thread)}, s.Region, nil
	}
	list, err := a.recordedUsages(ctx, s, o)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no execution of %s ended since %s; --since looks further back", o.what, o.since.Local().Format(time.DateTime))
	}
	return list, s.Region, err
}

// usageHere runs a workflow in this process.
func (a *app) usageHere(ctx context.Context, o costOptions) (cost.Usage, error) {
	h, err := a.here(ctx, o.what)
	if err != nil {
		return cost.Usage{}, err
	}
	var events []*history.Event
	_, err = h.run(ctx, o.input, false, func(e observe.Entry) {
		if e.Story.Parent == nil {
			events = append(events, e.Scene.Event)
		}
	})
	return cost.Of(events, a.memoryOf), err
}

// recordedUsages are those of a workflow's executions that have ended.
func (a *app) recordedUsages(ctx context.Context, s *session, o costOptions) ([]cost.Usage, error) {
	m, err := a.machine(ctx, s, o.what)
	if err != nil {
		return nil, err
	}
	var list []cost.Usage
	events := map[*observe.Story][]*history.Event{}
	t := a.tail(s, m)
	t.Since = o.since
	t.Emit = func(e observe.Entry) error {
		if e.Log != nil || e.Run != nil || observe.MachineOf(e.Story.ARN) != m.ARN {
			return nil
		}
		all := append(events[e.Story], e.Scene.Event)
		events[e.Story] = all
		if observe.Terminal(e.Scene.Event.Type) && all[0].Type == history.ExecutionStarted {
			list = append(list, a.usage(all, &e.Story.Thread))
			delete(events, e.Story)
		}
		return nil
	}
	return list, s.explain(t.Run(ctx))
}

// usage is what an execution used; what Lambda reported of all its invocations counts more than the time between events.
func (a *app) usage(events []*history.Event, t *observe.Thread) cost.Usage {
	u := cost.Of(events, a.memoryOf)
	var r reports
	r.add(t)
	if r.invocations == u.Invocations && r.invocations > 0 {
		u.Lambda, u.LambdaGBs = r.billed, r.gbs
	}
	return u
}

// reports adds up what Lambda reported.
type reports struct {
	invocations int
	billed      time.Duration
	gbs         float64
}

func (r *reports) add(t *observe.Thread) {
	for _, step := range t.Steps {
		for _, attempt := range step.Attempts {
			if in := attempt.Invocation; in != nil && in.Billed > 0 {
				r.invocations++
				r.billed += in.Billed
				r.gbs += in.Billed.Seconds() * float64(in.MemoryMB) / 1024
			}
		}
		for _, inner := range step.Threads {
			r.add(inner)
		}
	}
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
