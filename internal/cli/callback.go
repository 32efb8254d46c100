package cli

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"
)

// callbackCommand answers a task that waits with a task token.
func callbackCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "callback", Category: groupOperate, Usage: "answer a task that waits for a callback",
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
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "TASK-TOKEN", Flags: flags,
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			s, err := a.connect(c.Context)
			if err != nil {
				return err
			}
			if err := send(c.Context, s.states(), c, c.Args().First()); err != nil {
				return s.explain(fmt.Errorf("callback %s: %w", name, err))
			}
			return nil
		},
	}
}
