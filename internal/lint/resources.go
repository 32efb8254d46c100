package lint

import (
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// integrations are the optimised ones of the services whose list is short and settled, as "service:operation". Of other services
// every operation is let through, as AWS adds to them. AWS developer guide, "Integrating optimized services".
var integrations = wordSet(`batch:submitJob ecs:runTask events:putEvents http:invoke lambda:invoke sns:publish sqs:sendMessage
	dynamodb:getItem dynamodb:putItem dynamodb:updateItem dynamodb:deleteItem states:startExecution`)

// settled are the services of integrations.
var settled = func() map[string]bool {
	services := map[string]bool{}
	for name := range integrations {
		service, _, _ := strings.Cut(name, ":")
		services[service] = true
	}
	return services
}()

var (
	integrationARN = lazyregexp.New(`^arn:[^:]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[^:.]+:[^.:]+)(?:\.(.+))?$`)
	anyURI         = lazyregexp.New(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s].*$`)
)

// resource is a Task's Resource: an integration, a Lambda function or an activity. Where placeholders are allowed it may be another
// URI too, as the language has it, since it is not yet what AWS gets.
func resource(v *validator, pointer string, x value.Value) {
	switch arn := x.Str(); {
	case !v.kind(pointer, x, value.String):
	case !strings.HasPrefix(arn, "arn:") && !(v.opts.Placeholders && anyURI.MatchString(arn)):
		v.schema(pointer, "Value is not a valid resource ARN")
	case !recognized(arn), !v.known(arn):
		v.schema(pointer, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", arn)
	case v.opts.Type == "EXPRESS":
		v.express(pointer, arn)
	}
}

var sdkARN = lazyregexp.New(`^arn:[^:]+:states:[^:]*:[^:]*:aws-sdk:([A-Za-z0-9]+):([A-Za-z0-9]+)(?:\..*)?$`)

// known says whether AWS has what an aws-sdk integration names, as far as that is written out.
func (v *validator) known(arn string) bool {
	m := sdkARN.FindStringSubmatch(arn)
	return m == nil || v.opts.Knows == nil || v.opts.Knows(m[1], m[2])
}

// Services whose integrations never have the pattern.
var (
	noSync     = wordSet("apigateway aws-sdk bedrock-agentcore dynamodb events lambda sns sqs")
	noCallback = wordSet("athena batch bedrock-agentcore codebuild databrew dynamodb elasticmapreduce emr-containers emr-serverless glue mediaconvert sagemaker")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

func recognized(arn string) bool {
	m := integrationARN.FindStringSubmatch(arn)
	if m == nil || strings.HasPrefix(m[1], "activity:") {
		return true
	}
	service, _, _ := strings.Cut(m[1], ":")
	if _, ok := integrations[m[1]]; settled[service] && !ok {
		return false
	}
	switch m[2] {
	case "":
		return true
	case "sync":
		return !noSync[service]
	case "sync:2":
		return service == "states"
	case "waitForTaskToken":
		return !noCallback[service]
	}
	return false
}

// express refuses what waits longer than an Express execution lives. The two spaces are AWS's.
func (v *validator) express(pointer, arn string) {
	m := integrationARN.FindStringSubmatch(arn)
	switch {
	case m == nil:
	case strings.HasPrefix(m[1], "activity:"):
		v.schema(pointer, "Express state machine does not support Activity ARN")
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
