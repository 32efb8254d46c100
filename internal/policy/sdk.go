package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

// sdk is an AWS SDK operation, and any optimised integration that sends the same call.
func (c *collector) sdk(n need, service, operation string, args value.Value) {
	prefix := service
	if p, ok := prefixes[service]; ok {
		prefix = p
	}
	actions, ok := renamed[prefix+":"+operation]
	if !ok {
		first, size := utf8.DecodeRuneInString(operation)
		actions = []string{prefix + ":" + string(unicode.ToUpper(first)) + operation[size:]}
	}
	c.add(n, c.resources(prefix, operation, args), actions...)
}

// renamed are the operations that IAM checks under other names.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var renamed = map[string][]string{
	"lambda:invoke":                    {"lambda:InvokeFunction"},
	"s3:headObject":                    {"s3:GetObject"},
	"s3:headBucket":                    {"s3:ListBucket"},
	"s3:listObjects":                   {"s3:ListBucket"},
	"s3:listObjectsV2":                 {"s3:ListBucket"},
	"s3:listObjectVersions":            {"s3:ListBucketVersions"},
	"s3:listBuckets":                   {"s3:ListAllMyBuckets"},
	"s3:copyObject":                    {"s3:GetObject", "s3:PutObject"},
	"s3:deleteObjects":                 {"s3:DeleteObject"},
	"s3:createMultipartUpload":         {"s3:PutObject"},
	"s3:uploadPart":                    {"s3:PutObject"},
	"s3:uploadPartCopy":                {"s3:GetObject", "s3:PutObject"},
	"s3:completeMultipartUpload":       {"s3:PutObject"},
	"s3:listParts":                     {"s3:ListMultipartUploadParts"},
	"s3:selectObjectContent":           {"s3:GetObject"},
	"dynamodb:transactGetItems":        {"dynamodb:GetItem"},
	"dynamodb:transactWriteItems":      {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"},
	"dynamodb:executeStatement":        {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"dynamodb:batchExecuteStatement":   {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"dynamodb:executeTransaction":      {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"sns:publishBatch":                 {"sns:Publish"},
	"sqs:sendMessageBatch":             {"sqs:SendMessage"},
	"sqs:deleteMessageBatch":           {"sqs:DeleteMessage"},
	"sqs:changeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
	"bedrock:converse":                 {"bedrock:InvokeModel"},
	"states:startExecution":            {"states:StartExecution"},
	"elasticmapreduce:createCluster":   {"elasticmapreduce:RunJobFlow", "iam:PassRole"},
	"elasticmapreduce:addStep":         {"elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeStep"},
}

// resources narrows an operation to the resource that its arguments name, "*" where the text is not known before the run.
func (c *collector) resources(service, operation string, args value.Value) []string {
	for _, r := range named {
		if r.service != service {
			continue
		}
		if name := literal(args, r.argument); name != "" {
			return r.arns(c.scope, name, args)
		}
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
	{"dynamodb", "TableName", table},
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

// table is the table, and for a read by an index that index: any of the table's, as the name may be an expression.
func table(s Scope, name string, args value.Value) []string {
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
