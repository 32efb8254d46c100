package policy

import (
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// sdk is an AWS SDK operation, and any optimised integration that sends the same call.
func (c *collector) sdk(n need, service, operation string, args value.Value) {
	for _, action := range Actions(service, operation) {
		c.add(n, c.resources(service, operation, action, args), action)
	}
	c.passes(n, service, args)
}

// passes grants iam:PassRole for the roles that args hand to a service: IAM asks who sets a service to work as a role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (c *collector) passes(n need, service string, args value.Value) {
	if service == "sts" || service == "iam" {
		return
	}
	for _, m := range args.Members() {
		if role := m.Value.Str(); strings.Contains(role, ":iam:") && strings.Contains(role, ":role/") {
			c.add(n, []string{role}, "iam:PassRole")
		}
		c.passes(n, service, m.Value)
	}
}

// resources narrows an action to the resource that the operation's arguments name, "*" where the text is not known before the run, or
// where IAM knows no resources for the action.
func (c *collector) resources(service, operation, action string, args value.Value) []string {
	prefix, _, _ := strings.Cut(action, ":")
	if strings.HasPrefix(service, "apigateway") && prefix == "apigateway" {
		return c.scope.request(service, operation)
	}
	types, known := resourceTypes(action)
	if known && len(types) == 0 {
		return []string{"*"}
	}
	for _, r := range named {
		name := literal(args, r.argument)
		if r.service != prefix || name == "" {
			continue
		}
		if arns := ofTypes(r.arns(c.scope, name, args), types); len(arns) > 0 {
			return arns
		}
	}
	if arns := c.scope.named(types, args); len(arns) > 0 {
		return arns
	}
	return []string{"*"}
}

// named says how a service's arguments name the resource that IAM checks.
var named = []struct {
	service, argument string
	arns              func(s Scope, name string, args value.Value) []string
}{
	{"sns", "TopicArn", verbatim},
	{"states", "StateMachineArn", verbatim},
	{"states", "ExecutionArn", verbatim},
	{"sqs", "QueueUrl", queue},
	{"dynamodb", "TableName", tableAndIndex},
	{"events", "Name", inRegion("rule/")},
	{"secretsmanager", "SecretId", secret},
	{"ssm", "Name", func(s Scope, name string, _ value.Value) []string {
		return []string{s.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))}
	}},
	{"lambda", "FunctionName", func(s Scope, name string, _ value.Value) []string {
		c := collector{scope: s}
		return c.function(name)
	}},
	{"kinesis", "StreamName", inRegion("stream/")},
	{"firehose", "DeliveryStreamName", inRegion("deliverystream/")},
	{"kms", "KeyId", keyed},
	{"batch", "JobQueue", batchJob},
	{"codebuild", "ProjectName", inRegion("project/")},
	{"glue", "JobName", inRegion("job/")},
	{"bedrock", "ModelId", func(s Scope, name string, _ value.Value) []string {
		if strings.HasPrefix(name, "arn:") {
			return []string{name}
		}
		return []string{"arn:" + s.Partition + ":bedrock:*::foundation-model/" + name}
	}},
	{"s3", "Bucket", func(s Scope, name string, args value.Value) []string {
		bucket := "arn:" + s.Partition + ":s3:::" + name
		if _, ok := args.Get("Key"); !ok {
			return []string{bucket, bucket + "/*"}
		}
		if key := literal(args, "Key"); key != "" {
			return []string{bucket + "/" + key}
		}
		return []string{bucket + "/*"}
	}},
}

func verbatim(_ Scope, name string, _ value.Value) []string { return []string{name} }

// inRegion makes the ARN of a resource of the service that has kind in its table entry; a name may be an ARN already.
func inRegion(kind string) func(Scope, string, value.Value) []string {
	service := map[string]string{
		"rule/": "events", "stream/": "kinesis", "deliverystream/": "firehose", "project/": "codebuild", "job/": "glue",
	}[kind]
	return func(s Scope, name string, _ value.Value) []string {
		if strings.HasPrefix(name, "arn:") {
			return []string{name}
		}
		return []string{s.arn(service, kind+name)}
	}
}

// tableAndIndex is the table, and for a read by an index that index: any of the table's, as the name may be an expression.
func tableAndIndex(s Scope, name string, args value.Value) []string {
	if !strings.HasPrefix(name, "arn:") {
		name = s.arn("dynamodb", "table/"+name)
	}
	if _, ok := args.Get("IndexName"); ok {
		return []string{name, name + "/index/*"}
	}
	return []string{name}
}

// queue turns https://sqs.REGION.amazonaws.com/ACCOUNT/NAME into the queue's ARN.
func queue(s Scope, url string, _ value.Value) []string {
	parts := strings.Split(url, "/")
	if len(parts) < 2 {
		return []string{"*"}
	}
	s.Account = parts[len(parts)-2]
	return []string{s.arn("sqs", parts[len(parts)-1])}
}

// secret is an ARN, or a name, whose ARN ends in six characters that nobody knows beforehand.
func secret(s Scope, name string, _ value.Value) []string {
	if strings.HasPrefix(name, "arn:") {
		return []string{name}
	}
	return []string{s.arn("secretsmanager", "secret:"+name+"-??????")}
}

func keyed(s Scope, name string, _ value.Value) []string {
	if strings.HasPrefix(name, "arn:") {
		return []string{name}
	}
	if strings.HasPrefix(name, "alias/") {
		return []string{"*"} // IAM checks the key behind the alias
	}
	return []string{s.arn("kms", "key/"+name)}
}

func batchJob(s Scope, queue string, args value.Value) []string {
	definition := literal(args, "JobDefinition")
	if !strings.HasPrefix(queue, "arn:") {
		queue = s.arn("batch", "job-queue/"+queue)
	}
	switch {
	case definition == "":
		definition = s.arn("batch", "job-definition/*")
	case !strings.HasPrefix(definition, "arn:"):
		definition = s.arn("batch", "job-definition/"+definition)
	}
	return []string{queue, definition}
}
