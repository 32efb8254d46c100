// Package stride is the command line as a library: a project's own main package calls Main with the project's workflows, so that
// the commands know them by their Go values. `stride init` writes such a main.
package stride

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/cli"
)

// Main runs the command line of this process and returns its exit code:
// 0 done, 1 failed, 2 differences (only with --exit-code), 3 the execution did not succeed, 64 usage, 130 interrupted.
func Main(workflows ...flow.Workflow) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	return cli.Main(ctx, cli.World{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Workflows: workflows,
	})
}
