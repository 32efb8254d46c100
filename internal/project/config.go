package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/plan"
)

// Local is the environment that needs no configuration: the local AWS of `stride local`.
const Local = "local"

// LocalEndpoint is where `stride local` listens unless told otherwise.
const LocalEndpoint = "http://127.0.0.1:8083"

// Config is infra/stride.yaml.
type Config struct {
	// Project names the owner of what is deployed, in the tag stride:project; the last part of the module path where absent.
	Project      string                 `yaml:"project"`
	Defaults     Environment            `yaml:"defaults"`
	Environments map[string]Environment `yaml:"environments"`

	file string               // as messages name it
	raw  map[string]yaml.Node // the environments before defaults and inheritance
	base yaml.Node
}

// Environment is a place to deploy to, and how.
type Environment struct {
	Name    string `yaml:"-"`
	Inherit string `yaml:"inherit"` // another environment, whose settings this one changes
	// Account guards: nothing is read or written in any other account.
	Account    string            `yaml:"account"`
	Region     string            `yaml:"region"`
	Profile    string            `yaml:"profile"`
	Endpoint   string            `yaml:"endpoint"`   // for all services, in place of AWS's
	AssumeRole string            `yaml:"assumeRole"` // ARN of a role to assume first
	Names      Names             `yaml:"names"`
	Tags       map[string]string `yaml:"tags"`
	Keep       int               `yaml:"keep"` // versions of a machine that rollback can reach
	Roles      Roles             `yaml:"roles"`
	Workflows  Workflows         `yaml:"workflows"`
	Lambda     Lambda            `yaml:"lambda"`    // of all functions
	Functions  map[string]Lambda `yaml:"functions"` // of single ones, by handler: "payments.Charge"
	Rollout    Rollout           `yaml:"rollout"`
	Bucket     Bucket            `yaml:"bucket"`
	Payloads   Payloads          `yaml:"payloads"`
	// Triggers start executions: those of each workflow, by names of their own.
	Triggers map[string]map[string]Trigger `yaml:"triggers"`
}

// Bucket is the S3 bucket that zips take to Lambda which are too large for a request.
type Bucket struct {
	Name   string `yaml:"name"`   // with {env}, {project}, {region} and {account}; "": none
	Create bool   `yaml:"create"` // where it is missing: encrypted, closed to the public, and removed by destroy
	Above  int64  `yaml:"above"`  // MB: larger zips go through it
	KMSKey string `yaml:"kmsKey"` // of a bucket that stride makes
}

// Payloads is where the values of flow.Ref go that are too large to pass through an execution.
type Payloads struct {
	Bucket string `yaml:"bucket"` // yours, with {env}, {project}, {region} and {account}; "": values stay in the executions
	Above  int    `yaml:"above"`  // KB of JSON: a larger value goes there
}

// Rollout is how an alias moves to a new version. AWS: AWS::StepFunctions::StateMachineAlias, DeploymentPreference.
type Rollout struct {
	Type       string        `yaml:"type"`       // all-at-once, canary, linear
	Percentage int           `yaml:"percentage"` // of the executions, at the first step of a canary and each of a linear rollout
	Interval   time.Duration `yaml:"interval"`   // from one step to the next
	Bake       time.Duration `yaml:"bake"`       // how long the alarms are watched when all executions go to the new version
	// Alarms are names of CloudWatch alarms, with {env}, {project}, {region} and {workflow}: one in state ALARM takes the alias back.
	Alarms []string `yaml:"alarms"`
}

// Names are templates: {env}, {project}, {workflow} or {handler} (package-Func), and for roles {name}, what the role is for.
type Names struct {
	Workflow string `yaml:"workflow"`
	Function string `yaml:"function"`
	Role     string `yaml:"role"`
}

// Roles are settings of all roles that stride makes.
type Roles struct {
	Path     string `yaml:"path"`
	Boundary string `yaml:"boundary"` // ARN of a permissions boundary
}

// Workflows are settings of all state machines.
type Workflows struct {
	Vars    map[string]string `yaml:"vars"` // what flow.Env gives
	Logging Logging           `yaml:"logging"`
	Tracing bool              `yaml:"tracing"` // X-Ray
	KMSKey  string            `yaml:"kmsKey"`
	Role    string            `yaml:"role"` // ARN of a role of yours, for all machines
}

// Logging is where executions are logged. AWS: CreateStateMachine, loggingConfiguration.
type Logging struct {
	Level     string `yaml:"level"`     // ALL, ERROR, FATAL, OFF
	Data      *bool  `yaml:"data"`      // inputs and outputs too
	Retention int    `yaml:"retention"` // days; 0: for ever
}

// ReadConfig reads file, which messages call name. A file that is not there is an empty configuration, unless it was asked for.
func ReadConfig(file, name string, asked bool) (*Config, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return &Config{file: name}, nil
	}
	if err != nil {
		return nil, &diag.Diagnostic{Place: diag.Place{File: name}, Message: reason(err), Hint: "--config names another file"}
	}
	return parseConfig(text, filepath.ToSlash(name))
}

func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func parseConfig(text []byte, name string) (*Config, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, &diag.Diagnostic{Place: diag.Place{File: name}, Message: err.Error()}
	}
	c := &Config{file: name, raw: map[string]yaml.Node{}}
	if len(doc.Content) == 0 {
		return c, nil
	}
	if err := checkKeys(doc.Content[0], c, name).Err(); err != nil {
		return nil, err
	}
	var raw struct {
		Project      string               `yaml:"project"`
		Defaults     yaml.Node            `yaml:"defaults"`
		Environments map[string]yaml.Node `yaml:"environments"`
	}
	if err := doc.Decode(&raw); err != nil {
		return nil, &diag.Diagnostic{Place: diag.Place{File: name}, Message: err.Error()}
	}
	c.Project, c.base, c.raw = raw.Project, raw.Defaults, raw.Environments
	return c, nil
}

// builtin is what every environment begins with.
func builtin(name string) Environment {
	e := Environment{
		Name:  name,
		Names: Names{Workflow: "{env}-{workflow}", Function: "{env}-{handler}", Role: "{name}-{region}"},
		Keep:  5,
		Roles: Roles{Path: "/"},
		Workflows: Workflows{
			Logging: Logging{Level: "ALL", Data: new(true), Retention: 30},
		},
		Lambda:   Lambda{Architecture: "arm64", Retention: new(30)},
		Rollout:  Rollout{Type: "all-at-once", Percentage: 10, Interval: 5 * time.Minute},
		Bucket:   Bucket{Above: plan.MaxDirect >> 20},
		Payloads: Payloads{Above: 64},
	}
	return e
}

// here is what makes environment local what it is: a server of its own, where names need no prefix and binaries run on this machine.
// It wins over the file's defaults, which are meant for AWS.
func (e *Environment) here() {
	e.Region, e.Endpoint = "us-east-1", LocalEndpoint
	e.Names.Workflow, e.Names.Function = "{workflow}", "{handler}"
	e.Lambda.Architecture = "host"
}

// Names are the environments that can be named, sorted.
func (c *Config) Names() []string {
	names := slices.Collect(maps.Keys(c.raw))
	if _, ok := c.raw[Local]; !ok {
		names = append(names, Local)
	}
	slices.Sort(names)
	return names
}

// Environment is the environment called name: stride's own settings, then the file's defaults (for local, what makes it local), then
// what it inherits, then its own.
// Only what it reads must have its ${env:NAME} variables set.
func (c *Config) Environment(name string, getenv func(string) (string, bool)) (*Environment, error) {
	if _, ok := c.raw[name]; !ok && name != Local {
		return nil, &diag.Diagnostic{
			Place: diag.Place{File: c.file}, Message: fmt.Sprintf("there is no environment %q", name),
			Hint: "it has " + list(c.Names()),
		}
	}
	e := builtin(name)
	layers, err := c.layers(name)
	if err != nil {
		return nil, err
	}
	for i, layer := range layers {
		if err := c.apply(&layer, &e, getenv); err != nil {
			return nil, err
		}
		if i == 0 && name == Local {
			e.here()
		}
	}
	return &e, c.check(&e)
}

// layers are the nodes that make up an environment, the strongest last.
func (c *Config) layers(name string) ([]yaml.Node, error) {
	layers := []yaml.Node{}
	seen := map[string]bool{}
	for name != "" {
		node, ok := c.raw[name]
		if !ok && name != Local {
			return nil, c.at(layers[0], "inherits %q, which is no environment", name)
		}
		if seen[name] {
			return nil, c.at(node, "environment %q inherits itself", name)
		}
		seen[name] = true
		layers = append([]yaml.Node{node}, layers...)
		name = parent(node)
	}
	return append([]yaml.Node{c.base}, layers...), nil
}

func parent(node yaml.Node) string {
	var e struct {
		Inherit string `yaml:"inherit"`
	}
	_ = node.Decode(&e) // the shape was checked when the file was read
	return e.Inherit
}

func (c *Config) apply(node *yaml.Node, e *Environment, getenv func(string) (string, bool)) error {
	if node.Kind == 0 {
		return nil
	}
	expanded, err := c.expand(node, getenv, 0)
	if err != nil {
		return err
	}
	before := e.Functions
	e.Functions = nil
	if err := expanded.Decode(e); err != nil {
		return &diag.Diagnostic{Place: diag.Place{File: c.file}, Message: err.Error()}
	}
	for name, f := range before { // a map's values are decoded anew, not changed
		if e.Functions == nil {
			e.Functions = map[string]Lambda{}
		}
		e.Functions[name] = f.over(e.Functions[name])
	}
	return nil
}

// check refuses settings that AWS would refuse after half a deploy.
func (c *Config) check(e *Environment) error {
	var found []string
	bad := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if !slices.Contains([]string{"ALL", "ERROR", "FATAL", "OFF"}, e.Workflows.Logging.Level) {
		bad("workflows.logging.level is %q; it is ALL, ERROR, FATAL or OFF", e.Workflows.Logging.Level)
	}
	e.Lambda.check("lambda", bad)
	for _, name := range sortedKeys(e.Functions) {
		f := e.Functions[name]
		f.check("functions."+name, bad)
	}
	if days := e.Workflows.Logging.Retention; !slices.Contains(retentions, days) {
		bad("workflows.logging.retention is %d days; CloudWatch Logs takes %v, and 0 for ever", days, retentions[1:])
	}
	e.Rollout.check(bad)
	e.checkTriggers(bad)
	if e.Bucket.Create && e.Bucket.Name == "" {
		bad("bucket.create is set, and bucket.name is not")
	}
	if e.Bucket.Above < 0 || e.Bucket.Above > plan.MaxDirect>>20 {
		bad("bucket.above is %d; Lambda takes %d MB in a request", e.Bucket.Above, plan.MaxDirect>>20)
	}
	if e.Payloads.Above < 0 || e.Payloads.Above<<10 >= machine.MaxPayload {
		bad("payloads.above is %d KB; it is 0 to %d, below what Step Functions passes between states", e.Payloads.Above, machine.MaxPayload>>10-1)
	}
	if e.Keep < 2 {
		bad("keep is %d; at least two versions are kept, the current one and one to go back to", e.Keep)
	}
	if len(e.Account) != 12 && e.Account != "" {
		bad("account is %q; it is twelve digits, in quotes", e.Account)
	}
	return c.report(e, found...)
}

// report makes findings about an environment of texts; nil where there are none.
func (c *Config) report(e *Environment, texts ...string) error {
	var found diag.List
	for _, text := range texts {
		found = append(found, &diag.Diagnostic{Place: diag.Place{File: c.file}, Message: "environment " + e.Name + ": " + text})
	}
	return found.Err()
}

// rolloutTypes are AWS's names for the types of a rollout.
var rolloutTypes = map[string]string{"all-at-once": plan.AllAtOnce, "canary": plan.Canary, "linear": plan.Linear}

// check refuses what DeploymentPreference would, but for intervals below a minute, which rollouts of tests have.
func (r *Rollout) check(bad func(format string, args ...any)) {
	if rolloutTypes[r.Type] == "" {
		bad("rollout.type is %q; it is %s", r.Type, list(sortedKeys(rolloutTypes)))
	}
	if r.Percentage < 1 || r.Percentage > 99 {
		bad("rollout.percentage is %d; it is 1 to 99", r.Percentage)
	}
	for key, d := range map[string]time.Duration{"interval": r.Interval, "bake": r.Bake} {
		if d < 0 || d > maxInterval {
			bad("rollout.%s is %s; it is 0s to %s", key, d, maxInterval)
		}
	}
	if r.Bake > 0 && len(r.Alarms) == 0 {
		bad("rollout.bake is for watching alarms, and rollout.alarms has none")
	}
}

// maxInterval is the longest interval. AWS: DeploymentPreference, Interval, 2,100 minutes.
const maxInterval = 2100 * time.Minute

// retentions are the days that a log group may keep its events. AWS: PutRetentionPolicy, retentionInDays; 0 is stride's 'for ever'.
var retentions = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
