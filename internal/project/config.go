package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/plan"
)

// Local is the environment that needs no configuration: the local AWS of `stride local`.
const Local = "local"

// LocalEndpoint is where `stride local` listens unless told otherwise.
const LocalEndpoint = "http://127.0.0.1:8083"

// Config is infra/stride.yaml. The rules of its fields, in their tags, are what it is checked by and what editors are told
// (jsonschema.Rules).
type Config struct {
	// Project names the owner of what is deployed, in the tag stride:project; the last part of the module path where absent.
	Project string `yaml:"project"`
	// Defaults are what every environment begins with.
	Defaults Environment `yaml:"defaults"`
	// Environments are the places to deploy to, by names of yours; local is there without being named.
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
	Account  string `yaml:"account" pattern:"^[0-9]{12}$" words:"twelve digits, in quotes" example:"111122223333"`
	Region   string `yaml:"region" pattern:"^[a-z]+(-[a-z]+)+-[0-9]+$" words:"a region of AWS, as eu-central-1" example:"eu-central-1"` // AWS region; --region and AWS_REGION win
	Profile  string `yaml:"profile"`                                                                                                    // of AWS's shared configuration; --profile and AWS_PROFILE win
	Endpoint string `yaml:"endpoint" pattern:"^https?://.+" words:"a URL" example:"http://127.0.0.1:4566"`                              // URL of all services, in place of AWS's
	// AssumeRole is the ARN of a role to assume first.
	AssumeRole string `yaml:"assumeRole" pattern:"^arn:[^:]+:iam::[0-9]{12}:role/.+$" words:"the ARN of a role" example:"arn:aws:iam::111122223333:role/deploy"`
	Names      Names  `yaml:"names"`
	// Tags are on everything that can have tags, beside stride's own.
	Tags map[string]string `yaml:"tags"`
	// Keep is how many versions of a machine stay, for rollback to reach: the current one and at least one before it. AWS: 1,000 versions.
	Keep      int       `yaml:"keep" min:"2" max:"1000"`
	Roles     Roles     `yaml:"roles"`
	Workflows Workflows `yaml:"workflows"`
	// Lambda are settings of all functions.
	Lambda Lambda `yaml:"lambda"`
	// Functions are settings of single functions, by handler: "payments.Charge". They win over flow.Function, and that over lambda.
	Functions map[string]Lambda `yaml:"functions"`
	Rollout   Rollout           `yaml:"rollout"`
	Bucket    Bucket            `yaml:"bucket"`
	Payloads  Payloads          `yaml:"payloads"`
	// Triggers start executions: those of each workflow, by names of their own. One of the same name takes the place of an inherited one,
	// which null takes away.
	Triggers map[string]map[string]Trigger `yaml:"triggers" keys:"^[A-Za-z0-9_-]+$"`
}

// Bucket is the S3 bucket that zips take to Lambda which are too large for a request.
type Bucket struct {
	Name   string `yaml:"name" example:"{account}-{region}-stride"` // its name, with {env}, {project}, {region} and {account}; no bucket where absent
	Create bool   `yaml:"create"`                                   // make it where it is missing: encrypted, closed to the public, and removed by destroy
	Above  int64  `yaml:"above" min:"0" max:"50"`                   // MB: larger zips go through it
	KMSKey string `yaml:"kmsKey" pattern:"^.+$" words:"a KMS key"`  // ARN, id or alias of the KMS key of a bucket that stride makes
}

// Payloads is where the values of flow.Ref go that are too large to pass through an execution.
type Payloads struct {
	Bucket string `yaml:"bucket"`                  // a bucket of yours, with {env}, {project}, {region} and {account}; where absent, values stay in the executions
	Above  int    `yaml:"above" min:"0" max:"255"` // KB of JSON: a larger value goes there
}

// Rollout is how an alias moves to a new version. AWS: AWS::StepFunctions::StateMachineAlias, DeploymentPreference; its intervals are whole
// minutes, and those of tests are shorter.
type Rollout struct {
	// Type is all-at-once; canary: percentage for interval, then all; or linear: percentage more every interval.
	Type       RolloutType   `yaml:"type"`
	Percentage int           `yaml:"percentage" min:"1" max:"99"`               // share of the executions, at the first step of a canary and each of a linear rollout
	Interval   time.Duration `yaml:"interval" min:"0s" max:"35h" example:"10m"` // from one step to the next, up to 2,100 minutes
	Bake       time.Duration `yaml:"bake" min:"0s" max:"35h" example:"30m"`     // how long the alarms are watched when all executions go to the new version
	// Alarms are names of CloudWatch alarms, with {env}, {project}, {region} and {workflow}: one in state ALARM takes the alias back.
	Alarms []string `yaml:"alarms"`
}

// Names are templates: {env}, {project}, {workflow} or {handler} (package-Func), and for roles {name}, what the role is for.
type Names struct {
	Workflow string `yaml:"workflow" pattern:"\\{workflow\\}" words:"a template with {workflow}"` // name of a state machine
	Function string `yaml:"function" pattern:"\\{handler\\}" words:"a template with {handler}"`   // name of a Lambda function
	Role     string `yaml:"role" pattern:"\\{name\\}" words:"a template with {name}"`             // name of an IAM role; {region} keeps those of two regions apart
}

// Roles are settings of all roles that stride makes.
type Roles struct {
	Path     string `yaml:"path" pattern:"^/([!-~]+/)?$" words:"a path, as /stride/" example:"/stride/"`               // IAM path of the roles
	Boundary string `yaml:"boundary" pattern:"^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$" words:"the ARN of a policy"` // ARN of a permissions boundary
}

// Workflows are settings of all state machines.
type Workflows struct {
	Vars    map[string]string `yaml:"vars"` // the values that flow.Env gives
	Logging Logging           `yaml:"logging"`
	Tracing bool              `yaml:"tracing"`                                                                              // trace executions with X-Ray
	KMSKey  string            `yaml:"kmsKey" pattern:"^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$" words:"the ARN of a KMS key"` // ARN of the KMS key that encrypts definitions and executions
	Role    string            `yaml:"role" pattern:"^arn:[^:]+:iam::[0-9]{12}:role/.+$" words:"the ARN of a role"`          // ARN of a role of yours, for all machines
}

// Logging is how executions are logged. AWS: CreateStateMachine, loggingConfiguration.
type Logging struct {
	Level     string `yaml:"level" enum:"ALL ERROR FATAL OFF"` // which events: all, those of errors, those that end executions, none
	Data      *bool  `yaml:"data"`                             // log inputs and outputs, too
	Retention Days   `yaml:"retention"`                        // days that logs are kept; 0: for ever
}

// Days are how long a log group keeps its events; 0 is for ever. AWS: PutRetentionPolicy, retentionInDays.
type Days int

// Values are the days that CloudWatch Logs takes, and 0.
func (Days) Values() []string {
	return strings.Fields("0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653")
}

// RolloutType is how an alias moves.
type RolloutType string

var rolloutTypes = map[RolloutType]string{"all-at-once": plan.AllAtOnce, "canary": plan.Canary, "linear": plan.Linear}

// Values are the types that there are.
func (RolloutType) Values() []string {
	return []string{"all-at-once", "canary", "linear"}
}

// readConfig reads file, which messages call name. A file that is not there is an empty configuration, unless it was asked for.
func readConfig(file, name string, asked bool) (*Config, error) {
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
	if err := (&keyChecker{file: name}).all(doc.Content[0], c).Err(); err != nil {
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
		Lambda:   Lambda{Architecture: "arm64", Retention: new(Days(30))},
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
	if err := (&keyChecker{file: c.file, expanded: true}).all(expanded, e).Err(); err != nil {
		return err
	}
	before, triggers := e.Functions, e.Triggers
	e.Functions, e.Triggers = nil, nil
	if err := expanded.Decode(e); err != nil {
		return &diag.Diagnostic{Place: diag.Place{File: c.file}, Message: err.Error()}
	}
	for name, f := range before { // a map's values are decoded anew, not changed
		if e.Functions == nil {
			e.Functions = map[string]Lambda{}
		}
		e.Functions[name] = f.over(e.Functions[name])
	}
	e.Triggers = mergedTriggers(triggers, e.Triggers)
	return nil
}

// check refuses what only all layers together show.
func (c *Config) check(e *Environment) error {
	var found []string
	if e.Rollout.Bake > 0 && len(e.Rollout.Alarms) == 0 {
		found = append(found, "rollout.bake is for watching alarms, and rollout.alarms has none")
	}
	if e.Bucket.Create && e.Bucket.Name == "" {
		found = append(found, "bucket.create is set, and bucket.name is not")
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
