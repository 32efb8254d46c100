package project

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/bundle"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/jsonschema"
)

// Lambda are settings of functions. What is absent stays as it is: of one function as the environment's, of the environment as the
// workflow's flow.Function has it, else stride's own.
type Lambda struct {
	Memory      int           `yaml:"memory" min:"128" max:"10240"`         // MB of memory
	Timeout     time.Duration `yaml:"timeout" min:"1s" max:"15m" step:"1s"` // how long an invocation may take, whole seconds up to 15m; at most that of flow.Function, which a Task waits for
	Storage     int           `yaml:"storage" min:"512" max:"10240"`        // MB of /tmp
	Concurrency int           `yaml:"concurrency" min:"0"`                  // executions that are reserved for the function, and the most it has; 0: none
	// Architecture is what functions are built for; host is this machine's, for servers that run them here.
	Architecture string            `yaml:"architecture" enum:"arm64 x86_64 host"`
	Env          map[string]string `yaml:"env"`                                                                                              // environment variables
	Tracing      *bool             `yaml:"tracing"`                                                                                          // trace invocations with X-Ray
	KMSKey       string            `yaml:"kmsKey" pattern:"^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$" words:"the ARN of a KMS key"`             // ARN of the KMS key that encrypts variables and logs
	Retention    *Days             `yaml:"retention"`                                                                                        // days that logs are kept; 0: for ever
	Subnets      []string          `yaml:"subnets" pattern:"^subnet-[0-9a-z]+$" words:"the id of a subnet" example:"subnet-0a1b2c3d"`        // of the VPC that functions run in
	Groups       []string          `yaml:"securityGroups" pattern:"^sg-[0-9a-z]+$" words:"the id of a security group" example:"sg-0a1b2c3d"` // of functions in that VPC
	// Role is the ARN of a role of yours.
	Role string `yaml:"role" pattern:"^arn:[^:]+:iam::[0-9]{12}:role/.+$" words:"the ARN of a role"`
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

// ownLambda are the settings of functions of which nothing says anything else.
func ownLambda() Lambda {
	return Lambda{Memory: flow.DefaultMemory, Timeout: flow.DefaultFunctionTimeout, Storage: flow.DefaultStorage, Architecture: "arm64", Retention: new(Days(30))}
}

// lambda are the settings of a handler: the environment's, then what the workflow registers, then those of this one function.
func (e *Environment) lambda(handler string, spec *flow.FunctionSpec) Lambda {
	registered := Lambda{Concurrency: spec.Concurrency, Env: spec.Env}
	base := ownLambda().over(e.Lambda)
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

// outOfRange is what a registration says that Lambda does not take: the limits are the rules of Lambda's fields.
func outOfRange(w flow.Workflow, spec *flow.FunctionSpec) diag.List {
	var found diag.List
	for _, s := range []struct{ option, field, value string }{
		{"Memory", "Memory", strconv.Itoa(spec.Memory)}, {"Storage", "Storage", strconv.Itoa(spec.Storage)},
		{"FunctionTimeout", "Timeout", spec.Timeout.String()}, {"ReservedConcurrency", "Concurrency", strconv.Itoa(spec.Concurrency)},
	} {
		f, _ := reflect.TypeFor[Lambda]().FieldByName(s.field)
		rules := jsonschema.RulesOf(f)
		if what := broken(s.value, f.Type, &rules); what != "" {
			found = append(found, &diag.Diagnostic{Place: placeOf(w), Message: fmt.Sprintf(
				"workflow %s registers %s with flow.%s of %s; it is %s", w.Name(), handlerName(spec.Func), s.option, s.value, what)})
		}
	}
	return found
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
	for _, name := range slices.Sorted(maps.Keys(e.Functions)) {
		if !slices.Contains(names, name) {
			found = append(found, fmt.Sprintf("functions.%s: no workflow registers such a handler; there is %s", name, list(names)))
		}
	}
	return found
}
