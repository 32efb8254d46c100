package lint

import (
	"regexp"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// integrations are the optimised ones of the services whose list is short and settled, as "service:operation" -> the patterns it has
// besides request-response: s for .sync, 2 for .sync:2, t for .waitForTaskToken. Of other services every operation is let through, as
// AWS adds to them. AWS developer guide, "Integrating optimized services".
var integrations = map[string]string{
	"batch:submitJob": "s", "ecs:runTask": "st", "events:putEvents": "t", "http:invoke": "", "lambda:invoke": "t",
	"dynamodb:getItem": "", "dynamodb:putItem": "", "dynamodb:updateItem": "", "dynamodb:deleteItem": "",
	"sns:publish": "t", "sqs:sendMessage": "t", "states:startExecution": "s2t",
}

// settled are the services of integrations.
var settled = func() map[string]bool {
	services := map[string]bool{}
	for name := range integrations {
		service, _, _ := strings.Cut(name, ":")
		services[service] = true
	}
	return services
}()

var patternLetters = map[string]string{"sync": "s", "sync:2": "2", "waitForTaskToken": "t"}

var (
	integrationARN = regexp.MustCompile(`^arn:[^:]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[^:.]+:[^.:]+)(?:\.(.+))?$`)
	anyURI         = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s].*$`)
)

// resource is a Task's Resource: an integration, a Lambda function, an activity, or what else is a URI. AWS takes ARNs only; the
// language and its own tests have other URIs.
func resource(v *validator, pointer string, x value.Value) {
	switch {
	case !v.kind(pointer, x, value.String):
	case !recognized(x.Str()):
		v.schema(pointer, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", x.Str())
	case v.opts.Type == "EXPRESS":
		v.express(pointer, x.Str())
	}
}

func recognized(arn string) bool {
	m := integrationARN.FindStringSubmatch(arn)
	if m == nil || strings.HasPrefix(m[1], "activity:") {
		return anyURI.MatchString(arn)
	}
	service, _, _ := strings.Cut(m[1], ":")
	if m[2] != "" && patternLetters[m[2]] == "" {
		return false
	}
	patterns, ok := integrations[m[1]]
	switch {
	case service == "aws-sdk":
		return !strings.HasPrefix(m[2], "sync")
	case !settled[service]:
		return true
	}
	return ok && strings.Contains(patterns, patternLetters[m[2]])
}

// express refuses what waits longer than an Express execution lives. The two spaces are AWS's.
func (v *validator) express(pointer, arn string) {
	m := integrationARN.FindStringSubmatch(arn)
	switch {
	case m == nil:
	case strings.HasPrefix(m[1], "activity:"):
		v.schema(pointer, "Express state machine does not support activities")
	case strings.HasPrefix(m[2], "sync"):
		v.schema(pointer, "Express state machine does not support '.%s' service integration", m[2])
	case m[2] == "waitForTaskToken":
		v.schema(pointer, "Express state machine does not support '.waitForTaskToken' service integration ")
	}
}

func oneResource(operations ...string) check {
	return func(v *validator, pointer string, x value.Value) {
		m := integrationARN.FindStringSubmatch(x.Str())
		var examples []string
		for _, o := range operations {
			if m != nil && m[1] == o && m[2] == "" {
				return
			}
			examples = append(examples, "arn:<partition>:states:::"+o)
		}
		v.schema(pointer, "The field 'Resource' does not match any of the allowed values. Examples: [%s]", strings.Join(examples, ", "))
	}
}
