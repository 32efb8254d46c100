package machine

import "strings"

// ResourceKind says what a Task's Resource names.
type ResourceKind uint8

const (
	Service  ResourceKind = iota // an integration: arn:aws:states:::lambda:invoke
	Function                     // a Lambda function's own ARN
	Activity                     // an activity's ARN
	Unknown                      // neither; starting such a task fails
)

// A Resource is a Task's Resource field, taken apart.
type Resource struct {
	ARN  string // as written
	Kind ResourceKind
	// Of a Service: "lambda" or "aws-sdk:s3"; "invoke"; "", "sync", "sync:2" or "waitForTaskToken".
	Service, Action, Pattern string
}

// ParseResource takes a Resource apart. It refuses nothing: what it does not understand is of Kind Unknown.
func ParseResource(arn string) *Resource {
	r := &Resource{ARN: arn, Kind: Unknown}
	part := strings.SplitN(arn, ":", 6) // arn:partition:service:region:account:rest
	if len(part) < 6 || part[0] != "arn" {
		return r
	}
	switch {
	case part[2] == "lambda":
		r.Kind = Function
	case part[2] == "states" && strings.HasPrefix(part[5], "activity:"):
		r.Kind = Activity
	case part[2] == "states":
		r.service(part[5])
	}
	return r
}

// service reads "sqs:sendMessage.waitForTaskToken" or "aws-sdk:s3:getObject".
func (r *Resource) service(rest string) {
	name, pattern, _ := strings.Cut(rest, ".")
	prefix := ""
	if sdk, ok := strings.CutPrefix(name, "aws-sdk:"); ok {
		prefix, name = "aws-sdk:", sdk
	}
	service, action, ok := strings.Cut(name, ":")
	if !ok || service == "" || action == "" {
		return
	}
	r.Kind, r.Service, r.Action, r.Pattern = Service, prefix+service, action, pattern
}

// operation is the resource as events show it: "invoke.waitForTaskToken".
func (r *Resource) operation() string {
	if r.Pattern == "" {
		return r.Action
	}
	return r.Action + "." + r.Pattern
}
