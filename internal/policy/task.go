package policy

import (
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// Task is what a Task with this Resource asks of the role that it runs as, when it sends args: the needs that Machine grants, for
// what is known during the run. A Request without a Resource is about resources that args do not tell.
func Task(resource string, args value.Value, s Scope) []Request {
	c := collector{scope: s}
	c.task(&asl.State{Type: asl.Task, Resource: resource, Arguments: args})
	var list []Request
	for _, n := range c.needs {
		r := Request{Action: n.action, Resource: n.resource}
		if n.action == "lambda:InvokeFunction" {
			r.Resource = s.invoked(resource, args)
		} else if n.resource == "*" {
			r.Resource = ""
		}
		list = append(list, r)
	}
	return list
}

// invoked is the ARN of the function that a Task calls, with its version or alias.
func (s Scope) invoked(resource string, args value.Value) string {
	if strings.Contains(resource, ":lambda:") && !strings.Contains(resource, ":states:") {
		return resource
	}
	name := literal(args, "FunctionName")
	if !strings.HasPrefix(name, "arn:") {
		if _, partial, ok := strings.Cut(name, ":function:"); ok {
			name = partial
		}
		name = s.arn("lambda", "function:"+name)
	}
	if qualifier := literal(args, "Qualifier"); qualifier != "" && strings.Count(name, ":") == 6 {
		name += ":" + qualifier
	}
	return name
}
