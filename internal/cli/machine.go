package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/observe"
)

// machine finds a deployed state machine by the name of its workflow, or by its ARN.
func (a *app) machine(ctx context.Context, s *session, workflow string) (observe.Machine, error) {
	arn := workflow
	if !strings.HasPrefix(workflow, "arn:") {
		if s.none != nil {
			return observe.Machine{}, s.none
		}
		var err error
		if arn, err = a.findMachine(ctx, s, a.machineName(s, workflow)); err != nil {
			return observe.Machine{}, a.unknown(workflow, err)
		}
	}
	m, err := observe.Describe(ctx, s.states(), arn)
	return m, s.explain(err)
}

func (a *app) findMachine(ctx context.Context, s *session, name string) (string, error) {
	var names []string
	pages := sfn.NewListStateMachinesPaginator(s.states(), &sfn.ListStateMachinesInput{MaxResults: 1000})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", s.explain(fmt.Errorf("listing state machines: %w", err))
		}
		for _, m := range page.StateMachines {
			if aws.ToString(m.Name) == name {
				return aws.ToString(m.StateMachineArn), nil
			}
			names = append(names, aws.ToString(m.Name))
		}
	}
	return "", withHint(fmt.Errorf("environment %s has no state machine %s%s", a.Env, name, nearest(name, names)),
		"stride deploy "+a.where())
}

// unknown is why a machine was not found: the project may have no such workflow, and a deploy brings none.
func (a *app) unknown(workflow string, err error) error {
	known := a.workflowNames()
	if len(known) == 0 || slices.Contains(known, workflow) {
		return err
	}
	there := nearest(workflow, known)
	if there == "" {
		there = "; there is " + strings.Join(known, ", ")
	}
	return fmt.Errorf("environment %s has no state machine %s, and the project no workflow of that name%s", a.Env, workflow, there)
}

// machineOf is the ARN of the machine that an execution's ARN names: of a child of a distributed Map, the machine above it.
func machineOf(execution string) (string, error) {
	arn := observe.MachineOf(execution)
	if arn == "" {
		return "", usagef("%q is not the ARN of an execution", execution)
	}
	return arn, nil
}

// teller for text or JSON on stdout.
func (a *app) teller(names bool) *teller {
	return &teller{out: a.out, paint: a.paintOut, format: a.Format, names: names}
}

// tail is a Tail of machines with the session's clients and the machine's time. The tail itself tries again, and says so.
func (a *app) tail(s *session, machines ...observe.Machine) *observe.Tail {
	return &observe.Tail{
		States:   sfn.NewFromConfig(s.Config, func(o *sfn.Options) { o.Retryer = aws.NopRetryer{} }),
		Logs:     cloudwatchlogs.NewFromConfig(s.Config, func(o *cloudwatchlogs.Options) { o.Retryer = aws.NopRetryer{} }),
		Machines: machines, Lambda: true, Interval: lookEvery, Now: time.Now, Wait: wait, Renew: s.renew,
		Notice: func(text string) { a.talk("%s\n", a.faint(text)) },
	}
}

// lookEvery is the time between two looks at logs or histories. AWS: FilterLogEvents, 5 to 10 requests a second for an account.
const lookEvery = time.Second

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// succeeded turns the end of an execution into the command's: exit code 3 unless it SUCCEEDED.
func succeeded(status observe.Status) error {
	if status == observe.Succeeded {
		return nil
	}
	return quiet(exitUnsuccess)
}

// notFound says that an execution does not exist, in words that tell Express from Standard.
func notFound(err error) bool {
	var gone *types.ExecutionDoesNotExist
	return errors.As(err, &gone)
}
