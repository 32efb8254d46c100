package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// Scope is where a role works, and what it works for.
type Scope struct {
	Partition string // "aws", "aws-cn", "aws-us-gov"
	Account   string
	Region    string
	Machine   string // the state machine's name
	Logging   bool   // the machine writes to CloudWatch Logs
	Tracing   bool   // X-Ray
	KMSKey    string // ARN of the key that encrypts the machine's data; "" for AWS's own
}

func (s Scope) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.Partition, service, s.Region, s.Account, rest)
}

// Grant is one statement and why it is there.
type Grant struct {
	Statement Statement
	States    []string // the states that need it; empty: the machine itself does
	Reason    string
}

// Grants are statements with their reasons, in a stable order.
type Grants []Grant

// Document is the grants as one policy, nil where there are none: IAM has no empty policy.
func (g Grants) Document() *Document {
	if len(g) == 0 {
		return nil
	}
	d := &Document{Version: version}
	for _, grant := range g {
		d.Statement = append(d.Statement, grant.Statement)
	}
	return d
}

// need is one action on one resource, wanted by one state.
type need struct{ action, resource, state, reason string }

// Machine is what the role of a state machine with this definition must allow, and nothing else. References must be resolved:
// a pinned function is "arn:…:function:NAME:VERSION", which grants every version of it, since running executions keep theirs.
func Machine(d *asl.Definition, s Scope) Grants {
	c := collector{scope: s}
	asl.Walk(&d.Machine, func(_ *asl.Machine, state *asl.State) { c.state(d, state) })
	if s.Logging {
		c.machine("vended log delivery", "*", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
			"logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
			"logs:DescribeLogGroups") // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: these take no resource
	}
	if s.Tracing {
		c.machine("X-Ray tracing", "*", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
			"xray:GetSamplingTargets")
	}
	grants := append(c.grants(), s.encryption()...)
	slices.SortStableFunc(grants, func(a, b Grant) int { return strings.Compare(a.Statement.Action[0], b.Statement.Action[0]) })
	return grants
}

// encryption is the use of the machine's key: for its executions, and for what of them is delivered to the log. Step Functions tells KMS
// what it is for. https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
func (s Scope) encryption() Grants {
	if s.KMSKey == "" {
		return nil
	}
	use := func(reason, key, value string, actions ...string) Grant {
		g := allow(reason, []string{s.KMSKey}, actions...)
		g.Statement.Condition = map[string]Condition{"StringEquals": {"kms:EncryptionContext:" + key: {value}}}
		return g
	}
	grants := Grants{use("encryption of executions", "aws:states:stateMachineArn", s.arn("states", "stateMachine:"+s.Machine), "kms:Decrypt", "kms:GenerateDataKey")}
	if s.Logging {
		grants = append(grants, use("encryption of log delivery", "SourceArn", s.arn("logs", "*"), "kms:GenerateDataKey"))
	}
	return grants
}

type collector struct {
	scope Scope
	needs []need
}

func (c *collector) machine(reason, resource string, actions ...string) {
	c.add(need{reason: reason}, []string{resource}, actions...)
}

func (c *collector) add(n need, resources []string, actions ...string) {
	for _, n.action = range actions {
		for _, n.resource = range resources {
			c.needs = append(c.needs, n)
		}
	}
}

func (c *collector) state(d *asl.Definition, s *asl.State) {
	switch {
	case s.Type == asl.Task:
		c.task(s)
	case s.Type == asl.Map && s.Distributed():
		c.distributed(s)
	}
}

func (c *collector) task(s *asl.State) {
	n := need{state: s.Name}
	if role, ok := s.Credentials.Get("RoleArn"); ok {
		n.reason = "Credentials"
		c.add(n, arnsOf(role), "sts:AssumeRole")
		return // the other role makes the call
	}
	_, resource, ok := strings.Cut(s.Resource, ":states:")
	if !ok {
		if strings.Contains(s.Resource, ":lambda:") {
			c.add(n, functionARNs(s.Resource), "lambda:InvokeFunction")
		}
		return
	}
	_, resource, _ = strings.Cut(resource, ":") // after the region
	_, resource, _ = strings.Cut(resource, ":") // after the account: "lambda:invoke.waitForTaskToken", "activity:NAME"
	n.reason = resource
	service, call, _ := strings.Cut(resource, ":")
	if service == "aws-sdk" {
		service, call, _ = strings.Cut(call, ":")
		call, _, _ = strings.Cut(call, ".")
		c.sdk(n, service, call, arguments(s))
		return
	}
	c.optimised(n, service, call, arguments(s))
}

// arguments are what the Task sends: Arguments in JSONata, Parameters in JSONPath.
func arguments(s *asl.State) value.Value {
	if s.Arguments.Defined() {
		return s.Arguments
	}
	return s.Parameters
}

// literal is the argument called name where its text is known before the run; "" otherwise.
func literal(args value.Value, name string) string {
	v, _ := args.Get(name)
	if text := v.Str(); !strings.HasPrefix(text, "{%") {
		return text
	}
	return ""
}

func arnsOf(v value.Value) []string {
	if text := v.Str(); text != "" && !strings.HasPrefix(text, "{%") && !strings.HasPrefix(text, "$") {
		return []string{text}
	}
	return []string{"*"}
}

// functionARNs grants the function named by arn: every version where arn names one, the unqualified function otherwise.
func functionARNs(arn string) []string {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) == 8 {
		return []string{strings.Join(parts[:7], ":") + ":*"}
	}
	return []string{arn}
}

func (c *collector) optimised(n need, service, call string, args value.Value) {
	action, pattern, _ := strings.Cut(call, ".")
	switch service {
	case "lambda":
		c.add(n, c.function(qualified(args)), "lambda:InvokeFunction")
	case "states":
		c.nested(n, pattern, args)
	case "activity":
		// no permission: workers poll with their own
	case "http":
		c.http(n, args)
	case "apigateway":
		c.add(n, []string{c.scope.arn("execute-api", "*")}, "execute-api:Invoke")
	default:
		c.sdk(n, service, action, args)
		c.managed(n, service, action, pattern)
	}
}

func (c *collector) function(name string) []string {
	switch {
	case name == "":
		return []string{c.scope.arn("lambda", "function:*")}
	case strings.HasPrefix(name, "arn:"):
		return functionARNs(name)
	}
	base, qualified, ok := strings.Cut(name, ":")
	if ok && qualified != "" {
		base += ":*"
	}
	return []string{c.scope.arn("lambda", "function:"+base)}
}

// qualified is the name or ARN of the function that args call, with the version or alias that they name beside it; "" where only the
// run knows it.
func qualified(args value.Value) string {
	name := literal(args, "FunctionName")
	if _, ok := args.Get("Qualifier"); ok && name != "" && strings.Count(name, ":") != 7 {
		name += ":*"
	}
	return name
}

// nested is StartExecution of another machine. The .sync forms watch the child with an EventBridge rule that AWS manages.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
func (c *collector) nested(n need, pattern string, args value.Value) {
	machine := literal(args, "StateMachineArn")
	if machine == "" {
		machine = c.scope.arn("states", "stateMachine:*")
	}
	c.add(n, []string{machine}, "states:StartExecution")
	if !strings.HasPrefix(pattern, "sync") {
		return
	}
	c.add(n, []string{executionsOf(machine)}, "states:DescribeExecution", "states:StopExecution")
	c.rule(n, "StepFunctionsGetEventsForStepFunctionsExecutionRule")
}

// executionsOf is the pattern of the executions of a machine's ARN, which may end in a version or alias.
func executionsOf(machine string) string {
	parts := strings.SplitN(strings.Replace(machine, ":stateMachine:", ":execution:", 1), ":", 8)
	return strings.Join(parts[:min(7, len(parts))], ":") + ":*"
}

func (c *collector) rule(n need, name string) {
	c.add(n, []string{c.scope.arn("events", "rule/"+name)}, "events:PutTargets", "events:PutRule", "events:DescribeRule")
}

// http is an HTTP Task. https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
func (c *collector) http(n need, args value.Value) {
	c.add(n, []string{"*"}, "states:InvokeHTTPEndpoint")
	auth, _ := args.Get("Authentication")
	connection := literal(auth, "ConnectionArn")
	if connection == "" {
		connection = c.scope.arn("events", "connection/*")
	}
	c.add(n, []string{connection}, "events:RetrieveConnectionCredentials")
	c.add(n, []string{c.scope.arn("secretsmanager", "secret:events!connection/*")},
		"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
}

// managedRules are the optimised integrations whose .sync form watches the job with an EventBridge rule, and the calls that
// follow and stop the job. https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
var managedRules = map[string]struct {
	rule    string
	actions []string
}{
	"batch:submitJob":                     {"StepFunctionsGetEventsForBatchJobsRule", []string{"batch:DescribeJobs", "batch:TerminateJob"}},
	"ecs:runTask":                         {"StepFunctionsGetEventsForECSTaskRule", []string{"ecs:StopTask", "ecs:DescribeTasks", "iam:PassRole"}},
	"codebuild:startBuild":                {"StepFunctionsGetEventForCodeBuildStartBuildRule", []string{"codebuild:StopBuild", "codebuild:BatchGetBuilds"}},
	"sagemaker:createTrainingJob":         {"StepFunctionsGetEventsForSageMakerTrainingJobsRule", []string{"sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "sagemaker:AddTags", "iam:PassRole"}},
	"sagemaker:createTransformJob":        {"StepFunctionsGetEventsForSageMakerTransformJobsRule", []string{"sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob", "sagemaker:AddTags", "iam:PassRole"}},
	"elasticmapreduce:addStep":            {"StepFunctionsGetEventForEMRAddJobFlowStepsRule", []string{"elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps"}},
	"glue:startJobRun":                    {"", []string{"glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"}},
	"athena:startQueryExecution":          {"", []string{"athena:StopQueryExecution", "athena:GetQueryExecution", "athena:GetDataCatalog"}},
	"emr-serverless:startJobRun":          {"StepFunctionsGetEventsForEMRServerlessJobRule", []string{"emr-serverless:GetJobRun", "emr-serverless:CancelJobRun", "iam:PassRole"}},
	"emr-containers:startJobRun":          {"StepFunctionsGetEventsForEMRJobRunRule", []string{"emr-containers:DescribeJobRun", "emr-containers:CancelJobRun"}},
	"mediaconvert:createJob":              {"StepFunctionsGetEventsForMediaConvertJobRule", []string{"mediaconvert:GetJob", "mediaconvert:CancelJob", "iam:PassRole"}},
	"databrew:startJobRun":                {"", []string{"databrew:listJobRuns", "databrew:stopJobRun"}},
	"bedrock:createModelCustomizationJob": {"StepFunctionsGetEventsForBedrockModelCustomizationJobRule", []string{"bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob", "iam:PassRole"}},
}

func (c *collector) managed(n need, service, action, pattern string) {
	extra, ok := managedRules[service+":"+action]
	if !ok || !strings.HasPrefix(pattern, "sync") {
		return
	}
	actions := extra.actions
	if c.hands(n.state) { // the roles that the arguments name are granted one by one
		actions = slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == "iam:PassRole" })
	}
	c.add(n, []string{"*"}, actions...)
	if extra.rule != "" {
		c.rule(n, extra.rule)
	}
}

// hands is whether a state's arguments name the role that they hand to a service.
func (c *collector) hands(state string) bool {
	return slices.ContainsFunc(c.needs, func(n need) bool { return n.state == state && n.action == "iam:PassRole" })
}

// distributed is what a Distributed Map's machine needs to start and follow its children, and to read and write S3.
// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
func (c *collector) distributed(s *asl.State) {
	n := need{state: s.Name, reason: "Distributed Map"}
	c.add(n, []string{c.scope.arn("states", "stateMachine:"+c.scope.Machine)}, "states:StartExecution")
	c.add(n, []string{c.scope.arn("states", "execution:"+c.scope.Machine+":*"), c.scope.arn("states", "execution:"+c.scope.Machine+"/*:*")},
		"states:DescribeExecution", "states:StopExecution", "states:RedriveExecution")
	if s.ItemReader.Defined() {
		n.reason = "ItemReader"
		c.reader(n, s.ItemReader)
	}
	if s.ResultWriter.Defined() {
		n.reason = "ResultWriter"
		bucket, _ := c.bucket(readerArguments(s.ResultWriter))
		c.add(n, []string{bucket + "/*"}, "s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
	}
}

func readerArguments(v value.Value) value.Value {
	if args, ok := v.Get("Arguments"); ok {
		return args
	}
	args, _ := v.Get("Parameters")
	return args
}

func (c *collector) reader(n need, reader value.Value) {
	args := readerArguments(reader)
	bucket, key := c.bucket(args)
	resource, _ := reader.Get("Resource")
	if strings.HasSuffix(resource.Str(), ":s3:listObjectsV2") {
		c.add(n, []string{bucket}, "s3:ListBucket")
		return
	}
	c.add(n, []string{bucket + "/" + key}, "s3:GetObject")
}

// bucket is the ARN of the bucket that args name and the key in it; what only the run will know is "*".
func (c *collector) bucket(args value.Value) (arn, key string) {
	name, key := literal(args, "Bucket"), literal(args, "Key")
	if name == "" {
		name = "*"
	}
	if key == "" {
		key = "*"
	}
	return "arn:" + c.scope.Partition + ":s3:::" + name, key
}

// grants makes the needs few statements, in no order: one for each set of actions that is wanted on the same resources.
func (c *collector) grants() Grants {
	byResource := merged(c.broadest(), func(n need) (string, Grant) {
		g := Grant{Statement: Statement{Effect: "Allow", Action: list[string]{n.action}, Resource: list[string]{n.resource}}, Reason: n.reason}
		if n.state == "" { // each of the machine's own purposes stands for itself
			return n.resource + " " + n.reason, g
		}
		g.States = []string{n.state}
		return n.resource, g
	})
	return merged(byResource, func(g Grant) (string, Grant) { return strings.Join(g.Statement.Action, " "), g })
}

// broadest are the needs, each on the widest resource that its action has anywhere: what a star allows needs no other statement.
func (c *collector) broadest() []need {
	wide := map[string][]string{} // action -> patterns
	for _, n := range c.needs {
		if strings.Contains(n.resource, "*") && !slices.Contains(wide[n.action], n.resource) {
			wide[n.action] = append(wide[n.action], n.resource)
		}
	}
	out := slices.Clone(c.needs)
	for i := range out {
		for _, pattern := range wide[out[i].action] {
			if Match(pattern, out[i].resource) {
				out[i].resource = pattern
			}
		}
	}
	return out
}

// merged unites the grants that have the same key, in the order of their first.
func merged[T any](items []T, keyed func(T) (string, Grant)) Grants {
	at := map[string]int{}
	var out Grants
	for _, item := range items {
		key, g := keyed(item)
		i, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, g)
			continue
		}
		out[i] = out[i].union(g)
	}
	return out
}

func (g Grant) union(other Grant) Grant {
	g.Statement.Action = union(g.Statement.Action, other.Statement.Action)
	g.Statement.Resource = union(g.Statement.Resource, other.Statement.Resource)
	g.States = union(g.States, other.States)
	if !strings.Contains(g.Reason, other.Reason) {
		g.Reason += ", " + other.Reason
	}
	return g
}

// union is a and b without duplicates, sorted.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(a), b...))))
}
