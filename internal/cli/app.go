// Package cli is stride's command line: arguments, streams and workflows go in, an exit code and what was printed come out.
// Package stride calls Main; scripts in testdata run it in process.
//
// One file a command: flags -> an options struct (inputs and dependencies) -> run. Parsing and running are apart, so that
// another command (demo, dev) can run one without arguments. What is printed where is said in output.go, exit codes in exit.go.
package cli

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/project"
)

// World is what the command line stands in.
type World struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Workflows      []flow.Workflow // of the project whose command line this is
}

// Main runs one command line and returns its exit code. It ends early, with 130, when ctx does.
func Main(ctx context.Context, w World) int {
	a := newApp(w)
	if len(w.Args) > 0 && w.Args[0] == completeFlag {
		_ = a.handOver(completeFlag) // what does not build is completed as far as this program knows it
		a.complete(w.Args[1:])
		return exitDone
	}
	if _, _, lacks := a.commandOf(w.Args); lacks != "" && lacks != "--" {
		return a.report(ctx, usagef("%s needs a value", dashed(lacks)))
	}
	err := a.cli.RunContext(ctx, append([]string{"stride"}, flagsFirst(a.cli, w.Args)...))
	return a.report(ctx, err)
}

// app is one command line at work: commands read their global flags and print through it.
type app struct {
	World
	globals
	*printer
	cli    *cli.App
	pace   pace           // of calls that are made for each of many executions
	memory project.Memory // of the project, for commands that look at it again and again
}

// The groups of the help, in the order of its printing (which is alphabetical).
const (
	groupDeploy  = "build and deploy"
	groupOperate = "operate executions"
	groupMore    = "other"
	groupAuthor  = "author workflows"
)

// commands are all of stride's, in the order of the help.
func (a *app) commands() []*cli.Command {
	return []*cli.Command{
		initCommand(a),
		importCommand(a),
		renderCommand(a),
		graphCommand(a),
		lintCommand(a),
		explainCommand(a),
		buildCommand(a),
		planCommand(a),
		deployCommand(a),
		statusCommand(a),
		versionsCommand(a),
		rollbackCommand(a),
		destroyCommand(a),
		runCommand(a),
		testCommand(a),
		localCommand(a),
		devCommand(a),
		demoCommand(a),
		startCommand(a),
		tailCommand(a),
		lsCommand(a),
		inspectCommand(a),
		uiCommand(a),
		replayCommand(a),
		stopCommand(a),
		redriveCommand(a),
		callbackCommand(a),
		waitCommand(a),
		costCommand(a),
		versionCommand(a),
		completionCommand(a),
		evalCommand(a),
	}
}

// formats are the values of -o that a command takes besides text and json.
var formats = map[string][]string{
	"explain": {"policy"},
	"plan":    {"md", "github"},
	"lint":    {"github", "sarif"},
	"tail":    {"raw"},
}

func newApp(w World) *app {
	a := &app{World: w, printer: newPrinter(w.Stdin, w.Stdout, w.Stderr)}
	a.cli = &cli.App{
		Name:                      "stride",
		Usage:                     "durable workflows as ordinary Go functions, on AWS Step Functions",
		Version:                   version(),
		Flags:                     globalFlags(true),
		Commands:                  a.commands(),
		Reader:                    w.Stdin,
		Writer:                    w.Stdout,
		ErrWriter:                 w.Stderr,
		Suggest:                   true,
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
		CustomAppHelpTemplate:     appHelp,
		OnUsageError:              usageError,
		Action:                    a.noCommand,
		ExitErrHandler:            func(*cli.Context, error) {}, // report prints and chooses the code, once
	}
	for _, c := range a.cli.Commands {
		a.finish(c)
	}
	return a
}

// finish gives a command what all commands have: the global flags, so that they may stand after the command's name as well, and
// the ways to report wrong usage.
func (a *app) finish(c *cli.Command) {
	for _, f := range c.Flags {
		if f, ok := f.(*cli.BoolFlag); ok {
			f.DisableDefaultText = true // it is false, for all of them
		}
	}
	c.Flags = append(c.Flags, globalFlags(false)...)
	c.HideHelpCommand = true
	c.UsageText = examples[c.Name]
	c.CustomHelpTemplate = commandHelp
	c.OnUsageError = usageError
	if len(c.Subcommands) > 0 {
		c.CustomHelpTemplate = groupHelp
		c.Action = a.noCommand
	}
	for _, sub := range c.Subcommands {
		a.finish(sub)
	}
	if c.Before == nil && len(c.Subcommands) == 0 {
		c.Before = a.before
	}
}

// before reads the global flags for the command that is about to run.
func (a *app) before(c *cli.Context) error {
	a.globals = readGlobals(c)
	if allowed := append([]string{"text", "json"}, formats[c.Command.Name]...); !slices.Contains(allowed, a.Format) {
		return usagef("%s prints no %q; -o takes %s", c.Command.Name, a.Format, strings.Join(allowed, ", "))
	}
	if !slices.Contains(logLevels, a.LogLevel) {
		return usagef("--log-level takes %s, not %q", strings.Join(logLevels, ", "), a.LogLevel)
	}
	a.printer.configure(a.globals)
	if err := a.handOver(c.Command.Name); err != nil || a.Dir == "" {
		return err
	}
	if err := os.Chdir(a.Dir); err != nil {
		return usagef("-C %s: %v", a.Dir, cause(err))
	}
	return nil
}

// noCommand is what runs where a command's name is missing or unknown.
func (a *app) noCommand(c *cli.Context) error {
	name := c.Args().First()
	if name == "help" {
		name = c.Args().Get(1)
		if find(c.Command.Subcommands, name) != nil {
			return cli.ShowCommandHelp(c, name)
		}
	}
	if name == "" {
		return cli.ShowSubcommandHelp(c)
	}
	return usagef("no command %q%s", name, nearest(name, commandNames(c.Command.Subcommands)))
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Names()...)
		}
	}
	return names
}

// badValue is what package flag says of a value that is none of the flag's.
var badValue = lazyregexp.New(`^invalid (?:boolean )?value (".*") for (?:flag )?-([\w-]+): `)

// kindOf says what values the flag called name takes.
func kindOf(flags []cli.Flag, name string) string {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			switch f.(type) {
			case *cli.BoolFlag:
				return "true or false"
			case *cli.IntFlag:
				return "a whole number"
			case *cli.Float64Flag:
				return "a number"
			case *cli.DurationFlag:
				return "a duration such as 90s or 2h"
			}
		}
	}
	return "another value"
}

// usageError rewords what the flag parser found.
func usageError(c *cli.Context, err error, _ bool) error {
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		return usagef("%s takes %s, not %s", dashed(m[2]), kindOf(c.Command.Flags, m[2]), m[1])
	}
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return usagef("%v", err)
	}
	return usagef("no flag %s%s", dashed(strings.TrimLeft(name, "-")), nearest(dashed(name), flagNames(c.Command.Flags)))
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		for _, name := range f.Names() {
			names = append(names, dashed(name))
		}
	}
	return names
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// wantArgs checks the number of a command's arguments.
func wantArgs(c *cli.Context, least, most int) error {
	switch n := c.NArg(); {
	case n < least:
		return usagef("%s needs %s", c.Command.HelpName, c.Command.ArgsUsage)
	case n > most:
		return usagef("%s: unexpected argument %q", c.Command.HelpName, c.Args().Get(most))
	}
	return nil
}
