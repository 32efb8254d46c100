package localaws

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
// one of its statements it may not: log delivery when the machine is made, the call of each Task, the reads, writes and children of
// each distributed Map. The definitions are the golden ones of the compiler, random workflows, and real ones that others wrote.
func TestLeastPrivilege(t *testing.T) {
	local := must(New(Options{Address: "127.0.0.1:0"}))
	t.Cleanup(func() { local.Close() })
	go local.Serve(t.Context())
	j := &judge{t: t, local: local, config: aws.Config{BaseEndpoint: aws.String(local.URL()), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}}
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
}

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
	for _, name := range []string{"Echo", "Double", "Risky", "Ask", "Make", "Log"} {
		handlers = append(handlers, compile.Handler{Package: pkg, Func: name})
	}
	var workflows []compile.Workflow
	for i := range n {
		workflows = append(workflows, compile.Workflow{Name: fmt.Sprint("w", i), Package: strings.TrimSuffix(pkg, "lang") + "privilege", Func: fmt.Sprint("W", i),
			Functions: handlers})
	}
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
	grants := policy.Machine(d, policy.Scope{Partition: "aws", Account: scopeAccount, Region: "eu-west-1", Machine: "m", Logging: true})
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
	return cmp.Or(refused, j.logs(t))
}

// logs makes a machine that logs.
func (j *judge) logs(t *testing.T) string {
	client := sfn.NewFromConfig(j.config)
	out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: &j.role,
		Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`),
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelAll, Destinations: []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{
			LogGroupArn: aws.String("arn:aws:logs:eu-west-1:" + scopeAccount + ":log-group:/aws/vendedlogs/states/m:*")}}}}})
	if err != nil {
		return err.Error()
	}
	must(client.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: out.StateMachineArn}))
	return ""
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
	if err := j.local.roles.allows(j.role, action, resource); err != nil {
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
