//go:build bench

package servers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"
)

// The project of the benchmarks: two state machines, each of which calls half of the functions.
const (
	machines  = 2
	functions = 8
)

// BenchmarkDeploy deploys the same project to LocalStack with stride and with SAM, each from source: where nothing has changed, and where
// one function has. "sdk" are the reads of stride's no-change deploy by hand, all at once. It wants LocalStack at $LOCALSTACK and SAM at
// $SAM.
func BenchmarkDeploy(b *testing.B) {
	p := newProject(b)
	p.stride("deploy", "--env", "bench")
	p.sam()
	b.Run("nochange/stride", func(b *testing.B) {
		for b.Loop() {
			if out := p.stride("deploy", "--env", "bench"); !strings.Contains(out, "unchanged") {
				b.Fatal(out)
			}
		}
	})
	b.Run("nochange/sdk", func(b *testing.B) {
		for b.Loop() {
			p.read()
		}
	})
	b.Run("nochange/sam", func(b *testing.B) {
		for b.Loop() {
			p.sam()
		}
	})
	n := 0
	b.Run("function/stride", func(b *testing.B) {
		for b.Loop() {
			n++
			p.change(n)
			p.stride("deploy", "--env", "bench")
		}
	})
	b.Run("function/sam", func(b *testing.B) {
		for b.Loop() {
			n++
			p.change(n)
			p.sam()
		}
	})
}

type benchProject struct {
	b             *testing.B
	dir, endpoint string
	bin           string
}

func newProject(b *testing.B) *benchProject {
	p := &benchProject{b: b, dir: filepath.Join(b.TempDir(), "shop"), endpoint: os.Getenv("LOCALSTACK")}
	if p.endpoint == "" || os.Getenv("SAM") == "" {
		b.Fatal("LOCALSTACK and SAM say what to measure against; make bench-deploy sets them")
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	p.bin = filepath.Join(b.TempDir(), "stride")
	p.run(repo, "go", "build", "-o", p.bin, "./cmd/stride")
	p.run(filepath.Dir(p.dir), p.bin, "init", "shop")
	p.write("infra/stride.yaml", fmt.Sprintf("project: shop\nenvironments:\n  bench: {region: us-east-1, endpoint: %q, lambda: {architecture: host}}\n", p.endpoint))
	for i := range functions {
		name := fmt.Sprint("f", i)
		p.write("lambdas/"+name+"/"+name+".go", handlerSource(name, 0))
		p.write("sam/"+name+"/main.go", handlerSource("main", 0)+"\nfunc main() { lambda.Start(Handle) }\n")
		p.write("sam/"+name+"/go.mod", "module "+name+"\n\ngo 1.26\n\nrequire github.com/aws/aws-lambda-go v1.55.1\n")
		p.write("sam/"+name+"/go.sum", grep(b, filepath.Join(repo, "go.sum"), "github.com/aws/aws-lambda-go v1.55.1"))
	}
	p.write("workflows/workflows.go", workflowSource())
	for _, file := range []string{"greeting.go", "greeting_test.go"} {
		_ = os.Remove(filepath.Join(p.dir, "workflows", file))
	}
	p.write("template.yaml", p.template())
	for i := range machines {
		p.write(fmt.Sprintf("sam/m%d.asl.json", i), machineSource(i))
	}
	p.run(p.dir, "go", "build", "-o", p.bin, "./cmd/stride")
	return p
}

func handlerSource(pkg string, n int) string {
	imports := "import \"context\"\n"
	if pkg == "main" {
		imports = "import (\n\t\"context\"\n\n\t\"github.com/aws/aws-lambda-go/lambda\"\n)\n"
	}
	return fmt.Sprintf("package %s\n\n%s\n// In is an input.\ntype In struct{ N int }\n\n// Out is an output.\ntype Out struct{ N int }\n\n// Handle adds.\nfunc Handle(_ context.Context, in In) (Out, error) { return Out{in.N + %d}, nil }\n", pkg, imports, n)
}

// workflowSource calls the functions of a machine one after the other.
func workflowSource() string {
	var b strings.Builder
	b.WriteString("package workflows\n\nimport (\n\t\"github.com/stride-aws/stride/flow\"\n\n")
	for i := range functions {
		fmt.Fprintf(&b, "\t\"shop/lambdas/f%d\"\n", i)
	}
	b.WriteString(")\n\nfunc All() []flow.Workflow {\n\treturn []flow.Workflow{M0, M1}\n}\n")
	half := functions / machines
	for m := range machines {
		fmt.Fprintf(&b, "\nfunc run%d(c flow.Context, n int) (int, error) {\n", m)
		for i := m * half; i < (m+1)*half; i++ {
			fmt.Fprintf(&b, "\to%d, err := flow.Call(c, f%d.Handle, f%d.In{N: n})\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\tn = o%d.N\n", i, i, i, i)
		}
		fmt.Fprintf(&b, "\treturn n, nil\n}\n\nvar M%d = flow.Standard(\"m%d\", run%d", m, m, m)
		for i := m * half; i < (m+1)*half; i++ {
			fmt.Fprintf(&b, ", flow.Function(f%d.Handle)", i)
		}
		b.WriteString(")\n")
	}
	return b.String()
}

func machineSource(m int) string {
	half := functions / machines
	var states []string
	for i := m * half; i < (m+1)*half; i++ {
		next := fmt.Sprintf(`"Next": "F%d"`, i+1)
		if i == (m+1)*half-1 {
			next = `"End": true`
		}
		states = append(states, fmt.Sprintf(`"F%d": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${F%d}", "Payload.$": "$"}, "OutputPath": "$.Payload", %s}`, i, i, next))
	}
	return fmt.Sprintf(`{"StartAt": "F%d", "States": {%s}}`, m*half, strings.Join(states, ", "))
}

func (p *benchProject) template() string {
	var b strings.Builder
	b.WriteString("AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n")
	for i := range functions {
		fmt.Fprintf(&b, "  F%d:\n    Type: AWS::Serverless::Function\n    Metadata: {BuildMethod: go1.x}\n    Properties: {CodeUri: sam/f%d, Handler: bootstrap, Runtime: provided.al2023, Architectures: [x86_64]}\n", i, i)
	}
	half := functions / machines
	for m := range machines {
		fmt.Fprintf(&b, "  M%d:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: sam/m%d.asl.json\n      DefinitionSubstitutions:\n", m, m)
		for i := m * half; i < (m+1)*half; i++ {
			fmt.Fprintf(&b, "        F%d: !GetAtt F%d.Arn\n", i, i)
		}
		b.WriteString("      Policies:\n")
		for i := m * half; i < (m+1)*half; i++ {
			fmt.Fprintf(&b, "        - LambdaInvokePolicy: {FunctionName: !Ref F%d}\n", i)
		}
	}
	return b.String()
}

// change makes the code of one function another, for both tools.
func (p *benchProject) change(n int) {
	p.write("lambdas/f0/f0.go", handlerSource("f0", n))
	p.write("sam/f0/main.go", handlerSource("main", n)+"\nfunc main() { lambda.Start(Handle) }\n")
}

func (p *benchProject) stride(args ...string) string { return p.run(p.dir, p.bin, args...) }

// sam builds and deploys as its documentation says, from what it built before.
func (p *benchProject) sam() {
	p.run(p.dir, os.Getenv("SAM"), "build", "--cached", "--parallel")
	p.run(p.dir, os.Getenv("SAM"), "deploy", "--stack-name", "shop", "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--region", "us-east-1",
		"--no-confirm-changeset", "--no-fail-on-empty-changeset")
}

func (p *benchProject) run(dir, name string, args ...string) string {
	p.b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=true", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ENDPOINT_URL="+p.endpoint, "SAM_CLI_TELEMETRY=0", "GOFLAGS=-mod=mod", "NO_COLOR=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		p.b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &out)
	}
	return out.String()
}

func (p *benchProject) write(name, text string) {
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		p.b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		p.b.Fatal(err)
	}
}

func grep(b *testing.B, file, text string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var found strings.Builder
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, text) {
			found.WriteString(line)
		}
	}
	return found.String()
}

// read makes the calls of a no-change deploy by hand: who am I, and everything about every resource, all at once.
func (p *benchProject) read() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"), config.WithBaseEndpoint(p.endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		p.b.Fatal(err)
	}
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil); err != nil {
		p.b.Fatal(err)
	}
	var g errgroup.Group
	lambdas, states, roles := lambda.NewFromConfig(cfg), sfn.NewFromConfig(cfg), iam.NewFromConfig(cfg)
	role := func(name string) {
		g.Go(func() error { _, err := roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &name}); return err })
		g.Go(func() error {
			_, err := roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: aws.String("stride")})
			return err
		})
	}
	for i := range functions {
		name := fmt.Sprintf("bench-f%d-Handle", i)
		role(name + "-lambda-us-east-1")
		g.Go(func() error {
			_, err := lambdas.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
			return err
		})
		g.Go(func() error {
			_, err := lambdas.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: &name})
			return err
		})
	}
	for i := range machines {
		name := fmt.Sprintf("bench-m%d", i)
		arn := "arn:aws:states:us-east-1:000000000000:stateMachine:" + name
		role(name + "-states-us-east-1")
		g.Go(func() error {
			_, err := states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
			return err
		})
		g.Go(func() error {
			_, err := states.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: aws.String(arn + ":current")})
			return err
		})
		g.Go(func() error {
			_, err := states.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
			return err
		})
		g.Go(func() error {
			_, err := states.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn})
			return err
		})
	}
	g.Go(func() error {
		_, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
		return err
	})
	if err := g.Wait(); err != nil {
		p.b.Fatal(err)
	}
}
