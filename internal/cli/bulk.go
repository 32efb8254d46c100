package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"
)

// defaultRate is how many calls a second a command makes by itself. AWS: the smallest refill rates of the Step Functions API's
// throttling are 10 to 25 a second.
const defaultRate = 10

// pace holds calls to a rate, after a burst that AWS's buckets always have room for.
type pace struct {
	rate   float64 // a second; 0 is defaultRate
	tokens float64
	last   time.Time
}

const burst = 50

func (p *pace) wait(ctx context.Context) error {
	if p.rate == 0 {
		p.rate = defaultRate
	}
	now := time.Now()
	if p.last.IsZero() {
		p.tokens = burst
	} else {
		p.tokens = min(burst, p.tokens+now.Sub(p.last).Seconds()*p.rate)
	}
	p.last = now
	p.tokens--
	if p.tokens >= 0 {
		return nil
	}
	return wait(ctx, time.Duration(-p.tokens/p.rate*float64(time.Second)))
}

// bulk does one thing to each selected execution, slowly enough for the service, and sums up. What failed fails the command.
func (a *app) bulk(c *cli.Context, sel selection, verb, done string, act func(context.Context, *session, string) error) error {
	if len(sel.args) == 0 {
		return usagef("%s needs %s", verb, c.Command.ArgsUsage)
	}
	if a.pace.rate = c.Float64("rate"); a.pace.rate <= 0 {
		return usagef("--rate takes a number above 0")
	}
	s, err := a.connect(c.Context)
	if err != nil {
		return err
	}
	var arns []string
	if err := a.each(c.Context, s, sel, func(e types.ExecutionListItem) error {
		arns = append(arns, aws.ToString(e.ExecutionArn))
		return nil
	}); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return a.wouldBe(arns, done)
	}
	if len(arns) > 1 {
		if yes, err := a.confirm(fmt.Sprintf("%s %s?", verb, executions(len(arns)))); err != nil || !yes {
			return err
		}
	}
	return a.act(c.Context, s, arns, done, act)
}

func (a *app) wouldBe(arns []string, done string) error {
	if a.Format == "json" {
		list := make([]actedJSON, len(arns))
		for i, arn := range arns {
			list[i].ExecutionARN = arn
		}
		return a.printJSON(list)
	}
	for _, arn := range arns {
		a.print("%s\n", arn)
	}
	a.talk("%s would be %s\n", executions(len(arns)), done)
	return nil
}

func executions(n int) string { return counted(n, "execution") }

// counted is "1 error", "2 errors".
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// actedJSON is an execution in what a bulk command prints with -o json.
type actedJSON struct {
	ExecutionARN string `json:"executionArn"`
	Done         bool   `json:"done"`
	Error        string `json:"error,omitempty"`
}

// progressEvery is how often a long command says how far it is.
const progressEvery = 5 * time.Second

func (a *app) act(ctx context.Context, s *session, arns []string, done string, act func(context.Context, *session, string) error) error {
	failed, list, said := 0, []actedJSON{}, time.Now()
	for i, arn := range arns {
		if err := a.pace.wait(ctx); err != nil {
			a.talk("%d of %s %s\n", i-failed, executions(len(arns)), done)
			return err
		}
		err := act(ctx, s, arn)
		switch {
		case err != nil && ctx.Err() != nil:
			a.talk("%d of %s %s\n", i-failed, executions(len(arns)), done)
			return err
		case err != nil:
			failed++
			err = s.explain(err)
			a.printError(fmt.Errorf("%s: %w", arn, err))
			list = append(list, actedJSON{arn, false, err.Error()})
		default:
			list = append(list, actedJSON{arn, true, ""})
			if a.Format != "json" {
				a.print("%s %s\n", done, arn)
			}
		}
		if time.Since(said) > progressEvery {
			a.talk("%s\n", a.faint(fmt.Sprintf("%d of %d", i+1, len(arns))))
			said = time.Now()
		}
	}
	if a.Format == "json" {
		if err := a.printJSON(list); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%s of %d could not be %s", executions(failed), len(arns), done)
	}
	if len(arns) != 1 {
		a.talk("%s %s\n", executions(len(arns)), done)
	}
	return nil
}
