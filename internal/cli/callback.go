package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/observe"
)

// callbackCommand answers a task that waits with a task token.
func callbackCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "callback", Category: groupOperate, Usage: "answer a task that waits for a callback",
		Description: "The task is named by its token, or by its execution: the token then is what the task sent under a name with \"token\" in it.",
		Subcommands: []*cli.Command{
			a.callback("succeed", "end the task with a result", []cli.Flag{
				&cli.StringFlag{Name: "result", Value: "{}", Usage: "the `RESULT`: a file, - for stdin, or the JSON itself"},
			}, func(ctx context.Context, s *sfn.Client, c *cli.Context, token string) error {
				output, err := a.readInput(c.String("result"))
				if err != nil {
					return err
				}
				_, err = s.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &output})
				return err
			}),
			a.callback("fail", "end the task with an error", []cli.Flag{
				&cli.StringFlag{Name: "error", Usage: "`NAME` of the error, which Retry and Catch match"},
				&cli.StringFlag{Name: "cause", Usage: "`TEXT` that says why"},
			}, func(ctx context.Context, s *sfn.Client, c *cli.Context, token string) error {
				_, err := s.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
					TaskToken: &token, Error: optional(c.String("error")), Cause: optional(c.String("cause")),
				})
				return err
			}),
			a.callback("heartbeat", "say that the task is still worked on", nil, func(ctx context.Context, s *sfn.Client, _ *cli.Context, token string) error {
				_, err := s.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: &token})
				return err
			}),
		},
	}
}

func (a *app) callback(name, usage string, flags []cli.Flag, send func(context.Context, *sfn.Client, *cli.Context, string) error) *cli.Command {
	flags = append(flags, &cli.StringFlag{Name: "state", Usage: "of an execution in which several tasks wait, the one of state `NAME`"})
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "TASK-TOKEN|EXECUTION-ARN", Flags: flags,
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			s, err := a.connect(c.Context)
			if err != nil {
				return err
			}
			token := c.Args().First()
			if observe.MachineOf(token) != "" {
				if token, err = a.tokenOf(c.Context, s, token, c.String("state")); err != nil {
					return err
				}
			}
			if err := send(c.Context, s.states(), c, token); err != nil {
				return s.explain(fmt.Errorf("callback %s: %w", name, err))
			}
			return nil
		},
	}
}

// tokenOf is the token of the task that waits in an execution.
func (a *app) tokenOf(ctx context.Context, s *session, execution, state string) (string, error) {
	found, err := a.inspect(ctx, s, inspectOptions{execution: execution, since: time.Now().Add(-expressSpan)})
	if err != nil {
		return "", s.explain(err)
	}
	var names []string
	tokens := map[string]string{}
	for _, step := range observe.WaitingSteps(&found.story.Thread) {
		if state == "" || step.Name == state {
			names = append(names, step.Path())
			tokens[step.Path()] = step.Token()
		}
	}
	switch {
	case len(names) == 0 && state != "":
		return "", fmt.Errorf("no task of state %s waits for a callback in %s", state, execution)
	case len(names) == 0:
		return "", fmt.Errorf("no task waits for a callback in %s", execution)
	case len(names) > 1:
		return "", usagef("%d tasks wait for a callback: %s; name one with --state, or give its token", len(names), strings.Join(names, ", "))
	case tokens[names[0]] == "":
		return "", fmt.Errorf("state %s has not sent its token under a name with \"token\" in it; give the token itself", names[0])
	}
	return tokens[names[0]], nil
}

// expressSpan is how long an Express execution may have been running. AWS: 5 minutes.
const expressSpan = 6 * time.Minute
