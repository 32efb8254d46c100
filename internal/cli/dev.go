package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/project"
)

type devOptions struct {
	workflow, input string // input: as --input has it; "" for the last one
	port            int
	realTime, open  bool
}

func devCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "dev", Category: groupAuthor, Usage: "deploy to a local AWS whenever a file changes, and run the workflow again",
		ArgsUsage: "[WORKFLOW]",
		Description: "Starts the local AWS, deploys all workflows to it and watches the project's files; what changed is built and deployed again.\n" +
			"WORKFLOW is then started with --input, or with the input of its last execution, such as one started in the page.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "input", Aliases: []string{"i"}, Usage: "`INPUT`: a file, which is watched too, or the JSON itself (default: the last one)"},
			&cli.IntFlag{Name: "port", Value: 8083, EnvVars: []string{"STRIDE_PORT"}, Usage: "listen on `PORT`; 0: any that is free"},
			&cli.BoolFlag{Name: "real-time", Usage: "wait as long as AWS would; otherwise the clock jumps over waits"},
			&cli.BoolFlag{Name: "open", Usage: "open the page in a browser"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 1); err != nil {
				return err
			}
			return a.runDev(c.Context, devOptions{c.Args().First(), c.String("input"), c.Int("port"), c.Bool("real-time"), c.Bool("open")})
		},
	}
}

// dev is a project under development: the local AWS, and what to do when a file changes.
type dev struct {
	*app
	devOptions
	dir          string // of the project
	registration string // what the running program knows of the workflows, as the sources have it
	program      string // a newer build of the project's command line, which deploys; "": this process does
	scratch      string
	stop         context.CancelFunc // ends the telling of the last execution; nil before the first
	told         chan struct{}      // closed when it has ended
}

func (a *app) runDev(ctx context.Context, o devOptions) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	if o.workflow != "" {
		if _, err := p.Select([]string{o.workflow}); err != nil {
			return err
		}
	}
	server, err := localaws.New(localaws.Options{
		Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)), MockFile: os.Getenv("SFN_MOCK_CONFIG"), Fast: !o.realTime, Checkout: a.pageCheckout(),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(server.Serve(ctx)) }()
	a.Env, a.Endpoint, a.yes = project.Local, server.URL(), true
	a.print("local AWS at %s\nits page is  %s/\n", server.URL(), server.URL())
	if o.open {
		a.openPage(ctx, server.URL()+"/")
	}
	d := &dev{app: a, devOptions: o, dir: p.Dir}
	if d.scratch, err = os.MkdirTemp("", "stride-dev-"); err != nil {
		return err
	}
	defer os.RemoveAll(d.scratch)
	if d.registration, err = registration(p.Dir); err != nil {
		return err
	}
	err = d.loop(ctx)
	if ended := context.Cause(ctx); ended != nil && !errors.Is(ended, context.Canceled) {
		return ended
	}
	return err
}

// loop deploys, runs, and waits for the next change.
func (d *dev) loop(ctx context.Context) error {
	files := newWatcher(d.dir, d.inputFile()...)
	for {
		begun := time.Now()
		if err := d.deploy(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			d.printError(err)
		} else {
			d.talk("%s\n", d.faint(fmt.Sprintf("ready after %.1f s; waiting for changes", time.Since(begun).Seconds())))
			d.rerun(ctx)
		}
		changed, err := files.next(ctx)
		if err != nil {
			return err
		}
		d.quit()
		d.talk("%s %s\n", d.faint("changed:"), d.named(changed))
	}
}

// inputFile is the file that --input names, if it does.
func (d *dev) inputFile() []string {
	if _, err := os.Stat(d.input); d.input == "" || err != nil {
		return nil
	}
	return []string{d.input}
}

func (d *dev) named(files []string) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f
		if rel, err := filepath.Rel(d.dir, f); err == nil {
			names[i] = filepath.ToSlash(rel)
		}
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// deploy deploys in this process as long as it knows the workflows that the sources register; then by a newer build of itself.
func (d *dev) deploy(ctx context.Context) error {
	now, err := registration(d.dir)
	if err != nil {
		return err
	}
	if now != d.registration {
		if err := d.build(ctx); err != nil {
			return err
		}
		d.registration = now
	}
	if d.program == "" {
		return d.runDeploy(ctx, deployOptions{again: true})
	}
	cmd := exec.CommandContext(ctx, d.program, "deploy", "--env", project.Local, "--endpoint-url", d.Endpoint, "--yes", "--again")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, d.out, d.err
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		return errors.New("not deployed")
	} else if err != nil {
		return err
	}
	return nil
}

// build builds the project's own command line anew: other workflows or handlers are registered.
func (d *dev) build(ctx context.Context) error {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Path == "" || info.Path == "command-line-arguments" || strings.HasSuffix(info.Path, ".test") {
		return withHint(errors.New("other workflows or handlers are registered, and this program does not know from which package it was built"), "stride dev   (again)")
	}
	program := filepath.Join(d.scratch, "stride")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, info.Path)
	cmd.Dir = d.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s:\n%s", info.Path, strings.TrimSpace(string(out)))
	}
	d.program = program
	return nil
}

// rerun starts the workflow again and tells what it does, until the next change.
func (d *dev) rerun(ctx context.Context) {
	if d.workflow == "" {
		return
	}
	ctx, d.stop = context.WithCancel(ctx)
	d.told = make(chan struct{})
	go func() {
		defer close(d.told)
		err := d.execute(ctx)
		var exit *exitError
		if err != nil && ctx.Err() == nil && !(errors.As(err, &exit) && exit.err == nil) {
			d.printError(err)
		}
	}()
}

// quit ends the telling of the last execution.
func (d *dev) quit() {
	if d.stop != nil {
		d.stop()
		<-d.told
	}
}

func (d *dev) execute(ctx context.Context) error {
	s, err := d.connect(ctx)
	if err != nil {
		return err
	}
	m, err := d.machine(ctx, s, d.workflow)
	if err != nil {
		return err
	}
	input := ""
	if d.input != "" {
		input, err = d.readInput(d.input)
	} else {
		input, err = lastInput(ctx, s, m.ARN)
	}
	if err != nil {
		return err
	}
	if input == "" {
		d.hint("start it with an input, here by --input or in the page; the next change runs it again")
		return nil
	}
	begun := time.Now()
	out, err := s.states().StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(d.entry(ctx, s, m)), Input: &input})
	if err != nil {
		return s.explain(fmt.Errorf("starting %s: %w", m.Name, err))
	}
	return d.follow(ctx, s, m, aws.ToString(out.ExecutionArn), begun, nil)
}

// lastInput is the input of the machine's newest execution; "" where there is none. AWS keeps no list of those of Express machines.
func lastInput(ctx context.Context, s *session, machine string) (string, error) {
	list, err := s.states().ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machine, MaxResults: 1})
	var unlisted *types.StateMachineTypeNotSupported
	if errors.As(err, &unlisted) || err == nil && len(list.Executions) == 0 {
		return "", nil
	}
	if err != nil {
		return "", s.explain(err)
	}
	e, err := s.states().DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: list.Executions[0].ExecutionArn})
	if err != nil {
		return "", s.explain(err)
	}
	return aws.ToString(e.Input), nil
}

// openPage opens an address in the user's browser.
func (a *app) openPage(ctx context.Context, url string) {
	command := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	if err := exec.CommandContext(ctx, command[0], append(command[1:], url)...).Start(); err != nil {
		a.talk("no browser opens: %v\n", err)
	}
}
