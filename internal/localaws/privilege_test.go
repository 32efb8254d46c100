package localaws

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/compile/langgen"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

// TestLeastPrivilege: for each definition, the role that policy.Machine makes may do all that the local AWS asks of it, and without any
// one of its statements it may not: log delivery when the machine is made, the key when an execution starts, the call of each Task, the
// reads, writes and children of each distributed Map; or its traces or log lines are dropped, which is all that AWS does. The definitions are the golden ones of the compiler, random workflows, and real ones that others wrote.
func TestLeastPrivilege(t *testing.T) {
	j := &judge{t: t}
	local := must(New(Options{Address: "127.0.0.1:0", Warn: j.warn}))
	t.Cleanup(func() { local.Close() })
	go local.Serve(t.Context())
	j.local, j.config = local, aws.Config{BaseEndpoint: aws.String(local.URL()), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	j.prepare()
	t.Run("golden", func(t *testing.T) { j.files(t, must(filepath.Glob("../compile/testdata/golden/*.asl.json"))) })
	t.Run("random", func(t *testing.T) { j.random(t, 60) })
	t.Run("real", func(t *testing.T) { j.files(t, judges.Files(t, "suites", "asl", "valid", "*.asl.json")) })
}

// judge has a local AWS with a role for the machines.
type judge struct {
	t      *testing.T
	local  *AWS
	config aws.Config
	role   string

	mu     sync.Mutex
	warned string // what the local AWS has warned of since it was last looked at
}

func (j *judge) warn(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.warned = text
}

func (j *judge) warning() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.warned
	j.warned = ""
	return text
}

const machineKey = "arn:aws:kms:eu-west-1:" + scopeAccount + ":key/1"

const scopeAccount = "000000000000"

func (j *judge) prepare() {
	out := must(iam.NewFromConfig(j.config).CreateRole(j.t.Context(), &iam.CreateRoleInput{RoleName: aws.String("machine"), AssumeRolePolicyDocument: trust("states")}))
	j.role = *out.Role.Arn
	must(cloudwatchlogs.NewFromConfig(j.config).CreateLogGroup(j.t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/aws/vendedlogs/states/m")}))
}

func (j *judge) files(t *testing.T, files []string) {
	if len(files) < 50 {
		t.Fatalf("only %d definitions", len(files))
	}
	for _, file := range files {
		j.definition(t, filepath.Base(file), string(must(os.ReadFile(file))))
	}
}

func (j *judge) random(t *testing.T, n int) {
	const pkg = "github.com/stride-aws/stride/internal/compile/testdata/lang"
	dir := must(filepath.Abs("../compile/testdata/privilege"))
	overlay := map[string][]byte{filepath.Join(dir, "gen.go"): []byte(langgen.File(pkg, 1, n))}
	var handlers []compile.Handler
	for _, name := range []string{"Echo", "Double", "Risky", "Ask", "Make", "Log", "Tell", "Remind"} {
		handlers = append(handlers, compile.Handler{Package: pkg, Func: name})
	}
	var workflows []compile.Workflow
	for i := range n {
		workflows = append(workflows, compile.Workflow{Name: fmt.Sprint("w", i), Package: strings.TrimSuffix(pkg, "lang") + "privilege", Func: fmt.Sprint("W", i),
			Functions: handlers})
	}
	workflows = append(workflows, compile.Workflow{Name: "describe", Package: pkg, Func: "Describe", Functions: handlers}) // which others run
	programs, err := compile.CompileOverlay("../..", workflows, overlay)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range programs {
		j.definition(t, workflows[i].Name, string(asl.Marshal(&p.Definition.Machine)))
	}
}

var reference = regexp.MustCompile(`\$\{(fn|workflow|activity|env):([^}]*)\}`)

// definition judges one; what does not parse, or is no machine to run, others refuse.
func (j *judge) definition(t *testing.T, name, text string) {
	t.Helper()
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		kind, rest, _ := strings.Cut(strings.Trim(ref, "${}"), ":")
		switch kind {
		case "fn":
			return "arn:aws:lambda:eu-west-1:" + scopeAccount + ":function:" + strings.ReplaceAll(rest, ".", "-") + ":1"
		case "workflow":
			return "arn:aws:states:eu-west-1:" + scopeAccount + ":stateMachine:" + rest
		}
		return rest
	})
	d, err := asl.Parse(text, name)
	if err != nil {
		return
	}
	grants := policy.Machine(d, policy.Scope{Partition: "aws", Account: scopeAccount, Region: "eu-west-1", Machine: "m", Logging: true, Tracing: true, KMSKey: machineKey})
	if denied := j.use(t, d, grants); denied != "" {
		t.Errorf("%s: the whole policy is not enough: %s", name, denied)
	}
	for i, g := range grants {
		left := slices.Delete(slices.Clone(grants), i, i+1)
		if j.use(t, d, left) == "" {
			t.Errorf("%s: nothing needs the statement %v on %v (%s)", name, g.Statement.Action, g.Statement.Resource, g.Reason)
		}
	}
}

// use does everything that d can as a role with grants, and returns the first refusal.
func (j *judge) use(t *testing.T, d *asl.Definition, grants policy.Grants) string {
	client := iam.NewFromConfig(j.config)
	if len(grants) == 0 { // IAM has no empty policy
		grants = policy.Grants{{Statement: policy.Statement{Effect: "Allow", Action: []string{"sts:GetCallerIdentity"}, Resource: []string{"*"}}}}
	}
	must(client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("machine"), PolicyName: aws.String("stride"),
		PolicyDocument: aws.String(grants.Document().String())}))
	refused := ""
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) { refused = cmp.Or(refused, j.state(s)) })
	if refused != "" {
		return refused
	}
	return j.run(t)
}

// run makes a machine that logs, traces and has a key, and starts it.
func (j *judge) run(t *testing.T) string {
	client := sfn.NewFromConfig(j.config)
	out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: &j.role,
		Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`),
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelAll, Destinations: []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{
			LogGroupArn: aws.String("arn:aws:logs:eu-west-1:" + scopeAccount + ":log-group:/aws/vendedlogs/states/m:*")}}}},
		TracingConfiguration:    &types.TracingConfiguration{Enabled: true},
		EncryptionConfiguration: &types.EncryptionConfiguration{Type: types.EncryptionTypeCustomerManagedKmsKey, KmsKeyId: aws.String(machineKey)}})
	if err != nil {
		return err.Error()
	}
	_, err = client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: out.StateMachineArn})
	must(client.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: out.StateMachineArn}))
	if err != nil {
		return err.Error()
	}
	return j.warning()
}

// state makes the calls of one state.
func (j *judge) state(s *asl.State) string {
	execution := &machine.Execution{ARN: "arn:aws:states:eu-west-1:" + scopeAccount + ":execution:m:e", RoleARN: j.role, MachineName: "m"}
	call := func(resource string, args value.Value, role string) string {
		d := j.local.roles.authorize(&machine.Task{Execution: execution, Resource: machine.ParseResource(resource), Input: args, RoleARN: role})
		if d == nil {
			return ""
		}
		return d.Error()
	}
	args := s.Arguments
	if !args.Defined() {
		args = s.Parameters
	}
	role, _ := s.Credentials.Get("RoleArn")
	switch {
	case s.Type == asl.Task:
		return call(s.Resource, args, literalText(role.Str()))
	case s.Distributed():
		refused := cmp.Or(j.allows("states:StartExecution", "arn:aws:states:eu-west-1:"+scopeAccount+":stateMachine:m"),
			j.allows("states:DescribeExecution", "arn:aws:states:eu-west-1:"+scopeAccount+":execution:m/Label:1"))
		for _, io := range []value.Value{s.ItemReader, s.ResultWriter} {
			refused = cmp.Or(refused, call(resourceOf(io), argumentsOf(io), ""))
		}
		return refused
	}
	return ""
}

// literalText is a text that is known before the run; else one that the run could make.
func literalText(text string) string {
	if strings.HasPrefix(text, "{%") {
		return "arn:aws:iam::" + scopeAccount + ":role/other"
	}
	return text
}

func (j *judge) allows(action, resource string) string {
	if err := j.local.roles.allows(j.role, policy.Request{Action: action, Resource: resource}); err != nil {
		return err.Error()
	}
	return ""
}

func resourceOf(io value.Value) string {
	resource, _ := io.Get("Resource")
	return resource.Str()
}

func argumentsOf(io value.Value) value.Value {
	if args, ok := io.Get("Arguments"); ok {
		return args
	}
	args, _ := io.Get("Parameters")
	return args
}
