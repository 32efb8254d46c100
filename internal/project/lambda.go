package project

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/bundle"
)

// Lambda are settings of functions. What is absent stays as it is: of one function as the environment's, of the environment as the
// workflow's flow.Function has it, else stride's own.
type Lambda struct {
	Memory       int               `yaml:"memory"`       // MB. AWS: 128 to 10,240
	Timeout      time.Duration     `yaml:"timeout"`      // of an invocation, at most that of flow.Function, which a Task waits for
	Storage      int               `yaml:"storage"`      // MB of /tmp. AWS: 512 to 10,240
	Concurrency  int               `yaml:"concurrency"`  // reserved
	Architecture string            `yaml:"architecture"` // arm64, x86_64, host
	Env          map[string]string `yaml:"env"`
	Tracing      *bool             `yaml:"tracing"` // X-Ray
	KMSKey       string            `yaml:"kmsKey"`
	Retention    *int              `yaml:"retention"` // of the logs, in days; 0: for ever
	Subnets      []string          `yaml:"subnets"`
	Groups       []string          `yaml:"securityGroups"`
	Role         string            `yaml:"role"` // ARN of a role of yours
}

// over is l with what other says on top; of variables, each on its own.
func (l Lambda) over(other Lambda) Lambda {
	out := l
	to, from := reflect.ValueOf(&out).Elem(), reflect.ValueOf(other)
	for i := range to.NumField() {
		if f := from.Field(i); !f.IsZero() {
			to.Field(i).Set(f)
		}
	}
	out.Env = map[string]string{}
	maps.Copy(out.Env, l.Env)
	maps.Copy(out.Env, other.Env)
	return out
}

// lambda are the settings of a handler: the environment's, then what the workflow registers, then those of this one function.
func (e *Environment) lambda(handler string, spec *flow.FunctionSpec) Lambda {
	registered := Lambda{Concurrency: spec.Concurrency, Env: spec.Env}
	base := Lambda{Memory: flow.DefaultMemory, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage, Architecture: "arm64", Retention: new(30)}.over(e.Lambda)
	if spec.Memory != flow.DefaultMemory {
		registered.Memory = spec.Memory
	}
	if spec.Timeout != flow.DefaultFunctionTimeout || base.Timeout > spec.Timeout {
		registered.Timeout = spec.Timeout
	}
	if spec.Storage != flow.DefaultStorage {
		registered.Storage = spec.Storage
	}
	return base.over(registered).over(e.Functions[handler])
}

// target is what a function is built for.
func (l *Lambda) target() bundle.Target {
	switch l.Architecture {
	case "host":
		return bundle.Host
	case "x86_64":
		return bundle.AMD64
	}
	return bundle.ARM64
}

// architecture is the target in Lambda's words.
func (l *Lambda) architecture() string {
	if t := l.target(); t.Arch == "amd64" {
		return "x86_64"
	}
	return "arm64"
}

// check refuses what Lambda would. prefix is where the settings stand: "lambda".
func (l *Lambda) check(prefix string, bad func(format string, args ...any)) {
	between := func(key string, n, low, high int, unit string) {
		if n != 0 && (n < low || n > high) {
			bad("%s.%s is %d%s; Lambda takes %d to %d", prefix, key, n, unit, low, high)
		}
	}
	between("memory", l.Memory, 128, 10_240, " MB")
	between("storage", l.Storage, 512, 10_240, " MB")
	between("timeout", int(l.Timeout/time.Second), 1, 900, " s")
	if l.Timeout%time.Second != 0 {
		bad("%s.timeout is %v; Lambda takes whole seconds", prefix, l.Timeout)
	}
	if l.Concurrency < 0 {
		bad("%s.concurrency is %d; it is the number of executions that are reserved", prefix, l.Concurrency)
	}
	if a := l.Architecture; a != "" && !slices.Contains([]string{"arm64", "x86_64", "host"}, a) {
		bad("%s.architecture is %q; it is arm64, x86_64 or host", prefix, a)
	}
	if r := l.Retention; r != nil && !slices.Contains(retentions, *r) {
		bad("%s.retention is %d days; CloudWatch Logs takes %v, and 0 for ever", prefix, *r, retentions[1:])
	}
}

// checkFunctions compares what the environment says of single functions with what there is.
func (e *Environment) checkFunctions(handlers []handler) []string {
	var found []string
	var names []string
	for i := range handlers {
		h := &handlers[i]
		names = append(names, h.name)
		if t := e.Functions[h.name].Timeout; t > h.spec.Timeout {
			found = append(found, fmt.Sprintf("functions.%s.timeout is %v, and its Tasks give up after the %v of flow.Function; raise that", h.name, t, h.spec.Timeout))
		}
	}
	for _, name := range sortedKeys(e.Functions) {
		if !slices.Contains(names, name) {
			found = append(found, fmt.Sprintf("functions.%s: no workflow registers such a handler; there is %s", name, list(names)))
		}
	}
	return found
}
