package cli

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/project"
)

// globals are the flags that every command takes, before or after its name. Each has an environment twin STRIDE_….
type globals struct {
	Env      string // the environment of infra/stride.yaml
	Dir      string // the project's folder; "" is the current one
	Config   string // path of stride.yaml
	Region   string
	Profile  string
	Endpoint string
	Format   string // text, json, or one more that the command takes
	Yes      bool   // no questions
	NoColor  bool
	LogLevel string // debug, info, warn, error
}

type globalFlag struct {
	name, short, value, usage string
	isBool                    bool
}

var logLevels = []string{"debug", "info", "warn", "error"}

var globalTable = []globalFlag{
	{name: "env", value: "local", usage: "`NAME` of the environment to work in"},
	{name: "dir", short: "C", usage: "work in the project at `DIR`"},
	{name: "config", value: "infra/stride.yaml", usage: "`FILE` that describes the environments"},
	{name: "region", usage: "AWS `REGION`, over the environment's"},
	{name: "profile", usage: "AWS `PROFILE`, over the environment's"},
	{name: "endpoint-url", usage: "`URL` to send AWS requests to, over the environment's"},
	{name: "output", short: "o", value: "text", usage: "print as `FORMAT`: text or json; some commands take more"},
	{name: "yes", short: "y", usage: "do not ask", isBool: true},
	{name: "no-color", usage: "print without colours", isBool: true},
	{name: "log-level", value: "warn", usage: "`LEVEL` of the log on stderr: " + strings.Join(logLevels, ", ")},
}

// globalFlags makes the flags anew. On the app they show in the help and read the environment; on a command they are hidden and
// only win where they are typed.
func globalFlags(onApp bool) []cli.Flag {
	flags := make([]cli.Flag, len(globalTable))
	for i, g := range globalTable {
		flags[i] = g.flag(onApp)
	}
	return flags
}

func (g globalFlag) flag(onApp bool) cli.Flag {
	var aliases, env []string
	if g.short != "" {
		aliases = []string{g.short}
	}
	if onApp {
		env = []string{envTwin(g.name)}
	}
	if g.isBool {
		return &cli.BoolFlag{Name: g.name, Aliases: aliases, Usage: g.usage, EnvVars: env, Hidden: !onApp, DisableDefaultText: true}
	}
	f := &cli.StringFlag{Name: g.name, Aliases: aliases, Usage: g.usage, EnvVars: env, Hidden: !onApp}
	if onApp {
		f.Value = g.value
	}
	return f
}

// readGlobals takes each global flag from where it was typed last: the command, else the app or its environment twin.
func readGlobals(c *cli.Context) globals {
	str := func(name string) string { return nearestSet(c, name).String(name) }
	boolean := func(name string) bool { return nearestSet(c, name).Bool(name) }
	return globals{
		Env: str("env"), Dir: str("dir"), Config: str("config"), Region: str("region"), Profile: str("profile"),
		Endpoint: str("endpoint-url"), Format: str("output"), LogLevel: str("log-level"),
		Yes: boolean("yes"), NoColor: boolean("no-color"),
	}
}

// where are the flags with which another command works at the same place: the environment, and what was typed over it.
func (g *globals) where() string {
	flags := "--env " + g.Env
	for _, f := range []struct{ name, value string }{{"region", g.Region}, {"profile", g.Profile}, {"endpoint-url", g.Endpoint}} {
		own := f.value == "" || f.value == os.Getenv(envTwin(f.name))
		if !own && f.value != project.LocalEndpoint {
			flags += " --" + f.name + " " + f.value
		}
	}
	return flags
}

// envTwin is the variable of the process that stands for a flag.
func envTwin(name string) string {
	return "STRIDE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// nearestSet is the innermost context in which the flag was given a value, the app's where none was.
func nearestSet(c *cli.Context, name string) *cli.Context {
	lineage := c.Lineage()
	for _, ctx := range lineage {
		if ctx.Command != nil && isSetHere(ctx, name) {
			return ctx
		}
	}
	return lineage[len(lineage)-2] // the last one is the empty context above the app
}

func isSetHere(c *cli.Context, name string) bool {
	for _, local := range c.LocalFlagNames() {
		if local == name {
			return true
		}
	}
	return false
}

// flagsFirst moves a command's flags before its arguments, which the flag parser insists on and people do not:
// `stride start order-fulfilment --input x.json`. What follows "--" stays.
func flagsFirst(app *cli.App, args []string) []string {
	var out []string
	commands, flags := app.Commands, app.Flags
	for {
		head, rest := takeFlags(flags, args)
		out = append(out, head...)
		if len(rest) == 0 {
			return out
		}
		next := find(commands, rest[0])
		if next == nil {
			return append(out, partition(flags, rest)...)
		}
		out, args = append(out, rest[0]), rest[1:]
		commands, flags = next.Subcommands, next.Flags
	}
}

// partition is args with its flags first.
func partition(flags []cli.Flag, args []string) []string {
	var head, tail []string
	for len(args) > 0 {
		var taken []string
		taken, args = takeFlags(flags, args)
		head = append(head, taken...)
		if len(args) == 0 {
			break
		}
		if args[0] == "--" {
			tail = append(tail, args[1:]...)
			break
		}
		tail, args = append(tail, args[0]), args[1:]
	}
	if len(tail) == 0 {
		return head
	}
	return append(append(head, "--"), tail...)
}

// takeFlags splits args before the first that is neither a flag nor a flag's value.
func takeFlags(flags []cli.Flag, args []string) (head, rest []string) {
	i := 0
	for i < len(args) && strings.HasPrefix(args[i], "-") && args[i] != "-" && args[i] != "--" {
		if takesValue(flags, args[i]) && i+1 < len(args) {
			i++
		}
		i++
	}
	return args[:i], args[i:]
}

func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}
